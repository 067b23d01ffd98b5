"""Who did it: attribution to a known group, a person or a description; denied; or unknown.

An actor is a culprit where a phrase of blame stands beside it in a sentence about a theft: before it
("attributed to ..."), or after it ("... was behind"). A launderer, a rescuer and a finder have no such
phrase.
"""

from __future__ import annotations

from typing import Final

from clawback.claims.finding import Finding
from clawback.claims.layout import Kind
from clawback.claims.lexicon import word_set
from clawback.claims.persons import identity, people, unheard_of
from clawback.claims.phrases import Hit, name_of
from clawback.claims.reading import Reading, Sentence
from clawback.claims.unknown import unknown_culprit
from clawback.claims.victims import Victims

_GAP: Final = 6
_BARRIERS: Final = word_set("culprits.barriers")
_STATES: Final = frozenset({"DPRK", "Russia", "China"})
_THEFT_WORDS: Final = word_set("culprits.theft_words")


def attributions(reading: Reading, victims: Victims) -> list[Finding]:
    """All attributions of a reading."""
    found: list[Finding] = []
    for sentence in reading.sentences:
        if sentence.span.kind is Kind.HEADING:
            continue
        named = [*_groups(sentence), *people(reading, victims, sentence)]
        if not named:
            member = identity(reading, sentence)
            named = [member] if member is not None else unheard_of(sentence, victims)
        found.extend(named)
        if all(finding.rule == "attribution.insider" for finding in named):
            unknown = unknown_culprit(sentence)
            if unknown is not None:
                found.append(unknown)
    return found


def _groups(sentence: Sentence) -> list[Finding]:
    actors = sentence.of("actor")
    if not actors:
        return []
    chosen = [hit for hit in actors if not _describes(sentence.words, actors, hit)]
    found = []
    taken: set[str] = set()
    for actor in chosen:
        if actor.tag in taken:
            continue
        blame = _blame(sentence, actor)
        if blame is None or not (
            _about_theft(sentence, actor)
            or blame.phrase.startswith(
                (
                    "attributed|",
                    "blamed|",
                    "belong|",
                    "hold|",
                    "pinned",
                    "it|this",
                    "say",
                    "lean",
                    "hallmarks",
                    "resemble",
                )
            )
        ):
            continue
        if blame.phrase.startswith("denied") and {
            "past",
            "routinely",
            "always",
            "repeatedly",
            "attacks",
            "cyberattacks",
            "consistently",
        } & set(sentence.words):
            # A general denial speaks of no theft.
            continue
        taken.add(actor.tag)
        stance = "denied" if _denied(sentence, actor, blame) else "named"
        first, last = min(actor.first, blame.first), max(actor.last, blame.last)
        found.append(
            Finding(
                sentence, "attribution", first, last, f"attribution.{_side(blame)}:{name_of(blame)}",
                actor=actor.tag, stance=stance, label=f"{actor.tag} {stance}",
            )
        )  # fmt: skip
    return found


def _describes(words: list[str], actors: list[Hit], hit: Hit) -> bool:
    """Whether a state only describes a group beside it: "Lazarus Group, a North Korean syndicate"."""
    if hit.tag not in _STATES:
        # "Lazarus Group (also known as APT38)" is named by its first name.
        return any(other.tag not in _STATES and 0 < hit.first - other.last <= 5 for other in actors)
    if {"associated", "affiliated", "sponsored", "linked"} & set(
        words[max(0, hit.first - 3) : hit.first]
    ) and any(other.tag not in _STATES and other.last <= hit.first for other in actors):
        return True
    return any(
        other.tag not in _STATES and (-2 <= other.first - hit.last <= 7 or -1 <= hit.first - other.last <= 6)
        for other in actors
    )


def _about_theft(sentence: Sentence, actor: Hit) -> bool:
    return bool(_THEFT_WORDS & set(sentence.words)) or bool(sentence.of("thief"))


def _blame(sentence: Sentence, actor: Hit) -> Hit | None:
    words = sentence.words
    best: tuple[int, Hit] | None = None
    for hit in sentence.of("blame_before"):
        if hit.last > actor.first:
            continue
        between = words[hit.last : actor.first]
        if len(between) > _GAP or any(word in _BARRIERS for word in between):
            continue
        if hit.phrase in {"by", "such as", "including"} and not _theft_before(sentence, hit):
            continue
        rank = len(between) + (3 if hit.phrase == "by" else 0)
        if best is None or rank < best[0]:
            best = (rank, hit)
    for hit in sentence.of("blame_after"):
        if hit.first < actor.last:
            continue
        between = words[actor.last : hit.first]
        if len(between) > (3 * _GAP if between[:1] in ([","], ["("]) else _GAP) or any(
            word in _BARRIERS for word in between
        ):
            continue
        if hit.phrase.startswith(("hackers", "linked")) and not _thief_acts(sentence, actor):
            continue
        rank = len(between) + 1
        if best is None or rank < best[0]:
            best = (rank, hit)
    return None if best is None else best[1]


def _side(blame: Hit) -> str:
    return blame.family.removeprefix("blame_")


def _theft_before(sentence: Sentence, hit: Hit) -> bool:
    left = sentence.words[max(0, hit.first - 18) : hit.first]
    for place in range(len(left) - 1, -1, -1):
        if left[place] in _THEFT_WORDS:
            return True
        if (left[place].endswith("ed") and left[place] != "based") or left[place] in {"that", "which", ";"}:
            return False
    return False


def _thief_acts(sentence: Sentence, actor: Hit) -> bool:
    """Whether the group acts ("North Korean hackers stole ...") and is not only spoken of."""
    after = sentence.words[actor.last : actor.last + 9]
    return any(
        word in _THEFT_WORDS - {"hackers", "hacker", "hacking", "attackers", "attacker"} for word in after
    )


def _denied(sentence: Sentence, actor: Hit, blame: Hit) -> bool:
    words = sentence.words
    if blame.phrase.startswith("denied"):
        return True
    if blame.phrase.startswith(("is|are", "was|were")) and "not" in words[actor.last : blame.last]:
        return True
    first, last = min(actor.first, blame.first), max(actor.last, blame.last)
    for hit in sentence.of("hedge"):
        if hit.tag == "denied" and hit.last >= first - 6 and hit.first <= last + 2:
            return hit.first < first or not hit.phrase.startswith("no ")
    return "not" in words[max(0, first - 2) : last] or "n't" in words[max(0, first - 2) : last]
