"""Culprits who are persons, insiders, or names that no lexicon holds.

A person is a culprit where the law or a report says that he did it: arrested, convicted, confessed, "turned
out to be". Who only laundered is none.
"""

from __future__ import annotations

from typing import Final

from clawback.claims.finding import Finding
from clawback.claims.lexicon import word_set
from clawback.claims.phrases import FIGURE, name_of
from clawback.claims.reading import DATE, Reading, Sentence
from clawback.claims.victims import Victims

_MONEY_ONLY: Final = word_set("culprits.money_only")
_THEFT_WORDS: Final = word_set("culprits.theft_words")
_JUSTICE: Final = word_set("culprits.justice")
_PEOPLE: Final = word_set("culprits.people")
_PERSON_VERBS: Final = word_set("culprits.person_verbs")
_BLAMES_BEFORE: Final = (
    "attributed|", "blamed|", "carried|", "conducted|", "work|", "pinned|", "at the hands", "suspicion|",
    "culprit|", "mastermind", "group|gang", "accused|", "suspects|", "credited", "attributable", "finger",
    "hallmarks", "believed|", "fell|",
)  # fmt: skip
_BLAMES_AFTER: Final = (
    "was|were|is|are|being", "carried|", "masterminded|", "claimed|", "took|take", "responsible",
    "are|is|was|were responsible", "orchestrat", "pleaded|", "admitted|", "might|", "was|were found",
    "behind",
    "denied|",
)  # fmt: skip
_BETWEEN_NAMES: Final = frozenset(
    {
        "the",
        "a",
        "an",
        "group",
        "gang",
        "hacking",
        "hacker",
        "hackers",
        "crew",
        "known",
        "as",
        "called",
        "named",
    }
    | {
        "former",
        "developer",
        "engineer",
        "employee",
        "founder",
        "collective",
        "cybercrime",
        "to",
        "be",
        "on",
        "at",
    }
    | {"threat", "actor", '"', "itself", "syndicate", "ransomware", "state", "sponsored", "unit", "trader"}
)
_BETWEEN_VERBS: Final = frozenset(
    {"has", "have", "had", "also", "later", "group", "gang", "hackers", '"', "since", "who"}
)
_INSIDERS: Final = frozenset(
    {"insider", "insiders", "employee", "employees", "founder", "founders", "developer", "staff"}
)
_BLAMED_ACTS: Final = frozenset(
    {"responsible", "behind", "stole", "drained", "siphoned", "embezzled", "absconded", "vanished"}
    | {"involved", "involvement", "complicit"}
)
_BLAMING: Final = frozenset(
    {"by", "blamed", "blames", "suspects", "suspect", "suspected", "accused", "accuses", "sees"}
)
_NOT: Final = frozenset({"denied", "denies", "not", "no", "ruled", "n't", "rejected", "dismissed"})


def people(reading: Reading, victims: Victims, sentence: Sentence) -> list[Finding]:
    """Persons whom a sentence brings to justice, has confess, or suspects; else an insider."""
    words = sentence.words
    present = set(words)
    justice = present & _JUSTICE
    if "launder" in present or (
        (_MONEY_ONLY & present and not present & {"fraud", "theft"})
        and not (
            present
            & (
                _THEFT_WORDS
                - {
                    "stolen",
                    "wire",
                    "fraud",
                    "hack",
                    "hackers",
                    "attack",
                    "incident",
                    "behind",
                    "theft",
                    "heist",
                    "hacker",
                    "exploit",
                    "breach",
                }
            )
        )
    ):
        return []
    found = []
    if justice and present & (_THEFT_WORDS | {"suspects", "suspect", "defendant", "defendants"}):
        person = _person_near(
            reading, victims, sentence, [place for place, word in enumerate(words) if word in justice]
        )
        if person is not None:
            first, last, written, at = person
            found.append(
                _person(
                    sentence, min(first, at), max(last, at + 1), written, "attribution.justice", words[at]
                )
            )
            return found
    for name in victims.names_of(sentence):
        after = words[name.last : name.last + 5]
        if after[:1] == [","] and after[2:3] == [","] and after[1].isdigit():
            # "Tobias Renner, 31, hacked"
            after = after[3:]
        if after and after[0] in _PERSON_VERBS and _two_capitals(name.text) and name.text != victims.main:
            found.append(
                _person(sentence, name.first, name.last + 1, name.text, "attribution.person", after[0])
            )
            break
    if not found:
        for hit in sentence.of("hedge"):
            if hit.phrase.startswith("main|prime"):
                subjects = [name for name in victims.names_of(sentence) if name.last <= hit.first]
                if subjects:
                    found.append(
                        _person(
                            sentence,
                            subjects[0].first,
                            hit.last,
                            subjects[0].text,
                            "attribution.suspects",
                            "suspects",
                        )
                    )
                    break
        insider = _insider(sentence)
        if insider is not None and not found:
            found.append(insider)
    return found


def identity(reading: Reading, sentence: Sentence) -> Finding | None:
    """Who the thief is said to be: "the exploiter turned out to be a member of the team"."""
    words = sentence.words
    for thief in sentence.of("thief"):
        for place in range(thief.last, min(len(words), thief.last + 9)):
            if words[place] not in {"be", "as", "is", "was"} or words[place + 1 : place + 2] not in (
                ["a"],
                ["an"],
                ["the"],
            ):
                continue
            for noun in range(place + 2, min(len(words), place + 7)):
                if words[noun] in _PEOPLE - {"hacker", "suspect", "suspects"} and not _NOT & set(
                    words[thief.first : noun]
                ):
                    written = reading.text[sentence.starts[place + 1] : sentence.ends[noun]]
                    name = " ".join(written.split())
                    return _person(sentence, thief.first, noun + 1, name, "attribution.identity", words[noun])
    return None


def unheard_of(sentence: Sentence, victims: Victims) -> list[Finding]:
    """A name that no lexicon holds, beside a phrase that can only blame: "the work of Copper Jackal"."""
    words = sentence.words
    if not _THEFT_WORDS & set(words):
        return []
    main = (victims.main or "").casefold()
    for name in victims.names_of(sentence):
        if name.text.casefold() in main or (main and main in name.text.casefold()):
            continue
        for hit in sentence.of("blame_before"):
            between = words[hit.last : name.first]
            beside = 0 <= name.first - hit.last <= 5 and all(word in _BETWEEN_NAMES for word in between)
            if beside and hit.phrase.startswith(_BLAMES_BEFORE):
                return [
                    _person(sentence, hit.first, name.last, name.text, "attribution.name-after", name_of(hit))
                ]
        for hit in sentence.of("blame_after"):
            after = _past_apposition(words, name.last)
            between = words[after : hit.first]
            beside = 0 <= hit.first - after <= 2 and all(word in _BETWEEN_VERBS for word in between)
            if beside and hit.phrase.startswith(_BLAMES_AFTER):
                return [
                    _person(
                        sentence, name.first, hit.last, name.text, "attribution.name-before", name_of(hit)
                    )
                ]
    return []


def _past_apposition(words: list[str], place: int) -> int:
    """Where a clause goes on after ", a gang from Kyiv,"; unchanged where there is none."""
    if words[place : place + 1] == [","] and "," in words[place + 1 : place + 9]:
        return words.index(",", place + 1) + 1
    return place


def _person(sentence: Sentence, first: int, last: int, name: str, rule: str, word: str) -> Finding:
    return Finding(
        sentence, "attribution", first, last, f"{rule}:{word}",
        actor=name, stance="named", label=f"{name.casefold()} named",
    )  # fmt: skip


def _person_near(
    reading: Reading, victims: Victims, sentence: Sentence, verbs: list[int]
) -> tuple[int, int, str, int] | None:
    words = sentence.words
    best: tuple[int, int, int, str, int] | None = None
    for at in verbs:
        for name in victims.names_of(sentence):
            if (
                not _two_capitals(name.text)
                or name.text == victims.main
                or words[name.last : name.last + 1] == ["'s"]
            ):
                continue
            distance = at - name.last if name.last <= at else name.first - at + 2
            if 0 <= distance <= 14 and (best is None or distance < best[0]):
                best = (distance, name.first, name.last, name.text, at)
        for place, word in enumerate(words):
            if word not in _PEOPLE:
                continue
            distance = at - place if place < at else place - at + 1
            if not 0 <= distance <= 8 or any(
                part in {";", "."} for part in words[min(at, place) : max(at, place)]
            ):
                continue
            first = _phrase_start(words, place)
            rank = distance + 2
            if best is None or rank < best[0]:
                written = reading.text[sentence.starts[first] : sentence.ends[place]]
                for name in victims.names_of(sentence):
                    # "a former developer, Kim Jin-woo"
                    if words[place + 1 : place + 2] == [","] and name.first == place + 2:
                        written = name.text
                best = (rank, first, place + 1, " ".join(written.split()), at)
    return None if best is None else best[1:]


def _phrase_start(words: list[str], place: int) -> int:
    first = place
    while (
        first > 0
        and place - first < 5
        and words[first - 1]
        not in {",", ".", ";", "of", "the", "by", "and", "to", "that", DATE, FIGURE, "arrested", "charged"}
    ):
        if words[first - 1] in {"a", "an", "two", "three", "four", "five"}:
            return first - 1
        if words[first - 1] in _JUSTICE | {"was", "were", "have", "has"}:
            break
        first -= 1
    return first


def _two_capitals(name: str) -> bool:
    parts = name.split()
    return 2 <= len(parts) <= 4 and all(
        part[:1].isupper() and part[1:2].islower() for part in (parts[0], parts[-1])
    )


def _insider(sentence: Sentence) -> Finding | None:
    """An insider or an inside job that is blamed, suspected, or denied."""
    words = sentence.words
    for place, word in enumerate(words):
        if word not in _INSIDERS and not (word == "job" and words[place - 1 : place] == ["inside"]):
            continue
        after = words[place + 1 : place + 7]
        before = words[max(0, place - 6) : place]
        acted = _BLAMED_ACTS & set(after)
        blamed = bool(_BLAMING & set(before)) or word == "job" or {"it", "was"} <= set(before[-4:])
        if not acted and not (blamed and present_theft(words)):
            continue
        first = _phrase_start(words, place)
        verb = next((at for at in range(place, len(words)) if words[at] in acted), place)
        stance = "denied" if _NOT & set(before) else "named"
        actor = " ".join(words[first : place + 1]).removeprefix("a ").removeprefix("an ").strip()
        blaming = [at for at in range(max(0, place - 6), first) if words[at] in _BLAMING | _NOT]
        return Finding(
            sentence,
            "attribution",
            blaming[0] if blaming else first,
            verb + 1,
            "attribution.insider",
            actor=actor,
            stance=stance,
            label=f"{actor} {stance}",
        )
    return None


def present_theft(words: list[str]) -> bool:
    """Whether the words speak of a theft."""
    return bool(_THEFT_WORDS & set(words))
