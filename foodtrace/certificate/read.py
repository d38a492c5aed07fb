"""Pictures -> texts: a chain of readers, each trying what the one before it could not (DESIGN section 7).

Rules:

1. Full-resolution grey; the order is zxing-cpp, its global histogram, its fixed threshold, pyzbar, and zxing-cpp on the
   picture at twice the size: as it is, softened (against noise), sharpened (against blur); at last on the picture with the
   glare levelled, at three times the size, and with the blur of a lens or of a hand computed away
   (:mod:`~foodtrace.certificate.deblur`). The next one is asked only while nothing
   was accepted, or a code was seen and not read.
2. A text counts when ``accept`` says so: by default when it is a well-formed certificate; whoever has keys verifies there.
   Error correction can mend a damaged code into a wrong text, so what does not parse (or verify) does not end the search.
3. Several codes in one picture, and in all pages of a PDF: all of them, each once, the accepted ones first.
4. Other texts are told too, ``accepted`` false, so that a plain product code is named as such. They come from zxing-cpp's
   QR, Data Matrix, EAN-13/UPC-A and Code 128 alone: the formats whose own check digits leave no false reads.
5. A picture has a budget, :data:`BUDGET` seconds of one core's work. A reader that would not end within it, as its forerunners'
   pace foretells, is not begun, so that a picture without a code ends as well. Work is counted and not the clock's time, lest a
   busy machine read less; past :data:`PATIENCE` of the clock's seconds no reader is begun either. What was read till then is told;
   nothing read means "not read", never "no code".
6. pyzbar needs a C library that may be missing; then the chain is one reader shorter, and nothing is said.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec

from foodtrace.certificate.picture import Source, pages
from foodtrace.certificate.scan import classify

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["Accept", "Found", "read_image", "read_pages", "read_picture", "zbar_works"]

Accept: TypeAlias = Callable[[str], bool]
"""Text -> whether it is what was looked for."""

UPSCALE: Final = 3 * 2**20
"""Largest picture that is doubled, in pixels: beyond it a code's modules are large enough."""

DEBLUR: Final = 3 * 2**19
"""Largest picture from which blur is computed away, in pixels: bounds the time."""


MOST_GUESSES: Final = 6
"""Kinds of blur that are supposed: three lenses, at most three motions."""

BUDGET: Final = 0.8
"""Seconds of work on one picture, once it is decoded (rule 5)."""

PATIENCE: Final = 8.0
"""Seconds by the clock after which no more readers are begun (rule 5)."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A code that was read."""

    text: str
    symbology: str
    """``QRCode``, ``EAN13``, ``DataMatrix``, .."""
    step: str
    """Reader of the chain that read it first: ``local``, ``histogram``, ``threshold``, ``zbar``, ``double``, ``soft``, ``sharp``,
    ``level``, ``triple``, ``lens``, ``motion``."""
    accepted: bool
    page: int = 1
    """Page of a PDF, or place of a picture in its file, from 1."""
    corners: tuple[tuple[int, int], ...] = ()
    """Where it stands, in pixels of the picture as stored."""


class _Step(msgspec.Struct, frozen=True):
    """What one reader saw in one picture."""

    read: tuple[Found, ...] = ()
    missed: int = 0
    """Codes it saw and could not read."""


def well_formed(text: str) -> bool:
    """Accept every text that is a certificate in form."""
    return classify(text, typed=False).kind == "certificate"


def read_image(source: Source, accept: Accept = well_formed) -> list[Found]:
    """Return the codes in a picture file (PNG, JPEG, WebP, HEIC) or on a PDF's pages; none is an empty list.

    :param accept: whether a text is what was looked for; an exception in it is passed on.
    :raises FoodtraceError: as :func:`foodtrace.certificate.picture.pages`.
    """
    found: dict[str, Found] = {}
    for page in read_pages(source, accept):
        for each in page:
            found.setdefault(each.text, each)
    return sorted(found.values(), key=lambda each: not each.accepted)


def read_pages(source: Source, accept: Accept = well_formed) -> Iterator[list[Found]]:
    """Yield the codes of each page, of each picture in the file, in order; a page on which none was read is an empty list.

    :raises FoodtraceError: as :func:`read_image`.
    """
    for number, grey in enumerate(pages(source), start=1):
        yield [msgspec.structs.replace(each, page=number) for each in read_picture(grey, accept)]


def read_picture(grey: Image.Image, accept: Accept = well_formed) -> list[Found]:
    """Return the codes in a grey picture that is already in memory, accepted ones first; bounded in time (rule 5)."""
    found: dict[str, Found] = {}
    _formats(), _pyzbar()  # loading them is no work on this picture
    pace = _Pace()
    for effort, reader in _chain(grey):
        if not pace.allows(effort):
            break
        with pace.measured(effort):
            step = reader()
        for each in step.read:
            if each.text not in found:
                found[each.text] = msgspec.structs.replace(each, accepted=accept(each.text))
        if step.missed == 0 and any(each.accepted for each in found.values()):
            break
    return sorted(found.values(), key=lambda each: not each.accepted)


class _Pace:
    """What was spent on a picture, and what the next reader would cost (rule 5)."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._spent = 0.0
        self._pace = 0.0
        """Seconds for what the first reader does; the slowest seen so far."""

    def allows(self, effort: float) -> bool:
        """Say whether a reader may begin that costs ``effort`` times what the first one does."""
        return self._spent + effort * self._pace <= BUDGET and time.monotonic() - self._began <= PATIENCE

    @contextmanager
    def measured(self, effort: float) -> Iterator[None]:
        """Count what is done inside."""
        before = time.thread_time()
        yield
        took = time.thread_time() - before
        self._spent += took
        if effort:
            self._pace = max(self._pace, took / effort)


_Reader: TypeAlias = "tuple[float, Callable[[], _Step]]"
"""A reader, and what it costs beside the first one (measured on noise, the dearest picture there is; 0: cannot be foretold)."""


def _chain(grey: Image.Image) -> Iterator[_Reader]:
    """Yield the readers in order (rule 1)."""
    yield 1, lambda: _zxing(grey, "local", "LocalAverage")
    yield 1, lambda: _zxing(grey, "histogram", "GlobalHistogram")
    yield 1, lambda: _zxing(grey, "threshold", "FixedThreshold")
    yield 0, lambda: _zbar(grey)
    if grey.width * grey.height <= UPSCALE:
        from PIL import Image, ImageFilter  # noqa: PLC0415

        double = cache(lambda: grey.resize((grey.width * 2, grey.height * 2), Image.Resampling.BICUBIC))
        yield 4, lambda: _zxing(double(), "double", "LocalAverage", scale=2)
        yield 5, lambda: _zxing(double().filter(ImageFilter.GaussianBlur(1.5)), "soft", "LocalAverage", scale=2)
        yield 5, lambda: _zxing(double().filter(ImageFilter.UnsharpMask(4, 300, 0)), "sharp", "LocalAverage", scale=2)
    if grey.width * grey.height <= DEBLUR:
        yield from _mending(grey)


def _mending(grey: Image.Image) -> Iterator[_Reader]:
    """Yield the readers of a picture from which glare or blur is taken first."""
    from PIL import Image  # noqa: PLC0415

    from foodtrace.certificate.deblur import levelled, sharpened  # noqa: PLC0415

    yield 1.5, lambda: _zxing(levelled(grey), "level", "FixedThreshold")
    triple = (grey.width * 3, grey.height * 3)
    yield 6, lambda: _zxing(grey.resize(triple, Image.Resampling.BICUBIC), "triple", "LocalAverage", scale=3)
    guesses = sharpened(grey)

    def next_guess() -> _Step:
        # One step ahead of the loop: what a guess costs is measured with its reader.
        name, clear = next(guesses, ("", None))
        return _zxing(clear, name, "LocalAverage") if clear is not None else _Step()

    for _ in range(MOST_GUESSES):
        yield 2, next_guess


@cache
def _formats() -> Any:
    import zxingcpp  # noqa: PLC0415 - only for pictures

    kinds = zxingcpp.BarcodeFormat
    return zxingcpp.BarcodeFormats([kinds.QRCode, kinds.DataMatrix, kinds.EAN13, kinds.UPCA, kinds.Code128])


def _zxing(grey: Image.Image, name: str, binarizer: str, scale: int = 1) -> _Step:
    import zxingcpp  # noqa: PLC0415 - only for pictures

    codes = zxingcpp.read_barcodes(grey, formats=_formats(), binarizer=getattr(zxingcpp.Binarizer, binarizer), return_errors=True)
    read: list[Found] = []
    missed = 0
    for code in codes:
        if not code.valid:
            missed += 1
        elif code.text:
            place = code.position
            points = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
            corners = tuple((point.x // scale, point.y // scale) for point in points)
            read.append(Found(text=code.text, symbology=_symbology(code), step=name, accepted=False, corners=corners))
    return _Step(tuple(read), missed)


def _symbology(code: Any) -> str:
    """Return the format's name without blanks and dashes, as older and newer readers write it differently."""
    return str(getattr(code.format, "name", code.format)).replace(" ", "").replace("-", "")


@cache
def _pyzbar() -> Any:
    """Return the module, or None when it or its C library is missing (rule 5)."""
    try:
        from pyzbar import pyzbar  # noqa: PLC0415 - loads a C library
    except (ImportError, OSError):
        return None
    return pyzbar


def zbar_works() -> bool:
    """Say whether pyzbar and its C library are there (for ``doctor``)."""
    return _pyzbar() is not None


def _zbar(grey: Image.Image) -> _Step:
    module = _pyzbar()
    if module is None:
        return _Step()
    read: list[Found] = []
    for code in module.decode(grey, symbols=[module.ZBarSymbol.QRCODE]):
        if code.data.isascii() and code.data:
            corners = tuple((point.x, point.y) for point in code.polygon)
            read.append(Found(text=code.data.decode("ascii"), symbology="QRCode", step="zbar", accepted=False, corners=corners))
    return _Step(tuple(read))
