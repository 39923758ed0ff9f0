"""A real Chromium, one for the session, without a network and with an empty profile."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,900",
]


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    chromium, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or chromedriver is None:
        pytest.skip("no chromium or no chromedriver (Debian: chromium, chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in [*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(chromedriver))
    driver.set_script_timeout(60)
    yield driver
    driver.quit()


class Page:
    """One report, open in the browser."""

    def __init__(self, browser: Chrome, path: Path) -> None:
        self.browser = browser
        browser.get_log("performance")
        browser.get_log("browser")
        browser.get(path.as_uri())

    def run(self, script: str, *arguments: Any) -> Any:
        """What ``script`` returns."""
        return self.browser.execute_script(script, *arguments)  # type: ignore[no-untyped-call]

    def click(self, selector: str) -> None:
        self.run("document.querySelector(arguments[0]).click()", selector)
        self.settle()

    def choose(self, control: str, value: str) -> None:
        """Set a control as a reader would."""
        self.run(
            "const node = document.querySelector(`[data-control=${arguments[0]}]`);"
            "node.value = arguments[1];"
            "node.dispatchEvent(new Event(node.tagName === 'SELECT' ? 'change' : 'input'));",
            control,
            value,
        )
        self.settle()

    def settle(self) -> float:
        """Wait until the page is drawn; the milliseconds it took."""
        script = (
            "const done = arguments[0]; const from = performance.now();"
            "requestAnimationFrame(() => requestAnimationFrame(() =>"
            " done(performance.now() - from)));"
        )
        return float(self.browser.execute_async_script(script))  # type: ignore[no-untyped-call]

    def texts(self, selector: str) -> list[str]:
        found = self.run(
            "return [...document.querySelectorAll(arguments[0])].map((n) => n.innerText)", selector
        )
        return [str(text) for text in found]

    def complaints(self) -> list[str]:
        """Errors, broken policies, and addresses that were asked for besides the page."""
        import json

        told = [str(row["message"]) for row in self.browser.get_log("browser")]
        for row in self.browser.get_log("performance"):
            message = json.loads(row["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                # the browser's own first tab asks for its parts too, as late as it likes
                by, url = message["params"]["documentURL"], message["params"]["request"]["url"]
                if by.startswith("file:") and not url.startswith("file:"):
                    told.append(url)
        return told
