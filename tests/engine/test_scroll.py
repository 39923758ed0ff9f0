"""Scrolls end on time: a server looks once a minute, so this is not part of the contract."""

from __future__ import annotations

import pytest
from elasticsearch import Elasticsearch, NotFoundError


def test_a_scroll_ends_when_its_time_is_over(engine: Elasticsearch) -> None:
    engine.index(index="north", id="1", document={"text": "海が見える"}, refresh=True)
    scroll_id = engine.search(index="north", scroll="0ms")["_scroll_id"]
    with pytest.raises(NotFoundError):
        engine.scroll(scroll_id=scroll_id, scroll="1m")
