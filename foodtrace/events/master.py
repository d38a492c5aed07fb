"""Events about who and what there is: operators, sites, keys, seller files, listings."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal, TypeAlias

import msgspec

from foodtrace.events.base import Code, Document, Event, OperatorId, OptionalOperator, OptionalSite, Region, Seq, Words

OperatorKind: TypeAlias = Literal["enterprise", "cooperative", "household", "individual", "authority"]
"""Kind of operator; ``household`` is a sole trader (个体工商户), ``individual`` a self-grower: their names are personal."""

SiteKind: TypeAlias = Literal[
    "farm",
    "collector",
    "market",
    "stall",
    "warehouse",
    "processor",
    "plant",
    "distributor",
    "shop",
    "restaurant",
    "canteen",
    "retail_stall",
    "online_shop",
    "laboratory",
    "disposal",
    "office",
]
OUTLET_KINDS: frozenset[str] = frozenset({"shop", "restaurant", "canteen", "retail_stall", "online_shop"})
"""Kinds of site that sell or serve to consumers (RECALL section 3, ``outlet_kinds``)."""


class Licence(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A production licence (SC) or business permit (JY)."""

    number: Document
    valid_until: dt.date | None = None


class Operator(Event, frozen=True, kw_only=True, tag="operator"):
    """An operator (经营者) is registered or described anew; the latest event describes it."""

    operator: OperatorId
    kind: OperatorKind = "enterprise"
    name: Words = ""
    """Registered name of a legal person; empty for household and individual (theirs is a commitment ``name``)."""
    licences: tuple[Licence, ...] = ()
    region: Region = ""


class Site(Event, frozen=True, kw_only=True, tag="site"):
    """A site is registered or described anew: ``site`` is its id. Contact, phone and address are commitments."""

    operator: OperatorId
    kind: SiteKind
    name: Words
    """Trading name as painted over the door."""
    region: Region = ""
    gln: Annotated[str, msgspec.Meta(pattern=r"^([0-9]{13})?$(?!\n)")] = ""
    parent: OptionalSite = ""
    """The market a stall stands in."""
    county: Words = ""
    licence: Licence | None = None
    closed: bool = False


class Key(Event, frozen=True, kw_only=True, tag="key"):
    """A public key enters into force, replaces another, or is revoked (DESIGN section 5, "Keys are entries").

    ``use="log"`` keys sign checkpoints of the log the entry stands in; ``use="issuer"`` keys sign certificates.
    """

    action: Literal["register", "rotate", "revoke"]
    use: Literal["log", "issuer"] = "log"
    public: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]
    """Ed25519 public key, hex."""
    previous: Seq | None = None
    """Sequence number of the key entry of the same use before this one; none for the first."""
    issuer: OptionalOperator = ""
    """The certificate issuer whose key it is, for ``use="issuer"``."""
    kid: Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{16})?$(?!\n)")] = ""
    """Certificate key id, 8 bytes hex, for ``use="issuer"`` (DESIGN section 7)."""
    valid_from: dt.date | None = None
    valid_until: dt.date | None = None
    reason: Words = ""


class SellerFile(Event, frozen=True, kw_only=True, tag="seller_file"):
    """A market's file on a seller (卖方档案, Order 81): ``site`` is the market. The latest event holds."""

    seller: OperatorId
    stall: OptionalSite = ""
    card: Code | Literal[""] = ""
    """Number of the trader card shown at the gate."""
    agreement_until: dt.date | None = None
    """Last day of the safety agreement (质量安全协议); none: there is no agreement."""
    kinds: tuple[Words, ...] = ()
    sources: tuple[Words, ...] = ()
    left: dt.date | None = None
    """Day the seller left the market; the file is kept six months longer."""


class Listing(Event, frozen=True, kw_only=True, tag="listing"):
    """An operator is put on, or taken off, a list or into a class (DOMAIN section 1.6: risk and credit are two grades)."""

    operator: OperatorId
    list: Literal["blacklist", "risk", "credit"]
    grade: Literal["", "A", "B", "C", "D"] = ""
    basis: Words = ""
    """The document the listing rests on."""
    start: dt.date
    end: dt.date | None = None
    repair: Literal["none", "applied", "repaired"] = "none"
