"""Laws of what several logs say of one transfer: no order of arrival matters, and no word is undercut (RECALL sections 1 and 8, law 1)."""

from __future__ import annotations

import random
from typing import Any

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from foodtrace.graph.flows import CUSTODY, DAY, DELIVERED, UNKNOWN_TIME, Flow, FlowKind
from foodtrace.recall.moves import Move, pair

LOT, HOUR = 100, 3_600_000_000
SIDES = st.builds(
    lambda kind, log, src, dst, unit, q, hour, number, more: (kind, log, src, dst, unit, q, hour, number, more),
    st.sampled_from([FlowKind.DISPATCH, FlowKind.DISPATCH, FlowKind.RECEIPT, FlowKind.RETURN]),
    st.integers(1, 3),
    st.sampled_from([1, 1, 1, 0, 2]),
    st.sampled_from([5, 5, 5, 6, 0]),
    st.sampled_from([0, 0, 0, 0, 2]),
    st.sampled_from([10, 10, 30, 60]),
    st.integers(0, 60),
    st.sampled_from(["D1", "D1", "D2", ""]),
    st.sampled_from([0, DELIVERED, DELIVERED, DAY, UNKNOWN_TIME, CUSTODY]),
)


def flow(n: int, side: tuple[Any, ...]) -> Flow:
    kind, log, src, dst, unit, q, hour, number, more = side
    site, other = (dst or 5, src) if kind == FlowKind.RECEIPT else (src or 1, dst)
    return Flow(kind, LOT, site, other, unit, q, hour * HOUR, 100 * HOUR + n, log, n, 0, number, more)


def renumbered(move: Move, logs: dict[int, int]) -> Move:
    entries, words = (tuple((logs[log], seq) for log, seq in each) for each in (move.entries, move.words))
    return msgspec.structs.replace(move, log=logs[move.log], entries=entries, words=words)


def key(move: Move) -> tuple[Any, ...]:
    return msgspec.structs.astuple(move)


@given(st.lists(SIDES, max_size=7), st.permutations([1, 2, 3]), st.randoms(use_true_random=False))
@example(
    [(FlowKind.DISPATCH, log, 1, 5, 0, 60, 1, "D1", DELIVERED) for log in (1, 2)] + [(FlowKind.RECEIPT, 3, 1, 5, 0, 60, 1, "D1", 0)],
    [3, 2, 1],
    random.Random(1),
)
@example(
    [
        (FlowKind.DISPATCH, 1, 1, 5, 0, 60, 1, "D1", DELIVERED),
        (FlowKind.DISPATCH, 2, 1, 5, 0, 10, 2, "D1", DELIVERED),
        (FlowKind.RECEIPT, 3, 1, 5, 0, 30, 2, "D1", 0),
    ],
    [3, 1, 2],
    random.Random(1),
)
def test_moves_do_not_follow_from_the_order_of_records_or_of_logs(sides: list[tuple[Any, ...]], numbers: list[int], shuffle: Any) -> None:
    """Logs are numbered as they arrive, and what was recorded first may be recorded last."""
    flows = [flow(n, side) for n, side in enumerate(sides)]
    first = pair(flows, {}, {1: 0, 2: 1, 3: 2})
    new = dict(zip((1, 2, 3), numbers, strict=True))
    moments = [each.recorded for each in flows]
    shuffle.shuffle(moments)
    again = [msgspec.structs.replace(each, log=new[each.log], recorded=t) for each, t in zip(flows, moments, strict=True)]
    shuffle.shuffle(again)
    second = pair(again, {}, {new[1]: 0, new[2]: 1, new[3]: 2})
    back = {new[log]: log for log in new}
    assert sorted(map(key, first)) == sorted(key(renumbered(each, back)) for each in second)


@given(st.lists(SIDES, max_size=6), st.randoms(use_true_random=False))
def test_what_moved_does_not_follow_from_the_order_within_a_log(sides: list[tuple[Any, ...]], shuffle: random.Random) -> None:
    def said(some: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        moves = pair([flow(n, side) for n, side in enumerate(some)], {}, {})
        nowhere = {"log": 0, "seq": 0, "entries": (), "words": ()}
        return sorted(key(msgspec.structs.replace(move, **nowhere)) for move in moves)

    other = list(sides)
    shuffle.shuffle(other)
    assert said(sides) == said(other)


@given(st.lists(SIDES, max_size=6))
@example(
    [
        *[(FlowKind.DISPATCH, log, 1, 5, 0, 60, 1, "D1", DELIVERED) for log in (1, 2)],
        *[(FlowKind.RECEIPT, 3, 1, 5, 0, 30, hour, "D1", 0) for hour in (2, 3)],
    ]
)
def test_no_log_s_word_is_undercut_and_every_word_is_behind_some_move(sides: list[tuple[Any, ...]]) -> None:
    flows = [flow(n, side) for n, side in enumerate(sides)]
    moves = pair(flows, {}, {})
    shown = {entry for move in moves for entry in (*move.entries, *move.words)}
    assert shown == {(each.log, each.seq) for each in flows}
    said: dict[tuple[Any, ...], int] = {}
    for each in flows:
        if each.kind != FlowKind.RECEIPT and each.other and each.pair:
            word = (each.log, each.kind, each.site, each.other, each.pair, each.unit)
            said[word] = said.get(word, 0) + each.q
    units = {each.unit for each in flows}
    for (_, _, src, dst, _, unit), q in said.items() if len(units) == 1 else ():
        assert sum(max(move.sent, move.received) for move in moves if (move.src, move.dst, move.unit) == (src, dst, unit)) >= q
    for move in moves:
        assert move.sent >= 0 <= move.received
        assert move.arrived or not move.received
        assert not move.unlike or len({log for log, _ in move.words}) > 1
