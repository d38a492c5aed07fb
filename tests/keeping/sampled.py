"""A record of any kind, each field as small as it may be."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import msgspec

from foodtrace import Quantity

AT = dt.datetime(2026, 11, 24, 4, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))
SAMPLES = ("a", "A", "1", "F-1", "F-1/261123-1", "0" * 64, "0" * 16, "0" * 14, "0" * 6, "")


def sample(kind: msgspec.inspect.Type) -> Any:  # noqa: PLR0911 - one branch per kind of type
    """Return a value of a type, as small as it may be."""
    info = msgspec.inspect
    if isinstance(kind, info.Metadata):
        return sample(kind.type)
    if isinstance(kind, info.StrType):
        return next(each for each in SAMPLES if re.search((kind.pattern or "").replace(r"(?!\n)", ""), each))
    if isinstance(kind, info.IntType):
        return max(kind.ge or 0, 1)
    if isinstance(kind, info.DateTimeType):
        return AT.isoformat()
    if isinstance(kind, info.DateType):
        return "2026-11-24"
    if isinstance(kind, info.LiteralType):
        return next(each for each in kind.values if each != "")
    if isinstance(kind, info.BoolType):
        return True
    if isinstance(kind, info.UnionType):
        return sample(next(each for each in kind.types if not isinstance(each, info.NoneType)))
    if isinstance(kind, (info.VarTupleType, info.ListType)):
        return [sample(kind.item_type)]
    if isinstance(kind, info.StructType):
        return filled(kind)
    message = f"no sample for {kind}"
    raise TypeError(message)


def filled(kind: msgspec.inspect.StructType) -> dict[str, Any]:
    if kind.cls is Quantity:
        return {"value": 7, "unit": "g"}
    made = {field.encode_name: sample(field.type) for field in kind.fields if field.required}
    return {kind.tag_field: kind.tag, **made} if kind.tag_field else made
