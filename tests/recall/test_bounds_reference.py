"""Bounds equal the reference on random records of unlike units, with and without a declared content, whatever the scope."""

from __future__ import annotations

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from foodtrace.recall.memory import MemoryFacts
from tests.recall.boundsreference import Bounds, measured
from tests.recall.notation import UNITS

UNIT = {"B": "piece", "N": "piece", "C": "piece", "V": "ml"}
"""L K M O G in grams; B declares its content, N does not; what is made may be of any unit."""
CONTENT = {"B": (3, "g")}
LOTS, SITES = "LKBNMCVG", "PWSX"
LOT, SITE, Q = st.sampled_from(LOTS), st.sampled_from(SITES), st.integers(1, 12)


@st.composite
def records(draw: st.DrawFn) -> list[tuple]:
    made: list[tuple] = [("alias", "G", "L")] if draw(st.booleans()) else []
    t = 1.0
    for _ in range(draw(st.integers(1, 12))):
        t += 0.25
        kind = draw(
            st.sampled_from(["birth", "birth", "move", "move", "move", "make", "make", "papers", "unnamed", "sell", "use", "count", "back"])
        )
        lot, here, there, q = draw(LOT), draw(SITE), draw(SITE), draw(Q)
        if kind == "birth":
            made.append(("birth", lot, here, q, t))
        elif kind == "move" and here != there:
            side = draw(st.sampled_from(["both", "both", "both", "sent", "nowhere"]))
            into = t + draw(st.sampled_from([0.0625, 0.0625, 2.125]))
            got = q + draw(st.sampled_from([0, 0, 0, -1, 2]))
            made.append(("move", lot, None if side == "nowhere" else here, there, q, t, None if side == "sent" else into, got))
        elif kind == "make":
            # Of any unit into any; or grams into something else, which scales them.
            sides = draw(st.sampled_from([(LOTS, LOTS), ("LKMG", "V"), ("LKMG", "C")]))
            taken, out = (draw(st.lists(st.sampled_from(side), min_size=1, max_size=3, unique=True)) for side in sides)
            lost = draw(st.integers(0, 3)) if len({UNIT.get(each, "g") for each in taken}) == 1 else 0
            portions = [tuple((each, draw(Q)) for each in side) for side in (taken, out)]
            made.append(("make", here, *portions, lost, t))
        elif kind == "papers" and here != there:
            into = t + draw(st.sampled_from([0.0625, 2.125]))
            made.append(("papers", lot, draw(LOT), here, there, q, t, into, q + draw(st.sampled_from([0, 0, -1, 2]))))
        elif kind == "unnamed" and here != there:
            made.append(("unnamed", f"?{sum(each[0] == 'unnamed' for each in made) + 1}", here, there, q, t))
        elif kind in ("sell", "use", "count", "back"):
            made.append((kind, lot, here, q, t))
    return made


@st.composite
def scopes(draw: st.DrawFn) -> list[tuple]:
    made: list[tuple] = []
    for _ in range(draw(st.integers(1, 2))):
        kind = draw(st.sampled_from(["lots", "left", "through"]))
        # Between two instants of the records.
        first = draw(st.integers(4, 16)) / 4 + 0.0078125
        window = (draw(SITE), first, first + draw(st.integers(0, 8)) / 4)
        made.append(("lots", draw(st.lists(LOT, min_size=1, max_size=2, unique=True))) if kind == "lots" else (kind, *window))
    return made


def described(facts: MemoryFacts) -> MemoryFacts:
    """Say what one piece of B holds."""
    for number, info in facts._lots.items():
        content = CONTENT.get(info.text.rpartition("/")[2])
        if content:
            facts._lots[number] = msgspec.structs.replace(info, content=content[0], content_unit=UNITS[content[1]])
    return facts


NOWHERE = [
    ("move", "L", None, "W", 1, 1.25, 3.375, 1),
    ("birth", "L", "P", 1, 1.5),
    ("make", "P", (("L", 1), ("K", 1)), (("L", 1),), 0, 2.5),
]
"""W got some of a lot from nobody knows whom."""


@settings(max_examples=250, deadline=None)
@given(records(), scopes())
@example(NOWHERE, [("left", "S", 1.125, 3.5), ("left", "P", 1.0, 1.0)])  # S is on no record: what came to W is not known to be from there
def test_bounds_equal_the_reference(some: list[tuple], scope: list[tuple]) -> None:
    got, held, text = measured(some, scope, units=UNIT, described=described)
    for key, (q, least, proportional, most) in got.items():
        assert 0 <= least <= proportional <= most <= q, (key, text)
    expected = Bounds(some, scope, held, units=UNIT, content=CONTENT).result()
    nothing = (0, 0, 0, 0)
    assert {key: each for key, each in got.items() if each != nothing} == {k: e for k, e in expected.items() if e != nothing}, text
