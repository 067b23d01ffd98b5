"""What connectors of daily prices share: which assets to ask for, and exact closes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from clawback.errors import ClawbackError
from clawback.sources.base import Context, Options
from clawback.sources.registry import integer_option
from clawback.tables.addresses import EVM_CHAINS, FORMS_OF_CHAIN, normalise_asset
from clawback.tables.exact import parse_number

MAX_INTEGER_DIGITS: Final = 20
MAX_FRACTION_DIGITS: Final = 18
"""The table's close is a DECIMAL(38,18)."""
MOST_ASSETS: Final = 2_000
_MAX_JSON_NUMBER: Final = 120
_LAST_ASSET: Final = re.compile(r"[A-Za-z0-9:]{1,80}", re.ASCII)


@dataclass(frozen=True, order=True)
class Asset:
    """An asset by chain and contract; `native` for the coin."""

    chain: str
    asset: str

    @property
    def text(self) -> str:
        """The form that settings and part names use."""
        return f"{self.chain}/{self.asset}"


def assets_option(options: Options, where: str, name: str = "assets") -> list[Asset]:
    """Assets written as `chain/contract`, in their order.

    Raises:
        ClawbackError: no list, an unknown chain, no address, or one asset twice.
    """
    value = options.get(name)
    if not isinstance(value, list) or not value:
        raise ClawbackError(
            f"the option {name} names no asset",
            where=where,
            remedy=f'write e.g. {name} = ["bitcoin/native", "tron/TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"]',
        )
    found: list[Asset] = []
    for text in value:
        asset = asset_of(text, where)
        if asset in found:
            raise ClawbackError(f"the option {name} names {asset.text} twice", where=where)
        found.append(asset)
    return found


def asked_assets(ctx: Context, name: str = "assets") -> list[Asset]:
    """The assets that the settings name, then those that taint holds on the chains of the option `held`.

    Raises:
        ClawbackError: an option is wrong, or more assets are held than `most_assets`.
    """
    where = f"source '{ctx.source}'"
    listed = assets_option(ctx.options, where, name) if name in ctx.options else []
    held = [Asset(chain, asset) for chain in held_option(ctx.options, where) for asset in ctx.held(chain)]
    most = integer_option(ctx.options, "most_assets", MOST_ASSETS)
    if len(held) > most:
        raise ClawbackError(
            f"taint holds more than {most} assets",
            where=f"{where}, day {ctx.day}",
            cause="most of them may be worthless tokens that were sent to watched addresses",
            remedy="raise most_assets, or name the assets that matter in place of held",
        )
    return listed + sorted(set(held) - set(listed))


def check_asked(options: Options, where: str, name: str = "assets") -> list[Asset]:
    """Check which assets are asked for; the named ones are given.

    Raises:
        ClawbackError: neither assets are named nor chains of which the held ones are meant.
    """
    held = held_option(options, where)
    integer_option(options, "most_assets", MOST_ASSETS)
    return [] if held and name not in options else assets_option(options, where, name)


def held_option(options: Options, where: str) -> list[str]:
    """Chains of which the assets that taint holds are asked for.

    Raises:
        ClawbackError: no list of EVM chains.
    """
    value = options.get("held", [])
    if not isinstance(value, list) or not all(chain in EVM_CHAINS for chain in value):
        raise ClawbackError(
            "the option held is no list of EVM chains",
            where=where,
            remedy='write e.g. held = ["ethereum"]; chains: ' + ", ".join(sorted(EVM_CHAINS)),
        )
    return sorted(set(value))


def asset_of(text: object, where: str) -> Asset:
    """An asset out of `chain/contract`.

    Raises:
        ClawbackError: it is none.
    """
    chain, slash, name = str(text).partition("/")
    if not slash or chain not in FORMS_OF_CHAIN or not _LAST_ASSET.fullmatch(name):
        raise ClawbackError(
            f"'{str(text)[:120]}' is no asset",
            where=where,
            remedy="write chain/native or chain/contract; chains: " + ", ".join(sorted(FORMS_OF_CHAIN)),
        )
    try:
        return Asset(chain, normalise_asset(name, chain))
    except ValueError as error:
        raise ClawbackError(f"'{str(text)[:120]}' is no asset", where=where, cause=str(error)) from error


def close_of(text: object) -> Decimal:
    """A close above zero that the table can hold, digits beyond its scale cut off.

    Feeds give the digits of a binary fraction; what lies beyond 18 digits is no price.

    Raises:
        ValueError: no number, not above zero, too large, or so small that nothing of it is left.
    """
    price = parse_number(str(text))
    if price <= 0:
        raise ValueError("the price is not above zero")
    if price.adjusted() >= MAX_INTEGER_DIGITS:
        raise ValueError("the price is too large")
    whole, _, fraction = f"{price:f}".partition(".")
    cut = Decimal(f"{whole}.{fraction[:MAX_FRACTION_DIGITS] or '0'}")
    if cut == 0:
        raise ValueError(f"the price is below {MAX_FRACTION_DIGITS} fractional digits")
    return cut


def read_json(content: bytes) -> Any:
    """JSON whose numbers keep their digits: fractions as Decimal.

    Raises:
        ValueError: no JSON, nested too deep, or a number that nobody means.
    """
    try:
        return json.loads(
            content.decode("utf-8-sig"), parse_float=_number, parse_int=_whole, parse_constant=_refuse
        )
    except (ValueError, RecursionError) as error:
        start = content[:60].decode("utf-8", "replace").strip()
        raise ValueError(f"the answer is no JSON ({error}); it begins with {start!r}") from error


def end_of_day(day: date) -> datetime:
    """The first moment of the next UTC day."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)


def require_over(day: date, now: datetime, where: str) -> None:
    """A day has a close when it is over.

    Raises:
        ClawbackError: it is not over yet.
    """
    if now < end_of_day(day):
        raise ClawbackError(
            f"{day} is not over: it has no closing price yet",
            where=where,
            remedy=f"run the ingest after {end_of_day(day):%Y-%m-%d %H:%M} UTC",
        )


def price_row(asset: Asset, day: date, close: Decimal) -> dict[str, Any]:
    """A row of the table `prices`."""
    return {"chain": asset.chain, "asset": asset.asset, "day": day, "close_usd": close}


def text_map(options: Options, name: str, where: str) -> Mapping[str, str]:
    """An option that maps texts to texts.

    Raises:
        ClawbackError: it is none, or empty.
    """
    value = options.get(name)
    if (
        not isinstance(value, Mapping)
        or not value
        or not all(isinstance(key, str) and isinstance(item, str) for key, item in value.items())
    ):
        raise ClawbackError(f"the option {name} is no table of names", where=where)
    return dict(value)


def _number(text: str) -> Decimal:
    if len(text) > _MAX_JSON_NUMBER:
        raise ValueError("a number is too long")
    return Decimal(text)


def _whole(text: str) -> int:
    if len(text) > _MAX_JSON_NUMBER:
        raise ValueError("a number is too long")
    return int(text)


def _refuse(text: str) -> Any:
    raise ValueError(f"{text} is no number")
