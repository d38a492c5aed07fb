"""No way that units can have gone lies outside the bounds (RECALL section 9, law 9), whichever of two papers of a load is right."""

from __future__ import annotations

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from tests.recall.boundsreference import Bounds, measured
from tests.recall.everyway import TooManyWays, Ways

LOTS, SITES = "LKMN", "PWX"
LOT, SITE, Q = st.sampled_from(LOTS), st.sampled_from(SITES), st.integers(1, 4)
KINDS = ["birth", "birth", "birth", "move", "move", "move", "make", "papers", "papers", "papers", "unnamed", "sell", "count", "back"]


@st.composite
def records(draw: st.DrawFn) -> list[tuple]:
    made: list[tuple] = []
    for n in range(draw(st.integers(1, 8))):
        t = 1.25 + n / 4
        kind, lot, here, there, q = draw(st.sampled_from(KINDS)), draw(LOT), draw(SITE), draw(SITE), draw(Q)
        into, got = t + draw(st.sampled_from([0.0625, 1.125])), max(1, q + draw(st.sampled_from([0, 0, -1, 1])))
        if kind == "birth":
            made.append(("birth", lot, here, q + 1, t))
        elif kind == "move" and here != there:
            side = draw(st.sampled_from(["both", "both", "both", "sent", "nowhere"]))
            made.append(("move", lot, None if side == "nowhere" else here, there, q, t, None if side == "sent" else into, got))
        elif kind == "papers" and here != there:
            made.append(("papers", lot, draw(LOT), here, there, q, t, into, got))
        elif kind == "make":
            taken, out = (draw(st.lists(LOT, min_size=1, max_size=2, unique=True)) for _ in range(2))
            made.append(("make", here, *(tuple((each, draw(st.integers(1, 3))) for each in side) for side in (taken, out)), 0, t))
        elif kind == "unnamed" and here != there:
            made.append(("unnamed", f"?{sum(each[0] == 'unnamed' for each in made) + 1}", here, there, q, t))
        elif kind in ("sell", "count", "back"):
            made.append((kind, lot, here, q, t))
    return made


@st.composite
def scopes(draw: st.DrawFn) -> list[tuple]:
    made: list[tuple] = []
    for kind in draw(st.lists(st.sampled_from(["lots", "lots", "left", "through"]), min_size=1, max_size=2)):
        first = draw(st.integers(4, 10)) / 4 + 0.0078125
        window = (draw(SITE), first, first + draw(st.integers(0, 6)) / 4)
        made.append(("lots", draw(st.lists(LOT, min_size=1, max_size=2, unique=True))) if kind == "lots" else (kind, *window))
    return made


STAYED = [("birth", "L", "X", 2, 1.25), ("papers", "K", "L", "X", "W", 1, 1.5, 1.5625, 1)]
"""All of L at X was there in the window, and one of it left by the receiver's paper."""
MADE = [
    ("birth", "N", "W", 4, 1.25),
    ("papers", "K", "N", "P", "X", 4, 1.75, 2.875, 4),
    ("make", "P", (("L", 3),), (("N", 2),), 0, 2.75),
]
"""N at P is of the scope, but the load that X calls N may have been it."""
TURNED = [
    ("papers", "N", "K", "P", "X", 3, 1.25, 1.3125, 3),
    ("papers", "K", "N", "X", "P", 2, 1.5, 1.5625, 1),
    ("birth", "K", "X", 2, 2.25),
]
"""K may not have left X, and N may have come there under its name."""
COUNTED = [
    ("papers", "K", "L", "P", "X", 3, 1.75, 1.8125, 3),
    ("papers", "N", "L", "X", "P", 3, 2.0, 3.125, 2),
    ("count", "L", "X", 2, 2.25),
]
"""Somebody counted L at X when it may not have left yet."""
EARLIER = [("papers", "N", "M", "W", "P", 2, 1.5, 2.625, 1)]
"""By the sender's paper the load left before the window; the receiver's knows when it came."""
CLEAN = [("make", "W", (("L", 2),), (("M", 2),), 0, 1.25), ("papers", "K", "M", "W", "X", 2, 1.5, 1.5625, 2)]
"""M is made of nothing but the scope; what came under its name may be K, which has nothing to do with it."""
BESIDE = [
    ("make", "W", (("L", 2), ("N", 1)), (("M", 3),), 0, 1.25),
    ("birth", "K", "W", 3, 1.5),
    ("papers", "K", "M", "W", "X", 3, 1.75, 1.8125, 3),
]
"""M at W is affected, K is not, and papers name both for what came to X."""


@settings(max_examples=40, deadline=None)
@given(records(), scopes())
@example(STAYED, [("through", "X", 1.5078125, 2.5078125)])
@example(MADE, [("lots", ["L", "K"])])
@example(TURNED, [("lots", ["N"])])
@example(COUNTED, [("through", "X", 2.0078125, 2.0078125)])
@example(EARLIER, [("left", "W", 2.0078125, 2.7578125)])
@example(CLEAN, [("lots", ["L"])])
@example(BESIDE, [("lots", ["L"])])
def test_no_way_of_the_units_lies_outside_the_bounds(some: list[tuple], scope: list[tuple]) -> None:
    got, held, text = measured(some, scope, units={})
    full = Bounds(some, scope, held, units={}, content={}).full
    try:
        ways = Ways(some, scope, held, full).result()
    except TooManyWays:
        assume(False)
    for key, (fewest, most) in ways.items():
        _, least, _, at_most = got.get(key, (0, 0, 0, 0))
        # Of a full lot everything under its name is of the scope, also what no record brings there.
        assert key[0] in full or (least <= fewest and most <= at_most), (key, text)
