"""What is acknowledged is there, whole; what is not is not there at all."""

from __future__ import annotations

import resource
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from esqual.history import HistoryError, count_decisions, open_history
from esqual.history.reading import entry_at, list_entries, report_of, text_of, values_of
from esqual.history.schema import STEPS, upgrade, version
from tests.conftest import ROOT
from tests.history.made import JUDGMENTS_DIGEST, TOPICS_DIGEST, entry, place


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    with open_history(place(tmp_path), writing=True) as history:
        assert history.keep([entry((1,)), entry(tag="other")]) == [1, 2]
    with open_history(place(tmp_path)) as history:
        first, second = list_entries(history)
        assert (first.tag, second.tag) == ("candidate", "other")
        assert first.measure == "RR@10"
        assert first.delta == pytest.approx(-1 / 6)
        assert first.verdict == "INCONCLUSIVE"
        assert values_of(history, [first])[1] == {
            f"t{i}": (1.0, 0.0 if i == 1 else 1.0) for i in range(6)
        }
        assert report_of(first)["verdict"] == "INCONCLUSIVE"
        assert "胃が痛い" in (text_of(history, first.topics_digest) or "")
        assert "match" in (text_of(history, first.columns["candidate_template_digest"]) or "")


def test_a_text_is_kept_once(tmp_path: Path) -> None:
    with open_history(place(tmp_path), writing=True) as history:
        history.keep([entry(), entry()])
        history.keep([entry()])
    with sqlite3.connect(place(tmp_path)) as connection:
        texts = connection.execute(
            "SELECT COUNT(*), COUNT(DISTINCT body) FROM kept_text"
        ).fetchone()
    assert texts == (5, 5)  # topics, gate, two templates, one mapping of both arms


def test_all_candidates_of_a_command_are_kept_or_none(tmp_path: Path) -> None:
    bad = entry(tag="bad")
    broken = type(bad)({**bad.columns, "tag": None}, bad.texts, bad.values)
    with pytest.raises(HistoryError), open_history(place(tmp_path), writing=True) as history:
        history.keep([entry(), broken])
    with sqlite3.connect(place(tmp_path)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master").fetchall()
    assert tables == []


def test_decisions_on_a_test_set_are_counted_by_command(tmp_path: Path) -> None:
    with open_history(place(tmp_path), writing=True) as history:
        history.keep([entry(batch="1" * 32), entry(batch="1" * 32, tag="second")])
        history.keep([entry(batch="2" * 32)])
        history.keep([entry(batch="3" * 32, gate=False)])
        history.keep([entry(batch="4" * 32, topics_digest="d" * 64)])
        assert count_decisions(history, TOPICS_DIGEST) == 2
        assert count_decisions(history, TOPICS_DIGEST, JUDGMENTS_DIGEST) == 2
        assert count_decisions(history, TOPICS_DIGEST, "e" * 64) == 0


def test_no_secret_is_kept(tmp_path: Path) -> None:
    from esqual.engine.secret import Secret

    Secret("himitsu-no-kagi")
    kept = entry(template='{"query": {"match": {"t": "himitsu-no-kagi"}}}')
    with open_history(place(tmp_path), writing=True) as history:
        history.keep([kept, entry(engine="https://elastic:hunter22@es.example:9200")])
    content = Path(place(tmp_path)).read_bytes()
    assert b"himitsu-no-kagi" not in content
    assert b"hunter22" not in content
    assert b"es.example" in content


def test_an_older_database_is_taken_to_today_with_what_it_holds(tmp_path: Path) -> None:
    def add_a_column(connection: sa.Connection) -> None:
        connection.execute(sa.text("ALTER TABLE comparison ADD COLUMN note TEXT DEFAULT 'なし'"))

    with open_history(place(tmp_path), writing=True) as history:
        history.keep([entry((1,))])
        with history.transaction() as connection:
            upgrade(connection, [*STEPS, add_a_column])
        with history.transaction() as connection:
            assert version(connection) == len(STEPS) + 1
            note, own = connection.execute(sa.text("SELECT note, candidate FROM comparison")).one()
        assert (note, own) == ("なし", pytest.approx(5 / 6))


def test_a_step_that_fails_leaves_the_old_version(tmp_path: Path) -> None:
    def half(connection: sa.Connection) -> None:
        connection.execute(sa.text("ALTER TABLE comparison ADD COLUMN note TEXT"))
        raise OSError("the disk is gone")

    with open_history(place(tmp_path), writing=True) as history:
        history.keep([entry()])
        with pytest.raises(OSError, match="disk"), history.transaction() as connection:
            upgrade(connection, [*STEPS, half])
        with history.transaction() as connection:
            assert version(connection) == len(STEPS)
            columns = {row["name"] for row in sa.inspect(connection).get_columns("comparison")}
    assert "note" not in columns


def test_a_database_of_a_newer_esqual_is_refused_and_left_alone(tmp_path: Path) -> None:
    with open_history(place(tmp_path), writing=True) as history:
        history.keep([entry()])
        with history.transaction() as connection:
            connection.execute(sa.text("UPDATE esqual_history SET schema_version = 99"))
    for writing in (True, False):
        with (
            pytest.raises(HistoryError, match="newer esqual"),
            open_history(place(tmp_path), writing=writing) as history,
        ):
            history.keep([entry()])
    with sqlite3.connect(place(tmp_path)) as connection:
        assert connection.execute("SELECT COUNT(*) FROM comparison").fetchone() == (1,)


def test_a_reader_makes_no_file_and_no_table(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="no history yet"), open_history(place(tmp_path)):
        pass
    assert not Path(place(tmp_path)).exists()
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE mine (x)")
    with pytest.raises(HistoryError, match="no comparison"), open_history(str(other)):
        pass
    with sqlite3.connect(other) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("mine",)]


def test_a_number_that_is_not_there_says_which_is_the_last(tmp_path: Path) -> None:
    with open_history(place(tmp_path), writing=True) as history:
        history.keep([entry(), entry()])
        with pytest.raises(HistoryError, match="no comparison 7; the last one is 2"):
            entry_at(history, 7)


def _locked(path: Path) -> sqlite3.Connection:
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    return holder


def test_a_locked_a_read_only_and_a_broken_database_are_history_errors(tmp_path: Path) -> None:
    path = Path(place(tmp_path))
    with open_history(str(path), writing=True) as history:
        history.keep([entry()])
    holder = _locked(path)
    with (
        pytest.raises(HistoryError, match="locked"),
        open_history(f"sqlite:///{path}?timeout=0.1", writing=True) as history,
    ):
        history.keep([entry()])
    holder.close()
    read_only = f"sqlite:///file:{path}?mode=ro&uri=true"
    with open_history(read_only) as history:
        assert len(list_entries(history)) == 1
    with (
        pytest.raises(HistoryError, match="readonly"),
        open_history(read_only, writing=True) as history,
    ):
        history.keep([entry()])
    path.write_bytes(b"\x00nothing that SQLite knows" * 400)
    with (
        pytest.raises(HistoryError, match="not a database"),
        open_history(str(path), writing=True) as history,
    ):
        history.keep([entry()])
    with (
        pytest.raises(HistoryError),
        open_history(str(tmp_path / "no" / "folder" / "h.sqlite"), writing=True) as history,
    ):
        history.keep([entry()])


def _start(where: str, count: int, name: str, limit: int | None = None) -> subprocess.Popen[str]:
    def smaller_files() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.Popen(
        [sys.executable, "-m", "tests.history.writer", where, str(count), name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        preexec_fn=smaller_files,
    )


def _whole(where: str) -> list[int]:
    """The numbers that are there, after seeing that each has every part."""
    with sqlite3.connect(where) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        rows = connection.execute(
            "SELECT id, n_topics, (SELECT COUNT(*) FROM topic_value WHERE comparison_id = id), "
            "(SELECT COUNT(*) FROM kept_text WHERE digest IN (topics_digest, gate_digest, "
            "candidate_template_digest)) FROM comparison ORDER BY id"
        ).fetchall()
    assert all(n_values == n_topics and texts == 3 for _, n_topics, n_values, texts in rows)
    return [row[0] for row in rows]


def test_a_disk_that_is_full_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    where = place(tmp_path)
    writer = _start(where, 500, "full", limit=200_000)
    said, complaint = writer.communicate("go\n", timeout=120)
    acknowledged = [int(line) for line in said.split()[1:]]
    assert writer.returncode != 0
    assert "HistoryError" in complaint
    assert 3 < len(acknowledged) < 500
    assert _whole(where) == acknowledged


@pytest.mark.slow
def test_a_thousand_comparisons_by_two_writers_with_kill_9_lose_and_halve_nothing(
    tmp_path: Path,
) -> None:
    where = place(tmp_path)
    acknowledged: list[int] = []
    unfinished, killed = {"a": 500, "b": 500}, 0
    while any(unfinished.values()):
        writers = {n: _start(where, left, n) for n, left in unfinished.items() if left}
        for writer in writers.values():
            assert writer.stdout is not None
            assert writer.stdout.readline() == "ready\n"
        # they wait until here: what came with that line would be lost to `communicate`
        for writer in writers.values():
            assert writer.stdin is not None
            writer.stdin.write("go\n")
            writer.stdin.flush()
        if killed < 6:
            # at another point of the work every time, both at work
            time.sleep(0.2 + 0.13 * killed)
            victim = list(writers.values())[(killed // 2) % len(writers)]
            victim.send_signal(signal.SIGKILL)
            killed += 1
        for name, writer in writers.items():
            said, complaint = writer.communicate(timeout=300)
            # the last line may be cut short by the kill: then it was not acknowledged
            lines = [line for line in said.splitlines(keepends=True) if line[-1] == "\n"]
            numbers = [int(word) for line in lines for word in line.split()]
            acknowledged += numbers
            unfinished[name] -= len(numbers)
            assert writer.returncode in (0, -signal.SIGKILL), complaint
        _whole(where)
    assert killed >= 2
    assert len(acknowledged) == len(set(acknowledged)) == 1_000
    present = _whole(where)
    # what was killed between commit and word is there too, and whole
    assert set(acknowledged) <= set(present)
    assert len(present) - 1_000 <= 5 * killed
