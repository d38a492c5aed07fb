"""Finds the other side of a receipt that names its dispatch by another number than rows have it under (RECALL section 1, ADR 39).

A flow carries one number: the transfer id, else the document number, else of a dispatch the event's own id. A dispatch on a paper
with a number of its own (``doc``) is then known by that, and a receipt that names its event by ``transfer`` names nothing. Rules:

1. A dispatch goes by its transfer id, its document number, its event's id and the number it is shown by (:func:`voucher_number`). A
   receipt says its ``transfer``, its ``doc``, and at a gate the numbers of its papers. They are of one transfer if the receipt says a
   number that the dispatch goes by, of one lot, and no party of one contradicts the other's. Where both give a transfer id, only what
   the receipt gives as that counts. Nothing is matched by resemblance.
2. It is looked for where a receipt's number finds no dispatch and a dispatch's no receipt, of one lot and fitting parties: else nothing is
   read. Of several dispatches each takes one receipt, in the order of time; the number it is shown by means none where it fits several.
3. The receipt then has the dispatch's number, wherever flows are read.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from foodtrace.graph.flowkind import UNNAMED, FlowKind

if TYPE_CHECKING:
    from foodtrace.graph.flows import Flow
    from foodtrace.storage.session import Session

_RECEIPT: Final = int(FlowKind.RECEIPT)
_LEAVING: Final = frozenset(map(int, (FlowKind.DISPATCH, FlowKind.RETURN)))
_ENTRY: Final = "SELECT e.seq, e.bytes FROM {ids} CROSS JOIN entry AS e WHERE e.seq = f.value AND e.log = ?"
_CHINA: Final = dt.timezone(dt.timedelta(hours=8))
_PAPERS: Final = ("purchase", "sales", "transport")


def voucher_number(sealed: dt.datetime, seq: int) -> str:
    """Return the number by which a transfer is shown: ``V-261123-0042``.

    :param sealed: when its entry was sealed, with an offset. :param seq: the entry's (first) sequence number.
    """
    return f"V-{sealed.astimezone(_CHINA):%y%m%d}-{seq:04d}"


def under_one_number(session: Session, flows: Sequence[Flow]) -> list[Flow]:
    """Return flows with receipts under the number of the dispatch that they name by another (rule 3)."""
    told = list(flows)
    found = _candidates(told)
    if not found:
        return told
    entries = {(flow.log, flow.seq) for receipt, sent in found for flow in (receipt, *sent)}
    numbers = _Numbers(session, entries)
    renamed: dict[tuple[int, int, int], str] = {}
    taken: set[tuple[int, int, int]] = set()
    for receipt, sent in sorted(found, key=lambda each: (each[0].t, each[0].q, each[0].pair)):
        free = [each for each in sent if (each.log, each.seq, each.item) not in taken]
        mine = [each for each in free if numbers.named(receipt, each)]
        if not mine:
            shown = [each for each in free if numbers.shown(receipt, each)]
            mine = shown if len({each.pair for each in shown}) == 1 else []
        if mine:
            first = min(mine, key=lambda each: (each.t, each.q, each.pair))
            renamed[receipt.log, receipt.seq, receipt.item] = first.pair
            # What several logs tell of one dispatch goes by one number.
            taken.update((each.log, each.seq, each.item) for each in mine if each.pair == first.pair)
    if not renamed:
        return told
    from msgspec.structs import replace  # noqa: PLC0415 - seldom

    return [
        replace(flow, pair=renamed[key]) if flow.kind == _RECEIPT and (key := (flow.log, flow.seq, flow.item)) in renamed else flow
        for flow in told
    ]


def _candidates(flows: Iterable[Flow]) -> list[tuple[Flow, list[Flow]]]:
    """Return receipts whose number finds no dispatch, each with the dispatches without receipt whose lot and parties fit (rule 2)."""
    came: dict[tuple[int, str], list[Flow]] = defaultdict(list)
    left: dict[tuple[int, str], list[Flow]] = defaultdict(list)
    for flow in flows:
        if flow.pair and flow.kind == _RECEIPT:
            came[flow.lot, flow.pair].append(flow)
        elif flow.pair and flow.kind in _LEAVING and not flow.flags & UNNAMED:
            left[flow.lot, flow.pair].append(flow)
    alone = [flow for key, mine in came.items() for flow in mine if not any(_agree(each, flow) for each in left.get(key, ()))]
    if not alone:
        return []
    lots = {flow.lot for flow in alone}
    sent: dict[tuple[int, int], list[Flow]] = defaultdict(list)
    for key, mine in left.items():
        for flow in mine if key[0] in lots else ():
            if not any(_agree(flow, each) for each in came.get(key, ())):
                sent[flow.lot, flow.other].append(flow)
    made: list[tuple[Flow, list[Flow]]] = []
    for receipt in alone:
        fitting = [each for to in (receipt.site, 0) for each in sent.get((receipt.lot, to), ()) if _agree(each, receipt)]
        if fitting:
            made.append((receipt, fitting))
    return made


def _agree(dispatch: Flow, receipt: Flow) -> bool:
    """Say whether no party of one contradicts the other's."""
    return dispatch.other in (0, receipt.site) and receipt.other in (0, dispatch.site) and dispatch.site != receipt.site


class _Numbers:
    """What the entries of some flows say."""

    def __init__(self, session: Session, entries: Iterable[tuple[int, int]]) -> None:
        self._session = session
        self._said: dict[tuple[int, int], Any] = {}
        by_log: dict[int, list[int]] = defaultdict(list)
        for log, seq in sorted(entries):
            by_log[log].append(seq)
        for log, seqs in by_log.items():
            self._said.update(((log, seq), bytes(data)) for seq, data in session.each(_ENTRY, seqs, (log,)))

    def named(self, receipt: Flow, dispatch: Flow) -> bool:
        """Say whether a receipt names a dispatch by a number that its parties gave it."""
        came, left = self._event(receipt), self._event(dispatch)
        if came is None or left is None:
            return False
        transfer = getattr(came, "transfer", "")
        if transfer and transfer in (left.transfer, left.doc, left.id):
            return True
        if transfer and left.transfer:
            return False
        return not {left.doc, left.id, left.transfer}.isdisjoint(_said(came))

    def shown(self, receipt: Flow, dispatch: Flow) -> bool:
        """Say whether a receipt names a dispatch by the number that it is shown by."""
        came = self._event(receipt)
        numbers = {unicodedata.normalize("NFKC", each).strip().upper() for each in _said(came)} if came is not None else set()
        if not any(each.startswith("V-") for each in numbers):
            return False
        transfer, left = getattr(came, "transfer", ""), self._event(dispatch)
        if left is None or (transfer and left.transfer and not transfer.upper().startswith("V-")):
            return False
        return self._voucher(dispatch) in numbers

    def _event(self, flow: Flow) -> Any:
        from foodtrace.events.canonical import decode_alone  # noqa: PLC0415 - most recalls decode nothing
        from foodtrace.tlog.entry import event_bytes  # noqa: PLC0415

        said = self._said.get((flow.log, flow.seq))
        if isinstance(said, bytes):
            event = decode_alone(event_bytes(said))
            said = self._said[flow.log, flow.seq] = getattr(event, "replacement", None) or event
        return said if hasattr(said, "doc") or flow.kind == _RECEIPT else None

    def _voucher(self, dispatch: Flow) -> str:
        """Return the number that a dispatch is shown by: that of the entry it was recorded in, whatever a correction says since."""
        row = self._session.row("SELECT bytes FROM entry WHERE log = ? AND seq = ?", (dispatch.log, dispatch.seq))
        if row is None:
            return ""
        from foodtrace.events import Correction  # noqa: PLC0415 - seldom
        from foodtrace.events.canonical import decode_alone  # noqa: PLC0415
        from foodtrace.tlog.entry import parse  # noqa: PLC0415
        from foodtrace.tlog.whole import first_part  # noqa: PLC0415

        entry, seq = parse(bytes(row[0])), dispatch.seq
        event = decode_alone(bytes(entry.event))
        if isinstance(event, Correction):
            sql = "SELECT e.seq, e.bytes FROM entry AS e WHERE e.log = ? AND e.seq = ?"
            if event.log:
                sql, key = sql.replace("e.log = ?", "e.log = (SELECT id FROM log WHERE origin = ?)"), (event.log, event.seq)
            else:
                key = (dispatch.log, event.seq)  # type: ignore[assignment]
            first = self._session.row(sql, key)
            if first is None:
                return ""
            seq, entry = first[0], parse(bytes(first[1]))
            event = decode_alone(bytes(entry.event))
        return voucher_number(entry.time, first_part(event, seq))


def _said(event: Any) -> set[str]:
    """Return every number by which the event of a receipt names its transfer."""
    papers = [each.number for each in getattr(event, "vouchers", ()) if each.kind in _PAPERS]
    return {getattr(event, "transfer", ""), getattr(event, "doc", ""), *papers} - {""}


__all__ = ["under_one_number", "voucher_number"]
