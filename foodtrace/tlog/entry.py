"""An entry: one event in its place in one log, as the exact bytes that are hashed. Pure.

Rules (DESIGN section 5):

1. ``{"event":{...},"log":"ORIGIN","prev":"HEX","seq":N,"time":"...Z"}``: canonical JSON, so keys in this order, no spaces.
2. ``prev`` is the leaf hash of the entry before, 64 zeros for the first: the chain lies inside the leaf.
3. ``time`` is when it was sealed, UTC, to the microsecond, with the fraction left out when it is zero.
4. At most 65,535 bytes (entry bundles of tlog-tiles).
5. Reading accepts only bytes that would be written again identically.
"""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from typing import Final

import msgspec

from foodtrace.errors import BadData

MAX_BYTES: Final = 65_535
ZERO: Final = bytes(32)
"""``prev`` of the first entry."""

ORIGIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,199}")
"""Origins: what C2SP allows as a key name, less everything that would need escaping in JSON."""

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICRO: Final = dt.timedelta(microseconds=1)


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An entry as read back from its bytes."""

    event: msgspec.Raw
    """Canonical bytes of the event."""
    log: str
    """Origin of the log."""
    prev: str
    """Leaf hash of the entry before, hex."""
    seq: int
    time: dt.datetime
    """When it was sealed, UTC."""

    @property
    def recorded(self) -> int:
        """Return ``time`` as microseconds since 1970 UTC."""
        return epoch_micros(self.time)


_decoder: Final = msgspec.json.Decoder(Entry)


def check_origin(origin: str) -> str:
    """Return an origin that is well-formed. Raises ``BadData`` (``log.origin``)."""
    if not ORIGIN.fullmatch(origin):
        raise BadData("log.origin", value=origin, expected="NAME/operator/site")
    return origin


def epoch_micros(when: dt.datetime) -> int:
    """Return a time with an offset as microseconds since 1970 UTC."""
    return (when - _EPOCH) // _MICRO


def time_text(recorded: int) -> str:
    """Print microseconds since 1970 as entries do: ``2026-11-24T00:03:01.5Z`` never; six digits or none."""
    seconds, rest = divmod(recorded, 1_000_000)
    text = _second(seconds)
    return f"{text}.{rest:06d}Z" if rest else f"{text}Z"


@lru_cache(maxsize=16)
def _second(seconds: int) -> str:
    """Print a second; commits of single events ask for the same one thousands of times."""
    return (_EPOCH + dt.timedelta(seconds=seconds)).isoformat()[:19]


def micros(text: str) -> int:
    """Return what :func:`time_text` printed. Raises ``BadData`` (``entry.form``) for any other spelling."""
    try:
        recorded = (dt.datetime.fromisoformat(text) - _EPOCH) // _MICRO
        if time_text(recorded) == text:
            return recorded
    except (ValueError, TypeError, OverflowError):
        pass
    raise BadData("entry.form", value=text[:60], reason="time")


def compose(event: bytes, origin: str, prev: bytes, seq: int, time: str) -> bytes:
    """Return the bytes of an entry (rule 1). Raises ``BadData`` (``entry.size``)."""
    data = b'{"event":%b,"log":"%b","prev":"%b","seq":%d,"time":"%b"}' % (
        event,
        origin.encode("ascii"),
        prev.hex().encode("ascii"),
        seq,
        time.encode("ascii"),
    )
    if len(data) > MAX_BYTES:
        raise BadData("entry.size", value=len(data), expected=MAX_BYTES)
    return data


def parse(data: bytes) -> Entry:
    """Return the entry that bytes stand for (rule 5). Raises ``BadData`` (``entry.form``)."""
    try:
        entry = _decoder.decode(data)
        again = compose(bytes(entry.event), entry.log, bytes.fromhex(entry.prev), entry.seq, time_text(entry.recorded))
    except (msgspec.MsgspecError, UnicodeError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise BadData("entry.form", value=data[:60].decode("utf-8", "replace"), reason=str(error).replace("`", "'")) from None
    if again != data or entry.seq < 0 or not ORIGIN.fullmatch(entry.log) or len(entry.prev) != 64:  # noqa: PLR2004 - hex of 32 bytes
        raise BadData("entry.form", value=data[:60].decode("utf-8", "replace"), reason="not canonical")
    return entry


def sealed(data: bytes) -> tuple[bytes, int]:
    """Return the event's bytes and ``time`` in microseconds from an entry's bytes; whether all else is in form is for :func:`parse`.

    A fifth of what :func:`parse` costs: for readers of many entries whose event is decoded strictly. Raises ``BadData`` (``entry.form``).
    """
    end, at = data.rfind(b',"log":"'), data.rfind(b',"time":"')
    if not (data.startswith(b'{"event":') and 0 < end < at and data.endswith(b'"}')):
        raise BadData("entry.form", value=data[:60].decode("utf-8", "replace"), reason="no entry")
    return data[9:end], micros(data[at + 9 : -2].decode("ascii", "replace"))


def event_bytes(data: bytes) -> bytes:
    """Return the event's bytes inside an entry's bytes, without parsing the event. Raises ``BadData`` (``entry.form``) where none are."""
    end = data.rfind(b',"log":"')
    if end < 0:
        raise BadData("entry.form", value=data[:60].decode("utf-8", "replace"), reason="no entry")
    return data[9:end]
