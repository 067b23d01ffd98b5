"""Reads one version of a document by rule: rows of `claims`, and sentences that a person should look at.

Invariants:
    A row quotes its text, sign by sign, at its offsets; what does not is turned away with the reason. The id
    of a claim is made of all that it says and of nothing else: neither of its place, nor of the rule that
    found it, nor of the victim that the text around it gave. So the same claim in another version of its
    document is the same claim.
    `readers_version` is another whenever a rule, a phrase or an alias is: what others read is read again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from clawback.claims.answers import as_row, fits_the_table, number
from clawback.claims.claim import Claim
from clawback.claims.extract import extract_claims
from clawback.hashing import sha256_hex, short_hash
from clawback.thefts.mentions import When, when_of

Row = dict[str, Any]

MAX_TEXT: Final = 500_000
MAX_CLAIMS: Final = 1_000
MAX_SENTENCES: Final = 1_000
NOT_IN_TEXT: Final = "the quotation does not stand in the text at its offsets"
_SAME_DAYS: Final = timedelta(days=1)
_READ_BY: Final = ("claims", "thefts")
"""Packages whose rules and words decide what is read and matched."""


@dataclass
class Found:
    """What was read out of one version, and what was turned away, with the reason."""

    claims: list[Row] = field(default_factory=list)
    sentences: list[Row] = field(default_factory=list)
    rejected: list[tuple[Row, str]] = field(default_factory=list)


def read_version(document: Mapping[str, Any], version: int) -> Found:
    """Read the claims of a version; `incident_id` is left to the matching.

    Args:
        document: a row of `documents`, or of what connectors call `reports`.
        version: of the document.
    """
    found = Found()
    text, key = document["text"], {"document_id": document["document_id"], "document_version": version}
    if len(text) > MAX_TEXT:
        found.rejected.append((key, f"the text has {len(text)} characters, at most {MAX_TEXT} are read"))
        return found
    try:
        extraction = extract_claims(
            text,
            title=document["title"],
            published=document["published_date"],
            language=document["language"],
            publisher=document["publisher"],
        )
    except (ArithmeticError, LookupError, RecursionError, TypeError, ValueError) as error:
        # The rules are many and texts come from anywhere: one that trips them must not stop the day.
        found.rejected.append((key, f"the rules could not read the text: {type(error).__name__}: {error}"))
        return found
    days = _theft_days(extraction.claims)
    ids: set[str] = set()
    for claim in extraction.claims[:MAX_CLAIMS]:
        row = {
            **key,
            **as_row(claim, published=document["published_date"], publisher=document["publisher"]),
            **_days_of(_own_day(claim) or days.get(claim.victim)),
        }
        row["claim_id"] = _claim_id(claim, row)
        if row["claim_id"] in ids:
            continue
        ids.add(row["claim_id"])
        problem = _problem(claim, row, text)
        if problem is None:
            found.claims.append(row)
        else:
            found.rejected.append((row, problem))
    if len(extraction.claims) > MAX_CLAIMS:
        found.rejected.append((key, f"{len(extraction.claims)} claims, at most {MAX_CLAIMS} are kept"))
    for unread in extraction.unread[:MAX_SENTENCES]:
        sentence = text[unread.start : unread.end]
        found.sentences.append(
            {
                **key,
                "sentence_id": short_hash([key["document_id"], unread.start, sentence, unread.reason]),
                "sentence": sentence,
                "sentence_start": unread.start,
                "sentence_end": unread.end,
                "reason": unread.reason,
            }
        )
    if len(extraction.unread) > MAX_SENTENCES:
        reason = f"{len(extraction.unread)} sentences for review, at most {MAX_SENTENCES} are kept"
        found.rejected.append((key, reason))
    return found


def stands_in(row: Mapping[str, Any], text: str) -> bool:
    """Whether a claim's quotation stands in a text at its offsets."""
    start, end = row["quote_start"], row["quote_end"]
    return bool(0 <= start < end <= len(text) and text[start:end] == row["quotation"])


@lru_cache(maxsize=1)
def readers_version() -> str:
    """Hash of the rules, phrases and aliases that read and match claims."""
    package = Path(__file__).parents[1]
    files = sorted(
        path
        for name in _READ_BY
        for path in (package / name).rglob("*")
        if path.suffix in (".py", ".txt", ".yml")
    )
    return short_hash([[str(path.relative_to(package)), sha256_hex(path.read_bytes())] for path in files])


def _problem(claim: Claim, row: Row, text: str) -> str | None:
    if not stands_in(row, text):
        return NOT_IN_TEXT
    if not all(map(fits_the_table, (claim.value, claim.low, claim.high))):
        return "the figure has too many digits"
    return None


def _theft_days(claims: Iterable[Claim]) -> dict[str | None, When]:
    """By victim the days of its theft, where the text gives one theft's days and not those of several."""
    told: defaultdict[str | None, list[When]] = defaultdict(list)
    for claim in claims:
        own = _own_day(claim)
        if own is not None:
            told[claim.victim].append(own)
    days = {}
    for victim, found in told.items():
        closest = min(found, key=lambda when: (when.last - when.first, when.first))
        if all(when.days_from(closest) <= _SAME_DAYS.days for when in found):
            days[victim] = closest
    return days


def _own_day(claim: Claim) -> When | None:
    if claim.claim_type != "date" or claim.when is None:
        return None
    return when_of(claim.when.replace("Z", "+00:00") if "T" in claim.when else claim.when)


def _days_of(when: When | None) -> Row:
    if when is None:
        return {"theft_first_date": None, "theft_last_date": None}
    return {"theft_first_date": when.first, "theft_last_date": when.last}


_SAID: Final = (
    "document_id", "claim_type", "unit", "qualifier", "is_part", "actor", "asserted_by",
    "hedge_phrase", "hedge_level", "quotation",
)  # fmt: skip


def _claim_id(claim: Claim, row: Row) -> str:
    said = {name: row[name] for name in _SAID}
    figures = {name: number(row[name]) for name in ("value", "low", "high")}
    more = {"as_of": row["as_of_date"].isoformat(), "when": claim.when, "stance": claim.actor_stance}
    return short_hash({**said, **figures, **more})
