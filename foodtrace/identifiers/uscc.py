"""Unified social credit code (统一社会信用代码, GB 32100-2015): who an operator is.

18 characters: registrar (1) category (1) region (6 digits) organisation code (9) check character (1).

Parsing, in order:

1. A number as a spreadsheet shows it (``9.1E+17``), or rounded to end in ``000``, has lost digits: ``uscc.excel``.
2. Only 0-9 and A-Z may stand there (``uscc.form``), 18 of them (``uscc.length``, ``uscc.too_long``).
3. I, O, S, V, Z are never used: ``uscc.letter`` proposes the code that was meant, when its check character agrees.
4. Region and shape: characters 3-8 are digits (``uscc.form``). Which region they name is never judged: real codes use
   districts that were abolished or never stood in GB/T 2260.
5. Check character (``uscc.check_digit``): refused, or noted when lenient. A resident identity number typed here by
   mistake is refused in both and shown masked (``uscc.personal_id``).
6. The organisation code has a check of its own; a failure is only noted (``uscc.organisation``).
"""

from __future__ import annotations

import re
from itertools import product
from typing import Final

import msgspec

from foodtrace.errors import BadData
from foodtrace.identifiers import checksums, typed
from foodtrace.identifiers.typed import CheckWarning

_LENGTH: Final = 18
_FORM: Final = "18 x [0-9 A-H J-N P-R T U W X Y]"
_SHAPE: Final = re.compile(rf"[{checksums.CREDIT}]{{2}}[0-9]{{6}}[{checksums.CREDIT}]{{10}}")
_MEANT: Final = {"I": "1", "O": "0", "S": "5", "Z": "2", "V": "UY"}
"""Letters that never stand in a credit code -> what was probably meant."""
_PERSON: Final = re.compile(r"[1-9][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9X]")


class Uscc(msgspec.Struct, frozen=True):
    """A unified social credit code."""

    code: str
    """18 characters, capitals."""
    warnings: tuple[CheckWarning, ...] = ()
    """``uscc.check_digit`` (lenient only) and ``uscc.organisation``."""

    @property
    def registrar(self) -> str:
        """Character 1: who registered it (9 market regulation, 5 civil affairs, 1 establishment office, N farming ...)."""
        return self.code[0]

    @property
    def category(self) -> str:
        """Character 2: kind of body; for registrar 9: 1 enterprise, 2 sole trader, 3 farmers' co-operative."""
        return self.code[1]

    @property
    def region(self) -> str:
        """Characters 3-8: six digits of the place of registration, not checked against any table."""
        return self.code[2:8]

    @property
    def organisation(self) -> str:
        """Characters 9-17: the organisation code (GB 11714)."""
        return self.code[8:17]

    def __str__(self) -> str:
        return self.code


def parse(text: str, *, lenient: bool = False) -> Uscc:
    """Read a credit code.

    :param lenient: keep a wrong check character and note it, for data somebody else printed.
    :raises BadData: ``uscc.excel``, ``uscc.form``, ``uscc.length``, ``uscc.too_long``, ``uscc.letter``,
        ``uscc.personal_id``, and unless lenient ``uscc.check_digit``.
    """
    code = typed.compact(text, code="uscc.too_long", expected=_FORM)
    _check_form(code)
    warnings: list[CheckWarning] = []
    expected = checksums.credit_code(code[:17])
    if code[17] != expected:
        _check_mistaken(code)
        if not lenient:
            raise BadData("uscc.check_digit", value=code, expected=expected, got=code[17])
        warnings.append(CheckWarning("uscc.check_digit", code, expected))
    inner = checksums.organisation(code[8:16])
    if code[16] != inner:
        warnings.append(CheckWarning("uscc.organisation", code, inner))
    return Uscc(code, tuple(warnings))


def _check_form(code: str) -> None:
    """Rules 1 to 4."""
    if typed.is_excel(code):
        raise BadData("uscc.excel", value=code, expected=_FORM)
    if any(c not in checksums.ORGANISATION for c in code):
        raise BadData("uscc.form", value=code, expected=_FORM)
    if len(code) < _LENGTH:
        raise BadData("uscc.length", value=code, expected=_LENGTH, got=len(code))
    if len(code) > _LENGTH:
        raise BadData("uscc.too_long", value=code, expected=_LENGTH, got=len(code))
    letters = sorted(set(code) & _MEANT.keys())
    if letters:
        raise BadData("uscc.letter", value=code, expected=_meant(code) or _FORM, letters=" ".join(letters))
    if _SHAPE.fullmatch(code) is None:
        raise BadData("uscc.form", value=code, expected=_FORM)


def _meant(code: str) -> str:
    """Return the code with look-alike letters replaced, if exactly one such code has the right check character."""
    if code.count("V") > 2:  # noqa: PLR2004 - each V doubles the choices; so many is no slip of the pen
        return ""
    choices = ("".join(each) for each in product(*(_MEANT.get(c, c) for c in code)))
    sound = [each for each in choices if _SHAPE.fullmatch(each) and checksums.credit_code(each[:17]) == each[17]]
    return sound[0] if len(sound) == 1 else ""


def _check_mistaken(code: str) -> None:
    """Refuse what is not a misread credit code but another thing altogether (rules 1 and 5)."""
    if _PERSON.fullmatch(code) and checksums.mod_11_2(code[:17]) == code[17]:
        raise BadData("uscc.personal_id", value=code[:6] + "*" * 12, expected=_FORM)
    # A spreadsheet keeps 15 digits of a number and writes zeros for the rest.
    if code.isdigit() and code.endswith("000"):
        raise BadData("uscc.excel", value=code, expected=_FORM)


def format(code: Uscc | str) -> str:  # noqa: A001 - the same verb in every identifier module
    """Return the 18 characters of a code, or of a text that is one (strictly read)."""
    return code.code if isinstance(code, Uscc) else parse(code).code


def is_valid(text: str) -> bool:
    """Say whether a strict parse accepts the text."""
    try:
        parse(text)
    except BadData:
        return False
    return True


def check_digit(body: str) -> str:
    """Return the check character of the first 17 characters; raises ``BadData("checksum.form")``."""
    return checksums.credit_code(typed.compact(body, code="checksum.form", expected=_FORM))
