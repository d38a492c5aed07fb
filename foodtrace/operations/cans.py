"""Codes on cans, cases and pallets: what was scanned, and which batch that is.

Rules:

1. A scanner types what is printed: a GS1 element string, a Digital Link, or plain text ``LOT SERIAL`` / ``GTIN SERIAL``; full-width
   letters and the scanner's own prefix are put right.
2. A code without batch names the batch whose range of can codes holds the serial; several, or none, is said, never guessed.
3. Two lines of the same code within one scan are one can: a scanner reads twice.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from foodtrace.errors import Ambiguous, BadData, NotFound
from foodtrace.events import FormulaBatch
from foodtrace.graph.directory import folded, resolve_lot
from foodtrace.graph.names import used
from foodtrace.identifiers import digital_link, elements, gs1
from foodtrace.operations.common import latest
from foodtrace.storage.session import Session

_PREFIX: Final = re.compile(r"^\](?:C1|e0|d2|Q3|Q1|J1)")
"""Symbology identifiers that scanners type first (ISO/IEC 15424)."""
_BATCHES: Final = 2_000
"""Batches of one product that are looked at for a can without batch."""


class Scanned(msgspec.Struct, frozen=True, kw_only=True):
    """What a code says, before any ledger is asked."""

    gtin: str = ""
    """14 digits."""
    code: str = ""
    """Batch code, or the lot as typed."""
    serial: str = ""
    sscc: str = ""
    """Of a pallet or case."""

    @property
    def lot(self) -> str:
        """The lot as it can be looked up; empty where the code names none."""
        return f"{self.gtin}/{self.code}" if self.gtin and self.code else self.code


def read(text: str) -> Scanned:
    """Read one scanned or typed code (rule 1). Raises ``BadData`` (``can.unread``, ``gs1.*``)."""
    given = _PREFIX.sub("", folded(text))
    if not given:
        raise BadData("can.unread", value=text, expected="(01)..(10)..(21)..")
    if given[:4].lower() == "http":
        link = digital_link.parse(given, lenient=True)
        return Scanned(gtin=link.gtin or "", code=link.lot or "", serial=link.serial or "")
    if given.startswith("(") or "\x1d" in given or re.match(r"(?:01\d{14}|00\d{18})", given):
        found = elements.parse(given, lenient=True)
        return Scanned(gtin=found.get("01") or "", code=found.get("10") or "", serial=found.get("21") or "", sscc=found.get("00") or "")
    first, _, rest = given.partition(" ")
    if first.isdigit() and len(first) in (12, 13, 14) and rest:
        return Scanned(gtin=gs1.parse(first, lenient=True).digits, serial=rest.strip())
    return Scanned(code=first, serial=rest.strip())


def batch_of(session: Session, scanned: Scanned) -> str:
    """Return the full id of the batch a code belongs to (rule 2).

    :raises NotFound: ``lot.not_found``, ``can.no_batch``. :raises Ambiguous: ``lot.ambiguous``. :raises BadData: ``can.unread``.
    """
    if scanned.code:
        return resolve_lot(session, scanned.lot)
    if not (scanned.gtin and scanned.serial):
        raise BadData("can.unread", value=scanned.gtin or scanned.sscc or "-", expected="(01)..(10)..(21)..")
    start = scanned.gtin + "/"
    sql = f"SELECT n.text FROM name AS n WHERE n.text >= ? AND n.text < ? AND {used('n')} ORDER BY n.text LIMIT ?"  # noqa: S608 - constants
    rows = session.rows(sql, (start, start + "\x7f", _BATCHES))
    fitting = [lot for (lot,) in rows if in_range(latest(session, lot, FormulaBatch), scanned.serial)]
    if len(fitting) == 1:
        return str(fitting[0])
    if fitting:
        raise Ambiguous("lot.ambiguous", value=f"{scanned.gtin} {scanned.serial}", candidates=fitting)
    raise NotFound("can.no_batch", value=f"{scanned.gtin} {scanned.serial}")


def in_range(batch: FormulaBatch | None, serial: str) -> bool | None:
    """Say whether a can code lies in a batch's range; none where the batch states none."""
    if batch is None or not batch.first_serial or not batch.last_serial:
        return None
    first, last = batch.first_serial, batch.last_serial
    if first.isdigit() and last.isdigit() and serial.isdigit():
        return len(serial) == len(first) and int(first) <= int(serial) <= int(last)
    return len(serial) == len(first) and first <= serial <= last
