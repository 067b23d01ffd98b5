"""What a line above says of the figures below it: the lead line of a list, a heading, a header of a table."""

from __future__ import annotations

from typing import Final

from clawback.claims.figure_roles import NOTHING, Governed
from clawback.claims.layout import Kind
from clawback.claims.lexicon import table
from clawback.claims.reading import Reading, Sentence

_LONG_FRAGMENT: Final = 10
_HEADINGS: Final = table("leads.heading")


def led(reading: Reading, sentence: Sentence, group: list[int], roles: dict[int, str]) -> list[Governed]:
    """The figures of a list item or of a bare fragment, with the role of the line above.

    Args:
        reading: the text.
        sentence: the item.
        group: places of its figures.
        roles: what the lines above say, by their number.
    """
    lead = reading.lead(sentence)
    if lead is None:
        return []
    is_item = sentence.span.kind is Kind.ITEM
    if not is_item and (len(sentence.words) > _LONG_FRAGMENT or lead.span.kind is not Kind.HEADING):
        return []
    if is_item and sentence.dates and min(sentence.dates) == 0:
        # A line of a chronicle tells of its own day.
        return []
    role = roles.get(lead.number) or _heading_role(lead)
    above = reading.lead(lead)
    if role is None and above is not None:
        role = roles.get(above.number) if above.span.kind is not Kind.HEADING else _heading_role(above)
    if role is None or role == NOTHING:
        return []
    return [
        Governed(sentence, word, sentence.figures[word], role, None, f"lead.{role}", is_part=is_item)
        for word in group
        if sentence.figures[word].unit != "%" or role != "loss"
    ]


def role_of_line(sentence: Sentence) -> str | None:
    """What a line without figures says of the list below it."""
    hits = [hit for hit in sentence.of("role") if not hit.tag.startswith(("move", NOTHING))]
    if not hits:
        return _heading_role(sentence) if sentence.span.kind is Kind.HEADING else None
    role = hits[-1].tag.rstrip("<>=")
    return "loss" if role in {"adjective", "amount"} else role


def _heading_role(sentence: Sentence) -> str | None:
    roles = {_HEADINGS[word] for word in sentence.words if word in _HEADINGS}
    return roles.pop() if len(roles) == 1 else None
