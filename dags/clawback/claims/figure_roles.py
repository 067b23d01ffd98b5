"""The role that a phrase gives its figures, where other words of the sentence do not turn it into another.

A refund by a thief is a return, a payment by an insurer is insured, a theft that only was tried is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from clawback.claims.figure import Figure
from clawback.claims.figure_doubts import (
    RECOVERY,
    has_insurer,
    is_aggregate,
    is_expense,
    is_market,
    is_of_a_firm,
    is_offer,
    is_passed_on,
    is_revalued,
    is_unreal,
)
from clawback.claims.figure_moves import is_taken
from clawback.claims.lexicon import word_set
from clawback.claims.phrases import FIGURE, Hit, name_of
from clawback.claims.reading import Sentence

NOTHING: Final = "nothing"
MAYBE: Final = "maybe"
"""Moved or paid, and it is not said by or to whom; the other words of the text decide."""

_AUXILIARIES: Final = word_set("amounts.auxiliaries")
_PAID: Final = word_set("unnumbered.paid") | word_set("roles.paid")
_PAYS: Final = word_set("roles.pays")
GETS: Final = frozenset(
    {"get", "gets", "got", "getting", "win", "wins", "won", "receive", "receives", "received"}
)
_LOSSLESS: Final = frozenset({"no", "get", "gets", "got", "receive", "receives", "received"})
_PAYEES: Final = word_set("roles.payees")
_FOUND_AT: Final = word_set("roles.found_at")
_AUTHORITIES: Final = word_set("roles.authorities")
_HELPERS: Final = frozenset({"has", "have", "had", "since", "already", "also", "now"})
_OFFICES: Final = word_set("roles.authorities") | word_set("roles.offices")
_OFFICE_REACH: Final = 8
_BESIDE: Final = 8
_OFFERS: Final = frozenset({"offer", "bounty", "reward", "fine", "bid", "bond", "bail", "target", "limit"})
_ADDRESS_REACH: Final = 7
_AGENT_REACH: Final = 5
_HELPING: Final = frozenset({"helped", "helps", "helping", "allowed", "enabled", "let"})
_STEALING: Final = frozenset({"theft", "heist", "robbery", "stole", "stealing"})
_LOANS: Final = frozenset({"loan", "loans"})
_LOAN_REACH: Final = 5


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


def role_of(sentence: Sentence, group: list[int], hit: Hit) -> tuple[str, Hit, str]:
    """The role of a group of figures, the phrase that gives it, and the name of the rule.

    Args:
        sentence: that of both.
        group: places of the figures.
        hit: the phrase that stands nearest.
    """
    hit = _main_verb(sentence, hit, group[0])
    hit = _shared_object(sentence, hit)
    role = hit.tag.rstrip("<>=")
    rule = f"figure.{role}:{name_of(hit)}"
    if role == "amount" and _OFFERS & set(sentence.words[max(0, hit.first - 1) : hit.last]):
        role = NOTHING
    if role in {"adjective", "amount"}:
        role = "loss"
    if role == "move":
        taken = is_taken(sentence, hit, group[0], group[-1])
        role = MAYBE if taken is None else "loss" if taken else NOTHING
    if role == MAYBE:
        return MAYBE, hit, f"{rule}, by whom is not said"
    if role == NOTHING:
        if _is_stolen_by_it(sentence, hit):
            return "loss", hit, f"figure.loss:by {sentence.words[hit.first]}"
        if hit.phrase.startswith("~discover") and _FOUND_AT & set(
            sentence.words[group[-1] + 1 : group[-1] + 8]
        ):
            # "They found 38.6 bitcoin on a drive behind his fridge."
            return "seized", hit, "figure.seized:found"
        blocked = _blocked_address(sentence, hit)
        return (NOTHING, hit, rule) if blocked is None else ("frozen", blocked, "figure.frozen:address")
    if role == "recovered" and insurer_helps(sentence, hit):
        return "insured", hit, f"{rule}, an insurer pays"
    role = _by_payer(sentence, role)
    role = _by_giver(sentence, role, hit)
    if role == NOTHING:
        return role, hit, rule
    if (role == "insured" and not _PAYS & set(sentence.words)) or (
        role == "made_whole"
        and not _PAID & set(sentence.words)
        and not hit.phrase.startswith("reimbursement")
    ):
        return MAYBE, hit, f"{rule}, nobody is paid"
    reason = _why_nothing(sentence, role, hit, group)
    return (role, hit, rule) if reason is None else (NOTHING, hit, f"{rule}, {reason}")


def _main_verb(sentence: Sentence, hit: Hit, first: int) -> Hit:
    """The main verb of "cryptocurrency stolen by hackers has been seized", or the phrase itself."""
    if hit.tag.rstrip("<>=") not in {"loss", "adjective"} or hit.first <= first:
        return hit
    if sentence.words[hit.first - 1] in _AUXILIARIES or sentence.words[hit.first] in _AUXILIARIES:
        return hit
    for later in sentence.of("role"):
        if later.first <= hit.last or later.tag.rstrip("<>=") not in RECOVERY:
            continue
        between = sentence.words[hit.last : later.first]
        if any(part in {FIGURE, ";", "but", "while", "and", "which", "after", "before"} for part in between):
            return hit
        if any(part in _AUXILIARIES for part in between[-2:]) or sentence.words[later.first] in _AUXILIARIES:
            return later
    return hit


def _shared_object(sentence: Sentence, hit: Hit) -> Hit:
    """The first of two verbs with one object: "to steal and launder $230 million"."""
    if not hit.tag.startswith(NOTHING) or sentence.words[hit.first - 1 : hit.first] != ["and"]:
        return hit
    before = (
        other for other in sentence.of("role") if other.last == hit.first - 1 and other.tag.startswith("loss")
    )
    return next(before, hit)


def _by_payer(sentence: Sentence, role: str) -> str:
    return "insured" if role == "made_whole" and has_insurer(sentence.words) else role


def insurer_helps(sentence: Sentence, hit: Hit) -> bool:
    """Whether what is got back is an insurer's money: "the insurance helped it recover the rest"."""
    return any(
        other.tag.startswith("insured") and other.last <= hit.first and not {",", ";"} & set(between)
        for other in sentence.of("role")
        if _HELPING & set(between := sentence.words[other.last : hit.first])
    )


def _is_stolen_by_it(sentence: Sentence, hit: Hit) -> bool:
    """Whether a theft is what was done with the coins: "a theft by minting 120,000 coins"."""
    words = sentence.words
    if not hit.phrase.startswith("~mint") or words[hit.first - 1 : hit.first] != ["by"]:
        return False
    return bool(_STEALING & set(words[max(0, hit.first - 4) : hit.first]))


def _by_giver(sentence: Sentence, role: str, hit: Hit) -> str:
    """A return is the thief's or a white hat's, what a firm pays back makes whole, and coins are secured."""
    words = sentence.words
    verb = words[hit.first]
    thief = any(0 <= hit.first - own.last <= _AGENT_REACH for own in sentence.of("thief")) or any(
        own.first > hit.last and words[hit.last : own.first][:1] == ["by"] for own in sentence.of("thief")
    )
    if role == "recovered" and verb in GETS and _PAYEES & set(words[max(0, hit.first - 4) : hit.first]):
        return "made_whole"
    if role == "made_whole" and thief and verb not in _LOSSLESS:
        return "returned"
    if role == "returned" and not thief and verb.startswith(("refund", "pay", "paid")):
        return "made_whole"
    if role == "returned" and not thief and by_office(words, hit):
        # What police and courts hand back to victims is recovered.
        return "recovered"
    if role == "recovered" and hit.phrase.startswith("~come|") and sentence.of("thief"):
        return "returned"
    if role == "recovered" and verb.startswith("secur"):
        if _AUTHORITIES & set(words[: hit.first]):
            return "seized"
        if any(
            other.tag.startswith("frozen") and abs(other.first - hit.first) <= _BESIDE
            for other in sentence.of("role")
        ):
            return "frozen"
        passive = words[hit.first - 1 : hit.first] != [] and words[hit.first - 1] in _AUXILIARIES
        if not (passive or sentence.of("thief") or sentence.of("event")):
            return NOTHING
    return role


def by_office(words: list[str], hit: Hit) -> bool:
    """Whether police, a court or a department does it."""
    before = [word for word in words[max(0, hit.first - _OFFICE_REACH) : hit.first] if word not in _HELPERS]
    return bool(before) and before[-1] in _OFFICES


def _why_nothing(sentence: Sentence, role: str, hit: Hit, group: list[int]) -> str | None:
    first, last = group[0], group[-1]
    words = sentence.words
    if role in {"insured", "loss"} and is_offer(sentence):
        return "what a policy would cover"
    if is_unreal(sentence, hit, role, first, last):
        return "not real"
    if hit.tag == "amount>" and is_passed_on(sentence, last):
        return "passed on"
    if role == "loss" and is_aggregate(sentence, hit, sentence.figures[first]):
        return "the thefts of a time"
    if role == "loss" and (is_market(sentence, hit, last) or is_of_a_firm(sentence, hit)):
        return "a market value"
    if role == "loss" and is_expense(sentence, hit):
        return "a price paid"
    if role == "loss" and is_revalued(words, first):
        return "what it was worth later"
    if role == "returned" and _LOANS & set(words[hit.last : hit.last + _LOAN_REACH]):
        return "a loan paid back"
    if role == "returned" and last < hit.first and words[last + 1 : last + 2] == ["for"]:
        return "an offer"
    if role in {"frozen", "returned"} and hit.first < first and words[hit.first - 1 : hit.first] == ["the"]:
        return "a noun"
    return None


def _blocked_address(sentence: Sentence, hit: Hit) -> Hit | None:
    """The block of "has blacklisted an address that holds 2.1 million USDC"."""
    if not hit.phrase.startswith(("~hold", "hold|", "contain|")):
        return None
    for other in sentence.of("role"):
        if other.tag.startswith("frozen") and 0 <= hit.first - other.last <= _ADDRESS_REACH:
            return other
    return None
