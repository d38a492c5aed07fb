"""``recall --at T --as-known`` on the screen: nothing that came on record after T, in the header no more than in the rows."""

from __future__ import annotations

import json

import pytest

from tests.cli.inside import Inside, here

__all__ = ["here"]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_birth_that_was_not_known_then_is_not_in_the_header(here: Inside, lang: str) -> None:
    here("init")
    here("site", "add", "惠民菜店:shop", "永发合作社:farm")
    entry = {"type": "market_entry", "id": "Z1", "at": "2026-01-02T05:00:00+08:00", "site": "L-0002", "decision": "admitted"}
    entry |= {"lot": "L-0002/C-1", "product": "芹菜", "quantity": {"value": 50_000, "unit": "g"}}  # type: ignore[dict-item]
    (here.folder / "s.jsonl").write_text(json.dumps(entry) + "\n", "utf-8")
    here("record", "s.jsonl")
    early = here("recall", "C-1", "--at", "2026-01-02T06:00", "--as-known", lang=lang, code=1)
    assert {"en": "no record named lot L-0002/C-1 by then", "zh": "那时的记录里没有批次 L-0002/C-1"}[lang] in early
    assert not [word for word in ("永发合作社", "50.0", "芹菜") if word in early], early
    assert "永发合作社" in here("recall", "C-1", "--at", "2026-01-02T06:00", lang=lang)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_wrong_year_is_no_all_clear(here: Inside, lang: str) -> None:
    here("init")
    here("site", "add", "惠民菜店:shop", "永发合作社:farm")
    made = {"type": "certificate_issued", "id": "c", "at": "2026-01-02T05:00:00+08:00", "site": "L-0002", "lot": "L-0002/C-1"}
    made |= {"serial": "1", "issuer": "L-0002", "product": "芹菜", "quantity": {"value": 50_000, "unit": "g"}}  # type: ignore[dict-item]
    sent = {"type": "transfer", "id": "t", "at": "2026-01-02T06:00:00+08:00", "site": "L-0002", "to": "L-0001", "lot": "L-0002/C-1"}
    sent |= {"quantity": {"value": 5_000, "unit": "g"}}  # type: ignore[dict-item]
    (here.folder / "s.jsonl").write_text("\n".join(map(json.dumps, (made, sent))), "utf-8")
    here("record", "s.jsonl")
    said = {"en": " + 1 more since (not as of --at)", "zh": " + 此后另 1 家 (不在 --at 之内)"}[lang]
    remark = {
        "en": "nothing of these goods is on record by 2025-01-02 00:00, only later",
        "zh": "到 2025-01-02 00:00 这些货还没有任何记录, 以后才有",
    }[lang]
    for asked in (("C-1",), ("--producer", "L-0002")):
        told = here("recall", *asked, "--at", "2025年1月2日", lang=lang)
        assert said in told
        assert remark in told
        early, later, now, then = (
            json.loads(here("recall", *asked, *at, "--json"))
            for at in (("--at", "2025-01-02"), ("--at", "2062-01-02"), (), ("--at", "2026-01-02T05:30"))
        )
        assert (early["later"], early["at_remark"]) == (1, "before_first"), "the farm is no outlet"
        assert (later["later"], later["at_remark"]) == (None, "after_now")
        assert (now["later"], now["at_remark"]) == (None, "")
        assert (then["later"], then["at_remark"], len(then["others"])) == (1, "", 1)
    assert "2062-01-02 00:00" in here("recall", "C-1", "--at", "2062-01-02", lang=lang).splitlines()[2]
    assert "more since" not in here("recall", "C-1", "C-1", "--at", "2026-01-03")
    assert here("recall", "C-1", "L-0002/C-1", "--at", "2026-01-03").splitlines()[0].count("C-1") == 1, "one lot, named twice"


def test_sites_and_goods_without_lot_are_called_by_their_whole_names(here: Inside) -> None:
    """A window names its site as people do; what was sent without lot is named so that it can be typed."""
    here("init")
    here("site", "add", "惠民菜店:shop", "北河农批:market")
    sent = {"type": "transfer", "id": "Z2", "at": "2026-01-02T06:00:00+08:00", "site": "L-0002", "to": "L-0001", "product": "芹菜"}
    came = {
        "type": "market_entry",
        "id": "Z1",
        "at": "2026-01-02T05:00:00+08:00",
        "site": "L-0002",
        "decision": "admitted",
        "lot": "L-0009/C-1",
    }
    rows = [came | {"product": "芹菜", "quantity": {"value": 50_000, "unit": "g"}}, sent | {"quantity": {"value": 5_000, "unit": "g"}}]
    (here.folder / "s.jsonl").write_text("\n".join(json.dumps(each) for each in rows), "utf-8")
    here("record", "s.jsonl")
    said = here("recall", "--left", "北河农批", "--from", "2026-01-02", "--to", "2026-01-02")
    assert "left 北河农批 2026-01-02 00:00" in said.splitlines()[0]
    assert "惠民菜店 ?local/" in here("trace", "C-1")


@pytest.mark.parametrize("asked", [("recall", "C-1"), ("case", "status")])
def test_what_was_known_is_asked_of_a_moment(here: Inside, asked: tuple[str, ...]) -> None:
    """Without one the option would change nothing, and whoever typed it would not see that."""
    here("init")
    said = here(*asked, "--as-known", code=2)
    assert "recall.as_known" in said
    assert "--at TIME" in said
