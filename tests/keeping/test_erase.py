"""Personal values go for good: out of the rows, out of the files, and the proofs do not notice."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from foodtrace import Ledger, Quantity, errors
from foodtrace.events import Event, MarketEntry, Operator, Refusal, Site, TruckExpected
from foodtrace.operations import corrections, entries, history
from foodtrace.operations.common import Doing, local
from tests.cli.shell import run
from tests.keeping.onfile import AT, NAME, NOW, PHONE, erase, ledger

__all__ = ["ledger"]  # a fixture


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
    with pytest.raises(errors.NotFound) as other:
        erase(ledger, "S-7", "fax")
    assert other.value.code == "erase.no_field_left", "S-7 had other values, and that is not denied"
    was = "what was recorded (contact, identity, name, phone) was all erased before"
    assert other.value.message("en") == f"never recorded of S-7: fax; {was}"
    assert "leave it out" not in other.value.hint("en"), "there is nothing that would go then"
    with pytest.raises(errors.NotFound) as unknown:
        erase(ledger, "没有这家店")
    assert unknown.value.code == "erase.unknown"
    with pytest.raises(errors.BadData):
        erase(ledger, "S-7", "Phone!")


def test_a_misspelt_field_among_others_is_said_before_anything_is_erased(ledger: Ledger) -> None:
    """The others were erased, and nothing was said of the one that is still here under another name."""
    size = ledger.logs()[0].size
    with pytest.raises(errors.NotFound) as caught:
        erase(ledger, "S-7", "phone", "contakt")
    assert caught.value.code == "erase.no_field"
    here = "what is here is contact, identity, name, phone, and nothing was erased"
    assert caught.value.message("en") == f"never recorded of S-7: contakt; {here}"
    assert ledger.logs()[0].size == size
    assert [each.fields for each in erase(ledger, "S-7", "phone", "contact").entries]


def test_one_field_alone(ledger: Ledger) -> None:
    done = erase(ledger, "3", "phone")
    assert [each.fields for each in done.entries] == [("phone",)]
    with ledger.reading() as session:
        story = history.history(session, entries.find_entry(session, "3", ledger.writer().number))
    assert story.personal == {"contact": "present", "phone": "erased"}


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


def test_what_still_holds_the_same_is_named_again_until_it_is_gone_and_then_nothing_links_the_entries(ledger: Ledger) -> None:
    for name in ("one", "two"):
        site = Site(id=name, at=AT, site=f"T-{name.upper()}", operator="F-1", kind="shop", name=name)
        ledger.record([site], personal={name: {"phone": "0451-555-7777"}})
    one, two = (ledger.recall("261123-1").positions[0].size - back for back in (2, 1))
    assert [(each.seq, each.fields) for each in erase(ledger, str(one)).left] == [(two, ("phone",))]
    again = erase(ledger, str(one))
    assert (again.before, [(each.seq, each.fields) for each in again.left]) == (True, [(two, ("phone",))]), (
        "there is nothing to compare with"
    )
    assert ledger.verify(full=True).ok, "the note is foodtrace's own"
    assert not erase(ledger, str(two)).left
    assert not erase(ledger, str(one)).left
    with ledger.reading() as session:
        assert session.rows("SELECT key FROM setting WHERE key <> 'version'") == []


def test_an_exit_of_0_says_that_nothing_is_left_however_often_it_is_asked(tmp_path: Path) -> None:
    run(tmp_path, "init")
    run(tmp_path, "site", "add", "永发合作社:farm", "福安超市:shop", "--phone", PHONE, "--contact", NAME)
    left = {3, 4, 1, 2} - {each["seq"] for each in json.loads(run(tmp_path, "erase", "福安超市", "--yes", "--json", code=1))["entries"]}
    for lang in ("en", "zh"):
        said = run(tmp_path, "erase", "福安超市", "--yes", lang=lang, code=1)
        assert {"en": "NOT erased", "zh": "没删"}[lang] in said
        assert {"en": "gone from the database", "zh": "数据库文件里也没有了"}[lang] not in said
    told = json.loads(run(tmp_path, "erase", "福安超市", "--yes", "--json", code=1))
    assert told["before"] is True
    assert {each["seq"] for each in told["left"]} <= left
    for each in told["left"]:
        run(tmp_path, "erase", str(each["seq"]), "--yes", code=0 if each is told["left"][-1] else 1)
    assert "cannot be compared any more" in run(tmp_path, "erase", "福安超市", "--yes")
    for path in tmp_path.glob("foodtrace.db*"):
        assert path.is_dir() or PHONE.encode() not in path.read_bytes()


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
