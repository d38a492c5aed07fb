"""Pictures and PDF pages as grey pixels, bounded before anything is unpacked.

Rules, in the order in which they are checked:

1. A file has at most 64 MiB. Its first bytes, not its name, say what it is: PNG, JPEG, WebP, HEIC or PDF; no other
   format is opened.
2. A picture has at most 12,582,912 pixels (12 x 2^20; a 12-megapixel camera makes 4,032 x 3,024). The size stands in the
   head of the file and is checked before a pixel is decoded, so that a small file cannot unpack to gigabytes.
3. A PDF has at most 100 pages; each is drawn at 300 dpi, or coarser where rule 2 asks for it. One that is locked by a password is
   said to be locked. Of a HEIC file with several pictures, 100 at most, each is read like a page.
4. What is transparent is white paper. Grey is full resolution: nothing is scaled down to be read.

HEIC needs ``pillow-heif`` and PDF ``pypdfium2``, both optional: without them the error says what to install.
"""

from __future__ import annotations

import io
import os
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from foodtrace.errors import BadData, NotFound, Storage

if TYPE_CHECKING:
    from PIL import Image

MAX_BYTES: Final = 64 * 2**20
MAX_PIXELS: Final = 12 * 2**20
MAX_PAGES: Final = 100
DPI: Final = 300

Source: TypeAlias = str | os.PathLike[str] | bytes
"""A path, or a file's bytes."""

_PILLOW: Final = ("PNG", "JPEG", "WEBP")  # JPEG: also a phone's file with a second picture in it (MPO)
_HEIC_BRANDS: Final = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
_PASSWORD: Final = 4
"""FPDF_ERR_PASSWORD of pdfium's fpdfview.h."""
_PDFIUM: Final = threading.Lock()  # pdfium is one global state and not safe in threads


def pages(source: Source) -> Iterator[Image.Image]:
    """Yield the picture, each picture of a HEIC file, or each page of a PDF, in grey (mode ``L``).

    :raises NotFound: ``picture.not_found``.
    :raises Storage: ``picture.storage`` (the file cannot be read).
    :raises BadData: ``picture.too_many_bytes``, ``picture.unknown``, ``picture.broken``, ``picture.locked``, ``picture.too_large``,
        ``picture.too_many_pages``, ``picture.needs``.
    """
    data = _bytes(source)
    name = "bytes" if isinstance(source, bytes) else Path(source).name
    if data.startswith(b"%PDF-"):
        yield from _pdf(data, name)
    elif data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS:
        yield from _heic(data, name)
    else:
        yield _open(data, name)


def _bytes(source: Source) -> bytes:
    if isinstance(source, bytes):
        data = source
    else:
        try:
            with Path(source).open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except FileNotFoundError:
            raise NotFound("picture.not_found", value=str(source)) from None
        except OSError as error:
            raise Storage("picture.storage", value=str(source), reason=error.strerror or type(error).__name__) from None
    if len(data) > MAX_BYTES:
        raise BadData("picture.too_many_bytes", value=len(data), expected=MAX_BYTES)
    return data


def _bounded(size: tuple[int, int], name: str) -> None:
    width, height = size
    if width * height > MAX_PIXELS:
        raise BadData("picture.too_large", value=f"{width} x {height}", expected=f"{MAX_PIXELS:,}", name=name)


def _open(data: bytes, name: str) -> Image.Image:
    """Open PNG, JPEG or WebP."""
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415 - only for pictures

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Pillow's own bomb check: rule 2 is stricter
            picture = Image.open(io.BytesIO(data), formats=_PILLOW)
        _bounded(picture.size, name)
        return _grey(picture)
    except UnidentifiedImageError:
        raise BadData("picture.unknown", value=name, expected="PNG, JPEG, WebP, HEIC, PDF") from None
    except Image.DecompressionBombError:
        raise BadData("picture.too_large", value="?", expected=f"{MAX_PIXELS:,}", name=name) from None
    except (OSError, ValueError, SyntaxError, EOFError, OverflowError, MemoryError):
        raise BadData("picture.broken", value=name) from None


def _grey(picture: Image.Image) -> Image.Image:
    """Return the picture in grey, on white paper (rule 4)."""
    from PIL import Image  # noqa: PLC0415

    if picture.mode.startswith("I"):  # 16 bits a pixel
        return picture.convert("I").point(lambda value: value / 256).convert("L")
    if "A" in picture.getbands() or "transparency" in picture.info:
        colour = picture.convert("RGBA")
        paper = Image.new("RGBA", colour.size, "white")
        return Image.alpha_composite(paper, colour).convert("L")
    return picture.convert("L")


def _heic(data: bytes, name: str) -> Iterator[Image.Image]:
    """Yield a HEIC file's pictures (rule 3): thumbnails and depth maps in it are none."""
    try:
        import pillow_heif  # noqa: PLC0415 - optional
    except ImportError:
        raise BadData("picture.needs", value="HEIC", expected="pillow-heif") from None
    try:
        file = pillow_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=True)
        count = len(file)
        sizes = [file[place].size for place in range(count)]
    except Exception:  # noqa: BLE001 - libheif's errors have no common class
        raise BadData("picture.broken", value=name) from None
    if count > MAX_PAGES:
        raise BadData("picture.too_many_pages", value=count, expected=MAX_PAGES)
    for place, size in enumerate(sizes):
        _bounded(size, name)
        try:
            grey = _grey(file[place].to_pillow())
        except Exception:  # noqa: BLE001
            raise BadData("picture.broken", value=name) from None
        yield grey


def _pdf(data: bytes, name: str) -> Iterator[Image.Image]:
    """Yield a PDF's pages (rule 3). The lock is held while pdfium works, not while the caller looks at a page."""
    try:
        import pypdfium2  # noqa: PLC0415 - optional
    except ImportError:
        raise BadData("picture.needs", value="PDF", expected="pypdfium2") from None
    with _PDFIUM:
        try:
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            locked = getattr(error, "err_code", None) == _PASSWORD
            raise BadData("picture.locked" if locked else "picture.broken", value=name) from None
        count = len(document)
    try:
        if count > MAX_PAGES:
            raise BadData("picture.too_many_pages", value=count, expected=MAX_PAGES)
        for number in range(count):
            with _PDFIUM:
                try:
                    grey = _render(document[number])
                except pypdfium2.PdfiumError:
                    raise BadData("picture.broken", value=name) from None
            yield grey
    finally:
        with _PDFIUM:
            document.close()


def _render(page: object) -> Image.Image:
    width, height = page.get_size()  # type: ignore[attr-defined]
    scale = min(DPI / 72, (MAX_PIXELS / max(width * height, 1)) ** 0.5 * 0.999)
    picture: Image.Image = page.render(scale=scale, grayscale=True).to_pil().convert("L")  # type: ignore[attr-defined]
    return picture
