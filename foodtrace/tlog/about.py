"""What an entry is about, for people, told from its exact bytes alone. Pure."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec

from foodtrace.errors import BadData, ProofError
from foodtrace.events.canonical import decode_alone
from foodtrace.tlog.entry import parse

__all__ = ["About", "about_entry"]


class About(msgspec.Struct, frozen=True, kw_only=True):
    """An entry in words that people know."""

    log: str
    seq: int
    recorded: dt.datetime
    """When it was sealed, by the writer's clock."""
    kind: str
    """Kind of event, as ``type`` in its JSON."""
    event: str
    """Event id."""
    at: dt.datetime
    """When it happened, by whoever recorded it."""
    site: str
    lots: tuple[str, ...]
    """Every lot the event names, in its order."""
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
    return About(
        log=entry.log,
        seq=entry.seq,
        recorded=entry.time,
        kind=str(msgspec.inspect.type_info(type(event)).tag),  # type: ignore[attr-defined]
        event=event.id,
        at=event.at,
        site=event.site,
        lots=tuple(dict.fromkeys(_lots(msgspec.to_builtins(event)))),
        quantity="" if quantity is None else str(quantity),
    )


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
