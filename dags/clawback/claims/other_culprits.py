"""Culprits in texts that are not English: blamed, cleared, or unknown.

The word order of nine languages is not told apart: what belongs together stands in one clause. Somebody is a
culprit where a word of blame, a verb of theft or a step of the law stands near him and no denial nearer; who
is told of by a pronoun, or by nothing, in a denial is the culprit told of last.
"""

from __future__ import annotations

from typing import Final

from clawback.claims.agent import Agent, Who
from clawback.claims.finding import Finding
from clawback.claims.layout import Kind
from clawback.claims.lexicon import word_set
from clawback.claims.other_languages import is_signed, nearest
from clawback.claims.other_people import people
from clawback.claims.phrases import Hit
from clawback.claims.reading import Reading, Sentence

_WORDS: Final = 10
_SIGNS: Final = 30
"""How far off a word may stand that belongs to another: in words, and in signs of Chinese and its like."""

_BLAMES: Final = ("f.arrest", "f.blame", "f.taken")
_AS: Final = frozenset({"als", "como", "comme", "come", "как"})
_NONE: Final = word_set("other_culprits.none")
_GENERAL: Final = word_set("other_culprits.general")
_SENTENCES_BACK: Final = 6


def culprits(reading: Reading, language: str) -> list[Finding]:
    """All attributions of a reading in another language than English."""
    reach = _SIGNS if is_signed(language) else _WORDS
    found: list[Finding] = []
    last: tuple[Agent, int] | None = None
    for sentence in reading.sentences:
        if sentence.span.kind is Kind.HEADING and "\u3002" not in sentence.words:
            continue
        agents = people(reading, sentence, language)
        persons = [agent for agent in agents if agent.who is not Who.GROUP]
        own = _told(sentence, agents, reach)
        if not own and last is not None and sentence.number - last[1] <= _SENTENCES_BACK:
            own = _own_denial(sentence, last[0], agents)
        blamed = {item.actor for item in own if item.stance == "named"}
        for agent in persons:
            if agent.name in blamed:
                last = agent, sentence.number
        if not any(item.stance == "named" for item in own):
            own += _unknown(sentence, reach)
        found.extend(own)
    return found


def _told(sentence: Sentence, agents: list[Agent], reach: int) -> list[Finding]:
    found: list[Finding] = []
    if sentence.of("f.presumed"):
        # "Everyone is presumed innocent" clears nobody.
        return found
    for agent in agents:
        place = Hit(agent.first, agent.last, "agent", "agent", "agent")
        denial = nearest(sentence, place, sentence.of("f.denied"), reach)
        blame = _blame(sentence, agent, place, reach)
        if denial is not None and (blame is None or blame.family != "f.arrest"):
            found.append(_finding(sentence, agent, denial, "denied"))
        elif _NONE & set(sentence.words[max(0, agent.first - 1) : agent.first + 1]):
            # "Nobody of our team", "no employee" is cleared by that word alone.
            if blame is not None or agent.head == "insider":
                found.append(_finding(sentence, agent, blame or place, "denied"))
        elif blame is not None:
            found.append(_finding(sentence, agent, blame, "named"))
    if len({finding.actor for finding in found if finding.stance == "named"}) > 1:
        # Of two who are blamed in a sentence a known group is the closer name.
        known = {agent.name for agent in agents if agent.who in {Who.GROUP, Who.HANDLE}}
        if any(finding.actor in known for finding in found):
            found = [item for item in found if item.stance == "denied" or item.actor in known]
    return found


def _blame(sentence: Sentence, agent: Agent, place: Hit, reach: int) -> Hit | None:
    """The word that blames an agent, or None."""
    near = {family: nearest(sentence, place, sentence.of(family), reach) for family in _BLAMES}
    if agent.head == "insider":
        return near["f.blame"] or near["f.taken"] or near["f.arrest"]
    if agent.head == "person":
        if agent.first and sentence.words[agent.first - 1] in _AS:
            return None
        return near["f.arrest"] or near["f.taken"] or _close(sentence, place, reach)
    if agent.head == "state":
        return None if _GENERAL & set(sentence.words) else near["f.blame"] or near["f.taken"]
    return (
        near["f.blame"]
        or near["f.arrest"]
        or near["f.taken"]
        or nearest(sentence, place, sentence.of("event"), reach)
    )


def _close(sentence: Sentence, place: Hit, reach: int) -> Hit | None:
    """A word of blame beside a person, who may also only be speaking."""
    blame = nearest(sentence, place, sentence.of("f.blame"), reach // 2)
    return blame if not sentence.of("say") or sentence.of("hedge") else None


def _own_denial(sentence: Sentence, agent: Agent, agents: list[Agent]) -> list[Finding]:
    """The denial of the culprit told of last: "Er bestreitet die Tat"."""
    if any(other.head in {"insider", "state", "group"} for other in agents):
        return []
    for hit in sentence.of("f.denies"):
        return [_finding(sentence, agent, hit, "denied", first=hit.first, last=hit.last)]
    return []


def _finding(
    sentence: Sentence,
    agent: Agent,
    hit: Hit,
    stance: str,
    *,
    first: int | None = None,
    last: int | None = None,
) -> Finding:
    is_subject = agent.head != "insider" and (first is not None or agent.first < hit.first)
    return Finding(
        sentence, "attribution",
        min(agent.first, hit.first) if first is None else first,
        max(agent.last, hit.last) if last is None else last,
        f"attribution.{agent.who.value}:{hit.family.removeprefix('f.')}:{hit.phrase.split('|')[0]}",
        actor=agent.name, stance=stance, label=f"{agent.name.casefold()} {stance}",
        speaker=agent.name if stance == "denied" and is_subject and _denies(sentence, hit) else None,
    )  # fmt: skip


def _denies(sentence: Sentence, hit: Hit) -> bool:
    """Whether a word of denial is one that the accused says himself."""
    return any(own.first < hit.last and hit.first < own.last for own in sentence.of("f.denies"))


def _unknown(sentence: Sentence, reach: int) -> list[Finding]:
    """A phrase that says so, or a word for the culprit or his identity beside a word for unknown."""
    hit = next(iter(sentence.of("f.unknown")), None)
    for who in sentence.of("f.who") if hit is None else ():
        dark = nearest(sentence, who, sentence.of("f.dark"), reach * 2 // 3)
        if dark is not None:
            hit = who._replace(first=min(who.first, dark.first), last=max(who.last, dark.last))
            break
    if hit is None:
        return []
    return [
        Finding(
            sentence, "attribution", hit.first, hit.last, "attribution.unknown",
            stance="unknown", label="unknown",
        )
    ]  # fmt: skip
