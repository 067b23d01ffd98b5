"""Fetches the whole hacks feed: one JSON array without pages."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

import httpx

from clawback.errors import ClawbackError
from clawback.sources.base import Context, Extraction, Options

VERSION: Final = "1"
DEFAULT_URL: Final = "https://api.llama.fi/hacks"


def extract(ctx: Context, day: date) -> Extraction:
    """Land the feed as it is today; it has no history, so `day` only names the snapshot."""
    url = str(ctx.options.get("url", DEFAULT_URL))
    answer = ctx.http.get(url)
    part = ctx.land("hacks.json", answer.body)
    return Extraction((part,), {"method": "GET", "host": httpx.URL(url).host}, answer.status)


def check_options(options: Options, base_dir: Path, where: str) -> None:
    """Check that the address is one."""
    url = options.get("url", DEFAULT_URL)
    try:
        fine = isinstance(url, str) and httpx.URL(url).scheme in ("http", "https")
    except httpx.InvalidURL:
        fine = False
    if not fine:
        raise ClawbackError("the option 'url' is no http address", where=where)
