"""Random bytes at the gate for a minute: ``python -m benchmarks.fuzz_gate [--seconds 60] [--seed N]``.

Three quarters of the lines are certificates of the issuer with bytes changed, cut, inserted or doubled, and the answers a clerk
types; the rest is noise. What must never happen: an exception other than foodtrace's own, a line that a terminal would obey, an
entry called certified that the issuer never signed, or more admitted on a certificate than it is for.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from random import Random

from foodtrace import errors
from foodtrace.certificate.payload import decode
from foodtrace.certificate.scan import classify
from foodtrace.operations.overspent import overspent
from tests.gate.fuzzed import KEYS, Place


def spoiled(random: Random, text: str) -> str:
    data = bytearray(text.encode())
    for _ in range(random.choice([1, 1, 1, 2, 5])):
        at = random.randrange(len(data))
        match random.randrange(5):
            case 0:
                data[at] = random.randrange(256)
            case 1:
                data[at] = random.choice(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
            case 2:
                del data[at:]
            case 3:
                data[at:at] = random.randbytes(random.randrange(1, 4))
            case _:
                del data[at]
        if not data:
            break
    return data.decode("utf-8", "replace")


def noise(random: Random) -> str:
    data = random.randbytes(random.randrange(0, 300))
    return data.decode(random.choice(["utf-8", "latin-1", "gb18030", "utf-16-le"]), "replace")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    options = parser.parse_args()
    random = Random(options.seed)
    count = {"lines": 0, "scans": 0, "decodes": 0, "shifts": 0}
    with tempfile.TemporaryDirectory() as folder:
        place = Place(Path(folder))
        end = time.monotonic() + options.seconds
        while time.monotonic() < end:
            counter = place.counter()
            counter.feed("S-07")
            count["shifts"] += 1
            for _ in range(200):
                if counter.finished or time.monotonic() > end:
                    break
                place.desk.clock.later(seconds=random.choice([1, 9]))
                kind = random.randrange(8)
                line = random.choice(KEYS[:-1]) if kind < 3 else spoiled(random, random.choice(place.texts)) if kind < 6 else noise(random)
                line = random.choice(place.texts) if kind == 7 and random.random() < 0.3 else line
                shown = counter.prompt + "".join(each.text for each in counter.feed(line))
                assert all(c.isprintable() for c in shown), (options.seed, line)
                count["lines"] += 1
                for _ in range(20):
                    text = spoiled(random, random.choice(place.texts)) if random.random() < 0.7 else noise(random)
                    found = classify(text)
                    assert found.kind
                    count["scans"] += 1
                    try:
                        decode(text)
                    except errors.BadData:
                        count["decodes"] += 1
            counter.close()
        assert {each.lot for each in place.certified()} <= place.genuine, options.seed
        with place.desk.ledger.reading() as session:
            assert overspent(session) == [], options.seed
        assert place.desk.ledger.verify().ok
        entries = place.desk.ledger.logs()[0].size
        place.desk.ledger.close()
    print(
        f"seed {options.seed}: "
        + "  ".join(f"{name} {number:,}" for name, number in count.items())
        + f"  log {entries:,} entries, verified"
    )


if __name__ == "__main__":
    main()
