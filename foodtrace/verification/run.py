"""Carries a verification out: what is asked, the quick pass, the exact pass where that one says no, and the mark.

Rules: those of :mod:`foodtrace.verification`.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from foodtrace.errors import BadData, Integrity
from foodtrace.events.canonical import decode_alone
from foodtrace.events.parts import Gathering
from foodtrace.graph import projection
from foodtrace.graph.names import Names, unused
from foodtrace.graph.weights import KEY_SIZE, Weights
from foodtrace.keys import format_vkey
from foodtrace.opening import LogState, logs
from foodtrace.personal import tampered, vanished
from foodtrace.sealed import beyond_seal, contested, foreign_logs, sealed_logs
from foodtrace.storage.damage import damage
from foodtrace.storage.session import Session
from foodtrace.storage.standins import as_made, tables_gone
from foodtrace.storage.strange import strange_code, strange_things, table_of
from foodtrace.storage.types import mistyped, undecodable
from foodtrace.tlog.anchor import wrote
from foodtrace.tlog.append import lock_head
from foodtrace.tlog.entry import parse, time_text
from foodtrace.tlog.frontier import Frontier
from foodtrace.tlog.verify import Finding, Progress, missing_triggers
from foodtrace.tlog.vouched import Seen, read_seen
from foodtrace.verification.anchored import Anchors, against_anchors, logs_gone
from foodtrace.verification.answer import Assured, LogVerified, MarkUse, Verification
from foodtrace.verification.crew import Start, crew
from foodtrace.verification.exact import exact
from foodtrace.verification.implied import without_implied
from foodtrace.verification.mark import LogMark, Mark, program, read_mark, write_mark
from foodtrace.verification.misplaced import numbers_of_names, rows_of_no_log, settings, states_as_they_are, values
from foodtrace.verification.quick import Passed, quick
from foodtrace.verification.since import Older, extends

_UNREADABLE: Final = (BadData, Integrity, TypeError, ValueError, LookupError, ArithmeticError, AttributeError)
"""What the quick pass may meet where somebody wrote what foodtrace never writes."""
_BATCH: Final = 2000
HELP_FROM: Final = 50_000
"""Entries from which on starting another process costs less than it saves."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a verification is asked to do."""

    full: bool = True
    """Check everything in full, whatever the mark says."""
    mark: Path | None = None
    """Where the mark lies and is put; none: neither used nor made."""
    now: int = 0
    """Microseconds since 1970 UTC, for the mark."""
    start: Start | None = None
    """How another process opens the database; none: this process works alone."""
    helpers: int = 1
    """Other processes to start for a large ledger."""
    older: tuple[Older, ...] = ()
    """Older checkpoints that the logs have to extend."""
    files: bool = False
    """Let the engine compare its indexes with its tables too (:mod:`foodtrace.storage.damage`)."""
    keys: Path | None = None
    """Key directory: whose key is there is no log of another host (:func:`foodtrace.personal.vanished`); none: every log is this one's."""
    anchors: Anchors | None = None
    """What this host signed last of each log, read before the snapshot was opened (:mod:`foodtrace.verification.anchored`)."""
    remembered: tuple[Finding, ...] = ()
    """What contradicts what the program that asks saw before (:func:`foodtrace.verification.anchored.remembered`)."""


class Before(NamedTuple):
    """What an earlier run on this host left."""

    known: Mapping[str, LogMark]
    """By origin, of a mark that this program made."""
    seen: Mapping[str, Seen]
    """By origin, whoever made it."""


def verify_ledger(session: Session, progress: Progress | None = None, asked: Asked | None = None) -> Verification:
    """Check every log and the projection of an open snapshot.

    :param asked: by default everything in full, in this process, without a mark.
    """
    asked = asked or Asked()
    whole = as_made(session)
    if whole is not session:
        with session.lenient():
            return without_implied(
                _verify(whole, progress, asked, states_as_they_are(whole), session, unreadable="a table"), tables_gone(whole)
            )
    try:
        if not mistyped(session, ("log", "head")):
            return _verify(session, progress, asked, logs(session), session)
    except Exception as error:
        if not undecodable(error):
            raise
    with session.lenient():
        return _verify(session, progress, asked, states_as_they_are(session), session, unreadable="a head, or a text")


def _verify(
    session: Session, progress: Progress | None, asked: Asked, states: Sequence[LogState], bare: Session, *, unreadable: str = ""
) -> Verification:
    """Look at everything.

    :param bare: the session without stand-ins for tables, to look at the tables themselves.
    :param unreadable: what keeps the quick pass from being carried out; empty where nothing does.
    """
    gone = tables_gone(session)
    around = _around(bare, gone)
    seals = sealed_logs(session, asked.keys)
    around += [Finding(code="tlog.two_heirs", log=log, expected=seal.into, got=", ".join(seal.rivals)) for log, seal in contested(seals)]
    around += [
        Finding(code="tlog.beyond_seal", log=state.origin, seq=seal.size, expected=f"{seal.size} ({seal.into})", got=str(state.size))
        for state, seal in beyond_seal(states, seals)
    ]
    looked: list[Finding] = []
    beside = _beside(session, asked, states, looked)
    mark, use = (None, "") if asked.mark is None else read_mark(asked.mark)
    known: dict[str, LogMark] = {} if mark is None else {o: m for o, m in mark.logs.items() if any(s.origin == o for s in states)}
    # Of another program's mark the head alone: what it saw of sizes and roots is true whoever looks.
    seen = {} if asked.mark is None else read_seen(asked.mark)
    if asked.mark is not None:
        around += logs_gone(asked.mark, seen, states)
    signed = against_anchors(session, states, asked.anchors or {})
    beyond = _beyond(states, seen, signed)
    told = {(each.code, each.log) for each in beyond}
    # Where logs end is not to be seen without these tables: what a program saw of them is then compared by nobody.
    beyond += [each for each in asked.remembered if not gone & {"log", "entry"} and (each.code, each.log) not in told]
    rested = {} if asked.full or beyond else known
    key = mark.key if mark is not None and rested else os.urandom(KEY_SIZE)
    weights = Weights(key)
    work = sum(state.size for state in states)
    start = None if asked.start is None or work < HELP_FROM else msgspec.structs.replace(asked.start, key=key)
    at = time_text(asked.now // 1_000_000 * 1_000_000)
    passed: tuple[dict[str, Passed], int] | str = unreadable
    with crew(session, weights, None if unreadable else start, asked.helpers) as hands:
        if not unreadable:
            try:
                passed = quick(hands, session, states, rested, weights, at, progress, beside)
            except _UNREADABLE as error:
                passed = f"{type(error).__name__}: {error}"
        processes = 1 + len(hands.helped)
    for _ in beside:
        pass  # what the quick pass did not come to
    around += looked
    around += _vanished(session, asked, states, None if isinstance(passed, str) else passed[0])
    if isinstance(passed, str):
        return _named(session, asked, states, [*around, *beyond], Before(known, seen), passed, progress)
    each, rows = passed
    shown, more = extends(session, {state.origin: (state, each[state.origin].mark) for state in states}, asked.older)
    findings = [*around, *beyond, *more, *_contradicted(session, each, seen, rested)]
    findings += _checkpoints_gone(session, states, known, findings)
    made: MarkUse = use
    if asked.mark is not None and not findings:
        others = {} if mark is None or not rested else dict(mark.logs)
        others.update({origin: passed.mark for origin, passed in each.items()})
        heads = {**{o: s for o, s in seen.items() if o in others}, **_seen_now(session, each, asked.now)}
        if not write_mark(asked.mark, Mark(program=program(), key=key, logs=others), heads):
            made = "not_written"
        elif not use:
            made = "used" if rested else "made"
    answer = _answer(states, each, rested, findings, rows=rows, processes=processes, mark=made, shown=shown)
    return msgspec.structs.replace(answer, names_unused=unused(session)) if asked.full and answer.ok else answer


def _answer(
    states: Sequence[LogState] = (),
    each: Mapping[str, Passed] | None = None,
    rested: Mapping[str, LogMark] | None = None,
    findings: Sequence[Finding] = (),
    *,
    rows: int = 0,
    processes: int = 1,
    mark: MarkUse = "",
    shown: Mapping[str, Sequence[Assured]] | None = None,
) -> Verification:
    each, rested, shown = each or {}, rested or {}, shown or {}
    reports = []
    for state in states:
        seen = each[state.origin]
        vouched = (
            Assured("chain", state.size),
            Assured("signed", state.size, format_vkey(state.origin, seen.key)),
            *shown.get(state.origin, ()),
        )
        reports.append(
            LogVerified(
                log=state.origin,
                entries=state.size,
                fresh=seen.fresh,
                known=seen.known,
                known_since=rested[state.origin].at if state.origin in rested else "",
                checkpoints=seen.mark.sizes,
                bare=seen.mark.bare,
                signatures=seen.signatures,
                ended=seen.ended and not findings,
                assured=() if findings else vouched,
            )
        )
    entries = sum(report.entries for report in reports)
    return Verification(
        ok=entries > 0 and not findings,
        empty=entries == 0 and all(found.code == "tlog.empty" for found in findings),
        full=not any(report.known for report in reports),
        entries=entries,
        fresh=sum(report.fresh for report in reports),
        known=sum(report.known for report in reports),
        checkpoints=sum(report.checkpoints for report in reports),
        signatures=sum(report.signatures for report in reports),
        projection_rows=rows,
        processes=processes,
        mark=mark,
        logs=tuple(reports),
        findings=tuple(findings),
    )


def _named(
    session: Session,
    asked: Asked,
    states: Sequence[LogState],
    findings: list[Finding],
    before: Before,
    reason: str,
    progress: Progress | None,
) -> Verification:
    """Name what does not hold: the quick pass said no."""
    findings += values(session, states)
    roots = {
        origin: {seen.size: seen.root}
        for origin, seen in before.seen.items()
        if any(state.origin == origin and state.size >= seen.size for state in states)
    }
    for older in asked.older:
        roots.setdefault(older.head.origin, {})[older.head.size] = older.head.root
    reports, found, rows, not_compared = exact(session, states, roots, progress)
    findings += found
    findings += _checkpoints_gone(session, states, before.known, findings)
    empty = not findings or all(each.code == "tlog.empty" for each in findings)
    if not findings and any(report.entries for report in reports) and not reason.startswith("projection"):
        # The two passes disagree. The quick one is the stricter of the two in nothing that an honest log does.
        findings.append(Finding(code="tlog.unexplained", log="", got=reason))
        empty = False
    return Verification(
        ok=not findings and any(report.entries for report in reports),
        empty=empty and not any(report.entries for report in reports),
        full=True,
        entries=sum(report.entries for report in reports),
        fresh=sum(report.entries for report in reports),
        known=0,
        checkpoints=sum(report.checkpoints for report in reports),
        signatures=sum(report.checkpoints for report in reports),
        projection_rows=rows,
        processes=1,
        logs=tuple(
            LogVerified(
                log=report.log,
                entries=report.entries,
                fresh=report.entries,
                checkpoints=report.checkpoints,
                bare=report.bare,
                signatures=report.checkpoints,
                not_compared=not_compared.get(report.log, ""),
            )
            for report in reports
        ),
        findings=tuple(findings),
    )


def _beside(session: Session, asked: Asked, states: Sequence[LogState], looked: list[Finding]) -> Iterator[None]:
    """Look at what lies beside the logs, step by step, and add what is found; a helper can be at work meanwhile."""
    if asked.files:
        looked += _damaged(session)
        yield
    looked += rows_of_no_log(session)
    looked += settings(session)
    looked += numbers_of_names(session)
    yield
    looked += _personal("personal.tampered", "commitment", tampered(session), states)
    yield


def _vanished(session: Session, asked: Asked, states: Sequence[LogState], passed: Mapping[str, Passed] | None) -> list[Finding]:
    """Find personal values that went without an erasure, among those that the quick pass did not meet, or else among all."""
    given = None if passed is None else [(state.number, *each) for state in states for each in passed[state.origin].gone]
    if given == []:
        return []
    written = None if asked.keys is None else partial(wrote, asked.keys)
    gone = vanished(session, given=given, foreign=foreign_logs(session, asked.keys, states), wrote=written)
    return _personal("personal.vanished", "erasure", gone, states)


def _beyond(states: Sequence[LogState], seen: Mapping[str, Seen], signed: Sequence[Finding]) -> list[Finding]:
    """Return what contradicts the anchors, and what of the mark does beyond that: of a log that both say is set back, the longer one."""
    back = {each.log: each for each in signed if each.code == "tlog.rolled_back"}
    for state in states:
        size = seen[state.origin].size if state.origin in seen else 0
        if size > state.size and (state.origin not in back or size > int(back[state.origin].expected)):
            back[state.origin] = Finding(
                code="tlog.rolled_back", log=state.origin, seq=state.size - 1, expected=str(size), got=str(state.size)
            )
    return [*(each for each in signed if each.code != "tlog.rolled_back"), *back.values()]


def _checkpoints_gone(
    session: Session, states: Sequence[LogState], known: Mapping[str, LogMark], findings: Sequence[Finding]
) -> list[Finding]:
    """Say where there are fewer checkpoints than an earlier run counted, unless it was said which ones are gone."""
    found = []
    other = {each.log for each in findings if each.code == "tlog.forked"}  # another history had other batches
    named = Counter(each.log for each in findings if each.code in ("tlog.no_checkpoint", "tlog.key_batch"))
    for state in states:
        seen = known.get(state.origin)
        if seen is None or seen.size > state.size or state.origin in other:
            continue
        (count,) = session.row("SELECT COUNT(*) FROM checkpoint WHERE log = ? AND size <= ?", (state.number, seen.size)) or (0,)
        if count + named[state.origin] < seen.sizes:
            found.append(
                Finding(code="tlog.checkpoint_gone", log=state.origin, seq=seen.size - 1, expected=str(seen.sizes), got=str(count))
            )
    return found


def _contradicted(session: Session, each: Mapping[str, Passed], seen: Mapping[str, Seen], rested: Mapping[str, LogMark]) -> list[Finding]:
    """Compare logs that were checked in full with what an earlier run saw of them: another root there is another history."""
    from foodtrace.tlog.nodes import root_at  # noqa: PLC0415 - only where --full meets a mark

    found = []
    for origin, before in seen.items():
        if origin in rested or origin not in each or before.size > each[origin].mark.size:
            continue
        row = session.row("SELECT id FROM log WHERE origin = ?", (origin,))
        root = root_at(session, int(row[0]) if row else -1, before.size)
        if root != before.root:
            found.append(Finding(code="tlog.forked", log=origin, seq=before.size - 1, expected=before.root.hex(), got=root.hex()))
    return found


def _seen_now(session: Session, each: Mapping[str, Passed], now: int) -> dict[str, Seen]:
    """Return what this run saw of each log; the head's last leaf hash was compared with the last entry."""
    leaves = {origin: bytes(prev) for origin, prev in session.rows("SELECT l.origin, h.prev FROM head AS h JOIN log AS l ON l.id = h.log")}
    return {
        origin: Seen(passed.mark.size, Frontier.from_bytes(passed.mark.edge).root(), leaves[origin], now) for origin, passed in each.items()
    }


def rebuild_ledger(session: Session, progress: Progress | None = None) -> int:
    """Make the projection anew from the sealed bytes, inside an open write transaction; return the entries read.

    Tables of an older version become those of this one (:func:`foodtrace.storage.schema.renew`).
    """
    from foodtrace.storage.schema import fill_gaps, renew  # noqa: PLC0415 - SQLAlchemy loads only to make tables

    names = Names()
    total, most = 0, 0
    fill_gaps(session)
    for state in logs(session):
        most += state.size
        lock_head(session, state.number)  # nobody appends meanwhile what would be projected twice
    renew(session)
    for state in logs(session):
        pending: list[projection.Sealed] = []
        gathering = Gathering()
        for seq, data in session.rows("SELECT seq, bytes FROM entry WHERE log = ? ORDER BY seq", (state.number,)):
            entry = parse(bytes(data))
            event = gathering.take(decode_alone(bytes(entry.event)))
            total += 1
            if event is not None:
                pending.append(projection.Sealed(int(seq), entry.recorded, event))
            if len(pending) >= _BATCH:
                projection.apply(session, names, state.number, state.origin, pending)
                pending = []
                if progress is not None:
                    progress(total, most)
        gathering.end()
        projection.apply(session, names, state.number, state.origin, pending)
    return total


def _around(session: Session, gone: Collection[str]) -> list[Finding]:
    """Return a finding for each table that is gone, and for what is not as foodtrace makes it of the others and around them."""
    from foodtrace.storage.around import altered  # noqa: PLC0415 - SQLAlchemy loads only to verify

    found = [Finding(code="tlog.table_missing", log="", got=name) for name in sorted(gone)]
    missing = [name for name in missing_triggers(session) if table_of(name) not in gone]
    found += [Finding(code="tlog.trigger_missing", log="", got=name) for name in missing]
    found += [Finding(code=strange_code(each.kind), log="", got=each.name) for each in strange_things(session)]
    return found + [
        Finding(code="tlog.table_altered", log="", expected=each.expected, got=f"{each.name}: {each.got}")
        for each in altered(session)
        if each.table not in gone
    ]


def _damaged(session: Session) -> list[Finding]:
    found = damage(session)
    return [Finding(code="storage.damaged", log="", expected="ok", got=each) for each in found or ()]


def _personal(code: str, expected: str, found: Sequence[tuple[int, int, str]], states: Sequence[LogState]) -> list[Finding]:
    """Return a finding for each personal value, (log, seq, field)."""
    names = {state.number: state.origin for state in states}
    return [Finding(code=code, log=names.get(log, str(log)), seq=seq, expected=expected, got=field) for log, seq, field in found]
