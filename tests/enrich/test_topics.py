"""Topics get the parameters that a template names, and no others."""

from __future__ import annotations

import pytest

from esqual.enrich.topics import topic_parameters, used_enrichments
from esqual.errors import ConfigError
from esqual.models import Topic
from tests.enrich import letters
from tests.enrich.conftest import read

TOPICS = [Topic("t1", "胃痛"), Topic("t2", "胃")]


def test_every_name_of_a_used_enrichment_is_there_and_empty_is_false() -> None:
    assert topic_parameters(TOPICS, read(), ["query", "pairs"]) == {
        "t1": {"pairs": "胃痛", "pairs_list": ["胃痛"], "has_pairs": True},
        "t2": {"pairs": "", "pairs_list": [], "has_pairs": False},
    }


def test_what_no_template_names_is_not_computed() -> None:
    assert topic_parameters(TOPICS, read(), ["query", "op"]) == {"t1": {}, "t2": {}}
    assert letters.SEEN == []
    both = read({}, {"name": "vec", "target": "v"})
    assert [e.name for e in used_enrichments(both, ["has_vec"])] == ["vec"]


def test_a_part_of_a_parameter_names_the_parameter() -> None:
    [made] = topic_parameters(TOPICS[:1], read(), ["pairs_list.size"]).values()
    assert made["pairs_list"] == ["胃痛"]


def test_one_text_is_computed_once() -> None:
    topic_parameters([Topic("a", "胃痛"), Topic("b", "胃痛")], read(), ["pairs"])
    assert letters.SEEN == ["胃痛"]


def test_a_name_from_two_sides_is_refused() -> None:
    with pytest.raises(ConfigError, match="has_pairs: given by --param and by the enrichment"):
        topic_parameters(TOPICS, read(), ["pairs"], given=["has_pairs"])
    with pytest.raises(ConfigError, match="pairs: given by a column of the topics file"):
        topic_parameters([Topic("t", "胃痛", {"pairs": "x"})], read(), ["pairs"])
