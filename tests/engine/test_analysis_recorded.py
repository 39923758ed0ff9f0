"""The embedded engine's tokens equal those that a real Elasticsearch 9.4.3 gave.

``tests/fixtures/record_analyze.py`` recorded them. There the kuromoji components were Lucene's
own, registered under the official plugin's names and defaults.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from esqual.engine.lucene.analysis import Analysis, analyze_request
from esqual.engine.lucene.api_error import ApiError

RECORDED = json.loads(
    (Path(__file__).parents[1] / "fixtures" / "analyze-es-9.4.3.json").read_text("utf-8")
)
# an invented path and a difference of wording that no client can see
_LINE_AND_COLUMN = "[1:"


@pytest.fixture(scope="module")
def everywhere() -> Analysis:
    return Analysis()


@pytest.fixture(scope="module")
def index() -> Analysis:
    return Analysis(RECORDED["settings"])


def expanded(rows: list[list[Any]]) -> list[dict[str, Any]]:
    tokens = []
    for term, start, end, position, *rest in rows:
        token = {"token": term, "start_offset": start, "end_offset": end}
        token |= {"type": rest[0] if rest else "word", "position": position}
        if len(rest) > 1:
            token["positionLength"] = rest[1]
        tokens.append(token)
    return tokens


def refusal(analysis: Analysis, body: Any) -> dict[str, Any]:
    with pytest.raises(ApiError) as caught:
        analyze_request(analysis, None, body)
    return shape(caught.value)


def shape(error: ApiError) -> dict[str, Any]:
    causes, at = [], error
    while at is not None:
        causes.append([at.type, at.reason])
        at = at.caused_by
    return {"status": error.status, "causes": causes}


def by_name(part: str) -> list[Any]:
    return [pytest.param(row, id=row["name"]) for row in RECORDED[part]]


def by_request(part: str) -> list[Any]:
    return [
        pytest.param(row["request"], row["answer"], id=json.dumps(row["request"])[:90])
        for row in RECORDED[part]
    ]


def test_at_least_sixty_sentences_were_recorded() -> None:
    assert len(set(RECORDED["sentences"])) >= 60
    assert RECORDED["engine"].startswith("Elasticsearch 9.4.3")


@pytest.mark.parametrize("row", by_name("chains"))
def test_every_sentence_gives_the_recorded_tokens(everywhere: Analysis, row: Any) -> None:
    for sentence, tokens in zip(RECORDED["sentences"], row["tokens"], strict=True):
        answer = analyze_request(everywhere, None, {**row["request"], "text": sentence})
        assert answer == {"tokens": expanded(tokens)}, sentence


@pytest.mark.parametrize("row", by_name("plain"))
def test_components_that_are_not_japanese_give_the_recorded_tokens(
    everywhere: Analysis, row: Any
) -> None:
    for sentence, tokens in zip(RECORDED["few"], row["tokens"], strict=True):
        answer = analyze_request(everywhere, None, {**row["request"], "text": sentence})
        assert answer == {"tokens": expanded(tokens)}, sentence


@pytest.mark.parametrize(("request_", "answer"), by_request("whole"))
def test_whole_answers_equal_the_recorded_ones(
    everywhere: Analysis, request_: Any, answer: Any
) -> None:
    assert analyze_request(everywhere, None, request_) == answer


@pytest.mark.parametrize(("request_", "answer"), by_request("refused"))
def test_refusals_have_the_recorded_words(everywhere: Analysis, request_: Any, answer: Any) -> None:
    assert refusal(everywhere, request_) == answer


@pytest.mark.parametrize(("request_", "answer"), by_request("on_index"))
def test_an_index_answers_with_its_own_components(
    index: Analysis, request_: Any, answer: Any
) -> None:
    if "causes" in answer:
        assert refusal(index, request_) == answer
    else:
        assert analyze_request(index, index.analyzer, request_) == answer


@pytest.mark.parametrize(
    "row", [pytest.param(r, id=json.dumps(r["definition"])[:90]) for r in RECORDED["definitions"]]
)
def test_a_wrong_definition_is_refused_at_creation(row: Any) -> None:
    with pytest.raises(ApiError) as caught:
        Analysis({"analysis": {row["kind"]: {"x": row["definition"]}}})
    assert shape(caught.value) == row["answer"]
