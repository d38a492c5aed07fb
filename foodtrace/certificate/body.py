"""The signed body inside a certificate's QR code: nine small values as MessagePack, and base32 around them (DESIGN section 7).

``body = [1, quantity, unit, region, harvested, issued, valid_until, basis, test | nil]``

Rules, in the order in which they are checked:

1. At most 64 bytes. A first element that is not 1 is another version's: :class:`UnknownVersion`, never guessed at.
2. Whole numbers only, each in its bounds: quantity 1 .. 2^53 - 1 base units; unit 0 g, 1 ml, 2 piece; region the twelve
   digits of the area code as one number (0: not stated); dates in days since 2020-01-01, 0 .. 36,523 (2119-12-31);
   basis a set of bits; test ``[method 0 .. 255, result 0 negative | 1 positive, day]``.
3. Shortest form: what re-encodes to other bytes is refused (msgspec alone accepts longer integers).
4. Base32 (RFC 4648) without padding, upper case; what re-encodes to other text is refused.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
from typing import Annotated, Final, Literal, NamedTuple, TypeAlias

import msgspec

EPOCH: Final = dt.date(2020, 1, 1)
LAST_DAY: Final = 36_523
"""Day number of 2119-12-31, the last date a body can carry."""
MAX_BODY: Final = 64
MIN_BODY: Final = 10
"""Nine values of one byte and the array's head."""

_Day: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=LAST_DAY)]
_Test: TypeAlias = tuple[Annotated[int, msgspec.Meta(ge=0, le=255)], Annotated[int, msgspec.Meta(ge=0, le=1)], _Day]
_Wire: TypeAlias = tuple[
    Literal[1],
    Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)],
    Annotated[int, msgspec.Meta(ge=0, le=2)],
    Annotated[int, msgspec.Meta(ge=0, le=999_999_999_999)],
    _Day,
    _Day,
    _Day,
    Annotated[int, msgspec.Meta(ge=1, le=0x4F)],
    _Test | None,
]


class Malformed(Exception):
    """The bytes are not a body."""


class UnknownVersion(Exception):
    """The body is of a version this program does not know; ``args[0]`` says which."""


class Body(NamedTuple):
    """The nine values as they stand in the bytes."""

    version: int
    quantity: int
    unit: int
    region: int
    harvested: int
    issued: int
    valid_until: int
    basis: int
    test: tuple[int, int, int] | None


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(_Wire)
_ANY: Final = msgspec.msgpack.Decoder()


def to_bytes(body: Body) -> bytes:
    """Return the canonical bytes."""
    return _ENCODER.encode(tuple(body))


def from_bytes(data: bytes) -> Body:
    """Read a body; rules 1-3.

    :raises UnknownVersion: another version than 1.
    :raises Malformed: anything else that is not canonical.
    """
    if not MIN_BODY <= len(data) <= MAX_BODY:
        raise Malformed
    try:
        loose = _ANY.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError, TypeError, RecursionError) as error:
        raise Malformed from error
    if not isinstance(loose, list) or not loose or type(loose[0]) is not int:
        raise Malformed
    if loose[0] != 1:
        raise UnknownVersion(loose[0])
    try:
        body = Body(*_DECODER.decode(data))
    except msgspec.MsgspecError as error:
        raise Malformed from error
    if to_bytes(body) != data:
        raise Malformed
    return body


def starts_with_body(data: bytes) -> int:
    """Return the length of the whole body that ``data`` begins with, or 0: tells a cut code from a garbled one."""
    for length in range(MIN_BODY, min(len(data), MAX_BODY) + 1):
        try:
            from_bytes(data[:length])
        except (Malformed, UnknownVersion):
            continue
        return length
    return 0


def to_day(date: dt.date) -> int:
    """Return the day number of a date (may lie outside rule 2's bounds)."""
    return (date - EPOCH).days


def to_date(day: int) -> dt.date:
    """Return the date of a day number within rule 2's bounds."""
    return EPOCH + dt.timedelta(days=day)


def to_base32(data: bytes) -> str:
    """Return base32 without padding."""
    return base64.b32encode(data).decode("ascii").rstrip("=")


def from_base32(text: str) -> bytes:
    """Read base32 without padding; rule 4. Raises :class:`Malformed`."""
    try:
        data = base64.b32decode(text + "=" * (-len(text) % 8))
    except (binascii.Error, ValueError) as error:
        raise Malformed from error
    if to_base32(data) != text:
        raise Malformed
    return data
