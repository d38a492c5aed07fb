"""Law 15 to the end: a lot that half of the records call by another of its names is the same, whatever the scope and with a case on it.

Holdings, links and since when, quantities, bounds, findings and the figures of the case: nothing but the name may differ.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from foodtrace.recall.affected import find
from foodtrace.recall.facts import Cleared
from foodtrace.recall.findings import findings_of
from foodtrace.recall.measure import measure
from foodtrace.recall.metrics import completion
from tests.recall.drawn import worlds
from tests.recall.notation import OWN, SETTINGS, clauses
from tests.recall.story import Story

SCOPES = ("L", "L M", "M K", "left W 2 6", "through W 2 6", "L;left P 1 9", "K;through X 3 5")
OTHERS = "AZ"
"""Other names of L: one that comes before it, by which the lot then goes, and one that comes after."""


def said(records: str, scope: str, seed: int, other: str) -> dict[str, Any]:
    """Return everything an answer and a case say of some records, sites by name, and lots with L for both of its names."""
    rng = random.Random(seed)
    story = Story(f"{records}\nL ~ {other}", scope=scope)
    lots = {**story.build.lots, "L": story.build.lot("L"), other: story.build.lot(other)}
    some, site = lots[rng.choice(["L", other])], story.build.site(rng.choice("WXY"))
    story.step("acknowledgement", "X", 12, on_hand=((some, 0, rng.randint(0, 9)),))
    story.step("sealing", "W", 13)
    case = msgspec.structs.replace(story.case(), cleared=(Cleared(some, site, 0),) if rng.random() < 0.3 else ())
    facts, asked = story.facts(), clauses(scope)
    found = find(facts, asked, settings=SETTINGS, own_operator=OWN, case="C")
    names = {number: "L" if text == other else text for text, number in (*lots.items(), *story.build.sites.items())}
    tops = {lot: min(names[each] for each in of_lot) for lot, of_lot in found.names.items()}

    def lot(number: int) -> str:
        return tops.get(number, names.get(number, ""))

    done = completion(facts, found, case, settings=SETTINGS)
    findings = findings_of(facts, found, settings=SETTINGS, case=case)
    return {
        "holdings": {(lot(a), names[b]): link for (a, b), link in found.holdings.items()},
        "outlets": {names[site] for site in found.outlets},
        "quantities": {(lot(a), names[b], unit): each for (a, b, unit), each in found.sums.items() if (a, b) in found.holdings},
        "bounds": {(lot(a), names[b], unit): each for (a, b, unit), each in measure(facts, found, asked).items()},
        "findings": Counter((f.kind, lot(f.lot), names.get(f.site, ""), f.value, f.unit, f.reason, len(f.entries)) for f in findings),
        "figures": (done.rows, done.confirmed_only, done.notified, done.answered),
    }


@settings(max_examples=120, deadline=None)
@given(worlds(), st.sampled_from(SCOPES), st.integers(0, 10**9), st.sampled_from(OTHERS))
def test_another_name_changes_nothing_but_the_name(records: str, scope: str, seed: int, name: str) -> None:
    rng = random.Random(seed)
    lines = records.splitlines()
    renamed = [re.sub(r"\bL(?=[0-9:])", name, line) if " ~ " not in line and rng.random() < 0.5 else line for line in lines]
    asked = scope.replace("L", name) if rng.random() < 0.5 else scope
    one, other = said(records, scope, seed, name), said("\n".join(renamed), asked, seed, name)
    for what, each in one.items():
        assert other[what] == each, (what, records, renamed)
