"""`clawback trace` on long files against lists of lots, flow by flow and holding by holding."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from clawback.cli import clawback
from tests.unit.tracing_lists import ZERO, Payment, Seen, Trails
from tests.unit.whole_chain import read_payments, write_payments

BUSY = (2, 7, 31)
"""Accounts that pay and are paid most, and end the trail."""
CONSERVING = ("fifo", "lifo", "dirty_first", "clean_first", "haircut")
DUST = {"native": 10**18, "0x" + "ef" * 20: 10**30}


def sinks_of(category: str = "exchange") -> dict[str, str]:
    """The busiest accounts as services."""
    return {f"0x{number:040x}": category for number in BUSY}


def thefts_of(file: Path, count: int, every: int) -> dict[str, tuple[str, str]]:
    """Each so manieth payment between accounts is a theft, under a name of its own."""
    found: dict[str, tuple[str, str]] = {}
    for place, payment in enumerate(read_payments(file)):
        if place >= len(found) * every and ZERO not in payment[1:3] and payment.receiver not in sinks_of():
            found[payment.tx_hash] = (f"K{len(found)}", payment.receiver)
            if len(found) == count:
                break
    return found


def run_command(
    folder: Path, file: Path, thefts: dict[str, tuple[str, str]], method: str, engine: str
) -> tuple[Counter[Seen], dict[tuple[str, str, str, str], int]]:
    """Flows and holdings as the command writes them."""
    with (folder / "thefts.csv").open("w", newline="") as text:
        rows = csv.writer(text)
        rows.writerow(["incident", "chain", "address", "role", "tx_hash"])
        rows.writerows(
            [incident, "ethereum", thief, "theft_address", tx_hash]
            for tx_hash, (incident, thief) in thefts.items()
        )
    with (folder / "labels.csv").open("w", newline="") as text:
        rows = csv.writer(text)
        rows.writerow(["chain", "address", "category", "entity"])
        rows.writerows(["ethereum", address, category, "Busy"] for address, category in sinks_of().items())
    words = ["trace", "--transfers", str(file), "--thefts", str(folder / "thefts.csv")]
    words += ["--labels", str(folder / "labels.csv"), "--method", method, "--out", str(folder / method)]
    words += ["--engine", engine]
    for asset, units in DUST.items():
        words += ["--dust", f"ethereum/{asset}={units}"]
    result = CliRunner().invoke(clawback, words)
    assert result.exit_code == 0, result.output
    flows: Counter[Seen] = Counter()
    names = ["tx_hash", "incident", "method", "hop", "tainted_amount", "outcome"]
    for batch in pq.ParquetFile(folder / method / "flows.parquet").iter_batches(columns=names):
        for tx_hash, incident, name, hop, tainted, outcome in zip(
            *(batch.column(column).to_pylist() for column in names), strict=True
        ):
            flows[Seen(int(tx_hash, 16), incident, name, hop, int(tainted), outcome)] += 1
    names = ["incident", "method", "address", "asset", "tainted_amount"]
    table = pq.read_table(folder / method / "holdings.parquet", columns=names)
    held = {
        (*key, asset): int(tainted)
        for *key, asset, tainted in zip(*(table.column(name).to_pylist() for name in names), strict=True)
    }
    return flows, held


def compare(
    folder: Path, rows: int, accounts: int, thefts: int, methods: tuple[str, ...], engine: str
) -> int:
    """Holds the command to the lists of lots; gives the number of flows."""
    file = folder / "payments.parquet"
    write_payments(file, rows, accounts)
    stolen = thefts_of(file, thefts, rows // thefts // 2)
    assert len(stolen) == thefts
    count = 0
    for method in methods:
        trails = Trails(stolen, sinks_of(), (method,), DUST)
        expected = Counter(trails.run(read_payments(file)))
        flows, held = run_command(folder, file, stolen, method, engine)
        assert flows == expected
        assert held == trails.held()
        count += flows.total()
    return count


@pytest.mark.parametrize("engine", ["plain", "compiled"])
@pytest.mark.parametrize("method", [*CONSERVING, "poison"])
def test_long_files_equal_lists_of_lots(tmp_path: Path, method: str, engine: str) -> None:
    assert compare(tmp_path, 20_000, 150, 12, (method,), engine) > 30


@pytest.mark.thorough
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("engine", ["plain", "compiled"])
def test_ten_million_payments_equal_lists_of_lots(tmp_path: Path, engine: str) -> None:
    assert compare(tmp_path, 10_000_000, 400_000, 20, CONSERVING, engine) > 10_000


def test_lists_of_lots_take_what_each_method_takes() -> None:
    thefts = {"0x1": ("K", "thief")}
    payments = [
        Payment("0x0", "shop", "thief", "native", 4),
        Payment("0x1", "victim", "thief", "native", 6),
        Payment("0x2", "thief", "away", "native", 5),
    ]
    found = {
        seen.method: seen.tainted
        for seen in Trails(thefts, {}, (*CONSERVING, "poison")).run(payments)
        if seen.place == 2
    }
    expected = {"fifo": 1, "lifo": 5, "haircut": 3, "dirty_first": 5, "clean_first": 1, "poison": 5}
    assert found == expected
