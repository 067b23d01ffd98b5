"""Whether a text that is not English is about a theft, weighed by the kinds of phrases in it.

Fines, funding rounds, liquidations, drills and flaws found in time have words of money and of loss too; what
they lack is a thief, a way of theft, or a loss in the headline.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from clawback.claims.other_cues import concepts
from clawback.claims.points import points
from clawback.claims.reading import Reading

TABLE: Final = "other_scope"
FROM: Final = 130
"""Points from which a text is about a theft."""

_SHORT: Final = 2
_FROM_SHORT: Final = 60
"""Points from which so few sentences are: they have room for fewer cues."""

_OFTEN: Final = 3


def scope_cues(reading: Reading) -> set[str]:
    """The kinds of phrases of a text, how many of its sentences have them, and those of its headline."""
    cues = {f"title {kind}" for _, _, kind in concepts(reading.title)}
    often: Counter[str] = Counter()
    for sentence in reading.sentences:
        kinds = {kind for _, _, kind in concepts(sentence)}
        often.update(kinds)
        has_money = any(figure.unit != "%" for figure in sentence.figures.values())
        is_loss, is_event = "loss" in kinds, "event" in kinds
        often["loss with figure"] += has_money and is_loss
        often["event with figure"] += has_money and is_event
        often["thief acts"] += "thief" in kinds and (is_loss or is_event)
        often["house loses"] += "victim_kind" in kinds and is_loss
    for kind, count in often.items():
        if count:
            cues.add(f"in {kind}")
        if count > 1:
            cues.add(f"twice {kind}")
        if count > _OFTEN:
            cues.add(f"often {kind}")
    return cues


def is_about_theft(reading: Reading) -> bool:
    """Whether more speaks for a theft than against it."""
    least = FROM if len(reading.sentences) > _SHORT else _FROM_SHORT
    return points(TABLE).total(scope_cues(reading)) > least
