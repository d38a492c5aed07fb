"""What stands beside the rates names a site once, and its lots where it has two."""

from __future__ import annotations

from foodtrace.recall.beside import unsealed_words
from foodtrace.recall.said import Unsealed


def free(site: str, lot: str, quantity: int) -> Unsealed:
    return Unsealed(site=site, name=f"{site}-name", lot=f"OP-P/{lot}", unit="g", quantity=quantity)


def test_lots_are_named_where_a_site_has_two_and_nowhere_else() -> None:
    said = unsealed_words([free("X", "L", 3000), free("Y", "L", 2000), free("X", "K", 1000)], "en")
    assert "X-name L 3.0 kg, Y-name 2.0 kg, X-name K 1.0 kg" in said
