"""Where an audit of a copy can begin when the beginning of the log is here: at the last full bundle, with what the entries here give.

The entries here are not believed to be the copy's: the root that was signed covers both, so it holds only if they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from foodtrace.events import Key, VoucherLines
from foodtrace.events.canonical import decode_alone
from foodtrace.events.parts import Gathering
from foodtrace.storage.session import Session
from foodtrace.tlog.entry import parse
from foodtrace.tlog.frontier import Frontier
from foodtrace.tlog.keychain import KeyChain
from foodtrace.tlog.nodes import stored_nodes
from foodtrace.tlog.ranges import root_ranges
from foodtrace.tlog.tiles import HEIGHT, WIDTH
from foodtrace.tlog.tilewalk import Begin

__all__ = ["begin_at"]

_ENTRY: Final = "SELECT leaf, bytes FROM entry WHERE log = ? AND seq = ?"


def begin_at(session: Session, log: int, size: int, keys: Iterable[tuple[int, Key]]) -> Begin | None:
    """Return where to begin for a log of which ``size`` entries are here, none where that is its first entry.

    :param keys: the key entries of the log, (seq, event), oldest first. :raises Integrity: ``proof.node_missing``.
    """
    base = size // WIDTH * WIDTH
    row = session.row(_ENTRY, (log, base - 1)) if base else None
    if row is None:
        return None
    node = stored_nodes(session, log)
    frontier = Frontier.from_bytes(base.to_bytes(8, "big") + b"".join(node(level, index) for level, index in root_ranges(base)))
    tiles: list[list[bytes]] = []
    level = 1
    while base >> HEIGHT * level:
        count = base >> HEIGHT * level
        tiles.append([node(HEIGHT * level, index) for index in range(count // WIDTH * WIDTH, count)])
        level += 1
    chain = KeyChain()
    for seq, event in keys:
        if seq < base:
            chain.take(seq, event)
    entry = parse(bytes(row[1]))
    return Begin(base, frontier, bytes(row[0]), entry.recorded, chain, tiles, _gathered(session, log, base, bytes(entry.event)))


def _gathered(session: Session, log: int, base: int, last: bytes) -> Gathering:
    """Return what has been gathered of an event whose parts lie on both sides."""
    gathering = Gathering()
    event = decode_alone(last)
    if isinstance(event, VoucherLines):
        for seq in range(base - event.part, base):
            row = session.row(_ENTRY, (log, seq))
            if row is not None:
                gathering.take(decode_alone(bytes(parse(bytes(row[1])).event)))
    return gathering
