"""On PostgreSQL a recall reads what is affected, by the server's own account: its planner likes to merge-join whole tables."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

import psycopg
import pytest

from benchmarks.life import Life
from benchmarks.scale import LOGS, Size
from foodtrace import Ledger
from foodtrace.graph.edges import micros
from foodtrace.operations.recalling import recall_told
from foodtrace.storage.postgressession import PostgresSession
from tests.recall.pgplans import account

LAST = dt.date(2026, 11, 20)
SIZE = Size(12_000, 40, 2, 10, 4, 2, 6, 150, 6)
GROWS = ("move", "holding", "entry", "name", "lot_fact", "lot_edge", "about", "alias", "unnamed")
"""Tables that grow with the ledger; there are few sites in this world, and few logs."""


class Explained:
    """A session that has every query explained before it runs, and adds up the rows that each table gave or had filtered out."""

    dialect = "postgresql"

    def __init__(self, session: Any) -> None:
        self._session = session
        self.vouched = session.vouched
        self.read: Counter[str] = Counter()

    def rows(self, sql: str, params: Sequence[object] = ()) -> list[Any]:
        self._look("rows", sql, (params,))
        return self._session.rows(sql, params)

    def row(self, sql: str, params: Sequence[object] = ()) -> Any:
        self._look("row", sql, (params,))
        return self._session.row(sql, params)

    def each(self, sql: str, ids: Collection[Any], params: Sequence[object] = ()) -> list[Any]:
        if ids:
            self._look("each", sql, (ids, params))
        return self._session.each(sql, ids, params)

    def ahead(self, *asks: Any) -> None:
        """Nothing is asked ahead: every question is looked at when it is asked."""

    def _look(self, method: str, sql: str, given: tuple[Any, ...]) -> None:
        waiting = [account(self._session, method, sql, given, "(ANALYZE, FORMAT JSON)")[0][0][0]["Plan"]]
        while waiting:
            node = waiting.pop()
            waiting += node.get("Plans", [])
            if "Relation Name" in node:
                gone = sum(value for name, value in node.items() if name.startswith("Rows Removed by"))
                self.read[node["Relation Name"]] += (node["Actual Rows"] + gone) * node["Actual Loops"]


FILLING = (
    "INSERT INTO name (text, code) SELECT 'O-X/' || g, g::text FROM generate_series(1, 100000) AS g",
    "INSERT INTO lot_edge (src, dst, site, log, n) SELECT g, g + 1, 1, 1, 1 FROM generate_series(1000000, 1100000) AS g",
    "INSERT INTO alias (lot, other, log, n) SELECT g, g + 1, 1, 1 FROM generate_series(1000000, 1100000) AS g",
    "INSERT INTO unnamed (site, lot, log, n) SELECT g, g + 1, 1, 1 FROM generate_series(1000000, 1100000) AS g",
    "INSERT INTO about (subject, kind, log, seq, ended) SELECT g, 1, 1, g, 0 FROM generate_series(1000000, 1100000) AS g",
    (
        "INSERT INTO lot_fact (lot, log, seq, item, site, product, gtin, produced, expiry, content, content_unit, recorded) "
        "SELECT g, 1, g, 0, 1, 'x', '', -1, -1, -1, 0, 1 FROM generate_series(1000000, 1100000) AS g"
    ),
)
"""Rows of lots that nothing leads to: without them these tables are so small that reading them whole would be right."""


@pytest.fixture(scope="module")
def world(pg_server: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ledger, Life, str]]:
    """Fill a database with twelve thousand moves, as its users would, and let the server count its rows."""
    with psycopg.connect(pg_server("postgres"), autocommit=True) as admin:
        admin.execute("CREATE DATABASE plans TEMPLATE template0 ENCODING 'UTF8'")
    url = pg_server("plans")
    life = Life(SIZE, 7, LAST)
    clock = [micros(life.start)]
    ledger = Ledger.open(url, keys=tmp_path_factory.mktemp("keys"), clock=lambda: clock[0])
    for log in LOGS:
        ledger.init(log)
    waiting: dict[str, list[Any]] = {log: [] for log in LOGS}
    for batch in life.batches():
        waiting[batch.log] += batch.events
    clock[0] = micros(life.start) + 70 * 86_400_000_000
    for log, events in waiting.items():
        if events:  # so small a world needs only some of the markets
            ledger.record(events, log=log, confirm_clock=True)
    with psycopg.connect(url, autocommit=True) as admin:
        for sql in FILLING:
            admin.execute(sql.encode())
    yield ledger, life, url
    ledger.close()
    with psycopg.connect(pg_server("postgres"), autocommit=True) as admin:
        admin.execute("DROP DATABASE plans WITH (FORCE)")


@pytest.mark.parametrize("analyzed", [False, True])
def test_a_recall_reads_what_is_affected_and_no_more(world: tuple[Ledger, Life, str], analyzed: bool) -> None:
    ledger, life, url = world
    if analyzed:
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute("ANALYZE")
    fresh = next(lot for lot in range(150, len(life.lots)) if lot not in life.children and life.places[lot] < 40)
    processed = next(lot for lot in range(150, len(life.lots)) if lot in life.children)
    for lot in (fresh, processed):
        with ledger.reading() as session:
            (total,) = session.row("SELECT COUNT(*) FROM move") or (0,)
            watched = Explained(session)
            told = recall_told(watched, [life.lots[lot]], now=ledger.clock())  # type: ignore[arg-type]
        assert told is not None
        affected = sum(len(row["lots"]) for row in (*told["outlets"], *told["others"]))
        many = {table: watched.read[table] for table in GROWS if watched.read[table] > 8 * affected + 300}
        assert not many, f"{affected} holdings affected, {total} moves"
        assert watched.read["move"] >= affected // 2


def test_a_recall_is_planned_once_for_a_connection_and_asked_in_few_journeys(
    world: tuple[Ledger, Life, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger, life, _ = world
    alone: list[str] = []
    send = PostgresSession._run

    def noting(session: PostgresSession, sql: str, params: Sequence[object]) -> Any:
        alone.append(sql)
        return send(session, sql, params)

    with ledger.reading():
        pass  # whether there is a ledger at all is asked once
    monkeypatch.setattr(PostgresSession, "_run", noting)
    for lot in [lot for lot in range(150, len(life.lots)) if life.places[lot] < 40][:8]:
        with ledger.reading() as session:
            assert recall_told(session, [life.lots[lot]], now=ledger.clock()) is not None
    assert not alone, "asked alone, while the recall waited"
    with ledger.reading() as session:
        sql = "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement LIKE ?"
        plans = session.rows(sql, ("%move AS m WHERE m.lot%",))
    assert plans, "the driver has forgotten what was prepared"
    assert all(each[0] and not each[1] for each in plans), plans


def test_the_account_sees_a_whole_table_read(world: tuple[Ledger, Life, str]) -> None:
    with world[0].reading() as session:
        watched = Explained(session)
        watched.rows("SELECT COUNT(*) FROM move AS m WHERE m.q + 0 = ?", (1,))
    assert watched.read["move"] > 12_000
