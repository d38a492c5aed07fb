"""Nothing is acknowledged that a trigger or rule of somebody else kept out of the database, or could have; on both databases.

Who writes looks for such things first, so the tests of counting hide them from that look (``unseen``): on PostgreSQL one can come between
the look and the rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from foodtrace import Ledger
from foodtrace.errors import FoodtraceError, Integrity, Storage
from foodtrace.events import Event, Site, Transfer
from foodtrace.operations.common import Doing, Outcome, local
from foodtrace.operations.erasing import erase
from foodtrace.storage.session import Session
from tests.ledger.rich import AT, LOT, first, kg

FUNCTION = "CREATE FUNCTION quiet() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN RETURN NULL; END $body$"


@pytest.fixture
def ledger(url: str, tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(url, keys=tmp_path / "keys") as opened:
        opened.init("city/one", operator="F-1")
        opened.record(first())
        yield opened


@pytest.fixture
def unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody see what stands on the tables."""
    monkeypatch.setattr("foodtrace.storage.strange.strange_things", lambda _session: [])


def run(ledger: Ledger, *statements: str) -> None:
    with ledger.store.write() as session:
        for each in statements:
            session.run(each)


def swallow(ledger: Ledger, table: str, change: str = "INSERT") -> None:
    """Put a trigger on a table that keeps rows from being written and says nothing."""
    if ledger.store.dialect == "sqlite":
        run(ledger, f"CREATE TRIGGER zz BEFORE {change} ON {table} BEGIN SELECT RAISE(IGNORE); END")
    else:
        run(ledger, FUNCTION, f"CREATE TRIGGER zz BEFORE {change} ON {table} FOR EACH ROW EXECUTE FUNCTION quiet()")


def let_go(ledger: Ledger, table: str) -> None:
    run(ledger, "DROP TRIGGER zz" + ("" if ledger.store.dialect == "sqlite" else f" ON {table}"))


def events(count: int) -> list[Event]:
    """Return a new site, with a telephone to keep, and what is sent to it: rows of every table that every commit writes."""
    made: list[Event] = [Site(id="w1", at=AT, site="N-1", operator="N-1", kind="shop", name="新店", parent="M-1")]
    made += [Transfer(id=f"w{n}", at=AT, site="F-1", to="N-1", lot=LOT, quantity=kg(1), doc=f"V-9{n}") for n in range(2, count + 1)]
    return made


def rows_of(ledger: Ledger) -> dict[str, int]:
    tables = ("entry", "checkpoint", "node", "head", "personal", "move", "holding", "site_fact")
    with ledger.store.read() as session:
        return {table: session.rows(f"SELECT COUNT(*) FROM {table}")[0][0] for table in tables}


@pytest.mark.parametrize(
    ("table", "change", "count"),
    [
        *((table, "INSERT", count) for table in ("entry", "checkpoint", "personal", "name", "site_fact") for count in (1, 2, 20)),
        *(("head", "UPDATE", count) for count in (1, 2, 20)),
        *((table, "INSERT", count) for table in ("move", "holding") for count in (2, 20)),
        ("node", "INSERT", 20),
    ],
)
@pytest.mark.usefixtures("unseen")
def test_what_a_trigger_keeps_out_is_not_acknowledged(ledger: Ledger, table: str, change: str, count: int) -> None:
    before = rows_of(ledger)
    swallow(ledger, table, change)
    with pytest.raises(Storage) as caught:
        ledger.record(events(count), personal={"w1": {"phone": "13900000000"}})
    assert caught.value.code == "storage.not_written"
    assert caught.value.value == table
    assert rows_of(ledger) == before, "nothing of it is there"
    let_go(ledger, table)
    receipt = ledger.record(events(count), personal={"w1": {"phone": "13900000000"}})
    assert receipt.new == count
    assert ledger.verify(full=True).ok


@pytest.mark.usefixtures("unseen")
def test_the_error_says_what_stands_in_the_way_and_where_to_look(ledger: Ledger) -> None:
    swallow(ledger, "entry")
    with pytest.raises(Storage) as caught:
        ledger.record(events(1))
    assert caught.value.message("en") == (
        "entry: rows to be written: 1, written: 0; something in the database keeps rows out or changes them; nothing was recorded"
    )
    assert caught.value.hint("en") == "foodtrace doctor names the trigger or rule; take it away, then do the same again"


@pytest.mark.usefixtures("unseen")
def test_no_log_is_made_that_is_not_there(url: str, tmp_path: Path) -> None:
    for table in ("log", "head"):
        with Ledger.open(url, keys=tmp_path / "keys") as ledger:
            ledger.init(f"city/before-{table}")
            swallow(ledger, table)
            with pytest.raises(Storage, match=table) as caught:
                ledger.init(f"city/{table}")
            assert caught.value.code == "storage.not_written"
            let_go(ledger, table)
            if ledger.store.dialect == "postgresql":
                run(ledger, "DROP FUNCTION quiet()")


def test_nothing_is_called_erased_that_a_trigger_kept(ledger: Ledger) -> None:
    ledger.record(events(1), personal={"w1": {"phone": "13900000000"}})
    swallow(ledger, "personal", "DELETE")
    writer = ledger.writer()

    def erasing(session: Session) -> Outcome:
        return erase(session, Doing(now=local(ledger.clock()), id="e1"), writer.number, writer.origin, "N-1")

    before = rows_of(ledger)
    with pytest.raises(FoodtraceError) as caught:
        ledger.act(erasing)
    assert caught.value.code == "storage.strange"  # while none is seen: tests/keeping/test_erase.py
    assert rows_of(ledger) == before
    let_go(ledger, "personal")
    ledger.act(erasing)
    assert rows_of(ledger)["personal"] == before["personal"] - 1


@pytest.mark.usefixtures("unseen")
def test_a_row_that_is_taken_away_again_at_once_is_not_acknowledged(tmp_path: Path) -> None:
    """SQLite counts what triggers change as well."""
    with Ledger.open(f"sqlite:///{tmp_path / 'x.db'}", keys=tmp_path / "keys") as ledger:
        ledger.init("city/one")
        run(ledger, "CREATE TRIGGER zz AFTER INSERT ON personal BEGIN DELETE FROM personal; END")
        with pytest.raises(FoodtraceError) as caught:
            ledger.record(events(1), personal={"w1": {"phone": "13900000000"}})
        assert caught.value.code == "storage.not_written"
        run(ledger, "DROP TRIGGER zz")
        run(ledger, "CREATE TRIGGER zz AFTER UPDATE ON head WHEN NEW.size > OLD.size BEGIN UPDATE head SET size = OLD.size; END")
        for code in ("storage.sealed", "storage.not_written"):
            with pytest.raises(FoodtraceError) as caught:
                ledger.record(events(1))
            assert caught.value.code == code, "heads do not go back; and where somebody took that guard off, the rows are counted"
            run(ledger, "DROP TRIGGER IF EXISTS head_no_update")


@pytest.mark.postgres
@pytest.mark.usefixtures("unseen")
@pytest.mark.parametrize("table", ["entry", "checkpoint", "personal", "site_fact"])
def test_on_postgresql_a_rule_is_noticed_as_well(pg_url: str, tmp_path: Path, table: str) -> None:
    with Ledger.open(pg_url, keys=tmp_path / "keys") as ledger:
        ledger.init("city/one")
        run(ledger, f"CREATE RULE zz AS ON INSERT TO {table} DO INSTEAD NOTHING")
        with pytest.raises(Storage) as caught:
            ledger.record(events(1), personal={"w1": {"phone": "13900000000"}})
        assert (caught.value.code, caught.value.value) == ("storage.not_written", table)


EMPTIES = {
    "sqlite": ["CREATE TRIGGER zz AFTER INSERT ON about BEGIN DELETE FROM personal; END"],
    "postgresql": [
        "CREATE FUNCTION quiet() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN DELETE FROM personal; RETURN NULL; END $body$",
        "CREATE TRIGGER zz AFTER INSERT ON about FOR EACH ROW EXECUTE FUNCTION quiet()",
    ],
}
"""A trigger on one table that takes rows of another away, earlier ones as well: every row that is written is counted in vain."""


def test_nothing_is_written_beside_a_trigger_that_takes_away_what_was_there(ledger: Ledger) -> None:
    ledger.record(events(1), personal={"w1": {"phone": "13900000000"}})
    before = rows_of(ledger)
    run(ledger, *EMPTIES[ledger.store.dialect])
    for _ in range(2):
        with pytest.raises(Integrity) as caught:
            ledger.record(events(3), personal={"w1": {"phone": "13900000000"}})
        assert (caught.value.code, caught.value.value) == ("storage.strange", "trigger zz on about")
        assert rows_of(ledger) == before
    with pytest.raises(Integrity, match="zz"):
        ledger.init("city/other")
    let_go(ledger, "about")
    assert ledger.record(events(3), personal={"w1": {"phone": "13900000000"}}).new == 2
    assert ledger.verify(full=True).ok


def test_it_is_seen_by_whoever_had_the_ledger_open_before(url: str, tmp_path: Path) -> None:
    """And by a program that wrote a moment ago, on the connection it has."""
    with Ledger.open(url, keys=tmp_path / "keys") as ours, Ledger.open(url, keys=tmp_path / "keys") as theirs:
        ours.init("city/one", operator="F-1")
        ours.record(first())
        run(theirs, *EMPTIES[theirs.store.dialect])
        with pytest.raises(Integrity) as caught:
            ours.record(events(1))
        assert caught.value.message("en") == (
            "on tables of the ledger there is what foodtrace did not make: trigger zz on about; "
            "it can change rows, take them away or copy them, so nothing was recorded"
        )
        let_go(theirs, "about")
        assert ours.record(events(1)).new == 1


def test_a_table_of_ones_own_beside_the_ledger_may_have_triggers(ledger: Ledger) -> None:
    run(ledger, "CREATE TABLE mine (value TEXT)")
    swallow(ledger, "mine")
    assert ledger.record(events(1)).new == 1
    assert ledger.verify(full=True).ok
