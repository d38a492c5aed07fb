"""Effectiveness checks of a case: committing to a seed, drawing who is visited, what was found (:mod:`foodtrace.recall.effectiveness`).

Rules:

1. The seed lies in the key directory of the host that opened the case, mode 0600, under its commitment; the commitment stands in
   the opening. Drawing opens the seed: from then on anybody can draw again.
2. Everybody affected who is not of the recalling operator may be drawn, and is recorded as drawn whether somebody had been there or not.
   A level is never defaulted for the first draw; after a failed check it goes up by one of itself, and the case does not close until
   the larger sample is drawn and visited.
3. A visit says ``clean`` only of a site that was drawn: nobody mends the rate by visiting friends. Bad news is always taken.
4. A failed check has consequences (:func:`consequences`), and the case does not close until a later visit finds the site clean. What is
   found after closing is a fact as well (ByHeart 2025): it is recorded, and the case is to be reopened.
5. Goods that were found are of a lot, or they stand in no site's figures. Where nobody says which, they are of the one lot of the case
   that lies there, else of the one lot that the case is about; where there are several, it stays unsaid.
6. A find within what was cleared there is no failed check: nothing follows, and the command says what it is
   (:mod:`foodtrace.recall.finds`).
"""

from __future__ import annotations

import datetime as dt
import os
import secrets
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from foodtrace.errors import BadData, NotFound, Refused, Storage
from foodtrace.events import EffectivenessCheck, Event
from foodtrace.graph.directory import resolve_lot, resolve_place
from foodtrace.graph.edges import UNITS, micros
from foodtrace.graph.flows import NEVER
from foodtrace.graph.known import facts_by
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.casestock import check_unit
from foodtrace.operations.common import Doing, Outcome
from foodtrace.operations.managing import managed, reach_of
from foodtrace.operations.sellers import site_name
from foodtrace.operations.visits import finds_told, matter_of
from foodtrace.quantity import Quantity
from foodtrace.recall.affected import Affected
from foodtrace.recall.cases import case_events, load_case, name_case, opening
from foodtrace.recall.effectiveness import FAILED, LEVELS, SEED_BYTES, Level, commit, draw, drawn_of, due, in_force, size
from foodtrace.recall.facts import Case, Step
from foodtrace.recall.finds import Find, words_on
from foodtrace.storage.session import Session

RESULTS: Final = ("clean", "found", "not_notified", "closed")


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """What a draw came to."""

    case: str
    level: str
    frame: int
    """Sites it was drawn from."""
    size: int
    """Sites in the sample now: drawn now or before."""
    new: tuple[tuple[str, str], ...]
    """(site, name) drawn now."""


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """A visit, and what must follow."""

    event: EffectivenessCheck
    name: str
    consequences: tuple[str, ...]
    """``reopen``, ``seal``, ``notify``, ``widen_sample``, ``visit_again``."""
    level: str
    """Level of the sample from now on."""
    lots: tuple[str, ...] = ()
    """Where goods were found and nobody said of which lot: those they can be of."""
    among: tuple[str, ...] = ()
    """Where by the records only goods without lot lie there, so that nobody can say of which lot: those, and the lots of the case."""
    finds: tuple[Find, ...] = ()
    """What is made of the find where the goods had been cleared there, or others of them bear a seal."""


class Redrawn(msgspec.Struct, frozen=True, kw_only=True):
    """A sample drawn again by its opened seed."""

    case: str
    drawn: int
    agree: int
    seed_fits: bool
    """The opened seed is the one the case committed to."""
    unexpected: tuple[str, ...]
    """Sites on record as drawn that the seed does not draw."""
    missing: tuple[str, ...]
    """Sites the seed draws that are not on record as drawn."""
    visited: tuple[str, ...] = ()
    """Sites the seed draws that were not recorded as drawn because somebody had been there before (rule 6)."""
    untold: tuple[str, ...] = ()
    """Sites of which it cannot be told: their draw was made from others than those that are on record for its time now (rule 6)."""


def make_seed(folder: Path) -> str:
    """Make a seed and keep it (rule 1); return its commitment. Raises ``Storage`` (``case.seed_file``)."""
    seed = secrets.token_bytes(SEED_BYTES)
    path = _path(folder, commit(seed))
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(seed.hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise Storage("case.seed_file", value=str(path), reason=error.strerror or str(error)) from None
    return commit(seed)


def read_seed(folder: Path, commitment: str) -> bytes:
    """Return the seed of a commitment. Raises ``NotFound`` (``case.no_seed``), ``Storage`` (``case.seed_file``)."""
    path = _path(folder, commitment)
    try:
        seed = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except FileNotFoundError:
        raise NotFound("case.no_seed", value=str(path)) from None
    except (OSError, ValueError) as error:
        raise Storage("case.seed_file", value=str(path), reason=str(error)[:80]) from None
    if len(seed) != SEED_BYTES or commit(seed) != commitment:
        raise Storage("case.seed_file", value=str(path), reason="SHA-256")
    return seed


def commitment_of(session: Session, case: str) -> str:
    """Return the commitment a case, by its name, opened with. Raises ``NotFound`` (``case.no_commitment``)."""
    state = load_case(session, case)
    first = opening(case_events(session, state.case), state.opener)
    if first is None or not first[1].sample:
        raise NotFound("case.no_commitment", value=case)
    return first[1].sample


def sample(session: Session, doing: Doing, case: str | None, seed: bytes, level: str = "", *, percent: int | None = None) -> Outcome:
    """Draw who is visited (rules 1, 2); the answer is :class:`Drawn`.

    :param level: A-E; empty: the level in force, raised after a failed check.
    :raises BadData: ``case.sample_level``, ``case.sample_percent``. :raises Refused: ``case.seed_other``.
    """
    state = managed(session, doing, case)
    if commit(seed) != commitment_of(session, state.name):
        raise Refused("case.seed_other", value=state.case)
    now = micros(doing.now)
    facts = SqlFacts(session, now)
    found = reach_of(facts, state)
    wanted = level or in_force(_words(facts, state), now)[0]
    if wanted not in LEVELS:
        raise BadData("case.sample_level", value=level or "-", expected="A, B, C, D, E")
    frame = _frame(facts, found)
    count = size(wanted, len(frame), percent)
    drawn = draw(seed, state.case, frame, count)
    before = set(_ids(facts, drawn_of(state.steps, now)))
    fresh = [each for each in drawn if each not in before]
    events: list[Event] = [
        EffectivenessCheck(
            id=doing.event_id(f"-{place}"),
            at=doing.now,
            by=doing.by,
            site=site,
            case=state.case,
            level=wanted,
            result="drawn",
            sample=f"{len(frame)}-{count}",
            seed=seed.hex(),
        )
        for place, site in enumerate(fresh, 1)
    ]
    names = {info.text: info.name or info.text for info in found.sites.values()}
    answer = Drawn(
        case=state.case, level=wanted, frame=len(frame), size=len(set(drawn) | before), new=tuple((each, names[each]) for each in fresh)
    )
    return Outcome(events=events, answer=answer)


def check(
    session: Session,
    doing: Doing,
    case: str | None,
    site: str,
    result: str,
    *,
    lot: str = "",
    quantity: Quantity | None = None,
    evidence: str = "",
) -> Outcome:
    """Record a visit (rules 3, 4); the answer is :class:`Checked`.

    :raises BadData: ``case.result``, ``case.found_what``, ``case.found_nothing``, ``quantity.unit_differs``.
    :raises Refused: ``case.not_drawn``.
    """
    if result not in RESULTS:
        raise BadData("case.result", value=result, expected=", ".join(RESULTS))
    if (result == "found") != (quantity is not None):
        raise BadData("case.found_what", value=result, expected="found --quantity")
    if quantity is not None and not quantity.value:
        raise BadData("case.found_nothing", value=str(quantity), site=site)
    state = managed(session, doing, case, closed=True)
    place = resolve_place(session, site)
    now = micros(doing.now)
    facts = SqlFacts(session, now)
    number = facts.site(place) or 0
    before = [step for step in state.steps if step.kind == "check" and step.site == number]
    drawn = [step for step in before if step.result == "drawn"]
    if not drawn and result not in FAILED and not any(step.result in FAILED for step in before):
        raise Refused("case.not_drawn", value=place, name=site_name(session, place), case=state.case)
    if quantity is not None:
        check_unit(facts, [resolve_lot(session, lot)] if lot else _lots(facts, state, place), quantity)
    level = (drawn[-1].level if drawn else in_force(_words(facts, state), now)[0]) or "A"
    event = EffectivenessCheck(
        id=doing.event_id(),
        at=doing.now,
        by=doing.by,
        site=place,
        case=state.case,
        level=level,  # type: ignore[arg-type]  # of an event, or A
        result=result,  # type: ignore[arg-type]  # checked above
        quantity=quantity,
        lot=resolve_lot(session, lot) if lot else _only_lot(session, state, place, now) if result == "found" else "",
        evidence=evidence,
    )
    lots = () if result != "found" or event.lot else _lots(facts, state, place)
    among = () if result != "found" or event.lot or lots else _all_lots(facts, state, place)
    finds = _finds(facts, state, event, number, now)
    name = facts.sites([number])[number].name or place
    if any(each.kind == "cleared" for each in finds):
        return Outcome(events=[event], answer=Checked(event=event, name=name, consequences=(), level=level, lots=lots, finds=finds))
    steps = [*_words(facts, state), Step(kind="check", site=number, at=now, recorded=NEVER, result=result, level=level)]
    larger = result in FAILED and due(steps, now, _reached(reach_of(facts, state))) is not None
    follows = consequences(result, larger=larger, closed=state.closed is not None)
    after = in_force(steps, now)[0] or level
    answer = Checked(event=event, name=name, consequences=follows, level=after, lots=lots, among=among, finds=finds)
    return Outcome(events=[event], answer=answer)


def _finds(facts: SqlFacts, state: Case, event: EffectivenessCheck, site: int, now: int) -> tuple[Find, ...]:
    """Return what is to be told of a find that is about to be recorded (rule 6); its own entry is left out."""
    if event.quantity is None:
        return ()
    lots = tuple(number for number in [facts.lot(event.lot)] if number is not None) if event.lot else ()
    amount = event.quantity.value, UNITS[event.quantity.unit]
    step = Step(kind="check", site=site, at=now, recorded=now, lots=lots, result="found", amount=amount)
    seen = msgspec.structs.replace(state, steps=(*state.steps, step))
    return tuple(each for each in finds_told(facts, seen) if not each.entry)


def _only_lot(session: Session, state: Case, place: str, now: int) -> str:
    """Return the one lot that goods found at a site can be of, empty where there are several (rule 5)."""
    lots = _lots(SqlFacts(session, now), state, place)
    return lots[0] if len(lots) == 1 else ""


def _lots(facts: SqlFacts, state: Case, place: str) -> tuple[str, ...]:
    """Return the lots that goods found at a site can be of: those that lie there, else all of the case."""
    found = reach_of(facts, state)
    site = facts.site(place)
    every = {lot for lot, _ in found.holdings}
    here = {lot for lot, where in found.holdings if where == site}
    names = (found.called.name(lot, site or 0) for lot in here or every)
    return tuple(sorted(name for name in names if not name.startswith("?")))


def _all_lots(facts: SqlFacts, state: Case, place: str) -> tuple[str, ...]:
    """Return the goods without lot that lie at a site, and the lots of the case: whatever goods found there can be sealed as."""
    found = reach_of(facts, state)
    site = facts.site(place) or 0
    names = {(found.called.name(lot, site), where == site) for lot, where in found.holdings}
    return tuple(sorted({name for name, here in names if here or not name.startswith("?")}))


def consequences(result: str, *, larger: bool = False, closed: bool = False) -> tuple[str, ...]:
    """Return what must follow a visit: nothing after a clean one.

    :param larger: a larger sample is due. :param closed: the case was closed already.
    """
    if result == "closed":
        return ("visit_again",)
    if result not in FAILED:
        return ()
    more = ("widen_sample",) if larger else ()
    return (*(("reopen",) if closed else ()), *(("seal",) if result == "found" else ()), "notify", *more, "visit_again")


def _words(facts: SqlFacts, state: Case) -> Sequence[Step]:
    """Return the steps of a case without visits that found nothing but what it had cleared (:func:`foodtrace.recall.finds.words_on`)."""
    return words_on(state, matter_of(facts, state), facts.now) if state.cleared else state.steps


def redraw(session: Session, case: str | None) -> Redrawn:
    """Draw a sample again by its opened seed, from what was known when it was drawn (rule 6). Raises ``NotFound`` (``case.no_sample``)."""
    state = load_case(session, name_case(session, case))
    told = [each for each in case_events(session, state.case) if each[2] not in state.without_standing]
    checked = [(recorded, event) for recorded, event, _ in told if isinstance(event, EffectivenessCheck)]
    draws: dict[tuple[int, dt.datetime, Level, str, str], set[str]] = {}
    for recorded, event in checked:
        if event.result == "drawn":
            draws.setdefault((recorded, event.at, event.level, event.sample, event.seed), set()).add(event.site)
    if not draws:
        raise NotFound("case.no_sample", value=state.case)
    commitment = commitment_of(session, state.name)
    seed_fits = True
    found: dict[str, set[str]] = {each: set() for each in ("agree", "unexpected", "missing", "visited", "untold")}
    before: set[str] = set()
    for (recorded, at, level, shape, seed), sites in sorted(draws.items(), key=lambda each: each[0][:2]):
        before |= sites
        if not seed or commit(bytes.fromhex(seed)) != commitment:
            seed_fits = False
            found["unexpected"] |= sites
            continue
        frame = _frame_then(session, state, micros(at), recorded)
        whole, count = _shape(shape, level)
        wanted = set(draw(bytes.fromhex(seed), state.case, frame, count))
        been = {event.site for then, event in checked if event.result != "drawn" and (event.at, then) <= (at, recorded)}
        told_apart = whole == len(frame)
        found["agree"] |= sites & wanted
        found["visited"] |= (wanted - before) & been
        found["unexpected" if told_apart else "untold"] |= sites - wanted
        found["missing" if told_apart else "untold"] |= wanted - before - been
    told_of = {name: tuple(sorted(sites)) for name, sites in found.items() if name != "agree"}
    return Redrawn(case=state.case, drawn=len(before), agree=len(found["agree"]), seed_fits=seed_fits, **told_of)


def _shape(said: str, level: Level) -> tuple[int, int]:
    """Return from how many sites a draw says it was made, and how many a draw of its level takes of so many."""
    frame, _, drawn = said.partition("-")
    if not (frame.isdigit() and drawn.isdigit()):
        return -1, 0
    whole, count = int(frame), int(drawn)
    wide = level == "B" and any(size("B", whole, percent) == count for percent in range(11, 100))
    return whole, count if wide else size(level, whole)


def _frame_then(session: Session, state: Case, at: int, recorded: int) -> list[str]:
    """Return who could be drawn at a moment, by what was on record then."""
    facts = facts_by(session, at, recorded)
    then = load_case(session, state.name, until=at, known_by=recorded)
    return _frame(facts, reach_of(facts, then))


def _reached(found: Affected) -> frozenset[int]:
    """Return everybody who may be drawn (rule 2)."""
    return frozenset(found.outlets | found.intermediaries)


def _frame(facts: SqlFacts, found: Affected) -> list[str]:
    """Return the ids of everybody who may be drawn (rule 2)."""
    return sorted(_ids(facts, _reached(found)))


def _ids(facts: SqlFacts, sites: Iterable[int]) -> list[str]:
    numbers = list(sites)
    texts = facts.texts(numbers)
    return [texts[site] for site in numbers]


def _path(folder: Path, commitment: str) -> Path:
    return folder / f"sample-{commitment[:16]}.seed"
