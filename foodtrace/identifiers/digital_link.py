"""GS1 Digital Link URIs, uncompressed: a web address that says which GTIN, lot and serial it stands for.

``https://HOST[/stem]/01/<GTIN>/10/<LOT>/21/<SERIAL>?17=<EXPIRY>``

Reading, in order (as the GS1 syntax engine does with its default options):

1. At most 4,096 characters, only those RFC 3986 allows; scheme ``https`` or ``http``; a host (``digital_link.form``).
2. The path is read from its end in pairs AI/value back to the rightmost primary key (``digital_link.no_key``); what
   stands before it is the stem. The fragment is dropped.
3. Each value is unescaped and judged by its AI (:mod:`.ai_values`); none is empty (``digital_link.empty``).
4. Query parameters named by digits are AIs (``gs1.ai_unknown``); all others, and those without ``=``, are kept in
   ``other`` and mean nothing here.
5. The path is the key and its qualifiers in the order the standard gives (``digital_link.sequence``).
6. No AI comes twice (``digital_link.repeated``); a query AI is a permitted attribute (``digital_link.attribute``) and
   would not fit into the path (``digital_link.in_path``).

Lenient reading keeps wrong check digits, and a GTIN of 8, 12 or 13 digits where 14 are due (common on packs): both noted.
Writing puts the primary key and as many qualifiers as fit into the path, attributes of predefined length first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from foodtrace.errors import BadData
from foodtrace.identifiers import ai_values, elements, typed
from foodtrace.identifiers.ai import lookup
from foodtrace.identifiers.elements import Element, ElementString
from foodtrace.identifiers.typed import CheckWarning

CANONICAL_STEM: Final = "https://id.gs1.org"
"""Where the GS1 resolver lives; the stem when none is given."""

_EXAMPLE: Final = "https://HOST/01/<GTIN>/10/<LOT>/21/<SERIAL>"
_URI: Final = re.compile(r"(https|HTTPS|http|HTTP)://([A-Za-z0-9.:\[\]-]+)(/[^?#]*)(?:\?([^#]*))?(?:#.*)?")
_CHARACTERS: Final = re.compile(r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+")
_ESCAPED: Final = re.compile(r"%([0-9A-Fa-f]{2})")
_RESERVED: Final = re.compile(r"[^A-Za-z0-9._~-]")
_SHORT_GTINS: Final = (8, 12, 13)


class DigitalLink(msgspec.Struct, frozen=True):
    """What a Digital Link says."""

    path: tuple[Element, ...]
    """The primary key, then its qualifiers in the standard's order."""
    query: tuple[Element, ...] = ()
    """The attributes, in the order given."""
    stem: str = CANONICAL_STEM
    """Scheme, host and whatever stands before the primary key, without the last slash. Says nothing about the goods."""
    other: tuple[tuple[str, str], ...] = ()
    """Query parameters that are no AIs, as written (still escaped): name and value, ``""`` where there is none."""
    warnings: tuple[CheckWarning, ...] = ()
    """``gs1.check_digit`` and ``digital_link.short_gtin`` (lenient only)."""

    @property
    def primary(self) -> Element:
        """The primary key."""
        return self.path[0]

    @property
    def gtin(self) -> str | None:
        """AI 01: the GTIN, 14 digits."""
        return self.get("01")

    @property
    def lot(self) -> str | None:
        """AI 10: the lot, as its maker wrote it."""
        return self.get("10")

    @property
    def serial(self) -> str | None:
        """AI 21: the serial number."""
        return self.get("21")

    @property
    def attributes(self) -> dict[str, str]:
        """The query's AIs and their values."""
        return {each.ai: each.value for each in self.query}

    def get(self, code: str) -> str | None:
        """Return the value of an AI wherever it stands, or ``None``."""
        return next((each.value for each in (*self.path, *self.query) if each.ai == code), None)

    def element_string(self, fnc1: str | None = None) -> str:
        """Return the same as an element string: in brackets, or with a character for FNC1 (``elements.GS`` or ``^``)."""
        return elements.join((*self.path, *self.query), fnc1)

    def __str__(self) -> str:
        return format(self)


def unescape(text: str, *, query: bool = False) -> str:
    """Undo percent-encoding, one byte one character; in a query ``+`` is a space. A stray ``%`` stands for itself."""
    spaced = text.replace("+", " ") if query else text
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), spaced)


def escape(text: str, *, query: bool = False) -> str:
    """Percent-encode all but letters, digits and ``-._~``; in a query a space becomes ``+``."""
    quoted = _RESERVED.sub(lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8", "replace")), text)
    return quoted.replace("%20", "+") if query else quoted


def parse(uri: str, *, lenient: bool = False) -> DigitalLink:
    """Read a Digital Link.

    :param lenient: keep wrong check digits and short GTINs and note them, for codes somebody else printed.
    :raises BadData: the codes of the module's rules, ``gs1.ai_value``, and unless lenient ``gs1.check_digit``.
    """
    given = typed.plain(uri, code="digital_link.form", expected=_EXAMPLE, limit=elements.LONGEST)
    match = _URI.fullmatch(given)
    if match is None or _CHARACTERS.fullmatch(given) is None:
        raise BadData("digital_link.form", value=given, expected=_EXAMPLE)
    scheme, host, path, query = match.groups()
    segments = path.split("/")[1:]
    start = _find_key(given, segments)
    warnings: list[CheckWarning] = []
    pairs = zip(segments[start::2], segments[start + 1 :: 2], strict=True)
    in_path = tuple(_read(code, unescape(value), warnings, lenient=lenient) for code, value in pairs)
    attributes, other = _read_query(query or "", warnings, lenient=lenient)
    _check_sequence(in_path)
    _check_attributes(in_path, attributes)
    stem = "/".join((f"{scheme}://{host}", *segments[:start]))
    return DigitalLink(in_path, attributes, stem, other, tuple(dict.fromkeys(warnings)))


def _find_key(given: str, segments: list[str]) -> int:
    """Rule 2: return the place of the rightmost primary key that known AI/value pairs lead back to."""
    for place in range(len(segments) - 2, -1, -2):
        entry = lookup(segments[place])
        if entry is None:
            break
        if entry.qualifiers is not None:
            return place
    raise BadData("digital_link.no_key", value=given, expected=_EXAMPLE)


def _read(code: str, value: str, warnings: list[CheckWarning], *, lenient: bool) -> Element:
    """Rule 3."""
    if not value:
        raise BadData("digital_link.empty", value=code, expected=elements.known(code).shape)
    if lenient and code == "01" and len(value) in _SHORT_GTINS:
        warnings.append(CheckWarning("digital_link.short_gtin", value, value.zfill(14)))
        value = value.zfill(14)
    warnings += ai_values.validate(elements.known(code), value, lenient=lenient)
    return Element(code, value)


def _read_query(query: str, warnings: list[CheckWarning], *, lenient: bool) -> tuple[tuple[Element, ...], tuple[tuple[str, str], ...]]:
    """Rule 4."""
    attributes: list[Element] = []
    other: list[tuple[str, str]] = []
    parameters = [each for each in query.split("&") if each]
    if len(parameters) > elements.MOST:
        raise BadData("digital_link.form", value=query, expected=_EXAMPLE)
    for parameter in parameters:
        name, equals, value = parameter.partition("=")
        if equals and name.isdigit():
            attributes.append(_read(name, unescape(value, query=True), warnings, lenient=lenient))
        else:
            other.append((name, value))
    return tuple(attributes), tuple(other)


def _fits(path: Iterable[str]) -> bool:
    """Say whether AIs are a primary key and some of its qualifiers in the order of one alternative."""
    key, *qualifiers = path
    entry = lookup(key)
    return entry is not None and any(_is_within(qualifiers, alternative) for alternative in entry.qualifiers or ())


def _is_within(some: list[str], ordered: tuple[str, ...]) -> bool:
    rest = iter(ordered)
    return all(each in rest for each in some)


def _check_sequence(path: tuple[Element, ...]) -> None:
    """Rule 5."""
    codes = [each.ai for each in path]
    if not _fits(codes):
        raise BadData("digital_link.sequence", value="/".join(codes), expected=_order(codes[0]))


def _order(key: str) -> str:
    alternatives = elements.known(key).qualifiers or ()
    return " | ".join("/".join((key, *each)) for each in alternatives)


def _check_attributes(path: tuple[Element, ...], query: tuple[Element, ...]) -> None:
    """Rule 6."""
    codes = [each.ai for each in path]
    seen = set(codes)
    for code in (each.ai for each in query):
        if code in seen:
            raise BadData("digital_link.repeated", value=code, expected=_EXAMPLE)
        seen.add(code)
        if not elements.known(code).attribute:
            raise BadData("digital_link.attribute", value=code, expected=_order(codes[0]))
        if any(_fits([*codes[:place], code, *codes[place:]]) for place in range(1, len(codes) + 1)):
            raise BadData("digital_link.in_path", value=code, expected=_order(codes[0]))


def from_elements(string: ElementString | str, *, stem: str = CANONICAL_STEM, lenient: bool = False) -> DigitalLink:
    """Make the Digital Link of an element string (a bracketed or scanned text is read first).

    :raises BadData: ``digital_link.no_key``, ``digital_link.attribute``, ``digital_link.stem``, and what
        :func:`foodtrace.identifiers.elements.parse` raises.
    """
    noun = string if isinstance(string, ElementString) else elements.parse(string, lenient=lenient)
    values = {each.ai: each.value for each in noun.elements}  # the same AI twice says the same: elements.parse saw to it
    path = _best_path(values)
    in_path = tuple(Element(code, values[code]) for code in path)
    query = tuple(Element(code, value) for code, value in values.items() if code not in path)
    _check_attributes(in_path, query)
    return DigitalLink(in_path, tuple(_fixed_first(query)), _checked_stem(stem), warnings=noun.warnings)


def _best_path(values: dict[str, str]) -> tuple[str, ...]:
    """Return the first primary key with the alternative of which most qualifiers are there; of equals the first in text order."""
    keys = (entry for code in values if (entry := lookup(code)) and entry.qualifiers is not None)
    key = next(keys, None)
    if key is None:
        raise BadData("digital_link.no_key", value=", ".join(values), expected=_EXAMPLE)
    present = (tuple(each for each in alternative if each in values) for alternative in key.qualifiers or ())
    return (key.code, *min(present, key=lambda each: (-len(each), each)))


def _fixed_first(query: tuple[Element, ...]) -> Iterator[Element]:
    yield from (each for each in query if elements.known(each.ai).predefined)
    yield from (each for each in query if not elements.known(each.ai).predefined)


def _checked_stem(stem: str) -> str:
    bare = stem.removesuffix("/")
    match = _URI.fullmatch(bare + "/")
    if match is None or "?" in bare or "#" in bare or _CHARACTERS.fullmatch(bare) is None:
        raise BadData("digital_link.stem", value=stem, expected=CANONICAL_STEM)
    return bare


def format(link: DigitalLink | str, *, stem: str | None = None) -> str:  # noqa: A001 - the same verb everywhere
    """Return the URI of a link, or of a URI or element string (strictly read). Parameters that are no AIs are left out.

    :param stem: scheme, host and path to stand in front; the link's own when ``None``.
    :raises BadData: ``digital_link.stem``; what :func:`parse` and :func:`from_elements` raise, for a text and for a link that
        was put together by hand and that :func:`parse` would not read back.
    """
    if isinstance(link, str):
        given = typed.plain(link, code="digital_link.form", expected=_EXAMPLE, limit=elements.LONGEST)
        link = parse(given) if given[:4].lower() == "http" else from_elements(given)
    _check_built(link)
    front = _checked_stem(link.stem if stem is None else stem)
    path = "".join(f"/{each.ai}/{escape(each.value)}" for each in link.path)
    query = "&".join(f"{each.ai}={escape(each.value, query=True)}" for each in _fixed_first(link.query))
    return f"{front}{path}{'?' if query else ''}{query}"


def _check_built(link: DigitalLink) -> None:
    """Rules 3, 5 and 6 again, for a noun nobody has parsed."""
    if not link.path:
        raise BadData("digital_link.no_key", value="", expected=_EXAMPLE)
    for each in (*link.path, *link.query):
        ai_values.validate(elements.known(each.ai), each.value, lenient=True)
    _check_sequence(link.path)
    _check_attributes(link.path, link.query)


def is_valid(uri: str) -> bool:
    """Say whether a strict parse accepts the text."""
    try:
        parse(uri)
    except BadData:
        return False
    return True
