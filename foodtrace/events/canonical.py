"""The only encoder and decoder of events: one event has exactly one form as bytes.

Rules (RFC 8785 for our subset):

1. UTF-8 JSON, keys sorted, no white space, integers within 2^53, no floats, fields at their defaults left out.
2. Decoding accepts only bytes that encode identically again: duplicate keys, spaces, ``-0``, other spellings of a time
   are refused, though JSON allows them.
3. At most 65,535 bytes for an entry (tlog-tiles entry bundles); the event's share is checked here.
"""

from __future__ import annotations

from typing import Final

import msgspec

from foodtrace.errors import BadData
from foodtrace.events.base import Event
from foodtrace.events.model import AnyEvent

MAX_BYTES: Final = 65_535 - 600
"""Largest event in bytes: an entry's limit less its own fields (log, prev, seq, time)."""

_encoder: Final = msgspec.json.Encoder(order="sorted")
_decoder: Final[msgspec.json.Decoder[AnyEvent]] = msgspec.json.Decoder(AnyEvent)


def encode(event: Event) -> bytes:
    """Return the canonical bytes of an event. Raises ``BadData`` (``event.text``, ``event.size``)."""
    try:
        data = _encoder.encode(event)
    except (UnicodeEncodeError, msgspec.MsgspecError, OverflowError) as error:
        raise BadData("event.text", value=event.id, reason=_reason(error)) from None
    if len(data) > MAX_BYTES:
        raise BadData("event.size", value=event.id, size=len(data), expected=MAX_BYTES)
    return data


def decode(data: bytes) -> AnyEvent:
    """Return the event that canonical bytes stand for. Raises ``BadData`` (``event.form``, ``event.not_canonical``)."""
    event = read(data)
    if encode(event) != data:
        raise BadData("event.not_canonical", value=event.id)
    return event


def read(data: bytes) -> AnyEvent:
    """Return the event in JSON of any spelling, as people and programs write it. Raises ``BadData`` (``event.form``)."""
    if len(data) > 2 * MAX_BYTES:
        raise BadData("event.size", value=f"{len(data)} bytes", size=len(data), expected=MAX_BYTES)
    try:
        return _decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadData("event.form", value=data[:60].decode("utf-8", "replace"), reason=_reason(error)) from None


def checked(event: Event) -> bytes:
    """Return the canonical bytes of an event after checking every field as if it had been read from outside.

    Structs check their types only when they are read; this is what makes an event built in a program safe to seal.
    """
    data = encode(event)
    if type(read(data)) is not type(event):
        raise BadData("event.form", value=event.id, reason=type(event).__name__)
    return data


def _reason(error: Exception) -> str:
    return str(error).replace("`", "'")
