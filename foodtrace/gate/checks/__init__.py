"""The checks of the gate, one for each reason code.

Which of them apply to which goods, what they ask for and under which article is data (:mod:`foodtrace.gate.pack`).

Rules:

1. A check reads facts and gives one set of parameters for each time it has something to say; none: it is content.
2. A check never raises, whatever the facts are, and never looks at what other checks found.
3. More that is wrong never makes a check content, unless another one that asks for as much then speaks.
"""

from typing import Final

from foodtrace.gate.checks import certificate, goods, papers, seller
from foodtrace.gate.checks.base import Check

__all__ = ["CHECKS", "NEED_DOCUMENTS"]

CHECKS: Final[dict[str, Check]] = {**seller.CHECKS, **certificate.CHECKS, **papers.CHECKS, **goods.CHECKS}
"""Reason code -> its check."""

NEED_DOCUMENTS: Final = papers.NEED_DOCUMENTS
"""Codes whose rule says which documents satisfy it."""
