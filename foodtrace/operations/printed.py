"""What is on record of the codes that we print ourselves, for ``scan`` and the gate's counter (:mod:`foodtrace.certificate.printed`).

Rules:

1. A slip is true if its log has that very entry at that place. What became of it since counts: undone, a hold that ended, goods under
   recall or tested positive. Only a slip of goods that stand admitted is good.
2. A slip, notice or checkpoint that this ledger knows nothing of is said to be unknown here, never false.
3. Neither a staff card's secret nor a receipt code stands in an answer.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Final, Literal, NamedTuple

import msgspec

from foodtrace.certificate.payload import Payload
from foodtrace.certificate.printed import head_in
from foodtrace.certificate.scan import Scan
from foodtrace.errors import BadData, FoodtraceError, NotFound
from foodtrace.events import Event, MarketEntry, Refusal
from foodtrace.events.canonical import decode_alone
from foodtrace.gate.facts import Recall
from foodtrace.gate.rapid import standing
from foodtrace.gate.slip import HASH, Slip, parse_slip
from foodtrace.graph.edges import micros
from foodtrace.graph.flows import NEVER
from foodtrace.graph.names import used
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.common import about
from foodtrace.operations.gaterecalls import described, recalls
from foodtrace.operations.lineage import lineage
from foodtrace.operations.receipts import notice_of, read_receipt
from foodtrace.operations.sellers import site_name
from foodtrace.operations.tests import tests_behind
from foodtrace.quantity import Quantity
from foodtrace.storage.session import Session
from foodtrace.tlog.checkpoint import parse_head
from foodtrace.tlog.entry import event_bytes

_LOT: Final = re.compile(r"(?=.*[0-9])[A-Z0-9][A-Z0-9.-]{3,19}|[A-Z0-9-]{2,20}/[A-Z0-9.-]{1,20}")

STOPS: Final = {"scan.recalled": "recalled", "scan.test_positive": "test_positive", "scan.recall_possible": "recall_possible"}
"""What stops the sale of goods, whatever code of theirs is scanned -> the word for it."""


class Printed(msgspec.Struct, frozen=True, kw_only=True):
    """What a code that we printed is about; empty where it does not apply or is not known."""

    log: str = ""
    """Origin of the log, of a slip or checkpoint."""
    seq: int | None = None
    """Place of the slip's entry; of a checkpoint its size."""
    entry: str = ""
    """Event id."""
    when: dt.datetime | None = None
    where: str = ""
    """The market's name and its gate."""
    number: int = 0
    """The truck's number on that day at that gate."""
    product: str = ""
    quantity: Quantity | None = None
    lot: str = ""
    case: str = ""
    party: str = ""
    """Site that a notice is to."""


class Found(NamedTuple):
    """An answer about a code of ours."""

    word: str
    kind: str
    problem: FoodtraceError | None
    notes: tuple[FoodtraceError, ...] = ()
    about: Printed | None = None


def look_up(session: Session | None, now: dt.datetime, found: Scan, given: str) -> Found | None:
    """Return what is known of a code of ours, none if the text is none.

    :param given: the text as it came: a receipt code is only there.
    """
    if found.problem is None or found.problem.code == "scan.truncated":
        return None
    slip = parse_slip(found.text) if found.kind == "slip" else None
    if slip is not None:
        return slip_said(session, now, slip)
    if found.kind == "staff_card":
        return Found("staff_card", "staff_card", found.problem)
    if found.kind == "notice":
        return _notice(session, found.text, given)
    if found.kind == "checkpoint":
        return _checkpoint(session, found.text)
    if found.kind in ("lot", "other"):
        return _lot(session, now, found)
    return None


def slip_said(session: Session | None, now: dt.datetime, slip: Slip) -> Found:
    """Return what a slip is (rules 1 and 2)."""
    known = Printed(log=slip.origin, seq=slip.seq)
    row = session and session.row(
        "SELECT e.leaf, e.bytes, e.log FROM log AS l JOIN entry AS e ON e.log = l.id WHERE l.origin = ? AND e.seq = ?", slip[:2]
    )
    if session is None or not row:
        return Found("slip_unknown", "slip", _problem("slip_unknown", known), about=known)
    event = decode_alone(event_bytes(bytes(row[1])))
    said = getattr(event, "replacement", None) or event
    if bytes(row[0]).hex()[:HASH] != slip.leaf or not isinstance(said, (MarketEntry, Refusal)):
        return Found("slip_false", "slip", _problem("slip_false", known), about=known)
    state, live = _became(session, said, int(row[2]), slip.seq)
    known = Printed(
        log=slip.origin,
        seq=slip.seq,
        entry=said.id,
        when=said.at,
        where=f"{site_name(session, said.site)} {said.gate}".strip(),
        number=said.number,
        product=live.product,
        quantity=live.quantity,
        lot=live.lot,
    )
    told = _problem(f"slip_{state}", known)
    if state != "admitted":
        return Found(f"slip_{state}", "slip", told, about=known)
    against = stands_against(session, now, live.lot)
    if against is not None and against.code in STOPS:
        return Found(STOPS[against.code], "slip", against, (told,), known)
    return Found("slip_admitted", "slip", None, (told, *([against] if against is not None else [])), known)


def stands_against(session: Session, now: dt.datetime, lot: str, payload: Payload | None = None) -> BadData | None:
    """Return the gravest that stands against a lot and what it was made from, none if nothing does.

    Its code is ``scan.recalled``, ``scan.test_positive``, ``scan.recall_possible``; or ``scan.recall_passes``, where the rule pack of
    the case lets goods pass whose link is only possible: that stops nothing.
    """
    papers = described(payload, "", payload.operator if payload is not None else "", lot)
    closure = lineage(session, now, lot)
    found: list[Recall] = sorted(
        recalls(session, now, lot, closure, papers), key=lambda each: (each.link != "confirmed", each.level, each.case)
    )
    if found and found[0].link == "confirmed":
        return BadData("scan.recalled", value=lot, case=found[0].case, lot=found[0].lot or lot)
    tested = standing(tests_behind(session, closure))
    if tested.state in ("positive", "confirmed") and tested.test is not None:
        return BadData("scan.test_positive", value=lot, item=tested.test.item or "-", when=f"{tested.test.when:%Y-%m-%d %H:%M}")
    held = next((each for each in found if each.asks != "note"), None)
    first = held or (found[0] if found else None)
    if first is None:
        return None
    return BadData("scan.recall_possible" if held else "scan.recall_passes", value=lot, case=first.case, lot=first.lot or lot)


def _became(
    session: Session, said: MarketEntry | Refusal, log: int, seq: int
) -> tuple[Literal["admitted", "held", "refused", "undone"], MarketEntry | Refusal]:
    """Return what has become of an entry at a gate, and the entry that says so."""
    rows = session.rows("SELECT DISTINCT ended FROM about WHERE log = ? AND seq = ? AND ended >= 0", (log, seq))
    if not SqlFacts(session, NEVER).in_force([(log, seq, int(ended)) for (ended,) in rows]):
        return "undone", said
    if isinstance(said, Refusal):
        return "refused", said
    if said.decision == "admitted":
        return "admitted", said
    ends: list[Event] = [each.event for each in about(session, f"resolves {said.id}", MarketEntry, Refusal)]
    for each in ends:
        if isinstance(each, MarketEntry) and each.decision == "admitted":
            return "admitted", each
    return ("refused", said) if ends else ("held", said)


def _problem(state: str, known: Printed) -> BadData:
    return BadData(
        f"scan.{state}",
        value=known.entry or known.log,
        log=known.log,
        seq=known.seq,
        where=known.where,
        number=f"{known.number:04d}",
        when=f"{known.when:%m-%d %H:%M}" if known.when is not None else "",
        product=known.product,
        quantity=known.quantity or "",
        lot=known.lot.rpartition("/")[2],
    )


def _notice(session: Session | None, shown: str, given: str) -> Found:
    try:
        case, party, _ = read_receipt(given)
        event = notice_of(session, given) if session is not None else None
    except (BadData, NotFound):
        event, case, party = None, "", ""
    known = Printed(case=case, party=party)
    if session is None or event is None:
        return Found("notice_unknown", "notice", BadData("scan.notice_unknown", value=shown), about=known)
    told = BadData(
        "scan.notice_known", value=shown, case=event.case, party=event.to, name=site_name(session, event.to), when=f"{event.at:%Y-%m-%d}"
    )
    return Found("notice", "notice", told, about=msgspec.structs.replace(known, entry=event.id, when=event.at))


def _checkpoint(session: Session | None, text: str) -> Found | None:
    head = head_in(text)
    if head is None:
        return None
    known = Printed(log=head.origin, seq=head.size)
    row = session and session.row(
        "SELECT c.note FROM log AS l JOIN checkpoint AS c ON c.log = l.id WHERE l.origin = ? AND c.size = ?", (head.origin, head.size)
    )
    if not row:
        return Found("checkpoint_unknown", "checkpoint", _of("checkpoint_unknown", known), about=known)
    ours = parse_head(bytes(row[0]).partition(b"\n\n")[0] + b"\n")
    same = (ours.origin, ours.size, ours.root) == (head.origin, head.size, head.root)
    word = "checkpoint" if same else "checkpoint_other"
    return Found(word, "checkpoint", _of("checkpoint_known" if same else word, known), about=known)


def _of(code: str, known: Printed) -> BadData:
    return BadData(f"scan.{code}", value=known.log, log=known.log, size=f"{known.seq or 0:,}")


def _lot(session: Session | None, now: dt.datetime, found: Scan) -> Found | None:
    """Return what is on record of a lot's code; a text of no form of ours is one only if a record names it."""
    text = found.text.upper()
    misread = found.problem is not None and found.problem.code == "scan.lot_digit"
    if _LOT.fullmatch(text) is None or (session is None and found.kind == "other"):
        return None
    lots: list[str] = []
    if session is not None:
        by = "text" if "/" in text else "code"
        sql = f"SELECT n.text FROM name AS n WHERE n.{by} = ? AND n.code IS NOT NULL AND {used('n')} ORDER BY n.text LIMIT 5"  # noqa: S608
        rows = session.rows(sql, (text,))
        lots = [each for (each,) in rows if lineage(session, now, each)]
    if not lots or session is None:
        if found.kind == "other":
            return None
        word = "lot_digit" if misread else "lot_unknown"
        return Found(word, "lot", found.problem if misread else BadData("scan.lot_unknown", value=text))
    against = next((each for lot in lots if (each := stands_against(session, now, lot)) is not None), None)
    facts = SqlFacts(session, micros(now))
    number = facts.lot(lots[0])
    info = facts.lots([number])[number] if number is not None else None
    known = Printed(lot=lots[0], product=info.product if info is not None else "")
    told = BadData("scan.lot_known", value=", ".join(lots), product=known.product or "-")
    if against is not None and against.code in STOPS:
        return Found(STOPS[against.code], "lot", against, (told,), known)
    return Found("lot", "lot", told, (against,) if against is not None else (), known)
