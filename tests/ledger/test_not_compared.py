"""What verify did not compare it says, and of what it names only a few of it says how many more there are."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from foodtrace import Ledger
from foodtrace.texts import Lang, text
from foodtrace.verification import Verification
from tests.cli.shell import run
from tests.ledger.rich import first, grow, unsealed
from tests.ledger.verified import more, opened, verify

MANY = 27
"""More of one kind than are named (20)."""


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """Two logs with rows of their own, the first one also in the sums of the second's places."""
    with opened(tmp_path) as ledger:
        ledger.init("city/one", operator="F-1")
        ledger.init("city/two", operator="P-1")
        ledger.record(first(), log="city/one")
        ledger.record(more(MANY, "one"), log="city/one")
        ledger.record(more(MANY, "two"), log="city/two")
    return tmp_path


def harm(folder: Path, *statements: str) -> None:
    for each in statements:
        assert unsealed(folder / "x.db", (each, ())) > 0, each


def compared(answer: Verification) -> dict[str, str]:
    return {each.log: each.not_compared for each in answer.logs}


def test_of_a_log_whose_entries_do_not_hold_it_is_said_that_its_rows_were_not_compared(two: Path) -> None:
    harm(two, "UPDATE entry SET bytes = x'7b7d' WHERE log = 1 AND seq = 3")
    for full in (False, True):
        answer = verify(two, full=full)
        assert not answer.ok
        assert compared(answer) == {"city/one": "tlog.leaf_mismatch", "city/two": ""}


def test_where_all_holds_or_only_rows_differ_everything_was_compared(two: Path) -> None:
    assert set(compared(verify(two, full=True)).values()) == {""}
    harm(two, "UPDATE move SET q = q + 1 WHERE log = 1 AND seq = 6")
    answer = verify(two, full=True)
    assert not answer.ok
    assert set(compared(answer).values()) == {""}


def test_without_the_table_of_names_nothing_was_compared(two: Path) -> None:
    connection = sqlite3.connect(two / "x.db")
    connection.execute("DROP TABLE name")
    connection.commit()
    connection.close()
    answer = verify(two)
    assert compared(answer) == dict.fromkeys(("city/one", "city/two"), "tlog.table_missing")
    assert answer.projection_rows == 0


@pytest.mark.parametrize(("lang", "words"), [("en", "not compared"), ("zh", "没有核对")])
def test_people_and_programs_are_told_so(two: Path, lang: Lang, words: str) -> None:
    harm(two, "UPDATE entry SET bytes = x'7b7d' WHERE log = 1 AND seq = 3")
    said = run(two, "--db", "x.db", "verify", code=3, lang=lang)
    (line,) = [each for each in said.splitlines() if words in each]
    assert "city/one" in line
    assert text("tlog.leaf_mismatch", lang) in line, "because of what"
    told = json.loads(run(two, "--db", "x.db", "verify", "--json", code=3))
    assert {each["log"]: each.get("not_compared", "") for each in told["logs"]} == {"city/one": "tlog.leaf_mismatch", "city/two": ""}


def test_the_rows_of_a_log_that_does_not_hold_hide_no_row_of_another(two: Path) -> None:
    """Some of each table are named: those of the broken log, which prove nothing, must not take their place."""
    harm(
        two,
        "UPDATE entry SET bytes = x'7b7d' WHERE log = 1 AND seq = 3",
        "UPDATE move SET q = q + 1 WHERE log = 1",
        "UPDATE move SET q = q + 1 WHERE log = 2 AND seq = (SELECT max(seq) FROM move WHERE log = 2)",
    )
    found = [each for each in verify(two, full=True).findings if each.code == "projection.differs"]
    assert {each.log for each in found} == {"city/two"}
    assert {each.got.partition(":")[0] for each in found} == {"move"}


def test_rows_beyond_those_that_are_named_are_counted(two: Path) -> None:
    harm(two, "UPDATE move SET q = q + 1 WHERE log = 2")
    answer = verify(two, full=True)
    named = [each for each in answer.findings if each.code == "projection.differs" and each.got.startswith("move: ")]
    more_of = [(each.expected, each.got) for each in answer.findings if each.code == "projection.more"]
    assert len(named) == 2 * 20
    assert more_of == [("", f"move: {MANY - 20} (stored)"), ("", f"move: {MANY - 20} (expected)")]


def test_rows_that_stand_twice_beyond_those_that_are_named_are_counted(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        grow(ledger)
        ledger.record(more(MANY), log="city/one")
    connection = sqlite3.connect(tmp_path / "x.db")
    (made,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'move'").fetchone()
    connection.execute("ALTER TABLE move RENAME TO away")
    before, _, after = made.partition("PRIMARY KEY")
    connection.execute(before.rstrip(", \n\t") + after.partition(")")[2].partition(")")[0] + ")")
    for _ in range(2):
        connection.execute("INSERT INTO move SELECT * FROM away")
    (keys,) = connection.execute("SELECT COUNT(*) FROM away").fetchone()
    connection.execute("DROP TABLE away")
    connection.execute("CREATE INDEX move_entry ON move (log, seq)")
    connection.commit()
    connection.close()
    found = verify(tmp_path, full=True).findings
    assert len([each for each in found if each.code == "projection.twice"]) == 20
    assert f"move: {keys - 20} (twice)" in [each.got for each in found if each.code == "projection.more"]


@pytest.mark.parametrize(
    ("sql", "place", "kind"),
    [
        ("UPDATE move SET q = 'x' WHERE log = 2", "move.q", "integer"),
        ("UPDATE move SET pair = CAST(x'ff' AS TEXT) WHERE log = 2", "move.pair", "text"),
    ],
)
def test_values_of_another_type_beyond_those_that_are_named_are_counted(two: Path, sql: str, place: str, kind: str) -> None:
    harm(two, sql)
    answer = verify(two, full=True)
    named = [each for each in answer.findings if each.code == "tlog.mistyped"]
    assert {each.got.partition(":")[0] for each in named} == {place}
    assert len(named) == 20
    assert [(each.expected, each.got) for each in answer.findings if each.code == "tlog.mistyped_more"] == [(kind, f"{place}: {MANY - 20}")]


def test_as_many_as_are_named_are_all(two: Path) -> None:
    harm(two, "UPDATE move SET q = 'x' WHERE log = 2 AND seq IN (SELECT seq FROM move WHERE log = 2 LIMIT 20)")
    codes = [each.code for each in verify(two, full=True).findings]
    assert codes.count("tlog.mistyped") == 20
    assert "tlog.mistyped_more" not in codes


@pytest.fixture
def emptied(tmp_path: Path) -> Iterator[Ledger]:
    with opened(tmp_path) as ledger:
        ledger.init("city/one", operator="F-1")
        ledger.record(first(), log="city/one")
    harm(tmp_path, "DELETE FROM entry", "DELETE FROM checkpoint", "DELETE FROM node", "UPDATE head SET size = 0, time = 0")
    with Ledger.open(f"sqlite:///{tmp_path / 'x.db'}", keys=tmp_path / "none", recovering=True, create=False) as ledger:
        yield ledger


def test_rows_beside_an_empty_log_are_no_empty_ledger(emptied: Ledger) -> None:
    """Who took all entries away and left the rows that recalls are answered from."""
    answer = emptied.verify(full=True)
    assert (answer.ok, answer.empty) == (False, False)
    assert "projection.differs" in {each.code for each in answer.findings}
