"""Corrections: an entry that did not occur, or says something wrong.

Rules (DESIGN section 5, RECALL section 1):

1. A correction names the entry by log, sequence number and leaf hash. The entry stays; what is computed from it follows.
2. A correction is not corrected (but for rule 5): whoever names one to change it is told which entry it is about, for "that correction
   was wrong" and "that entry did not occur" are two things. An entry that was taken out comes back only if that is asked for.
3. The corrected event keeps its id, so that a receipt, a repeated test or a second decision that names it still finds it.
4. Personal values that still are there go along with the corrected event; erased ones stay erased.
5. An entry of another log is corrected only by the operator of the site it happened at, or by the log that continues it after a
   recovery (:mod:`foodtrace.sealed`, rule 8); anybody else disputes it, which changes no figure. Where the log that was left had corrected
   the entry itself, the one that continues it names the last of these corrections (ADR 30).
6. An event in parts is one entry here, its last. Whoever names some of its lines is shown the event, and changes it by its own id only:
   "these lines did not occur" is not "the voucher did not occur".
7. An amount is not corrected to zero: what did not move did not occur, and an entry of nothing would stand in every list. What may be
   nothing is what was counted or answered: a stock count, an outlet's answer.
8. Keys, erasures and marks of recovery are not corrected: a key is revoked, and a mark is there to stay.
9. Of a case's own entries that decide whether it blocks, a correction mends the words and never lifts or weakens
   (:mod:`foodtrace.graph.mended`): what it asks beyond that is refused, with the command that does it.
   So is what makes a relabelling approved by a case of an entry, or more of one.
10. A notice that stands in several entries (:mod:`foodtrace.recall.noticed`) is corrected as one: what is said of its head goes for the
   others too, except what each tells. Who was never sent it was not told as a supplier either.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

from foodtrace.errors import BadData, Conflict, Refused
from foodtrace.events import (
    Acknowledgement,
    AnyEvent,
    ContactsShown,
    Correction,
    Dispute,
    Erasure,
    Event,
    Key,
    Notice,
    Output,
    Portion,
    Recovered,
    Site,
    StockCount,
)
from foodtrace.events.canonical import MAX_WHOLE, checked, decode, encode, read
from foodtrace.graph.directory import resolve_lot, resolve_site
from foodtrace.graph.flows import NEVER
from foodtrace.graph.mended import DECIDING, mended, no_more, of_a_case
from foodtrace.graph.reader import SqlFacts
from foodtrace.operations.common import Doing, Outcome, said
from foodtrace.operations.entries import Target, find_entry, original
from foodtrace.operations.erasurereason import check_note
from foodtrace.operations.history import Change, differences, history, own_corrections, replacement_of
from foodtrace.operations.retries import earlier
from foodtrace.quantity import Quantity
from foodtrace.recall.noticed import heads, is_head
from foodtrace.sealed import follows, heirs, only_heirs
from foodtrace.storage.session import Session
from foodtrace.texts import Lang, text
from foodtrace.tlog.entry import event_bytes

_MARKS: Final = (Key, Erasure, Recovered, ContactsShown, Correction)
_COUNTED: Final = (StockCount, Acknowledgement)
_FIXED: Final = frozenset({"id", "type", "commitments", "parts"})
_SITES: Final = frozenset({"site", "to", "source", "stall", "parent"})
_MANY: Final = 20
_INSTEAD: Final = {
    "recall_opened": "case withdraw, case narrow, case widen, case clear, case open --again",
    "recall_widened": "case narrow, case widen, case withdraw",
    "recall_reopened": "case close",
    "goods_cleared": "case clear",
    "recall_withdrawn": "case withdraw",
    "recall_closed": "case close",
}
"""Commands that do what a correction does not (rule 9)."""


class _Instead:
    """What to do instead of a correction of a case's own entry, by its kind; said in the reader's language."""

    def __init__(self, kind: str, case: str) -> None:
        self._kind = kind
        self._case = case

    def in_words(self, lang: Lang) -> str:
        return text(f"correction.instead.{self._kind}", lang, case=self._case)


class Corrected(msgspec.Struct, frozen=True, kw_only=True):
    """What a correction did."""

    log: str
    """Log of the corrected entry."""
    seq: int
    leaf: str
    reason: Literal["did_not_occur", "incorrect_data", "disputed"]
    changes: tuple[Change, ...]
    event: AnyEvent
    """The entry that says so."""


def correct(
    session: Session,
    doing: Doing,
    own: int,
    given: str,
    *,
    changes: Mapping[str, str] | None = None,
    replacement: AnyEvent | None = None,
    note: str = "",
    dispute: bool = False,
    revive: bool = False,
) -> Outcome:
    """Correct an entry: without ``changes`` and ``replacement`` it did not occur. Answer: :class:`Corrected`.

    :param own: number of the log that is written.
    :param changes: field (``quantity``, ``outputs.0.lot``) -> new value as a person writes it; of the event as it counts now.
    :param replacement: the whole event as it should have been.
    :param dispute: object to an entry of another log that this log is not entitled to correct (rule 5).
    :param revive: bring back an entry that did not occur by now; without it a change of such an entry is refused.
    :raises Refused: ``correction.not_yours``, ``correction.left_log``, ``correction.left_site``, ``correction.of_mark``,
        ``correction.by_itself``, ``correction.some_lines``, ``correction.removed``, ``correction.of_case``.
    :raises Conflict: ``correction.nothing``.
    :raises BadData: ``correction.field``, ``correction.zero``, ``correction.says_value``, ``correction.says_number``, ``event.*``.
    :raises NotFound: ``entry.not_found``.
    """
    made = _corrected(session, doing, own, given, changes, replacement, note, dispute=dispute, revive=revive)
    about = find_entry(session, given, own)
    if dispute or about.log != own or not isinstance(about.event, Notice) or not is_head(about.event):
        return made
    word = made.answer.event.replacement
    for count, rest in enumerate(_rest(session, about.event, own), 1):
        same = None if word is None else msgspec.structs.replace(word, id=rest.id, direction=rest.direction, lots=rest.lots)
        if same != rest:
            again = msgspec.structs.replace(doing, id=doing.id and f"{doing.id}-{count}")
            made.events += _corrected(session, again, own, rest.id, None, same, note).events
    return made


def _rest(session: Session, notice: Notice, own: int) -> list[Notice]:
    """Return the other entries of a notice in the own log (rule 10)."""
    from foodtrace.recall.cases import case_events  # noqa: PLC0415 - only of a notice

    told = case_events(session, notice.case)
    head = heads(told)
    mine = {entry for _, event, entry in told if event.id == notice.id and entry[0] == own}
    return [
        event for _, event, entry in told if isinstance(event, Notice) and entry not in mine and entry[0] == own and head[entry] in mine
    ]


def _corrected(
    session: Session,
    doing: Doing,
    own: int,
    given: str,
    changes: Mapping[str, str] | None,
    replacement: AnyEvent | None,
    note: str,
    *,
    dispute: bool = False,
    revive: bool = False,
) -> Outcome:
    """Carry out :func:`correct` on one entry."""
    target = _correctable(session, find_entry(session, given, own))
    check_note(_values(session, target).items(), note)
    if dispute:
        return _dispute(session, doing, target, own, note)
    if target.log != own and not _entitled(session, target, own):
        raise _not_yours(session, target, own)
    named = _named(session, target, own)
    again = _again(session, doing, target, named, own, changes, replacement, note)
    if again is not None:
        return again
    story = history(session, target)
    _one_side(session, target, named, own)
    if story.now is None and not revive and (changes or replacement is not None):
        raise Refused("correction.removed", value=f"#{target.seq}", id=target.event.id, expected="--revive")
    if replacement is None and changes:
        replacement = _changed(session, story.now or target.event, changes)
    if replacement is not None:
        replacement = msgspec.structs.replace(replacement, id=said(target.event).id, commitments={})
        if type(replacement) is not type(story.now or target.event):
            raise BadData("correction.kind", value=_kind(replacement), expected=_kind(story.now or target.event))
        _check_amounts(story.now or target.event, replacement)
    _check_case(target, story.now, replacement)
    plain = None if story.now is None else msgspec.structs.replace(story.now, commitments={})
    if replacement == plain:
        raise Conflict("correction.nothing", value=f"#{target.seq}")
    event = Correction(
        id=doing.event_id(),
        at=doing.now,
        by=doing.by,
        site=target.event.site,
        seq=named.seq,
        leaf=named.leaf,
        log="" if target.log == own else target.origin,
        reason="did_not_occur" if replacement is None else "incorrect_data",
        replacement=replacement,  # type: ignore[arg-type]  # of the same kind as the target, so a fact
        note=note,
    )
    # Rule 4; a value that goes on under another log would leave the log that may erase it.
    kept = _values(session, target) if replacement is not None and target.log == own else {}
    return Outcome(
        events=[event],
        personal={event.id: kept} if kept else {},
        answer=Corrected(
            log=target.origin,
            seq=target.seq,
            leaf=target.leaf,
            reason=event.reason,
            changes=() if replacement is None else differences(plain or target.event, replacement),
            event=event,
        ),
    )


def _check_case(target: Target, now: AnyEvent | None, word: AnyEvent | None) -> None:
    """Refuse what a correction of a case's own entry would lift or weaken (rule 9). Raises ``Refused`` (``correction.of_case``)."""
    event = target.event
    if of_a_case(word) and not no_more(now, word):
        fields = tuple(each.field for each in differences(now, word)) if now is not None else ()
        instead = _Instead("relabelled", word.case)
        named = {"value": f"#{target.seq}", "kind": _kind(word), "case": word.case, "instead": instead}
        raise Refused("correction.of_case", fields=list(fields), expected="case correct", **named)
    if not isinstance(event, DECIDING) or (now is not None and not isinstance(now, DECIDING)):
        return
    counts, whole = mended(now, word)
    if whole:
        return
    fields = () if counts is None or word is None else tuple(each.field for each in differences(counts, word))
    raise Refused(
        "correction.of_case",
        value=f"#{target.seq}",
        kind=_kind(event),
        case=event.case,
        fields=list(fields),
        expected=_INSTEAD[_kind(event)],
        instead=_Instead(_kind(event), event.case),
    )


def _check_amounts(before: AnyEvent, after: AnyEvent) -> None:
    """Refuse an amount that becomes zero (rule 7). Raises ``BadData`` (``correction.zero``)."""
    if isinstance(after, _COUNTED):
        return
    was = _amounts(before)
    for path, quantity in _amounts(after).items():
        if quantity.value == 0 and (path not in was or was[path].value):
            raise BadData("correction.zero", value=path, got=quantity, expected="--did-not-occur")


def _amounts(event: AnyEvent) -> dict[str, Quantity]:
    """Return every amount an event says was moved or made, by the path that ``changes`` takes."""
    found: dict[str, Quantity] = {}
    for field in event.__struct_fields__:
        value = getattr(event, field)
        lines = value if isinstance(value, tuple) else ()
        found |= {f"{field}.{n}.quantity": each.quantity for n, each in enumerate(lines) if isinstance(each, Portion | Output)}
    whole = getattr(event, "quantity", None)
    return found | ({"quantity": whole} if isinstance(whole, Quantity) else {})


def _correctable(session: Session, target: Target) -> Target:
    """Return the entry if it can be corrected (rules 2, 6, 8)."""
    if isinstance(target.event, Correction):
        about = original(session, target)
        raise Refused("correction.by_itself", value=f"#{target.seq}", expected=f"{about.origin}#{about.seq}", id=about.event.id)
    if isinstance(target.event, _MARKS):
        raise Refused("correction.of_mark", value=f"#{target.seq}", kind=_kind(target.event))
    if target.lines:
        raise Refused("correction.some_lines", value=target.lines, expected=target.event.id)
    return target


def _again(
    session: Session,
    doing: Doing,
    target: Target,
    named: Target,
    own: int,
    changes: Mapping[str, str] | None,
    whole: AnyEvent | None,
    note: str,
) -> Outcome | None:
    """Return what was recorded for the same request, none if its id is new: what it asked for is in the entry it made.

    :param named: see :func:`_named`. :raises Conflict: ``record.id_conflict``.
    """
    before = earlier(session, msgspec.structs.replace(doing, log=own), Correction, seq=named.seq, leaf=named.leaf, note=note)
    if before is None:
        return None
    made: AnyEvent | None = before.replacement
    asked = whole
    if made is not None and changes:
        asked = _changed(session, made, changes)
    elif whole is not None:
        asked = msgspec.structs.replace(whole, id=said(target.event).id, commitments={})
    if asked != made:
        raise _other(doing.id, made, asked)
    event = msgspec.structs.replace(before, commitments={})
    kept = _values(session, target) if made is not None and target.log == own else {}
    changed = () if made is None else differences(target.event, made)
    answer = Corrected(log=target.origin, seq=target.seq, leaf=target.leaf, reason=before.reason, changes=changed, event=event)
    return Outcome(events=[event], personal={event.id: kept} if kept else {}, answer=answer)


def _other(name: str, made: AnyEvent | None, asked: AnyEvent | None) -> Conflict:
    """Return the error for an id under which another correction is on record: the first thing in which the two differ."""
    if made is None or asked is None:
        field, was, now = "reason", *("did_not_occur" if each is None else "incorrect_data" for each in (made, asked))
    elif type(made) is not type(asked):
        field, was, now = "type", _kind(made), _kind(asked)
    else:
        first = differences(made, asked)[0]
        field, was, now = first.field, first.before or "-", first.after or "-"
    return Conflict("record.id_conflict", value=name, field=field, before=was, now=now)


def _dispute(session: Session, doing: Doing, target: Target, own: int, note: str) -> Outcome:
    if target.log == own:
        raise BadData("correction.own", value=f"#{target.seq}")
    if not note:
        raise BadData("correction.note", value=f"{target.origin}#{target.seq}", expected="--note")
    before = earlier(session, msgspec.structs.replace(doing, log=own), Dispute, log=target.origin, seq=target.seq, reason=note)
    made = Dispute(id=doing.event_id(), at=doing.now, by=doing.by, log=target.origin, seq=target.seq, leaf=target.leaf, reason=note)
    event = before or made
    return Outcome(
        events=[event],
        answer=Corrected(log=target.origin, seq=target.seq, leaf=target.leaf, reason="disputed", changes=(), event=event),
    )


def _entitled(session: Session, target: Target, own: int) -> bool:
    """Say whether the own log's operator is that of the site the entry happened at, or the own log continues the entry's (rule 5)."""
    if _goes_on(session, target, own):
        return True
    row = session.row("SELECT bytes FROM entry WHERE log = ? AND seq = 0", (own,))
    key = None if row is None else decode(event_bytes(bytes(row[0])))
    return isinstance(key, Key) and key.issuer == SqlFacts(session, NEVER).operator_of(target.event.site) != ""


def _not_yours(session: Session, target: Target, own: int) -> Refused:
    """Return the refusal; where the own log says that it continues the other one, there is nobody who could be asked to correct it."""
    row = session.row("SELECT origin FROM log WHERE id = ?", (own,))
    claims = {former: {seal.into for seal in seals} for former, seals in heirs(session, None).items()}
    after, seen = {target.origin}, set[str]()
    while after - seen:
        seen |= after
        after = {into for former in after for into in claims.get(former, ())}
    place, site = f"{target.origin}#{target.seq}", target.event.site
    if row is None or row[0] not in seen:
        return Refused("correction.not_yours", value=place, expected=site or "-")
    if isinstance(target.event, Site):
        return Refused("correction.left_site", value=place, expected=site)
    operator = SqlFacts(session, NEVER).operator_of(site) if site else ""
    return Refused("correction.left_log", value=place, expected=site or "-", operator=operator or "OPERATOR", log=target.origin)


def _continues(session: Session, target: Target, own: int) -> bool:
    row = session.row("SELECT origin FROM log WHERE id = ?", (own,))
    return row is not None and follows(str(row[0]), target.origin, only_heirs(session))


def _named(session: Session, target: Target, own: int) -> Target:
    """Return the entry that a correction names: the target, or what the log that was left said of it last (rule 5)."""
    said_last = own_corrections(session, target)[-1:] if target.log != own and _goes_on(session, target, own) else []
    return said_last[0] if said_last else target


def _goes_on(session: Session, target: Target, own: int) -> bool:
    # What is said of a site is read from the newest entry about it, not from corrections of other logs: there a new description helps.
    return not isinstance(target.event, Site) and _continues(session, target, own)


def _one_side(session: Session, target: Target, named: Target, own: int) -> None:
    """Refuse a correction from a second side: both replacements would count."""
    foreign = SqlFacts(session, NEVER).entitled(target.log, target.seq)
    if foreign if target.log == own else named is target and own_corrections(session, target):
        raise Refused("correction.other_side", value=f"{target.origin}#{target.seq}", log=target.origin)


def _values(session: Session, target: Target) -> dict[str, str]:
    """Return the personal values that the event as it counts now still has."""
    newest = own_corrections(session, target)
    place = newest[-1] if newest and replacement_of(newest[-1]) is not None else target
    return dict(session.rows("SELECT field, value FROM personal WHERE log = ? AND seq = ?", (place.log, place.seq)))


def _changed(session: Session, event: AnyEvent, changes: Mapping[str, str]) -> AnyEvent:
    """Return an event with fields changed as a person wrote them."""
    tree: dict[str, Any] = msgspec.json.decode(encode(event, most=MAX_WHOLE))
    # What was written on the paper is not what the new quantity was read from; a new text comes after it.
    for path, typed in sorted(changes.items(), key=lambda change: change[0].endswith("written")):
        _set(session, tree, event, path, typed)
    try:
        made: AnyEvent = msgspec.convert(tree, AnyEvent, strict=False)  # "12" for a number, "true" for a truth value
        return read(checked(made, most=MAX_WHOLE))
    except (msgspec.ValidationError, BadData) as error:
        raise BadData("correction.value", value=", ".join(changes), reason=str(error).replace("`", "'")) from None


def _set(session: Session, tree: dict[str, Any], event: AnyEvent, path: str, text: str) -> None:
    """Put one value where ``a.0.b`` says."""
    *way, last = path.split(".")
    fields = type(event).__struct_fields__
    if path.split(".", maxsplit=1)[0] not in fields or last in _FIXED:
        raise BadData("correction.field", value=path, expected=", ".join(each for each in fields if each not in _FIXED))
    node: Any = tree
    for each in way:
        try:
            node = node[int(each)] if isinstance(node, list) else node[each]
        except (KeyError, IndexError, ValueError):
            raise BadData("correction.field", value=path, expected=", ".join(fields)) from None
    value = _value(session, last, text)
    if isinstance(node, list):
        if not last.isdigit() or int(last) >= len(node):
            raise BadData("correction.field", value=path, expected=f"0 .. {len(node) - 1}")
        node[int(last)] = value
    elif isinstance(node, dict):
        node[last] = value
        if last == "quantity":
            node.pop("written", None)
    else:
        raise BadData("correction.field", value=path, expected=", ".join(fields))


def _value(session: Session, field: str, text: str) -> Any:
    """Read a value: names of sites and lots as people call them, quantities with their unit, JSON, else the text itself."""
    if field in _SITES and text:
        return resolve_site(session, text)
    if field == "lot" and text and "/" not in text:
        return resolve_lot(session, text)
    if field in {"quantity", "loss", "gross", "tare", "content"} and text:
        return msgspec.to_builtins(Quantity.parse(text))
    if (text[:1] and text[:1] in "[{") or text in {"true", "false", "null"}:
        try:
            return msgspec.json.decode(text.encode())
        except msgspec.DecodeError as error:
            raise BadData("correction.value", value=field, reason=str(error).replace("`", "'")) from None
    return text


def _kind(event: Event) -> str:
    return str(msgspec.inspect.type_info(type(event)).tag)  # type: ignore[attr-defined]
