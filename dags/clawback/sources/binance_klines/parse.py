"""Candles as closing prices: exact decimals, the candle of the day alone, finished ones alone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from clawback.days import parse_day
from clawback.errors import ClawbackError
from clawback.sources.base import Issue, Options, ParsedPart, QuarantinedRow, cut_sample, read_bytes
from clawback.sources.prices import Asset, asset_of, close_of, price_row, read_json

MAX_BYTES: Final = 1 << 20
_FIELDS: Final = 12
_OPEN_TIME, _CLOSE, _CLOSE_TIME, _TRADES = 0, 4, 6, 8
_DAY: Final = 86_400_000
_FIRST_MICROSECOND: Final = 10**14
"""Binance's files of 2025 and later count microseconds; as milliseconds they would lie beyond year 5000."""
_LAST_MILLISECOND: Final = 4_102_444_800_000


def parse(data: bytes | Path, options: Options, part: str, day: date | None) -> ParsedPart:
    """Read the answer for one market; see `clawback.sources.base`."""
    parsed = ParsedPart()
    market = part.rpartition("/")[2].removesuffix(".json")
    try:
        asset = asset_of(options["markets"][market], f"market {market}")
        asked = parse_day(str(options["day"]))
        candles = read_json(read_bytes(data, MAX_BYTES))
        if not isinstance(candles, list):
            raise ValueError(f"the answer is no list of candles: {cut_sample(candles)[:200]}")
    except (ClawbackError, ValueError, KeyError) as error:
        parsed.broken = f"{market}: {error}"
        return parsed
    for number, candle in enumerate(candles, start=1):
        _take(parsed, asset, market, number, candle, asked)
    if not parsed.rows and not parsed.quarantined and not parsed.issues:
        # A market that was not listed yet, or was closed: the price stays unknown, and somebody can see it.
        parsed.issues.append(Issue("warning", "price_gap", f"no candle of {market} on {asked}", asset.text))
    return parsed


def _take(parsed: ParsedPart, asset: Asset, market: str, number: int, candle: Any, asked: date) -> None:
    opened: date | None = None
    try:
        if not isinstance(candle, list) or len(candle) != _FIELDS:
            raise ValueError(f"a candle has {_FIELDS} fields")
        start, end = _milliseconds(candle[_OPEN_TIME]), _milliseconds(candle[_CLOSE_TIME])
        opened = datetime.fromtimestamp(start // 1000, tz=UTC).date()
        if start % _DAY or end - start != _DAY - 1:
            raise ValueError(
                f"the candle is not of one UTC day: {candle[_OPEN_TIME]} to {candle[_CLOSE_TIME]}"
            )
        if opened != asked:
            return
        if not isinstance(candle[_CLOSE], str):
            raise ValueError("the close is no text: its digits may be lost")
        if candle[_TRADES] == 0:
            parsed.issues.append(
                Issue("warning", "price_gap", f"no trade of {market} on {opened}", asset.text)
            )
            return
        parsed.add("prices", price_row(asset, opened, close_of(candle[_CLOSE])))
    except ValueError as error:
        reason = f"{market}: {error}"
        parsed.quarantined.append(QuarantinedRow("prices", number, reason, cut_sample(candle), opened))


def _milliseconds(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise ValueError(f"no time: {cut_sample(value)[:40]}")
    if value >= _FIRST_MICROSECOND:
        value //= 1000
    if value >= _LAST_MILLISECOND:
        raise ValueError(f"no time: {value}")
    return value
