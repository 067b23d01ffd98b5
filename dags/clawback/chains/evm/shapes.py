"""The JSON of a node as typed structs: only the fields that are read, and none of them guessed.

A field without a default must be there: a renamed field is a decoding error, never a NULL. Hex stays text
here; `columns` turns whole columns of it into bytes at once, which is what makes decoding cheap.
"""

from __future__ import annotations

from typing import Any

import msgspec


class Log(msgspec.Struct, rename="camel", gc=False):
    """An event log."""

    address: str
    topics: list[str]
    data: str
    block_number: str
    block_hash: str
    transaction_hash: str
    transaction_index: str
    log_index: str
    removed: bool = False


class Transaction(msgspec.Struct, rename="camel", gc=False):
    """A transaction in a block; `to` is null where it creates a contract."""

    hash: str
    sender: str = msgspec.field(name="from")
    value: str
    block_hash: str
    block_number: str
    transaction_index: str
    to: str | None = None
    gas_price: str | None = None


class Receipt(msgspec.Struct, rename="camel", gc=False):
    """What became of a transaction. `status` is absent before Byzantium, where `root` stands instead."""

    transaction_hash: str
    transaction_index: str
    block_hash: str
    block_number: str
    gas_used: str
    logs: list[Log]
    contract_address: str | None = None
    status: str | None = None
    root: str | None = None
    effective_gas_price: str | None = None
    blob_gas_used: str | None = None
    blob_gas_price: str | None = None
    l1_fee: str | None = None
    # The rest is read by the checks of bloom and receipts root alone.
    logs_bloom: str = ""
    cumulative_gas_used: str = ""
    type: str = "0x0"


class LargeReceipt(Receipt, rename="camel", gc=False):
    """A receipt whose logs may be too many to be decoded at once: until they are, they are words."""

    logs: list[msgspec.Raw]  # type: ignore[assignment] # words, that become logs


class Header(msgspec.Struct, rename="camel", gc=False):
    """A block with the hashes of its transactions."""

    number: str
    hash: str
    parent_hash: str
    timestamp: str
    gas_used: str
    miner: str
    transactions: list[str]
    base_fee_per_gas: str | None = None
    logs_bloom: str = ""
    receipts_root: str = ""


class Block(msgspec.Struct, rename="camel", gc=False):
    """A block with its transactions."""

    number: str
    hash: str
    parent_hash: str
    timestamp: str
    gas_used: str
    miner: str
    transactions: list[Transaction]
    base_fee_per_gas: str | None = None
    logs_bloom: str = ""
    receipts_root: str = ""


class TraceAction(msgspec.Struct, rename="camel", gc=False):
    """What a trace of `trace_block` did; which fields are set depends on its type."""

    sender: str = msgspec.field(name="from", default="")
    to: str | None = None
    value: str | None = None
    call_type: str | None = None
    address: str | None = None
    refund_address: str | None = None
    balance: str | None = None
    author: str | None = None


class TraceResult(msgspec.Struct, gc=False):
    """The contract that a creating trace made."""

    address: str | None = None


class Trace(msgspec.Struct, rename="camel", gc=False):
    """One step of `trace_block`; `trace_address` is its path in the tree of calls."""

    action: TraceAction
    type: str
    block_hash: str
    trace_address: list[int]
    transaction_hash: str | None = None
    transaction_position: int | None = None
    error: str | None = None
    result: TraceResult | None = None
    subtraces: int = 0


class CallFrame(msgspec.Struct, gc=False):
    """One call of geth's callTracer, with the calls inside it.

    Of the first callTracer of geth, a SELFDESTRUCT has a type alone.
    """

    type: str
    sender: str = msgspec.field(name="from", default="")
    to: str | None = None
    value: str | None = None
    error: str | None = None
    calls: list[CallFrame] | None = None


class LargeFrame(msgspec.Struct, gc=False):
    """The same where it is too large to be decoded at once: the calls inside it are words."""

    type: str
    sender: str = msgspec.field(name="from", default="")
    to: str | None = None
    value: str | None = None
    error: str | None = None
    calls: list[msgspec.Raw] | None = None


class TracedTransaction(msgspec.Struct, rename="camel", gc=False):
    """One transaction of `debug_traceBlockByNumber`."""

    result: msgspec.Raw
    """A frame, not decoded."""
    tx_hash: str | None = None


class RpcError(msgspec.Struct):
    """A JSON-RPC error."""

    code: int = 0
    message: str = ""
    data: Any = None
