"""The page behind a label's code: where the code says it is, with what anybody may know, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

from foodtrace.certificate.read import read_image
from tests.cli.inside import Inside, here

__all__ = ["here"]


def test_the_address_on_the_label_leads_to_its_page(here: Inside) -> None:
    here("init")
    here("site", "add", "北河农批:market", "福安超市:shop")
    here("site", "add", "永发合作社:farm", "--phone", "0451-555-0104", "--contact", "王五", "--address", "虚构路 1 号")
    here("certificate", "issue", "西红柿", "500kg", "--basis", "1", "--code", "261127-1", "--origin", "虚构县", "--out", "label.png")
    here("certificate", "issue", "<b>黄瓜", "5kg", "--basis", "1", "--code", "261127-2", "--out", "other.png")
    here("gate", "label.png")
    here("transfer", "261127-1", "120kg", "--to", "福安超市")
    assert here("export", "public", "www").strip() == "2 pages -> www"
    address = urlsplit(read_image("label.png")[0].text)
    page = Path("www", address.path.lstrip("/"), "index.html")
    said = page.read_text("utf-8")
    for known in ("西红柿", "500.0 kg", "虚构县", "永发合作社", "L-0003/261127-1", "有效 valid", "没有写召回不等于没有问题"):
        assert known in said
    for private in ("0451", "王五", "虚构路", "福安超市", "120"):
        assert private not in re.sub(r"<style>.*?</style>", "", said)
    assert "召回:" not in said
    assert "&lt;b&gt;黄瓜" in Path("www/lot/L-0003/261127-2/261127-2/index.html").read_text("utf-8"), "words are no markup"
    here("case", "open", "261127-1", "--class", "2", "--known", "2026-01-05T09:10", "--reason", "毒死蜱")
    here("certificate", "void", "261127-2", "--reason", "写错")
    here("export", "public", "www")
    assert "正在召回: 2 级" in page.read_text("utf-8")
    assert "Under recall: class 2" in page.read_text("utf-8")
    assert "已作废 void" in Path("www/lot/L-0003/261127-2/261127-2/index.html").read_text("utf-8")
