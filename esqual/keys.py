"""Secrets from where they are kept: a file, a variable, the system's keyring."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from esqual.engine.secret import Secret
from esqual.errors import ConfigError

__all__ = ["fetch_secret"]

_PLACES = "file:PATH, env:NAME or keyring:SERVICE/NAME"


def fetch_secret(place: str, environ: Mapping[str, str] = os.environ) -> Secret:
    """The secret at ``place``: ``file:PATH`` (one line), ``env:NAME``, ``keyring:SERVICE/NAME``.

    Raises ConfigError when it is not there. A text of another form may be the secret itself, so
    no message shows it.
    """
    kind, _, name = place.partition(":")
    if kind == "file" and name:
        return _from_file(Path(name).expanduser())
    if kind == "env" and name:
        if not environ.get(name):
            raise ConfigError(f"the variable {name}, which is to hold a secret, is not set")
        return Secret(environ[name])
    if kind == "keyring" and all(name.partition("/")):
        service, _, user = name.partition("/")
        return _from_keyring(service, user)
    raise ConfigError(
        f"the place of a secret is written {_PLACES}; what is given (not shown: it may be the "
        "secret itself) is none of them"
    )


def _from_file(path: Path) -> Secret:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: the secret in it cannot be read: {error}") from error
    lines = text.strip().splitlines()
    if len(lines) != 1:
        raise ConfigError(f"{path}: must hold one line, the secret; it has {len(lines)}")
    return Secret(lines[0])


def _from_keyring(service: str, user: str) -> Secret:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError as error:
        raise ConfigError(
            "the keyring is asked for a secret, and its library is not installed; "
            'pip install "esqual[keyring]"'
        ) from error
    try:
        value = keyring.get_password(service, user)
    except KeyringError as error:
        raise ConfigError(f"the keyring does not answer: {error}; is it unlocked?") from error
    if not value:
        raise ConfigError(
            f"the keyring has nothing for {service}/{user}; put it there with: "
            f"keyring set {service} {user}"
        )
    return Secret(value)
