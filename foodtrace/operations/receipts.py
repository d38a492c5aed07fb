"""Receipt codes: the letters on a notice by which whoever answers shows that the notice arrived.

Rules:

1. The code is beside the log, its commitment in the entry of the notice: whoever says it had the notice.
2. It comes as the text of the QR code, or as its letters alone, over the telephone: then any notice of any case may be meant.
3. What the commitment says counts. What is kept beside the log only says which notice to look at first.
4. However many codes are asked about, the notices of a case are read once: O(notices + codes).
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Iterator
from functools import cached_property
from typing import Final, NamedTuple

from foodtrace.errors import BadData, NotFound
from foodtrace.events import Notice
from foodtrace.operations.certificates import HOST
from foodtrace.personal import commit
from foodtrace.recall.cases import case_events, case_ids
from foodtrace.storage.session import Session

_ALONE: Final = re.compile("[A-Z2-9]{10}")
"""A receipt code alone, without case and party."""
_KEPT: Final = (
    "SELECT p.seq, p.salt, p.value FROM {ids} CROSS JOIN personal AS p WHERE p.seq = f.value AND p.log = ? AND p.field = 'receipt'"
)
"""What is kept beside the log of the codes of a log's notices."""


def receipt_text(case: str, party: str, code: str) -> str:
    """Return the text of a notice's QR code."""
    return f"https://{HOST}/receipt/{case}/{party}/{code}"


def read_receipt(given: str) -> tuple[str, str, str]:
    """Return (case, party, code) of a notice's QR text, however it was typed. Raises ``BadData`` (``case.receipt_form``)."""
    plain = unicodedata.normalize("NFKC", given[:400]).strip().upper()
    match = re.search(r"RECEIPT/([A-Z0-9-]{1,40})/([A-Z0-9.-]{1,40})/([A-Z2-9]{10})\s*$", plain)
    if match is None:
        raise BadData("case.receipt_form", value=given, expected=receipt_text("2026-0001", "L-0003", "K7M2QW9XRT"))
    return match.group(1), match.group(2), match.group(3)


def notice_of(session: Session, given: str) -> Notice:
    """Return the notice that a receipt code was printed on. See :meth:`Receipts.notice`."""
    return Receipts(session).notice(given)


class _Coded(NamedTuple):
    """A notice, and what is kept of its code beside the log."""

    event: Notice
    salt: bytes | None
    """None: it was erased."""
    value: str

    def has(self, code: str) -> bool:
        """Tell whether this is the code it was printed with (rule 3)."""
        return self.salt is not None and secrets.compare_digest(commit(self.salt, "receipt", code), self.event.commitments["receipt"])


class Receipts:
    """The notices on record, looked up by their codes (rule 4)."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._cases: dict[str, dict[str, list[_Coded]]] = {}

    def notice(self, given: str) -> Notice:
        """Return the notice that a receipt code was printed on; its letters alone say which notice too (rule 2).

        :raises BadData: ``case.receipt_form``. :raises NotFound: ``case.receipt_unknown``, ``case.receipt_erased``.
        """
        alone = _ALONE.fullmatch(unicodedata.normalize("NFKC", given[:400]).strip().upper())
        case, party, code = ("", "", alone[0]) if alone else read_receipt(given)
        among = self._with(code) if alone else self._of(case).get(party, [])
        found = next((each.event for each in among if each.has(code)), None)
        if found is None:
            erased = not alone and any(each.salt is None for each in among)
            raise NotFound("case.receipt_erased" if erased else "case.receipt_unknown", value=f"{case} {party}".strip() or code)
        return found

    def _of(self, case: str) -> dict[str, list[_Coded]]:
        """Return the notices of a case by whom they went to."""
        if case not in self._cases:
            by_party: dict[str, list[_Coded]] = {}
            for each in self._read(case):
                by_party.setdefault(each.event.to, []).append(each)
            self._cases[case] = by_party
        return self._cases[case]

    def _read(self, case: str) -> Iterator[_Coded]:
        told = [
            (event, entry)
            for _, event, entry in case_events(self._session, case)
            if isinstance(event, Notice) and "receipt" in event.commitments
        ]
        by_log: dict[int, list[int]] = {}
        for _, (log, seq) in told:
            by_log.setdefault(log, []).append(seq)
        kept: dict[tuple[int, int], tuple[bytes, str]] = {}
        for log, seqs in by_log.items():
            rows = self._session.each(
                _KEPT,
                sorted(seqs),
                (log,),
            )
            kept |= {(log, seq): (bytes(salt), str(value)) for seq, salt, value in rows}
        for event, entry in told:
            salt, value = kept.get(entry, (None, ""))
            yield _Coded(event, salt, value)

    @cached_property
    def _by_code(self) -> tuple[dict[str, list[_Coded]], list[_Coded]]:
        """Notices of every case by their code; and those of which what is kept beside the log is not what the entry says."""
        known: dict[str, list[_Coded]] = {}
        unfit: list[_Coded] = []
        for each in (each for case in case_ids(self._session) for mine in self._of(case).values() for each in mine):
            if each.has(each.value):
                known.setdefault(each.value, []).append(each)
            elif each.salt is not None:
                unfit.append(each)
        return known, unfit

    def _with(self, code: str) -> list[_Coded]:
        known, unfit = self._by_code
        return [*known.get(code, ()), *unfit]


__all__ = ["Receipts", "notice_of", "read_receipt", "receipt_text"]
