"""`esqual holes` from the outside: sheets, saved runs, judging again with what was filled in."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from esqual.judgments import load_qrels, read_judgments
from esqual.judgments.sheets import SHEETS, ToJudge, plain_cell, safe_cell
from tests.cli.conftest import Esqual, parsed

PLAIN = '{"query": {"match": {"text.plain": "{{query}}"}}}'
TOPICS = "query_id\ttext\nt1\t胃が痛い\nt2\t海が見える\n"
LIVE = (
    *("holes", "--index", "articles", "--topics", "topics.tsv", "--qrels", "qrels.txt"),
    *("--baseline", "match.json", "--candidate", "plain.json", "--measure", "RR@10"),
)
SAVED = ("holes", "--qrels", "qrels.txt", "--measure", "RR@10")
RUNS = ("--run-baseline", "own.run", "--run-candidate", "other.run")


@pytest.fixture
def saved(esqual: Esqual) -> Esqual:
    Path("topics.tsv").write_text(TOPICS, encoding="utf-8")
    Path("qrels.txt").write_text("t1 0 d1 2\nt2 0 d3 1\n", encoding="utf-8")
    Path("own.run").write_text("t1 Q0 d1 1 2 own\nt2 Q0 d3 1 2 own\n", encoding="utf-8")
    run = "t1 Q0 =d9 1 3 other\nt1 Q0 d8 2 2 other\nt1 Q0 d1 3 1 other\nt2 Q0 d3 1 1 other\n"
    Path("other.run").write_text(run, encoding="utf-8")
    return esqual


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_saved_runs_need_no_engine_and_list_what_could_turn_the_verdict(saved: Esqual) -> None:
    result = saved(*SAVED, *RUNS, "--topics", "topics.tsv")
    assert result.exit_code == 0, result.output
    sheet = rows(result.stdout)
    assert [(r["query_id"], r["doc_id"].strip(), r["relevance"]) for r in sheet] == [
        ("t1", "=d9", ""),
        ("t1", "d8", ""),
    ]
    assert sheet[0]["query"] == "胃が痛い"
    assert (sheet[0]["baseline_rank"], sheet[0]["candidate_rank"]) == ("", "1")
    assert "mean delta -0.3333" in result.stderr
    assert "2 of 2 documents that matter, of 2 unjudged" in result.stderr


def test_a_filled_sheet_is_judged_again_by_naming_it_beside_the_old_judgments(
    saved: Esqual,
) -> None:
    assert saved(*SAVED, *RUNS, "-o", "holes.csv").exit_code == 0
    raw = Path("holes.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")  # a spreadsheet takes it for UTF-8
    filled = [
        {**row, "relevance": "2" if row["doc_id"].strip() == "=d9" else ""}
        for row in rows(raw.decode("utf-8-sig"))
    ]
    out = io.StringIO()
    writer = csv.DictWriter(out, list(filled[0]))
    writer.writeheader()
    writer.writerows(filled)
    Path("holes.csv").write_text("\ufeff" + out.getvalue(), encoding="utf-8")
    assert load_qrels("holes.csv") == {"t1": {"=d9": 2}}
    report = parsed(saved(*SAVED, *RUNS, "--qrels", "holes.csv", "--json"))
    assert report["delta"] == 0.0
    assert [hole["doc_id"] for hole in report["holes"]] == []
    assert not report["can_flip"]


def test_a_sheet_that_nobody_filled_in_is_refused_when_it_is_to_judge(saved: Esqual) -> None:
    assert saved(*SAVED, *RUNS, "-o", "holes.csv").exit_code == 0
    result = saved(*SAVED, *RUNS, "--qrels", "holes.csv")
    assert result.exit_code == 3
    assert "every relevance is left empty" in result.stderr


def test_files_that_judge_one_pair_differently_are_refused_with_both_names(saved: Esqual) -> None:
    Path("more.txt").write_text("t1 0 d1 0\n", encoding="utf-8")
    result = saved(*SAVED, *RUNS, "--qrels", "more.txt")
    assert result.exit_code == 3
    assert "more.txt" in result.stderr
    assert "qrels.txt" in result.stderr


def test_trec_and_quepid_hold_the_same_documents_in_the_same_order(saved: Esqual) -> None:
    trec = saved(*SAVED, *RUNS, "--to", "trec")
    assert trec.stdout == "t1 0 =d9 -1\nt1 0 d8 -1\n"
    Path("holes.txt").write_text(trec.stdout, encoding="utf-8")
    refused = saved(*SAVED, *RUNS, "--qrels", "holes.txt")
    assert refused.exit_code == 3
    assert "holes.txt:1" in refused.stderr
    result = saved(*SAVED, *RUNS, "--topics", "topics.tsv", "--to", "quepid")
    book = json.loads(result.stdout)
    assert [(p["query_text"], p["doc_id"], p["position"]) for p in book["query_doc_pairs"]] == [
        ("胃が痛い", "=d9", 1),
        ("胃が痛い", "d8", 2),
    ]
    nameless = saved(*SAVED, *RUNS, "--to", "quepid")
    assert nameless.exit_code == 3
    assert "the text of topic t1 is not known" in nameless.stderr


def test_a_judged_quepid_book_is_read_again(tmp_path: Path) -> None:
    text = SHEETS["quepid"]([ToJudge("t1", "胃が痛い", "d8", None, 2, 0.1, {"text": "腹痛"})])
    book = json.loads(text)
    assert json.loads(book["query_doc_pairs"][0]["document_fields"]) == {"text": "腹痛"}
    book["query_doc_pairs"][0]["judgements"] = [{"rating": 2.0, "user_email": "a@example.com"}]
    path = tmp_path / "book.json"
    path.write_text(json.dumps(book), encoding="utf-8")
    judged, name = read_judgments(path)
    assert name == "quepid-json"
    assert [(j.query, j.doc_id, j.relevance) for j in judged.judgments] == [("胃が痛い", "d8", 2)]


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+81", "-x", "@SUM(A1)", "＝1+1", "－x", " =x", "\t=x", "  @x", "胃", "", " 胃"],
)
def test_no_cell_begins_a_formula_and_every_id_comes_back(text: str) -> None:
    cell = safe_cell(text)
    assert not cell.startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t"))
    assert plain_cell(cell) == text


def test_a_document_with_a_formula_and_line_breaks_is_one_safe_cell() -> None:
    fields = {"title": '=HYPERLINK("http://example.com","胃")', "text": "頭が\n痛い\r\n,x"}
    sheet = rows(SHEETS["csv"]([ToJudge("t1", "@胃", "d1", 1, None, 0.5, fields)]))
    assert sheet[0]["document"] == ' =HYPERLINK("http://example.com","胃") / 頭が 痛い ,x'
    assert sheet[0]["query"] == " @胃"
    assert sheet[0]["effect"] == "0.5"


def test_a_live_comparison_gives_the_documents_texts(indexed: Esqual) -> None:
    Path("plain.json").write_text(PLAIN, encoding="utf-8")
    Path("topics.tsv").write_text(TOPICS, encoding="utf-8")
    Path("qrels.txt").write_text("t1 0 d1 2\nt2 0 d3 1\n", encoding="utf-8")
    result = indexed(*LIVE, "--json")
    report = parsed(result)
    assert report["measure"] == "RR@10"
    assert {"low", "high"} == set(report["bounds"])
    assert report["unjudged"] >= 1
    listed = indexed(*LIVE, "--max-drop", "0.5", "--json")
    assert parsed(listed)["line"] == -0.5
    flipped = indexed(*LIVE, "--candidate-param", "nothing=1", "--json")
    assert flipped.exit_code == 3
    assert "nothing" in flipped.stderr


def test_the_text_of_a_hole_stands_beside_it(indexed: Esqual) -> None:
    # the candidate shows d2 alone, which nobody judged
    Path("head.json").write_text('{"query": {"match": {"text": "頭"}}}', encoding="utf-8")
    Path("topics.tsv").write_text(TOPICS, encoding="utf-8")
    Path("qrels.txt").write_text("t1 0 d1 2\nt2 0 d3 1\n", encoding="utf-8")
    options = [o if o != "plain.json" else "head.json" for o in LIVE]
    sheet = rows(indexed(*options, "--limit", "1").stdout)
    assert [(r["doc_id"], r["document"]) for r in sheet] == [
        ("d2", "二日酔い / 頭が痛い。胃がむかむかする。")
    ]


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ((*SAVED, "--run-baseline", "own.run"), 2, "--run-candidate"),
        ((*SAVED, *RUNS, "--index", "articles"), 2, "--index is for a search"),
        (SAVED, 2, "give --index, or --run-baseline"),
        ((*SAVED[:1], *RUNS), 2, "--qrels"),
        ((*SAVED, *RUNS, "--top-grade", "1"), 3, "above the top grade 1"),
        ((*SAVED[:3], *RUNS, "--measure", "Bpref@5"), 3, "Bpref"),
        ((*SAVED, "--run-baseline", "absent", "--run-candidate", "own.run"), 3, "absent"),
        ((*SAVED, *RUNS, "--topics", "others.tsv"), 3, "own.run"),
    ],
)
def test_bad_input_gets_one_clear_message_and_the_documented_code(
    saved: Esqual, options: tuple[str, ...], code: int, said: str
) -> None:
    Path("others.tsv").write_text("x9\t頭が痛い\n", encoding="utf-8")
    result = saved(*options)
    assert result.exit_code == code, result.output
    assert said in result.stderr
    assert "Traceback" not in result.stderr
