"""Errors to one clear message and an exit code."""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import suppress

import click

from esqual.engine.secret import scrub
from esqual.errors import EsqualError

__all__ = ["exit_code_of"]

_ERROR, _USAGE, _INTERRUPTED = 3, 2, 130
# what a shell reports for a program that SIGPIPE ended; 1 would read as "the gate says no"
_BROKEN_PIPE = 141


def exit_code_of(error: BaseException) -> int:
    """Say on stderr what ``error`` means to a user; the code to exit with."""
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else _ERROR
    if isinstance(error, (click.Abort, KeyboardInterrupt)):
        # the first line closes the terminal's ^C
        _say("interrupted", before="\n" if sys.stderr.isatty() else "")
        return _INTERRUPTED
    if isinstance(error, BrokenPipeError):
        with suppress(OSError):
            # the interpreter flushes stdout once more at its end, which would complain again
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE
    if isinstance(error, click.UsageError):
        error.show(file=sys.stderr)
        return _USAGE
    if isinstance(error, click.ClickException):
        _say(f"error: {error.format_message()}")
        return _ERROR
    if os.environ.get("ESQUAL_DEBUG") == "1":
        print(scrub("".join(traceback.format_exception(error))), file=sys.stderr)
    if isinstance(error, EsqualError):
        _say(f"error: {error}", getattr(error, "__notes__", ()))
    elif isinstance(error, OSError):
        _say(f"error: {error}")
    else:
        _say(
            f"error: {type(error).__name__}: {error}",
            ["this is not expected; ESQUAL_DEBUG=1 shows where it happened, please report it"],
        )
    return _ERROR


def _say(message: str, notes: tuple[str, ...] | list[str] = (), before: str = "") -> None:
    first, *more = (f"esqual: {message}".splitlines()) or [""]
    lines = [first, *(f"  {line}" for line in [*more, *notes])]
    # a message may quote a document: no control character may reach the terminal
    text = "\n".join("".join(c if c.isprintable() else " " for c in line) for line in lines)
    with suppress(OSError):
        print(before + scrub(text), file=sys.stderr, flush=True)
