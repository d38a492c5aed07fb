"""Whether proofs that are shown together are of one log: a fork in hand is no proof of anything. Pure.

Rules:

1. Two checkpoints of one log that cover as many entries have one root, and two proofs of one place one entry. Where they have not, the log
   was signed twice: neither is believed, and each says which the other is.
2. Whether a larger log grew from a smaller one is not in its proofs. That is said, and asked of whoever keeps the log
   (``verify --since``): :func:`unlike_sizes`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from foodtrace.errors import ProofError
from foodtrace.tlog.said import ProofSaid

__all__ = ["compared", "unlike_sizes"]


def compared(said: Sequence[ProofSaid]) -> list[ProofSaid]:
    """Return what became of proofs that were checked one by one, compared with each other (rule 1).

    Those that contradict another are broken: ``proof.fork``, ``proof.two_entries``.
    """
    roots: dict[tuple[str, int], dict[str, str]] = {}
    leaves: dict[tuple[str, int], dict[str, str]] = {}
    for each in said:
        if each.index is not None and each.size is not None:
            roots.setdefault((each.log, each.size), {}).setdefault(each.root, each.file)
            leaves.setdefault((each.log, each.index), {}).setdefault(each.leaf, each.file)
    return [_against(each, roots, leaves) for each in said]


def _against(said: ProofSaid, roots: dict[tuple[str, int], dict[str, str]], leaves: dict[tuple[str, int], dict[str, str]]) -> ProofSaid:
    if said.index is None or said.size is None:
        return said
    checks = (("proof.fork", said.root, roots[said.log, said.size]), ("proof.two_entries", said.leaf, leaves[said.log, said.index]))
    for code, own, known in checks:
        others = [file for each, file in known.items() if each != own]
        if others:
            error = ProofError(code, value=said.file, expected=others[0], log=said.log, size=said.size, index=said.index)
            return msgspec.structs.replace(said, ok=False, verdict="broken", error=error.as_dict())
    return said


def unlike_sizes(said: Iterable[ProofSaid]) -> dict[str, list[int]]:
    """Return the logs whose proofs are under checkpoints of unlike sizes, and these, the smallest first (rule 2)."""
    sizes: dict[str, set[int]] = {}
    for each in said:
        if each.size is not None and each.verdict != "broken":
            sizes.setdefault(each.log, set()).add(each.size)
    return {log: sorted(found) for log, found in sizes.items() if len(found) > 1}
