"""How it was done, and how the proceeds were moved on: technique and laundering method.

A technique is a phrase of attack in a sentence that tells what happened: it has a verb of doing beside it and
gives no advice. A laundering method is a verb of moving and a service that hides, in a sentence about stolen
goods or thieves. One sentence makes at most one claim of each kind; the same method again is the same claim.
"""

from __future__ import annotations

from typing import Final

from clawback.claims.finding import Finding
from clawback.claims.layout import Kind
from clawback.claims.lexicon import word_set
from clawback.claims.phrases import FIGURE, Hit
from clawback.claims.reading import Reading, Sentence

_DOING: Final = word_set("methods.doing")
_ROOT: Final = word_set("methods.root")
_STRONG_SERVICES: Final = tuple(
    word.replace("_", " ") for word in sorted(word_set("methods.strong_services"))
)
"""Beginnings of phrases of services that hide; the others need stolen goods or thieves beside them."""

_GOODS: Final = word_set("methods.goods")
_NOT_THIEVES: Final = word_set("methods.not_thieves")
_TRANSFORMS: Final = word_set("methods.transforms")
_DIRTY: Final = frozenset({"stolen", "laundered", "launder", "laundering", "proceeds", "loot", "haul"})
_MAX_QUOTE_WORDS: Final = 30


_CLAUSE_ENDS: Final = word_set("methods.clause_ends")
_TAIL: Final = 14


_BEFORE_CLAUSE: Final = frozenset(
    {
        "that",
        "because",
        "since",
        "said",
        "says",
        "say",
        "wrote",
        "added",
        "warned",
        "noted",
        "told",
        "explained",
    }
)


def clause_start(words: list[str], first: int, limit: int) -> int:
    """Where the clause begins; unchanged where that is more than `limit` words before."""
    for place in range(first - 1, max(-2, first - limit - 2), -1):
        if place < 0 or words[place] in _CLAUSE_ENDS or words[place] in _BEFORE_CLAUSE:
            return place + 1
    return first


def clause_end(words: list[str], last: int, limit: int) -> int:
    """Where the clause ends in which a quotation stands, at most `limit` words further on."""
    for place in range(last, min(len(words), last + limit)):
        if words[place] in _CLAUSE_ENDS:
            return place
    return min(len(words), last + limit)


def techniques(reading: Reading) -> list[Finding]:
    """All techniques of a reading."""
    found = []
    about_theft = sum(len(sentence.of("event")) for sentence in (reading.title, *reading.sentences)) > 1
    for sentence in reading.sentences:
        hits = sentence.of("technique")
        if (
            not hits
            or sentence.span.kind is Kind.HEADING
            or sentence.of("advice")
            or _tells_nothing(sentence)
            or _speculative_list(reading, sentence)
        ):
            continue
        lead = reading.lead(sentence)
        rooted = (lead is not None and bool(_ROOT & set(lead.words))) or {"root", "cause"} <= set(
            sentence.words
        )
        hits = [hit for hit in hits if not _negated(sentence, hit)]
        if not rooted and not about_theft and not (sentence.of("event") or sentence.of("thief")):
            continue
        best = _strongest(sentence, hits, rooted)
        if best is None:
            continue
        hit, first, last = best
        found.append(Finding(sentence, "technique", first, last, f"technique.{hit.tag}", label=hit.tag))
    return found


def launderings(reading: Reading) -> list[Finding]:
    """All laundering methods of a reading."""
    found = []
    for sentence in reading.sentences:
        if sentence.span.kind is Kind.HEADING or sentence.of("advice"):
            continue
        best = _moved(sentence)
        if best is None:
            continue
        verb, services = best
        first = min(verb.first, services[0].first)
        first = clause_start(sentence.words, first, 4)
        last = clause_end(sentence.words, max(verb.last, services[-1].last), 4)
        label = "+".join(sorted({hit.phrase.split("|")[0] for hit in services}))
        found.append(
            Finding(
                sentence,
                "laundering_method",
                first,
                last,
                f"laundering.{verb.phrase.split('|')[0]}:{services[0].phrase.split('|')[0]}",
                label=label,
            )
        )
    return found


def _strongest(sentence: Sentence, hits: list[Hit], rooted: bool) -> tuple[Hit, int, int] | None:
    words = sentence.words
    best: tuple[int, Hit, int, int] | None = None
    for hit in hits:
        doing = [
            place
            for place in range(max(0, hit.first - 9), min(len(words), hit.last + 5))
            if words[place] in _DOING
        ]
        inside = any(words[place] in _DOING for place in range(hit.first, hit.last))
        lost = any(role.tag.startswith("loss") for role in sentence.of("role"))
        if not doing and not inside and not rooted and not lost:
            continue
        before = [place for place in doing if place < hit.first]
        after = [place for place in doing if place >= hit.last]
        first, last = hit.first, hit.last
        if before:
            first = before[-1]
            while first - 1 in doing and words[first] in {"by", "through", "via", "with", "after", "from"}:
                first -= 1
        elif after:
            last = after[0] + 1
        if (
            words[first] in {"by", "through", "via", "with", "after", "from", "since"}
            and first + 1 < hit.last
        ):
            first += 1
        first, last = clause_start(words, first, 6), clause_end(words, last, _TAIL)
        others = [
            other for other in hits if abs(other.first - hit.last) <= 4 or abs(hit.first - other.last) <= 4
        ]
        first = min([first, *(other.first for other in others)])
        last = max([last, *(other.last for other in others)])
        weight = (
            (3 if inside else 0)
            + (2 if before else 0)
            + len(others)
            - (4 if hit.tag in {"hot wallet", "contract bug"} else 0)
        )
        if last - first <= _MAX_QUOTE_WORDS and (best is None or weight > best[0]):
            best = (weight, hit, first, last)
    return None if best is None else best[1:]


def _tells_nothing(sentence: Sentence) -> bool:
    """Whether a sentence speaks of a way out, of what might happen, or of a hole named before."""
    words = set(sentence.words)
    if words & {"solution", "recovery", "despite", "patched", "fixed", "resolved"}:
        return True
    return sentence.span.kind is Kind.ITEM and bool(words & {"could", "may", "might", "can"})


def _negated(sentence: Sentence, hit: Hit) -> bool:
    """Whether it is said not to have been: "no private keys were stored", "nobody has had access"."""
    if {"never", "not", "n't", "without", "failed", "failure"} & set(sentence.words[hit.first : hit.last]):
        return False
    left = sentence.words[max(0, hit.first - 4) : hit.first]
    if hit.tag == "contract bug" and {"this", "that", "these"} & set(
        sentence.words[max(0, hit.first - 2) : hit.last]
    ):
        return True
    return bool({"no", "not", "nobody", "none", "never", "without", "n't"} & set(left))


def _speculative_list(reading: Reading, sentence: Sentence) -> bool:
    """A list of what might have been ("Several possible reasons:") tells no technique."""
    lead = reading.lead(sentence)
    return (
        lead is not None
        and bool({"possible", "potential", "several", "recommendations", "lessons"} & set(lead.words))
        and lead.span.kind is not Kind.HEADING
    )


def _moved(sentence: Sentence) -> tuple[Hit, list[Hit]] | None:
    words = sentence.words
    services = sentence.of("laundering_service")
    verbs = sentence.of("laundering_verb")
    if not services or not verbs:
        return None
    goods = bool(_GOODS & set(words)) or any(figure.unit != "%" for figure in sentence.figures.values())
    thieves = bool(sentence.of("thief") or sentence.of("actor")) or bool(_DIRTY & set(words))
    strong = [hit for hit in services if hit.phrase.startswith(_STRONG_SERVICES)]
    if not (goods or thieves) or not (strong or thieves):
        return None
    chosen = strong or services
    best: tuple[int, Hit, Hit] | None = None
    for service in chosen:
        for verb in verbs:
            if verb.first < service.last and verb.last > service.first:
                continue
            gap = service.first - verb.last if verb.last <= service.first else (verb.first - service.last) + 4
            if gap > 12 or _is_source(words, service, verb):
                continue
            if (verb.phrase.startswith("exploited") and "defi" not in service.phrase) or "message" in words:
                continue
            if verb.phrase.startswith("use|") and (verb.first > service.first or sentence.of("technique")):
                continue
            weak = verb.phrase.startswith(
                ("use", "exploited", "send", "transfer", "move", "turned", "deposit", "flowed")
            )
            rank = gap + (4 if weak and not strong else 0)
            if weak and not strong and not _weak_is_enough(service):
                continue
            if set(words[max(0, verb.first - 4) : verb.first]) & _NOT_THIEVES:
                continue
            if best is None or rank < best[0]:
                best = (rank, verb, service)
    if best is None:
        return None
    _, verb, service = best
    near = [
        hit
        for hit in chosen
        if abs(hit.first - service.first) <= 10
        and FIGURE not in words[min(hit.first, service.first) : max(hit.first, service.first)]
    ]
    first_verb = verb
    for other in verbs:
        # "converted into ETH and laundered through Tornado Cash" begins with its first verb.
        if (
            other.last <= verb.first
            and verb.first - other.last <= 14
            and other.phrase.split("|")[0] in _TRANSFORMS
        ):
            first_verb = other
            break
    return first_verb, sorted(near) or [service]


def _is_source(words: list[str], service: Hit, verb: Hit) -> bool:
    """Money that came out of a mixer to pay for the attack launders nothing."""
    left = words[max(0, service.first - 3) : service.first]
    return "from" in left and verb.first < service.first and not {"to", "into", "through", "via"} & set(left)


def _weak_is_enough(service: Hit) -> bool:
    return service.phrase.startswith(
        (
            "decentralized",
            "dex",
            "bridge",
            "cross",
            "defi",
            "' defi",
            "exchange",
            "uniswap",
            "binance",
            "several",
            "asian",
            "unhosted",
            "instant",
            "gambling",
        )
    )
