"""Answers of commands that write, as programs read them: ``transfer --json``, ``key register --json`` and their kin.

Rules:

1. What was put on record is in the answer whole, and where it stands: the origin of its log and its number there.
2. Nothing new on record has no number: ``log`` is empty and ``seq`` is null.
3. ``schemas/`` has the form of each.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import msgspec

from foodtrace.certificate.balance import OverCertified
from foodtrace.events import CertificateIssued, Key, Transfer

if TYPE_CHECKING:
    from foodtrace.recording import Receipt


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """Where an answer's event stands on record (rule 2)."""

    log: str
    """Origin of the log."""
    seq: int | None
    """Its number there."""


def placed(receipt: Receipt | None) -> dict[str, Any]:
    """Return ``log`` and ``seq`` of what was just recorded (rule 2)."""
    return {"log": "", "seq": None} if receipt is None else {"log": receipt.log, "seq": receipt.last}


class TransferSaid(Placed, frozen=True, kw_only=True):
    """What ``transfer`` recorded."""

    event: Transfer
    voucher: str
    """Number of the voucher as given, else the number that the entry is called by (``V-261128-0012``)."""


class KeySaid(Placed, frozen=True, kw_only=True):
    """What ``key register`` and ``key revoke`` recorded about a key that signs certificates."""

    event: Key


class KeyMade(msgspec.Struct, frozen=True, kw_only=True):
    """The key file that ``key create`` made."""

    key_id: str
    """8 hex digits."""
    name: str
    path: str
    """Its file, mode 0600."""
    vkey: str
    """Its public half, as others are told it."""


class KeyListWritten(msgspec.Struct, frozen=True, kw_only=True):
    """The signed list of issuers' keys that ``key list --export`` wrote."""

    file: str
    keys: int
    revoked: int
    """How many of them are revoked."""
    until: dt.date
    """Last day on which it should be relied on."""
    signer: str
    """Verifier key of the log that signed it."""


class OperatorSaid(Placed, frozen=True, kw_only=True):
    """What ``operator add`` registered."""

    operator: str
    """Its credit code or local id."""


class SiteSaid(Placed, frozen=True, kw_only=True):
    """What ``site edit`` changed."""

    site: str
    changed: list[str]
    """Names of the fields that are no longer what they were."""


class CertificateSaid(msgspec.Struct, frozen=True, kw_only=True):
    """What ``certificate issue`` and ``certificate record`` put on record."""

    event: CertificateIssued
    text: str
    """The text of its QR code; empty for a paper that is not ours."""
    file: str
    """Its label; empty for a paper that is not ours."""
    findings: tuple[OverCertified, ...]
    """What does not add up about the lots it was made from."""


class LabelsWritten(msgspec.Struct, frozen=True, kw_only=True):
    """What ``certificate label`` wrote."""

    labels: int
    sheets: int
    """A4 sheets; 0 without ``--sheet``."""
    file: str
    """The file, or the folder of one file a certificate."""
