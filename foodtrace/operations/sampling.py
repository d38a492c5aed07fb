"""Sampling at the gate: committing to a day's seed, opening it, and drawing again (:mod:`foodtrace.gate.sampling`).

Rules:

1. The master seed lies in the key directory of the host that runs the gate, mode 0600, and nowhere else. Every gate of every
   day has a seed of its own, for the place ``SITE/GATE``.
2. The plan is in force on a day whose commitment was recorded before that day began, by the log's own time, not by what
   the event says of itself. The first commitment of a day counts; another one is a finding. Without the seed that fits, nothing
   can be drawn on that day, and the gate says so with every truck.
3. A day's seed is opened only when the day is over, and only the one that was committed to. While days that are not opened were
   committed to with a seed that is gone, no new one is made without a word: the old one may lie in a backup.
4. Checking needs nothing but the log: commitment, opened seed, numbers without gap, every draw made again, and for each truck
   that was drawn a test of its lot.
"""

from __future__ import annotations

import datetime as dt
import os
import secrets
from pathlib import Path
from typing import Final, NamedTuple

from foodtrace.errors import NotFound, Refused, Storage
from foodtrace.events import SamplingCommitted, SamplingOpened
from foodtrace.events.canonical import decode
from foodtrace.gate.sampling import SEED_BYTES, commit, day_seed
from foodtrace.graph.edges import moment
from foodtrace.graph.kinds import ABOUT
from foodtrace.graph.names import find, used
from foodtrace.operations.common import CHINA, Doing, Outcome, about
from foodtrace.operations.considering import Draw
from foodtrace.storage.session import Session
from foodtrace.tlog.entry import parse

FILE: Final = "sampling.seed"


AHEAD: Final = 7
"""Days a market commits to ahead."""


class Committed(NamedTuple):
    """A commitment and when the log says it was recorded."""

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
    """Return the seed of a gate's day if the plan is in force (rule 2), a draw without seed if it is lost; else none."""
    first = _first(session, market, gate, day)
    if first is None or not in_time(first.recorded, day):
        return None
    master, place = master_seed(folder), place_of(market, gate)
    return Draw(day_seed(master, day, place) if master is not None and fits(master, first.event) else None, place)


def fits(master: bytes, event: SamplingCommitted) -> bool:
    """Say whether a commitment is to the seed of its day under this master seed."""
    return commit(day_seed(master, event.day, place_of(event.site, event.gate))) == event.commitment


def lost_days(session: Session, master: bytes | None, market: str, gate: str) -> list[dt.date]:
    """Return the days of a gate that were committed to, are not opened, and whose seed does not come of this master seed."""
    prefix = f"sampling {market} {gate} "
    sql = f"SELECT n.text FROM name AS n WHERE n.text >= ? AND n.text < ? AND {used('n')} ORDER BY n.text"  # noqa: S608 - constants
    rows = session.rows(sql, (prefix, prefix + "~"))
    days = [dt.date.fromisoformat(text.removeprefix(prefix)) for (text,) in rows if text.startswith(prefix)]
    lost: list[dt.date] = []
    for day in days:
        first = _first(session, market, gate, day)
        if first is None or (master is not None and fits(master, first.event)):
            continue
        if not about(session, f"{prefix}{day}", SamplingOpened):
            lost.append(day)
    return lost


def seed_to_commit(session: Session, folder: Path, market: str, gate: str, *, new: bool = False) -> bytes:
    """Return the master seed that the coming days are committed to, made where there is none yet.

    :param new: go on with a new one although days were committed to with one that is gone.
    :raises Refused: ``sampling.seed_lost`` (rule 3). :raises Storage: ``sampling.seed_file``.
    """
    seed = master_seed(folder)
    if seed is None:
        lost = [] if new else lost_days(session, None, market, gate)
        if lost:
            raise Refused("sampling.seed_lost", value=str(folder / FILE), first=lost[0], last=lost[-1])
        seed = master_seed(folder, create=True)
    if seed is None:
        raise NotFound("sampling.no_seed", value=str(folder))
    return seed


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

    :raises Refused: ``sampling.too_early``, ``sampling.other_seed``. :raises NotFound: ``sampling.no_commitment``.
    """
    if day >= doing.now.date():
        raise Refused("sampling.too_early", value=day, expected=day + dt.timedelta(days=1))
    first = _first(session, market, gate, day)
    if first is None:
        raise NotFound("sampling.no_commitment", value=day)
    if not fits(master, first.event):
        raise Refused("sampling.other_seed", value=day)
    seed = day_seed(master, day, place_of(market, gate))
    event = SamplingOpened(
        id=doing.event_id(f"-opened-{gate}-{day}"), at=doing.now, by=doing.by, site=market, gate=gate, day=day, seed=seed.hex()
    )
    return Outcome(events=[event], answer=event)


def _first(session: Session, market: str, gate: str, day: dt.date) -> Committed | None:
    return min(committed_on(session, market, gate, day), key=lambda each: each.recorded, default=None)


def committed_on(session: Session, market: str, gate: str, day: dt.date) -> list[Committed]:
    """Return every commitment to a gate's day."""
    subject = f"sampling {market} {gate} {day}"
    number = find(session, [subject]).get(subject)
    rows = session.rows(
        "SELECT e.bytes FROM about AS a JOIN entry AS e ON e.log = a.log AND e.seq = a.seq WHERE a.subject = ? AND a.kind = ?",
        (number or 0, ABOUT[SamplingCommitted]),
    )
    found: list[Committed] = []
    for (data,) in rows:
        entry = parse(bytes(data))
        event = decode(bytes(entry.event))
        if isinstance(event, SamplingCommitted):
            found.append(Committed(moment(entry.recorded), event))
    return found


def in_time(recorded: dt.datetime, day: dt.date) -> bool:
    """Say whether something was recorded before a day began in China."""
    return recorded < dt.datetime.combine(day, dt.time(), tzinfo=CHINA)
