"""Laws 1 and 16 the whole way: whichever log was begun first and whichever record was written first, every answer is the same.

Two operators let one lot begin, lots have two names, and several logs tell one transfer in unlike words. Asked are the recall of every lot,
from rows and by the engine, with its bounds; what left a site in a window; a rule by producer; the first line of the screen; and the books.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import msgspec
import pytest

from foodtrace.events import LeftClause, PredicateClause
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.outletdetails import births
from foodtrace.operations.reconciling import reconcile
from foodtrace.recall.answer import Answer, recall
from foodtrace.storage.session import Session
from tests.recall.dispatched import hours
from tests.recall.manylogs import ASKED, LOGS, LOTS, recorded, story


def shown(answer: Answer) -> tuple[Any, ...]:
    """Everything but the numbers of entries, and how fresh logs and sites are, which are about the recording itself."""
    found = [(each.kind, each.reason, each.lot, each.site, each.value, each.unit, len(each.entries)) for each in answer.untraced]
    rows = [msgspec.structs.replace(row, last_entry=None) for row in (*answer.outlets, *answer.others)]
    what = answer.operator, answer.product, answer.affected_lots, answer.figures, answer.confirmed_only, answer.bounds
    return (*what, rows, sorted(each for each in found if each[0] != "log_behind"))


def answers(session: Session) -> dict[str, Any]:
    facts = SqlFacts(session, ASKED)
    made: dict[str, Any] = {}
    for lot in (each for each in LOTS if facts.lot(each) is not None):
        quick, slow = (recall(session, lot, now=ASKED, plain=plain) for plain in (True, False))
        assert quick == slow
        made[lot] = shown(recall(session, lot, now=ASKED, bounds=True)), births(session, lot, ASKED)
    window = LeftClause(site="P", start=hours(-1), end=hours(5))
    made["left P"] = shown(recall(session, (), now=ASKED, scope=(window,)))
    fitting = list(facts.lots_like(PredicateClause(producer="OP-P")))
    texts = facts.texts([lot for lot, _ in fitting])
    made["by P"] = sorted((texts[lot], certain) for lot, certain in fitting)
    books = reconcile(session, now=ASKED)
    made["books"] = (
        books.moves,
        sorted(
            (each.kind, each.reason, each.lot, each.site, each.source, each.sent or -1, each.received or -1, each.difference)
            for each in books.open
        ),
    )
    return made


@pytest.mark.parametrize("seed", [13, 17, 22, 23])
def test_no_answer_follows_from_the_order_of_recording(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    told, logs = story(rng), list(LOGS)
    found = []
    for number in range(2):
        with recorded(tmp_path / str(number), logs, told) as ledger, ledger.reading() as session:
            found.append(answers(session))
        rng.shuffle(told)
        rng.shuffle(logs)
    assert found[0] == found[1]
