"""The table of capabilities refuses what cannot be compared, and stands in the documentation."""

from __future__ import annotations

import pytest

from tests.conftest import ROOT
from tests.servers.capabilities import ENGINES, FEATURES, engines_for


def test_a_test_without_a_real_engine_is_refused() -> None:
    with pytest.raises(ValueError, match="only \\['embedded'\\] can run"):
        engines_for(["rrf"])


def test_a_need_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="no such feature: teleport"):
        engines_for(["kuromoji", "teleport"])


def test_the_table_stands_in_the_documentation() -> None:
    lines = (ROOT / "docs" / "engines.md").read_text("utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    features = next(row for row in rows if "kuromoji" in row)[1:]
    assert sorted(features) == sorted(FEATURES)
    written = {
        row[0]: {name for name, cell in zip(features, row[1:], strict=True) if cell == "yes"}
        for row in rows
        if row[0] in ENGINES
    }
    assert written == {name: set(row.features) for name, row in ENGINES.items() if row.contract}
