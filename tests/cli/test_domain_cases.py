"""The cases of DOMAIN section 6 from the command line: records come in as a file, the recall is carried out as an office types it."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from foodtrace import Quantity
from foodtrace.events import Alias, CertificateIssued, Event, FormulaBatch, Output, Portion, Receipt, Sale, Site, Transfer, Transformation
from tests.cli.shell import run

GTIN = "06909999000012"
KINDS = {"F-1": "farm", "Q-1": "farm", "OIL-1": "processor", "P-1": "plant", "P-2": "plant", "W-1": "warehouse", "X-1": "shop",
         "Y-1": "shop", "Z-1": "shop"}  # fmt: skip


def day(year: int, month: int, number: int) -> dt.datetime:
    return dt.datetime(year, month, number, 9, tzinfo=dt.timezone(dt.timedelta(hours=8)))


def pieces(number: int) -> Quantity:
    return Quantity(number, "piece")


def kg(number: int) -> Quantity:
    return Quantity(number * 1000, "g")


class Office:
    """A ledger in a folder, and what was typed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.number = 0
        run(folder, "init")

    def record(self, at: dt.datetime, *events: tuple[type[Event], dict[str, Any]]) -> None:
        lines = []
        for kind, fields in events:
            self.number += 1
            lines.append(msgspec.json.encode(kind(id=f"e{self.number}", at=at, **fields)).decode())
        (self.folder / "e.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        run(self.folder, "record", "e.jsonl")

    def sites(self, at: dt.datetime) -> None:
        self.record(at, *((Site, {"site": s, "operator": f"OP-{s}", "kind": kind, "name": f"{s} 号"}) for s, kind in KINDS.items()))

    def say(self, *words: str, code: int = 0) -> str:
        return run(self.folder, *words, code=code)

    def ask(self, *words: str) -> Any:
        return json.JSONDecoder().raw_decode(self.say(*words, "--json"))[0]

    def outlets(self, *words: str) -> dict[str, str]:
        return {row["site"]: row["link"] for row in self.ask("recall", *words)["outlets"]}

    def open(self, *words: str, known: str = "2026-01-01T00:00") -> None:
        self.say("case", "open", *words, "--class", "1", "--known", known, "--reason", "x")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def batch(code: str, site: str = "P-1", cans: int = 100, **more: Any) -> tuple[type[Event], dict[str, Any]]:
    return FormulaBatch, {"site": site, "lot": f"{GTIN}/{code}", "product": "小北1段", "quantity": pieces(cans), **more}


def sent(lot: str, source: str, to: str, quantity: Quantity) -> tuple[type[Event], dict[str, Any]]:
    return Transfer, {"lot": lot, "site": source, "to": to, "quantity": quantity}


def test_abbott_2022_the_scope_is_a_rule_and_a_can_is_its_case(office: Office) -> None:
    """Code starts 22-37, contains K8, SH or Z2, expires from 2022-04-01 on; later one lot, on the case with a 0 more."""
    at = day(2021, 12, 1)
    office.sites(at)
    good, bad = dt.date(2022, 7, 1), dt.date(2022, 3, 31)
    made = {"27032K80": good, "22001SH1": good, "30001SH": bad, "38001K80": good, "27032AB": good}
    office.record(at, *(batch(code, expiry=expiry) for code, expiry in made.items()))
    to = dict(zip(made, ("X-1", "Y-1", "Z-1", "Z-1", "Z-1"), strict=True))
    office.record(at, *(sent(f"{GTIN}/{code}", "P-1", site, pieces(9)) for code, site in to.items() if code != "27032K80"))
    # The case's code stands on the paper of what X received.
    office.record(at, (Alias, {"site": "P-1", "lot": f"{GTIN}/27032K80", "alias": f"{GTIN}/27032K800"}))
    office.record(at, (Receipt, {"site": "X-1", "lot": f"{GTIN}/27032K800", "quantity": pieces(9), "source": "P-1"}))
    rule = ("--code", "|".join(f"{start}*{part}*" for part in ("K8", "SH", "Z2") for start in ("2[2-9]", "3[0-7]")))
    assert office.outlets(*rule, "--expiring", "2022-04-01..") == {"X-1": "confirmed", "Y-1": "confirmed"}
    assert office.outlets("27032K80") == office.outlets("27032K800") == {"X-1": "confirmed"}
    office.open(*rule, "--expiring", "2022-04-01..", known="2022-02-16T09:00")
    for name in ("27032K80", "27032K800"):
        assert "recall" in office.say("transfer", name, "1can", "--from", "X-1", "--to", "Z-1", code=1)
    office.say("transfer", "27032AB", "1can", "--from", "P-1", "--to", "Z-1")


def test_ehec_2011_the_renumbered_lot_is_followed_and_the_remainder_found(office: Office) -> None:
    """48088 became 6832 but for 75 kg; a second lot, 8266, joins later."""
    at = day(2011, 4, 1)
    office.sites(at)
    born = {"site": "F-1", "issuer": "OP-F-1", "product": "葫芦巴种子"}
    office.record(at, (CertificateIssued, {**born, "lot": "OP-F-1/48088", "serial": "1", "quantity": kg(1000)}))
    office.record(at, (CertificateIssued, {**born, "lot": "OP-F-1/8266", "serial": "2", "quantity": kg(500)}))
    office.record(at, sent("OP-F-1/48088", "F-1", "W-1", kg(1000)), sent("OP-F-1/8266", "F-1", "Y-1", kg(100)))
    turned = {"inputs": (Portion("OP-F-1/48088", kg(925)),), "outputs": (Output(lot="OP-W-1/6832", quantity=kg(925)),)}
    office.record(at, (Transformation, {"site": "W-1", "kind": "renumber", **turned}))
    office.record(at, sent("OP-W-1/6832", "W-1", "X-1", kg(925)))
    found = office.ask("recall", "48088")
    assert [row["site"] for row in found["outlets"]] == ["X-1"]
    assert found["affected_lots"] == ["OP-F-1/48088", "OP-W-1/6832"]
    (warehouse,) = [row for row in found["others"] if row["site"] == "W-1"]
    assert warehouse["amounts"][0]["likely"] == 75_000
    assert office.ask("trace", "6832", "--back")["back"]
    office.open("48088", known="2011-07-05T09:00")
    (case,) = office.ask("case", "list")
    office.say("case", "widen", case["case"], "8266", "--reason", "EFSA")
    status = office.ask("case", "status")
    assert [each["version"] for each in status["versions"]] == [1, 2]
    assert (status["version"], status["outlets"]) == (2, 2)


def test_sanlu_2008_everything_made_before_a_day(office: Office) -> None:
    at = day(2008, 8, 1)
    office.sites(at)
    office.record(at, *(batch(f"M{n}", produced=dt.date(2008, 8, 4 + n)) for n in range(4)), batch("MX"))
    lots = ("M0", "M1", "M2", "MX")
    office.record(at, *(sent(f"{GTIN}/{lot}", "P-1", to, pieces(50)) for lot, to in zip(lots, ("X-1", "Y-1", "Z-1", "W-1"), strict=True)))
    found = office.ask("recall", "--producer", "OP-P-1", "--produced", "..2008-08-05")
    assert {row["site"]: row["link"] for row in found["outlets"]} == {"X-1": "confirmed", "Y-1": "confirmed"}
    assert {row["site"]: row["link"] for row in found["others"]}["W-1"] == "possible", "nobody wrote down when MX was made"
    assert office.outlets("--produced", "..2008-08-05") == {"X-1": "confirmed", "Y-1": "confirmed"}, "a day alone is a rule as well"
    assert "attribute_missing" in {each["kind"] for each in found["untraced"]}


def test_ara_oil_2026_one_ingredient_lot_many_factories_and_their_batches(office: Office) -> None:
    at = day(2026, 1, 3)
    office.sites(at)
    oil = "OP-OIL-1/ARA-1"
    office.record(at, (CertificateIssued, {"site": "OIL-1", "issuer": "OP-OIL-1", "lot": oil, "serial": "1", "product": "ARA 油",
                                           "quantity": kg(100)}))  # fmt: skip
    office.record(at, sent(oil, "OIL-1", "P-1", kg(40)), sent(oil, "OIL-1", "P-2", kg(40)))
    batches = [batch(f"B{n}", site, 900, inputs=(Portion(oil, kg(5)),)) for n, site in enumerate(("P-1", "P-1", "P-2"))]
    office.record(at, *batches, batch("CLEAN", "P-2", 900))
    shops = ("X-1", "Y-1", "Z-1")
    office.record(at, *(sent(f"{GTIN}/B{n}", batches[n][1]["site"], shop, pieces(300)) for n, shop in enumerate(shops)))
    office.record(at, sent(f"{GTIN}/CLEAN", "P-2", "X-1", pieces(300)))
    found = office.ask("recall", "ARA-1")
    assert {row["site"]: row["lots"] for row in found["outlets"]} == {shop: [f"{GTIN}/B{n}"] for n, shop in enumerate(shops)}
    assert {row["site"] for row in found["others"]} == {"OIL-1", "P-1", "P-2"}
    assert office.outlets("--supplier", "OP-OIL-1") == dict.fromkeys(shops, "confirmed")
    back = office.say("trace", f"{GTIN}/B2", "--back")
    assert "ARA-1" in back
    assert "OIL-1" in back
    office.open("ARA-1")
    assert "recall" in office.say("transfer", f"{GTIN}/B2", "1can", "--from", "P-2", "--to", "X-1", code=1), "made before the case"
    office.say("transfer", f"{GTIN}/CLEAN", "1can", "--from", "X-1", "--to", "Y-1")


def test_byheart_2025_scope_grows_to_all_lots_notified_is_not_removed_and_nothing_goes_back(office: Office) -> None:
    at = day(2025, 11, 1)
    office.sites(at)
    office.record(at, batch("B1"), batch("B2"), batch("B3"))
    office.record(at, *(sent(f"{GTIN}/B{n}", "P-1", shop, pieces(60)) for n, shop in ((1, "X-1"), (2, "Y-1"), (3, "Z-1"))))
    office.record(at, (Sale, {"site": "X-1", "lot": f"{GTIN}/B1", "quantity": pieces(10)}))
    office.open("B1", known="2025-11-08T09:00")
    (case,) = (each["case"] for each in office.ask("case", "list"))
    office.say("case", "notify", "--out", "n1")
    assert office.ask("case", "status")["outlets"] == 1
    office.say("case", "widen", case, "--producer", "OP-P-1", "--reason", "all lots, 11 November")
    status = office.ask("case", "status")
    assert (status["version"], status["outlets"]) == (2, 3)
    assert (status["rates"]["R4"]["numerator"], status["rates"]["R4"]["denominator"]) == (1, 3), "the new ones are not told yet"
    (task,) = [task for task in status["today"] if task["what"] == "notify"]
    assert (task["count"], len(task["names"])) == (3, 3), "two shops, and who made the goods, of the lots it was not told of"
    assert "notices to 2 outlets + 1 upstream" in office.say("case", "notify", "--out", "n2")
    office.say("case", "notify", "--out", "n2")
    status = office.ask("case", "status")
    assert status["rates"]["R4"]["percent"] == "100.0"
    assert status["rates"]["R2"]["numerator"] == 0, "notified is not removed"
    office.say("case", "return", "X-1", "--to", "P-1", "--lot", f"{GTIN}/B1")
    refused = office.say("case", "restock", "P-1", f"{GTIN}/B1", code=1)
    assert "transfer.recalled" in refused
    assert "transfer.recalled" in office.say("transfer", f"{GTIN}/B1", "5can", "--from", "P-1", "--to", "Y-1", code=1)
    assert {each["kind"] for each in office.ask("case", "status")["remarks"]} >= {"refused"}


def test_hohhot_2022_all_sold_before_the_verdict_is_nothing_left_and_not_a_hundred(office: Office) -> None:
    at = day(2022, 12, 1)
    office.sites(at)
    jin = Quantity(51_000, "g")
    born = {"site": "F-1", "issuer": "OP-F-1", "product": "芹菜", "lot": "OP-F-1/C", "serial": "1", "quantity": jin}
    sold = {"site": "X-1", "lot": "OP-F-1/C", "quantity": jin}
    office.record(at, (CertificateIssued, born), sent("OP-F-1/C", "F-1", "X-1", jin), (Sale, sold))
    office.open("C", known="2023-03-01T09:00")
    office.say("case", "notify", "--out", "n")
    rates = office.ask("case", "status")["rates"]
    shown = {name: (rates[name]["numerator"], rates[name]["denominator"], rates[name]["percent"]) for name in ("R1", "R2", "R3")}
    assert shown == {"R1": (0, 51_000, "0.0"), "R2": (0, 0, ""), "R3": (51_000, 51_000, "100.0")}
    assert "nothing left" in office.say("case", "status").lower()
