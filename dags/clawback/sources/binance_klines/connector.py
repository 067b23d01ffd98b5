"""Fetches the daily candle of each market of the settings."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

import httpx

from clawback.errors import ClawbackError
from clawback.sources.base import Context, Extraction, Options
from clawback.sources.prices import asset_of, end_of_day, require_over, text_map

VERSION: Final = "1"
DEFAULT_URL: Final = "https://api.binance.com/api/v3/klines"
_MARKET: Final = re.compile(r"[A-Z0-9]{3,20}", re.ASCII)


def extract(ctx: Context, day: date) -> Extraction:
    """Land one answer a market; a day that is not over has no close and is not asked for."""
    require_over(day, ctx.clock(), f"source '{ctx.source}'")
    markets = text_map(ctx.options, "markets", f"source '{ctx.source}'")
    url = httpx.URL(str(ctx.options.get("url", DEFAULT_URL)))
    parts = []
    status = 200
    for market in sorted(markets):
        query: dict[str, str | int] = {
            "symbol": market,
            "interval": "1d",
            "startTime": _milliseconds(end_of_day(day) - timedelta(days=1)),
            "endTime": _milliseconds(end_of_day(day)) - 1,
            "limit": 2,
        }
        answer = ctx.http.get(str(url.copy_merge_params(query)))
        status = answer.status
        parts.append(ctx.land(f"{market}.json", answer.body))
    return Extraction(
        tuple(parts),
        {"method": "GET", "host": url.host, "markets": sorted(markets)},
        status,
        parse_options={"markets": dict(markets), "day": day.isoformat()},
        expected={"answers": len(markets)},
        got={"answers": len(parts)},
    )


def check_options(options: Options, base_dir: Path, where: str) -> None:
    """Check the address, the names of the markets, and the assets that they price."""
    url = options.get("url", DEFAULT_URL)
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise ClawbackError("the option 'url' is no http address", where=where)
    assets = set()
    for market, text in text_map(options, "markets", where).items():
        if not _MARKET.fullmatch(market):
            raise ClawbackError(f"'{market[:60]}' is no market", where=where, remedy="write e.g. ETHUSDT")
        asset = asset_of(text, where)
        if asset in assets:
            raise ClawbackError(
                f"two markets price {asset.text}", where=where, remedy="keep the one that is traded most"
            )
        assets.add(asset)


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp()) * 1000
