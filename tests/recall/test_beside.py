"""What stands beside the rates names a site once, and its lots where it has two."""

from __future__ import annotations

from pathlib import Path

from foodtrace import Ledger
from foodtrace.graph.edges import micros
from foodtrace.recall.beside import beside_rates, unsealed_words
from foodtrace.recall.said import Unsealed
from tests.recall.dispatched import LOT, NOW, certificate, sent, site


def free(site: str, lot: str, quantity: int) -> Unsealed:
    return Unsealed(site=site, name=f"{site}-name", lot=f"OP-P/{lot}", unit="g", quantity=quantity)


def test_lots_are_named_where_a_site_has_two_and_nowhere_else() -> None:
    said = unsealed_words([free("X", "L", 3000), free("Y", "L", 2000), free("X", "K", 1000)], "en")
    assert "X-name L 3.0 kg, Y-name 2.0 kg, X-name K 1.0 kg" in said


def test_what_was_sent_to_nobody_stands_beside_a_rate_of_all(tmp_path: Path) -> None:
    """60 of 100 went to nobody on record: whoever reads 100 % of the other 40 has to read that too."""
    with Ledger.open(tmp_path / "x.db", keys=tmp_path / "keys", clock=lambda: micros(NOW)) as ledger:
        ledger.init("a/b")
        ledger.record([site("F-1", "plant"), site("X-1", "shop"), certificate()])
        ledger.record([sent("n", 60, to=""), sent("x", 40, hour=2)])
        answer = ledger.recall(LOT)
        (said,) = beside_rates(answer.told_twice, answer.untraced, "en")
    assert said == "sent to nobody on record: who has it is unknown, and no rate counts it as retrieved: name F-1 0.06 kg"
