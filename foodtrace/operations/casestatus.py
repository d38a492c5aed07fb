"""Where a case stands: figures, clocks, who is late and by how much, what is to be done today (TRANSCRIPTS section 5).

Rules:

1. Rates carry numerator and denominator; unknown stays unknown; what could not be traced stands beside.
2. Two clocks (RECALL section 6): hours from knowledge to the start, working days from publication to completion. What is due
   next is named, and what is late, by how much.
3. Tasks follow from the records alone: who was not told, who did not answer, what lies unsealed, undisposed or unreported, or is on its
   way. Whoever only handed goods on is told, answers, seals and gives back as outlets do, and is named like them.
4. What was done at each site, and what a stern reader would ask of it, stands in :mod:`foodtrace.operations.casedone`.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from foodtrace.graph.edges import UNIT_NAMES, micros
from foodtrace.graph.flows import NEVER
from foodtrace.graph.known import facts_by
from foodtrace.operations.caseanswer import CaseStatus, ClockAnswer, State, Task, Version, What
from foodtrace.operations.casedone import Done
from foodtrace.operations.closing import Condition, Goods, conditions
from foodtrace.operations.common import local
from foodtrace.operations.managing import reach_of
from foodtrace.operations.maybesame import maybe_same
from foodtrace.operations.missing import Unaccounted, unaccounted, undisposed_at
from foodtrace.operations.notdone import things
from foodtrace.operations.notices import due_of
from foodtrace.operations.sinceclosed import closings_of, since_closed, unmet_when_closed
from foodtrace.operations.thiscase import told_of_this
from foodtrace.operations.visits import finds_told
from foodtrace.recall.affected import Affected
from foodtrace.recall.amounts import products_said
from foodtrace.recall.answer import Answer, OutletRow, recall
from foodtrace.recall.beside import beyond_records
from foodtrace.recall.calendars import calendar_of
from foodtrace.recall.cases import Told, case_events, load_case
from foodtrace.recall.deadlines import Clock, completion_clock, local_day, start_clock, working_days_between
from foodtrace.recall.decisions import decisions
from foodtrace.recall.effectiveness import FAILED, beyond_draw, due, in_force, standing
from foodtrace.recall.facts import Case, Planned, found_there
from foodtrace.recall.finding.look import Look
from foodtrace.recall.finds import words_on
from foodtrace.recall.heard import heard_of
from foodtrace.recall.marked import free_at_own, marked, unsealed
from foodtrace.recall.matter import Matter
from foodtrace.recall.owncorrections import own_corrections
from foodtrace.recall.packs import for_case
from foodtrace.recall.report import at_deadline, curve_points, plan_said
from foodtrace.recall.saying import unsealed_said
from foodtrace.recall.scope import scope_words
from foodtrace.recall.settings import DAY_LONG, HOUR, Settings
from foodtrace.recall.sums import sums_with_said
from foodtrace.storage.session import Session


def status(session: Session, case: str, now: int, *, curves: bool = False, as_known: bool = False) -> tuple[CaseStatus, Answer]:
    """Return where a case stands at a moment, and the recall answer behind it.

    :param now: T; what happened later is not seen. :param as_known: nor what was recorded later (RECALL section 8).
    :param curves: also compute the completion curves, a recall answer for every day since the opening.
    """
    found = Standing.of(session, case, now, as_known=as_known)
    return found.status(curves=curves), found.answer


class Standing:
    """Where one case stands: what a line in a list says of it, and all of it (:meth:`status`).

    :param told: the records of the case (:func:`foodtrace.recall.cases.case_events`), so that they are read once.
    :param now: T; what happened later is not seen. :param recorded: nor what was recorded later.
    """

    def __init__(self, session: Session, case: Case, told: Iterable[Told], now: int, recorded: int = NEVER) -> None:
        self.session = session
        self.case = case
        self.now = now
        self.recorded = recorded
        self.facts = facts_by(session, now, recorded)
        self.pack = for_case(case, session.rules)
        self.settings: Settings = self.pack.settings
        self.answer = self.pack.named(recall(session, (), now=now, case=case, settings=self.settings, recorded_until=recorded))
        self.found: Affected = reach_of(self.facts, case)
        self.product = self.answer.product or products_said(sorted({self.found.product(lot) for lot in self.found.lots}))
        self.state: State = "withdrawn" if case.withdrawn is not None else "closed" if case.closed is not None else "open"
        self.rows = {row.site: row for row in (*self.answer.outlets, *self.answer.others)}
        self.told: list[Told] = [each for each in told if micros(each[1].at) <= now and each[0] <= recorded]
        self.origins: dict[int, str] = dict(session.rows("SELECT id, origin FROM log"))
        self.clock = completion_clock(case, self.settings, calendar_of(self.session.rules), now)
        self.start = start_clock(case, self.settings)
        self.matter = Matter(self.facts, self.found, case, self.settings)
        self.words = words_on(case, self.matter, now)
        """The steps of the case without visits that found nothing but cleared goods."""
        self.against = conditions(session, now, case, self.found, recorded_until=recorded, matter=self.matter)
        self.names = {each.site: each.name for each in reversed(self.against)}
        visited = {step.site for step in case.steps if found_there(step, now)}
        texts = self.facts.texts(visited)
        self.visited = {texts[site] for site in visited}
        self.broken = since_closed(session, case, self.told, self.against)
        """Of a closed case: what did not stand against it when it was closed."""

    @classmethod
    def of(cls, session: Session, case: str, now: int, *, as_known: bool = False) -> Standing:
        """Read a case, and return where it stands. :param case: its number; ``N@ORIGIN`` where several logs opened it."""
        recorded = now if as_known else NEVER
        told = case_events(session, case.partition("@")[0])
        return cls(session, load_case(session, case, until=now, known_by=recorded, told=told), told, now, recorded)

    @cached_property
    def unmet(self) -> dict[tuple[int, int], int]:
        """How many things stood against each closing without override: by (log, seq) of its entry."""
        return unmet_when_closed(self.session, self.case, self.told)

    @property
    def closed_over(self) -> int:
        """How many things stood against closing it, where it is closed and nobody answered for them; else 0."""
        return next((self.unmet.get(entry, 0) for _, _, entry in reversed(closings_of(self.case, self.told))), 0)

    @property
    def beyond(self) -> int:
        """How much of what R1 to R3 divide by is beyond the records."""
        return beyond_records(self.answer, self.answer.rates["R2"].unit)

    @property
    def unaccounted(self) -> tuple[Unaccounted, ...]:
        """What is missing at sites by their own word, the most first."""
        sums = sums_with_said(self.facts, self.found, self.case, settings=self.settings)
        return unaccounted(self.found, sums, self.matter, undisposed_at(self.against))

    def status(self, *, curves: bool = False) -> CaseStatus:
        """Return all of it. :param curves: with a recall answer for every day since the opening."""
        case, answer = self.case, self.answer
        today = local_day(self.now)
        published = case.published if case.published is not None and case.published <= self.now else None
        holdings = len(self.found.holdings)
        look = Look(self.facts, self.found, self.settings, case, calendar_of(self.session.rules), matter=self.matter)
        facts = list(marked(look))
        names = {number: info.name for number, info in self.found.sites.items()}
        self.unsealed = unsealed_said(self.facts, unsealed(look, facts), names, self.found.called)
        self.own_free = unsealed_said(self.facts, free_at_own(look), names, self.found.called)
        mine = told_of_this(self.session, self.facts, case, self.told, self.found)
        own = own_corrections(self.facts, case)
        done = Done(self.facts, case, mine, self.found, self.rows, self.settings, self.origins, facts, own)
        return CaseStatus(
            case=case.name or case.case,
            product=self.product,
            level=case.level,
            reason=case.reason,
            producer=case.producer,
            operator=case.operator,
            plan=plan_said(self.told, case),
            state=self.state,
            opened=said(case.opened),
            known=said(case.known),
            published=None if published is None else said(published),
            version=case.versions[-1].version,
            versions=tuple(
                Version(version=each.version, at=said(each.at), reason=each.reason, clauses=tuple(map(scope_words, each.clauses)))
                for each in case.versions
            ),
            at=said(self.now),
            as_known=self.recorded != NEVER,
            day=None if published is None else working_days_between(calendar_of(self.session.rules), local_day(published), today),
            days=self.settings.complete_days[case.level - 1],
            rule_pack=self.pack.pack.name,
            rule_pack_missing=self.pack.missing,
            verified=self.pack.pack.verified,
            superseded_by=tuple(each.id for each in self.pack.gaps),
            clocks=(_clock(self.start), _clock(self.clock)),
            affected_lots=answer.affected_lots,
            outlets=len(answer.outlets),
            rates=answer.rates,
            figures=answer.figures,
            confirmed_only=answer.confirmed_only,
            cleared=answer.cleared,
            without_lot=answer.without_lot,
            check_level=in_force(self.words, self.now)[0],
            visits_beyond=beyond_draw(case.steps, self.now),
            late=tuple(self.late()),
            today=tuple(self._today() if case.closed is None and case.withdrawn is None else self._reopen()),
            closing=tuple(self.against),
            broken=self.broken,
            closed_over=self.closed_over,
            remarks=tuple(done.remarks()),
            own_corrections=own,
            decisions=decisions(self.told, case, self.origins, self.unmet),
            sites=tuple(done.steps()),
            curve=curve_points(self.session, case, self.settings, self.now, holdings) if curves else (),
            at_deadline=at_deadline(self.session, case, self.settings, self.now),
            told_twice=answer.told_twice,
            unsealed=self.unsealed,
            finds=finds_told(self.facts, case, self.found, self.matter),
            maybe_same=tuple(maybe_same(self.facts, self.found, case, self.settings)),
            beyond=self.beyond,
            unaccounted=self.unaccounted,
            untraced=answer.untraced,
            positions=answer.positions,
        )

    # -- who is late, what is to be done ---------------------------------------------------------------------------------

    def _task(self, what: What, site: str = "", **more: object) -> Task:
        row: OutletRow | None = self.rows.get(site)
        name = row.name if row else self.names.get(site, "")
        return Task(what=what, site=site, name=name or site, phone=row.phone if row else "", **more)  # type: ignore[arg-type]

    def late(self) -> Iterable[Task]:
        """Return what is late, and by how much."""
        if self.start.late:
            yield self._task("start", due=_said(self.start.due), late_by=self.start.late_by or 0)
        if self.clock.late:
            yield self._task("complete", due=_said(self.clock.due), late_by=self.clock.late_by or 0)
        if self.case.closed is not None or self.case.withdrawn is not None:
            return
        limit = self.settings.answer_limit
        for site, arrived in self._silent():
            gone = working_days_between(calendar_of(self.session.rules), local_day(arrived), local_day(self.now))
            if gone is not None and gone > limit:
                yield self._task("answer", site, late_by=gone - limit, hours=(self.now - arrived) // HOUR)
        for plan in self.case.planned:
            if not plan.done and plan.due <= self.now and self._asked(plan):
                yield self._task(
                    "destroy",
                    self.facts.texts([plan.site])[plan.site],
                    due=said(plan.due),
                    late_by=-(-(self.now - plan.due) // HOUR),
                    hours=(self.now - plan.due) // HOUR,
                    quantity=plan.left,
                    unit=UNIT_NAMES[plan.unit],
                    goods=self._planned(plan),
                )

    def _asked(self, plan: Planned) -> bool:
        """Say whether what is planned to be destroyed is to be: of goods that were cleared since nobody asks it."""
        place = self.matter.name(plan.lot), plan.site
        return place not in self.found.holdings or self.matter(*place)

    def _planned(self, plan: Planned) -> tuple[Goods, ...]:
        return (Goods(lot=self.facts.texts([plan.lot])[plan.lot], quantity=plan.left),)

    def _silent(self) -> list[tuple[str, int]]:
        """Return (site, when the notice arrived) of those that have not answered it, the longest silent first: outlets and all others."""
        silent = {each.site for each in self.against if each.kind == "silent"}
        others = self.found.sites.keys() - self.found.own - self.found.outlets
        times = heard_of(self.case, self.now, self.found, self.matter).waiting()
        texts = self.facts.texts(times)
        waiting = ((texts[site], t) for site, (t, _) in times.items() if t <= self.now and (texts[site] in silent or site in others))
        return sorted(waiting, key=lambda each: (each[1], each[0]))

    def _reopen(self) -> Iterable[Task]:
        """Return what is to be done about a case whose conditions broke after it was closed."""
        if self.broken:
            names = tuple(dict.fromkeys(each.name for each in self.broken if each.name))
            yield self._task("reopen_over" if self.closed_over else "reopen", count=things(self.broken), names=names)

    def _today(self) -> Iterable[Task]:
        """Return what is to be done, the most urgent first (rule 3)."""
        if self.case.published is None:
            yield self._task("publish")
        elif self.clock.due is not None and not self.clock.late and self.clock.left is not None and self.clock.left <= 1:
            yield self._task("complete", due=_said(self.clock.due))
        for plan in sorted(self.case.planned, key=lambda each: each.due):
            if not plan.done and plan.due > self.now and self._asked(plan) and (plan.reported is None or plan.due - self.now < DAY_LONG):
                what: What = "report" if plan.reported is None else "destroy"
                site = self.facts.texts([plan.site])[plan.site]
                unit = UNIT_NAMES[plan.unit]
                yield self._task(what, site, due=said(plan.due), quantity=plan.left, unit=unit, goods=self._planned(plan))
        new = due_of(self.session, self.facts, self.found, self.case, self.matter)
        if new:
            yield self._task("notify", new[0].site if len(new) == 1 else "", count=len(new), names=tuple(each.name for each in new))
        late = {task.site for task in self.late() if task.what == "answer"}
        for site, arrived in self._silent():
            if site not in late:
                yield self._task("answer", site, hours=(self.now - arrived) // HOUR)
        yield from self._visits()
        lots: dict[tuple[str, str, str], list[Goods]] = {}
        for free in self.unsealed:
            product = self.found.product(self.facts.lot(free.lot) or 0) if free.unit == "piece" else ""
            lots.setdefault((free.site, free.unit, product), []).append(Goods(lot=free.lot, quantity=free.quantity))
        received = {place: sum(each.quantity for each in goods) for place, goods in lots.items()}
        for (site, unit, product), goods in lots.items():
            quantity = received[site, unit, product]
            unknown = any(each.unknown for each in self.against if (each.site, each.unit, each.product) == (site, unit, product))
            yield self._task("seal_received", site, quantity=quantity, unit=unit, product=product, goods=tuple(goods), unknown=unknown)
        for each in self.against:
            if received.get((each.site, each.unit, each.product)) == each.quantity and each.kind == "free":
                continue  # that is all there is to seal
            if each.kind == "undisposed":
                yield from self._own(each)
            elif (todo := self._what(each)) is not None:
                yield self._task(
                    todo, each.site, quantity=each.quantity, unit=each.unit, product=each.product, goods=each.goods, unknown=each.unknown
                )

    def _own(self, each: Condition) -> Iterable[Task]:
        """Return what is to be done about goods at a site of whoever recalls: what lies free is sealed, the rest is disposed of."""
        free = {free.lot: free.quantity for free in self.own_free if (free.site, free.unit) == (each.site, each.unit)}
        sealing = tuple(Goods(lot=goods.lot, quantity=min(goods.quantity, free[goods.lot])) for goods in each.goods if goods.lot in free)
        rest = [Goods(lot=goods.lot, quantity=goods.quantity - free.get(goods.lot, 0)) for goods in each.goods]
        tasks: tuple[tuple[What, tuple[Goods, ...]], ...] = (
            ("seal_own", sealing),
            ("dispose_own", tuple(goods for goods in rest if goods.quantity > 0)),
        )
        for what, mine in tasks:
            if mine:
                quantity = sum(goods.quantity for goods in mine)
                yield self._task(
                    what,
                    each.site,
                    quantity=quantity,
                    unit=each.unit,
                    product=each.product,
                    goods=mine,
                    unknown=each.unknown and what == "seal_own",
                )

    def _visits(self) -> Iterable[Task]:
        """Return what effectiveness checks ask for: a larger sample, and whom to visit."""
        for each in self.against:
            if each.kind == "undrawn":
                larger = due(self.words, self.now, self.found.outlets | self.found.intermediaries)
                yield self._task("draw", level=each.level, count=larger.more if larger is not None else 1)
        texts = self.facts.texts({step.site for step in self.case.steps})
        visits = {each.site for each in self.against if each.kind in ("check_failed", "unvisited")}
        for number, state in standing(self.words, self.now).items():
            if state != "clean" and texts[number] in visits:
                yield self._task("revisit" if state in FAILED else "visit", texts[number])

    def _what(self, each: Condition) -> What | None:
        """Return what is to be done about something that stands against closing, if it is about goods (rule 3)."""
        row = self.rows.get(each.site)
        if each.kind == "free":
            # An outlet says first what it has; whoever only hands goods on keeps books of them.
            seen = each.site in self.visited
            return "seal" if row is not None and (row.acknowledged is not None or row.role != "outlet" or seen) else None
        if each.kind == "travelling":
            return "receive_said" if any(goods.before for goods in each.goods) else "receive"
        found: dict[str, What] = {"sealed": "dispose", "contradicts": "contradicts", "astray": "pass_on"}
        return found.get(each.kind)


def said(moment: int) -> str:
    """Return a moment as people here read it, with its offset."""
    return local(moment).isoformat(timespec="seconds")


def _said(moment: int | None) -> str | None:
    return None if moment is None else said(moment)


def _clock(clock: Clock) -> ClockAnswer:
    return ClockAnswer(
        name=clock.name,
        due=_said(clock.due),
        due_day=None if clock.due_day is None else clock.due_day.isoformat(),
        first_due_day=None if clock.first_due_day is None else clock.first_due_day.isoformat(),
        done=_said(clock.done),
        late=clock.late,
        late_by=clock.late_by,
        left=clock.left,
        missing=clock.missing,
        own=clock.own,
    )
