"""Whether proofs that are shown together are of one log: a fork in hand is no proof of anything. Pure.

Rules:

1. Two checkpoints of one log that cover as many entries have one root, those of a handover included. A full subtree (RFC 9162 section
   2.1) has one hash in every tree that holds it: an entry, and what the path of an inclusion proof leads over. And an entry says the hash
   of the one before. Where two proofs say otherwise, the log was signed twice: neither is believed, and each says which the other is.
2. That a larger log grew from a smaller one is not in its proofs, however well they agree. That is said, and asked of whoever keeps
   the log (``verify --since``): :func:`unlike_sizes`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias

import msgspec

from foodtrace.errors import BadData, ProofError
from foodtrace.tlog.checkpoint import TreeHead, parse_head
from foodtrace.tlog.entry import parse
from foodtrace.tlog.keyentries import decode_keys
from foodtrace.tlog.merkle import leaf_hash, node_hash
from foodtrace.tlog.proof import Proof
from foodtrace.tlog.said import ProofSaid

__all__ = ["Facts", "compared", "facts_of", "unlike_sizes"]

Facts: TypeAlias = Mapping[tuple[int, int], bytes]
"""What a proof that holds says of its log, as hashes: of the full subtree of 2^level entries, (level, place among those of its level) ->
hash; of a whole tree, (-1, size) -> root."""
_ROOT = -1


def facts_of(proof: Proof, entry: bytes) -> Facts:
    """Return what a proof says of its log besides its own entry (rule 1). It was checked, and holds."""
    found = dict(_of_keys(proof.extra))
    head = _head(proof.checkpoint)
    found[_ROOT, head.size] = head.root
    found.update(_path(proof.index, head.size, leaf_hash(entry), proof.hashes))
    found.update(_before(proof.index, entry))
    return found


@lru_cache(maxsize=8)
def _of_keys(extra: bytes | None) -> Facts:
    """Return what the key entries that came along say; every proof of one file has the same. The proof's path says the rest of them."""
    found: dict[tuple[int, int], bytes] = {}
    try:
        keys = decode_keys(extra)
    except ProofError:  # another program's line: it says nothing to us
        return found
    for each in keys:
        found[0, each.index] = leaf_hash(each.entry)
        found.update(_before(each.index, each.entry))
        if each.handover:
            head = _head(each.handover)
            found[_ROOT, head.size] = head.root
    return found


def _head(note: bytes) -> TreeHead:
    """Return what a checkpoint says whose signatures were verified."""
    return parse_head(note[: note.rindex(b"\n\n") + 1])


def _before(index: int, entry: bytes) -> Iterator[tuple[tuple[int, int], bytes]]:
    """Return what an entry says of the one before it; bytes of another program's log say nothing."""
    try:
        said = parse(entry)
    except BadData:
        return
    if said.seq == index > 0:
        yield (0, index - 1), bytes.fromhex(said.prev)


def _path(index: int, size: int, leaf: bytes, hashes: Sequence[bytes]) -> Iterator[tuple[tuple[int, int], bytes]]:
    """Return the full subtrees that an inclusion proof leads over, its entry first (RFC 9162 section 2.1.3.2)."""
    place, last, level, own = index, size - 1, 0, leaf
    yield (0, index), leaf
    for other in hashes:
        while place == last and not place & 1:  # no sibling here: the subtree is that of the level below
            place, last, level = place >> 1, last >> 1, level + 1
        left = bool(place & 1)
        if ((place ^ 1) + 1) << level <= size:
            yield (level, place ^ 1), other
        own = node_hash(other, own) if left else node_hash(own, other)
        place, last, level = place >> 1, last >> 1, level + 1
        if (place + 1) << level <= size:
            yield (level, place), own


def compared(said: Sequence[ProofSaid], facts: Mapping[str, Facts]) -> list[ProofSaid]:
    """Return what became of proofs that were checked one by one, compared with each other (rule 1).

    Those that contradict another are broken: ``proof.fork``, ``proof.two_entries``, ``proof.two_histories``.

    :param facts: by ``file`` of those that hold what they say of their logs.
    """
    known: dict[str, dict[tuple[int, int], dict[bytes, str]]] = {}
    for each in said:
        for where, value in facts.get(each.file, {}).items():
            known.setdefault(each.log, {}).setdefault(where, {}).setdefault(value, each.file)
    unlike = {log: {where: values for where, values in there.items() if len(values) > 1} for log, there in known.items()}
    return [_against(each, facts.get(each.file, {}), unlike.get(each.log, {})) for each in said]


def _against(said: ProofSaid, facts: Facts, unlike: Mapping[tuple[int, int], Mapping[bytes, str]]) -> ProofSaid:
    places = sorted(unlike.keys() & facts.keys())
    if not places:
        return said
    level, place = places[0]
    other = next(file for value, file in unlike[places[0]].items() if value != facts[places[0]])
    if level == _ROOT:
        error = ProofError("proof.fork", value=said.file, expected=other, log=said.log, size=place)
    elif level == 0:
        error = ProofError("proof.two_entries", value=said.file, expected=other, log=said.log, index=place)
    else:
        first = place << level
        error = ProofError("proof.two_histories", value=said.file, expected=other, log=said.log, index=first, last=first + (1 << level) - 1)
    return msgspec.structs.replace(said, ok=False, verdict="broken", error=error.as_dict())


def unlike_sizes(said: Iterable[ProofSaid]) -> dict[str, list[int]]:
    """Return the logs whose proofs are under checkpoints of unlike sizes, and these, the smallest first (rule 2)."""
    sizes: dict[str, set[int]] = {}
    for each in said:
        if each.size is not None and each.verdict != "broken":
            sizes.setdefault(each.log, set()).add(each.size)
    return {log: sorted(found) for log, found in sizes.items() if len(found) > 1}
