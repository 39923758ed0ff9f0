"""Settings: flags > environment > ``esqual.toml`` in the working folder > default."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from esqual.engine import DEFAULT_URL
from esqual.errors import ConfigError

__all__ = ["FILE_NAME", "resolve_engine", "resolve_mapping"]

FILE_NAME = "esqual.toml"
_KEYS = {"engine": f"for example {DEFAULT_URL}", "mapping": "the path of a mapping file"}


def resolve_engine(
    flag: str | None = None,
    *,
    environ: Mapping[str, str] = os.environ,
    folder: str | Path = ".",
) -> str:
    """The engine's URL: ``--engine``, ``ESQUAL_ENGINE``, ``[esqual] engine`` of the file, default.

    An empty variable counts as none. Raises ConfigError for a file that is not TOML or has a key
    that esqual does not know.
    """
    if flag is not None:
        return flag
    return environ.get("ESQUAL_ENGINE") or _read_file(folder).get("engine") or DEFAULT_URL


def resolve_mapping(
    flag: str | None = None,
    *,
    environ: Mapping[str, str] = os.environ,
    folder: str | Path = ".",
) -> str | None:
    """The mapping file: ``--mapping``, ``ESQUAL_MAPPING``, ``[esqual] mapping``, else None.

    A path in the file is seen from its folder. Raises ConfigError as :func:`resolve_engine` does.
    """
    if flag is not None:
        return flag
    if environ.get("ESQUAL_MAPPING"):
        return environ["ESQUAL_MAPPING"]
    value = _read_file(folder).get("mapping")
    return None if value is None else str(Path(folder) / value)


def _read_file(folder: str | Path) -> dict[str, str]:
    path = Path(folder) / FILE_NAME
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    import tomllib

    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not TOML: {error}") from error
    section = content.get("esqual", {})
    # [gate] is the gate's own (esqual.gate.read_gate), [openai] that of the encoder
    unknown = sorted(set(content) - {"esqual", "gate", "openai"})
    if isinstance(section, dict):
        unknown += sorted(f"esqual.{key}" for key in set(section) - set(_KEYS))
    else:
        unknown.append("esqual")
    if unknown:
        raise ConfigError(
            f"{path}: unknown setting {unknown[0]}; the file has tables [gate], [openai], and "
            '[esqual] with engine = "lucene:PATH" or "http://HOST:PORT", and mapping = "FILE"'
        )
    for key, value in section.items():
        if not isinstance(value, str) or not value:
            raise ConfigError(f"{path}: esqual.{key} must be a string, {_KEYS[key]}")
    return dict(section)
