"""Which hand-made answers a figure, a date or a sentence of a document has."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from clawback.claims.figure import Figure
from clawback.claims.when import When
from tests.evaluate.corpus import Document, Label
from tests.evaluate.score import AMOUNTS

_NEAR: Final = 40
"""Characters that an answer may stand beside the date that it is about."""


def labels_of_figure(document: Document, figure: Figure) -> list[Label]:
    """The answers with this sum and unit that stand at the figure; of a range, those with its lower end."""
    return [
        label
        for label in document.labels
        if label.claim_type in AMOUNTS
        and (label.value or label.low) is not None
        and (label.unit or "").upper() == (figure.unit or "").upper()
        and Decimal(label.value or label.low or 0) == (figure.value or figure.low)
        and any(start < figure.end and figure.start < end for start, end in label.spans)
    ]


def labels_of_date(document: Document, when: When) -> list[Label]:
    """The dates of thefts that are this day, or begin with this month, and stand near it."""
    text = when.text() or ""
    return [
        label
        for label in document.labels
        if label.claim_type == "date"
        and label.value is not None
        and label.value[:10].startswith(text)
        and any(start < when.end + _NEAR and when.start - _NEAR < end for start, end in label.spans)
    ]


def is_day_of_theft(document: Document, when: When) -> bool:
    """Whether an answer is this day or in this month, wherever it stands.

    A further mention of the day of a theft is no case against it.
    """
    text = when.text() or ""
    return any(
        label.claim_type == "date" and (label.value or "")[:10].startswith(text) for label in document.labels
    )


def answer_of(labels: Sequence[Label]) -> bool | None:
    """Whether there is an answer; None where all are doubtful."""
    if labels and all(label.optional for label in labels):
        return None
    return bool(labels)
