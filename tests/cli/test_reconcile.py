"""``reconcile`` on the command line: exit codes, files, windows."""

from __future__ import annotations

import csv
import datetime as dt
import json
from pathlib import Path

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
    assert "Everything adds up" in run(shop, "reconcile", "--to", "2020-01-01")
    run(shop, "reconcile", "--from", "2020/01/01", "--to", "2099-01-01T10:00", code=1)


def test_csv_for_a_spreadsheet_and_for_a_pipe(shop: Path) -> None:
    run(shop, "site", "add", "=HYPERLINK(1):shop")
    run(shop, "receive", lot_of(shop), "7kg", "--at", "=HYPERLINK(1)")
    run(shop, "reconcile", "--csv", "r.csv", code=1)
    data = (shop / "r.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(data.decode("utf-8-sig").splitlines()))
    assert [(row["kind"], row["name"], row["received"]) for row in rows] == [("source_missing", "'=HYPERLINK(1)", "7000")]
    assert run(shop, "reconcile", "--csv", "-", code=1).startswith("kind,lot,")


def test_times_that_are_none(shop: Path) -> None:
    assert "cli.reconcile.when" in run(shop, "reconcile", "--from", "yesterday", code=2)
    assert "cli.reconcile.window" in run(shop, "reconcile", "--from", "2026-02-01", "--to", "2026-01-01", code=2)
