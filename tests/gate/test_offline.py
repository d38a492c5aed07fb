"""Two gates without network accept the same certificate; once both logs lie in one database, the conflict is a finding."""

import datetime as dt
from pathlib import Path

from foodtrace import Ledger
from foodtrace.operations.overspent import overspent
from tests.gate.desk import Market
from tests.gate.offline import offline, stick


def test_two_gates_offline_accept_one_certificate_and_it_shows(tmp_path: Path) -> None:
    path, keys = tmp_path / "home.db", tmp_path / "keys"
    market = Market(str(path), keys)
    market.ledger.init("beihe.example/gate2")
    text = market.certificate("西红柿", "500 kg")
    market.ledger.close()

    one = offline(tmp_path, "gate1", path, keys, market)
    two = offline(tmp_path, "gate2", path, keys, market)
    first = one.gate(text, weight="482 kg")
    market.clock.later(minutes=7)
    second = two.gate(text, weight="300 kg")
    assert (first.verdict, second.verdict) == ("admit", "admit"), "neither gate can know of the other"
    assert (first.gate, second.gate) == ("1", "2")
    with two.reading() as session:
        assert overspent(session) == []
    sticks = [stick(one, tmp_path / "stick1"), stick(two, tmp_path / "stick2")]
    one.close()
    two.close()

    with Ledger.open(str(path), keys=tmp_path / "nobody", clock=market.clock) as home:
        for each in sticks:
            assert home.import_log(each).outcome == "imported"
        assert home.verify().ok
        with home.reading() as session:
            (found,) = overspent(session)
        kinds = [each.kind for each in home.recall(first.lot).untraced]
    assert (str(found.certified), str(found.admitted), str(found.over), found.logs) == ("500.0 kg", "782.0 kg", "282.0 kg", 2)
    assert [(each.log, each.gate, each.at - first.at, str(each.quantity)) for each in found.entries] == [
        ("beihe.example/gate1", "1", dt.timedelta(0), "482.0 kg"),
        ("beihe.example/gate2", "2", dt.timedelta(minutes=7), "300.0 kg"),
    ]
    assert "over_certified" in kinds, "a recall of the lot says it too"


def test_what_was_undone_or_held_is_no_conflict(tmp_path: Path) -> None:
    from functools import partial

    from foodtrace.operations import held
    from foodtrace.operations.common import Doing

    market = Market(str(tmp_path / "home.db"), tmp_path / "keys")
    text = market.certificate("西红柿", "500 kg")
    market.ledger.gate(text, weight="500 kg")
    market.clock.later(minutes=1)
    assert market.ledger.gate(text, weight="300 kg").verdict == "hold"
    writer = market.ledger.writer()
    doing = Doing(now=market.clock.later(minutes=1))
    day = doing.now.date()
    market.ledger.act(partial(held.undo, doing=doing, log=writer.number, market=market.market, gate="1", day=day, number=1))
    market.clock.later(minutes=1)
    assert market.ledger.gate(text, weight="400 kg").verdict == "admit"
    with market.ledger.reading() as session:
        assert overspent(session) == []
    market.ledger.close()
