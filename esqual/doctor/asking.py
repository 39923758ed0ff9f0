"""Questions to an engine whose refusals are answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import elasticsearch

from esqual.doctor.check import WARN, Check
from esqual.engine.refusals import reason_of

__all__ = ["Refusal", "ask", "not_allowed"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the engine answered instead: HTTP status, its type of error and its reason."""

    status: int
    type: str
    reason: str

    @property
    def is_about_rights(self) -> bool:
        """Whether the key or user lacks a right; what a licence lacks is another thing."""
        return self.status == 403 and "license" not in self.reason

    @property
    def is_unknown_route(self) -> bool:
        """Whether the engine has no such API: a module or plugin is not there."""
        return self.status in (400, 404, 405, 410) and (
            "no handler found" in self.reason
            or "Incorrect HTTP method" in self.reason
            or self.type in ("api_not_available_exception", "invalid_index_name_exception")
        )


def ask(question: Callable[[], Any]) -> Any:
    """The body that ``question`` brings, or a :class:`Refusal`.

    What cannot be reached raises as the client does: the first question has found that out.
    """
    try:
        return question().body
    except elasticsearch.UnsupportedProductError:
        raise
    except elasticsearch.ApiError as error:
        body = error.body
        cause = body.get("error") if isinstance(body, Mapping) else None
        if not isinstance(cause, Mapping):
            return Refusal(error.status_code, "", str(cause or error.message))
        reason = reason_of(body, error.message)
        deeper = cause.get("caused_by")
        if isinstance(deeper, Mapping) and deeper.get("reason"):
            reason += f" ({deeper['reason']})"
        return Refusal(error.status_code, str(cause.get("type") or ""), reason)


def not_allowed(name: str, refusal: Refusal, right: str) -> Check:
    """The finding where the engine did not say: no right to ask, or another refusal."""
    if refusal.is_about_rights or refusal.status == 401:
        return Check(name, WARN, "not allowed to ask", f"give the {right} to see this")
    said = f"no answer: status {refusal.status}, {refusal.reason[:200]}"
    return Check(name, WARN, said, "ask the one who runs the server")
