from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from esqual.errors import ConfigError
from esqual.mustache import TemplateError, parse, render

FIXTURE = Path(__file__).parent / "fixtures" / "render-opensearch-3.6.0.json"
RECORD: dict[str, Any] = json.loads(FIXTURE.read_text(encoding="utf-8"))
PARAMS = RECORD["params"]


@pytest.mark.parametrize("case", RECORD["cases"], ids=lambda c: c["source"][:40])
def test_renders_as_the_server_inside_a_longer_template(case: dict[str, str]) -> None:
    # The recording sent all cases as one template, each on lines of its own.
    assert render(f"-\n{case['source']}$", PARAMS) == f"-\n{case['rendered']}$"


@pytest.mark.parametrize("case", RECORD["alone"], ids=lambda c: c["source"])
def test_renders_the_first_line_as_the_server(case: dict[str, str]) -> None:
    assert render(case["source"], PARAMS) == case["rendered"]


@pytest.mark.parametrize("case", RECORD["refused"], ids=lambda c: c["source"])
def test_refuses_in_the_words_of_the_server(case: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as caught:
        render(case["source"], PARAMS)
    assert isinstance(caught.value, TemplateError)
    assert caught.value.reason == case["reason"]
    assert caught.value.line == 1 + case["source"].startswith("\n") + case["source"].count("\n{{/")


@pytest.mark.parametrize(
    "text",
    [
        '彼は「胃が痛い」と"言った"',
        "a\\b\\\\",
        "{{query}} }} {{{",
        "改行\r\n\tタブ\0\x1f",
        "</a>&'",
        "𠮷😀",
    ],
)
def test_query_text_arrives_unharmed(text: str) -> None:
    body = json.loads(parse('{"match": {"text": "{{query}}"}}').render({"query": text}))
    assert body == {"match": {"text": text}}


def test_any_text_arrives_unharmed_in_values_lists_and_objects() -> None:
    template = parse('["{{a}}", {{#toJson}}b{{/toJson}}, [{{#b}}"{{.}}",{{/b}}0]]')
    random_ = random.Random(20261121)
    alphabet = "\"\\/{}[]<>&'%#^!=.,:; \t\r\n\b\f\0\x01\x1f\x7f\u2028胃痛ガ￥𠮷😀ab"
    for _ in range(2000):
        a, b = ("".join(random_.choices(alphabet, k=random_.randrange(12))) for _ in "ab")
        assert json.loads(template.render({"a": a, "b": [a, b]})) == [a, [a, b], [a, b, 0]]


def test_strict_refuses_a_name_that_nothing_declares_with_its_line_and_the_known_names() -> None:
    template = parse('{\n  "size": {{size}},\n  "text": "{{qurey}}"\n}')
    with pytest.raises(TemplateError, match=r"line 3: .*\{\{qurey\}\}.*query, size") as caught:
        template.render({"query": "胃", "size": 3}, strict=True)
    assert caught.value.line == 3
    assert template.render({"query": "胃", "size": 3}, strict=False).endswith('"text": ""\n}')


@pytest.mark.parametrize(
    "source",
    ["{{#x}}a{{/x}}", "{{#toJson}}x{{/toJson}}", "{{#join}}x{{/join}}", "{{{x}}}", "{{&x}}",
     "{{o.x}}", "{{#o}}{{x}}{{/o}}", "{{#url}}{{x}}{{/url}}"],
)  # fmt: skip
def test_strict_looks_at_every_kind_of_tag(source: str) -> None:
    with pytest.raises(TemplateError, match="no parameter declares"):
        parse(source).render({"o": {"y": 1}}, strict=True)
    assert parse(source).render({"o": {"x": ["v"]}, "x": ["v"]}, strict=False) != ""


def test_an_inverted_section_declares_a_default_so_that_absence_is_no_typo() -> None:
    template = parse("{{op}}{{^op}}or{{/op}}")
    assert template.render({}, strict=True) == "or"
    assert template.render({"op": ""}, strict=True) == "or"
    assert template.render({"op": None}, strict=True) == "or"
    assert template.render({"op": "and"}, strict=True) == "and"


def test_strict_accepts_what_is_declared_but_empty() -> None:
    assert parse("[{{#x}}T{{/x}}{{x}}]").render({"x": None}, strict=True) == "[]"


@pytest.mark.parametrize("value", [["a"], {"a": 1}])
def test_strict_refuses_a_list_or_an_object_as_text(value: object) -> None:
    with pytest.raises(TemplateError, match="toJson"):
        parse('"{{x}}"').render({"x": value}, strict=True)


def test_strict_refuses_join_of_something_that_is_no_list() -> None:
    with pytest.raises(TemplateError, match="needs a list"):
        parse("{{#join}}x{{/join}}").render({"x": "a"}, strict=True)


def test_names_lists_what_a_template_uses_once_in_order() -> None:
    source = "{{b}}{{#a}}{{c.d}}{{b}}{{/a}}{{^e}}{{/e}}{{#toJson}}f{{/toJson}}{{#join}}g{{/join}}"
    assert parse(source + "{{#url}}{{h}}{{/url}}{{!i}}").names() == [*"ba", "c.d", *"efgh"]


def test_line_at_finds_the_line_of_the_template_behind_a_rendered_character() -> None:
    source = "{\n{{#xs}}\n  {{.}},\n{{/xs}}\n  {{!c\n}}\n  end\n}"
    params = {"xs": ["a\nb", "c"]}
    text = parse(source).render(params)
    for needle, line in (("{", 1), ("a", 3), ("b", 3), ("c", 3), ("end", 7), ("}", 8)):
        assert parse(source).line_at(params, text.index(needle)) == line
    assert parse(source).line_at(params, len(text)) == 8


def test_a_tag_over_two_lines_keeps_later_lines_right() -> None:
    with pytest.raises(TemplateError) as caught:
        parse("{{! two\nlines }}\n{{x}}").render({})
    assert caught.value.line == 3


def test_sections_nested_without_end_are_refused() -> None:
    with pytest.raises(TemplateError, match="nested too deeply"):
        parse("{{#x}}" * 5000)


def test_a_null_item_leaves_the_scope_as_it_is() -> None:
    assert render("{{#xs}}{{#toJson}}.{{/toJson}}{{/xs}}", {"xs": [None]}) == '{"xs":[null]}'
