"""What a mapping file declares: which field is made of which, by what, and how to prove it later.

A declaration is plain JSON in ``mappings._meta.esqual.enrich`` (docs/enrichment.md). Read from a
local file it decides what runs; the same words in an index are only ever compared.
"""

from __future__ import annotations

import copy
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from esqual.enrich.kinds import KINDS, Kind, Worker, find_kind, load_worker
from esqual.errors import ConfigError, EnrichmentError

__all__ = ["Enrichment", "digest_of", "read_enrichments", "source_text"]

_REQUIRED = ("name", "kind", "source", "target")
_PINS = ("model", "version", "digest")
_NAME = re.compile(r"[A-Za-z0-9_]+")
# what a template already has, and what a document may not be called inside an engine
_TAKEN_NAMES = frozenset({"query", "query_id", "class", "weight"})


@dataclass(frozen=True, slots=True)
class Enrichment:
    """One declared enrichment: plain values only, so that it travels to any process.

    ``parameters`` are complete (defaults written out). ``pins`` are those of ``model``, ``version``
    and ``digest`` that the mapping file fixes. ``implementation`` is ``module:object`` of the
    kind, from the table of kinds.
    """

    name: str
    kind: str
    source: str
    target: str
    implementation: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    pins: Mapping[str, str] = field(default_factory=dict)

    def kind_object(self) -> Kind:
        """The kind, imported when asked for."""
        return find_kind(self.implementation)

    def query_names(self) -> tuple[str, ...]:
        """Names of the template parameters that this enrichment gives."""
        return tuple(self.kind_object().query_names(self.name))

    def fingerprint(self) -> dict[str, Any]:
        """Everything that decides the outcome, as JSON; computed from what is installed here.

        Raises ConfigError when a pin of the mapping file does not hold, and what the kind raises
        when a part of it is not installed.
        """
        made_with = self.kind_object().fingerprint(self.parameters)
        for key, wanted in self.pins.items():
            if made_with.get(key) != wanted:
                found = f"{key} {made_with[key]!r}" if made_with.get(key) else f"no {key} to pin"
                raise ConfigError(
                    f"the enrichment {self.name!r} is pinned to {key} {wanted!r}, and here the "
                    f"kind {self.kind!r} has {found}; install what is pinned, or change the pin "
                    "in the mapping file and index again"
                )
        return {
            "kind": self.kind,
            "source": self.source,
            "parameters": copy.deepcopy(dict(self.parameters)),
            "made_with": made_with,
        }

    def digest(self) -> str:
        """SHA-256 of the fingerprint, in hex."""
        return digest_of(self.fingerprint())

    def worker(self) -> Worker:
        """The loaded model of this process. Raises EnrichmentError when it cannot be loaded."""
        return load_worker(self.implementation, self.parameters)


def digest_of(fingerprint: Mapping[str, Any]) -> str:
    """SHA-256 in hex of a JSON object, whatever the order of its keys."""
    canonical = json.dumps(fingerprint, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def read_enrichments(
    body: Mapping[str, Any], *, path: str = "mapping", kinds: Mapping[str, str] = KINDS
) -> tuple[Enrichment, ...]:
    """The enrichments that ``body``, the content of a mapping file, declares; () without any.

    ``kinds`` is the table of kinds that may be named. Raises ConfigError, with ``path`` and the
    place, for an unknown key, a name or target that stands twice, a kind that is not in the table
    or parameters that the kind refuses.
    """
    meta = body.get("mappings", {}).get("_meta", {})
    esqual = meta.get("esqual", {}) if isinstance(meta, Mapping) else None
    if not isinstance(esqual, Mapping):
        raise ConfigError(f'{path}: "mappings._meta" and "esqual" in it are objects')
    unknown = sorted(set(esqual) - {"enrich"})
    if unknown:
        raise ConfigError(
            f'{path}: "mappings._meta.esqual" may hold "enrich" and nothing else; '
            f'"{unknown[0]}" is written by esqual index itself'
        )
    declared = esqual.get("enrich", [])
    if not isinstance(declared, list):
        raise ConfigError(f'{path}: "mappings._meta.esqual.enrich" is a list of objects')
    enrichments = tuple(
        _read_one(entry, f"{path}: mappings._meta.esqual.enrich[{place}]", kinds)
        for place, entry in enumerate(declared)
    )
    _check_distinct(enrichments, path)
    return enrichments


def _read_one(entry: Any, where: str, kinds: Mapping[str, str]) -> Enrichment:
    if not isinstance(entry, Mapping):
        raise ConfigError(f"{where} is not an object")
    unknown = sorted(set(entry) - {*_REQUIRED, *_PINS, "parameters"})
    if unknown:
        raise ConfigError(
            f'{where}: unknown key "{unknown[0]}"; there are {", ".join(_REQUIRED)}, parameters, '
            f"{', '.join(_PINS)}"
        )
    for key in (*_REQUIRED, *_PINS):
        if key in _REQUIRED or key in entry:
            value = entry.get(key)
            if not isinstance(value, str) or not value:
                raise ConfigError(f'{where}: "{key}" must be a text that is not empty')
    name, target = entry["name"], entry["target"]
    if not _NAME.fullmatch(name) or name in _TAKEN_NAMES:
        raise ConfigError(
            f'{where}: the name "{name}" cannot be a template parameter; letters, digits and _, '
            f"not {', '.join(sorted(_TAKEN_NAMES))}"
        )
    if "." in target or target.startswith("_") or target == entry["source"]:
        raise ConfigError(
            f'{where}: the target "{target}" must be a field of its own at the top of a document: '
            "no dot in it, no _ before it, not the source"
        )
    kind, parameters = entry["kind"], entry.get("parameters", {})
    if kind not in kinds:
        raise ConfigError(f'{where}: unknown kind "{kind}"; there are {", ".join(sorted(kinds))}')
    if not isinstance(parameters, Mapping):
        raise ConfigError(f'{where}: "parameters" is an object')
    try:
        complete = find_kind(kinds[kind]).defaults(copy.deepcopy(dict(parameters)))
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from error
    return Enrichment(
        name=name,
        kind=kind,
        source=entry["source"],
        target=target,
        implementation=kinds[kind],
        parameters=complete,
        pins={key: entry[key] for key in _PINS if key in entry},
    )


def _check_distinct(enrichments: Sequence[Enrichment], path: str) -> None:
    targets: set[str] = set()
    owners: dict[str, str] = {}
    for enrichment in enrichments:
        if enrichment.target in targets:
            raise ConfigError(f'{path}: two enrichments write the target "{enrichment.target}"')
        targets.add(enrichment.target)
        for name in enrichment.query_names():
            if name in owners:
                raise ConfigError(
                    f'{path}: the enrichments "{owners[name]}" and "{enrichment.name}" both give '
                    f"{{{{{name}}}}} to a template; rename one"
                )
            owners[name] = enrichment.name
    for enrichment in enrichments:
        if enrichment.source.partition(".")[0] in targets:
            raise ConfigError(
                f'{path}: the enrichment "{enrichment.name}" reads "{enrichment.source}", which '
                "another one writes; read a field of the corpus"
            )


def source_text(body: Mapping[str, Any], source: str) -> str | None:
    """The text that an enrichment reads of a document: a text, or a list's joined by line breaks.

    ``source`` is a field, or a path of fields (``a.b``). None when the document has no such field
    or null there. Raises EnrichmentError when it holds something else than text, or half a
    character, which no model and no engine takes.
    """
    value = _joined(body, source)
    try:
        (value or "").encode()
    except UnicodeEncodeError as error:
        raise EnrichmentError("half of a surrogate pair (\\ud800 … \\udfff) is not text") from error
    return value


def _joined(body: Mapping[str, Any], source: str) -> str | None:
    value: Any = body
    if source in body:
        value = body[source]
    else:
        for part in source.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list | tuple) and all(v is None or isinstance(v, str) for v in value):
        texts = [text for text in value if text]
        return "\n".join(texts) if texts else None
    raise EnrichmentError(f"the field {source!r} holds {_shown(value)}, where text is needed")


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "a list that is not of texts"
    return "an object" if isinstance(value, Mapping) else json.dumps(value)
