"""Six methods in one pass over bulk days, against the plain engine on the same transfers."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from clawback.errors import ClawbackError
from clawback.tracing.conservation import violations
from clawback.tracing.fast import all_methods
from clawback.tracing.fast.all_methods import flows_file, trace_all
from clawback.tracing.fast.balances import read_openings
from clawback.tracing.fast.day_book import DayBook, read_day
from clawback.tracing.fast.desk import KNOWN, make_all_known, open_holding, past_of
from clawback.tracing.fast.records_day import asset_of
from clawback.tracing.fast.results import sums_seen
from clawback.tracing.fast.state import load, save
from clawback.tracing.fast.table import BulkDay, index_bulk, write_day
from clawback.tracing.fast.tracer import Tracer, share_day
from clawback.tracing.methods import METHODS
from clawback.tracing.records import Transfer
from clawback.tracing.whole import trace_methods
from tests.bench.generated import read_generated
from tests.unit.test_tracing_fast_bulk import cut, fast, made_up, plain, said_of, transfers_of

GENERATED = Path(os.environ.get("CLAWBACK_BENCH_DATA", "build/bench/data"))
DAYS = 3


def days_of(whole: BulkDay) -> list[BulkDay]:
    """Cuts transfers into days, between blocks."""
    edges = np.linspace(0, len(whole.amount), DAYS + 1).astype(int)
    for edge in range(1, DAYS):
        while whole.block_number[edges[edge]] == whole.block_number[edges[edge] - 1]:
            edges[edge] += 1
    return [cut(whole, edges[day], edges[day + 1], day) for day in range(DAYS)]


def compare(whole: BulkDay, thefts: int, limit: int, folder: Path) -> dict[str, int]:
    """Holds one pass, with its states saved and loaded each day, to the plain engine; counts flows."""
    transfers: list[Transfer] = []
    for number, day in enumerate(days_of(whole)):
        write_day(day, folder, number)
        transfers += transfers_of(day)
    roles, labels = said_of(transfers, thefts)
    incidents = tuple(sorted(role.incident_id for role in roles))
    dust = {row.asset: limit for row in transfers}
    limits = {asset_of(asset): units for asset, units in dust.items()}
    tracers = [Tracer("ethereum", incidents, 0, method, limits) for method in METHODS]
    for number in range(DAYS):
        list(trace_all(folder, [number], tracers, roles, labels, folder))
        for place, tracer in enumerate(tracers):
            save(tracer, folder / f"state-{tracer.method}.npz")
            tracers[place] = load(folder / f"state-{tracer.method}.npz", incidents)
            tracers[place].dust = limits
    carried: dict[str, dict[tuple[str, int, int, int], Decimal]] = {}
    results = trace_methods(
        transfers,
        roles,
        labels,
        list(METHODS.values()),
        dust={("ethereum", asset): units for asset, units in dust.items()},
    )
    for tracer, result in zip(tracers, results, strict=True):
        assert violations(result.book.ordered()) == []
        rows = [
            row
            for number in range(DAYS)
            for row in pq.read_table(flows_file(folder, tracer.method, number)).to_pylist()
        ]
        rows.sort(key=lambda row: row["incident_id"])
        assert [fast(row) for row in rows] == [plain(row) for row in result.flows]
        assert sums_seen(tracer) == {
            (ledger.incident_id, asset_of(asset), measure): amount
            for ledger in result.book.ordered()
            for (_, asset, measure), amount in ledger.sums.items()
            if amount
        }
        carried[tracer.method] = {
            (row["incident_id"], row["block_number"], row["tx_index"], row["position"]): row["tainted_amount"]
            for row in rows
        }
    for method, payments in carried.items():
        # Poison bounds every other method, payment by payment.
        assert all(carried["poison"].get(payment, 0) >= units for payment, units in payments.items()), method
    return {method: len(payments) for method, payments in carried.items()}


@pytest.mark.slow
def test_six_methods_in_one_pass_equal_the_plain_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A file of many parts says the same as one of a single part.
    monkeypatch.setattr(all_methods, "PART", 100)
    counts = compare(made_up(9_000, 200), 20, 2**50, tmp_path)
    assert min(counts.values()) > 100, counts


@pytest.mark.thorough
@pytest.mark.timeout(3600)
def test_a_million_generated_transfers_equal_the_plain_engine_under_six_methods(tmp_path: Path) -> None:
    file = GENERATED / "t1m.parquet"
    if not file.exists():
        pytest.skip(f"{file} is not there: the workload generator is not part of the repository")
    counts = compare(read_generated(file), 20, 10**13, tmp_path)
    assert min(counts.values()) > 20, counts


def test_methods_that_stand_at_different_days_are_refused(tmp_path: Path) -> None:
    late = Tracer("ethereum", ("A",), 0, "lifo")
    late.days = 1
    with pytest.raises(ClawbackError, match="do not stand at the same place"):
        list(trace_all(tmp_path, [0], [Tracer("ethereum", ("A",)), late], [], [], tmp_path))


def test_what_a_method_judges_stays_apart_from_those_at_work_beside_it(tmp_path: Path) -> None:
    whole = made_up(400, 30)
    for number, day in enumerate(days_of(whole)):
        write_day(day, tmp_path, number)
    roles, labels = said_of(transfers_of(whole), 3)
    read = read_day(tmp_path, 1)
    openings = read_openings(tmp_path, 1)
    names = sorted(role.incident_id for role in roles)
    said = (roles, labels, openings)
    one = share_day("ethereum", names, read.day, read.index, DayBook("ethereum", read), *said)
    other = one.apart()
    assert other.market is not one.market
    assert other.past is one.past


def test_a_trace_looks_for_no_balance_in_the_days_before(tmp_path: Path) -> None:
    # What a day costs must not grow with the days before it: their nets are not even opened.
    whole = made_up(900, 40)
    for number, day in enumerate(days_of(whole)):
        write_day(day, tmp_path, number)
    roles, labels = said_of(transfers_of(whole), 9)
    incidents = tuple(sorted(role.incident_id for role in roles))
    found = []
    for _ in range(2):
        tracers = [Tracer("ethereum", incidents, 0, method) for method in METHODS]
        list(trace_all(tmp_path, range(DAYS), tracers, roles, labels, tmp_path))
        found.append([flows_file(tmp_path, method, 2).read_bytes() for method in METHODS])
        assert all(sums_seen(tracer) for tracer in tracers)
        for run in tmp_path.glob("run-*-2-*.npy"):
            run.unlink()
    assert found[0] == found[1]


def test_a_day_without_the_balances_with_which_it_begins_is_refused(tmp_path: Path) -> None:
    write_day(made_up(400, 30), tmp_path, 0)
    (tmp_path / "index-00000-openings.npy").unlink()
    with pytest.raises(ClawbackError, match="balances with which a bulk day begins are missing"):
        list(trace_all(tmp_path, [0], [Tracer("ethereum", ("K",))], [], [], tmp_path))


@pytest.mark.parametrize("row", [0, 150, 400])
def test_all_balances_kept_at_once_are_those_opened_one_by_one(row: int) -> None:
    index = index_bulk(made_up(400, 30))
    count = len(index.balances.keys)
    openings = np.random.default_rng(row).integers(0, 2**40, (count, 3), dtype=np.uint64)
    openings[:, 2] = 0
    past = past_of(index, openings)
    marks, amounts = np.zeros((2, count), np.uint8), np.zeros((2, count, 3), np.uint64)
    done = np.zeros(6, np.int64)
    for holding in range(count):
        open_holding(marks[0], index.rows.amount, amounts[0], past, done, holding, row)
    assert done[5] == count
    # One that is known already keeps what it has.
    marks[1, 3], amounts[1, 3] = KNOWN, 7
    make_all_known(marks[1], index.rows, amounts[1], past, done, row)
    assert done[5] == -1
    assert marks.min() == KNOWN
    assert amounts[1, 3].tolist() == [7, 7, 7]
    amounts[1, 3] = amounts[0, 3]
    assert amounts[1].tolist() == amounts[0].tolist()


def test_a_table_that_does_not_decode_ends_the_run_though_no_flow_needs_it(tmp_path: Path) -> None:
    day = made_up(400, 30)
    write_day(day, tmp_path, 0)
    file = tmp_path / "transfers-00000.parquet"
    raw = bytearray(file.read_bytes())
    raw[4:2000] = bytes(1996)
    file.write_bytes(raw)
    with pytest.raises(OSError, match=r"."):
        list(trace_all(tmp_path, [0], [Tracer("ethereum", ("K",))], [], [], tmp_path))
