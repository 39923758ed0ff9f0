"""Enrichment from the command line: index, enrich, search and compare-queries agree, or say why."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from esqual import connect
from esqual.enrich.kinds import KINDS
from tests.cli.conftest import Esqual, parsed
from tests.enrich import letters

TEXTS = {"d1": "ずっと胃が痛い。", "d2": "頭が痛い。胃がむかむかする。", "d3": "窓から海が見える。"}
STRICT = """{"query": {"bool": {"must": [
  {"match": {"text": "{{query}}"}}
  {{#has_pairs}},{"match": {"dep.pairs": {"query": "{{pairs}}", "operator": "and"}}}{{/has_pairs}}
]}}}"""
INDEX = ("--index", "a", "--mapping", "enriched.json")


def mapping(**entry: Any) -> dict[str, Any]:
    base = {"name": "pairs", "kind": letters.NAME, "source": "text", "target": "dep"}
    pairs = {"type": "text", "analyzer": "whitespace"}
    return {
        "mappings": {
            "dynamic": "strict",
            "_meta": {"owner": "us", "esqual": {"enrich": [{**base, **entry}]}},
            "properties": {
                "id": {"type": "keyword"},
                "text": {"type": "text", "analyzer": "kuromoji"},
                "dep": {"properties": {"pairs": pairs}},
            },
        }
    }


@pytest.fixture
def enriching(esqual: Esqual, monkeypatch: pytest.MonkeyPatch) -> Esqual:
    """The command line with the kind ``letters`` in the table, a corpus, a mapping, a template."""
    monkeypatch.setitem(KINDS, letters.NAME, letters.IMPLEMENTATION)
    monkeypatch.setitem(letters.VERSION, "version", "1")
    letters.SEEN.clear()
    write("enriched.json", mapping())
    corpus("raw.ndjson", *({"id": doc_id, "text": text} for doc_id, text in TEXTS.items()))
    Path("strict.json").write_text(STRICT, encoding="utf-8")
    Path("topics.tsv").write_text("t1\t胃が\nt2\t海\n", encoding="utf-8")
    return esqual


@pytest.fixture
def enriched(enriching: Esqual) -> Esqual:
    """The same with raw.ndjson in the index ``a``."""
    done(enriching("index", "raw.ndjson", *INDEX))
    letters.SEEN.clear()
    return enriching


def write(name: str, value: Any) -> None:
    Path(name).write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")


def corpus(name: str, *bodies: dict[str, Any]) -> None:
    lines = [json.dumps(body, ensure_ascii=False) + "\n" for body in bodies]
    Path(name).write_text("".join(lines), encoding="utf-8")


def done(result: Result) -> Result:
    assert result.exit_code == 0, result.output
    return result


def refused(result: Result, *words: str) -> None:
    assert result.exit_code == 3, result.output
    for word in words:
        assert word in result.stderr


def look(tmp_path: Path, ask: Callable[[Any], Any]) -> Any:
    client = connect(f"lucene:{tmp_path / 'engine'}")
    try:
        return ask(client)
    finally:
        client.close()


def sources(tmp_path: Path, index: str = "a") -> dict[str, str]:
    """doc_id → its source to the letter, keys in their order."""

    def ask(client: Any) -> dict[str, str]:
        hits = client.search(index=index, query={"match_all": {}}, size=100).body["hits"]["hits"]
        return {hit["_id"]: json.dumps(hit["_source"], ensure_ascii=False) for hit in hits}

    return look(tmp_path, ask)


def strict(run: Esqual, *options: str, text: str = "胃が") -> Result:
    return run("search", "--index", "a", "--query", "strict.json", text, "--json", *options)


def ids(result: Result) -> list[str]:
    return [hit["doc_id"] for hit in parsed(result)["hits"]]


def test_index_and_search_make_the_same_pairs(enriched: Esqual, tmp_path: Path) -> None:
    assert json.loads(sources(tmp_path)["d1"])["dep"]["pairs"][:2] == ["ずっ", "っと"]
    assert ids(strict(enriched, "--mapping", "enriched.json")) == ["d1", "d2"]
    # one letter has no pair: its clause drops out and the word query stays
    assert ids(strict(enriched, "--mapping", "enriched.json", text="海")) == ["d3"]


def test_meta_says_what_made_the_fields(enriched: Esqual, tmp_path: Path) -> None:
    meta = look(tmp_path, lambda client: client.indices.get_mapping(index="a").body)["a"]
    esqual = meta["mappings"]["_meta"]["esqual"]
    assert meta["mappings"]["_meta"]["owner"] == "us"
    assert esqual["enrich"] == mapping()["mappings"]["_meta"]["esqual"]["enrich"]
    assert sorted(esqual) == ["enrich", "enriched", "mapping_digest"]
    made = esqual["enriched"]["dep"]
    assert made["names"] == ["pairs", "pairs_list", "has_pairs"]
    assert made["fingerprint"]["made_with"] == {"model": "letters", "version": "1"}
    assert len(made["digest"]) == 64


def test_the_report_counts_fields_and_the_time_they_took(enriching: Esqual) -> None:
    corpus("some.ndjson", {"id": "x", "text": "胃痛"}, {"id": "y"})
    result = enriching("index", "some.ndjson", *INDEX, "--json")
    report = parsed(result)
    assert report["enriched"] == {"dep": {"made": 1, "kept": 0, "without": 1}}
    assert report["enrich_failed"] == 0
    assert 0 < report["enrich_s"] <= report["elapsed_s"]
    assert result.stderr == "esqual: 1 of 2 documents have no field dep\n"
    text = done(enriching("index", "some.ndjson", *INDEX, "--recreate"))
    assert "\nenriched: dep (1); " in text.stdout


def test_enriched_and_indexed_is_indexed_from_the_raw_text_byte_for_byte(
    enriched: Esqual, tmp_path: Path
) -> None:
    done(enriched("enrich", "raw.ndjson", "made.ndjson", "--mapping", "enriched.json"))
    letters.SEEN.clear()
    arguments = ("--index", "b", "--mapping", "enriched.json")
    report = parsed(enriched("index", "made.ndjson", *arguments, "--json"))
    assert letters.SEEN == []
    assert report["enriched"] == {"dep": {"made": 0, "kept": 3, "without": 0}}
    assert sources(tmp_path, "b") == sources(tmp_path, "a")
    mappings = look(tmp_path, lambda client: client.indices.get_mapping(index="a,b").body)
    assert json.dumps(mappings["a"]) == json.dumps(mappings["b"])
    for index in "ab":
        done(
            enriched(
                *("compare-queries", "--index", index, "--topics", "topics.tsv"),
                *("--baseline", "match.json", "--candidate", "strict.json"),
                *("--mapping", "enriched.json", "--run-candidate", f"{index}.run"),
            )
        )
    assert Path("a.run").read_bytes() == Path("b.run").read_bytes() != b""


def test_the_filter_reads_and_writes_standard_streams_and_gzip(enriching: Esqual) -> None:
    raw = Path("raw.ndjson").read_bytes()
    piped = done(enriching("enrich", "--mapping", "enriched.json", stdin=raw))
    done(enriching("enrich", "raw.ndjson", "made.ndjson.gz", "--mapping", "enriched.json"))
    assert gzip.decompress(Path("made.ndjson.gz").read_bytes()) == piped.stdout_bytes
    first = json.loads(piped.stdout.splitlines()[0])
    assert list(first) == ["id", "text", "dep", "_esqual"]
    again = done(enriching("enrich", "--mapping", "enriched.json", stdin=piped.stdout_bytes))
    assert again.stdout_bytes == piped.stdout_bytes


def test_the_filter_takes_what_index_takes(enriching: Esqual, tmp_path: Path) -> None:
    Path("x.csv").write_text("_id,本文\nd1,胃痛\n", encoding="utf-8")
    names = ("--id-field", "_id", "--text-field", "本文", "--mapping", "enriched.json")
    done(enriching("enrich", "x.csv", "made.ndjson", *names))
    done(enriching("index", "x.csv", "--index", "a", *names))
    done(
        enriching(
            "index",
            "made.ndjson",
            "--index",
            "b",
            "--id-field",
            "_id",
            "--mapping",
            "enriched.json",
        )
    )
    assert sources(tmp_path, "a") == sources(tmp_path, "b") != {}


def test_a_failed_filter_leaves_no_file(enriching: Esqual) -> None:
    corpus("bad.ndjson", {"id": "x", "text": "胃痛"}, {"id": "y", "text": "\0"})
    Path("made.ndjson").write_text("older\n", encoding="utf-8")
    result = enriching("enrich", "bad.ndjson", "made.ndjson", "--mapping", "enriched.json")
    refused(result, "bad.ndjson:2: no 'dep' (enrichment 'pairs'): a NUL is not text")
    assert Path("made.ndjson").read_text(encoding="utf-8") == "older\n"
    assert not list(Path().glob(".made*"))


def test_a_text_that_fails_is_rejected_or_kept_as_asked(enriching: Esqual, tmp_path: Path) -> None:
    corpus("bad.ndjson", {"id": "x", "text": 5}, {"id": "y", "text": "\0"}, {"id": "z"})
    refused(enriching("index", "bad.ndjson", *INDEX), "bad.ndjson:1: no 'dep'", "holds 5")
    result = enriching("index", "bad.ndjson", *INDEX, "--recreate", "--max-errors", "2", "--json")
    counted = parsed(result)["documents"]
    assert {name: count for name, count in counted.items() if count} == {
        "read": 3,
        "indexed": 1,
        "failed": 2,
        "total": 1,
    }
    keep = enriching(
        "index", "bad.ndjson", *INDEX, "--recreate", "--on-enrich-error", "keep", "--json"
    )
    assert parsed(keep)["enrich_failed"] == 2
    assert "esqual: bad.ndjson:2: y is kept with no 'dep'" in keep.stderr
    assert sorted(sources(tmp_path)) == ["x", "y", "z"]


def test_a_corpus_of_another_version_is_not_mixed_in(
    enriching: Esqual, monkeypatch: pytest.MonkeyPatch
) -> None:
    done(enriching("enrich", "raw.ndjson", "made.ndjson", "--mapping", "enriched.json"))
    monkeypatch.setitem(letters.VERSION, "version", "2")
    refused(enriching("index", "made.ndjson", *INDEX), "made.ndjson:1", "made by another version")
    refused(
        enriching("enrich", "made.ndjson", "-", "--mapping", "enriched.json"), "another version"
    )


def test_another_version_is_refused_on_every_side(
    enriched: Esqual, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(letters.VERSION, "version", "2")
    words = ("the index 'a' made the field 'dep'", "version: 1 in the index, 2 here", "--recreate")
    refused(strict(enriched, "--mapping", "enriched.json"), *words)
    refused(compare(enriched), *words)
    refused(enriched("index", "raw.ndjson", *INDEX), *words)
    refused(enriched("index", "raw.ndjson", *INDEX, "--append"), *words)
    assert letters.SEEN == []
    done(enriched("index", "raw.ndjson", *INDEX, "--recreate"))
    done(strict(enriched, "--mapping", "enriched.json"))


def compare(run: Esqual, *options: str, candidate: str = "strict.json") -> Result:
    return run(
        *("compare-queries", "--index", "a", "--topics", "topics.tsv", "--baseline", "match.json"),
        *("--candidate", candidate, "--mapping", "enriched.json", "--json", *options),
    )


def test_several_arms_ask_for_each_topic_once(enriched: Esqual) -> None:
    """Without a cache on the disk too, which the tests have switched off."""
    Path("again.json").write_text(STRICT.replace("and", "or"), encoding="utf-8")
    done(compare(enriched, "--candidate", "again.json", "--baseline", "strict.json"))
    assert letters.SEEN == ["胃が", "海"]


def test_holes_keeps_the_topics_that_it_enriched(
    enriched: Esqual, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ESQUAL_CACHE", str(tmp_path / "cache"))
    Path("qrels.txt").write_text("t1 0 d1 1\nt2 0 d3 1\n", encoding="utf-8")
    for _ in range(2):
        done(
            enriched(
                *("holes", "--index", "a", "--topics", "topics.tsv", "--qrels", "qrels.txt"),
                *("--baseline", "match.json", "--candidate", "strict.json"),
                *("--mapping", "enriched.json"),
            )
        )
    assert letters.SEEN == ["胃が", "海"]


def test_every_index_of_an_alias_must_agree(enriched: Esqual, tmp_path: Path) -> None:
    write("other.json", mapping(parameters={"least": 3}))
    done(enriched("index", "raw.ndjson", "--index", "b", "--mapping", "other.json"))
    for index in "ab":
        look(tmp_path, lambda client, name=index: client.indices.put_alias(index=name, name="both"))
    search = ("search", "--index", "both", "--query", "strict.json", "胃が")
    refused(
        enriched(*search, "--mapping", "enriched.json"),
        "the index 'b'",
        "parameters.least: 3 in the index, 1 here",
    )
    refused(enriched(*search, "--mapping", "other.json"), "the index 'a'")


def test_an_index_that_says_nothing_is_refused(enriched: Esqual, tmp_path: Path) -> None:
    def make(client: Any) -> None:
        body = mapping()
        del body["mappings"]["_meta"]
        client.indices.delete(index="a")
        client.indices.create(index="a", body=body)

    look(tmp_path, make)
    refused(strict(enriched, "--mapping", "enriched.json"), "'a' does not say what made the field")
    refused(enriched("index", "raw.ndjson", *INDEX, "--append"), "does not say what made the field")


def test_a_name_that_nothing_declares_says_to_name_the_mapping(
    indexed: Esqual, enriching: Esqual
) -> None:
    result = indexed("search", "--index", "articles", "--query", "strict.json", "胃が")
    refused(result, "no parameter declares {{has_pairs}}", "--mapping FILE")


def test_a_default_of_the_template_does_not_hide_a_missing_mapping(enriched: Esqual) -> None:
    text = "{{query}}{{#pairs}} {{pairs}}{{/pairs}}{{^pairs}}{{/pairs}}"
    template = f'{{"query": {{"match": {{"text": "{text}"}}}}}}'
    Path("strict.json").write_text(template, encoding="utf-8")
    refused(strict(enriched), "uses {{pairs}}, which the index 'a'", "--mapping FILE")


def test_adding_to_an_enriched_index_without_its_mapping_is_refused(enriched: Esqual) -> None:
    result = enriched("index", "raw.ndjson", "--index", "a", "--append")
    refused(result, "have the enriched field 'dep', and no mapping file is named", "--mapping")


def test_only_what_a_template_names_is_computed(enriched: Esqual) -> None:
    done(compare(enriched, "--candidate-index", "a", candidate="match.json"))
    assert letters.SEEN == []
    done(compare(enriched))
    assert letters.SEEN == ["胃が", "海"]


def test_the_comparison_counts_the_documents_without_the_field(enriched: Esqual) -> None:
    corpus("more.ndjson", {"id": "x"})
    done(enriched("index", "more.ndjson", *INDEX, "--append"))
    result = compare(enriched)
    report = parsed(result)
    [field] = report["enriched"]["candidate"]
    assert report["enriched"]["baseline"] == []
    assert (field["target"], field["lacking"], field["documents"]) == ("dep", 1, 4)
    assert len(field["digest"]) == 64
    sentence = "1 of 4 documents have nothing in the field dep"
    assert any(note.startswith(f"candidate: {sentence}") for note in report["notes"])
    assert sentence in strict(enriched, "--mapping", "enriched.json").stderr


def test_the_candidate_may_have_a_mapping_of_its_own(enriched: Esqual) -> None:
    write("other.json", mapping(parameters={"least": 3}))
    done(enriched("index", "raw.ndjson", "--index", "b", "--mapping", "other.json"))
    options = ("--candidate-index", "b")
    refused(compare(enriched, *options), "the index 'b'")
    done(compare(enriched, *options, "--candidate-mapping", "other.json"))


def test_settings_name_the_mapping_where_no_flag_does(
    enriched: Esqual, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("esqual.toml").write_text('[esqual]\nmapping = "enriched.json"\n', encoding="utf-8")
    assert ids(strict(enriched)) == ["d1", "d2"]
    done(enriched("index", "raw.ndjson", "--index", "a"))
    done(enriched("enrich", "raw.ndjson", "made.ndjson"))
    monkeypatch.setenv("ESQUAL_MAPPING", "none.json")
    refused(strict(enriched), "none.json: the mapping file cannot be read")
    assert ids(strict(enriched, "--mapping", "enriched.json")) == ["d1", "d2"]


@pytest.mark.parametrize(
    ("entry", "field", "reason"),
    [
        ({"kind": "letters"}, None, "is not in mappings.properties"),
        ({"kind": "letters"}, {"type": "text"}, "needs an object"),
        ({"kind": "dependency"}, {"type": "text"}, 'needs an object with the field "pairs"'),
        ({"kind": "vector"}, {"type": "text"}, 'is mapped as "text"'),
        ({"kind": "vector"}, {"type": "dense_vector", "dims": 9}, "is mapped with 9 dims, and"),
    ],
)
def test_a_target_that_cannot_hold_what_is_made_is_refused_before_the_first_document(
    enriching: Esqual, entry: dict[str, Any], field: dict[str, Any] | None, reason: str
) -> None:
    parameters = {"encoder": "char-ngram", "dims": 8} if entry["kind"] == "vector" else {}
    body = mapping(**entry, parameters=parameters)
    body["mappings"]["properties"]["dep"] = field
    write("enriched.json", body)
    refused(enriching("index", "raw.ndjson", *INDEX), "the field 'dep' of the enrichment", reason)


def test_the_filter_without_a_declaration_has_nothing_to_do(enriching: Esqual) -> None:
    refused(enriching("enrich", "raw.ndjson", "-"), "there is nothing to enrich", "--mapping FILE")
    refused(
        enriching("enrich", "raw.ndjson", "-", "--mapping", "mapping.json"), "nothing to enrich"
    )


def test_a_mapping_without_enrichments_indexes_an_enriched_corpus_without_the_marker(
    enriching: Esqual, tmp_path: Path
) -> None:
    done(enriching("enrich", "raw.ndjson", "made.ndjson", "--mapping", "enriched.json"))
    write("plain.json", {"mappings": {"dynamic": False}})
    done(enriching("index", "made.ndjson", "--index", "p", "--mapping", "plain.json"))
    assert list(json.loads(sources(tmp_path, "p")["d1"])) == ["id", "text", "dep"]
