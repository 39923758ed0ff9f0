"""Tokens as an engine makes them, and what its fields are: `_analyze`, `_mapping`, `_settings`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from esqual.diagnosis.tokens import Analysed, Token
from esqual.patience import Patience

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["IndexFacts", "analysed_with"]

_TEXT_TYPES = frozenset({"text", "match_only_text", "search_as_you_type", "annotated_text"})
_ATTRIBUTES = ["partOfSpeech", "reading", "type"]
# longer texts are cut before they are analysed: a document may be a book
_LONGEST = 4_000


class IndexFacts:
    """One index (of several behind a name, the first): fields and tokens; answers are kept."""

    def __init__(self, client: Elasticsearch, index: str, patience: Patience) -> None:
        self._client = client
        self._index = index
        self._ask = patience.ask
        self._tokens: dict[tuple[str, str, str], Analysed] = {}

    @cached_property
    def _mapping(self) -> tuple[str, Mapping[str, Any]]:
        found = self._ask(lambda: self._client.indices.get_mapping(index=self._index).body)
        name = min(found)
        return name, found[name].get("mappings", {})

    @cached_property
    def _settings(self) -> Mapping[str, Any]:
        name = self._mapping[0]
        found = self._ask(lambda: self._client.indices.get_settings(index=name).body)
        own: Mapping[str, Any] = found[name].get("settings", {}).get("index", {})
        return own

    @cached_property
    def _fields(self) -> dict[str, Mapping[str, Any]]:
        return dict(_leaves(self._mapping[1].get("properties", {}), ""))

    def is_text(self, field: str) -> bool:
        """Whether the field is analysed."""
        return self._fields.get(field, {}).get("type") in _TEXT_TYPES

    def names(self, pattern: str) -> list[str]:
        """Analysed fields that a name with ``*`` stands for; a plain name stands for itself."""
        if "*" not in pattern:
            return [pattern]
        from fnmatch import fnmatchcase

        return [name for name in self._fields if self.is_text(name) and fnmatchcase(name, pattern)]

    def source_path(self, field: str) -> str:
        """Where ``_source`` has the text of the field: that of its parent for a multi-field."""
        parent = field.rpartition(".")[0]
        return parent if field in _multi_fields(parent, self._fields.get(parent, {})) else field

    def similarity(self, field: str) -> str:
        """How the field is scored, as text to compare."""
        name = self._fields.get(field, {}).get("similarity")
        known = self._settings.get("similarity", {})
        default = known.get("default")
        chosen = default if name is None else known.get(name, name)
        return "default" if chosen is None else json.dumps(chosen, sort_keys=True)

    def enriched_targets(self) -> list[str]:
        """Objects that hold dependency pairs, as the index declares them."""
        declared = self._mapping[1].get("_meta", {}).get("esqual", {}).get("enrich", [])
        return [str(row.get("target")) for row in declared if row.get("kind") == "dependency"]

    def query_tokens(self, field: str, text: str, analyzer: str | None = None) -> Analysed:
        """What a search makes of ``text`` under the field."""
        own = self._fields.get(field, {})
        return self._analyze(field, text, analyzer or own.get("search_analyzer"))

    def document_tokens(self, field: str, text: str) -> Analysed:
        """What the index makes of a document's ``text``, of its first some thousand characters."""
        return self._analyze(field, text[:_LONGEST], None)

    def _analyze(self, field: str, text: str, analyzer: str | None) -> Analysed:
        key = (field if analyzer is None else "", analyzer or "", text)
        if key not in self._tokens:
            chosen: dict[str, Any] = (
                {"field": field} if analyzer is None else {"analyzer": analyzer}
            )
            detail = self._ask(
                lambda: self._client.indices.analyze(
                    index=self._mapping[0],
                    text=text,
                    explain=True,
                    attributes=_ATTRIBUTES,
                    **chosen,
                ).body["detail"]
            )
            self._tokens[key] = Analysed(
                tuple(_token(row) for row in _last_step(detail)), tuple(self._removed(detail))
            )
        return self._tokens[key]

    def _removed(self, detail: Mapping[str, Any]) -> Iterator[tuple[tuple[int, int], str]]:
        """What each filter took away for good, with the type of the filter."""
        known = self._settings.get("analysis", {}).get("filter", {})
        before: set[tuple[int, int]] = set()
        for step in filter(None, [detail.get("tokenizer"), *(detail.get("tokenfilters") or ())]):
            spans = {(row["start_offset"], row["end_offset"]) for row in step["tokens"]}
            kind = known.get(step["name"], {}).get("type", step["name"])
            yield from ((span, kind) for span in sorted(before - spans))
            before = spans


def analysed_with(client: Elasticsearch, tokenizer: str, text: str, patience: Patience) -> Analysed:
    """Tokens of a tokenizer that belongs to no index."""
    detail = patience.ask(
        lambda: client.indices.analyze(
            tokenizer=tokenizer, text=text, explain=True, attributes=_ATTRIBUTES
        ).body["detail"]
    )
    return Analysed(tuple(_token(row) for row in _last_step(detail)))


def _last_step(detail: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The tokens that leave the chain."""
    if "analyzer" in detail:
        last = detail["analyzer"]
    else:
        last = (detail.get("tokenfilters") or [detail["tokenizer"]])[-1]
    rows: Sequence[Mapping[str, Any]] = last["tokens"]
    return rows


def _token(row: Mapping[str, Any]) -> Token:
    kind, tag, reading = row["type"], row.get("partOfSpeech"), row.get("reading")
    # kuromoji gives everything in its dictionary a reading, but for signs and digits
    unknown = (
        tag is not None
        and reading is None
        and kind != "SYNONYM"
        and not tag.startswith(("記号", "名詞-数"))
        and not row["token"].isascii()
    )
    return Token(row["token"], row["start_offset"], row["end_offset"], kind, tag, reading, unknown)


def _leaves(properties: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, field in properties.items():
        path = prefix + name
        yield path, field
        yield from _multi_fields(path, field).items()
        yield from _leaves(field.get("properties", {}), f"{path}.")


def _multi_fields(path: str, field: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {f"{path}.{sub}": own for sub, own in field.get("fields", {}).items()}
