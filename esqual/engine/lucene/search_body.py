"""A search body's JSON → :class:`SearchBody`: everything that can be checked without an index.

What Elasticsearch has and this engine has not is refused by name; what neither knows is refused in
Elasticsearch's words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from esqual.engine.lucene.api_error import (
    ApiError,
    illegal_argument,
    parsing_error,
    token_name,
    unsupported,
)
from esqual.engine.lucene.fetch import FieldPattern, SourceFilter, read_fields, read_source_filter
from esqual.engine.lucene.highlight import HighlightField, read_highlight
from esqual.engine.lucene.query import read_query
from esqual.engine.lucene.query.base import Build
from esqual.engine.lucene.query.knn import Knn, read_section
from esqual.engine.lucene.rescore import RescoreBody, read_rescore
from esqual.engine.lucene.retriever import Retriever, read_retriever, settle
from esqual.engine.lucene.sort import SortKey, read_sort
from esqual.engine.lucene.xcontent import as_boolean, as_float, as_integer, texts

__all__ = ["TRACK_DEFAULT", "SearchBody", "read_body", "validation_error"]

TRACK_DEFAULT = 10_000
TRACK_ALL = 2**31 - 1
TRACK_NONE = -1


@dataclass(slots=True)
class SearchBody:
    """One search as asked. ``track_total_hits``: how far to count, -1 = not at all."""

    query: Build | None = None
    #: the sections ``knn``; :func:`validate` settles their ``k``
    knn: list[Knn] = field(default_factory=list)
    post_filter: Build | None = None
    from_: int | None = None
    size: int | None = None
    sort: list[SortKey] = field(default_factory=list)
    search_after: list[Any] | None = None
    source: SourceFilter | None = None
    fields: list[FieldPattern] = field(default_factory=list)
    highlight: list[HighlightField] = field(default_factory=list)
    rescore: list[RescoreBody] = field(default_factory=list)
    #: after :func:`validate` only a compound one; a leaf is then the body's own query
    retriever: Retriever | None = None
    min_score: float | None = None
    track_total_hits: int = TRACK_DEFAULT
    track_scores: bool = False
    explain: bool = False
    version: bool = False
    seq_no_primary_term: bool = False
    without_ids: bool = False
    stored_fields: bool = False
    indices_boost: list[tuple[str, float]] = field(default_factory=list)
    total_as_int: bool = False
    #: a scroll ranks everything at once, whatever the result window
    all_hits: bool = False
    #: what such a scroll shows at once, which is what a knn clause takes for its ``k``
    page: int | None = None
    #: keys of the body, for callers that forbid some of them
    keys: frozenset[str] = frozenset()

    @property
    def first(self) -> int:
        """The number of hits to skip."""
        return self.from_ or 0

    @property
    def count(self) -> int:
        """The number of hits to return."""
        return 10 if self.size is None else self.size

    @property
    def wants_source(self) -> bool:
        """Whether hits carry ``_source``."""
        if self.source is not None:
            return self.source.enabled
        return not self.stored_fields

    @property
    def wants_more(self) -> bool:
        """Whether hits carry more than index, id, score and sort values, or less."""
        return (
            self.wants_source
            or self.without_ids
            or self.version
            or self.seq_no_primary_term
            or self.explain
            or bool(self.fields)
            or bool(self.highlight)
        )


Setter = Callable[[SearchBody, Any], None]


def read_body(json: Any) -> SearchBody:
    """Check a search body. Raises :class:`ApiError` as Elasticsearch's parser does."""
    if not isinstance(json, dict):
        raise parsing_error(f"Expected [START_OBJECT] but found [{token_name(json)}]")
    body = SearchBody(keys=frozenset(json))
    for key, value in json.items():
        kinds, setter = _KEYS.get(key, ("", None))
        if setter is None:
            raise _unknown_key(key, value)
        if _kind(value) not in kinds:
            raise parsing_error(f"Unknown key for a {token_name(value)} in [{key}].")
        setter(body, value)
    return body


def validate(body: SearchBody) -> None:
    """What Elasticsearch checks after body and URL are joined."""
    if body.retriever is not None:
        settle(body)
    problems = []
    if body.search_after is not None and body.first > 0:
        problems.append("[from] parameter must be set to 0 when [search_after] is used")
    if body.without_ids and body.source is not None and body.source.enabled:
        problems.append("[stored_fields] cannot be disabled if [_source] is requested")
    if body.without_ids and (body.version or body.fields):
        name = "version" if body.version else "fields"
        problems.append(f"[stored_fields] cannot be disabled if [{name}] is requested")
    if problems:
        raise validation_error(*problems)
    body.knn = [knn.settle(body.count) for knn in body.knn]
    if body.explain and body.rescore:
        raise unsupported("explain with rescore")


def validation_error(*problems: str) -> ApiError:
    """400 ``action_request_validation_exception``: the numbered list of what is wrong."""
    numbered = "".join(f"{n}: {problem};" for n, problem in enumerate(problems, 1))
    return ApiError(400, "action_request_validation_exception", f"Validation Failed: {numbered}")


def _unknown_key(key: str, value: Any) -> ApiError:
    if key in _ONLY_ON_A_SERVER:
        return unsupported(key)
    return parsing_error(f"Unknown key for a {token_name(value)} in [{key}].")


def _kind(value: Any) -> str:
    if isinstance(value, dict):
        return "o"
    if isinstance(value, list):
        return "a"
    return "n" if value is None else "v"


# ------------------------------------------------------------------ one function per key


def _query(body: SearchBody, value: Any) -> None:
    body.query = read_query(value)


def _knn(body: SearchBody, value: Any) -> None:
    body.knn = read_section(value)


def _post_filter(body: SearchBody, value: Any) -> None:
    body.post_filter = read_query(value)


def set_from(body: SearchBody, value: Any) -> None:
    """``from``: how many hits to skip."""
    body.from_ = as_integer(value)
    if body.from_ < 0:
        raise illegal_argument(f"[from] parameter cannot be negative but was [{body.from_}]")


def set_size(body: SearchBody, value: Any) -> None:
    """``size``: how many hits to return."""
    body.size = as_integer(value)
    if body.size < 0:
        raise illegal_argument(f"[size] parameter cannot be negative, found [{body.size}]")


def _sort(body: SearchBody, value: Any) -> None:
    body.sort = read_sort(value)


def _search_after(body: SearchBody, value: Any) -> None:
    for item in value:
        if isinstance(item, dict | list):
            raise parsing_error(
                "Expected [VALUE_STRING] or [VALUE_NUMBER] or [VALUE_BOOLEAN] or [VALUE_NULL] but "
                f"found [{token_name(item)}] inside search_after."
            )
    if not value:
        raise illegal_argument("Values must contains at least one value.")
    body.search_after = list(value)


def _source(body: SearchBody, value: Any) -> None:
    body.source = read_source_filter(value)


def _fields(body: SearchBody, value: Any) -> None:
    body.fields = read_fields(value)


def _highlight(body: SearchBody, value: Any) -> None:
    body.highlight = read_highlight(value)


def _rescore(body: SearchBody, value: Any) -> None:
    body.rescore = read_rescore(value)


def _retriever(body: SearchBody, value: Any) -> None:
    body.retriever = read_retriever(value)


def _min_score(body: SearchBody, value: Any) -> None:
    body.min_score = as_float(value)


def set_track_total_hits(body: SearchBody, value: Any) -> None:
    """``track_total_hits``: true, false, or how far to count."""
    if (value in (True, "true") and value != 1) or value is True:
        body.track_total_hits = TRACK_ALL
    elif value is False or value == "false":
        body.track_total_hits = TRACK_NONE
    else:
        limit = as_integer(value)
        if limit < -1:
            raise illegal_argument(
                f"[track_total_hits] parameter must be positive or equals to -1, got {limit}"
            )
        body.track_total_hits = limit


def _track_scores(body: SearchBody, value: Any) -> None:
    body.track_scores = as_boolean(value)


def _explain(body: SearchBody, value: Any) -> None:
    body.explain = as_boolean(value)


def _version(body: SearchBody, value: Any) -> None:
    body.version = as_boolean(value)


def _seq_no(body: SearchBody, value: Any) -> None:
    body.seq_no_primary_term = as_boolean(value)


def set_stored_fields(body: SearchBody, value: Any) -> None:
    """``stored_fields``: ``_none_`` leaves ids out; other names are not kept apart from _source."""
    names = texts("stored_fields", value)
    if names == ["_none_"]:
        body.without_ids = True
    elif "_none_" in names:
        raise illegal_argument("cannot combine _none_ with other fields")
    elif names:
        raise unsupported("stored_fields")
    body.stored_fields = True


def _indices_boost(body: SearchBody, value: Any) -> None:
    for item in value:
        if not isinstance(item, dict) or len(item) != 1:
            raise parsing_error(
                f"Expected [START_OBJECT] in [indices_boost] but found [{token_name(item)}]"
            )
        name, boost = next(iter(item.items()))
        body.indices_boost.append((name, as_float(boost)))


def _nothing(body: SearchBody, value: Any) -> None:
    """A key whose empty form asks for nothing."""


def _profile(body: SearchBody, value: Any) -> None:
    if as_boolean(value):
        raise unsupported("profile")


# key -> kinds of value it takes (v scalar, o object, a array), what it does
_KEYS: Mapping[str, tuple[str, Setter | None]] = {
    "_source": ("voa", _source),
    "explain": ("v", _explain),
    "fields": ("a", _fields),
    "from": ("v", set_from),
    "highlight": ("o", _highlight),
    "indices_boost": ("a", _indices_boost),
    "knn": ("oa", _knn),
    "min_score": ("v", _min_score),
    "post_filter": ("o", _post_filter),
    "profile": ("v", _profile),
    "query": ("o", _query),
    "rescore": ("oa", _rescore),
    "retriever": ("o", _retriever),
    "search_after": ("a", _search_after),
    "seq_no_primary_term": ("v", _seq_no),
    "size": ("v", set_size),
    "sort": ("voa", _sort),
    "stats": ("a", _nothing),
    "stored_fields": ("va", set_stored_fields),
    "track_scores": ("v", _track_scores),
    "track_total_hits": ("v", set_track_total_hits),
    "version": ("v", _version),
}

# aggs …: Elasticsearch knows them
_ONLY_ON_A_SERVER = frozenset(
    {"aggregations", "aggs", "collapse", "docvalue_fields", "ext", "pit", "rank"}
    | {"runtime_mappings", "script_fields", "slice", "suggest"}
    | {"terminate_after", "timeout"}
)
