"""Every format: a sample as its tool writes it, back and forth, and what is refused where."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from esqual.errors import JudgmentsError
from esqual.judgments import FORMATS, load_qrels, read_judgments, write_judgments
from esqual.judgments.records import Judgment, JudgmentSet, combined, from_qrels, to_qrels
from esqual.models import Topic

TOPICS = [Topic("t1", "胃が痛い"), Topic("t2", "-5度の服装"), Topic("t3", "引っ越し, 手続き")]
QRELS = {"t1": {"d1": 3, "d2": 0}, "t2": {"d7": 2}, "t3": {'d"9"': 1, "文書 4": 0}}

QUEPID_CASE = '''\
query,docid,rating
胃が痛い,d1,3
胃が痛い,d2,0.0
 -5度の服装,d7,2
"引っ越し, 手続き","d""9""",1
"引っ越し, 手続き",文書 4,0
夜眠れない,,
'''
QUEPID_BOOK = """\
query,docid,花子,taro@example.org
胃が痛い,d1,3.0,2.0
胃が痛い,d2,,0.0
夜眠れない,d5,,
"""
QUEPID_JSON = """{"queries": [
  {"query": "胃が痛い", "ratings": {"d1": 3, "d2": 0}},
  {"query": "-5度の服装", "ratings": {"d7": 2.0}},
  {"query": "引っ越し, 手続き", "ratings": {"d\\"9\\"": 1, "文書 4": 0}},
  {"query": "夜眠れない", "ratings": {}}
]}"""
QUEPID_EXPORT = """{"case_name": "健康", "options": null, "queries": [
  {"query_text": "胃が痛い", "notes": null, "ratings": {"d1": 3, "d2": 0}},
  {"query_text": "夜眠れない"}
]}"""
QUEPID_BOOK_JSON = """{"name": "健康", "query_doc_pairs": [
  {"query_text": "胃が痛い", "doc_id": "d1", "position": 1, "judgements": [
    {"rating": 3.0, "unrateable": false, "user_email": "hanako@example.org"},
    {"rating": 2.0, "unrateable": false, "user_email": "taro@example.org"}]},
  {"query_text": "胃が痛い", "doc_id": "d2", "judgements": [
    {"rating": null, "unrateable": true, "user_email": "taro@example.org"}]}
]}"""
# documents before gains, two queries of one group, and a topic around them
RRE = """{"index": "articles", "corpora_file": "c.json", "id_field": "id", "topics": [
  {"description": "症状", "query_groups": [
    {"name": "胃", "queries": [
       {"template": "q.json", "placeholders": {"$query": "胃が痛い"}},
       {"template": "q.json", "placeholders": {"$query": "胃痛"}}],
     "relevant_documents": {"d1": {"gain": 3}, "d2": {"gain": 0}}}]}]}"""
# gains before documents, no topics; and as Quepid writes it, without groups either
RRE_GROUPS = """{"index": "a", "id_field": "id", "query_placeholder": "$q", "query_groups": [
  {"name": "胃", "queries": [{"placeholders": {"$q": "胃が痛い"}}],
   "relevant_documents": {"3": ["d1"], "0": ["d2", "d3"]}}]}"""
RRE_QUEPID = """{"id_field": "id", "index": "健康", "template": "template.json", "queries": [
  {"placeholders": {"$query": "胃が痛い"}, "relevant_documents": {"0": ["d2"], "3": ["d1"]}},
  {"placeholders": {"$query": "夜眠れない"}}]}"""
ELASTICSEARCH = """{"requests": [
  {"id": "t1", "request": {"query": {"match": {"text": "胃が痛い"}}},
   "ratings": [{"_index": "articles-v1", "_id": "d1", "rating": 3},
               {"_index": "articles-v2", "_id": "d1", "rating": 3},
               {"_index": "articles-v1", "_id": "d2", "rating": 0}]},
  {"id": "t9", "template_id": "q", "params": {"query": "夜眠れない"}, "ratings": []}
], "metric": {"dcg": {"k": 10, "normalize": true}}}"""
CSV = """query_id,doc_id,relevance,rater
t1,d1,3,花子
t1,d1,2,太郎
t1,d2,0,
"""
STOMACH = {"胃が痛い": {"d1": 3, "d2": 0}}

SAMPLES = [
    ("trec", "t1 0 d1 3\nt1 Q0 d2 0\n", {"t1": {"d1": 3, "d2": 0}}, ()),
    ("csv", "query_id\tdoc_id\trelevance\nt 1\t文書 4\t3\n", {"t 1": {"文書 4": 3}}, ()),
    ("csv", "query_id,doc_id,relevance,iteration\nt1,d1,3,0\n", {"t1": {"d1": 3}}, ()),
    ("ranx", '{"t1": {"d1": 3, "d2": 0}}', {"t1": {"d1": 3, "d2": 0}}, ()),
    ("elasticsearch", ELASTICSEARCH, {"t1": {"d1": 3, "d2": 0}}, ("t9",)),
    (
        "elasticsearch",
        '[{"id": "t1", "ratings": [{"_index": "a", "_id": "d1", "rating": 1}]}]',
        {"t1": {"d1": 1}},
        (),
    ),
    (
        "quepid-csv",
        QUEPID_CASE,
        STOMACH | {"-5度の服装": {"d7": 2}, "引っ越し, 手続き": {'d"9"': 1, "文書 4": 0}},
        ("夜眠れない",),
    ),
    (
        "quepid-json",
        QUEPID_JSON,
        STOMACH | {"-5度の服装": {"d7": 2}, "引っ越し, 手続き": {'d"9"': 1, "文書 4": 0}},
        ("夜眠れない",),
    ),
    ("quepid-json", QUEPID_EXPORT, STOMACH, ("夜眠れない",)),
    ("rre", RRE, STOMACH | {"胃痛": {"d1": 3, "d2": 0}}, ()),
    ("rre", RRE_GROUPS, {"胃が痛い": {"d1": 3, "d2": 0, "d3": 0}}, ()),
    ("rre", RRE_QUEPID, STOMACH, ("夜眠れない",)),
]


def written(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "judgments"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize(("name", "text", "qrels", "unjudged"), SAMPLES)
def test_a_sample_is_known_by_its_content_and_read(
    tmp_path: Path,
    name: str,
    text: str,
    qrels: dict[str, dict[str, int]],
    unjudged: tuple[str, ...],
) -> None:
    path = written(tmp_path, "\ufeff" + text.replace("\n", "\r\n"))
    judged, found = read_judgments(path)
    assert found == name
    assert judged.key == FORMATS[name].key
    assert to_qrels(judged) == qrels
    assert judged.unjudged == unjudged
    assert read_judgments(path, name) == (judged, name)


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_written_reads_back(tmp_path: Path, name: str) -> None:
    qrels = {q: {d.replace(" ", "_"): r for d, r in ds.items()} for q, ds in QRELS.items()}
    path = tmp_path / "out"
    index = "articles" if FORMATS[name].needs_index else None
    write_judgments(path, from_qrels(qrels), name, topics=TOPICS, index=index)
    assert load_qrels(path, name, TOPICS) == qrels
    assert read_judgments(path)[1] == name


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_but_trec_holds_ids_with_spaces(tmp_path: Path, name: str) -> None:
    index = "articles" if FORMATS[name].needs_index else None
    judged = from_qrels(QRELS)
    if name == "trec":
        with pytest.raises(JudgmentsError, match="white space"):
            write_judgments(tmp_path / "out", judged, name)
        return
    write_judgments(tmp_path / "out", judged, name, topics=TOPICS, index=index)
    assert load_qrels(tmp_path / "out", name, TOPICS) == QRELS


def test_quepid_gets_a_space_before_what_a_spreadsheet_would_compute(tmp_path: Path) -> None:
    judged, _ = read_judgments(written(tmp_path, QUEPID_CASE))
    assert judged.raters == []
    write_judgments(tmp_path / "again", judged, "quepid-csv")
    again = (tmp_path / "again").read_text(encoding="utf-8")
    assert again == QUEPID_CASE.replace("0.0", "0")


def test_a_table_with_the_columns_of_ranx_is_read_when_it_is_called_csv(tmp_path: Path) -> None:
    path = written(tmp_path, "q_id,doc_id,score\nt1,d1,3\n")
    assert load_qrels(path, "csv") == {"t1": {"d1": 3}}


def test_a_book_keeps_its_raters(tmp_path: Path) -> None:
    judged, _ = read_judgments(written(tmp_path, QUEPID_BOOK))
    assert judged.judgments == (
        Judgment("胃が痛い", "d1", 3, "花子", 2),
        Judgment("胃が痛い", "d1", 2, "taro@example.org", 2),
        Judgment("胃が痛い", "d2", 0, "taro@example.org", 3),
    )
    assert judged.unjudged == ("夜眠れない",)
    write_judgments(tmp_path / "again", judged, "quepid-csv")
    text = (tmp_path / "again").read_text(encoding="utf-8")
    assert text.splitlines()[:2] == ["query,docid,花子,taro@example.org", "胃が痛い,d1,3,2"]
    again, _ = read_judgments(tmp_path / "again")
    assert [j._replace(line=None) for j in again.judgments] == [
        j._replace(line=None) for j in judged.judgments
    ]


def test_the_json_of_a_book_names_raters_and_passes_over_what_is_unrateable(tmp_path: Path) -> None:
    judged, _ = read_judgments(written(tmp_path, QUEPID_BOOK_JSON))
    assert [(j.doc_id, j.relevance, j.rater) for j in judged.judgments] == [
        ("d1", 3, "hanako@example.org"),
        ("d1", 2, "taro@example.org"),
    ]


def test_raters_of_a_table_stay_apart_until_they_are_combined(tmp_path: Path) -> None:
    judged, _ = read_judgments(written(tmp_path, CSV))
    assert judged.raters == ["花子", "太郎"]
    with pytest.raises(JudgmentsError, match=r"relevance 2 here, 3 by 花子 in line 2; .*--combine"):
        to_qrels(judged)
    assert to_qrels(judged, "median") == to_qrels(judged, "min") == {"t1": {"d1": 2, "d2": 0}}
    assert to_qrels(combined(judged, "max")) == {"t1": {"d1": 3, "d2": 0}}
    write_judgments(tmp_path / "again", judged, "csv")
    assert (tmp_path / "again").read_text(encoding="utf-8") == CSV


def test_the_median_of_three_raters_is_the_middle_one() -> None:
    rows = [("a", 0), ("b", 3), ("c", 2), ("c", 2)]
    judged = JudgmentSet("x", tuple(Judgment("t1", "d1", r, who) for who, r in rows))
    assert to_qrels(judged, "median") == {"t1": {"d1": 2}}


def test_elasticsearch_and_rre_name_the_index_and_every_gain(tmp_path: Path) -> None:
    qrels = from_qrels({"t1": {"d1": 3, "d2": 0, "d3": 3}})
    write_judgments(tmp_path / "es", qrels, "elasticsearch", index="articles")
    [request] = json.loads((tmp_path / "es").read_text(encoding="utf-8"))["requests"]
    assert request["ratings"][0] == {"_index": "articles", "_id": "d1", "rating": 3}
    write_judgments(tmp_path / "rre", qrels, "rre", topics=TOPICS, index="articles")
    rre = json.loads((tmp_path / "rre").read_text(encoding="utf-8"))
    assert (rre["index"], rre["id_field"]) == ("articles", "_id")
    [group] = rre["query_groups"]
    assert group["relevant_documents"] == {"3": ["d1", "d3"], "0": ["d2"]}
    assert group["queries"][0]["placeholders"] == {"$query": "胃が痛い"}


@pytest.mark.parametrize(
    "text",
    [
        "t1\t胃が痛い\n",  # topics
        "t1 Q0 d1 1 9.5 run\n",  # a run
        "t1 2 d1 3\n",
        "胃,が,痛い\n",
        "q_id,doc_id,score\nt1,d1,3\n",  # ranx has these columns for runs too
        '{"t1": {"d1": "3"}}',
        '{"t1": {"d1": true}}',
        "{}",
        "[]",
        "[1]",
        '{"t1": ',
    ],
)
def test_what_leaves_a_doubt_is_not_guessed(tmp_path: Path, text: str) -> None:
    with pytest.raises(JudgmentsError, match=r"cannot be told for certain .* trec, csv"):
        read_judgments(written(tmp_path, text))


@pytest.mark.parametrize(
    ("name", "text", "line", "message"),
    [
        ("csv", "query_id,doc_id\nt1,d1\n", 1, "the header reads 'query_id,doc_id'"),
        ("csv", ",query_id,doc_id,relevance\n0,t1,d1,2\n", 1, "the header reads"),
        ("csv", "query_id,doc_id,relevance,score\nt1,d1,2,2\n", 1, "the header reads"),
        ("csv", "query_id,doc_id,relevance\nt1,d1,2\n\nt1,d2\n", 4, "has 2 columns"),
        ("csv", "query_id,doc_id,relevance\nt1,d1,高\n", 2, "relevance is '高'"),
        ("csv", "query_id,doc_id,relevance\nt1,d1,2.0\n", 2, "relevance is '2.0'"),
        ("csv", "query_id,doc_id,relevance\nt1,,2\n", 2, "doc_id is empty"),
        ("csv", 'query_id,doc_id,relevance\nt1,d1,1\nt1,"d2,1\n', 3, "is not CSV"),
        ("csv", "query_id,doc_id,relevance\n", None, "holds no judgment"),
        ("csv", 'query_id,doc_id,relevance\nt1,"d\n1",1\nt1,d2,x\n', 4, "relevance is 'x'"),
        ("quepid-csv", "query,docid\n胃が痛い,d1\n", 1, "the header reads"),
        ("quepid-csv", "query,docid,a,a\n胃が痛い,d1,1,1\n", 1, "without a name or twice"),
        ("quepid-csv", "query,docid,rating\n胃が痛い,d1,1.5\n", 2, "relevance is '1.5'"),
        ("quepid-csv", "query,docid,rating\n胃が痛い,,1\n", 2, "a rating and no docid"),
        ("quepid-csv", "query,docid,rating\n,d1,1\n", 2, "query is empty"),
        ("quepid-csv", "query,docid,rating\n胃が痛い,d1,1,9\n", 2, "has 4 columns"),
        ("quepid-csv", "query,docid,rating\n胃が痛い,,\n", None, "holds no rating"),
        ("ranx", '{"t1": {"d1": 3},\n "t2": {"d1": 1.5}}', 2, "t2.d1: relevance is '1.5'"),
        ("ranx", '{"t1": {"d1":\n3, "d2":\n "3"}}', 3, "t1.d2: relevance is the text"),
        ("ranx", '{"t1": {"d1": true}}', 1, "t1.d1: relevance is 'True'"),
        ("ranx", '{"t1": {"d1": -1}}', 1, "t1.d1: relevance is -1; tools differ"),
        ("ranx", '{"t1": {"d1": 1,\n "d1": 2}}', None, "the key 'd1' stands twice"),
        ("ranx", '{"t1": {"d1": 1}\n"t2": {}}', 2, "is not JSON: .*delimiter"),
        ("ranx", '{"t1": {"d1": NaN}}', None, "holds NaN"),
        ("ranx", "[" * 100_000, None, "nested too deeply"),
        ("ranx", '{"t1": {}}', 1, "holds no judgment"),
        ("ranx", '{"t1":\n [1]}', 2, "t1: is not an object"),
        ("elasticsearch", '{"metric": {}}', 1, "the file: has no requests"),
        ("elasticsearch", '{"requests": {}}', 1, "requests: is not a list"),
        (
            "elasticsearch",
            '{"requests": [{"id": "t1", "ratings": []},\n {"ratings": []}]}',
            2,
            r"requests\[1\]: has no id",
        ),
        (
            "elasticsearch",
            '{"requests": [{"id": "t\\"1,[", "x": [1, {}],\n "ratings": [\n'
            '  {"_id": "d1", "rating": 1},\n  {"_id": "d2", "rating": "1"}]}]}',
            4,
            r"requests\[0\].ratings\[1\].rating: relevance is the text '1'",
        ),
        (
            "elasticsearch",
            '[{"id": "t1", "ratings": [{"_id": "d1", "rating": 1}, {"_id": "d1", "rating": 2}]}]',
            None,
            "topic t1, document d1: relevance 2 here, 1 elsewhere; keep one",
        ),
        ("quepid-json", '{"queries": [{"ratings": {}}]}', 1, r"queries\[0\]: has no query"),
        ("quepid-json", '{"queries": [{"query": " "}]}', 1, "text is needed"),
        ("rre", '{"topics": [{}]}', 1, r"topics\[0\]: has no queries"),
        ("rre", '{"queries": [{"placeholders": {}}]}', 1, r"placeholders: has no \$query"),
        (
            "rre",
            '{"queries": [{"placeholders": {"$query": "胃"},\n'
            '"relevant_documents": {"高": ["d"]}}]}',
            2,
            "'高' stands for a gain",
        ),
        (
            "rre",
            '{"queries": [{"placeholders": {"$query": "胃"}, "relevant_documents": {"d1": {}}}]}',
            1,
            "d1: has no gain",
        ),
    ],
)
def test_a_wrong_file_is_refused_with_line_and_place(
    tmp_path: Path, name: str, text: str, line: int | None, message: str
) -> None:
    path = written(tmp_path, text)
    with pytest.raises(JudgmentsError, match=message) as caught:
        to_qrels(read_judgments(path, name)[0])
    assert (caught.value.path, caught.value.line) == (str(path), line)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_that_is_not_utf8_is_refused_with_its_line(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, b"t1 0 d1 1\n" + "胃が痛い".encode("cp932"))
    with pytest.raises(JudgmentsError, match="is not UTF-8") as caught:
        read_judgments(path, name)
    assert caught.value.line == 2


def test_an_empty_file_and_a_missing_one_say_so(tmp_path: Path) -> None:
    with pytest.raises(JudgmentsError, match="is empty"):
        read_judgments(written(tmp_path, "\n"))
    with pytest.raises(JudgmentsError, match="cannot be read: No such file"):
        read_judgments(tmp_path / "none")


def test_texts_find_their_topics(tmp_path: Path) -> None:
    path = written(tmp_path, QUEPID_CASE)
    with pytest.raises(JudgmentsError, match="topics are needed"):
        load_qrels(path)
    # 夜眠れない has no topic, and no judgment that could be lost
    assert load_qrels(path, topics=TOPICS) == QRELS
    with pytest.raises(JudgmentsError, match="no topic has the text '胃が痛い'") as caught:
        load_qrels(path, topics=TOPICS[1:])
    assert caught.value.line == 2
    assert load_qrels(path, topics=[*TOPICS, Topic("t4", " 夜眠れない ")]) == QRELS
    twice = [*TOPICS, Topic("t4", "夜眠れない"), Topic("t5", "胃が痛い")]
    with pytest.raises(JudgmentsError, match="two topics have the text '胃が痛い', t1 and t5"):
        load_qrels(path, topics=twice)


def test_ids_find_their_texts(tmp_path: Path) -> None:
    with pytest.raises(JudgmentsError, match="topic t9 is not in the topics"):
        write_judgments(tmp_path / "o", from_qrels({"t9": {"d": 1}}), "quepid-csv", topics=TOPICS)
    twice = [Topic("t1", "胃が痛い"), Topic("t2", "胃が痛い")]
    qrels = from_qrels({"t1": {"d": 1}, "t2": {"d": 0}})
    with pytest.raises(JudgmentsError, match="t1 and t2 have the same text"):
        write_judgments(tmp_path / "o", qrels, "quepid-csv", topics=twice)
    assert not (tmp_path / "o").exists()
