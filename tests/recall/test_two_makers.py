"""A lot that two operators' records let begin at their sites: who is own does not follow from who wrote first (laws 1, 15, 16)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from foodtrace import Ledger
from foodtrace.events import Alias, CertificateIssued, Event, LotsClause, PredicateClause, Sale, Site, Transfer
from foodtrace.graph.edges import micros
from foodtrace.graph.makers import maker
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.outletdetails import births
from foodtrace.operations.scopes import producers_of
from foodtrace.recall.answer import recall
from foodtrace.storage.session import Session
from tests.cli.inside import Inside
from tests.recall.dispatched import AT, NOW, grams, hours

GTIN = "06909999000012/B1"
SITES = {"P": "plant", "Q": "plant", "W": "warehouse", "X": "shop", "Y": "shop"}
ASKED = micros(NOW + dt.timedelta(days=1))


def born(name: str, site: str, lot: str, q: int, hour: float = 0) -> Event:
    return CertificateIssued(
        id=name, at=hours(hour), site=site, lot=lot, serial=name, issuer=f"OP-{site}", product="奶粉", quantity=grams(q)
    )


def sent(name: str, source: str, to: str, lot: str, q: int, hour: float = 2, **more: Any) -> Event:
    return Transfer(id=name, at=hours(hour), site=source, to=to, lot=lot, quantity=grams(q), **more)


def story(one: str, two: str) -> list[tuple[str, Event]]:
    """P makes 100 g, Q 50 g; both sell on. P and X tell one transfer, each in its own way."""
    return [
        ("P", born("bp", "P", one, 100)),
        ("Q", born("bq", "Q", two, 50, hour=1)),
        ("P", sent("tp", "P", "X", one, 60, doc="D1")),
        ("X", sent("tx", "P", "X", one, 40, doc="D1")),
        ("Q", sent("tq", "Q", "Y", two, 10)),
        ("X", Sale(id="sale", at=hours(5), site="X", lot=one, quantity=grams(5))),
    ]


def put(folder: Path, order: Sequence[tuple[str, Event]]) -> Ledger:
    """Record events in this order, the logs begun in the order of their first records, each record a minute after the one before."""
    now = [micros(NOW)]
    folder.mkdir(parents=True)
    ledger = Ledger.open(f"sqlite:///{folder}/x.db", keys=folder / "keys", clock=lambda: now[0])
    logs = list(dict.fromkeys(log for log, _ in order))
    for log in logs:
        ledger.init(f"log/OP-{log}", operator=f"OP-{log}")
    for site, kind in SITES.items():
        place = Site(id=f"s-{site}", at=AT, site=site, operator=f"OP-{site}", kind=kind, name=f"name {site}")  # type: ignore[arg-type]
        ledger.record([place], log=f"log/OP-{site}" if site in logs else f"log/OP-{logs[0]}")
    for log, event in order:
        now[0] += 60_000_000
        ledger.record([event], log=f"log/OP-{log}")
    return ledger


def said(session: Session, lot: str) -> dict[str, Any]:
    """What an answer says, from rows and by the engine: the same."""
    quick, slow = (recall(session, lot, now=ASKED, plain=plain) for plain in (True, False))
    assert quick == slow
    header = [(each.site, each.quantity, each.began) for each in births(session, lot, ASKED)]
    first = {name: group[0] for group in quick.same_lots for name in group}
    told = [each for each in quick.untraced if each.kind != "log_behind"]
    findings = sorted((each.kind, first.get(each.lot, each.lot), each.site, each.value) for each in told)
    roles = sorted((row.site, row.role, row.link, [(a.received, a.likely) for a in row.amounts]) for row in (*quick.outlets, *quick.others))
    return {"operator": quick.operator, "figures": quick.figures, "header": header, "findings": findings, "roles": roles}


def orders(told: Sequence[tuple[str, Event]]) -> list[list[tuple[str, Event]]]:
    """Some orders of these records: either birth first, either log first."""
    return [list(told), list(reversed(told)), [told[1], *told[3:], told[0], told[2]], [*told[3:], *told[:3]]]


@pytest.mark.parametrize(
    ("lot", "operator", "d"),
    [("OP-P/L", "OP-P", 110), ("OP-Q/L", "OP-Q", 110), (GTIN, "", 150)],
    ids=["P gave it its code", "Q gave it its code", "nobody known to have made all of it"],
)
def test_any_order_of_records_and_of_logs_gives_the_same_answer(tmp_path: Path, lot: str, operator: str, d: int) -> None:
    """D is what is in the trade by whose the goods are; where nobody is known, all of it."""
    found = []
    for number, order in enumerate(orders(story(lot, lot))):
        with put(tmp_path / str(number), order) as ledger, ledger.reading() as session:
            found.append(said(session, lot))
    assert all(each == found[0] for each in found)
    assert found[0]["operator"] == operator
    assert found[0]["figures"][0].distributed == d
    assert found[0]["header"] == [("name P", 100, True), ("name Q", 50, True)], "each place where it began, not whichever was first"


@pytest.mark.parametrize(
    ("one", "two", "operator"), [("OP-P/CAN", GTIN, "OP-P"), (GTIN, "OP-Q/CASE", "OP-Q"), (GTIN, "06909999000012/B2", "")]
)
def test_two_names_of_one_lot_have_one_maker_whichever_is_asked_for(tmp_path: Path, one: str, two: str, operator: str) -> None:
    """One name was born at P, the other at Q; a lot of either is the same lot (law 15)."""
    told = [*story(one, two), ("P", Alias(id="same", at=hours(1), site="P", lot=one, alias=two))]
    found = []
    for number, order in enumerate(orders(told)[:2]):
        with put(tmp_path / str(number), order) as ledger, ledger.reading() as session:
            found += [{**said(session, lot), "scope": ""} for lot in (one, two)]
    assert all(each == found[0] for each in found)
    assert found[0]["operator"] == operator
    assert found[0]["header"] == [("name P", 100, True), ("name Q", 50, True)]


@pytest.mark.parametrize("names", [("OP-A/CAN", "OP-A/CASE"), ("OP-A/CASE", "OP-A/CAN")])
def test_a_rule_by_producer_does_not_ask_which_name_carries_which_birth(tmp_path: Path, names: tuple[str, str]) -> None:
    one, two = names
    told = [("P", born("bp", "P", one, 100)), ("Q", born("bq", "Q", two, 50, hour=1))]
    told.append(("Q", Alias(id="same", at=hours(1), site="P", lot=one, alias=two)))
    verdicts: dict[str, dict[str, bool]] = {}
    for number, order in enumerate((told, told[::-1])):
        with put(tmp_path / str(number), order) as ledger, ledger.reading() as session:
            facts = SqlFacts(session, ASKED)
            texts = facts.texts([facts.lot(each) or 0 for each in names])
            verdicts = {
                operator: {texts[lot]: certain for lot, certain in facts.lots_like(PredicateClause(producer=operator))}
                for operator in ("OP-P", "OP-Q", "OP-A", "OP-W")
            }
    both = dict.fromkeys(names)
    assert verdicts == {
        "OP-P": dict.fromkeys(both, False),
        "OP-Q": dict.fromkeys(both, False),
        "OP-A": dict.fromkeys(both, True),
        "OP-W": {},
    }, "it may be of either, certainly of who gave it its code, and of nobody else"


def test_nobody_recalls_what_several_made_until_a_case_says_who(tmp_path: Path) -> None:
    with put(tmp_path / "a", story(GTIN, GTIN)) as ledger, ledger.reading() as session:
        assert producers_of(session, (LotsClause(lots=(GTIN,)),), ASKED) == ("", "")
        answer = recall(session, GTIN, now=ASKED)
        assert not [row for row in answer.others if row.role == "own"]
        assert "several_origins" in {each.kind for each in answer.untraced}


@pytest.fixture
def typed(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Inside:
    return Inside(tmp_path, capfd, monkeypatch)


def test_the_screen_names_every_place_of_origin_and_that_nobody_recalls(typed: Inside) -> None:
    put(typed.folder / "a", story(GTIN, GTIN)).close()
    typed.set("FOODTRACE_KEYS", str(typed.folder / "a" / "keys"))
    words = ("--now", "2026-11-23 10:00", "--db", f"sqlite:///{typed.folder}/a/x.db", "recall", GTIN)
    said = typed(*words)
    assert "2 places of origin: name P 0.1 kg, name Q 0.05 kg" in said
    assert "who recalls: unknown" in said
    assert "2 处来源: name P 0.1 kg, name Q 0.05 kg" in typed(*words, lang="zh")


def test_logs_imported_in_either_order_give_the_same_page(typed: Inside) -> None:
    """One office takes in P's log first, another Q's; X's comes last, or first."""
    put(typed.folder / "a", story(GTIN, GTIN)).close()
    now = ("--now", "2026-11-23 10:00")
    typed.set("FOODTRACE_KEYS", str(typed.folder / "a" / "keys"))
    keys = {}
    for log in ("OP-P", "OP-Q", "OP-X"):
        said = typed(*now, "--db", f"sqlite:///{typed.folder}/a/x.db", "--log", f"log/{log}", "export", "tiles", f"tiles-{log}")
        keys[log] = said.split("verifier key: ")[1].split()[0]
    pages = []
    for number, order in enumerate((("OP-P", "OP-Q", "OP-X"), ("OP-X", "OP-Q", "OP-P"))):
        office = (*now, "--db", f"sqlite:///{typed.folder}/office{number}.db")
        typed.set("FOODTRACE_KEYS", str(typed.folder / f"office{number}"))
        typed(*office, "init", "--name", "office.example/o")
        for log in order:
            typed(*office, "import", f"tiles-{log}", f"--vkey={keys[log]}")
        typed(*office, "verify")
        page = typed(*office, "recall", GTIN)
        books = typed(*office, "reconcile", code=1)
        rates = {name: typed.json(*office, "recall", GTIN)[name] for name in ("operator", "figures", "outlets", "others")}
        pages.append((page.partition("took")[0], books, rates))
    assert pages[0] == pages[1]
    assert "several logs tell one transfer with unlike quantities; the larger counts" in pages[0][0]
    assert "several logs tell one transfer with unlike quantities; the larger counts (1)  what to do:" in pages[0][1]


def test_who_made_a_lot() -> None:
    assert maker(["P"], ["Q/L"]) == "P", "who entered it, whoever gave it its code"
    assert maker(["P", "Q"], ["Q/L"]) == "Q"
    assert maker(["P", "Q"], [GTIN, "P/C"]) == "P"
    assert maker(["P", "Q"], ["P/L", "Q/C"]) == ""
    assert maker(["P", "Q"], ["W/L"]) == ""
    assert maker([], ["P/L"]) == ""
