"""Sums of spans of days on the disk: few files say any balance, however many days there were.

Layout:
    A run is an Arrow file of sums: chain and asset (dictionaries in order), address, net and lowest (see
    `tracing.nets`; the fewest bytes of each number, lowest first, of two's complement), ordered by chain,
    address and asset. It is not compressed: a balance is found by halving in a mapped file, and what is not
    asked for is never read.
    Day n (from 1) ends with the run of the last b**k days, b `MERGED_AT_ONCE`, b**k the largest power that
    divides n. So all days up to n are runs for the digits of n: at most b - 1 for each digit.
"""

from __future__ import annotations

import mmap
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from clawback.tracing.columnar.holdings import Holdings, sums_of
from clawback.tracing.columnar.limbs import Limbs, from_bytes, to_bytes
from clawback.tracing.columnar.names import ABSENT, Codes, Longs, Names, Places
from clawback.tracing.columnar.transfers import Columns
from clawback.tracing.nets import carry
from clawback.tracing.records import HoldingKey

if TYPE_CHECKING:
    import pyarrow as pa

MERGED_AT_ONCE: Final = 8
"""Looking into a run costs little, so few merges are worth it."""
OPENED: Final = 16
"""So many batches are opened before the memory of what was looked at is given back."""
LOOKED_UP: Final = 256
"""So many holdings are looked up before the memory of what was looked at is given back."""


def completed(number: int) -> Iterator[int]:
    """For each run that day `number` completes beside its own: how many days it has, shortest first."""
    days = MERGED_AT_ONCE
    while number % days == 0:
        yield days
        days *= MERGED_AT_ONCE


def write_run(path: Path, batches: Iterable[pa.RecordBatch]) -> int:
    """Writes a run, a batch at a time; all of them name the same dictionaries.

    Returns:
        How many holdings it has.
    """
    import pyarrow as pa

    count = 0
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, run_schema()) as writer:
        for batch in batches:
            writer.write_batch(batch)
            count += batch.num_rows
    return count


def batch_of(codes: Codes, holdings: Longs, net: Limbs, lowest: Limbs) -> pa.RecordBatch:
    """Sums of some holdings, by ascending code, as rows of a run."""
    import pyarrow as pa

    chain, address, asset = codes.parts(holdings)
    columns = [
        pa.DictionaryArray.from_arrays(pa.array(chain), codes.chains.texts),
        codes.addresses.texts.take(pa.array(address)).cast(pa.string()),
        pa.DictionaryArray.from_arrays(pa.array(asset), codes.assets.texts),
        _binary(net),
        _binary(lowest),
    ]
    return pa.record_batch(columns, schema=run_schema())


def batches_of(columns: Columns, holdings: Holdings) -> Iterator[pa.RecordBatch]:
    """The sums of a span as they are written."""
    begin = 0
    for net, lowest in sums_of(columns, holdings):
        yield batch_of(columns.codes, holdings.codes[begin : begin + len(net)], net, lowest)
        begin += len(net)


def run_schema() -> pa.Schema:
    """Columns of a run."""
    import pyarrow as pa

    name = pa.dictionary(pa.int32(), pa.string())
    return pa.schema(
        [
            pa.field("chain", name, nullable=False),
            pa.field("address", pa.string(), nullable=False),
            pa.field("asset", name, nullable=False),
            pa.field("net", pa.binary(), nullable=False),
            pa.field("lowest", pa.binary(), nullable=False),
        ]
    )


def limbs_of(column: pa.Array) -> Limbs:
    """Limbs of a column of sums."""
    offsets = np.frombuffer(column.buffers()[1], np.int32)[column.offset : column.offset + len(column) + 1]
    data = column.buffers()[2]
    letters = np.zeros(0, np.uint8) if data is None else np.frombuffer(data, np.uint8)
    return from_bytes(offsets.astype(np.int64), letters)


def _binary(limbs: Limbs) -> pa.Array:
    import pyarrow as pa

    offsets, letters = to_bytes(limbs)
    buffers = [None, pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(letters)]
    return pa.Array.from_buffers(pa.binary(), len(limbs), buffers)


class Run:
    """A run that is looked into."""

    def __init__(self, path: Path) -> None:
        """Maps the file."""
        import pyarrow as pa

        with path.open("rb") as file:
            self._file = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._file.madvise(mmap.MADV_RANDOM)
        reader = pa.ipc.open_file(pa.py_buffer(self._file))
        self._batches: list[pa.RecordBatch] = []
        self._columns: list[tuple[Places, pa.Array, Places]] = []
        self._begins: list[tuple[int, str, int]] = []
        self._numbers: dict[tuple[int, str], int] = {}
        for place in range(reader.num_record_batches):
            batch = reader.get_batch(place)
            if batch.num_rows:
                chain, address, asset = (batch.column(column) for column in range(3))
                self._columns.append((chain.indices.to_numpy(), address, asset.indices.to_numpy()))
                self._batches.append(batch)
                self._begins.append(self._key(-1, 0))
            if place % OPENED == 0:
                self.forget()
        self.forget()

    def forget(self) -> None:
        """Gives back the memory of what was looked at; it is read again when it is asked for."""
        # Pages come by the megabyte, and each one stays part of the process until it is told to go.
        self._file.madvise(mmap.MADV_DONTNEED)

    def sums(self, key: HoldingKey) -> tuple[int, int] | None:
        """Net and lowest of a holding; nothing where it never moved in the span."""
        if not self._batches:
            return None
        wanted = (self._number(0, key[0]), key[1], self._number(2, key[2]))
        if ABSENT in wanted:
            return None
        place = bisect_right(self._begins, wanted) - 1
        if place < 0:
            return None
        batch = self._batches[place]
        row = bisect_left(range(batch.num_rows), wanted, key=lambda row: self._key(place, row))
        if row == batch.num_rows or self._key(place, row) != wanted:
            return None
        net, lowest = (batch.column(column)[row].as_py() for column in (3, 4))
        return int.from_bytes(net, "little", signed=True), int.from_bytes(lowest, "little", signed=True)

    def _number(self, column: int, text: str) -> int:
        number = self._numbers.get((column, text))
        if number is None:
            number = Names(self._batches[0].column(column).dictionary).find(text)
            self._numbers[column, text] = number
        return number

    def _key(self, place: int, row: int) -> tuple[int, str, int]:
        chain, address, asset = self._columns[place]
        return int(chain[row]), address[row].as_py(), int(asset[row])


class StartBalances:
    """What holdings had when a span began."""

    def __init__(self, runs: Sequence[Path]) -> None:
        """Takes the runs that cover all days before, oldest first."""
        self._runs = [Run(path) for path in runs]
        self._known: dict[HoldingKey, int] = {}

    def __call__(self, key: HoldingKey) -> int:
        """What a holding had; nothing where no day before knows it."""
        amount = self._known.get(key)
        if amount is None:
            amount = 0
            for run in self._runs:
                found = run.sums(key)
                if found is not None:
                    amount = carry(amount, *found)
            self._known[key] = amount
            if len(self._known) % LOOKED_UP == 0:
                for run in self._runs:
                    run.forget()
        return amount
