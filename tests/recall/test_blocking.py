"""Blocking as the table of RECALL section 7 has it: asks by kind and link, facts by kind and time."""

from __future__ import annotations

from typing import Final, get_args

import pytest

from foodtrace.recall.blocking import BLOCKED, OPEN, Doing, Grade, Link, answer, blocks, known_at, link_of, marks
from foodtrace.recall.facts import Case, Cleared, Step
from foodtrace.recall.settings import Settings
from foodtrace.texts import has, text

CASE = Case(case="C", versions=(), level=1, reason="-", opened=100, known=90, published=120)
LINKS: Final[tuple[Link | None, ...]] = (None, "possible", "unknown", "confirmed")


def with_case(**changes: object) -> Case:
    return Case(**{**{name: getattr(CASE, name) for name in CASE.__struct_fields__}, **changes})


def test_every_kind_of_doing_stands_in_exactly_one_row() -> None:
    assert sorted(get_args(Doing)) == sorted([*BLOCKED, *OPEN, "receipt"])


@pytest.mark.parametrize("doing", sorted(BLOCKED))
def test_what_is_blocked_is_refused_when_confirmed_and_held_when_possible(doing: Doing) -> None:
    assert [answer(doing, link) for link in LINKS] == ["allow", "hold", "hold", "refuse"]


def test_a_receipt_is_accepted_as_sealed_because_goods_on_the_road_must_go_somewhere() -> None:
    assert [answer("receipt", link) for link in LINKS] == ["allow", "accept_as_sealed", "accept_as_sealed", "accept_as_sealed"]


@pytest.mark.parametrize("doing", sorted(OPEN))
def test_what_carries_out_a_recall_is_always_open(doing: Doing) -> None:
    assert {answer(doing, link) for link in LINKS} == {"allow"}
    assert marks(doing, 150, 100, 120) == ()


@pytest.mark.parametrize("choice", ["allow", "hold", "refuse"])
def test_a_pack_decides_on_possible_links_and_never_on_confirmed_ones(choice: str) -> None:
    settings = Settings(block_possible=choice)  # type: ignore[arg-type]
    assert answer("sale", "possible", settings) == choice
    assert answer("sale", "confirmed", settings) == "refuse"
    assert answer("sale", "unknown", settings) == "hold"


@pytest.mark.parametrize(
    ("at", "sale", "receipt"),
    [
        (99, (), ()),
        (100, ("before_known",), ("sealed",)),
        (119, ("before_known",), ("sealed",)),
        (120, ("after_notice",), ("sealed", "after_notice")),
        (500, ("after_notice",), ("sealed", "after_notice")),
    ],
)
def test_facts_are_marked_by_when_they_happened(at: int, sale: tuple[str, ...], receipt: tuple[str, ...]) -> None:
    assert marks("sale", at, 100, 120) == sale
    assert marks("receipt", at, 100, 120) == receipt


def test_a_site_that_could_not_know_is_never_after_notice() -> None:
    assert marks("sale", 10**9, 100, None) == ("before_known",)


def test_a_site_knows_by_the_earliest_of_notice_stop_list_and_publication_if_so_set() -> None:
    def notice(**fields: object) -> Step:
        return Step(**{"kind": "notice", "site": 7, "at": 110, "recorded": 110, **fields})  # type: ignore[arg-type]

    sent = with_case(steps=(notice(), notice(at=140), notice(site=8, at=101), notice(at=102, direction="upstream")))
    assert known_at(sent, 7) == 110
    assert known_at(with_case(steps=(notice(delivered=130),)), 7) == 130
    till = Step(kind="stop_list", site=7, at=125, recorded=125)
    assert known_at(with_case(steps=(notice(delivered=130), till)), 7) == 125
    assert known_at(with_case(steps=(notice(delivered=130), till)), 8) is None, "another shop's till"
    assert known_at(with_case(steps=(notice(delivered=130),)), 7, settings=Settings(publication_is_notice=True)) == 120
    assert known_at(CASE, 7) is None


def test_closing_does_not_unblock_clearing_and_withdrawing_do() -> None:
    assert not blocks(CASE, 1, 2, 99)
    assert blocks(CASE, 1, 2, 100)
    assert blocks(with_case(closed=150), 1, 2, 200)
    assert not blocks(with_case(closed=150), 1, 2, 200, Settings(unblock_on_close=True))
    assert blocks(with_case(withdrawn=150), 1, 2, 149)
    assert not blocks(with_case(withdrawn=150), 1, 2, 150)
    cleared = with_case(cleared=(Cleared(1, 2, 180), Cleared(5, 0, 180)))
    assert [blocks(cleared, *where, 200) for where in ((1, 2), (1, 3), (5, 9), (6, 2))] == [False, True, False, True]
    assert blocks(cleared, 1, 2, 179), "what was cleared later was blocked until then"
    assert blocks(with_case(cleared=(Cleared(0, 0, 180),)), 1, 2, 200), "all goods are each lot there was, never what may come"


def test_a_lot_scope_blocks_every_holding_a_partial_one_only_those_it_reaches() -> None:
    holdings: dict[tuple[int, int], Grade] = {(1, 1): "confirmed", (1, 2): "possible", (3, 1): "possible"}
    assert link_of(holdings, 1, 2) == "possible"
    assert link_of(holdings, 1, 9) == "confirmed"
    assert link_of(holdings, 3, 9) == "possible"
    assert link_of(holdings, 4, 1) is None
    assert link_of(holdings, 1, 9, partial=True) is None
    assert link_of(holdings, 1, 9, partial=True, stock_unknown=True) == "unknown"


def test_every_verdict_and_mark_has_its_words() -> None:
    for name in ("allow", "hold", "refuse", "accept_as_sealed", "before_known", "after_notice", "sealed"):
        assert has(f"block.{name}")
    assert text("block.refuse", "zh", lot="B260912A", case="2026-0002") == "召回中: 批次 B260912A, 案件 2026-0002"
