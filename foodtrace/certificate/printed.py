"""Codes that foodtrace prints besides certificates: what form a text has. Pure; what is on record of them is the ledger's.

===============  ==============================================================  ===========================================
kind             the text is                                                     problem
===============  ==============================================================  ===========================================
``slip``         an entry slip of a gate (:mod:`foodtrace.gate.slip`)            ``scan.slip``, cut short ``scan.truncated``
``notice``       the receipt code of a recall notice                             ``scan.notice``
``staff_card``   a staff card, whole or damaged                                  ``scan.staff_card``
``lot``          a gate's lot code                                               ``scan.lot``, ``scan.lot_digit``
``checkpoint``   a checkpoint of a log, as a ledger's last page has it           ``scan.checkpoint``
===============  ==============================================================  ===========================================

A staff card is its own password and a receipt code says that a notice arrived: neither is ever in what is returned.
"""

from __future__ import annotations

import binascii
import re
import unicodedata
from base64 import b64decode
from typing import Final, Literal, NamedTuple, TypeAlias

from foodtrace.errors import BadData
from foodtrace.gate.slip import PREFIX, parse_slip
from foodtrace.gate.staffcard import looks_like_card, parse_card
from foodtrace.identifiers import lot as lots
from foodtrace.tlog.checkpoint import TreeHead, parse_head

Kind: TypeAlias = Literal["slip", "notice", "staff_card", "lot", "checkpoint"]
MASK: Final = "***"
CHECKPOINT: Final = "data:text/plain;charset=utf-8;base64,"
"""What stands before a checkpoint in a code: a note has a dash that is no ASCII."""
_RECEIPT: Final = re.compile(r"(.{0,200}/RECEIPT/[A-Z0-9-]{1,40}/[A-Z0-9.-]{1,40}/)[A-Z2-9]{10}\s*", re.IGNORECASE)
_GATE_CODE: Final = re.compile(r"[0-9]{6}-[0-9]{1,3}-[0-9]{5,7}")
_CARD: Final = re.compile(r"FTSTAFF-?([A-Z0-9][A-Z0-9-]{0,19}?)?-[A-Z2-7]{4,}", re.IGNORECASE)


class Form(NamedTuple):
    """What a text turned out to be."""

    kind: Kind
    shown: str
    """The text as it may be shown."""
    problem: BadData
    """Why it is no certificate."""


def form_of(text: str) -> Form | None:
    """Return the form of a code that we print, none of any other text."""
    if looks_like_card(text):
        shown = _masked(text)
        return Form("staff_card", shown, BadData("scan.staff_card", value=shown))
    receipt = _RECEIPT.fullmatch(text[:400])
    if receipt is not None:
        return Form("notice", receipt[1] + MASK, BadData("scan.notice", value=receipt[1] + MASK))
    if text[: len(PREFIX)].lower() == PREFIX:
        whole = parse_slip(text) is not None
        return Form("slip", text, BadData("scan.slip" if whole else "scan.truncated", value=text, length=len(text)))
    if _GATE_CODE.fullmatch(text) is not None:
        return _lot(text)
    if text.startswith(CHECKPOINT) and head_in(text) is not None:
        return Form("checkpoint", text, BadData("scan.checkpoint", value=text))
    return None


def head_in(text: str) -> TreeHead | None:
    """Return what the checkpoint in a code says, none if there is none; its signatures are not looked at."""
    try:
        body, blank, _ = b64decode(text.removeprefix(CHECKPOINT), validate=True).partition(b"\n\n")
        return parse_head(body + b"\n") if blank else None
    except (BadData, binascii.Error, ValueError):
        return None


def _lot(text: str) -> Form | None:
    try:
        lots.parse_gate_code(text)
    except BadData as error:
        if error.code != "lot.check_digit":
            return None
        return Form("lot", text, BadData("scan.lot_digit", value=text, expected=error.expected))
    return Form("lot", text, BadData("scan.lot", value=text))


def _masked(text: str) -> str:
    """Return a card's text without its secret; of a damaged card nothing but what it is."""
    card = parse_card(text)
    if card is not None:
        return f"FTSTAFF-{card.number}-{MASK}"
    found = _CARD.search(unicodedata.normalize("NFKC", text).upper())
    return f"FTSTAFF-{found[1]}-{MASK}" if found and found[1] else f"FTSTAFF-{MASK}"
