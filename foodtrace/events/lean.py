"""Decodes many sealed events at once, at a third of the cost and just as strictly as :mod:`foodtrace.events.canonical`.

Half the cost of decoding an event is matching each of its texts with its pattern, one call a text, and the same sites, lots and
products come again and again. Rules:

1. Every kind has a *twin*: the same fields, tag and defaults, with its own texts as plain texts and quantities checked by their bounds
   alone. Bytes that a twin decodes and encodes again identically are canonical; what is nested inside keeps its patterns.
2. The patterns are then checked by column: the distinct texts of each field, each once (:meth:`Texts.hold`). Patterns and lengths are
   read from the kinds themselves, so a field can't have one rule here and another there.
3. Bytes pass here if and only if :func:`foodtrace.events.canonical.decode_alone` takes them; a property test holds the two together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from functools import cache
from itertools import compress, repeat
from operator import is_
from types import UnionType
from typing import Annotated, Any, Final, NamedTuple, TypeAlias, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec.structs import astuple

from foodtrace.events.base import Event
from foodtrace.events.model import AnyEvent
from foodtrace.quantity import LIMIT, Quantity, Unit

_KEPT: Final = 50_000
"""Most texts of one field that are remembered as good."""
_TRIED: Final = 5_000
"""Texts that were new, from which on a field is known to be one whose texts come once."""


class _Amount(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """Twin of :class:`foodtrace.quantity.Quantity`."""

    value: Annotated[int, msgspec.Meta(ge=0, le=LIMIT)]
    unit: Unit


class _Rule(NamedTuple):
    """What a text has to be."""

    pattern: str
    shortest: int
    longest: int


class _Rules(NamedTuple):
    """The rules of a kind's texts."""

    places: tuple[int, ...]
    """Where its texts stand among its fields."""
    rules: tuple[_Rule, ...]
    """Their rules, in the same order."""


def _twin(kind: type[Event]) -> tuple[type, _Rules]:
    """Return the twin of a kind, and the rules of its texts."""
    hints, fields = get_type_hints(kind, include_extras=True), []
    rules: dict[str, _Rule] = {}
    for each in msgspec.structs.fields(kind):
        hint = hints[each.name]
        rule = _rule(hint)
        if rule is not None:
            rules[each.name] = rule
            hint = str
        default: dict[str, Any] = {}
        if each.default is not msgspec.NODEFAULT:
            default["default"] = each.default
        if each.default_factory is not msgspec.NODEFAULT:
            default["default_factory"] = each.default_factory
        fields.append((each.name, _amounts(hint), msgspec.field(name=each.encode_name, **default)))
    config = kind.__struct_config__
    made = msgspec.defstruct(
        kind.__name__,
        fields,
        frozen=True,
        kw_only=True,
        omit_defaults=config.omit_defaults,
        forbid_unknown_fields=config.forbid_unknown_fields,
        tag_field=config.tag_field,
        tag=config.tag,
        gc=False,
        module=__name__,
    )
    order = made.__struct_fields__
    return made, _Rules(tuple(map(order.index, rules)), tuple(rules.values()))


def _rule(hint: Any) -> _Rule | None:
    """Return the rule of a field that is a text and nothing else, none for any other field."""
    if hint is str:
        return None
    if get_origin(hint) is not Annotated or get_args(hint)[0] is not str:
        return None
    metas = [each for each in get_args(hint)[1:] if isinstance(each, msgspec.Meta)]
    if len(metas) != 1:
        return None  # none is written so; it keeps its type, and msgspec checks it
    meta = metas[0]
    return _Rule(meta.pattern or "", meta.min_length or 0, LIMIT if meta.max_length is None else meta.max_length)


def _amounts(hint: Any) -> Any:
    """Put the twin of a quantity in place of one."""
    if hint is Quantity:
        return _Amount
    if get_origin(hint) in (Union, UnionType) and Quantity in get_args(hint):
        return Union[tuple(_amounts(each) for each in get_args(hint))]  # noqa: UP007 - made of a tuple
    return hint


_PLAIN: Final = re.compile(r"\^(\[(\^?)(?:[^\[\]\\]|\\x[0-9a-f]{2})+\])(?:\{(\d+),(\d+)\}|\*)\$(\(\?!\\n\))?")
"""A pattern that only says which ASCII characters a text has, or has not, and how many."""
_Matcher: TypeAlias = Callable[[Collection[str], set[int]], bool]
"""Says whether all of some texts, with these lengths, match a pattern."""


@cache
def _matcher(pattern: str) -> tuple[_Matcher, bool]:
    """Return what matches a pattern, and whether it does so for all texts in one go: where the pattern is a plain one."""
    plain = _PLAIN.fullmatch(pattern)
    # Without the last part a text may end in one line feed more than the pattern says; where they are allowed anyway that is no difference.
    if plain is None or not pattern.isascii() or not (plain[5] or (plain[4] is None and re.fullmatch(plain[1], "\n"))):
        search = re.compile(pattern).search
        return lambda texts, _: all(map(search, texts)), False
    named, but, low, high = plain[1], plain[2], int(plain[3] or 0), int(plain[4] or LIMIT)
    # Of UTF-8, no byte of another character is an ASCII one, so bytes can be looked at in place of characters.
    ascii_ = bytes(code for code in range(128) if (re.fullmatch(named, chr(code)) is None) == bool(but))

    def match(texts: Collection[str], sizes: set[int]) -> bool:
        data = "".join(texts).encode("utf-8", "surrogatepass")
        rest = data.translate(None, ascii_)
        return min(sizes) >= low and max(sizes) <= high and (rest == data if but else not rest)

    return match, True


class Twins(NamedTuple):
    """The twins of all kinds."""

    union: Any
    """What takes the place of :data:`AnyEvent` in a struct to decode."""
    kinds: dict[type, type[Event]]
    """Twin -> its kind."""
    rules: dict[type, _Rules]
    """Twin -> the rules of its texts."""


@cache
def twins() -> Twins:
    """Return the twins; they are made when first asked for, for only a verification needs them."""
    kinds: dict[type, type[Event]] = {}
    rules: dict[type, _Rules] = {}
    for kind in get_args(AnyEvent):
        if hasattr(kind, "__post_init__"):
            kinds[kind], rules[kind] = kind, _Rules((), ())  # checks more than its types say: it stays itself
            continue
        made, found = _twin(kind)
        kinds[made], rules[made] = kind, found
    return Twins(Union[tuple(kinds)], kinds, rules)  # noqa: UP007 - made of a tuple


class Texts:
    """Checks the texts of decoded twins, and remembers which were good."""

    def __init__(self) -> None:
        self._rules = twins().rules
        self._columns: dict[type, list[_Column]] = {}

    def hold(self, events: Sequence[Any]) -> bool:
        """Say whether every text of these twins is as its kind says (rule 2)."""
        kinds = list(map(type, events))
        for kind in set(kinds):
            places, rules = self._rules[kind]
            if not places:
                continue
            columns = self._columns.get(kind)
            if columns is None:
                columns = self._columns[kind] = [_Column(rule) for rule in rules]
            fields = list(zip(*map(astuple, compress(events, map(is_, kinds, repeat(kind)))), strict=True))
            if not all(column.hold(fields[place]) for column, place in zip(columns, places, strict=True)):
                return False
        return True


class _Column:
    """Checks the texts of one field of one kind.

    Where the rule is not about characters alone: sites and lots come again and again, others once; what was good is remembered for as long
    as that saves looking.
    """

    def __init__(self, rule: _Rule) -> None:
        self._rule = rule
        self._match, quick = _matcher(rule.pattern)
        self._good: set[str] | None = None if quick else set()
        """None where remembering saves nothing, or has turned out to."""
        self._seen = self._new = 0

    def hold(self, texts: tuple[str, ...]) -> bool:
        """Say whether all of some texts are as the rule says."""
        good = self._good
        if good is None:
            return self._all(texts)
        if good.issuperset(texts):
            return True
        new = set(texts)
        self._seen += len(new)
        new -= good
        self._new += len(new)
        if not self._all(new):
            return False
        if self._new > _TRIED and 10 * self._new > 9 * self._seen:
            self._good = None
        elif len(good) + len(new) > _KEPT:
            self._good = new
        else:
            good |= new
        return True

    def _all(self, texts: Collection[str]) -> bool:
        sizes, rule = set(map(len, texts)), self._rule
        return min(sizes) >= rule.shortest and max(sizes) <= rule.longest and self._match(texts, sizes)


__all__ = ["Texts", "Twins", "twins"]
