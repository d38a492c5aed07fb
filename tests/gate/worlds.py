"""Any facts at all, and ways to make facts worse, for property tests."""

import datetime as dt
from collections.abc import Callable
from typing import Any, Final

import msgspec
from hypothesis import strategies as st

from foodtrace.gate import Facts
from foodtrace.gate.facts import GOODS, SCANS, Blacklisting, Certificate, Licence, Paper, Recall, SelfGrown, Seller, Test, Use
from foodtrace.quantity import LIMIT, Quantity

WORDS: Final = st.one_of(st.sampled_from(["", "西红柿", "L-0017", "{0}", "{goods", "@x", "a" * 200]), st.text(max_size=8))
DAYS: Final = st.one_of(st.dates(dt.date(2026, 11, 20), dt.date(2026, 11, 28)), st.sampled_from([dt.date.min, dt.date.max]))
ZONES: Final[st.SearchStrategy[Any]] = st.sampled_from(
    [None, dt.UTC, dt.timezone(dt.timedelta(hours=8)), dt.timezone(dt.timedelta(hours=-12))]
)
TIMES: Final = st.one_of(
    st.datetimes(dt.datetime(2026, 11, 20), dt.datetime(2026, 11, 28), timezones=ZONES),  # noqa: DTZ001 - facts may be naive
    st.sampled_from([dt.datetime.min, dt.datetime.max, dt.datetime.max.replace(tzinfo=dt.UTC)]),  # noqa: DTZ901
)
AMOUNTS: Final = st.builds(Quantity, st.one_of(st.integers(0, 100), st.just(LIMIT)), st.sampled_from(["g", "ml", "piece"]))


def _maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), strategy)


def _some(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(strategy, max_size=3).map(tuple)


IDS: Final = st.sampled_from(["", "T-1", "T-2", "T-3"])
TESTS: Final = st.builds(
    Test,
    id=IDS,
    when=TIMES,
    item=WORDS,
    rapid=st.booleans(),
    verdict=st.sampled_from(["negative", "positive", "invalid"]),
    inhibition=_maybe(st.integers(-(10**9), 10**9)),
    repeats=IDS,
    confirms=IDS,
)
RECALLS: Final = st.builds(
    Recall, case=WORDS, link=st.sampled_from(["confirmed", "possible", "unheard"]), level=st.integers(0, 9), lot=WORDS
)
CERTIFICATES: Final = st.builds(
    Certificate,
    scan=st.sampled_from([*SCANS, "unheard"]),
    style=st.sampled_from([1, 2]),
    form=st.sampled_from(["commitment", "self_commitment", "origin_proof", "unheard"]),
    basis=_some(WORDS),
    product=WORDS,
    issuer=WORDS,
    quantity=_maybe(AMOUNTS),
    issued=_maybe(DAYS),
    valid_until=_maybe(DAYS),
    used=_some(st.builds(Use, when=TIMES, gate=WORDS, quantity=AMOUNTS, lot=WORDS)),
    remaining=_maybe(AMOUNTS),
)
SELLERS: Final = st.builds(
    Seller,
    id=WORDS,
    known=st.booleans(),
    file=st.booleans(),
    agreement_until=_maybe(DAYS),
    licences=_some(st.builds(Licence, number=WORDS, valid_until=_maybe(DAYS))),
    left=_maybe(DAYS),
    risk=st.sampled_from(["", "A", "D", "Z"]),
)
PAPERS: Final = st.builds(
    Paper,
    kind=st.sampled_from(["purchase", "animal_quarantine", "meat_inspection", "customs", "test_report", "other", "unheard"]),
    number=WORDS,
    valid_until=_maybe(DAYS),
)
LISTINGS: Final = st.builds(
    Blacklisting, basis=WORDS, start=DAYS, end=_maybe(DAYS), repair=st.sampled_from(["none", "applied", "repaired", "unheard"])
)
FACTS: Final = st.builds(
    Facts,
    when=TIMES,
    market=WORDS,
    goods=st.sampled_from([*GOODS, "unheard"]),
    product=WORDS,
    lot=WORDS,
    quantity=_maybe(AMOUNTS),
    gross=_maybe(AMOUNTS),
    tare=_maybe(AMOUNTS),
    certificate=_maybe(CERTIFICATES),
    seller=SELLERS,
    blacklistings=_some(LISTINGS),
    papers=_some(PAPERS),
    self_grown=st.builds(SelfGrown, identity=st.booleans(), phone=st.booleans(), address=st.booleans()),
    tests=_some(TESTS),
    recalls=_some(RECALLS),
    expiry=_maybe(DAYS),
    batch=WORDS,
    expected=_maybe(st.booleans()),
    drawn=_maybe(st.booleans()),
)

Worse = Callable[[Facts], Facts]


def _on_seller(**changes: Any) -> Worse:
    return lambda facts: msgspec.structs.replace(facts, seller=msgspec.structs.replace(facts.seller, **changes))


def _on_certificate(**changes: Any) -> Worse:
    def worse(facts: Facts) -> Facts:
        if facts.certificate is None:
            return facts
        return msgspec.structs.replace(facts, certificate=msgspec.structs.replace(facts.certificate, **changes))

    return worse


def _with(**changes: Callable[[Facts], Any]) -> Worse:
    return lambda facts: msgspec.structs.replace(facts, **{name: change(facts) for name, change in changes.items()})


def _used_up(facts: Facts) -> Facts:
    if facts.certificate is None or facts.certificate.quantity is None or facts.certificate.remaining is not None:
        return facts
    use = Use(when=facts.when, quantity=facts.certificate.quantity)
    return _on_certificate(used=(*facts.certificate.used, use))(facts)


PROBLEMS: Final[dict[str, Worse]] = {
    "not registered": _on_seller(known=False),
    "no file": _on_seller(file=False),
    "no agreement": _on_seller(agreement_until=None),
    "agreement over": _on_seller(agreement_until=dt.date(2000, 1, 1)),
    "left": _on_seller(left=dt.date(2000, 1, 1)),
    "no licence": _on_seller(licences=()),
    "another licence over": _with(
        seller=lambda f: msgspec.structs.replace(f.seller, licences=(*f.seller.licences, Licence(valid_until=dt.date.min)))
    ),
    "blacklisted": _with(blacklistings=lambda f: (*f.blacklistings, Blacklisting(start=dt.date.min))),
    "no certificate": _with(certificate=lambda _f: None),
    "false certificate": _on_certificate(scan="bad_signature"),
    "void certificate": _on_certificate(scan="voided"),
    "certificate ran out": _on_certificate(valid_until=dt.date.min),
    "nothing certified left": _on_certificate(remaining=Quantity(0, "g")),
    "used up": _used_up,
    "no papers": _with(papers=lambda _f: ()),
    "a paper ran out": _with(papers=lambda f: (*f.papers, Paper(kind="other", valid_until=dt.date.min))),
    "grower not recorded": _with(self_grown=lambda _f: SelfGrown()),
    "no tests": _with(tests=lambda f: tuple(t for t in f.tests if t.verdict == "positive")),
    "rapid positive": _with(tests=lambda f: (*f.tests, Test(when=f.when, verdict="positive"))),
    "laboratory positive": _with(tests=lambda f: (*f.tests, Test(when=f.when, rapid=False, verdict="positive"))),
    "recalled": _with(recalls=lambda f: (*f.recalls, Recall(case="2026-0001"))),
    "possibly recalled": _with(recalls=lambda f: (*f.recalls, Recall(case="2026-0001", link="possible"))),
    "past its day": _with(expiry=lambda _f: dt.date.min),
    "no batch": _with(batch=lambda _f: "", lot=lambda _f: ""),
    "not weighed": _with(quantity=lambda _f: None),
    "not announced": _with(expected=lambda _f: False),
}
"""Name -> how facts become worse by one problem."""
