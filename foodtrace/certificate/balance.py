"""What collectors certify against what came in (DOMAIN section 1.2, style 2). Pure; ``reconcile`` asks the same rules.

A collector (收购者) who mixes or repacks issues certificates of their own and names the ones they took in. Rules:

1. Of one upstream lot, all living style 2 certificates of one site together use no more than came in at that site.
2. What came in is what the books say arrived or was made there. Where the books say nothing, it is at most what the upstream
   certificates are for; where there are none either, nothing is known to have come in, and that is said as such.
3. One certificate is for no more than the portions it names: goods do not grow in a shed.
4. Voided certificates do not count. Amounts in other units than what came in are not compared: they are told apart.
5. One finding for each upstream lot and site, or for each certificate, with everything behind it; the largest first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final, Literal, TypeAlias

import msgspec

from foodtrace.events import Portion
from foodtrace.quantity import Quantity, Unit
from foodtrace.texts import Lang, text

Kind: TypeAlias = Literal["over_upstream", "over_portions", "upstream_unknown", "unit_differs"]
At: TypeAlias = tuple[str, str]
"""Lot and site."""

_ORDER: Final[dict[str, int]] = {"over_upstream": 0, "over_portions": 1, "upstream_unknown": 2, "unit_differs": 3}


class Collected(msgspec.Struct, frozen=True, kw_only=True):
    """A style 2 certificate that is not void."""

    lot: str
    serial: str
    site: str
    quantity: Quantity
    upstream: tuple[Portion, ...]
    entry: str = ""
    """Event id."""


class Came(msgspec.Struct, frozen=True, kw_only=True):
    """What came in of an upstream lot at a site."""

    booked: tuple[Quantity, ...] = ()
    """By the books, one amount a unit; empty where no record speaks."""
    certified: tuple[Quantity, ...] = ()
    """What the living upstream certificates of the lot are for, one amount a unit."""

    @property
    def known(self) -> tuple[Quantity, ...]:
        """Rule 2."""
        return self.booked or self.certified


class OverCertified(msgspec.Struct, frozen=True, kw_only=True):
    """A finding: more is certified than came in."""

    kind: Kind
    lot: str
    """The upstream lot; of ``over_portions`` the certificate's own."""
    site: str
    issued: Quantity
    came: Quantity | None
    """None where nothing is known to have come in, or only in another unit."""
    over: Quantity
    certificates: tuple[str, ...]
    """``LOT SERIAL`` of each, in order."""
    entries: tuple[str, ...]
    """Event ids behind it, in the same order."""

    def message(self, lang: Lang) -> str:
        """Return the finding in a sentence."""
        came = "-" if self.came is None else str(self.came)
        params = {"lot": self.lot, "site": self.site, "issued": str(self.issued), "came": came, "over": str(self.over)}
        return text(f"certificate.{self.kind}", lang, count=len(self.certificates), **params)


def over_certified(certificates: Iterable[Collected], came: Mapping[At, Came]) -> list[OverCertified]:
    """Return every finding about some certificates.

    :param certificates: all living style 2 certificates that name an upstream lot which is in question.
    :param came: what came in, by upstream lot and site; a pair that is missing is a lot of which nothing is known.
    """
    each = list(certificates)
    found = [*_portions(each), *_upstream(each, came)]
    return sorted(found, key=lambda one: (_ORDER[one.kind], -one.over.value, one.lot, one.site))


def _portions(certificates: Collection[Collected]) -> Iterator[OverCertified]:
    """Rule 3, for certificates whose portions are all in the certificate's own unit."""
    for each in certificates:
        unit = each.quantity.unit
        if not each.upstream or any(portion.quantity.unit != unit for portion in each.upstream):
            continue
        put_in = sum(portion.quantity.value for portion in each.upstream)
        if each.quantity.value > put_in:
            yield OverCertified(
                kind="over_portions",
                lot=each.lot,
                site=each.site,
                issued=each.quantity,
                came=Quantity(put_in, unit),
                over=Quantity(each.quantity.value - put_in, unit),
                certificates=(f"{each.lot} {each.serial}",),
                entries=(each.entry,),
            )


def _upstream(certificates: Collection[Collected], came: Mapping[At, Came]) -> Iterator[OverCertified]:
    """Rules 1, 2 and 4."""
    used: dict[tuple[str, str, Unit], list[tuple[Collected, int]]] = {}
    for each in certificates:
        for portion in each.upstream:
            used.setdefault((portion.lot, each.site, portion.quantity.unit), []).append((each, portion.quantity.value))
    for (lot, site, unit), uses in used.items():
        known = came.get((lot, site), Came()).known
        total = sum(value for _, value in uses)
        amount = next((one for one in known if one.unit == unit), None)
        kind: Kind = "over_upstream" if amount is not None else "unit_differs" if known else "upstream_unknown"
        over = total - (amount.value if amount is not None else 0)
        if over <= 0:
            continue
        behind = sorted({(f"{each.lot} {each.serial}", each.entry) for each, _ in uses})
        yield OverCertified(
            kind=kind,
            lot=lot,
            site=site,
            issued=Quantity(total, unit),
            came=amount,
            over=Quantity(over, unit),
            certificates=tuple(name for name, _ in behind),
            entries=tuple(entry for _, entry in behind),
        )
