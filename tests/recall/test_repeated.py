"""Law 1, repetition: an event that a second log tells in the same words changes no answer, bound or figure; goods without lot too."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import msgspec
import pytest

from foodtrace.events import CertificateIssued, Event, Transfer
from foodtrace.graph.reader import SqlFacts
from foodtrace.recall.answer import Answer, recall
from foodtrace.storage.session import Session
from tests.recall.dispatched import grams, hours
from tests.recall.manylogs import ASKED, LOGS, LOTS, recorded, story


def shown(answer: Answer) -> tuple[Any, ...]:
    """Everything but which entries say so, how fresh logs and sites are, and by which of its entries goods without lot are named."""

    def named(lot: str) -> str:
        return "?" if lot.startswith("?") else lot

    found = [(each.kind, each.reason, named(each.lot), each.site, each.value, each.unit) for each in answer.untraced]
    rows = [
        msgspec.structs.replace(row, last_entry=None, lots=tuple(map(named, row.lots))) for row in (*answer.outlets, *answer.others)
    ]  # fmt: skip
    shares = [
        (each.site, each.unit, each.quantity, each.proportional, named(held.lot), held.link, held.least, held.proportional, held.most)
        for each in answer.bounds or ()
        for held in each.holdings
    ]
    lots = sorted(map(named, answer.affected_lots))
    return lots, answer.figures, answer.confirmed_only, sorted(shares), rows, sorted(each for each in found if each[0] != "log_behind")


def answers(session: Session) -> dict[str, Any]:
    facts = SqlFacts(session, ASKED)
    return {lot: shown(recall(session, lot, now=ASKED, bounds=True)) for lot in LOTS if facts.lot(lot) is not None}


def told_again(rng: random.Random, told: list[tuple[str, Event]], share: float) -> list[tuple[str, Event]]:
    again = [(rng.choice([log for log in LOGS if log != first]), event) for first, event in told if rng.random() < share]
    return told + again


def without_lot(rng: random.Random, count: int) -> list[tuple[str, Event]]:
    made: list[tuple[str, Event]] = []
    for n in range(count):
        here, there = rng.sample("PQWXY", 2)
        at = hours(rng.choice([1, 2, 3, 30]))
        made.append((rng.choice(LOGS), Transfer(id=f"u{n}", at=at, site=here, to=there, product="奶粉", quantity=grams(9))))
    return made


@pytest.mark.parametrize("seed", range(6))
def test_what_a_second_log_repeats_changes_nothing(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    told = [*story(rng), *without_lot(rng, 3)]
    found = []
    for number, records in enumerate((told, told_again(rng, told, 0.5))):
        with recorded(tmp_path / str(number), list(LOGS), records) as ledger, ledger.reading() as session:
            found.append(answers(session))
    assert found[0] == found[1]


def test_a_birth_told_twice_lies_once_among_what_a_stall_sold_without_lot(tmp_path: Path) -> None:
    def born(lot: str, q: int) -> Event:
        return CertificateIssued(id=lot, at=hours(0), site="P", lot=lot, serial=lot[-1], issuer="OP-P", product="奶粉", quantity=grams(q))

    told: list[tuple[str, Event]] = [("P", born("OP-P/L", 3)), ("P", born("OP-Q/K", 4))]
    told.append(("P", Transfer(id="u", at=hours(2), site="P", to="Y", product="奶粉", quantity=grams(9))))
    for number, records in enumerate((told, [*told, ("Q", told[1][1])])):
        with recorded(tmp_path / str(number), list(LOGS), records) as ledger, ledger.reading() as session:
            (at_y,) = (each for each in recall(session, "OP-P/L", now=ASKED, bounds=True).bounds or () if each.site == "Y")
            assert [(each.least, each.proportional, each.most) for each in at_y.holdings] == [(0, 4, 5)]
