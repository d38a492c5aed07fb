"""``reconcile`` on the command line: exit codes, files, windows."""

from __future__ import annotations

import csv
import datetime as dt
import json
from pathlib import Path

import pytest

from tests.cli.shell import lot_of, run, shop

__all__ = ["shop"]


def test_clean_books_are_exit_0_and_open_ones_exit_1(shop: Path) -> None:
    lot = lot_of(shop)
    run(shop, "transfer", lot, "120kg", "--from", "北河农批", "--to", "福安超市")
    assert "全部对得上。" in run(shop, "reconcile", lang="zh")
    run(shop, "receive", lot, "7kg", "--at", "福安超市", "--from", "北河农批", "--doc", "D-7")
    said = run(shop, "reconcile", code=1)
    assert "received, and the sender has no dispatch (1)  what to do: have the sender record it" in said
    assert "7.0" in said
    found = json.loads(run(shop, "reconcile", "--json", code=1))
    assert [(each["kind"], each["document"], each["received"]) for each in found["open"]] == [("not_sent", "D-7", 7000)]
    at = dt.datetime.fromisoformat(found["open"][0]["at"]).astimezone(dt.timezone(dt.timedelta(hours=8)))
    assert f"{at:%Y-%m-%d %H:%M}" in said, "China's time, as --from and --to are meant"
    assert "Everything adds up" in run(shop, "reconcile", "--site", "永发合作社")
    nothing = run(shop, "reconcile", "--to", "2020-01-01", code=1)
    assert "nothing was compared. The records run from 20" in nothing, "an all-clear for a mistyped year would be one over nothing"
    assert "adds up" not in nothing
    assert "什么也没有核对" in run(shop, "reconcile", "--to", "2020-01-01", code=1, lang="zh")
    run(shop, "reconcile", "--from", "2020/01/01", "--to", "2099-01-01T10:00", code=1)


def test_an_empty_ledger_has_nothing_to_compare(tmp_path: Path) -> None:
    run(tmp_path, "init")
    assert "there is no record of goods: nothing was compared" in run(tmp_path, "reconcile", code=1)


def test_two_origins_unlike_units_and_times_on_the_screen(shop: Path) -> None:
    lot = lot_of(shop)
    sent = json.loads(run(shop, "transfer", lot, "12kg", "--from", "北河农批", "--to", "福安超市", "--shipped", "--json"))["voucher"]
    run(shop, "receive", lot, "240piece", "--at", "福安超市", "--transfer", sent)
    for _ in range(2):
        run(shop, "transform", "--at", "北河农批", "--in", f"{lot}=1kg", "--out", "L-0002/MIX=1kg", "--kind", "blend")
    rows: list[dict[str, object]] = [
        {"type": "transfer", "id": "late", "at": "2026-01-02T09:00:00+08:00", "site": "L-0002", "to": "L-0003", "in_transit": True},
        {"type": "receipt", "id": "soon", "at": "2026-01-01T09:00:00+08:00", "site": "L-0003", "source": "L-0002", "transfer": "late"},
    ]
    goods: dict[str, object] = {"lot": "L-0002/MIX", "quantity": {"value": 500, "unit": "g"}}
    run(shop, "record", "-", stdin="".join(json.dumps({**row, **goods}) + "\n" for row in rows))
    said = run(shop, "reconcile", code=1)
    (row,) = [line for line in said.splitlines() if " 240 " in line]
    assert "12.0" in row
    assert "240 pcs" in row
    assert "this lot code has more than one origin (1)" in said
    assert said.count("北河农批 L-0002: 1.0 kg") == 2
    assert "received 2026-01-01 09:00" in said
    assert "lot began 20" in said
    assert "批次始于 20" in run(shop, "reconcile", code=1, lang="zh")
    table = list(csv.DictReader(run(shop, "reconcile", "--csv", "-", code=1).splitlines()))
    (unlike,) = [each for each in table if each["kind"] == "unit_differs"]
    assert (unlike["sent"], unlike["unit"], unlike["received"], unlike["received_unit"]) == ("12000", "g", "240", "piece")


def test_csv_for_a_spreadsheet_and_for_a_pipe(shop: Path) -> None:
    run(shop, "site", "add", "=HYPERLINK(1):shop")
    run(shop, "receive", lot_of(shop), "7kg", "--at", "=HYPERLINK(1)")
    run(shop, "reconcile", "--csv", "r.csv", code=1)
    data = (shop / "r.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(data.decode("utf-8-sig").splitlines()))
    assert [(row["kind"], row["name"], row["received"]) for row in rows] == [("source_missing", "'=HYPERLINK(1)", "7000")]
    assert run(shop, "reconcile", "--csv", "-", code=1).startswith("kind,lot,")


@pytest.mark.parametrize("day", ["2026-02-01", "2026年2月1日", "２０２６/2/1"])
def test_days_as_people_write_them(shop: Path, day: str) -> None:
    found = json.loads(run(shop, "reconcile", "--from", day, "--to", day, "--json", code=1))
    assert (found["start"], found["end"]) == ("2026-01-31T16:00:00Z", "2026-02-01T15:59:59Z")
    assert json.loads(run(shop, "reconcile", "--to", "3月4日", "--json", code=1))["end"].endswith("-03-04T15:59:59Z"), "the last one"


def test_times_that_are_none(shop: Path) -> None:
    assert "cli.reconcile.when" in run(shop, "reconcile", "--from", "yesterday", code=2)
    assert "cli.reconcile.window" in run(shop, "reconcile", "--from", "2026-02-01", "--to", "2026-01-01", code=2)
