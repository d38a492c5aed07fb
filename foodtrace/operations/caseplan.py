"""The plan of a recall (RCL15 Art. 15) as its file says it.

Rules:

1. Nothing is made up: what the file does not say stays unsaid. A word that is no field is an error, never left out silently.
2. Days of production are said as days (``produced = 2026-11-01``, or a list of days) or in words.
3. Names and numbers of people never stand in an entry.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from typing import Any, Final

import msgspec

from foodtrace.errors import BadData


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the plan and the public notice say (RCL15 Art. 15 and 16), as far as the records do not; empty: not said."""

    date: dt.date | None = None
    """Day of the plan."""
    product: str = ""
    brand: str = ""
    spec: str = ""
    produced: str = ""
    """Days of production as the plan says them; what the records say stands beside it."""
    quantity: str = ""
    """How much is recalled, with its unit."""
    harm: str = ""
    process: str = ""
    area: str = ""
    duties: str = ""
    disposal: str = ""
    cost: str = ""
    refund: str = ""
    advice: str = ""
    expected: str = ""
    channel: str = ""
    ends: dt.date | None = None
    representative: str = ""
    """Legal representative; this and what follows is kept beside the log, where it can be erased."""
    in_charge: str = ""
    phone: str = ""
    email: str = ""
    address: str = ""

    def personal(self) -> dict[str, str]:
        """Return what must not stand in an entry."""
        return {name: value for name in PERSONAL if (value := getattr(self, name))}


PERSONAL: Final = ("representative", "in_charge", "phone", "email", "address")
SAID: Final = (
    "product",
    "brand",
    "spec",
    "produced",
    "harm",
    "process",
    "area",
    "duties",
    "disposal",
    "cost",
    "refund",
    "advice",
    "expected",
    "channel",
    "ends",
)
"""What of it stands in the entry under its own name."""


def read_plan(data: bytes, name: str) -> Plan:
    """Read a plan file. :param name: what the error calls it. :raises BadData: ``case.plan_form``."""
    try:
        table: dict[str, Any] = tomllib.loads(data.decode("utf-8"))
        if "produced" in table:
            table["produced"] = _days(table["produced"])
        return msgspec.convert(table, Plan)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError, RecursionError) as error:
        raise BadData("case.plan_form", value=name, reason=str(error)) from None


def _days(said: object) -> object:
    """Return days of production in words (rule 2); what is neither days nor words stays, to be found wrong."""
    days = said if isinstance(said, list) else [said]
    if days and all(isinstance(each, dt.date) and not isinstance(each, dt.datetime) for each in days):
        return ", ".join(each.isoformat() for each in sorted(set(days)))
    return said
