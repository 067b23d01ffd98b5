"""Claims of one text that say the same are one claim with further places."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from clawback.claims.claim import Claim
from clawback.claims.speakers import AUTHOR
from clawback.claims.victims import UNNAMED

_OF_VICTIM: Final = frozenset(
    {"attribution", "made_whole", "returned", "recovered", "frozen", "technique", "laundering_method", "date"}
)


def merged(claims: list[Claim]) -> list[Claim]:
    """Claims that say the same again become further places of the first."""
    kept: dict[tuple[object, ...], Claim] = {}
    for claim in sorted(claims, key=lambda claim: (claim.start, claim.end)):
        key = _same(claim)
        known = kept.get(key)
        if known is None:
            kept[key] = claim
            continue
        place = (claim.start, claim.end)
        places = (*known.also, place)
        if known.asserted_by == AUTHOR and claim.asserted_by != AUTHOR:
            claim_places = ((known.start, known.end), *known.also)
            kept[key] = replace(claim, also=claim_places)
        elif (
            known.hedge_level is None
            and claim.hedge_level is not None
            and claim.asserted_by == known.asserted_by
        ):
            kept[key] = replace(claim, also=((known.start, known.end), *known.also))
        else:
            kept[key] = replace(known, also=places)
    named = {key[:-1] for key in kept if key[-1] != AUTHOR}
    return [claim for key, claim in kept.items() if key[-1] != AUTHOR or key[:-1] not in named]


def _same(claim: Claim) -> tuple[object, ...]:
    what: tuple[object, ...] = (claim.claim_type, claim.value, claim.low, claim.high, claim.unit, claim.actor)
    if claim.value is None and claim.low is None:
        victim = claim.victim if claim.claim_type in _OF_VICTIM else None
        # Two who blame the same are two claims.
        speaker = claim.asserted_by if claim.claim_type == "attribution" else None
        return (claim.claim_type, claim.label, victim, speaker)
    victim = claim.victim if claim.victim != UNNAMED else None
    return (*what, victim, claim.asserted_by)
