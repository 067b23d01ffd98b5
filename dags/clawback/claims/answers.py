"""An extracted claim as an object for a file, and as a row of the table `claims`."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from clawback.claims.claim import Claim
from clawback.claims.speakers import AUTHOR

MAX_DECIMALS: Final = 8
MAX_WHOLE_DIGITS: Final = 30
UNHEDGED: Final = "confirmed"
"""Level of a claim that its source states without a hedge, or with words of quantity alone."""


def as_object(claim: Claim, document: str) -> dict[str, Any]:
    """The claim as one JSON object; numbers are text, exactly as large as they were read."""
    return {
        "document": document,
        "incident": claim.incident,
        "victim": claim.victim,
        "victim_named": claim.victim_named,
        "claim_type": claim.claim_type,
        "value": claim.when if claim.claim_type == "date" else number(claim.value),
        "unit": claim.unit,
        "qualifier": claim.qualifier,
        "low": number(claim.low),
        "high": number(claim.high),
        "written": claim.written,
        "actor": claim.actor,
        "actor_stance": claim.actor_stance,
        "asserted_by": claim.asserted_by,
        "via": list(claim.via),
        "hedge": claim.hedge,
        "hedge_level": claim.hedge_level,
        "as_of": claim.as_of,
        "as_of_phrase": claim.as_of_phrase,
        "part": claim.is_part,
        "quote": claim.quote,
        "start": claim.start,
        "end": claim.end,
        "also": [list(place) for place in claim.also],
        "rule": claim.rule,
    }


def as_row(claim: Claim, *, published: date, publisher: str) -> dict[str, Any]:
    """The claim as a row of `claims`, without its ids.

    A range has low and high and no value. A part of a total says so, that nothing counts it beside its
    total. The article's own claims are the publisher's.
    """
    denied = claim.actor_stance == "denied"
    figure = claim.value is not None or claim.low is not None
    return {
        "claim_type": claim.claim_type,
        "value": claim.value,
        "low": claim.low,
        "high": claim.high,
        "unit": None if not figure else "pct" if claim.unit == "%" else claim.unit,
        "qualifier": claim.qualifier if figure else None,
        "is_part": claim.is_part,
        "victim": claim.victim,
        "actor": claim.actor,
        "asserted_by": publisher if claim.asserted_by == AUTHOR else claim.asserted_by,
        "hedge_phrase": claim.hedge,
        "hedge_level": "denied" if denied else claim.hedge_level or UNHEDGED,
        "as_of_date": as_of_day(claim, published),
        "quotation": claim.quote,
        "quote_start": claim.start,
        "quote_end": claim.end,
        "rule": claim.rule,
        "note": _note(claim),
    }


def as_of_day(claim: Claim, published: date) -> date:
    """The last day of the time for which a claim holds; the day of publication where the text gives none."""
    last = _last_day(claim.as_of) if claim.as_of is not None else published
    return min(last, published)


def fits_the_table(value: Decimal | None) -> bool:
    """Whether the table's column holds a figure exactly."""
    if value is None:
        return True
    digits, exponent = len(value.as_tuple().digits), value.as_tuple().exponent
    if not isinstance(exponent, int):
        return False
    return -exponent <= MAX_DECIMALS and digits + exponent <= MAX_WHOLE_DIGITS


def number(value: Decimal | None) -> str | None:
    """An exact number as plain text, or None."""
    return None if value is None else f"{value:f}"


def _last_day(text: str) -> date:
    text = text.rpartition("/")[2]
    if len(text) == 4:
        return date(int(text), 12, 31)
    if len(text) == 7:
        first = date(int(text[:4]), int(text[5:]), 1)
        return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return date.fromisoformat(text)


def _note(claim: Claim) -> str | None:
    told = []
    if claim.written is not None:
        told.append(f"written {claim.written}")
    if claim.claim_type == "date" and claim.when is not None:
        told.append(f"theft on {claim.when}")
    if claim.actor_stance == "unknown":
        told.append("the culprit is said to be unknown")
    if claim.via:
        told.append(f"through {', '.join(claim.via)}")
    if claim.also:
        told.append(f"said {len(claim.also) + 1} times")
    return "; ".join(told)[:1000] or None
