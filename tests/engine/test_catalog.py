"""The folder of an engine: one writer, many readers, several indices, formats it knows."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import elasticsearch
import pytest
from elasticsearch import helpers

import esqual
from esqual.engine.lucene.catalog import Catalog
from esqual.engine.lucene.names import Expand, expand
from esqual.errors import ConfigError

HOLD = """
import sys, esqual
client = esqual.connect("lucene:" + sys.argv[1])
client.index(index="a", id="1", document={"t": "胃が痛い"}, refresh=True)
client.indices.flush(index="a")
print("ready", flush=True)
for line in sys.stdin:
    client.index(index="a", id=line.strip(), document={"t": "頭が痛い"})
    client.index(index=line.strip(), document={"neu": 1})
    client.indices.flush()
    print("done", flush=True)
client.close()
"""


def _writer(path: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_a_second_process_reads_what_the_first_commits_but_may_not_write(tmp_path: Path) -> None:
    with _writer(tmp_path) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        client = esqual.connect(f"lucene:{tmp_path}")
        assert client.get(index="a", id="1")["_source"] == {"t": "胃が痛い"}
        for write in (
            lambda: client.index(index="a", id="9", document={"t": "x"}),
            lambda: client.indices.create(index="b"),
            lambda: client.indices.delete(index="a"),
        ):
            with pytest.raises(elasticsearch.ApiError) as refusal:
                write()
            assert refusal.value.status_code == 503
            reason = refusal.value.body["error"]["reason"]
            assert "another process writes to" in reason
            assert str(tmp_path) in reason
        process.stdin.write("zwei\n")
        process.stdin.flush()
        assert process.stdout.readline() == "done\n"
        # a new document, a new index and its new field, all seen without opening anything again
        assert client.get(index="a", id="zwei")["found"]
        assert "neu" in client.indices.get_mapping(index="zwei")["zwei"]["mappings"]["properties"]
        process.stdin.close()
    # the writer has gone: now it is our turn
    assert client.index(index="a", id="9", document={"t": "x"})["result"] == "created"
    client.close()


def test_all_clients_of_one_path_in_a_process_write_together(tmp_path: Path) -> None:
    one = esqual.connect(f"lucene:{tmp_path}/x/../engine")
    other = esqual.connect(f"lucene:{tmp_path}/engine")
    one.index(index="a", id="1", document={"n": 1})
    other.index(index="a", id="2", document={"n": 2})
    one.close()
    other.index(index="a", id="3", document={"n": 3}, refresh=True)
    assert other.cat.count(index="a", format="json")[0]["count"] == "3"
    other.close()


def test_reopening_keeps_documents_mapping_settings_and_aliases(tmp_path: Path) -> None:
    client = esqual.connect(f"lucene:{tmp_path}")
    client.indices.create(
        index="a",
        settings={"refresh_interval": "3s"},
        mappings={"properties": {"t": {"type": "text", "analyzer": "kuromoji"}}},
        aliases={"neu": {}},
    )
    client.index(index="a", id="1", document={"t": "京都の秋", "dynamic": 1})
    before = client.indices.get(index="a").body
    version = client.index(index="a", id="1", document={"t": "京都の冬"})["_version"]
    client.close()
    Catalog._open.clear()  # as a new process would begin
    client = esqual.connect(f"lucene:{tmp_path}")
    assert client.indices.get(index="a").body == before
    found = client.get(index="neu", id="1")
    assert (found["_version"], found["_source"]) == (version, {"t": "京都の冬"})
    assert client.index(index="a", id="1", document={})["_seq_no"] == 2
    client.close()


def test_two_builds_of_one_corpus_are_alike(tmp_path: Path) -> None:
    def build(name: str, refresh_every: int) -> list[tuple[str, ...]]:
        client = esqual.connect(f"lucene:{tmp_path / name}")
        for start in range(0, 600, refresh_every):
            chunk = range(start, min(start + refresh_every, 600))
            helpers.bulk(
                client,
                ({"_index": "a", "_id": f"d{n}", "t": "同じ文"} for n in chunk),
                refresh=True,
            )
        searcher = Catalog.open(tmp_path / name).resolve("a")[0].searcher()
        order = searcher.ids(range(600))
        client.close()
        return order

    # the order of documents is that of indexing, however the segments came about
    assert build("one", 600) == build("two", 7) == [f"d{n}" for n in range(600)]


def test_a_deleted_index_leaves_no_files_and_its_name_is_free(tmp_path: Path) -> None:
    client = esqual.connect(f"lucene:{tmp_path}")
    client.index(index="a", id="1", document={"t": "x"}, refresh=True)
    client.indices.delete(index="a")
    assert list((tmp_path / "indices").iterdir()) == []
    client.index(index="a", id="2", document={"t": "y"}, refresh=True)
    assert not client.exists(index="a", id="1")
    client.close()


def test_the_next_writer_removes_what_a_killed_one_left(tmp_path: Path) -> None:
    client = esqual.connect(f"lucene:{tmp_path}")
    client.index(index="a", id="1", document={"t": "x"})
    client.close()
    stray = tmp_path / "indices" / ("x" * 22)
    stray.mkdir()
    (stray / "_0.cfs").write_bytes(b"half")
    half = tmp_path / "esqual.json.1.tmp"
    half.write_bytes(b"{")
    client.index(index="a", id="2", document={"t": "x"})
    assert not stray.exists()
    assert not half.exists()
    client.close()


@pytest.mark.parametrize(
    ("content", "says"),
    [(b'{"format": 99}', "format 99"), (b"{half", "is damaged"), (b"[]", "is damaged")],
)
def test_a_folder_of_another_format_is_refused_with_its_name(
    content: bytes, says: str, tmp_path: Path
) -> None:
    (tmp_path / "esqual.json").write_bytes(content)
    with pytest.raises(ConfigError, match=says) as refusal:
        esqual.connect(f"lucene:{tmp_path}")
    assert str(tmp_path) in str(refusal.value)


def test_a_folder_with_indices_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    precious = tmp_path / "indices" / ("y" * 22)
    precious.mkdir(parents=True)
    client = esqual.connect(f"lucene:{tmp_path}")
    with pytest.raises(elasticsearch.ApiError, match="corrupt_folder") as refusal:
        client.indices.create(index="a")
    assert "did not make" in refusal.value.body["error"]["reason"]
    assert precious.exists()


def test_a_process_that_may_not_write_keeps_the_mapping_as_it_is(tmp_path: Path) -> None:
    with _writer(tmp_path) as process:
        client = esqual.connect(f"lucene:{tmp_path}")
        with pytest.raises(elasticsearch.ApiError):
            client.index(index="a", document={"unbekannt": 1})
        with pytest.raises(elasticsearch.ApiError):
            client.indices.put_mapping(index="a", properties={"unbekannt": {"type": "long"}})
        mapping = client.indices.get_mapping(index="a")["a"]["mappings"]["properties"]
        assert list(mapping) == ["t"]
        process.communicate("")


def test_a_mapping_for_several_indices_is_taken_by_all_or_none(tmp_path: Path) -> None:
    client = esqual.connect(f"lucene:{tmp_path}")
    client.indices.create(index="a")
    client.indices.create(index="b", mappings={"properties": {"t": {"type": "long"}}})
    with pytest.raises(elasticsearch.BadRequestError):
        client.indices.put_mapping(index="a,b", properties={"t": {"type": "text"}})
    assert client.indices.get_mapping(index="a")["a"]["mappings"] == {}
    client.close()


def test_a_path_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ConfigError, match="is a file"):
        esqual.connect(f"lucene:{tmp_path / 'file'}")


def test_looking_at_a_path_makes_no_folder(tmp_path: Path) -> None:
    client = esqual.connect(f"lucene:{tmp_path / 'none'}")
    assert client.ping()
    assert not client.indices.exists(index="a")
    assert not (tmp_path / "none").exists()


def test_alias_actions_happen_all_or_none(tmp_path: Path) -> None:
    client = esqual.connect(f"lucene:{tmp_path}")
    client.indices.create(index="v1", aliases={"now": {}})
    client.indices.create(index="v2")
    with pytest.raises(elasticsearch.NotFoundError):
        client.indices.update_aliases(
            actions=[
                {"remove": {"index": "v1", "alias": "now"}},
                {"add": {"index": "v3", "alias": "now"}},
            ]
        )
    on_disk = json.loads((tmp_path / "esqual.json").read_text())["indices"]
    assert (on_disk["v1"]["aliases"], on_disk["v2"]["aliases"]) == ({"now": {}}, {})
    client.indices.update_aliases(
        actions=[{"remove_index": {"index": "v1"}}, {"add": {"index": "v2", "alias": "now"}}]
    )
    assert list(client.indices.get_alias(name="now")) == ["v2"]
    assert not client.indices.exists(index="v1")
    client.close()


ALIASES = {"both": ["a1", "a2"], "one": ["b"]}


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        (None, ["a1", "a2", "b"]),
        ("_all", ["a1", "a2", "b"]),
        ("b,a1", ["b", "a1"]),
        ("a*", ["a1", "a2"]),
        ("*,-a1", ["a2", "b"]),
        ("a*,-*2", ["a1"]),
        ("both", ["a1", "a2"]),
        ("o*", ["b"]),
        ("both,a1", ["a1", "a2"]),
        ("z*", []),
    ],
)
def test_expressions_find_indices(expression: str | None, names: list[str]) -> None:
    assert expand(expression, ["b", "a2", "a1"], ALIASES, Expand()) == names


@pytest.mark.parametrize(
    ("expression", "how"),
    [
        ("missing", Expand()),
        (",", Expand()),
        ("a1,missing", Expand()),
        ("z*", Expand(allow_no_indices=False)),
        ("one", Expand(aliases=False)),
    ],
)
def test_expressions_that_find_nothing_are_404(expression: str, how: Expand) -> None:
    from esqual.engine.lucene.api_error import ApiError

    with pytest.raises(ApiError) as refusal:
        expand(expression, ["a1"], ALIASES, how)
    assert refusal.value.status == 404


def test_a_folder_removed_before_the_end_is_no_noise(tmp_path: Path) -> None:
    script = (
        "import esqual, shutil\n"
        f"client = esqual.connect('lucene:{tmp_path}/gone')\n"
        "client.index(index='a', id='1', document={'text': '海'})\n"
        f"shutil.rmtree('{tmp_path}/gone')\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, "")
