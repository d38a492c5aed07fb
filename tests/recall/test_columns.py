"""Columns name the holdings that the engine for everything finds, and an answer's columns say what its rows say."""

from __future__ import annotations

import doctest
import random
import tempfile
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foodtrace import Quantity
from foodtrace.errors import NotFound
from foodtrace.events import BatchReleased, CertificateIssued, Correction, LotsClause, MarketEntry, Packing, Refusal, TestRecorded, Transfer
from foodtrace.graph.edges import micros
from foodtrace.graph.flows import NEVER
from foodtrace.graph.names import texts_of
from foodtrace.graph.reader import SqlFacts
from foodtrace.recall import columns
from foodtrace.recall.affected import find
from foodtrace.recall.answer import recall
from foodtrace.storage.session import Session
from tests.recall.plaintrade import AT, LOGS, LOTS, NOW, Clock, begun, born, odd, opened, papers, plain


def compare(seed: int, *, oddities: int, large: bool, url: str = "") -> None:
    """Make a random world and ask where every lot of it is."""
    rng = random.Random(seed)
    with (
        pytest.MonkeyPatch.context() as patch,
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name,
        opened(Path(name), Clock(), url) as ledger,
    ):
        patch.setattr(columns, "_LARGE", 1 if large else 10**6)
        begun(ledger)
        for n in range(rng.randint(4, 40)):
            for event in plain(rng, f"e{n}"):
                ledger.record([event], log=rng.choice(LOGS))
        for n in range(rng.choice([0, 0, 1, 3])):
            for event in papers(rng, f"p{n}"):
                ledger.record([event], log=rng.choice(LOGS))
        for n in range(oddities):
            ledger.record([odd(rng, f"o{n}")], log=rng.choice(LOGS))
        with ledger.reading() as session:
            for lot in LOTS:
                got = columns.affected(session, (lot,))
                pairs = list(zip(got.lot, got.site, strict=True))
                wanted = find(SqlFacts(session, NEVER), (LotsClause(lots=(lot,)),)).holdings
                assert len(got) == len(pairs) == len(set(pairs))
                assert set(pairs) == set(wanted), (seed, lot)


@given(seed=st.integers(0, 2**32), oddities=st.sampled_from([0, 0, 2]), large=st.booleans())
@settings(max_examples=20)
def test_columns_are_the_affected_holdings(seed: int, oddities: int, large: bool) -> None:
    compare(seed, oddities=oddities, large=large)


@pytest.mark.parametrize("large", [False, True])
def test_columns_are_the_affected_holdings_on_postgresql(large: bool, pg_url: str) -> None:
    for seed in range(4):
        compare(seed, oddities=2 * (seed % 2), large=large, url=pg_url)


@pytest.mark.parametrize("url", ["", pytest.param("pg_url", marks=pytest.mark.postgres)])
@pytest.mark.parametrize("large", [False, True])
def test_a_holding_that_corrections_emptied_is_no_place(
    url: str, large: bool, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "_LARGE", 1 if large else 10**6)
    with opened(tmp_path, Clock(), request.getfixturevalue(url) if url else "") as ledger:
        begun(ledger)
        last = ledger.record([*born("b", "F-1/L"), *born("c", "F-1/K")]).last
        with ledger.reading() as session:
            leaf = session.rows("SELECT leaf FROM entry WHERE log = 1 AND seq = ?", (last,))[0][0]
            assert where(session, "F-1/K") == {"F-1", "P-1", "D-1"}
        ledger.record([Correction(id="k", at=NOW, site="F-1", seq=last, leaf=bytes(leaf).hex(), reason="did_not_occur")])
        with ledger.reading() as session:
            assert session.rows("SELECT COUNT(*) FROM holding WHERE flows = 0") == [(1,)]
            assert where(session, "F-1/K") == {"F-1", "P-1"}
            assert where(session, "F-1/L") == {"F-1", "P-1", "D-1"}


def where(session: Session, lot: str) -> set[str]:
    found = columns.affected(session, (lot,))
    assert len(set(found.site)) == len(found)
    return {texts_of(session, [site])[site] for site in found.site}


def test_columns_of_an_answer_say_what_its_rows_say(tmp_path: Path) -> None:
    with opened(tmp_path, Clock()) as ledger:
        begun(ledger)
        rng = random.Random(5)
        ledger.record(born("b", "F-1/L"))
        for n in range(40):
            for event in plain(rng, f"e{n}", ("F-1/L", "F-1/K")):
                ledger.record([event])
        with ledger.reading() as session:
            answer = recall(session, "F-1/L", now=micros(NOW))
    made = answer.columns()
    places = [(row, each) for row in answer.outlets for each in row.amounts]
    assert len(places) > 2
    assert {len(each) for each in made.values()} == {len(places)}
    for place, (row, amount) in enumerate(places):
        assert {name: made[name][place] for name in ("site", "phone", "lots", "destroyed")} == {
            "site": row.site, "phone": row.phone, "lots": row.lots, "destroyed": row.destroyed
        }  # fmt: skip
        assert [made[name][place] for name in ("unit", "received", "on_hand", "quantity_destroyed")] == [
            amount.unit, amount.received, amount.on_hand, amount.destroyed
        ]  # fmt: skip


SPEAKS: Final[dict[str, Any]] = {
    "held": lambda base: MarketEntry(**base, decision="held", product="芹菜", quantity=Quantity(50, "g")),
    "test": lambda base: TestRecorded(**base, sample="1", item="r", verdict="positive"),
    "packing": lambda base: Packing(**base, parent="CASE1", children=("a",), quantity=Quantity(1, "piece")),
    "release": lambda base: BatchReleased(**base, certificate="c"),
    "sale": lambda base: Refusal(**base, asked="sale", quantity=Quantity(3, "g")),
}
"""Records that say goods were there and move none."""


@pytest.mark.parametrize("kind", SPEAKS)
def test_a_site_known_by_a_record_that_moves_nothing_has_a_holding(kind: str, tmp_path: Path) -> None:
    with opened(tmp_path, Clock()) as ledger:
        begun(ledger)
        ledger.record(born("b", "F-1/L"), log=LOGS[0])
        places = []
        for site in ("P-1", "Y-1"):  # where goods of it came, and where none did
            ledger.record([SPEAKS[kind]({"id": f"s{site}", "at": AT, "site": site, "lot": "F-1/L"})], log=LOGS[0])
            with ledger.reading() as session:
                got = columns.affected(session, ("F-1/L",))
                places.append(sorted(texts_of(session, list(got.site)).values()))
        assert places[0] == ["", "D-1", "F-1", "P-1"]
        assert places[1] == ["", "D-1", "F-1", "P-1", "Y-1"]


@pytest.mark.parametrize("large", [False, True])
def test_a_ledger_gives_the_places_of_a_lot_as_columns_and_their_ids_when_asked(
    tmp_path: Path, large: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "_LARGE", 1 if large else 10**6)
    with opened(tmp_path, Clock()) as ledger:
        begun(ledger)
        ledger.record(born("b", "F-1/L"))
        rng = random.Random(5)
        ledger.record([event for n in range(40) for event in plain(rng, f"e{n}", ("F-1/L", "F-1/K"))])
        found = ledger.holdings("L", codes=True)
        bare = ledger.holdings(["F-1/L"])
        with ledger.reading() as session:
            facts = SqlFacts(session, NEVER)
            wanted = find(facts, (LotsClause(lots=("F-1/L",)),)).holdings
            texts = facts.texts({number for holding in wanted for number in holding})
            told = {(texts[lot], texts[site]) for lot, site in wanted}
        assert {(found.codes[lot], found.codes[site]) for lot, site in zip(found.lot, found.site, strict=True)} == told
        assert len(found.codes) == len({*found.lot, *found.site}), "and of nothing else"
        assert (sorted(zip(bare.lot, bare.site, strict=True)), bare.codes) == (sorted(wanted), {})
        assert memoryview(bare.site).format == "q", "numpy, pandas and Arrow take it as it is"
        with pytest.raises(NotFound) as error:
            ledger.holdings("F-1/L9")
        assert error.value.code == "lot.not_found"


def test_the_page_says_how_places_are_had_as_columns(tmp_path: Path) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "recall.md").read_text("utf-8")
    part = page.partition("### Places as columns")[2].partition("```python")[2].partition("```")[0]
    with opened(tmp_path, Clock()) as ledger:
        begun(ledger)
        base: dict[str, Any] = {"at": AT, "site": "F-1", "lot": "F-1/251123-1", "quantity": Quantity(9, "g")}
        ledger.record([CertificateIssued(**base, id="c", serial="1", issuer="F-1", product="芹菜"), Transfer(**base, id="t", to="S-7")])
        tried = doctest.DocTestParser().get_doctest(part, {"ledger": ledger}, "recall.md", None, 0)
        assert tried.examples
        assert doctest.DocTestRunner().run(tried).failed == 0
