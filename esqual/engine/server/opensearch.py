"""Vectors in OpenSearch's words: requests as Elasticsearch takes them, rewritten on their way out.

=====================  ======================================================================
Elasticsearch          OpenSearch (plugin opensearch-knn, engine ``lucene``)
=====================  ======================================================================
``dense_vector``       ``knn_vector`` with ``method`` and ``index.knn: true``
``cosine``             ``cosinesimil``, both score (1 + cos) / 2
``l2_norm``            ``l2``, both score 1 / (1 + d²)
``max_inner_product``  ``innerproduct``, both score x + 1, or 1 / (1 - x) below 0
``dot_product``        nothing with the same score
query ``knn``          ``{"knn": {FIELD: {"vector": …}}}``; ``k`` counts hits of a shard in both
section ``knn``        there is none; ``k`` counts hits of the whole index, see :func:`_section`
=====================  ======================================================================

The scores were compared on Elasticsearch 9.4.3 and OpenSearch 3.6.0. What has no exact counterpart
is an UnsupportedByEngineError. Answers are left in OpenSearch's words.

OpenSearch 3 leaves the factor k1 + 1 = 2.2 out of BM25, so a sum of words and vectors would weigh
the vectors 2.2 times as much. A mapping file with ``dense_vector`` is one of Elasticsearch, so its
index gets the similarity that keeps the factor, unless it names a default similarity of its own.
Indices without vectors are left as OpenSearch makes them: there the factor changes no ranking.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from esqual.errors import UnsupportedByEngineError

__all__ = ["to_opensearch"]

_SPACES = {"cosine": "cosinesimil", "l2_norm": "l2", "max_inner_product": "innerproduct"}
_FIELD_KEYS = {"type", "dims", "similarity", "index", "index_options", "element_type"}
_CLAUSE_KEYS = {"field", "query_vector", "k", "num_candidates", "filter", "boost", "_name"}
# what may stand beside a section ``knn`` that is rewritten
_BESIDE = {
    "knn", "size", "from", "_source", "fields", "docvalue_fields", "stored_fields", "explain",
    "highlight", "track_total_hits", "track_scores", "version", "seq_no_primary_term", "timeout",
}  # fmt: skip
_SEARCHES = ("_search", "_count", "_explain", "_delete_by_query", "_update_by_query", "query")
_MOST_CANDIDATES = 10_000


def to_opensearch(
    method: str, target: str, body: bytes | None, major: int | None = None
) -> bytes | None:
    """The body that asks OpenSearch for what ``body`` asks Elasticsearch; mostly itself.

    ``major`` is the server's major version, None where it is not known.
    Raises UnsupportedByEngineError for what OpenSearch cannot do in the same way.
    """
    if not body or not any(word in body for word in (b'"knn"', b"dense_vector", b'"retriever"')):
        return body
    parts = [part for part in target.split("?")[0].split("/") if part]
    last = parts[-1] if parts else ""
    if last == "_msearch":
        return _lines(body)
    if last in _SEARCHES:
        return _dumped(_search(json.loads(body)))
    if last == "_rank_eval":
        return _dumped(_rank_eval(json.loads(body)))
    if last == "_mapping":
        return _dumped(_mappings(json.loads(body)))
    if method == "PUT" and len(parts) == 1:
        return _dumped(_index(json.loads(body), major))
    return body  # documents, templates, scripts


def _dumped(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "surrogatepass"
    )


def _lines(body: bytes) -> bytes:
    """``_msearch``: a header and a search, line by line."""
    lines = body.splitlines()
    searches = [
        _dumped(_search(json.loads(line))) if place % 2 else line
        for place, line in enumerate(lines)
    ]
    return b"\n".join(searches) + b"\n"


def _rank_eval(body: dict[str, Any]) -> dict[str, Any]:
    requests = [
        {**rated, "request": _search(rated["request"])} if "request" in rated else rated
        for rated in body.get("requests", ())
    ]
    return {**body, "requests": requests}


# ----------------------------------------------------------------------------------- searches


def _search(body: Any) -> Any:
    if not isinstance(body, dict):
        return body
    if "retriever" in body:
        raise UnsupportedByEngineError(
            "OpenSearch has no retrievers; let esqual fuse the queries (a query file with "
            '"fuse"), or use Elasticsearch'
        )
    if "knn" in body:
        body = _section(body)
    return {name: _queries(part) for name, part in body.items()}


def _section(body: dict[str, Any]) -> dict[str, Any]:
    """A search whose section ``knn`` stands alone, as a query.

    The section takes the best k of the whole index, the query the best k of every shard. The first
    k of those are the same hits; so nothing may be shown or counted beyond them.
    """
    section = body["knn"]
    how = 'write it as a clause of "query": {"knn": {…}}'
    if not isinstance(section, Mapping):
        raise UnsupportedByEngineError(f"OpenSearch has no list of knn sections; {how}")
    beside = sorted(set(body) - _BESIDE)
    if beside:
        raise UnsupportedByEngineError(
            f'OpenSearch has no section "knn" beside "{beside[0]}": its k would count hits of each '
            f"shard; {how}"
        )
    if body.get("from", 0) + body.get("size", 10) > section.get("k", 0):
        raise UnsupportedByEngineError(
            'a section "knn" gives k hits, and OpenSearch would give k of each shard: "k" must be '
            f'at least "from" + "size" there; or {how}'
        )
    if body.get("track_total_hits") is not False:
        raise UnsupportedByEngineError(
            'a section "knn" finds k documents in all, and OpenSearch would count k of each shard: '
            f'set "track_total_hits": false; or {how}'
        )
    rest = {name: part for name, part in body.items() if name != "knn"}
    return {**rest, "query": {"knn": section}}


def _queries(value: Any) -> Any:
    """Any part of a search with its ``knn`` clauses rewritten, however deep they stand."""
    if isinstance(value, list):
        # a vector is long and holds no clause
        return value if value and isinstance(value[0], (int, float)) else [*map(_queries, value)]
    if not isinstance(value, dict):
        return value
    return {
        name: _clause(part)
        if name == "knn" and isinstance(part, dict) and "field" in part
        else _queries(part)
        for name, part in value.items()
    }


def _clause(clause: dict[str, Any]) -> dict[str, Any]:
    unknown = sorted(set(clause) - _CLAUSE_KEYS)
    if unknown:
        raise UnsupportedByEngineError(
            f'OpenSearch has nothing that does what "{unknown[0]}" does in a knn query; leave it '
            "out, or use Elasticsearch"
        )
    if "k" not in clause or "query_vector" not in clause:
        raise UnsupportedByEngineError(
            'a knn query for OpenSearch needs "query_vector" and "k": its own default is another'
        )
    k = clause["k"]
    candidates = clause.get("num_candidates", min(-(-3 * k // 2), _MOST_CANDIDATES))
    said: dict[str, Any] = {
        "vector": clause["query_vector"],
        "k": k,
        "method_parameters": {"ef_search": candidates},
    }
    if "filter" in clause:
        filters = clause["filter"]
        said["filter"] = _queries({"bool": {"filter": filters}})
    said |= {name: clause[name] for name in ("boost", "_name") if name in clause}
    return {clause["field"]: said}


# ------------------------------------------------------------------------------------- fields


def _index(body: Any, major: int | None) -> Any:
    if not isinstance(body, dict) or not isinstance(body.get("mappings"), dict):
        return body
    mappings = _mappings(body["mappings"])
    if mappings == body["mappings"]:
        return body
    settings = {**body.get("settings", {}), "index.knn": True}
    if (major or 0) >= 3 and not _has_similarity(settings):
        settings["index.similarity.default.type"] = "LegacyBM25"
    return {**body, "settings": settings, "mappings": mappings}


def _has_similarity(settings: Mapping[str, Any]) -> bool:
    """Whether a default similarity is named, nested or dotted."""
    return any(
        name.removeprefix("index.").startswith("similarity.default.") for name in _names(settings)
    )


def _names(settings: Mapping[str, Any], before: str = "") -> Iterator[str]:
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield from _names(value, f"{before}{key}.")
        else:
            yield f"{before}{key}"


def _mappings(mappings: Any) -> Any:
    if not isinstance(mappings, dict) or not isinstance(mappings.get("properties"), dict):
        return mappings
    properties = {
        name: _field(name, field) if isinstance(field, dict) else field
        for name, field in mappings["properties"].items()
    }
    return {**mappings, "properties": properties}


def _field(name: str, field: dict[str, Any]) -> dict[str, Any]:
    if field.get("type") != "dense_vector":
        inner: dict[str, Any] = _mappings(field)  # an object's own properties
        return inner
    what = f"the field {name!r}: OpenSearch"
    unknown = sorted(set(field) - _FIELD_KEYS)
    if unknown:
        raise UnsupportedByEngineError(f'{what} has nothing like "{unknown[0]}" for vectors')
    if "dims" not in field:
        raise UnsupportedByEngineError(f'{what} needs "dims"; it takes them from no document')
    if field.get("index") is False:
        raise UnsupportedByEngineError(
            f'{what} is asked for vectors through its index only; leave out "index": false'
        )
    element = field.get("element_type", "float")
    if element not in ("float", "byte"):
        raise UnsupportedByEngineError(
            f'{what} does not score "element_type": "{element}" alike; use float or byte'
        )
    similarity = field.get("similarity", "cosine")
    if similarity not in _SPACES:
        hint = "vectors of length 1 score alike with cosine" if similarity == "dot_product" else ""
        raise UnsupportedByEngineError(
            f'{what} has no "similarity": "{similarity}" with the same score; '
            + (hint or f"there are {', '.join(_SPACES)}")
        )
    return {
        "type": "knn_vector",
        "dimension": field["dims"],
        **({"data_type": "byte"} if element == "byte" else {}),
        "method": _method(what, element, field.get("index_options"), _SPACES[similarity]),
    }


def _method(what: str, element: str, options: Any, space: str) -> dict[str, Any]:
    method = {"name": "hnsw", "engine": "lucene", "space_type": space}
    # bytes are never quantised further, so hnsw is what Elasticsearch itself would take
    options = {"type": "hnsw"} if options is None and element == "byte" else options
    if not isinstance(options, dict) or options.get("type") != "hnsw":
        kind = options.get("type") if isinstance(options, dict) else None
        raise UnsupportedByEngineError(
            f'{what} has no index like "{kind or "the default, which rounds vectors"}" with the '
            'same scores; write "index_options": {"type": "hnsw"}'
        )
    unknown = sorted(set(options) - {"type", "m", "ef_construction"})
    if unknown:
        raise UnsupportedByEngineError(f'{what} has nothing like "{unknown[0]}" of index_options')
    parameters = {"m": options.get("m", 16), "ef_construction": options.get("ef_construction", 100)}
    return {**method, "parameters": parameters}
