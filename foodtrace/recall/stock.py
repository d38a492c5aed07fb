"""Running stock of one holding: what is free, and what is in custody (rules 4 and 5 of :mod:`foodtrace.recall.quantities`). Pure."""

from __future__ import annotations


class Stock:
    """Running stock: free (negative: more left than ever came), sealed, back (rule 4); of the last two what bears a seal (rule 5)."""

    __slots__ = ("back", "back_marked", "free", "over", "sealed", "sealed_marked", "unaccounted")

    def __init__(self) -> None:
        self.free = self.sealed = self.back = self.over = self.unaccounted = 0
        self.sealed_marked = self.back_marked = 0

    @property
    def book(self) -> int:
        """Return what lies there by the book; negative where more left than ever came."""
        return self.free + self.sealed + self.back

    @property
    def marked(self) -> int:
        """Return what bears a seal by a sealing on record."""
        return self.sealed_marked + self.back_marked

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
        if not (self.sealed or self.back or self.sealed_marked or self.back_marked):
            self.free -= q  # as most holdings are: none of it was ever in custody
            return
        if not custody_first:
            freely = min(q, max(self.free, 0))
            self.free -= freely
            q -= freely
        for name in ("back", "sealed") if custody_first else ("sealed", "back"):
            part = min(q, getattr(self, name))
            setattr(self, name, getattr(self, name) - part)
            q -= part
        self.free -= q
        self.sealed_marked = min(self.sealed_marked, self.sealed)
        self.back_marked = min(self.back_marked, self.back)

    def seal(self, q: int) -> int:
        """Put goods under seal: free ones, then those in custody that bear none; return how much lay there beyond the book (rule 5)."""
        beyond = max(q - (self.book - self.marked), 0)
        self.over += beyond
        self.free += beyond
        free = min(q, max(self.free, 0))
        self.free -= free
        self.sealed += free
        again = min(q - free, self.sealed - free - self.sealed_marked)
        self.sealed_marked += free + again
        self.back_marked += q - free - again
        return beyond

    def visit(self, q: int) -> int:
        """Have at least so much free stock, for somebody saw it (rule 6); return how much of it the book did not know of."""
        beyond = max(q - self.free, 0)
        self.over += beyond
        self.free += beyond
        return beyond

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
