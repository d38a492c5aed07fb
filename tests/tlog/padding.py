"""Tells whether a changed copy of a proof differs only in bits that base64 leaves unused."""

from __future__ import annotations

import base64

from tests.cli.shell import lot_of, run, shop  # noqa: F401 - a fixture


def same_bits(good: bytes, changed: bytes) -> bool:
    """Say whether a change lies only in the bits under base64 padding, which stand for nothing: we refuse it, others need not."""
    ((was, now),) = [pair for pair in zip(good.split(b"\n"), changed.split(b"\n"), strict=True) if pair[0] != pair[1]]
    (head, _, old), (other, _, new) = was.rpartition(b" "), now.rpartition(b" ")
    return head == other and old.endswith(b"=") and base64.b64decode(old) == base64.b64decode(new)
