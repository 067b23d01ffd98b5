"""Rows of an exported file as transfers.

Invariants:
    A row is taken whole or turned away with its reason. Positions: fee 0, top-level value 1, log
    1,000,000 + its index. A row without log index is marked `_positioned: False`; the merge, which sees all
    rows of its transaction, gives it a place.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, Final

from clawback.chains.names import PACKAGED
from clawback.errors import ClawbackError
from clawback.schemas import NATIVE
from clawback.sources.base import Options, ParsedPart, QuarantinedRow, Row, cut_sample
from clawback.sources.tabular import BrokenFile, Record, Table, open_table
from clawback.sources.transfer_files.amounts import amount_of, fee_of
from clawback.sources.transfer_files.mapping import Mapping, parse_mapping
from clawback.tables.addresses import (
    ZERO_ADDRESS,
    normalise_address,
    normalise_asset,
    normalise_tx_hash,
)
from clawback.tables.exact import MAX_DECIMALS, parse_integer, parse_time
from clawback.tables.transfers import FEE, LOG_BASE, VALUE

NATIVE_COINS: Final = {
    **{chain: ("ETH", 18) for chain in PACKAGED},
    "polygon": ("POL", 18), "bsc": ("BNB", 18), "avalanche": ("AVAX", 18), "fantom": ("FTM", 18),
    "gnosis": ("XDAI", 18), "celo": ("CELO", 18),
    "bitcoin": ("BTC", 8), "litecoin": ("LTC", 8), "tron": ("TRX", 6),
}  # fmt: skip
_KINDS: Final = frozenset(["native", "internal", "token", "fee", "mint", "burn", "utxo_in", "utxo_out"])
_MAX_SYMBOL: Final = 64
_AMOUNT_COLUMNS: Final = frozenset({"amount", "amount_out", "gas_used", "gas_price", "fee"})


def parse(data: bytes | Path, options: Options, part: str, day: date | None) -> ParsedPart:
    """Read an exported file by its mapping; see `clawback.sources.base`."""
    parsed = ParsedPart()
    try:
        mapping = parse_mapping(options.get("mappings", {}).get(part), f"the mapping of {part}")
        reader = Reader(mapping, parsed, day)
        for record in open_mapped(data, mapping, part).records:
            reader.take(record)
        reader.finish()
    except BrokenFile as error:
        parsed.broken = str(error)
    except ClawbackError as error:
        parsed.broken = "; ".join(filter(None, (error.problem, error.cause, error.remedy)))
    return parsed


def open_mapped(data: bytes | Path, mapping: Mapping, part: str) -> Table:
    """Opens a file that has the columns of its mapping.

    Raises:
        BrokenFile: it is no table, or its amounts have lost digits.
        ClawbackError: its columns are not those of the mapping.
    """
    table = open_table(data, mapping.delimiter)
    mapping.check_columns(table.columns, part)
    if inexact := sorted(
        mapping.columns[name]
        for name in _AMOUNT_COLUMNS & mapping.columns.keys()
        if mapping.columns[name] in table.floats
    ):
        raise BrokenFile(f"the column '{inexact[0]}' is floating point: its amounts have lost digits")
    return table


class Reader:
    """Reads the records of a file one by one."""

    def __init__(self, mapping: Mapping, parsed: ParsedPart, day: date | None) -> None:
        self._mapping = mapping
        self._parsed = parsed
        self._day = day
        self._assets: dict[tuple[Any, ...], date] = {}
        self._seen: set[tuple[str, ...]] = set()
        self._used = sorted(mapping.columns.values())

    def take(self, record: Record) -> None:
        """Read one record: rows for the tables, or a quarantined row."""
        moment: date | None = None
        try:
            if record.problem is not None:
                raise ValueError(record.problem)
            cells = {name: record.cells[column] for name, column in self._mapping.columns.items()}
            time = parse_time(cells["block_time"], self._mapping.time_format)
            moment = time.date()
            if self._day is not None and moment != self._day:
                return
            if self._mapping.unique:
                content = tuple(record.cells[column] for column in self._used)
                if content in self._seen:
                    return
                self._seen.add(content)
            rows = self._rows(cells, self._common(cells) | {"block_time": time})
        except ValueError as error:
            self._parsed.quarantined.append(
                QuarantinedRow(
                    "transfers", record.number, str(error), cut_sample(list(record.cells.values())), moment
                )
            )
            return
        for row in rows:
            self._parsed.add("transfers", row)

    def finish(self) -> None:
        """Write down the assets that occurred, with the first day of each."""
        for (chain, asset, symbol, decimals), first in self._assets.items():
            self._parsed.add(
                "assets",
                {"chain": chain, "asset": asset, "symbol": symbol, "decimals": decimals, "_day": first},
            )

    def note_asset(self, asset: str, symbol: str, decimals: int | None, day: date) -> None:
        """Notes what a row says of its asset."""
        key = (self._mapping.chain, asset, _symbol(symbol), decimals)
        self._assets[key] = min(day, self._assets.get(key, day))

    def _common(self, cells: dict[str, str]) -> Row:
        chain = self._mapping.chain
        block_number = _whole(cells, "block_number", 2**62)
        tx_index = _whole(cells, "tx_index", 2**31 - 1)
        block_hash = cells.get("block_hash", "").strip()
        return {
            "chain": chain,
            "block_number": block_number,
            "block_hash": normalise_tx_hash(block_hash, chain) if block_hash else None,
            "tx_hash": normalise_tx_hash(cells["tx_hash"], chain),
            "tx_index": tx_index,
            "outpoint": None,
            "order_quality": "time" if block_number is None or tx_index is None else "exact",
            "_positioned": True,
        }

    def _rows(self, cells: dict[str, str], common: Row) -> list[Row]:
        ok = self._moved(cells)
        if self._mapping.rows in ("native_transactions", "internal_transfers"):
            return self._native(cells, common, ok)
        asset, decimals = self._asset(cells)
        amount = amount_of(self._mapping, cells, decimals)
        if not ok or amount == 0:
            return []
        row = {**common, "asset": asset, "amount": amount}
        if self._mapping.rows == "token_transfers":
            row |= self._token(cells, asset)
        else:
            row |= self._general(cells)
        self.note_asset(asset, cells.get("symbol", ""), decimals, common["block_time"].date())
        return [_placed(row)]

    def _native(self, cells: dict[str, str], common: Row, ok: bool) -> list[Row]:
        sender = self._address(cells["from_address"])
        # The machine of EVM chains counts in parts of 10^18, whatever the coin is called.
        coin, decimals = NATIVE_COINS.get(self._mapping.chain, (None, 18))
        scale = decimals if self._mapping.decimals is None else self._mapping.decimals
        amount = amount_of(self._mapping, cells, scale)
        rows: list[Row] = []
        base = {**common, "from_address": sender, "asset": NATIVE}
        if fee := fee_of(self._mapping, cells, scale):
            rows.append({**base, "kind": "fee", "position": FEE, "to_address": None, "amount": fee})
        if ok and amount:
            receiver = cells["to_address"].strip() or cells.get("contract_address", "").strip()
            if not receiver:
                raise ValueError("value without a receiver")
            value = {**base, "kind": "native", "position": VALUE, "to_address": self._address(receiver)}
            if self._mapping.rows == "internal_transfers":
                # Which of the transaction's calls it was, no such file says.
                value |= {"kind": "internal", "position": None}
            rows.append({**value, "amount": amount})
        self.note_asset(NATIVE, coin or "", decimals, common["block_time"].date())
        return [_placed(row) for row in rows]

    def _token(self, cells: dict[str, str], asset: str) -> Row:
        sender, receiver = self._address(cells["from_address"]), self._address(cells["to_address"])
        index = _whole(cells, "log_index", 2**40)
        kind = "mint" if sender == ZERO_ADDRESS else "burn" if receiver == ZERO_ADDRESS else "token"
        position = None if index is None else LOG_BASE + index
        if asset == NATIVE:
            # The chain's own coin moves without a log.
            kind, position = "native", None
        return {"kind": kind, "from_address": sender, "to_address": receiver, "position": position}

    def _general(self, cells: dict[str, str]) -> Row:
        kind = cells["kind"].strip()
        if kind not in _KINDS:
            raise ValueError(f"'{kind[:40]}' is no kind of transfer")
        receiver = cells["to_address"].strip()
        if (kind == "fee") != (not receiver):
            raise ValueError("a fee has no receiver, everything else has one")
        return {
            "kind": kind,
            "from_address": self._address(cells["from_address"]),
            "to_address": self._address(receiver) if receiver else None,
            "position": _whole(cells, "position", 2**62),
            "outpoint": cells.get("outpoint", "").strip() or None,
        }

    def _moved(self, cells: dict[str, str]) -> bool:
        if "status" not in cells:
            return True
        status = cells["status"].strip()
        if status in self._mapping.failed_values:
            return False
        if self._mapping.ok_values is not None and status not in self._mapping.ok_values:
            raise ValueError(f"unknown status '{status[:40]}'")
        return True

    def _address(self, text: str) -> str:
        try:
            return normalise_address(text, self._mapping.chain, self._mapping.address_form)
        except ValueError as error:
            raise ValueError(f"bad address {cut_sample(text)[:60]!r}: {error}") from error

    def _asset(self, cells: dict[str, str]) -> tuple[str, int | None]:
        text = cells["asset"]
        if text.strip().lower() in self._mapping.native_values:
            return NATIVE, NATIVE_COINS[self._mapping.chain][1]
        try:
            asset = normalise_asset(text, self._mapping.chain, self._mapping.address_form)
        except ValueError as error:
            raise ValueError(f"bad asset {cut_sample(text)[:60]!r}: {error}") from error
        if asset in self._mapping.decimals_of:
            return asset, self._mapping.decimals_of[asset]
        decimals = _whole(cells, "decimals", MAX_DECIMALS)
        return asset, self._mapping.decimals if decimals is None else decimals


def _placed(row: Row) -> Row:
    if row["position"] is not None:
        return row
    return {**row, "position": LOG_BASE, "order_quality": "time", "_positioned": False}


def _whole(cells: dict[str, str], name: str, most: int) -> int | None:
    text = cells.get(name, "").strip()
    return parse_integer(text, name, most) if text else None


def _symbol(symbol: str) -> str | None:
    # A token's own name is whatever its maker typed; what no terminal can show is not kept.
    symbol = symbol.strip()
    return symbol if symbol and symbol.isprintable() and len(symbol) <= _MAX_SYMBOL else None
