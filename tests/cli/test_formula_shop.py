"""A formula shop at its desk: packing, receiving by case, the till by scanned codes, what comes back, the count, the stop list."""

from __future__ import annotations

from pathlib import Path

import pytest

from foodtrace.schemas import schema_of
from tests.cli.cans import BATCH
from tests.cli.cansale import fill, shop, today
from tests.cli.inside import Inside, here

__all__ = ["here", "shop"]

OTHER = "06909999000012/B260913A"


def test_cans_go_into_a_case_cases_onto_a_pallet_and_the_shop_receives_by_its_code(shop: Inside) -> None:
    serials = [word for n in range(1, 7) for word in ("--serial", f"{n:06d}")]
    assert "6 cans" in shop("formula", "pack", "CASE-1", BATCH, "--at", "小北乳业", *serials)
    shop("formula", "pack", "CASE-2", BATCH, "--at", "小北乳业", "--cans", "6")
    shop("formula", "pack", "PALLET-9", "--at", "小北乳业", "--case", "CASE-1", "--case", "CASE-2")
    assert "pack.taken" in shop("formula", "pack", "CASE-3", BATCH, "--at", "小北乳业", "--serial", "000003", code=1)
    (inside,) = shop.json("formula", "contents", "PALLET-9")
    assert (inside["lot"], inside["cans"], len(inside["serials"])) == (BATCH, 12, 6)
    said = shop("formula", "receive", "PALLET-9", "--from", "小北乳业", "--doc", "D-1")
    assert "received 12 pcs" in said
    assert shop.json("formula", "count")["lines"][0]["book"] == 12
    assert "CASE-1" in shop("formula", "show", BATCH, "--serial", "000003")
    shop("formula", "unpack", "CASE-1", "--at", "安心母婴店", "--serial", "000003")
    assert "CASE-1" not in shop("formula", "show", BATCH, "--serial", "000003")
    assert shop.json("formula", "contents", "CASE-1")[0]["cans"] == 5
    assert "pack.not_inside" in shop("formula", "unpack", "CASE-1", "--at", "安心母婴店", "--serial", "000003", code=2)
    shop("formula", "unpack", "CASE-1", "--at", "安心母婴店")
    assert "pack.unknown" in shop("formula", "contents", "CASE-1", code=1)
    assert "pack.unknown" in shop("formula", "receive", "CASE-77", code=1)


def test_one_case_is_one_batch_and_nothing_is_packed_into_itself_or_out_of_air(shop: Inside) -> None:
    fill(shop, OTHER)
    shop("formula", "pack", "CASE-1", BATCH, "--at", "小北乳业", "--cans", "6")
    assert "pack.other_lot" in shop("formula", "pack", "CASE-1", OTHER, "--at", "小北乳业", "--cans", "6", code=1)
    assert "pack.itself" in shop("formula", "pack", "P", "--at", "小北乳业", "--case", "P", code=2)
    assert "pack.empty" in shop("formula", "pack", "P", "--at", "小北乳业", code=2)
    assert "pack.count" in shop("formula", "pack", "P", BATCH, "--at", "小北乳业", "--cans", "7", "--serial", "000001", code=2)
    assert "pack.mixed" in shop("formula", "pack", "P", BATCH, "--at", "小北乳业", "--case", "CASE-1", code=2)


def test_a_delivery_that_is_not_what_the_note_says_is_said(shop: Inside) -> None:
    shop("transfer", BATCH, "12piece", "--from", "小北乳业", "--to", "安心母婴店", "--doc", "D-7", "--shipped")
    assert "12 cans there" in shop("formula", "receive", BATCH, "11", "--from", "小北乳业", "--doc", "D-7")
    shop("transfer", BATCH, "6piece", "--from", "小北乳业", "--to", "安心母婴店", "--doc", "D-8", "--shipped")
    assert "as the delivery note D-8 says" in shop("formula", "receive", BATCH, "6", "--from", "小北乳业", "--doc", "D-8")


def test_a_shipped_transfer_that_a_formula_shop_takes_in_by_its_number_is_one_load(shop: Inside) -> None:
    sent = shop.json("transfer", BATCH, "12piece", "--from", "小北乳业", "--to", "安心母婴店", "--shipped")
    said = shop("formula", "receive", BATCH, "11", "--transfer", sent["voucher"])
    assert "安心母婴店 received 11 pcs" in said, "by its name"
    assert f"not as the delivery note {sent['voucher']} says: 12 cans there" in said
    row = next(each for each in shop.json("recall", BATCH)["outlets"] if each["name"] == "安心母婴店")
    assert (row["amounts"][0]["received"], row["amounts"][0]["travelling"]) == (11, 1), "one load, of which a can is missing"
    assert shop.json("formula", "count")["lines"][0]["book"] == 11


def test_a_pallet_that_is_not_of_the_transfer_it_is_said_to_be_is_refused_whole(shop: Inside) -> None:
    fill(shop, OTHER)
    shop("formula", "pack", "CASE-1", BATCH, "--at", "小北乳业", "--cans", "6")
    shop("formula", "pack", "CASE-2", OTHER, "--at", "小北乳业", "--cans", "6")
    shop("formula", "pack", "PALLET-9", "--at", "小北乳业", "--case", "CASE-1", "--case", "CASE-2")
    sent = shop.json("transfer", BATCH, "6piece", "--from", "小北乳业", "--to", "安心母婴店", "--shipped")
    before = shop.json("recall", BATCH)["positions"]
    assert "voucher.other_lot" in shop("formula", "receive", "PALLET-9", "--transfer", sent["voucher"], code=1)
    assert shop.json("recall", BATCH)["positions"] == before
    assert "as the delivery note" in shop("formula", "receive", "CASE-1", "--transfer", sent["voucher"])


def test_the_till_reads_codes_as_scanners_type_them_one_can_a_line(shop: Inside) -> None:
    shop("formula", "receive", BATCH, "12", "--from", "小北乳业")
    lines = [
        "(01)06909999000012(10)B260912A(21)000184",
        "https://example.org/01/06909999000012/10/B260912A/21/000185",
        "6909999000012 000186",
    ]
    said = shop("formula", "sell", stdin="\n".join([*lines, lines[0], "6909999000012 009999", "?"]) + "\n", code=1)
    assert said.count("[ may sell ]") == 3
    assert "till.already_sold" in said, "the first can a second time"
    assert "can.no_batch" in said, "a can code outside every batch's range names no batch"
    assert shop.json("formula", "count")["lines"][0]["book"] == 9


def test_more_cans_than_the_book_has_are_sold_with_a_word_not_only_when_it_is_empty(shop: Inside) -> None:
    shop("formula", "receive", BATCH, "12", "--from", "小北乳业")
    assert "the book has" not in shop("formula", "sell", BATCH, "--cans", "5")
    assert f"the book has 7 cans of lot {BATCH}: the sale makes it negative" in shop("formula", "sell", BATCH, "--cans", "8")
    assert f"账面上批次 {BATCH} 只有 0 罐" in shop("formula", "sell", BATCH, "--cans", "1", lang="zh")


def test_check_asks_the_same_and_records_nothing(shop: Inside) -> None:
    shop("formula", "receive", BATCH, "12", "--from", "小北乳业")
    before = shop.json("recall", BATCH)["positions"]
    assert "[ may sell ]" in shop("formula", "check", BATCH, "--serial", "000184")
    assert shop.json("formula", "check", BATCH, "--serial", "009999", code=1)["reasons"][0]["code"] == "till.serial_unknown"
    assert shop.json("recall", BATCH)["positions"] == before
    shop("case", "open", BATCH, "--class", "1", "--known", "2026-01-01T00:00", "--reason", "x")
    assert "till.recalled" in shop("formula", "check", BATCH, "--serial", "000184", code=1)


def test_what_a_consumer_brings_is_always_taken_and_never_sold_again(shop: Inside) -> None:
    shop("formula", "receive", BATCH, "12", "--from", "小北乳业")
    shop("formula", "sell", BATCH, "--serial", "000184")
    found = shop.json("formula", "return", BATCH, "--serial", "000184", "--receipt", "R-1")
    assert (found["notes"], found["lot"]) == ([], BATCH)
    import jsonschema

    jsonschema.validate(found, schema_of("formula-return"))
    assert "till.custody" in shop("formula", "sell", BATCH, "--serial", "000184", code=1)
    assert "return.twice" in shop("formula", "return", BATCH, "--serial", "000184", code=1)
    shop("formula", "sell", BATCH, "--serial", "000199", "--id", "S-1")
    shop("formula", "return", BATCH, "--serial", "000199", "--id", "R-9")
    before = shop.json("recall", BATCH)["positions"]
    assert "[ may sell ]" in shop("formula", "sell", BATCH, "--serial", "000199", "--id", "S-1"), "a retry is answered as the first time"
    shop("formula", "return", BATCH, "--serial", "000199", "--id", "R-9")
    assert shop.json("recall", BATCH)["positions"] == before
    shop("formula", "return", BATCH, "--serial", "000184", "--again")
    assert shop.json("formula", "return", BATCH, "--serial", "000190")["notes"] == ["return.no_receipt", "return.not_sold_here"]
    assert "return.elsewhere" in shop.json("formula", "return", BATCH, "2", "--elsewhere")["notes"]
    unknown = shop.json("formula", "return", "B259999Z")
    assert (unknown["lot"], "return.unknown_batch" in unknown["notes"]) == ("UNKNOWN/B259999Z", True)
    foreign = shop.json("formula", "return", "(01)06909999000012(10)B111111A(21)000001")
    assert foreign["lot"] == "06909999000012/B111111A"


def test_a_returned_can_of_a_batch_nobody_knew_is_found_by_a_later_recall_of_that_code(shop: Inside) -> None:
    shop("formula", "return", "B260914A")
    fill(shop, "06909999000012/B260914A")
    answer = shop.json("recall", "06909999000012/B260914A")
    assert "code_only" in [each["kind"] for each in answer["untraced"]]


def test_a_count_that_differs_is_shown_and_recorded_only_when_somebody_says_so(shop: Inside) -> None:
    shop("formula", "receive", BATCH, "47", "--from", "小北乳业")
    said = shop("formula", "count", f"{BATCH}=46", "--missing", f"{BATCH}=000203", code=1)
    assert "1 short: lot 06909999000012/B260912A  book 47  counted 46: 000203" in said
    assert "nothing was recorded" in said
    assert shop.json("formula", "count")["lines"][0]["book"] == 47
    shop("formula", "count", f"{BATCH}=46", "--missing", f"{BATCH}=000203", "--book")
    assert shop.json("formula", "count")["lines"][0]["book"] == 46
    assert "recorded." in shop("formula", "count", f"{BATCH}=46"), "a count that fits is recorded"
    answer = shop.json("recall", BATCH)
    assert "unaccounted" in [each["kind"] for each in answer["untraced"]], "the missing can is told in a recall"
    scanned = "\n".join(f"6909999000012 {n:06d}" for n in (1, 2, 2, 3))
    assert shop.json("formula", "count", "--scan", code=1, stdin=scanned)["lines"][0]["counted"] == 3, "one can scanned twice is one"
    assert "cli.portion" in shop("formula", "count", "46", code=2)


def test_one_formula_stands_for_one_brand_in_one_firm(shop: Inside) -> None:
    said = fill(shop, OTHER, product="小南1段", code=1)
    assert "batch.brand_differs" in said
    assert "小北1段" in said
    assert "[ hold ]" in said
    fill(shop, OTHER, "--approved-by", "7", product="小南1段")
    fill(shop, "06909999000012/B260914A", "--registration", "国食注字YP20269902", product="小西1段")
    shop("site", "add", "大北乳业:plant")
    fill(shop, "06909999000029/C1", product="大北1段", plant="大北乳业")  # another firm may use the number: not ours to judge here


def test_show_for_the_public_leaves_out_what_is_not_public(shop: Inside) -> None:
    shop("case", "open", BATCH, "--class", "1", "--known", "2026-01-01T00:00", "--reason", "x")
    said = shop("formula", "show", BATCH, "--public", lang="zh")
    for word in ("小北1段", "900", "国食注字YP20269901", "SC12923019900064", "召回中: 一级", "只列公开事实", "出厂检验合格"):
        assert word in said, word
    for word in ("OIL1", "1,200", "L-0002"):
        assert word not in said, word
    full = shop.json("formula", "show", BATCH)
    assert full["inputs"] == ["L-0001/OIL1"]
    assert (full["cans"], full["serials"]) == (1200, "000001..001200")
    assert "formula.no_batch" in shop("formula", "show", "OIL1", code=1)


# -- the stop list -------------------------------------------------------------------------------------------------------------


def vkey(here: Inside) -> str:
    from foodtrace.keyfiles import list_keys
    from foodtrace.keys import format_vkey

    (key,) = [each.verifier for each in list_keys(here.folder / "keys")]
    return format_vkey(key.name, key.public)


def test_the_stop_list_names_every_recalled_lot_until_it_is_cleared(shop: Inside) -> None:
    assert "No lot is to be stopped now." in shop("stoplist")
    shop("case", "open", "OIL1", "--class", "1", "--known", "2026-01-01T00:00", "--reason", "x")
    lines = shop.json("stoplist")["lines"]
    assert [(each["lot"], each["level"]) for each in lines] == [(BATCH, 1), ("L-0001/OIL1", 1)]
    shop("case", "close", "--override", "x", "--approved-by", "7")
    assert len(shop.json("stoplist")["lines"]) == 2, "closing a case lifts nothing"


def test_a_shop_without_the_cases_takes_the_list_and_its_till_refuses(
    shop: Inside, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop("stoplist", "--out", "empty.txt")
    shop("case", "open", BATCH, "--class", "1", "--known", "2026-01-01T00:00", "--reason", "x")
    shop("stoplist", "--out", "stop.txt")
    key = vkey(shop)
    other = tmp_path / "other"
    other.mkdir()
    here = Inside(other, capfd, monkeypatch)
    here("init")
    here("site", "add", "永发合作社:farm", "小北乳业:plant", "平安母婴店:shop")
    here("receive", "L-0001/OIL1", "900kg", "--at", "小北乳业")
    fill(here, BATCH)
    here("formula", "release", BATCH, "--certificate", "JY260920", "--tested", today(), "--plant", "小北乳业")
    here("formula", "receive", BATCH, "5", "--from", "小北乳业")
    here("formula", "sell", BATCH)
    assert "till.stop_list_missing" in here("stoplist", "--in-use", code=1)
    assert "stoplist.no_key" in here("stoplist", "--take", "../stop.txt", code=2)
    assert "1 lot" in here("stoplist", "--take", "../stop.txt", "--key", key)
    said = here("formula", "sell", BATCH, code=1)
    assert "till.recalled" in said
    assert "this shop's stop list" in said
    assert "stoplist.older" in here("stoplist", "--take", "../empty.txt", code=1), "an older list never replaces a newer one"
    data = (tmp_path / "stop.txt").read_bytes()
    for changed in (data.replace(b"B260912A", b"B260912X"), data[:-1], b"", data.replace(b"lots\n", b""), b"\x00" * 99):
        (other / "bad.txt").write_bytes(changed)
        here("stoplist", "--take", "bad.txt", code=1 if b"lots\n" in changed and b"signed" in changed else 2)
    assert here.json("stoplist", "--in-use")["lines"][0]["lot"] == BATCH


def test_an_old_stop_list_is_said_then_stops_the_till_unless_the_owner_answers_for_it(
    shop: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    from foodtrace import ledger

    shop("formula", "receive", BATCH, "12", "--from", "小北乳业")
    shop("stoplist", "--out", "stop.txt")
    shop("stoplist", "--take", "stop.txt", "--key", vkey(shop))
    real = ledger.wall_clock
    day = 86_400_000_000
    monkeypatch.setattr(ledger, "wall_clock", lambda: real() + 2 * day)
    said = shop("formula", "sell", BATCH)
    assert "till.stop_list_old" in said
    assert "over 24 hours" in shop("stoplist", "--in-use")
    monkeypatch.setattr(ledger, "wall_clock", lambda: real() + 8 * day)
    assert "till.stop_list_stale" in shop("formula", "sell", BATCH, code=1)
    assert "till.stop_list_override" in shop("formula", "sell", BATCH, "--override", "9")
    import sqlite3

    with sqlite3.connect(shop.folder / "foodtrace.db") as db:
        (last,) = db.execute("SELECT bytes FROM entry ORDER BY seq DESC LIMIT 1").fetchone()
    assert b'"approved_by":"9"' in last, "who answered is on record"


# -- the ledger ----------------------------------------------------------------------------------------------------------------


def test_the_ledger_adds_up_names_gaps_and_ends_with_the_checkpoint(shop: Inside) -> None:
    import jsonschema

    shop("site", "edit", "安心母婴店", "--licence", "JY12301030001239", "--licence-until", "2027-03-01")
    shop("formula", "receive", BATCH, "47", "--from", "小北乳业", "--doc", "D-1")
    for serial in ("000184", "000185", "000186"):
        shop("formula", "sell", BATCH, "--serial", serial)
    shop("formula", "return", BATCH, "--serial", "000184", "--receipt", "R-1")
    shop("formula", "count", f"{BATCH}=43", "--book")
    found = shop.json("formula", "ledger", "--from", today())
    jsonschema.validate(found, schema_of("formula-ledger"))
    kinds = {each["kind"]: each["cans"] for each in found["outgoings"]}
    assert kinds["sale"] == 3
    assert kinds["consumer_return"] == 1
    (bought,) = found["purchases"]
    assert (bought["cans"], bought["doc"], bought["certificate"]) == (47, "D-1", "JY260920")
    assert bought["missing"] == ["address", "contact"]
    assert found["gaps"] == 2
    came = found["opening"] + bought["cans"] + kinds["consumer_return"] + kinds.get("over", 0)
    went = kinds["sale"] + kinds.get("shortage", 0)
    assert came - went == found["closing"], "the lines add up to the stock"
    said = shop("formula", "ledger", "--from", today(), "--pdf", "t.pdf", lang="zh")
    assert "缺项 2" in said
    assert "没有供货者地址" in said
    assert "JY12301030001239 至 2027-03-01" in said
    text = _pdf_text(shop.folder / "t.pdf")
    for word in ("婴幼儿配方乳粉进销台账", "D-1", "B260912A", "(缺)", "1 / 1"):
        assert word in text, word
    assert found["checkpoint"].splitlines()[-1].removeprefix("\u2014 ").split()[1] in text.replace("\n", "").replace("\r", "")
    assert found["log"] in text
    (shop.folder / "keys").rename(shop.folder / "away")
    assert shop.json("formula", "ledger", "--from", today())["checkpoint"] == found["checkpoint"], "whoever only reads needs no key"
    assert "ledger.span" in shop("formula", "ledger", "--from", "2026-02-01", "--to", "2026-01-01", code=2)


def _pdf_text(path: Path) -> str:
    import pypdfium2

    with pypdfium2.PdfDocument(path) as book:
        return "\n".join(page.get_textpage().get_text_range() for page in book)


def test_a_long_ledger_goes_over_pages_that_each_say_their_columns() -> None:
    from foodtrace.certificate.sheet import Table, sheet

    rows = [[f"2026-01-{n % 28 + 1:02d}", "\U0002f800" * 3 if n == 5 else "很长的名字" * 9, str(n)] for n in range(200)]
    data = sheet("台账", ["x"], [Table(title="进货", columns=(("日期", 1), ("品名", 1), ("罐数", 1)), rows=rows)], ["end"], "QR" * 50)
    import io

    import pypdfium2

    with pypdfium2.PdfDocument(io.BytesIO(data)) as book:
        pages = [page.get_textpage().get_text_range() for page in book]
    assert len(pages) > 3
    assert all("日期" in each for each in pages[:-1])
    assert f"1 / {len(pages)}" in pages[0]
    whole = "".join(pages)
    assert all(f"{n}" in whole for n in (0, 100, 199)), "no row is lost at a page's end"
