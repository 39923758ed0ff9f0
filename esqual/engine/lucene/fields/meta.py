"""Fields of every index: ``_id``, ``_index``, ``_source``, ``_field_names``, ``_ignored``."""

from __future__ import annotations

import fnmatch
from typing import Any

from esqual.engine.lucene.api_error import ApiError, illegal_argument, unsupported
from esqual.engine.lucene.fields.base import (
    Environment,
    FieldType,
    RangeBounds,
    query_shard_error,
    scalar_text,
)
from esqual.engine.lucene.jvm import J

__all__ = ["METADATA_NAMES", "metadata_fields"]

# a document may not contain these; the first are fields here, the others belong to a server
METADATA_NAMES = frozenset(
    {"_id", "_index", "_source", "_field_names", "_ignored", "_routing", "_seq_no", "_version"}
    | {"_doc_count", "_tier", "_nested_path", "_ignored_source", "_data_stream_timestamp"}
)


class MetadataField(FieldType):
    """A field of which nothing is declared."""

    @property
    def indexed(self) -> bool:
        """Always."""
        return True

    @property
    def has_doc_values(self) -> bool:
        """Not for sorting."""
        return False

    def _texts(self, values: list[Any]) -> list[str]:
        return [scalar_text(value) for value in values]

    def term_query(self, value: Any, case_insensitive: bool = False) -> Any:
        """A scored ``TermQuery``."""
        if case_insensitive:
            raise self.refuse_case_insensitive()
        return J.TermQuery(J.Term(self.name, scalar_text(value)))

    def terms_query(self, values: list[Any]) -> Any:
        """Any of the values, constant score."""
        refs = [J.BytesRef(text) for text in self._texts(values)]
        return J.ConstantScoreQuery(J.TermInSetQuery(self.name, J.Arrays.asList(*refs)))

    def range_query(self, bounds: RangeBounds) -> Any:
        """Always refused."""
        raise illegal_argument(
            f"Field [{self.name}] of type [{self.type}] does not support range queries"
        )

    def sort_field(self, reverse: bool, missing: Any = None, mode: str | None = None) -> Any:
        """Always refused."""
        raise unsupported(f"sort by {self.name}")

    def fetch(self, values: list[Any], format: str | None = None) -> list[Any]:
        """The values as they are."""
        self.refuse_format(format)
        return values


class IdField(MetadataField):
    """``_id``: constant score 1.0."""

    type = "_id"

    def term_query(self, value: Any, case_insensitive: bool = False) -> Any:
        """The document of this id."""
        if case_insensitive:
            raise self.refuse_case_insensitive()
        return self.terms_query([value])

    def exists_query(self) -> Any:
        """Every document."""
        return J.MatchAllDocsQuery()

    def sort_field(self, reverse: bool, missing: Any = None, mode: str | None = None) -> Any:
        """Always refused, as Elasticsearch refuses it by default."""
        raise illegal_argument(
            "Fielddata access on the _id field is disallowed, you can re-enable it by updating "
            "the dynamic cluster setting: indices.id_field_data.enabled"
        )


class IndexField(MetadataField):
    """``_index``: the same for every document."""

    type = "_index"

    def term_query(self, value: Any, case_insensitive: bool = False) -> Any:
        """Every document, or none; ``*`` is a wildcard."""
        return self.terms_query([value.lower() if case_insensitive else value])

    def terms_query(self, values: list[Any]) -> Any:
        """Every document if any of the patterns is the index's name."""
        name = self.environment.index_name
        for text in self._texts(values):
            if text == name or (
                "*" in text and fnmatch.fnmatchcase(name, text.replace("[", "[[]"))
            ):
                return J.MatchAllDocsQuery()
        return J.MatchNoDocsQuery()

    def exists_query(self) -> Any:
        """Every document."""
        return J.MatchAllDocsQuery()


class SourceField(MetadataField):
    """``_source``: stored, not searchable."""

    type = "_source"

    def _refuse(self) -> ApiError:
        return query_shard_error("The _source field is not searchable")

    def term_query(self, value: Any, case_insensitive: bool = False) -> Any:
        """Always refused."""
        raise self._refuse()

    def terms_query(self, values: list[Any]) -> Any:
        """Always refused."""
        raise self._refuse()

    def exists_query(self) -> Any:
        """Always refused."""
        raise self._refuse()


class FieldNamesField(MetadataField):
    """``_field_names``: the names of fields that ``exists`` could not find otherwise."""

    type = "_field_names"

    def exists_query(self) -> Any:
        """Always refused."""
        raise ApiError(
            400, "unsupported_operation_exception", "Cannot run exists query on _field_names"
        )


class IgnoredField(MetadataField):
    """``_ignored``: the names of fields of which a value was left out."""

    type = "_ignored"

    @property
    def has_doc_values(self) -> bool:
        """Always."""
        return True


def metadata_fields(environment: Environment) -> dict[str, FieldType]:
    """The metadata fields of an index, by name."""
    kinds = (IdField, IndexField, SourceField, FieldNamesField, IgnoredField)
    return {kind.type: kind(kind.type, {}, environment) for kind in kinds}
