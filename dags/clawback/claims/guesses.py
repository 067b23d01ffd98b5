"""What a text lists as possible causes: none of them is said to be the one."""

from __future__ import annotations

from typing import Final

from clawback.claims.finding import Finding
from clawback.claims.layout import Kind
from clawback.claims.lexicon import word_set
from clawback.claims.reading import Reading

_POSSIBLE: Final = word_set("guesses.possible")
_MAY: Final = word_set("guesses.may")


def without_guesses(reading: Reading, findings: list[Finding]) -> list[Finding]:
    """The findings without those of a list of possible causes: "possible reasons: it may have been"."""
    return [finding for finding in findings if not _is_guess(reading, finding)]


def _is_guess(reading: Reading, finding: Finding) -> bool:
    sentence = finding.sentence
    lead = reading.lead(sentence)
    if lead is None or sentence.span.kind is not Kind.ITEM:
        return False
    return bool(_POSSIBLE & set(lead.words) and _MAY & set(sentence.words))
