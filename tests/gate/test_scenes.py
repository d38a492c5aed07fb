"""What the gate says to each scene: verdict, every reason, every note, what must follow, and the words."""

import pytest

from foodtrace.gate import decide, rules
from tests.gate.scenes import SCENES, Scene, facts

BOOK = rules.load()


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_scene(scene: Scene) -> None:
    decision = decide(facts(scene), BOOK)
    assert (decision.verdict, tuple(r.code for r in decision.reasons), tuple(r.code for r in decision.notes)) == (
        scene.verdict,
        scene.reasons,
        scene.notes,
    )
    if scene.must or scene.verdict == "admit":
        assert tuple(each.id for each in decision.must) == scene.must
    assert (decision.rule_pack, decision.verified) == (scene.pack, False)
    if scene.says_zh:
        assert (decision.reasons[0].message("zh"), decision.reasons[0].message("en")) == (scene.says_zh, scene.says_en)


def test_scenes_have_names_of_their_own() -> None:
    names = [scene.name for scene in SCENES]
    assert len(names) == len(set(names)) >= 20


def test_scenes_meet_every_reason_a_shipped_pack_can_give() -> None:
    met = {code for scene in SCENES for code in (*scene.reasons, *scene.notes)}
    rest = {rule.code for pack in BOOK.packs for rule in pack.rules} - met
    assert rest == {  # met in test_decision.py
        "gate.agreement_missing",
        "gate.certificate_foreign",
        "gate.certificate_future",
        "gate.certificate_unreadable",
        "gate.sampling_lost",
    }
