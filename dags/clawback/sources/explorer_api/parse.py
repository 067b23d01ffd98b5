"""Rows of an explorer's lists as transfers.

Invariants:
    A transfer between two watched addresses stands in both their lists; it is taken from the payer's.
    Inner calls have no index among all calls of their transaction, and token rows mostly no log index: such
    rows are marked `_positioned: False` and matched by content with what other sources say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from clawback.days import parse_day
from clawback.errors import ClawbackError
from clawback.schemas import MAX_AMOUNT, NATIVE
from clawback.sources.base import Options, ParsedPart, QuarantinedRow, Row, cut_sample, read_bytes
from clawback.sources.explorer_api.api import outcome
from clawback.tables.addresses import ZERO_ADDRESS, normalise_address, normalise_tx_hash
from clawback.tables.exact import parse_integer
from clawback.tables.transfers import FEE, LOG_BASE, VALUE

MAX_BYTES: Final = 64 << 20
_MAX_DECIMALS: Final = 77
_MAX_SYMBOL: Final = 64
_MAX_WHOLE: Final = 10**18


def parse(data: bytes | Path, options: Options, part: str, day: date | None) -> ParsedPart:
    """Read one page; see `clawback.sources.base`."""
    parsed = ParsedPart()
    action, _, rest = part.rpartition("/")[2].partition("-")
    try:
        problem, rows = outcome(read_bytes(data, MAX_BYTES))
        if problem:
            raise ValueError(problem)
        if not isinstance(rows, list):
            raise ValueError("the result is no list")
        reader = _Reader(parsed, options, rest.partition("-")[0], options["windows"][part])
        take = {"txlist": reader.transaction, "txlistinternal": reader.inner, "tokentx": reader.token}[action]
    except (ClawbackError, ValueError, KeyError) as error:
        parsed.broken = f"{part}: {error}"
        return parsed
    for number, row in enumerate(rows, start=1):
        reader.take(number, row, take)
    return parsed


class _Reader:
    def __init__(self, parsed: ParsedPart, options: Options, address: str, window: list[int]) -> None:
        self._parsed = parsed
        self._chain = str(options["chain"])
        self._watched = frozenset(options["addresses"])
        self._address = address
        self._blocks = range(int(window[0]), int(window[1]))
        self._day = parse_day(str(options["day"]))

    def take(self, number: int, row: Any, make: Callable[[Mapping[str, Any], Row], list[Row]]) -> None:
        """Read one row: transfers, or a quarantined row."""
        try:
            if not isinstance(row, Mapping):
                raise ValueError("the row is no object")
            block = _whole(row, "blockNumber")
            if block not in self._blocks:
                return  # it stands in the next window too
            moment = datetime.fromtimestamp(_whole(row, "timeStamp"), tz=UTC)
            if moment.date() != self._day:
                raise ValueError(f"the row is of {moment:%Y-%m-%d %H:%M:%S}, not of {self._day}")
            common: Row = {
                "chain": self._chain,
                "block_number": block,
                "block_time": moment,
                "block_hash": normalise_tx_hash(row["blockHash"], self._chain)
                if row.get("blockHash")
                else None,
                "tx_hash": normalise_tx_hash(row["hash"], self._chain),
                "tx_index": _whole(row, "transactionIndex") if row.get("transactionIndex") else None,
                "outpoint": None,
                "order_quality": "exact",
                "from_address": normalise_address(row["from"], self._chain),
            }
            made = make(row, common)
        except (ValueError, KeyError, TypeError) as error:
            reason = f"{type(error).__name__}: {error}" if isinstance(error, KeyError) else str(error)
            self._parsed.quarantined.append(
                QuarantinedRow("transfers", number, reason, cut_sample(row), self._day)
            )
            return
        for transfer in made:
            if self._is_listed_here(transfer):
                self._parsed.add("transfers", transfer)

    def transaction(self, row: Mapping[str, Any], common: Row) -> list[Row]:
        """The fee, and the value where the transaction did not fail."""
        fee = _whole(row, "gasUsed") * _whole(row, "gasPrice")
        value = _units(row["value"])
        receiver = row["to"] or row["contractAddress"]
        made = []
        if fee > 0:
            made.append(
                {
                    **common,
                    "position": FEE,
                    "kind": "fee",
                    "to_address": None,
                    "asset": NATIVE,
                    "amount": _fitting(fee),
                    "_positioned": True,
                }
            )
        if value > 0 and _is_right(row):
            made.append(
                self._native(common, "native", receiver, value) | {"position": VALUE, "_positioned": True}
            )
        return made

    def inner(self, row: Mapping[str, Any], common: Row) -> list[Row]:
        """Value that a contract's call moved."""
        value = _units(row["value"])
        if value == 0 or not _is_right(row):
            return []
        receiver = row["to"] or row["contractAddress"]
        return [self._native(common, "internal", receiver, value) | {"position": 0, "_positioned": False}]

    def token(self, row: Mapping[str, Any], common: Row) -> list[Row]:
        """A token transfer, and what the explorer knows about the token."""
        asset = normalise_address(row["contractAddress"], self._chain)
        self._parsed.add(
            "assets",
            {
                "chain": self._chain,
                "asset": asset,
                "symbol": _symbol(row.get("tokenSymbol")),
                "decimals": _decimals(row.get("tokenDecimal")),
                "_day": self._day,
            },
        )
        amount = _units(row["value"])
        if amount == 0:
            return []
        receiver = normalise_address(row["to"], self._chain)
        sender = common["from_address"]
        kind = "mint" if sender == ZERO_ADDRESS else "burn" if receiver == ZERO_ADDRESS else "token"
        place: Row = {"position": 0, "_positioned": False}
        if row.get("logIndex"):
            place = {"position": LOG_BASE + _whole(row, "logIndex"), "_positioned": True}
        return [{**common, "kind": kind, "to_address": receiver, "asset": asset, "amount": amount, **place}]

    def _native(self, common: Row, kind: str, receiver: object, value: int) -> Row:
        to_address = normalise_address(str(receiver), self._chain)
        return {**common, "kind": kind, "to_address": to_address, "asset": NATIVE, "amount": value}

    def _is_listed_here(self, transfer: Row) -> bool:
        payer, receiver = transfer["from_address"], transfer["to_address"]
        if transfer["kind"] == "fee":
            # The receiver's list names the transaction too; its payer may be nobody who is watched.
            return bool(payer == self._address or payer not in self._watched)
        return bool(payer == self._address or (receiver == self._address and payer not in self._watched))


def _is_right(row: Mapping[str, Any]) -> bool:
    said = str(row["isError"])
    if said not in ("0", "1"):
        raise ValueError(f"isError is {cut_sample(said)[:20]!r}")
    return said == "0"


def _whole(row: Mapping[str, Any], name: str) -> int:
    return parse_integer(str(row[name]), name, _MAX_WHOLE)


def _units(value: object) -> int:
    text = str(value)
    if not (text.isascii() and text.isdecimal()) or len(text) > 78:
        raise ValueError(f"the value {cut_sample(text)[:90]!r} is no amount")
    return _fitting(int(text))


def _fitting(amount: int) -> int:
    if amount > MAX_AMOUNT:
        raise ValueError(f"the amount is wider than DECIMAL(38,0): {amount}")
    return amount


def _symbol(value: object) -> str | None:
    if not isinstance(value, str) or not value.strip() or len(value) > _MAX_SYMBOL or not value.isprintable():
        return None
    return value.strip()


def _decimals(value: object) -> int | None:
    text = str(value)
    fits = text.isascii() and text.isdecimal() and len(text) <= 2 and int(text) <= _MAX_DECIMALS
    return int(text) if fits else None
