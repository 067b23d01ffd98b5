"""Which thefts are one hand's work, and what one hand took in all: linked incidents and actors' totals."""

from __future__ import annotations

from typing import Final

from clawback.claims.figure_roles import Governed
from clawback.claims.finding import Finding
from clawback.claims.layout import Kind
from clawback.claims.lexicon import word_set
from clawback.claims.reading import DATE, Reading, Sentence
from clawback.claims.victims import Victims

_LINKING: Final = word_set("links.linking")
_THEFTS: Final = word_set("links.thefts")
_OTHER: Final = word_set("links.other")
_COMPARISON: Final = word_set("links.comparison")
_TOTAL_MARKS: Final = word_set("links.total_marks")


def links(reading: Reading, victims: Victims) -> list[Finding]:
    """All links between thefts that a reading states."""
    found = []
    for sentence in reading.sentences:
        if sentence.span.kind is Kind.HEADING:
            continue
        finding = _link(sentence, victims)
        if finding is not None:
            found.append(finding)
    return found


def is_total(governed: Governed) -> str | None:
    """The actor whose thefts a loss sums up, or None where it is one theft's loss."""
    sentence = governed.sentence
    words = sentence.words
    hit = governed.hit
    actors = sentence.of("actor")
    if hit is None or not actors or governed.role != "loss":
        return None
    nearest = min(actors, key=lambda actor: abs(actor.first - hit.first))
    if (
        nearest.first > max(hit.last, governed.word) + 8
        and "by" not in words[max(hit.last, governed.word) : nearest.first]
    ):
        return None
    marks = _TOTAL_MARKS & set(words)
    years = any(when.text() is not None and len(when.text() or "") == 4 for when in sentence.dates.values())
    single = any(
        part in {"this", "the"} and words[place + 1 : place + 2] and words[place + 1] in _THEFTS
        for place, part in enumerate(words)
    )
    if not (marks or years) or (single and not marks):
        return None
    after = words[governed.word + 1 : governed.word + 5]
    if any(part in {"theft", "hack", "heist", "exploit", "breach"} for part in after):
        return None
    return nearest.tag


def _link(sentence: Sentence, victims: Victims) -> Finding | None:
    words = sentence.words
    for hit in sentence.of("other"):
        if hit.phrase.startswith("same"):
            finding = _same_hand(sentence, hit.first, hit.last, victims)
            if finding is not None:
                return finding
    for other in sentence.of("other"):
        # "A second incident appears to have been carried out by the same group"
        later = [
            hit
            for hit in sentence.of("other")
            if hit.phrase.startswith("same") and 0 < hit.first - other.last <= 25
        ]
        if later and not other.phrase.startswith("same"):
            label = " ".join(words[other.first : other.last])
            return Finding(
                sentence, "linked_incident", other.first, later[0].last, "link.same-after", label=label
            )
    for place, word in enumerate(words):
        if word not in _LINKING or word == "same":
            continue
        target = _other_theft(sentence, place + 1, min(len(words), place + 14), victims)
        if target is None:
            continue
        start, end, label = target
        if word in {"also", "responsible", "behind", "attributed", "shared", "shares"} and not (
            sentence.of("actor") or sentence.of("thief") or word == "behind"
        ):
            continue
        if word == "also" and not {
            "responsible",
            "behind",
            "linked",
            "tied",
            "hit",
            "struck",
            "attacked",
            "stole",
            "hacked",
            "carried",
            "connected",
        } & set(words[place:start]):
            continue
        if any(end <= actor.first <= end + 4 for actor in sentence.of("actor")):
            # "tied the heist to Lazarus Group" names a culprit.
            continue
        if _COMPARISON & set(words[max(0, place - 3) : start]):
            continue
        if (
            word in {"responsible", "behind", "attributed"}
            and "also" not in words[max(0, place - 6) : place]
            and words[start] not in _OTHER
        ):
            continue
        first = _clause_start(words, place)
        return Finding(sentence, "linked_incident", first, end, f"link.{word}", label=label)
    return None


def _clause_start(words: list[str], place: int) -> int:
    """Where the clause of a linking word begins, at most ten words before it."""
    first = place
    while (
        first > 0
        and place - first < 10
        and words[first - 1] not in {",", ".", ";", ":", "(", "said", "says", "that", "noted", '"'}
    ):
        first -= 1
    return first


def _same_hand(sentence: Sentence, first: int, last: int, victims: Victims) -> Finding | None:
    target = _other_theft(sentence, last, min(len(sentence.words), last + 16), victims)
    if target is None:
        return None
    _, end, label = target
    start = first - 1 if sentence.words[first - 1 : first] == ["the"] else first
    return Finding(sentence, "linked_incident", start, end, "link.same", label=label)


def _other_theft(sentence: Sentence, first: int, last: int, victims: Victims) -> tuple[int, int, str] | None:
    """Another theft among these words: "another attack", "the Ronin hack", "a second one"."""
    words = sentence.words
    for place in range(first, last):
        if words[place] in _OTHER:
            for noun in range(place + 1, min(last + 4, len(words), place + 8)):
                if words[noun] in _THEFTS and (words[noun] != "one" or noun == place + 1):
                    return (
                        place,
                        noun + 1,
                        " ".join(word for word in words[place : noun + 1] if word.isalpha()),
                    )
                if words[noun] in {",", ".", ";"}:
                    break
    main = (victims.main or "").casefold()
    for name in victims.names_of(sentence):
        if (
            not first <= name.first < last
            or name.text.casefold() == main
            or (main and main in name.text.casefold())
        ):
            continue
        after = words[name.last : name.last + 4]
        for step, word in enumerate(after):
            if word in _THEFTS - {"one"}:
                return name.first, name.last + step + 1, f"{name.text} {word}"
            if not (word == "'s" or word == DATE or word in {"bridge", "exchange", "crypto", "network"}):
                break
        before = words[max(first, name.first - 4) : name.first]
        if set(before) & _THEFTS and {"on", "of", "against", "at", "from"} & set(before):
            return name.first - len(before), name.last, f"{name.text} theft"
    return None
