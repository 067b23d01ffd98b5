"""Traces a folder of bulk days: reads the next day while the kernel works on this one.

Layout:
    `flows-NNNNN.parquet`: one row per transfer that carried taint and incident, ordered by incident, then as
    they happened: incident (dictionary), hop, row (of the day's table), block_number, tx_index, position,
    block_time, from_address, to_address, asset, amount, tainted_amount, outcome, theft_role.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from clawback.tracing.fast.balances import read_run, runs_before
from clawback.tracing.fast.compiled import Bytes, Limbs, Longs, Places, compiled
from clawback.tracing.fast.index import DayIndex, address_bytes
from clawback.tracing.fast.results import OUTCOMES, THEFT_ROLES
from clawback.tracing.fast.table import read_index
from clawback.tracing.fast.tracer import DayFlows, Tracer
from clawback.tracing.records import Label, Role, Transfer

if TYPE_CHECKING:
    import pyarrow as pa

ORDER_COLUMNS: Final = ("block_number", "tx_index", "position", "block_time")
WIDE: Final = ("block_number", "block_time")
COLUMNS: Final = (*ORDER_COLUMNS, "amount")
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class ReadDay:
    """A day as the tracer needs it: addresses come from its index."""

    number: int
    day: date
    index: DayIndex
    order: dict[str, Any]


def read_day(folder: Path, number: int) -> ReadDay:
    """Reads a day, half of it on a second thread."""
    import pyarrow.parquet as pq

    file = folder / f"transfers-{number:05d}.parquet"
    with pq.ParquetFile(file, memory_map=True) as opened_file:
        groups, rows = opened_file.num_row_groups, opened_file.metadata.num_rows
    amount = np.empty((rows, 2), np.uint64)
    order = {name: np.empty(rows, np.int64 if name in WIDE else np.int32) for name in ORDER_COLUMNS}

    def read(first: int, last: int) -> None:
        with pq.ParquetFile(file, memory_map=True) as part:
            place = sum(part.metadata.row_group(group).num_rows for group in range(first))
            for group in range(first, last):
                table = part.read_row_group(group, columns=list(COLUMNS), use_threads=False)
                end = place + table.num_rows
                chunk = table.column("amount").combine_chunks()
                raw = np.frombuffer(chunk.buffers()[1], np.uint64).reshape(-1, 2)
                amount[place:end] = raw[chunk.offset : chunk.offset + len(chunk)]
                for name in ORDER_COLUMNS:
                    values = table.column(name).to_numpy()
                    order[name][place:end] = values.view(np.int64) if name == "block_time" else values
                place = end

    with ThreadPoolExecutor(2) as pool:
        halves = [pool.submit(read, 0, groups // 2), pool.submit(read, groups // 2, groups)]
        for half in halves:
            half.result()
    day = (EPOCH + timedelta(microseconds=int(order["block_time"][0]))).date()
    return ReadDay(number, day, read_index(folder, number, amount), order)


class DayBook:
    """The rows of a day of which case files speak."""

    def __init__(self, chain: str, read: ReadDay) -> None:
        self._chain = chain
        self._read = read

    def words(self, rows: Longs) -> Limbs:
        """Where a transaction has no hash, its block and place stand for it."""
        order = self._read.order
        words: Limbs = order["block_number"][rows].astype(np.uint64) << np.uint64(32)
        words |= order["tx_index"][rows].astype(np.uint64)
        return words

    def named(self, words: Limbs) -> Longs:
        """Rows of the transactions that these words stand for."""
        blocks = self._read.order["block_number"]
        number = (words >> np.uint64(32)).astype(np.int64)
        first, last = np.searchsorted(blocks, number, "left"), np.searchsorted(blocks, number, "right")
        found = []
        for word, begin, end in zip(words, first.tolist(), last.tolist(), strict=True):
            if begin < end:
                found.append(begin + np.flatnonzero(self.words(np.arange(begin, end)) == word))
        rows: Longs = np.concatenate(found).astype(np.int64) if found else np.zeros(0, np.int64)
        return rows

    def within(self, rows: Longs, roles: Sequence[Role]) -> Bytes:
        """Which of the rows lie in the time of some role."""
        times = self._read.order["block_time"][rows]
        inside = np.zeros(len(rows), bool)
        for begin, end in {(role.from_time, role.to_time) for role in roles}:
            low = np.int64(0) if begin is None else (begin - EPOCH) // timedelta(microseconds=1)
            high = np.iinfo(np.int64).max if end is None else (end - EPOCH) // timedelta(microseconds=1)
            inside |= (times >= low) & (times <= high)
        return inside

    def transfers(self, first: int, last: int) -> list[Transfer]:
        """Rows from first to before last."""
        read, rows = self._read, self._read.index.rows
        keys = read.index.balances.keys
        words = self.words(np.arange(first, last))
        found = []
        for row in range(first, last):
            payer, receiver = (
                None if place < 0 else "0x" + address_bytes(keys[place : place + 1])[0].tobytes().hex()
                for place in (int(rows.payer[row]), int(rows.receiver[row]))
            )
            found.append(
                Transfer(
                    self._chain,
                    int(read.order["block_number"][row]),
                    EPOCH + timedelta(microseconds=int(read.order["block_time"][row])),
                    f"0x{int(words[row - first]):016x}",
                    int(read.order["tx_index"][row]),
                    int(read.order["position"][row]),
                    "token",
                    payer or "0x" + "0" * 40,
                    receiver or "0x" + "0" * 40,
                    "",
                    int(rows.amount[row, 0]) + (int(rows.amount[row, 1]) << 64),
                )
            )
        return found


def trace_folder(
    folder: Path,
    days: Iterable[int],
    tracer: Tracer,
    roles: Sequence[Role],
    labels: Sequence[Label],
    out: Path,
) -> Iterator[tuple[int, int]]:
    """Traces days in order; gives (day, flows) when the flows of a day are written.

    Args:
        folder: of the bulk table.
        days: numbers, one after the other.
        tracer: its state is that of the day before the first; changed in place.
        roles: of the tracer's incidents.
        labels: of services.
        out: where flows go.
    """
    numbers = list(days)
    with ThreadPoolExecutor(1) as reader, ThreadPoolExecutor(1) as writer:
        coming = reader.submit(read_day, folder, numbers[0])
        writing: Future[None] | None = None
        for place, number in enumerate(numbers):
            read = coming.result()
            if place + 1 < len(numbers):
                coming = reader.submit(read_day, folder, numbers[place + 1])
            runs = [read_run(folder, last, span) for last, span in runs_before(number)]
            flows = tracer.trace_day(read.day, read.index, DayBook(tracer.chain, read), roles, labels, runs)
            if writing is not None:
                writing.result()
            writing = writer.submit(write_flows, tracer.incidents, read, flows, out)
            yield number, len(flows.rows)
        if writing is not None:
            writing.result()


@compiled
def _by_incident(flows: Limbs, incidents: int) -> Longs:
    # A stable order by incident: few incidents, so counting sorts in two passes.
    begin = np.zeros(incidents + 1, np.int64)
    for flow in range(len(flows)):
        begin[np.int64(flows[flow, 1]) + 1] += 1
    for incident in range(incidents):
        begin[incident + 1] += begin[incident]
    order = np.empty(len(flows), np.int64)
    for flow in range(len(flows)):
        owner = np.int64(flows[flow, 1])
        order[begin[owner]] = flow
        begin[owner] += 1
    return order


@compiled
def _addresses(keys: Limbs, places: Places, rows: Longs, found: Bytes) -> None:
    for number in range(len(rows)):
        place = places[rows[number]]
        for byte in range(20):
            word = np.uint64(0) if place < 0 else keys[place, byte >> 3]
            found[number, byte] = np.uint8(word >> np.uint64(56 - 8 * (byte & 7)) & np.uint64(0xFF))


def flows_table(incidents: Sequence[str], read: ReadDay, flows: DayFlows) -> pa.Table:
    """Flows of a day as a table, by incident, then as they happened."""
    import pyarrow as pa

    made = flows.rows[_by_incident(flows.rows, len(incidents))]
    rows = made[:, 0].astype(np.int64)
    keys, day_rows = read.index.balances.keys, read.index.rows
    columns: dict[str, Any] = {
        "incident_id": _named(made[:, 1].astype(np.int32), list(incidents)),
        "hop": pa.array(made[:, 2].astype(np.int32)),
        "row": pa.array(rows.astype(np.int32)),
    }
    for name in ORDER_COLUMNS:
        columns[name] = pa.array(read.order[name][rows])
    columns["block_time"] = columns["block_time"].cast(pa.timestamp("us", tz="UTC"))
    for name, places in (("from_address", day_rows.payer), ("to_address", day_rows.receiver)):
        found = np.empty((len(rows), 20), np.uint8)
        _addresses(keys, places, rows, found)
        columns[name] = pa.FixedSizeBinaryArray.from_buffers(
            pa.binary(20), len(rows), [None, pa.py_buffer(found)]
        )
    holding = np.where(day_rows.payer[rows] >= 0, day_rows.payer[rows], day_rows.receiver[rows])
    assets = pa.array([asset.tobytes() for asset in read.index.assets], pa.binary(20))
    columns["asset"] = pa.DictionaryArray.from_arrays(pa.array(read.index.asset_of[holding]), assets)
    columns["amount"] = _decimals(day_rows.amount[rows])
    columns["tainted_amount"] = _decimals(made[:, 3:5])
    code = made[:, 5].astype(np.int32)
    columns["outcome"] = _named(code & 0xFF, [OUTCOMES.get(place, "") for place in range(16)])
    role = code >> 8 & 0xFF
    columns["theft_role"] = _named(role - 1, list(THEFT_ROLES[1:]), role == 0)
    return pa.table(columns)


def _named(places: Places, names: list[str | None], absent: Any = None) -> pa.Array:
    import pyarrow as pa

    return pa.DictionaryArray.from_arrays(pa.array(places, mask=absent), pa.array(names, pa.string()))


def _decimals(limbs: Limbs) -> pa.Array:
    import pyarrow as pa

    buffer = pa.py_buffer(np.ascontiguousarray(limbs))
    return pa.Decimal128Array.from_buffers(pa.decimal128(38, 0), len(limbs), [None, buffer])


def write_flows(incidents: Sequence[str], read: ReadDay, flows: DayFlows, out: Path) -> None:
    """Writes the flows of a day."""
    import pyarrow.parquet as pq

    pq.write_table(
        flows_table(incidents, read, flows),
        out / f"flows-{read.number:05d}.parquet",
        compression="zstd",
        compression_level=1,
        use_dictionary=["incident_id", "asset", "outcome", "theft_role", "block_number", "block_time", "hop"],
    )
