"""Whether coins that move are proceeds of the theft that a text is about.

A way of laundering needs a theft before it. Coins that came out of a mixer to pay for an attack, that were
borrowed for it, that moved long before it or that somebody only watches for are none of its proceeds; nor is
anything in a text that tells of no theft.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, timedelta
from typing import Final

from clawback.claims.clauses import clause_start
from clawback.claims.finding import Finding
from clawback.claims.lexicon import word_set
from clawback.claims.reading import Reading, Sentence
from clawback.claims.scope import tells_theft

_LOOT: Final = word_set("laundering.dirty") - word_set("proceeds.laundered")
_COMING: Final = word_set("proceeds.coming")
_WATCHING: Final = word_set("proceeds.watching")
_BEFORE: Final = 5
_LONG_BEFORE: Final = timedelta(days=2)
_SERVICES: Final = frozenset({"mixer", "swap", "exchange", "bridge"})


def of_proceeds(reading: Reading, moves: Iterable[Finding], others: Collection[Finding]) -> list[Finding]:
    """The moves that may be laundering.

    Args:
        reading: the text.
        moves: what rules and points took for laundering.
        others: the losses, recoveries, ways and dates of thefts of the text.
    """
    days = [when for finding in others if (when := _day_of(finding)) is not None]
    first_day = min(days, default=None)
    return [
        move
        for move in moves
        if (others or tells_theft(move.sentence) or _LOOT & set(move.sentence.words))
        and not _leads_list(move.sentence)
        and not _pays_for_attack(move)
        and not _is_borrowed(move)
        and not _is_watched_for(move)
        and not _was_before(move.sentence, first_day)
    ]


def _leads_list(sentence: Sentence) -> bool:
    """Whether it only leads a list: "the following addresses were used to move the coins:"."""
    return sentence.words[-1:] == [":"] and "following" in sentence.words


def _day_of(finding: Finding) -> date | None:
    if finding.claim_type != "date" or finding.label is None or len(finding.label) != len("2024-03-01"):
        return None
    return date.fromisoformat(finding.label)


def _pays_for_attack(move: Finding) -> bool:
    """Whether the coins come out of the service: "his funds came from a mixer"."""
    words = move.sentence.words
    services = [
        hit
        for hit in move.sentence.of("laundering_service")
        if hit.tag in _SERVICES and move.first <= hit.first < move.last
    ]
    return bool(services) and all(
        "from" in words[max(0, hit.first - 3) : hit.first]
        and _COMING & set(words[max(0, hit.first - _BEFORE - 3) : hit.first])
        for hit in services
    )


def _is_borrowed(move: Finding) -> bool:
    """Whether a flash loan is what was taken where."""
    words = move.sentence.words
    return any(
        words[place : place + 2] == ["flash", "loan"] for place in range(max(0, move.first - 1), move.last)
    )


def _is_watched_for(move: Finding) -> bool:
    """Whether it is only watched for or to be stopped: "to verify whether coins are deposited"."""
    words = move.sentence.words
    begin = clause_start(words, move.first, _BEFORE)
    return bool(_WATCHING & set(words[begin : min(len(words), move.first + _BEFORE)]))


def _was_before(sentence: Sentence, first_day: date | None) -> bool:
    """Whether a sentence dates the move before the theft, and tells of no other theft."""
    if tells_theft(sentence):
        return False
    days = [when.last for when in sentence.dates.values() if when.last is not None]
    return first_day is not None and bool(days) and max(days) < first_day - _LONG_BEFORE
