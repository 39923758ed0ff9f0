"""Both sides agree by digest, for every index of a name; what an index says is only read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from esqual.enrich.agreement import check_agreement, check_declared, enriched_meta
from esqual.errors import ConfigError
from tests.enrich.conftest import read


def _index(enriched: Any) -> dict[str, Any]:
    return {"mappings": {"_meta": {"esqual": {"enriched": enriched}}}}


def test_an_index_that_was_made_alike_agrees() -> None:
    check_agreement({"a": _index(enriched_meta(read()))}, read())


def test_another_version_or_parameter_is_refused_with_both_values(
    other_version: Callable[[], None],
) -> None:
    theirs = {"a": _index(enriched_meta(read({"parameters": {"least": 3}})))}
    other_version()
    with pytest.raises(ConfigError) as caught:
        check_agreement(theirs, read())
    message = str(caught.value)
    assert "the index 'a' made the field 'dep' (enrichment 'pairs') in another way" in message
    assert "made_with.version: 1 in the index, 2 here" in message
    assert "parameters.least: 3 in the index, 1 here" in message
    assert "esqual index --recreate" in message


def test_one_index_of_an_alias_that_differs_is_enough() -> None:
    good = _index(enriched_meta(read()))
    bad = _index(enriched_meta(read({"parameters": {"least": 2}})))
    with pytest.raises(ConfigError, match="the index 'b'"):
        check_agreement({"a": good, "b": bad, "c": good}, read())


@pytest.mark.parametrize(
    "index",
    [
        {},
        {"mappings": {}},
        {"mappings": {"_meta": 5}},
        {"mappings": {"_meta": {"esqual": "x"}}},
        _index([]),
        _index({"other": {}}),
    ],
)
def test_an_index_that_says_nothing_is_refused(index: Any) -> None:
    with pytest.raises(ConfigError, match="'x' does not say what made the field 'dep'"):
        check_agreement({"x": index}, read())


@pytest.mark.parametrize("said", [5, [], {}, {"digest": 7}, {"digest": None, "fingerprint": [1]}])
def test_nonsense_differs(said: Any) -> None:
    with pytest.raises(ConfigError, match="in another way"):
        check_agreement({"x": _index({"dep": said})}, read())


def test_a_long_foreign_text_is_cut_in_the_message() -> None:
    meta = enriched_meta(read())
    meta["dep"]["digest"] = "0" * 64
    meta["dep"]["fingerprint"]["source"] = "長" * 5_000
    with pytest.raises(ConfigError) as caught:
        check_agreement({"x": _index(meta)}, read())
    assert len(str(caught.value)) < 600


def test_a_name_that_the_index_declares_and_nobody_supplies_would_drop_out_in_silence() -> None:
    indices = {"a": _index(enriched_meta(read()))}
    check_declared(indices, ["query"], ["query"])
    check_declared(indices, ["query", "pairs"], ["pairs"])
    with pytest.raises(ConfigError, match=r"uses \{\{pairs\}\}.*--mapping FILE"):
        check_declared(indices, ["query", "pairs"], ["has_pairs"])
    check_declared({"a": _index({"dep": {"names": "pairs"}})}, ["pairs"], [])
