"""What text and keyword share: terms in the inverted index, and a similarity."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from esqual.engine.lucene.fields.base import FieldType, RangeBounds
from esqual.engine.lucene.jvm import J

__all__ = ["StringField"]


class StringField(FieldType):
    """A field whose terms are strings."""

    is_string = True

    @property
    def has_norms(self) -> bool:
        """Whether field lengths are written."""
        return self.indexed and bool(self.setting("norms"))

    @property
    def similarity(self) -> Any:
        """The Java ``Similarity`` of this field."""
        return self.environment.similarities.java(self.setting("similarity"))

    @property
    def similarity_is_default(self) -> bool:
        """Whether the field names no similarity of its own."""
        return self.setting("similarity") is None

    def index_term_query(self, text: str, case_insensitive: bool) -> Any:
        """Documents with the term, scored; or, without regard to case, at constant score."""
        if not case_insensitive:
            return J.TermQuery(J.Term(self.name, text))
        return J.CaseInsensitive.term(J.Term(self.name, text))

    def index_terms_query(self, texts: list[str]) -> Any:
        """Documents with any of the terms, constant score."""
        return J.ConstantScoreQuery(
            J.TermInSetQuery(self.name, J.Arrays.asList(*[J.BytesRef(text) for text in texts]))
        )

    def index_range_query(self, bounds: RangeBounds, read: Callable[[Any], str]) -> Any:
        """Terms between the bounds, by UTF-8 bytes, constant score."""
        low, high, with_low, with_high = self._limits(bounds, read)
        return J.ConstantScoreQuery(J.TermRangeQuery(self.name, low, high, with_low, with_high))

    @staticmethod
    def _limits(bounds: RangeBounds, read: Callable[[Any], str]) -> tuple[Any, Any, bool, bool]:
        low = bounds.gte if bounds.gte is not None else bounds.gt
        high = bounds.lte if bounds.lte is not None else bounds.lt
        return (
            None if low is None else J.BytesRef(read(low)),
            None if high is None else J.BytesRef(read(high)),
            bounds.gte is not None,
            bounds.lte is not None,
        )
