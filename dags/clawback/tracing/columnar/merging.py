"""Runs of spans that follow each other, put together into one, a piece of each at a time.

Rules:
    A later span falls from where the earlier one ended: net is the sum of both, lowest the lower of the
    earlier one's and of its net and the later one's lowest together.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from clawback.tracing.columnar.addresses import Addresses
from clawback.tracing.columnar.holdings import Holdings
from clawback.tracing.columnar.limbs import is_less, normalised, zeros
from clawback.tracing.columnar.names import Codes, Names, Places, numbered
from clawback.tracing.columnar.runs import (
    MERGED_AT_ONCE,
    batch_of,
    batches_of,
    completed,
    limbs_of,
    write_run,
)
from clawback.tracing.columnar.transfers import Columns
from clawback.tracing.records import HoldingKey

if TYPE_CHECKING:
    import pyarrow as pa


def add_run(
    older: Sequence[Path], number: int, own: Path, batches: Iterable[pa.RecordBatch]
) -> tuple[int, Path, int]:
    """Writes the run that ends with a day: of that day, or of all days that it completes.

    Args:
        older: runs that cover all days before, oldest first; they are not changed.
        number: of the day, from 1.
        own: where the run of the day alone goes; it is gone again where it was merged into another one.
        batches: sums of the day.

    Returns:
        How many of the older ones still count, the file of the run, beside `own`, and its holdings.
    """
    left, rows = len(older), write_run(own, batches)
    for days in completed(number):
        begin = left - (MERGED_AT_ONCE - 1)
        whole = own.with_name(f"{own.stem}-{days}{own.suffix}")
        rows = merge([*older[begin:left], own], whole)
        own.unlink()
        left, own = begin, whole
    return left, own, rows


def merge(runs: Sequence[Path], path: Path) -> int:
    """Writes the run of spans that follow each other, given oldest first; gives its holdings."""
    import pyarrow as pa

    readings = [_Reading(run) for run in runs]
    names = []
    for column in (0, 2):
        texts = [text for reading in readings for text in reading.dictionaries(column)]
        names.append(numbered(pa.chunked_array(texts, pa.string()))[0])
    for reading in readings:
        reading.rename(*names)
    return write_run(path, _merged(readings, *names))


class Runs:
    """The runs of the spans of one trace, in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0
        self._runs: list[Path] = []

    def add(self, columns: Columns, holdings: Holdings) -> None:
        """Takes the next span, and merges what it completes."""
        self._count += 1
        own = self._folder / f"run-{self._count}.arrow"
        left, newest, _ = add_run(self._runs, self._count, own, batches_of(columns, holdings))
        for stale in self._runs[left:]:
            stale.unlink()
        self._runs = [*self._runs[:left], newest]

    def files(self) -> list[Path]:
        """Files that cover all spans so far, oldest first."""
        return list(self._runs)


class _Reading:
    """A run that is read from its begin to its end."""

    def __init__(self, path: Path) -> None:
        import pyarrow as pa

        # Not mapped: pages of a mapped file would count as memory of the process.
        self._reader = pa.ipc.open_file(pa.OSFile(str(path)))
        self._next = 0
        self._rest: pa.RecordBatch | None = None
        self._chain = self._asset = np.zeros(0, np.int32)
        self._advance()

    def dictionaries(self, column: int) -> list[pa.Array]:
        """The dictionary of a column; none where the run is empty."""
        return [] if self._rest is None else [self._rest.column(column).dictionary]

    def rename(self, chains: Names, assets: Names) -> None:
        """Says by which numbers chains and assets go from here on."""
        import pyarrow as pa

        for name, column, names in (("_chain", 0, chains), ("_asset", 2, assets)):
            for texts in self.dictionaries(column):
                setattr(self, name, names.of_column(pa.chunked_array([texts])))

    def last(self) -> HoldingKey | None:
        """The last holding of those at hand; none where all are read."""
        return None if self._rest is None else _key(self._rest, self._rest.num_rows - 1)

    def until(self, key: HoldingKey) -> pa.RecordBatch | None:
        """Takes those at hand that come no later than a key."""
        rest = self._rest
        if rest is None:
            return None
        end = bisect_right(range(rest.num_rows), key, key=lambda row: _key(rest, row))
        self._rest = rest.slice(end)
        if end == rest.num_rows:
            self._advance()
        return rest.slice(0, end)

    def numbers(self, batch: pa.RecordBatch) -> tuple[Places, Places]:
        """Chain and asset of rows."""
        chain, asset = (batch.column(place).indices.to_numpy() for place in (0, 2))
        return self._chain[chain], self._asset[asset]

    def _advance(self) -> None:
        self._rest = None
        while self._rest is None and self._next < self._reader.num_record_batches:
            batch = self._reader.get_batch(self._next)
            self._next += 1
            self._rest = batch if batch.num_rows else None


def _key(batch: pa.RecordBatch, row: int) -> HoldingKey:
    chain, address, asset = (batch.column(place)[row].as_py() for place in range(3))
    return chain, address, asset


def _merged(readings: Sequence[_Reading], chains: Names, assets: Names) -> Iterator[pa.RecordBatch]:
    while lasts := [last for last in (reading.last() for reading in readings) if last is not None]:
        # Up to here every run has been read.
        end = min(lasts)
        pieces = [(reading, reading.until(end)) for reading in readings]
        yield _sum([(reading, piece) for reading, piece in pieces if piece is not None], chains, assets)


def _sum(pieces: Sequence[tuple[_Reading, pa.RecordBatch]], chains: Names, assets: Names) -> pa.RecordBatch:
    texts = Addresses()
    for _, piece in pieces:
        texts.add(piece.column(1))
    addresses, numbers = texts.numbered()
    codes = Codes(chains, addresses, assets)
    coded = []
    begin = 0
    for reading, piece in pieces:
        chain, asset = reading.numbers(piece)
        coded.append(codes.of(chain, numbers[begin : begin + len(piece)], asset))
        begin += len(piece)
    # Ascending lists behind each other: a stable sort puts them into each other in one go.
    holdings = np.sort(np.concatenate(coded), kind="stable")
    holdings = holdings[np.diff(holdings, prepend=-1) != 0]
    net, lowest = zeros(len(holdings)), zeros(len(holdings))
    for (_, piece), those in zip(pieces, coded, strict=True):
        here = np.searchsorted(holdings, those)
        fallen = normalised(net[here] + limbs_of(piece.column(4)))
        deeper = is_less(fallen, lowest[here])
        lowest[here[deeper]] = fallen[deeper]
        net[here] = normalised(net[here] + limbs_of(piece.column(3)))
    return batch_of(codes, holdings, net, lowest)
