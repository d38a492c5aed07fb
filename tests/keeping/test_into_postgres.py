"""A backup put into PostgreSQL is the ledger it was taken of: same rows, same answers, and it goes on only after recovery."""

from __future__ import annotations

from pathlib import Path

import pytest

from foodtrace import Ledger, errors
from foodtrace.keeping.backup import backup, restore
from tests.cli.shell import run
from tests.ledger.rich import LOT, grow
from tests.ledger.verified import more


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_backup_of_either_database_goes_into_postgresql(
    tmp_path: Path, pg_url: str, engine: str, pg_server: object, request: pytest.FixtureRequest
) -> None:
    import psycopg

    source = f"sqlite:///{tmp_path / 'x.db'}"
    if engine == "postgresql":
        with psycopg.connect(pg_url, autocommit=True) as admin:
            admin.execute("CREATE SCHEMA other")
        source = pg_url
    how = {"schema": "other"} if engine == "postgresql" else {}
    with Ledger.open(source, keys=tmp_path / "keys", **how) as ledger:  # type: ignore[arg-type]
        grow(ledger)
        with ledger.store.write() as session:
            session.run("INSERT INTO personal (log, seq, field, salt, value) VALUES (1, 99, 'phone', ?, '0451')", (bytes(32),))
            session.run("DELETE FROM personal WHERE seq = 99")
        wanted = [each.origin for each in ledger.logs()], [row.name for row in ledger.recall(LOT).outlets]
        backup(ledger, tmp_path / "backup")
    with Ledger.open(tmp_path.as_posix() + "/backup/ledger/foodtrace.db", keys=tmp_path / "none") as copy:
        assert copy.verify().ok, "a backup is verified where it lies, and stays what its manifest says"
    words = ["recover", "--from", "backup", "--reason", "moved to a server"]
    for _ in range(2):
        run(tmp_path, "--db", pg_url, "--keys", "new", *words, code=2)  # which log? the same again goes on from there
    said = run(tmp_path, "--db", pg_url, "--keys", "new", "--log", "city/one", *words)
    assert "put back at" in said
    with psycopg.connect(pg_url, autocommit=True) as admin:
        assert admin.execute("SELECT COUNT(*) FROM setting WHERE key = 'backup'").fetchone() == (0,)
    with Ledger.open(pg_url, keys=tmp_path / "new") as ledger:
        assert ledger.verify(full=True).ok
        assert ([each.origin for each in ledger.logs()], [row.name for row in ledger.recall(LOT).outlets]) == wanted
        assert ledger.record(more(2), log="city/one").new == 2
        ledger.init("city/new")  # numbers of logs and names go on after the last one
        assert ledger.verify().ok
    with pytest.raises(errors.Conflict) as caught:
        restore(tmp_path / "backup", pg_url, tmp_path / "new")
    assert caught.value.code == "backup.there"


def test_half_a_backup_never_stands_where_a_ledger_is_looked_for(tmp_path: Path, pg_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from foodtrace.storage.sqlitesession import SqliteSession

    with Ledger.open(f"sqlite:///{tmp_path / 'x.db'}", keys=tmp_path / "keys") as ledger:
        grow(ledger)
        backup(ledger, tmp_path / "backup")
    real = SqliteSession.stream

    def breaks(self: SqliteSession, sql: str, params: object = ()) -> object:
        if " FROM move" in sql:
            raise errors.Storage("storage.failed", value="x", reason="the stick was pulled out")
        return real(self, sql, ())

    monkeypatch.setattr(SqliteSession, "stream", breaks)
    with pytest.raises(errors.Storage):
        restore(tmp_path / "backup", pg_url, tmp_path / "new")
    monkeypatch.undo()
    with Ledger.open(pg_url, keys=tmp_path / "new", create=True) as ledger:
        assert ledger.logs() == []
