"""Transfers that the papers of its parties tell of unlike lots (RECALL section 3, duplicate_conflict; ADR 35). Pure.

Rules:

1. A transfer is its number, sender and receiver, all three given. A **paper** is what one party says of it, in whichever of its logs, on
   one side of it: all its dispatches (those that speak for both sides among them), or all its receipts.
2. Two lots are **unlike** there where one paper names the one and not the other, and another paper the other and not the one: what lies at
   the receiver under either name may be the goods that the sender had under the other. One of the two papers has dispatches and the other
   receipts; or both have dispatches and one is of the sender's or the receiver's own operator (:mod:`foodtrace.graph.tellers`, rule 2).
   Of two dispatches the one in the receiver's own log is the receiver's paper, or else the one that is not in the sender's.
3. A lot that not every party's dispatches name is open, whether or not another is unlike it; so is each of two unlike ones. A receipt that
   names fewer lots than the dispatch leaves goods under way, one that names more has more than was sent: no paper contradicts the other.
   A log that repeats an event in the same words says nothing of its own: an event is of the paper of who told it first
   (:mod:`foodtrace.graph.copies`, rule 1), or a copy would settle which lot it was.
4. Names of one lot are one. A dispatch without lot says nothing of which lot it was. It is no word against another.
5. Goods left as late as the dispatches of the two lots say (without any: as the receipts allow), and came as early as anything says that
   tells of their arrival (without any: as the dispatches allow), as for a transfer of several logs (:mod:`foodtrace.recall.words`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Final, TypeAlias

import msgspec

from foodtrace.graph.copies import Telling, flows_once
from foodtrace.graph.flows import DELIVERED, LEAVING, Flow, FlowKind, ends_of
from foodtrace.recall.entries import Entry
from foodtrace.recall.facts import Facts
from foodtrace.recall.words import span

_AS_NAMED: Final[Mapping[int, int]] = {}
Key: TypeAlias = tuple[str, int, int]
"""(number, sender, receiver)."""
Papers: TypeAlias = Mapping[tuple[str, bool], set[int]]
"""(party, whether it says what came) -> the lots it names."""
Whose: TypeAlias = Callable[[Collection[int]], Collection[str]]
"""Whose some sites are, by operator id."""


class Unlike(msgspec.Struct, frozen=True, kw_only=True):
    """Two lots of one transfer, of which nobody can say which it was."""

    transfer: Key
    lots: tuple[int, int]
    """The one that the sender's paper names and the one that the receiver's does."""
    t_out: int
    t_in: int
    entries: tuple[Entry, ...]
    """(log, seq) of every word of the two, in the order of time."""

    @property
    def steps(self) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
        """The holdings that goods may have left, and what they may stand under where they came."""
        _, sender, receiver = self.transfer
        one, two = self.lots
        yield (one, sender), (two, receiver)
        yield (two, sender), (one, receiver)


def transfer_of(flow: Flow) -> Key | None:
    """Return the transfer that a flow tells of a lot, none where it tells of none (rules 1 and 4)."""
    ends = ends_of(flow)
    return None if ends is None else (flow.pair, *ends)


def told_unlike(flows: Iterable[Flow], one: Mapping[int, int], party: Callable[[int], str], operators: Whose) -> list[Unlike]:
    """Return every two unlike lots of every transfer that some flows tell (rule 2).

    :param one: name of a lot -> the lot. :param party: who writes a log.
    :param operators: asked whose a transfer's sites are, where that decides.
    """
    found: list[Unlike] = []
    for key, words in _transfers(flows, one).items():
        if len({lot for lot, _ in words}) > 1:
            papers = _papers(words, party)
            found += [_unlike(key, pair, words) for pair in _pairs(papers, key, operators)]
    return found


def whose(facts: Facts) -> Whose:
    """Return what says whose some sites are, from the records."""
    return lambda sites: {info.operator for info in facts.sites(sites).values()} - {""}


def without_repeats(facts: Telling, flows: Sequence[Flow], one: Mapping[int, int] = _AS_NAMED) -> list[Flow]:
    """Return flows without those of events that another log told first in the same words (rule 3). :param one: name of a lot -> the lot."""
    _, copies = flows_once(facts, flows, one)
    repeats = {entry for group in copies if group.alike for entry in group.entries[1:]}
    return [flow for flow in flows if (flow.log, flow.seq) not in repeats]


def under_another(facts: Facts, flows: Sequence[Flow]) -> set[int]:
    """Return the lots that other papers name in place of those of some flows, and these; some more where not every paper was read.

    :param flows: of each lot all that is on record.
    """
    others = facts.other_papers(flows)
    if not others:
        return set()
    known = {(flow.log, flow.seq, flow.item) for flow in flows}
    told = [*flows, *(flow for flow in others if (flow.log, flow.seq, flow.item) not in known)]
    return {lot for each in told_unlike(without_repeats(facts, told), {}, facts.party, whose(facts)) for lot in each.lots}


def unlike_lots(
    flows: Sequence[Flow],
    one: Mapping[int, int],
    party: Callable[[int], str],
    ranks: Mapping[int, int],
    operators: Whose | None = None,
) -> tuple[list[tuple[int, Flow]], tuple[Entry, ...]]:
    """Return (lot, first word on it) of each open lot of one transfer (rule 3), and the entries of all its words.

    :param one: name of a lot -> the lot. :param party: who writes a log. :param ranks: place of each log by its origin.
    :param operators: ``whose`` in :func:`told_unlike`; without it what two strangers say counts as well.
    """
    # What they say, before where they stand in their log.
    flows = sorted(
        flows, key=lambda each: (each.t, each.kind == FlowKind.RECEIPT, ranks.get(each.log, each.log), each.q, each.seq, each.item)
    )
    entries = tuple(dict.fromkeys((flow.log, flow.seq) for flow in flows))
    words = [(one.get(flow.lot, flow.lot), flow) for flow in flows]
    papers = _papers(words, party)
    first: dict[int, Flow] = {}
    for lot, flow in words:
        first.setdefault(lot, flow)
    sent = [lots for (_, came), lots in papers.items() if not came]
    open_: set[int] = {lot for lots in sent for lot in lots if not all(lot in each for each in sent)}
    key = transfer_of(flows[0]) if flows else None
    open_ |= {lot for pair in (_pairs(papers, key, operators) if key is not None else ()) for lot in pair}
    return [(lot, flow) for lot, flow in first.items() if lot in open_], entries


def _transfers(flows: Iterable[Flow], one: Mapping[int, int]) -> dict[Key, list[tuple[int, Flow]]]:
    made: dict[Key, list[tuple[int, Flow]]] = defaultdict(list)
    for flow in flows:
        key = transfer_of(flow)
        if key is not None:
            made[key].append((one.get(flow.lot, flow.lot), flow))
    return made


def _papers(words: Iterable[tuple[int, Flow]], party: Callable[[int], str]) -> Papers:
    papers: dict[tuple[str, bool], set[int]] = defaultdict(set)
    for lot, flow in words:
        papers[party(flow.log), flow.kind == FlowKind.RECEIPT].add(lot)
    return papers


def _pairs(papers: Papers, key: Key, operators: Whose | None) -> list[tuple[int, int]]:
    """Return every two lots that papers contradict each other on (rule 2), the one of the sender's paper first.

    :param operators: of the transfer's sites; none: whoever's papers they are.
    """
    found: dict[frozenset[int], tuple[int, int]] = {}
    for (one, ours), (two, theirs) in combinations(sorted(papers.items()), 2):
        mine, yours = ours - theirs, theirs - ours
        if not (mine and yours) or (one[1] and two[1]):
            continue
        turned = one[1]
        if one[1] == two[1] and operators is not None:
            if not {one[0], two[0]}.intersection(operators(key[1:])):
                continue
            turned = _turned(one[0], two[0], operators(key[1:2]), operators(key[2:]))
        for a in sorted(mine):
            for b in sorted(yours):
                found.setdefault(frozenset((a, b)), (b, a) if turned else (a, b))
    return list(found.values())


def _turned(one: str, two: str, senders: Collection[str], receivers: Collection[str]) -> bool:
    """Say whether of two dispatches the first is the receiver's paper: it is in its own log, or the second is in the sender's own."""
    if (one in receivers) != (two in receivers):
        return one in receivers
    return two in senders and one not in senders


def _unlike(key: Key, pair: tuple[int, int], words: Iterable[tuple[int, Flow]]) -> Unlike:
    flows = sorted({flow for lot, flow in words if lot in pair}, key=lambda flow: (flow.t, flow.log, flow.seq, flow.item))
    sent = [flow for flow in flows if flow.kind in LEAVING]
    came = [span(flow)[0] for flow in flows if flow.kind == FlowKind.RECEIPT or flow.flags & DELIVERED]
    return Unlike(
        transfer=key,
        lots=pair,
        t_out=max(flow.t for flow in sent) if sent else max(span(flow)[1] for flow in flows),
        t_in=min(came) if came else min(span(flow)[0] for flow in sent),
        entries=tuple(dict.fromkeys((flow.log, flow.seq) for flow in flows)),
    )


__all__ = ["Key", "Unlike", "told_unlike", "transfer_of", "under_another", "unlike_lots", "whose", "without_repeats"]
