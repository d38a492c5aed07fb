"""What an entry is about, for people, told from its exact bytes alone. Pure.

Rules:

1. Of an event that stands in several entries (:mod:`foodtrace.events.parts`) each entry says which event it belongs to, and that it is
   part k of n: nobody takes some of its lines for all of them.
2. Named are the lots that this entry names, not those of its other parts, and what else it is about: a case, an operator, the entry that
   it corrects. So no kind of event is about nothing.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import msgspec

from foodtrace.errors import BadData, ProofError
from foodtrace.events import Key, VoucherLines
from foodtrace.events.canonical import decode_alone
from foodtrace.keys import key_id
from foodtrace.tlog.entry import parse

__all__ = ["About", "about_entry"]

_NAMING: Final = (
    "case",
    "operator",
    "seller",
    "issuer",
    "staff",
    "asked",
    "gate",
    "day",
    "parent",
    "former",
    "product",
    "name",
    "site",
    "to",
)
"""Fields that say what an event is about beside its lots, the most telling first."""


class About(msgspec.Struct, frozen=True, kw_only=True):
    """An entry in words that people know."""

    log: str
    seq: int
    recorded: dt.datetime
    """When it was sealed, by the writer's clock."""
    kind: str
    """Kind of entry, as ``type`` in its event's JSON."""
    event: str
    """Id of the event; where the entry is one of its parts, of the whole event."""
    event_kind: str
    """Kind of that event: as ``kind``, but for ``voucher_lines``, which are lines of an event of another kind."""
    part: int = 0
    """Which part of the event this entry is, from 1; 0: it is the whole event."""
    parts: int = 0
    """Entries that the event stands in; 0: this one alone."""
    at: dt.datetime
    """When it happened, by whoever recorded it."""
    site: str
    lots: tuple[str, ...]
    """Every lot this entry names, in its order."""
    subject: tuple[str, ...] = ()
    """What else it is about, by id or name: recall case, operator, entry that is corrected or erased (``LOG#SEQ``), key, site ..."""
    quantity: str
    """The event's own quantity, e.g. ``500 kg``; empty if it has none or several."""


def about_entry(data: bytes) -> About:
    """Say what an entry is about. Raises ``ProofError`` (``proof.not_ours``) for bytes that are no entry of a foodtrace log."""
    try:
        entry = parse(data)
        event = decode_alone(bytes(entry.event))
    except BadData as error:
        raise ProofError("proof.not_ours", reason=error.message("en")) from None
    quantity = getattr(event, "quantity", None)
    kind = str(type(event).__struct_config__.tag)
    lines = event if isinstance(event, VoucherLines) else None
    parts = int(getattr(event, "parts", 0))
    return About(
        log=entry.log,
        seq=entry.seq,
        recorded=entry.time,
        kind=kind,
        event=event.id if lines is None else lines.doc,
        event_kind=kind if lines is None else lines.kind,
        part=parts if lines is None else lines.part,
        parts=parts,
        at=event.at,
        site=event.site,
        lots=tuple(dict.fromkeys(_lots(msgspec.to_builtins(event)))),
        subject=tuple(dict.fromkeys(_subject(event, entry.log))),
        quantity="" if quantity is None else str(quantity),
    )


def _subject(event: Any, log: str) -> list[str]:
    """Return what an event is about beside its lots, the most telling first (rule 2)."""
    found = []
    if getattr(event, "seq", None) is not None:  # a correction, an objection, an erasure: of another entry
        found.append(f"{getattr(event, 'log', '') or log}#{event.seq}")
    if isinstance(event, Key):
        found.append(event.kid or key_id(log, bytes.fromhex(event.public)).hex())
    return found + [str(value) for name in _NAMING if (value := getattr(event, name, None)) not in (None, "")]


def _lots(value: Any) -> list[str]:
    """Return what stands under a key ``lot`` or ``lots``, in order."""
    if isinstance(value, (list, tuple)):
        return [lot for each in value for lot in _lots(each)]
    if not isinstance(value, dict):
        return []
    found: list[str] = []
    for key, each in value.items():
        if key == "lot" and isinstance(each, str):
            found += [each] if each else []
        elif key == "lots" and isinstance(each, (list, tuple)) and all(isinstance(lot, str) for lot in each):
            found += each
        else:
            found += _lots(each)
    return found
