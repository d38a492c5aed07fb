"""The words of case status: who is missing is who the rate counts, the recaller's own stock is no sealed stock, and sites go by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from foodtrace.errors import Refused
from foodtrace.events import Site
from foodtrace.operations import goods, notices
from tests.cli.inside import Inside, here
from tests.recall.casework import World, chain, day, kg

__all__ = ["here"]
LOT = "OP-P/L"
NOW = ("--now", "2026-03-07 12:00")


def test_r4_names_the_outlets_it_counts_and_others_apart_and_sites_go_by_name(here: Inside, tmp_path: Path) -> None:
    world = World(f"sqlite:///{tmp_path}/foodtrace.db", tmp_path / "keys")
    chain(world).born("M", "P", 5).at(3).open(LOT)
    for sender in ("W", "P"):
        with pytest.raises(Refused):
            world.do(goods.transfer, LOT, kg(1), "Z", source=sender)
    world.ledger.close()
    lines = here(*NOW, "case", "status").splitlines()
    (told,) = [line for line in lines if "R4" in line]
    assert "0 / 2 sites" in told
    assert told.endswith("missing: X-name, Y-name")
    assert any(line.strip() == "not outlets, and not notified: W-name" for line in lines)
    (refused,) = [line for line in lines if "refused" in line]
    assert {"P-name", "W-name"} == set(refused.split(": ")[-1].split(", "))


def test_what_the_recaller_still_has_is_not_called_sealed(here: Inside, tmp_path: Path) -> None:
    world = World(f"sqlite:///{tmp_path}/foodtrace.db", tmp_path / "keys")
    world.sites().born("L", "P", 100)
    world.move(LOT, "P", "X", 60)
    world.at(3).open(LOT)
    world.ledger.close()
    seal = "to do: P-name, the recaller: {} kg not sealed: foodtrace case seal P --case 2026-0001, then destroy or clear them"
    assert own_stock(here) == [seal.format("40.0")]
    assert "召回方" in here(*NOW, "case", "status", lang="zh")
    assert "X-name has 60.0 kg not sealed" not in here(*NOW, "case", "status"), "an outlet says first what it has"
    here(*NOW, "case", "seal", "P", "--quantity", "30kg")
    sealed = "to do: P-name, the recaller: 30.0 kg sealed, come back or missing, to be destroyed or cleared"
    assert own_stock(here) == [seal.format("10.0"), sealed]
    told = [each for each in json.loads(here(*NOW, "case", "status", "--json"))["today"] if each["site"] == "P"]
    assert [(each["what"], each["quantity"]) for each in told] == [("seal_own", 10_000), ("dispose_own", 30_000)]
    here(*NOW, "case", "report", "2026-0001", "--out", "r.html")
    assert "lying free at sites of whoever recalls, to be sealed, destroyed or cleared: P-name 10.0 kg" in Path("r.html").read_text("utf-8")
    here(*NOW, "case", "clear", "2026-0001", LOT, "--site", "P", "--custody", "--basis", "x", "--approved-by", "9")
    assert own_stock(here) == []


def own_stock(here: Inside) -> list[str]:
    return [line.strip() for line in here(*NOW, "case", "status").splitlines() if "to do: P-name" in line]


def test_two_shops_of_one_name_are_told_apart_by_their_ids_and_others_go_by_name(here: Inside, tmp_path: Path) -> None:
    world = World(f"sqlite:///{tmp_path}/foodtrace.db", tmp_path / "keys").sites()
    world.put(*(Site(id=f"again-{site}", at=day(0.1), site=site, operator=f"OP-{site}", kind="shop", name="Joy") for site in ("X", "Y")))
    world.at(1).born("L", "P", 100)
    for shop in ("X", "Y", "Z"):
        world.move(LOT, "P", shop, 20)
    case = str(world.at(3).open(LOT))
    world.do(notices.notify, case)
    world.do(notices.acknowledge, case, "X", [(LOT, kg(5))])
    world.ledger.close()
    told = here(*NOW, "case", "status")
    assert "missing: Joy (Y), Z-name" in told
    assert "Joy (Y) has not answered" in told
    assert "Joy (X) has 5.0 kg not sealed" in told
    assert "Joy (X) 15.0 kg" in told, "what is missing there"
    assert "): Joy (Y), Z-name" in here(*NOW, "case", "status", "--outlets"), "who keeps no records"
    assert "L Joy (Y), L Z-name" in here(*NOW, "recall", LOT)
    assert "no answer 2 (Joy (Y), Z-name)" in here(*NOW, "case", "close", code=1).replace("not notified, ", "")
    here(*NOW, "case", "report", case, "--out", "r.html")
    page = Path("r.html").read_text("utf-8")
    assert "Joy (X)" in page
    assert "Z-name (Z)" not in page
