"""Column mappings: chosen once, kept in ``foodtrace.columns.toml``, found again by the set of headings.

The file is TOML, one table per kind of file::

    ["结算"]
    kind = "transfer"
    unit = "斤"

    ["结算".columns]
    "交易单号" = "id"
    "单价" = ""

Rules of choosing, in order:

1. What was given outright (``--map``); every heading it names a field for must be there.
2. A remembered mapping with the same set of headings.
3. Known headings (:mod:`foodtrace.intake.headings`), and a question where two columns claim a field; where a field that
   must be there is missing, one for each field of the kind that no column has.
4. Without anybody to ask: ``record.columns_unknown`` or ``record.columns_two``, with a TOML block ready to be filled in.

A quantity is needed, a date, and a product or a lot; for a sale, a delivery, a count or a loss a lot.
"""

from __future__ import annotations

import os
import re
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal, get_args

import msgspec

from foodtrace.errors import BadData, Storage
from foodtrace.intake import headings
from foodtrace.intake.model import Ask, FileKind, Mapping, Question
from foodtrace.intake.table import Table
from foodtrace.quantity import FACTORS

FILE: Final = "foodtrace.columns.toml"
"""Name of the file of remembered mappings."""
KINDS: Final[tuple[FileKind, ...]] = ("transfer", "receipt", "sale", "stock_count", "loss")
_MOST: Final = 1 << 20
_PERHAPS: Final[dict[str, tuple[str, ...]]] = {
    "transfer": ("site_name", "buyer_name", "product", "lot", "id", "unit"),
    "receipt": ("site_name", "source_name", "product", "id", "unit"),
    "sale": ("site_name", "quantity", "gtin", "serial", "id", "unit"),
    "stock_count": ("site_name", "id", "unit"),
    "loss": ("site_name", "id", "unit"),
}
"""What a file of a kind may say beside what it must; a column of names holds codes as well."""


class Block(msgspec.Struct, frozen=True):
    """A piece of TOML that an error message shows whole."""

    toml: str

    def __str__(self) -> str:
        return self.toml


def choose_mapping(
    table: Table,
    *,
    saved: Sequence[Mapping] = (),
    given: Mapping | None = None,
    kind: FileKind | None = None,
    ask: Ask | None = None,
) -> Mapping:
    """Return which column of a table is what.

    :param kind: what a row is, when a person said so; it must agree with a remembered mapping.
    :raises BadData: ``record.columns_unknown``, ``record.kind_unknown``, ``record.mapping_*``.
    """
    if given is not None:
        return _checked(given, table)
    for each in saved:
        if each.fits(table.headings) and kind in (None, each.kind):
            return _checked(msgspec.structs.replace(each, origin="saved"), table)
    columns = headings.fields(table.headings)
    columns = _settled(table, columns, kind, ask)
    shown = kind or headings.kind_of(table.headings)
    lacking = _lacking(columns, shown or "transfer")
    asked = columns
    if lacking and ask:
        shown = shown or _asked_kind(table, columns, ask)
        asked = _asked(columns, shown, ask)
    name = name_for(table.name)
    if not _lacking(asked, shown or "transfer"):
        shown = shown or _asked_kind(table, asked, ask)
    mapping = Mapping(name=name, kind=shown or "transfer", columns=asked, origin="known" if asked == columns else "asked")
    lacking = _lacking(asked, mapping.kind)
    if lacking:
        block = Block(as_toml(mapping, lacking=lacking))
        raise BadData("record.columns_unknown", value=table.name, expected=", ".join(lacking), block=block, file=FILE)
    return mapping


def _settled(table: Table, columns: dict[str, str], kind: FileKind | None, ask: Ask | None) -> dict[str, str]:
    """Have a person say which of two columns counts, where the headings do not (rule 3). Raises ``record.columns_two``."""
    columns = dict(columns)
    for field, taken, other in headings.rivals(table.headings, columns):
        options = ((taken, taken), (other, other))
        answer = ask(Question(about="column", options=options, params={"field": field})) if ask else None
        if answer not in (taken, other):
            kind = kind or headings.kind_of(table.headings) or "transfer"
            block = Block(as_toml(Mapping(name=name_for(table.name), kind=kind, columns=columns)))
            raise BadData("record.columns_two", value=f"{taken} / {other}", expected=field, block=block, file=FILE)
        if answer == other:
            columns |= {taken: "", other: field}
    return columns


def _lacking(columns: dict[str, str], kind: FileKind) -> list[str]:
    """Return the fields that must be there and are not; ``a|b`` means one of them."""
    has = set(columns.values())
    needed = [("at", "date"), ("quantity", "serial") if kind == "sale" else ("quantity",)]
    needed.append(("lot", "product") if kind == "transfer" else ("lot",))
    return ["|".join(each) for each in needed if not has & set(each)]


def _asked(columns: dict[str, str], kind: FileKind, ask: Ask) -> dict[str, str]:
    """Ask for every field of a kind that no column has yet: a settlement file without its buyers would be half a record."""
    columns = dict(columns)
    first = [each.split("|")[0] for each in _lacking(columns, kind)]
    for field in first:
        _ask_one(columns, field, "column_perhaps" if field == "lot" and kind == "transfer" else "column", ask)
    for field in _PERHAPS[kind]:
        has = {*first, *columns.values()}
        if has & {field, field.removesuffix("_name")} or (field == "unit" and headings.unit_of(_heading(columns, "quantity"))):
            continue
        _ask_one(columns, field, "column_perhaps", ask)
    return columns


def _ask_one(columns: dict[str, str], field: str, about: Literal["column", "column_perhaps"], ask: Ask) -> None:
    options = tuple((heading, heading) for heading, taken in columns.items() if not taken)
    answer = ask(Question(about=about, options=options, params={"field": field})) if options else None
    if answer in columns:
        columns[answer] = field


def _heading(columns: dict[str, str], field: str) -> str:
    return next((heading for heading, each in columns.items() if each == field), "")


def _asked_kind(table: Table, columns: dict[str, str], ask: Ask | None) -> FileKind:
    answer = ask(Question(about="kind", options=tuple((kind, kind) for kind in KINDS), params={"file": table.name})) if ask else None
    if answer in KINDS:
        return answer
    block = Block(as_toml(Mapping(name=name_for(table.name), kind="transfer", columns=columns)))
    raise BadData("record.kind_unknown", value=table.name, expected=", ".join(KINDS), block=block, file=FILE)


def _checked(mapping: Mapping, table: Table) -> Mapping:
    """Check a mapping against the table it is for; headings it does not mention are not recorded."""
    strange = [heading for heading, field in mapping.columns.items() if field and heading not in table.headings]
    if strange:
        raise BadData("record.mapping_heading", value=", ".join(strange), expected=", ".join(table.headings), name=mapping.name)
    columns = {heading: mapping.columns.get(heading, "") for heading in table.headings}
    lacking = _lacking(columns, mapping.kind)
    if lacking:
        raise BadData("record.mapping_field_missing", value=mapping.name, expected=", ".join(lacking))
    return msgspec.structs.replace(mapping, columns=columns)


def name_for(file: str) -> str:
    """Return a name for a mapping from a file's name: ``结算_20261123.csv`` gives ``结算``."""
    stem = re.sub(r"\.(错行|bad)(?=\.|$)", "", file).split(".")[0]
    return re.sub(r"[\d_\-\s()（）年月日]+", "", stem)[:40] or "table"


def load_mappings(path: str | os.PathLike[str]) -> list[Mapping]:
    """Return the mappings of a TOML file, none if there is no such file.

    :raises BadData: ``record.mapping_toml``, ``record.mapping_field``, ``record.mapping_twice``. :raises Storage: ``record.unreadable``.
    """
    file = Path(path)
    try:
        with file.open("rb") as stream:
            data = stream.read(_MOST + 1)
        if len(data) > _MOST:
            raise BadData("record.too_large", value=file.name, expected="1 MB")
        tables = tomllib.loads(data.decode("utf-8-sig"))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise Storage("record.unreadable", value=file.name, reason=error.strerror or "") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadData("record.mapping_toml", value=file.name, reason=str(error)) from None
    return [_read(file.name, name, table) for name, table in tables.items()]


def _read(file: str, name: str, table: object) -> Mapping:
    try:
        mapping = msgspec.convert({"name": name, **table} if isinstance(table, dict) else table, Mapping)
    except (msgspec.ValidationError, TypeError) as error:
        raise BadData("record.mapping_toml", value=file, reason=f"[{name}] {error}".replace("`", "'")) from None
    fields = [field for field in mapping.columns.values() if field]
    wrong = [field for field in fields if field not in headings.FIELDS]
    if wrong:
        raise BadData("record.mapping_field", value=", ".join(wrong), expected=", ".join(headings.FIELDS), name=name)
    twice = sorted({field for field in fields if fields.count(field) > 1})
    if twice:
        raise BadData("record.mapping_twice", value=", ".join(twice), name=name)
    if mapping.unit and mapping.unit.lower() not in FACTORS:
        raise BadData("quantity.unit_unknown", value=mapping.unit, expected="kg, 斤, g, t, L, ml, can, 个")
    if mapping.kind not in get_args(FileKind)[:-1]:
        raise BadData("record.kind_unknown_name", value=mapping.kind, expected=", ".join(KINDS))
    return mapping


def save_mapping(path: str | os.PathLike[str], mapping: Mapping) -> None:
    """Remember a mapping: it takes the place of one with the same headings and kind, the others stay as they are.

    :raises Storage: ``record.unwritable``; the file is then as it was.
    """
    file = Path(path)
    others = load_mappings(file)
    same = frozenset(mapping.columns)
    kept = [each for each in others if frozenset(each.columns) != same or each.kind != mapping.kind]
    names = {each.name for each in kept}
    name, again = mapping.name, 2
    while name in names:
        name, again = f"{mapping.name} {again}", again + 1
    text = "\n".join(as_toml(each) for each in (*kept, msgspec.structs.replace(mapping, name=name)))
    try:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="\n", dir=file.parent, prefix=".columns", delete=False) as out:
            out.write(text)
        os.replace(out.name, file)  # noqa: PTH105 - the one call that swaps files in one step
    except OSError as error:
        raise Storage("record.unwritable", value=file.name, reason=error.strerror or "") from None


def as_toml(mapping: Mapping, *, lacking: Sequence[str] = ()) -> str:
    """Return a mapping as a TOML table; fields that are ``lacking`` are named in a comment."""
    lines = [f"[{_quoted(mapping.name)}]", f'kind = "{mapping.kind}"']
    if mapping.unit:
        lines.append(f"unit = {_quoted(mapping.unit)}")
    if mapping.site:
        lines.append(f"site = {_quoted(mapping.site)}")
    lines += ["", f"[{_quoted(mapping.name)}.columns]"]
    if lacking:
        lines.append(f"# still needed: {', '.join(lacking)}   (known: {' '.join(headings.FIELDS)})")
    lines += [f"{_quoted(heading)} = {_quoted(field)}" for heading, field in mapping.columns.items()]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """Return a TOML basic string."""
    safe = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04X}" if ord(c) < 0x10000 else f"\\U{ord(c):08X}" for c in safe) + '"'  # noqa: PLR2004
