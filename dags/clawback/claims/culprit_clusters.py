"""One culprit, one name: bare descriptions of one text are whoever it blames by a closer name.

"The defendants", "both men", "the gang" name nobody by themselves. Where the text blames somebody else of
their number, they are he; where it blames only others, they tell nothing new.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from clawback.claims.antecedents import are_many
from clawback.claims.finding import Finding
from clawback.claims.lexicon import word_set

_DEFINITE: Final = frozenset(
    {"the", "both", "each", "this", "that", "these", "those", "all", "same", "he", "she"}
)
_BARE: Final = word_set("culprits.anaphoric") | word_set("culprits.bare")


def one_name_each(findings: list[Finding]) -> list[Finding]:
    """The attributions of a text, in its order; a bare description bears the name of whom it describes."""
    known: list[tuple[int, str]] = []
    for place, finding in enumerate(findings):
        if finding.actor is not None and finding.stance == "named" and not _is_bare(finding.actor):
            known.append((place, finding.actor))
    if not known:
        return findings
    result = []
    for place, finding in enumerate(findings):
        if finding.actor is None or finding.stance == "unknown" or not _is_bare(finding.actor):
            result.append(finding)
            continue
        meant = [(at, name) for at, name in known if are_many(name) == are_many(finding.actor)]
        if not meant:
            continue
        before = [name for at, name in meant if at < place]
        name = before[-1] if before else meant[0][1]
        result.append(replace(finding, actor=name, label=f"{name.casefold()} {finding.stance}"))
    return result


def _is_bare(name: str) -> bool:
    words = name.casefold().split()
    return words[0] in _DEFINITE and all(word in _DEFINITE or word in _BARE for word in words[1:])
