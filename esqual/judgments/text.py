"""Lines of text files, UTF-8, in and out; ``-`` is the standard stream."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from esqual.errors import JudgmentsError

__all__ = ["iter_lines", "split_columns", "write_lines"]

# What C's isspace() knows, which is what trec_eval splits at. A wide space is part of an id.
_WHITE = re.compile(r"[ \t\v\f\r]+")


def iter_lines(path: str | Path) -> Iterator[tuple[int, str]]:
    """Yield (line number from 1, text without its line end) of every line that is not blank.

    Lines end with LF or CRLF and with nothing else: U+2028 and form feeds are text. A byte order
    mark is skipped. Raises JudgmentsError for a file that cannot be read or is not UTF-8.
    """
    try:
        data = sys.stdin.buffer.read() if str(path) == "-" else Path(path).read_bytes()
    except OSError as error:
        raise JudgmentsError(
            f"cannot be read: {error.strerror or error}; check the path", path=path
        ) from error
    for number, raw in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        try:
            text = raw.removesuffix(b"\r").decode("utf-8")
        except UnicodeDecodeError as error:
            raise JudgmentsError(
                f"is not UTF-8 (byte {error.start + 1} of the line); convert the file, "
                "for example with iconv -f CP932 -t UTF-8",
                path=path,
                line=number,
            ) from error
        if text.strip():
            yield number, text


def split_columns(text: str) -> list[str]:
    """Split a line of a TREC file into its columns, at any run of ASCII white space."""
    return _WHITE.split(text.strip(" \t\v\f\r"))


def write_lines(path: str | Path, lines: Iterable[str]) -> None:
    """Write ``lines`` (without line ends), to a temporary name first and then renamed."""
    text = "".join(f"{line}\n" for line in lines)
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
