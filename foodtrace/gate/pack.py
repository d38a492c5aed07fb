"""A rule pack as data.

Rules:

1. A pack holds from ``effective_from`` to ``effective_to``, both days included; the event's own date chooses it.
2. ``verified`` is true only if the text of every article it rests on was read; an unverified pack says so in each decision.
3. A rule names a check of :mod:`foodtrace.gate.checks` by its reason code, the goods it applies to and what it asks for.
   Two rules of one pack never give one code for the same goods.
4. A duty is something that must be done next, with its time limit in hours (0: at once; none: no limit is set). ``law``
   is false where foodtrace or the market chose it.
5. Of two packs that hold on a day a local one goes before one that came with foodtrace, then the later ``effective_from``.
"""

from __future__ import annotations

import calendar
import datetime as dt
from typing import Annotated, Literal, TypeAlias

import msgspec

from foodtrace.gate.facts import Form, Goods, Scan
from foodtrace.gate.reason import Article, Asks

Name: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,59}$(?!\n)", description="a-z 0-9 - _, at most 60")]
Line: TypeAlias = Annotated[str, msgspec.Meta(max_length=400)]
PerTenThousand: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=10_000)]
Hours: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=24 * 366)]
Document: TypeAlias = Literal[
    "certificate",
    "certificate_shown",
    "self_grown_record",
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
"""What a rule may accept: a certificate that counts, one that is shown and not known to be false, a complete self-grower's
record, or a paper of this kind."""


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A strictly read part of a pack."""


class _Cited(_Part, frozen=True, kw_only=True):
    article: Line = ""
    """The article in Chinese, as cited on a slip; empty: no law, a choice of foodtrace or the market."""
    article_en: Line = ""

    @property
    def cited(self) -> Article:
        """The article in both languages."""
        return Article(zh=self.article, en=self.article_en)


class Rule(_Cited, frozen=True, kw_only=True):
    """One check of the pack."""

    id: Name
    code: Annotated[str, msgspec.Meta(pattern=r"^gate\.[a-z_]+$(?!\n)")]
    """Reason code; chooses the check."""
    goods: Annotated[tuple[Goods, ...], msgspec.Meta(min_length=1)]
    verdict: Asks
    verified: bool = False
    """Whether this article's own text was read."""
    documents: tuple[Document, ...] = ()
    """What satisfies the check, for those that ask for papers: any one of these."""
    must: tuple[Name, ...] = ()
    """Duties that follow when the check speaks."""
    moot_if_refused: bool = False
    """Not said when the goods are refused anyway: a step of the work (weighing), no objection to the goods."""


class Duty(_Cited, frozen=True, kw_only=True):
    """Something that must be done next; its words stand in the texts under ``gate.must.ID``."""

    id: Name
    who: Literal["market", "seller", "regulator"] = "market"
    within_hours: Hours | None = None
    only_on: Literal["", "admit", "hold", "refuse"] = ""
    """Verdict that the duty makes sense with; empty: any."""
    law: bool = False


class CertificateRule(_Part, frozen=True, kw_only=True):
    """What counts as a certificate under this pack."""

    forms: Annotated[tuple[Form, ...], msgspec.Meta(min_length=1)]
    scans: Annotated[tuple[Scan, ...], msgspec.Meta(min_length=1)]
    fields: tuple[Literal["quantity", "issued", "basis", "product", "issuer"], ...] = ()
    """Fields a certificate must fill in."""


class Record(_Cited, frozen=True, kw_only=True):
    """A record that must be kept: its fields and for how long."""

    id: Name
    goods: Annotated[tuple[Goods, ...], msgspec.Meta(min_length=1)]
    fields: Annotated[tuple[Name, ...], msgspec.Meta(min_length=1)]
    keep_months: Annotated[int, msgspec.Meta(ge=1, le=600)]
    keep_from: Literal["recorded", "shelf_life_end", "seller_left"] = "recorded"
    keep_months_else: Annotated[int, msgspec.Meta(ge=1, le=600)] | None = None
    """Months from recording where there is no shelf life."""
    verified: bool = False

    def keep_until(self, recorded: dt.date, *, shelf_life_end: dt.date | None = None, seller_left: dt.date | None = None) -> dt.date | None:
        """Return the last day this record must be kept; none while the event that starts the period has not come.

        A month ends on the same day number, or on the month's last day where there is none (Civil Code Art. 202).
        """
        start: dt.date | None = {"recorded": recorded, "shelf_life_end": shelf_life_end, "seller_left": seller_left}[self.keep_from]
        if start is not None:
            return months_after(start, self.keep_months)
        return None if self.keep_months_else is None else months_after(recorded, self.keep_months_else)


def months_after(day: dt.date, months: int) -> dt.date:
    """Return the day so many months later, clipped to the month's end and to the calendar's."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    if year > dt.MAXYEAR:
        return dt.date.max
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


class Rapid(_Cited, frozen=True, kw_only=True):
    """How a rapid test is read, and what follows from it."""

    positive_at: Annotated[int, msgspec.Meta(ge=1, le=100_000)]
    """Least inhibition that is positive, in thousandths of a percent."""
    repeats: Annotated[int, msgspec.Meta(ge=0, le=10)]
    """Repeats due before the laboratory is asked."""
    must_positive: tuple[Name, ...] = ()
    must_confirmed: tuple[Name, ...] = ()


class SamplingRate(_Part, frozen=True, kw_only=True):
    """Another rate for some goods, some risk class of sellers, or both; the highest that fits holds."""

    goods: tuple[Goods, ...] = ()
    """Empty: any goods."""
    risk: tuple[Literal["A", "B", "C", "D"], ...] = ()
    """Empty: any class, also none."""
    per_10000: PerTenThousand


class Sampling(_Part, frozen=True, kw_only=True):
    """The sampling plan: how many of ten thousand admitted trucks are drawn."""

    per_10000: PerTenThousand
    rates: tuple[SamplingRate, ...] = ()

    def rate(self, goods: str, risk: str = "") -> int:
        """Return the trucks in ten thousand to draw for these goods from a seller of this risk class."""
        fitting = [r.per_10000 for r in self.rates if (not r.goods or goods in r.goods) and (not r.risk or risk in r.risk)]
        return max([self.per_10000, *fitting])


class RulePack(_Part, frozen=True, kw_only=True):
    """A dated set of rules for market entry."""

    id: Name
    title: Line
    title_en: Line
    effective_from: dt.date
    effective_to: dt.date | None = None
    """Last day in force; none: still in force."""
    source: Annotated[str, msgspec.Meta(min_length=1, max_length=400)]
    verified: bool
    note: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    hold_hours: Hours
    """Within how many hours a held truck must be decided; a choice of the market, no law."""
    certificate: CertificateRule
    rules: Annotated[tuple[Rule, ...], msgspec.Meta(min_length=1, max_length=500)]
    duties: tuple[Duty, ...] = ()
    records: tuple[Record, ...] = ()
    rapid: Rapid
    sampling: Sampling

    def holds_on(self, day: dt.date) -> bool:
        """Say whether the pack is in force on a day."""
        return self.effective_from <= day and (self.effective_to is None or day <= self.effective_to)


class Rulebook(msgspec.Struct, frozen=True):
    """Every pack at hand, in order of precedence for a day that several hold on (rule 5)."""

    packs: tuple[RulePack, ...] = ()

    def on(self, day: dt.date) -> RulePack | None:
        """Return the pack that holds on a day, none if there is no such pack."""
        return next((pack for pack in self.packs if pack.holds_on(day)), None)
