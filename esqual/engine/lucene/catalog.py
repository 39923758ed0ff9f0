"""The folder PATH of an embedded engine: several indices, their aliases, stored templates.

::

    PATH/esqual.json       the one truth: which indices there are, settings, mappings, aliases,
                           stored scripts; replaced as a whole (temporary, fsync, rename)
    PATH/write.lock        held by the process that writes
    PATH/indices/UUID/     the Lucene files of one index

One process writes to PATH at a time, any number read: they notice a new ``esqual.json`` by its
date. Within a process all clients of one real path share one :class:`Catalog`.
"""

from __future__ import annotations

import atexit
import base64
import copy
import json
import logging
import os
import re
import shutil
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from esqual.engine.lucene.aliases import apply_actions, check_new_aliases
from esqual.engine.lucene.api_error import ApiError, illegal_argument, index_not_found
from esqual.engine.lucene.index import Index
from esqual.engine.lucene.jvm import J
from esqual.engine.lucene.names import Expand, check_index_name, expand, invalid_index_name
from esqual.engine.lucene.scroll import Scrolls
from esqual.engine.lucene.settings import check_new
from esqual.engine.lucene.writer import create_empty
from esqual.errors import ConfigError

__all__ = ["FORMAT", "Catalog"]

_LOG = logging.getLogger(__name__)

FORMAT = 1
VERSION_CREATED = "9094000"
_FILE = "esqual.json"
_LOCK = "write.lock"
_UUID = re.compile(r"[A-Za-z0-9_]{22}")

Metadata = dict[str, Any]


class Catalog:
    """The indices under one folder. Thread-safe."""

    _open: dict[Path, Catalog] = {}  # noqa: RUF012 - one per real path and process
    _opening = threading.Lock()

    @classmethod
    def open(cls, path: Path) -> Catalog:
        """The catalog of ``path``, which need not exist yet.

        Raises :class:`~esqual.errors.ConfigError` when ``path`` is a file, or was written in a
        format that this version does not know.
        """
        folder = path.expanduser().resolve()
        if folder.exists() and not folder.is_dir():
            raise ConfigError(f"{folder} is a file: lucene:PATH names the folder of an index")
        with cls._opening:
            catalog = cls._open.get(folder)
            if catalog is None:
                catalog = cls(folder)
                try:
                    catalog._sync()
                except ApiError as error:
                    raise ConfigError(error.reason) from error
                cls._open[folder] = catalog
        return catalog

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.RLock()
        self._indices: dict[str, Index] = {}
        self._scripts: dict[str, Any] = {}
        self._stamp: tuple[int, int, int] | None = None
        self._holders = 0
        self.scrolls = Scrolls()
        self._java_lock: Any = None

    # ------------------------------------------------------------------ metadata

    def _sync(self) -> None:
        """Read ``esqual.json`` again if another process has replaced it."""
        with self._lock:
            if self._holders and self._stamp is not None:
                return
            stamp = self._stamp_on_disk()
            if stamp != self._stamp:
                self._adopt(self._read() if stamp is not None else {})
                self._stamp = stamp

    def _stamp_on_disk(self) -> tuple[int, int, int] | None:
        try:
            found = os.stat(self.folder / _FILE)
        except FileNotFoundError:
            return None
        return found.st_mtime_ns, found.st_ino, found.st_size

    def _read(self) -> Metadata:
        file = self.folder / _FILE
        try:
            metadata = json.loads(file.read_bytes())
            written = metadata["format"]
        except (ValueError, KeyError, TypeError) as error:
            raise _broken(
                f"{file} is damaged ({error}); delete the folder and index again"
            ) from None
        if written != FORMAT:
            raise _broken(
                f"{self.folder} was written in format {written}, this version of esqual knows "
                f"format {FORMAT}; use the version that wrote it, or another folder"
            )
        return dict(metadata)

    def _adopt(self, metadata: Metadata) -> None:
        self._scripts = dict(metadata.get("scripts", {}))
        indices: dict[str, Index] = {}
        for name, entry in metadata.get("indices", {}).items():
            known = self._indices.get(name)
            if known is None or known.uuid != entry["uuid"]:
                indices[name] = self._make(name, entry)
                continue
            if known.mapping.to_json() != entry["mappings"]:
                known.mapping.merge(entry["mappings"])
                known.learn_fields()
            known.settings.update(entry["settings"])
            for gone in set(known.settings) - set(entry["settings"]):
                del known.settings[gone]
            known.aliases = entry["aliases"]
            indices[name] = known
        self._indices = indices

    def _make(self, name: str, entry: Mapping[str, Any]) -> Index:
        return Index(
            self.folder / "indices" / entry["uuid"],
            name,
            entry["uuid"],
            entry["settings"],
            entry["mappings"],
            entry["aliases"],
            self._take_lock,
        )

    def save(self) -> None:
        """Write ``esqual.json``; the caller holds :meth:`writing`."""
        with self._lock:
            metadata = {
                "format": FORMAT,
                "indices": {
                    name: {
                        "uuid": index.uuid,
                        "settings": index.settings,
                        "mappings": index.mapping.to_json(),
                        "aliases": index.aliases,
                    }
                    for name, index in self._indices.items()
                },
                "scripts": self._scripts,
            }
            _replace(self.folder / _FILE, json.dumps(metadata, ensure_ascii=False).encode())
            self._stamp = self._stamp_on_disk()

    # ------------------------------------------------------------------ the write lock

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Be the one process that writes, for as long as the block runs. Raises 503."""
        release = self._take_lock()
        try:
            yield
        finally:
            release()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """:meth:`holding`, and be the one thread that changes the metadata.

        An index's lock comes before this one: never ask for it inside the block.
        """
        with self.holding(), self._lock:
            yield

    def _take_lock(self) -> Callable[[], None]:
        with self._lock:
            if self._holders == 0:
                self._obtain()
            self._holders += 1
        return self._give_lock

    def _obtain(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        directory = J.FSDirectory.open(J.Paths.get(str(self.folder)))
        try:
            self._java_lock = directory.obtainLock(_LOCK)
        except J.LockObtainFailedException as error:
            raise ApiError(
                503,
                "write_lock_exception",
                f"another process writes to {self.folder}; wait until it has ended or closed its "
                "client, or use another folder",
            ) from error
        atexit.unregister(_close_all)
        atexit.register(_close_all)  # last registered runs first: before the JVM goes
        self._sync()
        if self._stamp is None:
            self._claim()
        self._clean()

    def _claim(self) -> None:
        """Make the folder ours, unless it has something of the same name that is not."""
        if (self.folder / "indices").exists():
            self._java_lock.close()
            self._java_lock = None
            raise _broken(
                f"{self.folder} has a folder named indices that esqual did not make; use another "
                "folder"
            )
        self.save()

    def _give_lock(self) -> None:
        with self._lock:
            self._holders -= 1
            if self._holders == 0 and self._java_lock is not None:
                self._java_lock.close()
                self._java_lock = None

    def _clean(self) -> None:
        """Remove what a killed process left: folders of no index, temporary files."""
        kept = {index.uuid for index in self._indices.values()}
        for folder in (self.folder / "indices").glob("*"):
            if folder.name not in kept and _UUID.fullmatch(folder.name):
                shutil.rmtree(folder, ignore_errors=True)
        for file in self.folder.glob(f"{_FILE}.*.tmp"):
            file.unlink(missing_ok=True)

    # ------------------------------------------------------------------ finding indices

    def indices(self) -> dict[str, Index]:
        """Every index by name, sorted."""
        self._sync()
        with self._lock:
            return dict(sorted(self._indices.items()))

    def aliases(self) -> dict[str, list[str]]:
        """Every alias and the sorted names of its indices."""
        found: dict[str, list[str]] = {}
        for name, index in self.indices().items():
            for alias in index.aliases:
                found.setdefault(alias, []).append(name)
        return found

    def resolve(self, expression: str | None, how: Expand | None = None) -> list[Index]:
        """The indices that an expression means: names, aliases, ``*``, ``-``, ``_all``.

        Raises 404 ``index_not_found_exception``.
        """
        indices = self.indices()
        if expression in indices:
            return [indices[expression]]
        names = expand(expression, indices, self.aliases(), how or Expand())
        return [indices[name] for name in names]

    def single(self, name: str) -> Index:
        """The one index that a name or an alias of one index means, for reading a document."""
        indices = self.indices()
        if name in indices:
            return indices[name]
        behind = self.aliases().get(name)
        if behind is None:
            raise index_not_found(name)
        if len(behind) > 1:
            raise illegal_argument(
                f"alias [{name}] has more than one index associated with it "
                f"[{', '.join(behind)}], can't execute a single index op"
            )
        return indices[behind[0]]

    def write_index(self, name: str, *, create: bool = True, require_alias: bool = False) -> Index:
        """The index that a write to ``name`` goes to; made with dynamic mapping when missing."""
        indices = self.indices()
        behind = self.aliases().get(name)
        if require_alias and behind is None:
            raise ApiError(
                404,
                "index_not_found_exception",
                f"no such index [{name}] and [require_alias] request flag is [true] and [{name}] "
                "is not an alias",
                index_uuid="_na_",
                index=name,
            )
        if name in indices:
            return indices[name]
        if behind is not None:
            chosen = [n for n in behind if indices[n].aliases[name].get("is_write_index")]
            if not chosen and len(behind) == 1:
                only = indices[behind[0]].aliases[name].get("is_write_index")
                chosen = behind if only is None else []
            if not chosen:
                raise illegal_argument(
                    f"no write index is defined for alias [{name}]. The write index may be "
                    "explicitly disabled using is_write_index=false or the alias points to "
                    "multiple indices without one being designated as a write index"
                )
            return indices[chosen[0]]
        if not create:
            raise index_not_found(name)
        with self.writing():
            # another thread may have been quicker
            return self._indices.get(name) or self.create(name, {}, {}, {})

    # ------------------------------------------------------------------ changing

    def create(
        self,
        name: str,
        settings: Mapping[str, Any],
        mappings: Mapping[str, Any],
        aliases: Mapping[str, Any],
    ) -> Index:
        """Make an index. Raises 400 for a bad name, setting, mapping or alias."""
        check_index_name(name)
        flat = check_new(settings)
        with self.writing():
            if name in self._indices:
                raise already_exists(self._indices[name])
            if name in self.aliases():
                raise invalid_index_name(name, "already exists as alias")
            known = [*self._indices, name]
            entry = {
                "uuid": _new_uuid(),
                "settings": flat,
                "mappings": mappings,
                "aliases": check_new_aliases(aliases, known),
            }
            flat.setdefault("index.number_of_shards", "1")
            flat.setdefault("index.number_of_replicas", "1")
            flat["index.provided_name"] = name
            flat["index.creation_date"] = str(time.time_ns() // 1_000_000)
            flat["index.uuid"] = entry["uuid"]
            flat["index.version.created"] = VERSION_CREATED
            index = self._make(name, entry)
            index.folder.mkdir(parents=True)
            create_empty(index.folder)
            self._indices[name] = index
            self.save()
        return index

    def delete(self, indices: list[Index]) -> None:
        """Forget indices, then remove their files."""
        with self.writing():
            for index in indices:
                self._indices.pop(index.name, None)
            self.save()
        for index in indices:
            index.discard()
            shutil.rmtree(index.folder, ignore_errors=True)

    def update_aliases(self, actions: list[Mapping[str, Any]]) -> None:
        """Carry out all alias actions, or none."""
        with self.writing():
            before = {name: index.aliases for name, index in self._indices.items()}
            after, removed = apply_actions(copy.deepcopy(before), actions)
            for name, aliases in after.items():
                self._indices[name].aliases = aliases
            self.save()
            gone = [self._indices[name] for name in removed]
        if gone:
            self.delete(gone)

    # ------------------------------------------------------------------ stored scripts

    def script(self, script_id: str) -> Any:
        """A stored script (a search template), or None."""
        self._sync()
        return self._scripts.get(script_id)

    def put_script(self, script_id: str, script: Any) -> None:
        """Store a script; None removes it."""
        with self.writing():
            if script is None:
                self._scripts.pop(script_id, None)
            else:
                self._scripts[script_id] = script
            self.save()

    # ------------------------------------------------------------------ closing

    def flush(self) -> None:
        """Commit every index."""
        for index in list(self._indices.values()):
            index.flush()

    def close(self) -> None:
        """Commit, close the writers and let go of the lock; a later request opens what it needs."""
        with self._lock:
            indices = list(self._indices.values())
        for index in indices:
            index.close()


def already_exists(index: Index) -> ApiError:
    """400 for an index that is there."""
    return ApiError(
        400,
        "resource_already_exists_exception",
        f"index [{index.name}/{index.uuid}] already exists",
        index_uuid=index.uuid,
        index=index.name,
    )


def _broken(reason: str) -> ApiError:
    return ApiError(503, "corrupt_folder_exception", reason)


def _new_uuid() -> str:
    # it names a folder
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "_")


def _replace(file: Path, content: bytes) -> None:
    """Write ``content`` to ``file`` so that a crash leaves the old or the new, never a part."""
    temporary = file.with_name(f"{file.name}.{os.getpid()}.tmp")
    with temporary.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(file)
    if os.name == "posix":
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _close_all() -> None:
    for catalog in list(Catalog._open.values()):
        try:
            catalog.close()
        except Exception as error:
            # the process ends: the others must still be closed, and a folder that was removed
            # meanwhile, as tests do with theirs, has nothing left to lose
            if catalog.folder.exists():
                _LOG.warning("%s may lack what was not flushed: %s", catalog.folder, error)
