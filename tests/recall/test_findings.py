"""Every kind of finding: the world that shows it, the entries behind it, and what must not be taken for it."""

from __future__ import annotations

import msgspec
import pytest

from foodtrace.events import PredicateClause
from foodtrace.graph.flows import CLEARED, DAY, SAMPLE, STYLE2, UNKNOWN_TIME, Act, Copies, Flow, FlowKind, LogInfo, LotInfo
from foodtrace.recall.affected import find
from foodtrace.recall.facts import Cleared
from foodtrace.recall.findings import KINDS
from foodtrace.recall.settings import HOUR, Settings
from foodtrace.texts import catalogue
from tests.recall.asked import CHAIN, CUSTODY, YIELDS, Told
from tests.recall.notation import NOTICE, OWN, SETTINGS, at, clauses

TABLE = """
    not_received not_sent source_missing destination_missing quantity_differs unit_differs origin_missing several_origins
    same_lot_no_path code_only lot_missing mixed_stall attribute_missing unexplained_stock unaccounted mass_gain yield_odd
    over_certified time_contradiction silent_site log_behind no_answer before_known after_notice restocked
    returns_exceed_sales duplicate_conflict disputed calendar_missing"""
"""The kinds of RECALL section 3, in the order of its table; it calls them exhaustive."""


SCENES: dict[str, tuple[Told, dict[str, tuple[str, int, int]]]] = {
    "a truck that never arrived": (Told(CHAIN + "W->X L20 @4 sent"), {"not_received": ("LX", 20, 1)}),
    "a truck still within its time": (Told(CHAIN + "W->X L20 @14 sent"), {}),
    "a dispatch at an unknown time, written down long ago": (
        Told(CHAIN + "W->X L20 @4 sent").change(FlowKind.DISPATCH, 1, t=2**62, flags=UNKNOWN_TIME, recorded=at(5)),
        {"not_received": ("LX", 20, 1)},
    ),
    "a receipt its sender knows nothing of": (Told(CHAIN + "W->X L20 @4 got"), {"not_sent": ("LX", 20, 1)}),
    "a receipt from nowhere": (
        Told(CHAIN + "?->X L20 @4 got"),
        {"source_missing": ("LX", 20, 1), "same_lot_no_path": ("LX", 0, 1)},
    ),
    "sent to nobody": (Told(CHAIN + "W->? L20 @4 sent"), {"destination_missing": ("LW", 20, 1)}),
    "sent 20, received 18": (Told(CHAIN + "W->X L20 @4 received 18"), {"quantity_differs": ("LX", -2, 2)}),
    "sent grams, received pieces": (
        Told(CHAIN + "W->X L20 @4").change(FlowKind.RECEIPT, 1, unit=2),
        {"unit_differs": ("LX", 0, 2)},
    ),
    "inputs in unlike units": (
        Told("L:P 10\nK:P 10\nP: L10 + K10 = M20 @2").change(FlowKind.CONSUMED, 1, unit=2).change(FlowKind.BORN, 1, unit=2),
        {"unit_differs": ("MP", 0, 1)},
    ),
    "no origin": (Told("P->X L20 @4"), {"origin_missing": ("L", 0, 2), "unexplained_stock": ("LP", 20, 2)}),
    "two origins": (Told("L:P 10\nL:Q 10"), {"several_origins": ("L", 2, 2)}),
    "a stall with two lots": (
        Told("L:P 40\nK:P 60\nP->S L40 @2\nP->S K60 @2\nS->X 50 @3 unnamed"),
        {"lot_missing": ("S", 50, 1), "mixed_stall": ("S", 2, 1)},
    ),
    "a stall whose second lot came later": (
        Told("L:P 40\nK:P 60\nP->S L40 @2\nP->S K60 @5\nS->X 50 @3 unnamed"),
        {"lot_missing": ("S", 50, 1)},
    ),
    "sold more than came": (Told(CHAIN + "W->X L10 @4\nX sells L15 @5"), {"unexplained_stock": ("LX", 5, 3)}),
    "counted less": (Told(CHAIN + "W counts L80 @5"), {"unaccounted": ("LW", 20, 3)}),
    "more out than in": (Told("L:P 10\nP: L10 = M12 @2"), {"mass_gain": ("MP", 2, 1)}),
    "a yield nobody gets": (Told("L:P 10\nP: L10 = M5 @2", settings=YIELDS), {"yield_odd": ("MP", 5, 1)}),
    "a usual yield": (Told("L:P 10\nP: L10 = M9 @2", settings=YIELDS), {}),
    "one certificate, two gates": (
        Told("L:P 100\nP->W L60 @2\nP->X L60 @2").change(FlowKind.BORN, pair="0001"),
        {"over_certified": ("LP", 20, 5), "unexplained_stock": ("LP", 20, 5)},
    ),
    "a certificate's goods that came back and went out again": (
        Told("L:P 100\nP->W L100 @2\nW->P L40 @3\nP->X L40 @4").change(FlowKind.BORN, pair="0001"),
        {},
    ),
    "a certificate used beyond its quantity, part of which came back": (
        Told("L:P 100\nP->W L100 @2\nP->X L40 @3\nW->P L60 @5").change(FlowKind.BORN, pair="0001"),
        {"over_certified": ("LP", 40, 7)},
    ),
    "received before it was sent": (Told(CHAIN + "W->X L10 @9/8"), {"time_contradiction": ("LX", 0, 2)}),
    "received on the day it was sent, days only": (
        Told(CHAIN + "W->X L10 @9/9")
        .change(FlowKind.DISPATCH, 1, t=at(10) - 1, flags=DAY)
        .change(FlowKind.RECEIPT, 1, flags=DAY),
        {},
    ),
    "received the day before it was sent, days only": (
        Told(CHAIN + "W->X L10 @9/9")
        .change(FlowKind.DISPATCH, 1, t=at(10) - 1, flags=DAY)
        .change(FlowKind.RECEIPT, 1, t=at(8), flags=DAY),
        {"time_contradiction": ("LX", 0, 2)},
    ),
    "received at an unknown time": (
        Told(CHAIN + "W->X L10 @9/9").change(FlowKind.RECEIPT, 1, t=-(2**62), flags=UNKNOWN_TIME),
        {},
    ),
    "sold before it was born": (Told("L:P 10 @5\nP sells L3 @4"), {"time_contradiction": ("LP", 0, 1)}),
    "brought back without a sale": (Told(CHAIN + "W takes L5 @6"), {"returns_exceed_sales": ("LW", 5, 1)}),
    "two logs, one id": (Told(CHAIN), {"duplicate_conflict": ("LW", 0, 2)}),
    "an objection": (Told(CHAIN), {"disputed": ("LP", 0, 1)}),
    "a log nobody has seen": (Told(CHAIN, case=True), {"log_behind": ("", 0, 1)}),
    "sold after opening, before the notice": (
        Told(CHAIN + "W sells L5 @11", case=True).notice("W", day=12), {"before_known": ("LW", 5, 1)}),
    "sold after the notice": (Told(CHAIN + "W sells L5 @13", case=True).notice("W", day=12), {"after_notice": ("LW", 5, 1)}),
    "cooked after the notice": (Told(CHAIN + "W uses L5 @13", case=True).notice("W", day=12), {"after_notice": ("LW", 5, 1)}),
    "a sample after the notice": (
        Told(CHAIN + "W uses L5 @13", case=True).notice("W", day=12).change(FlowKind.USED, flags=SAMPLE),
        {},
    ),
    "received after the notice": (
        Told(CHAIN + "W->X L5 @9/13", case=True).notice("X", day=12),
        {"after_notice": ("LX", 5, 1)},
    ),
    "a recall return received after the notice": (Told(CHAIN + "W=>P L5 @12/13", case=True).notice("W", "P", day=11), {}),
    "sealed goods sold again": (
        Told(CUSTODY + "X sells L20 @12", case=True).notice("X", day=13),
        {"restocked": ("LX", 20, 1), "before_known": ("LX", 20, 1)},
    ),
    "free goods sold beside sealed ones": (
        Told(CHAIN + "W->X L60 @4\nX seals L40 @11\nX sells L20 @12", case=True).notice("X", day=13),
        {"before_known": ("LX", 20, 1)},
    ),
    "sealed goods destroyed": (Told(CUSTODY + "X destroys L60 @12", case=True), {}),
    "returned goods sent out again": (
        Told(CHAIN + "W->X L60 @4\nX=>W L60 @11/12\nW->X L90 @13", case=True),
        {"restocked": ("LW", 50, 1), "before_known": ("LW", 90, 1)},
    ),
    "packed after opening": (Told(CHAIN, case=True), {"before_known": ("LW", 0, 1)}),
}  # fmt: skip


@pytest.mark.parametrize("name", SCENES)
def test_scene(name: str) -> None:
    told, expected = SCENES[name]
    here = {each: number for number, each in told.lots.items()} | {each: number for number, each in told.sites.items()}
    if name == "two logs, one id":
        first = next(flow for flow in told.build.flows if flow.kind == FlowKind.RECEIPT)
        other = msgspec.structs.replace(first, log=2, q=99)
        told.build.flows.append(other)
        told.more["copies"] = [Copies(id="E", entries=((first.log, first.seq), (2, first.seq)), alike=False)]
    elif name == "an objection":
        told.more["disputes"] = [(1, 1)]
    elif name == "a log nobody has seen":
        told.more["logs"] = [LogInfo(log=7, size=3, newest=at(NOTICE) - 1), LogInfo(log=1, size=9, newest=at(NOTICE))]
    elif name == "packed after opening":
        told.more["acts"] = [Act(doing="packing", lot=here["L"], site=here["W"], t=at(11), entry=(1, 50))]
    got = told.kinds()
    assert got == expected, got
    if name == "two logs, one id":
        assert not [each for each in told.found() if each.kind in ("quantity_differs", "unexplained_stock")], "it counts once"


def test_nothing_for_a_sound_chain() -> None:
    assert Told(CHAIN + "W->X L60 @4\nX sells L25 @5", case=True).kinds() == {}


def test_same_code_under_an_unknown_authority() -> None:
    told = Told(CHAIN + "W->X M5 @4")
    told.more["lots"] = [LotInfo(lot=100, text=f"{OWN}/L", producer=OWN), LotInfo(lot=101, text="WHO/L")]
    assert ("code_only", 101) in {(each.kind, each.lot) for each in told.found()}
    assert all(each.entries for each in told.found() if each.kind == "code_only")


def test_an_attribute_nobody_recorded() -> None:
    told = Told(CHAIN)
    found = told.found(clause=PredicateClause(product="goods", gtin="06909999000012"))
    assert [(each.lot, len(each.entries)) for each in found if each.kind == "attribute_missing"] == [(100, 3)]


def test_a_step_that_only_slack_lets_in_names_a_lot_and_a_site() -> None:
    told = Told("L:P 100\nP->W L50 @5/5\nW: L50 = M50 @4.9", settings=Settings(clock_slack=24 * HOUR), scope="left P 5 5")
    found = [each for each in told.found() if each.kind == "time_contradiction"]
    assert [(told.lots[each.lot], told.sites[each.site], len(each.entries)) for each in found] == [("M", "W", 1)]


@pytest.mark.parametrize(("day", "kinds"), [(1.9, {"lot_missing", "time_contradiction"}), (2, {"lot_missing"}), (0.9, set())])
def test_goods_without_lot_that_only_slack_makes_these(day: float, kinds: set[str]) -> None:
    told = Told(f"L:P 100\nP->S L40 @2/2\nS->X 50 @{day} unnamed", settings=Settings(clock_slack=24 * HOUR))
    found = [each for each in told.found() if each.kind in ("lot_missing", "time_contradiction")]
    assert {each.kind for each in found} == kinds
    assert {told.sites[each.site] for each in found if each.kind == "time_contradiction"} <= {"X"}


@pytest.mark.parametrize(("days", "kinds"), [(3, set()), (5, {"no_answer"})])
def test_no_answer_in_working_days(days: int, kinds: set[str]) -> None:
    # 2026-01-11 (day 10) is a Sunday; no table for 2026 is needed beyond the weekend rule.
    from foodtrace.recall.calendars import calendar

    told = Told(CHAIN, case=True, now=10 + days).notice("W", answered=False)
    found = [each for each in told.found(calendar()) if each.kind in ("no_answer", "calendar_missing")]
    assert {each.kind for each in found} == kinds
    assert all(each.entries == ((9, 0),) for each in found), "the notice nobody answered"
    assert {each.kind for each in told.found() if each.entries == ((9, 0),)} == {"calendar_missing"}


def test_a_site_that_records_nothing() -> None:
    told = Told(CHAIN)
    told.more["sites"] = [msgspec.structs.replace(info, last_entry=None) for info in told.build.facts().sites(list(told.sites)).values()]
    assert {(each.kind, told.sites[each.site], len(each.entries)) for each in told.found()} == {("silent_site", "W", 2)}


def test_a_relabelling_the_case_approved_is_no_use_in_spite_of_it() -> None:
    told = Told(CUSTODY + "X: L60 = N60 @12", case=True)
    assert {"restocked", "before_known"} <= told.kinds().keys()
    for n, flow in enumerate(told.build.flows):
        if flow.kind == FlowKind.PRODUCED:
            told.build.flows[n] = msgspec.structs.replace(flow, flags=CLEARED, pair="W")
    assert told.kinds() == {}


def test_goods_the_case_cleared_may_move() -> None:
    told = Told(CHAIN + "W sells L5 @13", case=True).notice("W", day=12)
    told.cleared = (Cleared(100, 0, 0),)
    assert told.kinds() == {}


def test_a_copy_with_other_parties_takes_no_holding_out_of_the_answer() -> None:
    told = Told("L:P 100\nP->W L30 @2 sent\nP->X L40 @2 sent")
    dispatches = [n for n, flow in enumerate(told.build.flows) if flow.kind == FlowKind.DISPATCH]
    flow: Flow = told.build.flows[dispatches[1]]
    told.build.flows[dispatches[1]] = msgspec.structs.replace(flow, log=2)
    told.more["copies"] = [Copies(id="E", entries=((1, 2), (2, 3)), alike=False)]
    facts = told.facts()
    found = find(facts, clauses("L"), settings=SETTINGS, own_operator=OWN)
    assert {told.sites[site] for _, site in found.holdings} == {"P", "W", "X"}


def test_of_many_entries_the_newest_are_named_and_never_others_than_those_it_is_about() -> None:
    many = "".join(f"W counts L100 @{day}\n" for day in [7.0] * 150)
    told = Told(CHAIN + "W takes L5 @6\n" + many)
    (back,) = [each for each in told.found() if each.kind == "returns_exceed_sales"]
    assert [flow.kind for flow in told.build.flows if (flow.log, flow.seq) in back.entries] == [FlowKind.CONSUMER_RETURN]
    (short,) = [each for each in told.found() if each.kind == "unaccounted"]
    assert len(short.entries) == 100
    # 150 counts at one moment, told by two logs: which are named follows from their names, not from who came first.
    counts = [n for n, flow in enumerate(told.build.flows) if flow.kind == FlowKind.COUNT]
    for n in counts[::2]:
        told.build.flows[n] = msgspec.structs.replace(told.build.flows[n], log=7)
    (first,) = [each.entries for each in told.found() if each.kind == "unaccounted"]
    told.build.flows = [*reversed(told.build.flows)]
    assert [each.entries for each in told.found() if each.kind == "unaccounted"] == [first]


def test_style_2_counts_as_a_certificate() -> None:
    told = Told("L:P 100\nP: L100 = M100 @2\nP->X M120 @3").change(FlowKind.PRODUCED, flags=STYLE2)
    assert told.kinds()["over_certified"] == ("MP", 20, 3)


def test_the_kinds_are_those_of_recall_and_each_has_its_words() -> None:
    assert set(TABLE.split()) == KINDS
    missing = [key for kind in KINDS for key in (f"finding.{kind}", f"finding.{kind}.hint") if key not in catalogue()]
    assert missing == []
    shown = {kind for _, expected in SCENES.values() for kind in expected}
    assert KINDS - shown == {"code_only", "attribute_missing", "no_answer", "calendar_missing", "silent_site"}, (
        "shown by tests of their own"
    )
