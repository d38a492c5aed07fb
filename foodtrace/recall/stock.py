"""Running stock of one holding: what is free, and what is in custody (rule 4 of :mod:`foodtrace.recall.quantities`). Pure."""

from __future__ import annotations


class Stock:
    """Running stock: free (negative: more left than ever came), sealed, back (rule 4)."""

    __slots__ = ("back", "free", "over", "sealed", "unaccounted")

    def __init__(self) -> None:
        self.free = self.sealed = self.back = self.over = self.unaccounted = 0

    @property
    def book(self) -> int:
        """Return what lies there by the book; negative where more left than ever came."""
        return self.free + self.sealed + self.back

    def put(self, term: str, q: int) -> None:
        """Take goods in, as free stock or into custody by what brought them."""
        if term in ("brought_back", "return_in", "received_sealed"):
            owed = min(q, max(-self.free, 0))
            self.free += owed
            if term == "received_sealed":
                self.sealed += q - owed
            else:
                self.back += q - owed
        else:
            self.free += q

    def take(self, q: int, *, custody_first: bool) -> None:
        """Let goods out; what is not there makes free stock negative."""
        if not custody_first:
            freely = min(q, max(self.free, 0))
            self.free -= freely
            q -= freely
        for name in ("back", "sealed") if custody_first else ("sealed", "back"):
            part = min(q, getattr(self, name))
            setattr(self, name, getattr(self, name) - part)
            q -= part
        self.free -= q

    def seal(self, q: int) -> None:
        """Put free stock into custody, at most what there is."""
        part = min(q, max(self.free, 0))
        self.free -= part
        self.sealed += part

    def count(self, q: int) -> None:
        """Set the book to what was counted; the difference is over or unaccounted."""
        book = self.book
        if q >= book:
            self.over += q - book
            self.free += q - book
        else:
            # Nobody knows which goods are missing; custody is what was looked after, so the free ones are gone first.
            self.unaccounted += book - q
            self.take(book - q, custody_first=False)
