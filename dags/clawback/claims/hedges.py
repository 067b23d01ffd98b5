"""How firmly a claim is made: the phrase that weakens or strengthens it, and the level that the phrase means.

Scale:
    confirmed   the speaker calls it established: "confirmed", "convicted of", "has identified"
    likely      "believed to be", "strongly suggests", "high confidence", "appears to"
    suspected   "suspected", "may have", "possibly", "linked to"
    alleged     "allegedly", "accused", "claimed", "reportedly"
    denied      the speaker says that it is not so
    retracted   an earlier claim is taken back
    Words of quantity ("approximately", "an estimated") and of promise ("will") are hedges without a level, as
    is the plain "said". A phrase with a level goes before one without.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from clawback.claims.figure import Figure
from clawback.claims.lexicon import word_set
from clawback.claims.phrases import FIGURE, Hit
from clawback.claims.reading import Reading, Sentence
from clawback.claims.speakers import Speech

_LEVELS: Final = {"ident": "confirmed", "tie": "suspected"}
_WITHOUT_LEVEL: Final = frozenset({"promise", "estimate", "unknown"})
_BARRIERS: Final = word_set("hedges.barriers")
_DOUBTING_ADVERBS: Final = frozenset(
    {"probably", "likely", "possibly", "perhaps", "allegedly", "suspected", "alleged", "maybe", "presumably"}
)
_PARTS: Final = frozenset({";", ":", "-", "\u2013", "\u2014", "("})
_POINTERS: Final = frozenset({"that", "this", "these", "those", "it", "which", "both"})
_TENSES: Final = frozenset({"was", "were", "is", "are"})
_WRONG: Final = frozenset(
    {"wrong", "incorrect", "mistaken", "error", "mistake", "false", "inaccurate", "untrue", "overstated"}
)
_TIED: Final = frozenset({"tied", "linked", "connected", "related"})
_REACH: Final = 12
_REACH_AFTER: Final = 4


@dataclass(frozen=True)
class Hedge:
    """The phrase, by its place in the text, and its level (None for quantity and promise)."""

    start: int
    end: int
    level: str | None
    rule: str


def hedge_of(
    sentence: Sentence,
    first: int,
    last: int,
    *,
    figure: Figure | None = None,
    speech: Speech | None = None,
    tags: frozenset[str],
    inside: bool = True,
) -> Hedge | None:
    """The hedge of a claim that stands in the words `first` up to `last`.

    Args:
        sentence: where the claim stands.
        first: first word of the claim.
        last: word after its last one.
        figure: its figure, whose words of quantity count where nothing has a level.
        speech: whose claim it is; a doubting verb ("claimed") is a hedge.
        tags: tags of `lexicon.HEDGES` that this kind of claim can have.
        inside: whether a phrase within the claim's own words counts.
    """
    best: tuple[int, Hit] | None = None
    for hit in sentence.of("hedge"):
        within = figure is None and first <= hit.first and hit.last <= last
        if (
            hit.tag not in tags
            or _is_name_of_figure(sentence, hit)
            or (_is_noun(sentence, hit) and not within)
        ):
            continue
        if figure is not None and _doubts_actor(sentence, hit):
            continue
        distance = _distance(sentence, hit, first, last, inside=inside)
        if distance is None:
            continue
        # "with high confidence" says more than "has attributed".
        rank = distance + (100 if hit.tag in _WITHOUT_LEVEL else 8 if hit.tag in _LEVELS else 0)
        if best is None or rank < best[0]:
            best = (rank, hit)
    if best is not None and best[0] < 100:
        return _from_hit(sentence, best[1])
    if speech is not None and speech.number != sentence.number:
        speech = None
    if speech is not None:
        # What governs the clause hedges it however far away the figure stands: "has concluded that ...".
        for hit in sentence.of("hedge"):
            governs = hit.tag in tags - _WITHOUT_LEVEL and hit.first <= speech.verb.first < hit.last
            # What precedes the verb is its subject, unless a comma parts them: "..., Elliptic says".
            if governs and (first >= hit.first or "," in sentence.words[last : hit.first]):
                return _from_hit(sentence, hit)
    if speech is not None and speech.alleging and speech.first <= first <= speech.last:
        return Hedge(
            sentence.starts[speech.verb.first], sentence.ends[speech.verb.last - 1], "alleged", "hedge.speech"
        )
    if figure is not None and figure.phrase is not None:
        return Hedge(*figure.phrase, None, f"hedge.quantity:{figure.qualifier}")
    return None if best is None else _from_hit(sentence, best[1])


def taken_back(sentence: Sentence, following: Sentence | None, last: int) -> Hedge | None:
    """What takes a figure back right behind it: "we wrote that 4,200 BTC were taken; that was wrong".

    Args:
        sentence: where the figure stands.
        following: the sentence behind it.
        last: word after the claim's last one.
    """
    words = sentence.words
    for place in range(last, min(len(words), last + _REACH)):
        if words[place] in _PARTS and (found := _wrong(sentence, place + 1)) is not None:
            return found
    return None if following is None else _wrong(following, 0)


def _wrong(sentence: Sentence, place: int) -> Hedge | None:
    words = sentence.words[place : place + 6]
    if not words or words[0] not in _POINTERS:
        return None
    for at, word in enumerate(words[1:4], start=1):
        if word not in _TENSES:
            continue
        for end, said in enumerate(words[at + 1 : at + 3], start=at + 2):
            if said in _WRONG:
                level = "retracted" if word in {"was", "were"} else "denied"
                ends = sentence.ends[place + end - 1]
                return Hedge(sentence.starts[place], ends, level, f"hedge.taken_back:{said}")
    return None


def disclaimer_of(reading: Reading) -> Hedge | None:
    """What a text says of all that it charges: "merely an allegation"; None where it says nothing."""
    for sentence in reading.sentences:
        for hit in sentence.of("disclaimer"):
            return Hedge(
                sentence.starts[hit.first],
                sentence.ends[hit.last - 1],
                hit.tag,
                f"hedge.disclaimer:{hit.phrase}",
            )
    return None


def _from_hit(sentence: Sentence, hit: Hit) -> Hedge:
    level = None if hit.tag in _WITHOUT_LEVEL else _LEVELS.get(hit.tag, hit.tag)
    return Hedge(
        sentence.starts[hit.first], sentence.ends[hit.last - 1], level, f"hedge.{hit.tag}:{hit.phrase}"
    )


def _distance(sentence: Sentence, hit: Hit, first: int, last: int, *, inside: bool) -> int | None:
    words = sentence.words
    if first <= hit.first and hit.last <= last:
        return 0 if inside else None
    if hit.last <= first:
        between = words[hit.last : first]
        # What begins a sentence governs all of it: "Based on an analysis, A was robbed of $5m and B of $7m".
        reach = _REACH if hit.first else 2 * _REACH
    else:
        between = words[last : hit.first]
        reach = _REACH_AFTER
    if "confidence" in words[hit.first : hit.last] and FIGURE not in between:
        # "Lazarus is behind it, the firm says with a high level of confidence"
        return len(between)
    if hit.first >= last and "," in between:
        # "..., in which $23 million was taken, appears to have been the work of" hedges its own clause.
        return None
    if len(between) > reach or any(word in _BARRIERS for word in between):
        return None
    if hit.last <= first and {"behind", "responsible"} & set(between) and FIGURE in words[first:last]:
        # "are examining whether North Korea was behind the $81.5 million raid" doubts no figure.
        return None
    if "when" in between and _TIED & set(words[hit.first : hit.last]):
        # "appeared to be tied to a second hack last October when $23 million was stolen" doubts the tie.
        return None
    figures = sum(word == FIGURE for word in between)
    if figures and hit.last > first:
        return None
    return len(between) + 4 * figures + (1 if hit.first >= last else 0)


def _doubts_actor(sentence: Sentence, hit: Hit) -> bool:
    """Whether an adverb doubts only who it was: "sophisticated actors, probably North Korean"."""
    return sentence.words[hit.first] in _DOUBTING_ADVERBS and any(
        hit.last <= actor.first <= hit.last + 1 for actor in sentence.of("actor")
    )


def _is_noun(sentence: Sentence, hit: Hit) -> bool:
    # "from the suspect" doubts nothing.
    words = sentence.words
    if words[hit.first] == "claim":
        return True
    return words[hit.first] in {"suspect", "suspects", "claim", "claims", "expected"} and (
        hit.first > 0 and words[hit.first - 1] in {"the", "a", "any", "two", "three", "no", "his", "its"}
    )


def _is_name_of_figure(sentence: Sentence, hit: Hit) -> bool:
    # "estimated $5m" is the figure's own word of quantity.
    return hit.tag == "estimate" and sentence.words[hit.last : hit.last + 1] == [FIGURE]
