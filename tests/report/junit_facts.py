"""What two schemas of JUnit XML agree on, as facts: Jenkins' junit-10 and the one of Ant's task.

Where they differ the stricter one stands here: the attributes and the order of Ant's, without what
Jenkins' does not know. `check` is a small validator of exactly that.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass

NUMBER, SECONDS, TOKEN, ANY = r"\d+", r"\d+(\.\d+)?", r"(?s)\s*\S.*", r"(?s).*"
TIMESTAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"


@dataclass(frozen=True)
class Fact:
    """Attributes that must be there and those that may, and children in their order.

    A child ends in ``?`` or ``*`` where none, or any number, may stand.
    """

    required: dict[str, str]
    optional: dict[str, str]
    children: tuple[str, ...] = ()
    text: bool = False


MESSAGE = Fact({"type": ANY}, {"message": ANY}, text=True)
FACTS = {
    "testsuites": Fact({}, {}, ("testsuite*",)),
    "testsuite": Fact(
        {
            "package": ANY,
            "id": NUMBER,
            "name": TOKEN,
            "timestamp": TIMESTAMP,
            "hostname": TOKEN,
            "tests": NUMBER,
            "failures": NUMBER,
            "errors": NUMBER,
            "time": SECONDS,
        },
        {"skipped": NUMBER},
        ("properties", "testcase*", "system-out", "system-err"),
    ),
    "properties": Fact({}, {}, ("property*",)),
    "property": Fact({"name": TOKEN, "value": ANY}, {}),
    "testcase": Fact(
        {"name": ANY, "classname": ANY, "time": SECONDS}, {}, ("skipped|error|failure?",)
    ),
    "failure": MESSAGE,
    "error": MESSAGE,
    "skipped": MESSAGE,
    "system-out": Fact({}, {}, text=True),
    "system-err": Fact({}, {}, text=True),
}


def check(text: str) -> ET.Element:
    """Parse ``text`` and hold it against the facts; AssertionError says where it parts."""
    root = ET.fromstring(text.encode("utf-8"))
    assert root.tag == "testsuites"
    _check(root)
    for number, suite in enumerate(root):
        cases = suite.findall("testcase")
        assert suite.get("id") == str(number)
        assert suite.get("tests") == str(len(cases))
        for kind, name in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            assert suite.get(name) == str(sum(case.find(kind) is not None for case in cases))
    return root


def _check(element: ET.Element) -> None:
    fact = FACTS[element.tag]
    known = {**fact.required, **fact.optional}
    assert set(fact.required) <= set(element.attrib) <= set(known), element.tag
    for name, value in element.attrib.items():
        assert re.fullmatch(known[name], value), f"{element.tag} {name}={value!r}"
    if not fact.text:
        assert not (element.text or "").strip(), element.tag
    order = "".join(map(_part, fact.children))
    tags = "".join(f"{child.tag}," for child in element)
    assert re.fullmatch(order, tags), f"{element.tag}: {tags}"
    for child in element:
        _check(child)


def _part(child: str) -> str:
    count = child[-1] if child[-1] in "*?" else ""
    return f"(?:(?:{child.rstrip('*?')}),){count}"
