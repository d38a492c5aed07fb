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
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cache
from operator import attrgetter
from types import UnionType
from typing import Annotated, Any, Final, NamedTuple, TypeAlias, Union, get_args, get_origin, get_type_hints

import msgspec

from foodtrace.events.base import Event
from foodtrace.events.model import AnyEvent
from foodtrace.quantity import LIMIT, Quantity, Unit

_KEPT: Final = 50_000
"""Most texts of one rule that are remembered as good."""


class _Amount(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """Twin of :class:`foodtrace.quantity.Quantity`."""

    value: Annotated[int, msgspec.Meta(ge=0, le=LIMIT)]
    unit: Unit


class _Rule(NamedTuple):
    """What a text has to be."""

    pattern: str
    shortest: int
    longest: int


_Rules: TypeAlias = list[tuple[Callable[[Any], Any], _Rule]]
"""The rules of a kind's texts, each with the way to read the text."""


def _twin(kind: type[Event]) -> tuple[type, _Rules]:
    """Return the twin of a kind, and the rules of its texts by the way to read them."""
    hints, fields = get_type_hints(kind, include_extras=True), []
    rules: _Rules = []
    for each in msgspec.structs.fields(kind):
        hint = hints[each.name]
        rule = _rule(hint)
        if rule is not None:
            rules.append((attrgetter(each.name), rule))
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
    return made, rules


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


_PLAIN: Final = re.compile(r"\^(\[\^?[^\[\]]+\])(?:\{(\d+),(\d+)\}|\*)\$\(\?!\\n\)")
"""A pattern that only says which characters a text has, and how many."""


def _matcher(pattern: str) -> Callable[[set[str], set[int]], bool]:
    """Return what says whether all of some texts, with these lengths, match a pattern: in one go where it only names characters."""
    plain = _PLAIN.fullmatch(pattern)
    if plain is None:
        search = re.compile(pattern).search
        return lambda texts, _: all(map(search, texts))
    low, high = int(plain[2] or 0), int(plain[3] or LIMIT)
    whole = re.compile(f"{plain[1]}*").fullmatch
    return lambda texts, sizes: min(sizes) >= low and max(sizes) <= high and whole("".join(texts)) is not None


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
            kinds[kind], rules[kind] = kind, []  # checks more than its types say: it stays itself
            continue
        made, found = _twin(kind)
        kinds[made], rules[made] = kind, found
    return Twins(Union[tuple(kinds)], kinds, rules)  # noqa: UP007 - made of a tuple


class Texts:
    """Checks the texts of decoded twins, and remembers which were good."""

    def __init__(self) -> None:
        self._rules = twins().rules
        self._match = {rule: _matcher(rule.pattern) for found in self._rules.values() for _, rule in found}
        self._good: dict[_Rule, set[str]] = {rule: set() for rule in self._match}

    def hold(self, events: Iterable[Any]) -> bool:
        """Say whether every text of these twins is as its kind says (rule 2)."""
        groups: dict[type, list[Any]] = defaultdict(list)
        for event in events:
            groups[type(event)].append(event)
        return all(self._column(set(map(read, group)), rule) for kind, group in groups.items() for read, rule in self._rules[kind])

    def _column(self, texts: set[str], rule: _Rule) -> bool:
        good = self._good[rule]
        new = texts - good
        if not new:
            return True
        sizes = set(map(len, new))
        if min(sizes) < rule.shortest or max(sizes) > rule.longest or not self._match[rule](new, sizes):
            return False
        if 2 * len(new) < len(texts):  # event ids and serial numbers come once and are not worth remembering
            if len(good) + len(new) > _KEPT:
                good.clear()
            good |= new
        elif not good:
            good |= set(list(new)[: _KEPT // 10])
        return True


__all__ = ["Texts", "Twins", "twins"]
