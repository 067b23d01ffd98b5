"""What happened to a figure: lost, recovered, frozen, returned, seized, insured, made whole, or nothing.

Each figure is governed by the phrase of family `role` that stands nearest, counted in words, with a price for
the wrong side, for the end of a clause and for every other figure between. Figures that are another form of
the one before ("1,008 BTC ($10.7 million)") and members of a list share one phrase. A list item without a
phrase of its own has that of the line above its list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from clawback.claims.figure_doubts import (
    RECOVERY,
    has_insurer,
    is_aggregate,
    is_market,
    is_moved_from_victim,
    is_offer,
    is_unreal,
)
from clawback.claims.figure_groups import brings_total, groups_of
from clawback.claims.figures import Figure
from clawback.claims.layout import Kind
from clawback.claims.lexicon import table, word_set
from clawback.claims.phrases import FIGURE, Hit, name_of
from clawback.claims.reading import Reading, Sentence
from clawback.claims.scope import MERE, tells_theft

NOTHING: Final = "nothing"

MAX_FIGURES: Final = 40
"""A sentence with more figures is a table that lost its lines; it goes to review."""

_LIMIT: Final = 15
_FAR: Final = 3 * _LIMIT
_BARRIERS: Final = {word: int(cost) for word, cost in table("amounts.barrier", " ").items()}
"""What a word costs that ends a clause or belongs to another one."""

_AUXILIARIES: Final = word_set("amounts.auxiliaries")


_THEFT_TEXT: Final = 2
"""A text with so many words of theft is about one; there "the count is $46 million" is a loss."""

_PASSING: Final = word_set("amounts.passing")
_NOUNS_OF_THEFT: Final = word_set("events.nouns") | {"haul", "loss", "losses", "hacks"}
_MOVED: Final = frozenset({"moved", "transferred", "withdrawn", "swept", "sent"})
_MOVED_ON: Final = frozenset({"converted", "swapped", "exchanged", "bridged", "returned", "reducing"})
_TO: Final = frozenset({"to", "into", "through", "via"})
_LONG_FRAGMENT: Final = 18
_SMALL_CHANGE: Final = 1_000
_PAID: Final = word_set("unnumbered.paid") | {"eleven", "stolen", "taken", "debt", "missing"}
_PAYS: Final = frozenset(
    {
        "covered",
        "cover",
        "covers",
        "paid",
        "pay",
        "pays",
        "payout",
        "compensated",
        "reimbursed",
        "settled",
        "settle",
    }
    | word_set("amounts.pays_elsewhere")
    | {"claim", "claims", "borne", "auf", "payment", "coverage", "bear", "settlement", "accepted"}
)
_HEADINGS: Final = {
    "loss": frozenset(["losses", "loss", "stolen", "damage", "lost", "taken", "drained", "breakdown"]),
    "recovered": frozenset(["recovered", "recovery", "recoveries", "rescued"]),
    "frozen": frozenset(["frozen", "freezes", "freeze", "blocked", "blacklisted"]),
    "returned": frozenset(["returned", "refunded", "returns"]),
    "seized": frozenset(["seized", "seizures", "confiscated", "forfeited"]),
}


@dataclass(frozen=True)
class Governed:
    """A figure with its role.

    `word` is its place in the sentence; `hit` the phrase that governs it, None where the lead line does;
    `rule` names the way; `is_part` says that it stands in a list under a total.
    """

    sentence: Sentence
    word: int
    figure: Figure
    role: str
    hit: Hit | None
    rule: str
    is_part: bool = False


def govern(reading: Reading, strength: int) -> list[Governed]:
    """The role of every figure of a reading, in order; figures without any role are left out.

    Args:
        reading: the text.
        strength: of `scope.theft_strength`; a text that hardly speaks of theft needs plain words for a loss.
    """
    roles: dict[int, str] = {}
    result: list[Governed] = []
    for sentence in reading.sentences:
        found = _in_sentence(reading, sentence, roles, about_theft=strength >= _THEFT_TEXT)
        result.extend(found)
        strongest = [item.role for item in found if item.role != NOTHING]
        own = strongest[0] if strongest else _last_role(sentence)
        if own is not None:
            roles[sentence.number] = own
    return result


def _in_sentence(
    reading: Reading, sentence: Sentence, roles: dict[int, str], *, about_theft: bool
) -> list[Governed]:
    groups = groups_of(sentence)
    theft = bool(sentence.of("event"))
    result: list[Governed] = []
    if len(sentence.figures) > MAX_FIGURES:
        return []
    for group in groups:
        best: tuple[int, Hit] | None = None
        if result and brings_total(sentence, group[0]):
            before = result[-1]
            result.extend(
                Governed(
                    sentence, word, sentence.figures[word], before.role, before.hit, f"{before.rule}+list"
                )
                for word in group
            )
            continue
        for word in group:
            for hit in sentence.of("role"):
                if hit.tag == "amount>" and not (theft or about_theft):
                    continue
                if not about_theft and sentence.words[hit.first] in MERE and not tells_theft(sentence):
                    continue
                if hit.first > word + _FAR or hit.last < word - _FAR:
                    continue
                cost = _cost(sentence, hit, word, group)
                if cost is not None and (best is None or cost < best[0]):
                    best = (cost, hit)
        if best is None:
            led = _led(reading, sentence, group, roles)
            result.extend(led or (_fragment(sentence, group) if about_theft else []))
            continue
        role, hit, rule = _decide(sentence, group, best[1])
        result.extend(
            Governed(
                sentence,
                word,
                sentence.figures[word],
                role,
                hit,
                rule if word == group[0] else f"{rule}+list",
            )
            for word in group
        )
    return result


def _cost(sentence: Sentence, hit: Hit, word: int, group: list[int]) -> int | None:
    words = sentence.words
    side = hit.tag[-1]
    if hit.first <= word < hit.last:
        return 0
    if hit.last <= word:
        between = words[hit.last : word]
        wrong = side == "<"
    elif hit.first > word:
        between = words[word + 1 : hit.first]
        wrong = side == ">"
    else:
        return None
    if hit.tag == "loss>" and hit.last <= word and _MOVED_ON & set(between):
        return None
    if hit.tag == "loss<" and words[hit.last - 1] in _MOVED and _TO & set(words[hit.last : hit.last + 2]):
        # "24,849 ETH was transferred to Tornado Cash"
        return None
    if hit.phrase == "out" and (between or words[hit.last : hit.last + 1] == ["of"]):
        return None
    if words[hit.last - 1] == "gone" and words[hit.last : hit.last + 1] == ["to"]:
        return None
    cost = len(between)
    for place, part in enumerate(between, start=hit.last if hit.last <= word else word + 1):
        cost += _BARRIERS.get(part, 0)
        if part == FIGURE and place not in group:
            cost += 4
    if wrong:
        cost += 7 if len(between) > 1 or hit.tag != "loss<" else 9
    if hit.tag == "loss<" and hit.first > word and words[hit.first] in _NOUNS_OF_THEFT:
        # "$5 million of the haul was frozen", "1,200 ETH went to a mixer within an hour of the hack"
        cost += 8 if _PASSING & set(between) else 0
    if hit.tag == NOTHING:
        if words[hit.last - 1] == "remaining" and hit.last == word:
            return None
        # A bounty, a price, a debt take only what they stand beside.
        if len(between) > (4 if hit.last <= word else 2):
            return None
        cost += 1
    if hit.tag == "adjective":
        cost += 9
    if hit.tag == "amount>":
        cost += 5
    if side == "<" and hit.first > word and len(between) > 5:
        cost += 4
    return cost if cost <= _LIMIT else None


def _decide(sentence: Sentence, group: list[int], hit: Hit) -> tuple[str, Hit, str]:
    role = hit.tag.rstrip("<>=")
    rule = f"figure.{role}:{name_of(hit)}"
    first, last = group[0], group[-1]
    if role in {"adjective", "amount"}:
        role = "loss"
    if role == "loss" and hit.first > first:
        later = _later_passive(sentence, hit)
        if later is not None and sentence.words[hit.first - 1] not in _AUXILIARIES:
            hit = later
            role = hit.tag.rstrip("<>=")
            rule = f"figure.{role}:passive-of-stolen"
    if role == "move":
        role = "loss" if is_moved_from_victim(sentence, hit, last) else NOTHING
    if role == "made_whole" and has_insurer(sentence):
        role = "insured"
    if role in {"insured", "loss"} and is_offer(sentence):
        return NOTHING, hit, f"{rule}, what a policy would cover"
    if role == "insured" and not _PAYS & set(sentence.words):
        return NOTHING, hit, f"{rule}, nothing is paid"
    if role == "made_whole" and not _PAID & set(sentence.words):
        return NOTHING, hit, f"{rule}, nobody is paid"
    if role == "returned" and hit.phrase.startswith("refund|") and not sentence.has("thief", 0, hit.first):
        role = "made_whole"
    if role == "recovered" and hit.phrase.startswith("secured|secures"):
        role = "frozen" if _near(sentence, "frozen", hit) else role
        if not (sentence.of("thief") or sentence.of("event")):
            role = NOTHING
    if role == NOTHING and hit.phrase.startswith(("hold|", "contain|")):
        # "has blacklisted an address that holds 2.1 million USDC"
        for other in sentence.of("role"):
            if other.tag == "frozen=" and 0 <= hit.first - other.last <= 7:
                role, hit, rule = "frozen", other, "figure.frozen:address"
    if role == "made_whole" and any(0 <= hit.first - thief.last <= 5 for thief in sentence.of("thief")):
        role = "returned"
    if role != NOTHING and is_unreal(sentence, hit, role, first, last):
        return NOTHING, hit, f"{rule}, not real"
    if role == "loss" and is_aggregate(sentence, hit):
        return NOTHING, hit, f"{rule}, the thefts of a time"
    if role == "loss" and is_market(sentence, last):
        return NOTHING, hit, f"{rule}, a market value"
    if (
        role in {"frozen", "returned"}
        and hit.first < first
        and sentence.words[hit.first - 1 : hit.first] == ["the"]
    ):
        return NOTHING, hit, f"{rule}, a noun"
    return role, hit, rule


def _later_passive(sentence: Sentence, hit: Hit) -> Hit | None:
    """The main verb of "cryptocurrency stolen by hackers has been seized"."""
    for later in sentence.of("role"):
        if later.first <= hit.last or later.tag.rstrip("<>=") not in RECOVERY:
            continue
        between = sentence.words[hit.last : later.first]
        if any(part in {FIGURE, ";", "but", "while", "and", "which", "after", "before"} for part in between):
            return None
        if any(part in _AUXILIARIES for part in between[-2:]) or sentence.words[later.first] in _AUXILIARIES:
            return later
    return None


def _near(sentence: Sentence, role: str, hit: Hit) -> bool:
    return any(
        other.tag.startswith(role) and abs(other.first - hit.first) <= 8 for other in sentence.of("role")
    )


def _led(reading: Reading, sentence: Sentence, group: list[int], roles: dict[int, str]) -> list[Governed]:
    """The figures of a list item or of a bare fragment: what the line above says of them."""
    lead = reading.lead(sentence)
    if lead is None:
        return []
    is_item = sentence.span.kind is Kind.ITEM
    if not is_item and (len(sentence.words) > 16 or lead.span.kind is not Kind.HEADING):
        return []
    if is_item and sentence.dates and min(sentence.dates) == 0:
        return []
    role = roles.get(lead.number) or _heading_role(lead)
    above = reading.lead(lead)
    if role is None and above is not None:
        role = roles.get(above.number) if above.span.kind is not Kind.HEADING else _heading_role(above)
    if role is None or role == NOTHING:
        return []
    figures = [word for word in group if sentence.figures[word].unit != "%" or role != "loss"]
    return [
        Governed(sentence, word, sentence.figures[word], role, None, f"lead.{role}", is_part=is_item)
        for word in figures
    ]


def _fragment(sentence: Sentence, group: list[int]) -> list[Governed]:
    """The figures of a line that says how, without a verb: "rounding bug, 3,300 ETH, I make it $9.5m"."""
    if any(hit.tag == NOTHING for hit in sentence.of("role")):
        return []
    if (not sentence.of("technique") and not tells_theft(sentence)) or len(sentence.words) > _LONG_FRAGMENT:
        return []
    return [
        Governed(sentence, word, sentence.figures[word], "loss", None, "fragment.loss")
        for word in group
        if sentence.figures[word].unit != "%" and not _is_price(sentence.figures[word])
    ]


def _is_price(figure: Figure) -> bool:
    return figure.unit == "USD" and figure.value is not None and figure.value < _SMALL_CHANGE


def _heading_role(sentence: Sentence) -> str | None:
    for role, words in _HEADINGS.items():
        if words & set(sentence.words):
            return role
    return None


def _last_role(sentence: Sentence) -> str | None:
    """What a line without figures says of the list below it."""
    hits = [hit for hit in sentence.of("role") if not hit.tag.startswith(("move", "nothing"))]
    if not hits:
        return None
    role = hits[-1].tag.rstrip("<>=")
    return "loss" if role == "adjective" else role
