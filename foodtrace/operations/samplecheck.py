"""Checking a day's sampling from the log alone (rule 4 of :mod:`foodtrace.operations.sampling`).

A truck that was drawn is tested where a test of its lot

1. was made at this market or a stall in it, and says so;
2. was made no earlier than the truck came and no later than :data:`WITHIN` after it;
3. has a result (not ``invalid``), and is neither a repeat of another nor a laboratory's word about one;
4. stands for no other drawn truck of the lot, at whatever gate of the market: one test, one truck, the earliest first. Two results of
   one sample on one day are one test.
"""

from __future__ import annotations

import datetime as dt
from typing import Final, NamedTuple

import msgspec

from foodtrace.events import MarketEntry, Refusal, SamplingOpened, TestRecorded
from foodtrace.events.canonical import decode
from foodtrace.gate.pack import Rulebook
from foodtrace.gate.sampling import commit, drawn
from foodtrace.graph.edges import truck as truck_subject
from foodtrace.graph.kinds import ABOUT
from foodtrace.graph.names import find
from foodtrace.operations.common import CHINA, about
from foodtrace.operations.market import next_number
from foodtrace.operations.places import describe
from foodtrace.operations.sampling import Committed, committed_on, in_time, place_of
from foodtrace.storage.session import Session
from foodtrace.tlog.entry import parse

WITHIN: Final = dt.timedelta(days=7)
"""A test later than this after the truck is some other test."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something a checker of a day should look at."""

    code: str
    """``sampling.*``; its words stand in the texts."""
    number: int = 0
    """Truck, 0 for the day as a whole."""
    lot: str = ""
    value: str = ""
    expected: str = ""


class DayChecked(msgspec.Struct, frozen=True, kw_only=True):
    """What checking a day came to."""

    market: str
    gate: str
    day: dt.date
    committed: dt.datetime | None
    """When the commitment was recorded."""
    opened: bool
    trucks: int
    admitted: int
    drawn: tuple[int, ...]
    """Numbers of the trucks that were drawn."""
    checked: int
    """Draws that were made again and agree."""
    findings: tuple[Finding, ...]

    @property
    def good(self) -> bool:
        """Whether the choice is proven: committed before, opened, and nothing to look at."""
        return self.committed is not None and self.opened and not self.findings


def check_day(session: Session, rules: Rulebook, market: str, gate: str, day: dt.date) -> DayChecked:
    """Check a day's choice from the log alone (rule 4)."""
    findings: list[Finding] = []
    all_committed = committed_on(session, market, gate, day)
    first = min(all_committed, key=lambda each: each.recorded, default=None)
    if first is None:
        findings.append(Finding(code="sampling.no_commitment", value=str(day)))
    elif not in_time(first.recorded, day):
        findings.append(Finding(code="sampling.late", value=first.recorded.astimezone(CHINA).isoformat(" ", "minutes")[:16]))
    if first is not None and any(each.event.commitment != first.event.commitment for each in all_committed):
        findings.append(Finding(code="sampling.twice", value=str(len(all_committed))))
    seed = _opened(session, market, gate, day, first, findings)
    trucks = _trucks(session, market, gate, day)
    last = next_number(session, market, gate, day) - 1
    findings += [Finding(code="sampling.gap", number=number) for number in range(1, last + 1) if number not in trucks]
    tally = _Tally([], 0, 0)
    for number, entries in sorted(trucks.items()):
        tally = _check_truck(session, rules, number, entries, seed, first, place_of(market, gate), tally, findings)
    return DayChecked(
        market=market,
        gate=gate,
        day=day,
        committed=first.recorded if first else None,
        opened=seed is not None,
        trucks=last,
        admitted=tally.admitted,
        drawn=tuple(tally.drawn),
        checked=tally.checked,
        findings=tuple(findings),
    )


class _Tally(NamedTuple):
    drawn: list[int]
    checked: int
    admitted: int


class _Entry(NamedTuple):
    event: MarketEntry | Refusal
    undone: bool


def _check_truck(
    session: Session,
    rules: Rulebook,
    number: int,
    entries: list[_Entry],
    seed: bytes | None,
    first: Committed | None,
    place: str,
    tally: _Tally,
    findings: list[Finding],
) -> _Tally:
    """Check one truck: its draw, and that what was drawn was tested."""
    checked, admitted = tally.checked, tally.admitted
    for event, undone in entries:
        if not isinstance(event, MarketEntry):
            continue
        admitted += event.decision == "admitted" and not undone
        pack = rules.on(event.at.date())
        if event.rate is None:
            if first is not None and in_time(first.recorded, event.at.date()):
                findings.append(Finding(code="sampling.left_out", number=number, lot=event.lot))
            continue
        least = pack.sampling.rate(event.goods or "produce") if pack else 0
        if event.rate < least:
            findings.append(Finding(code="sampling.rate_low", number=number, lot=event.lot, value=str(event.rate), expected=str(least)))
        if seed is not None:
            said = drawn(seed, event.at.date(), place, number, event.rate)
            if said and not event.drawn:
                findings.append(Finding(code="sampling.draw", number=number, lot=event.lot, value="0", expected="1"))
            elif event.drawn and not said and not _drawn_earlier(session, event):
                findings.append(Finding(code="sampling.draw", number=number, lot=event.lot, value="1", expected="0"))
            else:
                checked += 1
        if event.drawn:
            tally.drawn.append(number)
            if undone:
                findings.append(Finding(code="sampling.undone", number=number, lot=event.lot))
            elif event.decision == "admitted" and event.id not in _tested(session, event.site, event.lot):
                findings.append(Finding(code="sampling.not_tested", number=number, lot=event.lot))
    return _Tally(tally.drawn, checked, admitted)


def _tested(session: Session, market: str, lot: str) -> set[str]:
    """Return the ids of the drawn trucks of a lot, as they were admitted at any gate of a market, for each of which there is a test."""
    found = [each.event for each in about(session, lot, MarketEntry, TestRecorded)]
    entries = [each for each in found if isinstance(each, MarketEntry) and each.site == market]
    came = {each.id: each.at for each in entries}
    trucks = [(came.get(each.resolves, each.at), each.id) for each in entries if each.drawn and each.decision == "admitted"]
    samples: dict[tuple[str, dt.date], dt.datetime] = {}
    for test in found:
        if not isinstance(test, TestRecorded) or test.verdict == "invalid" or test.repeats or test.confirms:
            continue
        if test.site and (test.site == market or _stands_in(session, test.site, market)):
            day = test.sample, test.at.date()
            samples[day] = max(samples.get(day, test.at), test.at)
    free = sorted(samples.values())
    tested: set[str] = set()
    for at, truck in sorted(trucks):
        # All windows are equally long: giving each truck the earliest test that fits leaves the most for the others.
        mine = next((each for each in free if at <= each <= at + WITHIN), None)
        if mine is not None:
            free.remove(mine)
            tested.add(truck)
    return tested


def _stands_in(session: Session, site: str, market: str) -> bool:
    found = describe(session, site)
    return found is not None and found[0].parent == market


def _drawn_earlier(session: Session, event: MarketEntry) -> bool:
    """Say whether the same certificate was drawn on an earlier truck of the day: the draw sticks to it."""
    subject = f"spent {event.kid or event.lot} {event.serial}"
    return any(
        isinstance(each, MarketEntry)
        and each.drawn
        and each.number < event.number
        and (each.site, each.gate, each.at.date()) == (event.site, event.gate, event.at.date())
        for each, _ in _entries(session, subject)
    )


def _trucks(session: Session, market: str, gate: str, day: dt.date) -> dict[int, list[_Entry]]:
    last = next_number(session, market, gate, day) - 1
    found: dict[int, list[_Entry]] = {}
    for number in range(1, last + 1):
        entries = _entries(session, truck_subject(market, gate, day, number))
        if entries:
            found[number] = entries
    return found


def _entries(session: Session, subject: str) -> list[_Entry]:
    number = find(session, [subject]).get(subject)
    rows = session.rows(
        "SELECT e.bytes, a.ended FROM about AS a JOIN entry AS e ON e.log = a.log AND e.seq = a.seq "
        "WHERE a.subject = ? AND a.kind IN (?, ?) ORDER BY a.log, a.seq",
        (number or 0, ABOUT[MarketEntry], ABOUT[Refusal]),
    )
    events = [(decode(bytes(parse(bytes(data)).event)), bool(ended)) for data, ended in rows]
    live = [(getattr(event, "replacement", None) or event, ended) for event, ended in events]
    return [_Entry(event, ended) for event, ended in live if isinstance(event, (MarketEntry, Refusal))]


def _opened(session: Session, market: str, gate: str, day: dt.date, first: Committed | None, findings: list[Finding]) -> bytes | None:
    """Return the opened seed, none where there is none or it is another one."""
    found = [each.event for each in about(session, f"sampling {market} {gate} {day}", SamplingOpened)]
    seeds = sorted({bytes.fromhex(each.seed) for each in found if isinstance(each, SamplingOpened)})
    if not seeds:
        findings.append(Finding(code="sampling.not_opened", value=str(day)))
        return None
    for seed in seeds:
        if first is not None and commit(seed) == first.event.commitment:
            return seed
    findings.append(Finding(code="sampling.commitment", value=commit(seeds[0]), expected=first.event.commitment if first else "-"))
    return None
