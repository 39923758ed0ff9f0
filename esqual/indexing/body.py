"""The mapping file: the body of an index (settings, mappings, aliases), and which one an index has.

An index made here carries the digest of its body in ``mappings._meta.esqual.mapping_digest``.
Comparing digests instead of bodies is deliberate: an engine gives a mapping back in its own
spelling (defaults dropped, numbers as strings), and what matters is whether two indices were made
from the same file. Only ``settings`` and ``mappings`` count, in any order of keys and layout.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from esqual.enrich.agreement import enriched_meta
from esqual.enrich.spec import Enrichment, read_enrichments
from esqual.errors import ConfigError

if TYPE_CHECKING:
    from elasticsearch import ApiError

__all__ = [
    "IndexBody",
    "Mode",
    "describe_api_error",
    "describe_cause",
    "read_index_body",
]

Mode = Literal["create", "append", "recreate"]


@dataclass(frozen=True, slots=True)
class IndexBody:
    """A mapping file as read: ``body`` is what creates the index; ``digest`` is sha256 in hex."""

    path: str
    body: Mapping[str, Any]
    digest: str
    enrichments: tuple[Enrichment, ...] = ()

    def marked(self, **more: Any) -> dict[str, Any]:
        """The body as it is sent: in ``_meta`` its digest, and what its enrichments are made by.

        ``more`` is said there too.
        """
        body = copy.deepcopy(dict(self.body))
        meta = body.setdefault("mappings", {}).setdefault("_meta", {})
        mark = {**meta.get("esqual", {}), "mapping_digest": self.digest, **more}
        if self.enrichments:
            mark["enriched"] = enriched_meta(self.enrichments)
        meta["esqual"] = mark
        return body


def read_index_body(path: str | Path) -> IndexBody:
    """Read a mapping file. Raises ConfigError when it is not a JSON object with known parts."""
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(
            f"{path}: the mapping file cannot be read: {error.strerror or error}"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 at byte {error.start + 1}") from error
    try:
        body = json.loads(text, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        raise ConfigError(
            f"{path}:{error.lineno}: not JSON: {error.msg} at column {error.colno}"
        ) from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: not usable JSON: {error}") from error
    if not isinstance(body, dict):
        raise ConfigError(f'{path}: a mapping file is an object: {{"settings": …, "mappings": …}}')
    unknown = sorted(set(body) - {"settings", "mappings", "aliases"})
    if unknown:
        hint = '; put it under "mappings"' if unknown[0] in _MAPPING_KEYS else ""
        raise ConfigError(
            f'{path}: unknown key "{unknown[0]}": a mapping file has "settings", "mappings" and '
            f'"aliases"{hint}'
        )
    for key, value in body.items():
        if not isinstance(value, dict):
            raise ConfigError(f'{path}: "{key}" must be an object')
    enrichments = read_enrichments(body, path=str(path))
    _check_targets(str(path), body, enrichments)
    return IndexBody(str(path), body, _digest(body), enrichments)


def _check_targets(path: str, body: Mapping[str, Any], enrichments: Sequence[Enrichment]) -> None:
    """A field that is made is a field that can be searched."""
    properties = body.get("mappings", {}).get("properties", {})
    for enrichment in enrichments:
        what = f"{path}: the field {enrichment.target!r} of the enrichment {enrichment.name!r}"
        field = properties.get(enrichment.target) if isinstance(properties, Mapping) else None
        if not isinstance(field, Mapping):
            raise ConfigError(
                f"{what} is not in mappings.properties: it would be kept and never be found; map it"
            )
        try:
            enrichment.kind_object().check_field(enrichment.parameters, field)
        except ConfigError as error:
            raise ConfigError(f"{what} {error}") from error


_MAPPING_KEYS = frozenset({"properties", "dynamic", "_source", "_meta", "dynamic_templates"})


def _digest(body: Mapping[str, Any]) -> str:
    parts = [body.get("settings", {}), body.get("mappings", {})]
    canonical = json.dumps(parts, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f'"{next(n for n in names if names.count(n) > 1)}" stands twice')
    return value


def describe_api_error(error: ApiError) -> str:
    """The engine's own words: ``type: reason``, the innermost cause last."""
    body = error.body
    cause = body.get("error") if isinstance(body, dict) else None
    if not isinstance(cause, dict):
        return str(cause or error.message)
    root = (cause.get("root_cause") or [cause])[0]
    return describe_cause({**root, "caused_by": cause.get("caused_by")})


def describe_cause(cause: Mapping[str, Any]) -> str:
    """``type: reason`` of one error object and of what caused it."""
    words = f"{cause.get('type', 'error')}: {cause.get('reason')}"
    inner = cause.get("caused_by")
    if isinstance(inner, dict) and inner.get("reason") not in (None, cause.get("reason")):
        words += f" ({describe_cause(inner)})"
    return words
