"""Rows of entries are compared one by one: none altered, added, hidden or ended goes unseen, in whichever stretch it stands."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from foodtrace import Ledger
from foodtrace.graph.entryrows import CORRECTION, EntryRows, Known, compare, ended, read, told_by
from foodtrace.graph.told import COLUMNS, TABLES, Digest, Told
from foodtrace.graph.weights import Weights
from foodtrace.opening import logs
from foodtrace.storage.session import Session
from foodtrace.storage.sqlitesession import SqliteSession
from foodtrace.verification import run as running
from foodtrace.verification.crew import Crew
from foodtrace.verification.quick import quick
from foodtrace.verification.tasks import Hand
from tests.ledger.rich import corrections, first, grow, unsealed
from tests.ledger.verified import more, never, opened, verify

MOVE = (5, 0, 2, 3, 7, 8, 9, 0, 1000, 1, "V-1", 1, 0)
FACT = (5, 0, 2, 7, 8, "西红柿", "", -1, -1, -1, 0, 0)
ABOUT = (5, 10, 7, 0)
CROSS = (5, 7, 3)
NAMES = {0: "", 6: "F-0", 7: "F-1/A", 8: "F-1", 9: "S-7", 10: "S-8"}


class Plain(SqliteSession):
    """Of the other engine, as far as reading columns goes: row by row."""

    dialect = "postgresql"


Tables: TypeAlias = Mapping[str, Sequence[tuple[Any, ...]]]
WAYS = (SqliteSession, Plain)


def holding(way: type[SqliteSession], tables: Tables) -> Session:
    """Return a session with some rows, of whatever types: these tables have none."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE name (id, text)")
    connection.executemany("INSERT INTO name VALUES (?, ?)", NAMES.items())
    for table, columns in zip(TABLES, COLUMNS, strict=True):
        names = columns if table == "cross_correction" else (*columns, "ended")
        connection.execute(f"CREATE TABLE {table} (log DEFAULT 1, {', '.join(names)})")
        marks = ", ".join("?" * len(names))
        connection.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", tables.get(table, ()))
    return way(connection)


def stored(**tables: Sequence[tuple[Any, ...]]) -> EntryRows:
    one, other = (read(holding(way, tables), 1, 0, 99) for way in WAYS)
    assert one == other
    return one


def told(**tables: Sequence[tuple[Any, ...]]) -> Told:
    return told_by(stored(**tables), NAMES)


def differing(good: Told, **tables: Sequence[tuple[Any, ...]]) -> str:
    """Return the table that differs, which it does however it is read."""
    found = set()
    for way in WAYS:
        rows, differs = compare(holding(way, tables), Known(), 1, 0, 99, good)
        assert rows == stored(**tables)
        found.add(differs)
    (one,) = found
    return one


NAMED = {"move": "other", "lot_fact": "site", "about": "subject", "cross_correction": "target"}


def altered(row: tuple[Any, ...], place: int, value: object) -> tuple[Any, ...]:
    return (*row[:place], value, *row[place % len(row) + 1 :])


@pytest.mark.parametrize(("table", "row"), [("move", MOVE), ("lot_fact", FACT), ("about", ABOUT), ("cross_correction", CROSS)])
def test_a_whole_number_written_as_a_real_one_is_no_row_of_ours(table: str, row: tuple[Any, ...]) -> None:
    for place, value in enumerate(row):
        if isinstance(value, int):
            other = {table: [row, altered(row, place, float(value))]}
            with pytest.raises(TypeError):
                stored(**other)
            for way in WAYS:
                with pytest.raises(TypeError):
                    compare(holding(way, other), Known(), 1, 0, 99, told(**{table: [row, row]}))


@pytest.mark.parametrize(("table", "row"), [("move", MOVE), ("lot_fact", FACT), ("about", ABOUT), ("cross_correction", CROSS)])
def test_any_other_value_in_any_column_differs_and_so_does_a_row_too_many_or_too_few(table: str, row: tuple[Any, ...]) -> None:
    good = told(**{table: [row]})
    assert differing(good, **{table: [row]}) == ""
    for place, value in enumerate(row):
        other = {table: [altered(row, place, value + 1 if isinstance(value, int) else value + "x")]}
        last = place == len(row) - 1 and table != "cross_correction"
        assert differing(good, **other) == ("" if last else table), (table, place)
        assert ended(stored(**other)) == ({5: 1} if last else {})
    for rows in ([], [row, altered(row, 0, 6)], [row, row]):
        assert differing(good, **{table: rows}) == table
    assert differing(told(), **{table: [row]}) == table
    nameless = altered(row, COLUMNS[TABLES.index(table)].index(NAMED[table]), 77)
    for way in WAYS:
        with pytest.raises(KeyError):
            compare(holding(way, {table: [nameless]}), Known(), 1, 0, 99, good)


def test_texts_that_can_be_written_in_several_ways_are_the_same_row() -> None:
    odd = altered(MOVE, COLUMNS[0].index("pair"), 'V"\\\x01\x7f\n\u2028甲/')
    assert differing(told(move=[odd]), move=[odd]) == ""
    assert differing(told(move=[odd]), move=[MOVE]) == "move"


def test_rows_are_the_same_in_whichever_order_the_engine_finds_them() -> None:
    moves = [altered(altered(MOVE, 0, seq), 1, item) for seq in (5, 6) for item in (0, 1)]
    facts = [altered(FACT, 0, seq) for seq in (5, 6)]
    about = [(seq, 10, subject, 0) for seq in (5, 6) for subject in (7, 8)]
    good = told(move=moves, lot_fact=facts, about=about)
    assert good.about[2] == ["F-1", "F-1/A", "F-1", "F-1/A"]  # by text, not by number
    for turn in range(1, 4):
        assert differing(good, move=moves[turn:] + moves[:turn], lot_fact=facts[::-1], about=about[turn:] + about[:turn]) == ""
    assert differing(good, move=[moves[0], moves[2], altered(moves[1], 0, 6), moves[3]], lot_fact=facts, about=about) == "move"


def test_all_rows_of_an_entry_end_together_and_those_about_a_correction_never() -> None:
    three = {"move": [altered(MOVE, -1, 9)], "lot_fact": [altered(FACT, -1, 9)], "about": [altered(ABOUT, -1, 9)]}
    assert ended(stored(**three)) == {5: 9}
    assert differing(told(move=[MOVE], lot_fact=[FACT], about=[ABOUT]), **three) == ""
    for table, row in (("move", MOVE), ("lot_fact", FACT), ("about", ABOUT)):
        with pytest.raises(ValueError, match="5"):
            ended(stored(**{**three, table: [row]}))
    with pytest.raises(ValueError, match="5"):
        ended(stored(about=[(5, CORRECTION, 7, 9)]))


def test_a_digest_is_that_of_rows_whatever_pieces_they_came_in_and_of_no_others() -> None:
    rows = [altered(MOVE, 0, seq) for seq in range(40)]

    def digest(*pieces: Sequence[tuple[Any, ...]]) -> str:
        made = Digest(bytes(32))
        for each in pieces:
            made.add(told(move=each))
        return made.result()

    whole = digest(rows)
    assert digest(rows[:1], rows[1:17], rows[17:]) == whole
    assert digest(rows[:-1]) != whole
    for place in range(len(MOVE) - 1):
        value = MOVE[place] + 1 if isinstance(MOVE[place], int) else "V-2"  # type: ignore[operator]
        assert digest([*rows[:20], altered(rows[20], place, value), *rows[21:]]) != whole, place
    assert digest([altered(row, -1, 9) for row in rows]) == whole


def test_rows_of_every_stretch_since_the_first_mark_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(tmp_path) as ledger:
        grow(ledger)
        before = {log.log: log.entries for log in ledger.verify().logs}
        with monkeypatch.context() as patch:
            patch.setattr(running, "exact", never)
            for batch in range(4):
                ledger.record(more(3, f"b{batch}-"), log="city/one")
                assert ledger.verify().fresh == 3
    first_, last = before["city/one"], before["city/one"] + 12
    tried = 0
    for seq in (0, 5, first_ - 1, *range(first_, last, 2)):
        for change in ("q = q + 1", "ended = 99999", "pair = pair || 'x'"):
            back = f"CREATE TABLE kept AS SELECT * FROM move WHERE log = 1 AND seq = {seq}"
            alter = f"UPDATE move SET {change} WHERE log = 1 AND seq = {seq}"
            unsealed(tmp_path / "x.db", (back, ()))
            if unsealed(tmp_path / "x.db", (alter, ())):
                tried += 1
                found = verify(tmp_path)
                assert {each.code for each in found.findings} == {"projection.differs"}, (seq, change)
            again = (f"DELETE FROM move WHERE log = 1 AND seq = {seq}", "INSERT INTO move SELECT * FROM kept", "DROP TABLE kept")
            unsealed(tmp_path / "x.db", *((each, ()) for each in again))
    assert verify(tmp_path).ok
    assert tried >= 18


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_correction_that_comes_while_another_process_looks_is_no_difference(
    tmp_path: Path, engine: str, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}" if engine == "sqlite" else str(request.getfixturevalue("pg_url"))
    weights = Weights(bytes(32))
    with Ledger.open(url, keys=tmp_path / "keys") as ledger:
        ledger.init("city/one", operator="F-1")
        ledger.record(first(), log="city/one")
        with ledger.reading() as session:
            states = logs(session)
            ledger.record(corrections(ledger, "city/one")[:1], log="city/one")
            with ledger.reading() as later:
                crew = Crew(session, weights, [])
                crew.hand = Hand(later, weights)  # as a helper that has come to it only now

                def nothing() -> Iterator[None]:
                    yield from ()

                found = quick(crew, session, states, {}, weights, "", None, nothing())
                assert not isinstance(found, str), found
