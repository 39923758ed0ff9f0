"""``_bulk``: every line has its outcome, and bad lines are named as Elasticsearch names them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.engine.replay import differences, node, scenario, send

if TYPE_CHECKING:
    pass


def test_answers_equal_the_recorded_ones(tmp_path: Path) -> None:
    assert differences(node(tmp_path), scenario("bulk")) == []


def test_updates_in_one_request_see_the_lines_before_them(tmp_path: Path) -> None:
    lines: list[Any] = [{"index": {"_id": "1"}}, {"n": 0, "語": "山"}]
    for n in range(1, 4):
        lines += [{"update": {"_id": "1"}}, {"doc": {"n": n, f"f{n}": n}}]
    lines += [{"delete": {"_id": "1"}}, {"update": {"_id": "1"}}, {"doc": {"n": 9}}]
    body = "".join(json.dumps(line) + "\n" for line in lines)
    to = node(tmp_path)
    _, answer = send(to, "POST", "/a/_bulk", body)
    statuses = [next(iter(item.values()))["status"] for item in answer["items"]]
    assert statuses == [201, 200, 200, 200, 200, 404]
    assert answer["items"][3]["update"]["_version"] == 4
