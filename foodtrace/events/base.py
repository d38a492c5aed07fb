"""What every event has, and the field types they share.

Rules:

1. An event is a fact that a person or a machine put on record; it is never changed, only corrected by a later one.
2. ``id`` is given by the client and makes a retry harmless: same id and same content gives the first receipt again.
3. ``at`` is when it happened, with the offset of the place; the entry's ``time`` is when it was recorded.
4. A date alone is said with ``precision="day"`` (``at`` is then midnight of that day) and an unknown time with
   ``precision="unknown"``; RECALL section 1 says how both are read.
5. ``by`` is a staff or device number, never a name: entries are forever (DESIGN section 5, personal data).
6. Optional fields are left out of the bytes at their defaults, and a default never changes once released.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, TypeAlias

import msgspec

from foodtrace.quantity import Quantity

EventId: TypeAlias = Annotated[
    str, msgspec.Meta(pattern=r"^[!-~]{1,80}$(?!\n)", description="1-80 visible ASCII characters, unique in its log")
]
SiteId: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9][A-Z0-9.-]{0,39}$(?!\n)", description="site id, e.g. L-0003 or a GLN")]
OperatorId: TypeAlias = Annotated[
    str, msgspec.Meta(pattern=r"^[A-Z0-9][A-Z0-9-]{1,19}$(?!\n)", description="credit code (USCC) or local id")
]
LotId: TypeAlias = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[A-Z0-9][A-Z0-9-]{1,19}/(?!\.{1,2}$)[A-Z0-9.-]{1,20}$(?!\n)",
        description="AUTHORITY/CODE; authority is a GTIN-14 or an operator id",
    ),
]
GoodsId: TypeAlias = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^([A-Z0-9][A-Z0-9-]{1,19}/(?!\.{1,2}$)[A-Z0-9.-]{1,20}|\?[!-~]{1,200}#[0-9]{1,16})$(?!\n)",
        description="lot id; or, of goods that were sent without lot, ?LOG#SEQ of the entry they left with",
    ),
]
OptionalGoods: TypeAlias = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^([A-Z0-9][A-Z0-9-]{1,19}/(?!\.{1,2}$)[A-Z0-9.-]{1,20}|\?[!-~]{1,200}#[0-9]{1,16})?$(?!\n)",
        description="lot id, ?LOG#SEQ of goods that were sent without lot, or empty when not named",
    ),
]
StaffId: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[!-~]{0,40}$(?!\n)", description="staff or device number, never a name")]
Code: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[!-~]{1,80}$(?!\n)", description="1-80 visible ASCII characters")]
OptionalCode: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[!-~]{0,80}$(?!\n)", description="up to 80 visible ASCII characters")]
OptionalSite: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^([A-Z0-9][A-Z0-9.-]{0,39})?$(?!\n)", description="site id, or empty")]
OptionalOperator: TypeAlias = Annotated[
    str, msgspec.Meta(pattern=r"^([A-Z0-9][A-Z0-9-]{1,19})?$(?!\n)", description="operator id, or empty")
]
OptionalLot: TypeAlias = Annotated[
    str,
    msgspec.Meta(pattern=r"^([A-Z0-9][A-Z0-9-]{1,19}/(?!\.{1,2}$)[A-Z0-9.-]{1,20})?$(?!\n)", description="lot id, or empty when not named"),
]
Hash: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$(?!\n)", description="SHA-256, lower-case hex")]
OptionalHash: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{64})?$(?!\n)", description="SHA-256, lower-case hex, or empty")]
Document: TypeAlias = Annotated[
    str,
    msgspec.Meta(max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)", description="document number as printed, on one line"),
]
Words: TypeAlias = Annotated[
    str,
    msgspec.Meta(
        max_length=400,
        pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*$",
        description="text for people, as written; of control characters only tab and line feed",
    ),
]
Region: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^([0-9]{6}|[0-9]{12})?$(?!\n)", description="6- or 12-digit area code, or empty")]
When: TypeAlias = Annotated[dt.datetime, msgspec.Meta(tz=True, description="RFC 3339 time with offset")]
CaseId: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9][A-Z0-9-]{0,39}$(?!\n)", description="recall case, e.g. 2026-0001")]
OptionalCase: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^([A-Z0-9][A-Z0-9-]{0,39})?$(?!\n)", description="recall case, or empty")]
Seq: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1, description="sequence number of an entry in its log, from 0")]

Goods: TypeAlias = Literal["", "produce", "meat", "imports", "self_grown", "packaged"]
"""Kind of goods as the gate's rules tell them apart; empty: not said."""
GateNumber: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{0,3}$(?!\n)", description="number of a gate, 1 to 3 digits, or empty")]
CertificateHash: TypeAlias = Annotated[
    str, msgspec.Meta(pattern=r"^([0-9a-f]{32})?$(?!\n)", description="first 16 bytes of a SHA-256, hex, or empty")
]
TruckNumber: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=999_999, description="running number of a gate's day from 1; 0: none")]

PartCount: TypeAlias = Annotated[
    int,
    msgspec.Meta(ge=0, le=999, description="entries that the event stands in, this one the last; 0: this one alone. Made by foodtrace"),
]

Precision: TypeAlias = Literal["instant", "day", "unknown"]


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, tag_field="type"):
    """What every event has."""

    id: EventId
    """Client-given id; its scope is the log. Time-ordered ids (UUIDv7, voucher numbers) keep the index small."""
    at: When
    """When it happened."""
    site: OptionalSite = ""
    """Where it happened; empty for what has no place (a listing, a notice to the public)."""
    by: StaffId = ""
    """Staff or device number of who recorded it."""
    precision: Precision = "instant"
    """How exactly ``at`` is known: to the instant, to the day, or not at all."""
    commitments: dict[Annotated[str, msgspec.Meta(pattern=r"^[a-z_]{1,20}$(?!\n)")], Hash] = {}
    """Personal fields: name of the field -> HMAC-SHA-256 of its value under a salt kept in the deletable side table."""


class Portion(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """An amount of one lot."""

    lot: LotId
    quantity: Quantity


class Held(Portion, frozen=True):
    """An amount of goods that lie somewhere, also of goods that came without lot."""

    lot: GoodsId


class Output(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """An amount of a lot that a transformation makes, and what that lot is."""

    lot: LotId
    quantity: Quantity
    product: Words = ""
    """Product name as people say it."""
    gtin: Annotated[str, msgspec.Meta(pattern=r"^([0-9]{14})?$(?!\n)")] = ""
    """GTIN-14 of the product, or empty."""
    produced: dt.date | None = None
    expiry: dt.date | None = None
    content: Quantity | None = None
    """What one piece holds (a can: 900 g); needed to add pieces of several products up in grams."""


class Voucher(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A paper or electronic document shown with goods (DOMAIN section 1.2)."""

    kind: Literal[
        "purchase",
        "sales",
        "animal_quarantine",
        "meat_inspection",
        "customs",
        "test_report",
        "origin_proof",
        "transport",
        "identity",
        "other",
    ]
    number: Document = ""
    evidence: OptionalHash = ""
    """SHA-256 of the scanned document."""
    valid_until: dt.date | None = None
    """Last day, where the paper has one (quarantine certificates do)."""
