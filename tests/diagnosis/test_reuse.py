"""A test set that has been decided on often is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from esqual.cli import keeping
from tests.cli.conftest import Esqual
from tests.cli.test_gate_cli import ARMS, COMPARE, JUDGED, ready

__all__ = ["ready"]


def test_many_decisions_on_one_test_set_are_a_warning_and_no_verdict(
    ready: Esqual, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "_MANY_DECISIONS", 2)
    asked = (*COMPARE, *ARMS, *JUDGED, "--max-drop", "0.1", "--diagnose", "0")
    kept = ("--history", str(tmp_path / "h.sqlite"))
    first, second = ready(*asked, *kept), ready(*asked, *kept)
    assert "decisions rest on these topics" not in first.stderr
    assert "2 decisions rest on these topics" in second.stderr
    assert first.exit_code == second.exit_code
    assert first.stdout == second.stdout
