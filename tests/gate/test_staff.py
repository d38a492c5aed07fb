"""Staff cards: who begins a shift and who is the second person is shown, not only said; no secret gets anywhere it stays."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foodtrace import errors
from foodtrace.events import GateShift, MarketEntry, Refusal
from foodtrace.gate.staffcard import Card, commitment, format_card, parse_card
from foodtrace.operations import held, staff
from foodtrace.operations.common import Doing, about
from tests.gate.clerk import Clerk
from tests.gate.desk import RULES, Market

CARD = Card("S-07", bytes(range(16)))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Market]:
    market = Market(str(tmp_path / "gate.db"), tmp_path / "keys")
    yield market
    market.ledger.close()


def doing(desk: Market, by: str = "") -> Doing:
    return Doing(now=desk.clock.later(minutes=1), by=by, log=desk.ledger.writer().number)


def add(desk: Market, number: str, word: str = "", **more: Any) -> str:
    _, made = desk.ledger.act(partial(staff.issue, doing=doing(desk), market=desk.market, number=number, word=word, **more))
    return str(made.text)


def prove(desk: Market, text: str, log: int | None = None) -> staff.Person:
    with desk.ledger.reading() as session:
        return staff.prove(session, desk.market, desk.ledger.writer().number if log is None else log, text, desk.now().date())


def _hidden(clerk: Clerk) -> bool:
    return clerk.counter.secret


def entries_of(desk: Market) -> dict[str, str]:
    """Return the id of the newest entry on each number."""
    with desk.ledger.reading() as session:
        return {number: card.id for number, card in staff.cards(session, desk.market, 0).items()}


def code_of(call: Callable[..., Any], *args: Any, **more: Any) -> str:
    with pytest.raises(errors.FoodtraceError) as caught:
        call(*args, **more)
    for lang in ("zh", "en"):
        assert caught.value.message(lang)
        assert caught.value.hint(lang)
        assert "AAAQEAYEAUDAOCAJBIFQYDIOB4" not in caught.value.message(lang) + caught.value.hint(lang)
    return caught.value.code


def test_the_cards_text_is_this_one() -> None:
    assert format_card(CARD) == "FTSTAFF-S-07-AAAQEAYEAUDAOCAJBIFQYDIOB4"
    assert commitment("L-0002", CARD) == "ace4868091ff4d51e0a1a5c1b59088bea85295877dfcd9cc802fe7f5098e098c"


@pytest.mark.parametrize(
    "mangle",
    [
        str,
        str.lower,
        str.swapcase,
        lambda t: "]Q1" + t,
        lambda t: t.replace("-", "—"),
        lambda t: " " + t + "\r",
        lambda t: "".join(chr(ord(c) + 0xFEE0) for c in t),
    ],
)
def test_what_a_keyboard_does_to_a_card_is_put_right(mangle: Callable[[str], str]) -> None:
    assert parse_card(mangle(format_card(CARD))) == CARD


@given(st.binary(min_size=16, max_size=16), st.integers(0, 60), st.sampled_from("ABZ2789-a"))
def test_another_character_is_another_card_or_none(secret: bytes, place: int, letter: str) -> None:
    text = format_card(Card("S-07", secret))
    changed = text[: place % len(text)] + letter + text[place % len(text) + 1 :]
    found = parse_card(changed)
    assert found is None or changed.upper() == text or found != Card("S-07", secret)


def test_without_cards_a_number_is_taken_at_its_word_and_the_screen_says_so(desk: Market) -> None:
    assert prove(desk, "S-07") == staff.Person("S-07")
    assert "工号未经工牌证实" in Clerk(desk).types("S-07")


def test_from_the_first_card_on_a_typed_number_is_not_taken(either: Market) -> None:
    first = add(either, "S-01")
    assert prove(either, first).number == "S-01"
    assert code_of(prove, either, "S-01") == "staff.card_needed"
    assert code_of(prove, either, "S-07") == "staff.card_needed"
    clerk = Clerk(either)
    assert _hidden(clerk)
    assert "staff.card_needed" in clerk.types("S-01")
    said = clerk.types(first)
    assert "S-01 上班" in said
    assert "工号未经" not in said
    assert not _hidden(clerk)
    (shift,) = [each for each in clerk.events() if isinstance(each, GateShift)]
    assert (shift.by, shift.card) == ("S-01", entries_of(either)["S-01"])


def test_every_later_card_needs_somebody_who_has_one(either: Market) -> None:
    first = add(either, "S-01")
    assert code_of(add, either, "S-02") == "staff.card_needed"
    assert code_of(add, either, "S-02", "S-01") == "staff.card_needed"
    second = add(either, "S-02", first)
    withdraw = partial(staff.withdraw, market=either.market, number="S-02")
    assert code_of(either.ledger.act, partial(withdraw, doing=doing(either), word="")) == "staff.card_needed"
    either.ledger.act(partial(withdraw, doing=doing(either), word=second))
    assert code_of(prove, either, second) == "staff.card_withdrawn"
    assert code_of(either.ledger.act, partial(withdraw, doing=doing(either), word=first)) == "staff.no_card"
    again = add(either, "S-02", first)
    assert prove(either, again).number == "S-02"
    assert code_of(prove, either, second) == "staff.card_unknown", "the old card of a number is worthless"


def test_withdrawing_the_last_card_does_not_bring_typed_numbers_back(desk: Market) -> None:
    first = add(desk, "S-01")
    desk.ledger.act(partial(staff.withdraw, doing=doing(desk), market=desk.market, number="S-01", word=first))
    assert code_of(prove, desk, "S-01") == "staff.card_needed"


def test_a_card_ends_after_its_last_day(desk: Market) -> None:
    card = add(desk, "S-01", until=desk.now().date())
    assert prove(desk, card).number == "S-01"
    desk.clock.later(days=1)
    assert code_of(prove, desk, card) == "staff.card_ended"
    assert code_of(add, desk, "S-02", card) == "staff.card_ended"


def test_a_card_of_another_market_number_or_log_is_none(desk: Market, tmp_path: Path) -> None:
    add(desk, "S-01")
    other = Market(str(tmp_path / "other.db"), tmp_path / "other.keys", origin="beihe.example/gate2")
    assert code_of(prove, desk, add(other, "S-01")) == "staff.card_unknown"
    assert code_of(prove, desk, format_card(Card("S-09", bytes(16)))) == "staff.card_unknown"
    other.ledger.close()
    assert commitment("L-0002", CARD) != commitment("L-0003", CARD)
    # Another log in this database names somebody: this gate does not believe it (rule 1).
    with desk.ledger.reading() as session:
        assert not staff.in_use(session, desk.market, desk.ledger.writer().number + 1)


def test_one_card_is_registered_at_every_gate(desk: Market) -> None:
    known = add(desk, "S-07", card=format_card(CARD))
    assert known == format_card(CARD)
    assert prove(desk, known).number == "S-07"
    assert code_of(add, desk, "S-08", known, card=format_card(CARD)) == "staff.card_form"
    assert code_of(add, desk, "S-08", known, card="FTSTAFF-S-08") == "staff.card_form"


@pytest.mark.parametrize("number", ["", "张三", "s 07", "S" * 21, "-7"])
def test_what_no_card_can_carry(desk: Market, number: str) -> None:
    assert code_of(add, desk, number) == "staff.number"


def test_a_mobile_number_is_no_staff_number(desk: Market) -> None:
    assert code_of(add, desk, "13800000001") == "counter.staff"


# -- the second person ---------------------------------------------------------------------------------------------------


def resolve(desk: Market, by: str, second: str = "", verdict: str = "admit") -> held.Resolved:
    who = doing(desk, by)
    _, answer = desk.ledger.act(lambda session: held.resolve(session, who, RULES, desk.market, "1", verdict, second=second))
    found: held.Resolved = answer
    return found


def test_an_override_takes_two_cards_of_two_people(either: Market) -> None:
    one = add(either, "S-01")
    two, clerk = add(either, "S-02", one), add(either, "S-07", one)
    either.ledger.gate(either.certificate("西红柿", "500 kg"), weight="600 kg", by="S-07")
    assert code_of(resolve, either, "S-01", two) == "staff.card_needed"
    assert code_of(resolve, either, "", two) == "staff.card_needed"
    assert code_of(resolve, either, one, "S-02") == "staff.card_needed"
    assert code_of(resolve, either, one) == "gate.second_person"
    assert code_of(resolve, either, one, one) == "gate.second_person"
    assert code_of(resolve, either, one, clerk) == "gate.second_person", "who held it is no second person"
    assert resolve(either, one, two).verdict == "admit"
    issued = entries_of(either)
    with either.ledger.reading() as session:
        entries = [each.event for each in about(session, f"gate {either.market}", MarketEntry)]
    last = entries[-1]
    assert isinstance(last, MarketEntry)
    assert (last.by, last.by_card, last.approved_by, last.approved_card) == ("S-01", issued["S-01"], "S-02", issued["S-02"])
    assert either.ledger.verify().ok


def test_to_refuse_takes_one_card(desk: Market) -> None:
    one = add(desk, "S-01")
    desk.ledger.gate(desk.certificate("西红柿", "500 kg"), weight="600 kg", by="S-07")
    assert code_of(resolve, desk, "S-01", verdict="refuse") == "staff.card_needed"
    assert resolve(desk, one, verdict="refuse").verdict == "refuse"
    with desk.ledger.reading() as session:
        (refusal,) = [each.event for each in about(session, f"gate {desk.market}", Refusal)]
    assert isinstance(refusal, Refusal)
    assert (refusal.by, bool(refusal.by_card), refusal.approved_card) == ("S-01", True, "")


@pytest.mark.parametrize("second", ["s-07", "S-01", "s-01", "", "13800000001", "张三"])
def test_without_cards_one_number_in_two_spellings_is_one_person(desk: Market, second: str) -> None:
    desk.ledger.gate(desk.certificate("西红柿", "500 kg"), weight="600 kg", by="S-07")
    assert code_of(resolve, desk, "S-01", second) in ("gate.second_person", "counter.staff")


# -- the secret ----------------------------------------------------------------------------------------------------------


def test_a_card_scanned_at_any_other_moment_gets_into_no_record_and_on_no_screen(desk: Market) -> None:
    card = add(desk, "S-01", card=format_card(Card("S-01", CARD.secret)))
    clerk = Clerk(desk)
    clerk.types(card)
    text = desk.certificate("西红柿", "500 kg")
    for before in ([], ["0"], ["0", "1"], [text], [text, "600"]):
        clerk.types(*before, card, card.lower(), card[:30], "-", "-")
    clerk.types("**")
    secret = card[-26:]
    assert "这是工牌, 没有记" in "\n".join(clerk.screen)
    assert secret not in "\n".join(clerk.screen).upper()
    with desk.ledger.reading() as session:
        sealed = b"".join(bytes(row[0]) for row in session.rows("SELECT bytes FROM entry"))
        names = "\n".join(str(row[0]) for row in session.rows("SELECT text FROM name"))
    assert secret.encode() not in sealed.upper()
    assert secret not in names.upper()
