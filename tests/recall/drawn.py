"""Worlds in the notation, drawn."""

from __future__ import annotations

from hypothesis import strategies as st

LOTS = "LKMN"
SITES = "PWSXY"


@st.composite
def worlds(draw: st.DrawFn) -> str:
    """Random records: births, moves (two-sided, one-sided, without source), blends, splits, rework, returns, aliases, cycles."""
    lines = []
    for _ in range(draw(st.integers(1, 10))):
        kind = draw(
            st.sampled_from(["birth", "move", "move", "move", "sent", "got", "nosource", "blend", "blend", "return", "alias", "sell"])
        )
        lot, other = draw(st.sampled_from(LOTS)), draw(st.sampled_from(LOTS))
        here, there = draw(st.sampled_from(SITES)), draw(st.sampled_from(SITES))
        q, day, later = draw(st.integers(1, 9)), draw(st.integers(1, 9)), draw(st.integers(0, 3))
        if kind == "birth":
            lines.append(f"{lot}:{here} {q} @{day}")
        elif kind in ("move", "sent", "got", "return") and here != there:
            arrow = "=" if kind == "return" else "-"
            how = f" {kind}" if kind in ("sent", "got") else ""
            lines.append(f"{here}{arrow}>{there} {lot}{q} @{day}/{day + later}{how}")
        elif kind == "nosource":
            lines.append(f"?->{there} {lot}{q} @{day} got")
        elif kind == "blend":
            lines.append(f"{here}: {lot}{q} + {draw(st.sampled_from(LOTS))}{q} = {other}{q} @{day}")
        elif kind == "alias" and lot != other:
            lines.append(f"{lot} ~ {other}")
        elif kind == "sell":
            lines.append(f"{here} sells {lot}{q} @{day}")
    return "\n".join([*lines, "L:P 5 @1"])
