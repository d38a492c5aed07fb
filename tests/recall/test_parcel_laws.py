"""Laws 8, 10 and 18 of RECALL section 9 on single parcels, pools and rates: order kept, nothing lost, 100.0 only for all."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from foodtrace.recall.metrics import Rate
from foodtrace.recall.parcels import MICRO, Parcel, Pool, convert, divide, resize, unlike

parcels = st.builds(
    lambda q, a, b, c: Parcel(q, *_ordered(q, a, b, c)),
    st.integers(0, 2**53 - 1),
    st.integers(0, 2**53),
    st.integers(0, 2**53 * MICRO),
    st.integers(0, 2**53),
)


def _ordered(q: int, a: int, b: int, c: int) -> tuple[int, int, int]:
    low, high = sorted((a % (q + 1), c % (q + 1)))
    return low, low * MICRO + b % ((high - low) * MICRO + 1), high


def holds(parcel: Parcel) -> bool:
    return 0 <= parcel.least * MICRO <= parcel.micro <= parcel.most * MICRO <= parcel.q * MICRO


@given(parcels, st.integers(0, 2**53))
def test_taking_splits_the_share_without_remainder(parcel: Parcel, q: int) -> None:
    """Laws 8 and 10."""
    goes, stays = divide(parcel, q % (parcel.q + 1))
    assert holds(goes)
    assert holds(stays)
    assert (goes.q + stays.q, goes.micro + stays.micro) == (parcel.q, parcel.micro)
    assert goes.least + stays.least <= parcel.least
    assert goes.most + stays.most >= parcel.most


@given(parcels, st.integers(0, 2**53), st.integers(0, 2**53))
def test_every_rule_keeps_the_order_of_the_four(parcel: Parcel, y: int, loss: int) -> None:
    assert holds(resize(parcel, y))
    assert holds(convert(parcel, y, loss))
    assert holds(unlike([parcel, Parcel(5, 0, 0, 0)], y))


@given(st.lists(st.tuples(st.sampled_from(["put", "take", "count"]), parcels), max_size=12))
def test_a_pool_keeps_the_order_whatever_happens_to_it(acts: list[tuple[str, Parcel]]) -> None:
    pool = Pool()
    book = 0
    for act, parcel in acts:
        if act == "put":
            pool.put(parcel)
            book += parcel.q
        elif act == "take":
            assert holds(pool.take(parcel.q))
            book -= parcel.q
        else:
            pool.count(parcel.q)
            book = parcel.q
        assert holds(pool.stock)
        assert (pool.stock.q, pool.debt) == (max(book, 0), max(-book, 0))


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_a_hundred_is_printed_only_for_all_of_something(numerator: int, denominator: int) -> None:
    """Law 18."""
    shown = Rate(numerator=numerator, denominator=denominator, unit="g").percent
    assert (shown == "100.0") == (numerator == denominator > 0)
    assert (shown == "0.0") == (numerator == 0 < denominator)
    assert (shown == "") == (denominator == 0)
