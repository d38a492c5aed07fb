"""Chains back and ahead of a small world: a blend, and a crowd of shops."""

from __future__ import annotations

from foodtrace.graph.flows import FlowKind
from foodtrace.recall.affected import find
from foodtrace.recall.chain import Chain, forward
from foodtrace.recall.chainback import backward
from foodtrace.recall.settings import Settings
from tests.recall.notation import OWN, SETTINGS, Build, clauses

EXACT = Settings(clock_slack=0)


def told(text: str) -> Build:
    return Build(text)


BLEND = "L:P 30\nK:P 70\nP: L30 + K70 = M100 @2\nP->X M40 @3\nP->Y M60 @3"


def back(build: Build, *lots: str, at: str = "") -> Chain:
    return backward(build.facts(), [build.lot(lot) for lot in lots], settings=EXACT, at=build.site(at) if at else 0)


def ahead(build: Build, lot: str) -> Chain:
    facts = build.facts()
    found = find(facts, clauses(lot), settings=SETTINGS, own_operator=OWN)
    return forward(facts, found, asked=[build.lot(lot)], settings=EXACT)


def crowd(shops: int) -> tuple[Build, Chain]:
    build = told("L:P 90000\nP->S L40000 @2\nP->W L40000 @2")
    for n in range(shops):
        name = f"shop{n}"
        build.seq += 1
        build.add(FlowKind.DISPATCH, "L", "SW"[n % 2], 10 + n, build.flows[-1].t + 1, other=build.site(name), pair=f"S{n}", flags=1)
    return build, ahead(build, "L")
