"""Why a server cannot be used, in one sentence and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from esqual.engine.connection import Connection

if TYPE_CHECKING:
    from elasticsearch import ApiError, TransportError

__all__ = ["explain_not_let_in", "explain_refusal", "explain_unreachable", "reason_of"]

_CA = (
    "name the CA that signed it (--ca-file, ESQUAL_CA_FILE), or the certificate itself by its "
    "fingerprint (--fingerprint)"
)
_CLIENT = "name yours with --client-cert and --client-key"
# what OpenSSL and urllib3 say -> what happened, what to do; the first that fits
_TLS = (
    (
        "fingerprints did not match",
        "the server's certificate has another fingerprint than the one given",
        "if the certificate was renewed, take the new one from the server; otherwise somebody "
        "stands between",
    ),
    (
        "certificate has expired",
        "the server's certificate has expired",
        "have it renewed; is the clock of this machine right?",
    ),
    (
        "certificate is not yet valid",
        "the server's certificate is not valid yet",
        "is the clock of this machine right?",
    ),
    (
        "hostname mismatch",
        "the server's certificate is for another name",
        "write the URL with a name that stands in the certificate",
    ),
    (
        "ip address mismatch",
        "the server's certificate is for another name",
        "write the URL with a name that stands in the certificate",
    ),
    (
        "certificate_verify_failed",
        "the server's certificate is signed by a CA that is not trusted here",
        _CA,
    ),
    (
        "wrong_version_number",
        "the server does not speak TLS there",
        "is it http:// instead of https://?",
    ),
    ("record_layer_failure", "the server does not speak TLS there", "is it http://?"),
    ("certificate_required", "the server asks for a client certificate", _CLIENT),
    ("certificate required", "the server asks for a client certificate", _CLIENT),
    ("bad_certificate", "the server refuses the client certificate", _CLIENT),
    ("unknown_ca", "the server does not know the CA of the client certificate", _CLIENT),
    ("handshake", "server and client agree on no way of TLS", "is TLS 1.2 or newer on there?"),
)


def explain_unreachable(error: TransportError, connection: Connection) -> str:
    """What stood between: the network, TLS, a proxy, time."""
    import elastic_transport

    said = " ".join(_messages(error)).lower()
    where = f"the engine {connection} cannot be reached"
    if isinstance(error, elastic_transport.TlsError) or "ssl" in said:
        for sign, happened, advice in _TLS:
            if sign in said:
                return f"{where}: {happened}; {advice}"
    if connection.proxy and ("tunnel connection failed" in said or "to proxy" in said):
        login = " (407: it wants a user; ESQUAL_PROXY takes one)" if "407" in said else ""
        return f"{where}: the proxy {connection.proxy} does not let through{login}; is it right?"
    if isinstance(error, elastic_transport.ConnectionTimeout):
        return (
            f"{where} in time ({connection.connect_timeout_s:g} s to connect, "
            f"{connection.timeout_s:g} s for an answer); more time: --timeout, --connect-timeout"
        )
    reason = _first_line(error.message)
    broken = ("remote end closed", "connection reset", "broken pipe", "eof occurred")
    if any(sign in said for sign in broken):
        is_tls = connection.urls[0].startswith("https:")
        hint = "if it asks for a client certificate, " + _CLIENT
        reason += f" ({hint if is_tls else 'if the server speaks TLS, write https://'})"
    return (
        f"the engine {connection} cannot be reached or does not answer: {reason}; is it running, "
        "and is the URL right (--engine, ESQUAL_ENGINE)?"
    )


def explain_not_let_in(error: ApiError, connection: Connection) -> str | None:
    """Why the server refused the rights of a request; None where that is not what it did."""
    return explain_refusal(error.status_code, reason_of(error.body, error.message), connection)


def explain_refusal(status: int, reason: str, connection: Connection) -> str | None:
    """The same for the status and the reason of an answer."""
    if status == 401:
        if connection.api_key is not None:
            return (
                f"the engine {connection} refuses the API key (status 401): {reason}; it is "
                "expired, revoked, mistyped or another cluster's: make a new one and put it into "
                "ESQUAL_API_KEY"
            )
        if connection.password is not None:
            return (
                f"the engine {connection} refuses user {connection.user!r} and the password "
                f"(status 401): {reason}; check ESQUAL_USER and ESQUAL_PASSWORD"
            )
        return (
            f"the engine {connection} asks who you are (status 401): {reason}; set "
            "ESQUAL_API_KEY, or ESQUAL_USER and ESQUAL_PASSWORD (docs/connecting.md)"
        )
    if status == 403:
        return (
            f"the engine {connection} does not give the right to this (status 403): {reason}; "
            "ask for that privilege, `esqual doctor --index NAME` lists what is needed"
        )
    return None


def reason_of(body: object, otherwise: str) -> str:
    """Why, in the server's words: the body of a refusal, ``otherwise`` where it does not say."""
    cause = body.get("error") if isinstance(body, dict) else None
    if not isinstance(cause, dict):
        # HEAD has no body, which the client writes as None
        said = str(cause or otherwise)
        return "it does not say why" if said == "None" else _first_line(said)
    # of a key it says in a field of its own what is the matter: expired, invalid
    key = str(cause.get("additional_unsuccessful_credentials") or "")
    return _first_line(key.removeprefix("API key: ") or str(cause.get("reason") or otherwise))


def _messages(error: BaseException) -> Iterator[str]:
    """The texts of an error, of those it was raised from and of those it gathered."""
    seen: list[BaseException] = [error]
    for one in seen:
        yield str(one)
        more = [one.__cause__, *getattr(one, "errors", ())]
        seen += [e for e in more if isinstance(e, BaseException) and e not in seen]


def _first_line(message: str) -> str:
    return (message.splitlines() or ["no reason given"])[0]
