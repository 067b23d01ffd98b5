"""Who did it: attribution to a known group, a person or a description; denied; or unknown.

A sentence is read clause by clause: a noun phrase that can name a culprit (`agents`), and a predicate that
stands beside it with nothing between but what belongs to the phrase. The predicate is an act of theft whose
subject or agent it is ("stole", "stolen by"), a phrase that blames ("attributed to", "the handiwork of", "was
behind"), a step of the law ("was arrested", "charges against"), or a denial. A launderer, a rescuer, a finder
and an investigator have no such predicate.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from clawback.claims.agents import Agent, Agents, Who
from clawback.claims.finding import Finding
from clawback.claims.justice import MONEY_ONLY, brings_to_justice, is_for_theft
from clawback.claims.layout import Kind
from clawback.claims.lexicon import word_set
from clawback.claims.phrases import FIGURE, Hit, name_of
from clawback.claims.reading import DATE, Reading, Sentence
from clawback.claims.unknown import unknown_culprit
from clawback.claims.victims import Victims

_GAP: Final = 8
_BARRIERS: Final = word_set("culprits.barriers")
_FINITE: Final = word_set("culprits.finite")
_PARTICIPLES: Final = word_set("culprits.participles")
_THEFT_WORDS: Final = word_set("culprits.theft_words")
_THEFT_NOUNS: Final = word_set("culprits.theft_nouns")
_TRANSPARENT: Final = word_set("culprits.transparent")
_BE: Final = frozenset({"is", "are", "was", "were", "be", "been", "being", "got", "get"})
_ADVERBS: Final = word_set("culprits.adverbs")
_SIMPLE_ADVERBS: Final = _ADVERBS - _BE
_VAGUE: Final = frozenset({"individual", "individuals", "people", "person", "party", "client", "official", "officials"})
_NEGATIONS: Final = frozenset({"not", "n't", "never", "no", "nor", "neither", "none", "cannot"})
_NOT_NEGATED: Final = frozenset({"only", "yet", "just", "immediately", "alone", "clear"})
_UNMISTAKABLE: Final = word_set("culprits.unmistakable")
_GUILT: Final = word_set("culprits.guilt")
_GENERAL: Final = word_set("culprits.general")
_ABUSE: Final = word_set("culprits.abuse")
_WORK: Final = word_set("culprits.work")
_ADMITTED: Final = word_set("culprits.admitted")
_SAYING: Final = frozenset({"say", "says", "said"})
_CLAUSE_ENDS: Final = frozenset(
    {".", ",", ";", ":", '"', "!", "?", ")", "again", "who", "that", "which", "and", "or", "but", "because", "as"}
)
_NO_SUBJECT: Final = frozenset({"from", "in", "at", "near", "with", "for", "to", "on", "against"}) | _BE
"""What stands before a phrase that is no subject: "from Osaka", "are the main suspects"."""

_OBJECTLESS: Final = frozenset({"by", "for", "of", "in", "on", "at", "again", ",", ".", "and", "via", "through"})
_NAMED_ONES: Final = frozenset({Who.PERSON, Who.DESCRIBED})


@dataclass(frozen=True)
class _Blame:
    """A predicate beside an agent: where it stands, its stance, its rule, and how near it is."""

    first: int
    last: int
    stance: str
    rule: str
    gap: int
    own_words: bool = False


def attributions(reading: Reading, victims: Victims) -> list[Finding]:
    """All attributions of a reading."""
    culprits = _Culprits(reading, victims)
    found: list[Finding] = []
    for sentence in reading.sentences:
        if sentence.span.kind is Kind.HEADING:
            continue
        named = culprits.of(sentence)
        found.extend(named)
        if not named:
            unknown = unknown_culprit(sentence)
            if unknown is not None:
                found.append(unknown)
    return found


class _Culprits:
    def __init__(self, reading: Reading, victims: Victims) -> None:
        self._agents = Agents(reading, victims)
        self._launderers = {
            agent.name
            for sentence in reading.sentences
            if MONEY_ONLY & set(sentence.words)
            for agent in self._agents.of(sentence)
            if agent.who is Who.PERSON
        }
        self._last: Agent | None = None

    def of(self, sentence: Sentence) -> list[Finding]:
        """The culprits whom a sentence names or clears."""
        agents = self._agents.of(sentence)
        found: list[Finding] = []
        taken: set[tuple[str, str]] = set()
        blamed: list[tuple[Agent, _Blame]] = []
        for agent in agents:
            blame = self._blame(sentence, agent, agents)
            if blame is None or (agent.name, blame.stance) in taken:
                continue
            if agent.who is Who.DESCRIBED and any(_is_apposed(sentence, other, agent) for other, _ in blamed):
                continue
            taken.add((agent.name, blame.stance))
            blamed.append((agent, blame))
            found.append(_finding(sentence, self._named_after(sentence, agent, agents, blame), blame))
            if agent.who in _NAMED_ONES:
                self._last = agent
        if not found:
            pronoun = self._pronoun(sentence)
            if pronoun is not None:
                found.append(pronoun)
        return found

    @staticmethod
    def _named_after(sentence: Sentence, agent: Agent, agents: list[Agent], blame: _Blame) -> Agent:
        """Who a description is where the name follows: "the man behind the theft, Daniel Okafor"."""
        if agent.who is not Who.DESCRIBED:
            return agent
        for other in agents:
            if other.who is Who.PERSON and other.last < agent.first and _is_apposed(sentence, other, agent):
                return replace(other, head=agent.head, own=agent.own)
        last = max(agent.last, blame.last)
        comma = next((at for at in range(last, min(len(sentence.words), last + 5)) if sentence.words[at] == ","), -2)
        for other in agents:
            if other.who is Who.PERSON and other.first == comma + 1:
                return replace(other, head=agent.head, own=agent.own)
        return agent

    def _blame(self, sentence: Sentence, agent: Agent, agents: list[Agent]) -> _Blame | None:
        if agent.head == "job":
            return _inside_job(sentence, agent)
        denial = _denial(sentence, agent, agents)
        if denial is not None:
            return denial
        possible = [
            *_acts(sentence, agent, agents),
            *_passive(sentence, agent),
            *_blamed_before(sentence, agent),
            *_blamed_after(sentence, agent, agents),
        ]
        if agent.who in _NAMED_ONES:
            possible.extend(self._justice(sentence, agent, agents))
        return min(possible, key=lambda blame: (blame.gap, blame.first), default=None)

    def _justice(self, sentence: Sentence, agent: Agent, agents: list[Agent]) -> list[_Blame]:
        words = sentence.words
        found = []
        for hit in sentence.of("blame_after"):
            if hit.tag not in {"justice", "admit"} or not _reaches(sentence, agent, hit, agents):
                continue
            if hit.tag == "admit" and words[hit.last - 1] != "guilty" and not _admits(words[hit.last : hit.last + 4]):
                continue
            if hit.tag == "justice" and not brings_to_justice(sentence, hit):
                continue
            if is_for_theft(sentence, agent, hit, is_launderer=agent.name in self._launderers):
                found.append(_blame_of(agent, hit, "named", "after", hit.first - agent.last))
        for hit in sentence.of("blame_before"):
            if hit.tag != "justice" or not 0 <= agent.first - hit.last <= 3:
                continue
            if not all(word in _TRANSPARENT for word in sentence.words[hit.last : agent.first]):
                continue
            if is_for_theft(sentence, agent, hit, is_launderer=agent.name in self._launderers):
                found.append(_blame_of(agent, hit, "named", "before", agent.first - hit.last))
        return found

    def _pronoun(self, sentence: Sentence) -> Finding | None:
        """ "He denies the charges": the culprit named last."""
        if self._last is None:
            return None
        words = sentence.words
        for hit in sentence.of("after_not"):
            subject = hit.first - 1
            while subject >= 0 and (words[subject] in _ADVERBS or words[subject] in {"has", "have", "had"}):
                subject -= 1
            if subject < 0 or words[subject] not in {"he", "she", "they", "lawyer", "lawyers", "both"}:
                continue
            if _is_denial_of_guilt(sentence, hit):
                agent = self._last
                return _finding(
                    sentence, agent, _Blame(subject, hit.last, "denied", f"denied:{name_of(hit)}", 0, own_words=True), spoken=True
                )
        return None


def _is_apposed(sentence: Sentence, one: Agent, other: Agent) -> bool:
    """Whether the second agent only describes the first: "James Zhong, a resident of Gainesville"."""
    between = sentence.words[one.last : other.first]
    return between in ([","], [",", "both"], ["("]) or (bool(between) and between[0] == "," and len(between) <= 4)


def _finding(sentence: Sentence, agent: Agent, blame: _Blame, *, spoken: bool = False) -> Finding:
    first, last = blame.first, blame.last
    if blame.rule == "before:say":
        # The verb of speech is the speaker's, not the claim's.
        first = last = agent.first
    if not spoken:
        first, last = min(agent.first, first), max(agent.last, last)
    denied = (blame.first, blame.last, "denied") if blame.stance == "denied" else None
    return Finding(
        sentence, "attribution", first, last, f"attribution.{blame.rule}",
        actor=agent.name, stance=blame.stance, label=f"{agent.name.casefold()} {blame.stance}",
        speaker=agent.name if blame.own_words else None, hedge=denied,
    )  # fmt: skip


def _blame_of(agent: Agent, hit: Hit, stance: str, side: str, gap: int) -> _Blame:
    return _Blame(hit.first, hit.last, stance, f"{side}:{name_of(hit)}", gap)


def _reaches(sentence: Sentence, agent: Agent, hit: Hit, agents: list[Agent], limit: int = _GAP) -> bool:
    """Whether a predicate after an agent is the agent's: nothing between but what belongs to the agent."""
    words = sentence.words
    before = words[max(0, agent.first - 1) : agent.first]
    if hit.first < agent.last or (before and before[0] in _NO_SUBJECT):
        return False
    if before == ["of"] and (agent.who in {Who.PERSON, Who.NAME} or any(other.last == agent.first - 1 for other in agents)):
        return False
    place, end = agent.last, hit.first
    if end - place > 3 * _GAP:
        return False
    rest: list[str] = []
    thieves = {at for thief in sentence.of("thief") for at in range(thief.first, thief.last)}
    others = {at: other for other in agents if other is not agent for at in range(other.first, other.last)}
    said = {hit.first for hit in sentence.of("say") if words[hit.first] not in _PARTICIPLES}
    while place < end:
        word = words[place]
        if word == "(":
            close = next((at for at in range(place, end) if words[at] == ")"), end)
            place = close + 1
        elif word == "," and (place + 1 == end or words[place + 1] in _ADVERBS - {"who", "that", "which"}):
            place += 1
        elif word == "," and words[place + 1 : place + 2] not in (["who"], ["which"], ["and"]):
            # An apposition, or a chain of them, ends at the last comma before the predicate.
            commas = [at for at in range(place + 1, min(end, place + 18)) if words[at] == ","]
            if not commas or any(at in said for at in range(place, commas[-1])):
                return False
            place = commas[-1] + 1
        elif place in others and (words[place - 1 : place] in (["and"], [","]) or word in {"and", "or"}):
            place = others[place].last
        elif word in {"and", ","} and place + 1 in others:
            place += 1
        else:
            if word in _BARRIERS or place in thieves or word == "'s":
                return False
            if word in _FINITE or place in said or (word.endswith("ed") and word not in _PARTICIPLES):
                # "posed as developers and stole" goes on with the subject.
                goes_on = words[end - 1] == "and" and place not in said and word not in _FINITE
                return goes_on and end - place <= _GAP
            rest.append(word)
            place += 1
    return len([word for word in rest if word not in _ADVERBS]) <= limit


def _is_passive(sentence: Sentence, hit: Hit) -> bool:
    words = sentence.words
    before = hit.first - 1
    while before >= 0 and words[before] in _SIMPLE_ADVERBS:
        before -= 1
    return (before >= 0 and words[before] in _BE) or words[hit.last : hit.last + 1] == ["by"]


def _acts(sentence: Sentence, agent: Agent, agents: list[Agent]) -> list[_Blame]:
    """Acts of theft whose subject the agent is."""
    words = sentence.words
    found: list[_Blame] = []
    if words[agent.first - 1 : agent.first] == ["as"] and {"known", "tracked"} & set(words[max(0, agent.first - 6) : agent.first]):
        pass
    elif words[agent.first - 1 : agent.first] in (["as"], ["since"], ["than"], ["unlike"]):
        # "posed as a contractor", "the largest since Lazarus robbed Ronin"
        return found
    for family in ("steal", "steal_do", "flee"):
        for hit in sentence.of(family):
            if not _reaches(sentence, agent, hit, agents) or _is_passive(sentence, hit):
                continue
            if not _may_act(sentence, agent, hit):
                continue
            if _negated(words, hit.first, agent.last):
                found.append(_blame_of(agent, hit, "denied", "acts-not", hit.first - agent.last))
            else:
                found.append(_blame_of(agent, hit, "named", "acts", hit.first - agent.last))
    return found


def _may_act(sentence: Sentence, agent: Agent, hit: Hit) -> bool:
    words = sentence.words
    after = words[hit.last : hit.last + 8]
    object_is_theft = bool(_THEFT_NOUNS & set(after[:7]))
    if hit.family == "steal_do":
        return object_is_theft and not _WORK & set(after[:5])
    if hit.family == "flee":
        return agent.own and agent.who in _NAMED_ONES and (
            bool({"with", "after", "taking"} & set(after[:5])) or bool(_GUILT & set(words))
        )
    weak = words[hit.first] not in _UNMISTAKABLE and words[hit.last - 1] != "own" and "to drain" not in hit.phrase
    if agent.who is Who.GROUP:
        # A group that "targets exchanges" year after year is blamed for none of them.
        return not (_GENERAL & set(words) and not sentence.dates) or bool({"the", "this"} & set(after[:3]))
    if words[hit.first] == "stolen" and not {"has", "have", "had", "having"} & set(words[agent.last : hit.first]):
        return False
    if agent.who is Who.NAME:
        return not weak and bool(after) and after[0] not in _OBJECTLESS and all(
            word in _ADVERBS for word in words[agent.last : hit.first]
        )
    if agent.who is Who.PERSON:
        return not weak or bool(_ABUSE & set(words))
    if weak:
        return agent.own and bool(_ABUSE & set(words))
    if agent.head in _VAGUE or (agent.head in {"team", "teams"} and words[hit.last - 1] not in {"away", "off", "with"}):
        return False
    return not after or after[0] not in {"by", "again"}


def _passive(sentence: Sentence, agent: Agent) -> list[_Blame]:
    """ "stolen by two brothers", "an attack by Lazarus Group"."""
    words = sentence.words
    by = agent.first - 1
    reach = _GAP if agent.who is Who.GROUP else 2
    while by > 0 and agent.first - by <= reach and words[by] != "by":
        if words[by] in _BARRIERS or words[by] in _FINITE or words[by] == ",":
            return []
        if agent.who is not Who.GROUP and words[by] not in _TRANSPARENT:
            return []
        by -= 1
    if by <= 0 or words[by] != "by":
        return []
    beside = by - 1
    while beside >= 0 and words[beside] in _ADVERBS:
        beside -= 1
    if agent.who in {Who.NAME, Who.PERSON} and words[beside] not in _UNMISTAKABLE | {"out", "off", "masterminded"}:
        return []
    start = _theft_before(sentence, by)
    if start is None:
        return []
    stance = "denied" if _negated(words, start, max(0, start - 3)) else "named"
    return [_Blame(start, agent.last, stance, "acts:by", agent.first - by)]


def _theft_before(sentence: Sentence, by: int) -> int | None:
    """The word of theft that "by" belongs to."""
    words = sentence.words
    for place in range(by - 1, max(-1, by - 18), -1):
        word = words[place]
        if word in _UNMISTAKABLE or word == "taken" or word in _THEFT_NOUNS or word in _THEFT_WORDS:
            return place
        if word in {"out", "off"} and words[place - 1] in {"carried", "pulled"}:
            return place - 1
        if word in {"that", "which", ";", ":"} or word in _FINITE:
            return None
        if word.endswith("ed") and word not in _PARTICIPLES and words[place] != "based":
            return place if word in _GUILT else None
    return None


def _blamed_before(sentence: Sentence, agent: Agent) -> list[_Blame]:
    words = sentence.words
    found = []
    theft = bool(_THEFT_WORDS & set(words)) or bool(sentence.of("thief"))
    for hit in sentence.of("blame_before"):
        if hit.tag == "justice" or not 0 <= agent.first - hit.last <= _GAP:
            continue
        between = words[hit.last : agent.first]
        if any(word in _BARRIERS or word in _FINITE or word == "," for word in between):
            continue
        sure = hit.tag != "theft"
        if words[hit.last - 1] in _SAYING and agent.who is not Who.GROUP:
            continue
        if words[hit.first] in {"it", "this", "that"} and not (
            agent.who is Who.GROUP and all(word in _TRANSPARENT for word in between) and _ends(words, agent.last)
        ):
            continue
        if hit.tag == "blame_before" and agent.who is not Who.GROUP:
            continue
        if hit.phrase.startswith(("suspects|", "looks|")) and agent.who is Who.NAME:
            continue
        if hit.phrase == "say|says|said" and not _ends(words, agent.last):
            continue
        if agent.who is Who.DESCRIBED and agent.head != "job" and words[hit.last - 1] == "like":
            # "what looked like a message from a recruiter"
            continue
        if agent.who is not Who.GROUP:
            if not sure or not all(word in _TRANSPARENT for word in between):
                continue
            if agent.who is Who.NAME and not theft:
                continue
            if agent.who is Who.DESCRIBED and not agent.own and not theft:
                continue
        elif not sure and not theft:
            continue
        if agent.who is Who.GROUP and not sure and _GENERAL & set(words) and not sentence.dates:
            continue
        stance = "denied" if _negated(words, hit.first, max(0, hit.first - 3)) or _NEGATIONS & set(
            words[hit.first : hit.last]
        ) else "named"
        found.append(_blame_of(agent, hit, stance, "before", len(between) + (0 if sure else 1)))
    return found


def _blamed_after(sentence: Sentence, agent: Agent, agents: list[Agent]) -> list[_Blame]:
    words = sentence.words
    found = []
    theft = bool(_THEFT_WORDS & set(words)) or bool(sentence.of("thief"))
    for hit in sentence.of("blame_after"):
        if hit.tag in {"justice", "admit"} or not _reaches(sentence, agent, hit, agents):
            continue
        if hit.tag == "blame_after" and agent.who is not Who.GROUP:
            continue
        after = words[hit.last : hit.last + 10]
        if hit.tag == "suspect":
            if agent.who is Who.NAME or not _is_suspected(sentence, hit):
                continue
        elif hit.tag == "claim":
            if words[hit.last - 1] in {"bragged", "boasted", "bragging", "boasting"} and not _GUILT & set(after):
                continue
        elif hit.phrase == "behind":
            if not _THEFT_NOUNS & set(after) or agent.who is Who.NAME:
                continue
        elif words[hit.last - 2 : hit.last] == ["responsible", "for"] or words[hit.last : hit.last + 1] == ["for"]:
            if not _THEFT_WORDS & set(after):
                continue
        elif not theft and hit.tag == "be" and not {"it", "this", "behind"} & set(words):
            continue
        if agent.head in _VAGUE or (words[hit.first] == "'s" and hit.first > agent.last):
            continue
        if hit.phrase.startswith("involvement") and agent.who is not Who.GROUP and not agent.own:
            continue
        if agent.who in {Who.NAME, Who.PERSON} and hit.tag == "be" and not _THEFT_WORDS & set(after):
            continue
        stance = "named"
        if _NEGATIONS & set(words[hit.first : hit.last]) or _negated(words, hit.first, agent.last):
            stance = "denied"
        if words[agent.first] in {"no", "none"} or "none" in words[max(0, agent.first - 3) : agent.first]:
            stance = "denied"
        found.append(_blame_of(agent, hit, stance, "after", hit.first - agent.last + 1))
    return found


def _admits(after: list[str]) -> bool:
    """Whether it is a theft that is admitted, and not that something was wrong."""
    return not after or after[0] in {".", ",", "in"} or ("that" not in after[:1] and bool(_ADMITTED & set(after[:3])))


def _is_suspected(sentence: Sentence, hit: Hit) -> bool:
    """Whether a word of suspicion is passive and is about a theft: "is believed to have stolen"."""
    words = sentence.words
    after = words[hit.last : hit.last + 10]
    if MONEY_ONLY & set(after):
        return False
    if words[hit.first] in {"suspect", "suspects", "culprit", "culprits", "might", "may", "could"}:
        return True
    if words[hit.first] in {"accused", "suspected", "alleged", "blamed"} and after[:1] in (["of"], ["for"]):
        return True
    before = hit.first - 1
    while before >= 0 and words[before] in _SIMPLE_ADVERBS:
        before -= 1
    return before >= 0 and words[before] in _BE and bool(_THEFT_WORDS & set(after))


def _ends(words: list[str], place: int) -> bool:
    """Whether a clause ends here: "it was Lazarus again"."""
    rest = words[place : place + 2]
    return not rest or rest[0] in _CLAUSE_ENDS


def _inside_job(sentence: Sentence, agent: Agent) -> _Blame:
    words = sentence.words
    first = agent.first
    while first > 0 and agent.first - first < 5 and words[first - 1] not in {",", ".", "that", "it", '"', ";"}:
        first -= 1
    denied = bool(_NEGATIONS & set(words[first : agent.first])) or bool({"ruled", "rejects", "dismissed"} & set(words[first : agent.first]))
    return _Blame(agent.first, agent.last, "denied" if denied else "named", "inside-job", 0)


def _negated(words: list[str], place: int, floor: int) -> bool:
    """Whether a negation stands within three words before a predicate, not before `floor`."""
    for at in range(max(floor, place - 3), place):
        if words[at] in _NEGATIONS and not _NOT_NEGATED & set(words[at + 1 : at + 2]):
            return words[at] != "no" or at == place - 1
    return False


def _denial(sentence: Sentence, agent: Agent, agents: list[Agent]) -> _Blame | None:
    """The agent's own denial, or another's word that he did not do it."""
    if agent.who is Who.NAME:
        return None
    words = sentence.words
    for hit in sentence.of("after_not"):
        if not _reaches(sentence, agent, hit, agents) or not _is_denial_of_guilt(sentence, hit):
            continue
        if agent.head == "state" and _GENERAL & set(words):
            # A state's general denial speaks of no theft.
            continue
        own = words[hit.first] in _OWN_DENIALS
        return _Blame(hit.first, hit.last, "denied", f"denied:{name_of(hit)}", hit.first - agent.last, own)
    for hit in sentence.of("before_not"):
        between = words[hit.last : agent.first]
        if not 0 <= agent.first - hit.last <= 6 or any(word in {",", ";", "but"} for word in between):
            continue
        if hit.phrase.startswith("ruled") and _NEGATIONS & set(words[max(0, hit.first - 3) : hit.first]):
            return _blame_of(agent, hit, "named", "not-ruled-out", len(between))
        if hit.phrase.startswith("ruled") and not (agent.own or _THEFT_WORDS & set(words) or agent.who is Who.GROUP):
            continue
        if hit.phrase.startswith("is|was") and not (
            agent.who is Who.GROUP and not between and _is_pronoun_before(words, hit.first)
        ):
            continue
        if hit.phrase.startswith("no|any") and not (
            _GUILT & set(words[agent.last : agent.last + 8]) or not between or _THEFT_WORDS & set(words)
        ):
            continue
        return _blame_of(agent, hit, "denied", "denied", len(between))
    return None


def _is_pronoun_before(words: list[str], place: int) -> bool:
    return words[place - 1 : place] in (["it"], ["this"], ["that"])


_OWN_DENIALS: Final = frozenset(
    {"denied", "denies", "deny", "rejected", "rejects", "disputes", "disputed", "insists", "insisted", "maintains"}
    | {"maintained", "protested", "protests"}
)
_GUILT_DENIED: Final = word_set("culprits.guilt_denied")


def _is_denial_of_guilt(sentence: Sentence, hit: Hit) -> bool:
    words = sentence.words
    after = words[hit.last : hit.last + 8]
    first = words[hit.first]
    if first.startswith(("den", "reject", "disput")):
        if after[:1] == ["that"] or "withdrawals" in after[:2]:
            return bool({"he", "she", "they", "it"} & set(after[1:3])) and bool(_GUILT & set(after))
        return bool(_GUILT_DENIED & set(after[:6])) and not {"known", "knowing"} & set(after[:3])
    if first.startswith(("insist", "maintain")):
        return bool({"innocent", "innocence", "nothing", "never", "not", "n't"} & set(after)) and bool(
            {"he", "she", "they", "innocent", "his", "her"} & set(after[:4])
        )
    if first in {"not", "n't", "never"}:
        return bool({FIGURE, DATE, "it", "this", "anything", "any", "a", "the", "out"} & set(after[:3]))
    if first in {"had", "has", "have", "is", "are", "was", "were", "been"}:
        return bool(_THEFT_WORDS & set(words)) or bool({"it", "this", "innocent"} & set(after[:3]))
    return True
