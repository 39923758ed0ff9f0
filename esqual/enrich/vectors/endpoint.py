"""Any endpoint that speaks OpenAI's ``/embeddings``: ``openai:MODEL``.

Address and key come from this machine alone: ESQUAL_OPENAI_URL and ESQUAL_OPENAI_KEY, or the table
``[openai]`` with ``url`` and ``key`` in ``esqual.toml``. A mapping file cannot name either, and no
message shows the key. A redirect is not followed: it could carry texts and key elsewhere.

What is busy (429) or broken for the moment (408, 5xx, no connection) is tried again, after what
Retry-After asks for, or 1, 2, 4, ... seconds.
"""

from __future__ import annotations

import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from esqual.enrich.vectors.base import PREFIXES, Encoder, Parameter, Side, whole
from esqual.errors import ConfigError, EnrichmentError

__all__ = ["ENCODER", "Address", "EndpointEncoder", "local_address"]

FILE_NAME = "esqual.toml"
TRIES = 6
# seconds: for one answer, and the longest that a server may ask to wait
TIMEOUT_S = 60.0
LONGEST_WAIT_S = 120.0
_AGAIN = {408, 429, 500, 502, 503, 504}
# the server read the texts and refused them; others may pass
_REFUSED = {400, 413, 422}


class EndpointKind:
    """See :class:`esqual.enrich.vectors.base.EncoderKind`."""

    argument_means: str | None = "MODEL"
    parameters: Mapping[str, Parameter] = {**PREFIXES, "batch_size": whole(32, 1, 64)}
    dims: int | None = None
    default_dims: int | None = None

    def fingerprint(self, argument: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The model's name: an endpoint tells no version, and its address stays here."""
        return {"model": argument}

    def load(self, argument: str, parameters: Mapping[str, Any]) -> Encoder:
        """Read address and key; nothing is sent yet."""
        return EndpointEncoder(
            argument,
            local_address(),
            query=parameters["query_prefix"],
            passage=parameters["passage_prefix"],
            batch_size=parameters["batch_size"],
        )


ENCODER = EndpointKind()


class Address:
    """Where to send texts, and the key; shown without the key."""

    def __init__(self, url: str, key: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigError(
                "the address of the embeddings endpoint must be http(s)://HOST[:PORT][/PATH] "
                "(ESQUAL_OPENAI_URL, or url in [openai] of esqual.toml)"
            )
        if parts.username is not None or parts.query or parts.fragment:
            raise ConfigError(
                "the address of the embeddings endpoint must hold no user, password or ?; "
                "a key goes to ESQUAL_OPENAI_KEY"
            )
        if not key.isascii() or not key.isprintable():
            raise ConfigError("ESQUAL_OPENAI_KEY holds a character that no key has")
        self.url = url.rstrip("/") + "/embeddings"
        self._key = key

    def headers(self) -> dict[str, str]:
        """Headers of a request, the key among them."""
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        return headers | ({"Authorization": f"Bearer {self._key}"} if self._key else {})

    def without_key(self, message: str) -> str:
        """``message`` as it may be shown."""
        return message.replace(self._key, "***") if self._key else message

    def __repr__(self) -> str:
        return f"Address({self.url!r})"


def local_address(environ: Mapping[str, str] = os.environ, folder: str | Path = ".") -> Address:
    """Address and key of the environment, else of ``esqual.toml``; the key may be empty.

    Raises ConfigError when there is no address or the file is wrong.
    """
    written = _read_file(folder)
    url = environ.get("ESQUAL_OPENAI_URL") or written.get("url", "")
    # a key goes to the address that it was written for
    key = (
        environ.get("ESQUAL_OPENAI_KEY", "")
        if environ.get("ESQUAL_OPENAI_URL")
        else environ.get("ESQUAL_OPENAI_KEY") or written.get("key", "")
    )
    if not url:
        raise ConfigError(
            "the encoder openai: has no address; set ESQUAL_OPENAI_URL (for example "
            "http://localhost:8000/v1) and, where one is wanted, ESQUAL_OPENAI_KEY, or write url "
            "and key into the table [openai] of esqual.toml"
        )
    return Address(url.strip(), key.strip())


def _read_file(folder: str | Path) -> dict[str, str]:
    import tomllib

    path = Path(folder) / FILE_NAME
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig")).get("openai", {})
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        # the error of a TOML parser holds no content of the file
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    if not isinstance(table, dict) or set(table) - {"url", "key"}:
        raise ConfigError(f'{path}: the table [openai] has "url" and "key" and nothing else')
    if not all(isinstance(value, str) for value in table.values()):
        raise ConfigError(f"{path}: openai.url and openai.key must be texts")
    return table


class EndpointEncoder:
    """See the module. ``sleep`` waits a number of seconds."""

    def __init__(
        self,
        model: str,
        address: Address,
        *,
        query: str = "",
        passage: str = "",
        batch_size: int = 32,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._model = model
        self._address = address
        self._prefixes: dict[Side, str] = {"query": query, "passage": passage}
        self._batch_size = batch_size
        self._sleep = sleep
        self._opener = urllib.request.build_opener(_NoRedirect)

    def encode(self, texts: Sequence[str], side: Side) -> NDArray[np.float64]:
        """Rows of shape (n_texts, dims of the model), in requests of ``batch_size`` texts.

        Raises EnrichmentError when the endpoint cannot be reached, keeps failing or lets nobody
        in, ValueError when it refuses these texts.
        """
        prefix = self._prefixes[side]
        rows: list[list[float]] = []
        for start in range(0, len(texts), self._batch_size):
            batch = [prefix + text for text in texts[start : start + self._batch_size]]
            rows += self._read(self._post({"model": self._model, "input": batch}), len(batch))
        try:
            return np.array(rows, dtype=np.float64)
        except (TypeError, ValueError) as cause:
            raise self._wrong("vectors of different lengths, or no numbers in them") from cause

    def _post(self, body: Mapping[str, Any]) -> bytes:
        data = json.dumps(body, ensure_ascii=False).encode()
        for attempt in range(1, TRIES + 1):
            # urllib writes down what it is given: a new request each time
            request = urllib.request.Request(
                self._address.url, data=data, headers=self._address.headers(), method="POST"
            )
            asked: str | None = None
            try:
                with self._opener.open(request, timeout=TIMEOUT_S) as answer:
                    content: bytes = answer.read()
                    return content
            except urllib.error.HTTPError as error:
                with error:
                    status, asked = error.code, error.headers.get("Retry-After")
                    problem = f"status {status}{self._reason(error)}"
                if status in _REFUSED:
                    raise ValueError(f"{self._address.url} answers {problem}") from None
                if status not in _AGAIN:
                    raise self._failed(f"answers {problem}", _advice(status)) from None
            except (OSError, HTTPException) as error:
                reason = getattr(error, "reason", error)
                problem = f"no answer ({type(reason).__name__}: {reason})"
            wait = _wait_s(asked, attempt)
            if attempt == TRIES or wait > LONGEST_WAIT_S:
                break
            self._sleep(wait)
        much = f"asks to wait {wait:.0f} seconds" if wait > LONGEST_WAIT_S else f"{attempt} tries"
        raise self._failed(f"gives {problem}, {much}", "is the address right, and is it running?")

    def _reason(self, error: IO[bytes]) -> str:
        """What the server says, as far as it is short and in OpenAI's form."""
        try:
            said = json.loads(error.read(65_536))["error"]
            said = said["message"] if isinstance(said, dict) else said
        except Exception:
            return ""
        return f": {self._address.without_key(str(said))[:300]}"

    def _read(self, content: bytes, wanted: int) -> list[list[float]]:
        try:
            data = json.loads(content)["data"]
            rows = {entry["index"]: list(entry["embedding"]) for entry in data}
            return [rows[place] for place in range(wanted)]
        except (ValueError, KeyError, TypeError) as cause:
            raise self._wrong(f"no vector for each of {wanted} texts") from cause

    def _wrong(self, what: str) -> EnrichmentError:
        return self._failed(f"answers {what}", "does it speak OpenAI's /embeddings?")

    def _failed(self, what: str, advice: str) -> EnrichmentError:
        return EnrichmentError(f"the embeddings endpoint {self._address.url} {what}; {advice}")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Leaves a redirect to be an HTTPError."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _wait_s(asked: str | None, attempt: int) -> float:
    """Seconds to wait: those of Retry-After (a number, or a date), else 1, 2, 4, ..."""
    if asked is not None:
        if asked.strip().isdecimal():
            return float(asked)
        try:
            until = parsedate_to_datetime(asked)
            now = datetime.now(UTC)
            until = until if until.tzinfo is not None else until.replace(tzinfo=UTC)
            return max((until - now).total_seconds(), 0.0)
        except ValueError:
            pass
    return float(2 ** (attempt - 1))


def _advice(status: int) -> str:
    if status in (401, 403):
        return "is the key right (ESQUAL_OPENAI_KEY, or key in [openai] of esqual.toml)?"
    if status in (301, 302, 303, 307, 308):
        return "a redirect is not followed; write the address that it leads to"
    return "is the address right, and does it have this model?"
