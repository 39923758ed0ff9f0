"""The leaves of query strings: a piece of text and a field, or the default fields → a query."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from esqual.engine.lucene.api_error import ApiError, illegal_argument
from esqual.engine.lucene.fields.base import RangeBounds
from esqual.engine.lucene.jvm import J
from esqual.engine.lucene.query.base import QueryContext, match_none
from esqual.engine.lucene.query.fields import Fields, resolve_fields
from esqual.engine.lucene.query.full_text import PHRASE, MatchOptions
from esqual.engine.lucene.query.fuzziness import AUTO, Fuzziness, fuzziness
from esqual.engine.lucene.query.multi import TYPES, best_of, multi_match
from esqual.engine.lucene.query.patterns import normalize_pattern, require_string
from esqual.engine.lucene.query.rewrite import rewrite_method
from esqual.engine.lucene.query.term_level import exists_query

if TYPE_CHECKING:
    from esqual.engine.lucene.fields.base import FieldType

__all__ = ["Clauses"]


@dataclass(frozen=True, slots=True)
class Clauses:
    """``esqual.ClauseMaker`` in Python; arguments come as Java strings, or None.

    ``multi_type`` is the type of multi_match for words, ``tie`` joins the fields of the others.
    """

    context: QueryContext
    defaults: Fields
    options: MatchOptions
    multi_type: str
    tie: float
    text_tie: float
    phrase_tie: float
    quote_analyzer: str | None = None
    auto: Fuzziness = AUTO
    rewrite: str | None = None
    time_zone: str | None = None
    max_determinized_states: int = 10000
    default_field: str | None = None

    def _fields(self, name: Any) -> Fields:
        if name is None:
            return self.defaults
        return resolve_fields(self.context, {str(name): 1.0})

    def text(self, name: Any, text: Any, slop: int) -> Any:
        """Words (``slop`` below 0) or a phrase; None when no term is left."""
        if name is not None and str(name) == "_exists_":
            return exists_query(self.context, str(text))
        fields = self._fields(name)
        if not fields.boosts:
            return match_none(f"unmapped fields [{name}]")
        if slop < 0:
            options = replace(self.options, kind=TYPES[self.multi_type].kind)
            return multi_match(
                self.context, fields, str(text), self.multi_type, options, self.text_tie
            )
        options = replace(self.options, kind=PHRASE, slop=int(slop), fuzziness=None)
        if self.quote_analyzer is not None:
            options = replace(options, analyzer=self.quote_analyzer)
        return multi_match(self.context, fields, str(text), "phrase", options, self.phrase_tie)

    def _each(self, name: Any, make: Callable[[FieldType], Any]) -> Any:
        fields = self._fields(name)
        if not fields.boosts:
            return match_none(f"unmapped fields [{name}]")
        queries = []
        for mapped, factor in fields.boosts.items():
            try:
                query = make(mapped)
            except ApiError as error:
                if not self.options.lenient:
                    raise
                query = match_none(f"failed [{mapped.name}] query, caused by {error.reason}")
            queries.append(query if factor == 1.0 else J.BoostQuery(query, factor))
        return queries[0] if len(queries) == 1 else best_of(queries, self.tie)

    def _normal(self, mapped: FieldType, text: str) -> str:
        """Text that is not analysed, in the field's normal form (lower case, for most texts)."""
        if not mapped.is_text:
            return mapped.normalize(text)
        own = self.options.analyzer
        analyzer = mapped.search_analyzer if own is None else self.context.analysis.analyzer(own)
        return str(analyzer.normalize(mapped.name, text).utf8ToString())

    def range(self, name: Any, low: Any, high: Any, with_low: bool, with_high: bool) -> Any:
        """Values between bounds; None is open."""

        def make(mapped: FieldType) -> Any:
            bounds: dict[str, Any] = {}
            if low is not None:
                bounds["gte" if with_low else "gt"] = self._bound(mapped, str(low))
            if high is not None:
                bounds["lte" if with_high else "lt"] = self._bound(mapped, str(high))
            if not bounds:
                return mapped.exists_query()
            return mapped.range_query(RangeBounds(**bounds, time_zone=self.time_zone))

        return self._each(name, make)

    def _bound(self, mapped: FieldType, value: str) -> str:
        return self._normal(mapped, value) if mapped.is_text else value

    def prefix(self, name: Any, text: Any) -> Any:
        """Terms that begin with ``text``."""

        def make(mapped: FieldType) -> Any:
            require_string(mapped, "prefix queries on keyword, text and wildcard fields")
            term = J.Term(mapped.name, self._normal(mapped, str(text)))
            return J.PrefixQuery(term, rewrite_method(self.rewrite))

        return self._each(name, make)

    def wildcard(self, name: Any, text: Any) -> Any:
        """Terms of a pattern; a lone ``*`` asks for the field itself."""
        if str(text) == "*":
            return self._any(name)

        def make(mapped: FieldType) -> Any:
            require_string(mapped, "wildcard queries on keyword, text and wildcard fields")
            pattern = normalize_pattern(str(text), lambda part: self._normal(mapped, part))
            term = J.Term(mapped.name, pattern)
            return J.WildcardQuery(term, self.max_determinized_states, rewrite_method(self.rewrite))

        return self._each(name, make)

    def _any(self, name: Any) -> Any:
        if name is None:
            if self.default_field is None:
                return J.MatchAllDocsQuery.INSTANCE
            name = self.default_field
        if str(name) == "*":
            return J.MatchAllDocsQuery.INSTANCE
        return exists_query(self.context, str(name))

    def regexp(self, name: Any, text: Any) -> Any:
        """Terms of a regular expression."""

        def make(mapped: FieldType) -> Any:
            require_string(mapped, "regexp queries on keyword and text fields")
            return J.RegexpQuery(
                J.Term(mapped.name, str(text)),
                J.RegExp.ALL,
                0,
                J.RegexpQuery.DEFAULT_PROVIDER,
                self.max_determinized_states,
                rewrite_method(self.rewrite),
            )

        return self._each(name, make)

    def fuzzy(self, name: Any, text: Any, edits: float) -> Any:
        """Terms within some edits of ``text``; below 0 the clause's own fuzziness decides."""
        distance = self.auto if edits < 0 else _distance(float(edits))

        def make(mapped: FieldType) -> Any:
            if not mapped.is_string:
                raise illegal_argument(
                    "Can only use fuzzy queries on keyword and text fields - not on "
                    f"[{mapped.name}] which is of type [{mapped.type}]"
                )
            term = self._normal(mapped, str(text))
            return J.FuzzyWords.word(
                J.Term(mapped.name, term),
                distance.edits(term),
                self.options.prefix_length,
                self.options.max_expansions,
                self.options.fuzzy_transpositions,
            )

        return self._each(name, make)


def _distance(edits: float) -> Fuzziness:
    if edits not in (0.0, 1.0, 2.0):
        raise illegal_argument(f"fuzziness needs to be one of 0.0, 1.0 or 2.0 but was {edits}")
    return fuzziness(int(edits))
