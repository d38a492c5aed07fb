"""Whose word counts about the keys that sign an operator's certificates, and which of them are in force.

Rules:

1. Where the operator runs a log of its own (its entry 0 says so), only that log's word counts: nobody else puts a key in its name.
2. Where it does not, whoever vouches for it (a market that has seen its papers) may register its key. A key is changed or revoked only by
   a log that has registered it: another log's word about it is without effect.
3. What is without effect stays on record and is listed as such (``foodtrace key list``), never silently dropped.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from foodtrace.events import Key
from foodtrace.events.canonical import decode
from foodtrace.operations.common import Found, about
from foodtrace.storage.session import Session
from foodtrace.tlog.entry import event_bytes


def operator_of(session: Session, log: int) -> str:
    """Return the operator who runs a log, as its entry 0 says; empty if it names none."""
    row = session.row("SELECT bytes FROM entry WHERE log = ? AND seq = 0", (log,))
    first = None if row is None else decode(event_bytes(bytes(row[0])))
    return first.issuer if isinstance(first, Key) else ""


def own_logs(session: Session, issuer: str) -> set[int]:
    """Return the logs of this ledger that an operator runs."""
    return {int(number) for (number,) in session.rows("SELECT log FROM head") if operator_of(session, int(number)) == issuer != ""}


def heeded(session: Session, issuer: str, found: Sequence[Found]) -> list[Found]:
    """Return what counts of everything that is said about an operator's keys (rules 1 and 2), oldest first."""
    ordered = sorted(found, key=lambda each: (each.event.at, each.log, each.seq))
    if not ordered or all(operator_of(session, log) == issuer for log in {each.log for each in ordered}):
        return ordered
    own = own_logs(session, issuer)
    if own:
        return [each for each in ordered if each.log in own]
    registered: set[tuple[int, str]] = set()
    counts: list[Found] = []
    for each in sorted(ordered, key=lambda one: (one.log, one.seq)):
        event = each.event
        if not isinstance(event, Key):
            continue
        if event.action != "revoke":
            registered.add((each.log, event.kid))
        if (each.log, event.kid) in registered:
            counts.append(each)
    return sorted(counts, key=lambda each: (each.event.at, each.log, each.seq))


def key_word(session: Session, key_id: str) -> Found | None:
    """Return the newest word that counts about a certificate key, by its kid; none if there is none."""
    said = [each for each in about(session, f"kid {key_id}", Key) if isinstance(each.event, Key)]
    issuers = {each.event.issuer for each in said if isinstance(each.event, Key)}
    # A kid is made from the issuer's name and the key, so there is one issuer; anything else was forged by whoever wrote it.
    found = [each for issuer in issuers for each in heeded(session, issuer, said)] if len(issuers) == 1 else []
    return found[-1] if found else None


def issuer_key(session: Session, key_id: str) -> Key | None:
    """Return the key entry of a certificate key id, none if this ledger knows of no word about it that counts."""
    found = key_word(session, key_id)
    return found.event if found is not None and isinstance(found.event, Key) else None


def keys_in_force(session: Session, issuer: str, day: dt.date) -> list[Key]:
    """Return the keys that may sign an issuer's certificates on a day."""
    newest: dict[str, Key] = {}
    for each in heeded(session, issuer, about(session, f"keys {issuer}", Key)):
        if isinstance(each.event, Key):
            newest[each.event.kid] = each.event
    return [each for each in newest.values() if in_force(each, day)]


def in_force(key: Key, day: dt.date) -> bool:
    """Say whether a key may sign on a day: registered, not revoked, within its own dates."""
    starts = key.valid_from is None or key.valid_from <= day
    return key.action != "revoke" and starts and (key.valid_until is None or day <= key.valid_until)
