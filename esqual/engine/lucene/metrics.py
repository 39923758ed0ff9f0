"""The five metrics of the Ranking Evaluation API, as pure functions on the ratings of hits.

Every metric takes ``ratings`` (the rating of each hit in rank order, ``None`` = unrated, length n =
hits *returned*) and ``judged`` (all ratings of the request) and gives ``(score, details)``;
``details`` is what ``metric_details`` shows under the metric's name. Source of the formulas: the
answers of OpenSearch 3.6.0, held in tests/fixtures/rank-eval-opensearch-3.6.0.json.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from esqual.engine.lucene.api_error import ApiError, illegal_argument, token_name
from esqual.engine.lucene.query.base import did_you_mean
from esqual.engine.lucene.xcontent import read_boolean, read_integer, x_content_error

__all__ = ["METRICS", "Metric", "read_metric"]

Ratings = Sequence[int | None]
Score = Callable[[Ratings, Sequence[int], Mapping[str, Any]], tuple[float, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric with its parameters; ``k`` is the size that every search is forced to."""

    name: str
    parameters: Mapping[str, Any]

    @property
    def k(self) -> int:
        """How many hits are asked for."""
        return int(self.parameters["k"])

    def evaluate(self, ratings: Ratings, judged: Sequence[int]) -> tuple[float, dict[str, Any]]:
        """The score of one request and its details."""
        return METRICS[self.name].score(ratings, judged, self.parameters)


@dataclass(frozen=True, slots=True)
class _Definition:
    score: Score
    defaults: Mapping[str, Any]
    required: tuple[str, ...] = ()
    # what the class calls itself when its parameters are refused; "" = they are not checked
    checked_as: str = ""
    booleans: frozenset[str] = field(default=frozenset())


def precision(
    ratings: Ratings, judged: Sequence[int], parameters: Mapping[str, Any]
) -> tuple[float, dict[str, Any]]:
    """Relevant hits / hits returned (not / k); unrated hits count unless ``ignore_unlabeled``."""
    relevant = _relevant(ratings, parameters)
    unrated = 0 if parameters["ignore_unlabeled"] else sum(r is None for r in ratings)
    retrieved = unrated + sum(r is not None for r in ratings)
    score = relevant / retrieved if retrieved else 0.0
    return score, {"relevant_docs_retrieved": relevant, "docs_retrieved": retrieved}


def recall(
    ratings: Ratings, judged: Sequence[int], parameters: Mapping[str, Any]
) -> tuple[float, dict[str, Any]]:
    """Relevant hits / relevant ratings; 0 when nothing is relevant."""
    relevant = _relevant(ratings, parameters)
    possible = _relevant(judged, parameters)
    score = relevant / possible if possible else 0.0
    return score, {"relevant_docs_retrieved": relevant, "relevant_docs": possible}


def mean_reciprocal_rank(
    ratings: Ratings, judged: Sequence[int], parameters: Mapping[str, Any]
) -> tuple[float, dict[str, Any]]:
    """1 / rank of the first relevant hit; 0 and ``first_relevant`` -1 without one."""
    threshold = parameters["relevant_rating_threshold"]
    for rank, rating in enumerate(ratings, 1):
        if rating is not None and rating >= threshold:
            return 1.0 / rank, {"first_relevant": rank}
    return 0.0, {"first_relevant": -1}


def dcg(
    ratings: Ratings, judged: Sequence[int], parameters: Mapping[str, Any]
) -> tuple[float, dict[str, Any]]:
    """Sum of (2^r - 1) / log2(rank + 1); with ``normalize`` divided by that of the best order.

    The ideal list is cut at min(hits returned, ratings), not at k, as released servers do it.
    """
    unknown = parameters["unknown_doc_rating"]
    unrated = sum(r is None for r in ratings)
    gained = _dcg([unknown if r is None else r for r in ratings])
    if not parameters["normalize"]:
        return gained, {"dcg": gained, "unrated_docs": unrated}
    ideal = _dcg(sorted(judged, reverse=True)[: len(ratings)])
    if ideal == 0:
        return 0.0, {"dcg": gained, "unrated_docs": unrated}
    score = gained / ideal
    details = {"dcg": gained, "ideal_dcg": ideal, "normalized_dcg": score, "unrated_docs": unrated}
    return score, details


def expected_reciprocal_rank(
    ratings: Ratings, judged: Sequence[int], parameters: Mapping[str, Any]
) -> tuple[float, dict[str, Any]]:
    """Sum of p * R / rank with R = (2^r - 1) / 2^max and p what earlier hits left unsatisfied."""
    unknown, best = parameters["unknown_doc_rating"], parameters["maximum_relevance"]
    unrated = sum(r is None for r in ratings)
    left, score = 1.0, 0.0
    for rank, rating in enumerate(ratings, 1):
        value = unknown if rating is None else rating
        if value is None:
            continue
        satisfied = (2.0**value - 1.0) / 2.0**best
        score += left * satisfied / rank
        left *= 1.0 - satisfied
    return score, {"unrated_docs": unrated}


def _relevant(ratings: Ratings, parameters: Mapping[str, Any]) -> int:
    threshold = parameters["relevant_rating_threshold"]
    return sum(r is not None and r >= threshold for r in ratings)


def _dcg(ratings: Ratings) -> float:
    total = 0.0
    for rank, rating in enumerate(ratings, 1):
        if rating is not None:
            total += (2.0**rating - 1.0) / (math.log(rank + 1) / math.log(2))
    return total


METRICS: dict[str, _Definition] = {
    "precision": _Definition(
        precision,
        {"k": 10, "relevant_rating_threshold": 1, "ignore_unlabeled": False},
        checked_as="precision",
        booleans=frozenset({"ignore_unlabeled"}),
    ),
    "recall": _Definition(recall, {"k": 10, "relevant_rating_threshold": 1}, checked_as="recall"),
    "mean_reciprocal_rank": _Definition(
        mean_reciprocal_rank,
        {"k": 10, "relevant_rating_threshold": 1},
        checked_as="reciprocal_rank",
    ),
    "dcg": _Definition(
        dcg,
        {"k": 10, "normalize": False, "unknown_doc_rating": None},
        booleans=frozenset({"normalize"}),
    ),
    "expected_reciprocal_rank": _Definition(
        expected_reciprocal_rank,
        {"maximum_relevance": None, "k": 10, "unknown_doc_rating": None},
        required=("maximum_relevance",),
    ),
}


def read_metric(json: Any) -> Metric:
    """``{"dcg": {"k": 20, "normalize": true}}`` to a :class:`Metric`."""
    if not isinstance(json, dict):
        raise x_content_error(
            f"[rank_eval] metric doesn't support values of type: {token_name(json)}"
        )
    try:
        return _read_metric(json)
    except ApiError as error:
        raise x_content_error(
            "[rank_eval] failed to parse field [metric]", caused_by=error
        ) from error


def _read_metric(json: Mapping[str, Any]) -> Metric:
    if not json:
        raise _token_error("FIELD_NAME", "END_OBJECT")
    name, given = next(iter(json.items()))
    definition = METRICS.get(name)
    if definition is None:
        raise ApiError(
            400,
            "named_object_not_found_exception",
            f"[1:1] unknown field [{name}]{did_you_mean(name, list(METRICS))}",
        )
    if not isinstance(given, dict):
        raise x_content_error(f"[{name}] Expected START_OBJECT but was: {token_name(given)}")
    parameters = dict(definition.defaults)
    for key, value in given.items():
        if key not in parameters:
            raise x_content_error(
                f"[{name}] unknown field [{key}]{did_you_mean(key, list(parameters))}"
            )
        read = read_boolean if key in definition.booleans else read_integer
        parameters[key] = read(name, key, value)
    if len(json) > 1:
        raise _token_error("END_OBJECT", "FIELD_NAME")
    for key in definition.required:
        if key not in given:
            raise illegal_argument(f"Required [{key}]")
    if definition.checked_as:
        _check(definition.checked_as, parameters)
    return Metric(name, parameters)


def _check(name: str, parameters: Mapping[str, Any]) -> None:
    reason = ""
    if parameters["relevant_rating_threshold"] < 0:
        reason = "Relevant rating threshold for precision must be positive integer."
    if parameters["k"] <= 0:
        reason = "Window size k must be positive."
    if reason:
        raise ApiError(
            400,
            "x_content_parse_exception",
            f"Failed to build [{name}] after last required field arrived",
            caused_by=illegal_argument(reason),
        )


def _token_error(expected: str, found: str) -> ApiError:
    return ApiError(
        400,
        "parsing_exception",
        f"Failed to parse object: expecting token of type [{expected}] but found [{found}]",
        line=1,
        col=1,
    )
