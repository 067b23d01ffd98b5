"""What happened to the money where no figure says how much: "the hacker sent the ether back".

A claim needs the thing itself: stolen goods ("most of the funds", "the exploiter's USDT", "all of it"), or,
where losses are made good, those who are paid or what they lost ("users will be compensated in full").
"""

from __future__ import annotations

from typing import Final

from clawback.claims.figure_doubts import RECOVERY, has_insurer, is_offer, is_planned
from clawback.claims.figure_roles import GETS, by_office, insurer_helps
from clawback.claims.finding import Finding
from clawback.claims.layout import Kind
from clawback.claims.lexicon import word_set
from clawback.claims.phrases import FIGURE, Hit, name_of
from clawback.claims.reading import Reading, Sentence

_REACH: Final = 9
_FURTHER: Final = 5
"""Words by which the subject of a passive may stand further off."""

_REACH_OF_SUBJECT: Final = 5
"""Words before a clause in which its subject may stand: "our insurer has confirmed that it will pay"."""

_QUANTITY: Final = word_set("unnumbered.quantity")
_GOODS: Final = word_set("unnumbered.goods")
_PAID: Final = word_set("unnumbered.paid")
_PAYEES: Final = word_set("roles.payees")
_OWN_MONEY: Final = frozenset(
    {
        "treasury",
        "reserves",
        "reserve",
        "pocket",
        "revenue",
        "fees",
        "cost",
        "profits",
        "income",
        "means",
        "capital",
        "wallets",
        "accounts",
    }
)
_PAYS: Final = word_set("roles.pays")
_NO_PROMISE: Final = word_set("unnumbered.no_promise")
_NO_GOODS: Final = word_set("unnumbered.no_goods")
_LEFT_ENDS: Final = word_set("unnumbered.left_ends")
_RIGHT_ENDS: Final = word_set("unnumbered.right_ends") | {FIGURE}
_DENIALS: Final = frozenset(
    {"not", "n't", "nothing", "never", "without", "none", "cannot", "neither", "nor", "nobody"}
)
_UNREAL: Final = frozenset({"would", "could", "may", "might", "should", "must", "if", "unless", "until"})
_WOULD: Final = frozenset({"would"})
_SAYS: Final = frozenset({"said", "says", "promised", "announced", "pledged", "vowed", "told", "assured"})
_BY: Final = frozenset({"by", "from", "through", "under", "with", "via"})
_SURE: Final = frozenset(["made_whole", "insured"])
_DEFINITE: Final = frozenset({"the", "his", "their", "its", "'s", "'", "these", "those", "back"})
_ARTICLES: Final = frozenset({"the", "of", "these", "those", "any", "all", "its", "some"})
_OF_MONEY: Final = ("~inject", "~honour", "~back|", "~restore", "~replace", "~put", "~stand", "~make good")
"""Beginnings of phrases that need what was lost as their object: a service is restored too."""

_SUBJECTS: Final = _QUANTITY | _GOODS | _PAYEES
_TAKEN: Final = frozenset({"stolen", "lost", "missing", "drained"})
_PAID_BACK: Final = frozenset({"reimbursed", "compensated", "recompensed", "refunded"})
_PLAIN: Final = ("no ", "~reimburse", "~receive|get new", "~replace", "loss|", "~be paid")
"""Beginnings of phrases that say by themselves that somebody is paid."""

_WEAK: Final = (
    "~lock", "~stop", "~secure", "~flag", "~be|remain", "block|", "~recover from", "~inject", "on hold",
    "out of", "~come|", "~be|get back", "~be back", "~obtain", "~airdrop", "reimbursement|", "recovery|",
    "return of", "insurance fund", "forfeiture|",
)  # fmt: skip
"""Beginnings of phrases that say too little without a figure."""

_BALANCES: Final = frozenset(
    {"balance", "balances", "losses", "loss", "deposits", "holdings", "debt", "shortfall"}
)


def unnumbered(reading: Reading, used: set[tuple[int, str]]) -> list[Finding]:
    """Recoveries without a figure.

    Args:
        reading: the text.
        used: sentences and the roles that a figure of theirs has already.
    """
    found = []
    for sentence in reading.sentences:
        if sentence.span.kind is not Kind.HEADING:
            found.extend(_findings(sentence, used))
    return found


def _findings(sentence: Sentence, used: set[tuple[int, str]]) -> list[Finding]:
    words = sentence.words
    found: dict[str, Finding] = {}
    for hit in sentence.of("role"):
        said = hit.tag.rstrip("<>=")
        if said not in RECOVERY or hit.phrase.startswith(_WEAK) or _is_adjective(words, hit):
            continue
        left = _clause_left(words, hit.first, _REACH + (_FURTHER if hit.tag.endswith("=") else 0))
        right = _clause_right(words, hit.last)
        role = _role(sentence, hit, said, left, right)
        if role is None or role in found or (sentence.number, role) in used:
            continue
        if _hindered(sentence, hit, role) or is_offer(sentence):
            continue
        if hit.first - left > _REACH:
            left = next(at for at in range(left, hit.first + 1) if at == hit.first or words[at] in _SUBJECTS)
        rule = f"words.{role}:{name_of(hit)}"
        found[role] = Finding(sentence, role, left, right, rule, label=_label(words, role, left, right))
    return list(found.values())


def _is_adjective(words: list[str], hit: Hit) -> bool:
    """Whether it only says which coins are meant: "the recovered bitcoin", "anyone who helps recover"."""
    before = words[max(0, hit.first - 1) : hit.first]
    if hit.tag.endswith("=") and before and before[0] in _ARTICLES and words[hit.last : hit.last + 1] != []:
        return words[hit.last] in _GOODS
    return (
        bool(before) and before[0] in {"help", "helps"} and "who" in words[max(0, hit.first - 3) : hit.first]
    )


def _role(sentence: Sentence, hit: Hit, role: str, left: int, right: int) -> str | None:
    """The role that the clause bears out, or None."""
    words = sentence.words
    clause = words[left:right]
    near = set(clause)
    if role == "recovered" and insurer_helps(sentence, hit):
        return "insured"
    if role in _SURE:
        role = "insured" if _insurer_pays(words, hit, left, right) else "made_whole"
    thief = any(left <= own.first < right for own in sentence.of("thief"))
    verb = words[hit.first]
    if role == "recovered" and verb in GETS and _PAYEES & set(words[left : hit.first]):
        role = "made_whole"
    if role == "made_whole" and thief and verb.startswith(("refund", "repa", "pa")) and near & _GOODS:
        role = "returned"
    elif role == "returned" and not thief and verb.startswith(("refund", "paid", "pay")):
        role = "made_whole"
    if role == "returned" and not thief and by_office(words, hit):
        role = "recovered"
    if role == "returned" and "managed" in words[max(0, hit.first - 3) : hit.first]:
        # A thief returns; a victim manages to get its own back.
        role = "recovered"
    if role == "insured":
        return role if near & (_PAYS | _PAID) else None
    if role == "made_whole":
        if hit.phrase.startswith(_OF_MONEY) and not near & (_GOODS | _BALANCES):
            return None
        if hit.phrase.startswith(_OF_MONEY) or (near & _GOODS and near & _TAKEN):
            return role
        paid = (
            near & (_PAID | _PAYEES | _BALANCES | _OWN_MONEY)
            or hit.phrase.startswith(_PLAIN)
            or _PAID_BACK & set(words[hit.first : hit.last])
        )
        return role if paid else None
    if role == "frozen" and (near & _NO_GOODS or verb.startswith(("halt", "suspend"))):
        return None
    if near & _QUANTITY and near & _GOODS:
        return role
    return role if _has_goods(clause) else None


def _insurer_pays(words: list[str], hit: Hit, left: int, right: int) -> bool:
    """Whether an insurer does it, or it is done by, from or under an insurance."""
    if has_insurer(words[max(0, left - _REACH_OF_SUBJECT) : hit.last]):
        return True
    return any(
        has_insurer([words[place]]) and _BY & set(words[max(hit.last, place - 4) : place])
        for place in range(hit.last, right)
    )


def _has_goods(clause: list[str]) -> bool:
    """Whether the clause names the goods themselves: "the ether", "the exploiter's USDT", "everything"."""
    if {"everything", "some", "all", "most"} & set(clause) and len(clause) <= _REACH:
        return True
    return any(
        word in _GOODS and word != "it" and _DEFINITE & set(clause[max(0, place - 3) : place])
        for place, word in enumerate(clause)
    )


def _label(words: list[str], role: str, left: int, right: int) -> str:
    """What tells two claims of one role apart: whose money, or which goods."""
    if role in _SURE:
        payee = next((word for word in words[left:right] if word in _PAYEES), "")
        return f"{role} {payee}".strip()
    goods = next((word for word in words[left:right] if word in _GOODS), "")
    return f"{role} {goods}".strip()


def _hindered(sentence: Sentence, hit: Hit, role: str) -> bool:
    words = sentence.words
    left = words[max(0, hit.first - 7) : hit.first]
    if (
        (_DENIALS | _NO_PROMISE) & set(words[hit.first : hit.last])
        or _DENIALS & set(left[-6:])
        or _NO_PROMISE & set(left)
        or (_UNREAL - _reported(words, role)) & set(left[-5:])
    ):
        return True
    if not hit.phrase.startswith("no ") and "no" in left[-4:]:
        return True
    if {"if", "unless", "once"} & set(words[: hit.first]):
        return True
    if left[-1:] == ["who"] and _UNREAL & set(words[: hit.first]):
        # "nobody would be sued who returned the coins"
        return True
    if role in _SURE:
        return False
    if is_planned(words, hit):
        return True
    return any(unreal.last <= hit.first and hit.first - unreal.last <= 6 for unreal in sentence.of("unreal"))


def _reported(words: list[str], role: str) -> frozenset[str]:
    """What a promise in reported speech is written with: "said that losses would be made good"."""
    return _WOULD if role in _SURE and _SAYS & set(words) else frozenset()


def _clause_left(words: list[str], place: int, reach: int) -> int:
    first = max(0, place - reach)
    for at in range(place - 1, first - 1, -1):
        if words[at] in _LEFT_ENDS:
            return at + 1
    return first


def _clause_right(words: list[str], place: int) -> int:
    last = min(len(words), place + _REACH)
    for at in range(place, last):
        if words[at] in _RIGHT_ENDS:
            return at
    return last
