"""Noun phrases of people: where one begins, which nouns mean persons, and who is of the house itself."""

from __future__ import annotations

from typing import Final

from clawback.claims.lexicon import word_set
from clawback.claims.phrases import FIGURE
from clawback.claims.reading import DATE

PEOPLE: Final = word_set("agents.people")
DETERMINERS: Final = word_set("agents.determiners")
PREMODIFIERS_END: Final = word_set("agents.premodifiers_end") | word_set("culprits.finite")
_NO_PEOPLE: Final = word_set("agents.no_people")
_TRADES: Final = tuple(sorted(word_set("agents.trades")))
_INSIDE: Final = (
    ["of", "us"], ["of", "ours"], ["of", "our"], ["of", "their"], ["of", "its"],
    ["inside", "the"], ["within", "the"],
    ["on", "the"], ["from", "within"], ["from", "inside"],
)  # fmt: skip
_LONGEST: Final = 8


def phrase_start(words: list[str], place: int) -> int:
    """The first word of the noun phrase that `place` heads."""
    first = place
    while first > 0 and place - first < _LONGEST:
        before = words[first - 1]
        if before == "that" and first > 1 and words[first - 2].isalnum():
            # "no evidence that employees were involved"
            return first
        if before in DETERMINERS:
            first -= 1
            if before == "'s":
                # "the token's makers": the owner belongs to the name.
                while first > 0 and place - first < _LONGEST and words[first - 1] not in PREMODIFIERS_END:
                    first -= 1
                    if words[first] in DETERMINERS:
                        break
            elif first > 0 and words[first - 1] in {"the", "all", "his", "her", "its", "their", "any"}:
                first -= 1
            return first
        if before in PREMODIFIERS_END or before in {FIGURE, DATE} or not before.isalnum():
            return first
        first -= 1
    return first


def is_person_noun(word: str) -> bool:
    """Whether a noun means a person by the list, or by its ending: "bookkeeper", "janitor"."""
    if word in PEOPLE:
        return True
    singular = word.removesuffix("s")
    return (
        len(singular) >= 6
        and singular.endswith(_TRADES)
        and word not in _NO_PEOPLE
        and singular not in _NO_PEOPLE
        and word.isalpha()
    )


def is_inside(words: list[str], place: int) -> bool:
    """Whether "one of us" names nobody closer: "one of our engineers" names the engineers."""
    after = words[place + 1 : place + 3]
    if after not in _INSIDE or words[place - 1 : place] == ["no"]:
        return False
    return after[1:] not in (["our"], ["their"], ["its"]) or words[place + 3 : place + 4] == ["own"]


def past_initial(words: list[str], place: int) -> int:
    """The place after the full stop of an initial: "Avraham E.", "R.T."."""
    return place + 1 if words[place : place + 1] == ["."] and len(words[place - 1]) == 1 else place
