"""Set the parts of each stolen asset side by side in its own units, with or without a price."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from clawback.deliver.marts import Row
from clawback.deliver.wording import plain, short_address, units, units_short, words

_NO_USD: Final = {"no_price": "no price", "no_decimals": "decimals unknown", "out_of_range": "out of range"}


@dataclass(frozen=True)
class AssetPart:
    """One part of an asset."""

    name: str
    amount: str
    exact: str


@dataclass(frozen=True)
class AssetBalance:
    """Where the stolen units of one asset are."""

    symbol: str
    asset: str
    chain: str
    parts: tuple[AssetPart, ...]
    usd: Decimal | None
    why_no_usd: str


def asset_balances(rows: Sequence[Row], day: date, method: str) -> tuple[AssetBalance, ...]:
    """Give the balances of one incident's assets on a day, the most valuable first, those without value last.

    Args:
        rows: Rows of `fct_incident_balances_daily` of the incident.
        day: The day.
        method: The tracing method.
    """
    grouped: defaultdict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        if row["day"] == day and row["method"] == method:
            grouped[str(row["chain"]), str(row["asset"])].append(row)
    balances = [_balance(members) for members in grouped.values()]
    return tuple(sorted(balances, key=_worth_first))


def _balance(members: Sequence[Row]) -> AssetBalance:
    first = members[0]
    decimals = first["asset_decimals"]
    parts = tuple(
        AssetPart(
            _part_name(row["part"]), units_short(row["amount"], decimals), units(row["amount"], decimals)
        )
        for row in sorted(members, key=lambda row: (-row["amount"], str(row["part"])))
        if row["amount"] or len(members) == 1
    )
    known = [row["usd_now"] for row in members if row["usd_now"] is not None]
    return AssetBalance(
        plain(first["asset_symbol"], 20) or short_address(first["asset"]),
        plain(first["asset"], 100),
        plain(first["chain"], 40),
        parts,
        sum(known, Decimal(0)) if known else None,
        "" if known else _NO_USD.get(str(first["usd_status"]), ""),
    )


def _part_name(part: object) -> str:
    return "returned" if part == "victim" else words(part)


def _worth_first(balance: AssetBalance) -> tuple[bool, Decimal, str, str]:
    return (balance.usd is None, -(balance.usd or Decimal(0)), balance.chain, balance.asset)
