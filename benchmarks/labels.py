"""How many degraded labels are read: ``python -m benchmarks.labels [--labels 500] [--seed 4]``.

Draws certificates on labels, damages them in fourteen ways (:mod:`benchmarks.degrade`), and reads each picture with the
chain of ``foodtrace.certificate.read``, with pyzbar alone and with zxing-cpp alone. A read counts when the text is the
certificate's and its signature holds. Pictures without a code must give nothing. One process, one core.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import io
import statistics
import time
from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

import zxingcpp
from PIL import Image

from benchmarks.degrade import KINDS, codeless, scene
from foodtrace.certificate import draw, read
from foodtrace.certificate.label import Label
from foodtrace.certificate.payload import Payload, decode, encode, seal, verify
from foodtrace.errors import BadData
from foodtrace.keys import SigningKey, kid

ISSUER = "91230199FT0000013A"
KEY = SigningKey("benchmark", hashlib.sha256(b"benchmarks/labels").digest())


def label(number: int, random: Random) -> Label:
    day = dt.date(2026, 11, 1) + dt.timedelta(days=random.randrange(30))
    payload = Payload(
        host="trace.beihe.example",
        gtin="06909999000012",
        lot=f"261123-G1-{number:04d}",
        serial=f"C-261123-{number:03d}",
        kid=kid(ISSUER, KEY.public),
        quantity=random.randrange(1, 9_999) * 500,
        unit="g",
        region="230199101201",
        harvested=day,
        issued=day,
        valid_until=day + dt.timedelta(days=14),
        basis=1,
    )
    product = random.choice(["西红柿", "芹菜", "黄瓜", "豆角", "茄子"])
    return Label(payload=seal(payload, KEY.sign), product=product, origin="北河市永发县 (虚构)", issuer="永发合作社")


def holds(text: str) -> bool:
    """Whether a text is a certificate whose signature holds: what a gate asks."""
    try:
        verify(decode(text), KEY.public, ISSUER)
    except BadData:
        return False
    return True


def zbar_alone(picture: Image.Image) -> list[str]:
    from pyzbar import pyzbar  # noqa: PLC0415 - missing on some machines

    return [code.data.decode("ascii", "replace") for code in pyzbar.decode(picture, symbols=[pyzbar.ZBarSymbol.QRCODE])]


def zxing_alone(picture: Image.Image) -> list[str]:
    return [code.text for code in zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)]  # type: ignore[arg-type]  # a stub behind the code


class Took(NamedTuple):
    """How long something took, in seconds."""

    core: float
    """Of one core: what the goal is about, whatever else the machine does."""
    wall: float


def timed(call: Callable[[], Any]) -> tuple[Any, Took]:
    wall, core = time.perf_counter(), time.process_time()
    found = call()
    return found, Took(time.process_time() - core, time.perf_counter() - wall)


def photograph(number: int, kind: str, seed: int) -> tuple[bytes, str]:
    """Return a damaged label as the bytes of a file, and the text that stands on it."""
    random = Random(f"{seed}/{number}")
    made = label(number, random)
    dots = draw.prepare(made, 203, (70.0, 50.0))[1].module
    with Image.open(io.BytesIO(draw.png(made))) as opened:
        printed = opened.convert("L")
    seen = scene(printed, random, random.uniform(3, 5), source_module=dots)
    out = io.BytesIO()
    damaged = KINDS[kind](seen, random)
    if kind in {"12 megapixels", "JPEG q20"}:
        damaged.save(out, "JPEG", quality=85 if kind == "12 megapixels" else 75)
    else:
        damaged.save(out, "PNG")
    return out.getvalue(), encode(made.payload)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--labels", type=int, default=500)
    parser.add_argument("--seed", type=int, default=4)
    asked = parser.parse_args()
    print(
        f"{asked.labels} labels, seed {asked.seed}, zxing-cpp {zxingcpp.__version__ if hasattr(zxingcpp, '__version__') else ''}, zbar {read.zbar_works()}"
    )
    tally = {kind: [0, 0, 0, 0] for kind in KINDS}
    steps: dict[str, int] = {}
    times: list[Took] = []
    false = 0
    for number in range(asked.labels):
        kind = list(KINDS)[number % len(KINDS)]
        data, truth = photograph(number, kind, asked.seed)
        found, seconds = timed(lambda data=data: read.read_image(data, holds))  # type: ignore[misc]
        times.append(seconds)
        good = [each for each in found if each.accepted]
        false += sum(each.text != truth for each in found)
        for each in good[:1]:
            steps[each.step] = steps.get(each.step, 0) + 1
        with Image.open(io.BytesIO(data)) as opened:
            picture = opened.convert("L")
        row = tally[kind]
        row[0] += 1
        row[1] += truth in [each.text for each in good]
        row[2] += truth in zxing_alone(picture)
        row[3] += truth in zbar_alone(picture) if read.zbar_works() else 0
    report(tally, steps, times)
    empty = [codeless(Random(f"{asked.seed}/empty/{number}")) for number in range(max(60, asked.labels // 5))]
    nothing = [timed(lambda picture=picture: read.read_picture(picture, holds)) for picture in empty]  # type: ignore[misc]
    wrong = sum(len(found) for found, _ in nothing)
    print(f"false reads: {false} on labels, {wrong} on {len(empty)} pictures without a code")
    print(f"a picture without a code takes all readers: {shown([took for _, took in nothing])}")


def percentile(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def shown(times: list[Took]) -> str:
    core, wall = ([getattr(each, name) for each in times] for name in ("core", "wall"))
    return (
        f"one core median {statistics.median(core) * 1000:.0f} ms, p95 {percentile(core, 95) * 1000:.0f} ms "
        f"(by the clock p95 {percentile(wall, 95) * 1000:.0f} ms)"
    )


def report(tally: dict[str, list[int]], steps: dict[str, int], times: list[Took]) -> None:
    print(f"{'':18}{'labels':>8}{'chain':>9}{'zxing-cpp':>11}{'pyzbar':>9}")
    total = [sum(column) for column in zip(*tally.values(), strict=True)]
    for name, (count, *read_by) in [*tally.items(), ("all", total)]:
        shares = [f"{100 * each / count:.1f} %" if count else "" for each in read_by]
        print(f"{name:18}{count:>8}{shares[0]:>9}{shares[1]:>11}{shares[2]:>9}")
    print("read by: " + ", ".join(f"{step} {count}" for step, count in steps.items()))
    print(f"chain, file to verified text: {shown(times)}")


if __name__ == "__main__":
    main()
