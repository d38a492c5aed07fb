"""What verify looks at, what it rests on, and that it never says yes to what it did not see."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from pathlib import Path

import pytest

import foodtrace.verification.run as running
from foodtrace import Ledger, errors
from foodtrace.graph.check import TABLES
from foodtrace.verification import mark_path
from foodtrace.verification.quick import quick
from tests.ledger.rich import first, grow, unsealed
from tests.ledger.verified import more, never, opened, verify


@pytest.fixture
def grown(tmp_path: Path) -> Path:
    with opened(tmp_path) as ledger:
        grow(ledger)
    return tmp_path


NEVER_HELD = (
    "INSERT INTO holding (lot, site, unit, log) SELECT h.lot, s.site, h.unit, h.log FROM holding h, site_seen s WHERE NOT EXISTS "
    "(SELECT 1 FROM holding o WHERE o.lot = h.lot AND o.site = s.site AND o.unit = h.unit AND o.log = h.log) LIMIT 1"
)


def holds(folder: Path) -> bool:
    """Say whether the incremental run says yes; the anchor may refuse before it comes to that."""
    try:
        return verify(folder).ok
    except errors.Integrity:
        return False


@pytest.fixture
def no_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "exact", never)


# --- what is looked at -------------------------------------------------------------------------------------------


def test_the_second_run_checks_in_full_only_what_is_new_and_says_so(url: str, tmp_path: Path, no_exact: None) -> None:
    with Ledger.open(url, keys=tmp_path / "keys") as ledger:
        grow(ledger)
        one = ledger.verify()
        assert (one.ok, one.full, one.fresh, one.known, one.mark) == (True, True, one.entries, 0, "made")
        assert one.signatures == one.checkpoints
        two = ledger.verify()
        assert (two.ok, two.full, two.fresh, two.known, two.mark, two.signatures) == (True, False, 0, one.entries, "used", 0)
        assert two.projection_rows == one.projection_rows
        assert all(each.known_since for each in two.logs)
        ledger.record(more(3), log="city/one")
        three = ledger.verify()
        assert (three.ok, three.full, three.fresh, three.known, three.signatures) == (True, False, 3, one.entries, 1)
        assert three.checkpoints == one.checkpoints + 1
        assert {each.known_since for each in three.logs} == {each.known_since for each in two.logs}, "what it all rests on is the full run"
        four = ledger.verify(full=True)
        assert (four.ok, four.full, four.fresh, four.known) == (True, True, one.entries + 3, 0)


def test_corrections_of_entries_before_the_mark_are_followed(url: str, tmp_path: Path, no_exact: None) -> None:
    from tests.ledger.rich import corrections, crossing

    with Ledger.open(url, keys=tmp_path / "keys") as ledger:
        ledger.init("city/one", operator="F-1")
        ledger.init("city/two", operator="P-1")
        ledger.record(first(), log="city/one")
        assert ledger.verify().ok
        for each in corrections(ledger, "city/one"):
            ledger.record([each], log="city/one")
            assert ledger.verify().ok, each.id
        ledger.record(crossing(ledger, "city/one"), log="city/two")
        assert ledger.verify().ok
        assert ledger.verify(full=True).ok


def test_another_process_helps_and_the_answer_is_the_same(
    url: str, tmp_path: Path, no_exact: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "HELP_FROM", 1)
    with Ledger.open(url, keys=tmp_path / "keys") as ledger:
        grow(ledger)
        for batch in range(10):
            ledger.record(more(600, f"b{batch}-"), log="city/one")
        helped = ledger.verify(full=True)
        alone = ledger.verify(full=True, helpers=0)
        assert helped.ok
        assert (helped.entries, helped.checkpoints, helped.signatures, helped.projection_rows) == (
            alone.entries,
            alone.checkpoints,
            alone.signatures,
            alone.projection_rows,
        )
        assert alone.processes == 1


def test_a_helper_that_cannot_start_or_dies_changes_no_answer(grown: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "HELP_FROM", 1)
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert verify(grown, full=True).ok
    monkeypatch.setattr(sys, "executable", shutil.which("false") or "false")
    found = verify(grown, full=True)
    assert (found.ok, found.processes) == (True, 1)


def test_what_a_helper_looked_at_is_found_too(grown: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "HELP_FROM", 1)
    assert unsealed(grown / "x.db", ("UPDATE entry SET leaf = zeroblob(32) WHERE seq = 5", ()))
    found = verify(grown, full=True)
    assert not found.ok
    assert {each.code for each in found.findings} >= {"tlog.leaf_mismatch"}


# --- every row, every column ---------------------------------------------------------------------------------------


def _changes(path: Path) -> list[tuple[str, str, tuple[object, ...]]]:
    """Return one change for every value of every row of the projection, and for the name table."""
    connection = sqlite3.connect(path)
    found: list[tuple[str, str, tuple[object, ...]]] = []
    for table in (*TABLES, "name"):
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        where = " AND ".join(f"{column} IS ?" for column in columns)
        for row in connection.execute(f"SELECT * FROM {table}").fetchall():
            for column, value in zip(columns, row, strict=True):
                new: object = value + 1 if isinstance(value, int) else f"{value or ''}x"
                if not (table == "name" and column == "id"):
                    found.append((table, f"UPDATE OR IGNORE {table} SET {column} = ? WHERE {where}", (new, *row)))
            found.append((table, f"DELETE FROM {table} WHERE {where}", row))
    connection.close()
    return found


@pytest.mark.parametrize("how", ["full", "since the mark"])
def test_every_value_of_every_projection_row_altered_is_found(grown: Path, how: str) -> None:
    assert verify(grown).ok
    path = mark_path(grown / "keys", f"sqlite:///{grown / 'x.db'}", None)
    # Of each column of each table some rows, in the other run others; every value: python -m benchmarks.corrupt
    alike: dict[tuple[str, str], list[tuple[str, str, tuple[object, ...]]]] = {}
    for change in _changes(grown / "x.db"):
        alike.setdefault(change[:2], []).append(change)
    first, step = (0, 5) if how == "full" else (1, 7)
    changes = [change for some in alike.values() for change in (some[first::step] or some)]
    assert len({table for table, _, _ in changes}) == len(TABLES) + 1, "the ledger has rows of every table"
    connection = sqlite3.connect(grown / "x.db", isolation_level=None)
    from foodtrace.storage.sqlitesession import SqliteSession
    from foodtrace.verification import Asked, verify_ledger

    session, missed, tried = SqliteSession(connection), [], 0
    asked = Asked(full=how == "full", mark=path)
    before = path.read_bytes()
    used = {row[0] for table, names in TABLES.items() for name in names for row in connection.execute(f"SELECT {name} FROM {table}")}
    for table, sql, params in changes:
        if table == "name" and params[-3] not in used:
            continue  # the name of nothing says nothing
        connection.execute("BEGIN")
        if connection.execute(sql, params).rowcount:
            tried += 1
            if verify_ledger(session, asked=asked).ok:
                missed.append((table, sql, params))
        connection.execute("ROLLBACK")
    connection.close()
    assert missed == []
    assert tried > 130
    assert path.read_bytes() == before, "a mark is made only by a run that found nothing"


@pytest.mark.parametrize(
    "statement",
    [
        NEVER_HELD,
        "INSERT INTO holding (lot, site, unit, log) SELECT lot, site, 2, log FROM holding WHERE unit = 0 LIMIT 1",
        "INSERT INTO lot_edge SELECT dst, src, site, log, 0 FROM lot_edge LIMIT 1",
        "INSERT INTO alias SELECT lot, lot, log, 0 FROM alias LIMIT 1",
        "INSERT INTO about SELECT subject, kind + 40, log, seq, ended FROM about LIMIT 1",
        "INSERT INTO move SELECT lot, log, seq, item + 9, kind, site, other, unit, 0, 0, 0, '', 0, 0 FROM move LIMIT 1",
        "INSERT INTO move SELECT lot, 99, seq, item, kind, site, other, unit, q, t, recorded, pair, flags, ended FROM move LIMIT 1",
        "INSERT INTO move SELECT 0, log, seq, item + 9, 0, 0, 0, 0, 0, 0, 0, '', 0, 0 FROM move LIMIT 1",
        "INSERT INTO move SELECT 999999, log, seq, item + 9, kind, site, other, unit, q, t, recorded, pair, flags, 0 FROM move LIMIT 1",
        "INSERT INTO site_seen SELECT site, 99, recorded FROM site_seen LIMIT 1",
        "UPDATE move SET lot = -lot WHERE seq = 6",
        "UPDATE move SET q = q + 1.5 WHERE seq = 6",
        "UPDATE lot_fact SET product = x'ff' WHERE seq = 4",
        "UPDATE name SET code = NULL WHERE code IS NOT NULL",
        "DELETE FROM lot_edge WHERE n = 0",
        "DELETE FROM alias WHERE n = 0",
        "DELETE FROM holding WHERE flows = 0",
        "UPDATE move SET q = CASE seq WHEN 6 THEN q + 5 ELSE q - 5 END WHERE seq IN (6, 8)",
    ],
)
def test_rows_nobody_recorded_and_emptied_rows_taken_away_are_found(grown: Path, statement: str) -> None:
    assert verify(grown).ok
    assert unsealed(grown / "x.db", (statement, ()))
    for full in (False, True):
        found = verify(grown, full=full)
        assert not found.ok
        assert {each.code for each in found.findings} - {"tlog.mistyped"} == {"projection.differs"}


# --- the mark ----------------------------------------------------------------------------------------------------


def test_an_old_byte_that_was_changed_is_found_by_the_incremental_run(grown: Path) -> None:
    assert verify(grown).ok
    connection = sqlite3.connect(grown / "x.db")
    rows = connection.execute("SELECT log, seq, id, bytes FROM entry").fetchall()
    notes = connection.execute("SELECT log, size, note FROM checkpoint").fetchall()
    connection.close()
    for log, seq, name, data in rows[::4]:
        for column, value in (("bytes", data[:40] + bytes([data[40] ^ 1]) + data[41:]), ("id", name + "x")):
            assert unsealed(grown / "x.db", (f"UPDATE entry SET {column} = ? WHERE log = ? AND seq = ?", (value, log, seq)))
            assert not holds(grown), (column, log, seq)
            old = data if column == "bytes" else name
            assert unsealed(grown / "x.db", (f"UPDATE entry SET {column} = ? WHERE log = ? AND seq = ?", (old, log, seq)))
    for log, size, note in notes:
        for place in (5, len(note) - 30):
            forged = note[:place] + bytes([note[place] ^ 1]) + note[place + 1 :]
            assert unsealed(grown / "x.db", ("UPDATE checkpoint SET note = ? WHERE log = ? AND size = ?", (forged, log, size)))
            assert not holds(grown), (log, size, place)
        assert unsealed(grown / "x.db", ("UPDATE checkpoint SET note = ? WHERE log = ? AND size = ?", (note, log, size)))
    found = verify(grown)
    assert (found.ok, found.full) == (True, False)


def test_a_damaged_mark_or_one_of_another_program_is_not_used_and_that_is_said(grown: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert verify(grown).ok
    path = mark_path(grown / "keys", f"sqlite:///{grown / 'x.db'}", None)
    assert path.stat().st_mode & 0o777 == 0o600
    data = path.read_bytes()
    for place in (0, 40, len(data) - 1):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        found = verify(grown)
        assert (found.ok, found.full, found.mark) == (True, True, "damaged"), place
    import foodtrace.verification.mark as marks

    monkeypatch.setattr(marks, "program", lambda: b"another")
    found = verify(grown)
    assert (found.ok, found.full, found.mark) == (True, True, "other_program")


def test_a_mark_that_cannot_be_written_is_said(grown: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "write_mark", lambda *_: False)
    found = verify(grown)
    assert (found.ok, found.mark) == (True, "not_written")


def set_back(grown: Path) -> None:
    """Record more and verify it; then put the database back to what it was before, and take the anchors away."""
    shutil.copy(grown / "x.db", grown / "old.db")
    with opened(grown) as ledger:
        ledger.record(more(2), log="city/one")
        assert ledger.verify().ok
    for suffix in ("", "-wal", "-shm"):
        (grown / f"x.db{suffix}").unlink(missing_ok=True)
    shutil.copy(grown / "old.db", grown / "x.db")
    for anchor in (grown / "keys").glob("*.anchor"):
        anchor.unlink()


def test_fewer_entries_than_the_mark_saw_is_a_rollback(grown: Path) -> None:
    set_back(grown)
    for full in (False, True):
        found = verify(grown, full=full)
        assert not found.ok
        assert [(each.code, each.log) for each in found.findings] == [("tlog.rolled_back", "city/one")]


def test_another_history_by_the_same_key_is_found_against_the_mark(grown: Path) -> None:
    set_back(grown)
    # Written where the mark is not: here it would be refused (tests/keeping/test_set_back.py).
    (mark,) = (grown / "keys").glob("*.verified")
    mark.rename(grown / "aside")
    with opened(grown) as ledger:
        ledger.record(more(5, "other"), log="city/one")
    (grown / "aside").rename(mark)
    for full in (False, True):
        found = verify(grown, full=full)
        assert not found.ok
        assert [(each.code, each.log) for each in found.findings] == [("tlog.forked", "city/one")]
        assert found.findings[0].expected != found.findings[0].got


def test_an_empty_ledger_is_never_verified(tmp_path: Path) -> None:
    from foodtrace.tlog.append import new_log

    with opened(tmp_path) as ledger:
        ledger.store.create()
        with ledger.store.write() as session:
            new_log(session, "city/none")
        found = ledger.verify()
        assert (found.ok, found.empty, found.entries) == (False, True, 0)
        assert not list((tmp_path / "keys").glob("*.verified"))


def test_two_passes_that_disagree_are_no_yes(grown: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "quick", lambda *_: "span 0")
    found = verify(grown, full=True)
    assert (found.ok, [each.code for each in found.findings]) == (False, ["tlog.unexplained"])


def test_a_quick_pass_that_is_wrong_about_the_projection_is_overruled_by_rows(grown: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "quick", lambda *_: "projection: move")
    found = verify(grown, full=True)
    assert found.ok
    assert callable(quick)


@pytest.mark.parametrize("whole", [False, True])
def test_a_log_that_was_taken_out_of_the_ledger_is_missed(grown: Path, *, whole: bool) -> None:
    with opened(grown) as ledger:
        gone = ledger.init("city/gone")[0].origin
        assert ledger.verify().ok
        left = [each.origin for each in ledger.logs() if each.origin != gone]
    if whole:  # another ledger in its place
        for suffix in ("", "-wal", "-shm"):
            (grown / f"x.db{suffix}").unlink(missing_ok=True)
        with pytest.raises(errors.Integrity):
            opened(grown)  # none is begun there (tests/storage/test_places.py)
        with Ledger.open(f"sqlite:///{grown / 'other.db'}", keys=grown / "keys") as ledger:
            ledger.init("city/other")
        (grown / "other.db").rename(grown / "x.db")
        gone_now = sorted([gone, *left])
    else:
        number = "(SELECT id FROM log WHERE origin = 'city/gone')"
        rows = [(f"DELETE FROM {table} WHERE log = {number}", ()) for table in ("entry", "node", "checkpoint", "head")]
        assert unsealed(grown / "x.db", *rows, ("DELETE FROM log WHERE origin = 'city/gone'", ())) > 1
        gone_now = [gone]
    for full in (False, True):
        found = verify(grown, full=full)
        assert not found.ok
        assert [(each.code, each.log) for each in found.findings] == [("tlog.log_gone", each) for each in gone_now]
        assert str(mark_path(grown / "keys", f"sqlite:///{grown / 'x.db'}", None)) in found.findings[0].expected


def test_a_checkpoint_that_was_taken_away_is_named_by_every_run(grown: Path) -> None:
    assert verify(grown).ok
    taken = (
        "DELETE FROM checkpoint WHERE (log, size) = (SELECT c.log, c.size FROM checkpoint AS c JOIN log AS l ON l.id = c.log "
        "WHERE l.origin = 'city/one' AND c.size < (SELECT size FROM head WHERE log = c.log) AND NOT EXISTS (SELECT 1 FROM entry AS e "
        "WHERE e.log = c.log AND e.seq = c.size - 1 AND instr(e.bytes, CAST('previous' AS BLOB)) > 0) ORDER BY c.size DESC LIMIT 1)"
    )
    assert unsealed(grown / "x.db", (taken, ())) == 1
    for full in (False, True, False):
        found = verify(grown, full=full)
        assert not found.ok
        assert [(each.code, each.log) for each in found.findings] == [("tlog.no_checkpoint", "city/one")]


def test_what_came_in_a_copy_by_the_ledgers_word_is_counted_by_the_mark_all_the_same(grown: Path) -> None:
    assert verify(grown).ok
    with opened(grown) as ledger, ledger.reading() as session:
        sizes = [row[0] for row in session.rows("SELECT size FROM checkpoint WHERE log = 1 ORDER BY size")]
    say = f"INSERT INTO setting (key, value) VALUES ('brought city/one', '0-{sizes[-1]}')"
    taken = f"DELETE FROM checkpoint WHERE log = 1 AND size = {sizes[-2]}"
    assert unsealed(grown / "x.db", (say, ()), (taken, ())) == 2
    for full in (False, True, False):
        found = verify(grown, full=full)
        assert not found.ok
        assert [(each.code, each.log) for each in found.findings] == [("tlog.checkpoint_gone", "city/one")]
        assert int(found.findings[0].expected) == int(found.findings[0].got) + 1
