"""The limit that an extraction is measured against: fetch, decode into typed structs, write.

And nothing else: no check, no bytes out of hex, no order of rows, no second node; the text of the answers
as Parquet columns.
"""

from __future__ import annotations

import http.client
import json
import multiprocessing
import sys
from operator import attrgetter
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

BATCH = 10
TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"


class Log(msgspec.Struct, rename="camel", gc=False):
    """A log."""

    address: str
    topics: list[str]
    data: str
    transaction_hash: str
    log_index: str


class Transaction(msgspec.Struct, rename="camel", gc=False):
    """A transaction."""

    hash: str
    value: str
    to: str | None = None


class Receipt(msgspec.Struct, rename="camel", gc=False):
    """A receipt."""

    transaction_hash: str
    gas_used: str
    effective_gas_price: str
    logs: list[Log]


class Block(msgspec.Struct, rename="camel", gc=False):
    """A block."""

    number: str
    hash: str
    timestamp: str
    transactions: list[Transaction]


class Blocks(msgspec.Struct):
    """An answer."""

    result: Block


class Receipts(msgspec.Struct):
    """An answer."""

    result: list[Receipt]


class Logs(msgspec.Struct):
    """An answer."""

    result: list[Log]


def ask(connection: http.client.HTTPConnection, method: str, params: list[list[Any]]) -> bytes:
    """One batch."""
    calls = [{"jsonrpc": "2.0", "id": i, "method": method, "params": one} for i, one in enumerate(params)]
    connection.request("POST", "/", json.dumps(calls), {"content-type": "application/json"})
    return connection.getresponse().read()


def table(items: list[Any], names: list[str]) -> pa.Table:
    """Attributes as columns of text."""
    return pa.table({name: list(map(attrgetter(name), items)) for name in names})


def run(port: int, out: str, first: int, last: int, only_logs: bool) -> None:
    """Extract a range."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    of_blocks, of_receipts, of_logs = (msgspec.json.Decoder(list[one]) for one in (Blocks, Receipts, Logs))
    writers: dict[str, pq.ParquetWriter] = {}

    def write(name: str, rows: pa.Table) -> None:
        if name not in writers:
            writers[name] = pq.ParquetWriter(
                Path(out) / f"{name}-{first}.parquet", rows.schema, compression="zstd"
            )
        writers[name].write_table(rows)

    for start in range(first, last + 1, BATCH):
        stop = min(start + BATCH, last + 1)
        if only_logs:
            bounds = {"fromBlock": hex(start), "toBlock": hex(stop - 1), "topics": [TRANSFER]}
            logs = of_logs.decode(ask(connection, "eth_getLogs", [[bounds]]))[0].result
        else:
            blocks = of_blocks.decode(
                ask(connection, "eth_getBlockByNumber", [[hex(n), True] for n in range(start, stop)])
            )
            receipts = of_receipts.decode(
                ask(connection, "eth_getBlockReceipts", [[hex(n)] for n in range(start, stop)])
            )
            flat = [receipt for one in receipts for receipt in one.result]
            logs = [log for receipt in flat for log in receipt.logs]
            write("blocks", table([one.result for one in blocks], ["number", "hash", "timestamp"]))
            write(
                "transactions",
                table([tx for one in blocks for tx in one.result.transactions], ["hash", "value", "to"]),
            )
            write("receipts", table(flat, ["transaction_hash", "gas_used", "effective_gas_price"]))
        write("logs", table(logs, ["address", "topics", "data", "transaction_hash", "log_index"]))
    for writer in writers.values():
        writer.close()


def main(port: int, out: str, first: int, last: int, only_logs: bool) -> None:
    """Two processes, a half each."""
    middle = (first + last) // 2
    halves = [(first, middle), (middle + 1, last)]
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=run, args=(port, out, *half, only_logs)) for half in halves]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    if any(process.exitcode for process in processes):
        sys.exit("the bare client failed")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5] == "logs")
