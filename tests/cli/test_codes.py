"""What a picture gives the command line: the certificate on it, not the bar code that its pattern happens to look like."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from foodtrace.certificate.draw import qr_png
from foodtrace.certificate.payload import Payload, encode
from foodtrace.errors import BadData
from foodtrace.keys import SigningKey, kid
from foodtrace_cli.commands.scan import certificates_of, texts_of

LOOKS_LIKE_A_BAR_CODE = (233, 725, 753)
"""Seeds of keys whose label zxing-cpp reads a second time as an ITF bar code."""


def label(folder: Path, seed: int) -> tuple[Path, str]:
    day = dt.date(2026, 11, 24)
    key = SigningKey("a", seed.to_bytes(32, "big"))
    payload = Payload(
        host="trace.example",
        operator="F-0001",
        lot="261124-1",
        serial="261124-1",
        kid=kid("F-0001", key.public),
        quantity=500_000,
        unit="g",
        harvested=day,
        issued=day,
        valid_until=dt.date(2026, 12, 24),
        basis=1,
    )
    text = encode(payload, key.sign)
    path = folder / f"{seed}.png"
    path.write_bytes(qr_png(text))
    return path, text


@pytest.mark.parametrize("seed", LOOKS_LIKE_A_BAR_CODE)
def test_a_certificate_is_not_accompanied_by_a_bar_code_that_is_not_there(tmp_path: Path, seed: int) -> None:
    path, text = label(tmp_path, seed)
    assert texts_of(str(path)) == [text]


def test_a_crate_with_a_bar_code_beside_the_certificate(tmp_path: Path) -> None:
    path, text = label(tmp_path, 1)
    bar = Image.fromarray(zxingcpp.create_barcode("6909999000012", zxingcpp.BarcodeFormat.EAN13).to_image(scale=4))
    with Image.open(path) as opened:
        crate = Image.new("L", (opened.width + bar.width + 80, max(opened.height, bar.height) + 40), 255)
        crate.paste(opened.convert("L"), (20, 20))
        crate.paste(bar, (opened.width + 60, 20))
    crate.save(tmp_path / "crate.png")
    assert sorted(texts_of(str(tmp_path / "crate.png"))) == ["6909999000012", text], "scan says what is there"
    assert certificates_of(str(tmp_path / "crate.png")) == [text], "the gate decides on the certificate"


def test_a_picture_that_holds_no_certificate_gives_what_is_on_it(tmp_path: Path) -> None:
    path = tmp_path / "ean.png"
    Image.fromarray(zxingcpp.create_barcode("6909999000012", zxingcpp.BarcodeFormat.EAN13).to_image(scale=4)).save(path)
    assert texts_of(str(path)) == ["6909999000012"]


def test_a_picture_without_a_code_is_said(tmp_path: Path) -> None:
    path = tmp_path / "white.png"
    Image.new("L", (200, 200), 255).save(path)
    with pytest.raises(BadData) as caught:
        texts_of(str(path))
    assert caught.value.code == "scan.nothing_found"
