"""What stands beside the rates names a site once, and its lots where it has two."""

from __future__ import annotations

from pathlib import Path

from foodtrace import Ledger
from foodtrace.events import Sale
from foodtrace.graph.edges import micros
from foodtrace.recall.beside import beside_rates, unsealed_words
from foodtrace.recall.said import Unsealed
from tests.recall.dispatched import LOT, NOW, certificate, grams, hours, sent, site


def free(site: str, lot: str, quantity: int) -> Unsealed:
    return Unsealed(site=site, name=f"{site}-name", lot=f"OP-P/{lot}", unit="g", quantity=quantity)


def test_lots_are_named_where_a_site_has_two_and_nowhere_else() -> None:
    said = unsealed_words([free("X", "L", 3000), free("Y", "L", 2000), free("X", "K", 1000)], "en")
    assert "X-name L 3.0 kg, Y-name 2.0 kg, X-name K 1.0 kg" in said


def test_what_was_sent_to_nobody_is_in_every_rate_and_stands_beside_them(tmp_path: Path) -> None:
    """60 of 100 went to nobody on record, 40 were sold: no rate is 100 %. What went there without lot is in none, and is said to be."""
    with Ledger.open(tmp_path / "x.db", keys=tmp_path / "keys", clock=lambda: micros(NOW)) as ledger:
        ledger.init("a/b")
        ledger.record([site("F-1", "plant"), site("X-1", "shop"), certificate()])
        ledger.record([sent("n", 60, to=""), sent("x", 40, hour=2)])
        ledger.record([Sale(id="s", at=hours(5), site="X-1", lot=LOT, quantity=grams(40)), sent("u", 7, lot="", to="")])
        answer = ledger.recall(LOT)
        said = beside_rates(answer.told_twice, answer.untraced, "en")
    (row,) = answer.figures
    assert (row.distributed, row.should_be_recalled) == (100, 60)
    assert [rate.percent for rate in row.rates.values()] == ["0.0", "0.0", "40.0"]
    assert said == [
        "sent to nobody on record: who has it is unknown, and the rates count it as distributed and not retrieved: name F-1 0.06 kg",
        "sent without lot to nobody on record: it may be these goods, who has it is unknown, and it is in no rate: name F-1 0.007 kg",
    ]
