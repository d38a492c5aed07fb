"""Read a rule pack from the bytes of a TOML file, strictly.

Steps, each with its own words in the error ``rules.pack`` (file, place in the file, what is wrong):

1. At most 256 KiB, UTF-8, TOML.
2. The shape: every field of :class:`~foodtrace.gate.pack.RulePack`, of its type, and no field besides.
3. The dates are in order.
4. Every rule names a check that exists; no two rules share an id, or give one code for the same goods.
5. Checks that ask for papers say which; others name none.
6. Every duty that a rule names stands in the pack and has words in both languages.
7. Text prints on a GBK console and has no character of ambiguous width. A verified article is cited.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from foodtrace.errors import BadData
from foodtrace.gate.checks import CHECKS, NEED_DOCUMENTS
from foodtrace.gate.pack import Duty, Record, Rule, RulePack
from foodtrace.texts import has
from foodtrace.texts.printable import unprintable

LIMIT: Final = 256 * 1024
"""Largest pack file, in bytes."""

_PLACE: Final = re.compile(r" - at `\$\.?([^`]*)`$")


def read(data: bytes, name: str = "pack") -> RulePack:
    """Return the pack in a TOML file.

    :param name: what the error calls the file.
    :raises BadData: ``rules.pack`` with the place and what is wrong there.
    """
    if len(data) > LIMIT:
        raise _bad(name, "", f"larger than {LIMIT} bytes")
    try:
        table: dict[str, Any] = tomllib.loads(data.decode("utf-8"))
    except UnicodeDecodeError:
        raise _bad(name, "", "not UTF-8") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise _bad(name, "", f"not TOML: {error}") from None
    try:
        pack = msgspec.convert(table, RulePack, strict=True)
    except (msgspec.ValidationError, RecursionError) as error:
        said = str(error)
        place = _PLACE.search(said)
        raise _bad(name, place[1] if place else "", _PLACE.sub("", said).replace("`", "'")) from None
    for where, what in _faults(pack):
        raise _bad(name, where, what)
    return pack


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a rule pack, for editors that complete and check TOML files."""
    return msgspec.json.schema(RulePack)


def _bad(name: str, where: str, reason: str) -> BadData:
    return BadData("rules.pack", value=name, where=where or "-", reason=reason)


def _faults(pack: RulePack) -> Iterator[tuple[str, str]]:
    if pack.effective_to is not None and pack.effective_to < pack.effective_from:
        yield "effective_to", f"{pack.effective_to} is before effective_from {pack.effective_from}"
    yield from _rule_faults(pack)
    yield from _duty_faults(pack)
    yield from _text_faults(pack)


def _rule_faults(pack: RulePack) -> Iterator[tuple[str, str]]:
    ids: set[str] = set()
    given: set[tuple[str, str]] = set()
    for index, rule in enumerate(pack.rules):
        where = f"rules[{index}] {rule.id}"
        if rule.id in ids:
            yield where, "another rule has this id"
        ids.add(rule.id)
        if rule.code not in CHECKS:
            yield where, f"there is no check {rule.code}; there are {', '.join(sorted(CHECKS))}"
        for goods in rule.goods:
            if (rule.code, goods) in given:
                yield where, f"another rule gives {rule.code} for {goods}"
            given.add((rule.code, goods))
        if (rule.code in NEED_DOCUMENTS) != bool(rule.documents):
            yield where, f"{rule.code} {'needs' if rule.code in NEED_DOCUMENTS else 'takes no'} documents"


def _duty_faults(pack: RulePack) -> Iterator[tuple[str, str]]:
    ids: set[str] = set()
    for index, duty in enumerate(pack.duties):
        where = f"duties[{index}] {duty.id}"
        if duty.id in ids:
            yield where, "another duty has this id"
        ids.add(duty.id)
        if not has(f"gate.must.{duty.id}"):
            yield where, f"there are no words for it (gate.must.{duty.id})"
    named = [(f"rules[{i}] {rule.id}", each) for i, rule in enumerate(pack.rules) for each in rule.must]
    named += [("rapid.must_positive", each) for each in pack.rapid.must_positive]
    named += [("rapid.must_confirmed", each) for each in pack.rapid.must_confirmed]
    named.append(("duties", "sample"))  # what a drawn truck leads to; every pack says on what ground
    for where, each in named:
        if each not in ids:
            yield where, f"there is no duty {each} in this pack"


def _text_faults(pack: RulePack) -> Iterator[tuple[str, str]]:
    lines = [("title", pack.title), ("title_en", pack.title_en), ("source", pack.source), ("note", pack.note)]
    groups: tuple[tuple[str, tuple[Rule | Duty | Record, ...]], ...] = (
        ("rules", pack.rules),
        ("duties", pack.duties),
        ("records", pack.records),
    )
    for kind, parts in groups:
        for index, part in enumerate(parts):
            lines += [(f"{kind}[{index}].article", part.article), (f"{kind}[{index}].article_en", part.article_en)]
            if getattr(part, "verified", False) and not part.article:
                yield f"{kind}[{index}] {part.id}", "verified, but no article is cited"
    for where, line in lines:
        if unfit := unprintable(line, breaks=True):
            yield where, f"character U+{ord(unfit[0]):04X} does not print everywhere"
