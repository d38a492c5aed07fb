"""Whatever bytes come in: events, bad rows, or one of our errors. Never a traceback, never a hang."""

import io
import zipfile

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foodtrace.errors import FoodtraceError
from foodtrace.events.canonical import checked
from foodtrace.intake import Intake
from tests.intake.books import FIRST, SALES, sales, take, workbook

GOOD = workbook(("s", [SALES.split(","), FIRST.format(fuan="x").split(",")]))
with zipfile.ZipFile(io.BytesIO(GOOD)) as _archive:
    PARTS = {name: _archive.read(name) for name in _archive.namelist()}

fuzz = settings(max_examples=200, suppress_health_check=list(HealthCheck))


def attempt(data: bytes, **options: object) -> None:
    try:
        found = take(data, **options)
    except FoodtraceError as error:
        for lang in ("zh", "en"):
            assert error.message(lang) != error.code  # noqa: PT017 - both outcomes are right
        return
    told(found)


def told(found: Intake) -> None:
    """Everything found is sound, and everything wrong has words."""
    assert len(found.events) == len(found.rows)
    assert found.total == len(found.events) + len(found.bad)
    for event in found.events:
        checked(event)
    for bad in found.bad:
        assert bad.faults
        for fault in bad.faults:
            if not fault.code.startswith(("site.", "lot.not_found")):
                assert fault.message("zh") != fault.code
                assert "{" not in fault.hint("en") + fault.expected("zh")


@fuzz
@given(st.binary(max_size=400))
def test_bytes(data: bytes) -> None:
    attempt(data)
    attempt(b"PK\x03\x04" + data)


@fuzz
@given(st.binary(max_size=300), st.sampled_from(["utf-8", "gb18030", "utf-16"]))
def test_bytes_under_good_headings(data: bytes, encoding: str) -> None:
    attempt(sales(FIRST).encode(encoding) + data)


CELL = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["2026-11-23 05:12", "A-17", "福安超市", "240", "斤", "", '"', "合计", "9.1E+17", "-", "=1", "'", "\x00", "46349.5"]),
)


@fuzz
@given(st.lists(st.lists(CELL, min_size=8, max_size=12), max_size=4), st.sampled_from([",", ";", "\t"]))
def test_any_cells(rows: list[list[str]], delimiter: str) -> None:
    text = "\n".join(delimiter.join(row) for row in [SALES.split(","), *rows])
    attempt(text.encode("utf-8", "surrogatepass"), kind="transfer")


@fuzz
@given(st.text(max_size=60), st.text(max_size=60))
def test_any_json_line(start: str, end: str) -> None:
    attempt(("{" + start + "\n" + '{"type":"transfer","id":"' + end + '"}\n').encode("utf-8", "surrogatepass"))


@fuzz
@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255), st.integers(0, 40))
def test_a_workbook_with_changed_bytes(position: int, byte: int, cut: int) -> None:
    data = bytearray(GOOD)
    data[position] = byte
    attempt(bytes(data))
    attempt(bytes(data[: len(data) - cut]))


@fuzz
@given(st.sampled_from(sorted(PARTS)), st.data())
def test_a_workbook_with_changed_parts(name: str, data: st.DataObject) -> None:
    part = bytearray(PARTS[name])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(part) - 1))
        part[at : at + data.draw(st.integers(0, 8))] = data.draw(
            st.sampled_from([b"", b"0", b"99999999999", b"<", b'"', b"-1", b"1e999", b"\xff"])
        )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for each, text in PARTS.items():
            archive.writestr(each, bytes(part) if each == name else text)
    attempt(out.getvalue())


@fuzz
@given(
    st.one_of(
        st.floats(), st.integers(-(10**20), 10**20), st.booleans(), st.dates(), st.datetimes(), st.times(), st.none(), st.timedeltas()
    )
)
def test_any_typed_cell_in_any_column(value: object) -> None:
    row = FIRST.format(fuan="x").split(",")
    rows = [[value if i == j else cell for j, cell in enumerate(row)] for i in range(9)]
    try:
        data = workbook(("s", [SALES.split(","), *rows]))
    except (ValueError, OverflowError):  # what a workbook cannot hold
        return
    attempt(data)
