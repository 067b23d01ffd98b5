"""Fetches the price of each contract of the settings at the end of a day."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

import httpx

from clawback.errors import ClawbackError
from clawback.sources.base import Context, Extraction, Options
from clawback.sources.defillama_prices.names import coin_name
from clawback.sources.prices import assets_option, end_of_day, require_over
from clawback.sources.registry import integer_option

VERSION: Final = "1"
DEFAULT_URL: Final = "https://coins.llama.fi"
DEFAULT_WIDTH_MINUTES: Final = 240
DEFAULT_CONFIDENCE: Final = 80
_COINS_OF_A_REQUEST: Final = 50
"""Coins stand in the path: a longer one is refused."""
_MINUTES_OF_A_DAY: Final = 1440


def extract(ctx: Context, day: date) -> Extraction:
    """Land one answer for each fifty contracts."""
    where = f"source '{ctx.source}'"
    require_over(day, ctx.clock(), where)
    assets = assets_option(ctx.options, where)
    width = integer_option(ctx.options, "width_minutes", DEFAULT_WIDTH_MINUTES)
    asked = int(end_of_day(day).timestamp())
    base = httpx.URL(str(ctx.options.get("url", DEFAULT_URL)))
    parts = []
    status = 200
    for index in range(0, len(assets), _COINS_OF_A_REQUEST):
        coins = ",".join(coin_name(asset) for asset in assets[index : index + _COINS_OF_A_REQUEST])
        path = f"{base.path.rstrip('/')}/prices/historical/{asked}/{coins}"
        url = base.copy_with(path=path, params={"searchWidth": f"{width}m"})
        answer = ctx.http.get(str(url))
        status = answer.status
        parts.append(ctx.land(f"part-{index // _COINS_OF_A_REQUEST:04d}.json", answer.body))
    return Extraction(
        tuple(parts),
        {"method": "GET", "host": base.host, "assets": len(assets), "timestamp": asked},
        status,
        parse_options={
            "day": day.isoformat(),
            "assets": [asset.text for asset in assets],
            "first": {
                part.key.rpartition("/")[2]: place * _COINS_OF_A_REQUEST for place, part in enumerate(parts)
            },
            "coins_of_a_request": _COINS_OF_A_REQUEST,
            "width_minutes": width,
            "min_confidence_percent": integer_option(
                ctx.options, "min_confidence_percent", DEFAULT_CONFIDENCE
            ),
        },
    )


def check_options(options: Options, base_dir: Path, where: str) -> None:
    """Check the address, the assets, and the limits."""
    url = options.get("url", DEFAULT_URL)
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise ClawbackError("the option 'url' is no http address", where=where)
    for asset in assets_option(options, where):
        coin_name(asset, where)
    if not 0 < integer_option(options, "width_minutes", DEFAULT_WIDTH_MINUTES) <= _MINUTES_OF_A_DAY:
        raise ClawbackError("width_minutes is not within a day", where=where)
    if integer_option(options, "min_confidence_percent", DEFAULT_CONFIDENCE) > 100:
        raise ClawbackError("min_confidence_percent is more than 100", where=where)
