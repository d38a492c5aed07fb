"""What the commands about proofs, tiles and witnesses answer with ``--json``. Pure."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

import msgspec

from foodtrace.tlog.about import About


class ProofFile(msgspec.Struct, frozen=True, kw_only=True):
    """A proof that was written."""

    about: About
    proof: str
    """Path of the proof, c2sp.org/tlog-proof@v1."""
    entry: str
    """Path of the entry's exact bytes."""
    key: str
    """Path of the verifier key."""
    vkey: str
    size: int
    """Entries that the checkpoint covers."""


class ProofSaid(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one proof that was checked."""

    file: str
    ok: bool
    about: About | None = None
    """What it is about; none if it does not hold, or the entry is not foodtrace's."""
    log: str = ""
    index: int | None = None
    size: int | None = None
    """Entries that the checkpoint covers."""
    root: str = ""
    """Root that was signed, hex."""
    leaf: str = ""
    """Leaf hash of the entry, hex."""
    signers: tuple[str, ...] = ()
    """Known keys that signed the checkpoint, ``name+c0ffee00``."""
    witnessed: tuple[dt.datetime, ...] = ()
    """When known witnesses cosigned."""
    key_shown: bool = False
    """Whether the key entries that come with it show the signing key in force."""
    in_form: bool = False
    """Whether the bytes are an entry as foodtrace writes them, of this log and place; another program's log has entries of its own form."""
    verdict: Literal["holds", "key_not_shown", "not_checked", "broken"] = "broken"
    """``not_checked``: its entry is not there. ``key_not_shown``: it is the key's signature, and nothing shows that the key was in force;
    ``ok`` is false then, unless the caller vouched for the key."""
    error: dict[str, Any] | None = None


class TilesSaid(msgspec.Struct, frozen=True, kw_only=True):
    """What ``export tiles`` did."""

    log: str
    folder: str
    size: int
    """Entries that the copy now has."""
    before: int
    """Entries that it had."""
    written: int
    """Files written."""
    removed: int
    """Partial tiles removed, whose full tile is there."""
    mended: tuple[str, ...] = ()
    """Files of the copy that were damaged or missing, and were written anew from the log."""
    vkey: str = ""
    """The log's verifier key, for whoever takes the copy in; tell it by another way."""


class ImportSaid(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one copy of another host's log that was to be taken in."""

    source: str
    """Folder or address of the copy, as it was given."""
    outcome: Literal["imported", "unchanged", "older", "refused"]
    """``unchanged``: all of it was here; ``older``: more than it has was here; ``refused``: ``error`` says why. All but the first
    change nothing."""
    log: str = ""
    before: int = 0
    """Entries that were here."""
    size: int = 0
    """Entries that are here now."""
    copy: int = 0
    """Entries that the copy has."""
    vkey: str = ""
    """The key in force in the log, as far as it is here."""
    error: dict[str, Any] | None = None


class WitnessSaid(msgspec.Struct, frozen=True, kw_only=True):
    """What a witness signed."""

    log: str
    size: int
    before: int
    """Size it had cosigned before; 0: none."""
    vkey: str
    """The witness's verifier key."""
    line: str
    """The cosignature, as a line of the note."""
    checkpoint: str
    """The checkpoint with the cosignature."""
