"""A claim as it leaves the reading of a text, and all that a text gives."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Claim:
    """One claim. Offsets count characters of the text; amounts are exact; `value` of a date is in `when`.

    `qualifier` is exact, about, at_least, up_to or range (then `low` and `high` hold, and `value` is None).
    `written` is the number as it stands where that misleads. `asserted_by` is "author" where the text names
    nobody. `victim_named` is False where the claim's own sentence leaves the victim unnamed.
    """

    claim_type: str
    value: Decimal | None
    unit: str | None
    low: Decimal | None
    high: Decimal | None
    qualifier: str | None
    written: str | None
    when: str | None
    label: str | None
    victim: str | None
    victim_named: bool
    incident: str | None
    actor: str | None
    actor_stance: str | None
    asserted_by: str
    via: tuple[str, ...]
    hedge: str | None
    hedge_level: str | None
    as_of: str | None
    as_of_phrase: str | None
    is_part: bool
    quote: str
    start: int
    end: int
    also: tuple[tuple[int, int], ...]
    rule: str
    why: tuple[str, ...]


@dataclass(frozen=True)
class Unread:
    """A sentence with money and a word of theft that no rule could read; it is for a person to look at."""

    start: int
    end: int
    reason: str


@dataclass(frozen=True)
class Extraction:
    """The claims of a text in its order, and what was left for review."""

    claims: tuple[Claim, ...]
    unread: tuple[Unread, ...]
    victim: str | None
