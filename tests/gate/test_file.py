"""A gate file: every setting read, every mistake named with file, line and what to try."""

from __future__ import annotations

from pathlib import Path

import pytest

from esqual.errors import ConfigError
from esqual.gate import DecisionSettings, Gate, LargeImpact, Limits, LiveTest, read_gate
from esqual.measures import parse_measure

FULL = """\
alpha = 0.1
allow_inconclusive = true

[measures."nDCG(dcg='exp-log2')@10"]
margin = 0.02
must_improve = true
bounds = true
classes = { "症状" = 0.05, "交通" = 0.1 }

[measures."RR@10".classes]
"かな" = 0.2

[limits]
max_zero_hit_share = 0.02
max_left_out_share = 0.1
min_judged = 0.6
max_judged_drop = 0.05
max_latency_p95_ms = 50
max_latency_ratio = 1.5
min_similarity = 0.3

[decision]
min_gain = 0.01
judge_first = 5

[decision.large_impact]
identical_share = 0.8
similarity = 0.7
rbo = 0.6
jaccard = 0.5

[decision.live_test]
base_rate = 0.1
effect = 0.005
relative = false
power = 0.9
"""


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "gate.toml"
    path.write_text(text, encoding="utf-8")
    return path


def read(tmp_path: Path, text: str) -> Gate:
    gate = read_gate(write(tmp_path, text))
    assert gate is not None
    return gate


def test_every_setting_is_read(tmp_path: Path) -> None:
    gate = read(tmp_path, FULL)
    assert (gate.alpha, gate.allow_inconclusive) == (0.1, True)
    ndcg, rr = gate.measures
    assert ndcg.measure == parse_measure("nDCG(dcg='exp-log2')@10")
    assert (ndcg.margin, ndcg.must_improve, ndcg.bounds) == (0.02, True, True)
    assert ndcg.classes == {"症状": 0.05, "交通": 0.1}
    assert (rr.margin, rr.classes, rr.lines) == (None, {"かな": 0.2}, {"かな": 11})
    assert gate.limits == Limits(0.02, 0.1, 0.6, 0.05, 50.0, 1.5, 0.3)
    assert gate.limits.needs_latency
    assert gate.decision == DecisionSettings(
        0.01, 5, LargeImpact(0.8, 0.7, 0.6, 0.5), LiveTest(0.1, 0.005, False, 0.9)
    )
    assert gate.source == str(tmp_path / "gate.toml")


def test_an_empty_file_asks_for_nothing(tmp_path: Path) -> None:
    gate = read(tmp_path, "")
    assert not gate.judges
    assert gate.limits == Limits()
    assert gate.decision == DecisionSettings()


def test_the_gate_may_be_a_table_of_another_file(tmp_path: Path) -> None:
    text = '[esqual]\nengine = "lucene:x"\n\n[gate.measures."RR@10"]\nmargin = 0.1\n'
    path = write(tmp_path, text)
    gate = read_gate(path, section="gate")
    assert gate is not None
    assert gate.measures[0].margin == 0.1
    assert read_gate(tmp_path / "absent.toml", section="gate") is None
    assert read_gate(write(tmp_path, "[esqual]\n"), section="gate") is None
    wrong = write(tmp_path, "[esqual]\n[gate]\nalpah = 0.1\n")
    with pytest.raises(ConfigError, match=r"gate\.toml:3: unknown setting gate\.alpah.*alpha\?"):
        read_gate(wrong, section="gate")


def test_a_margin_of_the_command_line_replaces_or_joins_those_of_the_file(tmp_path: Path) -> None:
    gate = read(tmp_path, FULL)
    first, rr, p5 = (*(row.measure for row in gate.measures), parse_measure("P@5"))
    changed = gate.with_margin(first, 0.3)
    assert (changed.measures[0].margin, changed.measures[0].must_improve) == (0.3, True)
    assert gate.with_margin(rr, 0.4).measures[1].margin == 0.4
    assert [row.measure for row in gate.with_margin(p5, 0.1).measures] == [p5, first, rr]


MISTAKES = [
    ("alpah = 0.1", 1, r"unknown setting alpah; did you mean alpha\?"),
    ("\n[limits]\nmin_judge = 1", 3, r"limits\.min_judge; did you mean min_judged"),
    ("[limit]\nmin_judged = 1", 1, "unknown setting limit; did you mean limits"),
    ("[decision.live_test]\nrate = 0.1", 2, r"decision\.live_test\.rate.*base_rate"),
    ('[measures."nDGC@10"]\nmargin = 0.1', 1, "nDGC"),
    ('[measures."nDCG"]\nmargin = 0.1\n[measures."P"]\nmargin = 0.1', 3, "cutoff"),
    ('[measures."RR@10"]\n\nmargin = "much"', 3, "margin is a number from 0 and below 1"),
    ('[measures."RR@10"]\nmargin = 1', 2, "below 1"),
    ('[measures."RR@10"]\nmargin = -0.1', 2, "from 0"),
    ('[measures."RR@10"]\nmargin = nan', 2, "margin is a number"),
    ('[measures."RR@10"]\nmargin = true', 2, "margin is a number"),
    ('[measures."RR@10"]\nmust_improve = 1', 2, "true or false"),
    ('[measures."RR@10"]\nmarign = 0.1', 2, r"measures\.RR@10\.marign; did you mean margin"),
    ('[measures."RR@10"]', 1, "asks for nothing"),
    ('[measures."RR@10"]\nbounds = true', 2, "give margin too"),
    ('[measures."RR@10"]\nclasses = { "症状" = 2 }', 2, "症状 is a number"),
    ('[measures."RR@10".classes]\n"症状" = 2', 2, "症状 is a number"),
    ('[measures."RR@10"]\nmargin = 0.1\n[measures."MRR@10"]\nmargin = 0.1', 3, "twice"),
    ('measures = ["RR@10"]', 1, "measures must be a table"),
    ("alpha = 0", 1, "above 0 and below 0.5"),
    ("alpha = 0.5", 1, "above 0 and below 0.5"),
    ("[decision]\njudge_first = 1.5", 2, "whole number"),
    ("[decision.live_test]\nbase_rate = 0.9\neffect = 0.2", 1, "below 1"),
    ('a = 1\nb = "', 2, "not TOML"),
    ("[measures.RR@10]\nmargin = 0.1", 1, "between quotes"),
]


@pytest.mark.parametrize(("text", "line", "message"), MISTAKES, ids=lambda v: str(v)[:40])
def test_a_mistake_is_named_with_its_line(
    tmp_path: Path, text: str, line: int, message: str
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError, match=message) as caught:
        read_gate(path)
    assert str(caught.value).startswith(f"{path}:{line}: ")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"absent\.toml: there is no such gate file"):
        read_gate(tmp_path / "absent.toml")
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b"# \xe9\n")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_gate(latin)
