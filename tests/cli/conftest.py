"""A city whose lot is at 22 shops, for the whole command ``recall``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.shell import lot_of, run


@pytest.fixture
def city(tmp_path: Path) -> Path:
    """A farm's lot at 22 shops in two counties, each telephone known."""
    run(tmp_path, "init")
    run(tmp_path, "site", "add", "永发合作社:farm", "北河农批:market")
    for county, first in (("南岗区", 0), ("道里区", 11)):
        names = [f"店{number:02d}:shop" for number in range(first, first + 11)]
        run(tmp_path, "site", "add", *names, "--county", county, "--phone", "0451-555-0104", "--contact", "=cmd|'/c calc'!A1")
    run(tmp_path, "certificate", "issue", "西红柿", "500kg", "--basis", "1", "--out", "label.png")
    run(tmp_path, "gate", "label.png")
    lot = lot_of(tmp_path)
    rows = ["单号,时间,卖方,品名,批次,数量,单位,买方"]
    rows += [f"A{n},2026-01-02 05:12,北河农批,西红柿,{lot},{n + 1},kg,店{n:02d}" for n in range(22)]
    (tmp_path / "a.csv").write_text("\r\n".join(rows), encoding="utf-8")
    run(tmp_path, "record", "a.csv", "--as", "transfer")
    return tmp_path
