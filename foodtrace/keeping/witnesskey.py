"""The key of a witness, in the folder it works in: used, or made for its first request.

Rules:

1. A folder without anything of a witness gets a key when it is told a name. Where the request is refused then, nothing of it stays: no key
   that nobody ever heard of, no list of logs.
2. A folder that remembers something, and has no key, has lost it: a new one could bear out nothing of what is remembered. That is refused
   (``witness.key_gone``), and nothing is made.
3. Once a memory is on the disk the key stays, whatever comes after: somebody may have the cosignature.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from foodtrace.errors import BadData, Integrity
from foodtrace.keyfiles import SUFFIX, create, list_keys, load
from foodtrace.keys import SigningKey
from foodtrace.tlog.cosignedlogs import NAME

__all__ = ["witness_key"]

_MEMORY = ("*.checkpoint", NAME, f"keys/{NAME}", "evidence/*")


@contextmanager
def witness_key(folder: Path, name: str | None, passphrase: str | None) -> Iterator[tuple[SigningKey, bool]]:
    """Give the key of a witness, and whether it was made just now; take a new one away again if what is done with it fails (rule 1).

    :param folder: the witness's. :param name: of a new key; of one that is there it must be the name.
    :raises BadData: ``witness.name``, ``witness.other_name``. :raises Integrity: ``witness.key_gone`` (rule 2).
    """
    stored = list_keys(folder / "keys")
    if stored:
        if name and stored[0].verifier.name != name:
            raise BadData("witness.other_name", value=name, expected=stored[0].verifier.name)
        yield load(folder / "keys", stored[0].verifier.key_id, passphrase), False
        return
    if any(True for pattern in _MEMORY for _ in folder.glob(pattern)):
        raise Integrity("witness.key_gone", value=str(folder), expected=str(folder / "keys" / f"*{SUFFIX}"))
    if not name:
        raise BadData("witness.name", value="-", expected="--name")
    there = [each for each in (folder / "keys", folder) if not each.exists()]
    key = create(folder / "keys", name, passphrase)
    try:
        yield key, True
    except BaseException:
        if not any(folder.glob("*.checkpoint")):  # rule 3
            with suppress(OSError):
                for path in (folder / "keys" / f"{key.key_id.hex()}{SUFFIX}", folder / "keys" / NAME, folder / NAME):
                    path.unlink(missing_ok=True)
                for each in there:
                    each.rmdir()  # only one that is empty goes
        raise
