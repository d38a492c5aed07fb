"""The scenes on a real ledger: the gate finds the facts among the entries, says the same, and records it."""

from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from foodtrace import errors
from foodtrace.events import MarketEntry, Refusal
from foodtrace.events.canonical import decode
from foodtrace.gate import rules
from foodtrace.operations import market
from foodtrace.operations.common import Doing
from foodtrace.tlog.entry import event_bytes
from tests.gate.scenes import SCENES, Scene, facts
from tests.gate.staged import NOT_STAGED, TOO_OLD, Stage

BOOK = rules.load()


def decided(stage: Stage) -> tuple[market.GateAnswer, MarketEntry | Refusal]:
    """Let the gate decide; return its answer and what is on record since."""
    ledger = stage.desk.ledger
    doing = Doing(now=stage.facts.when, by="S-07", id="TRUCK")
    act = partial(
        market.admit, doing=doing, rules=BOOK, text="", market=stage.desk.market, truck=stage.truck, draw=stage.draw, weighed=True
    )
    act = partial(act, keys=stage.keys)
    receipt, answer = ledger.act(act)
    assert receipt is not None
    with ledger.reading() as session:
        (row,) = session.rows("SELECT bytes FROM entry WHERE id = 'TRUCK'")
    event = decode(event_bytes(bytes(row[0])))
    assert isinstance(event, (MarketEntry, Refusal))
    return answer, event


@pytest.mark.parametrize("scene", [each for each in SCENES if each.name not in {*NOT_STAGED, *TOO_OLD}], ids=lambda scene: scene.name)
def test_scene_on_a_ledger(scene: Scene, tmp_path: Path) -> None:
    stage = Stage(str(tmp_path / "s.db"), tmp_path / "keys", facts(scene))
    answer, event = decided(stage)
    said = answer.decision
    assert (said.verdict, said.codes, tuple(note.code for note in said.notes)) == (scene.verdict, scene.reasons, scene.notes)
    assert said.rule_pack == scene.pack
    if scene.must:
        assert tuple(each.id for each in said.must) == scene.must
    plain: dict[str, Any] = msgspec.to_builtins(event)
    assert {name: plain.get(name) for name in scene.entry} == scene.entry
    assert (event.reasons, event.rule_pack, event.by, event.number, event.gate) == (scene.reasons, scene.pack, "S-07", 1, "1")
    assert isinstance(event, Refusal) == (scene.verdict == "refuse")
    if isinstance(event, MarketEntry):
        assert event.decision == {"admit": "admitted", "hold": "held"}[scene.verdict]
        assert (event.deadline is None) == (said.deadline is None)
        assert stage.desk.ledger.verify().ok
    stage.desk.ledger.close()


def test_twenty_scenes_say_what_is_recorded() -> None:
    assert sum(bool(scene.entry) for scene in SCENES) >= 20


@pytest.mark.parametrize("name", sorted(NOT_STAGED))
def test_what_comes_before_any_decision_is_an_error_and_no_entry(name: str, tmp_path: Path) -> None:
    (scene,) = [each for each in SCENES if each.name == name]
    stage = Stage(str(tmp_path / "s.db"), tmp_path / "keys", facts(scene))
    with pytest.raises(errors.BadData) as caught:
        decided(stage)
    assert caught.value.code == NOT_STAGED[name]
    with stage.desk.ledger.reading() as session:
        assert session.rows("SELECT 1 FROM entry WHERE id = 'TRUCK'") == []
    stage.desk.ledger.close()
