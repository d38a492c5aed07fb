"""How far each source of a recall is to be believed: against what `verify` saw on this host, on both databases."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from foodtrace import Ledger
from foodtrace.graph.edges import micros
from foodtrace.graph.reader import SqlFacts
from foodtrace.keeping.backup import backup, restore
from foodtrace.recall.answer import recall as engine
from foodtrace.schemas import schema_of
from foodtrace.tlog.vouched import Seen, Vouched, format_head, head_size, parse_head, read_seen
from tests.cli.shell import lot_of, run, shop
from tests.cli.twoways import alike
from tests.recall.dispatched import LOT, NOW, SITES, certificate, ledger, sent, told

__all__ = ["ledger", "shop"]

FARM, MARKET = "b/F-1", "a/M-1"
OTHER = b"\7" * 32


def behind(ledger: Ledger) -> list[tuple[str, str, int, tuple[str, ...]]]:
    """Return what a recall says of its sources; the way by rows and the engine for everything must agree."""
    answer = ledger.recall(LOT)
    with ledger.reading() as session:
        whole = engine(session, LOT, now=micros(NOW), plain=False)
    assert msgspec.json.encode(msgspec.structs.replace(whole, rule_pack=answer.rule_pack)) == msgspec.json.encode(answer)
    jsonschema.validate(json.loads(msgspec.json.encode(answer)), schema_of("recall"))
    return [(each.kind, each.reason, each.value, each.entries) for each in answer.untraced if each.kind == "log_behind"]


def trust(ledger: Ledger) -> dict[str, tuple[str, int, int]]:
    return {each.log: (each.trust, each.verified, each.size) for each in ledger.recall(LOT).positions}


def remember(ledger: Ledger, log: str = FARM, **changed: Any) -> None:
    """Put another memory of a log into the mark, as if `verify` had seen that."""
    seen = dict(read_seen(ledger.mark))
    seen[log] = seen[log]._replace(**changed)
    data = ledger.mark.read_bytes()
    ledger.mark.write_bytes(format_head(seen) + data[head_size(data) :])


@pytest.fixture
def seen(ledger: Ledger) -> Ledger:
    """A ledger that was verified, and went on in one of its two logs."""
    told(ledger, certificate(), sent("t1", 60))
    assert ledger.verify().ok
    told(ledger, sent("t2", 10))
    return ledger


def test_what_is_signed_here_is_no_doubt_but_nobody_says_it_was_verified(ledger: Ledger) -> None:
    told(ledger, certificate())
    assert behind(ledger) == []
    assert trust(ledger) == {FARM: ("signed_here", 0, 1 + len(SITES) + 1), MARKET: ("signed_here", 0, 1)}
    assert [each.verified_at for each in ledger.recall(LOT).positions] == [None, None]


def test_a_log_of_another_host_is_unverified_until_it_was_verified_here(ledger: Ledger, tmp_path: Path) -> None:
    told(ledger, certificate())
    with Ledger.open(url_of(ledger, tmp_path), keys=tmp_path / "elsewhere", clock=lambda: micros(NOW)) as reader:
        assert behind(reader) == [
            ("log_behind", "unverified", 0, (f"{MARKET}#0",)),
            ("log_behind", "unverified", 0, (f"{FARM}#{len(SITES) + 1}",)),
        ]
        assert reader.verify().ok
        assert behind(reader) == []
        assert trust(reader)[FARM] == ("verified", len(SITES) + 2, len(SITES) + 2)
    assert trust(ledger)[FARM][0] == "signed_here", "what another host verified is nothing to this one"


def url_of(ledger: Ledger, folder: Path) -> str:
    return ledger._address if ledger.store.dialect == "postgresql" else f"sqlite:///{folder}/x.db"


def test_what_has_come_since_the_last_run_is_counted(seen: Ledger) -> None:
    assert behind(seen) == []
    assert trust(seen) == {FARM: ("verified", 7, 8), MARKET: ("verified", 1, 1)}
    assert {each.verified_at for each in seen.recall(LOT).positions} == {"2026-11-21T20:00:00Z"}


@pytest.mark.parametrize(
    ("changed", "reason", "value", "last"),
    [
        ({"size": 11}, "rolled_back", 3, 7),
        ({"root": OTHER}, "forked", 7, 7),
        ({"leaf": OTHER}, "forked", 7, 7),
        ({"size": 8}, "forked", 8, 7),
        ({"size": 6}, "forked", 6, 7),
        ({"size": 3}, "forked", 3, 7),
    ],
    ids=["longer once", "another root", "another entry", "as long, another", "no such batch", "inside a batch"],
)
def test_a_log_that_is_not_what_was_verified(seen: Ledger, changed: dict[str, Any], reason: str, value: int, last: int) -> None:
    remember(seen, **changed)
    assert behind(seen) == [("log_behind", reason, value, (f"{FARM}#{last}",))]
    assert trust(seen)[FARM] == (reason, changed.get("size", 7), 8)
    assert trust(seen)[MARKET][0] == "verified"


@pytest.mark.parametrize("changed", [{"root": OTHER}, {"leaf": OTHER}], ids=["root", "entry"])
def test_a_log_that_has_not_grown_and_is_another(seen: Ledger, changed: dict[str, Any]) -> None:
    remember(seen, MARKET, **changed)
    assert behind(seen) == [("log_behind", "forked", 1, (f"{MARKET}#0",))]


def test_a_log_that_went_missing_is_a_source_all_the_same(seen: Ledger) -> None:
    memory = dict(read_seen(seen.mark)) | {"c/gone": Seen(5, OTHER, OTHER, micros(NOW))}
    data = seen.mark.read_bytes()
    seen.mark.write_bytes(format_head(memory) + data[head_size(data) :])
    assert behind(seen) == [("log_behind", "rolled_back", 5, ("c/gone#4",))]
    assert trust(seen)["c/gone"] == ("rolled_back", 5, 0)
    found = seen.verify()
    assert [each.code for each in found.findings] == ["tlog.log_gone"], "and verify says so, although the rest of the mark is damaged"


def test_a_damaged_mark_vouches_for_nothing(seen: Ledger) -> None:
    data = seen.mark.read_bytes()
    for place in (3, 30, head_size(data) - 3):
        seen.mark.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        assert [each[1] for each in behind(seen)] == ["unverified", "unverified"], place
    for length in (0, 10, head_size(data) - 1):
        seen.mark.write_bytes(data[:length])
        assert [each[1] for each in behind(seen)] == ["unverified", "unverified"], length
    seen.mark.write_bytes(data)
    assert behind(seen) == []
    seen.mark.unlink()
    assert behind(seen) == []
    assert trust(seen)[FARM] == ("signed_here", 0, 8)


def test_a_head_that_no_checkpoint_covers(seen: Ledger) -> None:
    with seen.store.write() as session:
        session.run("UPDATE head SET size = size + 1 WHERE log = 1")
    assert behind(seen) == [("log_behind", "not_covered", 0, (f"{FARM}#8",))]
    with seen.store.write() as session:
        session.run("DROP TRIGGER head_no_update" + (" ON head" if session.dialect == "postgresql" else ""))
        session.run("UPDATE head SET size = 0 WHERE log = 1")
    assert [each[1] for each in behind(seen)] == ["rolled_back"]


def test_facts_of_a_session_nobody_in_particular_opened_say_nothing_of_verifying(seen: Ledger) -> None:
    with seen.store.read() as session:
        assert [each.state for each in SqlFacts(session, micros(NOW)).logs()] == ["", ""]


def test_the_mark_of_another_program_still_shows_a_rollback(seen: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    import foodtrace.verification.mark as marks
    import foodtrace.verification.run as running

    remember(seen, size=11)
    data = seen.mark.read_bytes()
    monkeypatch.setattr(marks, "program", lambda: b"another")
    monkeypatch.setattr(running, "program", lambda: b"another")
    assert behind(seen)[0][1] == "rolled_back"
    assert [each.code for each in seen.verify().findings] == ["tlog.rolled_back"]
    assert seen.mark.read_bytes() == data


def test_a_mark_of_before_there_were_heads_is_another_programs(seen: Ledger) -> None:
    import hashlib

    body = msgspec.msgpack.encode({"program": b"older", "key": b"", "logs": {}})
    seen.mark.write_bytes(hashlib.sha256(body).digest() + body)
    assert behind(seen) == []
    assert trust(seen)[FARM][0] == "signed_here"
    assert (seen.verify().mark, seen.verify().mark) == ("other_program", "other_program" if not seen.verify().ok else "used")


def test_heads_of_a_mark_have_one_spelling(tmp_path: Path) -> None:
    seen = {f"city/{n}": Seen(n, bytes([n % 256]) * 32, OTHER, n * 1000) for n in range(1, 120)}
    head = format_head(seen)
    assert parse_head(head) == seen
    assert head_size(head + b"whatever comes then") == len(head)
    path = tmp_path / "x.verified"
    path.write_bytes(head + b"whatever comes then")
    assert read_seen(path) == seen, "longer than what is read at first"
    assert read_seen(tmp_path / "none") == {}
    assert Vouched(tmp_path, path).gone({"city/1": 1}).keys() == {-n for n in range(1, 119)}
    for place in range(0, len(head), 7):
        assert parse_head(head[:place] + bytes([head[place] ^ 2]) + head[place + 1 :]) is None, place


def test_the_shell_says_it_where_verify_says_no(shop: Path) -> None:
    lot = lot_of(shop)
    run(shop, "transfer", lot, "10kg", "--from", "北河农批", "--to", "福安超市")
    old = (shop / "foodtrace.db").read_bytes()
    run(shop, "transfer", lot, "20kg", "--from", "北河农批", "--to", "福安超市")
    assert "signed by this host, not verified yet" in run(shop, "recall", lot)
    run(shop, "verify")
    before = run(shop, "recall", lot)
    assert "verified up to entry" in before
    assert "0 since" in before
    for end in ("-wal", "-shm"):
        (shop / f"foodtrace.db{end}").unlink(missing_ok=True)
    (shop / "foodtrace.db").write_bytes(old)
    for anchor in (shop / "keys").glob("*.anchor"):
        anchor.unlink()
    said = run(shop, "recall", lot)
    assert "it was set back (1)" in said
    assert "do not write to it" in said
    assert said.count("entries were verified") == 1, "once for each source"
    code, out, _ = alike(shop, "recall", lot, "--json")
    found = [each for each in json.loads(out)["untraced"] if each["kind"] == "log_behind"]
    assert code == 0
    assert [(each["reason"], each["value"]) for each in found] == [("rolled_back", 1)]
    run(shop, "verify", code=3)
    # And when its writer went on, unaware: as long as before, and another history.
    (mark,) = (shop / "keys").glob("*.verified")
    mark.rename(shop / "aside")  # with the mark nothing is written
    run(shop, "transfer", lot, "30kg", "--from", "北河农批", "--to", "福安超市")
    run(shop, "transfer", lot, "5kg", "--from", "北河农批", "--to", "福安超市")
    (shop / "aside").rename(mark)
    _, out, _ = alike(shop, "recall", lot, "--json")
    assert [each["reason"] for each in json.loads(out)["untraced"] if each["kind"] == "log_behind"] == ["forked"]
    run(shop, "verify", code=3)


def test_a_copy_elsewhere_was_never_verified_there(shop: Path, tmp_path: Path) -> None:
    run(shop, "verify")
    (tmp_path / "copy").mkdir()
    shutil.copy(shop / "foodtrace.db", tmp_path / "copy" / "foodtrace.db")
    said = json.loads(run(shop, "--db", str(tmp_path / "copy" / "foodtrace.db"), "recall", lot_of(shop), "--json"))
    assert [each["trust"] for each in said["positions"]] == ["signed_here"]


def test_a_ledger_that_still_has_the_table_of_before_is_used_as_ever(seen: Ledger, tmp_path: Path) -> None:
    with seen.store.write() as session:
        session.run("CREATE TABLE verified (log BIGINT PRIMARY KEY, size BIGINT NOT NULL, root BYTEA NOT NULL, time BIGINT NOT NULL)")
        session.run("INSERT INTO verified (log, size, root, time) VALUES (2, 9, ?, 0)", (OTHER,))
    told(seen, sent("t3", 5))
    assert behind(seen) == []
    assert seen.verify(full=True).ok
    assert seen.rebuild() == 10
    assert seen.verify().ok
    kept = restore(Path(backup(seen, tmp_path / "kept", with_keys=False).path), tmp_path / "again.db", tmp_path / "keys2")
    assert sum(each.size for each in kept.logs) == 10
