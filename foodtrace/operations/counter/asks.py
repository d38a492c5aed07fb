"""Between scan and scale: what is asked about a truck, each question answered on the numeric pad."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Final

import msgspec

from foodtrace.certificate.scan import classify_line
from foodtrace.errors import FoodtraceError
from foodtrace.gate import grower, pad, screen
from foodtrace.gate.facts import GOODS, Paper
from foodtrace.gate.screen import Said
from foodtrace.operations import market, sellers
from foodtrace.operations.common import new_id
from foodtrace.operations.counter.base import Pending
from foodtrace.operations.counter.names import Names
from foodtrace.operations.gatefacts import Truck
from foodtrace.operations.market import Considered

_ASKS: Final = {
    "gate.voucher_missing": "purchase",
    "gate.quarantine_missing": "animal_quarantine",
    "gate.meat_inspection_missing": "meat_inspection",
    "gate.customs_missing": "customs",
    "gate.release_certificate_missing": "test_report",
    "gate.quality_voucher_missing": "test_report",
}
"""Reasons that a paper in the driver's hand may answer -> that paper."""


class Asks(Names, ABC):
    """Asks for what is missing, and for nothing that could not change the answer."""

    @abstractmethod
    def _weigh_line(self, line: str) -> list[Said]:
        """Take what the scale shows."""

    @abstractmethod
    def _record(self, *, shown: bool = False) -> list[Said]:
        """Record the decision."""

    def _begin(
        self, truck: Truck, ask: Callable[[str], list[Said]] | None, key: tuple[str, str] = ("", ""), signature: bytes = b""
    ) -> list[Said]:
        self._pending = Pending(truck=truck, id=new_id(self._now()), asked=set(), key=key, signature=signature)
        if ask is not None:
            self._ask = ask
            return []
        return self._next()

    def _next(self) -> list[Said]:
        """Go on with the truck: ask for what is missing, refuse, or weigh it."""
        pending = self._here
        found = self._preview()
        missing = self._missing(found)
        if missing is not None:
            self._ask = missing
            return []
        if found.decision.verdict == "refuse":
            return self._record()
        self._ask = self._weigh_line
        return [Said(self._describe(found, pending.truck))]

    def _missing(self, found: Considered) -> Callable[[str], list[Said]] | None:
        """Return what to ask next before weighing, none if nothing is missing or nothing could change the answer."""
        pending, truck = self._here, self._here.truck
        if not found.facts.product and "product" not in pending.asked:
            return self._product_line
        if found.facts.goods == "self_grown":
            for field in grower.FIELDS:
                if field not in pending.asked and not getattr(found.facts.self_grown, field):
                    pending.paper = field
                    return self._grower_line
        if found.facts.goods == "packaged":
            if not truck.batch and "batch" not in pending.asked:
                return self._batch_line
            if not truck.expiry and "expiry" not in pending.asked:
                return self._expiry_line
        refused = {each.code for each in found.decision.reasons if each.verdict == "refuse"}
        if refused <= set(_ASKS):
            for code in found.decision.codes:
                kind = _ASKS.get(code, "")
                if kind and kind not in pending.asked and not (truck.text and kind in ("purchase", "test_report")):
                    pending.paper = kind
                    return self._paper_line
        return None

    def _preview(self) -> Considered:
        pending = self._here
        with self._books.reading() as session:
            found = market.consider(
                session,
                self._now(),
                self._set.rules,
                self._set.market,
                pending.truck,
                hosts=self._set.hosts,
                gate=self._set.gate,
                keys=self._set.key_list,
            )
        pending.found = found
        return found

    def _describe(self, found: Considered, truck: Truck) -> str:
        with self._books.reading() as session:
            seller = sellers.name_of(session, found.facts.seller.id) if found.facts.seller.id else self._t("gate.word.nobody")
            issuer = sellers.name_of(session, found.look.issuer) if found.look.issuer else ""
        payload = found.look.payload
        if payload is None:
            return screen.clean(
                self._t("counter.manual", goods=self._t(f"gate.goods.{found.facts.goods}"), product=truck.product, seller=seller)
            )
        return screen.clean(
            self._t(
                "counter.truck",
                product=found.facts.product,
                issuer=issuer,
                certified=payload.amount,
                remaining=found.look.remaining,
                harvested=f"{payload.harvested:%m-%d}",
                seller=seller,
            )
        )

    def _card(self, given: str) -> list[Said] | None:
        """Return the lines for a trader card, none if it is no card."""
        with self._books.reading() as session:
            file = sellers.seller_of_card(session, self._set.market, given)
            file = file or sellers.file_of(session, self._set.market, given.upper())
            name = sellers.name_of(session, file.seller) if file else ""
        if file is None:
            return None
        self._seller, self._carded_at = file.seller, self._now()
        today = self._now().date()
        if file.left is not None:
            state = self._t("counter.card.left", left=file.left)
        elif file.agreement_until is None:
            state = self._t("counter.card.no_agreement")
        else:
            key = "counter.card.until" if file.agreement_until >= today else "counter.card.over"
            state = self._t(key, until=file.agreement_until)
        return [Said(self._t("counter.card", name=screen.clean(f"{name} {file.card}"), agreement=state))]

    def _named(self, given: str) -> list[Said] | None:
        """Return the lines for a seller that is typed by the name over a door, none if nobody or more than one has it."""
        with self._books.reading() as session:
            try:
                seller = sellers.seller_at(session, self._set.market, given)
            except FoodtraceError:
                return None
        return self._card(seller)

    def _goods_line(self, line: str) -> list[Said]:
        aside = self._aside(line)
        if aside is not None:
            return aside
        choice = pad.digit(line)
        if choice is None or not 1 <= choice <= len(GOODS):
            return [Said(self._t("counter.choose"))]
        self._change(goods=GOODS[choice - 1])
        if not self._here.truck.seller:
            self._ask = self._seller_line
            return []
        return self._next()

    def _seller_line(self, line: str) -> list[Said]:
        aside = self._aside(line)
        if aside is not None:
            return aside
        given = pad.folded(line)[:80]
        lines = (self._card(given) or self._named(given)) if given else []
        if lines is None:
            return [Said(self._t("counter.no_card", value=screen.clean(given[:40])))]
        self._change(seller=self._carded())
        return [*lines, *self._next()]

    def _paper_line(self, line: str) -> list[Said]:
        aside = self._aside(line)
        if aside is not None:
            return aside
        pending = self._here
        given = pad.folded(line)[:80]
        if any(each.payload is not None for each in classify_line(line)):
            return [Said(f"{screen.bracket('again', self._set.lang)}  {self._t('counter.first_paper')}", "again")]
        pending.asked.add(pending.paper)
        if given and given != "0":
            paper = Paper(kind=pending.paper, number=given)  # type: ignore[arg-type]  # a word of _ASKS
            self._change(papers=(*pending.truck.papers, paper))
            if pending.paper == "animal_quarantine":
                self._ask = self._until_line
                return []
        return self._next()

    def _until_line(self, line: str) -> list[Said]:
        aside = self._aside(line)
        if aside is not None:
            return aside
        if pad.folded(line):
            *rest, last = self._here.truck.papers
            day = pad.day(line, self._now().date())
            self._change(papers=(*rest, msgspec.structs.replace(last, valid_until=day)))
        return self._next()

    def _batch_line(self, line: str) -> list[Said]:
        aside = self._aside(line)
        if aside is not None:
            return aside
        self._here.asked.add("batch")
        self._change(batch=pad.folded(line)[:80])
        return self._next()

    def _expiry_line(self, line: str) -> list[Said]:
        aside = self._aside(line)
        if aside is not None:
            return aside
        if pad.folded(line):
            self._change(expiry=pad.day(line, self._now().date(), future=True))
        self._here.asked.add("expiry")
        return self._next()
