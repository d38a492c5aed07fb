"""Personal values of logs that a recovery left: the log that really continues them erases them, and nobody else's word excuses a gap."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from foodtrace import Ledger, errors
from foodtrace.events import Erasure, Recovered, Site
from foodtrace.events.canonical import encode
from foodtrace.graph.edges import moment
from foodtrace.keeping import recovery
from foodtrace.operations import entries, erasing, history
from foodtrace.operations.common import Doing, Outcome, local
from foodtrace.personal import vanished
from tests.cli.inside import Inside, here
from tests.cli.shell import run
from tests.keeping.ownlog import AT, NOW, ORIGIN, clock, fill, move

__all__ = ["here"]

PHONE = "0451-555-0104"
R2, R3 = f"{ORIGIN}-r2", f"{ORIGIN}-r3"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    made = f"sqlite:///{tmp_path}/x.db" if request.param == "sqlite" else str(request.getfixturevalue("pg_url"))
    with Ledger.open(made, keys=tmp_path / "keys", clock=clock) as opened:
        fill(opened)
    return made


def leave(url: str, keys: Path, *, lost_key: bool) -> str:
    """Go on in a new log, as ``recover --new-log`` does; the old key ends the old log, or is lost. Return the new log."""
    with Ledger.open(url, keys=keys, clock=clock) as ledger:
        name = ledger.writer().origin
        stem = ledger.writer().key.key_id.hex()
    if lost_key:
        (keys / f"{stem}.key").rename(keys.parent / f"{stem}.gone")
    with Ledger.open(url, keys=keys, clock=clock, recovering=True) as ledger:
        done = recovery.recover(ledger, name, new_log=True, reason="moved")
        assert done.old_key == ("not_here" if lost_key else "ended")
        return done.into


@pytest.fixture(params=[False, True], ids=["ended", "key lost"])
def left(request: pytest.FixtureRequest, url: str, tmp_path: Path) -> Iterator[Ledger]:
    """Give a ledger whose first log was left for a second and that for a third."""
    for into in (R2, R3):
        assert leave(url, tmp_path / "keys", lost_key=request.param) == into
    with Ledger.open(url, keys=tmp_path / "keys", clock=clock) as opened:
        yield opened


def erase(ledger: Ledger, what: str, *fields: str, name: str = "") -> erasing.Erased:
    writer = ledger.writer()
    doing = Doing(now=local(NOW), by="07", id=name)
    _, done = ledger.act(
        lambda session: erasing.erase(
            session, doing, writer.number, writer.origin, what, fields=fields, reason="left the market", keys=ledger.keys
        )
    )
    assert isinstance(done, erasing.Erased)
    return done


def gaps(ledger: Ledger) -> list[tuple[str, str, int | None, str]]:
    """Return what verify finds of personal values, once as usual and once in full."""
    each = [[(f.code, f.log, f.seq, str(f.got)) for f in ledger.verify(full=full).findings] for full in (False, True)]
    assert each[0] == each[1]
    return each[1]


def number(ledger: Ledger, origin: str) -> int:
    with ledger.reading() as session:
        return int((session.row("SELECT id FROM log WHERE origin = ?", (origin,)) or (0,))[0])


def test_a_shop_of_a_log_left_two_recoveries_ago_is_forgotten(left: Ledger) -> None:
    done = erase(left, "福安超市")
    assert [(each.log, each.seq, each.fields) for each in done.entries] == [(ORIGIN, 2, ("phone",))]
    assert (done.elsewhere, done.left, done.not_here) == ((), (), ())
    assert gaps(left) == []
    with left.reading() as session:
        assert session.rows("SELECT value FROM personal") == []
        target = entries.find_entry(session, f"{ORIGIN}#2", None)
        story = history.history(session, target)
        same_number = history.history(session, entries.find_entry(session, f"{R3}#2", None))
    assert story.personal == {"phone": "erased"}
    assert [(step.kind, step.log, step.note) for step in story.steps] == [("erasure", R3, "left the market")]
    assert same_number.steps == (), "an entry of the same number in the log that says so was not meant"
    left.record([move("t1")])
    (row,) = left.recall("261123-1").outlets
    assert (row.site, row.phone, row.personal) == ("S-7", "", "erased")
    assert erase(left, "福安超市").before
    assert gaps(left) == []


def test_the_same_number_in_two_logs_is_two_erasures(left: Ledger) -> None:
    again = Site(id="s2", at=AT, site="S-7", operator="S-7", kind="shop", name="福安超市", region="230100")
    assert left.record([again], personal={"s2": {"phone": PHONE}}).seqs == (2,)
    done = erase(left, "S-7", name="x" * 78)
    assert [(each.log, each.seq) for each in done.entries] == [(ORIGIN, 2), (R3, 2)]
    assert gaps(left) == []
    assert erase(left, "S-7", name="x" * 78).before, "sent again it is a retry"


def test_what_vanished_from_a_log_that_was_left_is_found_and_can_be_said(left: Ledger) -> None:
    with left.store.write() as session:
        session.run("DELETE FROM personal")
    assert gaps(left) == [("personal.vanished", ORIGIN, 2, "phone")]
    assert not erase(left, f"{ORIGIN}#2").before
    assert gaps(left) == []


def test_another_field_or_entry_that_an_erasure_names_excuses_nothing(left: Ledger) -> None:
    for name, seq, fields in (("a", 2, ("contact",)), ("b", 1, ("phone",))):
        left.record([Erasure(id=f"erase-{seq}-{name}", at=AT, seq=seq, log=ORIGIN, fields=fields)])
    left.record([Erasure(id="erase-2-c", at=AT, seq=2, fields=("phone",))])
    left.record([Erasure(id="erase-2-d", at=AT, seq=2, log=R2, fields=("phone",))])
    with left.store.write() as session:
        session.run("DELETE FROM personal")
    assert gaps(left) == [("personal.vanished", ORIGIN, 2, "phone")]


def test_a_log_that_is_not_known_to_continue_another_excuses_nothing(url: str, tmp_path: Path) -> None:
    """Made here by the same host, but not in a recovery; and in the log itself, by its full name, which is the log's own word."""
    with Ledger.open(url, keys=tmp_path / "keys", clock=clock) as ledger:
        ledger.init("t.example/second", operator="F-1")
        event = Erasure(id="erase-2-x", at=AT, seq=2, log=ORIGIN, fields=("phone",))
        ledger.record([event], log="t.example/second")
        with ledger.store.write() as session:
            session.run("DELETE FROM personal")
        assert gaps(ledger) == [("personal.vanished", ORIGIN, 2, "phone")]
        ledger.record([event], log=ORIGIN)
        assert gaps(ledger) == []


def claimed(url: str, keys: Path, size: int = 4) -> None:
    """Make the log of a stranger that says it continues the ledger's first log, and that it erased a value there; take the value away."""
    origin = "t.example/s"
    with Ledger.open(url, keys=keys, clock=clock) as stranger:
        stranger.init(origin, operator="F-1")
        claim = Recovered(id="mine", at=moment(clock()), kind="new_log", lost_from=size, lost_to=size, former=ORIGIN, reason="mine now")
        stranger.act(lambda _session: Outcome(events=[claim]), log=origin)
        stranger.record([Erasure(id="erase-2-x", at=AT, seq=2, log=ORIGIN, fields=("phone",))], log=origin)
        with stranger.store.write() as session:
            session.run("DELETE FROM personal WHERE field = 'phone'")


def test_a_strangers_word_excuses_nothing_on_any_host(url: str, tmp_path: Path) -> None:
    with Ledger.open(url, keys=tmp_path / "keys", clock=clock) as own:
        own.record([Site(id="s3", at=AT, site="S-8", operator="S-7", kind="shop", name="二店")], personal={"s3": {"contact": "王"}})
    claimed(url, tmp_path / "stranger", size=5)
    for keys in ("keys", "auditor"):  # an auditor wrote neither log: the stranger's word is no better there
        with Ledger.open(url, keys=tmp_path / keys, clock=clock) as ledger:
            assert gaps(ledger) == [("personal.vanished", ORIGIN, 2, "phone")], keys
            with ledger.reading() as session:
                story = history.history(session, entries.find_entry(session, f"{ORIGIN}#2", None))
            assert story.steps == (), "who may not say it is not quoted"


def test_a_stranger_stops_no_erasing_after_a_real_recovery(left: Ledger, url: str, tmp_path: Path) -> None:
    claimed(url, tmp_path / "stranger")
    assert gaps(left) == [("personal.vanished", ORIGIN, 2, "phone")]
    assert [each.log for each in erase(left, "S-7").entries] == [ORIGIN]
    assert gaps(left) == []


def test_an_auditor_believes_a_log_that_named_its_heir_with_its_own_key(left: Ledger, url: str, tmp_path: Path) -> None:
    left.record([Site(id="s3", at=AT, site="S-8", operator="S-7", kind="shop", name="二店")], personal={"s3": {"contact": "王"}})
    with left.store.write() as session:  # so that some values of the old log are here, and a gap is a gap to whoever looks
        session.insert("personal", "log, seq, field, salt, value", [(number(left, ORIGIN), 1, "phone", bytes(32), "x")])
    erase(left, f"{ORIGIN}#2")
    ended = all(not each.key_id for each in left.logs() if each.origin != R3)
    with Ledger.open(url, keys=tmp_path / "auditor", clock=clock) as auditor, auditor.reading() as session:
        found = vanished(session, wrote=lambda _origin: False)
    assert found == ([] if ended else [(number(left, ORIGIN), 2, "phone")]), "of a key that was lost nobody else can tell"


def test_a_host_that_lost_its_keys_with_their_folder_still_says_what_was_erased(url: str, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "keys")
    with Ledger.open(url, keys=tmp_path / "keys", clock=clock, recovering=True) as ledger:
        assert recovery.recover(ledger, ORIGIN, new_log=True, reason="disk").into == R2
    with Ledger.open(url, keys=tmp_path / "keys", clock=clock) as ledger:
        with ledger.store.write() as session:
            (kept,) = session.rows("SELECT log, seq, field, salt, value FROM personal")
            session.run("DELETE FROM personal")
        assert gaps(ledger) == [("personal.vanished", ORIGIN, 2, "phone")], "the log is this host's to answer for"
        with ledger.store.write() as session:
            session.insert("personal", "log, seq, field, salt, value", [kept])
        assert [each.log for each in erase(ledger, "S-7").entries] == [ORIGIN]
        assert gaps(ledger) == []
        with ledger.reading() as session:
            target = entries.find_entry(session, f"{ORIGIN}#2", None)
            assert history.personal_state(session, target) == {"phone": "erased"}, "not: it lies with another host"


def test_a_folder_of_keys_lost_between_two_recoveries_breaks_no_chain(url: str, tmp_path: Path) -> None:
    assert leave(url, tmp_path / "keys", lost_key=True) == R2
    shutil.rmtree(tmp_path / "keys")
    with Ledger.open(url, keys=tmp_path / "keys", clock=clock, recovering=True) as ledger:
        assert recovery.recover(ledger, R2, new_log=True, reason="disk").into == R3
    with Ledger.open(url, keys=tmp_path / "keys", clock=clock) as ledger:
        assert [each.log for each in erase(ledger, "S-7").entries] == [ORIGIN]
        assert gaps(ledger) == []


def test_a_key_lost_first_and_entries_lost_afterwards_break_no_chain(tmp_path: Path) -> None:
    """The anchor of the log in the middle was put aside, the one of the first log was not."""
    run(tmp_path, "init", "--name", "t.example/a")
    run(tmp_path, "site", "add", "福安超市:shop", "--phone", PHONE)
    (key,) = (tmp_path / "keys").glob("*.key")
    key.unlink()
    run(tmp_path, "recover", "--new-log", "--reason", "key lost")
    set_back(tmp_path)
    assert "put aside" in run(tmp_path, "recover", "--new-log", "--reason", "disk")
    assert "erased: t.example/a entry" in run(tmp_path, "erase", "福安超市", "--yes")
    assert "verified" in run(tmp_path, "verify", "--full")


def set_back(folder: Path) -> None:
    """Write on, and put the database of before in its place."""
    shutil.copy(folder / "foodtrace.db", folder / "old.db")
    run(folder, "site", "add", "河西:shop")
    for path in folder.glob("foodtrace.db*"):
        path.unlink()
    (folder / "old.db").rename(folder / "foodtrace.db")


def test_after_entries_were_lost_the_old_logs_values_are_erased_too(tmp_path: Path) -> None:
    """The anchor of the old log was put aside as evidence then, twice in a row; as a user types it."""
    run(tmp_path, "init", "--name", "t.example/a")
    run(tmp_path, "site", "add", "福安超市:shop", "--phone", PHONE)
    for _ in range(2):
        set_back(tmp_path)
        assert "put aside" in run(tmp_path, "recover", "--new-log", "--reason", "disk")
    said = run(tmp_path, "erase", "福安超市", "--yes")
    assert "erased: t.example/a entry" in said
    assert "gone from the database files" in said
    assert "verified" in run(tmp_path, "verify", "--full")
    assert PHONE.encode() not in b"".join(path.read_bytes() for path in tmp_path.glob("foodtrace.db*") if path.is_file())
    assert json.loads(run(tmp_path, "erase", "福安超市", "--yes", "--json"))["before"] is True


def test_the_log_that_may_erase_is_named_where_it_is_another(url: str, tmp_path: Path) -> None:
    leave(url, tmp_path / "keys", lost_key=True)
    with Ledger.open(url, keys=tmp_path / "keys", clock=clock) as ledger:
        ledger.init("t.example/second", operator="F-1")
    with Ledger.open(url, keys=tmp_path / "keys", clock=clock, log="second") as ledger:
        done = erase(ledger, "S-7")
        assert done.entries == ()
        assert [(each.log, each.seq, each.via) for each in done.elsewhere] == [(ORIGIN, 2, R2)]
    again = Site(id="s2", at=AT, site="S-7", operator="S-7", kind="shop", name="福安超市", region="230100")
    with Ledger.open(url, keys=tmp_path / "keys", clock=clock, log=R2) as ledger:
        ledger.record([again], personal={"s2": {"phone": PHONE}})
    with Ledger.open(url, keys=tmp_path / "other", clock=clock) as ledger:
        ledger.init("t.example/other", operator="F-1")
    with Ledger.open(url, keys=tmp_path / "other", clock=clock, log="other") as ledger:
        named = [(each.log, each.seq, each.via) for each in erase(ledger, "S-7").elsewhere]
        assert named == [(ORIGIN, 2, ""), (R2, 2, "")], "another host's"


@pytest.mark.parametrize("lost_key", [False, True])
def test_whoever_names_the_old_log_is_told_which_one_continues_it(url: str, tmp_path: Path, lost_key: bool) -> None:
    leave(url, tmp_path / "keys", lost_key=lost_key)
    with Ledger.open(url, keys=tmp_path / "keys", clock=clock, log=ORIGIN) as ledger, pytest.raises(errors.Refused) as told:
        ledger.writer()
    assert told.value.code == "log.sealed"
    assert R2 in told.value.message("en")
    assert R2 in told.value.hint("en"), "and not: begin another log"


def test_an_erased_value_of_the_old_log_is_not_brought_back_by_the_same_list(tmp_path: Path) -> None:
    run(tmp_path, "init", "--name", "t.example/a")
    run(tmp_path, "site", "add", "北河农批:market")
    (tmp_path / "s.csv").write_text("name,phone,identity,kinds\n张三,13900001111,230100199001011234,黄瓜\n", encoding="utf-8")
    assert "1 written" in run(tmp_path, "site", "file", "--import", "s.csv")
    run(tmp_path, "--log", "a", "recover", "--new-log", "--reason", "moved")
    assert "erased" in run(tmp_path, "erase", "A-0002", "--field", "phone", "--yes")
    assert "0 written, 1 on record already" in run(tmp_path, "site", "file", "--import", "s.csv")
    assert b"13900001111" not in b"".join(path.read_bytes() for path in tmp_path.glob("foodtrace.db*") if path.is_file())
    assert "verified" in run(tmp_path, "verify")


def imported(folder: Path) -> tuple[Path, Path]:
    """Give two hosts' folders: the first's log has come to the second, whose own log says something of the same shop."""
    gate, office = folder / "gate", folder / "office"
    for each in (gate, office):
        each.mkdir()
    run(gate, "init", "--name", "t.example/gate")
    run(gate, "site", "add", "福安超市:shop", "--phone", PHONE)
    run(gate, "export", "tiles", "stick")
    run(office, "init", "--name", "t.example/office")
    run(office, "import", str(gate / "stick"), "--vkey", vkey_of(gate))
    return gate, office


def vkey_of(folder: Path) -> str:
    """Return the verifier key of a host's log."""
    with Ledger.open(str(folder / "foodtrace.db"), keys=folder / "keys") as ledger:
        return ledger.writer().key.vkey


def test_what_another_host_keeps_is_named_until_its_erasure_has_come_over(tmp_path: Path) -> None:
    gate, office = imported(tmp_path)
    said = run(office, "erase", "福安超市", "--yes", code=1)
    assert "NOT erased, not here: log t.example/gate, entry" in said
    assert "erase there, then import it again" in said
    assert "gone" not in said
    assert "--log" not in said
    told = json.loads(run(office, "erase", "福安超市", "--yes", "--json", code=1))
    assert ([each["log"] for each in told["not_here"]], told["entries"], told.get("elsewhere", [])) == (["t.example/gate"], [], [])
    assert not told.get("before"), "of what was not erased as far as is known here nobody says that it was"
    assert "verified" in run(office, "verify")
    run(gate, "erase", "福安超市", "--yes")
    run(gate, "export", "tiles", "stick")
    run(office, "import", str(gate / "stick"))
    assert json.loads(run(office, "erase", "福安超市", "--yes", "--json"))["before"] is True
    assert "verified" in run(office, "verify", "--full")


def test_while_somebody_reads_it_is_said_that_the_file_still_holds_them(here: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("foodtrace.storage.sqlite.BUSY_SECONDS", 0.2)
    here("init")
    here("site", "add", "福安超市:shop", "--phone", PHONE)
    reader = sqlite3.connect(here.folder / "foodtrace.db", isolation_level=None)
    try:
        reader.execute("BEGIN")
        assert reader.execute("SELECT value FROM personal").fetchall() == [(PHONE,)]
        said = here("erase", "福安超市", "--yes", code=1)
        assert "not yet gone from the file" in said
        assert "gone from the database files too" not in said
        assert here.json("erase", "福安超市", "--yes", code=1)["storage"] == "not_yet"
        assert reader.execute("SELECT value FROM personal").fetchall() == [(PHONE,)], "so it is true"
    finally:
        reader.close()
    said = here("erase", "福安超市", "--yes")
    assert "gone from the database files too" in said
    assert PHONE.encode() not in b"".join(path.read_bytes() for path in here.folder.glob("foodtrace.db*") if path.is_file())


def test_entries_of_before_keep_their_bytes() -> None:
    event = Erasure(id="erase-3-x", at=AT, seq=3, fields=("phone",))
    assert b'"log"' not in encode(event)
    assert b'"log":"t.example/a"' in encode(msgspec.structs.replace(event, log="t.example/a"))


def test_a_long_reason_does_not_leave_a_recovery_half_done(url: str, tmp_path: Path) -> None:
    with Ledger.open(url, keys=tmp_path / "keys", clock=clock, recovering=True) as ledger:
        assert recovery.recover(ledger, ORIGIN, new_log=True, reason="r" * 400).old_key == "ended"
    with Ledger.open(url, keys=tmp_path / "keys", clock=clock) as ledger:
        assert [each.log for each in erase(ledger, "S-7").entries] == [ORIGIN]
        assert gaps(ledger) == []
