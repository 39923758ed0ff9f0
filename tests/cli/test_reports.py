"""`esqual compare-queries` writes reports to files: which, where, and what is refused before."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from esqual.report.files import REPORTS
from tests.cli.conftest import Esqual
from tests.cli.test_gate_cli import ARMS, COMPARE, JUDGED, SAME, gate, ready
from tests.report import junit_facts

__all__ = ["ready"]

FILES = {
    "html": "page.html",
    "junit": "junit.xml",
    "markdown": "summary.md",
    "csv": "topics.csv",
    "annotations": "annotations.txt",
    "ab-report": "meeting.html",
}
ALL = tuple(word for name, path in FILES.items() for word in (f"--{name}", path))


def test_every_format_has_a_flag_and_every_flag_a_format() -> None:
    assert {name.partition(".")[0] for name in REPORTS} == set(FILES)


def test_all_formats_are_written_in_one_run_beside_the_table(ready: Esqual) -> None:
    before = set(Path().iterdir())
    result = ready(*COMPARE, *ARMS, *JUDGED, "--measure", "RR@10", "--max-drop", "0.1", *ALL)
    assert result.exit_code == 4, result.output
    assert "INCONCLUSIVE: RR@10" in result.stdout
    # each was renamed into its place: nothing else is left
    assert {str(path) for path in set(Path().iterdir()) - before} - set(FILES.values()) <= {
        ".esqual"
    }
    text = {name: Path(path).read_text(encoding="utf-8") for name, path in FILES.items()}
    junit = junit_facts.check(text["junit"])
    undecided = [case.get("name") for case in junit.iter("testcase") if len(case)]
    assert undecided == ["margin RR@10", "max_judged_drop"]
    assert text["markdown"].startswith("## esqual: INCONCLUSIVE")
    rows = list(csv.DictReader(text["csv"].splitlines()))
    assert [row["query_id"] for row in rows] == ["t1", "t2", "t3"]
    assert [row["left_out"] for row in rows] == ["", "", "no relevant document"]
    assert text["annotations"].startswith("::warning file=plain.json,title=candidate")
    assert text["ab-report"].startswith("<!DOCTYPE html>")
    assert "compare-queries --index articles --topics topics.tsv" in text["ab-report"]


def test_a_report_on_stdout_takes_the_place_of_the_table(ready: Esqual) -> None:
    result = ready(*COMPARE, *SAME, "--markdown", "-")
    assert result.exit_code == 0
    assert result.stdout.startswith("## esqual: compared, no gate asked for\n")
    assert "topics that lost most" not in result.stdout
    page = ready(
        *COMPARE, *SAME, "--ab-report", "-", "--lang", "ja", "--why", "同義語を足す"
    ).stdout
    assert page.startswith("# `candidate` を本番の A/B テストにかけるか\n")
    assert "試した理由: `同義語を足す`" in page


def test_a_void_comparison_is_told_in_what_ci_publishes(ready: Esqual) -> None:
    Path("qrels.txt").write_text("t1 0 nowhere 1\n", encoding="utf-8")
    Path("topics.csv").write_text("as it was\n", encoding="utf-8")
    result = ready(*COMPARE, *ARMS, *JUDGED, "--max-drop", "0.1", *ALL)
    assert result.exit_code == 3
    reason = "judged documents"
    assert reason in result.stderr
    junit = junit_facts.check(Path("junit.xml").read_text(encoding="utf-8"))
    assert reason in (next(junit.iter("error")).text or "")
    for name in ("summary.md", "annotations.txt"):
        assert reason in Path(name).read_text(encoding="utf-8")
    assert Path("topics.csv").read_text(encoding="utf-8") == "as it was\n"
    assert not Path("meeting.html").exists()


def test_a_file_of_before_stays_whole_when_the_new_one_cannot_be_written(ready: Esqual) -> None:
    Path("old").mkdir()
    Path("old/junit.xml").mkdir()
    result = ready(*COMPARE, *SAME, "--junit", "old/junit.xml")
    assert result.exit_code == 2
    assert list(Path("old").iterdir()) == [Path("old/junit.xml")]


def test_the_command_line_in_the_report_is_what_a_shell_reads(ready: Esqual) -> None:
    params = ("--param", "note=it's 胃", "--ab-report", "-")
    Path("noted.json").write_text(
        '{"query": {"match": {"text": "{{query}}"}}, "_source": ["{{note}}"]}', encoding="utf-8"
    )
    arms = ("--baseline", "noted.json", "--candidate", "match.json")
    page = ready(*COMPARE, *arms, *params).stdout
    assert """--param 'note=it'"'"'s 胃' --ab-report -""" in page


MISUSE = [
    (("--markdown", "a.md", "--csv", "./a.md"), "both write to"),
    (("--markdown", "-", "--json"), "--json and --markdown both write to -"),
    (("--markdown", "-", "--csv", "-"), "both write to -"),
    (("--junit", "absent/junit.xml"), "absent/junit.xml: not a file in a folder"),
    (("--ab-report", "page.pdf"), ".md or .html"),
    (("--why", "x"), "--ab-report"),
    (("--lang", "fr"), "fr"),
]


@pytest.mark.parametrize(("options", "message"), MISUSE)
def test_what_could_not_be_written_is_refused_before_a_search(
    esqual: Esqual, options: tuple[str, ...], message: str
) -> None:
    # no index is there: it is not asked for
    result = esqual(*COMPARE, *ARMS, *options)
    assert result.exit_code == 2, result.output
    assert message in result.stderr


def test_several_candidates_stand_in_one_file(ready: Esqual) -> None:
    asked = gate('[measures."RR@10"]\nmargin = 0.1\n')
    result = ready(*COMPARE, *ARMS, "--candidate", "nothing.json", *JUDGED, *asked, *ALL)
    assert result.exit_code == 1, result.output
    junit = junit_facts.check(Path("junit.xml").read_text(encoding="utf-8"))
    assert [suite.get("name") for suite in junit] == ["esqual.plain", "esqual.nothing"]
    rows = list(csv.DictReader(Path("topics.csv").read_text(encoding="utf-8").splitlines()))
    assert [row["candidate"] for row in rows] == ["plain"] * 3 + ["nothing"] * 3
    text = Path("summary.md").read_text(encoding="utf-8")
    assert text.index("### `plain`") < text.index("### `nothing`")
