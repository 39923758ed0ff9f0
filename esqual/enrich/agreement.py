"""Does an index hold what we would make? Digests of both sides, compared and nothing else.

An index says in ``_meta.esqual`` what made its fields. That text may come from anyone: it is only
compared with what the local mapping file gives, never imported, opened or contacted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from esqual.enrich.spec import Enrichment, digest_of
from esqual.errors import ConfigError

__all__ = ["check_agreement", "check_declared", "enriched_by", "enriched_meta"]

_SHOWN = 60


def enriched_meta(enrichments: Iterable[Enrichment]) -> dict[str, Any]:
    """What an index says of its enrichments: target → names, fingerprint and its digest."""
    meta = {}
    for enrichment in enrichments:
        fingerprint = enrichment.fingerprint()
        meta[enrichment.target] = {
            "names": list(enrichment.query_names()),
            "digest": digest_of(fingerprint),
            "fingerprint": fingerprint,
        }
    return meta


def enriched_by(mappings: Mapping[str, Any]) -> dict[str, Any]:
    """target → what the mappings of one index say of it; {} where nothing usable is said."""
    esqual = _object(_object(mappings.get("_meta")).get("esqual"))
    return {str(k): _object(v) for k, v in _object(esqual.get("enriched")).items()}


def check_agreement(indices: Mapping[str, Any], enrichments: Sequence[Enrichment]) -> None:
    """Every index behind a name must have been enriched as we would now.

    ``indices`` is the answer of the get-mapping API: index → ``{"mappings": …}``. Raises
    ConfigError with the index, what differs and what to do.
    """
    for enrichment in enrichments:
        own = enrichment.fingerprint()
        for index in sorted(indices):
            theirs = enriched_by(_object(_object(indices[index]).get("mappings")))
            _check_one(index, enrichment, own, theirs.get(enrichment.target))


def _check_one(
    index: str, enrichment: Enrichment, own: Mapping[str, Any], theirs: Mapping[str, Any] | None
) -> None:
    declared = f"the field {enrichment.target!r} (enrichment {enrichment.name!r})"
    if theirs is None:
        raise ConfigError(
            f"the index {index!r} does not say what made {declared}, so it cannot be compared with "
            "the mapping file; make the index with esqual index and that mapping file"
        )
    if theirs.get("digest") == digest_of(own):
        return
    differences = list(_differences(_object(theirs.get("fingerprint")), own))
    shown = "; ".join(differences[:4]) or "the digest differs"
    more = f"; and {len(differences) - 4} more" if len(differences) > 4 else ""
    raise ConfigError(
        f"the index {index!r} made {declared} in another way than this side would: {shown}{more}. "
        "Index again with this mapping file (esqual index --recreate), or name the mapping file "
        "and install the versions that the index was made with"
    )


def check_declared(
    indices: Mapping[str, Any], names: Collection[str], supplied: Collection[str]
) -> None:
    """A name that an index gives to templates, and nobody supplies, would drop out in silence.

    ``names`` are those that the template uses, ``supplied`` those that something gives. Raises
    ConfigError.
    """
    for index in sorted(indices):
        for said in enriched_by(_object(_object(indices[index]).get("mappings"))).values():
            own = said.get("names")
            for name in own if isinstance(own, list) else ():
                if isinstance(name, str) and name in names and name not in supplied:
                    raise ConfigError(
                        f"the template uses {{{{{name}}}}}, which the index {index!r} has an "
                        "enrichment for; name the mapping file that declares it: --mapping FILE"
                    )


def _differences(theirs: Any, own: Any, path: str = "") -> Iterator[str]:
    """``path: index has A, here B`` for every leaf that differs."""
    if isinstance(theirs, Mapping) and isinstance(own, Mapping):
        for key in sorted({*map(str, theirs), *own}):
            inner = f"{path}.{key}" if path else key
            yield from _differences(theirs.get(key), own.get(key), inner)
    elif theirs != own:
        yield f"{path}: {_shown(theirs)} in the index, {_shown(own)} here"


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    text = str(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
