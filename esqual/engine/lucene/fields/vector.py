"""``dense_vector``: one vector a document, for kNN and the vector functions of ``script_score``.

A cosine field keeps unit vectors, and the length they had (``NAME._magnitude``) where it was not 1:
so the dot product of Lucene gives Elasticsearch's scores. The quantised index types of a server are
taken and kept in the mapping; here every vector stays float32 and every score is exact.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from esqual.engine.lucene.api_error import ApiError, illegal_argument
from esqual.engine.lucene.fields.base import (
    Adder,
    FieldSpec,
    FieldType,
    RangeBounds,
    Rows,
    VectorError,
    java_text,
)
from esqual.engine.lucene.fields.vector_options import PARAMETERS, QUANTISED, check, default_options
from esqual.engine.lucene.fields.vector_values import (
    NotAVectorError,
    document_vector,
    preview,
    query_vector,
    squared_length,
)
from esqual.engine.lucene.jvm import J

__all__ = ["GRAPH_THRESHOLD", "DenseVectorField", "Redeclared"]

Vector = NDArray[Any]

#: a segment of fewer vectors is scanned: that is as quick as a graph, and exact
GRAPH_THRESHOLD = 50_000
#: a squared length this near to 1 counts as 1
_UNIT = 1e-3
_JAVA = {
    "l2_norm": "EUCLIDEAN",
    "dot_product": "DOT_PRODUCT",
    "max_inner_product": "MAXIMUM_INNER_PRODUCT",
}
# what may follow on what in an index_options update
_GROWS = ("flat", "int8_flat", "int4_flat", "bbq_flat", "int8_hnsw", "int4_hnsw", "hnsw")


@dataclass(frozen=True, slots=True)
class Redeclared:
    """A field whose first vector has told its dims: the declaration with them."""

    mapping: dict[str, Any]


class DenseVectorField(FieldType):
    """One vector a document; see the module."""

    type = "dense_vector"
    takes_arrays = True
    PARAMETERS: ClassVar = PARAMETERS
    check = staticmethod(check)

    # ------------------------------------------------------------------ properties

    @property
    def dims(self) -> int | None:
        """The length of the vectors, None until the first document."""
        value = self.setting("dims")
        return None if value is None else int(value)

    @property
    def byte(self) -> bool:
        """Whether the elements are whole numbers from -128 to 127."""
        return bool(self.setting("element_type") == "byte")

    @property
    def similarity_name(self) -> str:
        """``cosine``, ``dot_product``, ``l2_norm`` or ``max_inner_product``."""
        return str(self.setting("similarity"))

    @property
    def normalised(self) -> bool:
        """Whether unit vectors are kept."""
        return self.indexed and not self.byte and self.similarity_name == "cosine"

    @property
    def lucene_similarity(self) -> str:
        """The name of Lucene's similarity function."""
        if self.similarity_name == "cosine":
            return "COSINE" if self.byte else "DOT_PRODUCT"
        return _JAVA[self.similarity_name]

    @property
    def index_options(self) -> dict[str, Any]:
        """``type`` and the rest, a server's default where nothing is said."""
        given = self.setting("index_options")
        if given is not None:
            return dict(given)
        if self.byte or self.dims is None:
            return {"type": "hnsw", "m": 16, "ef_construction": 100}
        return default_options(self.dims)

    @property
    def is_flat(self) -> bool:
        """Whether the mapping asks for no graph: then a clause scores every document."""
        return str(self.index_options["type"]).endswith("flat")

    @property
    def quantised(self) -> str | None:
        """The quantised type that a server would use, None where it keeps whole vectors."""
        options = self.index_options
        if self.given.get("index_options") is None and not self.byte:
            options = default_options(self.dims or 1)
        kind = str(options["type"])
        return kind if self.indexed and kind in QUANTISED else None

    @property
    def graph(self) -> tuple[int, int, int]:
        """``m``, ``ef_construction``, and from how many vectors on a segment gets a graph (-1:
        never).
        """
        options = self.index_options
        if self.is_flat or not self.indexed:
            return 16, 100, -1
        threshold = options.get("flat_index_threshold", -1)
        m = min(max(int(options["m"]), 1), 512)
        construction = min(max(int(options["ef_construction"]), 1), 3200)
        return m, construction, GRAPH_THRESHOLD if threshold < 0 else threshold

    @property
    def has_doc_values(self) -> bool:
        """Not for sorting."""
        return False

    def to_json(self) -> dict[str, Any]:
        """As ``get_mapping`` shows it: similarity and options always, dims once known."""
        answer: dict[str, Any] = {"type": self.type}
        if self.byte:
            answer["element_type"] = "byte"
        if self.dims is not None:
            answer["dims"] = self.dims
        answer["index"] = self.indexed
        if self.indexed:
            answer["similarity"] = self.similarity_name
            if self.given.get("index_options") is not None or not (self.byte or self.dims is None):
                answer["index_options"] = self.index_options
        if self.meta:
            answer["meta"] = self.meta
        return answer

    def shown(self, parameter: str) -> str:
        """As the base class; a graph's options with their defaults."""
        if parameter == "index_options" and self.index_options["type"].endswith("hnsw"):
            return java_text({**self.index_options, "flat_index_threshold": -1})
        return super().shown(parameter)

    def may_change(self, parameter: str, new: FieldType) -> bool:
        """Dims may become known; index options may grow from flat to a graph, or the graph."""
        if parameter == "dims":
            return self.dims is None
        if parameter != "index_options" or not isinstance(new, DenseVectorField):
            return False
        old, now = self.index_options, new.index_options
        if old == now:
            return True
        before, after = str(old["type"]), str(now["type"])
        if before == after:
            grown = all(now.get(key, 0) >= old.get(key, 0) for key in ("m", "ef_construction"))
            return grown and before.endswith("hnsw")
        if before in _GROWS and after in _GROWS:
            return _GROWS.index(after) > _GROWS.index(before)
        return before == "bbq_flat" and after == "bbq_hnsw"

    # ------------------------------------------------------------------ writing

    def adder(self) -> Adder:
        """One row a document: the vector, and its length where it was not 1."""
        name, dims, byte = self.name, self.dims, self.byte
        number = self.environment.number
        magnitudes = None
        if self.normalised:
            magnitudes = number(
                FieldSpec(f"{name}._magnitude", "float", indexed=False, doc_values=True)
            )
        spec = number(
            FieldSpec(
                name,
                "octets" if byte else "floats",
                indexed=True,
                doc_values=False,
                index_options=self.lucene_similarity,
            )
        )

        def add(value: Any, rows: Rows) -> None:
            if value is None:
                return
            try:
                vector = document_vector(value, byte, dims)
            except NotAVectorError as error:
                raise VectorError(self, error.cause, error.element) from error
            if dims is None and len(vector):
                redeclared = {**self.to_json(), "dims": len(vector)}
                rows.unknown.append((name, Redeclared(redeclared)))
                return
            self._check_document(vector, rows.doc_id)
            if "." not in name and type(value) is list:
                rows.vectors[name] = vector
            if any(row[0] == spec for row in rows):
                raise VectorError(
                    self,
                    illegal_argument(
                        f"Field [{name}] of type [{self.type}] doesn't support indexing multiple "
                        "values for the same field in the same document"
                    ),
                )
            if not self.indexed:
                rows.append((spec, vector.tobytes()))
                return
            unit, length = self._unit(vector)
            rows.append((spec, unit.tobytes()))
            if length != 1.0 and magnitudes is not None:
                rows.append((magnitudes, length))

        return add

    def _check_document(self, vector: Vector, doc_id: str) -> None:
        dims = self.dims or 0
        who = f"The [dense_vector] field [{self.name}] in doc [document with id '{doc_id}'] has"
        if len(vector) > dims:
            reason = f"{who} more dimensions than defined in the mapping [{dims}]"
            raise VectorError(self, illegal_argument(reason), dims)
        if len(vector) < dims:
            raise VectorError(
                self,
                illegal_argument(
                    f"{who} a different number of dimensions [{len(vector)}] than defined in the "
                    f"mapping [{dims}]"
                ),
            )
        if self.indexed:
            refusal = self._refusal(vector)
            if refusal is not None:
                raise VectorError(self, refusal)

    def _refusal(self, vector: Vector) -> ApiError | None:
        """What the similarity has against a vector, of a document or of a query."""
        squared = squared_length(vector)
        if not math.isfinite(squared):
            return illegal_argument(
                "NaN or Infinite magnitude detected, this usually means the vector values are too "
                f"extreme to fit within a float. {preview(vector)}"
            )
        if self.similarity_name == "cosine" and squared == 0:
            return illegal_argument(
                "The [cosine] similarity does not support vectors with zero magnitude. "
                + preview(vector)
            )
        unit = abs(squared - 1) <= _UNIT
        if self.similarity_name == "dot_product" and not self.byte and not unit:
            return illegal_argument(
                "The [dot_product] similarity can only be used with unit-length vectors. "
                + preview(vector)
            )
        return None

    def _unit(self, vector: Vector) -> tuple[Vector, float]:
        """The vector as it is kept, and the length it had."""
        if not self.normalised:
            return vector, 1.0
        squared = squared_length(vector)
        if abs(squared - 1) < _UNIT:
            return vector, 1.0
        length = np.float32(math.sqrt(squared))
        return vector / length, float(length)

    # ------------------------------------------------------------------ searching

    def query_vector(self, value: list[float] | str) -> Vector:
        """A query's vector as documents keep theirs. Raises ``illegal_argument_exception``."""
        if not self.indexed:
            raise illegal_argument(
                f"to perform knn search on field [{self.name}], its mapping must have [index] set "
                "to [true]"
            )
        vector = query_vector(value, self.byte, self.dims or 0)
        refusal = self._refusal(vector)
        if refusal is not None:
            raise refusal
        return self._unit(vector)[0]

    def lowest_score(self, similarity: float) -> float:
        """The score of a document at a raw ``similarity`` (for ``l2_norm`` a distance)."""
        if self.similarity_name == "l2_norm":
            return 1 / (1 + similarity**2)
        if self.similarity_name == "max_inner_product":
            return 1 / (1 - similarity) if similarity < 0 else similarity + 1
        if self.similarity_name == "dot_product" and self.byte:
            return 0.5 + similarity / (32768 * (self.dims or 1))
        return (1 + similarity) / 2

    def exists_query(self) -> Any:
        """Documents with a vector."""
        return J.ConstantScoreQuery(J.FieldExistsQuery(self.name))

    def _no_terms(self) -> ApiError:
        return illegal_argument(
            f"Field [{self.name}] of type [{self.type}] doesn't support term queries"
        )

    def term_query(self, value: Any, case_insensitive: bool = False) -> Any:
        """Always refused."""
        raise self._no_terms()

    def terms_query(self, values: list[Any]) -> Any:
        """Always refused."""
        raise self._no_terms()

    def range_query(self, bounds: RangeBounds) -> Any:
        """Always refused."""
        raise illegal_argument(
            f"Field [{self.name}] of type [{self.type}] does not support range queries"
        )

    def sort_field(self, reverse: bool, missing: Any = None, mode: str | None = None) -> Any:
        """Always refused."""
        raise illegal_argument(f"Field [{self.name}] of type [{self.type}] doesn't support sort")

    # ------------------------------------------------------------------ answers

    def fetch(self, values: list[Any], format: str | None = None) -> list[Any]:
        """The elements of the vector."""
        self.refuse_format(format)
        if values and isinstance(values[0], str):
            return document_vector(values[0], self.byte, self.dims).tolist()  # type: ignore[no-any-return]
        return [int(value) if self.byte else float(value) for value in values if value is not None]
