"""Findings about what a key or user may do; nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import elasticsearch

from esqual.doctor.asking import Refusal, ask
from esqual.doctor.check import NO, OK, WARN, Check
from esqual.engine.answers import unanswered
from esqual.engine.connection import Connection

__all__ = ["check_index", "check_rights"]

# to search and compare; to build an index and switch it behind an alias
READING = ("read", "view_index_metadata")
WRITING = ("create_index", "write", "manage")
_JSON = {"accept": "application/json", "content-type": "application/json"}


def check_rights(
    client: elasticsearch.Elasticsearch, connection: Connection, index: str | None
) -> Iterator[Check]:
    """What the server says of rights on ``index``, then what a search of it says."""
    question: dict[str, Any] = {"cluster": ["monitor"]}
    if index is not None:
        question["index"] = [{"names": [index], "privileges": [*READING, *WRITING]}]
    answer = ask(
        lambda: client.perform_request(
            "POST", "/_security/user/_has_privileges", headers=_JSON, body=question
        )
    )
    if isinstance(answer, Refusal):
        yield _without_question(client, connection)
    else:
        who = f"user {answer.get('username')!r}"
        yield _from_answer(answer, index, f"the API key of {who}" if connection.api_key else who)
    if index is not None:
        yield check_index(client, index)


def _from_answer(answer: Any, index: str | None, who: str) -> Check:
    if index is None:
        if answer["cluster"].get("monitor"):
            return Check("rights", OK, f"{who} is let in; on an index: --index NAME tells")
        return Check(
            "rights",
            WARN,
            f"{who} is let in, without the cluster privilege monitor",
            "fine for searching; give it to see versions, clock and disk here",
        )
    granted = answer["index"].get(index, {})
    lacking = [right for right in READING if not granted.get(right)]
    if lacking:
        return Check(
            "rights",
            NO,
            f"{who} may not search {index}: it lacks {', '.join(lacking)}",
            f"give the index privileges {', '.join(READING)} on {index}",
        )
    lacking = [right for right in WRITING if not granted.get(right)]
    if lacking:
        return Check(
            "rights",
            WARN,
            f"{who} may search {index}, and not build it: it lacks {', '.join(lacking)}",
            f"enough for comparing; for `esqual index` give {', '.join(WRITING)} on {index}",
        )
    return Check("rights", OK, f"{who} may search {index} and build it")


def _without_question(client: elasticsearch.Elasticsearch, connection: Connection) -> Check:
    """OpenSearch tells who asks, not what they may do; without security nobody is asked."""
    answer = ask(
        lambda: client.perform_request("GET", "/_plugins/_security/authinfo", headers=_JSON)
    )
    if not isinstance(answer, Refusal):
        roles = ", ".join(answer.get("roles") or ()) or "none"
        return Check("rights", OK, f"user {answer.get('user_name')!r} is let in, roles: {roles}")
    given = connection.api_key is not None or connection.password is not None
    if given:
        return Check(
            "rights",
            WARN,
            "the server does not look at the key or password: its security is off",
            "whoever reaches it may do everything; switch security on, or keep it to this machine",
        )
    return Check("rights", OK, "security is off: whoever reaches the server may do everything")


def check_index(client: elasticsearch.Elasticsearch, index: str) -> Check:
    """Whether ``index`` is there and all of it answers."""
    answer = ask(lambda: client.search(index=index, size=0, track_total_hits=True))
    if not isinstance(answer, Refusal):
        shards = answer["_shards"]
        if silent := unanswered(shards):
            return Check(
                "index",
                NO,
                f"{silent} of {shards['total']} shards of {index} do not answer",
                "see GET _cluster/allocation/explain",
            )
        return Check(
            "index", OK, f"{index} answers, {answer['hits']['total']['value']:,} documents"
        )
    if answer.status == 404:
        return Check("index", WARN, f"there is no {index}", "make it with: esqual index")
    if answer.is_about_rights:
        return Check(
            "index",
            NO,
            f"{index} may not be searched: {answer.reason[:200]}",
            f"give the index privileges {', '.join(READING)} on {index}",
        )
    return Check(
        "index", NO, f"{index} does not answer: {answer.reason[:200]}", "see the server's log"
    )
