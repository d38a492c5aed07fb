"""Which key is in force where in a log: told from its key entries alone. Pure.

Rules (DESIGN section 5, "Keys are entries"):

1. Entry 0 registers the first key. Each later key entry names the key entry before it.
2. ``rotate`` puts a new key in force; the checkpoint that ends with this entry is signed by the old and the new key.
3. ``revoke`` ends the log: it names the key in force, which signs the checkpoint that ends with this entry and no later one. No entry of
   whatever kind follows it, a key entry least of all: it puts no key in force, whoever signs it. Whoever reads a log asks
   :meth:`KeyChain.past_end` of every entry, or of the size that was signed.
4. A key that was in force once never comes back: a signature says when it was made only by the entries it covers.
5. A key whose form is refused by :func:`foodtrace.keys.check_public_key` is never in force.
"""

from __future__ import annotations

from typing import Final, Protocol

from foodtrace.errors import BadData
from foodtrace.keys import check_public_key

__all__ = ["AFTER_END", "CHAIN", "REUSED", "WEAK", "KeyChain", "KeyEvent"]

CHAIN: Final = "tlog.key_chain"
AFTER_END: Final = "tlog.after_end"
REUSED: Final = "tlog.key_reused"
WEAK: Final = "tlog.key_weak"


class KeyEvent(Protocol):
    """What is asked of a key event of use ``log``; whoever checks a proof reads no more of it."""

    @property
    def action(self) -> str:
        """``register``, ``rotate`` or ``revoke``."""

    @property
    def public(self) -> str:
        """Ed25519 public key, hex."""

    @property
    def previous(self) -> int | None:
        """Sequence number of the key entry before."""


class KeyChain:
    """The keys of one log, followed entry by entry."""

    def __init__(self) -> None:
        self.current: bytes | None = None
        """Public key in force, 32 bytes; none before entry 0. After the end of the log, the last one."""
        self.seq = 0
        """Sequence number of the latest key entry."""
        self.ended = False
        """Whether a revocation ended the log."""
        self._former: bytes | None = None
        self._used: set[bytes] = set()

    def take(self, seq: int, event: KeyEvent) -> list[str]:
        """Follow a key entry of use ``log``; return the codes of what does not hold (none: all holds).

        After the end of the log nothing changes any more (rule 3).
        """
        if self.past_end(seq + 1):
            return [AFTER_END]
        public = bytes.fromhex(event.public)
        first = self.current is None
        found: list[str] = []
        action = "register" if first else event.action
        if event.previous != (None if first else self.seq) or event.action != action or (not first and action == "register"):
            found.append(CHAIN)
        try:
            check_public_key(public)
        except BadData:
            return [*found, WEAK]
        self._former = None
        if event.action == "revoke":
            if public != self.current:
                found.append(CHAIN)
            self.ended = True
        else:
            if public in self._used:
                found.append(REUSED)
            self._former, self.current = self.current, public
        self._used.add(public)
        self.seq = seq
        return found

    def past_end(self, size: int) -> bool:
        """Say whether some of the first ``size`` entries came after the entry that ended the log (rule 3)."""
        return self.ended and size > self.seq + 1

    def ever(self, public: bytes) -> bool:
        """Say whether this key was ever in force."""
        return public in self._used

    def signers(self, size: int) -> tuple[bytes, ...]:
        """Return the public keys that must have signed the checkpoint of this size, which covers the entries taken so far.

        :return: none if no key may sign it: there was no key entry yet, or the log has ended.
        """
        at_key = self.seq == size - 1
        if self.current is None or self.past_end(size):
            return ()
        return (self.current, self._former) if at_key and self._former is not None else (self.current,)
