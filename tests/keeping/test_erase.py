"""Personal values go for good: out of the rows, out of the files, and the proofs do not notice."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from foodtrace import Ledger, Quantity, errors
from foodtrace.events import CertificateIssued, Correction, Event, MarketEntry, Operator, Refusal, SellerFile, Site, Transfer, TruckExpected
from foodtrace.graph.edges import micros
from foodtrace.operations import corrections, entries, erasing, history
from foodtrace.operations.common import Doing, local
from foodtrace.operations.entries import event_at
from tests.cli.shell import run
from tests.ledger.rich import first

AT = dt.datetime(2026, 11, 24, 4, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
NOW = micros(AT)
LOT = "F-1/261123-1"
PHONE, NAME = "0451-555-0104", "王桂芳"


@pytest.fixture
def ledger(url: str, tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(url, keys=tmp_path / "keys", clock=lambda: NOW) as opened:
        filled(opened)
        yield opened


def filled(ledger: Ledger) -> None:
    ledger.init("test.example/own", operator="F-1")
    ledger.record(
        [
            Operator(id="o1", at=AT, operator="S-7", kind="individual"),
            Site(id="s1", at=AT, site="F-1", operator="F-1", kind="farm", name="永发合作社"),
            Site(id="s2", at=AT, site="S-7", operator="S-7", kind="shop", name="福安超市"),
            SellerFile(id="f1", at=AT, site="F-1", seller="S-7"),
            CertificateIssued(
                id="c1", at=AT, site="F-1", lot=LOT, serial="1", issuer="F-1", product="西红柿", quantity=Quantity(500_000, "g")
            ),
            Transfer(id="t1", at=AT, site="F-1", to="S-7", lot=LOT, quantity=Quantity(120_000, "g")),
        ],
        personal={
            "o1": {"name": NAME},
            "s2": {"phone": PHONE, "contact": NAME},
            "f1": {"identity": "230100190001010000", "contact": NAME},
            "s1": {"phone": "0451-555-0999"},
        },
    )


def erase(ledger: Ledger, what: str, *fields: str, log: str | None = None) -> erasing.Erased:
    writer = ledger.writer(log)
    doing = Doing(now=local(NOW), by="07")
    _, done = ledger.act(
        lambda session: erasing.erase(session, doing, writer.number, writer.origin, what, fields=fields, reason="退出市场"), log=log
    )
    assert isinstance(done, erasing.Erased)
    return done


def sealed(ledger: Ledger) -> list[tuple[object, ...]]:
    with ledger.reading() as session:
        return session.rows("SELECT seq, leaf, bytes FROM entry WHERE seq <= 6 ORDER BY seq")


def test_a_shop_is_forgotten_with_every_entry_about_it_and_nothing_else_changes(ledger: Ledger) -> None:
    before = sealed(ledger)
    done = erase(ledger, "福安超市")
    assert {(each.seq, each.fields) for each in done.entries} == {
        (1, ("name",)),
        (3, ("contact", "phone")),
        (4, ("contact", "identity")),
    }
    assert ledger.store.forget()
    assert [tuple(map(bytes_or, row)) for row in sealed(ledger)] == [tuple(map(bytes_or, row)) for row in before]
    checked = ledger.verify()
    assert checked.ok, checked.findings
    (row,) = ledger.recall("261123-1").outlets
    assert (row.phone, row.personal) == ("", "erased")
    with ledger.reading() as session:
        left = session.rows("SELECT seq, value FROM personal")
        story = history.history(session, entries.find_entry(session, "s2", ledger.writer().number))
    assert left == [(2, "0451-555-0999")], "the farm's telephone stays"
    assert story.personal == {"contact": "erased", "phone": "erased"}
    assert [(step.kind, step.reason, step.note, step.by) for step in story.steps] == [("erasure", "contact, phone", "退出市场", "07")]


def bytes_or(value: object) -> object:
    return bytes(value) if isinstance(value, (bytes, memoryview)) else value


def test_erased_before_never_given_and_unknown_are_three_answers(ledger: Ledger) -> None:
    erase(ledger, "S-7")
    size = ledger.logs()[0].size
    assert erase(ledger, "S-7").before
    assert ledger.logs()[0].size == size, "nothing is erased twice"
    with pytest.raises(errors.NotFound) as never:
        erase(ledger, "t1")
    assert never.value.code == "erase.nothing"
    with pytest.raises(errors.NotFound) as unknown:
        erase(ledger, "没有这家店")
    assert unknown.value.code == "erase.unknown"
    with pytest.raises(errors.BadData):
        erase(ledger, "S-7", "Phone!")


def test_one_field_alone(ledger: Ledger) -> None:
    done = erase(ledger, "3", "phone")
    assert [each.fields for each in done.entries] == [("phone",)]
    with ledger.reading() as session:
        story = history.history(session, entries.find_entry(session, "3", ledger.writer().number))
    assert story.personal == {"contact": "present", "phone": "erased"}


def test_a_value_that_was_changed_is_told_from_one_that_was_erased(ledger: Ledger) -> None:
    with ledger.store.write() as session:
        session.run("UPDATE personal SET value = ? WHERE seq = 3 AND field = 'phone'", ("0451-555-6666",))
    with ledger.reading() as session:
        story = history.history(session, entries.find_entry(session, "3", ledger.writer().number))
    assert story.personal == {"contact": "present", "phone": "tampered"}
    (row,) = ledger.recall("261123-1").outlets
    assert (row.phone, row.contact, row.personal) == ("", "", "tampered"), "nobody is sent to a number that was put in"
    found = ledger.verify().findings
    assert [(each.code, each.seq, each.got) for each in found] == [("personal.tampered", 3, "phone")]


def test_a_value_that_was_taken_out_of_the_table_is_told_from_one_that_was_erased(ledger: Ledger) -> None:
    erase(ledger, "3", "contact")
    assert ledger.verify().ok
    with ledger.store.write() as session:
        session.run("DELETE FROM personal WHERE seq IN (2, 3)")
    for full in (False, True):
        found = ledger.verify(full=full)
        assert not found.ok
        assert [(each.code, each.seq, each.got) for each in found.findings] == [
            ("personal.vanished", 2, "phone"),
            ("personal.vanished", 3, "phone"),
        ]
    for site in ("F-1", "S-7"):
        assert not erase(ledger, site).before, "the way on is to say so on record"
        assert erase(ledger, site).before
    assert ledger.verify().ok


def of_every_kind() -> list[Event]:
    """Return events of kinds that neither describe a site nor an operator."""
    return [msgspec.structs.replace(event, id=f"k-{event.id}") for event in first() if not isinstance(event, (Site, Operator))]


def test_a_value_that_vanished_is_found_in_an_entry_of_any_kind(ledger: Ledger) -> None:
    events = of_every_kind()
    assert len({type(event) for event in events}) > 9
    receipt = ledger.record(events, personal={event.id: {"plate": f"黑A {event.id}"} for event in events})
    assert ledger.verify().ok
    with ledger.store.write() as session:
        session.run("DELETE FROM personal WHERE field = 'plate'")
    for full in (False, True):
        found = ledger.verify(full=full).findings
        assert [(each.code, each.seq, each.got) for each in found] == [("personal.vanished", seq, "plate") for seq in receipt.seqs]
    for seq in receipt.seqs[:-1]:
        assert not erase(ledger, str(seq)).before
    assert [each.seq for each in ledger.verify().findings] == [receipt.last]
    assert not erase(ledger, str(receipt.last)).before
    assert ledger.verify().ok


def test_the_value_of_a_correction_that_vanished_is_found(ledger: Ledger) -> None:
    own = ledger.writer().number
    receipt, _ = ledger.act(lambda session: corrections.correct(session, Doing(now=local(NOW)), own, "s2", changes={"name": "福安二店"}))
    assert receipt is not None
    with ledger.store.write() as session:
        assert session.run("DELETE FROM personal WHERE seq = ?", (receipt.last,)) == 2
    found = ledger.verify().findings
    assert [(each.code, each.seq, each.got) for each in found] == [
        ("personal.vanished", receipt.last, "contact"),
        ("personal.vanished", receipt.last, "phone"),
    ]


def test_a_text_that_looks_like_a_commitment_is_none(ledger: Ledger) -> None:
    ledger.record([Site(id="odd", at=AT, site="O-1", operator="F-1", kind="shop", name='"commitments":{"phone":"' + "0" * 64 + '"}')])
    assert ledger.verify().ok


def test_values_of_a_log_of_another_host_may_never_have_been_here(ledger: Ledger, tmp_path: Path) -> None:
    """The same entries, seen by their own host, by another with a log of its own, and by one that has no log."""
    with ledger.store.write() as session:
        session.run("DELETE FROM personal")
    assert {each.code for each in ledger.verify().findings} == {"personal.vanished"}, "who wrote them knows that they were here"
    url, schema = ledger._address, ledger._schema
    with Ledger.open(url, keys=tmp_path / "other", clock=lambda: NOW, schema=schema) as other:
        assert other.verify().ok
        other.init("test.example/other", operator="S-7")
        site = Site(id="mine", at=AT, site="S-9", operator="S-7", kind="shop", name="福安九店")
        other.record([site], personal={"mine": {"phone": PHONE}}, log="test.example/other")
        assert other.verify().ok
        with other.store.write() as session:
            session.run("DELETE FROM personal")
        assert [(each.log, each.got) for each in other.verify().findings] == [("test.example/other", "phone")]
    with ledger.store.write() as session:
        session.insert("personal", "log, seq, field, salt, value", [(1, 3, "phone", bytes(32), PHONE)])
    with Ledger.open(url, keys=tmp_path / "third", clock=lambda: NOW, schema=schema) as third:
        found = {(each.code, each.log, each.seq) for each in third.verify().findings}
    assert ("personal.vanished", "test.example/own", 2) in found, "where some are here, those that are not were taken away"


@pytest.mark.parametrize("inner", [False, True])
def test_a_commitment_without_its_value_is_not_taken_on_record(ledger: Ledger, inner: bool) -> None:
    bare = {"phone": "0" * 64, "contact": "1" * 64}
    site = Site(id="bare", at=AT, site="B-1", operator="F-1", kind="shop", name="某店", commitments=bare)
    event: Event = site
    if inner:
        with ledger.reading() as session:
            (leaf,) = session.row("SELECT leaf FROM entry WHERE seq = 3") or (b"",)
        event = Correction(id="bare", at=AT, seq=3, leaf=bytes(leaf).hex(), reason="incorrect_data", replacement=site)
    size = ledger.logs()[0].size
    given: list[dict[str, dict[str, str]]] = [{}, {"bare": {"contact": NAME}}]
    for personal in given:
        with pytest.raises(errors.BadData) as caught:
            ledger.record([event], personal=personal)
        assert caught.value.code == "personal.no_value"
    assert ledger.logs()[0].size == size
    with ledger.reading() as session:
        old = event_at(session, ledger.writer().number, 3)
    assert ledger.record([old]).new == 0, "what is on record already may be sent again as it is"


def test_a_retry_of_what_was_recorded_before_the_erasure_still_is_a_retry(ledger: Ledger) -> None:
    erase(ledger, "S-7")
    same = Site(id="s2", at=AT, site="S-7", operator="S-7", kind="shop", name="福安超市")
    assert ledger.record([same], personal={"s2": {"phone": PHONE, "contact": NAME}}).new == 0
    with ledger.reading() as session:
        assert session.rows("SELECT 1 FROM personal WHERE seq = 3") == [], "the retry does not bring it back"


def test_values_of_another_log_are_named_not_erased(ledger: Ledger) -> None:
    ledger.init("test.example/other", operator="S-7")
    done = erase(ledger, "S-7", log="test.example/other")
    assert done.entries == ()
    assert {(each.log, each.seq) for each in done.elsewhere} == {("test.example/own", seq) for seq in (1, 3, 4)}


def test_corrected_values_go_with_their_entry(ledger: Ledger) -> None:
    own = ledger.writer().number
    ledger.act(lambda session: corrections.correct(session, Doing(now=local(NOW)), own, "s2", changes={"name": "福安二店"}))
    done = erase(ledger, "s2")
    assert len(done.entries) == 2
    with ledger.reading() as session:
        assert session.rows("SELECT 1 FROM personal WHERE value = ?", (PHONE,)) == []
    (row,) = ledger.recall("261123-1").outlets
    assert row.personal == "erased"


def test_the_files_forget(tmp_path: Path) -> None:
    """Nothing of a name or number is in any byte of the database's files, whatever was written around it."""
    with Ledger.open(f"sqlite:///{tmp_path}/x.db", keys=tmp_path / "keys", clock=lambda: NOW) as ledger:
        filled(ledger)
        for start in range(0, 600, 50):
            sites = [
                Site(id=f"n{n}", at=AT, site=f"N-{n}", operator=f"N-{n}", kind="stall", name=f"摊位{n}") for n in range(start, start + 50)
            ]
            ledger.record(sites, personal={each.id: {"phone": f"0451-777-{each.id}", "contact": f"摊主{each.id}号"} for each in sites})
    for n in range(0, 600, 7):
        with Ledger.open(f"sqlite:///{tmp_path}/x.db", keys=tmp_path / "keys", clock=lambda: NOW) as ledger:
            erase(ledger, f"N-{n}")
    run(tmp_path, "--db", "x.db", "--log", "own", "erase", "福安超市", "--yes")
    with Ledger.open(f"sqlite:///{tmp_path}/x.db", keys=tmp_path / "keys", clock=lambda: NOW) as ledger:
        assert ledger.store.forget()
        raw = b"".join(path.read_bytes() for path in sorted(tmp_path.glob("x.db*")) if path.is_file())
        assert ledger.verify().ok
    assert "摊主n1号".encode() in raw, "what was not erased is there, so the search finds something"
    gone = [PHONE, NAME, *(f"摊主n{n}号" for n in range(0, 600, 7))]
    assert [each for each in gone if each.encode() in raw] == []


def test_a_reader_that_holds_old_pages_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("foodtrace.storage.sqlite.BUSY_SECONDS", 0.2)
    url = f"sqlite:///{tmp_path}/x.db"
    with Ledger.open(url, keys=tmp_path / "keys", clock=lambda: NOW) as ledger, Ledger.open(url, keys=tmp_path / "keys") as other:
        filled(ledger)
        with other.reading() as session:
            session.row("SELECT 1 FROM personal")
            erase(ledger, "S-7")
            assert not ledger.store.forget()
        assert ledger.store.forget()
        assert (tmp_path / "x.db-wal").stat().st_size == 0


GROWER = {"identity": "230100190001010000", "phone": "139 0000 1111", "address": "北河村"}


def grown(ledger: Ledger) -> None:
    """Record what a gate knows of a self-grower, and of somebody else with the same address."""
    entry = MarketEntry(
        id="g1",
        at=AT,
        site="F-1",
        decision="admitted",
        lot="F-1/1",
        product="芹菜",
        quantity=Quantity(9_000, "g"),
        goods="self_grown",
        seller="S-7",
    )
    events: list[Event] = [
        entry,
        Refusal(id="g2", at=AT, site="F-1", asked="market_entry", lot="F-1/1", product="芹菜", seller="S-7"),
        TruckExpected(id="g3", at=AT, site="F-1", day=AT.date(), seller="S-7"),
        msgspec.structs.replace(entry, id="g4", seller="S-70"),
    ]
    other = {"identity": "230100190002020000", "phone": "13900002222", "address": "北河村"}
    ledger.record(events, personal={"g1": GROWER, "g2": GROWER, "g3": {"plate": "黑A12345"}, "g4": other})
    own = ledger.writer().number
    ledger.act(lambda session: corrections.correct(session, Doing(now=local(NOW)), own, "g1", changes={"product": "韭菜"}))


def test_what_a_gate_recorded_of_a_self_grower_goes_with_the_seller(ledger: Ledger) -> None:
    grown(ledger)
    done = erase(ledger, "S-7")
    assert {each.fields for each in done.entries if each.seq > 6} == {("address", "identity", "phone"), ("plate",)}
    assert [each.seq for each in done.entries if each.seq > 6] == [7, 8, 9, 11], "the correction repeats them"
    assert done.left == (), "the neighbour's address is the village's"
    with ledger.reading() as session:
        left = {row[0] for row in session.rows("SELECT value FROM personal")}
    assert left == {"0451-555-0999", "230100190002020000", "13900002222", "北河村"}
    assert ledger.verify().ok
    assert erase(ledger, "S-7").before
    assert [each.seq for each in erase(ledger, "s-70").entries] == [10], "described nowhere, and known to the gate"


def test_an_operator_that_has_sites_is_erased_by_its_id(ledger: Ledger) -> None:
    ledger.record(
        [
            Operator(id="o2", at=AT, operator="GATE1-0002", kind="individual"),
            *(Site(id=f"st{n}", at=AT, site=f"ST-{n}", operator="GATE1-0002", kind="stall", name=f"摊位{n}") for n in (1, 2)),
        ],
        personal={"o2": {"name": "王五"}, "st1": {"phone": "13900003333"}, "st2": {"phone": "13900003333", "contact": "王五"}},
    )
    one = erase(ledger, "ST-1")
    assert [each.seq for each in one.entries] == [8]
    assert {(each.seq, each.fields) for each in one.left} == {(7, ("name",)), (9, ("contact", "phone"))}, "named, not called gone"
    done = erase(ledger, "GATE1-0002")
    assert [each.seq for each in done.entries] == [7, 9]
    assert done.left == ()


def test_the_same_telephone_in_an_entry_nobody_asked_about_is_named(ledger: Ledger) -> None:
    grown(ledger)
    site = Site(id="twin", at=AT, site="T-1", operator="F-1", kind="farm", name="地头")
    ledger.record([site], personal={"twin": {"phone": "１３９-0000-1111", "contact": "某人"}})
    done = erase(ledger, "7")
    assert [each.seq for each in done.entries] == [7, 11]
    assert {(each.seq, each.fields) for each in done.left} == {(4, ("identity",)), (8, ("identity", "phone")), (12, ("phone",))}
    some = erase(ledger, "12", "contact")
    assert some.left == (), "another person's name stands nowhere else"


def test_nothing_is_called_gone_while_the_same_values_stand_elsewhere(tmp_path: Path) -> None:
    run(tmp_path, "init")
    run(tmp_path, "site", "add", "福安超市:shop", "--phone", PHONE, "--contact", NAME)
    run(tmp_path, "site", "add", "福安二店:shop", "--phone", PHONE)
    said = run(tmp_path, "erase", "福安超市", "--yes")
    (line,) = [each for each in said.splitlines() if each.startswith("NOT erased")]
    assert "1 entry still holds values of this person" in said
    assert "gone from the database files too. Backups" in said
    assert "what is named as erased above" in said
    command = line.rpartition(": foodtrace ")[2].split()
    said = run(tmp_path, *command, "--yes")
    assert "NOT erased" not in said
    assert "still hold" not in said
    assert PHONE.encode() not in b"".join(path.read_bytes() for path in tmp_path.glob("foodtrace.db*") if path.is_file())


def test_on_the_command_line(tmp_path: Path) -> None:
    run(tmp_path, "init")
    run(tmp_path, "site", "add", "福安超市:shop", "--phone", PHONE, "--contact", NAME)
    assert "erase.confirm" in run(tmp_path, "erase", "福安超市", code=2)
    said = run(tmp_path, "erase", "福安超市", "--yes", "--reason", "店主要求", lang="zh")
    assert "已删除" in said
    assert NAME not in said
    assert "数据库文件里也没有了" in said
    assert json.loads(run(tmp_path, "erase", "福安超市", "--yes", "--json"))["before"] is True
    assert "erase.unknown" in run(tmp_path, "erase", "无此店", "--yes", code=1)
    assert "verified" in run(tmp_path, "verify")
    for path in tmp_path.glob("foodtrace.db*"):
        assert path.is_dir() or NAME.encode() not in path.read_bytes()


def test_another_logs_values_are_no_all_clear(tmp_path: Path) -> None:
    run(tmp_path, "init", "--name", "test.example/one")
    run(tmp_path, "site", "add", "福安:shop", "--phone", "13912345678")
    (tmp_path / "keys").rename(tmp_path / "lost")
    run(tmp_path, "init", "--name", "test.example/two")
    for more in ([], ["--json"]):
        said = run(tmp_path, "--log", "two", "erase", "福安", "--yes", *more, code=1)
        assert "gone" not in said
        assert "rewritten" not in said


KEEPS = {
    "sqlite": ["CREATE TRIGGER zz BEFORE DELETE ON personal BEGIN SELECT RAISE(IGNORE); END"],
    "postgresql": [
        "CREATE FUNCTION zz() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "CREATE TRIGGER zz BEFORE DELETE ON personal FOR EACH ROW EXECUTE FUNCTION zz()",
    ],
}
COPIES = {
    "sqlite": [
        "CREATE TABLE elsewhere (value TEXT)",
        "CREATE TRIGGER zz AFTER DELETE ON personal BEGIN INSERT INTO elsewhere VALUES (old.value); END",
    ],
    "postgresql": [
        "CREATE TABLE elsewhere (value TEXT)",
        "CREATE FUNCTION zz() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO elsewhere VALUES (OLD.value); RETURN OLD; END'",
        "CREATE TRIGGER zz AFTER DELETE ON personal FOR EACH ROW EXECUTE FUNCTION zz()",
    ],
}


@pytest.mark.parametrize("statements", [KEEPS, COPIES], ids=["keeps the row", "copies the row"])
def test_where_a_trigger_stands_nothing_is_called_erased(ledger: Ledger, statements: dict[str, list[str]]) -> None:
    with ledger.store.write() as session:
        for each in statements[session.dialect]:
            session.run(each)
    with pytest.raises(errors.Integrity) as told:
        erase(ledger, "福安超市")
    assert told.value.code == "storage.strange"
    assert "trigger zz on personal" in told.value.message("en")
    with ledger.store.write() as session:
        assert session.row("SELECT 1 FROM personal WHERE value = ?", (PHONE,)) is not None
        session.run("DROP TRIGGER zz ON personal" if session.dialect == "postgresql" else "DROP TRIGGER zz")
    assert erase(ledger, "福安超市").entries


def test_what_the_database_did_not_delete_is_not_called_erased(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever keeps it there: the row is counted and looked for again, and the entry that says so does not come to be."""
    monkeypatch.setattr("foodtrace.storage.strange.strange_things", lambda _session: [])
    with ledger.store.write() as session:
        for each in KEEPS[session.dialect]:
            session.run(each)
    sizes = [each.size for each in ledger.logs()]
    with pytest.raises(errors.Storage) as told:
        erase(ledger, "福安超市")
    assert told.value.code == "storage.not_written"
    assert [each.size for each in ledger.logs()] == sizes


def test_a_guards_name_on_another_table_makes_no_guard(ledger: Ledger) -> None:
    if ledger.store.dialect == "sqlite":
        with ledger.store.write() as session:
            session.run("DROP TRIGGER node_no_delete")
            session.run("CREATE TRIGGER node_no_delete BEFORE DELETE ON personal BEGIN SELECT RAISE(IGNORE); END")
        with pytest.raises(errors.Integrity) as told:
            erase(ledger, "福安超市")
        assert "node_no_delete on personal" in told.value.message("en")
        assert "tlog.trigger_strange" in {each.code for each in ledger.verify().findings}


def test_the_same_id_for_another_erasure_is_refused(tmp_path: Path) -> None:
    run(tmp_path, "init")
    run(tmp_path, "site", "add", "农场:farm", "--contact", "王五", "--phone", "0451-555-0101")
    run(tmp_path, "site", "add", "超市:shop", "--contact", "李四", "--phone", "0451-555-0102")
    asked = ("erase", "农场", "--field", "phone", "--reason", "r", "--id", "er1", "--yes")
    run(tmp_path, *asked)
    for words in (
        ("erase", "超市", "--reason", "r", "--id", "er1", "--yes"),
        ("erase", "农场", "--field", "contact", "--reason", "r", "--id", "er1", "--yes"),
        ("erase", "农场", "--field", "phone", "--reason", "other", "--id", "er1", "--yes"),
    ):
        assert "record.id_conflict" in run(tmp_path, *words, code=1), words
    assert json.loads(run(tmp_path, *asked, "--json"))["before"] is True, "the same again is a retry"
    assert json.loads(run(tmp_path, "erase", "超市", "--id", "er10", "--yes", "--json"))["entries"]
    assert "verified" in run(tmp_path, "verify")
