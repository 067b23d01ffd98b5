"""Kinds of phrases around a word of an English text, and in the sentences beside its own.

What authors call a theft, a return or a hearing differs from one to the next; that a phrase of theft stands
right behind a date, in the same clause, and nothing nearer, is the same in all of them. `k<| say` is a phrase
of saying before the word, behind the end of a clause; `kfirst event` the phrase that stands nearest.
"""

from __future__ import annotations

from typing import Final

from clawback.claims.layout import Kind
from clawback.claims.other_cues import ENDS, concepts
from clawback.claims.reading import Reading, Sentence

_BINS: Final = (0, 1, 3, 6, 12, 30)
_FAR: Final = 99
_LENGTHS: Final = (2, 4, 8, 16, 32)


def bin_of(number: int, bins: tuple[int, ...] = _BINS) -> int:
    """The least bin that holds a number, 99 where none does."""
    return next((most for most in bins if number <= most), _FAR)


def kinds_around(sentence: Sentence, word: int) -> set[str]:
    """The kinds of phrases of a sentence by their side of a word, their distance, and which is nearest."""
    cues: set[str] = set()
    nearest: dict[str, tuple[int, str]] = {}
    for start, end, kind in concepts(sentence):
        if start <= word < end:
            cues.add(f"at {kind}")
            continue
        side = "<" if end <= word else ">"
        distance = word - end if side == "<" else start - word - 1
        between = sentence.words[end:word] if side == "<" else sentence.words[word + 1 : start]
        barrier = "|" if ENDS.intersection(between) else ""
        cues |= {f"k{side}{barrier} {kind}", f"k{side}{barrier}{bin_of(distance)} {kind}", f"kin {kind}"}
        for place in (side + barrier, side, ""):
            known = nearest.get(place)
            if known is None or distance < known[0]:
                nearest[place] = (distance, kind)
    return cues | {f"k{place}first {kind}" for place, (_, kind) in nearest.items()}


def kinds_of_neighbours(reading: Reading, sentence: Sentence) -> set[str]:
    """The kinds of phrases of the sentences before and behind, and how long the sentence itself is."""
    cues = {f"is of {bin_of(len(sentence.words), _LENGTHS)} words"}
    for name, number in (("before", sentence.number - 1), ("behind", sentence.number + 1)):
        if not 0 <= number < len(reading.sentences):
            cues.add(f"{name} nothing")
            continue
        other = reading.sentences[number]
        cues |= {f"{name} {kind}" for _, _, kind in concepts(other)}
        cues.add(f"{name} figures" if other.figures else f"{name} no figures")
        if other.dates:
            cues.add(f"{name} dates")
        if other.span.kind is Kind.HEADING:
            cues.add(f"{name} heading")
    return cues
