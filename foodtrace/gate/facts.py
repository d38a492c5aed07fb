"""What a gate decision looks at: one truck's goods and papers, its seller, and what the records say of both.

Rules:

1. Facts are read once, in one transaction, and never changed while deciding.
2. Nothing personal is in them: that a self-grower's identity was recorded, never what it is (DESIGN section 5).
3. What is not known is said as not known (none, empty), never guessed; what unknown means for the verdict is the rule's.
4. Dates are read in the offset of :attr:`Facts.when`: the place's own day decides what has expired.
"""

from __future__ import annotations

import datetime as dt
from typing import Final, Literal, TypeAlias, get_args

import msgspec

from foodtrace.gate.reason import Asks
from foodtrace.quantity import Quantity

Goods: TypeAlias = Literal["produce", "meat", "imports", "self_grown", "packaged"]
"""Kind of goods as the rules tell them apart: farm produce bought in, meat, imported produce, the seller's own produce, and
prepackaged food. Eggs, farmed fish and mushrooms are produce (DOMAIN section 1.2, scope)."""

GOODS: Final[tuple[str, ...]] = get_args(Goods)

Scan: TypeAlias = Literal[
    "ok",
    "host",
    "paper",
    "foreign",
    "unknown_key",
    "foreign_key",
    "bad_signature",
    "revoked",
    "expired",
    "voided",
    "truncated",
    "unreadable",
]
"""Answer of reading a certificate: ``ok`` signature verified; ``host`` verified, but its web address is not on the list;
``paper`` and ``foreign`` a hand-written one or another platform's, looked at by a person; ``foreign_key`` signed,
but not by the issuer it names; the rest is doubt or worse."""

SCANS: Final[tuple[str, ...]] = get_args(Scan)

Form: TypeAlias = Literal["commitment", "self_commitment", "origin_proof"]

PaperKind: TypeAlias = Literal[
    "purchase", "sales", "animal_quarantine", "meat_inspection", "customs", "test_report", "origin_proof", "transport", "identity", "other"
]
"""The kinds of :class:`foodtrace.events.Voucher`."""


class _Fact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A frozen group of facts."""


class Use(_Fact, frozen=True, kw_only=True):
    """An earlier use of the same certificate (same key id and serial)."""

    when: dt.datetime
    gate: str = ""
    quantity: Quantity
    lot: str = ""


class Earlier(_Fact, frozen=True, kw_only=True):
    """An earlier truck on the same certificate that did not enter."""

    kind: Literal["refused", "held"]
    """``held``: nobody has decided on it yet."""
    when: dt.datetime
    gate: str = ""
    seller: str = ""
    elsewhere: bool = False
    """At another gate, or under another seller's name, than now."""


class Twin(_Fact, frozen=True, kw_only=True):
    """Another certificate that the same key signed under the same serial: the issuer's fraud or fault."""

    lot: str
    product: str = ""
    quantity: Quantity | None = None
    """What it is for; none: not known."""
    when: dt.datetime
    """When it was issued, or seen at a gate."""


class Certificate(_Fact, frozen=True, kw_only=True):
    """A commitment certificate (承诺达标合格证), or an older paper in its place."""

    scan: Scan = "ok"
    style: Literal[1, 2] = 1
    form: Form = "commitment"
    basis: tuple[str, ...] = ()
    """承诺依据, the words of :data:`foodtrace.events.goods.Basis`."""
    product: str = ""
    """Product it was issued for; empty when not known at this gate."""
    issuer: str = ""
    quantity: Quantity | None = None
    """Certified quantity."""
    issued: dt.date | None = None
    valid_until: dt.date | None = None
    """Last day it holds."""
    used: tuple[Use, ...] = ()
    earlier: tuple[Earlier, ...] = ()
    """Earlier trucks on it that did not enter."""
    twins: tuple[Twin, ...] = ()
    remaining: Quantity | None = None
    """What is left of it, if the records know; none: certified quantity less ``used``."""


class Licence(_Fact, frozen=True, kw_only=True):
    """A licence of the seller (SC, JY) as it stands in the operator's record."""

    number: str = ""
    valid_until: dt.date | None = None
    """Last day; none: not recorded."""


class Seller(_Fact, frozen=True, kw_only=True):
    """The seller as this market's file has it."""

    id: str = ""
    known: bool = False
    """Registered as an operator."""
    file: bool = False
    """This market has a seller file (卖方档案)."""
    agreement_until: dt.date | None = None
    """Last day of the safety agreement (质量安全协议); none: there is no agreement."""
    licences: tuple[Licence, ...] = ()
    left: dt.date | None = None
    """Day the seller left the market."""
    risk: Literal["", "A", "B", "C", "D"] = ""
    """Risk class, A low to D high (Inspection measures Art. 21); not the credit class."""


class Blacklisting(_Fact, frozen=True, kw_only=True):
    """A listing of the seller on a blacklist (黑名单)."""

    basis: str = ""
    start: dt.date
    end: dt.date | None = None
    """Last day; none: until further notice."""
    repair: Literal["none", "applied", "repaired"] = "none"


class Paper(_Fact, frozen=True, kw_only=True):
    """A voucher or official document shown with the goods."""

    kind: PaperKind
    number: str = ""
    valid_until: dt.date | None = None
    """Last day, where the paper has one (quarantine certificates do)."""


class SelfGrown(_Fact, frozen=True, kw_only=True):
    """What was recorded of a self-grower (自产自销), as yes or no."""

    identity: bool = False
    phone: bool = False
    address: bool = False


class Test(_Fact, frozen=True, kw_only=True):
    """A test of these goods. ``repeats`` and ``confirms`` hold the id of another test."""

    __test__ = False  # not a test case of pytest

    id: str = ""
    when: dt.datetime
    item: str = ""
    rapid: bool = True
    verdict: Literal["negative", "positive", "invalid"]
    inhibition: int | None = None
    """Enzyme inhibition in thousandths of a percent."""
    repeats: str = ""
    confirms: str = ""


class Recall(_Fact, frozen=True, kw_only=True):
    """A recall whose block is in force for this lot or for a lot it was made from."""

    case: str
    link: Literal["confirmed", "possible", "unknown"] = "confirmed"
    """``unknown``: nobody knows the way of these goods; as ``possible``, and never let pass."""
    level: int = 1
    lot: str = ""
    """The recalled lot: this one or an ancestor."""
    since: dt.datetime | None = None
    """When this place came to know of it: stop list or notice."""
    advice: str = ""
    """What the case's notice says to customers, word for word."""
    possible: Literal["allow", "hold", "refuse"] | None = None
    """What the case's rule pack gives to a link that is only possible (RECALL section 7); none: whoever asks decides by its own rule."""

    @property
    def asks(self) -> Asks | None:
        """What the case asks for where the link is not confirmed; none: whoever asks decides by its own rule."""
        if self.possible is None:
            return None
        if self.possible == "allow":
            return "hold" if self.link == "unknown" else "note"
        return "hold" if self.link == "unknown" else self.possible


class Facts(_Fact, frozen=True, kw_only=True):
    """Everything a gate decision looks at."""

    when: dt.datetime
    """When the truck stands at the gate, with the offset of the place: chooses the rule pack and the day."""
    market: str = ""
    goods: Goods
    product: str = ""
    lot: str = ""
    quantity: Quantity | None = None
    """Net weight or count; none: not weighed yet."""
    gross: Quantity | None = None
    tare: Quantity | None = None
    certificate: Certificate | None = None
    """None: no certificate was shown."""
    seller: Seller = Seller()
    blacklistings: tuple[Blacklisting, ...] = ()
    papers: tuple[Paper, ...] = ()
    self_grown: SelfGrown = SelfGrown()
    tests: tuple[Test, ...] = ()
    recalls: tuple[Recall, ...] = ()
    keys_ended: dt.date | None = None
    """Last day of the key list this gate carries, when that is past: keys revoked since are unknown here."""
    expiry: dt.date | None = None
    """Last day of the shelf life."""
    batch: str = ""
    """Production date or batch number as printed, for packaged food."""
    expected: bool | None = None
    """Whether the truck was announced; none: this market takes no announcements."""
    drawn: bool | None = None
    """Whether the sampling plan draws this truck (:mod:`foodtrace.gate.sampling`); none: no plan in force."""
    seed_lost: bool = False
    """The market committed to a seed for this day, and this host does not have it: nothing is drawn, though a plan is in force."""

    @property
    def day(self) -> dt.date:
        """The day at the place."""
        return self.when.date()
