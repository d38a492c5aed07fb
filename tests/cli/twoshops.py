"""A farm's lot at two shops, and a case about it, typed within the test's own process."""

from __future__ import annotations

from tests.cli.inside import Inside

CASE = ("--class", "2", "--known", "2026-01-01T00:00", "--reason", "x")
"""What ``case open`` asks for besides the lots."""


def issued(here: Inside, product: str = "芹菜", quantity: str = "500kg") -> str:
    """Issue a certificate at the farm; return the code of its lot."""
    said = here("certificate", "issue", product, quantity, "--basis", "1", "--out", f"{product}.png")
    return said.split("  lot ")[1].split()[0]


def supplied(here: Inside) -> str:
    """Send 100 kg of a lot of 500 kg to each of two shops; return its code."""
    here("init")
    here("site", "add", "永发合作社:farm", "福安超市:shop", "惠民菜店:shop", "--phone", "0451-555-0104")
    lot = issued(here)
    for to in ("福安超市", "惠民菜店"):
        here("transfer", lot, "100kg", "--from", "永发合作社", "--to", to)
    return lot


def noticed(here: Inside) -> str:
    """The same with a case of which both shops had a notice."""
    lot = supplied(here)
    here("case", "open", lot, *CASE)
    here("case", "notify", "--out", "n")
    return lot
