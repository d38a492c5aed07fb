"""The number on a transfer: short enough to read out, the same whenever it is shown, and understood wherever it is typed."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest

from foodtrace.ledger import Ledger
from foodtrace.operations import vouchers
from foodtrace.operations.common import CHINA
from tests.cli.inside import Inside, here

__all__ = ["here"]

NUMBER = re.compile(r"V-\d{6}-\d{4,}")
TODAY = f"{dt.datetime.now(CHINA):%y%m%d}"


@pytest.fixture
def goods(here: Inside) -> tuple[Inside, str]:
    """A ledger in which a market holds 500 kg, and the lot's code."""
    here("init")
    here("site", "add", "永发合作社:farm", "北河农批:market", "福安超市:shop")
    here("certificate", "issue", "西红柿", "500kg", "--basis", "1", "--code", "261123-1", "--out", "label.png")
    here("gate", "label.png")
    return here, "261123-1"


def sent(here: Inside, *more: str, lang: str = "en") -> str:
    """Send goods on and return the number that was printed."""
    return here("transfer", "261123-1", "120kg", "--from", "北河农批", "--to", "福安超市", *more, lang=lang).split()[-1]


def test_a_transfer_prints_a_number_that_can_be_read_out_and_the_same_on_every_retry(goods: tuple[Inside, str]) -> None:
    here, _ = goods
    number = sent(here, "--id", "T-1", lang="zh")
    said = here.json("transfer", "261123-1", "120kg", "--to", "福安超市", "--id", "T-1")
    assert number == f"V-{TODAY}-{said['seq']:04d}"
    assert said["voucher"] == number
    assert said["event"]["id"] == "T-1", "programs go on by the id"
    assert "doc" not in said["event"], "the number is no document number: it would pair receipts"
    assert sent(here, "--id", "T-1") == number
    assert sent(here) != number


def test_where_goods_go_is_not_asked_about_as_where_they_come_from(goods: tuple[Inside, str]) -> None:
    """The second transfer of one lot to one shop asked which of market and shop sends it."""
    here, _ = goods
    sent(here)
    assert here.json("transfer", "261123-1", "10kg", "--to", "福安超市")["event"]["site"] == "L-0002"


def test_the_parties_own_number_is_shown_as_it_is(goods: tuple[Inside, str]) -> None:
    here, _ = goods
    assert sent(here, "--doc", "XS-77") == "XS-77"
    assert here.json("transfer", "261123-1", "10kg", "--from", "北河农批", "--to", "福安超市", "--doc", "XS-78")["voucher"] == "XS-78"


@pytest.mark.parametrize("doc", ["", "XS-77"])
def test_a_receipt_by_that_number_is_the_same_move(goods: tuple[Inside, str], doc: str) -> None:
    here, _ = goods
    said = here.json("transfer", "261123-1", "120kg", "--to", "福安超市", "--shipped", "--doc", doc, "--id", "T-1")
    number = f"V-{TODAY}-{said['seq']:04d}"
    typed = number.lower().replace("-", "－", 1)  # an input method left on
    here("receive", "261123-1", "118kg", "--at", "福安超市", "--transfer", typed, "--id", "R-1")
    here("receive", "261123-1", "118kg", "--at", "福安超市", "--transfer", number, "--id", "R-1")
    (shop,) = here.json("recall", "261123-1")["outlets"]
    assert [each["received"] for each in shop["amounts"]] == [118_000], "one move, and the receipt says what arrived"


@pytest.mark.parametrize("own", ["", '"transfer":"A1",', '"doc":"D7",'])
def test_a_receipt_by_the_id_of_the_event_is_the_same_move_whatever_number_pairs_it(goods: tuple[Inside, str], own: str) -> None:
    """Else the goods would be in the shop and on the road as well, and a recall would count both."""
    here, _ = goods
    lot = here.json("transfer", "261123-1", "10kg", "--to", "福安超市", "--id", "t0")["event"]["lot"]
    at = f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"
    line = f'{{"type":"transfer","id":"x1","at":"{at}","site":"L-0002","to":"L-0003","in_transit":true,{own}"lot":"{lot}",'
    (here.folder / "t.jsonl").write_text(line + '"quantity":{"value":60000,"unit":"g"}}\n', "utf-8")
    here("record", "t.jsonl")
    here("receive", "261123-1", "60kg", "--at", "福安超市", "--transfer", "x1")
    (shop,) = here.json("recall", "261123-1")["outlets"]
    assert [(each["received"], each["travelling"]) for each in shop["amounts"]] == [(70_000, 0)]


def test_a_number_that_means_no_transfer_is_told_so(goods: tuple[Inside, str]) -> None:
    here, _ = goods
    number = sent(here)
    seq = int(number.rpartition("-")[2])
    take = ("receive", "261123-1", "118kg", "--at", "福安超市", "--transfer")
    told = here(*take, f"V-260101-{seq:04d}", code=1)
    assert "voucher.other_day" in told
    assert number in told, "says which number it has"
    told = here(*take, f"V-{TODAY}-0000", code=1, lang="zh")
    assert "voucher.no_transfer" in told
    assert "第 0 条不是转出, 是 密钥" in told
    told = here(*take, f"V-{TODAY}-9999", code=1)
    assert "voucher.none" in told
    other = here("certificate", "issue", "黄瓜", "10kg", "--basis", "1", "--code", "261123-2", "--out", "2.png")
    assert "261123-2" in other
    told = here("receive", "261123-2", "10kg", "--at", "福安超市", "--transfer", number, code=1)
    assert "voucher.other_lot" in told
    here("correct", number, "--did-not-occur")
    assert "voucher.removed" in here(*take, number, code=1)
    assert "R-" not in here("correct", number), "nothing of all this went on record"


def test_correct_and_prove_take_the_number(goods: tuple[Inside, str]) -> None:
    here, _ = goods
    number = sent(here, "--id", "T-1")
    here("correct", number, "--set", "quantity=12kg")
    assert '"T-1"' in here("correct", number)
    assert "条  转出  " in here("correct", number, lang="zh")
    (shop,) = here.json("recall", "261123-1")["outlets"]
    assert [each["received"] for each in shop["amounts"]] == [12_000]
    assert [each["about"]["event"] for each in here.json("prove", number, "--out", "proofs")] == ["T-1"]


def test_two_logs_with_that_number_are_listed_and_either_can_be_named(goods: tuple[Inside, str]) -> None:
    here, _ = goods
    number = sent(here, "--id", "T-1")
    seq = int(number.rpartition("-")[2])
    twin(here, seq)
    take = ("receive", "261123-1", "118kg", "--at", "福安超市", "--transfer")
    told = here(*take, number, code=2, lang="zh")
    assert "voucher.ambiguous" in told
    places = re.findall(rf"^  (\S+#{seq}) ", told, re.MULTILINE)
    assert len(places) == 2
    assert "voucher.ambiguous" in here("correct", number, code=2)
    for place in places:
        here(*take, place, "--id", f"R-{place[:8]}")


def test_an_id_of_ones_own_that_reads_like_a_number_stays_that_id(goods: tuple[Inside, str]) -> None:
    here, _ = goods
    here("transfer", "261123-1", "120kg", "--to", "福安超市", "--shipped", "--id", "V-260101-0001")
    here("receive", "261123-1", "118kg", "--at", "福安超市", "--transfer", "V-260101-0001")
    (shop,) = here.json("recall", "261123-1")["outlets"]
    assert [each["received"] for each in shop["amounts"]] == [118_000]


def twin(here: Inside, seq: int) -> None:
    """Put a second log into the database whose entry ``seq`` is a transfer of today as well."""
    from foodtrace.events import Transfer
    from foodtrace.operations.common import local
    from foodtrace.quantity import Quantity

    with Ledger.open(f"sqlite:///{Path(here.folder) / 'foodtrace.db'}", keys=here.folder / "keys") as ledger:
        made_log, _ = ledger.init("second/log")
        now = local(ledger.clock())
        lot = next(lot for (lot,) in _lots(ledger))
        kilo = Quantity(1_000, "g")
        made = [Transfer(id=f"S-{each}", at=now, site="L-0002", to="L-0003", lot=lot, quantity=kilo) for each in range(1, seq + 1)]
        ledger.record(made, log=made_log.origin)


def _lots(ledger: Ledger) -> list[tuple[str]]:
    with ledger.reading() as session:
        return [(str(row[0]),) for row in session.rows("SELECT text FROM name WHERE code = ?", ("261123-1",))]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("V-261123-0001", ("261123", 1)),
        (" v-261123-40112 ", ("261123", 40_112)),
        ("Ｖ－261123－0042", ("261123", 42)),
        ("V-261123-00042", None),
        ("V-261123-042", None),
        ("V-26113-0042", None),
        ("V-261123-0042x", None),
        ("V-261123-" + "1" * 16, None),
        ("", None),
    ],
)
def test_what_reads_as_a_number(typed: str, meant: tuple[str, int] | None) -> None:
    assert vouchers.parse(typed) == meant


def test_the_day_is_chinas_day() -> None:
    assert vouchers.format(dt.datetime(2026, 11, 22, 16, 0, tzinfo=dt.UTC), 1) == "V-261123-0001"
    assert vouchers.format(dt.datetime(2026, 11, 23, 15, 59, tzinfo=dt.UTC), 12_345) == "V-261123-12345"


def test_goods_of_a_recall_on_their_way_back_are_not_received_beside_it(goods: tuple[Inside, str]) -> None:
    """A receipt that did not name the return counted the goods twice: 100 % was back with half of them in the shop."""
    here, lot = goods
    here("transfer", lot, "60kg", "--from", "北河农批", "--to", "福安超市")
    here("case", "open", lot, "--class", "1", "--known", "2026-01-01T00:00", "--reason", "x")
    said = here("case", "return", "福安超市", "--to", "永发合作社", "--lot", lot, "--quantity", "30kg", "--shipped")
    number = re.search(rf"--transfer ({NUMBER.pattern})", said)
    assert number is not None, said
    take = ("receive", lot, "30kg", "--at", "永发合作社", "--from", "福安超市")
    told = here(*take, code=1)
    assert "receive.return_open" in told
    assert number[1] in told, "which one it is about"
    here(*take, "--transfer", number[1])
    (shop,) = here.json("recall", lot)["outlets"]
    rows = [(each["received"], each["returned"], each["likely"]) for each in shop["amounts"]]
    assert rows == [(60_000, 30_000, 30_000)], "half of it may still be in the shop"
    here(*take)  # nothing is on its way any more


def test_another_delivery_of_the_same_sender_is_received_under_its_own_number(goods: tuple[Inside, str]) -> None:
    here, lot = goods
    here("transfer", lot, "60kg", "--from", "北河农批", "--to", "福安超市")
    here("case", "open", lot, "--class", "1", "--known", "2026-01-01T00:00", "--reason", "x")
    here("case", "return", "福安超市", "--to", "永发合作社", "--lot", lot, "--quantity", "30kg", "--shipped")
    take = ("receive", lot, "5kg", "--at")
    here(*take, "永发合作社", "--from", "福安超市", "--doc", "D-1")
    here(*take, "永发合作社", "--from", "北河农批")
    here(*take, "北河农批", "--from", "福安超市")
