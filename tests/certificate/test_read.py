"""Pictures: the formats people have, bounds against bombs, and every code in a picture once."""

import io
import struct
import zlib
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import Any

import pytest
from PIL import Image, ImageFilter, ImageOps

from foodtrace.certificate import draw, picture, read
from foodtrace.certificate.payload import decode, verify
from foodtrace.certificate.read import read_image, read_picture
from foodtrace.errors import BadData, FoodtraceError
from tests.certificate.samples import PUBLIC, many, text

TEXT = text()


def qr(given: str = TEXT, module: int = 4) -> Image.Image:
    with Image.open(io.BytesIO(draw.qr_png(given, module=module))) as image:
        return image.convert("L")


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def code_of(call: Any, *args: Any) -> str:
    with pytest.raises(FoodtraceError) as caught:
        call(*args)
    assert caught.value.hint("zh")
    assert caught.value.message("en")
    return caught.value.code


@pytest.mark.parametrize(("kind", "options"), [("PNG", {}), ("JPEG", {"quality": 20}), ("WEBP", {"quality": 40})])
def test_formats(kind: str, options: dict[str, int], tmp_path: Path) -> None:
    path = tmp_path / f"photo.{kind.lower()}"
    path.write_bytes(saved(qr().convert("RGB"), kind, **options))
    for source in (path, str(path), path.read_bytes()):
        assert [(each.text, each.accepted, each.page) for each in read_image(source)] == [(TEXT, True, 1)]


def test_heic() -> None:
    heif = pytest.importorskip("pillow_heif")
    out = io.BytesIO()
    heif.from_pillow(qr().convert("RGB")).save(out, quality=60)
    assert [each.text for each in read_image(out.getvalue())] == [TEXT]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "CMYK"])
def test_pixel_modes(mode: str) -> None:
    if mode == "I;16":
        wide = Image.frombytes("I;16", qr().size, b"".join(struct.pack("<H", value * 257) for value in qr().tobytes()))
        data = saved(wide, "PNG")
    else:
        data = saved(qr().convert(mode), "JPEG" if mode == "CMYK" else "PNG")
    assert [each.text for each in read_image(data)] == [TEXT]


def test_a_transparent_picture_is_on_white_paper() -> None:
    image = Image.new("RGBA", qr().size, (0, 0, 0, 0))
    image.paste((0, 0, 0, 255), (0, 0), ImageOps.invert(qr()))
    assert [each.text for each in read_image(saved(image, "PNG"))] == [TEXT]


def test_turned_mirrored_and_inverted() -> None:
    for image in (qr().rotate(90), qr().rotate(23, expand=True, fillcolor=255), ImageOps.mirror(qr()), ImageOps.invert(qr())):
        assert [each.text for each in read_picture(image)] == [TEXT]


def test_several_codes_in_one_picture_are_all_read_once() -> None:
    texts = many(6)
    page = Image.new("L", (1200, 900), 255)
    for number, each in enumerate([*texts, texts[0]]):
        page.paste(qr(each), (number % 4 * 290 + 10, number // 4 * 300 + 10))
    found = read_picture(page)
    assert sorted(each.text for each in found) == sorted(texts)
    assert all(each.accepted for each in found)
    assert all(len(each.corners) == 4 for each in found)


def ean13(digits: str) -> Image.Image:
    """Draw an EAN-13 from its definition: left halves in sets A and B, the right half in set C."""
    sets_a = ["0001101", "0011001", "0010011", "0111101", "0100011", "0110001", "0101111", "0111011", "0110111", "0001011"]
    first = ["AAAAAA", "AABABB", "AABBAB", "AABBBA", "ABAABB", "ABBAAB", "ABBBAA", "ABABAB", "ABABBA", "ABBABA"][int(digits[0])]
    flip = str.maketrans("01", "10")
    bars = "101"
    for place, digit in enumerate(digits[1:7]):
        a = sets_a[int(digit)]
        bars += a if first[place] == "A" else a.translate(flip)[::-1]
    bars += "01010" + "".join(sets_a[int(digit)].translate(flip) for digit in digits[7:]) + "101"
    image = Image.new("L", (len(bars) + 20, 1), 255)
    for place, bar in enumerate(bars):
        image.putpixel((place + 10, 0), 0 if bar == "1" else 255)
    return image.resize((image.width * 2, 100), Image.Resampling.NEAREST)


def test_other_codes_are_named_and_come_last() -> None:
    page = Image.new("L", (700, 600), 255)
    page.paste(ean13("6909999000012"), (20, 20))
    page.paste(qr(), (350, 250))
    found = read_picture(page)
    assert [(each.text, each.accepted) for each in found] == [(TEXT, True), ("6909999000012", False)]
    assert [each.symbology for each in found] == ["QRCode", "EAN13"]


def test_accept_decides_what_ends_the_search() -> None:
    asked: list[str] = []

    def holds(given: str) -> bool:
        asked.append(given)
        verify(decode(given), PUBLIC)
        return True

    assert read_picture(qr(), holds)[0].accepted
    assert asked == [TEXT]
    assert not read_picture(qr(), lambda _: False)[0].accepted
    with pytest.raises(ZeroDivisionError):
        read_picture(qr(), lambda _: bool(1 // 0))


def test_each_reader_of_the_chain_is_asked_in_order_and_only_when_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []

    def blind(name: str) -> Any:
        def step(*args: Any, **kwargs: Any) -> Any:
            steps.append(args[1] if name == "zxing" else name)
            return read._Step()

        return step

    monkeypatch.setattr(read, "_zxing", blind("zxing"))
    monkeypatch.setattr(read, "_zbar", blind("zbar"))
    assert read_picture(qr()) == []
    assert steps == ["local", "histogram", "threshold", "zbar", "double", "soft", "sharp", "level", "triple", "lens", "lens", "lens"]
    monkeypatch.undo()
    assert {each.step for each in read_picture(qr())} == {"local"}


def test_a_reader_that_would_not_end_within_the_budget_is_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each reader costs 0.1 s of a make-believe core: four of them fit, and the doubled picture's (four times as much) no more."""
    steps: list[str] = []
    spent = 0.0

    def slow(_grey: Image.Image, name: str = "zbar", *_args: Any, **_named: Any) -> Any:
        nonlocal spent
        steps.append(name)
        spent += 0.11
        return read._Step()

    monkeypatch.setattr(read, "_zxing", slow)
    monkeypatch.setattr(read, "_zbar", slow)
    monkeypatch.setattr("foodtrace.certificate.read.time.thread_time", lambda: spent)
    assert read_picture(qr()) == []
    assert steps == ["local", "histogram", "threshold", "zbar"]
    monkeypatch.setattr(read, "BUDGET", 0.97)
    steps.clear()
    assert read_picture(qr()) == []
    assert steps == ["local", "histogram", "threshold", "zbar", "double"]


def test_past_its_patience_the_chain_begins_no_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    now = 0.0

    def waits(_grey: Image.Image, name: str, *_args: Any, **_named: Any) -> Any:
        nonlocal now
        steps.append(name)
        now += read.PATIENCE * 0.6
        return read._Step()

    monkeypatch.setattr(read, "_zxing", waits)
    monkeypatch.setattr("foodtrace.certificate.read.time.monotonic", lambda: now)
    assert read_picture(qr()) == []
    assert steps == ["local", "histogram"]


def test_zbar_reads_what_it_is_given() -> None:
    if not read.zbar_works():
        pytest.skip("pyzbar's C library is not on this machine")
    assert [each.text for each in read._zbar(qr()).read] == [TEXT]


def test_without_zbar_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    read._pyzbar.cache_clear()
    monkeypatch.setitem(sys.modules, "pyzbar", None)
    try:
        assert not read.zbar_works()
        assert read_picture(Image.new("L", (50, 50), 255)) == []
    finally:
        monkeypatch.undo()
        read._pyzbar.cache_clear()


def test_a_picture_without_a_code_gives_nothing() -> None:
    random = Random(1)
    noise = Image.frombytes("L", (400, 400), random.randbytes(160_000))
    for image in (noise, noise.filter(ImageFilter.GaussianBlur(3)), Image.new("L", (1, 1)), Image.new("L", (300, 300), 255)):
        assert read_picture(image) == []


def bomb(width: int, height: int) -> bytes:
    """A PNG whose head promises more pixels than fit anywhere."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


def test_bounds() -> None:
    assert picture.MAX_PIXELS == 4096 * 3072
    for size in ((4097, 3072), (30_000, 30_000), (10_000, 10_000), (2**31 - 1, 2**31 - 1)):
        assert code_of(read_image, bomb(*size)) == "picture.too_large"
    with pytest.raises(BadData) as caught:
        read_image(bomb(5_000, 3_000))
    assert caught.value.message("en") == "picture bytes has 5000 x 3000 pixels, at most 12,582,912 are read"
    assert code_of(read_image, b"\x89PNG" + bytes(picture.MAX_BYTES)) == "picture.too_many_bytes"


def test_twelve_megapixels_are_read() -> None:
    scene = Image.new("L", (4032, 3024), 200)
    scene.paste(qr(module=5), (2_000, 1_500))
    assert [each.text for each in read_picture(scene)] == [TEXT]


def test_what_is_no_picture_is_said(tmp_path: Path) -> None:
    good = saved(qr(), "PNG")
    assert code_of(read_image, b"") == "picture.unknown"
    assert code_of(read_image, b"hello") == "picture.unknown"
    assert code_of(read_image, saved(qr().convert("P"), "GIF")) == "picture.unknown"
    assert code_of(read_image, good[: len(good) // 2]) == "picture.broken"
    assert code_of(read_image, b"%PDF-1.7 nothing") == "picture.broken"
    # The HEIC reader is an extra: without it the answer says what is missing.
    heic = "picture.broken" if find_spec("pillow_heif") else "picture.needs"
    assert code_of(read_image, b"\0\0\0\x18ftypheic" + bytes(40)) == heic
    assert code_of(read_image, tmp_path / "none.png") == "picture.not_found"
    assert code_of(read_image, tmp_path) == "picture.storage"


def test_any_damaged_file_gives_a_domain_error_or_an_answer() -> None:
    random = Random(7)
    for kind in ("PNG", "JPEG", "WEBP"):
        good = saved(qr(), kind)
        for _ in range(20):
            data = bytearray(good)
            for _ in range(random.randint(1, 6)):
                data[random.randrange(len(data))] = random.randrange(256)
            try:
                found = read_image(bytes(data[: random.choice([len(data), random.randrange(len(data))])]))
            except FoodtraceError:
                continue
            assert [each.text for each in found if each.accepted] in ([], [TEXT])
