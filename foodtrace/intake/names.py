"""Names in cells -> ids on record, each looked up once.

Rules:

1. A code is tried before a name. When the code fits several sites (one operator, several shops) the name decides.
2. A text nobody knows that has the length of a credit code is read as one, leniently: a damaged code is called by its cause.
3. A code and a name that are two different sites are refused: nobody is picked.
4. A product contradicts its lot when its name has no letter of Chinese, or no English word, in common with what the lot is on record
   as: one product goes by several names (芹菜, 西芹). Names in two scripts, and lots of a bar code (brand names), are not compared.
5. Words for a walk-in customer (散客, 零售 ...) are nobody on record.
"""

from __future__ import annotations

import re
from typing import Final

from foodtrace.errors import Ambiguous, BadData, FoodtraceError, NotFound
from foodtrace.identifiers import lot, uscc
from foodtrace.intake.model import Directory

WALK_IN: Final = frozenset(
    "散客 零售 零售客户 个人 现金客户 现金 普通客户 普通顾客 顾客 消费者 散户 walk-in walkin retail consumer cash private".split()  # noqa: SIM905
)
_HAN: Final = re.compile("[\u4e00-\u9fff]")
_WORD: Final = re.compile("[a-z]{3,}")
_CREDIT: Final = re.compile(r"[0-9A-Za-z]{15,22}")


class Names:
    """A directory with a memory, for one file."""

    def __init__(self, directory: Directory, market: str) -> None:
        self._directory = directory
        self.market = market
        self._sites: dict[str, str | FoodtraceError] = {}
        self._lots: dict[tuple[str, str], str | FoodtraceError] = {}
        self._products: dict[str, str] = {}
        self._of: dict[str, tuple[str, ...]] = {}

    def site(self, name: str) -> str:
        """Return the id of a site. Raises what the directory raises, and ``uscc.*`` by rule 2."""
        known = self._sites.get(name)
        if known is None:
            try:
                known = self._looked_up(name)
            except FoodtraceError as error:
                known = error
            self._sites[name] = known
        if isinstance(known, FoodtraceError):
            raise known
        return known

    def _looked_up(self, name: str) -> str:
        try:
            return self._directory.site(name, market=self.market)
        except NotFound:
            if _CREDIT.fullmatch(name) is None or not any(c.isdigit() for c in name):
                raise
            code = uscc.parse(name, lenient=True).code
            if code == name:
                raise
            return self._directory.site(code, market=self.market)

    def party(self, code: str, name: str) -> str:
        """Return the site of a code and a name, either of which may be empty, empty for nobody (rules 1, 3, 5)."""
        code, name = ("" if each.lower() in WALK_IN else each for each in (code, name))
        if not code:
            return self.site(name) if name else ""
        try:
            found = self.site(code)
        except Ambiguous as error:
            if name and (named := self._perhaps(name)) and (named in error.candidates or not error.candidates):
                return named
            raise
        if name and name != code and (named := self._perhaps(name)) and named != found:
            raise BadData("record.contradicts", value=f"{code} / {name}", one=found, other=named)
        return found

    def _perhaps(self, name: str) -> str:
        try:
            return self.site(name)
        except (NotFound, Ambiguous, BadData):
            return ""

    def lot(self, name: str, site: str, gtin: str = "") -> str:
        """Return a lot's full id; a bare code with a GTIN beside it is that product's."""
        text = name.upper()
        if gtin and "/" not in text:
            text = f"{gtin}/{text}"
        known = self._lots.get((text, site))
        if known is None:
            try:
                known = self._directory.lot(self._form(text), site=site)
            except FoodtraceError as error:
                known = error
            self._lots[text, site] = known
        if isinstance(known, FoodtraceError):
            raise known
        return known

    @staticmethod
    def _form(text: str) -> str:
        return str(lot.parse(text, lenient=True)) if "/" in text else lot.parse_code(text)

    def product(self, name: str) -> str:
        """Return a product's name as it is on record."""
        known = self._products.get(name)
        if known is None:
            known = self._products[name] = self._directory.product(name) if name else ""
        return known

    def other_product(self, lot_id: str, product: str) -> str:
        """Return what a lot is on record as, where a product's name contradicts it (rule 4), else empty."""
        if not product or "/" not in lot_id or lot_id.partition("/")[0].isdigit():
            return ""
        known = self._of.get(lot_id)
        if known is None:
            known = self._of[lot_id] = self._directory.products_of(lot_id)
        return known[0] if known and all(_nothing_common(product, each) for each in known) else ""


def _nothing_common(one: str, other: str) -> bool:
    first, second = set(_HAN.findall(one)), set(_HAN.findall(other))
    if first or second:
        return bool(first) and bool(second) and not first & second
    words = [set(_WORD.findall(each.lower())) for each in (one, other)]
    return all(words) and not words[0] & words[1]
