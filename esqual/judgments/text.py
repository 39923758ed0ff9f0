"""Lines of text files, UTF-8, in and out; ``-`` is the standard stream."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from esqual.errors import JudgmentsError

__all__ = ["decode", "iter_lines", "read_bytes", "split_columns", "write_lines", "write_text"]

# What C's isspace() knows, which is what trec_eval splits at. A wide space is part of an id.
_WHITE = re.compile(r"[ \t\v\f\r]+")


def read_bytes(path: str | Path) -> bytes:
    """Return a file's bytes without a byte order mark; ``-`` is standard input.

    Raises JudgmentsError for a file that cannot be read.
    """
    try:
        data = sys.stdin.buffer.read() if str(path) == "-" else Path(path).read_bytes()
    except OSError as error:
        raise JudgmentsError(
            f"cannot be read: {error.strerror or error}; check the path", path=path
        ) from error
    return data.removeprefix(b"\xef\xbb\xbf")


def iter_lines(path: str | Path, data: bytes | None = None) -> Iterator[tuple[int, str]]:
    """Yield (line number from 1, text without its line end) of every line that is not blank.

    ``data`` are the bytes of ``path`` where they are read already. Lines end with LF or CRLF and
    with nothing else: U+2028 and form feeds are text. A byte order mark is skipped. Raises
    JudgmentsError for a file that cannot be read or is not UTF-8.
    """
    data = read_bytes(path) if data is None else data
    for number, raw in enumerate(data.split(b"\n"), 1):
        text = _decoded(raw.removesuffix(b"\r"), path, number)
        if text.strip():
            yield number, text


def decode(path: str | Path, data: bytes) -> str:
    """Return the text of a whole file. Raises JudgmentsError, with the line, if not UTF-8."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        number = data.count(b"\n", 0, error.start) + 1
        return _decoded(data.split(b"\n")[number - 1], path, number)


def _decoded(raw: bytes, path: str | Path, line: int) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise JudgmentsError(
            f"is not UTF-8 (byte {error.start + 1} of the line); convert the file, "
            "for example with iconv -f CP932 -t UTF-8",
            path=path,
            line=line,
        ) from error


def split_columns(text: str) -> list[str]:
    """Split a line of a TREC file into its columns, at any run of ASCII white space."""
    return _WHITE.split(text.strip(" \t\v\f\r"))


def write_lines(path: str | Path, lines: Iterable[str]) -> None:
    """Write ``lines`` (without line ends), to a temporary name first and then renamed."""
    write_text(path, "".join(f"{line}\n" for line in lines))


def write_text(path: str | Path, text: str) -> None:
    """Write ``text``, ``-`` to standard output, else under a temporary name and then renamed."""
    if str(path) == "-":
        sys.stdout.write(text)
        return
    target = Path(path)
    temporary = None
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", newline="\n", dir=target.parent, prefix=".", delete=False
        ) as file:
            temporary = file.name
            file.write(text)
        # A temporary file is private; the result has the permissions of any other new file.
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, target)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise JudgmentsError(
            f"cannot be written: {error.strerror or error}; check the folder", path=path
        ) from error
