"""What a certificate's QR code says, byte for byte: format 1 of DESIGN section 7. Pure.

::

    https://HOST[/stem]/01/GTIN14/10/LOT/21/SERIAL?c=DATA      or  /lot/OPERATOR/LOT/SERIAL?c=DATA
    DATA   = base32(kid[8] | body | sig[64])
    kid    = SHA-256("foodtrace-kid" 00 issuer 00 public key)[:8]
    signed = "foodtrace/cert/v1" 00 | "01" GTIN "10" LOT 1D "21" SERIAL 1D | kid | body
             (private form: "lot:" OPERATOR 1D LOT 1D SERIAL 1D)

Rules:

1. A :class:`Payload` that exists holds every rule of :mod:`~foodtrace.certificate.link` and :mod:`~foodtrace.certificate.body`.
2. ``decode(encode(p)) == p``, and ``encode(decode(t)) == t`` for every text whose only parameter is ``c``.
3. The signature is checked apart from the form (:func:`verify`): the key is found by the ``kid`` that decoding gives.
4. Host and stem are not signed. Whoever trusts the page behind them keeps a list of pages (:mod:`foodtrace.certificate.scan`).
5. Goods are valid neither before they are issued nor harvested: ``valid_until`` is the last of the three dates.
   ``harvested`` may lie after ``issued``, since labels are printed the evening before.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Final, TypeAlias

import msgspec

from foodtrace.certificate import body as _body
from foodtrace.certificate.link import CODE, HOST, MAX_PRINTED, OPERATOR, STEM, Link, gtin_holds, parse_link, print_link
from foodtrace.errors import BadData, ProofError
from foodtrace.keys import PUBLIC_SIZE, kid
from foodtrace.keys import verify as _holds
from foodtrace.quantity import LIMIT, Quantity, Unit

__all__ = ["BASES", "STYLE_2", "Payload", "Sign", "Test", "decode", "encode", "kid", "seal", "signed_bytes", "verify"]

UNITS: Final[tuple[Unit, ...]] = ("g", "ml", "piece")
"""Unit by its code in the body."""
BASES: Final = {"quality_control": 1, "own_test": 2, "commissioned_test": 4, "self_declared": 8}
"""Basis of the commitment (承诺依据) -> its bit; ``self_declared`` (自我承诺) only on older papers (DOMAIN section 1.2)."""
STYLE_2: Final = 0x40
"""Bit of a collector's certificate (样式 2)."""
KID: Final = 8
SIGNATURE: Final = 64
_CONTEXT: Final = b"foodtrace/cert/v1\x00"
_BITS: Final = 0x4F
_REGION: Final = 12

Sign: TypeAlias = Callable[[bytes], bytes]
"""Signs a message with the issuer's Ed25519 key: bytes -> 64 bytes."""


class Test(msgspec.Struct, frozen=True):
    """A test that the issuer names on the certificate."""

    __test__ = False  # not a test case of pytest

    method: int
    """Method code, 0 .. 255: 1 enzyme inhibition (GB/T 5009.199), 2 colloidal gold, 3 laboratory; others as the issuer says."""
    positive: bool
    day: dt.date


class Payload(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate as its code carries it. Exactly one of ``gtin`` and ``operator`` is given."""

    host: str
    """Lower-case DNS name of the page; not signed."""
    stem: str = ""
    """Path before the identifiers, empty or ``/a/b``; not signed."""
    gtin: str = ""
    """GTIN-14 of the product, where it has a real one."""
    operator: str = ""
    """Operator id under which the lot is named, where there is no GTIN."""
    lot: str
    """Lot code, 1-20 of ``[A-Z0-9.-]``."""
    serial: str
    """Serial number, 1-20 of ``[A-Z0-9.-]``; ``(kid, serial)`` is what a gate spends."""
    kid: bytes
    """Key id, 8 bytes; see :func:`kid`."""
    quantity: int
    """Certified quantity in base units, 1 .. 2^53 - 1."""
    unit: Unit
    region: str = "0" * _REGION
    """Area code of the origin, twelve digits; all zeros: not stated."""
    harvested: dt.date
    issued: dt.date
    valid_until: dt.date
    basis: int
    """Bits of :data:`BASES`, at least one, and :data:`STYLE_2`."""
    test: Test | None = None
    signature: bytes = b""
    """Ed25519 signature, 64 bytes; empty while not signed."""

    def __post_init__(self) -> None:
        for rule, expected, holds in _RULES:
            if not holds(self):
                raise BadData(rule, value=getattr(self, rule.removeprefix("certificate."), None), expected=expected)

    @property
    def amount(self) -> Quantity:
        """The certified quantity."""
        return Quantity(self.quantity, self.unit)

    @property
    def page(self) -> str:
        """Where the page behind the code is, ``HOST[/stem]``: what the signature does not cover."""
        return self.host + self.stem

    @property
    def authority(self) -> str:
        """Under whom the lot is named: the GTIN, or the operator's id."""
        return self.gtin or self.operator

    @property
    def lot_id(self) -> str:
        """The lot's id in full, ``AUTHORITY/CODE``."""
        return f"{self.authority}/{self.lot}"

    @property
    def style(self) -> int:
        """1 a producer's certificate, 2 a collector's."""
        return 2 if self.basis & STYLE_2 else 1

    @property
    def bases(self) -> tuple[str, ...]:
        """Names of the bases committed to, in the order of :data:`BASES`."""
        return tuple(name for name, bit in BASES.items() if self.basis & bit)


def _dates_fit(p: Payload) -> bool:
    days = [p.harvested, p.issued, p.valid_until] + ([p.test.day] if p.test else [])
    return all(type(day) is dt.date and 0 <= _body.to_day(day) <= _body.LAST_DAY for day in days)


def _whole(number: object, least: int, most: int) -> bool:
    return type(number) is int and least <= number <= most


_RULES: Final[tuple[tuple[str, str, Callable[[Payload], object]], ...]] = (
    ("certificate.host", "trace.example", lambda p: HOST.fullmatch(p.host)),
    ("certificate.stem", "/a", lambda p: STEM.fullmatch(p.stem)),
    ("certificate.gtin", "GTIN-14", lambda p: not p.gtin or gtin_holds(p.gtin)),
    ("certificate.operator", "A-Z 0-9 -", lambda p: not p.operator or OPERATOR.fullmatch(p.operator)),
    ("certificate.authority", "GTIN-14", lambda p: bool(p.gtin) != bool(p.operator)),
    ("certificate.lot", "A-Z 0-9 . -, 1-20", lambda p: CODE.fullmatch(p.lot)),
    ("certificate.serial", "A-Z 0-9 . -, 1-20", lambda p: CODE.fullmatch(p.serial)),
    ("certificate.kid", f"{KID}", lambda p: len(p.kid) == KID),
    ("certificate.quantity", f"1 .. {LIMIT}", lambda p: _whole(p.quantity, 1, LIMIT)),
    ("certificate.unit", "g, ml, piece", lambda p: p.unit in UNITS),
    ("certificate.region", f"{_REGION} x 0-9", lambda p: len(p.region) == _REGION and p.region.isascii() and p.region.isdigit()),
    ("certificate.dates", "2020-01-01 .. 2119-12-31", _dates_fit),
    ("certificate.valid_until", ">= issued, harvested", lambda p: max(p.harvested, p.issued) <= p.valid_until),
    ("certificate.basis", ", ".join(BASES), lambda p: _whole(p.basis, 1, _BITS) and p.basis & ~_BITS == 0 and p.basis & 0x0F),
    ("certificate.test", "0 .. 255", lambda p: p.test is None or _whole(p.test.method, 0, 255)),
    ("certificate.signature", f"{SIGNATURE}", lambda p: len(p.signature) in {0, SIGNATURE}),
)
"""Rule (its error code) -> what was expected -> what holds. In order; the first that fails is reported."""


def body_bytes(payload: Payload) -> bytes:
    """Return the canonical body."""
    test = payload.test
    return _body.to_bytes(
        _body.Body(
            1,
            payload.quantity,
            UNITS.index(payload.unit),
            int(payload.region),
            _body.to_day(payload.harvested),
            _body.to_day(payload.issued),
            _body.to_day(payload.valid_until),
            payload.basis,
            (test.method, int(test.positive), _body.to_day(test.day)) if test else None,
        )
    )


def signed_bytes(payload: Payload) -> bytes:
    """Return what the signature covers: purpose, identifiers, key id and body; not host and stem."""
    if payload.gtin:
        names = f"01{payload.gtin}10{payload.lot}\x1d21{payload.serial}\x1d"
    else:
        names = f"lot:{payload.operator}\x1d{payload.lot}\x1d{payload.serial}\x1d"
    return _CONTEXT + names.encode("ascii") + payload.kid + body_bytes(payload)


def seal(payload: Payload, sign: Sign) -> Payload:
    """Return the payload with its signature. ``TypeError`` when ``sign`` does not give 64 bytes."""
    signature = sign(signed_bytes(payload))
    if len(signature) != SIGNATURE:
        raise TypeError("sign must return the 64 bytes of an Ed25519 signature")
    return msgspec.structs.replace(payload, signature=signature)


def encode(payload: Payload, sign: Sign | None = None) -> str:
    """Return the text for the QR code, signing first when ``sign`` is given.

    :raises BadData: ``certificate.too_long`` (host and stem leave no room on a label).
    :raises TypeError: neither ``sign`` nor a signature is there.
    """
    signed = payload if sign is None else seal(payload, sign)
    if not signed.signature:
        raise TypeError("a payload without a signature cannot be printed: give sign")
    data = _body.to_base32(signed.kid + body_bytes(signed) + signed.signature)
    text = print_link(Link(signed.host, signed.stem, signed.gtin, signed.operator, signed.lot, signed.serial, data))
    if len(text) > MAX_PRINTED:
        raise BadData("certificate.too_long", value=len(text), expected=MAX_PRINTED)
    return text


def decode(text: str) -> Payload:
    """Read the text of a QR code strictly. The signature is not checked: see :func:`verify`.

    :raises BadData: the codes of :func:`~foodtrace.certificate.link.parse_link`; ``scan.truncated`` (the end is missing),
        ``scan.version`` (made by a newer program), ``scan.payload`` (breaks a rule of the format; ``rule`` says which).
    """
    link = parse_link(text)
    try:
        data = _body.from_base32(link.data)
    except _body.Malformed:
        raise _misfit(text, link.data) from None
    if len(data) < KID + _body.MIN_BODY + SIGNATURE:
        raise BadData("scan.truncated", value=text, length=len(text))
    try:
        fields = _body.from_bytes(data[KID:-SIGNATURE])
    except _body.UnknownVersion as error:
        raise BadData("scan.version", value=error.args[0], expected=1) from None
    except _body.Malformed:
        raise _misfit(text, link.data) from None
    return _payload(link, fields, data)


def _payload(link: Link, fields: _body.Body, data: bytes) -> Payload:
    test = fields.test
    try:
        return Payload(
            host=link.host,
            stem=link.stem,
            gtin=link.gtin,
            operator=link.operator,
            lot=link.lot,
            serial=link.serial,
            kid=data[:KID],
            quantity=fields.quantity,
            unit=UNITS[fields.unit],
            region=f"{fields.region:012d}",
            harvested=_body.to_date(fields.harvested),
            issued=_body.to_date(fields.issued),
            valid_until=_body.to_date(fields.valid_until),
            basis=fields.basis,
            test=Test(test[0], bool(test[1]), _body.to_date(test[2])) if test else None,
            signature=data[-SIGNATURE:],
        )
    except BadData as error:
        raise BadData("scan.payload", value=error.value, rule=error.code) from None


def _misfit(text: str, data: str) -> BadData:
    """Say whether a text that does not decode was cut short or is garbled: a cut one still begins with a whole body."""
    usable = len(data) // 8 * 8
    try:
        head = _body.from_base32(data[:usable])
    except _body.Malformed:
        return BadData("scan.payload", value=text, rule="certificate.base32")
    length = _body.starts_with_body(head[KID:])
    whole = (8 * (KID + (length or _body.MIN_BODY) + SIGNATURE) + 4) // 5
    if len(data) < whole:
        return BadData("scan.truncated", value=text, length=len(text))
    return BadData("scan.payload", value=text, rule="certificate.body")


def verify(payload: Payload, public_key: bytes, issuer: str | None = None) -> None:
    """Check the signature under a raw Ed25519 public key of 32 bytes.

    :param issuer: when given, the key id must be that of this issuer and key.
    :raises ProofError: ``scan.bad_signature``; ``scan.unknown_key`` when the key id is another key's.
    """
    if len(public_key) != PUBLIC_SIZE:
        raise TypeError("an Ed25519 public key is 32 bytes")
    if issuer is not None and kid(issuer, public_key) != payload.kid:
        raise ProofError("scan.unknown_key", value=payload.kid.hex(), expected=kid(issuer, public_key).hex())
    if not _holds(public_key, signed_bytes(payload), payload.signature):
        raise ProofError("scan.bad_signature", value=payload.lot, kid=payload.kid.hex())
