"""Requests and routes: which handler answers which method and path.

A handler is ``handler(engine, request) -> Response | dict``; a dict is a 200. Every area keeps its
own ``ROUTES`` beside its handlers, and :mod:`esqual.engine.lucene.node` joins them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from esqual.engine.lucene.api_error import ApiError, illegal_argument

if TYPE_CHECKING:
    from esqual.engine.lucene.catalog import Catalog

__all__ = ["COMMON_PARAMETERS", "Request", "Response", "Route", "Router"]

# Elasticsearch takes these on every path. `filter_path` is applied by the node.
COMMON_PARAMETERS = frozenset({"pretty", "human", "error_trace", "filter_path"})


@dataclass(frozen=True, slots=True)
class Request:
    """One request: path variables, query-string parameters and the raw body."""

    method: str
    path: str
    variables: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Any:
        """The body as a JSON object, ``{}`` when there is none."""
        if not self.body.strip():
            return {}
        return parse_json(self.body)

    def object(self) -> dict[str, Any]:
        """:meth:`json`, which has to be an object."""
        value = self.json()
        if not isinstance(value, dict):
            raise ApiError(400, "parse_exception", "the request body must be a JSON object")
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        """A boolean parameter: absent = ``default``, empty or ``true`` = yes, ``false`` = no."""
        value = self.parameters.get(name)
        if value is None:
            return default
        if value in ("", "true"):
            return True
        if value == "false":
            return False
        raise illegal_argument(
            f"Failed to parse value [{value}] as only [true] or [false] are allowed."
        )

    def integer(self, name: str, default: int | None = None) -> int | None:
        """An integer parameter."""
        value = self.parameters.get(name)
        if value is None:
            return default
        try:
            return int(value)
        except ValueError:
            raise illegal_argument(
                f"Failed to parse int parameter [{name}] with value [{value}]"
            ) from None


@dataclass(frozen=True, slots=True)
class Response:
    """Status and JSON-able body; ``body=None`` sends no content.

    ``warnings`` go out as a header, in plain ASCII without quotes.
    """

    body: Any
    status: int = 200
    warnings: tuple[str, ...] = ()


_METHODS = ("GET", "POST", "PUT", "DELETE", "HEAD")

Handler = Callable[["Catalog", Request], Any]


@dataclass(frozen=True, slots=True)
class Route:
    """``methods`` like ``"GET POST"``, ``path`` like ``/{index}/_search``, parameters it takes."""

    methods: str
    path: str
    handler: Handler
    parameters: frozenset[str] = frozenset()


def parse_json(data: bytes) -> Any:
    """JSON text to a value; 400 ``parse_exception`` with line and column when it is none."""
    try:
        return json.loads(data)
    except (ValueError, UnicodeDecodeError) as error:
        where = ""
        if isinstance(error, json.JSONDecodeError):
            where = f" at [line: {error.lineno}, column: {error.colno}]"
        raise ApiError(400, "parse_exception", f"the body is not JSON{where}: {error}") from error


class Router:
    """Finds the route of a request: literal segments win over variables."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root: dict[str, Any] = {}
        for route in routes:
            node = self._root
            names = []
            for segment in _segments(route.path):
                if segment.startswith("{"):
                    names.append(segment[1:-1])
                    segment = "{}"
                node = node.setdefault(segment, {})
            for method in route.methods.split():
                if ("method", method) in node:  # type: ignore[comparison-overlap]
                    raise ValueError(f"two routes for {method} {route.path}")
                node[("method", method)] = (route, tuple(names))  # type: ignore[index]

    def find(self, method: str, target: str) -> tuple[Route, dict[str, str], dict[str, str]]:
        """The route, its path variables and the query-string parameters of ``target``."""
        parts = urlsplit(target)
        segments = [unquote(s) for s in _segments(parts.path)]
        parameters = dict(parse_qsl(parts.query, keep_blank_values=True))
        matches = list(_walk(self._root, segments, ()))
        for node, values in matches:
            found = node.get(("method", method))
            if found is not None:
                route, names = found
                self._check(parts.path, route, parameters)
                variables = dict(zip(names, values, strict=True))
                _check_index(variables)
                return route, variables, parameters
        raise self._no_route(method, target, matches)

    @staticmethod
    def _no_route(method: str, target: str, matches: list[Any]) -> ApiError:
        known = {key[1] for node, _ in matches for key in node if isinstance(key, tuple)}
        if known:
            known |= {"HEAD"} if "GET" in known else set()
            allowed = ", ".join(name for name in _METHODS if name in known)
            return _PlainError(
                405,
                f"Incorrect HTTP method for uri [{target}] and method [{method}], "
                f"allowed: [{allowed}]",
            )
        return _PlainError(
            400,
            f"no handler found for uri [{target}] and method [{method}]; the embedded engine does "
            "not have this API, use an Elasticsearch server for it",
        )

    @staticmethod
    def _check(path: str, route: Route, parameters: Mapping[str, str]) -> None:
        unknown = sorted(set(parameters) - route.parameters - COMMON_PARAMETERS)
        if unknown:
            plural = "s" if len(unknown) > 1 else ""
            names = ", ".join(f"[{name}]" for name in unknown)
            raise illegal_argument(
                f"request [{path}] contains unrecognized parameter{plural}: {names}"
            )


class _PlainError(ApiError):
    """A refusal that Elasticsearch sends without type and cause, as a bare text."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(status, "no_handler", reason)

    def body(self) -> dict[str, Any]:
        if self.status == 400:
            return {"error": self.reason}
        return {"error": self.reason, "status": self.status}


def _check_index(variables: Mapping[str, str]) -> None:
    """No index begins with an underscore, except that ``_all`` means all of them."""
    name = variables.get("index", "")
    if name.startswith("_") and name != "_all":
        raise ApiError(
            400,
            "invalid_index_name_exception",
            f"Invalid index name [{name}], must not start with '_', '-', or '+'",
            index_uuid="_na_",
            index=name,
        )


def _segments(path: str) -> list[str]:
    return [s for s in path.split("/") if s]


def _walk(
    node: Mapping[Any, Any], segments: list[str], values: tuple[str, ...]
) -> Iterable[tuple[Mapping[Any, Any], tuple[str, ...]]]:
    if not segments:
        yield node, values
        return
    head, rest = segments[0], segments[1:]
    if head in node:
        yield from _walk(node[head], rest, values)
    if "{}" in node:
        yield from _walk(node["{}"], rest, (*values, head))
