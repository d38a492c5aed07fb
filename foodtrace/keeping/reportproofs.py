"""The proofs of a case report: for every record it rests on, files by which anybody can check that it was on record.

Rules:

1. For each record a ``.tlog-proof`` and its ``.entry``, for each log its ``.vkey``, and ``README.txt``, which says how to check by
   hand: the files that ``foodtrace prove`` writes, in one ``tar.gz`` (:mod:`foodtrace.tlog.prooftar`).
2. Records of the case come first, then those of its goods, sales to consumers last, as far as a bound allows; how many records the
   report rests on and how many of them are here stands in ``README.txt`` and in the page.
3. An entry holds no personal value, only commitments (DESIGN section 5): what leaves here is what was sealed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from foodtrace.keeping.proving import prove_all, with_parts
from foodtrace.opening import LogState, logs
from foodtrace.recall.report import Report
from foodtrace.recall.report_entries import CaseEntry, in_order_of_proof
from foodtrace.storage.session import Session
from foodtrace.texts import Lang, text
from foodtrace.tlog.prooftar import pack

__all__ = ["MOST_PROOFS", "ProofPack", "proofs_of"]

MOST_PROOFS: Final = 20_000
"""Records whose proofs a page carries."""
_MOST_BYTES: Final = 12_000_000
"""Bytes of the packed proofs that a page carries."""
_NOT_IN_A_NAME: Final = re.compile("[^A-Za-z0-9._-]+")


class ProofPack(msgspec.Struct, frozen=True, kw_only=True):
    """The proofs of a report, packed."""

    packed: bytes
    """``tar.gz``."""
    proven: int
    """Records the report rests on whose proof is in it."""
    left_out: int
    """Records the report rests on whose proof is not."""


def proofs_of(session: Session, report: Report, *, lang: Lang = "en", most: int | None = MOST_PROOFS) -> ProofPack:
    """Return the proofs of the records of a report, made in the same transaction.

    :param most: how many records at most (rule 2); none: all that the report lists, however many.
    :raises Integrity: ``prove.broken``: what is stored does not lead to what was signed.
    """
    listed = len(report.entries) + len(report.goods)
    records = listed if most is None else min(listed, most)
    packed = _packed(session, report, records, lang)
    while most is not None and len(packed) > _MOST_BYTES and records > 1:
        records //= 2
        packed = _packed(session, report, records, lang)
    return ProofPack(packed=packed, proven=records, left_out=listed + report.goods_left_out - records)


def _packed(session: Session, report: Report, records: int, lang: Lang) -> bytes:
    states = {state.origin: state for state in logs(session)}
    left = len(report.entries) + len(report.goods) + report.goods_left_out - records
    says = text("report.proofs.readme", lang, case=report.case, proven=records, left=left)
    return b"".join(pack(_files(session, states, chosen(report, records), _names(report), says)))


def chosen(report: Report, most: int) -> dict[str, list[CaseEntry]]:
    """Return the records that are proven, by log (rule 2)."""
    found: dict[str, list[CaseEntry]] = {}
    for each in in_order_of_proof(report.entries, report.goods)[:most]:
        found.setdefault(each.log, []).append(each)
    return {log: sorted(entries, key=lambda each: each.seq) for log, entries in sorted(found.items())}


def _files(
    session: Session, states: Mapping[str, LogState], wanted: Mapping[str, Sequence[CaseEntry]], names: Mapping[str, str], says: str
) -> Iterator[tuple[str, bytes]]:
    yield "README.txt", says.encode()
    for log, entries in wanted.items():
        kinds = {each.seq: each.kind.replace("_", "-") for each in entries}
        whole = [seq for _, seq in with_parts(session, [(states[log], seq) for seq in kinds])]
        vkey = ""
        for seq, proof, entry, by in prove_all(session, states[log], sorted(whole)):
            name = f"{names[log]}-{seq}-{kinds.get(seq, 'part')}"
            yield name + ".tlog-proof", proof
            yield name + ".entry", entry
            vkey = by
        yield names[log] + ".vkey", vkey.encode() + b"\n"


def _names(report: Report) -> dict[str, str]:
    """Return what the files of each log are called after: the last part of its name, numbered where two are alike."""
    names: dict[str, str] = {}
    for each in report.logs:
        short = _NOT_IN_A_NAME.sub("-", each.log.rpartition("/")[2]).strip(".-")[:40] or "log"
        names[each.log] = short if short not in names.values() else f"{short}-{len(names)}"
    return names
