"""What was done in a case at each site, and what a stern reader would ask of it (TRANSCRIPTS section 5).

Rules:

1. Five times for each site, each with quantity, hash of the evidence and who; goods when the notice arrived, by the site's word.
   Beside them what was recorded of the goods after the opening, as the case marks it (:mod:`foodtrace.recall.marked`).
2. ``remarks``: destroyed unreported, otherwise than planned (:mod:`foodtrace.operations.asplanned`), reported before the risk was known,
   reported by a word that came on record only after it, without witness or place;
   more planned to be destroyed than is there, done without evidence, entered late with
   an earlier date, records of these goods corrected since the case was opened, corrections of the case's own entries
   (:mod:`foodtrace.recall.owncorrections`), those of them that would have lifted or weakened its block and are without effect
   (:mod:`foodtrace.graph.mended`), what would have lifted it and nobody answers for, said by logs that have no standing, asks that were
   refused, goods that were cleared. None of these is an error; each may need an explanation.
   Destructions are counted by act, not by record (:mod:`foodtrace.operations.asplanned`, rule 4).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, Literal, TypeAlias, get_args

import msgspec

from foodtrace.events import Acknowledgement, Destroyed, DestructionPlanned, Event, GoodsCleared, Notice, Refusal, Returned, Sealing
from foodtrace.graph.edges import UNIT_NAMES, micros
from foodtrace.graph.flows import Flow, FlowKind
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.asplanned import Otherwise, acts_of, in_order, otherwise, reported_after
from foodtrace.operations.common import CHINA, local
from foodtrace.recall.affected import Affected
from foodtrace.recall.answer import OutletRow
from foodtrace.recall.called import Called
from foodtrace.recall.cases import Told, without_effect
from foodtrace.recall.facts import Case, Planned
from foodtrace.recall.marked import Marked
from foodtrace.recall.noticed import heads
from foodtrace.recall.owncorrections import OwnCorrection
from foodtrace.recall.settings import Settings
from foodtrace.recall.sums import known_since, sums_with_said

_Kind: TypeAlias = Literal[
    "notice", "acknowledgement", "sealing", "returned", "destroyed", "plan", "report", "call_off",
    "receipt", "sale", "transfer", "market_entry", "use", "packing", "release", "certificate", "restock",
]  # fmt: skip
_Asked: TypeAlias = Literal[
    "unreported", "otherwise", "reported_after", "reported_early", "unwitnessed", "unplaced", "no_evidence", "overplanned",
    "backdated", "entered_late", "corrected", "own_corrected", "without_effect", "unanswered", "no_standing", "refused", "cleared",
]  # fmt: skip
_Entries: TypeAlias = list[tuple[str, tuple[int, int]]]
"""(site, (log, seq))."""
_REMARKS: Final[tuple[_Asked, ...]] = get_args(_Asked)


class StepAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One thing done at a site."""

    kind: _Kind
    """The five of a recall; a destruction planned, reported beforehand, called off; else a recorded fact about its goods after the opening,
    which ``marks`` says what to make of."""
    at: str
    by: str
    lot: str = ""
    quantity: int | None = None
    """Base units; none: not about a quantity, or not said."""
    unit: str = ""
    evidence: str = ""
    """SHA-256 of the evidence; empty: none was given."""
    witness: str = ""
    """Of a destruction: number of the witness; empty: none was named."""
    place: str = ""
    """Of a destruction: where it happened, as was said."""
    method: Literal["", "destroyed", "rendered_harmless"] = ""
    """Of a destruction."""
    reported: str = ""
    """Of a destruction: when time and place had been reported; empty: they had not been."""
    otherwise: Otherwise | None = None
    """Of a destruction: how it differs from its plan."""
    due: str = ""
    """Of a plan or its report: when it is to happen."""
    doc: str = ""
    """Of a report: its number."""
    to: str = ""
    """Of a return: the site it went to."""
    marks: tuple[Literal["sealed", "booked", "before_known", "after_notice"], ...] = ()
    """Of a fact (RECALL section 7): ``sealed``, it should have been booked as sealed and was not, ``booked``, it was; ``before_known``
    and ``after_notice``: recorded although an ask would have been refused, before or after the site could know."""
    entry: str = ""


class SiteSteps(msgspec.Struct, frozen=True, kw_only=True):
    """Everything done in the case at one site."""

    site: str
    name: str
    role: str
    steps: tuple[StepAnswer, ...]


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """Something a stern reader would ask about."""

    kind: _Asked
    count: int
    """Of destructions: acts, however many records tell one; of all else entries."""
    sites: tuple[str, ...]
    entries: tuple[str, ...]


class Done:
    """The records of a case, to be told site by site.

    :param told: every record of the case seen, oldest first (:mod:`foodtrace.operations.thiscase`).
    :param rows: site -> its row in the answer.
    :param origins: number of a log -> its name.
    """

    def __init__(
        self,
        facts: SqlFacts,
        case: Case,
        told: Sequence[Told],
        found: Affected,
        rows: Mapping[str, OutletRow],
        settings: Settings,
        origins: Mapping[int, str],
        facts_marked: Sequence[Marked] = (),
        own: Sequence[OwnCorrection] = (),
    ) -> None:
        self.facts = facts
        self.case = case
        self.told = told
        self.found = found
        self.rows = rows
        self.settings = settings
        self.origins = origins
        self.marked = facts_marked
        self.own = own

    def steps(self) -> Iterable[SiteSteps]:
        """Return what was done at each site, in the order of the records; what a log without standing says is left out."""
        steps = marked_steps(self.facts, self.marked, self.origins, self.found.called)
        return steps_of(self.facts, self.told, self.case, self.rows, self.origins, steps)

    def remarks(self) -> Iterable[Remark]:
        """Return what a stern reader would ask about (rule 2)."""
        found: dict[str, list[tuple[str, tuple[int, int]]]] = {}
        for _, event, entry in self.told:
            if isinstance(event, Destroyed) and event.reported is None:
                found.setdefault("unreported", []).append((event.site, entry))
            if isinstance(event, Destroyed) and event.reported is not None and micros(event.reported) < self.case.known:
                found.setdefault("reported_early", []).append((event.site, entry))
            if isinstance(event, Destroyed) and not event.place.strip():
                found.setdefault("unplaced", []).append((event.site, entry))
            if isinstance(event, Destroyed) and not event.witness:
                found.setdefault("unwitnessed", []).append((event.site, entry))
            if isinstance(event, (Destroyed, Sealing, Returned)) and not event.evidence:
                found.setdefault("no_evidence", []).append((event.site, entry))
            if isinstance(event, Refusal):
                found.setdefault("refused", []).append((event.site, entry))
            if isinstance(event, GoodsCleared) and entry not in (*self.case.without_standing, *self.case.unanswered):
                found.setdefault("cleared", []).append((event.site, entry))
        found["without_effect"] = [("", entry) for entry in without_effect(self.facts.session, self.case) if self.facts.seen(*entry)]
        found["unanswered"] = [("", entry) for entry in self.case.unanswered]
        sites = {entry: event.site for _, event, entry in self.told}
        found["otherwise"] = [(sites[entry], entry) for entry in otherwise(self.told)]
        found["reported_after"] = [(sites[entry], entry) for entry in reported_after(self.told)]
        found["no_standing"] = [("", entry) for entry in self.case.without_standing]
        found["backdated"], found["entered_late"] = self._late()
        found["corrected"] = self._corrected()
        found["overplanned"] = self._overplanned()
        acts = acts_of(self.told)
        own = {each.correction for each in self.own}
        found["corrected"] = [each for each in found["corrected"] if self._named(each[1]) not in own]
        for kind in _REMARKS:
            if kind == "own_corrected" and self.own:
                where = tuple(sorted({each.site for each in self.own if each.site}))
                yield Remark(kind=kind, count=len(self.own), sites=where, entries=tuple(each.correction for each in self.own[:50]))
            each = found.get(kind, [])
            if each:
                yield Remark(
                    kind=kind,
                    count=len({acts.get(entry, entry) for _, entry in each}),
                    sites=tuple(sorted({site for site, _ in each if site})),
                    entries=tuple(self._named(entry) for _, entry in each[:50]),
                )

    def _named(self, entry: tuple[int, int]) -> str:
        log, seq = entry
        return f"{self.origins.get(log, log)}#{seq}"

    def _entered_after(self, since: Callable[[int], int]) -> list[Flow]:
        """Return what a site entered after a moment of its own about a time before: goods that left it, or came home."""
        kinds = {FlowKind.SOLD, FlowKind.LOST, FlowKind.USED, FlowKind.DESTROYED, FlowKind.DISPATCH}
        own = self.found.own
        return [
            flow
            for flow in self.found.flows
            if flow.kind in (kinds | _HOME if flow.site in own else kinds)
            and (flow.lot, flow.site) in self.found.holdings
            and flow.t < since(flow.site) < flow.recorded
        ]

    def _late(self) -> tuple[_Entries, _Entries]:
        """Return what a site entered after it knew about a time before: what leaves it lowers the base of R2, what came home that of R1.

        And what it entered after the opening about a time before, when it need not have known: late papers, or a block evaded.
        """
        notices = known_since(self.case, self.settings)
        own = self.found.own
        known = self._entered_after(lambda site: min(notices(site), self.case.opened) if site in own else notices(site))
        told = {(flow.log, flow.seq) for flow in known}
        opened = [flow for flow in self._entered_after(lambda _: self.case.opened) if (flow.log, flow.seq) not in told]
        texts = self.facts.texts({flow.site for flow in (*known, *opened)})

        def named(flows: list[Flow]) -> _Entries:
            return [(texts[flow.site], (flow.log, flow.seq)) for flow in flows]

        return named(known), named(opened)

    def _overplanned(self) -> list[tuple[str, tuple[int, int]]]:
        """Return the newest plan of each place where more is planned to be destroyed than lies there."""
        plans = [plan for plan in self.case.planned if not plan.done]
        if not plans:
            return []
        rep = {name: lot for lot, names in self.found.names.items() for name in names}
        sums = sums_with_said(self.facts, self.found, self.case, settings=self.settings)
        wanted: dict[tuple[int, int, int], list[Planned]] = {}
        for plan in plans:
            wanted.setdefault((rep.get(plan.lot, plan.lot), plan.site, plan.unit), []).append(plan)
        over = {key: mine for key, mine in wanted.items() if sum(plan.left for plan in mine) > (sums[key].on_hand if key in sums else 0)}
        entries = {event.id: entry for _, event, entry in self.told}
        texts = self.facts.texts({site for _, site, _ in over})
        newest = [(site, max(entries[plan.id] for plan in mine)) for (_, site, _), mine in over.items()]
        return [(texts[site], entry) for site, entry in sorted(newest)]

    def _corrected(self) -> list[tuple[str, tuple[int, int]]]:
        """Return the corrections, since the case was opened, of records of its goods: each may take an outlet out of the list."""
        names = [name for lot in self.found.lots for name in self.found.names[lot]]
        found = sorted(set(self.facts.corrections(names, since=self.case.opened)), key=lambda each: each[1])
        texts = self.facts.texts({site for site, _ in found})
        return [(texts[site], entry) for site, entry in found]


def marked_steps(facts: SqlFacts, found: Sequence[Marked], origins: Mapping[int, str], called: Called) -> list[tuple[str, StepAnswer]]:
    """Return (site, step) of facts that a case marks. :param called: what lots are called there."""
    texts = facts.texts({each.site for each in found})
    return [
        (
            texts[each.site],
            StepAnswer(
                kind=each.doing,  # type: ignore[arg-type]  # what is marked is one of these
                at=local(each.t).isoformat(timespec="seconds"),
                by="",
                lot=called.name(each.lot, each.site),
                quantity=each.q if each.unit >= 0 else None,
                unit=UNIT_NAMES[each.unit] if each.unit >= 0 else "",
                marks=tuple("booked" if mark == "sealed" and each.booked else mark for mark in each.marks),
                entry=f"{origins.get(each.entry[0], each.entry[0])}#{each.entry[1]}",
            ),
        )
        for each in found
    ]


def steps_of(
    facts: SqlFacts,
    told: Sequence[Told],
    case: Case,
    rows: Mapping[str, OutletRow],
    origins: Mapping[int, str],
    more: Iterable[tuple[str, StepAnswer]] = (),
) -> Iterable[SiteSteps]:
    """Return what was done at each site; see :meth:`Done.steps`. :param more: further steps, which stand in the order of time."""
    made: dict[str, list[StepAnswer]] = {}
    ignored = set(case.without_standing)
    unlike = otherwise(told)
    head = heads(told)
    for _, event, entry in in_order(told):
        if entry not in ignored and head.get(entry, entry) == entry:  # one notice, in however many entries
            for site, step in _step(event, f"{origins.get(entry[0], entry[0])}#{entry[1]}", unlike.get(entry)):
                made.setdefault(site, []).append(step)
    for site, step in more:
        made.setdefault(site, []).append(step)
    for steps in made.values():
        steps.sort(key=lambda step: dt.datetime.fromisoformat(step.at))
    numbers = facts.numbers(made.keys() - rows.keys())
    others = {each.text: each.name for each in facts.sites(set(numbers.values())).values()}
    for site, steps in sorted(made.items()):
        row = rows.get(site)
        name = (row.name if row else others.get(site)) or site
        yield SiteSteps(site=site, name=name, role=row.role if row else "upstream", steps=tuple(steps))


_HOME = frozenset({FlowKind.RECEIPT, FlowKind.CONSUMER_RETURN})
"""What brings goods home to an own site."""


def _said(when: dt.datetime) -> str:
    """Return a moment as the case tells it, in China's time whatever zone the record was written in."""
    return when.astimezone(CHINA).isoformat(timespec="seconds")


def _planned(event: DestructionPlanned, entry: str) -> Iterable[tuple[str, StepAnswer]]:
    """Iterate over a plan, its report and its being called off: one that is reported at once is both."""
    step = StepAnswer(
        kind="plan",
        at=_said(event.at),
        by=event.by,
        lot=event.lot,
        quantity=event.quantity.value,
        unit=event.quantity.unit,
        witness=event.witness,
        place=event.place,
        method=event.method,
        due=_said(event.due),
        entry=entry,
    )
    if event.cancelled:
        yield event.site, msgspec.structs.replace(step, kind="call_off")
        return
    if not event.plan or event.reported is None:
        yield event.site, step
    if event.reported is not None:
        yield event.site, msgspec.structs.replace(step, kind="report", at=_said(event.reported), doc=event.doc)


def _step(event: Event, entry: str, unlike: Otherwise | None) -> Iterable[tuple[str, StepAnswer]]:
    at = _said(event.at)
    if isinstance(event, Notice):
        yield event.to, StepAnswer(kind="notice", at=_said(event.delivered or event.at), by=event.by, entry=entry)
    elif isinstance(event, Acknowledgement):
        for each in event.on_hand or (None,):
            yield (
                event.site,
                StepAnswer(
                    kind="acknowledgement",
                    at=at,
                    by=event.by,
                    lot=each.lot if each else "",
                    quantity=each.quantity.value if each else None,
                    unit=each.quantity.unit if each else "",
                    evidence=event.evidence,
                    entry=entry,
                ),
            )
    elif isinstance(event, DestructionPlanned):
        yield from _planned(event, entry)
    elif isinstance(event, (Sealing, Returned, Destroyed)):
        kind: Literal["sealing", "returned", "destroyed"] = (
            "sealing" if isinstance(event, Sealing) else "returned" if isinstance(event, Returned) else "destroyed"
        )
        yield (
            event.site,
            StepAnswer(
                kind=kind,
                at=at,
                by=event.by,
                lot=event.lot,
                quantity=event.quantity.value,
                unit=event.quantity.unit,
                evidence=event.evidence,
                witness=event.witness if isinstance(event, Destroyed) else "",
                place=event.place if isinstance(event, Destroyed) else "",
                method=event.method if isinstance(event, Destroyed) else "",
                reported=_said(event.reported) if isinstance(event, Destroyed) and event.reported is not None else "",
                otherwise=unlike,
                to=event.to if isinstance(event, Returned) else "",
                entry=entry,
            ),
        )
