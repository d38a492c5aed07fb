"""A label photographed out of focus or with a moving hand is read, with the sensor's noise on top; nothing else gets sharper."""

import io
from random import Random

import numpy as np
import pytest
from PIL import Image, ImageFilter

from foodtrace.certificate import draw
from foodtrace.certificate.deblur import levelled, motion_of, sharpened
from foodtrace.certificate.read import read_picture
from tests.certificate.samples import text

TEXT = text()


def label(module: int = 4) -> Image.Image:
    with Image.open(io.BytesIO(draw.qr_png(TEXT, module=module))) as image:
        return image.convert("L").point(lambda value: 60 + value // 2)


def noisy(picture: Image.Image, strength: float = 2) -> Image.Image:
    field = np.asarray(picture, dtype=np.float32)
    return Image.fromarray(np.clip(field + np.random.default_rng(3).normal(0, strength, field.shape), 0, 255).astype(np.uint8))


def moved(picture: Image.Image, length: float, angle: float) -> Image.Image:
    """Move a hand in a straight line, 41 moments long."""
    total = np.zeros((picture.height, picture.width), dtype=np.float32)
    for moment in np.linspace(-0.5, 0.5, 41) * length:
        shift = (1, 0, -moment * np.cos(np.deg2rad(angle)), 0, 1, -moment * np.sin(np.deg2rad(angle)))
        total += np.asarray(picture.transform(picture.size, Image.Transform.AFFINE, shift, Image.Resampling.BILINEAR, fillcolor=187))
    return Image.fromarray((total / 41).astype(np.uint8))


@pytest.mark.parametrize("angle", [0, 31, 90, 118])
def test_a_moved_hand_is_recognised_and_undone(angle: float) -> None:
    picture = noisy(moved(label(), 7, angle), 1)
    best = motion_of(np.asarray(picture, dtype=np.float32))[0]
    assert min(abs(best.angle - angle) % 180, 180 - abs(best.angle - angle) % 180) <= 4
    assert abs(best.length - 7) <= 1
    found = read_picture(picture)
    assert [(each.text, each.accepted) for each in found] == [(TEXT, True)]


def test_the_motion_step_reads_what_no_other_does() -> None:
    assert {each.step for each in read_picture(noisy(moved(label(), 9, 31), 1))} == {"motion"}


def test_a_lens_out_of_focus_is_undone() -> None:
    found = read_picture(noisy(label().filter(ImageFilter.GaussianBlur(2.4)), 1))
    assert [(each.text, each.step) for each in found] == [(TEXT, "lens")]


def test_a_still_hand_is_not_taken_for_a_moving_one() -> None:
    random = Random(1)
    noise = Image.frombytes("L", (400, 400), random.randbytes(160_000))
    white = Image.new("L", (300, 300), 255)
    for picture in (noisy(label()), label(), noise, white, noise.filter(ImageFilter.GaussianBlur(3))):
        assert motion_of(np.asarray(picture, dtype=np.float32)) == []


def test_pictures_keep_their_size_and_place() -> None:
    for size in ((1, 1), (7, 300), (257, 64), (300, 300)):
        for kind, clear in sharpened(Image.new("L", size, 90)):
            assert kind == "lens"
            assert clear.size == size
            extremes = clear.getextrema()
            assert all(abs(int(each) - 90) <= 2 for each in extremes), "what is even stays even, up to the paper's brightness"  # type: ignore[arg-type]


def test_a_motion_says_how_sure_it_is() -> None:
    found = motion_of(np.asarray(moved(label(), 7, 0), dtype=np.float32))
    assert all(0.6 <= each.sure <= 1 for each in found)
    assert [each.sure for each in found] == sorted((each.sure for each in found), reverse=True)
    assert len(found) <= 3


def test_glare_and_shade_are_levelled() -> None:
    picture = label()
    x = np.arange(picture.width, dtype=np.float32)[None, :]
    lit = np.asarray(picture, dtype=np.float32) * 0.25 + 150 * (x / picture.width) ** 2
    even = np.asarray(levelled(Image.fromarray(lit.astype(np.uint8))), dtype=np.float32)
    left, right = even[:, : picture.width // 3].mean(), even[:, -picture.width // 3 :].mean()
    assert abs(lit[:, : picture.width // 3].mean() - lit[:, -picture.width // 3 :].mean()) > 70
    assert abs(left - right) < 12
    assert levelled(Image.new("L", (9, 5), 200)).getextrema() == (128, 128)
