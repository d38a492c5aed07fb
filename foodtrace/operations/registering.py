"""An operator is registered or described anew; a site's description is changed.

Rules:

1. The latest event describes: what is not mentioned stays as it was, and nothing of before is lost from the log.
2. A credit code on a new registration must be right to its check digit, a licence too; on printed data a wrong one would be a
   warning (DOMAIN section 1.5).
3. The name of a sole trader or a self-grower is personal and stands beside the log; that of a legal person is public.
4. Contact, phone and address stay as they are unless a new value is given; an empty one takes the old away from the new
   description. What older entries committed to is deleted by ``foodtrace erase`` alone.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final, get_args

import msgspec

from foodtrace.errors import BadData, Conflict, NotFound
from foodtrace.events import Licence, Operator
from foodtrace.events.master import OperatorKind
from foodtrace.graph.directory import folded, resolve_site
from foodtrace.identifiers import gs1, uscc
from foodtrace.identifiers import licence as licences
from foodtrace.operations.common import Doing, Outcome, latest
from foodtrace.operations.places import KINDS, PERSONAL, describe, next_number, operator_id
from foodtrace.storage.session import Session

OPERATOR_KINDS: Final[tuple[str, ...]] = get_args(OperatorKind)
PRIVATE: Final = frozenset({"household", "individual"})
"""Kinds of operator whose name is personal (rule 3)."""


def licence_of(number: str, until: dt.date | None = None) -> Licence:
    """Return a licence for a registration (rule 2). Raises ``BadData`` (``licence.*``)."""
    return Licence(number=licences.format(number), valid_until=until)


def add_operator(
    session: Session,
    doing: Doing,
    name: str,
    *,
    code: str = "",
    kind: str = "",
    given: tuple[Licence, ...] = (),
    region: str = "",
    prefix: str = "L",
    again: bool = False,
) -> Outcome:
    """Register an operator; the answer is its id.

    :param code: unified social credit code; empty: a local id is given. :param kind: one of :data:`OPERATOR_KINDS`; empty: an
        enterprise with a credit code, unless it begins with 92, else a household.
    :param again: describe one that is registered already anew (rule 1).
    :raises BadData: ``uscc.*``, ``operator.kind``, ``operator.name``. :raises Conflict: ``operator.exists``.
    """
    if kind and kind not in OPERATOR_KINDS:
        raise BadData("operator.kind", value=kind, expected=", ".join(OPERATOR_KINDS))
    local = folded(code).upper()
    known = latest(session, f"operator {local}", Operator) if local else None
    if known is None and local and not (again and len(local) != 18):  # noqa: PLR2004 - a local id that nobody has
        local = uscc.parse(code).code
        known = latest(session, f"operator {local}", Operator)
    if known is not None and not again:
        raise Conflict("operator.exists", value=local)
    if known is None and again:
        raise NotFound("operator.not_found", value=code)
    name = name.strip()
    if (not name and known is None) or len(name) > 100:  # noqa: PLR2004 - what fits a signboard
        raise BadData("operator.name", value=name, expected="1-100")
    number = local or f"{prefix}-{next_number(session, prefix):04d}"
    public = len(number) == 18 and not number.startswith("92")  # noqa: PLR2004 - credit code; 92: sole traders
    sort = kind or (known.kind if known else "enterprise" if public else "household")
    private = sort in PRIVATE
    event = Operator(
        id=doing.event_id(),
        at=doing.now,
        by=doing.by,
        operator=number,
        kind=sort,  # type: ignore[arg-type]  # checked above
        name="" if private else name or (known.name if known else ""),
        licences=given or (known.licences if known else ()),
        region=region or (known.region if known else ""),
    )
    return Outcome(events=[event], personal={event.id: {"name": name}} if private and name else {}, answer=number)


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be said of a site from now on; none: as before."""

    name: str | None = None
    kind: str | None = None
    operator: str | None = None
    county: str | None = None
    region: str | None = None
    parent: str | None = None
    gln: str | None = None
    licence: Licence | None = None
    closed: bool | None = None
    personal: dict[str, str] = {}
    """New contact, phone or address; an empty text takes it away (rule 4)."""

    def said(self) -> dict[str, Any]:
        """Return what is to change, by field of the event."""
        named = {name: getattr(self, name) for name in self.__struct_fields__ if name != "personal"}
        return {name: value for name, value in named.items() if value is not None}


def edit_site(session: Session, doing: Doing, given: str, changes: Changes) -> Outcome:
    """Describe a site anew; the answer is (its event, the names of the fields that changed).

    :raises NotFound: ``site.not_found``. :raises Ambiguous: ``site.ambiguous``.
    :raises BadData: ``site.kind``, ``site.name``, ``site.nothing``, ``uscc.*``, ``gln.*``.
    """
    site = resolve_site(session, given)
    found = describe(session, site)
    if found is None:
        raise NotFound("site.not_found", value=given)
    before, kept = found
    said = _checked(session, site, changes)
    personal = {field: value for field, value in {**kept, **changes.personal}.items() if value and field in PERSONAL}
    changed = [name for name, value in said.items() if getattr(before, name) != value]
    changed += [field for field in PERSONAL if kept.get(field, "") != personal.get(field, "")]
    if not changed:
        raise BadData("site.nothing", value=site, expected="--operator, --licence, --phone ..")
    event = msgspec.structs.replace(before, id=doing.event_id(), at=doing.now, by=doing.by, commitments={}, **said)
    outcome = Outcome(events=[event], personal={event.id: personal} if personal else {}, answer=(event, changed))
    if latest(session, f"operator {event.operator}", Operator) is None:
        outcome.events.insert(0, Operator(id=doing.event_id("-operator"), at=doing.now, by=doing.by, operator=event.operator))
    return outcome


def _checked(session: Session, site: str, changes: Changes) -> dict[str, Any]:
    """Return what is to change, in the form in which it is recorded."""
    said = changes.said()
    if "name" in said and not 0 < len(said["name"].strip()) <= 100:  # noqa: PLR2004 - what fits a signboard
        raise BadData("site.name", value=said["name"], expected="1-100")
    if "kind" in said and said["kind"] not in KINDS:
        raise BadData("site.kind", value=said["kind"], expected=", ".join(KINDS))
    if "operator" in said:
        text = folded(said["operator"]).upper()
        said["operator"] = text if text == site else operator_id(session, said["operator"])
    if said.get("gln"):
        said["gln"] = gs1.parse(said["gln"], kind="gln").digits
    if said.get("parent"):
        said["parent"] = resolve_site(session, said["parent"])
    return said
