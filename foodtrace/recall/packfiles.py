"""Recall rule packs as files: those that come with foodtrace, and those in a folder of the user's.

Rules (those of :mod:`foodtrace.gate.rules.files`, in the same words):

1. Every ``*.toml`` in the folder's ``recall`` is a pack; any that cannot be read as one is an error, never left out silently.
2. A pack has the fields below and no other. One that says ``extends`` names only what differs from the shipped pack of that id.
3. A pack of one's own is known by its id and the hash of its text: two texts of one id are two packs.
4. Two packs of the folder must not start on the same day, nor share an id: which of them holds would be chance.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args

import msgspec

from foodtrace.errors import BadData, Storage
from foodtrace.events.master import SiteKind
from foodtrace.identifiers import gs1
from foodtrace.recall.settings import DAY_LONG, DEFAULT, HOUR, Settings, YieldRange
from foodtrace.texts.printable import unprintable

LIMIT: Final = 256 * 1024
"""Largest pack file, in bytes."""
MOST: Final = 200
"""Most pack files in one folder."""
_HASH: Final = 16
"""Hex digits of SHA-256 by which a text is known."""
_PLACE: Final = re.compile(r" - at `\$\.?([^`]*)`$")
_KINDS: Final = tuple(kind for kind in get_args(SiteKind) if kind in DEFAULT.outlet_kinds)
_GTIN_LENGTHS: Final = (8, 12, 13, 14)

_Id = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$(?!\n)")]
_Limit = Annotated[int, msgspec.Meta(ge=1, le=100_000)]
_Slack = Annotated[int, msgspec.Meta(ge=0, le=100_000)]
_Share = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]


class Pack(msgspec.Struct, frozen=True, kw_only=True):
    """One rule pack."""

    id: str
    title: str
    effective_from: dt.date
    effective_to: dt.date | None = None
    """Last day; none: until a newer one."""
    source: str
    verified: bool
    settings: Settings | None
    """None: a gap, known to be in force and not read."""
    hash: str = ""
    """First 16 hex digits of SHA-256 of its file; empty: it comes with foodtrace."""

    @property
    def name(self) -> str:
        """Return what a case and an answer name: the id, and of a pack of one's own ``ID@HASH`` (rule 3)."""
        return f"{self.id}@{self.hash}" if self.hash else self.id


class _Law(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    start_hours: tuple[_Limit, _Limit, _Limit]
    complete_days: tuple[_Limit, _Limit, _Limit]
    count_publication_day: bool = DEFAULT.count_publication_day


class _Chosen(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    clock_slack_hours: _Slack = DEFAULT.clock_slack // HOUR
    transit_limit_days: _Limit = DEFAULT.transit_limit // DAY_LONG
    silent_after_days: _Limit = DEFAULT.silent_after // DAY_LONG
    answer_limit: _Limit = DEFAULT.answer_limit
    lot_presumption: Literal["lot", "path"] = DEFAULT.lot_presumption
    outlet_kinds: tuple[SiteKind, ...] = _KINDS
    publication_is_notice: bool = DEFAULT.publication_is_notice
    count_possible: bool = DEFAULT.count_possible
    sealed_counts: bool = DEFAULT.sealed_counts
    block_possible: Literal["hold", "refuse", "allow"] = DEFAULT.block_possible
    unblock_on_close: bool = DEFAULT.unblock_on_close


class _Yield(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    least: _Share
    most: _Share


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    id: _Id
    title: str
    effective_from: dt.date
    effective_to: dt.date | None = None
    source: str
    verified: bool
    extends: str = ""
    law: _Law | None = None
    chosen: _Chosen = _Chosen()
    yields: dict[str, _Yield] = {}


def read_pack(data: str | bytes, name: str = "pack") -> Pack:
    """Read a pack of one's own.

    :param name: what the error calls the file.
    :raises BadData: ``rules.pack`` with the place in the file and what is wrong there.
    """
    text = data.encode() if isinstance(data, str) else data
    return msgspec.structs.replace(_read(text, name), hash=hashlib.sha256(text).hexdigest()[:_HASH])


def _read(data: bytes, name: str) -> Pack:
    table = _table(data, name)
    if "extends" in table:
        table = _extended(table, _shipped_table(table["extends"], name))
    try:
        file = msgspec.convert(table, _File, strict=True)
    except (msgspec.ValidationError, RecursionError) as error:
        said = str(error)
        place = _PLACE.search(said)
        raise _bad(name, place[1] if place else "", _PLACE.sub("", said).replace("`", "'")) from None
    for where, what in _faults(file):
        raise _bad(name, where, what)
    return Pack(
        id=file.id,
        title=file.title,
        effective_from=file.effective_from,
        effective_to=file.effective_to,
        source=file.source,
        verified=file.verified,
        settings=None if file.law is None else _settings(file.law, file.chosen, file.yields),
    )


def _table(data: bytes, name: str) -> dict[str, Any]:
    if len(data) > LIMIT:
        raise _bad(name, "", f"larger than {LIMIT} bytes")
    try:
        return tomllib.loads(data.decode("utf-8"))
    except UnicodeDecodeError:
        raise _bad(name, "", "not UTF-8") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise _bad(name, "", f"not TOML: {error}") from None


def _bad(name: str, where: str, reason: str) -> BadData:
    return BadData("rules.pack", value=name, where=where or "-", reason=reason)


def _faults(file: _File) -> Iterator[tuple[str, str]]:
    if file.effective_to is not None and file.effective_to < file.effective_from:
        yield "effective_to", f"{file.effective_to} is before effective_from {file.effective_from}"
    if file.yields and file.law is None:
        yield "law", "missing; give start_hours and complete_days, or extends"
    for product, usual in file.yields.items():
        if usual.least > usual.most:
            yield f"yields.{product}", f"least {usual.least} is more than most {usual.most}"
        if not product.strip() or product != product.strip():
            yield f"yields.{product}", "a product is its GTIN or its name, without spaces around it"
        if product.isdigit() and (len(product) not in _GTIN_LENGTHS or not gs1.is_valid(product)):
            yield f"yields.{product}", "not a GTIN: its length or its check digit is wrong"
    padded = [_product(each) for each in file.yields]
    if len(set(padded)) < len(padded):
        yield "yields", "two lines are about one GTIN"
    for where, line in (("title", file.title), ("source", file.source)):
        if unfit := unprintable(line):
            yield where, f"character U+{ord(unfit[0]):04X} does not print everywhere"


def _product(text: str) -> str:
    """Return a product as lots have it: a GTIN in fourteen digits, or the name."""
    return gs1.format(text) if text.isdigit() and gs1.is_valid(text) else text


def _settings(law: _Law, chosen: _Chosen, yields: Mapping[str, _Yield]) -> Settings:
    return Settings(
        clock_slack=chosen.clock_slack_hours * HOUR,
        transit_limit=chosen.transit_limit_days * DAY_LONG,
        silent_after=chosen.silent_after_days * DAY_LONG,
        answer_limit=chosen.answer_limit,
        lot_presumption=chosen.lot_presumption,
        outlet_kinds=frozenset(chosen.outlet_kinds),
        publication_is_notice=chosen.publication_is_notice,
        count_possible=chosen.count_possible,
        sealed_counts=chosen.sealed_counts,
        count_publication_day=law.count_publication_day,
        block_possible=chosen.block_possible,
        unblock_on_close=chosen.unblock_on_close,
        start_hours=law.start_hours,
        complete_days=law.complete_days,
        yields={_product(product): YieldRange(least=each.least, most=each.most) for product, each in yields.items()},
    )


# -- where they are ---------------------------------------------------------------------------------------------------------------


_RULES: Final = Path(__file__).parent / "rules"
"""Next to this module in every installation; ``importlib.resources`` costs a recall 4 ms, for it loads zipfile and tempfile."""


@cache
def _shipped_texts() -> tuple[bytes, ...]:
    return tuple(each.read_bytes() for each in _RULES.iterdir() if each.name.endswith(".toml"))


@cache
def shipped() -> tuple[Pack, ...]:
    """Return the packs that come with foodtrace, oldest first."""
    return tuple(sorted((_read(each, "foodtrace") for each in _shipped_texts()), key=lambda pack: pack.effective_from))


def _shipped_table(base: object, name: str) -> dict[str, Any]:
    tables = {str(each["id"]): each for each in (_table(text, "foodtrace") for text in _shipped_texts()) if "law" in each}
    if not isinstance(base, str) or base not in tables:
        raise _bad(name, "extends", f"there is no pack {base!r} with figures; there is {', '.join(sorted(tables))}")
    return tables[base]


def _extended(table: dict[str, Any], base: dict[str, Any]) -> dict[str, Any]:
    """Return a pack's table with what it does not name taken from another; a part of the wrong form stays, to be found wrong."""
    parts = {part: table.get(part, {}) for part in ("law", "chosen")}
    return table | {part: base.get(part, {}) | given if isinstance(given, dict) else given for part, given in parts.items()}


@lru_cache(maxsize=16)
def local(rules: Path | None) -> tuple[Pack, ...]:
    """Return the packs of one's own, oldest first; read once in a process.

    :param rules: folder with ``recall/*.toml``; none, or no such part: no packs.
    :raises BadData: ``rules.pack``, ``rules.overlap``, ``rules.same_id``, ``rules.too_many``. :raises Storage: ``rules.unreadable``.
    """
    if rules is None or not (folder := rules / "recall").is_dir():
        return ()
    try:
        found = sorted(each for each in folder.iterdir() if each.name.endswith(".toml"))
        if len(found) > MOST:
            raise BadData("rules.too_many", value=str(folder), expected=MOST, count=len(found))
        packs = [read_pack(_bounded(each), str(each)) for each in found]
    except OSError as error:
        raise Storage("rules.unreadable", value=str(folder), reason=error.strerror or type(error).__name__) from None
    ids = [pack.id for pack in packs]
    for name in ids:
        if ids.count(name) > 1:
            raise BadData("rules.same_id", value=name, place=str(folder))
    packs.sort(key=lambda pack: pack.effective_from)
    for earlier, later in pairwise(packs):
        if later.effective_from == earlier.effective_from:
            raise BadData("rules.overlap", value=later.id, other=earlier.id, start=later.effective_from)
    return tuple(packs)


def _bounded(file: Path) -> bytes:
    with file.open("rb") as stream:
        return stream.read(LIMIT + 1)
