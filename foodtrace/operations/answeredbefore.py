"""What a site had answered of goods that it takes in now: an answer that meant them, and a receipt, tell one load twice.

Rules:

1. An answer is a count at the arrival of the notice. What came by then is in it, whenever that is recorded; what comes after it is told
   besides.
2. The last answer about the goods, under any of their names, holds. Nothing on hand leaves nothing that could be meant.
3. Nobody can tell whether the answer meant what was still on its way: it is said, and the receipt is recorded.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from foodtrace.events import Receipt
from foodtrace.graph.edges import UNIT_NAMES, micros
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.common import local
from foodtrace.quantity import Quantity
from foodtrace.recall.cases import load_cases
from foodtrace.recall.packs import for_case
from foodtrace.recall.sums import answered
from foodtrace.storage.session import Session


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """What a site had answered of a lot by the time that it took more of it in."""

    case: str
    quantity: Quantity
    """On hand when the notice arrived."""
    notice: str
    """When that was, local time."""


def answered_before(session: Session, event: Receipt, cases: Iterable[str], now: int) -> list[Answered]:
    """Return what the site of a receipt had answered of its lot, case by case, where the answer may have meant these goods.

    :param cases: those that stand against the lot. :param now: an answer given by now counts, also one given after the goods came.
    """
    came = micros(event.at)
    facts = SqlFacts(session, now)
    lot, site = facts.lot(event.lot), facts.site(event.site)
    if lot is None or site is None:
        return []
    names = {lot} | {name for both in facts.aliases([lot]) for name in both}
    found = []
    for number in cases:
        for state in load_cases(session, number, until=now):
            settings = for_case(state, session.rules).settings
            for key, (t, q) in answered(state, now, dict.fromkeys(names, lot), settings).items():
                if key[:2] == (lot, site) and q and t <= came:
                    notice = f"{local(t):%Y-%m-%d %H:%M}"
                    found.append(Answered(case=state.name or state.case, quantity=Quantity(q, UNIT_NAMES[key[2]]), notice=notice))
    return found
