"""The kind ``dependency``: what it promises without loading anything, and what it refuses."""

from __future__ import annotations

import pickle
import subprocess
import sys

import pytest

from esqual.enrich.dependency.kind import KIND, DependencyWorker
from esqual.enrich.dependency.pairs import RULE_VERSION
from esqual.enrich.kinds import DocumentFailure, Kind
from esqual.errors import ConfigError, EnrichmentError


def test_it_is_a_kind_that_travels_by_name() -> None:
    assert isinstance(KIND, Kind)
    assert type(pickle.loads(pickle.dumps(KIND))) is type(KIND)


def test_it_has_no_parameters() -> None:
    assert KIND.defaults({}) == {}
    with pytest.raises(ConfigError, match='"colour"'):
        KIND.defaults({"colour": "blue"})


def test_parser_dictionary_and_rules_are_in_the_fingerprint() -> None:
    told = KIND.fingerprint({})
    assert told["rules"] == RULE_VERSION
    assert told["model"] == "ja_ginza"
    assert {"ginza", "spacy", "sudachipy", "sudachidict_core"} <= told["parts"].keys()


def test_the_fingerprint_loads_neither_spacy_nor_sudachi() -> None:
    script = (
        "import sys; from esqual.enrich.dependency.kind import KIND; KIND.fingerprint({}); "
        "sys.exit(any(name in sys.modules for name in ('spacy', 'sudachipy', 'ginza')))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_half_a_character_fails_alone(worker: DependencyWorker) -> None:
    before, broken, after = worker.documents(["首が痛い", "胃が\ud800痛い", "腰が痛い"])
    assert isinstance(broken, DocumentFailure)
    assert "surrogate" in broken.reason
    assert before == {"pairs": ["首>痛い"], "roles": ["首が>痛い"]}
    assert after == {"pairs": ["腰>痛い"], "roles": ["腰が>痛い"]}
    with pytest.raises(EnrichmentError, match="topic"):
        worker.topics("p", ["胃が\ud800痛い"])


def test_a_batch_gives_what_each_text_gives_alone(worker: DependencyWorker) -> None:
    texts = ["首が痛い。", "", "雨が降り、電車が止まった。", "😀", "値段は高いが味がいい。"] * 20
    alone = {text: worker.documents([text])[0] for text in set(texts)}
    assert worker.documents(texts) == [alone[text] for text in texts]
