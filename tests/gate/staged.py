"""Scenes of the gate put on a real ledger: facts become entries, and the gate must find them again."""

import datetime as dt
from pathlib import Path
from typing import Any

import msgspec

from foodtrace.certificate.keylist import KeyList
from foodtrace.events import (
    CertificateVoided,
    Licence,
    Listing,
    LotsClause,
    MarketEntry,
    Operator,
    PredicateClause,
    RecallOpened,
    Refusal,
    SellerFile,
    TestRecorded,
    TruckExpected,
)
from foodtrace.gate import Facts
from foodtrace.gate.sampling import drawn
from foodtrace.keys import SigningKey
from foodtrace.operations import certificates
from foodtrace.operations.common import Doing
from foodtrace.operations.market import Draw, Truck
from foodtrace.quantity import Quantity
from tests.gate.desk import Market

OTHER = SigningKey("other", bytes(range(1, 33)))
NOT_STAGED = {
    "a torn label": "scan.truncated",
    "not weighed yet": "gate.weight_missing",
}
"""Scenes that the ledger's gate answers with an error, before any decision: their code."""
TOO_OLD = frozenset({"a day before any pack"})
"""No code of ours can be dated before 2020."""


class Stage:
    """A market where one scene is set."""

    def __init__(self, url: str, keys: Path, facts: Facts) -> None:
        self.desk = Market(url, keys, night=facts.when)
        self.facts = facts
        self.draw: Draw | None = None
        ended = facts.keys_ended
        self.keys = KeyList(made=facts.when - dt.timedelta(days=40), until=ended, keys=()) if ended else None
        self._seller()
        self._lists()
        text = self._certificate()
        self.truck = self._truck(text)
        self._tests()
        self._recalls()
        self.desk.clock.now = facts.when

    def _put(self, event: Any) -> None:
        self.desk.ledger.record([event])

    @property
    def _before(self) -> dt.datetime:
        return self.facts.when - dt.timedelta(hours=2)

    def _seller(self) -> None:
        seller, when = self.facts.seller, self._before
        if seller.known and seller.id != self.desk.farm:
            licences = tuple(Licence(number=each.number, valid_until=each.valid_until) for each in seller.licences)
            self._put(Operator(id="S-op", at=when, operator=seller.id, licences=licences))
        if seller.file:
            agreed, left = seller.agreement_until, seller.left
            self._put(SellerFile(id="S-file", at=when, site=self.desk.market, seller=seller.id, agreement_until=agreed, left=left))
        if seller.risk:
            self._put(Listing(id="S-risk", at=when, operator=seller.id, list="risk", grade=seller.risk, start=when.date()))

    def _lists(self) -> None:
        facts, when = self.facts, self._before
        for count, each in enumerate(facts.blacklistings):
            event = Listing(
                id=f"B-{count}", at=when, operator=facts.seller.id, list="blacklist", basis=each.basis, start=each.start, end=each.end
            )
            self._put(msgspec.structs.replace(event, repair=each.repair))
        if facts.expected is not None:
            seller = facts.seller.id if facts.expected else "L-0099"
            self._put(TruckExpected(id="E-1", at=when, site=self.desk.market, day=facts.when.date(), seller=seller))
        if facts.drawn is not None:
            place = f"{self.desk.market}/1"
            seed = next(s for n in range(10_000) if drawn(s := n.to_bytes(32), facts.when.date(), place, 1, 500) is facts.drawn)
            self.draw = Draw(seed, place)

    def _certificate(self) -> str:
        event: Any
        shown, facts = self.facts.certificate, self.facts
        if shown is None or shown.scan in ("paper", "foreign"):
            return ""
        issued = shown.issued or facts.when.date()
        doing = Doing(now=dt.datetime.combine(issued, dt.time(12), tzinfo=facts.when.tzinfo), id="C")
        until = shown.valid_until or issued + dt.timedelta(days=30)
        _, made = self.desk.ledger.act(
            lambda session: certificates.issue(
                session,
                doing,
                self.desk.key,
                self.desk.farm,
                shown.product,
                shown.quantity or Quantity(1000, "g"),
                shown.basis or ("own_test",),
                valid_days=(until - issued).days,
                code=facts.lot.partition("/")[2],
            )
        )
        text = str(made.text)
        for count, use in enumerate(shown.used):
            lot, kid, serial = made.event.lot, made.event.kid, made.event.serial
            entry = MarketEntry(
                id=f"U-{count}", at=use.when, site=self.desk.market, decision="admitted", lot=lot, product="x", quantity=use.quantity
            )
            self._put(msgspec.structs.replace(entry, kid=kid, serial=serial, certified=True))
        for count, each in enumerate(shown.earlier):
            event = Refusal(
                id=f"X-{count}", at=each.when, site=self.desk.market, asked="market_entry", lot=made.event.lot, seller=each.seller
            )
            if each.kind == "held":
                size = Quantity(1000, "g")
                event = MarketEntry(
                    id=f"X-{count}", at=each.when, site=self.desk.market, decision="held", lot=made.event.lot, product="x", quantity=size
                )
            more = {"kid": made.event.kid, "serial": made.event.serial, "seller": each.seller, "gate": each.gate}
            self._put(msgspec.structs.replace(event, **more))
        for count, twin in enumerate(shown.twins):
            size = twin.quantity or made.event.quantity
            other = self.desk.forged(text, self.desk.key, quantity=size.value)
            self._put(msgspec.structs.replace(made.event, id=f"W-{count}", at=twin.when, quantity=size, payload=other))
        return self._spoiled(text, made.event.lot, made.event.serial)

    def _spoiled(self, text: str, lot: str, serial: str) -> str:
        shown = self.facts.certificate
        answer = shown.scan if shown else "ok"
        farm = self.desk.farm
        if answer == "bad_signature":
            return self.desk.forged(text, OTHER)
        if answer == "unknown_key":
            return self.desk.forged(text, OTHER, as_kid=farm)
        if answer == "foreign_key" and shown is not None:
            self._put(Operator(id="O-666", at=self._before, operator=shown.issuer))
            self.desk.issuer_key(OTHER, shown.issuer, at=self._before)
            return self.desk.forged(text, OTHER, as_kid=shown.issuer)
        if answer == "revoked":
            self.desk.issuer_key(self.desk.key, farm, "revoke", self._before)
        if answer == "voided":
            self._put(CertificateVoided(id="V-1", at=self._before, site=farm, lot=lot, serial=serial))
        if answer == "truncated":
            return text[:-40]
        return text.replace("https://trace.example/", "https://evil.example/") if answer == "host" else text

    def _truck(self, text: str) -> Truck:
        facts, shown = self.facts, self.facts.certificate
        grower = {name: "x" for name in ("identity", "phone", "address") if getattr(facts.self_grown, name)}
        paper = shown.scan if shown is not None and not text else ""
        return Truck(
            text=text,
            seller=facts.seller.id or "L-0999",
            goods=facts.goods,
            product=facts.product,
            weight=facts.quantity,
            gross=facts.gross,
            tare=facts.tare,
            papers=facts.papers,
            shown=shown.form if paper and shown is not None and shown.form != "commitment" else paper,
            certificate=shown if paper else None,
            grower=grower,
            expiry=facts.expiry,
            batch=facts.batch,
            lot="" if text else facts.lot or ("L-0020/BEANS-1" if facts.tests else ""),
        )

    def _tests(self) -> None:
        lot = self.truck.lot or self.facts.lot
        for count, each in enumerate(self.facts.tests):
            event = TestRecorded(id=each.id or f"T-{count}", at=each.when, lot=lot, sample="S-1", item=each.item, verdict=each.verdict)
            more = {"rapid": each.rapid, "inhibition": each.inhibition, "repeats": each.repeats, "confirms": each.confirms}
            self._put(msgspec.structs.replace(event, **more))

    def _recalls(self) -> None:
        for each in self.facts.recalls:
            lot = self.truck.lot or self.facts.lot
            sure = LotsClause(lots=(lot,))
            # Nobody recorded a shelf life: by such a scope the lot is possibly affected.
            unsure = PredicateClause(code=lot.partition("/")[2], expiring_from=dt.date(2026, 1, 1))
            scope = (sure if each.link == "confirmed" else unsure,)
            level: Any = each.level
            when = self._before
            self._put(RecallOpened(id=f"R-{each.case}", at=when, case=each.case, scope=scope, level=level, reason="x", known=when))
