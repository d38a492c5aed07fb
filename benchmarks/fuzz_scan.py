"""Random bytes as codes, bodies and key lists for a minute: ``python -m benchmarks.fuzz_scan [--seconds 60] [--seed N]``.

Certificates with bytes changed, cut, inserted or doubled, random bodies in a good frame, key lists with bytes changed, and plain
noise. What must never happen: an exception other than foodtrace's own, and a text that counts as a certificate that nobody signed.
"""

from __future__ import annotations

import argparse
import time
from random import Random

from benchmarks.fuzz_gate import spoiled
from foodtrace.certificate.keylist import KeyList, parse_list, sign_list
from foodtrace.certificate.payload import decode, encode
from foodtrace.certificate.scan import authenticate, classify, classify_line
from foodtrace.errors import FoodtraceError
from foodtrace.tlog.note import parse_verifier
from tests.certificate.keylists import LIST, LOG
from tests.certificate.samples import HOST, KID, PUBLIC, many


def noise(random: Random) -> str:
    data = random.randbytes(random.choice([1, 8, 60, 300, 3_000]))
    return data.decode(random.choice(["utf-8", "latin-1", "gb18030"]), "replace")


def framed(random: Random, text: str) -> str:
    """Return an address of our form around random base32."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    return text.partition("?")[0] + "?c=" + "".join(random.choices(alphabet, k=random.choice([1, 131, 150, 157, 160, 171])))


def same(text: str, genuine: dict[bytes, str]) -> bool:
    """Whether an accepted text is a certificate of the issuer, whatever host, stem or parameters stand around it."""
    found = decode(text)
    return found.signature in genuine and encode(found).partition("?c=")[2] == genuine[found.signature]


def listed(random: Random, data: bytes) -> KeyList | None:
    changed = bytearray(data)
    for _ in range(random.randrange(1, 4)):
        changed[random.randrange(len(changed))] = random.randrange(256)
    try:
        return parse_list(bytes(changed), [parse_verifier(LOG.vkey)])
    except FoodtraceError:
        return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    random = Random(asked.seed)
    texts = many(200)
    genuine = {decode(each).signature: each.partition("?c=")[2] for each in texts}
    data = sign_list(LIST, LOG)
    counted = {"texts": 0, "accepted": 0, "key lists": 0}
    end = time.monotonic() + asked.seconds
    while time.monotonic() < end:
        text = random.choice(
            [spoiled(random, random.choice(texts)), noise(random), framed(random, random.choice(texts)), random.choice(texts)]
        )
        for found in (*classify_line(text, hosts={HOST}), classify(text, typed=False)):
            checked = authenticate(found, {KID: PUBLIC}.get)
            counted["texts"] += 1
            if checked.good:
                counted["accepted"] += 1
                if not same(checked.text, genuine):
                    raise SystemExit(f"false accept: {checked.text!r}")
        changed = listed(random, data)
        counted["key lists"] += 1
        if changed is not None and changed.keys != LIST.keys:
            raise SystemExit("a changed key list was believed")
    print(f"seed {asked.seed}: " + ", ".join(f"{count:,} {name}" for name, count in counted.items()) + "; no traceback, no false accept")


if __name__ == "__main__":
    main()
