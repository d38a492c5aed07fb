"""A log, another log and a witness, a checkpoint that they sign, and how a note that must not count is refused."""

import pytest

from foodtrace.errors import ProofError
from foodtrace.keys import SigningKey
from foodtrace.tlog import note
from foodtrace.tlog.note import Cosigner, Verifier, format_checkpoint, open_note, parse_verifier, sign_note

LOG = SigningKey("example.com/log", bytes(range(32)))
OTHER = SigningKey("example.com/other", bytes(range(1, 33)))
WITNESS = Cosigner(SigningKey("witness.example/w1", bytes(range(2, 34))), 1_700_000_000)
ROOT = bytes(range(32))
TEXT = format_checkpoint("example.com/log", 42, ROOT, ["keys 7"])


def verifiers(*keys: SigningKey | Cosigner) -> list[Verifier]:
    """Return the verifiers of keys."""
    return [parse_verifier(each.vkey) for each in keys]


def refused(data: bytes, *keys: SigningKey | Cosigner) -> str:
    """Return the code with which a note is refused by whoever knows these keys."""
    with pytest.raises(ProofError) as caught:
        open_note(data, verifiers(*keys))
    return caught.value.code


GOOD = sign_note(TEXT, [LOG])
LINE = note.signature_line(TEXT, LOG)
