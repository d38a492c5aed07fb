"""What ``verify`` says."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from foodtrace.tlog.verify import Finding

Level: TypeAlias = Literal["chain", "signed", "witnessed", "published"]
"""What stands behind a log; docs/verify.md says what each proves and what it does not."""
MarkUse: TypeAlias = Literal["", "made", "used", "damaged", "other_program", "not_written"]
"""What became of the mark: made anew, used and moved on, could not be used (then everything was checked in full), or not written."""


class Assured(msgspec.Struct, frozen=True):
    """One level of assurance, and how far it reaches."""

    level: Level
    size: int
    """Entries it covers, from the first."""
    by: str = ""
    """Who stands for it: the key in force, a witness's key, or the file of an older checkpoint."""


class LogVerified(msgspec.Struct, frozen=True, kw_only=True):
    """What was verified of one log."""

    log: str
    entries: int = 0
    """Entries that this run has looked at, every byte of them."""
    fresh: int = 0
    """Of those, how many were checked in full: form, link, time, key, and what follows from them."""
    known: int = 0
    """The others: their bytes, hashes and tree were found to be those of the mark, which a run before left; not more."""
    known_since: str = ""
    """When the first of them was checked in full, UTC; empty where nothing rests on a mark."""
    checkpoints: int = 0
    """Checkpoints whose root was computed."""
    bare: int = 0
    """Ends of batches of which no checkpoint is on record, because these entries came in a copy, which has none of them
    (:mod:`foodtrace.tlog.brought`). Of all other batches each has one, or it is a finding."""
    signatures: int = 0
    """Checkpoints whose signature was verified in this run."""
    not_compared: str = ""
    """Empty: the rows that were computed from it were compared with what its entries say. Else they were not, and this is the code of the
    finding because of which: entries that are not what was sealed prove nothing about them."""
    ended: bool = False
    """Its last entry ends it (``key revoke --end-log``): nothing is recorded in it any more. Said only where all holds."""
    assured: tuple[Assured, ...] = ()
    """What stands behind it; empty where something does not hold."""


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """What ``verify`` found."""

    ok: bool
    """True only if at least one entry was checked and everything holds."""
    empty: bool
    """True if there was nothing to verify."""
    full: bool
    """Whether everything was checked from the first entry on; else part of it rests on the mark of a run before."""
    entries: int
    fresh: int
    """Entries that were checked in full; the other ones are those of the mark, byte for byte."""
    known: int
    checkpoints: int
    signatures: int
    projection_rows: int
    """Rows of the projection that were compared with what the entries say."""
    names_unused: int | None = None
    """Names that no record uses, as a batch that was refused can leave them on PostgreSQL, or somebody who wrote them there. Nobody is
    answered from such a name, so they are no finding. None: not counted, as where something is found or part rests on a mark."""
    processes: int
    """How many processes looked."""
    mark: MarkUse = ""
    logs: tuple[LogVerified, ...]
    findings: tuple[Finding, ...]


__all__ = ["Assured", "Finding", "Level", "LogVerified", "MarkUse", "Verification"]
