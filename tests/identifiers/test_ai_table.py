"""The table of application identifiers against GS1's own dictionary (shared vectors)."""

import re
from pathlib import Path

import pytest

from foodtrace.identifiers import ai

FILE = Path(__file__).resolve().parents[2] / "../shared/vectors/gs1/gs1-syntax-dictionary.txt"

WORDS = {
    "csum": "check",
    "csumalpha": "pair",
    "yymmd0": "day0",
    "yymmdd": "day",
    "yyyymmdd": "day8",
    "hhmi": "hhmm",
    "hh": "hh",
    "mi": "mm",
    "ss": "mm",
    "zero": "zero",
    "nonzero": "nonzero",
    "nozeroprefix": "nolead",
    "yesno": "bool",
    "hyphen": "minus",
    "pieceoftotal": "part",
    "hasnondigit": "mixed",
    "pcenc": "percent",
}
"""The dictionary's word for a check -> ours."""

NOT_CHECKED = {
    "couponcode",
    "couponposoffer",
    "iban",
    "importeridx",
    "iso3166",
    "iso3166999",
    "iso3166alpha2",
    "iso4217",
    "iso5218",
    "latitude",
    "longitude",
    "mediatype",
    "packagetype",
    "posinseqslash",
    "winding",
}
"""Checks the module's rule 3 leaves out."""


def _form(specification: list[str]) -> str:
    parts = []
    for component in specification:
        shape, *checks = component.split(",")
        words = [WORDS[each] for each in checks if each in WORDS]
        if any(each.startswith("gcppos") for each in checks) and shape[0] in "XY":  # digits alone always begin with digits
            words.append("prefix")
        if "mixed" in words:
            words.sort(key=["pair", "prefix", "mixed"].index)
        assert set(checks) <= WORDS.keys() | NOT_CHECKED | {"gcppos1", "gcppos2"}
        parts.append(":".join((shape, *words)))
    return " ".join(parts)


def _dictionary() -> dict[str, ai.Ai]:
    found = {}
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if not line[:1].isdigit():
            continue
        codes, *rest = line.split("#")[0].split()
        flags = rest.pop(0) if re.fullmatch(r"[*?]+", rest[0]) else ""
        specification = [each for each in rest if "=" not in each and each != "dlpkey"]
        keys = [each for each in rest if each.startswith("dlpkey")]
        qualifiers = tuple(tuple(filter(None, each.split(","))) for each in keys[0][7:].split("|")) if keys else None
        first, _, last = codes.partition("-")
        for number in range(int(first), int(last or first) + 1):
            code = str(number).zfill(len(first))
            found[code] = ai.Ai(code, _form(specification), "*" in flags, "?" in flags, qualifiers)
    return found


@pytest.mark.skipif(not FILE.exists(), reason="needs the shared vectors: gs1-syntax-dictionary.txt is not beside the checkout")
def test_the_table_says_what_the_dictionary_says() -> None:
    theirs = _dictionary()
    assert ai.table().keys() == theirs.keys()
    for code, entry in theirs.items():
        assert ai.lookup(code) == entry


def test_no_ai_is_the_beginning_of_another() -> None:
    codes = ai.table().keys()
    assert all(code[:n] not in codes for code in codes for n in range(1, len(code)))
    assert {len(code) for code in codes} == {ai.SHORTEST, 3, ai.LONGEST}


def test_qualifiers_are_ais_too() -> None:
    for entry in ai.table().values():
        for alternative in entry.qualifiers or ():
            assert all(ai.lookup(each) for each in alternative)


def test_finding_one() -> None:
    assert ai.leading("3103000195") == ai.lookup("3103")
    assert ai.leading("0106901234567892") == ai.lookup("01")
    assert ai.leading("89X") is None
    assert ai.leading("") is None
    assert ai.lookup("3106") is None
    entry = ai.lookup("253")
    assert entry is not None
    assert entry.shape == "N13 [X..17]"
