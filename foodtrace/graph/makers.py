"""Who made a lot that several operators' records let begin at their sites. Pure.

A recall is the producer's, and the producer's own stock was never distributed (RECALL sections 3 and 5). Which record came first, or last,
does not say who that is. Rules:

1. Where all births of a lot, under any of its names, lie at sites of one operator, it is the maker.
2. Of several it is the one who gave the lot its code: the operator whose id is the authority of one of the lot's names.
3. Else nobody is known to have made all of the goods: no site is own, so everything counts as distributed until a case says who recalls.
"""

from __future__ import annotations

from collections.abc import Collection


def maker(makers: Collection[str], names: Collection[str]) -> str:
    """Return who made a lot, by operator id; empty: nobody is known to.

    :param makers: operators of the sites it was born at. :param names: every full id of the lot.
    """
    if len(makers) > 1:
        makers = {name.partition("/")[0] for name in names}.intersection(makers)
    return next(iter(makers)) if len(makers) == 1 else ""


__all__ = ["maker"]
