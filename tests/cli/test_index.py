"""``esqual index``: what goes to stdout, what to stderr, and what each option does."""

from __future__ import annotations

import gzip
import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Esqual, parsed

ARGUMENTS = ("--index", "articles", "--mapping", "mapping.json")


def _found(esqual: Esqual, text: str) -> list[str]:
    result = esqual("search", "--index", "articles", "--query", "match.json", text, "--json")
    return [hit["doc_id"] for hit in parsed(result)["hits"]]


def test_json_has_the_promised_keys_and_nothing_stands_beside_it(esqual: Esqual) -> None:
    result = esqual("index", "c.ndjson", *ARGUMENTS, "--json")
    report = parsed(result)
    assert report["schema"] == 1
    assert report["index"] == "articles"
    counts = {"read": 3, "indexed": 3, "failed": 0, "replaced": 0, "total": 3}
    none = {"resumed": 0, "retried": 0, "pages_skipped": 0}
    assert report["documents"] == {**counts, **none}
    assert report["alias"] is None
    assert report["elapsed_s"] > 0
    assert result.stderr == ""


def test_text_is_one_line_of_summary(esqual: Esqual) -> None:
    result = esqual("index", "c.ndjson", *ARGUMENTS)
    assert result.exit_code == 0
    assert result.stdout.startswith("articles: 3 documents indexed in ")
    assert result.stdout.count("\n") == 1
    assert result.stderr == ""


@pytest.mark.parametrize(
    ("name", "content", "options"),
    [
        ("x.csv", "番号,本文\nd1,胃が痛い\n", ["--id-field", "番号", "--text-field", "本文"]),
        ("x.tsv.gz", gzip.compress("id\ttext\nd1\t胃が痛い\n".encode(), mtime=0), []),
        ("x.txt", "d1\t胃が痛い\n", ["--format", "tsv", "--columns", "id,text"]),
        ("x.jsonl", '{"_id": "d1", "text": "胃が痛い"}\n', ["--id-field", "_id"]),
    ],
)
def test_every_format_and_name_ends_in_the_same_index(
    esqual: Esqual, name: str, content: str | bytes, options: list[str]
) -> None:
    Path(name).write_bytes(content.encode() if isinstance(content, str) else content)
    mapping = {"mappings": {"properties": {"text": {"type": "text", "analyzer": "kuromoji"}}}}
    Path("mapping.json").write_text(json.dumps(mapping), encoding="utf-8")
    assert esqual("index", name, *ARGUMENTS, *options).exit_code == 0
    assert _found(esqual, "胃") == ["d1"]


def test_standard_input_is_a_corpus(esqual: Esqual) -> None:
    result = esqual(
        "index", "-", "--format", "ndjson", *ARGUMENTS, stdin='{"id": "x", "text": "空が青い"}\n'
    )
    assert result.exit_code == 0
    assert _found(esqual, "空") == ["x"]


def test_running_it_again_replaces_and_says_what_that_means(indexed: Esqual) -> None:
    result = indexed("index", "c.ndjson", *ARGUMENTS, "--json")
    assert parsed(result)["documents"]["replaced"] == 3
    assert "3 documents replaced older ones" in result.stderr


def test_another_mapping_stops_it_until_told(indexed: Esqual) -> None:
    Path("mapping.json").write_text('{"mappings": {}}', encoding="utf-8")
    result = indexed("index", "c.ndjson", *ARGUMENTS)
    assert result.exit_code == 3
    assert "--recreate to replace it, --append to add" in result.stderr
    assert indexed("index", "c.ndjson", *ARGUMENTS, "--append").exit_code == 0
    assert indexed("index", "c.ndjson", *ARGUMENTS, "--recreate").exit_code == 0


def test_bad_documents_pass_up_to_a_number_and_are_listed(esqual: Esqual) -> None:
    Path("bad.ndjson").write_text('{"id": "a"}\n{"id": \n{"id": "b"}\n', encoding="utf-8")
    assert esqual("index", "bad.ndjson", *ARGUMENTS).exit_code == 3
    result = esqual("index", "bad.ndjson", *ARGUMENTS, "--recreate", "--max-errors", "1", "--json")
    documents = parsed(result)["documents"]
    assert (documents["read"], documents["indexed"], documents["failed"]) == (3, 2, 1)
    assert "1 bad document was left out, see articles.rejects.ndjson" in result.stderr
    [reject] = Path("articles.rejects.ndjson").read_text(encoding="utf-8").splitlines()
    assert json.loads(reject)["line"] == 2


def test_a_repeated_id_is_an_error_unless_the_last_one_wins(esqual: Esqual) -> None:
    Path("twice.ndjson").write_text(
        '{"id": "a", "text": "雨"}\n{"id": "a", "text": "雪"}\n', encoding="utf-8"
    )
    result = esqual("index", "twice.ndjson", *ARGUMENTS)
    assert result.exit_code == 3
    assert "twice.ndjson:2: the id 'a' stands already at twice.ndjson:1" in result.stderr
    again = esqual("index", "twice.ndjson", *ARGUMENTS, "--recreate", "--on-duplicate", "last")
    assert again.exit_code == 0
    assert _found(esqual, "雪") == ["a"]
    assert _found(esqual, "雨") == []


def test_flushes_are_told_when_asked(esqual: Esqual) -> None:
    result = esqual("index", "c.ndjson", *ARGUMENTS, "--flush-every", "2", "--verbose")
    assert result.exit_code == 0
    assert result.stderr.splitlines() == ["esqual: flushed 2 documents"]


def test_a_terminal_sees_progress_and_json_silences_it(esqual: Esqual, tmp_path: Path) -> None:
    lines = "".join(f'{{"id": "{n}", "text": "朝から雨が降る"}}\n' for n in range(1_500))
    Path("many.ndjson").write_text(lines, encoding="utf-8")

    def stderr_of(*options: str) -> str:
        ours, theirs = pty.openpty()
        run = subprocess.Popen(
            [sys.executable, "-m", "esqual", "index", "many.ndjson", *ARGUMENTS, *options],
            stdout=subprocess.DEVNULL,
            stderr=theirs,
        )
        os.close(theirs)
        seen = b""
        while True:
            try:
                part = os.read(ours, 4096)
            except OSError:  # Linux: the other end is closed
                break
            if not part:
                break
            seen += part
        os.close(ours)
        assert run.wait() == 0, seen.decode()
        return seen.decode()

    assert " documents  " in (seen := stderr_of())
    assert "%  " in seen
    assert "s left" in seen
    assert stderr_of("--json", "--recreate") == ""


def _alias(esqual: Esqual, *options: str) -> dict[str, Any]:
    return parsed(
        esqual(
            "index", "c.ndjson", "--alias", "texts", "--mapping", "mapping.json", "--json", *options
        )
    )


def test_an_alias_names_a_new_index_each_time_and_the_last_ones_are_kept(esqual: Esqual) -> None:
    names = []
    for _ in range(3):
        report = _alias(esqual, "--keep", "1")
        assert report["alias"]["replaced"] == names[-1:]
        names.append(report["index"])
    assert report["alias"]["deleted"] == names[:1]
    found = esqual("search", "--index", "texts", "--query", "match.json", "胃", "--json")
    assert len(parsed(found)["hits"]) == 2
    gone = esqual("search", "--index", names[0], "--query", "match.json", "胃")
    assert "there is no index" in gone.stderr
    assert esqual("search", "--index", names[1], "--query", "match.json", "胃").exit_code == 0


def test_a_failed_build_leaves_the_alias_alone_and_the_next_one_cleans_up(esqual: Esqual) -> None:
    first = _alias(esqual)["index"]
    good = Path("c.ndjson").read_text(encoding="utf-8")
    Path("c.ndjson").write_text(good + "{\n", encoding="utf-8")
    arguments = ("index", "c.ndjson", "--alias", "texts", "--mapping", "mapping.json")
    assert esqual(*arguments).exit_code == 3
    found = esqual("search", "--index", "texts", "--query", "match.json", "胃", "--json")
    assert len(parsed(found)["hits"]) == 2
    Path("c.ndjson").write_text(good, encoding="utf-8")
    report = _alias(esqual)
    assert report["alias"]["replaced"] == [first]
    assert len(report["alias"]["deleted"]) == 1
    assert report["alias"]["deleted"] != [first]


def test_a_build_that_failed_is_finished_by_resume(esqual: Esqual) -> None:
    good = Path("c.ndjson").read_text(encoding="utf-8")
    Path("c.ndjson").write_text(good + "{\n", encoding="utf-8")
    arguments = ("index", "c.ndjson", "--alias", "texts", "--mapping", "mapping.json")
    assert esqual(*arguments).exit_code == 3
    Path("c.ndjson").write_text(good + '{"id": "d4"}\n', encoding="utf-8")
    report = _alias(esqual, "--resume")
    assert report["alias"]["deleted"] == []
    assert (report["documents"]["resumed"], report["documents"]["total"]) == (3, 4)


def test_an_index_under_the_name_of_the_alias_is_told(indexed: Esqual) -> None:
    result = indexed("index", "c.ndjson", "--alias", "articles", "--mapping", "mapping.json")
    assert result.exit_code == 3
    assert "'articles' is an index" in result.stderr


def test_what_would_serve_nothing_never_serves(esqual: Esqual) -> None:
    first = _alias(esqual)["index"]
    Path("empty.ndjson").write_text("", encoding="utf-8")
    arguments = ("index", "empty.ndjson", "--alias", "texts", "--mapping", "mapping.json")
    result = esqual(*arguments)
    assert result.exit_code == 3
    assert "the corpus has no document" in result.stderr
    assert _alias(esqual)["alias"]["replaced"] == [first]


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--index", "a", "--alias", "b"],
        ["--index", "a", "--keep", "2"],
        ["--alias", "a", "--recreate"],
        ["--alias", "a", "--append"],
        ["--index", "a", "--recreate", "--resume"],
    ],
)
def test_options_that_contradict_each_other_are_a_usage_error(
    esqual: Esqual, options: list[str]
) -> None:
    result = esqual("index", "c.ndjson", "--mapping", "mapping.json", *options)
    assert result.exit_code == 2


def test_a_load_that_was_cut_off_says_so_to_a_search_and_is_resumed(esqual: Esqual) -> None:
    good = Path("c.ndjson").read_text(encoding="utf-8")
    Path("c.ndjson").write_text(good + "{\n", encoding="utf-8")
    assert esqual("index", "c.ndjson", *ARGUMENTS).exit_code == 3
    search = ("search", "--index", "articles", "--query", "match.json", "胃")
    assert "the index 'articles' is not completely loaded" in esqual(*search).stderr
    Path("c.ndjson").write_text(good + '{"id": "d4"}\n', encoding="utf-8")
    report = parsed(esqual("index", "c.ndjson", *ARGUMENTS, "--resume", "--json"))
    assert (report["documents"]["resumed"], report["documents"]["total"]) == (3, 4)
    assert esqual(*search).stderr == ""


def test_another_corpus_is_not_resumed(esqual: Esqual) -> None:
    good = Path("c.ndjson").read_text(encoding="utf-8")
    Path("c.ndjson").write_text(good + "{\n", encoding="utf-8")
    assert esqual("index", "c.ndjson", *ARGUMENTS).exit_code == 3
    Path("c.ndjson").write_text(good.replace("むかむか", "しくしく"), encoding="utf-8")
    result = esqual("index", "c.ndjson", *ARGUMENTS, "--resume")
    assert result.exit_code == 3
    assert "the first 3 documents of the corpus are not those" in result.stderr
    Path("c.ndjson").write_text(good.splitlines()[0] + "\n", encoding="utf-8")
    result = esqual("index", "c.ndjson", *ARGUMENTS, "--resume")
    assert "the corpus has 1 documents" in result.stderr


def test_a_wiki_dump_is_read_by_article_or_by_paragraph(esqual: Esqual) -> None:
    action = '{"index": {"_id": "7"}}\n'
    page = {
        "title": "雨",
        "namespace": 0,
        "text": "雨は空から降る。傘を差す。",
        "source_text": "雨は空から降る。\n\n傘を差す。",
    }
    talk = {"title": "ノート:雨", "namespace": 1, "text": "雑談", "source_text": "雑談"}
    lines = [action, json.dumps(page) + "\n", action, json.dumps(talk) + "\n"]
    Path("x-cirrussearch-content.json").write_text("".join(lines), encoding="utf-8")
    mapping = {"mappings": {"properties": {"text": {"type": "text", "analyzer": "kuromoji"}}}}
    Path("mapping.json").write_text(json.dumps(mapping), encoding="utf-8")
    arguments = ("index", "x-cirrussearch-content.json", *ARGUMENTS, "--recreate", "--json")
    result = esqual(*arguments)
    assert parsed(result)["documents"]["total"] == 1
    assert parsed(result)["documents"]["pages_skipped"] == 1
    assert "1 page was left out" in result.stderr
    assert parsed(esqual(*arguments, "--by", "paragraph"))["documents"]["total"] == 2
    assert _found(esqual, "傘") == ["7-2"]
