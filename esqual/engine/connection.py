"""Where the engine is and how to be let in: one value, checked before anything is opened."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, NoReturn
from urllib.parse import SplitResult, unquote, urlsplit

from esqual.engine.secret import Secret
from esqual.errors import ConfigError

__all__ = ["DEFAULT_URL", "OPTIONS", "Connection", "make_connection"]

DEFAULT_URL = "lucene:.esqual"
_FORMS = "write lucene:PATH for the embedded engine or http(s)://HOST:PORT for a server"


@dataclass(frozen=True, slots=True)
class Connection:
    """An engine's address, the rights to it, and how to talk; made by :func:`make_connection`.

    ``urls`` hold neither user nor password; one ``lucene:PATH``, or any number of http(s)
    addresses of one cluster. Paths are files; ``fingerprint`` is the SHA-256 of the server's
    certificate or of its CA's, in hex. Times are in seconds: ``timeout_s`` for an answer,
    ``connect_timeout_s`` for a connection. ``repr`` and ``str`` show no secret.
    """

    urls: tuple[str, ...]
    cloud_id: str | None = None
    api_key: Secret | None = None
    user: str | None = None
    password: Secret | None = None
    ca_file: str | None = None
    fingerprint: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    client_key_password: Secret | None = None
    proxy: str | None = None
    proxy_login: Secret | None = None
    timeout_s: float = 60.0
    connect_timeout_s: float = 10.0

    @property
    def is_embedded(self) -> bool:
        """Whether this is the engine in this process."""
        return self.urls[0].startswith("lucene:")

    @property
    def path(self) -> str:
        """The folder of the embedded engine."""
        return self.urls[0].removeprefix("lucene:")

    def __str__(self) -> str:
        return ", ".join(self.urls)


#: what :func:`make_connection` takes besides the address
OPTIONS = tuple(
    field.name for field in fields(Connection) if field.name not in ("urls", "proxy_login")
)
_SECRETS = ("api_key", "password", "client_key_password")


def make_connection(url: str | Sequence[str] | None = None, **options: Any) -> Connection:
    """Check an address and ``options`` (names: :data:`OPTIONS`) into a :class:`Connection`.

    ``url``: one address, several with commas between them, or a sequence; None for ``cloud_id``
    or the default. User and password may stand in it. Secrets are texts or :class:`Secret`; None
    is not given. Raises ConfigError, whose message never holds a secret.
    """
    unknown = sorted(set(options) - set(OPTIONS))
    if unknown:
        raise TypeError(f"connect() knows no option {unknown[0]!r}; it has {', '.join(OPTIONS)}")
    given = {name: value for name, value in options.items() if value is not None}
    for name in _SECRETS:
        if name in given:
            given[name] = _secret(name, given[name])
    if "cloud_id" in given:
        if url is not None:
            raise ConfigError("a Cloud ID is an address: give it or the engine URL, not both")
        return _server([], given)
    texts = _addresses(url)
    if texts[0].startswith("lucene:"):
        return _embedded(texts, given)
    return _server(texts, given)


def _addresses(url: str | Sequence[str] | None) -> list[str]:
    if url is None:
        return [DEFAULT_URL]
    if isinstance(url, str):
        # a folder may have a comma in its name
        return [url] if url.startswith("lucene:") else [part.strip() for part in url.split(",")]
    if not url:
        raise ConfigError(f"no engine URL is given; {_FORMS}")
    return list(url)


def _embedded(texts: Sequence[str], given: dict[str, Any]) -> Connection:
    if len(texts) > 1:
        raise ConfigError("the embedded engine is one folder; name one lucene:PATH, or servers")
    if texts[0] == "lucene:":
        raise ConfigError(
            f"the engine URL 'lucene:' names no folder; write lucene:PATH, "
            f"for example {DEFAULT_URL}"
        )
    if given:
        raise ConfigError(
            f"{min(given)} belongs to a server, and {texts[0]} is the embedded engine; leave it "
            "out, or name the server's URL"
        )
    return Connection((texts[0],))


def _server(texts: Sequence[str], given: dict[str, Any]) -> Connection:
    split = [_split(text) for text in texts]
    urls = [_bare(parts) for parts in split]
    if "cloud_id" in given:
        urls = [_cloud_address(given["cloud_id"])]
    _take_logins(split, given)
    _check_rights(given)
    _check_tls(urls, given)
    _check_times(given)
    if "proxy" in given:
        given["proxy"], given["proxy_login"] = _proxy(given["proxy"])
    return Connection(tuple(urls), **given)


def _take_logins(split: Sequence[SplitResult], given: dict[str, Any]) -> None:
    """Move user and password from the addresses into ``given``."""
    logins = {(parts.username, parts.password) for parts in split}
    if len(logins) > 1:
        raise ConfigError(
            "the engine URLs carry different users or passwords; give one user and one "
            "password for all of them (ESQUAL_USER, ESQUAL_PASSWORD)"
        )
    user, password = logins.pop() if logins else (None, None)
    for name, value in (("user", user), ("password", password)):
        if not value:
            continue
        if name in given or "api_key" in given:
            raise ConfigError(
                f"a {name} stands in the engine URL and is given in another way too; give it once"
            )
        given[name] = _secret(name, unquote(value)) if name == "password" else unquote(value)


def _split(text: str) -> SplitResult:
    """The parts of a server's URL. No message quotes a URL that may hold a password."""
    shown = repr(text) if "@" not in text else "(not shown: it holds a password)"
    if not text.startswith(("http://", "https://")) or not text.partition("//")[2]:
        raise ConfigError(f"the engine URL {shown} is of no known form; {_FORMS}")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        _refuse(shown, "a part of it is not what a URL has there; is the port a number?")
    if not host:
        _refuse(shown, "it names no host")
    if port is None:
        _refuse(shown, "it names no port (9200 unless you chose another; 443 behind https)")
    if parts.query or parts.fragment:
        _refuse(shown, "it has ? or #")
    return parts


def _refuse(shown: str, reason: str) -> NoReturn:
    raise ConfigError(
        f"the engine URL {shown} is not one of a server: {reason}; write http(s)://HOST:PORT; "
        "a password with / @ : # in it is better off in ESQUAL_PASSWORD"
    )


def _bare(parts: SplitResult) -> str:
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}:{parts.port}{parts.path.rstrip('/')}"


def _cloud_address(cloud_id: str) -> str:
    """NAME:base64(HOST[:PORT]$CLUSTER$…): the cluster is a host name under that host."""
    try:
        text = base64.b64decode(cloud_id.rpartition(":")[2], validate=True).decode("ascii")
        host, cluster, *_ = text.split("$")
        name, _, own_port = cluster.partition(":")
        parent, _, port = host.partition(":")
        if not name or not parent:
            raise ValueError("empty part")
        return f"https://{name}.{parent}:{int(own_port or port or 443)}"
    except ValueError as error:
        raise ConfigError(
            "the Cloud ID cannot be read; copy it whole from the deployment's page: NAME:LETTERS"
        ) from error


def _secret(name: str, value: str | Secret) -> Secret:
    text = value.reveal() if isinstance(value, Secret) else value
    words = name.replace("_", " ")
    if not text or text != text.strip() or not text.isprintable():
        raise ConfigError(
            f"the {words} is empty, or has blanks or line breaks around or in it; copy it whole"
        )
    if name != "api_key":
        return Secret(text)
    if not text.isascii():
        raise ConfigError("the API key is not one: it has letters that no key has")
    # the two halves as the server shows them, or the one text made of them
    encoded = base64.b64encode(text.encode()).decode("ascii") if ":" in text else text
    return Secret(encoded, text, text.partition(":")[2])


def _check_rights(given: dict[str, Any]) -> None:
    if "api_key" in given and ("user" in given or "password" in given):
        raise ConfigError("an API key and a user with password are given; choose one of them")
    if ("user" in given) != ("password" in given):
        missing = "password" if "user" in given else "user"
        raise ConfigError(
            f"the {missing} is missing: user and password belong together "
            "(ESQUAL_USER, ESQUAL_PASSWORD)"
        )


def _check_tls(urls: Sequence[str], given: dict[str, Any]) -> None:
    tls = ("ca_file", "fingerprint", "client_cert", "client_key", "client_key_password")
    used = [name for name in tls if name in given]
    plain = [url for url in urls if not url.startswith("https:")]
    if used and plain:
        raise ConfigError(f"{used[0]} is about TLS, and {plain[0]} has none; write https://")
    if "ca_file" in given and "fingerprint" in given:
        raise ConfigError("give a CA file or a fingerprint: with the latter no CA is looked at")
    if "client_cert" not in given and ("client_key" in given or "client_key_password" in given):
        raise ConfigError("a client key without its certificate; give client_cert too")
    if "fingerprint" in given:
        digits = given["fingerprint"].replace(":", "").lower()
        if len(digits) != 64 or set(digits) - set("0123456789abcdef"):
            raise ConfigError(
                "the fingerprint is not the SHA-256 of a certificate: 64 hex digits, with or "
                "without colons"
            )
        given["fingerprint"] = digits


def _check_times(given: dict[str, Any]) -> None:
    for name in ("timeout_s", "connect_timeout_s"):
        if name in given and not 0 < given[name] < 86_400:
            raise ConfigError(f"{name} must be a number of seconds above 0 and below a day")


def _proxy(text: str) -> tuple[str, Secret | None]:
    shown = repr(text) if "@" not in text else "(not shown: it holds a password)"
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname and parts.port)
    except ValueError:
        usable = False
    if not usable:
        raise ConfigError(f"the proxy {shown} is not one; write http://HOST:PORT")
    if parts.username is None:
        return _bare(parts), None
    login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return _bare(parts), Secret(login, unquote(parts.password or ""))
