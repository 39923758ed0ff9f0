"""``settings.analysis`` to analyzers: named components of one index, and the global ones."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from esqual.engine.lucene.analysis.analyzers import ANALYZERS
from esqual.engine.lucene.analysis.char_filters import CHAR_FILTERS
from esqual.engine.lucene.analysis.char_filters import NEEDS_SETTINGS as CHAR_FILTERS_WITH_SETTINGS
from esqual.engine.lucene.analysis.components import Chain, CharFilter, TokenFilter, Tokenizer
from esqual.engine.lucene.analysis.components import factory as lucene_factory
from esqual.engine.lucene.analysis.known import removed_or_unsupported
from esqual.engine.lucene.analysis.options import Options, definitions
from esqual.engine.lucene.analysis.token_filters import NEEDS_SETTINGS as FILTERS_WITH_SETTINGS
from esqual.engine.lucene.analysis.token_filters import TOKEN_FILTERS
from esqual.engine.lucene.analysis.tokenizers import NGRAM, TOKENIZERS
from esqual.engine.lucene.api_error import ApiError, illegal_argument

__all__ = ["Analysis"]

Component = CharFilter | Tokenizer | TokenFilter
# components that have no form without settings
NEED_SETTINGS: Mapping[str, frozenset[str]] = {
    "char_filter": CHAR_FILTERS_WITH_SETTINGS,
    "filter": FILTERS_WITH_SETTINGS,
    "tokenizer": frozenset(),
}
_LIMITS = {"max_ngram_diff": 1, "max_shingle_diff": 3, "analyze.max_token_count": 10_000}


class Analysis:
    """The analyzers of one index, made from its settings; without settings the global ones.

    ``settings`` may be nested or flat, with or without ``index.`` in front. Every definition is
    built at once, so a mistake is an :class:`ApiError` here and not at the first document.
    """

    def __init__(self, settings: Mapping[str, Any] | None = None) -> None:
        # without an index Elasticsearch words its refusals otherwise
        self.is_global = settings is None
        settings = settings or {}
        self.limits = {name: _limit(settings, name, value) for name, value in _LIMITS.items()}
        found = definitions(settings)
        self._lock = threading.RLock()
        self._java: dict[tuple[str, str, int], Any] = {}
        self._builtin: dict[str, Chain] = {}
        self._components: dict[tuple[str, str], Component] = {}
        for kind in ("char_filter", "tokenizer", "filter"):
            for name, values in found[kind].items():
                self._components[kind, name] = self._defined(Options(kind, name, values))
        self._chains = {
            name: self._chain(Options("analyzer", name, values))
            for name, values in found["analyzer"].items()
        }
        self._normalizers = {
            name: self._normalizer_chain(Options("normalizer", name, values))
            for name, values in found["normalizer"].items()
        }
        for name in self._chains:
            self.analyzer(name)
        for name in self._normalizers:
            self.normalizer(name)

    # -- what others ask for

    def has(self, name: str) -> bool:
        """Whether an analyzer of that name can be used in a mapping or a query.

        One that only a server has is refused by name.
        """
        if name == "default" or name in self._chains or name in ANALYZERS:
            return True
        removed_or_unsupported("analyzer", name)
        return False

    def has_normalizer(self, name: str) -> bool:
        """Whether a normalizer of that name can be used; ``lowercase`` always."""
        return name == "lowercase" or name in self._normalizers

    @property
    def search_default(self) -> str:
        """The analyzer of a query on a field whose mapping names none."""
        return "default_search" if "default_search" in self._chains else "default"

    def analyzer(self, name: str, gap: int | None = None) -> Any:
        """The Java ``Analyzer`` of that name; the same object for the same question.

        ``gap`` is the number of positions between two values of a field; None takes the
        analyzer's own, 100 unless its definition says otherwise. The offset gap is 1. An unknown
        name is a 400.
        """
        return self._built("analyzer", self.chain(name), gap)

    def normalizer(self, name: str) -> Any:
        """The Java ``Analyzer`` that gives one token for a keyword value."""
        return self._built("normalizer", self.normalizer_chain(name), None)

    def chain(self, name: str) -> Chain:
        """The parts of an analyzer."""
        if name in self._chains:
            return self._chains[name]
        type = "standard" if name == "default" else name
        if type not in ANALYZERS:
            removed_or_unsupported("analyzer", name)
            where = "global analyzer" if self.is_global else "analyzer"
            raise illegal_argument(f"failed to find {where} [{name}]")
        with self._lock:
            if name not in self._builtin:
                self._builtin[name] = ANALYZERS[type](Options("analyzer", name, {}))
            return self._builtin[name]

    def chain_of(self, analyzer: Any) -> Chain | None:
        """The chain that a Java analyzer of this object was made from, whatever its gap."""
        with self._lock:
            for (kind, name, _), java in self._java.items():
                if java is analyzer:
                    return self.normalizer_chain(name) if kind == "normalizer" else self.chain(name)
        return None

    def normalizer_chain(self, name: str) -> Chain:
        """The parts of a normalizer."""
        if name not in self._normalizers and name == "lowercase":
            return self._normalizer_chain(Options("normalizer", name, {"type": "lowercase"}))
        if name not in self._normalizers:
            raise illegal_argument(f"failed to find normalizer under [{name}]")
        return self._normalizers[name]

    def named(self, kind: str, name: str, missing: Callable[[], ApiError]) -> Component:
        """The component of that name: the index's own first, else the built-in without settings."""
        own = self._components.get((kind, name))
        return own if own is not None else self.component(Options(kind, name, {}), missing)

    def component(self, options: Options, missing: Callable[[], ApiError]) -> Component:
        """Build a component from its settings; ``missing`` says that its type is unknown."""
        kind, type = options.kind, options.type or options.name
        limits = self.limits
        made: Component
        if kind == "char_filter" and type in CHAR_FILTERS:
            made = CHAR_FILTERS[type](options)
        elif kind == "filter" and type in TOKEN_FILTERS:
            made = TOKEN_FILTERS[type](options, limits)
        elif kind == "tokenizer" and type == "ngram":
            made = NGRAM(options, limits["max_ngram_diff"])
        elif kind == "tokenizer" and type in TOKENIZERS:
            made = TOKENIZERS[type](options)
        else:
            removed_or_unsupported(kind, type)
            raise missing()
        options.finish()
        return made

    # -- how they are made

    def _defined(self, options: Options) -> Component:
        kind, name, type = options.kind, options.name, options.type
        if type is None:
            raise illegal_argument(
                f"{kind} [{name}] must specify either an analyzer type, or a tokenizer"
            )
        return self.component(
            options, lambda: illegal_argument(f"Unknown {kind} type [{type}] for [{name}]")
        )

    def _built(self, kind: str, chain: Chain, gap: int | None) -> Any:
        wanted = chain.gap if gap is None else gap
        key = (kind, chain.name, wanted)
        with self._lock:
            if key not in self._java:
                own = (kind, chain.name, chain.gap)
                if own not in self._java:
                    self._java[own] = chain.java()
                if wanted != chain.gap:
                    self._java[key] = self._java[own].withGap(wanted)
            return self._java[key]

    def _chain(self, options: Options) -> Chain:
        name, type = options.name, options.type
        if name.startswith("_"):
            raise illegal_argument(f"analyzer name must not start with '_'. got \"{name}\"")
        if type is None and "tokenizer" not in options:
            raise illegal_argument(
                f"analyzer [{name}] must specify either an analyzer type, or a tokenizer"
            )
        if type is None or type == "custom":
            return self._custom(options)
        if type not in ANALYZERS:
            removed_or_unsupported("analyzer", type)
            raise illegal_argument(f"Unknown analyzer type [{type}] for [{name}]")
        chain = ANALYZERS[type](options)
        options.finish()
        return chain

    def _custom(self, options: Options) -> Chain:
        name = options.name
        tokenizer = options.string("tokenizer")
        if not tokenizer:
            raise illegal_argument(f"Custom Analyzer [{name}] must be configured with a tokenizer")

        def part(kind: str, wanted: str) -> Any:
            return self._part(name, kind, wanted)

        chain = Chain(
            name,
            part("tokenizer", tokenizer),
            tuple(part("char_filter", n) for n in options.strings("char_filter") or ()),
            tuple(part("filter", n) for n in options.strings("filter") or ()),
            options.integer("position_increment_gap", 100),
            custom=True,
        )
        options.finish()
        return chain

    def _part(self, analyzer: str, kind: str, name: str) -> Component:
        """A component that an analyzer names."""

        def missing() -> ApiError:
            return illegal_argument(
                f"Custom Analyzer [{analyzer}] failed to find {kind} under name [{name}]"
            )

        if (kind, name) not in self._components and name in NEED_SETTINGS[kind]:
            raise missing()
        return self.named(kind, name, missing)

    def _normalizer_chain(self, options: Options) -> Chain:
        name, type = options.name, options.type
        if type == "lowercase":
            options.finish()
            options = Options("normalizer", name, {"filter": ["lowercase"]})
        elif type not in (None, "custom"):
            raise illegal_argument(f"Unknown normalizer type [{type}] for [{name}]")
        if "tokenizer" in options:
            raise illegal_argument(f"Custom normalizer [{name}] cannot configure a tokenizer")

        def part(kind: str, word: str, wanted: str) -> Any:
            found = self._part(name, kind, wanted)
            if isinstance(found, (CharFilter, TokenFilter)) and not found.normalizing:
                raise illegal_argument(f"Custom normalizer [{name}] may not use {word} [{wanted}]")
            return found

        chain = Chain(
            name,
            Tokenizer("keyword", lucene_factory("core.KeywordTokenizerFactory")),
            tuple(
                part("char_filter", "char filter", n) for n in options.strings("char_filter") or ()
            ),
            tuple(part("filter", "filter", n) for n in options.strings("filter") or ()),
            custom=True,
        )
        options.finish()
        return chain


def _limit(settings: Mapping[str, Any], name: str, default: int) -> int:
    """An integer setting of the index, in any of the forms settings are written in."""
    value: Any = _at(settings, ["index", *name.split(".")])
    if value is None:
        value = _at(settings, name.split("."))
    if value is None:
        return default
    try:
        return int(str(value))
    except ValueError:
        raise illegal_argument(
            f"Failed to parse value [{value}] for setting [index.{name}]"
        ) from None


def _at(settings: Mapping[str, Any], path: Iterable[str]) -> Any:
    """The value under a path of which any neighbours may be joined by dots."""
    wanted = list(path)
    for count in range(1, len(wanted) + 1):
        key = ".".join(wanted[:count])
        if key in settings:
            value = settings[key]
            if count == len(wanted):
                return value
            if isinstance(value, Mapping):
                found = _at(value, wanted[count:])
                if found is not None:
                    return found
    return None
