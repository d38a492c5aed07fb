"""A log, the key of a witness, and what the witness is asked to cosign."""

from __future__ import annotations

from pathlib import Path

from foodtrace.keys import SigningKey
from foodtrace.tlog import merkle
from foodtrace.tlog.checkpoint import format_checkpoint
from foodtrace.tlog.note import parse_verifier, sign_note
from foodtrace.tlog.witness import Request, Witness
from tests.cli.shell import lot_of, run, shop  # noqa: F401 - a fixture

LOG = SigningKey("example.com/market/gate1", bytes(range(32)))
OTHER = SigningKey("example.com/other", bytes(range(1, 33)))
KEY = SigningKey("witness.example/w1", bytes(range(2, 34)))
LEAVES = [merkle.leaf_hash(b"%d" % n) for n in range(40)]
FORKED = [*LEAVES[:5], *(merkle.leaf_hash(b"other %d" % n) for n in range(5, 40))]


def note(size: int, leaves: list[bytes] = LEAVES, key: SigningKey = LOG) -> bytes:
    return sign_note(format_checkpoint(key.name, size, merkle.root(leaves[:size])), [key])


def request(old: int, size: int, leaves: list[bytes] = LEAVES, key: SigningKey = LOG) -> Request:
    return Request(old, tuple(merkle.consistency_proof(leaves[:size], old)) if old else (), note(size, leaves, key))


def begun(key: SigningKey, folder: Path, *logs: SigningKey) -> Witness:
    """Return a witness whose key is new."""
    made = Witness(key, folder, [parse_verifier(each.vkey) for each in logs], lambda: 1_700_000_000_999_999)
    made.begin()
    return made
