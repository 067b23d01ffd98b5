"""Reads daily prices that prove exchanges: exact decimals, per base unit.

Layout:
    chain, asset, day, close_usd (USD of one whole coin), and optionally decimals. A price of an asset whose
    decimals nobody says is left out: a guess would prove what is not so. For the same reason a file has one
    price for an asset and a day, and all that is said of the decimals of an asset is one number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from clawback.days import parse_day
from clawback.schemas import NATIVE
from clawback.sources.transfer_files.parse import NATIVE_COINS
from clawback.tables.addresses import normalise_asset
from clawback.tables.exact import MAX_DECIMALS, parse_integer, parse_number
from clawback.tracing.exchanges import Prices
from clawback.tracing.given_forms import USD
from clawback.tracing.given_rows import Cells, read_rows


def read_prices(
    files: Sequence[Path], known_decimals: Mapping[tuple[str, str], int]
) -> tuple[dict[date, Prices], int]:
    """Reads price files.

    Args:
        files: earlier ones win.
        known_decimals: what the transfers say about assets.

    Returns:
        Prices by day, and how many rows were left out for want of decimals.

    Raises:
        ClawbackError: A row that cannot be read, or contradicts one before it; names it.
    """
    stated = dict(known_decimals)
    of_file: dict[tuple[date, tuple[str, str]], Decimal] = {}

    def read(cells: Cells) -> tuple[date, tuple[str, str], Decimal, int | None]:
        key = (cells["chain"], _asset(cells["asset"], cells["chain"]))
        price = parse_number(cells["close_usd"])
        if price <= 0:
            raise ValueError("the price is not above zero")
        day, decimals = parse_day(cells["day"]), _decimals(cells.get("decimals", ""), key, stated)
        if (before := of_file.setdefault((day, key), price)) != price:
            raise ValueError(f"another row says {before:f} USD for that asset and day")
        if decimals is not None and (told := stated.setdefault(key, decimals)) != decimals:
            raise ValueError(f"the asset has {decimals} decimals here and {told} elsewhere")
        return day, key, price, decimals

    prices: dict[date, dict[tuple[str, str], Fraction]] = defaultdict(dict)
    without = 0
    for file in files:
        of_file.clear()
        for day, key, price, decimals in read_rows(file, ("chain", "asset", "day", "close_usd"), read):
            if decimals is None:
                without += 1
            else:
                prices[day].setdefault(key, Fraction(price) / 10**decimals)
    return dict(prices), without


def _asset(text: str, chain: str) -> str:
    return USD if text == USD else normalise_asset(text, chain)


def _decimals(text: str, key: tuple[str, str], known: Mapping[tuple[str, str], int]) -> int | None:
    if text:
        return parse_integer(text, "decimals", MAX_DECIMALS)
    if key in known:
        return known[key]
    if key[1] == NATIVE and key[0] in NATIVE_COINS:
        return NATIVE_COINS[key[0]][1]
    return None
