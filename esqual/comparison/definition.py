"""What an index is, as a text that can be kept and set beside another: mapping and analysis."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from elasticsearch import ApiError, TransportError

if TYPE_CHECKING:
    from elasticsearch import Elasticsearch

__all__ = ["definition_text"]

_DECIDING = ("analysis", "similarity")


def definition_text(client: Elasticsearch, index: str) -> str | None:
    """Mappings, analysis and similarity of every index behind a name, as JSON with sorted keys.

    None where the engine does not tell (the right to read settings may be missing).
    """
    try:
        mappings = client.indices.get_mapping(index=index).body
        settings = client.indices.get_settings(index=index).body
    except (ApiError, TransportError):
        return None
    parts = {}
    for name in sorted(mappings):
        own = (settings.get(name) or {}).get("settings", {}).get("index", {})
        parts[name] = {
            **dict(mappings[name]),
            "settings": {key: own[key] for key in _DECIDING if key in own},
        }
    return json.dumps(parts, ensure_ascii=False, indent=2, sort_keys=True)
