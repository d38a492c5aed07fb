"""A gate's desk: which market, which gate, and what belongs to one desk's day."""

from __future__ import annotations

import re

from foodtrace.errors import BadData
from foodtrace.graph.directory import resolve_site, sites_of_kind
from foodtrace.storage.session import Session


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
