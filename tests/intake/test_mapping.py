"""Which column is what, and in which unit: remembered, known, asked; never guessed."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foodtrace.errors import BadData
from foodtrace.intake import FILE, Mapping, as_toml, choose_mapping, load_mappings, open_table, save_mapping
from foodtrace.intake.headings import FIELDS
from foodtrace.quantity import Quantity
from tests.intake.books import FIRST, SALES, Person, sales, take

ODD = "流水,何时,谁卖,什么,多少,给谁\n1,2026-11-23 05:12,A-17,芹菜,40,福安超市\n2,2026-11-23 05:12,A-17,芹菜,900.5,福安超市\n"
ODD_COLUMNS = {"流水": "id", "何时": "at", "谁卖": "site_name", "什么": "product", "多少": "quantity", "给谁": "buyer_name"}


def test_known_headings_need_no_mapping_and_what_is_not_recorded_is_in_it() -> None:
    mapping = choose_mapping(open_table(sales(FIRST).encode()))
    assert mapping.columns == {
        "交易单号": "id",
        "交易时间": "at",
        "商户号": "site",
        "品名": "product",
        "批次": "lot",
        "数量": "quantity",
        "单位": "unit",
        "买方信用代码": "buyer",
        "买方": "buyer_name",
        "单价": "",
        "金额": "",
    }
    assert (mapping.kind, mapping.origin) == ("transfer", "known")


def test_unknown_headings_without_a_person_give_toml_ready_to_fill_in(tmp_path: Path) -> None:
    with pytest.raises(BadData) as error:
        take(ODD)
    assert error.value.code == "record.columns_unknown"
    for lang in ("zh", "en"):
        block = tomllib.loads(error.value.message(lang).split("\n\n", 1)[1])
        assert list(block["table"]["columns"]) == list(ODD_COLUMNS)
    filled = error.value.message("zh").split("\n\n", 1)[1]
    for heading, field in ODD_COLUMNS.items():
        filled = filled.replace(f'"{heading}" = ""', f'"{heading}" = "{field}"')
    (tmp_path / FILE).write_text(
        '["x"]\nkind = "sale"\n["x".columns]\n"a" = ""\n' + filled.replace('kind = "', 'unit = "斤"\nkind = "', 1), "utf-8"
    )
    found = take(ODD, saved=load_mappings(tmp_path / FILE))
    assert [event.quantity for event in found.events] == [Quantity(20_000, "g"), Quantity(450_250, "g")]  # type: ignore[union-attr]


def test_missing_columns_are_asked_one_by_one() -> None:
    asked: list[str] = []

    def person(question: object) -> str | None:
        asked.append(question.text("zh"))  # type: ignore[attr-defined]
        return {"at": "何时", "quantity": "多少", "lot": "什么"}.get(question.params.get("field", ""))  # type: ignore[attr-defined]

    mapping = choose_mapping(open_table(ODD.encode()), kind="transfer", ask=person)
    perhaps = [f"哪一列是 {each} (没有就回车)" for each in ("批次", "商户名", "买方名", "品名", "单号 (每行一个)", "单位")]
    assert asked == ["哪一列是 时间", "哪一列是 数量", *perhaps]
    assert mapping.column("at") == "何时"
    assert mapping.origin == "asked"


def test_a_person_who_maps_a_settlement_file_is_asked_for_all_of_it() -> None:
    fields = {field: heading for heading, field in ODD_COLUMNS.items()}

    def person(question: object) -> str | None:
        field = question.params.get("field")  # type: ignore[attr-defined]
        return "transfer" if question.about == "kind" else fields.get(field or "")  # type: ignore[attr-defined]

    assert choose_mapping(open_table(ODD.encode()), ask=person).columns == ODD_COLUMNS


def test_a_settlement_file_whose_buyers_or_sellers_are_not_taken_says_so() -> None:
    columns = {**ODD_COLUMNS, "谁卖": "", "给谁": ""}
    found = take(ODD, saved=[Mapping(name="x", kind="transfer", columns=columns, unit="斤")], site="李记蔬菜")
    assert [(note.code, note.text("en")) for note in found.notes] == [
        ("record.note.no_seller", "no column is the seller: all rows are taken as of 李记蔬菜; columns not recorded: 谁卖 给谁"),
        ("record.note.no_buyer", "no column is the buyer: a recall cannot see where the goods went; columns not recorded: 谁卖 给谁"),
    ]
    assert found.mapping is not None
    assert found.mapping.site == "李记蔬菜", "--site is kept with the columns"


def test_a_remembered_mapping_is_found_by_the_set_of_headings_not_their_order() -> None:
    saved = Mapping(name="北河", kind="transfer", columns={**ODD_COLUMNS, "流水": ""}, unit="kg")
    turned = "给谁,多少,什么,谁卖,何时,流水\n福安超市,40,芹菜,A-17,2026-11-23 05:12,1\n"
    found = take("北河农批\n" + turned, saved=[saved])
    assert (found.mapping and found.mapping.name, found.mapping and found.mapping.origin) == ("北河", "saved")
    assert found.events[0].quantity == Quantity(40_000, "g")  # type: ignore[union-attr]


def test_a_mapping_given_outright_beats_the_remembered_one() -> None:
    given_ = Mapping(name="map", kind="transfer", columns={k: v for k, v in ODD_COLUMNS.items() if v != "id"}, unit="斤")
    saved = Mapping(name="saved", kind="transfer", columns=ODD_COLUMNS, unit="kg")
    found = take(ODD, mapping=given_, saved=[saved])
    assert found.events[0].quantity == Quantity(20_000, "g")  # type: ignore[union-attr]
    assert found.mapping is not None
    assert found.mapping.columns["流水"] == ""
    with pytest.raises(BadData) as error:
        take(sales(FIRST), mapping=given_)
    assert error.value.code == "record.mapping_heading"
    with pytest.raises(BadData) as error:
        take(ODD, mapping=Mapping(name="m", kind="sale", columns=ODD_COLUMNS))
    assert error.value.message("en") == "mapping m lacks fields lot"


UNITLESS = (
    "单号,交易时间,商户号,品名,数量,买方\n"
    "1,2026-11-23 05:12,A-17,芹菜,240,福安超市\n"
    "2,2026-11-23 05:13,A-17,芹菜,40,福安超市\n"
    "3,2026-11-23 05:14,A-17,芹菜,900,福安超市\n"
)


def test_a_unit_that_nothing_says_is_refused_with_the_range_of_values() -> None:
    with pytest.raises(BadData) as error:
        take(UNITLESS)
    assert error.value.code == "quantity.unit_missing"
    assert error.value.message("zh") == '"数量" 列没有单位, 数值 40-900'
    assert error.value.message("en") == 'column "数量" has no unit, its values are 40-900'
    assert error.value.hint("en") == "add --unit kg or --unit 斤; it is remembered with the columns"


def test_a_unit_is_asked_once_and_remembered() -> None:
    person = Person(unit="斤")
    found = take(UNITLESS, ask=person)
    assert [question.text("zh") for question in person.questions] == ['"数量" 列没有单位, 数值 40-900。单位是']
    assert found.mapping is not None
    assert found.mapping.unit == "斤"
    assert found.events[0].written == "240 斤"  # type: ignore[union-attr]
    assert take(UNITLESS, saved=[found.mapping]).events == found.events


@pytest.mark.parametrize(
    ("text", "unit", "grams"),
    [
        (UNITLESS, "kg", 240_000),
        (UNITLESS.replace("数量", "数量(斤)"), None, 120_000),
        (UNITLESS.replace("数量", "重量(kg)"), "公斤", 240_000),
        (UNITLESS.replace(",240,", ",240斤,").replace(",40,", ",40kg,").replace(",900,", ",900 公斤,"), None, 120_000),
        (UNITLESS.replace(",240,", ",240斤,"), "kg", 120_000),
    ],
)
def test_the_unit_comes_from_the_cell_the_heading_or_the_option(text: str, unit: str | None, grams: int) -> None:
    assert take(text, unit=unit).events[0].quantity == Quantity(grams, "g")  # type: ignore[union-attr]


def test_a_unit_option_that_contradicts_the_heading_is_refused() -> None:
    with pytest.raises(BadData) as error:
        take(UNITLESS.replace("数量", "数量(斤)"), unit="kg")
    assert error.value.message("en") == '--unit kg contradicts 斤 in heading "数量(斤)"'
    with pytest.raises(BadData) as error:
        take(UNITLESS, unit="箱")
    assert error.value.code == "quantity.unit_unknown"


def test_an_empty_unit_cell_is_a_fault_of_its_row_and_an_unknown_unit_too() -> None:
    found = take(sales(FIRST, FIRST.replace("0001", "2").replace("斤", ""), FIRST.replace("0001", "3").replace("斤", "箱")))
    assert [(bad.row, bad.faults[0].column, bad.faults[0].code) for bad in found.bad] == [
        (3, "数量", "quantity.unit_missing"),
        (4, "单位", "quantity.unit_unknown"),
    ]


def test_mappings_are_kept_side_by_side(tmp_path: Path) -> None:
    file = tmp_path / FILE
    one = Mapping(name="结算", kind="transfer", columns={"a": "id", "b": ""}, unit="斤", site="北河农批")
    two = Mapping(name="结算", kind="sale", columns={"c": "lot"})
    save_mapping(file, one)
    save_mapping(file, two)
    save_mapping(file, Mapping(name="新", kind="transfer", columns={"b": "", "a": "doc"}))
    kept = load_mappings(file)
    assert [(each.name, each.kind, each.columns) for each in kept] == [
        ("结算 2", "sale", {"c": "lot"}),
        ("新", "transfer", {"b": "", "a": "doc"}),
    ]
    assert [path.name for path in tmp_path.iterdir()] == [FILE]
    assert load_mappings(tmp_path / "none.toml") == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[a", "record.mapping_toml"),
        ('a = "b"', "record.mapping_toml"),
        ('[a]\nkind = "other"\n[a.columns]\n', "record.mapping_toml"),
        ('[a]\nkind = "sale"\n', "record.mapping_toml"),
        ('[a]\nkind = "events"\n[a.columns]\n', "record.kind_unknown_name"),
        ('[a]\nkind = "sale"\n[a.columns]\n"x" = "price"\n', "record.mapping_field"),
        ('[a]\nkind = "sale"\n[a.columns]\n"x" = "lot"\n"y" = "lot"\n', "record.mapping_twice"),
        ('[a]\nkind = "sale"\nunit = "箱"\n[a.columns]\n"x" = "lot"\n', "quantity.unit_unknown"),
    ],
)
def test_a_mapping_file_that_is_wrong_says_so(tmp_path: Path, text: str, code: str) -> None:
    (tmp_path / FILE).write_text(text, "utf-8")
    with pytest.raises(BadData) as error:
        load_mappings(tmp_path / FILE)
    assert error.value.code == code


@given(st.dictionaries(st.text(min_size=1, max_size=20), st.sampled_from(["", *FIELDS]), max_size=6), st.text(min_size=1, max_size=20))
def test_toml_of_any_headings_reads_back(columns: dict[str, str], name: str) -> None:
    toml = as_toml(Mapping(name=name, kind="transfer", columns=columns, unit="斤", site=name))
    if not any(0xD800 <= ord(c) < 0xE000 for c in toml):
        assert tomllib.loads(toml) == {name: {"kind": "transfer", "unit": "斤", "site": name, "columns": columns}}


def test_two_units_in_one_row_are_a_fault_that_names_both() -> None:
    cells = ["12斤,kg", "12斤,市斤", "１２斤,", "12 kg,公斤"]
    rows = [FIRST.replace("0001", str(n)).replace(",240,斤,", f",{cell},") for n, cell in enumerate(cells)]
    found = take(sales(*rows))
    assert [(bad.row, bad.faults[0].column, bad.faults[0].code) for bad in found.bad] == [(2, "数量", "record.units_two")]
    assert found.bad[0].faults[0].message("en") == "two units: 12斤 and kg"
    head = SALES.replace("数量", "数量(斤)")
    found = take(sales(FIRST, FIRST.replace("0001", "2").replace("斤", "kg"), FIRST.replace("0001", "3").replace("斤", ""), head=head))
    assert [fault.message("zh") for bad in found.bad for fault in bad.faults] == ["两个单位: 数量(斤) 与 kg"]
    assert [event.quantity for event in found.events] == [Quantity(120_000, "g")] * 2  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("one", "other"),
    [("重量", "数量"), ("数量", "数量"), ("净重(kg)", "数量(斤)"), ("斤数", "公斤数"), ("批次", "批次"), ("Weight", "Qty")],
)
def test_two_columns_that_may_both_be_it_are_asked_about_or_refused_with_both_names(one: str, other: str) -> None:
    text = f"交易单号,交易时间,商户号,品名,{one},{other},买方\n1,2026-11-23 05:12,A-17,芹菜,24,12,福安超市\n"
    if one == "批次":
        text = text.replace("品名", "数量(kg)").replace("芹菜,24,12", "3,261123-G1-0031,X")
    with pytest.raises(BadData) as error:
        take(text, unit=None)
    assert error.value.code == "record.columns_two"
    second = other if one != other else other + ".2"
    for lang in ("zh", "en"):
        said = error.value.message(lang)
        assert said.startswith(f"{one} / {second}")
        assert tomllib.loads(said.split("\n\n", 1)[1])
    if one == "重量":
        found = take(text, unit="斤", ask=Person(column="数量"))
        assert [event.quantity for event in found.events] == [Quantity(6_000, "g")]  # type: ignore[union-attr]
        assert found.mapping is not None
        assert take(text, unit="斤", saved=[found.mapping]).events == found.events, "and is not asked again"


@pytest.mark.parametrize("columns", ["件数,重量", "数量(件),重量", "数量,重量(kg)", "净重,重量", "结算数量,数量"])
def test_a_number_of_pieces_or_a_column_that_outranks_the_other_is_no_question(columns: str) -> None:
    assert choose_mapping(open_table(f"日期,品名,买方,{columns}\n".encode())).origin == "known"


@pytest.mark.parametrize(("cell", "grams"), [("半斤", 250), ("3斤2两", 1_600), ("3 斤 2 两", None), ("3斤半", 1_750), ("1.5斤", 750)])
def test_weights_as_they_are_spoken(cell: str, grams: int | None) -> None:
    found = take(sales(FIRST.replace(",240,斤,", f",{cell},,")))
    if grams is None:
        assert [bad.faults[0].code for bad in found.bad] == ["quantity.form"]
    else:
        [event] = found.events
        assert (event.quantity, event.written) == (Quantity(grams, "g"), cell)  # type: ignore[union-attr]
    if cell != "3 斤 2 两":
        other = take(sales(FIRST.replace(",240,斤,", f",{cell},kg,")))
        assert [bad.faults[0].code for bad in other.bad] == ["record.units_two"]
