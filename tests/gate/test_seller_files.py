"""Seller files on both engines: what they keep, whose a card is, and that names stay beside the log."""

import datetime as dt

import pytest

from foodtrace import errors
from foodtrace.operations import sellers
from foodtrace.operations.market import Truck
from foodtrace.operations.sellers import Wish
from tests.gate.desk import Market, write_file


def test_a_file_keeps_what_is_not_mentioned_and_names_stay_beside_the_log(either: Market) -> None:
    wish = Wish(stall="3排7号", card="A-17", agreement_until=dt.date(2027, 6, 30), personal={"phone": "13800000001", "name": "李某"})
    operator = write_file(either, "", wish, new="李记蔬菜")
    write_file(either, operator, Wish(kinds=("芹菜",)))
    with either.ledger.reading() as session:
        shown = sellers.show_file(session, either.market, operator)
        open_ = sellers.show_file(session, either.market, operator, contacts=True)
        sealed = b"".join(bytes(row[0]) for row in session.rows("SELECT bytes FROM entry"))
        assert sellers.resolve_seller(session, "3排7号") == operator
    assert (shown.card, shown.kinds, shown.agreement_until) == ("A-17", ("芹菜",), dt.date(2027, 6, 30))
    assert (shown.personal, open_.personal["phone"]) == ({"name": "present", "phone": "present"}, "13800000001")
    for value in ("李某", "13800000001", "李记蔬菜"):
        assert value.encode() not in sealed


def test_a_card_that_changed_hands_is_the_new_ones(either: Market) -> None:
    first = write_file(either, "", Wish(card="A-17"), new="甲")
    second = write_file(either, "", Wish(), new="乙")
    assert first != second
    with pytest.raises(errors.BadData) as caught:
        write_file(either, second, Wish(card="A-17"))
    assert caught.value.code == "seller.card"
    write_file(either, first, Wish(card=""))
    write_file(either, second, Wish(card="A-17"))
    with either.ledger.reading() as session:
        file = sellers.seller_of_card(session, either.market, "A-17")
    assert file is not None
    assert file.seller == second


def test_goods_of_a_truck_named_by_its_seller_card(either: Market) -> None:
    write_file(either, "", Wish(card="A-17", agreement_until=dt.date(2027, 6, 30)), new="李记蔬菜")
    with either.ledger.reading() as session:
        file = sellers.seller_of_card(session, either.market, "A-17")
    assert file is not None
    answer = either.ledger.gate(either.certificate("西红柿", "500 kg"), truck=Truck(seller=file.seller))
    assert (answer.verdict, answer.seller) == ("admit", file.seller)
