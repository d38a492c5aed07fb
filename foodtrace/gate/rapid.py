"""Rapid tests for organophosphates and carbamates on vegetables (GB/T 5009.199), and what must follow.

Rules (DOMAIN section 1.2; the standard's wording was not read):

1. inhibition % = (dA0 - dAt) / dA0 x 100, where dA0 is the absorbance change of the blank and dAt of the sample; both
   are whole numbers in units of 0.0001. The result is in thousandths of a percent, rounded half up.
2. Positive is decided on the exact fraction, never on the rounded one: 50.0 % is positive, one ten-thousandth less is not.
3. A blank that does not change, or changes the wrong way, makes the test invalid: neither positive nor negative.
4. A positive is to be repeated (the pack says how often) and then confirmed by a laboratory method. Repeats never lift it:
   a positive stands until a laboratory result that names it, or one of its repeats, says negative.
5. A laboratory positive stands, whether or not a rapid test came before it.
6. A rapid result alone justifies stopping the sale, not the final verdict (FSL Art. 112).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final, Literal, TypeAlias

import msgspec

from foodtrace.errors import BadData
from foodtrace.gate.facts import Test
from foodtrace.gate.pack import Rapid

LIMIT: Final = 100_000
"""Largest absorbance change taken, in units of 0.0001 (10.0000)."""

POSITIVE_AT: Final = 50_000
"""50.0 %, the standard's limit, for callers without a rule pack."""

State: TypeAlias = Literal["none", "negative", "positive", "confirmed", "lifted"]
"""``positive``: a rapid positive stands; ``confirmed``: a laboratory's does; ``lifted``: a laboratory contradicted all."""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One rapid test as read."""

    verdict: Literal["negative", "positive", "invalid"]
    inhibition: int | None
    """Thousandths of a percent; none when invalid. Below zero where the sample changes faster than the blank."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where the tests of some goods stand together."""

    state: State
    test: Test | None = None
    """The positive that stands (the first), if one does."""
    repeats: int = 0
    """Valid repeats of it so far."""


def read(blank: int, sample: int, positive_at: int = POSITIVE_AT) -> Reading:
    """Return the reading of one cuvette pair.

    :param blank: dA0, absorbance change of the blank, in units of 0.0001.
    :param sample: dAt, absorbance change of the sample, in the same units.
    :param positive_at: least inhibition that is positive, thousandths of a percent; from the rule pack.
    :raises BadData: ``rapid.absorbance`` outside -10.0000 .. 10.0000.
    """
    for given in (blank, sample):
        if isinstance(given, bool) or not isinstance(given, int):
            message = f"an absorbance change is a whole number of ten-thousandths, not {type(given).__name__}"
            raise TypeError(message)
        if abs(given) > LIMIT:
            raise BadData("rapid.absorbance", value=given, expected=f"-{LIMIT} .. {LIMIT}")
    if blank <= 0:  # rule 3
        return Reading(verdict="invalid", inhibition=None)
    exact = (blank - sample) * 100_000  # over blank, thousandths of a percent
    positive = exact >= positive_at * blank  # rule 2
    return Reading(verdict="positive" if positive else "negative", inhibition=(2 * exact + blank) // (2 * blank))


def percent(inhibition: int) -> str:
    """Print thousandths of a percent with one decimal, floored, so that what reads ``50.0`` is positive: 49999 -> ``49.9``."""
    tenths = inhibition // 100
    return f"{'-' if tenths < 0 else ''}{abs(tenths) // 10}.{abs(tenths) % 10}"


def standing(tests: Iterable[Test]) -> Standing:
    """Return where tests of the same goods stand together, in whatever order they come."""
    known = sorted(tests, key=lambda t: (t.when.isoformat(), t.id))
    valid = [t for t in known if t.verdict != "invalid"]
    if not valid:
        return Standing(state="none")
    for test in valid:
        if not test.rapid and test.verdict == "positive":  # rule 5
            return Standing(state="confirmed", test=test)
    lifted = {t.confirms for t in valid if not t.rapid and t.verdict == "negative" and t.confirms}
    positives = [t for t in valid if t.rapid and t.verdict == "positive"]
    open_ones = [t for t in positives if not ({t.id, t.repeats} - {""}) & lifted and not _lifted_by_repeat(t, valid, lifted)]
    if open_ones:
        first = open_ones[0]
        return Standing(state="positive", test=first, repeats=_repeats(first, valid))
    return Standing(state="lifted" if positives else "negative")


def _lifted_by_repeat(test: Test, valid: Sequence[Test], lifted: set[str]) -> bool:
    """Rule 4: a laboratory result that names a repeat of this positive speaks of this positive."""
    return bool(test.id) and any(t.repeats == test.id and t.id in lifted for t in valid)


def _repeats(test: Test, valid: Sequence[Test]) -> int:
    return sum(1 for t in valid if t.rapid and t.id != test.id and test.id and t.repeats == test.id)


def follow_up(found: Standing, rules: Rapid) -> tuple[str, ...]:
    """Return the duties, by id, that follow from where the tests stand: repeats still due are left out once done."""
    if found.state == "confirmed":
        return rules.must_confirmed
    if found.state != "positive":
        return ()
    return tuple(name for name in rules.must_positive if name != "repeat_test" or found.repeats < rules.repeats)


def asked_recheck_in_time(asked: dt.datetime, told: dt.datetime, hours: int) -> bool:
    """Say whether a tested party's request for a re-check came within the hours allowed (AQSL Art. 51: four)."""
    return told <= asked <= told + dt.timedelta(hours=hours)
