"""What an event says, apart from how its personal values were committed."""

from __future__ import annotations

import msgspec

from foodtrace.events import AnyEvent
from foodtrace.events.canonical import MAX_WHOLE, encode


def content(event: AnyEvent) -> bytes:
    """Return what an event says, whatever salts its personal values were committed with."""
    return encode(msgspec.structs.replace(event, commitments=dict.fromkeys(event.commitments, "")), most=MAX_WHOLE)
