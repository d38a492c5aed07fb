"""Rapid tests and laboratory results of a lot, and what follows from them (DOMAIN section 1.2, GB/T 5009.199).

Rules:

1. Inhibition is computed here from the absorbances, never typed; 50.0 % is positive (the rule pack says at what).
2. A repeat names the positive it repeats, and a laboratory result the positive it confirms or lifts; where the caller names
   none, the positive that stands for this lot is meant. Repeats never lift a positive: only a laboratory does.
3. While a positive stands, for the lot or for any lot it was made from, the lot is not handed on, used or sold, wherever it
   lies; sealing, returning, testing and destroying stay open.
4. A test that names no site was made where the gate put the lot, if that is one place.
5. What must follow and by when is the rule pack's, counted from the test's own time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Literal

import msgspec

from foodtrace.errors import BadData, NotFound, Refused
from foodtrace.events import MarketEntry, TestRecorded
from foodtrace.gate.decision import Must, after_test
from foodtrace.gate.facts import Test
from foodtrace.gate.pack import Rulebook
from foodtrace.gate.rapid import POSITIVE_AT, Reading, Standing, read, standing
from foodtrace.graph.directory import resolve_lot, resolve_site
from foodtrace.graph.edges import moment
from foodtrace.graph.kinds import ABOUT
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.common import Doing, Outcome, about
from foodtrace.operations.lineage import lineage
from foodtrace.quantity import Quantity
from foodtrace.storage.session import Session

State = Literal["none", "negative", "positive", "confirmed", "lifted"]


class Tested(msgspec.Struct, frozen=True, kw_only=True):
    """A test on record and where the lot stands with it."""

    event: TestRecorded
    state: State
    repeats: int
    """Valid repeats of the positive that stands."""
    must: tuple[Must, ...]


class Absorbances(msgspec.Struct, frozen=True, kw_only=True):
    """Changes of absorbance, in units of 0.0001."""

    blank: int
    sample: int


def tests_of(session: Session, lots: Collection[str]) -> tuple[Test, ...]:
    """Return every test of some lots, in the order of their logs."""
    found = [each.event for lot in lots for each in about(session, lot, TestRecorded)]
    return tuple(fact(each) for each in found if isinstance(each, TestRecorded))


def fact(event: TestRecorded) -> Test:
    """Return a test as the gate's rules read it."""
    return Test(
        id=event.id,
        when=event.at,
        item=event.item,
        rapid=event.rapid,
        verdict=event.verdict,
        inhibition=event.inhibition,
        repeats=event.repeats,
        confirms=event.confirms,
    )


def tests_behind(session: Session, lots: Collection[int]) -> tuple[Test, ...]:
    """Return every test of some lots, given by number: one look-up finds those that were tested at all."""
    if not lots:
        return ()
    rows = session.each(
        "SELECT DISTINCT a.subject FROM {ids} CROSS JOIN about AS a WHERE a.subject = f.value AND a.kind = ?", lots, (ABOUT[TestRecorded],)
    )
    told = sorted({int(row[0]) for row in rows})
    texts = SqlFacts(session, 0).texts(told)
    return tests_of(session, [texts[each] for each in told])


def stands(session: Session, now: dt.datetime, lot: str) -> Standing:
    """Return where the tests of a lot and of all it was made from stand."""
    return standing(tests_behind(session, lineage(session, now, lot)))


def check_tests(session: Session, lot: str, now: int) -> None:
    """Raise ``Refused`` (``transfer.test_positive``) while a positive stands (rule 3)."""
    found = stands(session, moment(now), lot)
    if found.state in ("positive", "confirmed") and found.test is not None:
        raise Refused("transfer.test_positive", value=lot, item=found.test.item, test=found.test.id)


def record_test(
    session: Session,
    doing: Doing,
    rules: Rulebook,
    lot: str,
    item: str,
    *,
    absorbances: Absorbances | None = None,
    verdict: str = "",
    rapid: bool = True,
    sample: str = "",
    method: str = "",
    value: str = "",
    limit: str = "",
    kit: str = "",
    repeats: str = "",
    confirms: str = "",
    site: str = "",
    used: Quantity | None = None,
) -> Outcome:
    """Put a test on record; the answer is :class:`Tested`.

    :param absorbances: of a rapid test; the verdict is then computed. :param verdict: of a laboratory, or of a test whose
        reader gives no figures: ``negative``, ``positive``, ``invalid``.
    :param repeats: id of the positive this one repeats. :param confirms: id of the positive a laboratory speaks about.
    :raises BadData: ``test.verdict``, ``rapid.absorbance``. :raises NotFound: ``lot.not_found``, ``test.not_found``.
    """
    full = resolve_lot(session, lot)
    if (absorbances is None) == (not verdict):
        raise BadData("test.verdict", value=verdict or "-", expected="--blank --sample / --verdict")
    if absorbances is not None and not rapid:
        raise BadData("test.verdict", value="--blank --sample", expected="--verdict")
    pack = rules.on(doing.now.date())
    at = pack.rapid.positive_at if pack else POSITIVE_AT
    reading = (
        read(absorbances.blank, absorbances.sample, at) if absorbances else Reading(verdict=verdict, inhibition=None)  # type: ignore[arg-type]
    )
    before = tests_behind(session, lineage(session, doing.now, full))
    linked = _link(before, rapid=rapid, repeats=repeats, confirms=confirms)
    event = TestRecorded(
        id=doing.event_id(),
        at=doing.now,
        by=doing.by,
        site=resolve_site(session, site) if site else _put(session, full),
        lot=full,
        sample=sample or f"{full.rpartition('/')[2]}-{sum(1 for each in before if each.id) + 1}",
        item=item,
        method=method or ("GB/T 5009.199" if rapid else ""),
        rapid=rapid,
        verdict=reading.verdict,
        inhibition=None if reading.inhibition is None else max(-1_000_000, min(1_000_000, reading.inhibition)),
        value=value,
        limit=limit,
        kit=kit,
        repeats=linked if rapid else "",
        confirms="" if rapid else linked,
        quantity=used,
    )
    tests = (*before, fact(event))
    found = standing(tests)
    answer = Tested(event=event, state=found.state, repeats=found.repeats, must=after_test(tests, rules, doing.now))
    return Outcome(events=[event], answer=answer)


def _put(session: Session, lot: str) -> str:
    """Return where gates put a lot, empty where that is nowhere or several places (rule 4)."""
    places = {each.event.stall or each.event.site for each in about(session, lot, MarketEntry) if isinstance(each.event, MarketEntry)}
    return places.pop() if len(places) == 1 else ""


def _link(before: tuple[Test, ...], *, rapid: bool, repeats: str, confirms: str) -> str:
    """Return the id of the test that this one repeats or speaks about (rule 2)."""
    named = repeats if rapid else confirms
    if named:
        if not any(each.id == named for each in before):
            raise NotFound("test.not_found", value=named, near=[each.id for each in before][-5:])
        return named
    found = standing(before)
    return found.test.id if found.state == "positive" and found.test is not None else ""
