from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path
from typing import Any

import pytest

from esqual.errors import ConfigError
from esqual.models import Topic
from esqual.templates import QueryTemplate, read_template

MATCH = """{
  "query": {
    "match": {"text": {"query": "{{query}}", "operator": "{{op}}{{^op}}or{{/op}}"}}
  },
  "size": {{size}}{{^size}}10{{/size}}
}
"""
TOPIC = Topic("t1", "胃が痛い")


@pytest.fixture
def template(tmp_path: Path) -> Any:
    def make(text: str, name: str = "match.json") -> QueryTemplate:
        path = tmp_path / name
        path.write_bytes(text.encode())
        return read_template(path)

    return make


def body_of(text: str) -> dict[str, Any]:
    return {"query": {"match": {"text": {"query": text, "operator": "or"}}}, "size": 10}


def test_body_is_the_rendered_file(template: Any) -> None:
    assert template(MATCH).body(TOPIC) == body_of("胃が痛い")


def test_parameters_come_from_the_topics_columns_and_from_the_caller(template: Any) -> None:
    topic = Topic("t1", "頭痛", {"op": "and"})
    body = template(MATCH).body(topic, {"size": "3"})
    assert body["size"] == 3
    assert body["query"]["match"]["text"]["operator"] == "and"


def test_an_empty_column_takes_the_default(template: Any) -> None:
    assert template(MATCH).body(Topic("t1", "胃が痛い", {"op": ""})) == body_of("胃が痛い")


def test_query_id_is_a_parameter(template: Any) -> None:
    assert template('{"ext": "{{query_id}} {{query}}"}').body(TOPIC) == {"ext": "t1 胃が痛い"}


def test_any_query_text_arrives_unharmed(template: Any) -> None:
    made = template(MATCH)
    random_ = random.Random(7)
    alphabet = (
        "\"\\/{}[]<>&'%#^!=.,:;$`~ \t\r\n\b\f\0\x01\x1b\x1f\x7f\x85\u2028\ufeff胃痛ガ㌔￥𠮷😀"
    )
    texts = ["".join(random_.choices(alphabet, k=random_.randint(1, 30))) for _ in range(2000)]
    texts += ["{{query}}", "{{#query}}", '"}}}', "\\", '\\"', "\\u0022", "{{{query_id}}}", "</x>"]
    for text in texts:
        assert made.body(Topic("t", text)) == body_of(text)


def test_digest_is_that_of_the_bytes_of_the_file(template: Any) -> None:
    made = template("\ufeff" + MATCH)
    assert made.digest == hashlib.sha256(made.path.read_bytes()).hexdigest()
    assert made.source == MATCH
    assert made.body(TOPIC) == body_of("胃が痛い")


@pytest.mark.parametrize("source", [MATCH, {"query": {"match": {"text": "{{query}}"}}}])
def test_a_stored_script_is_the_same_query(template: Any, source: object) -> None:
    made = template(json.dumps({"script": {"lang": "mustache", "source": source}}))
    assert "胃が痛い" in json.dumps(made.body(TOPIC), ensure_ascii=False)
    assert made.names()[0] == "query"


def test_a_wrong_line_of_a_stored_script_is_a_line_of_its_source(template: Any) -> None:
    made = template(json.dumps({"script": {"lang": "mustache", "source": '{\n"a": {{b}}\n}'}}))
    with pytest.raises(
        ConfigError, match=r"match\.json: line 2 of script\.source: topic t1: no pa"
    ):
        made.body(TOPIC)


def refuses(made: QueryTemplate, pattern: str, topic: Topic = TOPIC, **parameters: str) -> None:
    with pytest.raises(ConfigError, match=pattern) as caught:
        made.body(topic, parameters)
    assert str(made.path) in str(caught.value) or "parameter" in pattern


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        # a name that nothing declares: line of the template and the names that are known
        (
            '{\n"query": {"match": {"text": "{{qurey}}"}}}',
            r":2: topic t1: .*qurey.*query, query_id",
        ),
        # quotes forgotten
        (
            '{"a":\n{"b":\n {{query}}\n}}',
            r'(?s):3: topic t1: not JSON .*胃が痛い.*quotes.*"\{\{query',
        ),
        ('{"a":\n{{#toJson}}query{{/toJson}}}', r"(?s):2: .*reads: 胃が痛い\}.*without quotes"),
        # three braces do not escape
        ('{"a":\n"{{{query}}}"}', r"(?s):2: .*two braces"),
        # a section leaves a comma
        ('{\n"a": 1,\n{{#op}}"b": 2{{/op}}{{^op}}{{/op}}\n}', r"(?s):[34]: .*comma"),
        # cut off
        ('{"a": {\n"b": 1}', r":2: topic t1: not JSON .*reads: \"b\": 1\}"),
        ("[1]", r"renders to list, .*object"),
        ('"{{query}}"', r"renders to str"),
        ('{"a": {"b": 1, "c": 2, "b": 3}}', r"key \[b\] twice"),
        ('{"a": NaN}', r"holds NaN"),
        ("{{! nothing }}", r"not JSON .*\(nothing\)"),
        ('{"a": ' + "[" * 100_000, r"nested too deeply"),
    ],
)
def test_what_cannot_be_a_body_stops_with_its_place_and_a_next_step(
    template: Any, text: str, pattern: str
) -> None:
    made = template(text)
    if "{{{" in text:
        refuses(made, pattern, Topic("t1", 'a "b"'))
    else:
        refuses(made, pattern)


def test_the_line_is_found_behind_a_loop(template: Any) -> None:
    made = template('{\n"a": [\n{{#xs}}\n  "{{.}}",\n{{/xs}}\n  "end"\n],\n"b": {{query}}\n}')
    with pytest.raises(ConfigError, match=r":8: topic t1"):
        made.body(TOPIC, {"xs": ["p", "q", "r"]})


@pytest.mark.parametrize("name", ["query", "query_id"])
def test_a_reserved_parameter_is_refused(template: Any, name: str) -> None:
    refuses(template(MATCH), f"parameter {name}: ", **{name: "x"})


def test_a_parameter_that_is_given_twice_is_refused(template: Any) -> None:
    refuses(template(MATCH), "parameter op: .*give it once", Topic("t1", "胃", {"op": "a"}), op="b")


@pytest.mark.parametrize(
    ("data", "pattern"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b'{\n"a": "\x88\xdd"}', r"q\.json:2: is not UTF-8"),
        (b'{\n"a": "{{#x}}"\n}', r"q\.json:2: \{\{#x\}\} is never closed"),
        (b'{\n"a": "{{> part}}"\n}', r"q\.json:2: .*partials"),
        (b'{"script": {"lang": "painless", "source": "x"}}', "painless.*mustache"),
        (b'{"script": {"source": "x"}}', "lang is None"),
        (b'{"script": {"lang": "mustache"}}', "neither text nor an object"),
        (b'{"script": {"lang": "mustache", "source": "{{#x}}"}}', "line 1 of script.source"),
        (b'{"script": {"lang": "mustache", "source": "x", "params": {}}}', "nothing else"),
        (b'{"script": "x"}', "not a stored script"),
        (b'{"script": {"lang": "mustache", "source": "x"}, "size": 1}', "nothing else"),
    ],
)
def test_a_file_that_is_no_template_is_refused_when_it_is_read(
    tmp_path: Path, data: bytes, pattern: str
) -> None:
    path = tmp_path / "q.json"
    path.write_bytes(data)
    with pytest.raises(ConfigError, match=pattern):
        read_template(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.json: cannot be read: No such file"):
        read_template(tmp_path / "none.json")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_template(tmp_path)
