"""The affected set equals a brute-force walk written from the definition, on random worlds of every shape; and its laws.

The reference shares no code with the engine: it reads the worlds' text itself and repeats relaxation until nothing changes.
"""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foodtrace.recall.affected import find
from tests.recall.drawn import worlds
from tests.recall.notation import OWN, SETTINGS, Build, clauses


class Reference:
    """The definition, by exhaustion."""

    def __init__(self, records: str) -> None:
        names: dict[str, str] = {}

        def top(lot: str) -> str:
            while names.get(lot, lot) != lot:
                lot = names[lot]
            return lot

        lines = records.splitlines()
        for line in lines:
            if " ~ " in line:
                one, two = sorted(top(each) for each in line.split(" ~ "))
                names[two] = one
        self.top = top
        self.held: set[tuple[str, str]] = set()
        self.sure: set[tuple[str, str]] = set()
        self.steps: set[tuple[tuple[str, str], int, int, tuple[str, str]]] = set()
        self.made: set[tuple[tuple[str, str], int, str]] = set()
        for line in lines:
            self._read(line)

    def _read(self, line: str) -> None:
        top = self.top
        if found := re.fullmatch(r"(\w):(\w) \d+ @\d+", line):
            self.held.add((top(found[1]), found[2]))
            self.sure.add((top(found[1]), found[2]))
        elif found := re.fullmatch(r"(\w) sells (\w)\d+ @\d+", line):
            self.held.add((top(found[2]), found[1]))
        elif found := re.fullmatch(r"([\w?])[-=]>(\w) (\w)\d+ @(\d+)(?:/(\d+))?(?: (\w+))?", line):
            lot, out, into, how = top(found[3]), int(found[4]), int(found[5] or found[4]), found[6]
            self.held.add((lot, found[2]))
            if found[1] != "?":
                out = into if how == "got" else out
                into = out if how == "sent" else into
                ends = {(lot, found[1]), (lot, found[2])}
                self.held |= ends
                self.sure |= ends
                self.steps.add(((lot, found[1]), out, into, (lot, found[2])))
        elif found := re.fullmatch(r"(\w): (\w)\d+ \+ (\w)\d+ = (\w)\d+ @(\d+)", line):
            site, output, day = found[1], top(found[4]), int(found[5])
            self.held |= {(top(found[2]), site), (top(found[3]), site), (output, site)}
            self.sure.add((output, site))
            for source in (top(found[2]), top(found[3])):
                self.steps.add(((source, site), day, day, (output, site)))
                self.made.add(((source, site), day, output))

    def reach(self, start: dict[tuple[str, str], float]) -> dict[tuple[str, str], float]:
        best = dict(start)
        while True:
            before = dict(best)
            for here, out, into, there in self.steps:
                if here in best and out >= best[here]:
                    best[there] = min(best.get(there, float("inf")), max(best[here], into))
            if best == before:
                return best

    def answer(self) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
        """Return (A, E1) of a recall of lot L."""
        lot = self.top("L")
        forever = float("-inf")
        whole = {holding: forever for holding in self.held if holding[0] == lot}
        confirmed = set(self.reach({holding: forever for holding in whole if holding in self.sure}))
        current = self.reach(whole)
        while True:
            wanted = {output for here, day, output in self.made if here in current and day >= current[here]}
            grown = self.reach({**whole, **{holding: forever for holding in self.held if holding[0] in wanted}})
            if grown == current:
                return set(current), confirmed
            current = grown


def _answer(records: str) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    facts = Build(records).facts(20)
    found = find(facts, clauses("L"), settings=SETTINGS, own_operator=OWN)
    texts = facts.texts({each for holding in found.holdings for each in holding})
    named = {(texts[lot].rpartition("/")[2], texts[site]): link.link for (lot, site), link in found.holdings.items()}
    return set(named), {holding for holding, link in named.items() if link == "confirmed"}


@settings(max_examples=200, deadline=None)
@given(worlds())
def test_equal_to_a_brute_force_walk(records: str) -> None:
    assert _answer(records) == Reference(records).answer(), records


@settings(max_examples=150, deadline=None)
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_records_changes_nothing(records: str, shuffle: random.Random) -> None:
    lines = records.splitlines()
    again = list(lines)
    shuffle.shuffle(again)
    assert _answer("\n".join(again)) == _answer(records)


@settings(max_examples=150, deadline=None)
@given(worlds(), worlds())
def test_a_new_record_never_takes_a_holding_away(records: str, more: str) -> None:
    both = f"{records}\n{more}"
    aliases = [line for line in both.splitlines() if "~" in line]
    base = "\n".join(dict.fromkeys([*records.splitlines(), *aliases]))
    assert _answer(base)[0] <= _answer(both)[0]


def test_the_reference_would_catch_a_missed_branch() -> None:
    with pytest.raises(AssertionError):
        assert _answer("L:P 5 @1\nP->X L5 @2")[0] == {("L", "P")}
