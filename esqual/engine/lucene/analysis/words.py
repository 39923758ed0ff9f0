"""Lists of words that a component takes inline or from a file, and the Java sets made of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from esqual.engine.lucene.analysis.options import Options
from esqual.engine.lucene.api_error import ApiError, illegal_argument, unsupported
from esqual.engine.lucene.jvm import java_class

__all__ = ["CONFIG_VARIABLE", "char_set", "lines", "stop_words"]

CONFIG_VARIABLE = "ESQUAL_CONFIG"
_LANGUAGES = """arabic armenian basque bengali brazilian bulgarian catalan czech danish dutch
estonian finnish french galician german greek hindi hungarian indonesian irish italian latvian
lithuanian norwegian persian portuguese romanian russian serbian sorani spanish swedish thai
turkish"""


def char_set(words: Iterable[str], ignore_case: bool = False) -> Any:
    """A Lucene ``CharArraySet``."""
    values = java_class("java.util.ArrayList")()
    for word in words:
        values.add(word)
    return java_class("org.apache.lucene.analysis.CharArraySet")(values, ignore_case)


def lines(options: Options, inline: str, path: str) -> list[str] | None:
    """The list of the setting ``inline``, or the lines of the file that ``path`` names.

    The file lies under the folder that ``ESQUAL_CONFIG`` names, which stands for Elasticsearch's
    own config folder. Empty lines and those that begin with ``#`` are left out. None when neither
    setting is there.
    """
    name = options.string(path)
    words = options.strings(inline)
    if name is None:
        return words
    text = _read(options, path, inline, name)
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def _read(options: Options, setting: str, inline: str, name: str) -> str:
    config = os.environ.get(CONFIG_VARIABLE)
    if not config:
        raise illegal_argument(
            f"[{options.kind}.{options.name}.{setting}] names a file, and the embedded engine has "
            f"no config folder: set the environment variable {CONFIG_VARIABLE} to the folder that "
            f"stands for it, write the list inline as [{inline}], or use an Elasticsearch server"
        )
    root = Path(config).resolve()
    target = (root / name).resolve()
    if not target.is_relative_to(root):
        raise illegal_argument(f"Access denied trying to read file {setting}: {name}")
    try:
        return target.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise illegal_argument(
            f"IOException while reading {setting}: {name}",
            caused_by=ApiError(400, "no_such_file_exception", name),
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise illegal_argument(f"IOException while reading {setting}: {name}: {error}") from error


def stop_words(
    options: Options,
    default: Callable[[], Any],
    *,
    ignore_case: bool = False,
    japanese: bool = False,
) -> Any:
    """The ``stopwords`` of a component as a ``CharArraySet``.

    ``_none_`` alone empties the set; ``_english_`` stands for Lucene's list, and so does
    ``_japanese_`` where the component knows it. Every other word means itself.
    """
    if options.string("stopwords") == "_none_":
        return char_set(())
    listed = lines(options, "stopwords", "stopwords_path")
    if listed is None:
        return default() if not ignore_case else char_set(_strings(default()), True)
    words: list[str] = []
    for word in listed:
        if word == "_english_":
            words += _strings(english())
        elif word == "_japanese_" and japanese:
            words += _strings(japanese_default())
        elif word[:1] == word[-1:] == "_" and word[1:-1] in _LANGUAGES.split():
            raise unsupported(f"{options.kind}.{options.name}.stopwords: {word}")
        else:
            words.append(word)
    return char_set(words, ignore_case)


def english() -> Any:
    """Lucene's 33 English stop words."""
    return java_class("org.apache.lucene.analysis.en.EnglishAnalyzer").ENGLISH_STOP_WORDS_SET


def japanese_default() -> Any:
    """The stop words of Lucene's ``JapaneseAnalyzer``."""
    return java_class("org.apache.lucene.analysis.ja.JapaneseAnalyzer").getDefaultStopSet()


def _strings(words: Any) -> list[str]:
    new = java_class("java.lang.String")
    return [str(new(word)) for word in words]
