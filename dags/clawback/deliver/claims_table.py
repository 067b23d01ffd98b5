"""Set claims side by side so that contradictions are seen: grouped by type, ordered by value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from clawback.deliver.marts import Row
from clawback.deliver.wording import NOTHING, plain, words

MAX_CLAIMS: Final = 400
"""Of one type on the page; the mart has them all, and the page says how many it leaves out."""

_ORDER: Final = (
    "loss",
    "recovered",
    "frozen",
    "returned",
    "seized",
    "insured",
    "made_whole",
    "attribution",
    "linked_incident",
    "actor_total",
    "laundering_method",
    "technique",
    "date",
)


@dataclass(frozen=True)
class ClaimGroup:
    """All claims of one type about one incident."""

    name: str
    spread: str
    contradicts: bool
    claims: tuple[Row, ...]
    left_out: int


def group_claims(claims: Sequence[Row]) -> tuple[ClaimGroup, ...]:
    """Group the claims of one incident by type, the values of each type in order."""
    grouped: defaultdict[str, list[Row]] = defaultdict(list)
    for claim in claims:
        grouped[str(claim["claim_type"])].append(claim)
    groups = []
    for kind in sorted(grouped, key=_type_order):
        members = sorted(grouped[kind], key=_claim_order)
        spread, contradicts = _spread(members)
        groups.append(
            ClaimGroup(
                words(kind),
                spread,
                contradicts,
                tuple(members[:MAX_CLAIMS]),
                max(len(members) - MAX_CLAIMS, 0),
            )
        )
    return tuple(groups)


def figure(value: Decimal | None, unit: object) -> str:
    """Give a claim's value with its unit: 281,000,000 USD, 84%."""
    if value is None:
        return NOTHING
    number = f"{value:,f}"
    number = number.rstrip("0").rstrip(".") if "." in number else number
    if unit is None:
        return number
    return f"{number}%" if unit == "pct" else f"{number} {plain(unit, 20)}"


def _type_order(kind: str) -> tuple[int, str]:
    return (_ORDER.index(kind) if kind in _ORDER else len(_ORDER), kind)


def _claim_order(claim: Row) -> tuple[Any, ...]:
    value = claim["value"]
    return (
        str(claim["unit"] or "~"),
        value is None,
        value or Decimal(0),
        claim["as_of_date"],
        str(claim["claim_id"]),
    )


def _spread(claims: Sequence[Row]) -> tuple[str, bool]:
    values: defaultdict[str, set[Decimal]] = defaultdict(set)
    for claim in claims:
        if claim["value"] is not None:
            values[str(claim["unit"] or "")].add(claim["value"])
    said = []
    for unit, found in sorted(values.items()):
        if len(found) > 1:
            low, high = figure(min(found), None), figure(max(found), unit or None)
            said.append(f"{len(found)} different figures, {low} to {high}")
    return "; ".join(said), bool(said)
