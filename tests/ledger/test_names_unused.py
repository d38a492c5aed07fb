"""A row of names that no record uses changes no answer: a batch that was refused leaves such rows, and anybody can write one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from foodtrace import Ledger, errors, recording
from foodtrace.events import Site, Transfer
from foodtrace.graph.check import TABLES
from foodtrace.graph.directory import near_lots, resolve_lot
from foodtrace.graph.edges import truck as truck_subject
from foodtrace.graph.names import _ELSEWHERE, _USES, code_of, in_use
from foodtrace.operations import certificates, market, places, sampling
from foodtrace.operations.blocking import known_issuer
from foodtrace.storage.session import Session
from foodtrace.storage.tables import metadata
from tests.cli.inside import Inside, here
from tests.ledger.rich import AT, LOT, grow, kg

__all__ = ["here"]

DAY = dt.date(2026, 11, 23)


@pytest.fixture
def ledger(url: str, tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(url, keys=tmp_path / "keys") as opened:
        grow(opened)
        yield opened


def name(ledger: Ledger, *texts: str) -> None:
    with ledger.store.write() as session:
        for text in texts:
            session.run("INSERT INTO name (text, code) VALUES (?, ?)", (text, code_of(text)))


def told(ledger: Ledger, asked: str) -> object:
    said: dict[str, object] = msgspec.to_builtins(ledger.recall(asked))
    return {each: said[each] for each in said if each not in ("now", "at", "time", "asked")}


def test_a_lot_of_the_same_code_that_nobody_recorded_makes_no_recall_ambiguous(ledger: Ledger) -> None:
    before = [told(ledger, each) for each in ("261123-1", LOT)]
    name(ledger, "L-0009/261123-1", "A-1/261123-1")
    assert [told(ledger, each) for each in ("261123-1", LOT)] == before


def test_a_lot_that_nobody_recorded_is_on_no_record(ledger: Ledger) -> None:
    name(ledger, "L-0009/666", "L-0009/261123-7")
    for given in ("666", "L-0009/666"):
        with pytest.raises(errors.NotFound) as caught:
            ledger.recall(given)
        assert caught.value.code == "lot.not_found"
    with ledger.reading() as session:
        assert near_lots(session, "261123-2") == [LOT], "nor is it one that somebody may have meant"
        assert near_lots(session, "66") == []


ASKED: dict[str, tuple[str, Callable[[Session], object]]] = {
    "an operator's name makes no issuer known": ("operator L-0009", lambda s: known_issuer(s, "L-0009")),
    "a site's name makes none known": ("L-0009", lambda s: known_issuer(s, "L-0009")),
    "a truck's number is not taken": (
        truck_subject("M-1", "1", DAY, 999_999),
        lambda s: market.next_number(s, "M-1", "1", DAY),
    ),
    "a lot's number is not": ("F-1/261123-99", lambda s: certificates._next_number(s, "F-1/", DAY)),
    "a local number is not": ("L-999999999", lambda s: places.next_number(s, "L")),
    "no day of samples was promised": ("sampling M-1 1 soon", lambda s: sampling.lost_days(s, None, "M-1", "1")),
}


@pytest.mark.parametrize("what", ASKED)
def test_who_looks_for_texts_passes_it_over(ledger: Ledger, what: str) -> None:
    text, ask = ASKED[what]
    with ledger.reading() as session:
        before = ask(session)
    name(ledger, text)
    with ledger.reading() as session:
        assert ask(session) == before


def test_one_that_a_record_uses_is_found(ledger: Ledger) -> None:
    with ledger.reading() as session:
        assert resolve_lot(session, "261123-1") == LOT
        assert known_issuer(session, "F-1")
        assert certificates._next_number(session, "F-1/", DAY) == "261123-2"
        assert in_use(session, ["no such name", "seller M-1 X", "sites F-1"])


def test_every_column_that_holds_a_name_is_looked_at() -> None:
    columns = {f"{table}.{column}" for table, named in TABLES.items() for column in named}
    assert {*_USES, *_ELSEWHERE} == columns
    for each in _USES:
        table, column = each.split(".")
        first = [next(iter(metadata.tables[table].primary_key.columns)).name]
        first += [next(iter(index.columns)).name for index in metadata.tables[table].indexes]
        assert column in first, f"{each} is looked up, so it begins a key or an index"


def test_verify_counts_them_in_full_and_finds_nothing_wrong(url: str, here: Inside) -> None:
    with Ledger.open(url, keys=here.folder / "keys") as ledger:
        grow(ledger)
        # On PostgreSQL names are made ahead for whatever a batch could need: for a correction of which it turned out to be none as well.
        ahead = ledger.verify(full=True).names_unused or 0
        assert ahead == (0 if url.startswith("sqlite") else 1)
        name(ledger, "L-0009/666", "operator L-0009")
        assert (ledger.verify().ok, ledger.verify().names_unused) == (True, None), "not counted is not none"
    answer = here.json("--db", url, "verify", "--full")
    assert (answer["ok"], answer["names_unused"], answer["findings"]) == (True, 2 + ahead, [])
    assert f"{2 + ahead} rows of the table of names that no record uses" in here("--db", url, "verify", "--full")
    assert f"{2 + ahead} 个名称没有任何记录在用" in here("--db", url, "verify", "--full", lang="zh")


def everything(ledger: Ledger) -> dict[str, list[tuple[object, ...]]]:
    with ledger.reading() as session:
        return {table.name: sorted(session.rows(f"SELECT * FROM {table.name}"), key=repr) for table in metadata.sorted_tables}


class Crashed(Exception):
    """Stands for the end of the process."""


@pytest.mark.parametrize("how", ["refused", "crashed"])
def test_a_batch_that_ends_after_its_names_leaves_nothing_but_names(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """On PostgreSQL they are made in a transaction before (DESIGN section 6); on SQLite even they are not there."""
    before = everything(ledger)
    ahead = ledger.verify(full=True).names_unused or 0
    batch = [
        Site(id="z1", at=AT, site="Z-1", operator="Z-1", kind="shop", name="新店"),
        Transfer(id="z2", at=AT, site="F-1", to="Z-1", lot="F-1/Z9", quantity=kg(1)),
    ]
    spoilt = [*batch, Transfer(id="t1", at=AT, site="F-1", to="Z-1", lot=LOT, quantity=kg(77))]

    def crash(*_: object) -> None:
        raise Crashed

    with monkeypatch.context() as patched:
        if how == "crashed":
            patched.setattr(recording, "lock", crash)
        with pytest.raises(Crashed if how == "crashed" else errors.Conflict):
            ledger.record(batch if how == "crashed" else spoilt, log="city/one")
    after = everything(ledger)
    left = {row[1] for row in after["name"]} - {row[1] for row in before["name"]}
    assert {table for table in after if after[table] != before[table]} == ({"name"} if left else set())
    assert bool(left) == (ledger.store.dialect == "postgresql")
    assert ledger.verify(full=True).names_unused == ahead + len(left)
    with pytest.raises(errors.NotFound):
        ledger.recall("Z9")
    # Another program, which knows nothing of them, uses them.
    with Ledger.open(ledger._address, keys=tmp_path / "keys") as other:
        other.record(batch, log="city/one")
        assert other.recall("Z9").outlets
        answer = other.verify(full=True)
        assert (answer.ok, answer.names_unused) == (True, ahead)


def test_a_number_that_leaves_no_room_for_the_next_name_is_named_and_stops_no_program(tmp_path: Path) -> None:
    from foodtrace.keeping.doctor import Surroundings, examine

    with Ledger.open(f"sqlite:///{tmp_path / 'x.db'}", keys=tmp_path / "keys") as ledger:
        grow(ledger)
        with ledger.store.write() as session:
            session.run("INSERT INTO name (id, text, code) VALUES (9223372036854775807, 'L-0099', NULL)")
        for full in (True, False):
            assert [each.code for each in ledger.verify(full=full).findings] == ["tlog.name_number"]
        new = Site(id="new", at=AT, site="S-9", operator="S-9", kind="shop", name="八店")
        with pytest.raises(errors.Integrity) as caught:
            ledger.record([new])
        assert caught.value.code == "tlog.name_number"
        around = Surroundings("utf-8", "en", passphrase=False)
        (check,) = [each for each in examine(lambda: ledger, None, tmp_path / "keys", around).checks if each.code == "name_number"]
        with ledger.store.write() as session:
            session.run(check.facts["sql"])
        ledger.record([new])
        assert ledger.verify(full=True).ok
