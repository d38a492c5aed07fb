"""Proofs for outsiders: which entries are about a lot or an event, and the text that proves each.

Rules (DESIGN section 5):

1. A proof stands under a checkpoint that is on record, by default the newest; any signed size that covers the entry will do.
2. It carries every key entry up to that size with its inclusion proof, and of each change of key the checkpoint that both keys
   signed (:mod:`foodtrace.tlog.bundle`).
3. What leaves here has been checked as an outsider would check it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from foodtrace.errors import Ambiguous, BadData, Integrity, NotFound, ProofError
from foodtrace.events import Key
from foodtrace.events.canonical import decode_alone
from foodtrace.graph.directory import resolve_lot
from foodtrace.graph.names import find
from foodtrace.opening import LogState, logs
from foodtrace.operations import documents
from foodtrace.operations.common import said
from foodtrace.operations.entries import Target, target_at
from foodtrace.operations.history import own_corrections
from foodtrace.operations.vouchers import Voucher, voucher
from foodtrace.storage.session import Session
from foodtrace.tlog.about import About, about_entry
from foodtrace.tlog.bundle import Checked, KeyEntry, check_bundle, encode_keys, verifier_in
from foodtrace.tlog.checkpoint import parse_head
from foodtrace.tlog.entry import event_bytes
from foodtrace.tlog.frontier import StoredNodes
from foodtrace.tlog.merkle import consistency_proof_from, inclusion_proof_from, leaf_hash, verify_inclusion
from foodtrace.tlog.nodes import stored_nodes
from foodtrace.tlog.proof import format_proof
from foodtrace.tlog.whole import first_part

__all__ = ["Proven", "entries_of", "note_at", "prove", "prove_all", "with_parts"]

_ABOUT_LOT: Final = (
    "SELECT log, seq, ended FROM move WHERE lot = ? UNION SELECT log, seq, ended FROM lot_fact WHERE lot = ? "
    "UNION SELECT log, seq, ended FROM about WHERE subject = ?"
)
_ENTRIES: Final = "SELECT e.seq, e.bytes FROM {ids} CROSS JOIN entry AS e WHERE e.seq = f.value AND e.log = ?"
_AT_ONCE: Final = 500
"""Entries read at once, when many are proven."""


class Proven(msgspec.Struct, frozen=True, kw_only=True):
    """One entry with its proof."""

    about: About
    entry: bytes
    """The entry's exact bytes."""
    proof: bytes
    """Text of the proof, c2sp.org/tlog-proof@v1."""
    vkey: str
    """Verifier key of the log's key in force."""
    size: int
    """Entries that the checkpoint covers."""


def entries_of(session: Session, given: str) -> list[tuple[LogState, int]]:
    """Return the entries that ``given`` means, by log and sequence number.

    :param given: an event id; a transfer's number (``V-..``); ``ORIGIN#SEQ`` (``#SEQ`` where there is one log); a lot, by id
        or code: then every entry about it; or the number of a document: then every entry of it. Corrections go along; of an event in
        parts, all its entries; of ``ORIGIN#SEQ`` that one. An id that is the number of its own document too means the whole document.
    :raises NotFound: ``lot.not_found``, ``prove.no_entry``, ``voucher.*``. :raises BadData: ``lot.form``.
    :raises Ambiguous: ``lot.ambiguous``, ``voucher.ambiguous``; ``prove.ambiguous`` where a lot's code, or an event's id, is the
        number of another document too, or two senders' documents have it.
    """
    states = {state.number: state for state in logs(session)}
    placed = _placed(states, given)
    if placed is not None:
        return [placed]
    by_id = [
        (state, int(row[0]))
        for state in states.values()
        if (row := session.row("SELECT seq FROM entry WHERE log = ? AND id = ?", (state.number, given))) is not None
    ]
    others = _others(session, given, {(state.number, seq) for state, seq in by_id}) if by_id else []
    if by_id and not others:
        return with_parts(session, by_id)
    lot, transfer, papers = ("", None, others) if by_id else _meant(session, given)
    if transfer is not None:
        return with_parts(session, [(states[transfer.log], transfer.seq)])
    found = {(each.log, each.seq) for each in papers}
    found |= {(one.log, one.seq) for each in papers for one in own_corrections(session, each)}
    number = find(session, [lot]).get(lot) if lot else None
    for log, seq, ended in session.rows(_ABOUT_LOT, (number, number, number)) if number is not None else ():
        found.add((log, seq))
        if ended > 0:  # the correction that removed it
            found.add((log, ended - 1))
    if not found:
        raise NotFound("prove.no_entry", value=lot)
    return with_parts(session, sorted(((states[log], seq) for log, seq in found), key=lambda each: (each[0].origin, each[1])))


def _meant(session: Session, given: str) -> tuple[str, Voucher | None, list[Target]]:
    """Return the lot that is meant, or the transfer, or the entries of the document.

    A lot whose code reads like the number of a transfer is the lot; where it is the number of a document too, nothing is chosen.
    """
    lot, missing = "", None
    try:
        lot = resolve_lot(session, given)
    except (NotFound, BadData) as error:
        missing = error
        try:
            transfer = voucher(session, given)
        except NotFound as other:
            transfer, missing = None, other
        if transfer is not None:
            return "", transfer, []
    # A full id of a lot names itself; a code is short enough to be a number as well.
    papers = documents.of_number(session, given) if not lot or "/" not in given else []
    if lot:
        papers = [each for each in papers if str(getattr(said(each.event), "lot", "")) != lot]
        if papers:
            raise Ambiguous("prove.ambiguous", value=given, candidates=[lot, *documents.lines(papers)])
        return lot, None, []
    if not papers:
        raise missing or NotFound("prove.no_entry", value=given)
    if len(documents.senders(papers)) > 1:
        raise Ambiguous("prove.ambiguous", value=given, candidates=documents.lines(papers))
    return "", None, papers


def _others(session: Session, given: str, by_id: set[tuple[int, int]]) -> list[Target]:
    """Return the document of which the entries with an id are a part, none if the id is no number of anything.

    An id that somebody chose may be the number of another document too, or read like that of another transfer: then nothing is chosen.
    An id that was made here is looked for nowhere else: every entry would have to be looked at.

    :raises Ambiguous: ``prove.ambiguous``.
    """
    if documents.MADE.fullmatch(given):
        return []
    papers = documents.of_number(session, given)
    meant = {(each.log, each.seq): each for each in (*papers, *documents.numbered(session, given))}
    if by_id >= meant.keys():
        return []
    if len(documents.senders(papers)) == 1 and by_id <= meant.keys() == {(each.log, each.seq) for each in papers}:
        return papers
    own = [target for log, seq in sorted(by_id) if (log, seq) not in meant and (target := target_at(session, log, seq)) is not None]
    raise Ambiguous("prove.ambiguous", value=given, candidates=documents.lines([*own, *meant.values()]))


def with_parts(session: Session, entries: list[tuple[LogState, int]]) -> list[tuple[LogState, int]]:
    """Put the other entries of an event in parts before its last: without them it is not proven."""
    made: dict[tuple[int, int], LogState] = {}
    for state, seq in entries:
        row = session.row("SELECT bytes FROM entry WHERE log = ? AND seq = ?", (state.number, seq))
        first = seq if row is None else first_part(decode_alone(event_bytes(bytes(row[0]))), seq)
        made.update({(state.number, each): state for each in range(first, seq + 1)})
    return [(state, seq) for (_, seq), state in made.items()]


def _placed(states: dict[int, LogState], given: str) -> tuple[LogState, int] | None:
    origin, mark, number = given.rpartition("#")
    if not mark or not number.isascii() or not number.isdigit():
        return None
    wanted = [state for state in states.values() if not origin or state.origin == origin or state.origin.endswith("/" + origin)]
    if len(wanted) == 1 and int(number) < wanted[0].size:
        return wanted[0], int(number)
    raise NotFound("prove.no_entry", value=given)


def note_at(session: Session, state: LogState, size: int | None = None) -> tuple[int, bytes]:
    """Return (size, checkpoint) of a log: the newest, or the one of a size. Raises ``NotFound`` (``prove.no_checkpoint``)."""
    if size is None:
        row = session.row("SELECT size, note FROM checkpoint WHERE log = ? ORDER BY size DESC LIMIT 1", (state.number,))
    else:
        row = session.row("SELECT size, note FROM checkpoint WHERE log = ? AND size = ?", (state.number, size))
    if row is None:
        near = session.rows("SELECT size FROM checkpoint WHERE log = ? AND size > ? ORDER BY size LIMIT 3", (state.number, size or 0))
        raise NotFound("prove.no_checkpoint", value=size or 0, log=state.origin, near=[str(each[0]) for each in near])
    return int(row[0]), bytes(row[1])


def prove(
    session: Session,
    state: LogState,
    seq: int,
    *,
    size: int | None = None,
    checkpoint: bytes | None = None,
    nodes: StoredNodes | None = None,
) -> Proven:
    """Return the proof of one entry.

    :param size: the checkpoint on record to prove it under; by default the newest.
    :param checkpoint: a copy of a checkpoint on record with cosignatures of witnesses, instead of ``size``.
    :param nodes: from :func:`foodtrace.tlog.nodes.stored_nodes`, to share what was read between several proofs.
    :raises NotFound: ``prove.no_entry``, ``prove.no_checkpoint``. :raises BadData: ``prove.uncovered``.
    :raises Integrity: ``prove.broken``, ``proof.node_missing``: what is stored does not lead to what was signed.
    """
    if checkpoint is not None:
        size = parse_head(checkpoint.rpartition(b"\n\n")[0] + b"\n").size
    size, note = note_at(session, state, size)
    note = checkpoint or note
    if seq >= size:
        raise BadData("prove.uncovered", value=seq, expected=size)
    row = session.row("SELECT bytes FROM entry WHERE log = ? AND seq = ?", (state.number, seq))
    if row is None:
        raise NotFound("prove.no_entry", value=f"{state.origin}#{seq}")
    entry, node = bytes(row[0]), nodes or stored_nodes(session, state.number)
    extra = encode_keys(_key_entries(session, state, size, node))
    proof = format_proof(seq, inclusion_proof_from(node, seq, size), note, extra)
    checked = _checked(proof, entry, state.origin)
    return Proven(about=about_entry(entry), entry=entry, proof=proof, vkey=checked.by, size=size)


def prove_all(session: Session, state: LogState, seqs: Sequence[int]) -> Iterator[tuple[int, bytes, bytes, str]]:
    """Return (seq, proof, entry, verifier key) of many entries of a log under its newest checkpoint, in order; raises as :func:`prove`.

    The first is checked as an outsider would check it, the others against the root that was signed (rule 3).
    """
    size, note = note_at(session, state)
    nodes = stored_nodes(session, state.number)
    extra = encode_keys(_key_entries(session, state, size, nodes))
    first: Checked | None = None
    for start in range(0, len(seqs), _AT_ONCE):
        some = seqs[start : start + _AT_ONCE]
        stored = {seq: bytes(data) for seq, data in session.each(_ENTRIES, some, (state.number,))}
        for seq in some:
            if seq >= size or seq not in stored:
                raise NotFound("prove.no_entry", value=f"{state.origin}#{seq}")
            path, entry = inclusion_proof_from(nodes, seq, size), stored[seq]
            proof = format_proof(seq, path, note, extra)
            if first is None:
                first = _checked(proof, entry, state.origin)
            else:
                _lead_to(first.proven.checkpoint.root, seq, size, entry, path, state.origin)
            yield seq, proof, entry, first.by


def _lead_to(root: bytes, seq: int, size: int, entry: bytes, path: Sequence[bytes], origin: str) -> None:
    try:
        verify_inclusion(index=seq, size=size, leaf_hash=leaf_hash(entry), proof=path, root=root)
    except ProofError as error:
        raise Integrity("prove.broken", value=origin, reason=error.message("en")) from None


def _checked(proof: bytes, entry: bytes, origin: str) -> Checked:
    """Carry out rule 3."""
    try:
        own = verifier_in(proof)
        return check_bundle(proof, entry, [] if own is None else [own], origin=origin)
    except ProofError as error:
        raise Integrity("prove.broken", value=origin, reason=error.message("en")) from None


def _key_entries(session: Session, state: LogState, size: int, node: StoredNodes) -> list[KeyEntry]:
    """Return the key entries of a log up to a size, the first one first."""
    found: list[KeyEntry] = []
    seq: int | None = parse_head(note_at(session, state, size)[1].rpartition(b"\n\n")[0] + b"\n").key_entry
    while seq is not None:
        row = session.row("SELECT bytes FROM entry WHERE log = ? AND seq = ?", (state.number, seq))
        event = None if row is None else decode_alone(event_bytes(bytes(row[0])))
        if row is None or not isinstance(event, Key) or (event.previous is not None and event.previous >= seq):
            raise Integrity("prove.broken", value=state.origin, reason=f"key entry {seq}")
        rotated = event.action == "rotate"
        found.append(
            KeyEntry(
                index=seq,
                entry=bytes(row[0]),
                hashes=tuple(inclusion_proof_from(node, seq, size)),
                handover=note_at(session, state, seq + 1)[1] if rotated else b"",
                consistency=tuple(consistency_proof_from(node, seq + 1, size)) if rotated else (),
            )
        )
        seq = event.previous
    return found[::-1]
