"""One claim as lines to print: its figure, who says it and how firmly, its words, its rule, and its incident.

A release of an older version lacks some columns; what it does not hold is not told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

_MEANT: Final = {"about": "about ", "at_least": "at least ", "up_to": "up to "}


def claim_lines(claim: Mapping[str, Any], match: Mapping[str, Any] | None) -> Iterator[str]:
    """Lines of a row of `fct_claims` and its row of `fct_claim_matches`; they hold text from outside."""
    figure = figure_of(claim)
    level, phrase = claim["hedge_level"], claim["hedge_phrase"]
    hedge = f"{level} ('{phrase}')" if phrase else level
    actor = f" {claim['actor']}" if claim.get("actor") else ""
    said = f"{claim['claim_type']}{figure and f' {figure}'}{actor}"
    yield f"  {claim['as_of_date']}  {said}, asserted by {claim['asserted_by']}, {hedge}"
    yield f'    "{claim["quotation"]}"'
    yield f"    {claim['publisher']}, {claim['published_date']}  {claim['url'] or ''}"
    if claim.get("rule"):
        version = f"version {claim['document_version']}, " if claim["document_version"] > 1 else ""
        yield f"    {version}characters {claim['quote_start']} to {claim['quote_end']}; rule {claim['rule']}"
    if claim.get("withdrawn_in_version") is not None:
        was, since = claim["document_version"], claim["withdrawn_in_version"]
        yield f"    withdrawn: it stood in version {was}, version {since} no longer says it"
    if claim.get("is_part"):
        yield "    part of a total that the document gives too"
    if match is not None and match["match_method"] != "stated":
        with_what = f" with {match['matched_with']}" if match["matched_with"] else ""
        evidence = f" ({match['evidence']})" if match["evidence"] else ""
        yield f"    its incident by {match['match_method']}: {match['match_rule']}{with_what}{evidence}"


def figure_of(claim: Mapping[str, Any]) -> str:
    """The figure with its unit: `about 281,000,000 USD`, `270,000,000 to 281,000,000 USD`, or nothing."""
    value, unit = claim["value"], claim["unit"] or ""
    if value is not None:
        return f"{_MEANT.get(claim.get('qualifier') or '', '')}{_number(value)} {unit}".strip()
    if claim.get("low") is not None:
        return f"{_number(claim['low'])} to {_number(claim['high'])} {unit}".strip()
    return ""


def _number(value: Decimal) -> str:
    return f"{value.normalize():,f}"
