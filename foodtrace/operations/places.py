"""Operators, sites and seller files.

Rules:

1. A site belongs to one operator. An operator without credit code gets a local id: the log's letter and a number.
2. A credit code on a new registration must be right to its check digit (DOMAIN section 1.5).
3. Contact, phone and address are personal values: beside the log, never in it.
4. Who may sell at a market has a seller file there; a farm registered together with a market gets one, and is told so.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Final, get_args

from foodtrace.errors import BadData, Conflict, NotFound
from foodtrace.events import Licence, Operator, SellerFile, Site
from foodtrace.events.master import SiteKind
from foodtrace.graph.directory import folded, sites_of_kind
from foodtrace.graph.flowkind import NEVER
from foodtrace.graph.names import used
from foodtrace.operations.common import Doing, Outcome, latest
from foodtrace.storage.session import Session

KINDS: Final[tuple[str, ...]] = get_args(SiteKind)
SELLERS: Final = frozenset({"farm", "collector", "processor", "distributor"})
"""Kinds of site that bring goods to a market's gate."""
PERSONAL: Final = ("contact", "phone", "address")
_ID: Final = re.compile(r"[A-Z0-9][A-Z0-9.-]{0,39}")
_AGREEMENT: Final = dt.timedelta(days=365)


def next_number(session: Session, prefix: str) -> int:
    """Return the next free number of local ids ``PREFIX-0001``: neither a site nor an operator has it."""
    rows = [
        row
        for start in (f"{prefix}-", f"operator {prefix}-")
        for row in session.rows(f"SELECT n.text FROM name AS n WHERE n.text >= ? AND n.text < ? AND {used('n')}", (start, start + "\x7f"))  # noqa: S608
    ]
    pattern = re.compile(r"(?:operator )?" + re.escape(prefix) + r"-([0-9]{4,9})")
    return 1 + max((int(match.group(1)) for (text,) in rows if (match := pattern.fullmatch(text))), default=0)


def prefix_of(origin: str) -> str:
    """Return the letters of local ids that a log gives: ``L``, or the last part of its origin if that is short and plain."""
    last = origin.rsplit("/", 1)[-1].upper()
    return last if re.fullmatch(r"[A-Z][A-Z0-9]{0,5}", last) and not origin.startswith("local/") else "L"


def add_sites(
    session: Session,
    doing: Doing,
    wanted: list[tuple[str, str]],
    *,
    prefix: str = "L",
    site_id: str = "",
    operator: str = "",
    details: dict[str, str] | None = None,
    county: str = "",
    region: str = "",
    licence: Licence | None = None,
    parent: str = "",
) -> Outcome:
    """Register sites: (name, kind) each. Answer: [(id, name, kind, [markets whose seller file now lists it])].

    :param operator: credit code (USCC) or local id; by default each site is its own operator under its local id.
    :raises BadData: ``site.kind``, ``site.name``, ``site.id``, ``uscc.*``. :raises Conflict: ``site.exists``.
    """
    given = operator_id(session, operator)
    number = next_number(session, prefix)
    outcome = Outcome(events=[], personal={}, answer=[])
    markets = [each for each, _ in sites_of_kind(session, ("market",))]
    farms: list[tuple[str, str, list[str]]] = []
    for name, kind in wanted:
        if kind not in KINDS:
            raise BadData("site.kind", value=kind, expected=", ".join(KINDS))
        if not name.strip() or len(name) > 100:  # noqa: PLR2004 - what fits a signboard
            raise BadData("site.name", value=name, expected="1-100")
        own = site_id.upper() if site_id else f"{prefix}-{number:04d}"
        number += 0 if site_id else 1
        if not _ID.fullmatch(own):
            raise BadData("site.id", value=own, expected="A-Z 0-9 . -")
        if latest_site(session, own) is not None:
            raise Conflict("site.exists", value=own)
        belongs = given or own
        if latest(session, f"operator {belongs}", Operator) is None:
            # A legal person's name is public; those of sole traders (92...) and of persons without code are personal.
            public = given and not given.startswith("92") and len(given) == 18  # noqa: PLR2004 - credit code
            kind_of = "enterprise" if public else "household"
            outcome.events.append(
                Operator(
                    id=doing.event_id(f"-op{own}"),
                    at=doing.now,
                    by=doing.by,
                    operator=belongs,
                    kind=kind_of,  # type: ignore[arg-type]
                    name=name if public else "",
                    licences=(licence,) if licence else (),
                )
            )
        event = Site(
            id=doing.event_id(f"-site{own}"),
            at=doing.now,
            by=doing.by,
            site=own,
            operator=belongs,
            kind=kind,  # type: ignore[arg-type]
            name=name.strip(),
            county=county,
            region=region,
            licence=licence,
            parent=parent,
        )
        outcome.events.append(event)
        kept = {field: value for field, value in (details or {}).items() if value}
        if kept:
            outcome.personal[event.id] = kept
        if kind == "market":
            markets.append(own)
        listed: list[str] = []
        outcome.answer.append((own, name.strip(), kind, listed))
        if kind in SELLERS:
            farms.append((own, belongs, listed))
    for own, belongs, listed in farms:
        for market in markets:
            outcome.events.append(
                SellerFile(
                    id=doing.event_id(f"-file{own}{market}"),
                    at=doing.now,
                    by=doing.by,
                    site=market,
                    seller=belongs,
                    agreement_until=(doing.now + _AGREEMENT).date(),
                )
            )
            listed.append(market)
    return outcome


def latest_site(session: Session, site: str) -> str | None:
    """Return a site's id if it is registered."""
    row = session.row("SELECT n.text FROM name AS n JOIN site_fact AS s ON s.site = n.id WHERE n.text = ? AND s.ended = 0 LIMIT 1", (site,))
    return None if row is None else str(row[0])


def describe(session: Session, site: str) -> tuple[Site, dict[str, str]] | None:
    """Return the description of a site that counts (:mod:`foodtrace.graph.described`), and its personal values."""
    rows = session.rows(
        "SELECT s.log, s.seq, n.id FROM name AS n JOIN site_fact AS s ON s.site = n.id JOIN log AS g ON g.id = s.log "
        "WHERE n.text = ? AND s.ended = 0 ORDER BY s.recorded DESC, g.origin DESC, s.seq DESC LIMIT 2",
        (site,),
    )
    if not rows:
        return None
    from foodtrace.graph.reader import SqlFacts  # noqa: PLC0415 - most sites are described once

    counts = (SqlFacts(session, NEVER).describing(rows[0][2]) if len(rows) > 1 else None) or rows[0][:2]
    from foodtrace.operations.entries import event_at  # noqa: PLC0415 - a cycle of two small modules otherwise

    event = event_at(session, *counts)
    if not isinstance(event, Site):
        return None
    fields: dict[str, str] = dict(session.rows("SELECT field, value FROM personal WHERE log = ? AND seq = ?", counts))
    return event, fields


def operator_id(session: Session | None, given: str) -> str:
    """Return the id of an operator as somebody typed it: one or a name on record, a local id like L-0001, a credit code (rule 2).

    :param session: of the ledger, if there is one already.
    :raises BadData: ``uscc.*`` of what may be a code. :raises NotFound: ``operator.not_found``. :raises Ambiguous: ``operator.ambiguous``.
    """
    text = folded(given).upper()
    if not text or re.fullmatch(r"[A-Z]{1,6}-[0-9]{4,9}", text):
        return text
    if session is not None and latest(session, f"operator {text}", Operator) is not None:
        return text
    from foodtrace.identifiers import uscc  # noqa: PLC0415 - only when a code was given

    try:
        return uscc.parse(given).code
    except BadData as wrong:
        if session is None:
            raise
        from foodtrace.operations.operators import resolve_operator  # noqa: PLC0415 - only when a name was given

        try:
            return resolve_operator(session, given)
        except NotFound:
            if text.isascii():
                raise wrong from None
            raise
