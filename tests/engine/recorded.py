"""Asking the embedded engine over its node, and what of two answers may be compared."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from elastic_transport import HttpHeaders
from elasticsearch import Elasticsearch, helpers

import esqual

FIXTURES = Path(__file__).parent.parent / "fixtures"
sys.path.insert(0, str(FIXTURES))
import search_cases  # noqa: E402

# of a position only a server knows line and column; nodes and uuids are its own
PLACES = re.compile(r"\[\d+:\d+\]|(?<=e_shops/)[\w-]{22}")
OWN = frozenset({"took", "node", "_node", "index_uuid", "line", "col"})


def load(name: str) -> dict[str, Any]:
    """A fixture."""
    return dict(json.loads((FIXTURES / name).read_text(encoding="utf-8")))


@contextmanager
def shops(folder: Path) -> Iterator[Any]:
    """A node whose index holds the documents of ``search_cases``."""
    client = esqual.connect(f"lucene:{folder}")
    fill_shops(client)
    yield client.transport.node_pool.get()
    client.close()


def fill_shops(client: Elasticsearch) -> None:
    client.indices.create(index=search_cases.INDEX, mappings=search_cases.MAPPINGS)
    documents = enumerate(search_cases.DOCUMENTS, 1)
    actions = (
        {"_index": search_cases.INDEX, "_id": str(n), "_source": document}
        for n, document in documents
    )
    helpers.bulk(client, actions, refresh=True)


def ask(node: Any, method: str, path: str, body: Any = None) -> list[Any]:
    """``[status, answer]``."""
    data = None
    if body is not None:
        text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
        data = text.encode()
    answer = node.perform_request(method, quote(path, safe="/?&=_:,*()"), data, HttpHeaders({}))
    return [answer.meta.status, json.loads(answer.body)]


def comparable(value: Any, without: Iterable[str] = OWN) -> Any:
    """``value`` without what differs between any two nodes."""
    if isinstance(value, dict):
        return {k: comparable(v, without) for k, v in value.items() if k not in without}
    if isinstance(value, list):
        return [comparable(inner, without) for inner in value]
    if isinstance(value, str):
        return PLACES.sub("[.]", value)
    return value
