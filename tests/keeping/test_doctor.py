"""The doctor finds what is wrong before it hurts, and every finding says how to mend it."""

from __future__ import annotations

import datetime as dt
import inspect
import json
import re
import shutil
import sqlite3
import uuid
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

import foodtrace.keeping.doctor as module
from foodtrace import Ledger
from foodtrace.errors import Storage
from foodtrace.events import Site
from foodtrace.graph.edges import micros
from foodtrace.keeping import doctortables
from foodtrace.keeping.doctor import Examination, Surroundings, examine
from foodtrace.texts import has
from foodtrace.tlog.anchor import anchor_path
from foodtrace.tlog.vouched import format_head, read_seen
from tests.cli.shell import run
from tests.ledger.tampering import sealed_again, unsealed

AT = dt.datetime(2026, 11, 24, 4, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
NOW = micros(AT)
ORIGIN = "test.example/own"
AROUND = Surroundings("utf-8", "zh", passphrase=False)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    with Ledger.open(f"sqlite:///{tmp_path}/x.db", keys=tmp_path / "keys", clock=lambda: NOW) as ledger:
        ledger.init(ORIGIN)
        ledger.record([site("s1")])
    return tmp_path


def site(name: str) -> Site:
    return Site(id=name, at=AT, site=name.upper(), operator="F-1", kind="farm", name="永发合作社")


def look(home: Path, around: Surroundings = AROUND, now: int = NOW) -> Examination:
    made: list[Ledger] = []

    def opened() -> Ledger:
        made.append(Ledger.open(str(home / "x.db"), keys=home / "keys", clock=lambda: now, create=False, recovering=True))
        return made[0]

    try:
        return examine(opened, home / "x.db", home / "keys", around)
    finally:
        for each in made:
            each.close()


def states(found: Examination) -> dict[str, str]:
    return {each.code: each.state for each in found.checks if each.topic not in ("disk", "zbar")}


def test_a_sound_set_up_is_said_to_be_sound(home: Path) -> None:
    found = look(home)
    assert found.ok
    fine = ("ledger", "files", "wal", "clock", "keys", "anchor", "locale")
    assert states(found) == {f"{each}_fine": "ok" for each in fine}


def trigger_gone(home: Path) -> None:
    unsealed(home / "x.db").close()


def readable_key(home: Path) -> None:
    next((home / "keys").glob("*.key")).chmod(0o644)


def writable_directory(home: Path) -> None:
    (home / "keys").chmod(0o777)


def no_keys(home: Path) -> None:
    shutil.rmtree(home / "keys")


def key_lost(home: Path) -> None:
    next((home / "keys").glob("*.key")).unlink()


def anchor_gone(home: Path) -> None:
    anchor_path(home / "keys", ORIGIN).unlink()


def anchor_spoilt(home: Path) -> None:
    anchor_path(home / "keys", ORIGIN).write_bytes(b"x" * 4096)


def set_back(home: Path) -> None:
    shutil.copy(home / "x.db", home / "old.db")
    with Ledger.open(f"sqlite:///{home}/x.db", keys=home / "keys", clock=lambda: NOW) as ledger:
        ledger.record([site("s2")])
    for path in home.glob("x.db*"):
        path.unlink()
    (home / "old.db").rename(home / "x.db")


def no_ledger(home: Path) -> None:
    for path in home.glob("x.db*"):
        path.unlink()


def not_a_ledger(home: Path) -> None:
    no_ledger(home)
    (home / "x.db").write_bytes(b"not a database, and long enough to be looked at" * 20)


def head_gone(home: Path) -> None:
    connection = unsealed(home / "x.db")
    connection.execute("DELETE FROM head")
    sealed_again(connection)
    connection.close()


def rows_of_no_log(home: Path) -> None:
    connection = sqlite3.connect(home / "x.db", isolation_level=None)
    connection.execute("INSERT INTO entry (log, seq, id, leaf, bytes) SELECT 77, seq, id, leaf, bytes FROM entry")
    connection.close()


WRONG: list[tuple[Callable[[Path], None], str, str]] = [
    (trigger_gone, "triggers_gone", "bad"),
    (head_gone, "heads_gone", "bad"),
    (rows_of_no_log, "rows_stray", "bad"),
    (readable_key, "keys_mode", "bad"),
    (writable_directory, "keys_mode", "bad"),
    (no_keys, "keys_none", "warn"),
    (key_lost, "keys_not_here", "bad"),
    (anchor_gone, "anchor_none", "warn"),
    (anchor_spoilt, "anchor_unread", "bad"),
    (set_back, "anchor_ahead", "bad"),
    (no_ledger, "ledger_lost", "warn"),
    (not_a_ledger, "ledger_closed", "bad"),
]


@pytest.mark.parametrize(("harm", "code", "state"), WRONG, ids=[each[0].__name__ for each in WRONG])
def test_what_is_wrong_is_found(home: Path, harm: Callable[[Path], None], code: str, state: str) -> None:
    harm(home)
    found = look(home)
    assert states(found).get(code) == state, states(found)
    assert found.ok is not any(each.state == "bad" for each in found.checks)


@pytest.mark.parametrize(
    ("now", "code", "state"),
    [
        (0, "clock_unset", "bad"),
        (NOW - 3_600_000_000, "clock_behind", "bad"),
        (NOW + 500 * 86_400_000_000, "clock_ahead", "warn"),
    ],
)
def test_a_clock_that_is_off(home: Path, now: int, code: str, state: str) -> None:
    assert states(look(home, now=now))[code] == state


def test_a_terminal_that_cannot_show_names(home: Path) -> None:
    assert states(look(home, Surroundings("ascii", "zh", passphrase=False)))["locale_narrow"] == "bad"
    assert states(look(home, Surroundings("latin-1", "en", passphrase=False)))["locale_narrow"] == "warn"
    assert states(look(home, Surroundings("gbk", "zh", passphrase=False)))["locale_fine"] == "ok"


def test_a_locked_key_without_its_passphrase(home: Path) -> None:
    with Ledger.open(f"sqlite:///{home}/x.db", keys=home / "keys", clock=lambda: NOW) as ledger:
        ledger.init("test.example/locked", passphrase="ein langes Wort")  # noqa: S106 - a test's
    assert states(look(home))["keys_locked"] == "warn"
    assert "keys_locked" not in states(look(home, Surroundings("utf-8", "en", passphrase=True)))


def test_a_full_disk_a_network_drive_and_a_write_ahead_log_that_grew(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: type("Usage", (), {"free": 50_000_000})())
    monkeypatch.setattr(module, "_filesystem", lambda _: "nfs4")
    monkeypatch.setattr(module, "LARGE_WAL", -1)
    found = {each.code: each.state for each in look(home).checks}
    assert (found["disk_low"], found["disk_network"], found["wal_large"]) == ("bad", "bad", "warn")


def test_without_zbar(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("foodtrace.certificate.read.zbar_works", lambda: False)
    assert {each.code: each.state for each in look(home).checks}["zbar_none"] == "warn"


@pytest.mark.postgres
def test_a_server_that_forgets_is_bad(pg_url: str, tmp_path: Path) -> None:
    with Ledger.open(pg_url, keys=tmp_path / "keys", clock=lambda: NOW) as ledger:
        ledger.init(ORIGIN)
        found = examine(lambda: ledger, None, tmp_path / "keys", AROUND)
    wrong = {each.code: each.facts for each in found.checks}
    assert wrong["server_unsafe"]["names"] == "fsync, full_page_writes", "as this test's server is set"


@pytest.mark.postgres
def test_a_database_that_is_set_to_read_only_is_named(pg_url: str, tmp_path: Path) -> None:
    with Ledger.open(pg_url, keys=tmp_path / "keys") as ledger:
        ledger.init(ORIGIN)
        with ledger.store.write() as session:
            session.run("SET default_transaction_read_only = on")
        found = {each.code: each.state for each in examine(lambda: ledger, None, tmp_path / "keys", AROUND).checks}
    assert found["server_read_only"] == "bad"
    assert "server_encoding" not in found


@pytest.mark.postgres
def test_a_database_that_holds_no_chinese_is_refused_and_named(pg_server: Callable[[str], str], tmp_path: Path) -> None:
    name = f"t_{uuid.uuid4().hex}"
    with psycopg.connect(pg_server("postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'".encode())
        with Ledger.open(pg_server(name), keys=tmp_path / "keys") as ledger:
            with pytest.raises(Storage) as caught:
                ledger.init(ORIGIN)
            with ledger.store.read() as session:
                assert "server_encoding" in {each.code for each in module._server(session)}
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
    assert caught.value.code == "storage.encoding"


def test_a_file_that_is_gone_while_its_anchor_is_here_is_no_new_ledger(tmp_path: Path) -> None:
    path, keys = tmp_path / "x.db", tmp_path / "keys"
    with Ledger.open(path, keys=keys) as ledger:
        ledger.init(ORIGIN)
    path.unlink()
    found = examine(lambda: Ledger.open(path, keys=keys, create=False), path, keys, AROUND)
    assert {each.code: each.state for each in found.checks if each.topic == "ledger"} == {"ledger_lost": "warn"}
    """A warning: the anchor may be another ledger's, and a second ledger may be made."""


def test_logs_that_are_gone_from_the_ledger_are_named(home: Path) -> None:
    def emptied() -> None:
        with unsealed(home / "x.db") as connection:
            for table in ("log", "head", "entry", "node", "checkpoint"):
                connection.execute(f"DELETE FROM {table}")
            sealed_again(connection)

    shutil.copytree(home, home / "unseen")
    with Ledger.open(home / "x.db", keys=home / "keys", clock=lambda: NOW) as ledger:
        assert ledger.verify().ok, "which leaves a mark of what was seen"
    emptied()
    found = look(home)
    assert states(found)["log_gone"] == "bad"
    assert not found.ok
    assert next(each for each in found.checks if each.code == "log_gone").facts["logs"] == ORIGIN
    home = home / "unseen"
    emptied()
    assert states(look(home))["ledger_lost"] == "warn", "nothing was verified: the anchor may be another ledger's"


def test_every_finding_has_its_words_and_its_way_out() -> None:
    source = "".join(inspect.getsource(each) for each in (module, doctortables))
    first = "computed|granted|ledger|log|files|triggers|tables|columns|settings|numbers|policies|events|heads|rows|logs|personal|indexes|is"
    first += "|disk|sqlite|wal|server|clock|keys|anchor|locale|zbar"
    codes = set(re.findall(rf'"((?:{first})_[a-z_]+)"', source)) - {"disk_usage", "server_version"}
    assert len(codes) > 30
    for code in codes:
        assert has(f"doctor.{code}"), code
        assert code.endswith("_fine") or has(f"doctor.{code}.hint"), code


def test_on_the_command_line(tmp_path: Path) -> None:
    assert "no ledger here yet" in run(tmp_path, "doctor")
    run(tmp_path, "init")
    said = run(tmp_path, "doctor", lang="zh")
    assert "密钥" in said
    assert "0 处要修" in said
    next((tmp_path / "keys").glob("*.key")).chmod(0o640)
    said = run(tmp_path, "doctor", code=3)
    assert "has mode 0640, expected 0600" in said
    assert "chmod 0600" in said
    assert json.loads(run(tmp_path, "doctor", "--json", code=3))["ok"] is False


@pytest.mark.postgres
def test_each_of_two_ledgers_in_two_schemas_has_its_own_mark(tmp_path: Path, pg_url: str) -> None:
    """The doctor looked for the mark of the database without schema: what `verify` saw was not told."""

    def opened(schema: str) -> Ledger:
        return Ledger.open(pg_url, keys=tmp_path / "keys", clock=lambda: NOW, schema=schema, recovering=True)

    for schema in ("one", "two"):
        with opened(schema) as ledger:
            ledger.init(f"test.example/{schema}")
            ledger.record([site("s1")])
    with opened("one") as ledger:
        assert ledger.verify().ok
        seen = read_seen(ledger.mark)
        ledger.mark.write_bytes(format_head({origin: each._replace(size=each.size + 3) for origin, each in seen.items()}))

    def found(schema: str) -> dict[str, str]:
        made: list[Ledger] = []

        def again() -> Ledger:
            made.append(opened(schema))
            return made[0]

        try:
            return states(examine(again, None, tmp_path / "keys", AROUND, schema=schema))
        finally:
            made[0].close()

    assert found("one").get("anchor_ahead") == "bad"
    assert "anchor_ahead" not in found("two")
    with opened("one") as ledger, ledger.store.write() as session:
        session.run("DROP SCHEMA one CASCADE")
    assert found("one").get("ledger_gone") == "bad"
    assert "ledger_gone" not in found("two")
