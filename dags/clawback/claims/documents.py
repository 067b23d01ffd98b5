"""Reads a report: its text, and the claims that people found in it.

Layout:
    {"document_id": optional, "title", "publisher", "url" or null, "published": "2020-10-03",
     "language": "en", "summarised_by": optional, "text", "claims": optional [{"claim_type", "value":
     "204000000" or null, "low" and "high": optional, of a range without value, "qualifier": optional,
     "unit" or null, "incident" or null, "victim" or null, "actor" or null,
     "asserted_by", "hedge": null or {"phrase" or null, "level"}, "as_of": "2020-10-01", "quotation", "note"
     or null}]}

Invariants:
    A quotation and a hedge phrase stand in the text, sign by sign; offsets count characters. A claim that
    breaks a rule is rejected with the reason, the others go on; a broken document is rejected whole. Numbers
    are text: a JSON number would pass through a float somewhere. A report with the field `claims`, be it an
    empty list, has the claims of people and no others; a report without it has those of the rules, which read
    it where the tables are made.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final, NamedTuple

from clawback.claims.fields import ClaimRejected, Fields, Number
from clawback.claims.lexicon import word_set
from clawback.hashing import sha256_hex, short_hash
from clawback.schemas import CLAIM_TYPES, HEDGE_LEVELS, QUALIFIERS

MAX_BYTES: Final = 2_000_000
MAX_CLAIMS: Final = 1_000
MAX_TEXT: Final = 500_000
MAX_QUOTATION: Final = 500
SAMPLE_LENGTH: Final = 500
RULE: Final = "curated"
"""The rule that made these claims: a person read the text."""

UNHEDGED: Final = "confirmed"
"""Level of a claim that its source states without a hedge."""

_NEEDS_VALUE: Final = word_set("documents.needs_value")
_WHOLE_DOCUMENT: Final = 0


class Rejected(NamedTuple):
    """A claim (from 1), or the whole document (0), that was turned away."""

    row: int
    reason: str
    sample: str


@dataclass(frozen=True)
class ParsedReport:
    """One document: its row of `reports` (None when it is broken), claims as rows of `claims`, and rejects.

    A claim's `incident_id` is what the document says, unchecked; the matching turns it into a known incident.
    `has_claims` is False where the rules are to read the document.
    """

    report_row: dict[str, Any] | None
    claims: list[dict[str, Any]] = field(default_factory=list)
    has_claims: bool = True
    rejected: list[Rejected] = field(default_factory=list)


def parse_report(data: bytes, *, source: str) -> ParsedReport:
    """Read one curated report.

    Args:
        data: the file's bytes.
        source: name of the source in the settings.
    """
    try:
        fields = Fields(_read_json(data))
        row, items = _report(fields, data, source)
    except ClaimRejected as error:
        sample = data[: 4 * SAMPLE_LENGTH].decode("utf-8", "replace").replace("\x00", "\ufffd")
        reject = Rejected(_WHOLE_DOCUMENT, str(error), sample[:SAMPLE_LENGTH])
        return ParsedReport(None, rejected=[reject])
    parsed = ParsedReport(row, has_claims=items is not None)
    seen: set[str] = set()
    for number, item in enumerate(items or (), start=1):
        try:
            claim = _claim(item, row)
            if claim["claim_id"] in seen:
                raise ClaimRejected("the document makes this claim twice with the same words")
        except ClaimRejected as error:
            parsed.rejected.append(Rejected(number, str(error), _sample(item)))
            continue
        seen.add(claim["claim_id"])
        parsed.claims.append(claim)
    return parsed


def document_id(publisher: str, url: str | None, title: str, published: date) -> str:
    """The id of a document without an own key: by publisher and address, else by title and day."""
    key = {"publisher": publisher, "url": url}
    if url is None:
        key |= {"title": title, "published": published.isoformat()}
    return short_hash(key)


def _report(fields: Fields, data: bytes, source: str) -> tuple[dict[str, Any], list[Any] | None]:
    title, publisher = fields.text("title"), fields.text("publisher", limit=200)
    url, published = fields.url("url"), fields.day("published")
    own_id = fields.optional_code("document_id")
    row = {
        "document_id": own_id or document_id(publisher, url, title, published),
        "source": source,
        "title": title,
        "publisher": publisher,
        "url": url,
        "published_date": published,
        "language": fields.language("language"),
        "text": fields.text("text", limit=MAX_TEXT, lines=True),
        "sha256": sha256_hex(data),
    }
    fields.optional_text("summarised_by")
    items = fields.take("claims") if fields.holds("claims") else None
    if items is not None and not isinstance(items, list):
        raise ClaimRejected("'claims' is no list")
    if items is not None and len(items) > MAX_CLAIMS:
        raise ClaimRejected(f"{len(items)} claims, at most {MAX_CLAIMS} are read")
    fields.refuse_rest()
    return row, items


def _claim(item: Any, report: dict[str, Any]) -> dict[str, Any]:
    fields = Fields(item)
    claim_type = fields.one_of("claim_type", CLAIM_TYPES)
    value, unit = fields.figure("value"), fields.optional_code("unit", limit=20)
    low, high, qualifier = _range(fields, value)
    if value is None and low is None and claim_type in _NEEDS_VALUE:
        raise ClaimRejected(f"a claim of type '{claim_type}' needs a value")
    if (value is None and low is None) != (unit is None):
        raise ClaimRejected("value and unit go together: both or neither")
    incident, victim = fields.optional_code("incident", limit=64), fields.optional_text("victim")
    phrase, level = _hedge(fields.take("hedge"), report["text"])
    as_of = fields.day("as_of")
    if as_of > report["published_date"]:
        raise ClaimRejected(f"as of {as_of}, after the document was published")
    quotation = fields.text("quotation", limit=MAX_QUOTATION, lines=True)
    start = report["text"].find(quotation)
    if start < 0:
        raise ClaimRejected("the quotation does not stand in the text")
    row = {
        "document_id": report["document_id"],
        "incident_id": incident,
        "claim_type": claim_type,
        "value": value,
        "low": low,
        "high": high,
        "unit": unit,
        "qualifier": qualifier,
        "is_part": False,
        "victim": victim,
        "actor": fields.optional_text("actor"),
        "asserted_by": fields.text("asserted_by", limit=200),
        "hedge_phrase": phrase,
        "hedge_level": level,
        "as_of_date": as_of,
        "quotation": quotation,
        "quote_start": start,
        "quote_end": start + len(quotation),
        "rule": RULE,
        "note": fields.optional_text("note", limit=1000),
    }
    fields.refuse_rest()
    return {"claim_id": _claim_id(row), **row}


def _range(fields: Fields, value: Decimal | None) -> tuple[Decimal | None, Decimal | None, str | None]:
    low = fields.figure("low") if fields.holds("low") else None
    high = fields.figure("high") if fields.holds("high") else None
    if (low is None) != (high is None) or (low is not None and value is not None):
        raise ClaimRejected("a range has 'low' and 'high' and no 'value'")
    if low is not None and high is not None and low > high:
        raise ClaimRejected("'low' is above 'high'")
    if fields.holds("qualifier"):
        qualifier = fields.one_of("qualifier", QUALIFIERS)
        if (qualifier == "range") != (low is not None) or (value is None and low is None):
            raise ClaimRejected("the qualifier does not fit the figure")
        return low, high, qualifier
    return low, high, "range" if low is not None else None if value is None else "exact"


def _hedge(value: Any, text: str) -> tuple[str | None, str]:
    if value is None:
        return None, UNHEDGED
    fields = Fields(value)
    phrase, level = fields.optional_text("phrase", limit=MAX_QUOTATION), fields.one_of("level", HEDGE_LEVELS)
    fields.refuse_rest()
    if phrase is not None and phrase not in text:
        raise ClaimRejected("the hedge phrase does not stand in the text")
    return phrase, level


def _claim_id(row: dict[str, Any]) -> str:
    # What is claimed and where it stands. The incident is left out: a later case file may recognise more
    # claims and must not rename them.
    value = row["value"]
    ends = {name: f"{row[name].normalize():f}" for name in ("low", "high") if row[name] is not None}
    return short_hash(
        {
            **ends,
            "document_id": row["document_id"],
            "claim_type": row["claim_type"],
            "value": None if value is None else f"{value.normalize():f}",
            "unit": row["unit"],
            "actor": row["actor"],
            "asserted_by": row["asserted_by"],
            "as_of": row["as_of_date"].isoformat(),
            "quote_start": row["quote_start"],
            "quote_end": row["quote_end"],
        }
    )


def _read_json(data: bytes) -> Any:
    if len(data) > MAX_BYTES:
        raise ClaimRejected(f"the file has {len(data)} bytes, at most {MAX_BYTES} are read")
    try:
        # Numbers stay text so that a 10,000-digit integer costs nothing and no float arises.
        return json.loads(
            data.decode("utf-8-sig"),
            object_pairs_hook=_no_double_keys,
            parse_float=Number,
            parse_int=Number,
            parse_constant=Number,
        )
    except (ValueError, RecursionError) as error:
        raise ClaimRejected(f"the file is no JSON: {error}") from error


def _no_double_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return result


def _sample(item: Any) -> str:
    return json.dumps(item, ensure_ascii=True, sort_keys=True)[:SAMPLE_LENGTH]
