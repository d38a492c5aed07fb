"""The doctor: what is wrong with a set-up, and how to mend it. Looks only; changes nothing.

Rules:

1. Every check ends in ``ok``, ``warn`` (works, and will hurt) or ``bad`` (does not work, or must not be relied on).
2. A check that cannot look says so as a finding; it is never left out silently.
3. What is found has a code; the catalogue says under ``doctor.CODE`` what it is and under ``doctor.CODE.hint`` what to do.
4. What is seen of the tables stands apart: :mod:`foodtrace.keeping.doctortables`.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from foodtrace import keyfiles
from foodtrace.errors import FoodtraceError
from foodtrace.keeping.doctortables import Check, State, beside_tables, files, tables
from foodtrace.keeping.host import Host
from foodtrace.keeping.recovery import Lost, survey
from foodtrace.opening import BACKUP, LogState, logs
from foodtrace.personal import vanished
from foodtrace.sealed import Seal, beyond_seal, contested, foreign_logs, sealed_logs
from foodtrace.storage.mending import setting_on
from foodtrace.storage.session import Session
from foodtrace.storage.standins import as_made
from foodtrace.storage.still import is_still
from foodtrace.tlog.anchor import wrote
from foodtrace.tlog.clock import DAY, EARLIEST, SKEW, ClockRule
from foodtrace.tlog.entry import time_text
from foodtrace.tlog.vouched import read_seen
from foodtrace.verification import mark_path

LEAST_FREE: Final = 200_000_000
"""Free bytes below which a busy day may not fit."""
MUCH_FREE: Final = 2_000_000_000
LARGE_WAL: Final = 256_000_000
"""A write-ahead log that grew to this is held open by somebody who reads and does not end."""
OLDEST_SQLITE: Final = (3, 35, 0)
NETWORK: Final = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "afs", "9p", "ncpfs", "davfs"})
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH


class Examination(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the doctor looked at."""

    ok: bool
    """Nothing is bad; there may be warnings."""
    checks: tuple[Check, ...]


class Surroundings(NamedTuple):
    """What a program knows of the terminal it runs in."""

    encoding: str
    """Of standard output."""
    lang: str
    """``zh`` or ``en``."""
    passphrase: bool
    """Whether FOODTRACE_PASSPHRASE is set."""


def examine(
    open_ledger: Callable[[], Host], path: Path | None, keys: Path, around: Surroundings, *, schema: str | None = None
) -> Examination:
    """Look at a set-up.

    :param open_ledger: opens the ledger in spite of its anchors; what it raises is a finding.
    :param path: SQLite file; none for a server. :param keys: key directory. :param schema: PostgreSQL schema of the ledger.
    """
    found = [*_disk(path, keys), *_key_files(keys, around), *_locale(around), *_zbar(), *_sqlite(path)]
    host: Host | None = None
    try:
        host = open_ledger()
    except FoodtraceError as error:
        if error.code == "ledger.missing":
            url = f"sqlite:///{path}" if path is not None else str(error.value)
            found.append(_none(url, mark_path(keys, url, schema)))
        else:
            known = {"ledger.older": "ledger_older", "ledger.newer": "ledger_newer", "storage.encoding": "ledger_encoding"}
            known |= dict.fromkeys(("ledger.no_settings", "storage.mistyped"), "ledger_damaged") | {"ledger.number_older": "ledger_number"}
            code = known.get(error.code, "ledger_closed")
            found.append(Check(topic="ledger", state="bad", code=code, facts=_told(error)))
    if host is not None:
        found += _in_ledger(host, path, keys)
    order = ("ledger", "disk", "wal", "clock", "keys", "anchor", "locale", "zbar")
    found.sort(key=lambda each: order.index(each.topic))
    return Examination(ok=all(each.state != "bad" for each in found), checks=tuple(found))


def _told(error: FoodtraceError) -> dict[str, str]:
    """Return what an error says, for a text in either language."""
    return {"reason": error.message("en"), "reason_zh": error.message("zh"), "code": error.code}


def _none(url: str, mark: Path) -> Check:
    """Say that there is no ledger, and whether there was one: ``verify`` left a mark of it.

    Whoever signed left an anchor of its log, and that does not say in which ledger the log is: it may be another's.
    """
    place = url.removeprefix("sqlite:///")
    if mark.exists():
        return Check(topic="ledger", state="bad", code="ledger_gone", facts={"db": place, "mark": str(mark)})
    anchors = sorted(each.name for each in mark.parent.glob("*.anchor"))
    if anchors:
        return Check(topic="ledger", state="warn", code="ledger_lost", facts={"db": place, "anchors": ", ".join(anchors)})
    return Check(topic="ledger", state="warn", code="ledger_none", facts={"db": place})


def _in_ledger(host: Host, path: Path | None, keys: Path) -> Iterator[Check]:
    try:
        if host.store.version() is None:
            yield _none(host.store.url, host.mark)
            return
        with host.store.read() as bare:
            session = as_made(bare)
            yield from tables(session, bare)
            yield from files(bare)
            states, seals = logs(session), sealed_logs(session, keys)
            yield from _beyond_seal(states, seals)
            yield from _personal(session, keys, states)
            # The clock that froze a log counts only where that log is still written.
            here = {each.verifier.key_id for each in _stored(keys)}
            written = [each for each in states if each.key_id in here and each.origin not in seals] or states
            yield from _clock(written, host.clock(), host.clock_rule)
            yield from _server(session) if path is None else _wal(session, path)
            yield from beside_tables(bare)
        lost = survey(host, host.mark)
    except FoodtraceError as error:
        code = "anchor_unlooked" if error.code in ("key.mode", "key.dir_mode") else "anchor_unread"
        yield Check(topic="anchor", state="bad", code=code, facts=_told(error))
        return
    yield from _own_keys(lost)
    yield from _anchors(lost)
    yield from _not_there(host, {each.log for each in lost})


def _stored(keys: Path) -> list[keyfiles.StoredKey]:
    """Return the key files, none where they must not be read: another check says so."""
    try:
        return keyfiles.list_keys(keys)
    except FoodtraceError:
        return []


def _beyond_seal(states: list[LogState], seals: dict[str, Seal]) -> Iterator[Check]:
    for state, seal in beyond_seal(states, seals):
        facts = {"log": state.origin, "sealed": str(seal.size), "size": str(state.size)}
        yield Check(topic="ledger", state="bad", code="log_sealed", facts=facts)
    for log, seal in contested(seals):
        facts = {"log": log, "into": seal.into, "rivals": ", ".join(seal.rivals)}
        yield Check(topic="ledger", state="bad", code="two_heirs", facts=facts)


def _personal(session: Session, keys: Path, states: list[LogState]) -> Iterator[Check]:
    """Say which values of persons are gone without an erasure that counts here (ADR 24), as ``verify`` does."""
    gone = vanished(session, foreign=foreign_logs(session, keys, states), wrote=partial(wrote, keys))
    if gone:
        names = {state.number: state.origin for state in states}
        log, seq, field = gone[0]
        facts = {"count": str(len(gone)), "first": f"{names.get(log, log)}#{seq} ({field})"}
        yield Check(topic="ledger", state="bad", code="personal_gone", facts=facts)


def _disk(path: Path | None, keys: Path) -> Iterator[Check]:
    places = {"ledger": path.absolute().parent if path is not None else None, "keys": keys.absolute()}
    for name, folder in places.items():
        if folder is None:
            continue
        while not folder.exists() and folder != folder.parent:
            folder = folder.parent  # noqa: PLW2901 - the directory that will hold it
        try:
            free = shutil.disk_usage(folder).free
        except OSError as error:
            yield Check(topic="disk", state="bad", code="disk_unread", facts={"path": str(folder), "reason": error.strerror or ""})
            continue
        state: State = "bad" if free < LEAST_FREE else "warn" if free < MUCH_FREE and name == "ledger" else "ok"
        code = "disk_fine" if state == "ok" else "disk_low"
        yield Check(topic="disk", state=state, code=code, facts={"path": str(folder), "free": f"{free // 1_000_000:,} MB"})
        if not os.access(folder, os.W_OK):
            yield Check(topic="disk", state="bad", code="disk_readonly", facts={"path": str(folder)})
        kind = _filesystem(folder)
        if kind in NETWORK:
            yield Check(topic="disk", state="bad", code="disk_network", facts={"path": str(folder), "kind": kind})


def _filesystem(folder: Path) -> str:
    """Return the kind of file system a directory lies on, empty where the system does not tell."""
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    inside = str(folder.resolve())
    best, kind = "", ""
    for line in mounts:
        words = line.split(" ")
        point = words[1].replace("\\040", " ") if len(words) > 2 else "/"  # noqa: PLR2004 - device, point, kind
        if (inside == point or inside.startswith(point.rstrip("/") + "/")) and len(point) >= len(best):
            best, kind = point, words[2]
    return kind


def _sqlite(path: Path | None) -> Iterator[Check]:
    if path is not None and sqlite3.sqlite_version_info < OLDEST_SQLITE:
        yield Check(topic="wal", state="bad", code="sqlite_old", facts={"version": sqlite3.sqlite_version, "expected": "3.35"})


def _wal(session: Session, path: Path) -> Iterator[Check]:
    row = session.row("PRAGMA journal_mode")
    mode = str(row[0]) if row is not None else ""
    wal = path.with_name(path.name + "-wal")
    size = wal.stat().st_size if wal.exists() else 0
    if mode != "wal" and (is_still(path) or session.row("SELECT 1 FROM setting WHERE key = ?", (BACKUP,)) is not None):
        yield Check(topic="wal", state="ok", code="wal_later")
    elif mode != "wal":
        yield Check(topic="wal", state="bad", code="wal_off", facts={"mode": mode})
    elif size > LARGE_WAL:
        yield Check(topic="wal", state="warn", code="wal_large", facts={"size": f"{size // 1_000_000:,} MB", "path": str(wal)})
    else:
        yield Check(topic="wal", state="ok", code="wal_fine", facts={"size": f"{size // 1000:,} kB"})


def _server(session: Session) -> Iterator[Check]:
    """Look at the settings on which a PostgreSQL's durability stands, and whether names and records can be written at all."""
    row = session.row("SELECT current_setting('server_encoding'), current_setting('default_transaction_read_only')")
    encoding, closed = row or ("", "")
    if encoding != "UTF8":
        yield Check(topic="wal", state="bad", code="server_encoding", facts={"got": str(encoding)})
    if closed == "on":
        mend = setting_on(session, "default_transaction_read_only", "off")
        yield Check(topic="wal", state="bad", code="server_read_only", facts={"sql": mend})
    wrong = []
    for name in ("fsync", "full_page_writes", "synchronous_commit"):
        row = session.row("SELECT current_setting(?)", (name,))
        if row is not None and row[0] == "off":
            wrong.append(name)
    if wrong:
        mend = " ".join(setting_on(session, name) for name in wrong) + " SELECT pg_reload_conf();"
        yield Check(topic="wal", state="bad", code="server_unsafe", facts={"names": ", ".join(wrong), "sql": mend})
    else:
        row = session.row("SELECT current_setting('server_version')")
        yield Check(topic="wal", state="ok", code="server_fine", facts={"version": str(row[0]) if row else ""})


def _clock(states: list[LogState], now: int, rule: ClockRule) -> Iterator[Check]:
    last = max((state.time for state in states), default=0)
    facts = {"now": time_text(now), "last": time_text(last), "days": str(rule.ahead // DAY)}
    if now < EARLIEST:
        yield Check(topic="clock", state="bad", code="clock_unset", facts=facts)
    elif last and now < last - SKEW:
        yield Check(topic="clock", state="bad", code="clock_behind", facts=facts)
    elif last and now > last + rule.ahead:
        yield Check(topic="clock", state="warn", code="clock_ahead", facts=facts)
    else:
        yield Check(topic="clock", state="ok", code="clock_fine", facts=facts)


def _key_files(keys: Path, around: Surroundings) -> Iterator[Check]:
    if not keys.is_dir():
        yield Check(topic="keys", state="warn", code="keys_none", facts={"path": str(keys)})
        return
    wrong = [keys] if os.name == "posix" and keys.stat().st_mode & _OTHERS_WRITE else []
    files = sorted(keys.glob("[!.]*.key"))
    wrong += [each for each in files if os.name == "posix" and each.stat().st_mode & _OTHERS]
    for each in wrong:
        mode = f"{stat.S_IMODE(each.stat().st_mode):04o}"
        yield Check(
            topic="keys",
            state="bad",
            code="keys_mode",
            facts={"path": str(each), "mode": mode, "expected": "0700" if each == keys else "0600"},
        )
    if wrong:
        return
    try:
        stored = keyfiles.list_keys(keys)
    except FoodtraceError as error:
        yield Check(topic="keys", state="bad", code="keys_unread", facts=_told(error))
        return
    if any(each.encrypted for each in stored) and not around.passphrase:
        yield Check(topic="keys", state="warn", code="keys_locked", facts={"path": str(keys)})
    yield Check(topic="keys", state="ok", code="keys_fine", facts={"path": str(keys), "count": str(len(stored))})


def _own_keys(lost: list[Lost]) -> Iterator[Check]:
    open_logs = [each for each in lost if not each.ended]
    if lost and not open_logs:
        yield Check(topic="keys", state="bad", code="logs_ended", facts={"logs": ", ".join(each.log for each in lost)})
    if open_logs and not any(each.key_here for each in open_logs):
        yield Check(topic="keys", state="bad", code="keys_not_here", facts={"logs": ", ".join(each.log for each in open_logs)})


def _not_there(host: Host, there: set[str]) -> Iterator[Check]:
    """Name logs that were verified here and are not in the ledger, and a ledger without logs beside anchors of some."""
    gone = sorted(set(read_seen(host.mark)) - there)
    if gone:
        yield Check(topic="anchor", state="bad", code="log_gone", facts={"logs": ", ".join(gone), "mark": str(host.mark)})
    elif not there and (lost := _none(host.store.url, host.mark)).code == "ledger_lost":
        yield lost


def _anchors(lost: list[Lost]) -> Iterator[Check]:
    fine = True
    for each in lost:
        facts = {"log": each.log, "size": str(each.size), "signed": str(each.signed)}
        if each.forked:
            yield Check(topic="anchor", state="bad", code="anchor_forked", facts=facts)
        elif each.signed > each.size:
            yield Check(topic="anchor", state="bad", code="anchor_ahead", facts=facts)
        elif each.key_here and not each.anchored:
            yield Check(topic="anchor", state="warn", code="anchor_none", facts=facts)
        else:
            continue
        fine = False
    if fine and lost:
        yield Check(topic="anchor", state="ok", code="anchor_fine", facts={"logs": str(len(lost))})


def _locale(around: Surroundings) -> Iterator[Check]:
    try:
        "合格证".encode(around.encoding)
    except (UnicodeEncodeError, LookupError):
        state: State = "bad" if around.lang == "zh" else "warn"
        yield Check(topic="locale", state=state, code="locale_narrow", facts={"encoding": around.encoding, "lang": around.lang})
    else:
        yield Check(topic="locale", state="ok", code="locale_fine", facts={"encoding": around.encoding, "lang": around.lang})


def _zbar() -> Iterator[Check]:
    from foodtrace.certificate.read import zbar_works  # noqa: PLC0415 - loads the picture readers

    works = zbar_works()
    yield Check(topic="zbar", state="ok" if works else "warn", code="zbar_fine" if works else "zbar_none")
