"""Several ranked lists to one: reciprocal rank fusion and weighted sums of scores.

Pure arithmetic; ``search.py`` fetches the lists. A query file asks for it (docs/formats.md):

    {"fuse": {"method": "rrf"}, "queries": {"words": {…}, "vector": {…}}}

Ties: fused score descending, then the better rank in any list, then the list that stands first in
the file. Two documents never share a rank in one list, so the order is complete.

Sources: RRF: Cormack, Clarke and Büttcher 2009, doi:10.1145/1571941.1572114. Sums of scores:
CombSUM of Fox and Shaw 1994; normalisations: Montague and Aslam 2001, doi:10.1145/502585.502657.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, NoReturn, TypeVar

from esqual.errors import ConfigError

__all__ = ["Fused", "FusedQuery", "Fusion", "fuse", "read_fused"]

K = TypeVar("K", bound=Hashable)

_MAX_WINDOW = 10_000
_NORMALIZERS = ("minmax", "none", "zscore")
#: as `missing`: what a list's own last hit gets
LEAST = "min"


@dataclass(frozen=True, slots=True)
class Fusion:
    """How lists become one.

    ``window``: hits asked of each list. ``weights``: by list, 1 where a name is missing.
    ``rrf``: a document gains weight / (rank_constant + rank), nothing where a list has not got it.
    ``linear``: it gains weight x normalised score, and weight x ``missing`` where a list has not
    got it; ``"min"`` stands for the least normalised score of that list.
    """

    method: str = "rrf"
    window: int = 100
    weights: Mapping[str, float] = field(default_factory=dict)
    rank_constant: float = 60
    normalize: str = "minmax"
    missing: float | str = 0.0

    def weight(self, name: str) -> float:
        """The weight of the list ``name``."""
        return self.weights.get(name, 1.0)


@dataclass(frozen=True, slots=True)
class FusedQuery:
    """Search bodies by name, in the order of the file, and the names that dropped out."""

    fusion: Fusion
    bodies: Mapping[str, Mapping[str, Any]]
    left_out: tuple[str, ...] = ()

    def check_depth(self, depth: int) -> None:
        """Refuse a window that is smaller than the ``depth`` hits that are wanted."""
        if self.fusion.window < depth:
            _refuse(
                f"[fuse.window] is {self.fusion.window}, and {depth} hits are wanted: what one "
                "body finds beyond its window would count as missing there; make it larger"
            )


@dataclass(frozen=True, slots=True)
class Fused(Generic[K]):
    """One document of the fused list; ``ranks``, from 1, by the lists that have it."""

    key: K
    score: float
    ranks: Mapping[str, int]


# ------------------------------------------------------------------ fusing


def fuse(fusion: Fusion, lists: Mapping[str, Sequence[tuple[K, float | None]]]) -> list[Fused[K]]:
    """One list of all documents in ``lists`` (name -> hits, best first), best first.

    Only the first ``window`` hits of a list count. A document that a list names twice has its
    better place there; those behind keep theirs. Raises ConfigError where ``linear`` meets hits
    without a score.
    """
    kept = {name: _once(hits[: fusion.window]) for name, hits in lists.items()}
    points = _rrf if fusion.method == "rrf" else _linear
    gains = {name: points(fusion, name, hits) for name, hits in kept.items()}
    ranks: dict[K, dict[str, int]] = {}
    for name, hits in kept.items():
        for key, (rank, _) in hits.items():
            ranks.setdefault(key, {})[name] = rank
    places = {name: place for place, name in enumerate(lists)}
    fused = [
        # fsum: the sum does not hang on the order of the lists
        Fused(key, math.fsum(gain.get(key, rest) for gain, rest in gains.values()), own)
        for key, own in ranks.items()
    ]

    def order(document: Fused[K]) -> tuple[float, int, int]:
        rank, place = min((rank, places[name]) for name, rank in document.ranks.items())
        return -document.score, rank, place

    return sorted(fused, key=order)


_Ranked = Mapping[K, tuple[int, float | None]]
# gain by document, and what a document gets that the list has not got
_Gains = tuple[dict[K, float], float]


def _once(hits: Sequence[tuple[K, float | None]]) -> dict[K, tuple[int, float | None]]:
    kept: dict[K, tuple[int, float | None]] = {}
    for rank, (key, score) in enumerate(hits, start=1):
        kept.setdefault(key, (rank, score))
    return kept


def _rrf(fusion: Fusion, name: str, hits: _Ranked[K]) -> _Gains[K]:
    weight = fusion.weight(name)
    return {key: weight / (fusion.rank_constant + rank) for key, (rank, _) in hits.items()}, 0.0


def _linear(fusion: Fusion, name: str, hits: _Ranked[K]) -> _Gains[K]:
    scores = [score for _, score in hits.values() if score is not None]
    if len(scores) < len(hits):
        raise ConfigError(
            f"queries.{name}: its hits have no score (a sort of its own), and linear fusion adds "
            "scores; take the sort out, or fuse with rrf"
        )
    if not all(map(math.isfinite, scores)):
        raise ConfigError(f"queries.{name}: a hit's score is not a finite number")
    values = _normalized(fusion.normalize, scores)
    weight = fusion.weight(name)
    missing = min(values, default=0.0) if fusion.missing == LEAST else float(fusion.missing)
    return dict(zip(hits, (weight * v for v in values), strict=True)), weight * missing


def _normalized(how: str, scores: Sequence[float]) -> list[float]:
    """``minmax`` to 0..1, all 1 when all are equal; ``zscore`` by the population's deviation."""
    if how == "none" or not scores:
        return list(scores)
    if how == "minmax":
        low, high = min(scores), max(scores)
        return [(s - low) / (high - low) if high > low else 1.0 for s in scores]
    mean = math.fsum(scores) / len(scores)
    deviation = math.sqrt(math.fsum((s - mean) ** 2 for s in scores) / len(scores))
    # equal scores may leave a rounding error as their deviation
    flat = max(scores) == min(scores) or deviation == 0
    return [0.0 if flat else (s - mean) / deviation for s in scores]


# ------------------------------------------------------------------ reading


def read_fused(body: Mapping[str, Any]) -> FusedQuery | None:
    """The fused query in a rendered query file; None when the file is a plain search body.

    Raises ConfigError, without file or topic, for anything it does not know.
    """
    if "fuse" not in body:
        return None
    for key in body:
        if key not in ("fuse", "queries"):
            _refuse(f"[{key}] beside [fuse]; the file holds fuse and queries, nothing else")
    queries = body.get("queries")
    if not isinstance(queries, Mapping) or not queries:
        _refuse('[queries] must name the bodies that are fused: {"words": {"query": …}, …}')
    bodies: dict[str, Mapping[str, Any]] = {}
    left_out = []
    for name, query in queries.items():
        if _asks_nothing(query):
            left_out.append(name)
        elif isinstance(query, Mapping):
            if query.get("from"):
                _refuse(f"[queries.{name}.from] is {query['from']}: ranks count from the first hit")
            bodies[name] = query
        else:
            _refuse(f"[queries.{name}] is neither a search body nor false")
    return FusedQuery(_read_fusion(body["fuse"], list(queries)), bodies, tuple(left_out))


def _asks_nothing(query: Any) -> bool:
    """False, null, {}, or a body that is one knn clause without a vector."""
    if query is None or query is False or query == {}:
        return True
    inner = query.get("query") if isinstance(query, Mapping) and "query" in query else query
    knn = inner.get("knn") if isinstance(inner, Mapping) and len(inner) == 1 else None
    return isinstance(knn, Mapping) and knn.get("query_vector", 0) in (None, False, [], "")


def _read_fusion(json: Any, names: Sequence[str]) -> Fusion:
    if not isinstance(json, Mapping):
        _refuse('[fuse] is an object, such as {"method": "rrf"}')
    method = json.get("method", "rrf")
    if not isinstance(method, str) or method not in _KEYS:
        _refuse(f"[fuse.method] is {method!r}; known: {', '.join(sorted(_KEYS))}")
    known = {"method": None, **_COMMON, **_KEYS[method]}
    values: dict[str, Any] = {"method": method}
    for key, value in json.items():
        if key not in known:
            _refuse(f"[fuse.{key}] is not known for {method}; known: {', '.join(sorted(known))}")
        read = known[key]
        if read is not None:
            values[key] = read(key, value)
    for name in values.get("weights", ()):
        if name not in names:
            _refuse(f"[fuse.weights.{name}]: no such query; there are: {', '.join(names)}")
    if values.get("normalize") == "zscore":
        # 0 is the mean of a list's hits there: better than half of what it found
        values.setdefault("missing", LEAST)
    return Fusion(**values)


def _number(key: str, value: Any, low: float | None = None) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        _refuse(f"[fuse.{key}] is {value!r}; it is a number")
    if low is not None and value < low:
        _refuse(f"[fuse.{key}] is {value}; it is {low:g} or more")
    return float(value)


def _rank_constant(key: str, value: Any) -> float:
    return _number(key, value, 1)


def _window(key: str, value: Any) -> int:
    if type(value) is not int or not 1 <= value <= _MAX_WINDOW:
        _refuse(f"[fuse.{key}] is {value!r}; it is a whole number from 1 to {_MAX_WINDOW}")
    return value


def _weights(key: str, value: Any) -> dict[str, float]:
    if not isinstance(value, Mapping):
        _refuse(f'[fuse.{key}] is an object by name: {{"words": 1, "vector": 0.5}}')
    return {name: _number(f"{key}.{name}", weight, 0) for name, weight in value.items()}


def _normalize(key: str, value: Any) -> str:
    if value not in _NORMALIZERS:
        _refuse(f"[fuse.{key}] is {value!r}; known: {', '.join(_NORMALIZERS)}")
    return str(value)


def _missing(key: str, value: Any) -> float | str:
    return LEAST if value == LEAST else _number(key, value)


_Read = Callable[[str, Any], Any]
_COMMON: Mapping[str, _Read] = {"window": _window, "weights": _weights}
_KEYS: Mapping[str, Mapping[str, _Read]] = {
    "rrf": {"rank_constant": _rank_constant},
    "linear": {"normalize": _normalize, "missing": _missing},
}


def _refuse(problem: str) -> NoReturn:
    raise ConfigError(problem)
