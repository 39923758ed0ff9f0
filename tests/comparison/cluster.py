"""A cluster on paper: what each way of asking finds is a table."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from esqual.comparison import Arm
from esqual.models import Topic
from esqual.templates import read_template

__all__ = ["TOPICS", "Cluster", "arms"]

TOPICS = [Topic("t1", "胃が痛い"), Topic("t2", "関西国際空港")]
_SHARDS = {"total": 2, "successful": 2, "failed": 0}

#: (field searched, text, header of the search) -> (document id, score), best first
Ranking = Callable[[str, str, Mapping[str, Any]], Sequence[tuple[str, float]]]


class Cluster:
    """An index of two shards, by default with a copy of each on two nodes.

    ``ranking`` says what a search finds, ``theirs`` what `_rank_eval` finds (None: it is not
    there), with RR@1 as its figure.
    """

    def __init__(
        self, ranking: Ranking, theirs: Ranking | None = None, nodes: Sequence[str] = ("n1", "n2")
    ) -> None:
        self.ranking, self.theirs, self.nodes = ranking, theirs, nodes
        self.asked: list[str] = []

    def __call__(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        kind = path.rsplit("/", 1)[-1]
        self.asked.append(kind)
        if kind == "_msearch":
            return 200, {
                "responses": [
                    self._answer(self.ranking, body[at], body[at + 1])
                    for at in range(0, len(body), 2)
                ]
            }
        if kind == "_rank_eval":
            return self._rank_eval(path, body)
        return 200, {
            "_settings": {"a": {"settings": {"index.uuid": "u", "index.number_of_shards": "2"}}},
            "_count": {"count": 4, "_shards": _SHARDS},
            "_mapping": {"a": {"mappings": {}}},
            "docs": {"_shards": _SHARDS, "indices": {"a": {"shards": self._copies()}}},
            "_search": {"_shards": _SHARDS, "hits": {"total": {"value": 4}, "hits": []}},
        }.get(kind, {"version": {"number": "9.4.3"}})

    def _copies(self) -> dict[str, Any]:
        row = {"docs": {"count": 2, "deleted": 0}, "seq_no": {"max_seq_no": 1}}
        return {s: [{**row, "routing": {"node": node}} for node in self.nodes] for s in "01"}

    def _answer(self, ranking: Ranking, header: Any, body: Any) -> dict[str, Any]:
        ((field, text),) = body["query"]["match"].items()
        hits = [
            {"_index": "a", "_id": doc_id, "_score": score}
            for doc_id, score in ranking(field, text, header)[: body["size"]]
        ]
        return {"_shards": _SHARDS, "timed_out": False, "status": 200, "hits": {"hits": hits}}

    def _rank_eval(self, path: str, body: Any) -> tuple[int, Any]:
        if self.theirs is None:
            reason = f"no handler found for uri [{path}] and method [POST]"
            return 400, {"error": reason}
        details = {}
        for request in body["requests"]:
            asked = {**request["request"], "size": 1}
            answer = self._answer(self.theirs, {}, asked)
            rated = {row["_id"]: row["rating"] for row in request["ratings"]}
            hits = [{"hit": hit, "rating": rated.get(hit["_id"])} for hit in answer["hits"]["hits"]]
            figure = float(any(row["rating"] for row in hits))
            details[request["id"]] = {"metric_score": figure, "hits": hits}
        return 200, {"metric_score": 0.5, "details": details, "failures": {}}


def arms(folder: Path, more: Mapping[str, Any] | None = None) -> tuple[Arm, Arm]:
    """A baseline that searches the field ``own`` and a candidate that searches ``other``."""
    made = []
    for tag, field in (("baseline", "own"), ("candidate", "other")):
        path = folder / f"{tag}.json"
        body = {"query": {"match": {field: "{{query}}"}}, **(more or {})}
        path.write_text(json.dumps(body), encoding="utf-8")
        made.append(Arm(tag, "a", read_template(path)))
    return made[0], made[1]
