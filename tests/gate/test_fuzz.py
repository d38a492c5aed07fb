"""Anything at all at the counter: no crash, and nothing counts as a certificate that is none."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foodtrace import errors
from foodtrace.certificate.scan import classify
from foodtrace.gate import pad
from foodtrace.operations.overspent import overspent
from tests.gate.fuzzed import KEYS, Place

MARKS = "。、／－＊＋．０１２３%?&=:/#\x00\x1b[2J\r\t\u200b\ufeff\ud7ff"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    found = Place(tmp_path_factory.mktemp("fuzz"))
    yield found
    found.desk.ledger.close()


def spoiled(texts: list[str]) -> st.SearchStrategy[str]:
    """Certificates with something cut, put in, changed or doubled."""

    def spoil(text: str, at: int, what: str, how: str) -> str:
        at %= len(text)
        return {
            "cut": text[:at],
            "in": text[:at] + what + text[at:],
            "swap": text[:at] + what[:1] + text[at + 1 :],
            "drop": text[:at] + text[at + 1 :],
            "upper": text.upper(),
            "twice": text + what + text,
        }[how]

    kinds = st.sampled_from(["cut", "in", "swap", "drop", "upper", "twice"])
    return st.builds(spoil, st.sampled_from(texts), st.integers(0, 10_000), st.text(min_size=1, max_size=3), kinds)


def lines(texts: list[str]) -> st.SearchStrategy[list[str]]:
    line = st.one_of(
        st.sampled_from(KEYS),
        st.sampled_from(texts),
        spoiled(texts),
        st.text(max_size=40),
        st.text(alphabet=MARKS + "0123456789", max_size=20),
        st.binary(max_size=60).map(lambda data: data.decode("utf-8", "replace")),
        st.binary(max_size=60).map(lambda data: data.decode("gb18030", "replace")),
    )
    return st.lists(line, max_size=25)


@settings(max_examples=120)
@given(data=st.data())
def test_any_lines_at_the_counter(place: Place, data: st.DataObject) -> None:
    counter = place.counter()
    counter.feed("S-07")
    for line in data.draw(lines(place.texts)):
        place.desk.clock.later(seconds=data.draw(st.sampled_from([1, 9])))
        shown = counter.prompt + "".join(each.text for each in counter.feed(line))
        assert all(c.isprintable() or c == "\n" for c in shown), "nothing a terminal obeys"
        shown.encode("utf-8")
        if counter.finished:
            break
    counter.close()
    assert {each.lot for each in place.certified()} <= place.genuine, "only what the issuer signed counts as certified"
    with place.desk.ledger.reading() as session:
        # The clerk may admit nothing beyond the certified amount: only a second person can.
        assert overspent(session) == []


@settings(max_examples=300)
@given(data=st.data())
def test_any_text_as_a_code(place: Place, data: st.DataObject) -> None:
    text = data.draw(st.one_of(spoiled(place.texts), st.text(max_size=400), st.binary(max_size=300).map(lambda b: b.decode("latin-1"))))
    place.desk.clock.later(seconds=9)
    found = classify(text)
    if found.payload is None:
        with pytest.raises(errors.BadData):
            place.desk.ledger.gate(text, weight="1 g")
        return
    answer = place.desk.ledger.gate(text, weight="1 g")
    if found.text not in place.texts:
        assert answer.verdict != "admit" or found.text.partition("?")[0].partition("//")[2].partition("/")[2] in {
            each.partition("?")[0].partition("//")[2].partition("/")[2] for each in place.texts
        }, "another host or parameter may stand around a good certificate, nothing else"


@settings(max_examples=300)
@given(line=st.text(max_size=60), unit=st.sampled_from(["kg", "斤", "piece", "ml"]))
def test_any_text_as_a_weight(line: str, unit: str) -> None:
    try:
        weighed = pad.weight(line, unit)
    except errors.BadData:
        return
    assert 0 < weighed.net.value <= pad.MOST[weighed.net.unit]
    if weighed.gross is not None and weighed.tare is not None:
        assert weighed.gross.value - weighed.tare.value == weighed.net.value


@settings(max_examples=200)
@given(line=st.text(max_size=40))
def test_folding_is_stable_and_of_one_line(line: str) -> None:
    once = pad.folded(line)
    assert pad.folded(once) == once
    assert all(c.isprintable() for c in once)
