"""Groups of mentions as lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clawback.thefts.grouping import Group
from clawback.thefts.mentions import Mention
from clawback.thefts.rows import span_of


def describe(group: Group, members: Sequence[Mention], with_evidence: bool) -> Iterator[str]:
    """One line for the theft, and where wanted one for each match."""
    span = span_of(list(members))
    days = "no day" if span is None else f"{span.first}" if span.is_day else f"{span.first} to {span.last}"
    losses = sorted(member.loss for member in members if member.loss is not None)
    loss = "no figure" if not losses else f"{losses[0]:f}"
    if losses and losses[0] != losses[-1]:
        loss += f"..{losses[-1]:f}"
    names = sorted({member.name for member in members if member.name is not None})
    sources = sorted({member.source for member in members})
    yield f"{days}  {loss}  {len(members)} rows  {' = '.join(names)}  ({', '.join(sources)})"
    for match in group.matches if with_evidence else ():
        judgement = match.judgement
        yield f"    {match.left} = {match.right}: {judgement.rule} ({'; '.join(judgement.evidence)})"
