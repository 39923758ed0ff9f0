"""A declaration is read once, checked, and proved by a digest."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import pytest

from esqual.enrich import read_enrichments
from esqual.enrich.spec import digest_of, source_text
from esqual.errors import ConfigError, EnrichmentError
from tests.enrich.conftest import TABLE, declared, read


def test_defaults_are_written_out_and_count_in_the_digest() -> None:
    [bare] = read({})
    [spelt] = read({"parameters": {"least": 1}})
    [other] = read({"parameters": {"least": 2}})
    assert bare.parameters == {"least": 1}
    assert bare.digest() == spelt.digest() != other.digest()


def test_the_fingerprint_holds_source_parameters_and_what_it_is_made_with() -> None:
    [enrichment] = read({})
    assert enrichment.fingerprint() == {
        "kind": "letters",
        "source": "text",
        "parameters": {"least": 1},
        "made_with": {"model": "letters", "version": "1"},
    }
    [moved] = read({"source": "title"})
    assert moved.digest() != enrichment.digest()


def test_another_installed_version_is_another_digest(other_version: Callable[[], None]) -> None:
    [enrichment] = read({})
    before = enrichment.digest()
    other_version()
    assert enrichment.digest() != before


def test_names_of_places_are_no_part_of_the_outcome() -> None:
    [one] = read({"name": "a", "target": "b"})
    [two] = read({"name": "c", "target": "d"})
    assert one.digest() == two.digest()


def test_the_order_of_keys_does_not_count() -> None:
    assert digest_of({"a": 1, "b": {"c": 2, "d": 3}}) == digest_of({"b": {"d": 3, "c": 2}, "a": 1})


def test_a_pin_that_holds_is_silent_and_one_that_does_not_says_what_is_installed() -> None:
    [held] = read({"version": "1", "model": "letters"})
    held.digest()
    [broken] = read({"version": "0.9"})
    with pytest.raises(ConfigError, match=r"pinned to version '0.9', and here .* has version '1'"):
        broken.fingerprint()
    [foreign] = read({"digest": "abc"})
    with pytest.raises(ConfigError, match="has no digest to pin"):
        foreign.fingerprint()


def test_an_enrichment_travels_by_pickle() -> None:
    [enrichment] = read({"parameters": {"least": 2}})
    [again] = pickle.loads(pickle.dumps([enrichment]))
    assert again == enrichment
    assert again.digest() == enrichment.digest()


def test_without_a_declaration_there_is_nothing() -> None:
    assert read_enrichments({}) == ()
    assert read_enrichments({"mappings": {"_meta": {"owner": "us"}}}) == ()


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (
            {"kind": "vectors"},
            r'enrich\[0\]: unknown kind "vectors"; there are dependency, letters',
        ),
        ({"kind": "tests.enrich.letters:KIND"}, "unknown kind"),
        ({"knd": "x"}, 'unknown key "knd"'),
        ({"name": ""}, '"name" must be a text that is not empty'),
        ({"name": "a-b"}, "cannot be a template parameter"),
        ({"name": "query"}, "cannot be a template parameter"),
        ({"target": "a.b"}, "must be a field of its own at the top"),
        ({"target": "_esqual"}, "must be a field of its own at the top"),
        ({"target": "text"}, "must be a field of its own at the top"),
        ({"parameters": []}, '"parameters" is an object'),
        ({"parameters": {"most": 1}}, r"enrich\[0\]: unknown parameter most; there is: least"),
        ({"version": 5}, '"version" must be a text'),
    ],
)
def test_a_wrong_entry_is_refused_with_its_place(entry: dict[str, Any], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        read(entry)


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        ({"name": "more"}, 'two enrichments write the target "dep"'),
        ({"target": "dep2"}, r"both give \{\{pairs\}\} to a template"),
        ({"name": "more", "target": "x", "source": "dep.pairs"}, "which another one writes"),
    ],
)
def test_enrichments_that_get_into_each_others_way_are_refused(
    second: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ConfigError, match=reason):
        read({}, second)


@pytest.mark.parametrize(
    ("meta", "reason"),
    [
        ({"esqual": {"enrich": {}}}, "is a list of objects"),
        ({"esqual": {"enrich": [1]}}, r"enrich\[0\] is not an object"),
        ({"esqual": {"mapping_digest": "x"}}, '"mapping_digest" is written by esqual index itself'),
        ({"esqual": {"enriched": {}}}, '"enriched" is written by esqual index itself'),
        ({"esqual": []}, "are objects"),
        ([], "are objects"),
    ],
)
def test_what_is_no_declaration_is_refused(meta: Any, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        read_enrichments({"mappings": {"_meta": meta}}, path="m.json", kinds=TABLE)


@pytest.mark.parametrize(
    ("body", "source", "text"),
    [
        ({"text": "胃が痛い"}, "text", "胃が痛い"),
        ({"text": ["胃が痛い。", None, "熱もある。"]}, "text", "胃が痛い。\n熱もある。"),
        ({"a": {"b": "咳"}}, "a.b", "咳"),
        ({"a.b": "咳"}, "a.b", "咳"),
        ({"text": ""}, "text", ""),
        ({"text": None}, "text", None),
        ({"text": []}, "text", None),
        ({"a": "咳"}, "a.b", None),
        ({}, "text", None),
    ],
)
def test_a_source_is_a_text_a_list_of_texts_or_a_path(
    body: dict[str, Any], source: str, text: str | None
) -> None:
    assert source_text(body, source) == text


@pytest.mark.parametrize("value", [3, True, {"a": "b"}, ["胃", 3], "\ud800"])
def test_what_is_no_text_is_refused(value: Any) -> None:
    with pytest.raises(EnrichmentError, match=r"where text is needed|is not text"):
        source_text({"text": value}, "text")


def test_declared_is_what_a_file_holds() -> None:
    assert read_enrichments(declared(), kinds=TABLE) == read()
