"""Values that nobody may read: shown as stars wherever a program would show them."""

from __future__ import annotations

import re

__all__ = ["Secret", "scrub"]

_STARS = "***"
_USERINFO = re.compile(r"(\w[\w+.-]*://)[^\s/@]*@")
# every secret of this process, and the forms in which it travels; see `scrub`
_known: set[str] = set()


class Secret:
    """A password or key; only :meth:`reveal` gives it away.

    ``carriers`` are further texts that hold it, such as the header made of it.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str, *carriers: str) -> None:
        self._value = value
        # shorter ones would black out half of any text
        _known.update(text for text in (value, *carriers) if len(text) >= 4)

    def reveal(self) -> str:
        """The value itself, for the one who sends it."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({_STARS})"

    def __str__(self) -> str:
        return _STARS

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> str:
        raise TypeError("a secret is not written anywhere")


def scrub(text: str) -> str:
    """``text`` without what was ever a :class:`Secret` here, and without user:password@ of URLs.

    The last line of defence: nothing is meant to put a secret into a message. Only whole words
    are covered, so that a password "elastic" leaves "elasticsearch" readable.
    """
    text = _USERINFO.sub(_without_login, text)
    for secret in sorted(_known, key=len, reverse=True):
        if secret in text:
            text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", _STARS, text)
    return text


def _without_login(found: re.Match[str]) -> str:
    user, colon, _ = found[0][len(found[1]) : -1].partition(":")
    return f"{found[1]}{user}:{_STARS}@" if colon else found[0]
