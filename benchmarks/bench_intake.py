"""Reading a market's settlement file, CSV and XLSX, into events: rows a second, beside the csv module reading the same rows.

    python -m benchmarks.bench_intake --rows 50000

Nothing is recorded: what recording costs, :mod:`benchmarks.bench_log` says.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import io
import tempfile
from collections.abc import Callable
from pathlib import Path

from openpyxl import Workbook

from benchmarks.measure import paired, table
from foodtrace import Ledger, Quantity
from foodtrace.events import CertificateIssued, Site
from foodtrace.intake import read_events
from foodtrace_cli.commands.record import LedgerDirectory

_AT = dt.datetime(2026, 11, 24, 4, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
_HEADINGS = ["交易单号", "交易时间", "商户号", "品名", "批次", "数量", "单位", "买方"]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    rows = [[f"JS-{n}", "2026-11-24 05:10", "北河农批", "西红柿", "261124-1", "24", "斤", "福安超市"] for n in range(given.rows)]
    text = io.StringIO()
    csv.writer(text).writerows([_HEADINGS, *rows])
    with tempfile.TemporaryDirectory() as folder:
        plain, book = Path(folder, "a.csv"), Path(folder, "a.xlsx")
        plain.write_text(text.getvalue(), encoding="utf-8")
        workbook = Workbook(write_only=True)
        sheet = workbook.create_sheet()
        for row in (_HEADINGS, *rows):
            sheet.append(row)
        workbook.save(book)
        with Ledger.open(Path(folder, "x.db"), keys=Path(folder, "keys")) as ledger:
            ledger.init("bench.example/market")
            ledger.record(
                [
                    Site(id="s1", at=_AT, site="L-0001", operator="L-0001", kind="market", name="北河农批"),
                    Site(id="s2", at=_AT, site="L-0002", operator="L-0002", kind="shop", name="福安超市"),
                    CertificateIssued(
                        id="c",
                        at=_AT,
                        site="L-0001",
                        lot="L-0001/261124-1",
                        serial="1",
                        issuer="L-0001",
                        product="西红柿",
                        quantity=Quantity(10**12, "g"),
                    ),
                ]
            )

            def read(path: Path) -> Callable[[int], object]:
                def once(_: int) -> None:
                    with ledger.reading() as session:
                        found = read_events(path, directory=LedgerDirectory(session))
                    if len(found.events) != given.rows:
                        raise SystemExit(f"{len(found.events)} events of {given.rows} rows: {found.bad[:3]}")

                return once

            def bare(_: int) -> None:
                with plain.open(encoding="utf-8", newline="") as file:
                    list(csv.DictReader(file))

            ways = [("CSV", read(plain)), ("XLSX", read(book)), ("csv.DictReader alone", bare)]
            took = paired(ways, rounds=given.rounds)
    base = "csv.DictReader alone"
    lines = [
        (name, f"{given.rows / took.median(name):,.0f}", f"{took.ratio(name, base):.1f}x", f"{took.ratio(name, 'CSV'):.2f}x")
        for name, _ in ways
    ]
    print(table(("read into events", "rows/s", f"time of {base}", "time of CSV"), lines))


if __name__ == "__main__":
    main()
