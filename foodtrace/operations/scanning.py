"""``foodtrace scan``: what a code is, and everything that is known against it and for it, in one answer.

Rules:

1. One word answers (:data:`Word`); what else is worth knowing stands in the notes. The first of these that fits is the word:
   what is wrong with the text, the signature, the key, voided, one of two under a serial, expired, overspent, used up, used
   before, host not on the list, good.
2. ``good`` is a genuine certificate in force: a known, sound key, neither voided nor expired. Earlier use is told and is no fault
   of the paper: what goods may still come on it is the gate's to decide, with the scale's figure. Of several uses the first is named
   (DESIGN section 7), and how many there are. More let in on it than it is for is a fault, whoever's: not good. A strange host is
   a warning: it is not signed, and the goods cannot help it.
3. Without a ledger the keys of a key list count; then nothing is known of voiding and use, and a note says so.
4. Nothing is recorded. Looking is not entering.
5. Codes that we print ourselves have words of their own (:mod:`foodtrace.operations.printed`).
6. Goods under recall, held because they may be, or with a positive test that stands, are never good, whichever code of theirs is
   scanned: what the gate and the till stop is not called good here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any, Final, Literal, TypeAlias

import msgspec

from foodtrace.certificate.keylist import KeyList
from foodtrace.certificate.payload import Payload
from foodtrace.certificate.scan import Scan, authenticate, classify, classify_line
from foodtrace.errors import BadData, FoodtraceError
from foodtrace.operations import printed
from foodtrace.operations.certificatestate import certificates_of
from foodtrace.operations.gatecode import Look, known_key, read_code, state_of
from foodtrace.operations.places import describe
from foodtrace.operations.printed import Printed
from foodtrace.quantity import Quantity
from foodtrace.storage.session import Session

__all__ = ["ScanAnswer", "Scanner", "UseSaid", "Word"]

Word: TypeAlias = Literal[
    "good",
    "used",
    "host",
    "used_up",
    "overspent",
    "expired",
    "future",
    "twin",
    "recalled",
    "test_positive",
    "recall_possible",
    "voided",
    "revoked",
    "foreign_key",
    "unknown_key",
    "bad_signature",
    "truncated",
    "payload",
    "version",
    "input_method",
    "several",
    "product_code",
    "gs1",
    "foreign_certificate",
    "not_ours",
    "too_long",
    "not_a_code",
    "unreadable",
    "slip_admitted",
    "slip_held",
    "slip_refused",
    "slip_undone",
    "slip_false",
    "slip_unknown",
    "notice",
    "notice_unknown",
    "staff_card",
    "lot",
    "lot_unknown",
    "lot_digit",
    "checkpoint",
    "checkpoint_unknown",
    "checkpoint_other",
]
_GOOD: Final = ("good", "used", "used_up", "host", "slip_admitted")


class UseSaid(msgspec.Struct, frozen=True, kw_only=True):
    """An earlier entry on the same certificate."""

    when: dt.datetime
    site: str
    where: str
    """The market's name and its gate."""
    quantity: Quantity


class ScanAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a code is."""

    answer: Word
    good: bool
    """Rule 2."""
    kind: str
    """As :mod:`foodtrace.certificate.scan` has it; empty for a file that could not be read."""
    text: str
    problem: dict[str, Any] | None = None
    """Why it is not good: ``code``, ``message`` and ``hint`` in both languages, and the values in them."""
    notes: tuple[dict[str, Any], ...] = ()
    """What else is worth knowing, in the same form."""
    lot: str = ""
    serial: str = ""
    kid: str = ""
    issuer: str = ""
    """Operator whose key signed it; empty: unknown."""
    certified: Quantity | None = None
    remaining: Quantity | None = None
    """What is left of it as far as this ledger knows; none without a ledger."""
    harvested: dt.date | None = None
    issued: dt.date | None = None
    valid_until: dt.date | None = None
    style: int | None = None
    basis: tuple[str, ...] = ()
    used: tuple[UseSaid, ...] = ()
    mended: tuple[str, ...] = ()
    """What a keyboard had done to it (:mod:`foodtrace.certificate.typed`)."""
    file: str = ""
    """Picture it was read from; empty: typed."""
    page: int | None = None
    """Page of a PDF, or place of the picture in a file that holds several; none: the only one."""
    reader: str = ""
    """Reader of the chain that read it (:mod:`foodtrace.certificate.read`)."""
    printed: Printed | None = None
    """What is on record of a slip, a notice or another code that we print."""


class Scanner:
    """Looks at codes with one ledger snapshot, one key list and one list of hosts."""

    def __init__(self, session: Session | None, now: dt.datetime, *, hosts: Collection[str] = (), keys: KeyList | None = None) -> None:
        """Look with what is at hand; ``session`` none: rule 3."""
        self._session = session
        self._now = now
        self._hosts = hosts
        self._keys = keys

    def typed(self, line: str) -> tuple[ScanAnswer, ...]:
        """Return an answer for each distinct code of a typed line; at least one."""
        return tuple(self._answer(each, line) for each in classify_line(line, hosts=self._hosts))

    def read(self, text: str, *, file: str = "", page: int | None = None, reader: str = "") -> ScanAnswer:
        """Return the answer for a text that was read from a picture: nothing is mended in it."""
        found = self._answer(classify(text, typed=False, hosts=self._hosts), text)
        return msgspec.structs.replace(found, file=file, page=page, reader=reader)

    def holds(self, text: str) -> bool:
        """Say whether a text is a certificate against whose signature nothing speaks: what ends the search in a picture."""
        found = classify(text, typed=False)
        if found.payload is None:
            return False
        checked = self._checked(found, found.payload)
        return checked.problem is None or checked.problem.code == "scan.unknown_key"

    @staticmethod
    def failed(file: str, error: FoodtraceError, page: int | None = None) -> ScanAnswer:
        """Return the answer for a file, or a page of one, that gave no text."""
        return ScanAnswer(answer="unreadable", good=False, kind="", text="", problem=error.as_dict(), file=file, page=page)

    def _checked(self, found: Scan, payload: Payload) -> Scan:
        key = known_key(self._session, payload.kid.hex(), self._keys)
        return authenticate(found, lambda _: bytes.fromhex(key.public) if key else None)

    def _answer(self, found: Scan, given: str) -> ScanAnswer:
        payload = found.payload
        if payload is None:
            ours = printed.look_up(self._session, self._now, found, given)
            if ours is not None:
                return ScanAnswer(
                    answer=ours.word,  # type: ignore[arg-type]  # one of Word
                    good=ours.word in _GOOD,
                    kind=ours.kind,
                    text=found.text,
                    problem=ours.problem.as_dict() if ours.problem is not None else None,
                    notes=tuple(each.as_dict() for each in ours.notes),
                    lot=ours.about.lot if ours.about is not None else "",
                    mended=found.mended,
                    printed=ours.about,
                )
            problem = found.problem or BadData("scan.not_a_code", value=found.text)
            word: Any = problem.code.removeprefix("scan.")
            return ScanAnswer(answer=word, good=False, kind=found.kind, text=found.text, problem=problem.as_dict(), mended=found.mended)
        look = self._look(found, payload)
        word, problem_of, notes = self._judged(look, payload)
        return ScanAnswer(
            answer=word,
            good=word in _GOOD,
            kind="certificate",
            text=found.text,
            problem=problem_of.as_dict() if problem_of else None,
            notes=tuple(each.as_dict() for each in notes),
            lot=payload.lot_id,
            serial=payload.serial,
            kid=payload.kid.hex(),
            issuer=look.issuer,
            certified=payload.amount,
            remaining=look.remaining if self._session is not None else None,
            harvested=payload.harvested,
            issued=payload.issued,
            valid_until=payload.valid_until,
            style=payload.style,
            basis=payload.bases,
            used=tuple(self._use(each.when, each.gate, each.quantity) for each in look.uses),
            mended=found.mended,
        )

    def _look(self, found: Scan, payload: Payload) -> Look:
        today = self._now.date()
        if self._session is not None:
            return read_code(self._session, found.text, today, self._hosts, keys=self._keys)
        kid = payload.kid.hex()
        key = known_key(None, kid, self._keys)
        checked = self._checked(found, payload)
        state = state_of(checked, payload, key, None, today)
        return Look(checked, payload, state, key.issuer if key else payload.operator, None, (), kid, payload.serial)

    def _judged(self, look: Look, payload: Payload) -> tuple[Word, FoodtraceError | None, list[FoodtraceError]]:
        """Return the word, what stands against the code, and the notes (rule 1)."""
        notes: list[FoodtraceError] = list(look.found.warnings) if look.found is not None else []
        stale = self._keys.stale(self._now.date()) if self._keys is not None else None
        notes += [stale] if stale is not None else []
        state: Word = "good" if look.state == "ok" else look.state  # type: ignore[assignment]  # the words are the same
        if state in ("bad_signature", "unknown_key", "unreadable"):
            return state, look.found.problem if look.found is not None else None, notes
        if state in ("expired", "good", "host") and self._voided(payload):
            state = "voided"
        if state in ("expired", "good", "host") and look.twins:
            state = "twin"
        against = printed.stands_against(self._session, self._now, payload.lot_id, payload) if self._session is not None else None
        stopped = printed.STOPS.get(against.code, "") if against is not None and state in _GOOD else ""
        if stopped:
            state = stopped  # type: ignore[assignment]  # one of Word
        elif against is not None:
            notes.append(against)
        if state in ("good", "host") and payload.issued > self._now.date():
            state = "future"  # as the gate, which holds it: its issuer's clock or this one is wrong
        if self._session is None:
            notes.append(BadData("scan.no_ledger", value="-"))
        over: FoodtraceError | None = None
        if look.uses:
            state, said = self._used(state, look, payload)
            over = said if state == "overspent" else None
            notes += [said] if over is None else []
        return state, over or (against if stopped else self._against(state, payload, look)), notes

    def _used(self, state: Word, look: Look, payload: Payload) -> tuple[Word, FoodtraceError]:
        """Return the word for a certificate that was used, and what is said of its uses: the first, how many, what is left."""
        first = min(look.uses, key=lambda use: use.when)
        where = self._use(first.when, first.gate, first.quantity)
        told = {"where": where.where, "when": f"{first.when:%Y-%m-%d %H:%M}", "quantity": first.quantity, "count": len(look.uses)}
        certified = payload.amount
        spent = sum(use.quantity.value for use in look.uses if use.quantity.unit == certified.unit)
        if spent > certified.value:
            over = Quantity(spent - certified.value, certified.unit)
            used = Quantity(spent, certified.unit)
            said = BadData("scan.overspent", value=payload.serial, certified=certified, used=used, over=over, **told)
            return ("overspent" if state in ("good", "host") else state), said
        left = look.remaining
        if state in ("good", "host"):
            state = "used" if left is None or left.value else "used_up"
        code = "scan.used_up" if state == "used_up" else "scan.used"
        return state, BadData(code, value=payload.serial, left=left, **told)

    def _voided(self, payload: Payload) -> bool:
        if self._session is None:
            return False
        return any(each.serial == payload.serial for each in certificates_of(self._session, payload.lot_id)[1])

    @staticmethod
    def _against(state: Word, payload: Payload, look: Look) -> FoodtraceError | None:
        if state in _GOOD:
            return None
        if state == "twin":
            other = look.twins[0]
            amount = other.quantity if other.quantity is not None else "?"
            return BadData("scan.twin", value=payload.serial, product=other.product, quantity=amount, lot=other.lot)
        values = {
            "revoked": payload.kid.hex(),
            "foreign_key": look.issuer,
            "expired": payload.valid_until.isoformat(),
            "future": payload.issued.isoformat(),
            "voided": payload.serial,
        }
        return BadData(f"scan.{state}", value=values[state], expected=payload.operator or look.issuer or "-")

    def _use(self, when: dt.datetime, gate: str, quantity: Quantity) -> UseSaid:
        site, _, number = gate.partition(" ")
        found = describe(self._session, site) if self._session is not None else None
        name = found[0].name if found else site
        return UseSaid(when=when, site=site, where=f"{name} {number}".strip(), quantity=quantity)
