"""The GS1 syntax engine's own Digital Link cases (shared vectors), all those that use its default options.

Left out, by line of the engine's test:

==================  =======================================================================================
parse 1437-1439     "convenience alphas" (/gtin/ for /01/), deprecated; the engine's test switches them on with a hack
parse, zero         short GTINs allowed by an option: here they are what *lenient* reading allows, run apart below
parse 1763, 1767    unknown AIs allowed by an option; this library knows no such thing
generate 2203,      the same
2206
==================  =======================================================================================
"""

import json
from pathlib import Path
from typing import Any

import pytest

from foodtrace.errors import BadData
from foodtrace.identifiers import digital_link
from foodtrace.identifiers.typed import CheckWarning

FILE = Path(__file__).resolve().parents[2] / "../shared/vectors/gs1/gs1-syntax-engine-dl-cases.json"
ZERO = "gs1_encoder_setPermitZeroSuppressedGTINinDLuris"
UNKNOWN = "gs1_encoder_setPermitUnknownAIs"

PARSE_LEFT_OUT = {
    1437: "convenience alphas are on (no flag in the file says so)",
    1438: "convenience alphas are on (no flag in the file says so)",
    1439: "convenience alphas are on (no flag in the file says so)",
    1763: "unknown AIs are permitted",
    1767: "unknown AIs are permitted, also as attributes",
}
GENERATE_LEFT_OUT = {2203: "unknown AIs are permitted", 2206: "unknown AIs are permitted, also as attributes"}
SHORT_GTIN_LINES = {1449, 1459, 1469, 1484, 1494, 1635, 1641, 1669, 1679, 1689, 1699}


def _cases(name: str) -> list[dict[str, Any]]:
    return json.loads(FILE.read_text(encoding="utf-8"))[name] if FILE.exists() else []


def _params(cases: list[dict[str, Any]]) -> list[Any]:
    if not cases:
        return [pytest.param(None, marks=pytest.mark.skip(reason=f"needs the shared vectors: {FILE.name} is not beside the checkout"))]
    return [pytest.param(case, id=f"line{case['line']}") for case in cases]


PARSE = _cases("test_parseDLuri")
GENERATE = _cases("test_testGenerateDLuri")
SHORT = [case for case in PARSE if case["flags"].get(ZERO) == "true"]
PARSE_RUN = [case for case in PARSE if case not in SHORT and case["line"] not in PARSE_LEFT_OUT]
GENERATE_RUN = [case for case in GENERATE if case["line"] not in GENERATE_LEFT_OUT]


def _parsed(uri: str, *, lenient: bool = False) -> tuple[bool, str]:
    try:
        return True, digital_link.parse(uri, lenient=lenient).element_string("^")
    except BadData:
        return False, ""


@pytest.mark.parametrize("case", _params(PARSE_RUN))
def test_parse(case: dict[str, Any]) -> None:
    should, uri, expected = case["args"]
    assert _parsed(uri) == (should, expected)


@pytest.mark.parametrize("case", _params(SHORT))
def test_short_gtins_are_read_leniently_with_a_warning_and_refused_strictly(case: dict[str, Any]) -> None:
    should, uri, expected = case["args"]
    assert _parsed(uri, lenient=True) == (should, expected)
    assert _parsed(uri) == (False, "")
    warnings = digital_link.parse(uri, lenient=True).warnings
    assert [each.code for each in warnings] == ["digital_link.short_gtin"]
    assert isinstance(warnings[0], CheckWarning)


@pytest.mark.parametrize("case", _params(GENERATE_RUN))
def test_generate(case: dict[str, Any]) -> None:
    should, stem, brackets, expected = case["args"]
    try:
        got = True, digital_link.format(digital_link.from_elements(brackets), stem=stem)
    except BadData:
        got = False, ""
    assert got == (should, expected)


@pytest.mark.parametrize("case", _params(_cases("test_URIunescape")))
def test_unescape(case: dict[str, Any]) -> None:
    given, in_path, in_query = case["args"]
    assert (digital_link.unescape(given), digital_link.unescape(given, query=True)) == (in_path, in_query)


@pytest.mark.parametrize("case", _params(_cases("test_URIescape")))
def test_escape(case: dict[str, Any]) -> None:
    given, in_path, in_query = case["args"]
    assert (digital_link.escape(given), digital_link.escape(given, query=True)) == (in_path, in_query)


@pytest.mark.skipif(not PARSE, reason="needs the shared vectors beside the checkout")
def test_nothing_else_is_left_out() -> None:
    assert (len(PARSE), len(GENERATE)) == (118, 22)
    assert {case["line"] for case in SHORT} == SHORT_GTIN_LINES
    default = {None, "false"}
    for case in (*PARSE_RUN, *GENERATE_RUN):
        assert case["flags"].get(ZERO) in default
        assert case["flags"].get(UNKNOWN) in default
    assert len(PARSE_RUN) == 118 - 11 - 5
    assert len(GENERATE_RUN) == 22 - 2
