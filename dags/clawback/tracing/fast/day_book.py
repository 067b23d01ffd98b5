"""A bulk day as it is read from its folder, and its rows as records for those who ask for a few."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np

from clawback.tracing.fast.balances import opened
from clawback.tracing.fast.bulk_day import KINDS, TOKEN, name_of_asset
from clawback.tracing.fast.compiled import Bytes, Limbs, Longs
from clawback.tracing.fast.desk import sink_place
from clawback.tracing.fast.index import DayIndex
from clawback.tracing.fast.table import read_index
from clawback.tracing.records import Role, Transfer
from clawback.tracing.sinks import BURNED

ORDER_COLUMNS: Final = ("block_number", "tx_index", "position", "block_time")
WIDE: Final = ("block_number", "block_time")
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
ZERO_ADDRESS: Final = "0x" + "0" * 40
BURNED_PLACE: Final = sink_place(BURNED)


@dataclass(frozen=True)
class ReadDay:
    """A day as the tracer needs it: addresses and amounts come from its index."""

    folder: Path
    number: int
    day: date
    index: DayIndex
    blocks: tuple[int, int]
    """The first and the last."""
    reading: tuple[Future[None], ...]
    columns: dict[str, Any]

    @cached_property
    def order(self) -> dict[str, Any]:
        """Where and when each transfer happened, by `ORDER_COLUMNS`; waits until they have been read."""
        for part in self.reading:
            part.result()
        return self.columns

    @cached_property
    def kind(self) -> Bytes | None:
        """Kinds of all rows, as places among `KINDS`; none where all are `token`. Read when asked for."""
        column = self._column("kind")
        if column is None:
            return None
        known = [KINDS.index(name) for name in column.dictionary.to_pylist()]
        kinds: Bytes = np.array(known, np.uint8)[column.indices.to_numpy()]
        return kinds

    @cached_property
    def tx_hash(self) -> Bytes | None:
        """Hashes of all rows, 32 bytes each; none where the table has none. Read when asked for."""
        column = self._column("tx_hash")
        if column is None:
            return None
        hashes: Bytes = np.frombuffer(column.buffers()[1], np.uint8).reshape(-1, 32)
        return hashes[column.offset : column.offset + len(column)]

    @cached_property
    def addresses(self) -> dict[str, Any]:
        """from_address and to_address of all rows as the table has them. Read when asked for."""
        return {name: self._column(name) for name in ("from_address", "to_address")}

    @cached_property
    def hashes(self) -> tuple[Limbs, Longs, Longs] | None:
        """The word of each transaction's hash, sorted, its first row and one behind the last."""
        words, rows, ends = (
            self.folder / f"index-{self.number:05d}-hash_{name}.npy" for name in ("words", "rows", "ends")
        )
        return (opened(words), opened(rows), opened(ends)) if words.exists() else None

    def _column(self, name: str) -> Any:
        import pyarrow.parquet as pq

        with pq.ParquetFile(self.folder / f"transfers-{self.number:05d}.parquet", memory_map=True) as file:
            if name not in file.schema_arrow.names:
                return None
            column = file.read([name], use_threads=False).column(0)
        return column.unify_dictionaries().combine_chunks() if name == "kind" else column.combine_chunks()


def read_day(folder: Path, number: int) -> ReadDay:
    """Opens a day; where and when its transfers happened is read on two threads while others go on."""
    import pyarrow.parquet as pq

    file = folder / f"transfers-{number:05d}.parquet"
    with pq.ParquetFile(file, memory_map=True) as opened_file:
        metadata = opened_file.metadata
        place = opened_file.schema_arrow.names.index("block_time")
        day = metadata.row_group(0).column(place).statistics.min.date()
        place = opened_file.schema_arrow.names.index("block_number")
        numbers = [
            metadata.row_group(group).column(place).statistics for group in range(metadata.num_row_groups)
        ]
    groups, rows = metadata.num_row_groups, metadata.num_rows
    order = {name: np.empty(rows, np.int64 if name in WIDE else np.int32) for name in ORDER_COLUMNS}

    def read(first: int, last: int) -> None:
        with pq.ParquetFile(file, memory_map=True) as part:
            place = sum(metadata.row_group(group).num_rows for group in range(first))
            for group in range(first, last):
                table = part.read_row_group(group, columns=list(ORDER_COLUMNS), use_threads=False)
                end = place + table.num_rows
                for name in ORDER_COLUMNS:
                    values = table.column(name).to_numpy()
                    order[name][place:end] = values.view(np.int64) if name == "block_time" else values
                place = end

    with_two = ThreadPoolExecutor(2)
    halves = (with_two.submit(read, 0, groups // 2), with_two.submit(read, groups // 2, groups))
    with_two.shutdown(wait=False)
    blocks = (numbers[0].min, numbers[-1].max)
    return ReadDay(folder, number, day, read_index(folder, number), blocks, halves, order)


class DayBook:
    """The rows of a day of which case files speak."""

    def __init__(self, chain: str, read: ReadDay) -> None:
        self._chain = chain
        self._read = read

    def _words(self, rows: Longs) -> Limbs:
        # Where a transaction has no hash, its block and place stand for it.
        order = self._read.order
        words: Limbs = order["block_number"][rows].astype(np.uint64) << np.uint64(32)
        words |= order["tx_index"][rows].astype(np.uint64)
        return words

    def named(self, words: Limbs) -> Longs:
        """Rows of the transactions that these words stand for, or for whose hash they do."""
        if (known := self._read.hashes) is not None:
            first, last = np.searchsorted(known[0], words), np.searchsorted(known[0], words, "right")
            places = [place for edges in zip(first, last, strict=True) for place in range(*edges)]
            found = [np.arange(known[1][place], known[2][place]) for place in places]
            return np.concatenate(found) if found else np.zeros(0, np.int64)
        number = (words >> np.uint64(32)).astype(np.int64)
        words = words[(number >= self._read.blocks[0]) & (number <= self._read.blocks[1])]
        if not len(words):
            return np.zeros(0, np.int64)
        blocks, number = self._read.order["block_number"], (words >> np.uint64(32)).astype(np.int64)
        first, last = np.searchsorted(blocks, number, "left"), np.searchsorted(blocks, number, "right")
        found = []
        for word, begin, end in zip(words, first.tolist(), last.tolist(), strict=True):
            if begin < end:
                found.append(begin + np.flatnonzero(self._words(np.arange(begin, end)) == word))
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
        order = (read.order[name][first:last].tolist() for name in ORDER_COLUMNS)
        columns = zip(
            *order,
            self._hashes(first, last),
            [TOKEN] * (last - first) if read.kind is None else read.kind[first:last].tolist(),
            rows.payer[first:last].tolist(),
            rows.receiver[first:last].tolist(),
            self._assets(first, last),
            rows.amount[first:last].tolist(),
            strict=True,
        )
        return [
            Transfer(
                self._chain,
                number,
                EPOCH + timedelta(microseconds=time),
                tx_hash,
                tx_index,
                position,
                KINDS[kind],
                self._address(payer) or ZERO_ADDRESS,
                ZERO_ADDRESS if receiver == BURNED_PLACE else self._address(receiver),
                asset,
                low + (high << 64),
            )
            for number, tx_index, position, time, tx_hash, kind, payer, receiver, asset, (
                low,
                high,
            ) in columns
        ]

    def _address(self, holding: int) -> str | None:
        if holding < 0:
            return None
        first, second, third = self._read.index.balances.keys[holding, :3].tolist()
        return f"0x{first:016x}{second:016x}{third >> 32:08x}"

    def _assets(self, first: int, last: int) -> list[str]:
        # A group of transfers that no account takes part in moves nothing: any name will do.
        index = self._read.index
        sides = (index.rows.payer[first:last].tolist(), index.rows.receiver[first:last].tolist())
        groups: list[list[int]] = []
        for begins, payer, receiver in zip(index.rows.first[first:last].tolist(), *sides, strict=True):
            if begins or not groups:
                groups.append([0, -1])
            groups[-1][0] += 1
            groups[-1][1] = max(groups[-1][1], payer, receiver)
        names: list[str] = []
        for size, holding in groups:
            name = f"unmoved {len(names)}"
            if holding >= 0:
                name = name_of_asset(index.assets[index.asset_of[holding]].tobytes())
            names += [name] * size
        return names

    def _hashes(self, first: int, last: int) -> list[str]:
        hashes = self._read.tx_hash
        if hashes is not None:
            return ["0x" + raw.tobytes().hex() for raw in hashes[first:last]]
        return [f"0x{word:016x}" for word in self._words(np.arange(first, last)).tolist()]
