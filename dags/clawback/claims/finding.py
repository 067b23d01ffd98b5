"""What a rule finds: a claim as places in a sentence, before speaker, hedge, victim and day are added."""

from __future__ import annotations

from dataclasses import dataclass

from clawback.claims.figure import Figure
from clawback.claims.reading import Sentence


@dataclass(frozen=True)
class Finding:
    """A claim of one sentence: the words `first` up to `last` carry it.

    `actor` is who is held responsible, `stance` named, denied or unknown. `label` says in a few words what a
    claim without a figure is about; equal labels of one document are one claim. `when` is the value of a
    claim of type date. `anchor` is the word whose clause tells the speaker, where that is not `first`.
    `speaker` says it where the sentence has no verb of speech: who denies, speaks. `hedge` is the hedge
    by its words and level where the rule itself knows it: a denial, or that nobody knows.
    """

    sentence: Sentence
    claim_type: str
    first: int
    last: int
    rule: str
    figure: Figure | None = None
    actor: str | None = None
    stance: str | None = None
    label: str | None = None
    when: str | None = None
    is_part: bool = False
    victim: str | None = None
    speaker: str | None = None
    hedge: tuple[int, int, str | None] | None = None
    anchor: int | None = None
