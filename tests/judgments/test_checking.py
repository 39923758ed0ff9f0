from __future__ import annotations

from pathlib import Path

from esqual.judgments import read_judgments
from esqual.judgments.checking import CheckReport, check_judgments
from esqual.judgments.presence import absent_documents
from esqual.models import Topic
from tests.fakes import scripted_client

TOPICS = [Topic("t1", "胃が痛い"), Topic("t2", "咳が止まらない"), Topic("t3", "夜眠れない")]


def report(tmp_path: Path, text: str, **options: object) -> CheckReport:
    path = tmp_path / "judgments"
    path.write_text(text, encoding="utf-8")
    return check_judgments(read_judgments(path)[0], **options)  # type: ignore[arg-type]


def kinds(report: CheckReport) -> list[tuple[str, int | None]]:
    return [(finding.kind, finding.line) for finding in report.findings]


def test_a_sound_set_has_its_counts_and_no_finding(tmp_path: Path) -> None:
    sound = report(tmp_path, "t1 0 d1 3\nt1 0 d2 0\nt2 0 d1 1\n", scale=(0, 3), topics=TOPICS[:2])
    assert (sound.n_topics, sound.n_judgments, sound.n_documents) == (2, 3, 2)
    assert sound.levels == ((0, 1), (1, 1), (3, 1))
    assert sound.findings == ()
    assert sound.exit_code == 0
    assert sound.agreement is None


def test_what_stands_twice_is_a_note_and_what_contradicts_is_an_error(tmp_path: Path) -> None:
    found = report(tmp_path, "t1 0 d1 3\nt1 0 d1 3\nt1 0 d1 2\nt2 0 d1 1\n")
    assert kinds(found) == [("conflict", 3), ("duplicate", 2)]
    assert found.findings[0].message == "topic t1, document d1: relevance 2 here, 3 in line 1"
    assert (found.n_errors, found.exit_code) == (1, 3)


def test_notes_alone_leave_the_exit_code_at_zero(tmp_path: Path) -> None:
    found = report(tmp_path, "t1 0 d1 3\nt1 0 d1 3\nt2 0 d1 0\n", topics=TOPICS)
    assert kinds(found) == [("duplicate", 2), ("no_relevant", 3), ("no_judgment", None)]
    assert found.findings[2].message == "topic t3: 夜眠れない"
    assert found.exit_code == 0


def test_unknown_topics_and_levels_outside_the_scale_are_errors(tmp_path: Path) -> None:
    text = "t1 0 d1 3\nt9 0 d1 4\nt9 0 d2 1\n"
    found = report(tmp_path, text, topics=TOPICS[:1], scale=(0, 3))
    assert kinds(found) == [("outside_scale", 2), ("unknown_topic", 2)]
    assert found.exit_code == 3
    assert kinds(report(tmp_path, text, scale=(1, 4))) == []
    assert kinds(report(tmp_path, text, scale=(2, 4))) == [("outside_scale", 3)]


def test_texts_are_matched_where_the_file_has_texts(tmp_path: Path) -> None:
    text = "query,docid,rating\n胃が痛い,d1,3\n頭が痛い,d1,1\n夜眠れない,,\n"
    assert kinds(report(tmp_path, text)) == [("no_judgment", None)]
    found = report(tmp_path, text, topics=TOPICS)
    assert kinds(found) == [("unknown_topic", 3), ("no_judgment", None), ("no_judgment", None)]


def test_raters_that_differ_are_no_conflict(tmp_path: Path) -> None:
    text = (
        "query_id,doc_id,relevance,rater\nt1,d1,3,花子\nt1,d1,1,太郎\nt1,d2,0,花子\nt1,d2,0,太郎\n"
    )
    found = report(tmp_path, text)
    assert found.findings == ()
    assert found.agreement is not None
    assert found.agreement.raters == ("花子", "太郎")


def test_a_document_that_no_index_holds_is_named_once(tmp_path: Path) -> None:
    found = report(tmp_path, "t1 0 d1 3\nt1 0 消えた 1\nt2 0 消えた 2\n", absent=["消えた"])
    assert kinds(found) == [("not_in_index", 2)]
    assert "消えた (first judged for topic t1)" in found.findings[0].message


def test_absent_is_what_every_index_lacks() -> None:
    held = {"/old/_search": {"d1", "d2"}, "/new/_search": {"d3"}}

    def answer(method: str, path: str, body: dict) -> tuple[int, object]:  # type: ignore[type-arg]
        wanted = body["query"]["ids"]["values"]
        assert body["size"] == len(wanted) <= 1000
        hits = [{"_id": doc_id} for doc_id in wanted if doc_id in held[path]]
        return 200, {"hits": {"hits": hits}}

    with scripted_client(answer) as client:  # type: ignore[arg-type]
        many = [f"x{i}" for i in range(1500)]
        ids = ["d3", "d1", "d1", *many, "d2"]
        assert absent_documents(client, ["old", "new"], ids) == many
        assert absent_documents(client, ["new"], ["d1", "d3"]) == ["d1"]
