"""Predicates of a scope (RECALL section 2): which lots fit, which do not, and which nobody can say.

Rules:

1. All attributes asked for must fit. An attribute nobody recorded makes the lot possible, never out.
2. What a farm harvests has no supplier, which is known; without this a supplier's rule would hold every crop of a county.
3. A GTIN stands in the lot id itself where the authority is one.
4. Windows of dates are inclusive at both ends.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Collection

from foodtrace.events import PredicateClause
from foodtrace.graph.edges import day_number
from foodtrace.graph.flows import LotInfo


def fits(clause: PredicateClause, info: LotInfo, suppliers: Collection[str]) -> bool | None:
    """Say whether a lot fits: yes, no, or none where an attribute asked for is unknown.

    :param suppliers: operators whose lots went into it; none on record means unknown.
    """
    verdicts: list[bool | None] = []
    if clause.product:
        verdicts.append(info.product == clause.product if info.product else None)
    if clause.gtin:
        authority = info.text.partition("/")[0]
        gtin = info.gtin or (authority if authority.isdigit() and len(authority) == 14 else "")  # noqa: PLR2004 - GTIN-14
        verdicts.append(gtin == clause.gtin if gtin else None)
    if clause.producer:
        verdicts.append(info.producer == clause.producer if info.producer else None)
    if clause.supplier:
        verdicts.append(clause.supplier in suppliers if suppliers else False if info.harvested else None)
    for value, low, high in (
        (info.produced, clause.produced_from, clause.produced_to),
        (info.expiry, clause.expiring_from, clause.expiring_to),
    ):
        if low is not None or high is not None:
            verdicts.append(
                None if value is None else (low is None or value >= day_number(low)) and (high is None or value <= day_number(high))
            )
    if clause.code:
        verdicts.append(code_matches(clause.code, info.text.partition("/")[2]))
    if False in verdicts:
        return False
    return None if None in verdicts else True


def code_matches(pattern: str, code: str) -> bool:
    """Say whether a lot's code fits a pattern: ``?``, ``*``, ``[0-9]``, alternatives with ``|``."""
    return any(re.fullmatch(fnmatch.translate(part.strip().upper()), code) is not None for part in pattern.split("|"))
