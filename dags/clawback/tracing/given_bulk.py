"""Writes given transfers as the bulk days of the compiled engine, and refuses what that one cannot trace.

Invariants:
    Days are those of the plain engine: time never runs backwards from block to block.
    A transaction is one place in one block, at one time, and the order of the places is that of the times;
    other rows are refused, for the two engines would put them in different orders.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from clawback.errors import ClawbackError
from clawback.schemas import NATIVE
from clawback.tables.addresses import EVM_CHAINS
from clawback.tracing.columnar.order import DAY_MICROSECONDS, lexicographic
from clawback.tracing.columnar.transfers import day_of
from clawback.tracing.fast.bulk_day import KINDS, BulkDay, in_travel_order
from clawback.tracing.fast.compiled import Bytes, Longs
from clawback.tracing.fast.table import bytes_of_hex, write_day
from clawback.tracing.given_store import GivenStore
from clawback.tracing.records import UTXO_KINDS

if TYPE_CHECKING:
    import pyarrow as pa

MOST_POSITION: Final = 2**31 - 1
ZERO_ADDRESS: Final = "0x" + "0" * 40
HASH: Final = 32
"""Bytes of a hash."""
REMEDY: Final = "trace these files with --engine plain"


def write_bulk(store: GivenStore, folder: Path, progress: Callable[[str], None]) -> tuple[str, int]:
    """Writes all transfers as bulk days, numbered from 0.

    Args:
        store: what was read.
        folder: for the days.
        progress: told of each day.

    Returns:
        The chain, and how many days there are.

    Raises:
        ClawbackError: Some row cannot be traced by the compiled engine.
    """
    chain: str | None = None
    number = 0
    for table in store.spans():
        if not table.num_rows:
            continue
        chain = _one_chain(table, chain)
        for day in _days(_in_order(_bulk(table))):
            write_day(day, folder, number)
            when = day_of(int(day.block_time[0]) // DAY_MICROSECONDS)
            progress(f"{when}: {len(day.amount)} transfers put in order")
            number += 1
    if chain is None:
        raise ClawbackError("there are no transfers", remedy="name files with transfers")
    return chain, number


def _refused(what: str, cause: str, remedy: str = REMEDY) -> ClawbackError:
    return ClawbackError(f"the compiled engine does not trace {what}", cause=cause, remedy=remedy)


def _one_chain(table: pa.Table, before: str | None) -> str:
    import pyarrow.compute as pc

    chains = sorted({*pc.unique(table.column("chain")).to_pylist(), *([] if before is None else [before])})
    if len(chains) > 1:
        raise _refused(
            "several chains at once",
            f"the files have transfers of {', '.join(chains)}",
            "trace each chain alone, or all with --engine plain",
        )
    kinds = UTXO_KINDS & set(pc.unique(table.column("kind")).to_pylist())
    if kinds:
        raise _refused("the UTXO model", f"the files have rows of kind {', '.join(sorted(kinds))}")
    if chains[0] not in EVM_CHAINS:
        raise _refused("addresses that are not 20 bytes", f"the files have transfers of {chains[0]}")
    return str(chains[0])


def _bulk(table: pa.Table) -> BulkDay:
    import pyarrow as pa
    import pyarrow.compute as pc

    unordered = pc.or_(
        pc.or_(table.column("block_number").is_null(), table.column("tx_index").is_null()),
        pc.not_equal(table.column("order_quality"), "exact"),
    )
    _require_none(table, unordered, "rows without an exact order", "its block_number, tx_index or position")
    far = pc.greater(table.column("position"), MOST_POSITION)
    _require_none(table, far, f"positions beyond {MOST_POSITION}", "its position")
    assets = table.column("asset").combine_chunks().dictionary_encode()
    names = assets.dictionary.to_pylist()
    if wrong := [name for name in names if name != NATIVE and (name == ZERO_ADDRESS or len(name) != 42)]:
        raise _refused("assets that are neither native nor a contract's 20 bytes", f"'{wrong[0]}' is one")
    no_receiver = table.column("to_address").is_null()
    kinds = table.column("kind").combine_chunks().dictionary_encode()
    places = np.array([KINDS.index(kind) for kind in kinds.dictionary.to_pylist()], np.uint8)
    return BulkDay(
        table.column("block_number").to_numpy(),
        table.column("tx_index").to_numpy().astype(np.int32),
        table.column("position").to_numpy().astype(np.int32),
        table.column("block_time").cast(pa.int64()).to_numpy(),
        _raw(table.column("from_address"), 20),
        _raw(pc.fill_null(table.column("to_address"), ZERO_ADDRESS), 20),
        assets.indices.to_numpy().astype(np.int32),
        bytes_of_hex(pa.array([ZERO_ADDRESS if name == NATIVE else name for name in names], pa.string())),
        _limbs(table.column("amount")),
        places[kinds.indices.to_numpy()],
        no_receiver.to_numpy(),
        _raw(table.column("tx_hash"), HASH),
    )


def _require_none(table: pa.Table, wrong: Any, what: str, which: str) -> None:
    import pyarrow.compute as pc

    count = pc.sum(wrong).as_py()
    if count:
        one = table.column("tx_hash").filter(wrong)[0].as_py()
        raise _refused(what, f"{count} rows, one of them in transaction {one}: {which}")


def _raw(column: pa.ChunkedArray, size: int) -> Bytes:
    import pyarrow as pa

    # Chunk by chunk: together they may be longer than one text column can be.
    chunks = [bytes_of_hex(chunk.cast(pa.string()), size) for chunk in column.chunks]
    return np.concatenate(chunks) if len(chunks) > 1 else chunks[0]


def _limbs(column: pa.ChunkedArray) -> Bytes:
    limbs = []
    for chunk in column.chunks:
        raw = np.frombuffer(chunk.buffers()[1], np.uint64).reshape(-1, 2)
        limbs.append(raw[chunk.offset : chunk.offset + len(chunk)])
    return np.concatenate(limbs)


def _in_order(rows: BulkDay) -> BulkDay:
    day = in_travel_order(rows)
    hashes = _hashes(day)
    new = (np.diff(day.block_number) != 0) | (np.diff(day.tx_index) != 0)
    # A place with two hashes, or one hash at two places.
    places = np.flatnonzero((hashes[1:] != hashes[:-1]).any(axis=1) & ~new)
    if len(places):
        raise _refused(
            "several transactions at one place",
            f"block {day.block_number[places[0]]} has several at tx_index {day.tx_index[places[0]]}",
        )
    heads = day.begins[:-1]
    twice = _first_repeated(hashes[heads])
    if twice >= 0:
        raise _refused(
            "a transaction at several places", f"{_hash_of(day, int(heads[twice]))} stands at several"
        )
    torn = np.flatnonzero((np.diff(day.block_time) != 0) & ~new)
    if len(torn):
        raise _refused("transactions of several times", f"{_hash_of(day, int(torn[0]))} has several")
    back = np.flatnonzero(np.diff(_seen(day)) < 0)
    if len(back):
        raise _refused(
            "blocks whose times contradict their order",
            f"in block {day.block_number[back[0]]} a later tx_index has an earlier time",
        )
    return day


def _seen(day: BulkDay) -> Longs:
    # The time that never runs backwards, by which the plain engine orders transactions before all else.
    order = lexicographic([day.block_number, day.block_time])
    seen: Longs = np.empty_like(day.block_time)
    seen[order] = np.maximum.accumulate(day.block_time[order])
    return seen


def _hashes(day: BulkDay) -> Longs:
    hashes: Longs = np.ascontiguousarray(day.tx_hash).view(np.int64)
    return hashes


def _first_repeated(hashes: Longs) -> int:
    # Most differ in their first eight bytes already.
    order = np.argsort(hashes[:, 0], kind="stable")
    if (np.diff(hashes[order, 0]) != 0).all():
        return -1
    order = np.lexsort(hashes.T[::-1])
    same = np.flatnonzero((hashes[order[1:]] == hashes[order[:-1]]).all(axis=1))
    return int(order[same[0] + 1]) if len(same) else -1


def _hash_of(day: BulkDay, row: int) -> str:
    raw: bytes = _hashes(day)[row].tobytes()
    return "0x" + raw.hex()


def _days(rows: BulkDay) -> Iterator[BulkDay]:
    seen = _seen(rows) // DAY_MICROSECONDS
    cuts = np.flatnonzero(np.diff(seen)) + 1
    columns = [field.name for field in fields(rows) if field.name != "assets"]
    for begin, end in zip([0, *cuts.tolist()], [*cuts.tolist(), len(seen)], strict=True):
        yield replace(rows, **{name: getattr(rows, name)[begin:end] for name in columns})
