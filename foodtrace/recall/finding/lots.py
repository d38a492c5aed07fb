"""Findings about lots: where they are from, whose they are, what was made of them (RECALL section 3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from foodtrace.graph.flows import Flow, FlowKind
from foodtrace.graph.walk import Holding
from foodtrace.recall.finding.look import Entry, Finding, Look


def origins(look: Look) -> Iterator[Finding]:
    """origin_missing, several_origins."""
    for lot in look.found.lots:
        if lot in look.pseudo:
            continue
        births = {(flow.log, flow.seq) for flow in look.births.get(lot, ())}
        if not births:
            yield Finding(kind="origin_missing", lot=lot, entries=look.of(lot))
        elif len(births) > 1:
            yield Finding(kind="several_origins", lot=lot, entries=tuple(sorted(births, key=look.place)), value=len(births))


def no_path(look: Look) -> Iterator[Finding]:
    """same_lot_no_path: in the answer by presumption, or a seed no record connects, or one that may have left in the window (``when``)."""
    for (lot, site), link in look.found.holdings.items():
        if link.presumed or (link.seed and link.link == "possible" and lot not in look.pseudo):
            reason = "when" if link.seed and (lot, site) in look.found.vague else ""
            yield Finding(kind="same_lot_no_path", lot=lot, site=site, entries=_behind(look, (lot, site)), reason=reason)


def _behind(look: Look, holding: Holding) -> tuple[Entry, ...]:
    """Return the entries by which a holding is on record: goods, else the word of its site, else a visit."""
    return look.at(holding) or look.counted(holding) or look.visits(holding)


def same_code(look: Look) -> Iterator[Finding]:
    """code_only: the same code under an authority that is on no record.

    Those lots are in the answer. A lot of such an authority itself may be anybody's of this code; those are named, by the entries about it,
    and not in the answer: a number of the day is the code of many a farm's lot.
    """
    names = [name for lot in look.found.lots for name in look.found.names[lot]]
    for _, other in look.facts.same_code(names):
        yield Finding(kind="code_only", lot=other, entries=look.of(look.representative.get(other, other)))
    joined = {other for _, other in look.found.code_only}
    alone = [name for name in names if look.representative[name] not in joined]
    for lot, other in look.facts.somebodys(alone):
        if other not in look.representative:
            yield Finding(kind="code_only", lot=other, entries=look.of(look.representative[lot]))


def attributes(look: Look) -> Iterator[Finding]:
    """attribute_missing: a predicate fits this lot only if an attribute that nobody recorded does."""
    for lot in look.found.uncertain:
        yield Finding(kind="attribute_missing", lot=lot, entries=look.of(lot))


def transformations(look: Look) -> Iterator[Finding]:
    """mass_gain, yield_odd, unit_differs of inputs."""
    wanted = {(flow.log, flow.seq) for flow in look.found.flows if flow.kind == FlowKind.PRODUCED}
    if not wanted:
        return
    entries: dict[tuple[int, int], list[Flow]] = defaultdict(list)
    for flow in look.facts.entries(wanted):
        entries[flow.log, flow.seq].append(flow)
    for entry, flows in entries.items():
        taken = [flow for flow in flows if flow.kind == FlowKind.CONSUMED]
        made = [flow for flow in flows if flow.kind == FlowKind.PRODUCED]
        if taken and made:
            yield from _yield(look, entry, taken, made)


def _yield(look: Look, entry: tuple[int, int], taken: list[Flow], made: list[Flow]) -> Iterator[Finding]:
    # By text, not by number: numbers differ from one database to the next.
    texts = look.facts.texts([flow.lot for flow in made])
    made = sorted(made, key=lambda flow: texts[flow.lot])
    site = made[0].site
    units = {flow.unit for flow in taken}
    if len(units) > 1:
        yield Finding(kind="unit_differs", lot=_lot(look, made[0]), site=site, entries=(entry,))
        return
    came = sum(flow.q for flow in taken)
    alike = [flow for flow in made if flow.unit in units]  # what came out in other units comes on top, and excuses nothing
    gain = sum(flow.q for flow in alike) - came
    if gain > 0:
        yield Finding(kind="mass_gain", lot=_lot(look, alike[0]), site=site, entries=(entry,), value=gain, unit=alike[0].unit)
    info, unit = look.found.infos.get(made[0].lot), made[0].unit
    out = sum(flow.q for flow in made if flow.unit == unit)
    usual = None if info is None else look.settings.yields.get(info.gtin) or look.settings.yields.get(info.product)
    if usual is not None and came and not usual.least * came <= out * 1000 <= usual.most * came:
        yield Finding(kind="yield_odd", lot=_lot(look, made[0]), site=site, entries=(entry,), value=out, unit=unit)


def _lot(look: Look, flow: Flow) -> int:
    return look.representative.get(flow.lot, flow.lot)
