"""The same truck again: a retry, the same scan within seconds, an answer told a second time (rules 3 and 4 of ``market``)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import msgspec

from foodtrace.certificate.keylist import KeyList
from foodtrace.errors import Conflict
from foodtrace.events import MarketEntry, Refusal
from foodtrace.events.canonical import decode
from foodtrace.gate.decision import Decision
from foodtrace.gate.pack import Rulebook
from foodtrace.gate.reason import Reason
from foodtrace.operations.common import Doing
from foodtrace.operations.considering import GateAnswer, answer_of, consider, live, spent_on
from foodtrace.operations.gatecode import Look
from foodtrace.operations.gatefacts import Truck
from foodtrace.quantity import Quantity
from foodtrace.storage.session import Session
from foodtrace.tlog.entry import event_bytes


def retried(session: Session, doing: Doing, market: str, log: int | None) -> MarketEntry | Refusal | None:
    """Return the entry that a retry is about (rule 4)."""
    if not doing.id or log is None:
        return None
    row = session.row("SELECT bytes FROM entry WHERE log = ? AND id = ?", (log, doing.event_id()))
    if row is None:
        return None
    event = live(decode(event_bytes(bytes(row[0]))))
    if not isinstance(event, (MarketEntry, Refusal)) or event.site != market:
        raise Conflict("record.id_conflict", value=doing.id, field="site", before=event.site, now=market)
    return event


def same_scan(
    session: Session, doing: Doing, market: str, gate: str, look: Look, weight: Quantity | None, within: dt.timedelta
) -> MarketEntry | Refusal | None:
    """Return the entry of the same scan seconds ago, if there is one (rule 3)."""
    if not look.serial or not within:
        return None
    for event in spent_on(session, look, ended=False):
        close = event.site == market and event.gate == gate and abs(doing.now - event.at) <= within
        if close and (weight is None or weight == event.quantity) and not event.resolves:
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
    verdict = {"admitted": "admit", "held": "hold"}[event.decision] if isinstance(event, MarketEntry) else "refuse"
    same = msgspec.structs.replace(truck, weight=event.quantity, goods=event.goods, product=event.product, seller=event.seller)
    found = consider(session, event.at, rules, market, same, hosts=hosts, skip=event.id, gate=event.gate, keys=keys)
    if found.look.serial != event.serial or found.look.kid != event.kid:
        raise Conflict("record.id_conflict", value=event.id, field="serial", before=event.serial, now=found.look.serial)
    if found.decision.verdict != verdict or found.decision.codes != event.reasons:
        found = found._replace(decision=_by_codes(event, verdict, rules))
    if isinstance(event, MarketEntry):
        found = found._replace(facts=msgspec.structs.replace(found.facts, drawn=event.drawn if event.rate is not None else None))
    return answer_of(event, found)


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
