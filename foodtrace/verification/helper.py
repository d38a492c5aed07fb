"""The other process: ``python -m foodtrace.verification.helper``, started by :mod:`foodtrace.verification.crew` and by nobody else."""

from __future__ import annotations

import sys

import msgspec

from foodtrace.errors import FoodtraceError
from foodtrace.graph.weights import Weights
from foodtrace.storage.engine import open_store
from foodtrace.verification.crew import Start, read_frame, write_frame
from foodtrace.verification.tasks import Hand, Task


def main() -> None:
    """Be a helper: tasks from stdin, answers to stdout, until stdin ends."""
    source, target = sys.stdin.buffer, sys.stdout.buffer
    try:
        start = msgspec.msgpack.decode(read_frame(source), type=Start)
        weights = Weights(start.key)
        store = open_store(start.address, create=False, schema=start.schema)
        with store.read() as session:
            hand = Hand(session, weights)
            while True:
                task = msgspec.msgpack.decode(read_frame(source), type=Task)
                write_frame(target, msgspec.msgpack.encode(hand.carry_out(task)))
    except (EOFError, OSError, ValueError, FoodtraceError):
        return  # whoever asked is gone, or does it alone


if __name__ == "__main__":
    main()
