"""Worker processes that enrich texts and send plain values back.

A worker is ``python -c`` with one function of this module, fed through pipes: the caller's main
module is not imported again, so a script needs no ``if __name__ == "__main__"``, and nothing is
forked (a process with a Java machine or BLAS threads cannot be). Each worker has one BLAS thread:
as many processes as cores are faster than threads. A model never travels, nor does what a model
makes on its way to a value: for parses that alone is half the time.

A worker that dies is started again once for the texts it had; when it dies on them again, that is
an error with its last words. A worker ends when its pipe closes, so none outlives its parent.
"""

from __future__ import annotations

import math
import os
import pickle
import re
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from esqual.errors import EnrichmentError, EsqualError

__all__ = ["Pool", "Task", "default_processes", "run", "serve"]

# memory that a worker with GiNZA takes, and something for the texts
WORKER_BYTES = 10**9
_SERVE = "from esqual.enrich.pool import serve; serve()"
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


@dataclass(frozen=True, slots=True)
class Task:
    """Texts for the worker that ``implementation`` and ``parameters`` name."""

    implementation: str
    parameters: Mapping[str, Any]
    texts: Sequence[str]


class Pool:
    """``processes`` workers, each started when there is work for it. Close it, or use ``with``."""

    def __init__(self, processes: int) -> None:
        self.processes = processes
        self.notes: list[str] = []
        self._threads = ThreadPoolExecutor(processes, "enrich")
        self._own = threading.local()
        self._workers: set[_Process] = set()
        self._lock = threading.Lock()
        self._closed = False

    def submit(self, task: Task) -> Future[list[Any]]:
        """Values of the task's texts, in their order, when they are there.

        The future raises EnrichmentError when the model does not load or fails as a whole, and
        when the worker died twice.
        """
        return self._threads.submit(self._run, task)

    def close(self) -> None:
        """End the workers at once, whatever they are at."""
        with self._lock:
            self._closed = True
            workers = list(self._workers)
        for worker in workers:
            worker.end()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _run(self, task: Task) -> list[Any]:
        try:
            return self._worker().ask(task, self.notes)
        except _DiedError:
            self._bury()
        try:
            return self._worker().ask(task, self.notes)
        except _DiedError as death:
            self._bury()
            raise EnrichmentError(
                f"a worker process died twice over the same {len(task.texts)} texts ({death}). "
                "Not enough memory is the usual reason: use fewer processes"
            ) from death

    def _worker(self) -> _Process:
        """The worker of this thread."""
        worker: _Process | None = getattr(self._own, "worker", None)
        if worker is None:
            with self._lock:
                if self._closed:
                    raise EnrichmentError("the pool is closed")
                worker = _Process()
                self._workers.add(worker)
            self._own.worker = worker
        return worker

    def _bury(self) -> None:
        worker: _Process = self._own.worker
        self._own.worker = None
        worker.end()
        with self._lock:
            self._workers.discard(worker)


class _DiedError(Exception):
    """The worker ended without an answer."""


class _Process:
    """One worker process, seen from the parent."""

    def __init__(self) -> None:
        # a file, not a pipe: nobody has to read it for the worker to go on
        self._words = tempfile.TemporaryFile()  # noqa: SIM115
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _SERVE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._words,
            env={**os.environ, **dict.fromkeys(_THREADS, "1"), "PYTHONPATH": _search_path()},
        )

    def ask(self, task: Task, notes: list[str]) -> list[Any]:
        """Send ``task``, wait for its values; adds the worker's notes to ``notes``."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            _send(self._process.stdin, task)
            answer = _receive(self._process.stdout)
        except (OSError, ValueError, EOFError) as error:
            raise _DiedError(self._last_words()) from error
        if isinstance(answer, str):
            raise EnrichmentError(answer)
        values, said = answer
        notes += [note for note in said if note not in notes]
        return list(values)

    def end(self) -> None:
        """Kill the process; its reader gets an end of file."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        self._words.close()

    def _last_words(self) -> str:
        code = self._process.wait()
        how = f"exit code {code}"
        if code < 0:
            how = f"signal {signal.Signals(-code).name}"
        try:
            self._words.seek(0)
            said = self._words.read().decode(errors="replace").strip().splitlines()
        except ValueError:
            said = []
        return f"{how}: {said[-1]}" if said else how


def default_processes() -> int:
    """One for each core that this process may use, but no more than memory has room for."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:
        cores = os.cpu_count() or 1
    room = _available_bytes() // WORKER_BYTES
    return int(max(1, min(cores, room)))


def _available_bytes() -> float:
    """Memory that is free or can be freed; where the system does not say, all there is to want."""
    try:
        said = Path("/proc/meminfo").read_text(encoding="ascii")
    except OSError:
        return math.inf
    found = re.search(r"MemAvailable:\s+(\d+) kB", said)
    return int(found[1]) * 1024 if found else math.inf


def run(task: Task) -> tuple[list[Any], list[str]]:
    """Values of the task's texts and the notes of its worker, made in this process.

    Raises EnrichmentError, and what a kind raises on purpose when it cannot be loaded.
    """
    from esqual.enrich.kinds import load_worker

    try:
        worker = load_worker(task.implementation, task.parameters)
        values = list(worker.documents(task.texts))
    except EsqualError:
        raise
    except Exception as error:
        raise EnrichmentError(
            f"{task.implementation} failed: {type(error).__name__}: {error}"
        ) from error
    if len(values) != len(task.texts):
        raise EnrichmentError(
            f"{task.implementation} gave {len(values)} values for {len(task.texts)} texts"
        )
    return values, list(getattr(worker, "notes", ()))


def serve() -> None:
    """Answer tasks from stdin on stdout until stdin ends: the main function of a worker."""
    # Ctrl-C reaches the whole group of processes; the parent decides what it means
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tasks, answers = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # what a library prints must not get among the answers
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    while True:
        try:
            task = _receive(tasks)
        except EOFError:
            return
        _send(answers, _answer(task))


def _answer(task: Task) -> tuple[list[Any], list[str]] | str:
    """Values and notes, or what went wrong."""
    try:
        return run(task)
    except EsqualError as error:
        if error.__cause__ is not None:
            traceback.print_exc()
        return str(error)


def _search_path() -> str:
    """The parent's path of modules, for a kind or encoder that lives in the user's own folder."""
    return os.pathsep.join(entry or os.getcwd() for entry in sys.path)


def _send(pipe: IO[bytes], message: object) -> None:
    body = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    pipe.write(len(body).to_bytes(8, "little"))
    pipe.write(body)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> Any:
    """The next message. Raises EOFError when the pipe ended, in the middle or not."""
    head = pipe.read(8)
    if len(head) < 8:
        raise EOFError
    size = int.from_bytes(head, "little")
    body = pipe.read(size)
    if len(body) < size:
        raise EOFError
    return pickle.loads(body)
