"""A comparison that cannot be trusted is void: no figures, no verdict, an EsqualError."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from esqual.comparison import Arm, compare_queries
from esqual.errors import EngineError, EsqualError, JudgmentsError, TopicMismatchError
from esqual.measures import parse_measure
from esqual.models import Qrels, Topic
from esqual.templates import QueryTemplate, read_template
from tests.fakes import Answer, scripted_client

TOPICS = [Topic("t1", "胃が痛い"), Topic("t2", "関西国際空港")]
QRELS: Qrels = {"t1": {"d1": 1}, "t2": {"d2": 1}}
RR = parse_measure("RR@1")
GOOD_SHARDS = {"total": 1, "successful": 1, "failed": 0}


class Server:
    """Answers as a healthy cluster of one document per topic; a test breaks one thing."""

    def __init__(self, **broken: Any) -> None:
        self.broken = broken
        self.counts = 0

    def __call__(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        kind = path.rsplit("/", 1)[-1]
        if kind == "_settings":
            return 200, {"articles": {"settings": {"index.uuid": "u1"}}}
        if kind == "_count":
            self.counts += 1
            late = self.broken.get("late_count") if self.counts > 1 else None
            shards = self.broken.get("count_shards", GOOD_SHARDS)
            return 200, {"count": late or 2, "_shards": shards}
        if kind == "_rank_eval":
            return 200, self.rank_eval(body)
        if kind == "_msearch":
            return 200, {"responses": [self.search(search) for search in body[1::2]]}
        if kind == "_mapping":
            return 200, {"articles": {"mappings": self.broken.get("mapping", {})}}
        if kind == "docs":
            return 200, self.stats()
        if kind == "_search":
            held = 0 if self.broken.get("no_judged_document") else 2
            return 200, {"_shards": GOOD_SHARDS, "hits": {"total": {"value": held}, "hits": []}}
        return 200, {"version": {"number": "9.4.3", "lucene_version": "10.4.0"}}

    def search(self, body: Any) -> Any:
        doc_id = "d1" if body["query"]["match"]["text"] == TOPICS[0].text else "d2"
        hits = [{"_index": "articles", "_id": doc_id, "_score": 1.0}]
        answer = {"_shards": GOOD_SHARDS, "timed_out": False, "hits": {"hits": hits}}
        return {**answer, **self.broken.get("next", {})}

    def stats(self) -> Any:
        docs = {"count": 2, "deleted": 0}
        last = self.broken.get("late_seq_no") if self.counts > 1 else None
        routing = {"node": "n1", "primary": True}
        row = {"routing": routing, "docs": docs, "seq_no": {"max_seq_no": last or 1}}
        return {"_shards": GOOD_SHARDS, "indices": {"articles": {"shards": {"0": [row]}}}}

    def rank_eval(self, body: Any) -> Any:
        details = {}
        for request in body["requests"]:
            doc_id = f"d{request['id'][1:]}"
            hit = {"_index": "articles", "_id": doc_id, "_score": 1.0}
            details[request["id"]] = {
                "metric_score": self.broken.get("figure", 1.0),
                "hits": [] if "fewer_hits" in self.broken else [{"hit": hit, "rating": 1}],
            }
        for query_id in self.broken.get("missing", ()):
            del details[query_id]
        failures = self.broken.get("failures", {})
        return {"metric_score": 1.0, "details": details, "failures": failures}


@pytest.fixture
def template(tmp_path: Path) -> QueryTemplate:
    path = tmp_path / "match.json"
    path.write_text(json.dumps({"query": {"match": {"text": "{{query}}"}}}), encoding="utf-8")
    return read_template(path)


def compare(server: Answer, template: QueryTemplate, qrels: Qrels = QRELS) -> Any:
    arms = (Arm(tag, "articles", template) for tag in ("baseline", "candidate"))
    client = scripted_client(server)
    return compare_queries(client, TOPICS, *arms, qrels=qrels, measures=[RR])[0]


def test_the_healthy_server_is_compared(template: QueryTemplate) -> None:
    comparison = compare(Server(), template)
    assert comparison.identical
    assert comparison.measures[0].baseline == 1.0


FAILURE = {"t2": {"error": {"root_cause": [{"type": "x", "reason": "circuit breaker"}]}}}
PARTIAL = {"total": 2, "successful": 1, "failed": 1}


@pytest.mark.parametrize(
    ("broken", "error", "message"),
    [
        ({"failures": FAILURE, "missing": ["t2"]}, EngineError, "topic t2: circuit breaker"),
        ({"missing": ["t2"]}, EngineError, "nothing for topic t2"),
        ({"figure": "NaN"}, EngineError, "not a number"),
        # another figure than the same hits give here
        ({"figure": 0.5}, EngineError, "no known rule"),
        ({"count_shards": PARTIAL}, EngineError, "1 shards of articles do not answer"),
        ({"next": {"_shards": PARTIAL}}, EngineError, "1 failed shards"),
        ({"next": {"timed_out": True}}, EngineError, "timed out"),
        # a shard that failed inside _rank_eval alone, which says nothing of it
        ({"fewer_hits": True}, EngineError, "hits of _rank_eval are others"),
        ({"late_count": 3}, EngineError, "changed during the comparison: 2 documents before, 3"),
        ({"late_seq_no": 7}, EngineError, "articles shard 0: sequence number 1 before, 7 after"),
        ({"no_judged_document": True}, JudgmentsError, "none of the 2 judged documents"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_one_thing_that_is_wrong_voids_it(
    template: QueryTemplate, broken: dict[str, Any], error: type[EsqualError], message: str
) -> None:
    with pytest.raises(error, match=message):
        compare(Server(**broken), template)


def test_topics_and_judgments_that_do_not_fit_void_it(template: QueryTemplate) -> None:
    with pytest.raises(JudgmentsError, match="none of the 2 topics"):
        compare(Server(), template, {"q1": {"d1": 1}})
    with pytest.raises(JudgmentsError, match="none of the 2 topics"):
        compare(Server(), template, {"t1": {"d1": 0}, "t2": {"d1": 0}})


def test_two_corpora_of_different_documents_void_it(template: QueryTemplate) -> None:
    class TwoIndices(Server):
        def __call__(self, method: str, path: str, body: Any) -> tuple[int, Any]:
            if path.endswith("/_search") and "scroll" not in path and "query" not in (body or {}):
                name = path.split("/")[1]
                hits = [{"_index": name, "_id": f"{name}-1", "_source": {}}]
                page = {"hits": hits, "total": {"value": 1}}
                shards = {"total": 1, "successful": 1, "skipped": 0, "failed": 0}
                return 200, {"_scroll_id": name, "_shards": shards, "hits": page}
            if path.endswith("/scroll"):
                shards = {"total": 1, "successful": 1, "skipped": 0, "failed": 0}
                return 200, {"_scroll_id": "x", "_shards": shards, "hits": {"hits": []}}
            return super().__call__(method, path, body)

    client = scripted_client(TwoIndices())
    with pytest.raises(TopicMismatchError, match="hold different documents"):
        compare_queries(
            client,
            TOPICS,
            Arm("baseline", "articles", template),
            Arm("candidate", "other", template),
            qrels=QRELS,
            measures=[RR],
        )
