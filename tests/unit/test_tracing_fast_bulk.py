"""The compiled engine on bulk tables against the plain one on the same transfers, flow by flow."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clawback.errors import ClawbackError
from clawback.tracing.conservation import violations
from clawback.tracing.fast.bulk import trace_folder
from clawback.tracing.fast.bulk_day import BulkDay, name_of_asset
from clawback.tracing.fast.records_day import asset_of
from clawback.tracing.fast.results import sums_seen
from clawback.tracing.fast.state import load, save
from clawback.tracing.fast.table import bytes_of_hex, write_day
from clawback.tracing.fast.tracer import Tracer
from clawback.tracing.records import Label, Role, Transfer
from clawback.tracing.whole import trace_transfers
from tests.bench.generated import POOL_COUNT, grouped, pools, read_generated

DAYS = 5
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
GENERATED = Path(os.environ.get("CLAWBACK_BENCH_DATA", "build/bench/data"))


def cut(day: BulkDay, first: int, last: int, later: int) -> BulkDay:
    """Some rows of a day, moved to a later one."""
    return replace(
        day,
        block_number=day.block_number[first:last],
        tx_index=day.tx_index[first:last],
        position=day.position[first:last],
        block_time=day.block_time[first:last] + later * 86_400_000_000,
        from_address=day.from_address[first:last],
        to_address=day.to_address[first:last],
        asset_of=day.asset_of[first:last],
        amount=day.amount[first:last],
    )


def made_up(rows: int, accounts: int) -> BulkDay:
    """Transfers between few accounts, most of them between even fewer; amounts up to 2**90."""
    random = np.random.default_rng(11)
    names = random.integers(0, 256, (accounts, 20), dtype=np.uint8)
    names[0] = 0
    sides = [names[(accounts * random.random(rows) ** 3).astype(int)] for _ in range(2)]
    amount = np.zeros((rows, 2), np.uint64)
    amount[:, 0] = random.integers(1, 2**63, rows)
    amount[:, 1] = random.integers(0, 2**26, rows) * (random.random(rows) < 0.5)
    assets = np.zeros((2, 20), np.uint8)
    assets[1] = 239
    number = np.sort(random.integers(0, rows // 40, rows))
    index = np.arange(rows) - np.searchsorted(number, number)
    asset_of = random.integers(0, 2, rows).astype(np.int32)
    # Some transactions move one asset several times.
    index = index // 2
    asset_of[1:] = np.where((np.diff(index) == 0) & (np.diff(number) == 0), asset_of[:-1], asset_of[1:])
    pairs = np.flatnonzero((np.diff(index) == 0) & (np.diff(number) == 0)) + 1
    asset_of[pairs] = asset_of[pairs - 1]
    position = np.zeros(rows, np.int32)
    position[pairs] = 1
    return BulkDay(
        number + 100,
        index.astype(np.int32),
        position,
        1_704_067_200_000_000 + number * 12_000_000,
        *sides,
        asset_of,
        assets,
        amount,
    )


def transfers_of(day: BulkDay) -> list[Transfer]:
    """The rows as records."""
    found = []
    for row in range(len(day.amount)):
        word = int(day.block_number[row]) << 32 | int(day.tx_index[row])
        found.append(
            Transfer(
                "ethereum",
                int(day.block_number[row]),
                EPOCH + timedelta(microseconds=int(day.block_time[row])),
                f"0x{word:016x}",
                int(day.tx_index[row]),
                int(day.position[row]),
                "token",
                "0x" + day.from_address[row].tobytes().hex(),
                "0x" + day.to_address[row].tobytes().hex(),
                name_of_asset(day.assets[day.asset_of[row]].tobytes()),
                int(day.amount[row, 0]) + (int(day.amount[row, 1]) << 64),
            )
        )
    return found


def said_of(transfers: list[Transfer], thefts: int) -> tuple[list[Role], list[Label]]:
    """Thefts by both roles, by transaction and by hour, and labels of the busiest accounts."""
    roles = []
    for number, row in enumerate(transfers[:: len(transfers) // thefts][:thefts]):
        if number % 2:
            hour = row.block_time + timedelta(hours=1)
            roles.append(
                Role(f"K{number:04d}", "ethereum", row.from_address, "source", None, row.block_time, hour)
            )
        else:
            roles.append(Role(f"K{number:04d}", "ethereum", row.to_address, "theft_address", row.tx_hash))
    counts: dict[str, int] = {}
    for row in transfers:
        counts[row.to_address or ""] = counts.get(row.to_address or "", 0) + 1
    busiest = sorted(counts, key=lambda address: -counts[address])[:40:8]
    return roles, [Label("ethereum", address, "Shop", "exchange", 90, "a") for address in busiest]


def plain(row: dict[str, Any]) -> tuple[Any, ...]:
    """A flow of the plain engine, in the form of the other."""
    names = ("incident_id", "hop", "block_number", "tx_index", "position", "block_time", "from_address")
    more = ("to_address", "asset", "amount", "tainted_amount", "outcome", "theft_role")
    more += ("converted_asset", "converted_amount", "basis")
    return tuple(row[name] for name in (*names, *more))


def fast(row: dict[str, Any]) -> tuple[Any, ...]:
    """A flow of the compiled engine."""
    texts = {name: "0x" + row[name].hex() for name in ("from_address", "to_address")}
    assets = {name: row[name] and name_of_asset(row[name]) for name in ("asset", "converted_asset")}
    whole = {name: int(row[name]) for name in ("amount", "tainted_amount")}
    return plain(row | texts | assets | whole)


def compare(whole: BulkDay, thefts: int, folder: Path, dexes: Sequence[Label] = ()) -> Counter[str]:
    """Holds both engines to each other over several days; gives the flows by outcome."""
    edges = np.linspace(0, len(whole.amount), DAYS + 1).astype(int)
    for edge in range(1, DAYS):
        while whole.block_number[edges[edge]] == whole.block_number[edges[edge] - 1]:
            edges[edge] += 1
    days = [cut(whole, edges[day], edges[day + 1], day) for day in range(DAYS)]
    transfers: list[Transfer] = []
    for number, day in enumerate(days):
        write_day(day, folder, number)
        transfers += transfers_of(day)
    roles, labels = said_of(transfers, thefts)
    labels += dexes
    tracer = Tracer("ethereum", tuple(sorted(role.incident_id for role in roles)))
    for number in range(DAYS):
        list(trace_folder(folder, [number], tracer, roles, labels, folder))
        save(tracer, folder / "state.npz")
        tracer = load(folder / "state.npz", tracer.incidents)
    result = trace_transfers(transfers, roles, labels)
    assert violations(result.book.ordered()) == []
    rows = [
        row
        for number in range(DAYS)
        for row in pq.read_table(folder / f"flows-{number:05d}.parquet").to_pylist()
    ]
    rows.sort(key=lambda row: row["incident_id"])
    assert [fast(row) for row in rows] == [plain(row) for row in result.flows]
    sums = {
        (ledger.incident_id, asset_of(asset), measure): amount
        for ledger in result.book.ordered()
        for (_, asset, measure), amount in ledger.sums.items()
        if amount
    }
    assert sums_seen(tracer) == sums
    return Counter(row["outcome"] for row in rows)


def test_bulk_days_equal_the_plain_engine(tmp_path: Path) -> None:
    assert compare(made_up(12_000, 300), 30, tmp_path).total() > 400


@pytest.mark.slow
def test_a_million_generated_transfers_equal_the_plain_engine(tmp_path: Path) -> None:
    file = GENERATED / "t1m.parquet"
    if not file.exists():
        pytest.skip(f"{file} is not there: the workload generator is not part of the repository")
    assert compare(read_generated(file), 200, tmp_path).total() > 1_000


def dexes() -> list[Label]:
    """Labels of the pools of the grouped workload; some are not known."""
    return [
        Label("ethereum", "0x" + raw.tobytes().hex(), "Pool", "dex", 90, "a")
        for raw in pools()[: POOL_COUNT * 3 // 4]
    ]


def test_bulk_days_with_swaps_equal_the_plain_engine(tmp_path: Path) -> None:
    outcomes = compare(grouped(made_up(12_000, 300)), 200, tmp_path, dexes())
    assert min(outcomes[name] for name in ("held", "passed", "converted", "exchange_unproven")) > 10


@pytest.mark.slow
def test_a_million_grouped_transfers_equal_the_plain_engine(tmp_path: Path) -> None:
    file = GENERATED / "t1m.parquet"
    if not file.exists():
        pytest.skip(f"{file} is not there: the workload generator is not part of the repository")
    assert compare(grouped(read_generated(file)), 200, tmp_path, dexes())["converted"] > 100


def test_an_address_of_another_length_is_refused_by_its_row() -> None:
    column = pa.array(["0x" + "ab" * 20, "0x" + "ab" * 19])
    with pytest.raises(ClawbackError, match="row 2") as refused:
        bytes_of_hex(column)
    assert "plain engine" in str(refused.value)
    with pytest.raises(ClawbackError, match="row 1"):
        bytes_of_hex(pa.array(["0x" + "zz" * 20]))
    with pytest.raises(ClawbackError, match="row 2"):
        bytes_of_hex(pa.array(["0x" + "ab" * 20, None]))
