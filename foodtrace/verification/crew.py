"""Another process that helps to verify.

Rules:

1. It is a Python of its own (``python -m foodtrace.verification.helper``), not a fork and not ``multiprocessing``: a library must neither
   fork a threaded program nor run its caller's main module again.
2. It opens the database for itself, and only sealed rows below the sizes it is told are read there, and the projection's rows of these
   entries. Of those only ``ended`` can be other in its later snapshot: whoever asked looks such a row up in its own. The address, with
   its password if it has one, goes through a pipe and never stands on a command line.
3. Both take tasks from one list until it is empty. A helper that cannot start, or dies, is as if it was not there: whoever asked
   carries out what is left, and what it was carrying out as well.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

import msgspec

from foodtrace.graph.weights import Weights
from foodtrace.oneshot import uncollected
from foodtrace.storage.session import Session
from foodtrace.verification.tasks import Done, Hand, Task

_SIZE: Final = 8
_MOST: Final = 1 << 30
_PATIENCE: Final = 600.0
"""Seconds to wait for a task that a helper has taken, before its work is done again here."""


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """What a helper has to know."""

    address: str
    """URL of the database."""
    schema: str | None = None
    key: bytes = b""
    """Key of the fingerprint."""


class Crew:
    """This process and its helpers, at one list of tasks at a time."""

    def __init__(self, session: Session, weights: Weights, helpers: Sequence[subprocess.Popen[bytes]]) -> None:
        self.hand = Hand(session, weights)
        """This process."""
        self._helpers = list(helpers)
        self.helped: set[int] = set()
        """Helpers that have carried out something."""

    def carry_out(
        self, tasks: Sequence[Task], first: Iterator[object] | None = None, step: Callable[[int], None] | None = None
    ) -> list[Done]:
        """Carry out every task; return what each found, in their order.

        :param first: work that only this process can do; it is done before this process takes a task.
        :param step: called with the number of tasks that are done.
        """
        waiting = deque(range(len(tasks)))
        done: list[Done | None] = [None] * len(tasks)
        threads = [
            threading.Thread(target=self._feed, args=(index, helper, tasks, waiting, done), daemon=True)
            for index, helper in enumerate(self._helpers)
        ]
        for thread in threads:
            thread.start()
        alone = iter(first or ())
        while True:
            with uncollected():
                if next(alone, self) is self:
                    break
            if step is not None:
                step(sum(each is not None for each in done))
        while True:
            try:
                index = waiting.popleft()
            except IndexError:
                break
            done[index] = self.hand.carry_out(tasks[index])
            if step is not None:
                step(sum(each is not None for each in done))
        for thread in threads:
            thread.join(_PATIENCE)
        return [self.hand.carry_out(tasks[index]) if each is None else each for index, each in enumerate(done)]

    def _feed(
        self, index: int, helper: subprocess.Popen[bytes], tasks: Sequence[Task], waiting: deque[int], done: list[Done | None]
    ) -> None:
        """Hand tasks to a helper until there are none, or it fails (rule 3)."""
        if helper.stdin is None or helper.stdout is None:
            return
        try:
            while True:
                number = waiting.popleft()
                write_frame(helper.stdin, msgspec.msgpack.encode(tasks[number]))
                done[number] = msgspec.msgpack.decode(read_frame(helper.stdout), type=Done)
                self.helped.add(index)
        except (IndexError, OSError, ValueError, EOFError, msgspec.MsgspecError):
            return


@contextmanager
def crew(session: Session, weights: Weights, start: Start | None, helpers: int) -> Iterator[Crew]:
    """Give a crew of this process and some helpers, which end with it."""
    processes = [] if start is None else [each for each in (_process(start) for _ in range(helpers)) if each is not None]
    try:
        yield Crew(session, weights, processes)
    finally:
        for process in processes:
            _end(process)


def _process(start: Start) -> subprocess.Popen[bytes] | None:
    command = [sys.executable, "-m", "foodtrace.verification.helper"]
    # Wherever this process found us, the helper does too.
    here = str(Path(__file__).resolve().parents[2])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([here, *filter(None, [os.environ.get("PYTHONPATH")])])}
    try:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment)  # noqa: S603 - ourselves
    except OSError:
        return None
    try:
        if process.stdin is not None:
            write_frame(process.stdin, msgspec.msgpack.encode(start))
    except (OSError, ValueError):
        _end(process)
        return None
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with suppress(OSError):  # it was gone before
                stream.close()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def write_frame(stream: IO[bytes], data: bytes) -> None:
    """Write one message with its length before it."""
    stream.write(len(data).to_bytes(_SIZE, "big") + data)
    stream.flush()


def read_frame(stream: IO[bytes]) -> bytes:
    """Return the next message. Raises ``EOFError``, ``ValueError``."""
    size = int.from_bytes(_exactly(stream, _SIZE), "big")
    if size > _MOST:
        raise ValueError(size)
    return _exactly(stream, size)


def _exactly(stream: IO[bytes], size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise EOFError
    return data


__all__ = ["Crew", "Start", "crew", "read_frame", "write_frame"]
