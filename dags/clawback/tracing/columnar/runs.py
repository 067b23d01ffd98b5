"""Sums of spans of days, merged by powers of two: few files say any balance, however many days there were.

Layout:
    A run is a table of sums of a span of days. Day n (from 1) ends with the run of the last 2**k days, 2**k
    the largest power that divides n. So all days up to n are runs for the bits of n: at most log2(n) of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from clawback.parquet import read_table, table_to_bytes
from clawback.tracing.columnar.holdings import table_of_sums
from clawback.tracing.columnar.limbs import (
    Limbs,
    from_decimals,
    is_less,
    normalised,
    to_int,
    zeros,
)
from clawback.tracing.columnar.names import Codes, Names, Places, numbered
from clawback.tracing.columnar.reach import Scene
from clawback.tracing.nets import nets_schema

if TYPE_CHECKING:
    import pyarrow as pa

KEY: Final = ("chain", "address", "asset")


def merged(old: pa.Table, new: pa.Table) -> pa.Table:
    """The run of two spans that follow each other."""
    names = [numbered(old.column(name), new.column(name)) for name in KEY]
    codes = Codes(*(texts for texts, _ in names))
    before, after = (codes.of(*(numbers[side] for _, numbers in names)) for side in (0, 1))
    # Two ascending lists: a stable sort puts them into each other in one go.
    holdings = np.sort(np.concatenate([before, after]), kind="stable")
    holdings = holdings[np.diff(holdings, prepend=-1) != 0]
    net, lowest = zeros(len(holdings)), zeros(len(holdings))
    here = np.searchsorted(holdings, before)
    net[here], lowest[here] = _sums(old)
    there = np.searchsorted(holdings, after)
    new_net, new_lowest = _sums(new)
    # The later span falls from where the earlier one ended.
    fallen = normalised(net[there] + new_lowest)
    lowest[there] = np.where(is_less(fallen, lowest[there])[:, None], fallen, lowest[there])
    net[there] = normalised(net[there] + new_net)
    return table_of_sums(codes, holdings, net, lowest)


class Runs:
    """The runs of the spans of one trace, in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0
        self._runs: list[Path] = []

    def add(self, sums: pa.Table) -> None:
        """Takes the sums of the next span, and merges what they complete."""
        self._count += 1
        span = 1
        while self._count % (2 * span) == 0:
            sums = merged(read_table(self._runs[-1], nets_schema()), sums)
            self._runs.pop().unlink()
            span *= 2
        self._runs.append(self._folder / f"run-{self._count}.parquet")
        self._runs[-1].write_bytes(table_to_bytes(sums))

    def files(self) -> list[Path]:
        """Files that cover all spans so far, oldest first."""
        return list(self._runs)


class StartBalances:
    """What some holdings of a scene had when it began."""

    def __init__(self, scene: Scene, wanted: Places, runs: Sequence[Path]) -> None:
        """Reads runs.

        Args:
            scene: of the day.
            wanted: places of the holdings that may be asked for, ascending.
            runs: that cover all days before, oldest first.
        """
        self._scene = scene
        self._wanted = wanted
        self._amounts = zeros(len(wanted))
        if len(wanted):
            for run in runs:
                self._carry(run)

    def __call__(self, key: tuple[str, str, str]) -> int:
        """What a holding had; nothing where no day before knows it."""
        place = self._scene.place_of(key)
        found = int(np.searchsorted(self._wanted, place))
        if place < 0 or found == len(self._wanted) or self._wanted[found] != place:
            return 0
        return to_int(self._amounts[found])

    def _carry(self, run: Path) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc
        import pyarrow.dataset as ds

        codes, holdings = self._scene.columns.codes, self._scene.holdings
        addresses = np.unique(codes.parts(holdings.codes[self._wanted])[1])
        texts = pc.take(codes.addresses.texts, pa.array(addresses))
        table = ds.dataset(run, format="parquet").to_table(filter=pc.field("address").isin(texts))
        chain, asset = (
            codes.chains.of_column(table.column("chain")),
            codes.assets.of_column(table.column("asset")),
        )
        # All addresses are among the wanted ones; the others need not be gone through again.
        address = addresses[Names(texts).of_column(table.column("address"))]
        places = holdings.find(codes.of(chain, address, asset))
        found = np.minimum(np.searchsorted(self._wanted, places), len(self._wanted) - 1)
        here = np.flatnonzero(self._wanted[found] == places)
        net, lowest = (limbs[here] for limbs in _sums(table))
        before, least = self._amounts[found[here]], normalised(-lowest)
        start = np.where(is_less(before, least)[:, None], least, before)
        self._amounts[found[here]] = normalised(start + net)


def _sums(run: pa.Table) -> tuple[Limbs, Limbs]:
    net, lowest = (from_decimals(run.column(name).combine_chunks()) for name in ("net", "lowest"))
    return net, lowest
