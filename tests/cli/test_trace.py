"""``trace`` on the command line: back to farms with quantities, forward to shops, and the picture."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import jsonschema

from foodtrace.schemas import schema_of
from tests.cli.cans import BATCH, filled
from tests.cli.shell import lot_of, run, shop

__all__ = ["shop"]


def test_back_to_the_farm_and_forward_to_the_shop(shop: Path) -> None:
    tomato = filled(shop, delivered=True)
    said = run(shop, "trace", BATCH, "--back", lang="zh")
    assert said.splitlines()[0] == "溯源 1 批:"
    assert f"L-0001/{tomato}  西红柿  永发合作社  500.0 kg" in said
    assert f"小北乳业 {tomato} -> 小北乳业 B260912A  1.0 kg -> 100 件" in said
    assert "福安超市" not in said, "where the batch went from there is forward"
    there = run(shop, "trace", BATCH, "--back", "--at", "福安超市")
    assert "小北乳业 B260912A -> 福安超市 B260912A  12 pcs" in there
    assert f"小北乳业 {tomato} -> 小北乳业 B260912A  1.0 kg -> 100 pcs" in there
    assert "trace.not_there" in run(shop, "trace", BATCH, "--back", "--at", "北河农批", code=1)
    assert "trace.at" in run(shop, "trace", BATCH, "--at", "福安超市", code=2)
    ahead = run(shop, "trace", tomato, "--forward")
    assert f"made into 1 lot:\n    {BATCH}  小北1段  小北乳业  100 pcs" in ahead
    assert "小北乳业 B260912A -> 福安超市 B260912A  12 pcs" in ahead


def test_json_is_what_the_schema_says(shop: Path) -> None:
    tomato = filled(shop, delivered=True)
    found = json.loads(run(shop, "trace", tomato, "--json"))
    for way in ("--back", "--forward"):
        jsonschema.validate(json.loads(run(shop, "trace", tomato, way, "--json")), schema_of("trace"))
    jsonschema.validate(found, schema_of("trace"))
    assert found["back"] == []
    assert {(place["name"], place["link"]) for place in found["places"]} >= {("福安超市", "confirmed")}
    ids = {place["id"] for place in found["places"]}
    assert {end for arrow in found["arrows"] for end in (arrow["source"], arrow["to"])} <= ids


def test_where_the_records_end_is_said(shop: Path) -> None:
    filled(shop, delivered=True)
    run(shop, "receive", "L-0009/OIL", "1kg", "--at", "小北乳业")
    run(shop, "transform", "--at", "小北乳业", "--in", "L-0009/OIL=1kg", "--out", "L-0009/M=1kg", "--kind", "blend")
    said = run(shop, "trace", "L-0009/M", "--back")
    assert "the records end here: nothing says where L-0009/OIL began" in said
    assert said.splitlines()[-2:] == ["no way on record (1):", "  小北乳业 OIL  1.0 kg came from no source on record"]
    assert "小北乳业 OIL  1.0 kg 来源没有记录" in run(shop, "trace", "L-0009/OIL", "--forward", lang="zh")


def test_the_picture_is_an_svg_of_its_own(shop: Path) -> None:
    tomato = filled(shop, delivered=True)
    said = run(shop, "trace", tomato, "--picture", "chain.svg")
    assert "wrote chain.svg" in said
    words = "".join(ET.parse(shop / "chain.svg").getroot().itertext())  # noqa: S314 - our own
    for word in ("永发合作社", "北河农批", "小北乳业", "福安超市", "500.0 kg", "1.0 kg -> 100 pcs", "12 pcs"):
        assert word in words
    assert "trace.picture" in run(shop, "trace", tomato, "--picture", "chain.png", code=2)
    assert lot_of(shop) == tomato


def test_shops_of_one_name_have_their_ids_and_a_blend_says_what_else_went_in(tmp_path: Path) -> None:
    run(tmp_path, "init")
    run(tmp_path, "site", "add", "北河农批:market", "永发合作社:farm")
    for site in ("S-1", "S-2"):
        run(tmp_path, "site", "add", "福安超市:shop", "--id", site)
    for lot in ("L-0002/L", "L-0002/K"):
        run(tmp_path, "receive", lot, "70kg", "--at", "北河农批", "--from", "永发合作社")
    used = ("--in", "L-0002/L=30kg", "--in", "L-0002/K=20kg")
    run(tmp_path, "transform", "--at", "北河农批", *used, "--out", "L-0001/M=45kg", "--kind", "blend")
    for site in ("S-1", "S-2"):
        run(tmp_path, "transfer", "L-0002/L", "20kg", "--from", "北河农批", "--to", site)
    said = run(tmp_path, "trace", "L-0002/L", "--forward", lang="zh")
    for site in ("S-1", "S-2"):
        assert f"北河农批 L -> 福安超市 ({site}) L  20.0 kg" in said
    assert "北河农批 L -> 北河农批 M  30.0 kg (另加其他货 20.0 kg) -> 45.0 kg" in said
    (made,) = [each for each in json.loads(run(tmp_path, "trace", "L-0002/L", "--forward", "--json"))["arrows"] if each["way"] == "made"]
    assert made["beside"] == [{"value": 20_000, "unit": "g"}]
