"""Naming the goods and the grower: the product from a list, and what is recorded of whoever grew it, each in a form that can be true.

Rules:

1. A product is chosen by number (:mod:`foodtrace.operations.counter.offers`) or typed; signs alone are no name, a trader card is none.
2. What stands in the seller file is not asked again. What is typed must have its form (:mod:`foodtrace.gate.grower`); Enter
   leaves it out, and the decision says what is missing.
3. While anything is asked, the keys of the counter mean what they always mean; what would leave this truck half done is told.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from foodtrace.errors import BadData
from foodtrace.gate import grower, pad, screen
from foodtrace.gate.screen import Said
from foodtrace.operations import sellers
from foodtrace.operations.counter.base import Desk
from foodtrace.operations.counter.offers import pages_of


class Names(Desk, ABC):
    """Asks what the goods are and who grew them."""

    @abstractmethod
    def _next(self) -> list[Said]:
        """Go on with the truck."""

    def _aside(self, line: str) -> list[Said] | None:
        """Return what a command says while a question stands (rule 3), none if the line is none."""
        command = pad.command(line)
        if command is None:
            return None
        name, number = command
        if name == "undo" and not number:
            return self._drop()
        if name == "help":
            return self._help()
        if name == "details" and self._here.found is not None:
            return screen.details(self._here.found.decision, self._set.lang)
        if name == "unit":
            self._unit = "斤" if self._unit == "kg" else "kg"
            return [Said(self._t("counter.unit", unit=self._unit_word()))]
        return [Said(self._t("counter.first_answer"))]

    def _product_line(self, line: str) -> list[Said]:
        aside = self._aside(line)
        if aside is not None:
            return aside
        pages = self._offers()
        shown = pages[self._here.page % len(pages)]
        given = " ".join(pad.folded(line).split())[:100]
        choice = pad.digit(line)
        if choice == 0:
            self._here.page += 1
            return []
        if choice is not None and choice <= len(shown):
            given = shown[choice - 1]
        if not grower.is_name(given) or self._is_card(given):
            return [Said(self._t("counter.choose_product"))]
        self._change(product=given)
        self._here.asked.add("product")
        return self._next()

    def _is_card(self, given: str) -> bool:
        with self._books.reading() as session:
            return sellers.seller_of_card(session, self._set.market, given) is not None

    def _offers(self) -> tuple[tuple[str, ...], ...]:
        """Return the pages of products, read once a truck."""
        pending = self._here
        if not pending.offers:
            goods = pending.found.facts.goods if pending.found else pending.truck.goods
            seller = pending.truck.seller or (pending.found.look.issuer if pending.found else "")
            with self._books.reading() as session:
                file = sellers.file_of(session, self._set.market, seller)
                pending.offers = pages_of(session, self._set.log, self._set.market, goods or "produce", file.kinds if file else ())
        return pending.offers

    def _product_prompt(self) -> str:
        pages = self._offers()
        shown = pages[self._here.page % len(pages)]
        words = " ".join(f"{place} {screen.clean(name)}" for place, name in enumerate(shown, start=1))
        return self._t("counter.prompt.product", choices=words)

    def _grower_line(self, line: str) -> list[Said]:
        aside = self._aside(line)
        if aside is not None:
            return aside
        pending = self._here
        given, choice = pad.folded(line)[:200], pad.digit(line)
        if pending.paper == "identity" and not pending.other and choice is not None:
            if not 1 <= choice <= len(grower.PAPERS):
                return [Said(self._t("counter.choose"))]
            pending.other = grower.PAPERS[choice - 1]
            return []
        places = self._places() if pending.paper == "address" else ()
        if choice is not None and 1 <= choice <= len(places):
            given = places[choice - 1]
        if given:
            if pending.paper == "address" and self._is_card(given):
                raise BadData("grower.address", value=len(given), expected="-")
            self._change(grower={**pending.truck.grower, pending.paper: grower.read(pending.paper, given, pending.other)})
        pending.other = ""
        pending.asked.add(pending.paper)
        return self._next()

    def _places(self) -> tuple[str, ...]:
        """Return where the seller's goods come from as its file has it: a grower lives there, or nearby."""
        with self._books.reading() as session:
            file = sellers.file_of(session, self._set.market, self._here.truck.seller)
        return tuple(each for each in file.sources if grower.is_name(each))[:9] if file else ()

    def _grower_prompt(self) -> str:
        pending = self._here
        if pending.other:
            return self._t("counter.prompt.other_paper", paper=self._t(f"counter.paper.{pending.other}"))
        if pending.paper == "identity":
            choices = " ".join(f"{place} {self._t(f'counter.paper.{each}')}" for place, each in enumerate(grower.PAPERS, start=1))
            return self._t("counter.prompt.identity", choices=choices)
        places = self._places() if pending.paper == "address" else ()
        choices = " ".join(f"{place} {screen.clean(each)}" for place, each in enumerate(places, start=1))
        return " ".join(self._t(f"counter.prompt.{pending.paper}", choices=choices).replace(" , ", ", ").split()) + " "
