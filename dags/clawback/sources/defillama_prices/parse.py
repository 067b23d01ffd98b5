"""Prices at the end of a day, each near enough and sure enough, and what is known about the contract.

Invariants:
    Only what was asked for is taken, under the name under which it was asked: the answer's symbol decides
    nothing. A contract without an answer is a gap, which is said, never a zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from clawback.days import parse_day
from clawback.errors import ClawbackError
from clawback.sources.base import Issue, Options, ParsedPart, QuarantinedRow, cut_sample, read_bytes
from clawback.sources.defillama_prices.names import coin_name
from clawback.sources.prices import Asset, asset_of, close_of, end_of_day, price_row, read_json

MAX_BYTES: Final = 4 << 20
_MAX_DECIMALS: Final = 77
_MAX_SYMBOL: Final = 60


def parse(data: bytes | Path, options: Options, part: str, day: date | None) -> ParsedPart:
    """Read one answer; see `clawback.sources.base`."""
    parsed = ParsedPart()
    name = part.rpartition("/")[2]
    try:
        asked = parse_day(str(options["day"]))
        first = int(options["first"][name])
        texts = options["assets"][first : first + int(options["coins_of_a_request"])]
        assets = {coin_name(asset): asset for asset in (asset_of(text, name) for text in texts)}
        answer = read_json(read_bytes(data, MAX_BYTES))
        coins = answer.get("coins") if isinstance(answer, dict) else None
        if not isinstance(coins, dict):
            raise ValueError("the answer has no coins: the service has changed")
    except (ClawbackError, ValueError, KeyError) as error:
        parsed.broken = f"{name}: {error}"
        return parsed
    given = {str(coin).lower(): found for coin, found in coins.items()}
    for number, (coin, asset) in enumerate(assets.items(), start=1):
        found = given.pop(coin.lower(), None)
        if found is None:
            parsed.issues.append(Issue("warning", "price_gap", f"no price of {asset.text}", asset.text))
        else:
            _take(parsed, asset, number, found, options, asked)
    for coin in sorted(given):
        parsed.issues.append(Issue("warning", "unasked", "a price that was not asked for", coin[:120]))
    return parsed


def _take(parsed: ParsedPart, asset: Asset, number: int, found: Any, options: Options, asked: date) -> None:
    try:
        if not isinstance(found, Mapping):
            raise ValueError("no object")
        moment = found.get("timestamp")
        if not isinstance(moment, int) or isinstance(moment, bool) or not 0 < moment < 2**33:
            raise ValueError("the price has no time in seconds")
        away = abs(moment - int(end_of_day(asked).timestamp()))
        if away > int(options["width_minutes"]) * 60:
            raise ValueError(f"the price is of {away // 60} minutes from the end of {asked}")
        _require_sure(found.get("confidence"), int(options["min_confidence_percent"]))
        price = found.get("price")
        if isinstance(price, bool) or not isinstance(price, int | Decimal):
            raise ValueError("the price is no number")
        row = price_row(asset, asked, close_of(price))
    except ValueError as error:
        reason = f"{asset.text}: {error}"
        parsed.quarantined.append(QuarantinedRow("prices", number, reason, cut_sample(found), asked))
        return
    parsed.add("prices", row)
    parsed.add(
        "assets",
        {
            "chain": asset.chain,
            "asset": asset.asset,
            "symbol": _symbol(found.get("symbol")),
            "decimals": _decimals(found.get("decimals")),
        },
    )


def _require_sure(confidence: object, least: int) -> None:
    if isinstance(confidence, bool) or not isinstance(confidence, int | Decimal):
        raise ValueError("the price has no confidence")
    if confidence * 100 < least:
        raise ValueError(f"the source is sure of the price to {confidence}, less than {least} percent")


def _symbol(value: object) -> str | None:
    if not isinstance(value, str) or not value.strip() or len(value) > _MAX_SYMBOL or not value.isprintable():
        return None
    return value.strip()


def _decimals(value: object) -> int | None:
    fits = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_DECIMALS
    return int(str(value)) if fits else None
