"""The parameters of a ``dense_vector`` field: JSON → what is kept, or Elasticsearch's refusal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from esqual.engine.lucene.api_error import illegal_argument, unsupported
from esqual.engine.lucene.fields.base import Declaration, Parameter, java_text, scalar_text
from esqual.engine.lucene.fields.parameters import choice, flag, mapper_parsing, to_integer

__all__ = ["MAX_DIMS", "PARAMETERS", "QUANTISED", "default_options"]

Json = dict[str, Any]

MAX_DIMS = 4096
#: up to here a server keeps 8 bits per dimension by default, from here on one
BBQ_DIMS = 384
BBQ_SMALLEST = 64
M, EF_CONSTRUCTION, OVERSAMPLE = 16, 100, 3.0
QUANTISED = ("int8_hnsw", "int8_flat", "int4_hnsw", "int4_flat", "bbq_hnsw", "bbq_flat")
_TYPES = ("hnsw", "flat", *QUANTISED)


def default_options(dims: int) -> Json:
    """What a server chooses for float vectors when nothing is said: always a quantised type."""
    graph = {"m": M, "ef_construction": EF_CONSTRUCTION}
    if dims < BBQ_DIMS:
        return {"type": "int8_hnsw", **graph}
    return {"type": "bbq_hnsw", **graph, "rescore_vector": {"oversample": OVERSAMPLE}}


def _element_type(value: Any, _: Declaration) -> str:
    word = scalar_text(value)
    if word in ("bit", "bfloat16"):
        raise unsupported(f"element_type {word} of a dense_vector field")
    if word not in ("float", "byte"):
        raise mapper_parsing(
            f"invalid element_type [{word}]; available types are [bit, bfloat16, byte, float]"
        )
    return word


def _dims(value: Any, declaration: Declaration) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise mapper_parsing(
            f"Property [dims] on field [{declaration.name}] must be an integer but got "
            f"[{java_text(value)}]"
        )
    if not 1 <= value <= MAX_DIMS:
        raise mapper_parsing(
            f"The number of dimensions should be in the range [1, {MAX_DIMS}] but was [{value}]"
        )
    return value


def _index_options(value: Any, declaration: Declaration) -> Json:
    if not isinstance(value, dict):
        raise mapper_parsing(f"[index_options] must be an object, got [{java_text(value)}]")
    rest = dict(value)
    if "type" not in rest:
        raise mapper_parsing("[index_options] requires field [type] to be configured")
    kind = scalar_text(rest.pop("type"))
    if kind == "bbq_disk":
        raise unsupported("index_options of type bbq_disk")
    if kind not in _TYPES:
        raise mapper_parsing(
            f"Unknown vector index options type [{kind}] for field [{declaration.name}]"
        )
    answer: Json = {"type": kind}
    for name, read in _readers(kind).items():
        answer.update(read(rest.pop(name, None)))
    if rest:
        listed = ", ".join(f"[{name} : {java_text(each)}]" for name, each in rest.items())
        raise mapper_parsing(
            f"Mapping definition for [{declaration.name}] has unsupported parameters:  {listed}"
        )
    return answer


Reader = Callable[[Any], Json]


def _readers(kind: str) -> dict[str, Reader]:
    readers: dict[str, Reader] = {}
    if kind.endswith("hnsw"):
        readers["m"] = lambda given: {"m": M if given is None else to_integer(given)}
        readers["ef_construction"] = lambda given: {
            "ef_construction": EF_CONSTRUCTION if given is None else to_integer(given)
        }
        readers["flat_index_threshold"] = lambda given: (
            {} if given is None else {"flat_index_threshold": to_integer(given)}
        )
    if kind.startswith("int"):
        readers["confidence_interval"] = lambda given: (
            {} if given is None else {"confidence_interval": float(given)}
        )
        readers["rescore_vector"] = lambda given: _rescore(given, None)
    elif kind.startswith("bbq"):
        readers["rescore_vector"] = lambda given: _rescore(given, OVERSAMPLE)
    return readers


def _rescore(given: Any, default: float | None) -> Json:
    if given is None:
        return {} if default is None else {"rescore_vector": {"oversample": default}}
    if not isinstance(given, dict) or set(given) != {"oversample"}:
        raise illegal_argument("Invalid rescore_vector value. Missing required field oversample")
    oversample = float(given["oversample"])
    if oversample != 0 and oversample < 1:
        raise illegal_argument("oversample must be greater than 1 or exactly 0")
    return {"rescore_vector": {"oversample": oversample}}


def check(given: Json, declaration: Declaration) -> None:
    """What holds between the parameters."""
    kind = given.get("index_options", {}).get("type")
    if given.get("index") is False:
        for name in ("similarity", "index_options"):
            if name in given:
                raise illegal_argument(
                    f"Field [{name}] can only be specified for a field of type [dense_vector] when "
                    "it is indexed"
                )
    if given.get("element_type") == "byte" and kind in QUANTISED:
        raise illegal_argument(f"[element_type] cannot be [byte] when using index type [{kind}]")
    dims = given.get("dims")
    if dims is None or kind is None:
        return
    if kind.startswith("int4") and dims % 2:
        raise illegal_argument(f"{kind} only supports even dimensions; provided={dims}")
    if kind.startswith("bbq") and dims < BBQ_SMALLEST:
        raise illegal_argument(
            f"{kind} does not support dimensions fewer than {BBQ_SMALLEST}; provided={dims}"
        )


PARAMETERS = {
    "element_type": Parameter(_element_type, "float"),
    "dims": Parameter(_dims),
    "index": flag(True),
    "similarity": choice(
        "similarity", ("l2_norm", "cosine", "dot_product", "max_inner_product"), "cosine"
    ),
    "index_options": Parameter(_index_options),
}
