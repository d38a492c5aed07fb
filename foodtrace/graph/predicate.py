"""Predicates of a scope (RECALL section 2): which lots fit, which do not, and which nobody can say.

Rules:

1. All attributes asked for must fit. An attribute nobody recorded makes the lot possible, never out.
2. What a farm harvests has no supplier, which is known; without this a supplier's rule would hold every crop of a county.
   Who supplied what was made of other lots: :mod:`foodtrace.graph.suppliers`.
3. A GTIN stands in the lot id itself where the authority is one.
4. Windows of dates are inclusive at both ends.
5. A product is one however its blanks, capitals, wide letters and remarks were written (:mod:`foodtrace.graph.products`).
6. Records may contradict each other. A lot that fits by any of them is possible, whatever the latest says: a shop that writes
   another product on its receipt must not take the lot out of a recall.
   Of several operators said to have made it, each may have; which of its names each was said of does not matter.
7. A lot may go by several names. Its code, and who gave it its code, is that of any of them (:mod:`foodtrace.graph.fitting`).
8. Goods dispatched without lot have no code, and nobody gave them one: both are unknown.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Collection, Iterable

import msgspec

from foodtrace.events import PredicateClause
from foodtrace.graph.edges import day_number
from foodtrace.graph.flows import LotInfo
from foodtrace.graph.products import rule_fits
from foodtrace.graph.suppliers import NOBODY_KNOWS

_RANK = {False: 0, None: 1, True: 2}


def fits(clause: PredicateClause, info: LotInfo, suppliers: Collection[str], names: Collection[str] = ()) -> bool | None:
    """Say whether a lot fits: yes, no, or none where an attribute asked for is unknown.

    :param suppliers: operators that made or sent on what went into it; none on record means unknown, the empty one somebody unknown.
    :param names: every full id of the lot; none: it has the one of ``info`` only.
    """
    names = [name for name in names or (info.text,) if not name.startswith("?")]
    authorities = {name.partition("/")[0] for name in names}
    verdicts: list[bool | None] = []
    if clause.product:
        verdicts.append(rule_fits(info.product, clause.product))
    if clause.gtin:
        gtins = {each for each in authorities if each.isdigit() and len(each) == 14} | {info.gtin} - {""}  # noqa: PLR2004 - GTIN-14
        verdicts.append(clause.gtin in gtins if gtins else None)
    if clause.producer:
        # Who gave the lot its code made it, also where the gate of a market is the first to record it.
        verdicts.append(clause.producer in authorities or _made_by(clause.producer, info.all_makers))
    if clause.supplier:
        verdicts.append(_supplied_by(clause.supplier, info, suppliers))
    for value, low, high in (
        (info.produced, clause.produced_from, clause.produced_to),
        (info.expiry, clause.expiring_from, clause.expiring_to),
    ):
        if low is not None or high is not None:
            verdicts.append(
                None if value is None else (low is None or value >= day_number(low)) and (high is None or value <= day_number(high))
            )
    if clause.code:
        verdicts.append(any(code_matches(clause.code, name.partition("/")[2]) for name in names) if names else None)
    if False in verdicts:
        return False
    return None if None in verdicts else True


def _supplied_by(operator: str, info: LotInfo, suppliers: Collection[str]) -> bool | None:
    if operator in suppliers:
        return True
    return None if NOBODY_KNOWS in suppliers or not (suppliers or info.harvested) else False


def _made_by(operator: str, makers: Collection[str]) -> bool | None:
    """Say whether a lot is of an operator: none where nobody, or it among others, is said to have made it."""
    return None if not makers or (operator in makers and len(makers) > 1) else operator in makers


def may_fit(
    clause: PredicateClause, info: LotInfo, words: Iterable[LotInfo], suppliers: Collection[str], names: Collection[str] = ()
) -> bool | None:
    """Say whether a lot fits as :func:`fits` does; none too where it fits only by words that later ones contradict (rule 6).

    :param info: the latest word on each attribute. :param words: what each single record said. :param names: as there.
    """
    verdict = fits(clause, info, suppliers, names)
    if verdict is not False:
        return verdict
    kind = info
    for each in words:
        changes = {
            name: getattr(each, name)
            for name in ("product", "gtin", "produced", "expiry")
            if getattr(each, name) not in ("", None) and _better(clause, kind, name, getattr(each, name))
        }
        kind = msgspec.structs.replace(kind, harvested=kind.harvested and each.harvested, **changes)
    return None if fits(clause, kind, suppliers, names) is not False else False


def _better(clause: PredicateClause, info: LotInfo, name: str, value: str | int) -> bool:
    """Say whether a word on one attribute fits what is asked of it, and the one that stands does not."""
    if name == "product":
        return _RANK[rule_fits(str(value), clause.product)] > _RANK[rule_fits(info.product, clause.product)]
    if name == "gtin":
        return bool(value == getattr(clause, name) != getattr(info, name))
    low, high = (clause.produced_from, clause.produced_to) if name == "produced" else (clause.expiring_from, clause.expiring_to)
    asked = PredicateClause(produced_from=low, produced_to=high)
    return fits(asked, LotInfo(lot=0, text="", produced=int(value)), ()) is True and (
        fits(asked, LotInfo(lot=0, text="", produced=getattr(info, name)), ()) is False
    )


def code_matches(pattern: str, code: str) -> bool:
    """Say whether a lot's code fits a pattern: ``?``, ``*``, ``[0-9]``, alternatives with ``|``."""
    return any(re.fullmatch(fnmatch.translate(part.strip().upper()), code) is not None for part in pattern.split("|"))
