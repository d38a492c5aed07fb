"""Effects of who is who, of papers, and of what happens at a gate. Pure."""

from __future__ import annotations

import datetime as dt
from typing import Final

from foodtrace.events import (
    CertificateIssued,
    CertificateVoided,
    Event,
    GateShift,
    Key,
    Listing,
    MarketEntry,
    Operator,
    Output,
    Refusal,
    SamplingCommitted,
    SamplingOpened,
    SellerFile,
    Site,
    StaffCard,
    TestRecorded,
    TruckExpected,
)
from foodtrace.graph.effects import Effect, Effects, Place, born, flow, transformed
from foodtrace.graph.flows import DELIVERED, SAMPLE, STYLE2, FlowKind
from foodtrace.graph.times import day_number

_BORN, _RECEIPT, _USED = (int(each) for each in (FlowKind.BORN, FlowKind.RECEIPT, FlowKind.USED))


def truck(site: str, gate: str, day: dt.date, number: int) -> str:
    """Return the subject of everything about one truck of a gate's day."""
    return f"truck {site} {gate} {day.isoformat()} {number:06d}"


def _at_gate(made: Effects, event: MarketEntry | Refusal) -> None:
    if event.number:
        made.about.append(truck(event.site, event.gate, event.at.date(), event.number))
    if event.resolves:
        made.about.append(f"resolves {event.resolves}")


def _operator(event: Operator, made: Effects, _place: Place) -> None:
    made.about.append(f"operator {event.operator}")


def _listing(event: Listing, made: Effects, _place: Place) -> None:
    made.about.append(f"operator {event.operator}")


def _site(event: Site, made: Effects, _place: Place) -> None:
    made.site = event
    made.about.append(f"sites {event.operator}")


def _key(event: Key, made: Effects, _place: Place) -> None:
    if event.use == "issuer":
        made.about += [f"kid {event.kid}", f"keys {event.issuer}"]


def _seller_file(event: SellerFile, made: Effects, _place: Place) -> None:
    made.about += [f"seller {event.site} {event.seller}", f"sellers {event.site}"]
    if event.card:
        made.about.append(f"card {event.site} {event.card}")


def _certificate_issued(event: CertificateIssued, made: Effects, _place: Place) -> None:
    made.about += [f"certificate {event.lot} {event.serial}", event.lot]
    if event.kid:
        made.about.append(f"spent {event.kid} {event.serial}")  # where a second one under the same serial shows
    if event.style == 2 and event.upstream:  # noqa: PLR2004 - style 2 of the certificate
        out = Output(lot=event.lot, quantity=event.quantity, product=event.product, produced=event.harvested)
        transformed(made, event, event.upstream, (out,), None, STYLE2)
    else:
        flow(made, _BORN, event, event.lot, event.quantity, pair=event.serial, leaves=False)
        # A crop is produced when it is harvested.
        born(made, event, event.lot, event.product, produced=day_number(event.harvested))


def _certificate_voided(event: CertificateVoided, made: Effects, _place: Place) -> None:
    made.about += [f"certificate {event.lot} {event.serial}", event.lot]


def _test_recorded(event: TestRecorded, made: Effects, _place: Place) -> None:
    made.about.append(event.lot)
    if event.quantity is not None:
        flow(made, _USED, event, event.lot, event.quantity, flags=SAMPLE)


def _market_entry(event: MarketEntry, made: Effects, _place: Place) -> None:
    made.about += [event.lot, f"gate {event.site}"]
    if event.serial:
        made.about.append(f"spent {event.kid or event.lot} {event.serial}")
    _at_gate(made, event)
    if event.decision != "admitted":
        made.about.append(f"held {event.site}")
        return
    where = event.stall or event.site
    if event.certified or event.source:
        pair = next((each.number for each in event.vouchers if each.kind in ("purchase", "sales", "transport") and each.number), "")
        # A verified certificate is the sender's own word that these goods left: both sides are on record.
        flags = DELIVERED if event.certified else 0
        flow(made, _RECEIPT, event, event.lot, event.quantity, site=where, other=event.source, pair=pair, flags=flags, leaves=False)
    else:
        flow(made, _BORN, event, event.lot, event.quantity, site=where, leaves=False)
    born(made, event, event.lot, event.product, site=event.source or ("" if event.certified else where))


def _refusal(event: Refusal, made: Effects, _place: Place) -> None:
    made.about.append(f"gate {event.site}" if event.asked == "market_entry" else f"refused {event.site}")
    if event.lot:
        made.about.append(event.lot)
    if event.serial:
        made.about.append(f"spent {event.kid or event.lot} {event.serial}")
    if event.case:
        made.about.append(f"case {event.case}")
    _at_gate(made, event)


def _truck_expected(event: TruckExpected, made: Effects, _place: Place) -> None:
    made.about.append(f"expected {event.site} {event.day.isoformat()}")


def _sampling_committed(event: SamplingCommitted, made: Effects, _place: Place) -> None:
    made.about.append(f"sampling {event.site} {event.gate} {event.day.isoformat()}")


def _gate_shift(event: GateShift, made: Effects, _place: Place) -> None:
    made.about.append(f"shift {event.site} {event.gate}")


def _staff_card(event: StaffCard, made: Effects, _place: Place) -> None:
    made.about.append(f"staff {event.site}")


EFFECTS: Final[dict[type[Event], Effect]] = {
    CertificateIssued: _certificate_issued,
    CertificateVoided: _certificate_voided,
    GateShift: _gate_shift,
    Key: _key,
    Listing: _listing,
    MarketEntry: _market_entry,
    Operator: _operator,
    Refusal: _refusal,
    SamplingCommitted: _sampling_committed,
    SamplingOpened: _sampling_committed,
    SellerFile: _seller_file,
    Site: _site,
    StaffCard: _staff_card,
    TestRecorded: _test_recorded,
    TruckExpected: _truck_expected,
}
"""Kind of event -> what it does."""
