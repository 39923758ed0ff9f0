"""Files to lines: plain, gzip or bzip2, a file or standard input, with numbers and positions."""

from __future__ import annotations

import bz2
import gzip
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import IO, Any

from esqual.errors import CorpusError

__all__ = ["STDIN", "LineFile", "decode_line"]

STDIN = "<stdin>"
_UTF8_BOM = b"\xef\xbb\xbf"
# A document beyond this would not pass a server's limit for one request (100 MB) either; the
# limit keeps a file without line ends from being read into memory.
MAX_LINE_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Packed:
    name: str
    suffix: str
    magic: bytes
    open: Callable[[Any], Any]


_PACKED = (
    _Packed("gzip", ".gz", b"\x1f\x8b", lambda raw: gzip.GzipFile(fileobj=raw)),
    _Packed("bzip2", ".bz2", b"BZh", bz2.BZ2File),
)


class LineFile:
    """An open corpus file. ``size`` and ``position`` are bytes on disk, for progress.

    ``size`` is None for standard input. Gzip and bzip2 are recognised by their first bytes, so they
    work on standard input too. Raises CorpusError when the file cannot be opened.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = STDIN if str(path) == "-" else str(path)
        self.size: int | None = None
        try:
            if self.path == STDIN:
                stdin: Any = sys.stdin.buffer
                # a stream that stands in for standard input need not be able to peek
                self._raw: Any = stdin if hasattr(stdin, "peek") else BufferedReader(stdin)
            else:
                self._raw = Path(path).open("rb")  # noqa: SIM115 (closed in close)
                if self._raw.seekable():
                    self.size = Path(path).stat().st_size
            start = self._raw.peek(3)[:3]
        except OSError as error:
            reason = error.strerror or str(error)
            raise CorpusError(f"cannot be read: {reason}", path=self.path) from error
        if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
            self.close()
            raise CorpusError(
                "is UTF-16; convert it with: iconv -f UTF-16 -t UTF-8", path=self.path, line=1
            )
        packed = self._packed = next(
            (kind for kind in _PACKED if start.startswith(kind.magic)), None
        )
        named = next((kind for kind in _PACKED if self.path.endswith(kind.suffix)), None)
        if packed is not None:
            self._stream: IO[bytes] = packed.open(self._raw)
        elif named is not None and start:
            self.close()
            raise CorpusError(
                f"is named {named.suffix} but is not {named.name}; rename it", path=self.path
            )
        else:
            self._stream = self._raw

    @property
    def position(self) -> int:
        """Bytes taken from the disk so far."""
        if self.size is None or self._raw.closed:
            return self.size or 0
        return int(self._raw.tell())

    def close(self) -> None:
        """Close the file; standard input stays open."""
        if self.path != STDIN:
            self._raw.close()

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        """Yield (line number, line with its line end); a byte order mark is taken off.

        Raises CorpusError for a damaged gzip or bzip2 file and for a line that has no end.
        """
        number = 0
        while True:
            try:
                line = self._stream.readline(MAX_LINE_BYTES + 1)
            except (EOFError, OSError, zlib.error) as error:
                raise self._unreadable(error, number) from error
            if not line:
                return
            number += 1
            if len(line) > MAX_LINE_BYTES:
                raise CorpusError(
                    f"the line is longer than {MAX_LINE_BYTES >> 20} MiB; a corpus has one "
                    "document a line (a JSON array: jq -c '.[]')",
                    path=self.path,
                    line=number,
                )
            if number == 1 and line.startswith(_UTF8_BOM):
                line = line[3:]
            yield number, line

    def _unreadable(self, error: Exception, line: int) -> CorpusError:
        # what the disk refuses has an error number; what a packed stream refuses has none
        from_disk = isinstance(error, OSError) and error.errno is not None
        if from_disk or self._packed is None:
            reason = f"cannot be read: {getattr(error, 'strerror', None) or error}"
        else:
            name = self._packed.name
            reason = f"the {name} data is damaged or cut off after this line: {error}"
        return CorpusError(reason, path=self.path, line=line)


def decode_line(line: bytes) -> tuple[str, str | None]:
    """The text of a line and, when it cannot be used, the reason.

    A line that is not UTF-8 comes back with its bad bytes escaped, so that it can be shown.
    """
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        reason = (
            f"invalid UTF-8 at byte {error.start + 1} of the line (0x{line[error.start]:02x}); "
            "is the file in another encoding? (iconv -f CP932 -t UTF-8)"
        )
        return line.decode(errors="backslashreplace"), reason
    if "\0" in text:
        return text, f"a NUL character at column {text.index(chr(0)) + 1}; is this a text file?"
    return text, None
