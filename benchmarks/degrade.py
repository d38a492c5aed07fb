"""What happens to a label between the printer and the gate, as seeded functions on grey pictures.

Each kind of damage is a function ``(picture, random) -> picture`` in :data:`KINDS`; the picture that comes in is a label as a
camera sees it: turned, a little tilted, on a dull background, with three to five pixels a module. ``random`` decides how
bad it gets, from annoying to hopeless. The same seed gives the same pictures.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from random import Random
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageOps

Grey: TypeAlias = Image.Image
Field: TypeAlias = NDArray[np.float32]


def pixels(picture: Grey) -> Field:
    return np.asarray(picture, dtype=np.float32)


def grey(field: Field) -> Grey:
    return Image.fromarray(np.clip(field, 0, 255).astype(np.uint8))


def numbers(random: Random) -> np.random.Generator:
    return np.random.default_rng(random.getrandbits(64))


def smooth(shape: tuple[int, int], random: Random, cell: int) -> Field:
    """Return a smooth random field in -1 .. 1 with hills about ``cell`` pixels wide."""
    height, width = shape
    coarse = numbers(random).random((max(2, height // cell + 2), max(2, width // cell + 2)), dtype=np.float32)
    return pixels(grey(coarse * 255).resize((width, height), Image.Resampling.BICUBIC)) / 127.5 - 1


def remap(picture: Grey, x: Field, y: Field) -> Grey:
    """Return the picture whose pixel (i, j) is what stands at (x, y)[j, i] of the given one, bilinear."""
    source = pixels(picture)
    height, width = source.shape
    x, y = np.clip(x, 0, width - 1.001), np.clip(y, 0, height - 1.001)
    left, top = x.astype(np.int32), y.astype(np.int32)
    a, b = x - left, y - top
    upper = source[top, left] * (1 - a) + source[top, left + 1] * a
    lower = source[top + 1, left] * (1 - a) + source[top + 1, left + 1] * a
    return grey(upper * (1 - b) + lower * b)


def grid(picture: Grey) -> tuple[Field, Field]:
    y, x = np.mgrid[0 : picture.height, 0 : picture.width].astype(np.float32)
    return x, y


def tilt(picture: Grey, random: Random, most: float) -> Grey:
    """See the picture at an angle: each corner moves inwards by up to ``most`` of the side."""
    width, height = picture.size
    corners = [(0, 0), (width, 0), (width, height), (0, height)]
    moved = [
        (x + (1 if x == 0 else -1) * random.uniform(0, most) * width, y + (1 if y == 0 else -1) * random.uniform(0, most) * height)
        for x, y in corners
    ]
    rows, right = [], []
    for (x, y), (u, v) in zip(moved, corners, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        right += [u, v]
    plane = np.linalg.solve(np.array(rows, dtype=np.float64), np.array(right, dtype=np.float64))
    return picture.transform(picture.size, Image.Transform.PERSPECTIVE, tuple(plane), Image.Resampling.BICUBIC, fillcolor=170)


def scene(label: Grey, random: Random, module: float, *, source_module: float, most_tilt: float = 0.05, room: float = 0.1) -> Grey:
    """Photograph a label: its size, a turn, a slight tilt, a background with light that falls off, a lens, a sensor."""
    scale = module / source_module
    small = label.resize((round(label.width * scale), round(label.height * scale)), Image.Resampling.LANCZOS)
    turned = ImageOps.expand(small, round(small.width * room), 170).rotate(
        random.uniform(-180, 180), Image.Resampling.BICUBIC, expand=True, fillcolor=170
    )
    seen = pixels(tilt(turned, random, most_tilt)) * (0.8 + 0.12 * smooth((turned.height, turned.width), random, 300)) + random.uniform(
        5, 25
    )
    seen += numbers(random).normal(0, 3, seen.shape).astype(np.float32)
    return grey(seen.astype(np.float32)).filter(ImageFilter.GaussianBlur(0.5))


def sensor(picture: Grey, random: Random, strength: float = 3) -> Grey:
    """Add a sensor's noise: what the lens and the hand have washed out is not there to be computed back."""
    return grey(pixels(picture) + numbers(random).normal(0, strength, (picture.height, picture.width)).astype(np.float32))


def perspective(picture: Grey, random: Random) -> Grey:
    return tilt(picture, random, random.uniform(0.12, 0.3))


def blur(picture: Grey, random: Random) -> Grey:
    """Hold the telephone too near: the lens first, then the sensor with its noise."""
    return sensor(picture.filter(ImageFilter.GaussianBlur(random.uniform(1.2, 2.3))), random)


def motion(picture: Grey, random: Random) -> Grey:
    """Shake the hand along a straight line."""
    length, angle = random.uniform(4, 8), random.uniform(0, np.pi)
    field, total = pixels(picture), np.zeros((picture.height, picture.width), dtype=np.float32)
    steps = 12
    for step in range(steps):
        away = (step / (steps - 1) - 0.5) * length
        total += np.roll(field, (round(away * np.sin(angle)), round(away * np.cos(angle))), (0, 1))
    return sensor(grey((total / steps).astype(np.float32)), random)


def noise(picture: Grey, random: Random) -> Grey:
    return grey(pixels(picture) + numbers(random).normal(0, random.uniform(30, 75), (picture.height, picture.width)).astype(np.float32))


def low_contrast(picture: Grey, random: Random) -> Grey:
    """Thermal paper that has faded in the sun."""
    span, base = random.uniform(0.05, 0.25), random.uniform(40, 180)
    field = pixels(picture) * span + base + 6 * smooth((picture.height, picture.width), random, 200)
    return grey(field + numbers(random).normal(0, 1.5, field.shape).astype(np.float32))


def glare(picture: Grey, random: Random) -> Grey:
    """A lamp in the plastic film: one bright spot, washed out in the middle."""
    x, y = grid(picture)
    across, along = random.uniform(0.08, 0.22) * picture.width, random.uniform(0.1, 0.35) * picture.height
    u, v = (x - random.uniform(0.25, 0.75) * picture.width) / across, (y - random.uniform(0.25, 0.75) * picture.height) / along
    return grey(pixels(picture) + random.uniform(120, 260) * np.exp(-(u * u + v * v)))


def damage(picture: Grey, random: Random) -> Grey:
    """Scratches, mud and tears over up to a tenth of the picture."""
    out = picture.copy()
    pen = ImageDraw.Draw(out)
    share, done = random.uniform(0.01, 0.10), 0.0
    area = picture.width * picture.height
    while done < share * area:
        shade, x, y = random.choice([20, 60, 170, 240]), random.uniform(0, picture.width), random.uniform(0, picture.height)
        if random.random() < 0.8:
            radius = random.uniform(0.01, 0.06) * picture.width
            pen.ellipse((x - radius, y - radius * 0.7, x + radius, y + radius * 0.7), fill=shade)
            done += 2.2 * radius * radius
        else:
            thick, angle, length = random.randint(2, 6), random.uniform(0, np.pi), random.uniform(0.1, 0.5) * picture.width
            pen.line((x, y, x + length * np.cos(angle), y + length * np.sin(angle)), fill=shade, width=thick)
            done += thick * length
    return out.filter(ImageFilter.GaussianBlur(0.6))


def cylinder(picture: Grey, random: Random) -> Grey:
    """A label around a bottle: the sides go away from the eye."""
    x, y = grid(picture)
    half = picture.width / 2
    radius = half * random.uniform(1.02, 1.5)
    bent = radius * np.arcsin(np.clip((x - half) / radius, -1, 1)) * half / (radius * np.arcsin(min(1, half / radius)))
    sag = random.uniform(-0.12, 0.12) * picture.height * (1 - ((x - half) / half) ** 2)
    shade = np.sqrt(np.clip(1 - ((x - half) / radius) ** 2, 0.05, 1))
    return grey(pixels(remap(picture, bent + half, y + sag)) * (0.35 + 0.65 * shade))


def crumple(picture: Grey, random: Random) -> Grey:
    """A label on a sack: hills and folds, each with its shadow."""
    x, y = grid(picture)
    shape, cell = (picture.height, picture.width), random.randint(60, 140)
    depth = random.uniform(1, 4.5)
    hills = smooth(shape, random, cell)
    bent = remap(picture, x + depth * hills, y + depth * smooth(shape, random, cell))
    slope = np.gradient(hills)[1] * cell
    return grey(pixels(bent) * np.clip(1 + 0.35 * slope, 0.4, 1.5))


def inverted(picture: Grey, random: Random) -> Grey:
    return ImageOps.invert(picture).filter(ImageFilter.GaussianBlur(random.uniform(0, 1)))


def jpeg(picture: Grey, random: Random) -> Grey:
    """Sent through a messenger: shrunk and squeezed to quality 20."""
    factor = random.uniform(0.7, 1)
    small = picture.resize((round(picture.width * factor), round(picture.height * factor)), Image.Resampling.BILINEAR)
    out = io.BytesIO()
    small.save(out, "JPEG", quality=20)
    return Image.open(out).convert("L")


def small(picture: Grey, random: Random) -> Grey:
    """Too far away: under two pixels a module."""
    factor = random.uniform(0.36, 0.55)
    return picture.resize((round(picture.width * factor), round(picture.height * factor)), Image.Resampling.BOX)


def megapixels(picture: Grey, random: Random) -> Grey:
    """A whole pallet on a 12-megapixel photograph: the label somewhere, boxes, print and stripes around it."""
    width, height = 4032, 3024
    field = 150 + 50 * smooth((height, width), random, 400)
    out = grey(field)
    pen = ImageDraw.Draw(out)
    for _ in range(60):
        x, y = random.uniform(0, width), random.uniform(0, height)
        box = (x, y, x + random.uniform(20, 700), y + random.uniform(10, 300))
        pen.rectangle(box, fill=random.randrange(30, 230), outline=random.randrange(0, 90), width=random.randint(1, 8))
    for _ in range(6):
        x, y, step = random.uniform(0, width), random.uniform(0, height), random.randint(4, 14)
        for line in range(30):
            pen.rectangle((x + line * step, y, x + line * step + random.randint(1, step), y + 120), fill=20)
    out.paste(picture, (random.randint(0, width - picture.width), random.randint(0, height - picture.height)))
    field = pixels(out) + numbers(random).normal(0, 4, (height, width)).astype(np.float32)
    return grey(field).filter(ImageFilter.GaussianBlur(random.uniform(0, 0.8)))


def plain(picture: Grey, random: Random) -> Grey:  # noqa: ARG001 - same signature for every kind
    return picture


KINDS: Final[dict[str, Callable[[Grey, Random], Grey]]] = {
    "as photographed": plain,
    "perspective": perspective,
    "blur": blur,
    "motion": motion,
    "noise": noise,
    "low contrast": low_contrast,
    "glare": glare,
    "damage to 10 %": damage,
    "cylinder": cylinder,
    "crumple": crumple,
    "inverted": inverted,
    "JPEG q20": jpeg,
    "small": small,
    "12 megapixels": megapixels,
}


def codeless(random: Random) -> Grey:
    """Return a picture without a code that could tempt a reader: noise, stripes, modules at random, boxes, finder marks."""
    side = random.randint(300, 700)
    kind = random.randrange(6)
    rng = numbers(random)
    if kind == 0:
        return grey(rng.normal(128, 60, (side, side)).astype(np.float32))
    if kind == 1:
        return grey(128 + 127 * smooth((side, side), random, random.randint(3, 60)))
    module = random.randint(2, 7)
    cells = side // module
    if kind == 2:
        bars = (rng.random((1, cells)) < 0.5).astype(np.float32) * 255
        return (
            Image.fromarray(bars.astype(np.uint8))
            .resize((side, side), Image.Resampling.NEAREST)
            .rotate(random.uniform(0, 90), fillcolor=255)
        )
    random_code = Image.fromarray(((rng.random((cells, cells)) < 0.5) * 255).astype(np.uint8)).resize(
        (side, side), Image.Resampling.NEAREST
    )
    if kind == 3:
        return random_code.rotate(random.uniform(0, 90), Image.Resampling.BICUBIC, fillcolor=255)
    if kind == 4:
        return megapixels(random_code.crop((0, 0, 40, 40)), random).resize((1344, 1008))
    pen = ImageDraw.Draw(random_code)
    mark = 7 * module
    for x, y in ((0, 0), (cells * module - mark, 0), (0, cells * module - mark)):
        pen.rectangle((x - module, y - module, x + mark + module, y + mark + module), fill=255)
        pen.rectangle((x, y, x + mark - 1, y + mark - 1), fill=0)
        pen.rectangle((x + module, y + module, x + mark - module - 1, y + mark - module - 1), fill=255)
        pen.rectangle((x + 2 * module, y + 2 * module, x + mark - 2 * module - 1, y + mark - 2 * module - 1), fill=0)
    return ImageOps.expand(random_code, 5 * module, 255)
