"""A recall looks up what it is asked for and reads no table from end to end, on either database (DESIGN section 6).

The databases' own plans are asked, for every query of a recall, after other goods have been put beside those asked for.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import pytest

from foodtrace import Ledger, Quantity
from foodtrace.events import LotsClause, Output, Portion, RecallOpened, Transfer, Transformation
from foodtrace.graph.edges import micros
from foodtrace.graph.reader import SqlFacts
from foodtrace.recall import columns
from foodtrace.recall.answer import plain_answer, recall
from foodtrace.recall.cases import load_case
from foodtrace.storage.sums import SUMS
from foodtrace.storage.tables import metadata
from tests.recall.pgplans import account
from tests.recall.plaintrade import AT, LOGS, NOW, Clock, begun, born, plain

LARGE: Final = frozenset(
    "move holding name lot_edge lot_fact site_fact site_seen about entry personal unnamed alias".split()  # noqa: SIM905 - a list of words
)
"""Tables that grow with the trade."""


class Noted:
    """A session that remembers what it was asked."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self.dialect = session.dialect
        self.asked: list[tuple[str, str, tuple[Any, ...]]] = []
        """(method, query, what else it was given)."""

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._session, name)
        if name not in ("rows", "row", "each", "each_text"):
            return method

        def noting(sql: str, *given: Any) -> Any:
            if name in ("rows", "row") or given[0]:
                self.asked.append((name, sql, given))
            return method(sql, *given)

        return noting


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterable[Ledger]:
    url = f"sqlite:///{tmp_path}/x.db" if request.param == "sqlite" else request.getfixturevalue("pg_url")
    clock = Clock()
    with Ledger.open(url, keys=tmp_path / "keys", clock=clock) as opened:
        begun(opened)
        rng = random.Random(1)
        opened.record(born("b", "F-1/L"), log=LOGS[0])
        made = Output(lot="P-1/M", quantity=Quantity(9, "g"), product="馅")
        opened.record(
            [
                Transformation(id="t", at=NOW, site="P-1", kind="blend", inputs=(Portion("F-1/L", Quantity(9, "g")),), outputs=(made,)),
                Transfer(id="m", at=NOW, site="P-1", to="X-1", lot="P-1/M", quantity=Quantity(9, "g")),
            ],
            log=LOGS[0],
        )
        case: dict[str, Any] = {"scope": (LotsClause(lots=("F-1/L",)),), "level": 1, "reason": "x", "producer": "F-1"}
        opened.record([RecallOpened(id="open", at=NOW, site="F-1", case="2026-0001", known=AT, **case)], log=LOGS[0])
        others = tuple(f"P-2/Z{n}" for n in range(60))
        beside = [event for n in range(300) for event in plain(rng, f"f{n}", others)]
        opened.record([event for event in beside if getattr(event, "lot", "-")], log=LOGS[0])
        if request.param == "postgresql":
            with opened.store.write() as session:
                fill(session)
        yield opened


def fill(session: Any) -> None:
    """Make large tables large: PostgreSQL reads a small one whole, and is right to."""
    for table in (metadata.tables[name] for name in sorted(LARGE)):
        values = {"BIGINT": "1000000 + g", "INTEGER": "1000000 + g", "TEXT": "'filler ' || g", "BLOB": "'x'::bytea", "SMALLINT": "0"}
        of_type = {column.name: values[str(column.type)] for column in table.columns}
        of_type |= {name: "0" for name in ("ended", "unit", "sold", "flows") if name in of_type}
        of_type |= {column: "0" for column in SUMS if column in of_type}
        names, made = ", ".join(of_type), ", ".join(of_type.values())
        session.run(f"INSERT INTO {table.name} ({names}) SELECT {made} FROM generate_series(1, 20000) AS g")
    session.run("ANALYZE")


def whole_reads(session: Any, asked: list[tuple[str, str, tuple[Any, ...]]]) -> list[str]:
    """Return the steps of plans that read a large table from end to end, each with its query."""
    found: list[str] = []
    for method, sql, given in asked:
        if sql.endswith("LIMIT 1") and "WHERE" not in sql:
            continue  # one row, whichever it is
        if session.dialect == "sqlite":
            ask = getattr(session, "rows" if method == "row" else method)
            steps = [str(row[3]).split() for row in ask("EXPLAIN QUERY PLAN " + sql, *given)]
            names = aliases(sql)
            bad = [" ".join(step) for step in steps if step[0] == "SCAN" and names.get(step[1], step[1]) in LARGE]
        else:
            plan = [str(row[0]) for row in account(session, method, sql, given)]
            bad = [step for step in plan if "Seq Scan on " in step and step.split("Seq Scan on ")[1].split()[0] in LARGE]
            bad += [step for step in plan if "Hash Join" in step or "Merge Join" in step]
        found += [f"{step}: {sql}" for step in bad]
    return found


def aliases(sql: str) -> dict[str, str]:
    words = sql.replace(",", " ").split()
    return {words[n + 1]: words[n - 1] for n, word in enumerate(words[:-1]) if word == "AS" and n}


def test_a_recall_from_rows_looks_everything_up(ledger: Ledger) -> None:
    with ledger.reading() as session:
        noted = Noted(session)
        answer = plain_answer(SqlFacts(noted, micros(NOW)), ("F-1/L",))
        assert [row.site for row in answer.outlets] == ["X-1"]
        # A small recall on PostgreSQL costs little but journeys to the server and back; some of these make theirs together (``ahead``).
        # Two are what papers of the other side say under the numbers of these goods; and when a site last recorded anything is asked
        # alone, for one question more costs less than one within another for every site.
        assert 10 <= len(noted.asked) <= 17
        assert whole_reads(session, noted.asked) == []


def test_a_recall_by_the_engine_for_everything_looks_everything_up(ledger: Ledger) -> None:
    with ledger.reading() as session:
        noted: Any = Noted(session)
        recall(noted, "F-1/L", now=micros(NOW), plain=False)
        recall(noted, (), now=micros(NOW), case=load_case(noted, "2026-0001"))
        assert len(noted.asked) > 30
        assert whole_reads(session, noted.asked) == []


def test_columns_are_looked_up(ledger: Ledger) -> None:
    with ledger.reading() as session:
        noted: Any = Noted(session)
        got = columns.affected(noted, ("F-1/L",))
        assert len(got) == 5
        assert whole_reads(session, noted.asked) == []


def test_a_whole_read_is_noticed(ledger: Ledger) -> None:
    with ledger.reading() as session:
        asked = [("rows", "SELECT m.lot FROM move AS m WHERE m.q > ?", ((5,),))]
        assert len(whole_reads(session, asked)) == 1
