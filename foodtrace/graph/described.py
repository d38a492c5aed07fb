"""Whose a site is and what it is, where several logs say it. Pure.

Rules:

1. Each party has one word on a site, its latest: a log's own operator is the party, of a log without one the log itself. A log that
   continues another is the same party.
2. Where all parties name the same operator and kind, that is it; name and place are the latest word.
3. The site's operator has the say over it. Where all name one operator and one of them is that operator, its word counts.
4. Else the words stand with equal say, and the safer one counts: an outlet rather than none, anything rather than a farm, whose goods have
   no supplier. Whose the site is, is then unknown unless all agree: it is nobody's own, and nobody may correct what happened there. A
   stranger's word about somebody else's site takes no outlet off a list.
5. That a claim to be the operator comes from that operator's own log proves nothing against others who name another: anybody can claim it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

OUTLET_KINDS: Final = frozenset({"shop", "restaurant", "canteen", "retail_stall", "online_shop"})
"""Kinds of site that sell or serve to consumers; those of :mod:`foodtrace.events`, without its structs."""
Word: TypeAlias = tuple[Any, ...]
"""(kind, operator, name, county, region, parent, log, seq): what one entry says of a site."""
Told: TypeAlias = tuple[str, str, int, int]
"""(kind, operator, log, seq): a word that stands against others."""
KIND, OPERATOR, LOG, SEQ = 0, 1, 6, 7


def settled(words: Sequence[Word], party: Callable[[int], tuple[str, str]]) -> tuple[Word, tuple[Told, ...]]:
    """Return the word that counts, its operator empty where nobody can say it, and the words that contradict each other (rule 4).

    :param words: of one site, oldest first, one at least. :param party: number of a log -> (who writes it, its operator if it has one).
    """
    latest = {word[LOG]: word for word in words}
    if len({word[:2] for word in latest.values()}) == 1:
        return words[-1], ()
    by_party: dict[str, Word] = {}
    place = {word[LOG:]: n for n, word in enumerate(words)}
    for word in sorted(latest.values(), key=lambda word: place[word[LOG:]]):
        by_party[party(word[LOG])[0]] = word
    said = sorted(by_party.values(), key=lambda word: place[word[LOG:]])
    if len({word[:2] for word in said}) == 1:
        return said[-1], ()
    operators = {word[OPERATOR] for word in said}
    if len(operators) == 1:
        own = [word for word in said if party(word[LOG])[1] == word[OPERATOR] != ""]
        if own:
            return own[-1], ()
    best = max(said, key=lambda word: (word[KIND] in OUTLET_KINDS, word[KIND] != "farm", place[word[LOG:]]))
    if len(operators) > 1:
        best = (*best[:OPERATOR], "", *best[OPERATOR + 1 :])
    return best, tuple((word[KIND], word[OPERATOR], word[LOG], word[SEQ]) for word in said)


def callers(words: Sequence[Word], party: Callable[[int], tuple[str, str]]) -> tuple[Word, ...]:
    """Return the words that say whom to call at a site: that of its own operator, where all name it; else of each party the latest.

    A stranger's word sends nobody's notice elsewhere: at worst it stands beside the others.

    :param words, party: as in :func:`settled`.
    """
    by_party: dict[str, Word] = {}
    place = {word[LOG:]: n for n, word in enumerate(words)}
    for word in words:
        by_party[party(word[LOG])[0]] = word
    said = sorted(by_party.values(), key=lambda word: place[word[LOG:]])
    operators = {word[OPERATOR] for word in said}
    own = [word for word in said if len(operators) == 1 and party(word[LOG])[1] == word[OPERATOR] != ""]
    return tuple(own[-1:] or said)


__all__ = ["KIND", "LOG", "OPERATOR", "OUTLET_KINDS", "SEQ", "Told", "Word", "callers", "settled"]
