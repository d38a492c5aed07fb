"""Older checkpoints that somebody else kept: whether a log extends them, and what that proves.

Rules:

1. The checkpoint counts if the key that the log had in force at its size has signed it, or a key that the auditor trusts. One of a
   log that is not here is an error, never passed over.
2. It is compared by a consistency proof between its root and the root that this run verified.
3. A cosignature of a witness whose key the auditor gave makes it *witnessed*. Without one it is *published*: it proves as much as
   whoever kept it can be trusted not to have changed it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from foodtrace.errors import FoodtraceError, NotFound, ProofError
from foodtrace.keys import ED25519
from foodtrace.opening import LogState
from foodtrace.storage.session import Session
from foodtrace.tlog.checkpoint import TreeHead, parse_head
from foodtrace.tlog.frontier import Frontier
from foodtrace.tlog.keychain import KeyChain
from foodtrace.tlog.merkle import verify_consistency
from foodtrace.tlog.nodes import consistency_at
from foodtrace.tlog.note import MAX_NOTE, Verifier, parse_checkpoint
from foodtrace.tlog.verify import Finding, key_event, verifier_of
from foodtrace.tlog.witness import note_in
from foodtrace.verification.answer import Assured
from foodtrace.verification.mark import LogMark


class Older(msgspec.Struct, frozen=True):
    """An older checkpoint as an auditor hands it in."""

    name: str
    """File it came in."""
    note: bytes
    head: TreeHead
    verifiers: tuple[Verifier, ...] = ()
    """Keys the auditor trusts: the log's, and witnesses'."""


def older(name: str, note: bytes, verifiers: Sequence[Verifier] = ()) -> Older:
    """Return a checkpoint to compare with.

    Whether it is signed by a key that is trusted, or by the one in force at its size, is for the comparison to say.

    :raises ProofError: it is none, or the signature by a key that is trusted is not one.
    """
    if len(note) > MAX_NOTE:
        raise ProofError("note.too_long", value=len(note), expected=MAX_NOTE)
    note = note_in(note)
    if any(each.algorithm == ED25519 for each in verifiers):
        try:
            return Older(name, note, parse_checkpoint(note, verifiers), tuple(verifiers))
        except ProofError as error:
            if error.code != "note.no_known_key":
                raise
    return Older(name, note, parse_head(note[: note.rfind(b"\n\n") + 1]), tuple(verifiers))


def extends(
    session: Session, logs: Mapping[str, tuple[LogState, LogMark]], given: Sequence[Older]
) -> tuple[dict[str, list[Assured]], list[Finding]]:
    """Compare logs that hold with older checkpoints; return what each log gains by it, and what does not hold.

    :raises NotFound: ``verify.since_log``: the checkpoint is of a log that is not here.
    """
    shown: dict[str, list[Assured]] = {}
    findings: list[Finding] = []
    for each in given:
        if each.head.origin not in logs:
            raise NotFound("verify.since_log", value=each.head.origin, expected=", ".join(sorted(logs)))
        state, mark = logs[each.head.origin]
        found = _compare(session, state, mark, each)
        if isinstance(found, Finding):
            findings.append(found)
        else:
            shown.setdefault(state.origin, []).extend(found)
    return shown, findings


def _compare(session: Session, state: LogState, mark: LogMark, given: Older) -> list[Assured] | Finding:
    head = given.head
    if head.size > state.size:
        return Finding(code="tlog.rolled_back", log=state.origin, seq=state.size - 1, expected=str(head.size), got=str(state.size))
    if head.size == 0:
        return Finding(code="tlog.since_empty", log=state.origin, expected="1", got="0")
    # 1. Who signed it?
    chain = KeyChain()
    for seq in mark.keys:
        event = key_event(session, state.number, seq) if seq < head.size else None
        if event is not None:
            chain.take(seq, event)
    own = [verifier_of(state.origin, public) for public in chain.signers(head.size)[:1]]
    try:
        signed = parse_checkpoint(given.note, {*own, *given.verifiers}, origin=state.origin)
    except FoodtraceError as error:
        expected = own[0].vkey if own else "-"
        return Finding(code="tlog.since_signature", log=state.origin, seq=head.size - 1, expected=expected, got=error.message("en"))
    # 2. Does the log extend it?
    root = Frontier.from_bytes(mark.edge).root()
    try:
        proof = consistency_at(session, state.number, head.size, state.size)
        verify_consistency(size1=head.size, size2=state.size, root1=head.root, root2=root, proof=proof)
    except FoodtraceError as error:
        return Finding(code="tlog.forked", log=state.origin, seq=head.size - 1, expected=head.root.hex(), got=error.message("en"))
    # 3. Who else stands for it?
    witnesses = [each.key for each in signed.note.signatures if each.time is not None]
    if witnesses:
        return [Assured("witnessed", head.size, key) for key in witnesses]
    return [Assured("published", head.size, given.name)]
