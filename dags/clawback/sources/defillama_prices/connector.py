"""Fetches the price at the end of a day of each contract that is named in the settings or holds taint."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

import httpx

from clawback.errors import ClawbackError
from clawback.schemas import NATIVE
from clawback.sources.base import Context, Extraction, Options
from clawback.sources.defillama_prices.names import coin_name
from clawback.sources.prices import (
    Asset,
    asked_assets,
    check_asked,
    end_of_day,
    held_option,
    read_json,
    require_over,
)
from clawback.sources.registry import integer_option

VERSION: Final = "1"
DEFAULT_URL: Final = "https://coins.llama.fi"
DEFAULT_WIDTH_MINUTES: Final = 240
DEFAULT_CONFIDENCE: Final = 80
_COINS_OF_A_REQUEST: Final = 50
"""Coins stand in the path: a longer one is refused."""
_MINUTES_OF_A_DAY: Final = 1440
_SHOWN: Final = 2_000
"""Gaps that the manifest names."""


def extract(ctx: Context, day: date) -> Extraction:
    """Land one answer for each fifty contracts."""
    where = f"source '{ctx.source}'"
    require_over(day, ctx.clock(), where)
    assets = asked_assets(ctx)
    width = integer_option(ctx.options, "width_minutes", DEFAULT_WIDTH_MINUTES)
    asked = int(end_of_day(day).timestamp())
    base = httpx.URL(str(ctx.options.get("url", DEFAULT_URL)))
    parts = []
    gaps: list[str] = []
    status = 200
    for index in range(0, len(assets), _COINS_OF_A_REQUEST):
        coins = ",".join(coin_name(asset) for asset in assets[index : index + _COINS_OF_A_REQUEST])
        path = f"{base.path.rstrip('/')}/prices/historical/{asked}/{coins}"
        url = base.copy_with(path=path, params={"searchWidth": f"{width}m"})
        answer = ctx.http.get(str(url))
        status = answer.status
        parts.append(ctx.land(f"part-{index // _COINS_OF_A_REQUEST:04d}.json", answer.body))
        gaps += _gaps(answer.body, assets[index : index + _COINS_OF_A_REQUEST])
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
        extra={"asked": len(assets), "without_price": len(gaps), "gaps": gaps[:_SHOWN]},
    )


def _gaps(body: bytes, assets: Sequence[Asset]) -> list[str]:
    """Assets that an answer has no price of; what is no answer, parsing refuses."""
    try:
        coins = {str(coin).lower() for coin in read_json(body)["coins"]}
    except (ValueError, KeyError, TypeError):
        return []
    return [asset.text for asset in assets if coin_name(asset).lower() not in coins]


def check_options(options: Options, base_dir: Path, where: str) -> None:
    """Check the address, the assets, and the limits."""
    url = options.get("url", DEFAULT_URL)
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise ClawbackError("the option 'url' is no http address", where=where)
    for asset in check_asked(options, where):
        coin_name(asset, where)
    for chain in held_option(options, where):
        coin_name(Asset(chain, NATIVE), where)
    if not 0 < integer_option(options, "width_minutes", DEFAULT_WIDTH_MINUTES) <= _MINUTES_OF_A_DAY:
        raise ClawbackError("width_minutes is not within a day", where=where)
    if integer_option(options, "min_confidence_percent", DEFAULT_CONFIDENCE) > 100:
        raise ClawbackError("min_confidence_percent is more than 100", where=where)
