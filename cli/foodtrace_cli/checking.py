"""Checking proofs without a ledger: one with its entry beside it, or all that a packed file or a case report carries.

Rules:

1. Whatever is read is bounded first.
2. In a packed file each ``.tlog-proof`` is followed by the ``.entry`` of its name. Anything else but keys and ``README.txt``, a file
   with no proof in it, or damage anywhere in it, makes a "no", whatever its other proofs say.
3. A foodtrace log, which key entries show it to be, has nothing but entries in their one form, each of its own place: other bytes were
   put there by whoever holds the key. So were bytes that say another place, whatever the log.
4. Of a page the records it lists, each with place, kind, site, times and hash, how many it says are proven, and its logs' checkpoints are
   compared with what was proven; the rest of its words nobody vouches for.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

import msgspec

from foodtrace.errors import BadData, FoodtraceError, ProofError
from foodtrace.texts import LANGS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from foodtrace.tlog.bundle import Checked
    from foodtrace.tlog.conflicts import Facts
    from foodtrace.tlog.note import Verifier
    from foodtrace.tlog.pagelists import Form
    from foodtrace.tlog.proof import ProvenEntry
    from foodtrace.tlog.said import ProofSaid

_MOST: Final = 500_000_000
"""Bytes of a page or packed file."""
_PAGE: Final = (b"<!DOCTYPE html", b"\xef\xbb\xbf<!DOCTYPE html")


class Packed(msgspec.Struct, frozen=True):
    """A file with many proofs."""

    path: Path
    stream: BinaryIO
    """The packed bytes."""
    page: bytes = b""
    """The page they came in."""
    fault: ProofError | None = None
    """Why there are none to be found in it."""


def open_packed(path: Path) -> Packed | None:
    """Return the packed proofs of a case report or a ``.tar.gz``; none for another file.

    :raises BadData: ``proof.file_size``; ``proof.pack_other``: a file that another program packed. :raises NotFound: ``proof.page_none``.
    """
    from foodtrace.tlog.prooftar import MAGIC  # noqa: PLC0415

    with path.open("rb") as file:
        start = file.read(32)
        if not start.startswith((b"\x1f\x8b", *_PAGE)):
            return None
        if start.startswith(b"\x1f\x8b") and not start.startswith(MAGIC):
            raise BadData("proof.pack_other", value=str(path))
        data = start + file.read(_MOST - len(start) + 1)
    if len(data) > _MOST:
        raise BadData("proof.file_size", value=str(path), expected=_MOST)
    if start.startswith(b"\x1f\x8b"):
        return Packed(path, io.BytesIO(data))
    from foodtrace.tlog.proofpage import packed_in  # noqa: PLC0415

    try:
        return Packed(path, io.BytesIO(packed_in(data)), data)
    except ProofError as error:
        return Packed(path, io.BytesIO(), data, error)


def check_packed(
    packed: Packed,
    known: list[Verifier],
    witnesses: int,
    *,
    vouch: bool,
    rest: dict[str, int] | None = None,
    facts: dict[str, Facts] | None = None,
) -> Iterator[ProofSaid]:
    """Check every proof of a packed file (rules 2 and 4); the last answer is about the file as such, if there is a fault in it.

    :param rest: takes up of how many logs that a page lists nothing is proven in it. :param facts: as for :func:`check_one`.
    """
    from foodtrace.tlog.proofpage import Listed, Proven, disagreements  # noqa: PLC0415
    from foodtrace.tlog.said import ProofSaid  # noqa: PLC0415

    where = str(packed.path)
    proven: dict[str, Listed] = {}
    parts: set[str] = set()
    seen: dict[tuple[bytes, bytes | None], Checked] = {}
    try:
        if packed.fault is not None:
            raise packed.fault
        for name, proof, entry in _pairs(packed.stream):
            said = check_one(f"{where}: {name}", proof, entry, known, witnesses, vouch=vouch, seen=seen, facts=facts)
            if said.verdict != "broken":
                place = f"{said.log}#{said.index}"
                proven[place] = Listed(said.leaf, _row_of(said) if packed.page else ())
                if said.about is not None and said.about.part:
                    parts.add(place)
            yield said
        heads: dict[str, dict[bytes, tuple[str, ...]]] = {}
        for (checkpoint, _), got in seen.items():
            heads.setdefault(got.proven.origin, {})[checkpoint] = got.proven.signers
        faults, unproven = disagreements(packed.page, Proven(proven, heads, parts), _forms()) if packed.page else ([], 0)
        if packed.page and rest is not None:
            rest[where] = unproven
        if not proven:
            faults.append(ProofError("proof.pack_empty"))
    except ProofError as error:
        faults = [error]
    for fault in faults:
        yield ProofSaid(file=where, ok=False, error=fault.as_dict())


def _row_of(said: ProofSaid) -> tuple[frozenset[str], ...]:
    """Return what a row of a page may say of a proven record (rule 4)."""
    from foodtrace.recall.report_tables import entry_words  # noqa: PLC0415

    return () if said.about is None else entry_words(said.about)


def _forms() -> list[Form]:
    """Return how a page's lists are written, in either language."""
    from foodtrace.recall.report_tables import list_headings  # noqa: PLC0415
    from foodtrace.tlog.pagelists import Form, Heading  # noqa: PLC0415

    return [Form(*(Heading(*each) for each in list_headings(lang))) for lang in LANGS]


def _pairs(stream: BinaryIO) -> Iterator[tuple[str, bytes, bytes]]:
    """Return (name, proof, entry) one by one (rule 2)."""
    from foodtrace.tlog.prooftar import unpack  # noqa: PLC0415

    waiting: tuple[str, bytes] | None = None
    for name, data in unpack(stream):
        stem, _, kind = name.rpartition(".")
        if waiting is not None:
            if kind != "entry" or stem != waiting[0]:
                raise ProofError("proof.pack_form", reason=name)
            yield stem, waiting[1], data
            waiting = None
        elif kind == "tlog-proof":
            waiting = stem, data
        elif kind != "vkey" and name != "README.txt":
            raise ProofError("proof.pack_form", reason=name)
    if waiting is not None:
        raise ProofError("proof.pack_form", reason=waiting[0])


def check_one(
    name: str,
    proof: bytes,
    entry: bytes,
    known: list[Verifier],
    witnesses: int,
    *,
    vouch: bool,
    seen: dict[tuple[bytes, bytes | None], Checked] | None = None,
    facts: dict[str, Facts] | None = None,
) -> ProofSaid:
    """Check one proof. Raises ``BadData`` (``proof.no_key``) where no key of a log is known.

    :param seen: by checkpoint and key entries what was found of a proof that has these very bytes; such signatures are not
        verified again. It must be of the same ``known`` and ``witnesses``.
    :param facts: takes up, by name, what a proof that holds says of its log (:func:`foodtrace.tlog.conflicts.compared`).
    """
    from foodtrace.keys import ED25519  # noqa: PLC0415
    from foodtrace.tlog.about import about_entry  # noqa: PLC0415
    from foodtrace.tlog.bundle import check_bundle, check_sibling, verifier_in  # noqa: PLC0415
    from foodtrace.tlog.conflicts import facts_of  # noqa: PLC0415
    from foodtrace.tlog.proof import parse_proof  # noqa: PLC0415
    from foodtrace.tlog.said import ProofSaid  # noqa: PLC0415

    try:
        if not any(each.algorithm == ED25519 for each in known):
            own = verifier_in(proof)
            raise BadData("proof.no_key", value=own.vkey if own else "-")
        parts = parse_proof(proof)
        shared = parts.checkpoint, parts.extra
        before = None if seen is None else seen.get(shared)
        got = check_bundle(proof, entry, known, witnesses=witnesses) if before is None else check_sibling(parts, entry, before)
        if seen is not None:
            seen[shared] = got
        proven = got.proven
        _check_form(proven)
        if facts is not None:
            facts[name] = facts_of(parts, entry)
    except ProofError as error:
        return ProofSaid(file=name, ok=False, error=error.as_dict())
    import datetime as dt  # noqa: PLC0415

    from foodtrace.tlog.merkle import leaf_hash  # noqa: PLC0415

    times = [each.time for each in proven.checkpoint.note.signatures if each.time is not None]
    try:
        about = about_entry(entry)
    except FoodtraceError:  # another program's log: it holds all the same
        about = None
    return ProofSaid(
        file=name,
        ok=got.key_shown or vouch,
        about=about,
        log=proven.origin,
        index=proven.index,
        size=proven.size,
        root=proven.checkpoint.root.hex(),
        leaf=leaf_hash(entry).hex(),
        signers=proven.signers,
        witnessed=tuple(dt.datetime.fromtimestamp(min(each, 253_402_300_799), dt.UTC) for each in times),
        key_shown=got.key_shown,
        in_form=proven.in_form,
        verdict="holds" if got.key_shown or vouch else "key_not_shown",
    )


def _check_form(proven: ProvenEntry) -> None:
    """Refuse bytes that are no entry of this place (rule 3): ``proof.other_place``, ``proof.no_entry``."""
    if proven.in_form:
        return
    from foodtrace.tlog.entry import parse  # noqa: PLC0415

    try:
        said = parse(proven.entry)
    except BadData:
        if proven.key_shown:
            raise ProofError("proof.no_entry", value=f"{proven.origin}#{proven.index}") from None
        return
    raise ProofError("proof.other_place", value=f"{said.log}#{said.seq}", expected=f"{proven.origin}#{proven.index}")
