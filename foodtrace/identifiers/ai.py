"""The GS1 application identifiers (AIs): which exist, what their values look like, where they may stand in a Digital Link.

The table holds the facts of the GS1 Barcode Syntax Dictionary, release 2026-01-27, grouped by form; a test compares it
with the dictionary. Its forms are made of parts:

1. ``N`` digits, ``X`` character set 82, ``Y`` set 39, ``Z`` base64url; ``N6`` is exactly 6, ``N..8`` is 1 to 8, ``[N4]``
   may be left out.
2. After ``:`` stands what the part must hold beside its form: a check digit, a date ...; see :mod:`.ai_values`.
3. Left out, because they say nothing about food and change with the world: tables of countries, currencies, media and
   package types, IBAN, coupons, coordinates. Left out too: which AIs must or must not come together; the General
   Specifications judge that over all carriers on an item, and one code is one carrier.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

import msgspec

_GROUPS: Final = (
    # form, flags (f: length predefined, no separator follows; a: may be a Digital Link attribute), AIs
    ("N18:check", "fa", "00"),
    ("N14:check", "fa", "01 02"),
    ("N14:check", "f", "03"),
    ("X..20", "a", "10 243 420 710-717 4318 7020-7022 7240 8002 8012"),
    ("N6:day0", "fa", "11-13 15-17"),
    ("N2", "fa", "20"),
    ("X..20", "", "21 22 254"),
    ("X..28", "", "235"),
    ("X..30", "a", "90 240 241 250 251 400 403 4308 4319 7002"),
    ("N..6", "a", "242"),
    ("N13:check [X..17]", "a", "253"),
    ("N13:check [N..12]", "a", "255"),
    ("N..8", "a", "30 37"),
    ("N6", "fa", "3100-3105 3110-3115 3120-3125 3130-3135 3140-3145 3150-3155 3160-3165 3200-3205 3210-3215 3220-3225"),
    ("N6", "fa", "3230-3235 3240-3245 3250-3255 3260-3265 3270-3275 3280-3285 3290-3295 3300-3305 3310-3315 3320-3325"),
    ("N6", "fa", "3330-3335 3340-3345 3350-3355 3360-3365 3370-3375 3400-3405 3410-3415 3420-3425 3430-3435 3440-3445"),
    ("N6", "fa", "3450-3455 3460-3465 3470-3475 3480-3485 3490-3495 3500-3505 3510-3515 3520-3525 3530-3535 3540-3545"),
    ("N6", "fa", "3550-3555 3560-3565 3570-3575 3600-3605 3610-3615 3620-3625 3630-3635 3640-3645 3650-3655 3660-3665"),
    ("N6", "fa", "3670-3675 3680-3685 3690-3695"),
    ("N..15", "a", "3900-3909 3920-3929"),
    ("N3 N..15", "a", "3910-3919 3930-3939"),
    ("N4", "a", "3940-3943 8111"),
    ("N6", "a", "3950-3955 8005"),
    ("X..30:prefix", "a", "401 7023 8004"),
    ("N17:check", "a", "402"),
    ("N13:check", "fa", "410-417"),
    ("N3 X..9", "a", "421"),
    ("N3", "a", "422 424 426"),
    ("N3 [N3] [N3] [N3] [N3]", "a", "423 425"),
    ("X..3", "a", "427 7008"),
    ("X..35:percent", "a", "4300 4301 4310 4311 4320"),
    ("X..70:percent", "a", "4302-4306 4312-4316 7257"),
    ("X2", "a", "4307 4317"),
    ("N10 N10", "a", "4309"),
    ("N1:bool", "a", "4321-4323"),
    ("N6:day0 N4:hhmm", "a", "4324 4325"),
    ("N6:day", "a", "4326 7006"),
    ("N6 [X1]:minus", "a", "4330-4333"),
    ("N13", "a", "7001"),
    ("N6:day N4:hhmm", "a", "7003"),
    ("N..4", "a", "7004"),
    ("X..12", "a", "7005"),
    ("N6:day [N6]:day", "a", "7007"),
    ("X..10", "a", "7009 7255"),
    ("X..2", "a", "7010"),
    ("N6:day [N4]:hhmm", "a", "7011"),
    ("N3 X..27", "a", "7030-7039"),
    ("N1 X1 X1 X1", "", "7040"),
    ("X..4", "", "7041"),
    ("X2 X..28", "a", "7230-7239"),
    ("N2", "a", "7241"),
    ("X..25", "a", "7242"),
    ("N8:day8", "a", "7250"),
    ("N8:day8 N4:hhmm", "a", "7251"),
    ("N1", "a", "7252"),
    ("X..40:percent", "a", "7253 7254 7259"),
    ("X..90:percent", "a", "7256"),
    ("X3", "a", "7258"),
    ("N4:nonzero N5:nonzero N3:nonzero N1 N1", "a", "8001"),
    ("N1:zero N13:check [X..16]", "a", "8003"),
    ("N14:check N4:part", "a", "8006 8026"),
    ("X..34", "a", "8007"),
    ("N6:day N2:hh [N2]:mm [N2]:mm", "a", "8008"),
    ("X..50", "a", "8009"),
    ("Y..30:prefix", "a", "8010"),
    ("N..12:nolead", "", "8011"),
    ("X..25:pair:prefix", "a", "8013"),
    ("X..25:pair:prefix:mixed", "", "8014"),
    ("N18:check", "a", "8017 8018"),
    ("N..10", "", "8019"),
    ("X..25", "", "8020"),
    ("Z..90", "a", "8030"),
    ("N15", "", "8040 8041"),
    ("N32", "", "8042"),
    ("N18 [N..2]", "", "8043"),
    ("X..70", "a", "8110 8112"),
    ("X..70", "", "8200"),
    ("X..90", "a", "91-99"),
)

_KEYS: Final = {
    **dict.fromkeys(("00", "253", "255", "401", "402", "8003", "8013"), ((),)),
    "01": (("22", "10", "21"), ("235",)),
    "414": (("254",), ("7040",)),
    "415": (("8020",),),
    "417": (("7040",),),
    "8004": (("7040",),),
    "8006": (("22", "10", "21"),),
    "8010": (("8011",),),
    **dict.fromkeys(("8017", "8018"), (("8019",),)),
}
"""Primary key -> the qualifiers that may follow it in a path: alternatives, each in its order, each qualifier optional."""

SHORTEST: Final = 2
LONGEST: Final = 4
"""Bounds of an AI's length, in digits."""


class Ai(msgspec.Struct, frozen=True):
    """One application identifier."""

    code: str
    """2 to 4 digits."""
    form: str
    """What its value looks like (see the module's rules)."""
    predefined: bool
    """Whether its length is predefined, so that no separator (FNC1) follows it."""
    attribute: bool
    """Whether it may stand in the query of a Digital Link."""
    qualifiers: tuple[tuple[str, ...], ...] | None
    """For a primary key of a Digital Link the alternatives of qualifiers; ``None`` for any other AI."""

    @property
    def shape(self) -> str:
        """The form alone, for people: ``N13 [X..17]``."""
        return " ".join(part.split(":")[0] for part in self.form.split())


@cache
def table() -> dict[str, Ai]:
    """Return every AI by its digits."""
    return {
        code: Ai(code, form, "f" in flags, "a" in flags, _KEYS.get(code))
        for form, flags, codes in _GROUPS
        for word in codes.split()
        for code in _spread(word)
    }


def _spread(word: str) -> Iterator[str]:
    first, _, last = word.partition("-")
    return (str(number).zfill(len(first)) for number in range(int(first), int(last or first) + 1))


def lookup(code: str) -> Ai | None:
    """Return the AI of exactly these digits, or ``None``."""
    return table().get(code)


def leading(data: str) -> Ai | None:
    """Return the AI a string begins with, or ``None``; no AI is the beginning of another."""
    return next((found for n in range(SHORTEST, LONGEST + 1) if (found := lookup(data[:n]))), None)
