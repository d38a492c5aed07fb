"""Which products are one: blanks, capitals, wide letters and remarks in brackets do not make another (RECALL section 3).

What a dispatch without lot may have been, and which lots a rule means, is told by the product alone. People type "celery" as
"Celery " or "celery (local)"; to take these for other goods would leave an outlet out of the answer.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from functools import lru_cache


def fits_product(product: str, wanted: str) -> bool:
    """Say whether goods of a product may be those of a dispatch without lot; a product nobody named fits every one."""
    return not product or not wanted or product == wanted or _folded(product) == _folded(wanted)


def may_be(products: Collection[str], wanted: str) -> bool:
    """Say whether goods of any of the products that records say may be those of a dispatch without lot.

    Records may contradict each other, and whoever writes "cabbage" on a receipt must not take a buyer of the milk off the list.
    """
    return not products or any(fits_product(each, wanted) for each in products)


def rule_fits(product: str, wanted: str) -> bool | None:
    """Say whether a rule on a product means goods of this one: yes, no, or none where nobody knows.

    A rule without a remark means the goods whatever remark they carry. Of a rule with one nobody can say whether goods with another,
    or with none, are meant.
    """
    if not product:
        return None
    if product == wanted or _plain(product) == _plain(wanted):
        return True
    if _folded(product) != _folded(wanted):
        return False
    return True if _folded(wanted) == _plain(wanted) else None


@lru_cache(maxsize=4_096)
def _folded(product: str) -> str:
    plain = _plain(product)
    return " ".join(re.sub(r"\([^()]*\)", " ", plain).split()) or plain


@lru_cache(maxsize=4_096)
def _plain(product: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", product).casefold().split())
