"""The tokens of every component are those that Elasticsearch 9.4.3 gave, on our own sentences.

OpenSearch answers with the official classes of the plugin; the record was made with Lucene's
components under the plugin's names.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from elasticsearch import BadRequestError, Elasticsearch

from tests.conftest import ROOT

RECORD = json.loads((ROOT / "tests/fixtures/analyze-es-9.4.3.json").read_text("utf-8"))


def _row(token: dict[str, Any]) -> list[Any]:
    """A token as the record spells it: what is as usual is left out."""
    row = [token["token"], token["start_offset"], token["end_offset"], token["position"]]
    length = token.get("positionLength", 1)
    if token["type"] != "word" or length != 1:
        row.append(token["type"])
    if length != 1:
        row.append(length)
    return row


_LACKS = "the plugin has no such filter"
#: engine -> component -> why its tokens differ
OTHERWISE: dict[str, dict[str, str]] = {
    "embedded": {},
    "elasticsearch-9": {},
    "opensearch": {
        "hiragana_uppercase": _LACKS,
        "katakana_uppercase": _LACKS,
        "unique": "a token that is taken out leaves no gap in the positions",
    },
}


@pytest.mark.needs("kuromoji", "completion")
@pytest.mark.parametrize(
    ("part", "sentences"), [("chains", "sentences"), ("plain", "few")], ids=["Japanese", "others"]
)
def test_every_component_gives_the_recorded_tokens(
    engine: Elasticsearch, engine_name: str, part: str, sentences: str
) -> None:
    wrong = {
        row["name"]
        for row in RECORD[part]
        for sentence, tokens in zip(RECORD[sentences], row["tokens"], strict=True)
        if _tokens(engine, {**row["request"], "text": sentence}) != tokens
    }
    assert wrong == {row["name"] for row in RECORD[part]} & OTHERWISE[engine_name].keys()


def _tokens(engine: Elasticsearch, request: Any) -> list[list[Any]] | None:
    try:
        answer = engine.indices.analyze(body=request)
    except BadRequestError:
        return None
    return [_row(token) for token in answer["tokens"]]
