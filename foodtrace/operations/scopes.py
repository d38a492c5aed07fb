"""The scope of a recall as people give it: lots, a rule, what left a site or passed through it (RECALL section 2).

Rules:

1. What is given together on one line of a rule must all fit one lot; lots, a rule and a window at a site are clauses of their
   own, and their union is meant.
2. Dates are days in China; both ends of a window are inclusive, so the last day runs to its last microsecond.
3. Names are resolved now and ids are kept; a rule keeps its words and is evaluated anew in each answer.
4. A clause that nothing on record fits is told, with what is there: a wrong year must not read as "nobody has any".
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Sequence
from typing import Final

import msgspec

from foodtrace.errors import BadData, NotFound
from foodtrace.events import Clause, LeftClause, LotsClause, PredicateClause, ThroughClause
from foodtrace.graph.directory import folded, resolve_lot, resolve_place
from foodtrace.graph.edges import moment
from foodtrace.graph.flowkind import ALWAYS, NEVER
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.common import CHINA
from foodtrace.operations.operators import meant_operator
from foodtrace.operations.places import describe
from foodtrace.operations.sellers import site_name
from foodtrace.operations.typed import typed_day
from foodtrace.recall.affected import find
from foodtrace.recall.aliases import maker_of
from foodtrace.recall.records import Records
from foodtrace.recall.scope import scope_words, seeds, went_astray
from foodtrace.storage.session import Session

_LAST: Final = dt.timedelta(days=1) - dt.timedelta(microseconds=1)
_PATTERN: Final = re.compile(r"(?:[^\[\]]|\[!?(?:[^\]\[!-](?:-[^\]\[!-])?)+\])*")
"""One alternative of a pattern of codes: characters, and classes with something in them."""
_NEAR: Final = 5
_LOTS: Final = 1_000
"""Lots in one clause of an event."""


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """A scope in words; empty: not asked."""

    lots: tuple[str, ...] = ()
    product: str = ""
    gtin: str = ""
    producer: str = ""
    """Operator, by id or name, or a site whose operator is meant."""
    supplier: str = ""
    """Operator, or a site whose operator is meant, of a lot that went in."""
    produced_from: str = ""
    produced_to: str = ""
    expiring_from: str = ""
    expiring_to: str = ""
    code: str = ""
    """Pattern of the lot's code: ``?``, ``*``, ``[0-9]``, alternatives with ``|``."""
    left: str = ""
    """Site that the goods left."""
    through: str = ""
    """Site that the goods lay in, or came to."""
    start: str = ""
    """First day of the window at the site."""
    end: str = ""
    """Last day of the window at the site; empty: the first day."""


def clauses_of(session: Session, given: Given, now: dt.datetime) -> tuple[Clause, ...]:
    """Return the clauses of a scope in words.

    :param now: a day without a year is the last one of that name that is not in the future.
    :raises BadData: ``case.scope_empty``, ``case.window``, ``case.day``, ``case.code``, ``case.code_form``, ``gs1.*``.
    :raises NotFound: ``lot.*``, ``site.*``, ``operator.not_found``.
    :raises Ambiguous: ``lot.ambiguous``, ``site.ambiguous``, ``operator.ambiguous``.
    """
    found: list[Clause] = []
    lots = list(dict.fromkeys(resolve_lot(session, each) for each in given.lots))
    found += [LotsClause(lots=tuple(lots[place : place + _LOTS])) for place in range(0, len(lots), _LOTS)]
    rule = _rule(session, given, now)
    if rule is not None:
        found.append(rule)
    if given.left or given.through:
        start, end = _window(given, now)
        if given.left:
            found.append(LeftClause(site=resolve_place(session, given.left), start=start, end=end))
        if given.through:
            found.append(ThroughClause(site=resolve_place(session, given.through), start=start, end=end))
    elif given.start or given.end:
        raise BadData("case.window", value=given.start or given.end, expected="--left SITE / --through SITE")
    if not found:
        raise BadData("case.scope_empty", value="-", expected="LOT")
    return tuple(found)


def producers_of(session: Session, clauses: tuple[Clause, ...], now: int) -> tuple[str, str]:
    """Return (producer, who recalls) of a scope, by operator id; "" where the records do not say.

    1. A rule that names a producer means it; of lots it is who made the first of them that anything is said of.
    2. Of what a rule fits, left a site or lay there, it is who made the goods, if one made all of them: a recall is the producer's
       (DOMAIN section 1.3), and a site is then in the trade, gets a notice and answers (RECALL section 9, world 5).
    3. If they are of several producers, or of nobody known, none of them can recall all. Of a site's goods the fault is rather the
       site's: its operator recalls (RCL15 Art. 20 and 21), and the producers are told. Of a rule alone nobody is known to recall.
    """
    for clause in clauses:
        if isinstance(clause, PredicateClause) and clause.producer:
            return clause.producer, clause.producer
    facts = SqlFacts(session, now)
    full = [lot for clause in clauses if isinstance(clause, LotsClause) for lot in clause.lots]
    made = maker_of(facts, [number for number in (facts.lot(each) for each in full) if number is not None])
    if made:
        return made, made
    site = next((clause.site for clause in clauses if isinstance(clause, (LeftClause, ThroughClause))), "")
    if site:
        begins = {lot for (lot, _), link in find(facts, clauses).holdings.items() if link.seed}
    else:
        begins = {lot for clause in clauses for lot, _ in facts.lots_like(clause)}
        texts = facts.texts(begins)
        begins = {lot for lot in begins if not texts[lot].startswith("?")}  # goods without lot say nothing of who made them
    makers = {maker_of(facts, [lot]) for lot in begins}
    if len(makers) == 1 and "" not in makers:
        (made,) = makers
        return made, made
    described = describe(session, site) if site else ()
    return "", described[0].operator if described else ""


def check_any(session: Session, clauses: Sequence[Clause], now: int) -> None:
    """See that every clause of a scope fits something on record (rule 4).

    :raises NotFound: ``case.rule_fits_nothing`` with ``near``: products on record of a similar name; ``case.window_fits_nothing`` with
        the first and the last day on record of what left or lay at the site; ``case.window_no_records``.
    """
    check_rules(session, clauses, now)
    check_windows(session, clauses, now)


def check_rules(session: Session, clauses: Sequence[Clause], now: int) -> None:
    """See that every rule fits some lot on record. Raises as :func:`check_any`."""
    facts = SqlFacts(session, now)
    for clause in clauses:
        if isinstance(clause, PredicateClause) and not list(facts.lots_like(clause)):
            raise NotFound("case.rule_fits_nothing", value=scope_words(clause), near=_near_products(session, clause.product))


def check_windows(session: Session, clauses: Sequence[Clause], now: int) -> None:
    """See that something left, or lay at or came to, every site of a window in it. Raises as :func:`check_any`."""
    facts = SqlFacts(session, now)
    for clause in clauses:
        if not isinstance(clause, LeftClause | ThroughClause):
            continue
        records = Records(facts, (clause,))
        if seeds(records, (clause,)) or went_astray(records, (clause,)):
            continue
        days = _days_there(records, clause)
        name = site_name(session, clause.site)
        if not days:
            raise NotFound("case.window_no_records", value=scope_words(clause), site=clause.site, name=name)
        first, last = (moment(each).astimezone(CHINA).date().isoformat() for each in (min(days), max(days)))
        raise NotFound("case.window_fits_nothing", value=scope_words(clause), site=clause.site, name=name, first=first, last=last)


def _days_there(records: Records, clause: LeftClause | ThroughClause) -> list[int]:
    """Return the moments on record at which something left a site, or (``through``) came to it as well; those that are known."""
    site = records.facts.site(clause.site)
    times = [each.t_out for each in records.moves if each.src == site]
    if isinstance(clause, ThroughClause):
        times += [each.t_in for each in records.moves if each.dst == site] + [each.t for each in records.flows if each.site == site]
    return [each for each in times if ALWAYS < each < NEVER]


def _near_products(session: Session, product: str) -> list[str]:
    if not product:
        return []
    known = SqlFacts(session, NEVER).products()
    if product in known:
        return []
    part = [each for each in known if product in each or each in product]
    return list(dict.fromkeys([*sorted(part), *difflib.get_close_matches(product, known, _NEAR)]))[:_NEAR]


def _rule(session: Session, given: Given, now: dt.datetime) -> PredicateClause | None:
    rule = PredicateClause(
        product=given.product.strip(),
        gtin=_gtin(given.gtin),
        producer=meant_operator(session, given.producer),
        supplier=meant_operator(session, given.supplier),
        produced_from=_day(given.produced_from, now),
        produced_to=_day(given.produced_to, now),
        expiring_from=_day(given.expiring_from, now, ahead=True),
        expiring_to=_day(given.expiring_to, now, ahead=True),
        code=folded(given.code).upper(),
    )
    for first, last in ((rule.produced_from, rule.produced_to), (rule.expiring_from, rule.expiring_to)):
        if first and last and first > last:
            raise BadData("case.window", value=f"{first} > {last}", expected=f"{last} .. {first}")
    if len(rule.code) > 200:  # noqa: PLR2004 - the event's bound
        raise BadData("case.code", value=rule.code, expected=200)
    _check_code(rule.code)
    return None if rule == PredicateClause() else rule


def _check_code(pattern: str) -> None:
    """See that every alternative of a pattern can mean a code: what cannot would drop out of the answer without a word."""
    place = 0
    for part in pattern.split("|") if pattern else ():
        if not part.strip() or _PATTERN.fullmatch(part) is None or any(first > last for first, last in _falling(part)):
            raise BadData("case.code_form", value=pattern, got=part.strip() or "-", place=place + 1)
        place += len(part) + 1


def _falling(part: str) -> list[tuple[str, str]]:
    return [ends for inside in re.findall(r"\[([^\]]*)\]", part) for ends in re.findall(r"(.)-(.)", inside)]


def _gtin(given: str) -> str:
    if not given.strip():
        return ""
    from foodtrace.identifiers import gs1  # noqa: PLC0415 - only when one was given

    return gs1.format(gs1.parse(given))


def _window(given: Given, now: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    first = _day(given.start, now)
    last = _day(given.end, now) or first
    if first is None or last is None or first > last:
        raise BadData("case.window", value=f"{given.start or '-'} .. {given.end or '-'}", expected="--from 11-22 --to 11-23")
    midnight = dt.datetime.combine(last, dt.time(), CHINA)
    return dt.datetime.combine(first, dt.time(), CHINA), midnight + _LAST


def _day(given: str, now: dt.datetime, *, ahead: bool = False) -> dt.date | None:
    """Read a day (:mod:`foodtrace.operations.typed`); without a year the last such day, or (``ahead``) of this year."""
    if not folded(given):
        return None
    try:
        return typed_day(given, now, year="this" if ahead else "last")
    except ValueError:
        raise BadData("case.day", value=given, expected="2026-11-22") from None
