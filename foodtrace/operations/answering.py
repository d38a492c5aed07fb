"""Answers to the notices of a case: what a site may answer of, read once for all answers of one command (RCL15 Art. 19, 20).

Rules:

1. An acknowledgement says what lay there when the notice arrived. What is not said stays unknown; ``nothing`` says zero. It is said
   in a unit that the lot is kept in there, or refused. A lot said under several of its names is one figure, their sum, and ``nothing``
   takes nothing from it; one said twice under the same name is asked about.
2. A site may answer of any lot of the case, also where no record put it there: what it holds is part of the recall from then on
   (:mod:`foodtrace.recall.reach`). Only a lot that the case is not about is refused.
3. What the case is about is asked of the moment at which the answers are taken down, whenever they were given: a list that comes in at
   night may name a lot that the case took in at noon. Nobody answered before the case was opened, nor a notice before it reached him:
   such a figure is of an earlier moment than the one at which it would count (RECALL section 5, N(s)), so it is refused where it is
   typed in, and mended there. A notice reached a site when it was sent, or, handed over before that was written down, when it says it
   was delivered; without a receipt code the first notice is meant. Clocks differ by no more than a log bears
   (:data:`foodtrace.tlog.clock.SKEW`); a date alone means its whole day (RECALL section 1). Both count from the notice on.
4. Whoever recalls, and got no notice of what to give back, has nothing to answer: what lies with him is disposed of on record (destroyed,
   corrected, sent back), never by a word that it is gone. Where somebody else opened the case it got a notice of what it supplied: that
   this came is an answer, of no goods.
5. The records of a case are read, and its affected set found, once for however many answers: O(affected + answers).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple, TypeAlias

from foodtrace.errors import BadData, NotFound, Refused
from foodtrace.events import Acknowledgement, Held, Notice
from foodtrace.graph.directory import resolve_lot, resolve_place
from foodtrace.graph.edges import UNIT_NAMES, micros
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.common import Doing, local
from foodtrace.operations.managing import reach_of
from foodtrace.operations.sellers import site_name
from foodtrace.quantity import Quantity
from foodtrace.recall.affected import Affected
from foodtrace.recall.cases import Told, case_events, load_cases, resolve_case
from foodtrace.recall.noticed import heads
from foodtrace.storage.session import Session
from foodtrace.tlog.clock import DAY, SKEW


class _Kept(NamedTuple):
    """How a lot is kept at a site."""

    units: tuple[str, ...]
    """Where nothing is on record, any."""
    lot: str
    """The one name that stands for all of its names."""


class _Told(NamedTuple):
    """A notice on record."""

    reached: int
    """When it was sent or, if that was before, delivered."""
    id: str


_Lots: TypeAlias = dict[str, _Kept]
"""Full lot id, under every name."""


class Answering:
    """The case that sites answer of."""

    def __init__(self, session: Session, case: str | None, now: int) -> None:
        """Read what is on record of it. :param now: when the answers are taken down, microseconds UTC (rule 3).

        :raises NotFound: ``case.not_found``.
        """
        self.case = resolve_case(session, case)
        """Its number."""
        told = case_events(session, self.case)
        self._session = session
        self._now = now
        self._facts = SqlFacts(session, now)
        self._states = load_cases(session, self.case, until=now, told=told)
        self._opened = min(state.opened for state in self._states)
        self._notices = _notices(told)
        self._asked = {event.to for _, event, _ in told if isinstance(event, Notice) and event.direction == "downstream"}
        self._here: dict[tuple[int | None, bool], _Lots] = {}
        """What :meth:`_lots` returned: of a faulty site each row is asked alone."""
        self.recorded = frozenset(event.id for _, event, _ in told if isinstance(event, Acknowledgement))
        """Ids of the answers on record."""

    def event(
        self,
        doing: Doing,
        site: str,
        on_hand: Sequence[tuple[str, Quantity]],
        *,
        nothing: bool = False,
        evidence: str = "",
        notice: str = "",
        day: bool = False,
    ) -> Acknowledgement:
        """Return a site's answer, given at ``doing.now``, as it goes on record (rules 1-4).

        :param notice: id of the notice that it answers. :param day: of ``doing.now`` no more than the day is known.
        :param nothing: the site says that of its lots nothing was left.
        :param on_hand: of lots of the case, whether or not any record put them there.
        :raises NotFound: ``case.not_affected``: no notice, and nothing of the case there; or a lot that the case is not about.
            ``case.not_yet``: given before the case was opened.
        :raises Refused: ``case.own_answer`` (rule 4).
        :raises BadData: ``quantity.unit_differs``: pieces said of a lot that is kept in grams, and the like; ``case.lot_twice``;
            ``case.before_notice``: given before the notice.
        """
        place = resolve_place(self._session, site)
        at = self.given(place, doing.now, notice=notice, day=day)
        number = self._facts.numbers([place]).get(place)
        own = place not in self._asked and all(hit.recalls(number) for hit in self._reached if hit.now)
        if own and (on_hand or nothing or place not in self._notices):
            raise Refused("case.own_answer", value=place, case=self.case, name=site_name(self._session, place))
        mine, ever = self._lots(number, now=True), self._lots(number, now=False)
        said = [(resolve_lot(self._session, lot), quantity) for lot, quantity in on_hand]
        if strangers := [lot for lot, _ in said if lot not in ever]:
            ever = ever | self._elsewhere(strangers)
        if place not in self._notices and not ever and not said:
            raise NotFound("case.not_affected", value=place, name=site_name(self._session, place), case=self.case)
        strange = next((lot for lot, _ in said if lot not in ever), None)
        if strange is not None:
            raise NotFound("case.not_affected", value=strange, name=strange, case=self.case, near=sorted(ever)[:5])
        unlike = next((each for each in said if each[1].unit not in ever[each[0]].units), None)
        if unlike is not None:
            raise BadData("quantity.unit_differs", value=f"{unlike[0]} {unlike[1]}", expected="/".join(ever[unlike[0]].units))
        said = _added(said, ever)
        if nothing:
            named = {ever[lot].lot for lot, _ in said}
            others = {kept.lot: kept.units[0] for kept in mine.values() if kept.lot not in named}
            said += [(lot, Quantity(0, unit)) for lot, unit in others.items()]  # type: ignore[arg-type]
        return Acknowledgement(
            id=doing.event_id(),
            at=at,
            by=doing.by,
            case=self.case,
            site=place,
            notice=notice or self._answered(place, at),
            on_hand=tuple(Held(lot, quantity) for lot, quantity in said),
            evidence=evidence,
        )

    def lot(self, text: str) -> str:
        """Return the full id of a lot. Raises what :func:`foodtrace.graph.directory.resolve_lot` does."""
        return resolve_lot(self._session, text)

    def given(self, place: str, said: dt.datetime, *, notice: str = "", day: bool = False) -> dt.datetime:
        """Return when an answer was given that is said to be of a moment, or of a day (rule 3).

        :param place: id of its site. :param notice: id of the notice that it answers; empty: the first one to its site.
        :raises NotFound: ``case.not_yet``. :raises BadData: ``case.before_notice``.
        """
        at = micros(said)
        latest = at + DAY - 1 if day else at
        if latest < self._opened:
            raise NotFound("case.not_yet", value=self.case, expected=local(self._opened).isoformat(timespec="minutes"))
        mine = self._notices.get(place, [])
        told = next((each for each in mine if each.id == notice), min(mine, default=None))
        if told is not None and latest < told.reached - SKEW:
            raise BadData(
                "case.before_notice",
                value=said.isoformat(timespec="minutes"),
                expected=local(told.reached).isoformat(timespec="minutes"),
                name=site_name(self._session, place),
                notice=told.id,
                like=local(told.reached).isoformat(timespec="seconds"),
            )
        first = min(max(self._opened, told.reached if told else at), self._now)
        return said + dt.timedelta(microseconds=max(first - at, 0))

    def _answered(self, place: str, at: dt.datetime) -> str:
        """Return the last notice that had reached a site by then, the first where a clock says that none had; empty: there is none."""
        mine = self._notices.get(place, [])
        return next((each.id for each in reversed(mine) if each.reached <= micros(at)), mine[0].id if mine else "")

    @cached_property
    def _reached(self) -> list[_Reached]:
        """What the case reaches, and what a wider scope did that was narrowed since: it was notified, and is held until it is cleared."""
        found: list[_Reached] = []
        for state in self._states:
            *earlier, last = state.versions
            wider = [version.clauses for version in earlier if not set(version.clauses) <= set(last.clauses)]
            found += [_Reached(self._facts, reach_of(self._facts, state, clauses), now=False) for clauses in wider]
            found.append(_Reached(self._facts, reach_of(self._facts, state), now=True))
        return found

    def _lots(self, site: int | None, *, now: bool) -> _Lots:
        """Return the affected lots of a site under all their names; or those that any version of the scope reached."""
        if (site, now) not in self._here:
            hits = [hit for hit in self._reached if hit.now or not now]
            # What the scope reaches now is said last: it counts where both know a lot.
            made = {name: kept for hit in sorted(hits, key=lambda hit: hit.now) for name, kept in hit.at(site).items()}
            self._here[site, now] = made
        return self._here[site, now]

    def _elsewhere(self, lots: Sequence[str]) -> _Lots:
        """Return those of some lots that the case reaches, wherever they are on record (rule 2)."""
        found: _Lots = {}
        for text in lots:
            for hit in self._reached:
                if (kept := hit.anywhere(text)) is not None:
                    found[text] = kept
        return found


class _Reached:
    """What one scope reaches, looked up by site and by the names of lots."""

    def __init__(self, facts: SqlFacts, found: Affected, *, now: bool) -> None:
        self.now = now
        """Whether the scope is in force."""
        self._facts = facts
        self._found = found
        self._here: dict[int, list[int]] = {}
        for lot, site in found.holdings:
            self._here.setdefault(site, []).append(lot)
        self._units: dict[int, set[int]] = {}
        for lot, _, unit in found.sums:
            self._units.setdefault(lot, set()).add(unit)
        self._lot = {name: lot for lot, names in found.names.items() for name in names}

    def at(self, site: int | None) -> _Lots:
        """Return the lots of a site under all their names."""
        made: _Lots = {}
        for lot in () if site is None else self._here.get(site, ()):
            units = tuple(UNIT_NAMES[unit] for unit in range(3) if (lot, site, unit) in self._found.sums) or tuple(UNIT_NAMES[:3])
            texts = self._facts.texts(self._found.names[lot])  # holds whatever else was looked up as well
            made |= {texts[name]: _Kept(units, texts[lot]) for name in self._found.names[lot] if texts[name]}
        return made

    def recalls(self, site: int | None) -> bool:
        """Say whether a site is one of whoever recalls, and none that sells to consumers."""
        return site in self._found.own - self._found.outlets

    def anywhere(self, text: str) -> _Kept | None:
        """Return how a lot is kept, wherever it is on record; none: the scope does not reach it."""
        lot = self._lot.get(self._facts.numbers([text]).get(text, 0))
        if lot is None:
            return None
        units = tuple(UNIT_NAMES[unit] for unit in sorted(self._units.get(lot, ())))
        return _Kept(units or tuple(UNIT_NAMES[:3]), self._facts.texts([lot])[lot])


def _notices(told: Sequence[Told]) -> dict[str, list[_Told]]:
    """Return the notices on record to each site, in the order in which they reached it; of one in several entries its head."""
    made: dict[str, list[_Told]] = {}
    head = heads(told)
    for _, event, entry in told:
        if isinstance(event, Notice) and head[entry] == entry:
            made.setdefault(event.to, []).append(_Told(micros(min(event.at, event.delivered or event.at)), event.id))
    for mine in made.values():
        mine.sort(key=lambda each: each.reached)
    return made


def _added(said: Sequence[tuple[str, Quantity]], kept: _Lots) -> list[tuple[str, Quantity]]:
    """Return what was said with one figure a lot and unit, under the first name it was given (rule 1)."""
    made: dict[tuple[str, str], tuple[str, Quantity]] = {}
    before: dict[tuple[str, str], Quantity] = {}
    for lot, quantity in said:
        if (lot, quantity.unit) in before:  # not "is": equal figures may be one object
            raise BadData("case.lot_twice", value=lot, one=str(before[lot, quantity.unit]), other=str(quantity))
        before[lot, quantity.unit] = quantity
        key = kept[lot].lot, quantity.unit
        name, sum_ = made.get(key, (lot, Quantity(0, quantity.unit)))
        made[key] = name, Quantity(sum_.value + quantity.value, quantity.unit)
    return list(made.values())


__all__ = ["Answering"]
