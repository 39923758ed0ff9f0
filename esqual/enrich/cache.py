"""What a text was enriched to, kept for the next run: one SQLite file.

A key is a hash of what decides the value (a digest of kind, parameters, versions and artefact) and
of the text, so nothing is ever out of date: another version asks for other keys. The file is
written in WAL mode: a process that is killed loses its last batch and nothing else, and two
processes may use it at once. It has a size limit; what came first goes first.

A cache is a convenience. Whatever goes wrong with the file is a note, and the work goes on without
it: a damaged file is put aside under another name, an unwritable place is left alone.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import threading
import time
import zlib
from array import array
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Any, Final

__all__ = ["LIMIT_BYTES", "MISSING", "Cache", "default_cache_path", "open_cache"]

LIMIT_BYTES = 4 * 2**30
FILE = "enriched.sqlite"
VARIABLE = "ESQUAL_CACHE"
# asked for at once; SQLite's own limit of variables was 999 once
CHUNK = 500
# a text that is not in the cache (None is a value)
MISSING: Final = object()

_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
# the table is in the order of arrival: the smallest id is the oldest
_SCHEMA = """
CREATE TABLE IF NOT EXISTS enriched (
    id INTEGER PRIMARY KEY AUTOINCREMENT, key BLOB NOT NULL UNIQUE, value BLOB NOT NULL
)
"""


class Cache:
    """Values by (space, text). ``path``: the file; ``limit_bytes``: its size, about.

    ``space`` is the digest of everything but the text that a value depends on. ``on_note`` gets a
    sentence when something is wrong with the file. No method raises for the file's sake.
    """

    def __init__(
        self,
        path: str | Path,
        limit_bytes: int = LIMIT_BYTES,
        on_note: Callable[[str], None] = lambda _note: None,
    ) -> None:
        self.path = Path(path)
        self.limit_bytes = limit_bytes
        self._on_note = on_note
        self._lock = threading.Lock()
        self._file: sqlite3.Connection | None = None
        self._guarded(lambda: None)

    def get_many(self, space: str, texts: Sequence[str]) -> list[Any]:
        """The value of each text, in their order, or :data:`MISSING`."""
        keys = [_key(space, text) for text in texts]
        found: dict[bytes, Any] = self._guarded(lambda: self._read(keys)) or {}
        return [found.get(key, MISSING) for key in keys]

    def put_many(self, space: str, texts: Sequence[str], values: Sequence[Any]) -> None:
        """Keep the value of each text; one transaction."""
        rows = [
            (_key(space, text), _pack(value)) for text, value in zip(texts, values, strict=True)
        ]
        if rows:
            self._guarded(lambda: self._write(rows))

    def close(self) -> None:
        """Close the file; asking a closed cache finds nothing."""
        with self._lock:
            if self._file is not None:
                self._file.close()
            self._file = None
            self._closed = True

    def __enter__(self) -> Cache:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    _closed = False

    def _guarded(self, work: Callable[[], Any]) -> Any:
        """Run ``work`` on the open file; a damaged one is put aside and ``work`` runs once more."""
        with self._lock:
            for attempt in (1, 2):
                if self._closed:
                    return None
                try:
                    if self._file is None:
                        self._file = self._open()
                    return work()
                except (sqlite3.Error, OSError) as error:
                    if attempt == 2 or not _is_damage(error) or not self._put_aside(error):
                        self._give_up(error)
        return None

    def _open(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = sqlite3.connect(
            self.path, timeout=30.0, isolation_level=None, check_same_thread=False
        )
        try:
            file.execute("PRAGMA auto_vacuum = INCREMENTAL")
            file.execute("PRAGMA journal_mode = WAL")
            file.execute("PRAGMA synchronous = NORMAL")
            file.execute(_SCHEMA)
        except BaseException:
            file.close()
            raise
        return file

    def _read(self, keys: Sequence[bytes]) -> dict[bytes, Any]:
        assert self._file is not None
        found: dict[bytes, bytes] = {}
        for start in range(0, len(keys), CHUNK):
            part = keys[start : start + CHUNK]
            marks = ",".join("?" * len(part))
            found |= dict(
                self._file.execute(f"SELECT key, value FROM enriched WHERE key IN ({marks})", part)
            )
        return {key: _unpack(value) for key, value in found.items()}

    def _write(self, rows: Sequence[tuple[bytes, bytes]]) -> None:
        assert self._file is not None
        self._file.execute("BEGIN IMMEDIATE")
        try:
            self._file.executemany(
                "INSERT OR REPLACE INTO enriched (key, value) VALUES (?, ?)", rows
            )
            self._make_room()
            self._file.execute("COMMIT")
        except BaseException:
            if self._file.in_transaction:
                self._file.execute("ROLLBACK")
            raise
        self._file.execute("PRAGMA incremental_vacuum").fetchall()

    def _make_room(self) -> None:
        """Above the limit the oldest tenth goes, until there is room."""
        while self._used_bytes() > self.limit_bytes:
            first, last = self._one("SELECT min(id), max(id) FROM enriched")
            if first is None:
                return
            self._file.execute(  # type: ignore[union-attr]
                "DELETE FROM enriched WHERE id <= ?", (first + (last - first) // 10,)
            )

    def _used_bytes(self) -> int:
        """Bytes of the pages that hold something; freed ones are used again first."""
        pages, free, size = (
            self._one(f"PRAGMA {name}")[0] for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)

    def _one(self, statement: str) -> Any:
        assert self._file is not None
        return self._file.execute(statement).fetchone()

    def _put_aside(self, error: Exception) -> bool:
        """Rename the damaged file; whether that worked."""
        if self._file is not None:
            self._file.close()
            self._file = None
        aside = self.path.with_name(f"{self.path.name}.damaged-{time.time_ns()}")
        try:
            self.path.rename(aside)
            for ending in ("-wal", "-shm"):
                self.path.with_name(self.path.name + ending).unlink(missing_ok=True)
        except OSError:
            return False
        self._on_note(f"the cache {self.path} was damaged ({error}); it is now {aside.name}")
        return True

    def _give_up(self, error: Exception) -> None:
        self._closed = True
        if self._file is not None:
            self._file.close()
            self._file = None
        self._on_note(
            f"the cache {self.path} cannot be used ({error}); going on without it. "
            f"{VARIABLE}=FOLDER names another place, {VARIABLE}=off is no cache"
        )


def default_cache_path(environment: Mapping[str, str] = os.environ) -> Path | None:
    """The cache file of this user: in ``ESQUAL_CACHE``, else in the system's place for caches.

    None when ``ESQUAL_CACHE`` is ``off``, or when the user has no home.
    """
    named = environment.get(VARIABLE, "")
    if named:
        return None if named.lower() == "off" else Path(named).expanduser() / FILE
    try:
        home = Path.home()
    except RuntimeError:
        return None
    if sys.platform == "win32":
        base = Path(environment.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = home / "Library" / "Caches"
    else:
        base = Path(environment.get("XDG_CACHE_HOME") or home / ".cache")
    return base / "esqual" / FILE


def open_cache(
    on_note: Callable[[str], None] = lambda _note: None, limit_bytes: int = LIMIT_BYTES
) -> Cache | None:
    """This user's cache, or None when it is switched off or there is no place for it."""
    path = default_cache_path()
    return None if path is None else Cache(path, limit_bytes, on_note)


def _key(space: str, text: str) -> bytes:
    both = f"{space}\0{text}".encode("utf-8", "surrogatepass")
    return blake2b(both, digest_size=20).digest()


def _pack(value: Any) -> bytes:
    """Checksum and value: a list of single-precision floats as such, anything else as JSON."""
    body = _floats(value)
    if body is None:
        body = b"j" + json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(
            "utf-8", "surrogatepass"
        )
    return zlib.crc32(body).to_bytes(4, "little") + body


def _floats(value: Any) -> bytes | None:
    if not isinstance(value, list) or not value or not all(type(x) is float for x in value):
        return None
    try:
        numbers = array("f", value)
    except OverflowError:
        return None
    if numbers.tolist() != value:
        return None
    if sys.byteorder == "big":
        numbers.byteswap()
    return b"f" + numbers.tobytes()


def _unpack(packed: bytes) -> Any:
    """The value, or MISSING when the bytes are not what was written."""
    check, body = packed[:4], packed[4:]
    if zlib.crc32(body).to_bytes(4, "little") != check:
        return MISSING
    if body[:1] == b"j":
        return json.loads(body[1:])
    numbers = array("f")
    numbers.frombytes(body[1:])
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tolist()


def _is_damage(error: Exception) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    # extended codes carry the plain one in their low byte
    return code is not None and code & 0xFF in _DAMAGED
