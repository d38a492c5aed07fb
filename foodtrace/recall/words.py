"""What several logs say of one side of one transfer, made one word (RECALL sections 1 and 8). Pure.

Where seller and buyer each keep a log, both may hold the voucher of one load. Which of them was recorded first, or imported first, says
nothing about the goods. Rules:

1. A **word** is what one log says of one lot, number, sender and receiver: its lines together. Words that agree are one word.
2. Where words differ in **quantity**, the largest counts, of what was sent and of what arrived: somebody says that so much went there, and
   what is counted too low is looked for by nobody. That they differ is a finding of its own (``quantity_differs``).
3. Goods **arrived** if any word says so; what arrived is the largest word of those that do.
4. Where **times** differ it left as late, and arrived as early, as any word has it, as for a day without an hour (RECALL section 1): so no
   step is missed. Words that can all be true (a day, and an hour of that day) mean what they have in common. An unknown time is no word.
5. Words in unlike **units** cannot be compared: the one unit says what was sent, the other what arrived (``unit_differs``).
6. Words that name unlike **receivers** are two moves, and each says of the other that it is there: one of the two sites has the goods.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TypeAlias

import msgspec

from foodtrace.graph.flows import ALWAYS, CUSTODY, DAY, DELIVERED, LEAVING, NEVER, UNKNOWN_TIME, Flow, FlowKind

_LAST: int = 86_400_000_000 - 1
Entry: TypeAlias = tuple[int, int]


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """What counts of one side of a transfer that several logs tell."""

    sent: int
    came: int
    """What arrived by the largest word that says so; 0: none does."""
    unit: int
    unit_in: int
    early: int
    late: int
    entries: tuple[Entry, ...]
    """(log, seq) of every word, in the order of time."""
    arrived: bool
    both: bool
    """Some word speaks for both sides of the move."""
    custody: bool
    """Every word on what arrived says that it was sealed: what is not has to be looked for."""
    unlike: int = 0
    """By how much quantities differ (rule 2)."""
    apart: int = 0
    """By how much times differ at least, microseconds (rule 4)."""
    elsewhere: bool = False
    """Another log names another receiver (rule 6)."""


def span(flow: Flow) -> tuple[int, int]:
    """Return the earliest and the latest moment of a side of a move: what leaves is dated late, what arrives early."""
    if flow.flags & UNKNOWN_TIME:
        return ALWAYS, NEVER
    if not flow.flags & DAY:
        return flow.t, flow.t
    return (flow.t - _LAST, flow.t) if flow.kind in LEAVING else (flow.t, flow.t + _LAST)


def once(group: Sequence[Flow], told: dict[Flow, Words]) -> list[Flow]:
    """Make what several logs say of one transfer one; return what is left of a group of one lot and number, its order kept.

    :param group: dispatches and returns, or receipts, by time, then log and place. :param told: is given what counts of each made one.
    """
    together: dict[tuple[int, int, int], list[Flow]] = defaultdict(list)
    for each in group:
        if each.pair and each.site and each.other:
            together[each.kind, each.site, each.other].append(each)
    kept: set[Flow] = set()
    gone: set[Flow] = set()
    for lines in together.values():
        if len({each.log for each in lines}) > 1:
            made = _one(lines)
            told.update(made)
            kept |= made.keys()
            gone.update(lines)
    if len(together) > 1:
        _elsewhere(together, told)
    return [each for each in group if each not in gone or each in kept] if gone else list(group)


def _one(lines: Sequence[Flow]) -> dict[Flow, Words]:
    """Return the flows that stand for what several logs say of one transfer, and what counts of each."""
    by_log: dict[int, list[Flow]] = defaultdict(list)
    for each in lines:
        by_log[each.log].append(each)
    words = list(by_log.values())
    alike = {tuple(sorted((each.unit, each.q) for each in word)) for word in words}
    if len(alike) > 1:
        return {lines[0]: _counted(words)}
    # Line by line: each is told by every log.
    for word in words:
        word.sort(key=lambda each: (each.unit, each.q, each.t))
    return {same[0]: _counted([[each] for each in same]) for same in zip(*words, strict=True)}


def _counted(words: Sequence[Sequence[Flow]]) -> Words:
    """Return what counts of what each log says, a list of lines a log."""
    units = sorted({each.unit for word in words for each in word})
    unit, unit_in = units[0], units[-1]
    arriving = [word for word in words if any(each.kind == FlowKind.RECEIPT or each.flags & DELIVERED for each in word)]
    sums = [_total(word, unit) for word in words]
    lines = [each for word in words for each in word]
    early, late, apart = _when(lines)
    return Words(
        sent=max(sums),
        came=max((_total(word, unit_in) for word in arriving), default=0),
        unit=unit,
        unit_in=unit_in,
        early=early,
        late=late,
        entries=tuple(dict.fromkeys((each.log, each.seq) for each in lines)),
        arrived=bool(arriving),
        both=any(each.flags & DELIVERED for each in lines),
        custody=all(each.flags & CUSTODY for each in lines),
        unlike=max(sums) - min(sums) if unit == unit_in else 0,
        apart=apart,
    )


def _total(word: Iterable[Flow], unit: int) -> int:
    return sum(each.q for each in word if each.unit == unit)


def _when(lines: Iterable[Flow]) -> tuple[int, int, int]:
    """Return when it was at the earliest and at the latest, and by how much the words differ at least (rule 4)."""
    spans = [span(each) for each in lines if not each.flags & UNKNOWN_TIME]
    if not spans:
        return ALWAYS, NEVER, 0
    first, last = max(early for early, _ in spans), min(late for _, late in spans)
    if first <= last:
        return first, last, 0
    return min(early for early, _ in spans), max(late for _, late in spans), first - last


def _elsewhere(together: dict[tuple[int, int, int], list[Flow]], told: dict[Flow, Words]) -> None:
    """Note where another log sends the goods of one transfer to another site (rule 6)."""
    for (kind, site, other), lines in together.items():
        if kind not in LEAVING:
            continue
        mine = {each.log for each in lines}
        rivals = [each for key, those in together.items() if key[:2] == (kind, site) and key[2] != other for each in those]
        rivals = [each for each in rivals if each.log not in mine]
        for each in lines if rivals else ():
            if len(mine) > 1 and each not in told:
                continue
            words = told.get(each) or _counted([[each]])
            entries = (*words.entries, *((rival.log, rival.seq) for rival in rivals))
            told[each] = msgspec.structs.replace(words, entries=tuple(dict.fromkeys(entries)), elsewhere=True)


__all__ = ["Words", "once", "span"]
