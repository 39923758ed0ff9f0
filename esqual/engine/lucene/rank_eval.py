"""``_rank_eval``: rated requests → one batch of searches → a metric per request and their mean.

The mean runs over the requests that succeeded; without any it is ``"NaN"``, as a server writes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from esqual.engine.lucene.api_error import ApiError, illegal_argument, token_name
from esqual.engine.lucene.fetch import SourceFilter
from esqual.engine.lucene.metrics import Metric, read_metric
from esqual.engine.lucene.query.base import did_you_mean
from esqual.engine.lucene.search import search_many
from esqual.engine.lucene.search_body import SearchBody, read_body, set_size, validate
from esqual.engine.lucene.templates import render_json, script_source
from esqual.engine.lucene.xcontent import read_integer, texts, x_content_error

if TYPE_CHECKING:
    from esqual.engine.lucene.catalog import Catalog
    from esqual.engine.lucene.index import Index

__all__ = ["rank_eval"]

Key = tuple[str, str]
_FORBIDDEN = {
    "aggregations": "contain aggregations",
    "aggs": "contain aggregations",
    "suggest": "contain a suggest section",
    "highlight": "contain a highlighter section",
}
_SPEC_KEYS = ["templates", "requests", "metric", "max_concurrent_searches"]
_REQUEST_KEYS = ["id", "request", "ratings", "params", "summary_fields", "template_id"]


@dataclass(slots=True)
class _Rated:
    """One rated request: a body, or the name of a template and its parameters."""

    id: str
    ratings: dict[Key, int]
    body: SearchBody | None
    template_id: str | None
    params: Mapping[str, Any]
    summary_fields: tuple[str, ...]


def rank_eval(
    catalog: Catalog, indices: Callable[[], Sequence[Index]], json: Any
) -> dict[str, Any]:
    """The answer to a request body. ``indices`` finds what is searched, or raises what each
    request then fails with.
    """
    if not isinstance(json, dict):
        raise x_content_error(f"[rank_eval] Expected START_OBJECT but was: {token_name(json)}")
    for key in json:
        if key not in _SPEC_KEYS:
            raise x_content_error(
                f"[rank_eval] unknown field [{key}]{did_you_mean(key, _SPEC_KEYS)}"
            )
    missing = [key for key in ("requests", "metric") if key not in json]
    if missing:
        raise illegal_argument(f"Required [{', '.join(missing)}]")
    sources = _within("rank_eval", "templates", lambda: _templates(catalog, json))
    requests = _within("rank_eval", "requests", lambda: _read_requests(json["requests"]))
    metric = read_metric(json["metric"])
    if not requests:
        raise _not_built(
            "rank_eval",
            illegal_argument(
                "Cannot evaluate ranking if no search requests with rated results are provided. "
                "Seen: []"
            ),
        )
    if (
        read_integer(
            "rank_eval", "max_concurrent_searches", json.get("max_concurrent_searches", 10)
        )
        < 1
    ):
        raise illegal_argument("maxConcurrentSearchRequests must be positive")
    _check_templates(requests, sources)
    return _evaluate(indices, requests, sources, metric)


# ------------------------------------------------------------------ reading


def _within(parser: str, name: str, read: Callable[[], Any]) -> Any:
    """``read()``, with a refusal placed in the field it came from."""
    try:
        return read()
    except ApiError as error:
        if error.status != 400:
            raise
        raise x_content_error(f"[{parser}] failed to parse field [{name}]", error) from error


def _templates(catalog: Catalog, json: Mapping[str, Any]) -> dict[str, str]:
    templates = json.get("templates", [])
    found = {}
    for item in templates if isinstance(templates, list) else [templates]:
        if not isinstance(item, dict):
            raise x_content_error(
                f"[script_with_id] Expected START_OBJECT but was: {token_name(item)}"
            )
        for key in item:
            if key not in ("id", "template"):
                raise x_content_error(f"[script_with_id] unknown field [{key}]")
        missing = [key for key in ("id", "template") if key not in item]
        if missing:
            raise illegal_argument(f"Required [{', '.join(missing)}]")
        (template_id,) = texts("id", [item["id"]])
        script = item["template"]
        if not isinstance(script, dict):
            raise x_content_error(
                f"[script_with_id] template doesn't support values of type: {token_name(script)}"
            )
        found[template_id] = _within(
            "script_with_id", "template", partial(script_source, catalog, script)
        )
    return found


def _read_requests(json: Any) -> list[_Rated]:
    return [_read_request(item) for item in (json if isinstance(json, list) else [json])]


def _read_request(json: Any) -> _Rated:
    if not isinstance(json, dict):
        raise x_content_error(f"[request] Expected START_OBJECT but was: {token_name(json)}")
    for key, value in json.items():
        if key not in _REQUEST_KEYS:
            raise x_content_error(
                f"[request] unknown field [{key}]{did_you_mean(key, _REQUEST_KEYS)}"
            )
        if key in ("id", "template_id") and not isinstance(value, str):
            raise x_content_error(
                f"[request] {key} doesn't support values of type: {token_name(value)}"
            )
    missing = [key for key in ("id", "ratings") if key not in json]
    if missing:
        raise illegal_argument(f"Required [{', '.join(missing)}]")
    request_id = json["id"]
    ratings = _within("request", "ratings", lambda: _read_ratings(json["ratings"]))
    body = None
    if "request" in json:
        body = _within("request", "request", lambda: read_rated_body(json["request"], inline=True))
    params, template_id = json.get("params") or {}, json.get("template_id")
    try:
        keyed = _keyed(request_id, ratings)
        _check_request(body, template_id, params)
    except ApiError as error:
        raise _not_built("request", error) from error
    summary = tuple(texts("summary_fields", json.get("summary_fields", [])))
    return _Rated(request_id, keyed, body, template_id, params, summary)


def _check_request(
    body: SearchBody | None, template_id: str | None, params: Mapping[str, Any]
) -> None:
    if body is not None and (params or template_id is not None):
        raise illegal_argument(
            "Ambiguous rated request: Set both, verbatim test request and test request template "
            "parameters."
        )
    if body is None and not params:
        raise illegal_argument(
            "Need to set at least test request or test request template parameters."
        )
    if params and template_id is None:
        raise illegal_argument(
            "If template parameters are supplied need to set id of template to apply them to too."
        )
    if body is not None:
        _refuse_forbidden(body)


def _refuse_forbidden(body: SearchBody) -> None:
    for key, part in _FORBIDDEN.items():
        if key in body.keys:
            raise illegal_argument(f"Query in rated requests should not {part}.")
    if body.explain:
        raise illegal_argument("Query in rated requests should not use explain.")
    if "profile" in body.keys:
        raise illegal_argument("Query in rated requests should not use profile.")


def read_rated_body(json: Any, *, inline: bool) -> SearchBody:
    """A rated request's search body; the parts it may not have are left to the check by name."""
    if not isinstance(json, dict):
        return read_body(json)
    allowed = {k: v for k, v in json.items() if k not in _FORBIDDEN and k != "profile"}
    body = read_body(allowed)
    forbidden = {
        k for k, v in json.items() if k in _FORBIDDEN or (k == "profile" and v is not False)
    }
    body.keys = frozenset(allowed) | forbidden
    if not inline:
        _refuse_forbidden(body)
    return body


def _read_ratings(json: Any) -> list[tuple[Key, int]]:
    answer = []
    for item in json if isinstance(json, list) else [json]:
        if not isinstance(item, dict):
            raise x_content_error(
                f"[rated_document] Expected START_OBJECT but was: {token_name(item)}"
            )
        try:
            index, doc_id, rating = item["_index"], item["_id"], item["rating"]
        except KeyError:
            index, doc_id, rating = _incomplete(item)
        if len(item) > 3 or not (isinstance(index, str) and isinstance(doc_id, str)):
            _refuse_rating(item)
        if type(rating) is not int:
            rating = read_integer("rated_document", "rating", rating)
        answer.append(((index, doc_id), rating))
    return answer


def _incomplete(item: Mapping[str, Any]) -> Any:
    _refuse_rating(item)
    missing = [key for key in ("_index", "_id", "rating") if key not in item]
    raise illegal_argument(f"Required [{', '.join(missing)}]")


def _refuse_rating(item: Mapping[str, Any]) -> None:
    for key, value in item.items():
        if key not in ("_index", "_id", "rating"):
            raise x_content_error(f"[rated_document] unknown field [{key}]")
        if key != "rating" and not isinstance(value, str):
            raise x_content_error(
                f"[rated_document] {key} doesn't support values of type: {token_name(value)}"
            )


def _keyed(request_id: str, ratings: Sequence[tuple[Key, int]]) -> dict[Key, int]:
    keyed = dict(ratings)
    if len(keyed) < len(ratings):
        seen: set[Key] = set()
        for key, _ in ratings:
            if key in seen:
                index, doc_id = key
                raise illegal_argument(
                    f'Found duplicate rated document key [{{"_index":"{index}","_id":"{doc_id}"}}] '
                    f"in evaluation request [{request_id}]"
                )
            seen.add(key)
    return keyed


def _not_built(parser: str, cause: ApiError) -> ApiError:
    return ApiError(
        400,
        "x_content_parse_exception",
        f"Failed to build [{parser}] after last required field arrived",
        caused_by=cause,
    )


def _check_templates(requests: Sequence[_Rated], sources: Mapping[str, str]) -> None:
    for request in requests:
        if request.body is None and request.template_id not in sources:
            cause = ApiError(
                400,
                "illegal_state_exception",
                "Cannot evaluate ranking if neither template nor evaluation request is provided. "
                f"Seen for request id: {request.id}",
            )
            raise _not_built("rank_eval", cause)


# ------------------------------------------------------------------ evaluating


def _evaluate(
    indices: Callable[[], Sequence[Index]],
    requests: Sequence[_Rated],
    sources: Mapping[str, str],
    metric: Metric,
) -> dict[str, Any]:
    failures: dict[str, Any] = {}
    searched: list[_Rated] = []
    for request in requests:
        if request.body is None:
            try:
                json = render_json(sources[request.template_id or ""], request.params)
            except ApiError as error:
                # text that is not JSON fails one request; anything else wrong fails the call
                if error.type != "parse_exception":
                    raise
                failures[request.id] = {"error": error.body()["error"]}
                continue
            request.body = read_rated_body(json, inline=False)
        _prepare(request, metric)
        searched.append(request)
    details: dict[str, Any] = {}
    scores: dict[str, float] = {}
    for request, answer in zip(searched, _search(indices, searched), strict=True):
        if isinstance(answer, ApiError):
            failures[request.id] = {"error": answer.body()["error"]}
        else:
            details[request.id] = _detail(request, answer["hits"]["hits"], metric)
            scores[request.id] = details[request.id]["metric_score"]
    mean = sum(scores.values()) / len(scores) if scores else "NaN"
    return {"metric_score": mean, "details": details, "failures": failures}


def _prepare(request: _Rated, metric: Metric) -> None:
    body = request.body
    assert body is not None
    set_size(body, metric.k)
    body.source = SourceFilter(bool(request.summary_fields), request.summary_fields)
    validate(body)


def _search(
    indices: Callable[[], Sequence[Index]], searched: Sequence[_Rated]
) -> list[dict[str, Any] | ApiError]:
    try:
        found = indices()
    except ApiError as error:
        return [error] * len(searched)
    return search_many([(found, request.body) for request in searched if request.body is not None])


def _detail(request: _Rated, hits: list[dict[str, Any]], metric: Metric) -> dict[str, Any]:
    rating_of = request.ratings.get
    ratings, rated, unrated = [], [], []
    for hit in hits:
        index, doc_id = hit["_index"], hit.get("_id", "")
        rating = rating_of((index, doc_id))
        ratings.append(rating)
        rated.append({"hit": hit, "rating": rating})
        if rating is None:
            unrated.append({"_index": index, "_id": doc_id})
    score, details = metric.evaluate(ratings, list(request.ratings.values()))
    return {
        "metric_score": score,
        "unrated_docs": unrated,
        "hits": rated,
        "metric_details": {metric.name: details},
    }
