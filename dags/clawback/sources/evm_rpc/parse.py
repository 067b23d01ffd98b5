"""Blocks and receipts as transfers: fees, top-level value, ERC-20 logs.

Invariants:
    A log is an ERC-20 transfer only with three topics and 32 bytes of data: ERC-721 has the same first topic
    and four topics, and its last is an id, not an amount. A block that lacks a receipt breaks the file.
    Value moved by contracts in inner calls is not seen here; see source.yml.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from clawback.errors import ClawbackError
from clawback.schemas import MAX_AMOUNT, NATIVE
from clawback.sources.base import Options, ParsedPart, QuarantinedRow, Row, cut_sample, read_bytes
from clawback.sources.evm_rpc.rpc import quantity, results
from clawback.tables.addresses import ZERO_ADDRESS, normalise_address, normalise_tx_hash
from clawback.tables.transfers import FEE, LOG_BASE, VALUE

TRANSFER_TOPIC: Final = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
MAX_BYTES: Final = 256 << 20
MAX_INFLATED: Final = 1 << 30
_WORD: Final = 66
_PADDING: Final = "0x" + "0" * 24


def parse(data: bytes | Path, options: Options, part: str, day: date | None) -> ParsedPart:
    """Read one landed batch; see `clawback.sources.base`."""
    parsed = ParsedPart()
    try:
        found = results(_inflated(read_bytes(data, MAX_BYTES)))
        for name in sorted(found, key=lambda name: (name.partition("/")[0], int(name.partition("/")[2]))):
            kind, _, number = name.partition("/")
            if kind == "block":
                _block(parsed, options["chain"], found[name], found[f"receipts/{number}"], day)
    except ClawbackError as error:
        parsed.broken = error.problem if error.cause is None else f"{error.problem}: {error.cause}"
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        parsed.broken = f"no batch of blocks and receipts: {type(error).__name__}: {error}"
    return parsed


def _inflated(data: bytes) -> bytes:
    inflate = zlib.decompressobj(wbits=31)
    try:
        content = inflate.decompress(data, MAX_INFLATED)
    except zlib.error as error:
        raise ValueError(f"no gzip: {error}") from error
    if not inflate.eof:
        raise ValueError("the gzip file ends too early or is too large")
    return content


def _block(parsed: ParsedPart, chain: str, block: Any, receipts: Any, day: date | None) -> None:
    number = quantity(block["number"], "number")
    time = datetime.fromtimestamp(quantity(block["timestamp"], "timestamp"), tz=UTC)
    if day is not None and time.date() != day:
        return
    transactions = block["transactions"]
    by_hash = {str(receipt["transactionHash"]).lower(): receipt for receipt in receipts}
    if len(by_hash) != len(receipts) or by_hash.keys() != {str(tx["hash"]).lower() for tx in transactions}:
        raise ValueError(
            f"block {number} has {len(transactions)} transactions and {len(receipts)} receipts"
            " that do not belong together"
        )
    for transaction in transactions:
        receipt = by_hash[str(transaction["hash"]).lower()]
        common: Row = {
            "chain": chain,
            "block_number": number,
            "block_time": time,
            "block_hash": normalise_tx_hash(block["hash"], chain),
            "tx_hash": normalise_tx_hash(transaction["hash"], chain),
            "tx_index": quantity(transaction["transactionIndex"], "transactionIndex"),
            "outpoint": None,
            "order_quality": "exact",
            "_positioned": True,
        }
        if str(receipt["blockHash"]).lower() != common["block_hash"]:
            raise ValueError(f"a receipt of block {number} belongs to another block")
        _take(parsed, _fee, common, transaction, receipt)
        _take(parsed, _value, common, transaction, receipt)
        for log in receipt["logs"]:
            if log.get("removed"):
                raise ValueError(f"a log of block {number} is marked as removed: the chain was rewritten")
            _take(parsed, _token, common, log)


def _take(parsed: ParsedPart, make: Callable[..., Row | None], common: Row, *items: Any) -> None:
    try:
        row = make(common, *items)
    except ValueError as error:
        parsed.quarantined.append(
            QuarantinedRow(
                "transfers",
                common["block_number"],
                f"{common['tx_hash']}: {error}",
                cut_sample(json.dumps(items[0], sort_keys=True)),
                common["block_time"].date(),
            )
        )
        return
    if row is not None:
        parsed.add("transfers", row)


def _fee(common: Row, transaction: Any, receipt: Any) -> Row | None:
    fee = quantity(receipt["gasUsed"], "gasUsed") * quantity(
        receipt["effectiveGasPrice"], "effectiveGasPrice"
    )
    if receipt.get("blobGasUsed") is not None:
        # Blob transactions burn a second fee beside the gas.
        fee += quantity(receipt["blobGasUsed"], "blobGasUsed") * quantity(
            receipt["blobGasPrice"], "blobGasPrice"
        )
    if fee == 0:
        return None
    sender = normalise_address(transaction["from"], common["chain"])
    return {
        **common,
        "position": FEE,
        "kind": "fee",
        "from_address": sender,
        "to_address": None,
        "asset": NATIVE,
        "amount": _fitting(fee),
    }


def _value(common: Row, transaction: Any, receipt: Any) -> Row | None:
    amount = quantity(transaction["value"], "value")
    if quantity(receipt["status"], "status") != 1 or amount == 0:
        return None
    # A transaction without receiver creates a contract, which receives the value.
    receiver = transaction["to"] or receipt["contractAddress"]
    return {
        **common,
        "position": VALUE,
        "kind": "native",
        "from_address": normalise_address(transaction["from"], common["chain"]),
        "to_address": normalise_address(receiver, common["chain"]),
        "asset": NATIVE,
        "amount": _fitting(amount),
    }


def _token(common: Row, log: Any) -> Row | None:
    topics, data = log["topics"], log["data"]
    if len(topics) != 3 or topics[0] != TRANSFER_TOPIC or len(data) != _WORD:
        return None
    amount = int(data, 16)
    if amount == 0:
        return None
    sender, receiver = (_padded(topic, common["chain"]) for topic in topics[1:])
    kind = "mint" if sender == ZERO_ADDRESS else "burn" if receiver == ZERO_ADDRESS else "token"
    return {
        **common,
        "position": LOG_BASE + quantity(log["logIndex"], "logIndex"),
        "kind": kind,
        "from_address": sender,
        "to_address": receiver,
        "asset": normalise_address(log["address"], common["chain"]),
        "amount": _fitting(amount),
    }


def _padded(topic: str, chain: str) -> str:
    if len(topic) != _WORD or not topic.startswith(_PADDING):
        raise ValueError(f"the topic {topic[:70]} is no address")
    return normalise_address(f"0x{topic[len(_PADDING) :]}", chain)


def _fitting(amount: int) -> int:
    if amount > MAX_AMOUNT:
        raise ValueError(f"the amount is wider than DECIMAL(38,0): {amount}")
    return amount
