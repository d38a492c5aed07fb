"""Standard output and standard error for a reader that may leave (``foodtrace verify | head -1``).

Rules:

1. A reader that left has read what it wanted. The work is finished all the same, and the exit code is what the work said: a verification
   that found something ends with 3, and nothing that was asked for is left undone under a 0.
2. What would be printed from then on goes nowhere. Nobody is told: there is nobody.
3. Only these two streams are meant. A file that a command was told to write and that is a pipe without a reader is a write that failed.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

__all__ = ["outlive_readers"]

_LEFT: Final = frozenset({errno.EPIPE, errno.EINVAL} if os.name == "nt" else {errno.EPIPE})
"""What a write to a pipe without a reader answers; Windows says the other one."""


class _Outliving(io.RawIOBase):
    """Writes to a stream as long as somebody reads it."""

    def __init__(self, raw: io.RawIOBase) -> None:
        super().__init__()
        self._raw = raw
        self._left = False

    def write(self, data: ReadableBuffer, /) -> int | None:
        """Write, or pass over what nobody reads any more."""
        if not self._left:
            try:
                return self._raw.write(data)
            except OSError as error:
                if error.errno not in _LEFT:
                    raise
                self._left = True
        return memoryview(data).nbytes

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._raw.fileno()

    def isatty(self) -> bool:
        """Say whether it is a terminal."""
        return self._raw.isatty()

    def writable(self) -> bool:
        """Say that it can be written."""
        return True


def outlive_readers() -> None:
    """Let this process's standard output and error outlive whoever reads them."""
    sys.stdout = _outliving(sys.stdout)
    sys.stderr = _outliving(sys.stderr)


def _outliving(stream: IO[str]) -> IO[str]:
    """Return a stream like this one that outlives its reader; a terminal, and what is no stream of the system, as it is."""
    if not isinstance(stream, io.TextIOWrapper) or stream.isatty():
        return stream
    raw = getattr(stream.buffer, "raw", stream.buffer)
    if not isinstance(raw, io.RawIOBase):
        return stream
    stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(_Outliving(raw)),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )
