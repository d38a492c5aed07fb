"""What a recall answers, as it is handed out: the structs of its JSON. How they are made: :mod:`foodtrace.recall.saying`.

Rules:

1. It is complete or says what it could not see: every finding is in it, and for each source how fresh it is.
2. Unknown is never zero: a site that records nothing itself has unknown sales, and all it received counts as remaining.
3. Rows are ordered by likely remaining stock, unknown counted as all of it. Quantities of unlike units, pieces of unlike products and
   goods without lot are never added up.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Literal

import msgspec

from foodtrace.recall.cleared import ClearedGoods
from foodtrace.recall.explained import kinds_told
from foodtrace.recall.shares import SiteBounds


class RateAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A rate with its two numbers."""

    numerator: int
    denominator: int
    unit: str
    percent: str
    """One decimal; empty where the denominator is 0: nothing left to retrieve, or nothing sampled."""
    once: tuple[int, int] | None = None
    """The two numbers if goods that two records may tell twice (:class:`ToldTwice`) are counted once; None where it is no less then."""
    at_least: str = ""
    """Their percentage, one decimal; empty where there is none. ``percent`` alone is no all-clear where this is not empty."""


class Amount(msgspec.Struct, frozen=True, kw_only=True):
    """One site's quantities in one unit, for pieces of one product, in base units; goods without lot apart (RECALL section 4).

    Where nothing is unknown: ``born + received + returned_in + over = dispatched + consumed + sold + returned + destroyed + lost + on_hand
    + unaccounted``, no term below 0 and no kilogram in two terms of one side.
    """

    unit: str
    product: str = ""
    """For pieces: the product counted; pieces of unlike products are never added up. Else empty."""
    without_lot: bool = False
    """True: goods that some record dispatched without naming their lot. They left no lot's book, so they are added to nothing else."""
    born: int = 0
    """Came to be at the site: let in at its gate, harvested, made or repacked there (what it was made of is ``consumed``)."""
    received: int | None
    """Came from other sites, recall returns apart. None: unknown, goods were sent there (``travelling``) and the site keeps no books."""
    returned_in: int = 0
    """Came back: recall returns, and what consumers brought."""
    over: int = 0
    """Left, or was found, beyond all that came by the records."""
    dispatched: int = 0
    """Sent on, recall returns apart."""
    consumed: int = 0
    """Used: made into other lots, in a kitchen, as a sample."""
    sold: int | None
    """None: unknown, the site records no sales."""
    on_hand: int | None
    """None: unknown; ``likely`` says how much it may be."""
    at_notice: int | None
    """On hand when the notice arrived, by the site's own word or else the book; None: unknown, or no notice arrived."""
    likely: int
    """Likely remaining: what is on hand, or, unknown, all that was received and is not accounted for; where not even that is known
    (``received``), with what was sent there."""
    returned: int
    """Sent back under a recall."""
    destroyed: int
    lost: int = 0
    unaccounted: int
    """Fewer counted than the book said."""
    travelling: int
    """On the way to the site; in no other term."""
    sealed: int
    """Of what is on hand: sealed, or kept apart as come back."""


class OutletRow(msgspec.Struct, frozen=True, kw_only=True):
    """One affected site."""

    site: str
    name: str
    operator: str
    kind: str
    role: Literal["outlet", "intermediary", "own"]
    """``own``: a site of the recalling operator that is no outlet (RECALL section 3)."""
    county: str
    contact: str
    phone: str
    address: str
    personal: Literal["present", "erased", "missing", "tampered", "not_here"]
    """How the contact fields stand; a value that does not fit the entry's commitment is not shown. ``not_here``: they stayed with
    the host that writes the log."""
    lots: tuple[str, ...]
    """Affected lots there by every name that a record gives them at this site, and by those that were asked for: one lot may stand here
    under several (:attr:`Answer.same_lots`)."""
    also: tuple[str, ...] = ()
    """Other names of these lots, that no record gives them at this site."""
    suppliers: tuple[str, ...]
    """Names of the sites it received from."""
    link: Literal["confirmed", "possible"]
    tier: int
    amounts: tuple[Amount, ...]
    notified: str | None
    acknowledged: str | None
    sealed: str | None
    """First sealing, or receipt that was booked as sealed."""
    returned: str | None
    destroyed: str | None
    cleared: Literal["", "part", "all"] = ""
    """What of its goods the case cleared (:attr:`Answer.cleared`); ``all``: it needs no notice and no answer."""
    last_entry: str | None
    """Newest recorded time of any entry that happened at this site; none: it never recorded anything."""


class FindingAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that could not be traced, or contradicts."""

    kind: str
    lot: str
    site: str
    site_name: str
    value: int
    """The quantity or difference it is about, in base units of ``unit``; else a number of things; 0 where none."""
    unit: str
    """Unit of the quantity; empty where ``value`` is none."""
    entries: tuple[str, ...]
    """``ORIGIN#SEQ`` of the entries behind it."""
    reason: Literal[
        "",
        "alike",
        "counted",
        "described",
        "forked",
        "lots",
        "not_covered",
        "not_held",
        "not_seen",
        "rolled_back",
        "told_twice",
        "unverified",
        "when",
    ] = ""
    """Of ``lot_missing``: ``not_held``, at the receiver: by the records the sender held none of that product; ``counted``, at the sender:
    it had these goods by a count or a word only. Of ``same_lot_no_path``: ``when``: what came may have left in the window. Of
    ``duplicate_conflict``: ``lots``: the papers of one transfer name unlike lots; ``alike``: logs each tell a receipt that no dispatch
    answers, the number apart alike; ``value`` is what each says. Else why a log is behind
    (``log_behind``). ``not_seen``: nothing of it since the case was opened; ``unverified``: this host neither signed
    nor ever verified it; ``not_covered``: its head has no checkpoint; ``rolled_back``: ``value`` entries that were verified here are
    gone; ``forked``: not what was verified here, ``value`` entries of it."""

    @property
    def word(self) -> str:
        """Key of the catalogue's text for it; of a log that is behind, why."""
        return f"finding.{self.kind}.{self.reason}" if self.reason else f"finding.{self.kind}"


class InBoth(msgspec.Struct, frozen=True, kw_only=True):
    """A text in both languages."""

    zh: str
    en: str


class FindingKind(msgspec.Struct, frozen=True, kw_only=True):
    """What the findings of one kind and reason are."""

    kind: str
    reason: str
    text: InBoth
    rule: InBoth
    """The rule that detects it (RECALL section 3)."""
    hint: InBoth
    """What to do about it; empty where the text says that."""


def finding_kinds(found: Iterable[tuple[str, str]]) -> tuple[FindingKind, ...]:
    """Return what each (kind, reason) of some findings is."""
    return msgspec.convert(kinds_told(found), tuple[FindingKind, ...])


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """How far a log had come when the answer was computed."""

    log: str
    size: int
    newest: str
    """``time`` of its last entry; empty where there is none."""
    trust: Literal["verified", "signed_here", "unverified", "not_covered", "rolled_back", "forked"]
    """``verified``: it extends what ``verify`` saw on this host; ``signed_here``: never verified here, but this host writes it and compared
    its anchor; for the others see :class:`FindingAnswer`."""
    verified: int
    """Entries that ``verify`` saw on this host; the others have come since. 0: never verified here."""
    verified_at: str | None
    """When that was; None: never."""


class FiguresAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The completion figures of one unit, for pieces of one product."""

    unit: str
    product: str
    """For pieces: the product counted."""
    distributed: int
    should_be_recalled: int
    retrieved: int
    retrieved_strict: int
    sold: int
    rates: dict[str, RateAnswer]
    unexplained: int
    """Of the retrieved: may be goods that no record says were ever distributed."""
    on_record: dict[str, RateAnswer]
    """R1-R3 without those; empty where there are none."""


class WithoutLot(msgspec.Struct, frozen=True, kw_only=True):
    """A holding of goods that some record dispatched without naming their lot; least and most are never added up."""

    site: str
    name: str
    unit: str
    quantity: int
    least: int
    most: int
    goods: str = ""
    """The name by which they are sealed, returned and cleared: ``?LOG#SEQ`` of the dispatch."""


class ToldTwice(msgspec.Struct, frozen=True, kw_only=True):
    """Goods that one record says were sent and another says came, with no number to tie the two: one load, or two, cannot be told."""

    lot: str
    source: str
    """Site that they left by the one record; where they may still lie."""
    source_name: str
    site: str
    """Site that received them by the other record."""
    site_name: str
    unit: str
    quantity: int
    number: str
    """By which the receipt would have to name that sending."""
    sent: tuple[str, ...]
    """``ORIGIN#SEQ`` of the records of the sending, and of a receipt that names it."""
    received: tuple[str, ...]
    """``ORIGIN#SEQ`` of the receipt that names no sending."""


class Unsealed(msgspec.Struct, frozen=True, kw_only=True):
    """Free stock: of goods that a site received after the opening of the case and did not book as sealed, or at a site of who recalls."""

    site: str
    name: str
    lot: str
    unit: str
    quantity: int


class ProductLots(msgspec.Struct, frozen=True, kw_only=True):
    """Lots that are of one product."""

    product: str
    """Empty: no record says what they are."""
    lots: tuple[str, ...]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A recall answer; its JSON is ``schemas/recall.json``."""

    lots: tuple[str, ...]
    """Lots asked for."""
    case: str
    version: int
    """Version of the case's scope; 0 without a case."""
    cases: tuple[str, ...] = ()
    """Other cases about these lots, what they were made from or what was made of them: their steps are not in this answer."""
    scope: tuple[str, ...]
    """What was asked for, one clause each, in words that need no translation."""
    operator: str = ""
    """Who recalls, by operator id: its sites that are no outlets are own. Empty: nobody is known to have made all of the goods."""
    at: str
    """T: the moment the answer is for."""
    rule_pack: str = ""
    """Rule pack that computed it: its id, and of a pack of one's own ``ID@HASH``, the first 16 hex digits of its file's SHA-256."""
    rule_pack_missing: str = ""
    """Rule pack under which the case was opened, where it is not here or has no figures; ``rule_pack`` computed in its place."""
    product: str
    """What the lots asked for are, every product of theirs; of a rule or a window only where everything affected is one thing."""
    products: tuple[ProductLots, ...] = ()
    """The lots asked for by what they are, in the order asked."""
    affected_lots: tuple[str, ...]
    """Every name of every affected lot: as many as there are names (:attr:`lots_affected` counts lots)."""
    same_lots: tuple[tuple[str, ...], ...] = ()
    """Which of these are names of one lot: a group for each lot that goes by several."""
    outlets: tuple[OutletRow, ...]
    others: tuple[OutletRow, ...]
    """Affected sites that are no outlets: own sites and intermediaries."""
    unknown_kind: int
    """Sites among ``others`` of which no record says what they are: each may be an outlet, and stands in no number of outlets."""
    figures: tuple[FiguresAnswer, ...]
    """Per unit, the worst first; never added up."""
    confirmed_only: tuple[FiguresAnswer, ...]
    rates: dict[str, RateAnswer]
    """R1-R6; R1-R3 of the first unit."""
    cleared: ClearedGoods | None = None
    """Of a case that cleared goods: how much of what D and B hold, and whom that lets off. None: it cleared none, or there is no case."""
    without_lot: tuple[WithoutLot, ...]
    """Goods dispatched without lot, which stand in no sum: between least and most of each line may be affected."""
    told_twice: tuple[ToldTwice, ...] = ()
    """Of a case: goods that may be counted twice in R1 to R3; ``once`` and ``at_least`` of a rate say what it is if they are one load."""
    untraced: tuple[FindingAnswer, ...]
    finding_kinds: tuple[FindingKind, ...] = ()
    """What the findings are, by which rules they are detected, what to do: one for each kind and reason that is in ``untraced``."""
    positions: tuple[Position, ...]
    partial: bool
    later: int | None = None
    """Asked for an earlier moment: how many sites are outlets today, by all records there are, and were none then; none: it was asked
    for now, or for a time to come. Own sites and intermediaries are not counted."""
    at_remark: Literal["", "before_first", "after_now"] = ""
    """What an answer as of a moment is not: ``before_first``: nothing of these goods had happened by then (or was on record by then, where
    that was asked), and later something had: no all-clear. ``after_now``: that time is still to come, and nobody recorded what
    happens until then."""
    bounds: tuple[SiteBounds, ...] | None = None
    """Least, proportional and most at every affected site; none: not asked for, they cost a replay of all records."""

    @property
    def lots_affected(self) -> int:
        """How many lots are affected, each counted once whatever names it has."""
        return len(self.affected_lots) - sum(len(names) - 1 for names in self.same_lots)

    @property
    def goods(self) -> str:
        """What was asked for, in words: each product with its lots, or what fits a rule and the scope."""
        if len(self.products) > 1:
            return "; ".join(f"{each.product or '?'} {', '.join(each.lots)}" for each in self.products)
        return f"{self.product} {', '.join(self.lots) or ' | '.join(self.scope)}".strip()

    def columns(self) -> dict[str, list[Any]]:
        """Return the outlets as equally long columns, one place for each outlet and amount, fit for pandas or Arrow.

        Fields of :class:`OutletRow` and :class:`Amount` by name; an outlet with no quantity on record has one place, its amounts none.
        """
        pairs: list[tuple[OutletRow, Amount | None]] = [(row, each) for row in self.outlets for each in row.amounts or (None,)]
        made: dict[str, list[Any]] = {
            name: [getattr(row, name) for row, _ in pairs] for name in OutletRow.__struct_fields__ if name not in _INNER
        }
        # The steps of a recall and the quantities they moved share names: quantities go by ``quantity_..`` there.
        for name in Amount.__struct_fields__:
            column = f"quantity_{name}" if name in made else name
            made[column] = [None if each is None else getattr(each, name) for _, each in pairs]
        return made


_INNER: Final = frozenset({"amounts"})
