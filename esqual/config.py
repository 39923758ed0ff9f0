"""Settings: flags > environment > ``esqual.toml`` in the working folder > default."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from esqual.engine import DEFAULT_URL
from esqual.errors import ConfigError

__all__ = ["FILE_NAME", "resolve_engine"]

FILE_NAME = "esqual.toml"


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
    return environ.get("ESQUAL_ENGINE") or _read_file(Path(folder) / FILE_NAME) or DEFAULT_URL


def _read_file(path: Path) -> str | None:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    import tomllib

    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not TOML: {error}") from error
    section = content.get("esqual", {})
    unknown = sorted(set(content) - {"esqual"})
    if isinstance(section, dict):
        unknown += sorted(f"esqual.{key}" for key in set(section) - {"engine"})
    else:
        unknown.append("esqual")
    if unknown:
        raise ConfigError(
            f"{path}: unknown setting {unknown[0]}; the file knows one: a table [esqual] with "
            'engine = "lucene:PATH" or "http://HOST:PORT"'
        )
    value = section.get("engine")
    if value is not None and (not isinstance(value, str) or not value):
        raise ConfigError(f"{path}: esqual.engine must be a string, for example {DEFAULT_URL}")
    return value
