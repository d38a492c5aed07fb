"""Sampling at the gate: committing to a day's seed, opening it, and drawing again (:mod:`foodtrace.gate.sampling`).

Rules:

1. The master seed lies in the key directory of the host that runs the gate, mode 0600, and nowhere else. Every gate of every
   day has a seed of its own, for the place ``SITE/GATE``.
2. The plan is in force on a day whose commitment was recorded before that day began, by the log's own time, not by what
   the event says of itself. The first commitment of a day counts; another one is a finding.
3. A day's seed is opened only when the day is over.
4. Checking needs nothing but the log: commitment, opened seed, numbers without gap, every draw made again, and for each truck
   that was drawn a test of its lot.
"""

from __future__ import annotations

import datetime as dt
import os
import secrets
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from foodtrace.errors import NotFound, Refused, Storage
from foodtrace.events import MarketEntry, Refusal, SamplingCommitted, SamplingOpened, TestRecorded
from foodtrace.events.canonical import decode
from foodtrace.gate.pack import Rulebook
from foodtrace.gate.sampling import SEED_BYTES, commit, day_seed, drawn
from foodtrace.graph.edges import ABOUT, moment
from foodtrace.graph.edges import truck as truck_subject
from foodtrace.graph.names import find
from foodtrace.operations.common import CHINA, Doing, Outcome, about
from foodtrace.operations.market import Draw, next_number
from foodtrace.storage.session import Session
from foodtrace.tlog.entry import parse

FILE: Final = "sampling.seed"
AHEAD: Final = 7
"""Days a market commits to ahead."""


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


class _Committed(NamedTuple):
    recorded: dt.datetime
    event: SamplingCommitted


def master_seed(folder: Path, *, create: bool = False) -> bytes | None:
    """Return the master seed of this host, made if asked for; none if there is none.

    :raises Storage: ``sampling.seed_file``: unreadable, not 64 hex digits, or others may read it.
    """
    path = folder / FILE
    try:
        if create and not path.exists():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_hex(SEED_BYTES) + "\n")
                file.flush()
                os.fsync(file.fileno())
        text = path.read_text(encoding="ascii").strip()
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise Storage("sampling.seed_file", value=str(path), reason="0600")
        seed = bytes.fromhex(text)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise Storage("sampling.seed_file", value=str(path), reason=str(error)[:80]) from None
    if len(seed) != SEED_BYTES:
        raise Storage("sampling.seed_file", value=str(path), reason=f"{len(seed)} != {SEED_BYTES}")
    return seed


def place_of(market: str, gate: str) -> str:
    """Return what a day's seed draws for (rule 1)."""
    return f"{market}/{gate}"


def draw_of(session: Session, folder: Path, market: str, gate: str, day: dt.date) -> Draw | None:
    """Return the seed of a gate's day if the plan is in force (rule 2), else none."""
    first = _first(session, market, gate, day)
    if first is None or not _in_time(first.recorded, day):
        return None
    master = master_seed(folder)
    if master is None:
        return None
    place = place_of(market, gate)
    seed = day_seed(master, day, place)
    return Draw(seed, place) if commit(seed) == first.event.commitment else None


def commit_days(session: Session, doing: Doing, master: bytes, market: str, gate: str, days: int = AHEAD) -> Outcome:
    """Commit to the seeds of the coming days, tomorrow first; days that have a commitment are left alone. Answer: the days."""
    outcome = Outcome(answer=[])
    for ahead in range(1, days + 1):
        day = doing.now.date() + dt.timedelta(days=ahead)
        if _first(session, market, gate, day) is not None:
            continue
        seed = day_seed(master, day, place_of(market, gate))
        outcome.events.append(
            SamplingCommitted(
                id=doing.event_id(f"-sampling-{gate}-{day}"),
                at=doing.now,
                by=doing.by,
                site=market,
                gate=gate,
                day=day,
                commitment=commit(seed),
            )
        )
        outcome.answer.append(day)
    return outcome


def open_day(session: Session, doing: Doing, master: bytes, market: str, gate: str, day: dt.date) -> Outcome:
    """Open the seed of a day that is over; the answer is the event.

    :raises Refused: ``sampling.too_early``. :raises NotFound: ``sampling.no_commitment``.
    """
    if day >= doing.now.date():
        raise Refused("sampling.too_early", value=day, expected=day + dt.timedelta(days=1))
    if _first(session, market, gate, day) is None:
        raise NotFound("sampling.no_commitment", value=day)
    seed = day_seed(master, day, place_of(market, gate))
    event = SamplingOpened(
        id=doing.event_id(f"-opened-{gate}-{day}"), at=doing.now, by=doing.by, site=market, gate=gate, day=day, seed=seed.hex()
    )
    return Outcome(events=[event], answer=event)


def check_day(session: Session, rules: Rulebook, market: str, gate: str, day: dt.date) -> DayChecked:
    """Check a day's choice from the log alone (rule 4)."""
    findings: list[Finding] = []
    all_committed = _committed(session, market, gate, day)
    first = min(all_committed, key=lambda each: each.recorded, default=None)
    if first is None:
        findings.append(Finding(code="sampling.no_commitment", value=str(day)))
    elif not _in_time(first.recorded, day):
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
    first: _Committed | None,
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
            if first is not None and _in_time(first.recorded, event.at.date()):
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
            elif event.decision == "admitted" and not about(session, event.lot, TestRecorded):
                findings.append(Finding(code="sampling.not_tested", number=number, lot=event.lot))
    return _Tally(tally.drawn, checked, admitted)


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


def _opened(session: Session, market: str, gate: str, day: dt.date, first: _Committed | None, findings: list[Finding]) -> bytes | None:
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


def _first(session: Session, market: str, gate: str, day: dt.date) -> _Committed | None:
    return min(_committed(session, market, gate, day), key=lambda each: each.recorded, default=None)


def _committed(session: Session, market: str, gate: str, day: dt.date) -> list[_Committed]:
    subject = f"sampling {market} {gate} {day}"
    number = find(session, [subject]).get(subject)
    rows = session.rows(
        "SELECT e.bytes FROM about AS a JOIN entry AS e ON e.log = a.log AND e.seq = a.seq WHERE a.subject = ? AND a.kind = ?",
        (number or 0, ABOUT[SamplingCommitted]),
    )
    found: list[_Committed] = []
    for (data,) in rows:
        entry = parse(bytes(data))
        event = decode(bytes(entry.event))
        if isinstance(event, SamplingCommitted):
            found.append(_Committed(moment(entry.recorded), event))
    return found


def _in_time(recorded: dt.datetime, day: dt.date) -> bool:
    return recorded < dt.datetime.combine(day, dt.time(), tzinfo=CHINA)
