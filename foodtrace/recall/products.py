"""Which products are one: blanks, capitals, wide letters and remarks in brackets do not make another (RECALL section 3).

What a dispatch without lot may have been is told by its product alone. People type "celery" as "Celery " or "celery (local)"; to
take these for other goods would leave an outlet out of the answer.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache


def fits_product(product: str, wanted: str) -> bool:
    """Say whether goods of a product may be those of a dispatch without lot; a product nobody named fits every one."""
    return not product or not wanted or product == wanted or _folded(product) == _folded(wanted)


@lru_cache(maxsize=4_096)
def _folded(product: str) -> str:
    plain = unicodedata.normalize("NFKC", product).casefold()
    return " ".join(re.sub(r"\([^()]*\)", " ", plain).split()) or " ".join(plain.split())
