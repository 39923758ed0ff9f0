"""Points in time: a frozen view of an index that searches name instead of the index."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from elasticsearch import ApiError, TransportError

from esqual.errors import UnsupportedByEngineError

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["point_in_time"]

_KEPT = "5m"
_JSON = {"accept": "application/json", "content-type": "application/json"}


@contextmanager
def point_in_time(client: Elasticsearch, index: str) -> Iterator[str]:
    """The id of a point in time of ``index``, closed at the end; each search keeps it 5 minutes.

    Raises UnsupportedByEngineError where the engine has none.
    """
    try:
        point = client.open_point_in_time(index=index, keep_alive=_KEPT).body["id"]
        opensearch = False
    except ApiError as error:
        if not _has_no_such_route(error):
            raise
        point, opensearch = _open_on_opensearch(client, index, error), True
    try:
        yield point
    finally:
        # the server forgets it by itself
        with suppress(ApiError, TransportError):
            if opensearch:
                client.perform_request(
                    "DELETE", "/_search/point_in_time", headers=_JSON, body={"pit_id": [point]}
                )
            else:
                client.close_point_in_time(id=point)


def _open_on_opensearch(client: Elasticsearch, index: str, cause: ApiError) -> str:
    path = f"/{quote(index, safe=',*')}/_search/point_in_time"
    try:
        answer: Any = client.perform_request(
            "POST", path, params={"keep_alive": _KEPT}, headers=_JSON
        ).body
        return str(answer["pit_id"])
    except ApiError as error:
        if not _has_no_such_route(error):
            raise
        raise UnsupportedByEngineError(
            "this engine has no point in time: compare without it (the index is then checked "
            "before and after), or on Elasticsearch 7.10, OpenSearch 2.4 or newer"
        ) from cause


def _has_no_such_route(error: ApiError) -> bool:
    """Elasticsearch's words for a path it does not know; the embedded engine says what it lacks."""
    return error.status_code in (400, 404, 405) and (
        "no handler found" in str(error.body)
        or "not supported by the embedded engine" in str(error.body)
        or "Incorrect HTTP method" in str(error.body)
    )
