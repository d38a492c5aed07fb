"""The same truck again: a retry, the same scan within seconds, an answer told a second time (rules 3 and 4 of ``market``)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Final

import msgspec

from foodtrace.certificate.keylist import KeyList
from foodtrace.errors import Conflict
from foodtrace.events import MarketEntry, Refusal
from foodtrace.events.canonical import decode_alone
from foodtrace.gate.decision import Decision
from foodtrace.gate.facts import Paper
from foodtrace.gate.pack import Rulebook
from foodtrace.gate.reason import Reason
from foodtrace.operations.common import Doing
from foodtrace.operations.considering import Considered, GateAnswer, answer_of, consider, live, spent_on
from foodtrace.operations.gatecode import Look
from foodtrace.operations.gatefacts import Truck
from foodtrace.storage.session import Session
from foodtrace.tlog.entry import event_bytes

_FORGED: Final = "gate.certificate_bad_signature"
_UNKNOWN: Final = "gate.certificate_unknown_key"


def retried(session: Session, doing: Doing, market: str, log: int | None) -> MarketEntry | Refusal | None:
    """Return the entry that a retry is about (rule 4)."""
    if not doing.id or log is None:
        return None
    row = session.row("SELECT bytes FROM entry WHERE log = ? AND id = ?", (log, doing.event_id()))
    if row is None:
        return None
    event = live(decode_alone(event_bytes(bytes(row[0]))))
    if not isinstance(event, (MarketEntry, Refusal)) or event.site != market:
        raise Conflict("record.id_conflict", value=doing.id, field="site", before=event.site, now=market)
    return event


def same_scan(
    session: Session,
    doing: Doing,
    rules: Rulebook,
    market: str,
    gate: str,
    truck: Truck,
    look: Look,
    within: dt.timedelta,
    hosts: Collection[str] = (),
    keys: KeyList | None = None,
) -> MarketEntry | Refusal | None:
    """Return the entry of the same scan seconds ago, if there is one (rule 3).

    An id names a truck of its own, and whatever is told of this truck must be what was told of that one. Key id and serial are
    not enough: anybody can write them on another code. Decided on as that one was, this one must get the same answer.

    :param truck: as told; its ``weight`` none where none was.
    """
    if not look.serial or not within or doing.id:
        return None
    for event in spent_on(session, look, ended=False):
        close = event.site == market and event.gate == gate and abs(doing.now - event.at) <= within
        if not close or event.resolves or _tells_otherwise(truck, event):
            continue
        found = _as_then(session, rules, market, truck, event, hosts, keys)
        if _same_code(event, found) and (found.decision.verdict, found.decision.codes) == (_verdict(event), event.reasons):
            return event
    return None


def again(
    session: Session,
    rules: Rulebook,
    market: str,
    truck: Truck,
    event: MarketEntry | Refusal,
    hosts: Collection[str],
    keys: KeyList | None = None,
) -> GateAnswer:
    """Tell a recorded answer again: its reasons in full where they can still be found, else by their codes."""
    verdict = _verdict(event)
    found = _as_then(session, rules, market, truck, event, hosts, keys)
    if not _same_code(event, found):
        raise Conflict("record.id_conflict", value=event.id, field="certificate", before=event.serial or "-", now=_shown(event, found))
    if found.decision.verdict != verdict or found.decision.codes != event.reasons:
        found = found._replace(decision=_by_codes(event, verdict, rules))
    if isinstance(event, MarketEntry):
        found = found._replace(facts=msgspec.structs.replace(found.facts, drawn=event.drawn if event.rate is not None else None))
    return answer_of(event, found)


def _shown(event: MarketEntry | Refusal, found: Considered) -> str:
    """Name the code shown with an id that stands for another one; where both write the same serial, by what is wrong with it."""
    look = found.look
    return look.serial or "-" if (look.kid, look.serial) != (event.kid, event.serial) else f"{look.serial} ({look.state})"


def _verdict(event: MarketEntry | Refusal) -> str:
    return {"admitted": "admit", "held": "hold"}[event.decision] if isinstance(event, MarketEntry) else "refuse"


def _tells_otherwise(truck: Truck, event: MarketEntry | Refusal) -> bool:
    """Say whether something told of a truck is not what stands in an entry."""
    told = {
        "quantity": truck.weight,
        "seller": truck.seller,
        "goods": truck.goods,
        "product": truck.product,
        "lot": truck.lot,
        "batch": truck.batch,
        "expiry": truck.expiry,
    }
    if any(value and value != getattr(event, field, value) for field, value in told.items()):
        return True
    shown = {(each.kind, each.number, each.valid_until) for each in event.vouchers}
    return any((each.kind, each.number, each.valid_until) not in shown for each in truck.papers)


def _as_then(
    session: Session,
    rules: Rulebook,
    market: str,
    truck: Truck,
    event: MarketEntry | Refusal,
    hosts: Collection[str],
    keys: KeyList | None,
) -> Considered:
    """Decide on a code as at its entry: at its time, with what was told then, its own use left out."""
    same = msgspec.structs.replace(
        truck,
        weight=event.quantity,
        goods=event.goods,
        product=event.product,
        seller=event.seller,
        papers=tuple(Paper(kind=each.kind, number=each.number, valid_until=each.valid_until) for each in event.vouchers),
    )
    return consider(session, event.at, rules, market, same, hosts=hosts, skip=event.id, gate=event.gate, keys=keys)


def _same_code(event: MarketEntry | Refusal, found: Considered) -> bool:
    """Say whether a code is the one that an entry is about; a forged one that names the same certificate is not."""
    look = found.look
    amount = look.payload.amount if look.payload is not None else None
    certified = event.certified_quantity if isinstance(event, MarketEntry) else None
    return (
        (look.kid, look.serial) == (event.kid, event.serial)
        and found.facts.lot in ("", event.lot)
        and (look.state == "bad_signature") == (_FORGED in event.reasons or (look.state == "bad_signature" and _UNKNOWN in event.reasons))
        and certified in (None, amount)
        and (not event.certificate_hash or event.certificate_hash == look.hash or not look.hash)
    )


def _by_codes(event: MarketEntry | Refusal, verdict: str, rules: Rulebook) -> Decision:
    pack = rules.on(event.at.date())
    cited = {rule.code: rule for rule in pack.rules} if pack else {}
    reasons = tuple(
        Reason(code=code, verdict="hold" if verdict == "hold" else "refuse", rule=cited[code].id if code in cited else "")
        for code in event.reasons
    )
    return Decision(
        verdict=verdict,  # type: ignore[arg-type]
        reasons=reasons,
        deadline=event.deadline if isinstance(event, MarketEntry) else None,
        rule_pack=event.rule_pack,
        verified=bool(pack and pack.verified),
    )
