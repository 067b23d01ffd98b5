"""The feed's rows as claims about losses and returns.

Invariants:
    A field that is gone from all rows breaks the file, a field that is new is an issue. The feed has no
    quotable text, so the snapshot's document is a canonical listing, one line a row, and every quotation is
    a piece of it. Claim ids come of (name, date, figure): the feed has no row ids.
    The same bytes give the same rows: the as-of of a return is the newest date that the feed names, never
    the time of fetching.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from clawback.claims.documents import UNHEDGED
from clawback.hashing import sha256_hex, short_hash
from clawback.sources.base import Issue, Options, ParsedPart, QuarantinedRow, Row, cut_sample, read_bytes

MAX_BYTES: Final = 64 << 20
MAX_USD: Final = 100_000_000_000
"""The largest theft on record is below 15 billion; a dump that multiplies by a million is above this."""

RETURN_CAVEAT: Final = (
    "The feed's returnedFunds may be valued at the time of return, and may mean that the firm made its"
    " customers whole rather than that anything came back."
)
_REQUIRED: Final = [
    "date",
    "name",
    "classification",
    "technique",
    "amount",
    "chain",
    "bridgeHack",
    "targetType",
    "source",
    "returnedFunds",
    "defillamaId",
    "language",
]
_OPTIONAL: Final = ("parentProtocolId",)
_DAY_SECONDS: Final = 86_400
_FIRST_SECOND: Final = 1_230_768_000  # 2009-01-01
_LAST_SECOND: Final = 4_102_444_800  # 2100-01-01
_MAX_ROWS: Final = 100_000
_MAX_TEXT: Final = 300


@dataclass(frozen=True)
class _Hack:
    number: int
    day: date
    name: str
    amount: int | None
    returned: int | None
    chains: tuple[str, ...]
    technique: str


def parse(data: bytes | Path, options: Options, part: str, day: date | None) -> ParsedPart:
    """Read a snapshot of the feed; see `clawback.sources.base`."""
    parsed = ParsedPart()
    try:
        content = read_bytes(data, MAX_BYTES)
        rows = _rows(content)
    except ValueError as error:
        parsed.broken = str(error)
        return parsed
    for field, count in sorted(_unknown_fields(rows).items()):
        parsed.issues.append(Issue("warning", "unknown_field", f"field '{field[:60]}' in {count} rows", part))
    hacks: list[_Hack] = []
    seen: set[tuple[Any, ...]] = set()
    for number, row in enumerate(rows, start=1):
        try:
            hack = _hack(number, row)
            key = (hack.day, hack.name, hack.amount, hack.returned, hack.chains, hack.technique)
            if key in seen:
                raise ValueError("the row stands twice")
            seen.add(key)
            hacks.append(hack)
        except ValueError as error:
            sample = cut_sample(json.dumps(row, sort_keys=True))
            parsed.quarantined.append(QuarantinedRow("claims", number, str(error), sample))
    if hacks:
        _write(parsed, sorted(hacks, key=_line), content)
    return parsed


def _rows(content: bytes) -> list[Any]:
    try:
        rows = json.loads(content.decode("utf-8-sig"), parse_float=_refuse, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        start = content[:60].decode("utf-8", "replace").strip()
        raise ValueError(f"the answer is no JSON ({error}); it begins with {cut_sample(start)!r}") from error
    if not isinstance(rows, list):
        raise ValueError("the answer is no list")
    if not rows:
        raise ValueError("the feed is empty")
    if len(rows) > _MAX_ROWS:
        raise ValueError(f"the feed has {len(rows)} rows")
    present: set[str] = set().union(*(row.keys() for row in rows if isinstance(row, dict)))
    if gone := [field for field in _REQUIRED if field not in present]:
        known = {*_REQUIRED, *_OPTIONAL}
        added = ", ".join(sorted(present - known)) or "none"
        raise ValueError(
            f"no row has the field {', '.join(gone)} (new fields: {added}): the feed has changed"
        )
    return rows


def _refuse(text: str) -> Any:
    raise ValueError(f"a number that is not whole: {text[:40]}")


def _unknown_fields(rows: list[Any]) -> Counter[str]:
    known = {*_REQUIRED, *_OPTIONAL}
    return Counter(field for row in rows if isinstance(row, dict) for field in row if field not in known)


def _hack(number: int, row: Any) -> _Hack:
    if not isinstance(row, dict):
        raise ValueError("the row is no object")
    if missing := [field for field in _REQUIRED if field not in row]:
        raise ValueError(f"the row lacks {', '.join(missing)}")
    seconds = row["date"]
    if not _is_int(seconds) or not _FIRST_SECOND <= seconds < _LAST_SECOND or seconds % _DAY_SECONDS:
        raise ValueError("date is no midnight in seconds")
    chains = row["chain"]
    if chains is None:
        chains = []
    if not isinstance(chains, list) or not all(isinstance(chain, str) for chain in chains):
        raise ValueError("chain is no list of names")
    if not isinstance(row["bridgeHack"], bool):
        raise ValueError("bridgeHack is neither true nor false")
    for field in ("classification", "targetType", "source", "language"):
        _text(row, field, nullable=True)
    if not (row["defillamaId"] is None or _is_int(row["defillamaId"]) or isinstance(row["defillamaId"], str)):
        raise ValueError("defillamaId is neither number nor text")
    return _Hack(
        number=number,
        day=datetime.fromtimestamp(seconds, tz=UTC).date(),
        name=_text(row, "name") or "",
        amount=_usd(row, "amount"),
        returned=_usd(row, "returnedFunds"),
        chains=tuple(_plain(chain, "chain") for chain in chains),
        technique=_text(row, "technique", nullable=True) or "",
    )


def _usd(row: dict[str, Any], field: str) -> int | None:
    value = row[field]
    if value is None:
        return None
    if not _is_int(value) or value < 0:
        raise ValueError(f"{field} is no whole number of US dollars")
    if value > MAX_USD:
        raise ValueError(f"{field} {value:.0f} is beyond {MAX_USD} US dollars: is it multiplied?")
    whole: int = value
    return whole


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _text(row: dict[str, Any], field: str, *, nullable: bool = False) -> str | None:
    value = row[field]
    if value is None and nullable:
        return None
    if not isinstance(value, str) or (not nullable and not value.strip()):
        raise ValueError(f"{field} is no text")
    return _plain(value, field)


def _plain(value: str, field: str) -> str:
    text = " ".join(value.split())
    if len(text) > _MAX_TEXT or not text.isprintable():
        raise ValueError(f"{field} is no plain text of at most {_MAX_TEXT} letters")
    return text


def _line(hack: _Hack) -> str:
    amount = "unknown" if hack.amount is None else f"{hack.amount} USD"
    returned = "" if hack.returned is None else f"; returnedFunds {hack.returned} USD"
    chains = ", ".join(hack.chains) or "no chain"
    return f"{hack.day} {hack.name} ({chains}; {hack.technique or 'no technique'}): amount {amount}{returned}"


def _write(parsed: ParsedPart, hacks: list[_Hack], content: bytes) -> None:
    newest = max(hack.day for hack in hacks)
    lines = [_line(hack) for hack in hacks]
    text = "\n".join(lines) + "\n"
    document = short_hash({"publisher": "DefiLlama", "text": text})
    parsed.add(
        "reports",
        {
            "document_id": document,
            "title": f"DefiLlama hacks feed, {len(hacks)} rows to {newest}",
            "publisher": "DefiLlama",
            "url": "https://defillama.com/hacks",
            "published_date": newest,
            "language": "en",
            "text": text,
            "sha256": sha256_hex(content),
        },
    )
    start = 0
    for hack, line in zip(hacks, lines, strict=True):
        for claim in _claims(hack, newest):
            # The figure's last occurrence: a name may hold digits, the figures stand at the end.
            quotation = claim["quotation"]
            at = start + line.rindex(quotation)
            row = {**claim, "document_id": document, "quote_start": at, "quote_end": at + len(quotation)}
            parsed.add("claims", row)
        start += len(line) + 1


def _claims(hack: _Hack, newest: date) -> list[Row]:
    claims = []
    if hack.amount:
        claims.append(_claim(hack, "loss", hack.amount, f"amount {hack.amount} USD", hack.day, None))
    if hack.returned:
        quotation = f"returnedFunds {hack.returned} USD"
        claims.append(_claim(hack, "returned", hack.returned, quotation, newest, RETURN_CAVEAT))
    return claims


def _claim(hack: _Hack, kind: str, value: int, quotation: str, as_of: date, note: str | None) -> Row:
    key = ["defillama_hacks", hack.name, hack.day.isoformat(), list(hack.chains), hack.technique, kind, value]
    return {
        "claim_id": short_hash(key),
        "incident_id": None,
        "claim_type": kind,
        "value": Decimal(value),
        "unit": "USD",
        "qualifier": "exact",
        "is_part": False,
        "victim": hack.name,
        "theft_first_date": hack.day,
        "theft_last_date": hack.day,
        "actor": None,
        "asserted_by": "DefiLlama",
        "hedge_phrase": None,
        "hedge_level": UNHEDGED,
        "as_of_date": as_of,
        "quotation": quotation,
        "rule": "defillama_hacks",
        "note": note,
        "_listed_by": "defillama",
    }
