"""The only encoder and decoder of events: one event has exactly one form as bytes.

Rules (RFC 8785 for our subset):

1. UTF-8 JSON, keys sorted, no white space, integers within 2^53, no floats, fields at their defaults left out.
2. Decoding accepts only bytes that encode identically again: duplicate keys, spaces, ``-0``, other spellings of a time
   are refused, though JSON allows them.
3. At most 65,535 bytes for an entry (tlog-tiles entry bundles); the event's share is checked here. A longer event stands in several
   entries (:mod:`foodtrace.events.parts`): the last of them alone is not the event, and :func:`decode` refuses to take it for that.
4. What decodes all kinds takes as long to make as everything else that a command loads. Canonical bytes of a kind are decoded as that
   kind; whatever is not quite so goes to what decodes all kinds, and has its answer.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final, get_args

import msgspec

from foodtrace.errors import BadData
from foodtrace.events import base
from foodtrace.events.base import Event
from foodtrace.events.limits import beyond_limit
from foodtrace.events.model import AnyEvent
from foodtrace.events.records import VoucherLines

MAX_BYTES: Final = 65_535 - 600
"""Largest event in bytes that one entry holds: an entry's limit less its own fields (log, prev, seq, time)."""
MAX_WHOLE: Final = 8 * 1024 * 1024
"""Largest event in bytes that is taken at all; one that needs more than one entry is put on record in parts."""

_encoder: Final = msgspec.json.Encoder(order="sorted")
_ERRORS: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class _Kind(msgspec.Struct, frozen=True):
    """What an event in JSON says of its kind."""

    type: str = ""


_kind: Final = msgspec.json.Decoder(_Kind)
_KINDS: Final[dict[object, type[Event]]] = {kind.__struct_config__.tag: kind for kind in get_args(AnyEvent)}


@cache
def _all() -> msgspec.json.Decoder[AnyEvent]:
    """Return what decodes every kind (rule 4)."""
    return msgspec.json.Decoder(AnyEvent)


@cache
def _only(kind: type[Event]) -> msgspec.json.Decoder[Any]:
    """Return what decodes one kind."""
    return msgspec.json.Decoder(kind)


def encode(event: Event, *, most: int | None = None) -> bytes:
    """Return the canonical bytes of an event. Raises ``BadData`` (``event.text``, ``event.size``).

    :param most: bytes it may have; by default what one entry holds.
    """
    try:
        data = _encoder.encode(event)
    except (UnicodeEncodeError, msgspec.MsgspecError, OverflowError) as error:
        raise BadData("event.text", value=event.id, reason=_reason(error)) from None
    limit = MAX_BYTES if most is None else most
    if len(data) > limit:
        raise BadData("event.size", value=event.id, size=len(data), expected=limit)
    return data


def decode(data: bytes) -> AnyEvent:
    """Return the event that canonical bytes stand for.

    :raises BadData: ``event.form``, ``event.not_canonical``; ``event.in_parts``: more of it stands in the entries before
        (:func:`foodtrace.tlog.whole.event_of` reads it).
    """
    event = decode_alone(data)
    if getattr(event, "parts", 0) and not isinstance(event, VoucherLines):
        raise BadData("event.in_parts", value=event.id)
    return event


def decode_alone(data: bytes) -> AnyEvent:
    """Return what one entry says by itself, be it only a part of an event. Raises ``BadData`` (``event.form``, ``event.not_canonical``)."""
    event = _canonical(data)
    if event is None:
        event = read(data)
        if encode(event) != data:
            raise BadData("event.not_canonical", value=event.id)
    return event


def _canonical(data: bytes) -> AnyEvent | None:
    """Return the event of canonical bytes that one entry holds, none of any others."""
    if len(data) > MAX_BYTES:
        return None
    try:
        kind = _KINDS.get(_kind.decode(data).type)
        event: AnyEvent | None = None if kind is None else _only(kind).decode(data)
        return event if event is not None and _encoder.encode(event) == data else None
    except (*_ERRORS, UnicodeEncodeError):
        return None


def read(data: bytes) -> AnyEvent:
    """Return the event in JSON of any spelling, as people and programs write it.

    :raises BadData: ``event.form``, ``event.size``; ``event.too_many`` and the others of :mod:`foodtrace.events.limits`.
    """
    if len(data) > MAX_WHOLE:
        raise BadData("event.size", value=f"{len(data)} bytes", size=len(data), expected=MAX_WHOLE)
    try:
        return _all().decode(data)
    except _ERRORS as error:
        form = BadData("event.form", value=data[:60].decode("utf-8", "replace"), reason=_reason(error))
        raise beyond_limit(str(error), data) or form from None


def checked(event: Event, *, most: int | None = None) -> bytes:
    """Return the canonical bytes of an event after checking every field as if it had been read from outside.

    Structs check their types only when they are read; this is what makes an event built in a program safe to seal.

    :param most: bytes it may have; by default what one entry holds.
    :raises BadData: ``event.form``, ``event.staff`` (a name where a staff number belongs), ``event.text``, ``event.size``,
        ``event.too_many`` and the others of :mod:`foodtrace.events.limits`.
    """
    data = encode(event, most=most)
    if not _sound(event, data):
        try:
            back = read(data)
        except BadData as error:
            raise _of_staff(event, error) or error from None
        if type(back) is not type(event):
            raise BadData("event.form", value=event.id, reason=type(event).__name__)
    return data


def _of_staff(event: Event, error: BadData) -> BadData | None:
    """Return what says that a staff number is none, mostly a name; none: the error is about something else."""
    field = str(error.params.get("reason", "")).rpartition(" - at '$.")[2].rstrip("'")
    most = _STAFF.get(field) if error.code == "event.form" else None
    return None if most is None else BadData("event.staff", value=getattr(event, field), field=field, expected=most)


def _sound(event: Event, data: bytes) -> bool:
    """Say whether the bytes of an event can be decoded as its kind, and are not too many."""
    kind = type(event)
    if kind is not _KINDS.get(kind.__struct_config__.tag) or len(data) > MAX_WHOLE:
        return False
    try:
        _only(kind).decode(data)
    except _ERRORS:
        return False
    return True


def _reason(error: Exception) -> str:
    """Return what the decoder says; of a text of another form what it should have been, in the words of :mod:`foodtrace.events.base`."""
    return _PATTERN.sub(lambda found: f": {_FORMS[found[1]]}" if found[1] in _FORMS else str(found[0]), str(error).replace("`", "'"))


_STAFF: Final = {"by": 40, "witness": 80, "approved_by": 80}
"""Field of a staff number -> how long it may be."""
_PATTERN: Final = re.compile(r" matching regex ('.*?')(?= - at '\$|$)")
_FORMS: Final[dict[str, str]] = {
    repr(meta.pattern): meta.description
    for each in vars(base).values()
    for meta in getattr(each, "__metadata__", ())
    if isinstance(meta, msgspec.Meta) and meta.pattern and meta.description
}
"""Pattern of a text, as the decoder prints it -> what it should be."""
