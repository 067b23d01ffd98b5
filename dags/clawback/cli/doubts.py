"""What speaks against a figure that is claimed, in words; and which figure is chosen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_WORDS: Final = {
    "is_self_contradiction": "the same document gives another figure",
    "is_factor_of_ten": "ten times the chosen figure, or a tenth of it",
    "is_reversed_meaning": "with the chosen figure it makes up the loss: outstanding told as recovered?",
    "is_double_counting": "another recovered figure plus what insurance paid",
    "is_impossible": "more than was stolen",
    "is_part": "part of a sum that the same document gives",
}
"""In the order of the columns of `SQL`."""

SQL: Final = (
    "select claim_id, is_chosen, chosen_rule, contradicted_by, is_self_contradiction, is_factor_of_ten,"
    " is_reversed_meaning, is_double_counting, is_impossible, is_part"
    " from fct_loss_estimates where incident_id = $incident"
)


def doubts_of(rows: list[tuple[Any, ...]]) -> dict[str, list[str]]:
    """Sentences by claim, of rows that `SQL` gives."""
    found: dict[str, list[str]] = {}
    for claim_id, is_chosen, rule, others, *flags in rows:
        said = [words for words, is_set in zip(_WORDS.values(), flags, strict=True) if is_set]
        if is_chosen:
            said.insert(0, f"chosen: {str(rule).replace('_', ' ')}")
        if others:
            said.append(f"against it: {others}")
        found[claim_id] = said
    return found


def lines_of(claim_id: str, doubts: Mapping[str, list[str]]) -> list[str]:
    """Lines to print below a claim."""
    return [f"    {words}" for words in doubts.get(claim_id, [])]
