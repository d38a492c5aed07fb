"""What follows from a table that is gone, and is not said once more for each row that stood in it.

Rules:

1. That the table is gone is one finding (``tlog.table_missing``): what stood in it could not be looked at. A finding for each of its
   rows would say no more, and bury what else is wrong, of which nothing is left out.
2. What cannot be compared for want of the table is not said to be other than it was.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

import msgspec

from foodtrace.verification.answer import Finding, Verification

_IMPLIED: Final[Mapping[str, frozenset[str]]] = {
    "entry": frozenset({"tlog.empty", "tlog.truncated", "tlog.node_mismatch", "tlog.head_mismatch", "personal.tampered"}),
    "node": frozenset({"tlog.node_mismatch"}),
    "checkpoint": frozenset({"tlog.uncovered", "tlog.no_checkpoint", "tlog.key_batch", "tlog.checkpoint_gone", "tlog.other_checkpoint"}),
    "head": frozenset({"tlog.head_mismatch"}),
    "personal": frozenset({"personal.vanished"}),
}
"""Table -> codes of findings that are about its rows, or about others for want of them."""
_ROOTS: Final = frozenset({"entry", "node"})
"""Tables without which the root of an earlier size is not to be had."""


def without_implied(answer: Verification, gone: Collection[str]) -> Verification:
    """Return what ``verify`` found, without what follows from tables that are gone. It is no yes, whatever is left."""
    codes = {code for table in gone for code in _IMPLIED.get(table, ())}
    if not codes:
        return answer
    findings = tuple(each for each in answer.findings if each.code not in codes and not (_ROOTS & set(gone) and _rootless(each)))
    return msgspec.structs.replace(answer, findings=findings)


def _rootless(found: Finding) -> bool:
    return found.code == "tlog.forked" and found.got == "-"


__all__ = ["without_implied"]
