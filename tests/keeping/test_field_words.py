"""What the fields of an event are called in the history of an entry."""

from __future__ import annotations

import datetime as dt
import typing
from collections.abc import Iterator
from typing import Any

import msgspec

from foodtrace import Quantity
from foodtrace.events import CertificateIssued, Output, Portion, Transformation
from foodtrace.events.model import kinds
from foodtrace.texts import catalogue
from foodtrace_cli.eventwords import event_line, field_word

AT = dt.datetime(2026, 3, 2, 9, tzinfo=dt.timezone(dt.timedelta(hours=8)))


def structs(kind: Any, seen: set[Any]) -> Iterator[Any]:
    """Give a kind of event and every struct within it, once."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind not in seen:
        seen.add(kind)
        yield kind
        for field in msgspec.structs.fields(kind):
            yield from structs(field.type, seen)
    for part in typing.get_args(kind):
        yield from structs(part, seen)


def test_every_field_of_every_event_has_a_chinese_name_of_its_own_and_its_own_name_in_english() -> None:
    seen: set[Any] = set()
    fields = {name for kind in kinds().values() for each in structs(kind, seen) for name in each.__struct_fields__}
    words = {key.removeprefix("field."): pair for key, pair in catalogue().items() if key.startswith("field.")}
    assert fields <= words.keys(), sorted(fields - words.keys())
    assert {name: pair[1] for name, pair in words.items()} == {name: name for name in words}
    chinese = [pair[0] for pair in words.values()]
    assert len(set(chinese)) == len(chinese), "two fields of one name cannot be told apart"
    assert not [each for each in chinese if each.isascii()]


def test_a_line_in_chinese_has_no_english_name_and_says_amounts_as_everywhere() -> None:
    made = (Output(lot="P/N", quantity=Quantity(2_000, "g"), product="西红柿酱"),)
    event = Transformation(id="x1", at=AT, site="P", kind="process", inputs=(Portion("P/L", Quantity(3_000, "g")),), outputs=made)
    assert event_line(event, "zh") == (
        "记录编号 x1  时间 2026-03-02T09:00:00+08:00  场所 P  种类 process  投入 (批次 P/L  数量 3.0 kg)  "
        "产出 (批次 P/N  数量 2.0 kg  品名 西红柿酱)"
    )
    assert '"inputs":[{"lot":"P/L"' in event_line(event, "en")


def test_a_truth_is_its_name_alone_and_a_personal_field_nobody_knows_stays() -> None:
    event = CertificateIssued(
        id="c", at=AT, site="P", lot="P/L", serial="1", issuer="P", product="x", quantity=Quantity(1, "piece"), basis=("own_test",), style=2
    )
    assert "样式 2" in event_line(event, "zh")
    assert (field_word("phone", "zh"), field_word("nickname", "zh"), field_word("quantity", "en")) == ("电话", "nickname", "quantity")
