"""The database: opened, written in one transaction per command, read.

SQLite and PostgreSQL are tested. What a writer acknowledges is on the disk (SQLite's own journal
with full synchronisation, a server's commit), and what it does not is not there at all: no reader
ever sees a part of a comparison.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import (
    ArgumentError,
    IntegrityError,
    OperationalError,
    ProgrammingError,
    SQLAlchemyError,
)

from esqual.engine.secret import scrub
from esqual.history.entries import NewEntry
from esqual.history.schema import HistoryError, comparison, kept_text, topic_value, upgrade, version

__all__ = ["History", "HistoryError", "database_url", "new_batch", "open_history"]

# how long a writer waits for another one, in seconds
_PATIENCE_S = 5
_ATTEMPTS = 4
_IDS_AT_ONCE = 500


def new_batch() -> str:
    """A name for the comparisons of one command."""
    return uuid.uuid4().hex


def database_url(place: str) -> sa.URL:
    """A path (a SQLite file) or any SQLAlchemy URL.

    Raises HistoryError for a URL that is none, without repeating what may be a password.
    """
    if "://" not in place:
        return sa.URL.create("sqlite", database=place)
    try:
        url = sa.make_url(place)
    except ArgumentError as error:
        raise HistoryError(
            "the history's URL cannot be read; write a path, sqlite:///PATH or "
            "postgresql://HOST/DATABASE"
        ) from error
    # psycopg 3 is the driver of the extra; SQLAlchemy's own choice is its predecessor
    return url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url


class History:
    """An open history. ``place`` is how messages name it, without a password."""

    def __init__(self, engine: sa.Engine, place: str) -> None:
        self._engine = engine
        self.place = place

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()

    def keep(self, entries: Sequence[NewEntry]) -> list[int]:
        """Write all of ``entries`` or none; their numbers once they are safe.

        Raises HistoryError for anything that goes wrong.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                with self.transaction() as connection:
                    upgrade(connection)
                    return [_insert(connection, entry) for entry in entries]
            except (IntegrityError, ProgrammingError):
                # another writer made the same table or kept the same text meanwhile
                if attempt == _ATTEMPTS:
                    raise
        raise AssertionError("unreachable")

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """A transaction that ends in a commit, or in nothing."""
        with self._engine.begin() as connection:
            yield connection


@contextmanager
def open_history(place: str, *, writing: bool = False) -> Iterator[History]:
    """The history at ``place``, a path or a SQLAlchemy URL; closed at the end.

    A reader of a SQLite file that is not there gets HistoryError and makes no file. Whatever the
    database or its driver says leaves as HistoryError too.
    """
    url = database_url(place)
    shown = url.database if url.drivername.startswith("sqlite") and url.database else ""
    shown = scrub(shown or url.render_as_string(hide_password=True))
    if not writing and url.drivername.startswith("sqlite") and not _is_there(url):
        raise HistoryError(
            f"{shown}: there is no history yet; esqual compare-queries writes one (--history)"
        )
    try:
        history = History(_engine(url), shown)
        try:
            if not writing:
                with history.transaction() as connection:
                    if version(connection) == 0:
                        raise HistoryError("holds no comparison yet")
                    upgrade(connection)
            yield history
        finally:
            history.close()
    except HistoryError as error:
        raise HistoryError(f"{shown}: {error}") from error
    except ImportError as error:
        raise HistoryError(
            f"{shown}: its driver is not installed ({error.name}); for PostgreSQL: "
            'pip install "esqual[postgresql]"'
        ) from error
    except (SQLAlchemyError, OSError, ValueError, UnicodeError) as error:
        raise HistoryError(f"{shown}: {_short(error)}") from error


def _is_there(url: sa.URL) -> bool:
    name = url.database or ""
    return name.startswith("file:") or Path(name).is_file()


def _engine(url: sa.URL) -> sa.Engine:
    arguments: dict[str, object] = {}
    if url.drivername.startswith("sqlite") and "timeout" not in url.query:
        arguments["timeout"] = _PATIENCE_S
    if url.drivername == "postgresql+psycopg":
        if "connect_timeout" not in url.query:
            arguments["connect_timeout"] = _PATIENCE_S
        if "options" not in url.query:
            arguments["options"] = f"-c lock_timeout={_PATIENCE_S}s -c statement_timeout=60s"
    engine = sa.create_engine(url, connect_args=arguments, poolclass=sa.NullPool)
    if engine.dialect.name == "sqlite":
        _serialise(engine)
    return engine


def _serialise(engine: sa.Engine) -> None:
    """Have SQLite take the writer's lock at the start: a later upgrade of a lock cannot wait.

    The driver's own way of opening transactions would commit before a CREATE TABLE.
    """

    @sa.event.listens_for(engine, "connect")
    def own_transactions(connection: object, _record: object) -> None:
        connection.isolation_level = None  # type: ignore[attr-defined]
        connection.execute("PRAGMA foreign_keys = ON")  # type: ignore[attr-defined]
        # FULL is SQLite's default, and a build may have another
        connection.execute("PRAGMA synchronous = FULL")  # type: ignore[attr-defined]

    @sa.event.listens_for(engine, "begin")
    def take_the_lock(connection: sa.Connection) -> None:
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except OperationalError as error:
            if "readonly" not in str(error):
                raise
            # a history that may only be read can still be read
            connection.exec_driver_sql("BEGIN")


def _insert(connection: sa.Connection, entry: NewEntry) -> int:
    digests = list(entry.texts)
    found = connection.execute(
        sa.select(kept_text.c.digest).where(kept_text.c.digest.in_(digests[:_IDS_AT_ONCE]))
    )
    known = set(found.scalars())
    new = [{"digest": d, "body": entry.texts[d]} for d in digests if d not in known]
    if new:
        connection.execute(kept_text.insert(), new)
    answer = connection.execute(comparison.insert().values(**entry.columns))
    assert answer.inserted_primary_key is not None
    number = int(answer.inserted_primary_key[0])
    if entry.values:
        connection.execute(
            topic_value.insert(),
            [
                {
                    "comparison_id": number,
                    "measure_place": measure,
                    "topic_place": place,
                    "query_id": query_id,
                    "baseline": own,
                    "candidate": other,
                }
                for measure, place, query_id, own, other in entry.values
            ],
        )
    return number


def _short(error: BaseException) -> str:
    """The driver's own words on one line, without SQLAlchemy's statement and link."""
    cause = getattr(error, "orig", None) or error
    return scrub(" ".join(str(cause).split())[:300])
