"""Weighs who is held responsible: what the rules for culprits found against all that stands around a name.

Every noun phrase that can name a culprit has points for being blamed and for being cleared, and so has a
sentence for telling that nobody knows who it was. The verdict of the rules is one cue among others; a
finding that almost everything speaks against is dropped. This is for English texts.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from clawback.claims.agent import Agent, Who
from clawback.claims.agents import Agents
from clawback.claims.culprit_clusters import one_name_each
from clawback.claims.culprit_cues import culprit_cues, side_cues, unknown_cues
from clawback.claims.culprit_labels import SURE
from clawback.claims.denials import OWN_DENIALS
from clawback.claims.finding import Finding
from clawback.claims.layout import Kind
from clawback.claims.lexicon import word_set
from clawback.claims.points import Points, points
from clawback.claims.reading import Reading, Sentence

STANCES: Final = ("named", "denied")
FROM: Final = {"named": 60, "denied": 60, "unknown": 100}
"""Points from which somebody is blamed or cleared, or nobody known, without a rule that says so."""

UP_TO: Final = {"named": -30, "denied": -300, "unknown": 0}
"""Points from which on what a rule found stands."""

_REACH: Final = 10
_ANAPHORIC: Final = word_set("culprits.anaphoric")
_MAX_AGENTS: Final = 30
_OF_THE_COURT: Final = frozenset({"judge", "justice", "magistrate", "prosecutor", "attorney", "lawyer"})
_COMPARED: Final = (["since"], ["than"], ["unlike"])


def weigh_culprits(reading: Reading, agents: Agents, findings: list[Finding], strength: int) -> list[Finding]:
    """The attributions of a text after all who may have done it are weighed, in the order of the text."""
    tables = {stance: points(f"culprit_{stance}") for stance in (*STANCES, "unknown")}
    by_sentence: dict[int, list[Finding]] = {}
    for finding in findings:
        by_sentence.setdefault(finding.sentence.number, []).append(finding)
    result: list[Finding] = []
    last: str | None = None
    for sentence in reading.sentences:
        own = by_sentence.get(sentence.number, [])
        if sentence.span.kind is Kind.HEADING or len(agents.of(sentence)) > _MAX_AGENTS:
            result.extend(own)
            continue
        kept = _weighed(reading, sentence, agents, own, strength, tables, last)
        if not any(finding.stance == "named" for finding in kept):
            kept += _unknown(reading, sentence, own, strength, tables["unknown"])
        persons = {agent.name for agent in agents.of(sentence) if agent.who is Who.PERSON}
        last = next((item.actor for item in kept if item.actor in persons and item.stance == "named"), last)
        result.extend(kept)
    return one_name_each(result)


def _weighed(
    reading: Reading,
    sentence: Sentence,
    agents: Agents,
    own: list[Finding],
    strength: int,
    tables: dict[str, Points],
    last: str | None,
) -> list[Finding]:
    """What stands of the rules' findings, and what only points tell."""
    dropped: set[int] = set()
    added: list[Finding] = []
    told = {finding.actor for finding in own}
    own_agents = agents.of(sentence)
    back = [agent for agent in agents.referred(sentence) if agent.name not in told]
    for agent in [*own_agents, *back]:
        mine = [finding for finding in own if finding.actor == agent.name]
        cues = culprit_cues(reading, sentence, agent, agents, strength, verdicts(mine))
        for stance in STANCES:
            total = tables[stance].total(cues)
            ruled = [finding for finding in mine if finding.stance == stance]
            if ruled and total <= UP_TO[stance]:
                dropped |= {id(finding) for finding in ruled if not finding.rule.startswith(SURE)}
            elif not mine and total > FROM[stance] and not _is_no_case(sentence, agent, own_agents):
                name = last if last is not None and _is_anaphoric(sentence, agent) else agent.name
                reasons = tables[stance].reasons(cues)
                added.append(_finding(sentence, agent, name, stance, tables[stance], reasons))
    kept = [finding for finding in own if finding.stance != "unknown" and id(finding) not in dropped]
    return kept + added


def verdicts(findings: list[Finding]) -> frozenset[str]:
    """The stances that rules gave an agent."""
    return frozenset(finding.stance for finding in findings if finding.stance is not None)


def _is_anaphoric(sentence: Sentence, agent: Agent) -> bool:
    return agent.who is Who.DESCRIBED and sentence.words[agent.first] == "the" and agent.head in _ANAPHORIC


def _is_no_case(sentence: Sentence, agent: Agent, agents: list[Agent]) -> bool:
    """Whether he stands in a comparison ("since Lazarus robbed Ronin"), is of the court, or adds to a name.

    "James Zhong, a resident of Gainesville" is one man.
    """
    before = sentence.words[max(0, agent.first - 1) : agent.first]
    if before in _COMPARED or (agent.who is Who.PERSON and _OF_THE_COURT & set(before)):
        return True
    if agent.who is not Who.DESCRIBED:
        return False
    words = sentence.words
    return any(
        other is not agent
        and other.who is not Who.DESCRIBED
        and (
            (words[other.last : other.last + 1] in ([","], ["("]) and 0 < agent.first - other.last <= 3)
            or 0 <= other.first - agent.last <= 1
        )
        for other in agents
    )


def _finding(
    sentence: Sentence, agent: Agent, name: str, stance: str, table: Points, reasons: str
) -> Finding:
    """An attribution that reaches from the agent to the word that speaks loudest."""
    words = sentence.words
    best = max(
        (place for place in range(max(0, agent.first - _REACH), min(len(words), agent.last + _REACH))
         if not agent.first <= place < agent.last),
        key=lambda place: (_worth(words, agent, place, table), -abs(place - agent.first)),
        default=agent.first,
    )  # fmt: skip
    first, last = min(agent.first, best), max(agent.last, best + 1)
    return Finding(
        sentence, "attribution", first, last, f"weighed.attribution: {reasons}",
        actor=name, stance=stance, label=f"{name.casefold()} {stance}",
        hedge=(best, best + 1, "denied") if stance == "denied" else None,
        speaker=name if stance == "denied" and best >= agent.last and words[best] in OWN_DENIALS else None,
    )  # fmt: skip


def _worth(words: list[str], agent: Agent, place: int, table: Points) -> int:
    if place < agent.first:
        return sum(table.of(cue) for cue in side_cues(words[place], "<", agent.first - place))
    return sum(table.of(cue) for cue in side_cues(words[place], ">", place - agent.last + 1))


def _unknown(
    reading: Reading, sentence: Sentence, own: list[Finding], strength: int, table: Points
) -> list[Finding]:
    """The claim of a sentence that nobody knows who it was."""
    ruled = [finding for finding in own if finding.stance == "unknown"]
    if not sentence.words:
        return ruled
    cues = unknown_cues(reading, sentence, strength, is_found=bool(ruled))
    total = table.total(cues)
    if ruled:
        return ruled if total > UP_TO["unknown"] else []
    # A question tells nothing: "Who? Lazarus."
    if total <= FROM["unknown"] or sentence.words[-1] == "?":
        return []
    rule = f"weighed.unknown: {table.reasons(cues)}"
    last = len(sentence.words)
    found = Finding(sentence, "attribution", 0, last, rule, stance="unknown", label="unknown")
    return [replace(found, first=max(0, last - 2 * _REACH)) if last > 2 * _REACH else found]
