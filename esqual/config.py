"""Settings: flags > environment > ``esqual.toml`` in the working folder > default."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from esqual.engine.connection import DEFAULT_URL, Connection, make_connection
from esqual.engine.secret import Secret
from esqual.errors import ConfigError
from esqual.keys import fetch_secret

__all__ = [
    "DEFAULT_HISTORY",
    "FILE_NAME",
    "SETTINGS",
    "resolve_connection",
    "resolve_engine",
    "resolve_history",
    "resolve_mapping",
]

FILE_NAME = "esqual.toml"
# a file of the project, beside esqual.toml
DEFAULT_HISTORY = ".esqual-history.sqlite"
_KEYS = {
    "engine": f"for example {DEFAULT_URL}",
    "mapping": "the path of a mapping file",
    "history": 'a path, a database URL or "off"',
}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of ``[engine]``; ``flag`` and ``variable`` are the same word elsewhere."""

    name: str
    help: str
    metavar: str
    is_path: bool = False
    is_number: bool = False

    @property
    def flag(self) -> str:
        """The command line's option; units stay in the name of the value."""
        return "--" + self.name.removesuffix("_s").replace("_", "-")

    @property
    def variable(self) -> str:
        """The environment's variable."""
        return "ESQUAL_" + self.name.upper()


#: what may be said of a server besides its URL, in the order of the help
SETTINGS = (
    Setting("cloud_id", "Elastic Cloud's address, instead of a URL.", "ID"),
    Setting("api_key_from", "Where the API key is: see docs/connecting.md.", "PLACE"),
    Setting("user", "User name; its password comes from ESQUAL_PASSWORD or a place.", "NAME"),
    Setting(
        "password_from",
        "Where the password is: file:PATH, env:NAME, keyring:SERVICE/NAME.",
        "PLACE",
    ),
    Setting(
        "ca_file",
        "The CA that signed the server's certificate, PEM; trusted alone.",
        "FILE",
        is_path=True,
    ),
    Setting("fingerprint", "SHA-256 of the server's certificate or of its CA's, in hex.", "HEX"),
    Setting("client_cert", "Client certificate, PEM.", "FILE", is_path=True),
    Setting("client_key", "Its key, PEM, where it is not in the same file.", "FILE", is_path=True),
    Setting("client_key_password_from", "Where the password of that key is.", "PLACE"),
    Setting("proxy", "http(s)://HOST:PORT of a proxy.", "URL"),
    Setting("timeout_s", "Seconds to wait for an answer, 60 by default.", "S", is_number=True),
    Setting(
        "connect_timeout_s", "Seconds to wait for a connection, 10 by default.", "S", is_number=True
    ),
)
_BY_NAME = {setting.name: setting for setting in SETTINGS}
_SECRETS = ("api_key", "password", "client_key_password")
# of the two ways to be let in, the one that is named in the stronger place
_WAYS = (("api_key", "api_key_from"), ("user", "password", "password_from"))


def resolve_connection(
    flag: str | None = None,
    flags: Mapping[str, Any] | None = None,
    *,
    environ: Mapping[str, str] = os.environ,
    folder: str | Path = ".",
) -> Connection:
    """The engine and the rights to it: ``--engine`` and ``flags``, environment, file, default.

    ``flags`` are those of :data:`SETTINGS` by name, None where not given. An empty variable
    counts as none. Secrets come from ``ESQUAL_API_KEY``, ``ESQUAL_PASSWORD``,
    ``ESQUAL_CLIENT_KEY_PASSWORD``, or from the place that a ``…_from`` names. Raises ConfigError:
    a secret in the file or on the command line is refused, with where to put it.
    """
    from_flags = {name: value for name, value in (flags or {}).items() if value is not None}
    if flag is not None:
        _refuse_secret(flag, "on the command line, where every user of the machine can read it")
        from_flags["url"] = flag
    from_variables = _read_variables(environ)
    from_file = _read_engine(folder)
    chosen: dict[str, Any] = {}
    for level in (from_file, from_variables, from_flags):
        _lay_over(chosen, level)
    url = chosen.pop("url", None)
    if "cloud_id" not in chosen and url is None:
        url = DEFAULT_URL
    if isinstance(url, str) and url.startswith("lucene:"):
        # what environment and file say of a server is not about this engine
        chosen = {k: v for k, v in from_flags.items() if k != "url"}
    return make_connection(url, **_with_secrets(chosen, environ))


def resolve_engine(
    flag: str | None = None,
    *,
    environ: Mapping[str, str] = os.environ,
    folder: str | Path = ".",
) -> str:
    """The engine's address, as :func:`resolve_connection` finds it; never with a password."""
    return str(resolve_connection(flag, environ=environ, folder=folder))


def resolve_mapping(
    flag: str | None = None,
    *,
    environ: Mapping[str, str] = os.environ,
    folder: str | Path = ".",
) -> str | None:
    """The mapping file: ``--mapping``, ``ESQUAL_MAPPING``, ``[esqual] mapping``, else None.

    A path in the file is seen from its folder. Raises ConfigError for a file that is not TOML or
    has a key that esqual does not know.
    """
    if flag is not None:
        return flag
    if environ.get("ESQUAL_MAPPING"):
        return environ["ESQUAL_MAPPING"]
    value = _read_file(folder)[0].get("mapping")
    return None if value is None else str(Path(folder) / value)


def resolve_history(
    flag: str | None = None,
    *,
    environ: Mapping[str, str] = os.environ,
    folder: str | Path = ".",
) -> str | None:
    """Where comparisons are kept: ``--history``, ``ESQUAL_HISTORY``, ``[esqual] history``, a file.

    A path or a database URL; None for ``off``. A path in the file is seen from its folder. Raises
    ConfigError for a password on the command line or in the file: those are seen by others.
    """
    if flag is not None:
        _refuse_secret(
            flag, "on the command line, where every user of the machine can read it", _HISTORY_HINT
        )
        place = flag
    elif environ.get("ESQUAL_HISTORY"):
        place = environ["ESQUAL_HISTORY"]
    else:
        path = Path(folder) / FILE_NAME
        place = _read_file(folder)[0].get("history", DEFAULT_HISTORY)
        _refuse_secret(place, f"in {path}, which is meant to be shared", _HISTORY_HINT)
        if "://" not in place and place != "off":
            place = str(Path(folder) / place)
    return None if place == "off" else place


def _lay_over(chosen: dict[str, Any], stronger: Mapping[str, Any]) -> None:
    """Put ``stronger`` over ``chosen``; what it makes meaningless goes."""
    for way, other in (_WAYS, _WAYS[::-1]):
        if any(name in stronger for name in way) and not any(n in stronger for n in other):
            for name in other:
                chosen.pop(name, None)
    for name in _SECRETS:
        if name in stronger or f"{name}_from" in stronger:
            chosen.pop(name, None)
            chosen.pop(f"{name}_from", None)
    for one, another in (
        ("url", "cloud_id"),
        ("cloud_id", "url"),
        ("ca_file", "fingerprint"),
        ("fingerprint", "ca_file"),
    ):
        if one in stronger and another not in stronger:
            chosen.pop(another, None)
    chosen.update(stronger)


def _with_secrets(chosen: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    options = dict(chosen)
    for name in _SECRETS:
        place = options.pop(f"{name}_from", None)
        if place is not None:
            if name in options:
                raise ConfigError(
                    f"{name} and {name}_from are both given in the environment; keep one of "
                    f"ESQUAL_{name.upper()} and ESQUAL_{name.upper()}_FROM"
                )
            options[name] = fetch_secret(place, environ)
    return options


def _read_variables(environ: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if environ.get("ESQUAL_ENGINE"):
        values["url"] = environ["ESQUAL_ENGINE"]
    for setting in SETTINGS:
        text = environ.get(setting.variable)
        if text:
            values[setting.name] = _number(setting, text) if setting.is_number else text
    for name in _SECRETS:
        text = environ.get(f"ESQUAL_{name.upper()}")
        if text:
            values[name] = Secret(text)
    return values


def _number(setting: Setting, text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise ConfigError(f"{setting.variable}={text!r} is not a number of seconds") from error


def _read_engine(folder: str | Path) -> dict[str, Any]:
    """What the file says of the engine, paths seen from its folder."""
    path = Path(folder) / FILE_NAME
    section, engine = _read_file(folder)
    values = dict(engine)
    if "engine" in section:
        if "url" in values or "cloud_id" in values:
            raise ConfigError(f"{path}: [esqual] engine and [engine] both name one; keep one")
        values["url"] = section["engine"]
    for name in ("url", "proxy"):
        addresses = values.get(name, [])
        for address in [addresses] if isinstance(addresses, str) else addresses:
            _refuse_secret(address, f"in {path}, which is meant to be shared")
    for name, value in values.items():
        if name in _BY_NAME and _BY_NAME[name].is_path:
            values[name] = str(Path(folder) / value)
        elif name.endswith("_from") and value.startswith("file:"):
            values[name] = "file:" + str(Path(folder) / Path(value[5:]).expanduser())
    return values


_ENGINE_HINT = "ESQUAL_PASSWORD, or password_from (docs/connecting.md)"
_HISTORY_HINT = "ESQUAL_HISTORY to the whole URL, or PGPASSWORD (docs/history.md)"


def _refuse_secret(address: str, where: str, instead: str = _ENGINE_HINT) -> None:
    """ConfigError for an address that holds a password."""
    login, _, rest = address.partition("//")[2].rpartition("@")
    if ":" in login or "password=" in rest.partition("?")[2].lower():
        raise ConfigError(
            f"a URL with a password in it stands {where}; take the password out and set {instead}"
        )


def _read_file(folder: str | Path) -> tuple[dict[str, str], dict[str, Any]]:
    """The tables [esqual] and [engine], checked."""
    path = Path(folder) / FILE_NAME
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return {}, {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    import tomllib

    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not TOML: {error}") from error
    section, engine = content.get("esqual", {}), content.get("engine", {})
    _refuse_unknown(path, content, section, engine)
    for key, value in section.items():
        if not isinstance(value, str) or not value:
            raise ConfigError(f"{path}: esqual.{key} must be a string, {_KEYS[key]}")
    for key, value in engine.items():
        _check_engine_value(path, key, value)
    return dict(section), dict(engine)


def _refuse_unknown(path: Path, content: Mapping[str, Any], section: Any, engine: Any) -> None:
    # [gate] is the gate's own (esqual.gate.read_gate), [openai] that of the encoder
    unknown = sorted(set(content) - {"esqual", "engine", "gate", "openai"})
    if isinstance(engine, dict):
        for name in _SECRETS:
            if name in engine:
                raise ConfigError(
                    f"{path}: engine.{name} is a secret, and this file is meant to be shared; "
                    f"take it out and set ESQUAL_{name.upper()}, or {name}_from = "
                    '"file:PATH", "env:NAME" or "keyring:SERVICE/NAME"'
                )
        unknown += sorted(f"engine.{key}" for key in set(engine) - set(_BY_NAME) - {"url"})
    else:
        unknown.append("engine")
    if isinstance(section, dict):
        unknown += sorted(f"esqual.{key}" for key in set(section) - set(_KEYS))
    else:
        unknown.append("esqual")
    if unknown:
        raise ConfigError(
            f"{path}: unknown setting {unknown[0]}; the file has tables [gate], [openai], "
            '[engine] with url = "lucene:PATH" or "http://HOST:PORT" and what '
            'docs/connecting.md lists, and [esqual] with mapping = "FILE", history = "PATH"'
        )


def _check_engine_value(path: Path, key: str, value: object) -> None:
    setting = _BY_NAME.get(key)
    if setting is not None and setting.is_number:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ConfigError(f"{path}: engine.{key} must be a number of seconds")
        return
    several = key == "url" and isinstance(value, Sequence) and not isinstance(value, str)
    texts = value if several and value else [value]
    assert isinstance(texts, Sequence)
    if not all(isinstance(text, str) and text for text in texts):
        also = " or a list of strings" if key == "url" else ""
        raise ConfigError(f"{path}: engine.{key} must be a string{also}")
