"""The address in a certificate's QR code: its grammar, its only printer and its only parser (DESIGN section 7).

Rules, in the order in which they are checked:

1. At most 2,048 characters, all of them visible ASCII; nothing is trimmed, folded or unescaped here
   (:mod:`foodtrace.certificate.typed` mends what a keyboard did to a text, before).
2. ``https://``, then a lower-case DNS name with at least one dot; no port, no user, no address literal.
3. Stem: up to four path segments of ``[a-z0-9._~-]``; none is ``.``, ``..``, ``01`` or ``lot``.
4. ``/01/GTIN14/10/LOT/21/SERIAL`` with a GTIN-14 whose check digit holds and that is not all zeros, or
   ``/lot/OPERATOR/LOT/SERIAL`` where there is no real GTIN. The second form is ours, not GS1's.
5. LOT and SERIAL are 1-20 of ``[A-Z0-9.-]``, never ``.`` or ``..``: a browser would swallow them as path steps.
6. ``?``, then parameters joined by ``&``. Exactly one is ``c``; the others are ignored. No fragment, no escapes before ``?``.

So the case of every character is fixed by its place, which is what lets a text in forced or swapped case be mended.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from foodtrace.errors import BadData
from foodtrace.identifiers.checksums import mod_10

MAX_TEXT: Final = 2_048
"""Longest text that is looked at, in characters; a QR code holds no more than 4,296."""

MAX_PRINTED: Final = 600
"""Longest text that is printed, in characters: what a label can carry and an event may keep."""

_SEGMENT: Final = r"(?!(?:\.{1,2}|01|lot)(?:/|$))[a-z0-9._~-]{1,40}"
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_CODE: Final = r"(?!\.{1,2}(?:/|$))[A-Z0-9.-]{1,20}"
_OPERATOR: Final = r"[A-Z0-9][A-Z0-9-]{1,19}"

HOST: Final = re.compile(rf"(?=.{{3,200}}\Z){_LABEL}(?:\.{_LABEL})+")
"""A lower-case DNS name of two labels or more."""
STEM: Final = re.compile(rf"(?:/{_SEGMENT}){{0,4}}")
CODE: Final = re.compile(_CODE)
"""A lot's code or a serial number."""
OPERATOR: Final = re.compile(_OPERATOR)
GTIN: Final = re.compile(r"[0-9]{14}")

_PATH: Final = re.compile(
    rf"(?P<stem>(?:/{_SEGMENT}){{0,4}})/(?:01/(?P<gtin>[0-9]{{14}})/10/(?P<lot>{_CODE})/21/(?P<serial>{_CODE})"
    rf"|lot/(?P<operator>{_OPERATOR})/(?P<plot>{_CODE})/(?P<pserial>{_CODE}))"
)
_VISIBLE: Final = re.compile(r"[!-~]+")


class Link(NamedTuple):
    """The parts of an address, each in its canonical form."""

    host: str
    stem: str
    """Empty, or ``/segment`` up to four times."""
    gtin: str
    """GTIN-14, or empty in the private form."""
    operator: str
    """Operator id in the private form, else empty."""
    lot: str
    serial: str
    data: str
    """Value of the parameter ``c``, not yet looked at."""


def gtin_holds(gtin: str) -> bool:
    """Say whether 14 digits are a GTIN: check digit by weights 3 and 1 from the right, and not all zeros."""
    return GTIN.fullmatch(gtin) is not None and bool(gtin.strip("0")) and mod_10(gtin[:-1]) == gtin[-1]


def parse_page(text: str) -> str:
    """Return an entry of a list of trusted pages, ``HOST[/stem]``.

    :raises BadData: ``certificate.page``.

    >>> parse_page("trace.example/qr")
    'trace.example/qr'
    """
    host, slash, rest = text.partition("/")
    if HOST.fullmatch(host) is None or STEM.fullmatch(slash + rest) is None:
        raise BadData("certificate.page", value=text, expected="trace.example, trace.example/qr")
    return text


def print_link(link: Link) -> str:
    """Return the canonical text. The parts must hold rules 2-5 (:class:`~foodtrace.certificate.payload.Payload` sees to it)."""
    path = f"01/{link.gtin}/10/{link.lot}/21/{link.serial}" if link.gtin else f"lot/{link.operator}/{link.lot}/{link.serial}"
    return f"https://{link.host}{link.stem}/{path}?c={link.data}"


def parse_link(text: str) -> Link:
    """Read an address.

    :raises BadData: ``scan.too_long`` (rule 1), ``scan.not_a_code`` (empty or not visible ASCII), ``scan.not_ours``
        (no address of this form), ``scan.truncated`` (the form, with its end missing).
    """
    if len(text) > MAX_TEXT:
        raise BadData("scan.too_long", value=text, expected=MAX_TEXT, length=len(text))
    if _VISIBLE.fullmatch(text) is None:
        raise BadData("scan.not_a_code", value=text)
    head, mark, query = text.partition("?")
    if not head.startswith("https://"):
        raise BadData("scan.not_ours", value=text)
    host, slash, rest = head.removeprefix("https://").partition("/")
    match = _PATH.fullmatch(slash + rest)
    if HOST.fullmatch(host) is None or match is None:
        raise BadData("scan.not_ours", value=text)
    data = _parameter(text, query) if mark else ""
    if not data:
        raise BadData("scan.truncated", value=text, length=len(text))
    part = match.groupdict(default="")
    if part["gtin"] and not gtin_holds(part["gtin"]):
        raise BadData("scan.payload", value=part["gtin"], rule="certificate.gtin")
    return Link(host, part["stem"], part["gtin"], part["operator"], part["lot"] or part["plot"], part["serial"] or part["pserial"], data)


def _parameter(text: str, query: str) -> str:
    """Return the one value of ``c`` (rule 6), or an empty string when the text ends before it."""
    if "#" in query:
        raise BadData("scan.payload", value=text, rule="certificate.query")
    found = [value for name, _, value in (each.partition("=") for each in query.split("&")) if name == "c"]
    if len(found) > 1:
        raise BadData("scan.payload", value=text, rule="certificate.query")
    return found[0] if found else ""
