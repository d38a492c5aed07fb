"""What a scanned text is: one answer for every text, and never an exception. Pure but for the key look-up it is given.

==================== ===================================== =================================================
kind                 the text is                           problem
==================== ===================================== =================================================
certificate          a certificate of ours, well-formed    none, or ``scan.unknown_key``, ``scan.bad_signature``
damaged              of our form, with something wrong     ``scan.truncated``, ``scan.payload``, ``scan.version``
product_code         a plain GTIN or EAN/UPC               ``scan.product_code``
gs1                  a GS1 element string or Digital Link  ``scan.gs1``
foreign_certificate  somebody else's certificate           ``scan.foreign_certificate``
address              any other web address                 ``scan.not_ours``
input_method         eaten by an input method              ``scan.input_method``
several              two different codes in one line       ``scan.several``
slip, notice, ..     a code that we print ourselves        :mod:`foodtrace.certificate.printed` says which
other                a card, a number, a command, nothing  ``scan.not_a_code``, ``scan.too_long``
==================== ===================================== =================================================

Rules:

1. A text is a certificate only if :func:`~foodtrace.certificate.payload.decode` says so; all else is a guess that helps people.
2. A page that is not on the caller's list is a warning, ``scan.host``: host and stem are not signed (DESIGN section 7). An entry
   of the list is ``HOST[/stem]`` and stands for exactly that page: the stem is as easily changed as the host.
3. An address without its signed part is called cut short when its host is on the list or its form is ours alone; else it is
   somebody else's address.
4. A typed address in which some letters, not all, have the wrong case is damaged (:mod:`~foodtrace.certificate.typed`, rule 5).
5. A foreign certificate shows itself by a word for it in the address (``hgz``, ``hegezheng``, ..) or in the text (合格证).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec

from foodtrace.certificate import printed
from foodtrace.certificate.link import gtin_holds
from foodtrace.certificate.payload import Payload, decode, verify
from foodtrace.certificate.typed import MIXED, eaten, mend
from foodtrace.errors import BadData, FoodtraceError
from foodtrace.gate.staffcard import looks_like_card

Kind: TypeAlias = Literal[
    "certificate", "damaged", "product_code", "gs1", "foreign_certificate", "address", "input_method", "several", "other",
    "slip", "notice", "staff_card", "lot", "checkpoint",
]  # fmt: skip
KeyOf: TypeAlias = Callable[[bytes], bytes | None]
"""Key id of 8 bytes -> raw public key of 32 bytes, or None when it is not known."""

_DIGITS: Final = re.compile(r"[0-9]{8}|[0-9]{12,14}")
_ELEMENTS: Final = re.compile(r"\(01\)[0-9]{14}.*|\x1d?01([0-9]{14})(?:1[01357]|21|30|37|3[0-9]{3}|\x1d).+")
_DIGITAL_LINK: Final = re.compile(r"https?://[^?#]*/(?:01|8006|8010|414|00|gtin)/[0-9]{8,18}(?:/[^?#]*)?(?:[?#].*)?")
_OUR_FORM: Final = re.compile(
    r"https://[^/?]+(?:/[^/?]+){0,4}/(?:01/[0-9]{14}/10/[^/?]+/21/[^/?]+\?c?|lot/[A-Z0-9-]+/[A-Z0-9.-]+/[A-Z0-9.-]+(?:\?c?)?)"
)
_BEGINNING: Final = re.compile(r"https://[^?]*/(?:01/[0-9]{0,13}|01/[0-9]{14}/(?:10?)?|lot/[A-Z0-9-]*)")
_FOREIGN: Final = re.compile(r"(?:^|[^a-z])(?:hgz|cnhgz|cdhgz|dbhgz|hegezheng|chengnuo|certificate|cert)(?:[^a-z]|$)", re.IGNORECASE)
_FOREIGN_WORDS: Final = ("合格证", "产地证明", "承诺书")


class Scan(msgspec.Struct, frozen=True, kw_only=True):
    """The answer."""

    kind: Kind
    text: str
    """The text after mending."""
    payload: Payload | None = None
    problem: FoodtraceError | None = None
    """Why this does not count as a good certificate; its ``code`` is the answer programs compare."""
    warnings: tuple[FoodtraceError, ...] = ()
    mended: tuple[str, ...] = ()
    """What :mod:`~foodtrace.certificate.typed` put right."""

    @property
    def good(self) -> bool:
        """Whether this is a certificate of ours without a problem (so far as it was looked at)."""
        return self.kind == "certificate" and self.problem is None


def classify(text: str, *, typed: bool = True, hosts: Collection[str] = ()) -> Scan:
    """Say what a text is.

    :param typed: the text came through a keyboard: mend it first (a text read from an image is taken as it is).
    :param hosts: the pages that are trusted, ``HOST[/stem]`` each; empty: no list, no warning.
    """
    if not typed:
        return _single(text, (), hosts, typed=False)
    scans = classify_line(text, hosts=hosts)
    if len(scans) == 1:
        return scans[0]
    return Scan(kind="several", text=" ".join(scan.text for scan in scans), problem=BadData("scan.several", value=len(scans), expected=1))


def classify_line(line: str, *, hosts: Collection[str] = ()) -> tuple[Scan, ...]:
    """Say what each distinct text of a typed line is; at least one answer."""
    try:
        pieces = mend(line)
    except BadData as error:
        if looks_like_card(line):
            return (_single(line, (), hosts, typed=True),)
        return (Scan(kind="other", text=line[:80], problem=error),)
    if not pieces:
        return (Scan(kind="other", text="", problem=BadData("scan.not_a_code", value="")),)
    return tuple(_single(piece.text, piece.mended, hosts, typed=True) for piece in pieces)


def authenticate(scan: Scan, key_of: KeyOf) -> Scan:
    """Check a certificate's signature under the key that its key id names; other kinds come back as they are."""
    if scan.payload is None or scan.problem is not None:
        return scan
    public_key = key_of(scan.payload.kid)
    if public_key is None:
        problem: FoodtraceError = BadData("scan.unknown_key", value=scan.payload.kid.hex(), expected=None)
        return msgspec.structs.replace(scan, problem=problem)
    try:
        verify(scan.payload, public_key)
    except BadData as error:
        return msgspec.structs.replace(scan, problem=error)
    return scan


def _single(text: str, mended: tuple[str, ...], hosts: Collection[str], *, typed: bool) -> Scan:
    ours = printed.form_of(text)
    if ours is not None:
        return Scan(kind=ours.kind, text=ours.shown, problem=ours.problem, mended=mended)
    try:
        payload = decode(text)
    except BadData as error:
        kind, problem = _explain(_Look(text, error.code, {each.partition("/")[0] for each in hosts}, typed), error)
        return Scan(kind=kind, text=text, problem=problem, mended=mended)
    if MIXED in mended:
        return Scan(kind="damaged", text=text, problem=BadData("scan.payload", value=text, rule="certificate.case"), mended=mended)
    strange = hosts and payload.page not in hosts
    warnings = (BadData("scan.host", value=payload.page, expected=", ".join(sorted(hosts))),) if strange else ()
    return Scan(kind="certificate", text=text, payload=payload, warnings=warnings, mended=mended)


class _Look(NamedTuple):
    """What the guesses go by."""

    text: str
    code: str
    """What decoding said."""
    hosts: Collection[str]
    """Hosts of the pages that are trusted, without their stems."""
    typed: bool


def _explain(look: _Look, error: BadData) -> tuple[Kind, BadData]:
    """Return the kind and the problem of a text that is not a certificate: the first guess that fits."""
    if error.code == "scan.too_long":
        return "other", error
    for kind, code, fits in _GUESSES:
        if fits(look):
            return kind, BadData(code, value=look.text, length=len(look.text)) if code else error
    return "other", BadData("scan.not_a_code", value=look.text)


def _address(text: str) -> bool:
    return text.lower().startswith(("http://", "https://"))


def _host(text: str) -> str:
    return text.removeprefix("https://").partition("/")[0].partition("?")[0]


def _cut_in_data(look: _Look) -> bool:
    """Rule 3 for addresses whose path is whole."""
    return look.code == "scan.truncated" and (
        "c=" in look.text or _OUR_FORM.fullmatch(look.text) is not None or _host(look.text) in look.hosts
    )


def _cut_in_path(look: _Look) -> bool:
    """Rule 3 for addresses that end within the path, or earlier."""
    text = look.text
    if text.startswith("https://") and _host(text) in look.hosts:
        return True
    beginnings = ("https://", *(f"https://{host}/" for host in look.hosts))
    if len(text) >= len("http") and any(whole.startswith(text.lower()) for whole in beginnings):
        return True
    return _BEGINNING.fullmatch(text) is not None


_GUESSES: Final[tuple[tuple[Kind, str, Callable[[_Look], bool]], ...]] = (
    ("foreign_certificate", "scan.foreign_certificate", lambda look: any(word in look.text for word in _FOREIGN_WORDS)),
    ("input_method", "scan.input_method", lambda look: look.typed and eaten(look.text)),
    ("damaged", "", lambda look: look.code in {"scan.payload", "scan.version"}),
    ("damaged", "scan.truncated", _cut_in_data),
    ("damaged", "scan.truncated", _cut_in_path),
    ("product_code", "scan.product_code", lambda look: _DIGITS.fullmatch(look.text) is not None and gtin_holds(look.text.zfill(14))),
    ("gs1", "scan.gs1", lambda look: (_ELEMENTS.fullmatch(look.text) or _DIGITAL_LINK.fullmatch(look.text)) is not None),
    ("foreign_certificate", "scan.foreign_certificate", lambda look: _address(look.text) and _FOREIGN.search(look.text) is not None),
    ("address", "scan.not_ours", lambda look: _address(look.text)),
)
"""Kind, code (empty: what decoding said) and when it fits; in order."""
