"""The command line as a whole: instant help, exit codes, one message for every failure."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import esqual
from esqual.cli import COMMANDS, main
from esqual.errors import ConfigError

HEAVY = ("elasticsearch", "elastic_transport", "jpype", "jgo", "pandas", "numpy", "scipy")


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["index", "--help"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys\nfrom esqual.cli import main\n"
        f"try:\n    main({arguments!r})\nexcept SystemExit as end:\n    assert end.code == 0\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stderr == "[]\n"


def test_the_version_is_the_packages() -> None:
    assert CliRunner().invoke(main, ["--version"]).stdout == f"esqual {esqual.__version__}\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_begins_its_help_with_a_sentence_and_the_overview_has_one(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert command.name == name
    assert (command.help or "").split("\n")[0].endswith(".")
    assert name in CliRunner().invoke(main, ["--help"]).stdout


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (ConfigError("the file is wrong"), 3, "esqual: error: the file is wrong\n"),
        (ConfigError("first\nsecond"), 3, "esqual: error: first\n  second\n"),
        (ConfigError("bell \a and \x1b[31m"), 3, "esqual: error: bell   and  [31m\n"),
        (ConfigError("http://u:geheim@h/"), 3, "esqual: error: http://u:***@h/\n"),
        (PermissionError(13, "no", "f"), 3, "esqual: error: [Errno 13] no: 'f'\n"),
        (KeyboardInterrupt(), 130, "esqual: interrupted\n"),
        (BrokenPipeError(), 141, ""),
        (click.UsageError("no such thing"), 2, "no such thing\n"),
        (click.FileError("f", "gone"), 3, "esqual: error: Could not open file 'f': gone\n"),
        (ZeroDivisionError("by zero"), 3, "esqual: error: ZeroDivisionError: by zero\n"),
        (RecursionError("deep"), 3, "esqual: error: RecursionError: deep\n"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_every_failure_is_an_exit_code_and_a_message(
    monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, said: str
) -> None:
    result = _failing(monkeypatch, error)
    assert result.exit_code == code
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_the_traceback_is_shown_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESQUAL_DEBUG", "1")
    result = _failing(monkeypatch, ConfigError("the file is wrong"))
    assert "Traceback" in result.stderr
    assert result.stderr.endswith("esqual: error: the file is wrong\n")


def _failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> click.testing.Result:
    @click.command("search")
    def failing() -> None:
        raise error

    monkeypatch.setattr("esqual.cli.search.command", failing)
    return CliRunner().invoke(main, ["search"])


@pytest.mark.parametrize("arguments", [[], ["no-such-command"], ["--no-such-option"], ["search"]])
def test_wrong_usage_is_2(arguments: list[str]) -> None:
    assert CliRunner().invoke(main, arguments).exit_code == 2


def test_a_closed_pipe_is_no_complaint() -> None:
    read, write = os.pipe()
    os.close(read)
    run = subprocess.run(
        [sys.executable, "-m", "esqual", "--help"], stdout=write, stderr=subprocess.PIPE, text=True
    )
    os.close(write)
    assert (run.returncode, run.stderr) == (141, "")


def test_japanese_leaves_as_utf8_whatever_the_locale(tmp_path: Path) -> None:
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    run = subprocess.run(
        [sys.executable, "-m", "esqual", "--help"], capture_output=True, env=environment
    )
    assert "胃が痛い" in run.stdout.decode()


def test_an_argument_that_is_not_utf8_is_wrong_usage() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "esqual", "analyze", "--index", "a", "--field", "t", b"\xff\xfe"],
        capture_output=True,
        env={**os.environ, "PYTHONUTF8": "1"},
    )
    assert run.returncode == 2
    assert b"not UTF-8" in run.stderr
