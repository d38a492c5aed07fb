"""JSON lines: one event each, in the form of ``schemas/event``.

Rules:

1. Blank lines and lines that begin with ``#`` are no events: reasons in a file of bad rows stand there.
2. An event is taken as it is: its site and lot are ids already, nothing is looked up.
3. The same event twice in a file is recorded once; the same id with other content is a bad row.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator

import msgspec

from foodtrace.errors import BadData, FoodtraceError
from foodtrace.events import AnyEvent
from foodtrace.events.canonical import MAX_WHOLE, read
from foodtrace.events.parts import sealed_as
from foodtrace.intake.model import BadRow, Fault, Skipped
from foodtrace.intake.source import Source
from foodtrace.texts import Lang, has
from foodtrace.texts import text as text_of

_SPACE = " \t\r\n\ufeff"
_LACKING = re.compile(r"Object missing required field '(.+?)'")
_WANTED = re.compile(r"Expected '(.+?)'")
_FORMS = {"Invalid RFC3339 encoded datetime": "2026-11-23T05:12:00+08:00", "Invalid RFC3339 encoded date": "2026-11-23"}


class Wanted(msgspec.Struct, frozen=True):
    """A type that the decoder expected, in words for people."""

    type: str

    def __str__(self) -> str:
        return self.in_words("en")

    def in_words(self, lang: Lang) -> str:
        """Return it in one language; a type nobody gave words for as it is called."""
        keys = {each: f"record.type.{each}" for each in self.type.split(" | ")}
        return " / ".join(text_of(key, lang) if has(key) else each for each, key in keys.items())


def is_json_lines(source: Source) -> bool:
    """Say whether a file is JSON lines: by its name, or because its first line but ``#`` lines begins with ``{`` or ``[``."""
    if source.name.lower().endswith((".jsonl", ".ndjson", ".json")):
        return True
    with source.open() as stream:
        head = stream.read(65_536).translate(None, b"\x00").lstrip(b"\xef\xbb\xbf\xff\xfe")
    said = (line for each in head.splitlines() if (line := each.strip()) and not line.startswith(b"#"))
    return next(said, b"")[:1] in {b"{", b"["}


def read_lines(source: Source, codec: str) -> Iterator[BadRow | Skipped | tuple[int, AnyEvent, str]]:
    """Yield (line number, event, line), a bad row, or a skipped repetition, for every line."""
    seen: dict[str, list[tuple[str, bytes]]] = {}
    with io.TextIOWrapper(source.open(), encoding=codec, newline="") as stream:
        row = 0
        while line := stream.readline(MAX_WHOLE + 2):
            row += 1
            text = line.strip(_SPACE)
            if not text or text.startswith("#"):
                continue
            try:
                event, data = _event(text)
                if (before := seen.get(event.id)) == data:
                    yield Skipped(row, "repeated", event.id)
                    continue
                if before is not None:
                    raise BadData("record.id_repeated", value=event.id)
            except FoodtraceError as error:
                yield BadRow(row, (line.rstrip("\r\n"),), (_fault(text, error),))
                continue
            seen[event.id] = data
            yield row, event, line.rstrip("\r\n")


def _fault(text: str, error: FoodtraceError) -> Fault:
    """Say which field of a line is wrong, what stands there and what is expected, as far as the decoder tells."""
    if error.code == "quantity.range":
        place = _place_of(json.loads(text), error.value)
        return Fault(place, str(error.value), error)
    if "field" in error.params and error.code.startswith("event.too_"):
        return Fault(str(error.params["field"]), str(error.value), error)
    told = str(error.params.get("reason", ""))
    reason, _, path = told.partition(" - at '$")
    place = path.rstrip("'").lstrip(".")
    if error.code != "event.form" or reason.startswith("JSON is malformed"):
        return Fault("", text[:80], error if error.code != "event.form" else BadData("event.form", expected="JSON", reason=told))
    if lacking := _LACKING.match(reason):
        field = f"{place}.{lacking[1]}".lstrip(".")
        return Fault(field, "", BadData("record.missing", value="", column=field))
    wanted = _WANTED.match(reason)
    expected: object = Wanted(wanted[1]) if wanted else _FORMS.get(reason, reason)
    if reason.startswith("Invalid "):
        expected = _FORMS.get(reason, Wanted("enum"))
    if not place:  # of the whole line
        return Fault("", text[:80], BadData("event.form", expected=expected, reason=told))
    return Fault(place, _standing(text, place), BadData("record.field", value=place, expected=expected))


def _place_of(found: object, value: object, place: str = "") -> str:
    """Return where in an event a quantity has a value, as a path; empty where it is not found."""
    inner = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ()
    for name, each in inner:
        path = f"{place}[{name}]" if isinstance(name, int) else f"{place}.{name}".lstrip(".")
        if each == value and name == "value":
            return path
        if deeper := _place_of(each, value, path):
            return deeper
    return ""


def _standing(text: str, place: str) -> str:
    """Return what stands in a field of a line; empty where that cannot be told."""
    try:
        found = json.loads(text) if place else None
    except (ValueError, RecursionError):  # the decoder stopped at the field; what comes after it may be no JSON
        return ""
    for name in place.replace("[", ".[").split("."):
        if not isinstance(found, dict) or name not in found:
            return ""
        found = found[name]
    return str(found)[:80]


def _event(text: str) -> tuple[AnyEvent, list[tuple[str, bytes]]]:
    if text.startswith("["):
        raise BadData("record.json_array", value=text[:40])
    try:
        raw = text.encode()
    except UnicodeEncodeError as error:
        raise BadData("event.text", value=text[:40], reason=error.reason) from None
    event = read(raw)
    return event, sealed_as(event)
