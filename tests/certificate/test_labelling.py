"""The labels of a day: every living certificate of an issuer, whatever its lot is named under."""

from functools import partial
from pathlib import Path

from foodtrace import Quantity
from foodtrace.certificate.payload import decode
from foodtrace.operations import certificates
from foodtrace.operations.common import Doing
from foodtrace.operations.labelling import issued_on, labels_of_lot
from tests.gate.desk import Market


def test_a_day_has_the_lots_under_gtins_and_none_that_is_void(tmp_path: Path) -> None:
    desk = Market(str(tmp_path / "gate.db"), tmp_path / "keys")
    plain, void = (decode(desk.certificate(product, "500 kg")) for product in ("西红柿", "黄瓜"))
    issue = partial(certificates.issue, key=desk.key, site=desk.farm, product="豆角", quantity=Quantity(5000, "g"), basis=("own_test",))
    terms = certificates.Terms(gtin="06909999000012")
    _, packed = desk.ledger.act(lambda session: issue(session, Doing(now=desk.now(), id="packed"), terms=terms))
    doing = Doing(now=desk.now(), id="void-1")
    desk.ledger.act(partial(certificates.void, doing=doing, key=desk.key, lot=void.lot_id, reason="写错了"))
    with desk.ledger.reading() as session:
        found = issued_on(session, plain.operator, desk.now().date())
        assert found == [plain.lot_id, packed.event.lot], "nothing is missing from a day's sheet without a word"
        assert [each.product for lot in found for each in labels_of_lot(session, lot)] == ["西红柿", "豆角"]
        assert issued_on(session, "L-0099", desk.now().date()) == []
    desk.ledger.close()
