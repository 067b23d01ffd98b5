"""Names of culprits by a label or a by-name: "Suspect: ...", 'the thief, who calls himself "gale"'."""

from __future__ import annotations

from typing import Final

from clawback.claims.agent import Agent, Who
from clawback.claims.lexicon import word_set
from clawback.claims.predicates import NEGATIONS, Blame
from clawback.claims.reading import Sentence

SURE: Final = ("attribution.label", "attribution.called")
"""Rules whose findings no points drop."""

_LABELS: Final = word_set("culprits.labels")
_TITLES: Final = word_set("culprits.titles")
_CALLING: Final = word_set("agents.calling") | {"signs", "signed", "certain"}
_BEFORE_AS: Final = frozenset({"known", "only", "goes", "going", "went", "online", "styled", "signed"})
_OPENERS: Final = frozenset({'"', "(", "*", "the", "a", "an"})
_BY_NAMES: Final = frozenset({Who.HANDLE, Who.PERSON})
_NAMES: Final = _BY_NAMES | {Who.GROUP, Who.NAME, Who.DESCRIBED}
_REACH: Final = 10
_NEAR: Final = 4
_LABEL: Final = 4


def labelled(sentence: Sentence, agent: Agent) -> list[Blame]:
    """Whom a label blames: "Suspect: ELUSIVE COMET", "Attribution by the FBI: Lazarus"."""
    words = sentence.words
    place = agent.first - 1
    while place >= 0 and words[place] in _OPENERS:
        place -= 1
    if not 1 <= place <= _REACH or words[place] != ":" or agent.who not in _NAMES:
        return []
    label = words[max(0, place - _LABEL) : place]
    if not _LABELS & set(label) or NEGATIONS & set(words[:place]):
        return []
    return [Blame(max(0, place - 1), place + 1, "named", "label", agent.first - place)]


def called(sentence: Sentence, agent: Agent) -> list[Blame]:
    """The by-name of a thief: 'the culprit, who calls himself "nice guy"', 'a suspect known as "wrath"'."""
    words = sentence.words
    if agent.who not in _BY_NAMES:
        return []
    floor = max(0, agent.first - _REACH)
    calling = next(
        (
            at
            for at in range(agent.first - 1, max(floor, agent.first - _NEAR) - 1, -1)
            if words[at] in _CALLING
        ),
        None,
    )
    if calling is None or (words[calling] in {"as", "by"} and words[calling - 1] not in _BEFORE_AS):
        return []
    for at in range(calling - 1, floor - 1, -1):
        if words[at] in {".", ";", ":", "but"} or words[at] in NEGATIONS:
            return []
        if words[at] in _TITLES:
            return [Blame(at, agent.last, "named", "called", agent.first - at)]
    return []
