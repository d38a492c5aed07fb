"""What a truck's code is, and what was done on it before: the certificate's side of the gate's facts.

Rules 2 and 3 of :mod:`foodtrace.operations.gatefacts`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

from foodtrace.certificate.keylist import IssuerKey, KeyList, newest
from foodtrace.certificate.payload import Payload
from foodtrace.certificate.scan import Scan as CodeScan
from foodtrace.certificate.scan import authenticate, classify
from foodtrace.certificate.serials import body_of, certificate_hash, differ
from foodtrace.events import (
    CertificateIssued,
    Event,
    MarketEntry,
    Refusal,
)
from foodtrace.gate.facts import Earlier, Scan, Twin, Use
from foodtrace.graph.names import find
from foodtrace.operations import serials
from foodtrace.operations.certificatestate import certificates_of
from foodtrace.operations.common import about, once
from foodtrace.operations.issuers import issuer_key
from foodtrace.quantity import Quantity
from foodtrace.storage.session import Session

_PROBLEMS: Final[dict[str, Scan]] = {"scan.unknown_key": "unknown_key", "scan.bad_signature": "bad_signature", "scan.revoked": "revoked"}


class Look(NamedTuple):
    """What a truck's code turned out to be."""

    found: CodeScan | None
    payload: Payload | None
    state: Scan
    issuer: str
    event: CertificateIssued | None
    uses: tuple[Use, ...]
    kid: str
    serial: str
    spent: tuple[Event, ...] = ()
    """Every live entry about the certificate."""
    hash: str = ""
    """Which certificate it is, where its signature holds (:mod:`foodtrace.certificate.serials`)."""
    twins: tuple[Twin, ...] = ()
    """Other certificates that the same key signed under the same serial."""

    @property
    def remaining(self) -> Quantity | None:
        """What is left of the certificate, none without one."""
        if self.payload is None:
            return None
        certified = self.payload.amount
        used = sum(use.quantity.value for use in self.uses if use.quantity.unit == certified.unit)
        return Quantity(max(0, certified.value - used), certified.unit)


NOTHING: Final = Look(None, None, "unreadable", "", None, (), "", "")
"""No code of ours was shown."""


def read_code(
    session: Session,
    text: str,
    today: dt.date,
    hosts: Collection[str] = (),
    *,
    skip: str = "",
    until: dt.datetime | None = None,
    keys: KeyList | None = None,
) -> Look:
    """Say what a code is.

    :param hosts: pages that are trusted, ``HOST[/stem]``; empty: the one in the certificate on record.
    :param keys: key list that the gate carries, for keys that no entry speaks of, and for revocations.
    :param skip: id of an entry whose own use does not count (it is being told again). :param until: nor does a later one.
    :raises BadData: ``scan.*`` when the text is no certificate that can be decided on.
    """
    found = classify(text, hosts=hosts)
    payload = found.payload
    if payload is None:
        raise found.problem or ValueError(text)
    kid = payload.kid.hex()
    key = known_key(session, kid, keys)
    found = authenticate(found, lambda _: bytes.fromhex(key.public) if key else None)
    issued, voided = certificates_of(session, payload.lot_id)
    found_about = about(session, serials.subject(kid, payload.serial), MarketEntry, Refusal, CertificateIssued)
    told = [one.event for one in once(session, found_about)]
    sound = key is not None and found.problem is None
    event = _issue_of(payload, issued, sound=sound)
    issuer = key.issuer if key is not None and key.issuer else payload.operator
    state = state_of(found, payload, key, event, today)
    if state in ("ok", "host") and any(each.serial == payload.serial for each in voided):
        state = "voided"
    then = [each for each in told if each.id != skip and (until is None or each.at <= until)]
    spent = [each for each in then if isinstance(each, (MarketEntry, Refusal))]
    body, others = body_of(payload, event.product if event is not None and event.kid == kid else ""), tuple[Twin, ...]()
    if sound and key is not None:
        # Rules 1 and 2 of foodtrace.certificate.serials: what was done on another certificate was not done on this one.
        of_lot = [each for each in issued if (each.kid, each.serial) == (kid, payload.serial) and (until is None or each.at <= until)]
        named = {each.id: each for each in (*of_lot, *then) if isinstance(each, CertificateIssued)}
        others = serials.twins(body, bytes.fromhex(key.public), named.values(), spent)
        spent = [each for each in spent if not differ(body, serials.spent_body(each))]
    uses = tuple(
        Use(when=each.at, gate=_gate(each), quantity=each.quantity, lot=each.lot)
        for each in spent
        if isinstance(each, MarketEntry) and each.decision == "admitted"
    )
    return Look(found, payload, state, issuer, event, uses, kid, payload.serial, tuple(spent), body.hash if sound else "", others)


def _issue_of(payload: Payload, issued: Sequence[CertificateIssued], *, sound: bool) -> CertificateIssued | None:
    """Return the issue of a code among those of its lot; none where another certificate stands on record under its key and serial."""
    named = [each for each in issued if each.serial == payload.serial]
    mine = certificate_hash(payload)
    bodies = [(each, serials.signed(each) if each.kid == payload.kid.hex() else None) for each in named]
    exact = next((each for each, signed in bodies if signed is not None and certificate_hash(signed) == mine), None)
    if exact is not None or not sound:
        return exact or next(iter(named), None)
    return next((each for each, signed in bodies if signed is None), None)


def known_key(session: Session | None, kid: str, keys: KeyList | None = None) -> IssuerKey | None:
    """Return what ledger and key list know of a certificate's key; :func:`foodtrace.certificate.keylist.newest`."""
    entry = issuer_key(session, kid) if session is not None else None
    recorded = None
    if entry is not None:
        recorded = IssuerKey(
            kid=kid,
            public=entry.public,
            issuer=entry.issuer,
            valid_from=entry.valid_from,
            valid_until=entry.valid_until,
            revoked=entry.action == "revoke",
        )
    return newest(recorded, keys.find(kid) if keys is not None else None)


def _gate(event: Event) -> str:
    return f"{event.site} {getattr(event, 'gate', '')}".strip()


def resolved(session: Session, ids: Sequence[str]) -> set[str]:
    """Return those of these held entries, by event id, that a live entry ends."""
    numbers = find(session, [f"resolves {each}" for each in ids])
    rows = session.each(
        "SELECT DISTINCT a.subject FROM {ids} CROSS JOIN about AS a WHERE a.subject = f.value AND a.ended = 0", list(numbers.values())
    )
    live = {row[0] for row in rows}
    return {text.removeprefix("resolves ") for text, number in numbers.items() if number in live}


def earlier(session: Session, look: Look, here: str, seller: str) -> tuple[Earlier, ...]:
    """Return the trucks on the same certificate that did not enter: refused, or held and not decided."""
    kept = [each for each in look.spent if isinstance(each, Refusal) or (isinstance(each, MarketEntry) and each.decision == "held")]
    ended = resolved(session, [each.id for each in kept]) if kept else set()
    return tuple(
        Earlier(
            kind="refused" if isinstance(each, Refusal) else "held",
            when=each.at,
            gate=_gate(each),
            seller=each.seller,
            elsewhere=_gate(each) != here or each.seller != seller,
        )
        for each in kept
        if each.id not in ended
    )


def state_of(found: CodeScan, payload: Payload, key: IssuerKey | None, event: CertificateIssued | None, today: dt.date) -> Scan:
    """Say what stands against a code whose signature was looked at; what is on record of it may be unknown."""
    if found.problem is not None:
        return _PROBLEMS.get(found.problem.code, "unreadable")
    if key is None:
        return "unknown_key"
    if (payload.operator and key.issuer != payload.operator) or (event is not None and event.issuer != key.issuer):
        return "foreign_key"  # rule 2
    if not key.holds_on(payload.issued):
        return "revoked"
    if today > payload.valid_until:
        return "expired"
    if found.warnings or (event is not None and event.payload and _page(event.payload) != payload.page):
        return "host"
    return "ok"


def _page(text: str) -> str:
    """Return the page of a code on record; empty of one that is no code of ours, which a code of ours is never like."""
    known = classify(text, typed=False).payload
    return known.page if known is not None else ""
