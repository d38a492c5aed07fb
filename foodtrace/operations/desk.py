"""A gate's desk: which market, which gate, and what belongs to one desk's day."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from foodtrace.errors import BadData
from foodtrace.graph.directory import resolve_site, sites_of_kind
from foodtrace.operations.common import Doing, Outcome
from foodtrace.quantity import Quantity
from foodtrace.storage.session import Session

if TYPE_CHECKING:
    from foodtrace.certificate.keylist import KeyList
    from foodtrace.gate.pack import Rulebook
    from foodtrace.operations.market import Truck


class Asked(NamedTuple):
    """What a program says of a truck, as :func:`foodtrace.operations.market.admit` takes it."""

    text: str
    weight: Quantity | None
    truck: Truck | None
    hosts: Collection[str]
    keys: KeyList | None


def decide(
    session: Session, doing: Doing, book: Rulebook, asked: Asked, *, market: str | None, gate: str, seeds: Path, log: int
) -> Outcome:
    """Decide on one truck at a desk where nobody watches the scanner: the same code within seconds is one scan.

    :param market: as :func:`market_of` takes it. :param gate: its number. :param seeds: folder of the sampling seeds.
    :param log: number of the log that is written.
    """
    from foodtrace.operations import sampling  # noqa: PLC0415 - who only asks for a market or a gate needs neither
    from foodtrace.operations.market import SAME_SCAN, admit  # noqa: PLC0415

    place = market_of(session, market)
    return admit(
        session,
        doing,
        book,
        asked.text,
        place,
        weight=asked.weight,
        truck=asked.truck,
        gate=gate,
        draw=sampling.draw_of(session, seeds, place, gate, doing.now.date()),
        hosts=asked.hosts,
        keys=asked.keys,
        within=SAME_SCAN,
        log=log,
    )


def market_of(session: Session, given: str | None) -> str:
    """Return a market's id from its id or name, or the only one there is.

    :raises BadData: ``gate.which_market``. :raises NotFound: ``site.not_found``. :raises Ambiguous: ``site.ambiguous``.
    """
    if given:
        return resolve_site(session, given)
    found = sites_of_kind(session, ("market",))
    if len(found) != 1:
        raise BadData("gate.which_market", value=len(found), expected="--market")
    return found[0][0]


def gate_of(origin: str, given: str = "") -> str:
    """Return a gate's number: as given, else the digits at the end of its log's origin, else 1.

    :raises BadData: ``gate.number``.

    >>> gate_of("beihe.example/gate12"), gate_of("local/1a2b3c4d"), gate_of("x.example/desk")
    ('12', '1', '1')
    """
    if given:
        if not re.fullmatch(r"[0-9]{1,3}", given):
            raise BadData("gate.number", value=given, expected="1 .. 999")
        return given
    last = origin.rsplit("/", 1)[-1]
    match = re.fullmatch(r"[A-Za-z_-]*([0-9]{1,3})", last)
    return match[1] if match and not origin.startswith("local/") else "1"
