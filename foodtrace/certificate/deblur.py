"""Blur taken out of a picture again, where its kind can be guessed: a lens out of focus, a hand that moved.

Rules:

1. Blur multiplies a picture's spectrum by a known curve. Wiener's filter divides by it where something is left and leaves alone
   what noise has filled: ``F H (1 + k) / (H H + k)``, ``k`` the share of noise; what is even stays as bright as it is.
2. A lens out of focus is taken for a Gaussian; three strengths are tried, each made for another amount of noise.
3. A hand that moved along a line leaves dark stripes across the spectrum, a sinc of the line's length. The mean log spectrum of
   overlapping tiles, less its mean at each frequency, is compared with what every direction and length would leave; the best
   guess is refined. Where nothing correlates, nothing is tried.
4. Shade and glare are levelled: each pixel less the mean around it, by the spread around it.
5. Nothing is invented: what comes out is read by the same readers, and error correction and signature stand behind every bit.

numpy does the work and is loaded with this module: import it only when a picture could not be read otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

__all__ = ["Motion", "levelled", "motion_of", "sharpened"]

Field: TypeAlias = NDArray[np.float32]

LENSES: Final = ((2.0, 0.005), (1.25, 0.3), (1.25, 0.1))
"""Width of the lens's blur in pixels, and k of rule 1; in the order in which they are tried."""
NOISE: Final = 0.01
"""k for motion."""
SURE: Final = 0.6
"""Least correlation at which a motion is believed."""
_AROUND: Final = 8
"""Pixels on each side over which a picture is levelled: two to three modules."""
_LEAST: Final = 5
"""Least spread that counts: below it there is paper and noise."""
_TILE: Final = 256
_FLAT: Final = 8
"""A tile with less contrast than this (standard deviation) says nothing about blur."""
_LENGTHS: Final = tuple(range(4, 12))
_STEP: Final = 6
"""Degrees between the directions of the first look."""
_MOST: Final = 3
"""Motions that are tried."""


class Motion(NamedTuple):
    """A hand's move while the shutter was open."""

    sure: float
    """Correlation, -1 .. 1."""
    angle: float
    """Direction in degrees, from the picture's x axis towards its y axis."""
    length: float
    """Pixels."""


def levelled(grey: Image.Image) -> Image.Image:
    """Return the picture with the same brightness and contrast everywhere (rule 4)."""
    field = np.asarray(grey, dtype=np.float32)
    away = field - np.asarray(grey.filter(ImageFilter.BoxBlur(_AROUND)), dtype=np.float32)
    spread = Image.fromarray(np.abs(away).astype(np.uint8)).filter(ImageFilter.BoxBlur(_AROUND))
    even = 128 + 60 * away / np.maximum(np.asarray(spread, dtype=np.float32), _LEAST)
    return Image.fromarray(np.clip(even, 0, 255).astype(np.uint8))


def sharpened(grey: Image.Image) -> Iterator[tuple[str, Image.Image]]:
    """Yield the picture without the blur that each guess supposes, with the guess's kind (``lens``, ``motion``)."""
    field = _padded(np.asarray(grey, dtype=np.float32))
    spectrum = np.fft.rfft2(field)
    y, x = _frequencies(field.shape[0], field.shape[1])
    for width, noise in LENSES:
        yield "lens", _without(spectrum, np.exp(-2 * (np.pi * width) ** 2 * (x * x + y * y)), noise, grey.size)
    for move in motion_of(field):
        yield "motion", _without(spectrum, np.sinc(_along(x, y, move.angle) * move.length), NOISE, grey.size)


def motion_of(field: Field) -> list[Motion]:
    """Return the likeliest motions in a grey picture, the likeliest first; none where nothing says so (rule 3)."""
    stripes = _stripes(field)
    if stripes is None:
        return []
    marks, guesses = _first_look()
    best = guesses[int(np.argmax(marks @ stripes))]
    near = {
        (best[0] + turn, best[1] + longer): float(_mark(best[0] + turn, best[1] + longer) @ stripes)
        for turn in (-4, -2, 0, 2, 4)
        for longer in (-0.5, 0.0, 0.5)
    }
    ranked = sorted((Motion(sure, angle, length) for (angle, length), sure in near.items()), reverse=True)
    return [each for each in ranked[:_MOST] if each.sure >= SURE]


def _padded(field: Field) -> Field:
    """Return the picture with its edges continued to a size that is quickly transformed."""
    missing = [-each % 64 for each in field.shape]
    return np.pad(field, [(0, each) for each in missing], mode="edge")


def _without(spectrum: NDArray[Any], curve: Field, noise: float, size: tuple[int, int]) -> Image.Image:
    clear = np.fft.irfft2(spectrum * (curve * (1 + noise) / (curve * curve + noise)))[: size[1], : size[0]]
    return Image.fromarray(np.clip(clear, 0, 255).astype(np.uint8))


def _frequencies(height: int, width: int) -> tuple[Field, Field]:
    return np.fft.fftfreq(height).astype(np.float32)[:, None], np.fft.rfftfreq(width).astype(np.float32)[None, :]


def _along(x: Field, y: Field, angle: float) -> Field:
    turn = np.deg2rad(angle)
    out: Field = x * np.float32(np.cos(turn)) + y * np.float32(np.sin(turn))
    return out


# -- what a motion leaves in a spectrum ----------------------------------------------------------------------------------------


class _Ring(NamedTuple):
    """The frequencies that are compared: neither the picture's large shapes nor the noise at its finest."""

    x: Field
    y: Field
    radius: NDArray[np.int64]
    points: NDArray[np.int64]
    chosen: NDArray[np.bool_]


@cache
def _ring() -> _Ring:
    y, x = _frequencies(_TILE, _TILE)
    radius = np.hypot(x, y)
    chosen = (radius > 0.03) & (radius < 0.42)  # noqa: PLR2004 - cycles a pixel
    whole = (radius * _TILE).astype(np.int64)[chosen]
    xs, ys = np.broadcast_to(x, radius.shape)[chosen], np.broadcast_to(y, radius.shape)[chosen]
    return _Ring(xs, ys, whole, np.maximum(np.bincount(whole), 1), chosen)


def _level(values: Field) -> Field:
    """Return values less their mean at each frequency, whatever the direction, at length one."""
    ring = _ring()
    flat = values - (np.bincount(ring.radius, values) / ring.points)[ring.radius]
    out: Field = (flat / max(float(np.sqrt(flat @ flat)), 1e-6)).astype(np.float32)
    return out


def _mark(angle: float, length: float) -> Field:
    """Return what a motion leaves: 0.08 stands for the noise at the bottom of a stripe."""
    ring = _ring()
    return _level(np.log(np.abs(np.sinc(_along(ring.x, ring.y, angle) * length)) + 0.08))


@cache
def _first_look() -> tuple[Field, list[tuple[int, int]]]:
    guesses = [(angle, length) for angle in range(0, 180, _STEP) for length in _LENGTHS]
    return np.stack([_mark(*each) for each in guesses]), guesses


def _stripes(field: Field) -> Field | None:
    """Return a picture's mean log spectrum, levelled; none of a picture in which nothing stands."""
    window = np.hanning(_TILE).astype(np.float32)
    window = window[:, None] * window[None, :]
    total, count = np.zeros((_TILE, _TILE // 2 + 1), dtype=np.float32), 0
    for top in range(0, max(1, field.shape[0] - _TILE + 1), _TILE // 2):
        for left in range(0, max(1, field.shape[1] - _TILE + 1), _TILE // 2):
            tile = field[top : top + _TILE, left : left + _TILE]
            if tile.shape != (_TILE, _TILE):
                tile = np.pad(tile, [(0, _TILE - each) for each in tile.shape], mode="edge")
            if tile.std() >= _FLAT:
                total += np.log(np.abs(np.fft.rfft2((tile - tile.mean()) * window)) + 1)
                count += 1
    return _level((total / np.float32(count))[_ring().chosen]) if count else None
