"""What each kind of event does to goods is said in exactly one place."""

from __future__ import annotations

from foodtrace.events.model import kinds
from foodtrace.graph import edges, edges_case, edges_gate, edges_goods


def test_only_the_logs_own_events_do_nothing_to_goods() -> None:
    without = {kind for kind, event in kinds().items() if event not in edges._EFFECTS}
    assert without == {"erasure", "recovered", "voucher_lines"}


def test_no_kind_stands_in_two_areas() -> None:
    areas = [edges_gate.EFFECTS, edges_goods.EFFECTS, edges_case.EFFECTS]
    assert sum(map(len, areas)) == len(set().union(*areas))
