"""After a recovery the old entries are this party's still: the log that goes on corrects them, alike on every host."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from foodtrace import Ledger, errors
from foodtrace.events import Correction, Recovered, Site
from foodtrace.graph.edges import moment
from foodtrace.keeping import recovery
from foodtrace.operations import corrections, entries, history
from foodtrace.operations.common import Doing, Outcome, local
from tests.cli.shell import run
from tests.keeping.ownlog import AT, NOW, ORIGIN, clock, move

R2, R3 = f"{ORIGIN}-r2", f"{ORIGIN}-r3"


def leave(url: str, keys: Path, log: str, *, lost_key: bool) -> None:
    if lost_key:
        for key in keys.glob("*.key"):
            key.unlink()
    with Ledger.open(url, keys=keys, clock=clock, recovering=True) as ledger:
        recovery.recover(ledger, log, new_log=True, reason="moved")


@pytest.fixture
def lost_key() -> bool:
    """Say whether the log was left because its key was lost: then it could name no heir."""
    return False


@pytest.fixture
def left(url: str, tmp_path: Path, lost_key: bool) -> Iterator[Ledger]:
    """Give a ledger of a party that never said which operator it is, twice left for a new log."""
    with Ledger.open(url, keys=tmp_path / "keys", clock=clock) as ledger:
        ledger.init(ORIGIN)
        shop = Site(id="s2", at=AT, site="S-7", operator="S-7", kind="shop", name="福安超市")
        farm = Site(id="s1", at=AT, site="F-1", operator="F-1", kind="farm", name="永发合作社")
        ledger.record([farm, shop, move("tr1")])
    for log in (ORIGIN, R2):
        leave(url, tmp_path / "keys", log, lost_key=lost_key)
    with Ledger.open(url, keys=tmp_path / "keys", clock=clock) as opened:
        yield opened


def correct(ledger: Ledger, what: str, log: str | None = None, **changes: str) -> corrections.Corrected:
    own = ledger.writer(log).number
    doing = Doing(now=local(NOW))
    _, done = ledger.act(lambda session: corrections.correct(session, doing, own, what, changes=changes), log=log)
    assert isinstance(done, corrections.Corrected)
    return done


def seen(url: str, keys: Path) -> tuple[object, ...]:
    """Return what any host makes of the same entries: the outlets of a recall, and what counts of the transfer."""
    with Ledger.open(url, keys=keys, clock=clock) as ledger:
        assert ledger.verify(full=True).findings == ()
        with ledger.reading() as session:
            story = history.history(session, entries.find_entry(session, f"{ORIGIN}#3", None))
        return ledger.recall("261123-1").outlets, story.state, story.now, [step.counts for step in story.steps]


def test_an_old_entry_is_corrected_by_the_log_that_goes_on_and_every_host_agrees(left: Ledger, url: str, tmp_path: Path) -> None:
    with left.reading() as session:
        before = entries.find_entry(session, f"{ORIGIN}#3", None).event
    correct(left, f"{ORIGIN}#3", quantity="40kg")
    correct(left, f"{ORIGIN}#3", quantity="30kg")
    own, auditor = seen(url, tmp_path / "keys"), seen(url, tmp_path / "auditor")
    assert own == auditor
    assert own[1] == "replaced"
    assert own[2] != before
    assert own[3] == [True, True]
    assert "30000" in str(own[0])
    correct(left, f"{ORIGIN}#3")
    assert seen(url, tmp_path / "auditor")[1] == "removed"
    assert not left.recall("261123-1").outlets


@pytest.mark.parametrize("lost_key", [True], ids=["key lost"])
def test_a_log_whose_key_was_lost_names_no_heir_so_that_nobody_can_say_to_be_one(left: Ledger, url: str, tmp_path: Path) -> None:
    with pytest.raises(errors.Refused, match=r"is in another log|was left without|in a log that was left"):
        correct(left, f"{ORIGIN}#3", quantity="40kg")
    assert seen(url, tmp_path / "keys") == seen(url, tmp_path / "auditor")


def test_what_is_said_of_a_site_is_not_corrected_from_another_log_without_effect(left: Ledger) -> None:
    with pytest.raises(errors.Refused, match=r"is in another log|was left without|in a log that was left"):
        correct(left, f"{ORIGIN}#1", name="别的名字")


def test_a_claim_takes_nothing_from_the_heir_that_the_log_named_and_corrects_nothing(left: Ledger, url: str, tmp_path: Path) -> None:
    correct(left, f"{ORIGIN}#3", quantity="40kg")
    left.init("t.example/other")
    with pytest.raises(errors.Refused, match=r"is in another log|was left without|in a log that was left"):
        correct(left, f"{ORIGIN}#3", log="t.example/other")
    with Ledger.open(url, keys=tmp_path / "stranger", clock=clock) as stranger:
        stranger.init("t.example/s")
        claim = Recovered(id="mine", at=moment(clock()), kind="new_log", lost_from=4, lost_to=4, former=ORIGIN, reason="mine now")
        stranger.act(lambda _session: Outcome(events=[claim]), log="t.example/s")
        with pytest.raises(errors.Refused, match=r"is in another log|was left without|in a log that was left"):
            correct(stranger, f"{ORIGIN}#3", log="t.example/s")
    with left.reading() as session:
        story = history.history(session, entries.find_entry(session, f"{ORIGIN}#3", None))
    assert [step.counts for step in story.steps] == [True], "a claim alone takes nothing away"


@pytest.mark.parametrize("lost_from", [2, 1_000_000], ids=["its size", "more than it has"])
def test_whoever_says_to_continue_a_log_corrects_nothing_in_it(url: str, tmp_path: Path, lost_from: int) -> None:
    with Ledger.open(url, keys=tmp_path / "keys", clock=clock) as own:
        own.init(ORIGIN)
        own.record([move("tr1")])
        with Ledger.open(url, keys=tmp_path / "stranger", clock=clock) as stranger:
            stranger.init("t.example/s")
            claim = Recovered(
                id="mine", at=moment(clock()), kind="new_log", lost_from=lost_from, lost_to=lost_from, former=ORIGIN, reason="mine now"
            )
            stranger.act(lambda _session: Outcome(events=[claim]), log="t.example/s")
            before = own.recall("261123-1").outlets
            with own.reading() as session:
                (leaf,) = session.row(
                    "SELECT e.leaf FROM entry AS e JOIN log AS l ON l.id = e.log WHERE l.origin = ? AND e.seq = 1", (ORIGIN,)
                ) or (b"",)
            said = Correction(id="gone", at=moment(clock()), log=ORIGIN, seq=1, leaf=bytes(leaf).hex(), reason="did_not_occur")
            stranger.act(lambda _session: Outcome(events=[said]), log="t.example/s")
            assert own.recall("261123-1").outlets == before, "a stranger's word takes no outlet off a recall"
            with pytest.raises(errors.Refused, match=r"is in another log|was left without|in a log that was left"):
                correct(stranger, f"{ORIGIN}#1", log="t.example/s")


def test_a_thiefs_entry_is_known_and_counts_until_the_operator_of_the_site_says_otherwise(tmp_path: Path) -> None:
    run(tmp_path, "init", "--name", "t.example/a")
    run(tmp_path, "site", "add", "永发合作社:farm")
    (key,) = (tmp_path / "keys").glob("*.key")
    shutil.move(key, tmp_path / key.name)
    run(tmp_path, "recover", "--new-log", "--reason", "key lost")
    shutil.move(tmp_path / key.name, key)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("foodtrace.writing.sealed_logs", lambda _session, _keys: {})
        with Ledger.open(str(tmp_path / "foodtrace.db"), keys=tmp_path / "keys", log="t.example/a") as ledger:
            seq = ledger.record([move("x")]).seqs[0]
    key.unlink()
    assert "correction.left_log" in run(tmp_path, "correct", f"t.example/a#{seq}", "--did-not-occur", code=1)
    run(tmp_path, "recover", "--beyond", "--reason", "the thief's")
    assert "correction.left_log" in run(tmp_path, "correct", f"t.example/a#{seq}", "--did-not-occur", code=1)
    run(tmp_path, "correct", f"t.example/a#{seq}", "--dispute", "--note", "written with the lost key")
    assert "verified" in run(tmp_path, "verify", "--full")


@pytest.fixture(params=["replaced", "replaced twice", "removed"])
def corrected(request: pytest.FixtureRequest, url: str, tmp_path: Path) -> str:
    """Give what became of a transfer of 50 kg that its own log corrected before it was left for R2."""
    with Ledger.open(url, keys=tmp_path / "keys", clock=clock) as ledger:
        ledger.init(ORIGIN)
        shop = Site(id="s2", at=AT, site="S-7", operator="S-7", kind="shop", name="福安超市")
        farm = Site(id="s1", at=AT, site="F-1", operator="F-1", kind="farm", name="永发合作社")
        ledger.record([shop, move("tr1"), farm])
        if request.param == "replaced twice":
            correct(ledger, f"{ORIGIN}#2", quantity="45kg")
        correct(ledger, f"{ORIGIN}#2", **({} if request.param == "removed" else {"quantity": "40kg"}))
    leave(url, tmp_path / "keys", ORIGIN, lost_key=False)
    return str(request.param)


def found(url: str, keys: Path, *codes: str) -> tuple[object, str, object, list[bool]]:
    """Return what any host makes of these entries; ``verify`` finds these codes."""
    with Ledger.open(url, keys=keys, clock=clock) as ledger:
        assert [each.code for each in ledger.verify(full=True).findings] == [*codes]
        answer = ledger.recall("261123-1")
        with ledger.reading() as session:
            story = history.history(session, entries.find_entry(session, f"{ORIGIN}#2", None))
        return answer.outlets, story.state, story.now, [step.counts for step in story.steps]


def received(url: str, keys: Path) -> list[int]:
    """Return the grams that came, or are on the way, to the shop, of every outlet that a recall names."""
    with Ledger.open(url, keys=keys, clock=clock) as ledger:
        amounts = [each for outlet in ledger.recall("261123-1").outlets for each in outlet.amounts]
        return [each.travelling + (each.received or 0) for each in amounts]


def test_what_the_old_log_had_corrected_itself_the_one_that_goes_on_corrects_again(corrected: str, url: str, tmp_path: Path) -> None:
    """It was refused: to name the entry once more would have let both corrections count."""
    keys, auditor = tmp_path / "keys", tmp_path / "auditor"
    with Ledger.open(url, keys=keys, clock=clock) as ledger:
        own = ledger.writer(None).number
        doing = Doing(now=local(NOW), id="again")
        changes = {"quantity": "30kg"}
        for _ in range(2):  # the same request is the same correction
            ledger.act(lambda session: corrections.correct(session, doing, own, f"{ORIGIN}#2", changes=changes, revive=True))
        correction = ledger.logs()[-1]
    assert found(url, keys) == found(url, auditor)
    assert found(url, auditor)[1] == "replaced"
    assert received(url, auditor) == [30_000], "not both, and not the old one"
    with Ledger.open(url, keys=keys, clock=clock) as ledger, ledger.reading() as session:
        last = entries.find_entry(session, f"{R2}#{correction.size - 1}", None)
        assert entries.original(session, last).seq == 2, "its history is the entry's"
    with Ledger.open(url, keys=keys, clock=clock) as ledger:
        ledger.rebuild()
        correct(ledger, f"{ORIGIN}#2", quantity="20kg")
        assert received(url, auditor) == [20_000]
        correct(ledger, f"{ORIGIN}#2")
    assert received(url, auditor) == []
    assert found(url, auditor)[1:3] == ("removed", None)
    assert len(found(url, auditor)[3]) == 4 + (corrected == "replaced twice")


def test_the_log_after_that_goes_on_from_there(corrected: str, url: str, tmp_path: Path) -> None:
    with Ledger.open(url, keys=tmp_path / "keys", clock=clock) as ledger:
        own = ledger.writer(None).number
        ledger.act(
            lambda session: corrections.correct(
                session, Doing(now=local(NOW)), own, f"{ORIGIN}#2", changes={"quantity": "30kg"}, revive=True
            )
        )
    leave(url, tmp_path / "keys", R2, lost_key=False)
    with Ledger.open(url, keys=tmp_path / "keys", clock=clock) as ledger:
        correct(ledger, f"{ORIGIN}#2", quantity="10kg")
    assert received(url, tmp_path / "auditor") == [10_000], corrected


@pytest.mark.parametrize("claims", [False, True], ids=["plain", "who says to continue it"])
def test_nobody_else_corrects_a_correction(corrected: str, url: str, tmp_path: Path, claims: bool) -> None:
    """Nor an earlier one, whoever says it: what the log said last stands."""
    last = {"replaced": 4, "replaced twice": 5, "removed": 4}[corrected]
    before = found(url, tmp_path / "auditor")[:3]

    def say(ledger: Ledger, log: str, seq: int, name: str, *, instead: bool = False) -> None:
        with ledger.reading() as session:
            sql = "SELECT e.leaf FROM entry AS e JOIN log AS l ON l.id = e.log WHERE l.origin = ? AND e.seq = ?"
            (leaf,) = session.row(sql, (ORIGIN, seq)) or (b"",)
        made = Correction(id=name, at=moment(clock()), log=ORIGIN, seq=seq, leaf=bytes(leaf).hex(), reason="did_not_occur")
        if instead:
            made = msgspec.structs.replace(made, reason="incorrect_data", replacement=move("tr9"))
        ledger.act(lambda _session: Outcome(events=[made]), log=log)

    with Ledger.open(url, keys=tmp_path / "stranger", clock=clock) as stranger:
        stranger.init("t.example/s", operator="F-1")  # whose site it is, even
        if claims:
            claim = Recovered(id="mine", at=moment(clock()), kind="new_log", lost_from=4, lost_to=4, former=ORIGIN, reason="mine now")
            stranger.act(lambda _session: Outcome(events=[claim]), log="t.example/s")
        say(stranger, "t.example/s", last, "gone")
        with pytest.raises(errors.Refused, match="other_side"):
            correct(stranger, f"{ORIGIN}#2", log="t.example/s", quantity="1kg")
    with Ledger.open(url, keys=tmp_path / "keys", clock=clock) as heir:
        for seq in {2, last - 1} - {3}:
            say(heir, R2, seq, f"late-{seq}")
            say(heir, R2, seq, f"instead-{seq}", instead=True)
    assert found(url, tmp_path / "auditor", *(["tlog.two_heirs"] if claims else []))[:3] == before
