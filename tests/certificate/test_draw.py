"""Labels: what stands on them, that it is really Chinese, whole dots, and that each form reads back."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from foodtrace.certificate import draw, font, pdf
from foodtrace.certificate.label import Label, amounts, lay_out
from foodtrace.certificate.payload import encode, seal
from foodtrace.certificate.read import read_image
from foodtrace.errors import BadData, FoodtraceError
from tests.certificate.samples import KEY, many, payload, text


def label(serial: int = 1, **changes: Any) -> Label:
    words = {
        "product": "西红柿",
        "origin": "北河市永发县东河镇向阳村 (虚构)",
        "issuer": "永发蔬菜种植专业合作社",
        "contact": "0451-555-0101",
        "statement": True,
    }
    words.update({name: changes.pop(name) for name in list(changes) if name in words})
    return Label(payload=seal(payload(serial=f"C-261123-{serial:03d}", **changes), KEY.sign), **words)  # type: ignore[arg-type]


def code_of(call: Any, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(FoodtraceError) as caught:
        call(*args, **kwargs)
    assert caught.value.hint("zh")
    return caught.value.code


def test_the_typical_code_is_version_9_at_30_mm() -> None:
    rows = draw.matrix(text())
    assert len(rows) == 53
    layout = draw.prepare(label(), 203, (70.0, 50.0))[1]
    assert layout.module == 4
    assert 30 < (53 + 8) * layout.module * 25.4 / 203 < 31


@pytest.mark.parametrize("dpi", draw.DPI)
def test_png_reads_back_and_has_its_resolution_and_one_bit(dpi: int) -> None:
    data = draw.png(label(), dpi=dpi)
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.mode == "1"
        assert picture.size == (round(70 * dpi / 25.4), round(50 * dpi / 25.4))
        assert round(picture.info["dpi"][0]) == dpi
    assert [(each.text, each.accepted) for each in read_image(data)] == [(encode(label().payload), True)]


def test_modules_are_whole_dots() -> None:
    for dpi in draw.DPI:
        rows, layout = draw.prepare(label(), dpi, (70.0, 50.0))
        with Image.open(io.BytesIO(draw.png(label(), dpi=dpi))) as picture:
            x, y = layout.code
            for line, row in enumerate(rows):
                for column, dark in enumerate(row):
                    box = (x + column * layout.module, y + line * layout.module)
                    cell = picture.crop((*box, box[0] + layout.module, box[1] + layout.module)).convert("L")
                    assert cell.getextrema() == ((0, 0) if dark else (255, 255))


def test_the_quiet_zone_is_white() -> None:
    rows, layout = draw.prepare(label(), 203, (70.0, 50.0))
    x, y = layout.code
    side, quiet = len(rows) * layout.module, 4 * layout.module
    with Image.open(io.BytesIO(draw.png(label()))) as picture:
        grey = picture.convert("L")
    for box in (
        (x - quiet, y - quiet, x + side + quiet, y),
        (x - quiet, y + side, x + side + quiet, y + side + quiet),
        (x - quiet, y, x, y + side),
        (x + side, y, x + side + quiet, y + side),
    ):
        assert grey.crop(box).getextrema() == (255, 255)


def test_everything_the_law_asks_for_stands_on_it() -> None:
    shown = " ".join(words.text for words in draw.prepare(label(basis=0x43), 203, (70.0, 50.0))[1].words)
    for words in (
        "承诺达标合格证",
        "西红柿",
        "500.0 kg",
        "1,000 斤",
        "产地: 北河市永发县东河镇向阳村 (虚构)",
        "承诺主体: 永发蔬菜种植专业合作社",
        "电话: 0451-555-0101",
        "开具 2026-11-23",
        "有效 2026-12-07",
        "证号 C-261123-001",
        "批次 261123-G1-0031",
        "已收取保存本批产品合格证",
    ):
        assert words in shown
    assert "质量安全控制符合要求; 自行检测合格" in shown.replace(" ", "").replace(";", "; ")


@pytest.mark.parametrize(
    ("unit", "quantity", "shown"),
    [
        ("g", 482_000, ("482.0 kg", "964 斤")),
        ("g", 12_250, ("12.25 kg", "24.5 斤")),
        ("g", 35, ("0.035 kg", "0.07 斤")),
        ("ml", 1_500, ("1.5 L",)),
        ("piece", 1_200, ("1,200 个",)),
    ],
)
def test_amounts_as_people_say_them(unit: str, quantity: int, shown: tuple[str, ...]) -> None:
    assert amounts(payload(unit=unit, quantity=quantity)) == shown


def test_words_stay_on_the_label_and_off_the_code() -> None:
    for size in ((70.0, 50.0), (52.5, 42.4), (100.0, 80.0)):
        for each in (label(statement=False), label(product="冬暖大棚早熟无公害小黄瓜(带花)", statement=False)):
            rows, layout = draw.prepare(each, 300, size)
            code_end = layout.code[0] + len(rows) * layout.module, layout.code[1] + len(rows) * layout.module
            for words in layout.words:
                assert words.x >= 0
                assert words.x * 1000 + words.size * font.width(words.text) <= layout.width * 1000
                assert words.y + words.size // 5 <= layout.height
                assert words.size * 25.4 / 300 >= 1.6
                beside, below = words.x >= code_end[0], words.y - words.size >= code_end[1]
                assert beside or below or words.y <= layout.code[1]


def test_the_font_has_the_names_of_china() -> None:
    for first in range(0xB0, 0xF8):
        for second in range(0xA1, 0xFF):
            try:
                character = bytes([first, second]).decode("gb2312")
            except UnicodeDecodeError:
                continue
            font.check(character)
    font.check("堃喆镕燚珺甯淼犇禤䶮𬭎")
    assert font.width("一") == 1000
    assert len({tuple(path for _, path in font.outline(one)) for one in "承诺达标合格证"}) == 7


def test_what_cannot_be_printed_is_said() -> None:
    with pytest.raises(BadData) as caught:
        draw.png(label(product="西红柿🍅"))
    assert caught.value.code == "label.glyph"
    assert caught.value.message("zh").startswith("印不出这些字: 🍅")
    assert code_of(draw.png, label(issuer="永" * 200)) == "label.no_room"
    assert code_of(draw.png, label(), size_mm=(20.0, 20.0)) == "label.no_room"
    assert code_of(draw.matrix, "西红柿") == "label.code"
    assert code_of(draw.matrix, "a" * 3_000) == "label.code"


def test_svg_has_outlines_and_reads_back() -> None:
    made = draw.svg(label(issuer='永发 "<&>"'))
    assert 'width="69.944mm"' in made
    assert "<text" not in made
    assert "&lt;&amp;&gt;" in made
    assert made.count("<g ") == len(draw.prepare(label(issuer='永发 "<&>"'), 203, (70.0, 50.0))[1].words)
    head = re.search(r'viewBox="0 0 (\d+) (\d+)"', made)
    code = re.search(r'crispEdges" d="([^"]+)"', made)
    assert head
    assert code
    picture = Image.new("L", (int(head[1]), int(head[2])), 255)
    for run in re.findall(r"M(\d+) (\d+)h(\d+)v(\d+)", code[1]):
        x, y, width, height = map(int, run)
        picture.paste(0, (x, y, x + width, y + height))
    out = io.BytesIO()
    picture.save(out, "PNG")
    assert [each.accepted for each in read_image(out.getvalue())] == [True]


def test_qr_alone() -> None:
    each = many(1)[0]
    assert [found.text for found in read_image(draw.qr_png(each))] == [each]


def test_a_pdf_label_reads_back_with_its_words(tmp_path: Path) -> None:
    pdfium = pytest.importorskip("pypdfium2")
    out = tmp_path / "label.pdf"
    assert pdf.pdf([label(1), label(2)], out, dpi=300) == 2
    document = pdfium.PdfDocument(out)
    words = document[0].get_textpage().get_text_range()
    width, height = document[0].get_size()
    document.close()
    assert "承诺达标合格证" in words
    assert "西红柿" in words
    assert (round(width * 25.4 / 72), round(height * 25.4 / 72)) == (70, 50)
    assert [(each.page, each.accepted) for each in read_image(out)] == [(1, True), (2, True)]


def test_a_sheet_of_28_and_what_runs_over(tmp_path: Path) -> None:
    pytest.importorskip("pypdfium2")
    out = tmp_path / "sheet.pdf"
    done: list[int] = []
    assert pdf.sheets((label(number, statement=False) for number in range(30)), out, progress=done.append) == 2
    assert done == list(range(1, 31))
    found = read_image(out)
    assert all(each.accepted for each in found)
    assert {each.text for each in found} == {encode(label(number).payload) for number in range(30)}
    assert [sum(each.page == page for each in found) for page in (1, 2)] == [28, 2]


def test_the_same_labels_give_the_same_bytes() -> None:
    first, second = io.BytesIO(), io.BytesIO()
    pdf.sheets([label(1)], first)
    pdf.sheets([label(1)], second)
    assert first.getvalue() == second.getvalue()
    assert draw.png(label(1)) == draw.png(label(1))


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    out = tmp_path / "labels.pdf"
    out.write_bytes(b"old")
    assert code_of(pdf.pdf, [label(1), label(2, product="🍅")], out) == "label.glyph"
    assert out.read_bytes() == b"old"
    assert code_of(pdf.sheets, [], out) == "label.none"
    assert code_of(pdf.pdf, [label()], tmp_path / "missing" / "labels.pdf") == "label.storage"
    assert [each.name for each in tmp_path.iterdir()] == ["labels.pdf"]


def test_layout_needs_no_font() -> None:
    layout = lay_out(label(), 53, lambda words: 600 * len(words), dpi=203)
    assert (layout.width, layout.height) == (559, 400)
