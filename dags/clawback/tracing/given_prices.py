"""Reads daily prices that prove exchanges: exact decimals, per base unit.

Layout:
    chain, asset, day, close_usd (USD of one whole coin), and optionally decimals. A price of an asset whose
    decimals nobody says is left out: a guess would prove what is not so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from pathlib import Path

from clawback.days import parse_day
from clawback.errors import ClawbackError
from clawback.schemas import NATIVE
from clawback.sources.transfer_files.parse import NATIVE_COINS
from clawback.tables.addresses import normalise_asset
from clawback.tables.exact import MAX_DECIMALS, parse_integer, parse_number
from clawback.tracing.exchanges import Prices
from clawback.tracing.given_transfers import USD, read_records


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
        ClawbackError: A row that cannot be read; names it.
    """
    prices: dict[date, dict[tuple[str, str], Fraction]] = defaultdict(dict)
    without = 0
    for file in files:
        for record in read_records(file, ("chain", "asset", "day", "close_usd")):
            try:
                if record.problem is not None:
                    raise ValueError(record.problem)
                cells = {name: cell.strip() for name, cell in record.cells.items()}
                key = (cells["chain"], _asset(cells["asset"], cells["chain"]))
                price = parse_number(cells["close_usd"])
                if price <= 0:
                    raise ValueError("the price is not above zero")
                decimals = _decimals(cells.get("decimals", ""), key, known_decimals)
                day = parse_day(cells["day"])
            except (ValueError, ClawbackError) as error:
                raise ClawbackError(
                    "a row cannot be used",
                    where=f"{file}, row {record.number}",
                    cause=str(error).split("\n")[0],
                ) from error
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
