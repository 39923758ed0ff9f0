from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from esqual.errors import JudgmentsError
from esqual.judgments import read_topics, write_topics
from esqual.models import Topic


@pytest.fixture
def topics(tmp_path: Path) -> Path:
    return tmp_path / "topics.tsv"


def test_two_columns_need_no_header(topics: Path) -> None:
    topics.write_text("t1\t胃が痛い\nt2\t関西国際空港 行き方\n", encoding="utf-8")
    assert read_topics(topics) == [Topic("t1", "胃が痛い"), Topic("t2", "関西国際空港 行き方")]


@pytest.mark.parametrize("first", ["query_id", "qid", "topic_id", "topic"])
@pytest.mark.parametrize("second", ["text", "query"])
def test_a_header_is_known_by_its_first_column(topics: Path, first: str, second: str) -> None:
    topics.write_text(f"{first}\t{second}\nt1\t胃が痛い\n", encoding="utf-8")
    assert read_topics(topics) == [Topic("t1", "胃が痛い")]


def test_further_columns_become_parameters_a_class_and_a_weight(topics: Path) -> None:
    topics.write_text(
        "query_id\ttext\tboost\tclass\tweight\tsite-name\n"
        "t1\t頭痛\t2\t症状\t0.5\tja\n"
        "t2\t旅館\t\t\t\t\n",
        encoding="utf-8",
    )
    first, second = read_topics(topics)
    assert first == Topic("t1", "頭痛", {"boost": "2", "site-name": "ja"}, "症状", 0.5)
    assert second == Topic("t2", "旅館", {"boost": "", "site-name": ""}, None, 1.0)


def test_mark_crlf_blank_lines_and_comments_are_skipped(topics: Path) -> None:
    text = "\ufeff# 症状の検索\r\n\r\nt1\t胃が痛い\r\n  \r\n#おわり\r\nt2\t咳\r\n"
    topics.write_text(text, encoding="utf-8", newline="")
    assert read_topics(topics) == [Topic("t1", "胃が痛い"), Topic("t2", "咳")]


def test_text_is_kept_as_it_is_written(topics: Path) -> None:
    texts = [
        '"引用"',
        " 前後の空白 ",
        "全角　空白",
        "行\u2028区切り\x0b\x0c\x85",
        "a\\b{{query}}",
        "# 印",
        "a\rb",
    ]
    topics.write_text(
        "".join(f"t{i}\t{text}\n" for i, text in enumerate(texts)), encoding="utf-8", newline=""
    )
    assert [topic.text for topic in read_topics(topics)] == texts


def test_the_last_line_needs_no_line_break(topics: Path) -> None:
    topics.write_text("t1\t胃が痛い", encoding="utf-8")
    assert read_topics(topics) == [Topic("t1", "胃が痛い")]


def test_a_dash_is_standard_input() -> None:
    code = "from esqual.judgments import read_topics; print(read_topics('-')[0].text == '\\u80c3')"
    done = subprocess.run(
        [sys.executable, "-c", code], input="t1\t胃\n".encode(), capture_output=True, check=True
    )
    assert done.stdout.split() == [b"True"]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("t1\t胃\nt2\t頭\n\nt1\t腰\n", 4, "topic t1 stands in line 1 already"),
        ("t1\t胃\nt2\t \n", 2, "topic t2 has no text"),
        ("t1\t\n", 1, "topic t1 has no text"),
        ("t1\t\u3000\n", 1, "topic t1 has no text"),
        ("t1 胃が痛い\n", 1, "has no tab; a line reads query_id<TAB>text"),
        ("t1\t胃\t痛い\n", 1, "has 3 columns, and without a header line"),
        ("qid\ttext\tboost\nt1\t胃\n", 2, r"has 2 columns, and the header has 3: qid<TAB>text"),
        ("\t胃\n", 1, "query_id is ''"),
        ("t 1\t胃\n", 1, "query_id is 't 1'"),
        ("t\u30001\t胃\n", 1, "white space"),
        ("#t1\t胃\n", 1, "begins with # and holds a tab"),
        ("query_id\n", 1, "is a header.*missing"),
        ("query_id\tboost\ttext\n", 1, "second column is boost and must be text or query"),
        ("qid\ttext\tboost\tboost\n", 1, "column 4 is called 'boost', which is repeated"),
        ("qid\ttext\tquery\n", 1, "column 3 is called 'query', which is reserved"),
        ("qid\ttext\t\n", 1, "column 3 is called '', which is no name"),
        ("qid\ttext\ta b\n", 1, "column 3 is called 'a b', which is no name"),
        *((f"qid\ttext\tweight\nt1\t胃\t{weight}\n", 2, f"weight is '{weight}'")
          for weight in ("0", "-1", "nan", "inf", "高い")),
    ],
)  # fmt: skip
def test_a_wrong_line_is_refused_with_its_number(
    topics: Path, text: str, line: int, message: str
) -> None:
    topics.write_text(text, encoding="utf-8", newline="")
    with pytest.raises(JudgmentsError, match=message) as caught:
        read_topics(topics)
    assert (caught.value.path, caught.value.line) == (str(topics), line)
    assert str(caught.value).startswith(f"{topics}:{line}: ")


@pytest.mark.parametrize("text", ["", "\n\n", "# nur ein Kommentar\n", "query_id\ttext\n"])
def test_a_file_without_topics_is_refused(topics: Path, text: str) -> None:
    topics.write_text(text, encoding="utf-8")
    with pytest.raises(JudgmentsError, match="holds no topic"):
        read_topics(topics)


def test_a_file_that_is_not_utf8_is_refused_with_its_line(topics: Path) -> None:
    topics.write_bytes("t1\t胃\n".encode() + "t2\t頭\n".encode("cp932"))
    with pytest.raises(JudgmentsError, match=r":2: is not UTF-8"):
        read_topics(topics)


def test_a_file_that_is_not_there_is_refused(topics: Path) -> None:
    with pytest.raises(JudgmentsError, match="cannot be read: No such file"):
        read_topics(topics)


def test_written_topics_read_back_and_have_only_the_columns_they_need(topics: Path) -> None:
    plain = [Topic("q1", "胃が痛い"), Topic("q2", "#海 が見える")]
    write_topics(topics, plain)
    assert topics.read_text(encoding="utf-8").splitlines()[0] == "query_id\ttext"
    assert read_topics(topics) == plain
    full = [
        Topic("q1", "胃が痛い", {"op": "and"}, "症状", 2.5),
        Topic("q2", "海", {"op": ""}, None, 1.0),
    ]
    write_topics(topics, full)
    assert topics.read_text(encoding="utf-8").splitlines() == [
        "query_id\ttext\tclass\tweight\top",
        "q1\t胃が痛い\t症状\t2.5\tand",
        "q2\t海\t\t1.0\t",
    ]
    assert read_topics(topics) == full


@pytest.mark.parametrize(
    "topic", [Topic("q1", "胃が\n痛い"), Topic("q 1", "胃"), Topic("q", "a\tb")]
)
def test_a_topic_that_the_format_cannot_hold_is_not_written(topics: Path, topic: Topic) -> None:
    with pytest.raises(JudgmentsError, match="cannot be written"):
        write_topics(topics, [topic])
    assert not topics.exists()
