"""The packaged sample with events and balances: from files to figures, day by day as in one run."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from clawback.context import RunContext
from clawback.days import day_range
from clawback.lake import open_lake
from clawback.lake.partition import read_manifest, read_part
from clawback.parquet import read_table
from clawback.schemas import DAY_FLOWS, HOLDINGS, TOTALS
from clawback.settings import load_settings
from clawback.tables.step import make_tables
from clawback.tracing.day_inputs import read_inputs
from clawback.tracing.methods import METHODS
from clawback.tracing.records import Transfer
from clawback.tracing.step import trace_methods
from clawback.tracing.whole import TraceResult
from clawback.tracing.whole import trace_methods as trace_whole
from tests.contract.loopback import NOW, Told
from tests.unit.sample_chain_facts import (
    BOUGHT,
    BURNED,
    COIN,
    FRIEND,
    LOST,
    PAIR,
    SPENT,
    STOLEN,
    SWAPPED,
    THIEF,
    USDT,
    write_sample,
)
from tests.unit.test_tables_step import ingest_days, rows_of

pytestmark = pytest.mark.slow
FIRST, LAST = date(2020, 9, 25), date(2020, 9, 28)
TYPES = {"flows": DAY_FLOWS, "holdings": HOLDINGS, "totals": TOTALS}


class Sample:
    """The sample with its facts, traced day by day."""

    def __init__(self, folder: Path) -> None:
        settings = load_settings(write_sample(folder))
        self.ctx = RunContext(settings, open_lake(settings), lambda: NOW, settings.work_path, Told())
        ingest_days(self.ctx, FIRST, LAST)
        self.records = []
        for day in day_range(FIRST, LAST):
            key = make_tables(self.ctx, day)
            self.traces = trace_methods(self.ctx, key)
            self.records.append(json.loads(self.ctx.lake.read(key)))

    def rows(self, method: str, name: str, days_back: int = 0) -> list[dict[str, Any]]:
        """A table of a day's trace; the last day's by default."""
        manifest = read_manifest(self.ctx.lake, self.traces[method])
        for _ in range(days_back):
            manifest = read_manifest(self.ctx.lake, manifest.meta["previous"])
        table: pa.Table = read_table(read_part(self.ctx.lake, manifest.part(f"{name}.parquet")), TYPES[name])
        found: list[dict[str, Any]] = table.to_pylist()
        return found

    def usdt(self, method: str, asset: str = USDT) -> dict[str, int]:
        """Totals of one asset at the end."""
        rows = self.rows(method, "totals")
        return {row["measure"]: int(row["amount"]) for row in rows if row["asset"] == asset}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return Sample(tmp_path_factory.mktemp("facts"))


def test_the_tables_hold_the_facts(sample: Sample) -> None:
    kinds = [
        [row["kind"] for row in rows_of(sample.ctx, record, "chain_events")] for record in sample.records
    ]
    assert kinds == [["created", "freeze"], [], ["freeze"], ["unfreeze", "burn"]]
    seen = [len(rows_of(sample.ctx, record, "balances")) for record in sample.records]
    assert seen == [1, 0, 1, 0]
    burns = [row for row in rows_of(sample.ctx, sample.records[-1], "transfers") if row["kind"] == "burn"]
    assert [(row["from_address"], row["position"], row["source"]) for row in burns] == [
        (THIEF, 1_000_005, "events")
    ]
    assert all(rows_of(sample.ctx, record, "quarantine") == [] for record in sample.records)


def test_every_unit_of_usdt_is_accounted_for_under_fifo(sample: Sample) -> None:
    assert sample.usdt("fifo") == {
        "stolen": STOLEN,
        "frozen": SPENT,
        "burned": BURNED,
        "converted_out": SWAPPED,
        "unseen_outflow": LOST,
    }
    assert sample.usdt("fifo", COIN) == {"stolen": 0, "converted_in": BOUGHT, "held": BOUGHT}


def test_a_freeze_on_chain_and_in_a_case_file(sample: Sample) -> None:
    frozen = [
        {
            (row["address"], row["category"])
            for row in sample.rows("fifo", "holdings", days_back)
            if row["asset"] == USDT
        }
        for days_back in (3, 2, 1, 0)
    ]
    both = {(THIEF, "frozen"), (FRIEND, "frozen")}
    # The case file dates its freeze on the second day; what the thief had was burned on the last.
    assert frozen == [{(THIEF, "held"), (FRIEND, "frozen")}, both, both, {(FRIEND, "frozen")}]


def test_the_pool_of_a_labelled_factory_turns_the_taint(sample: Sample) -> None:
    (swap,) = [row for row in sample.rows("fifo", "flows") if row["outcome"] == "converted"]
    assert (swap["to_address"], swap["tainted_amount"], swap["converted_amount"]) == (PAIR, SWAPPED, BOUGHT)


def record_of(row: dict[str, Any]) -> Transfer:
    return Transfer(
        **{name: row[name] for name in Transfer.__dataclass_fields__} | {"amount": int(row["amount"])}
    )


def one_run(sample: Sample) -> list[TraceResult]:
    inputs = [read_inputs(sample.ctx.lake, record) for record in sample.records]
    newest = inputs[-1]
    return trace_whole(
        [record_of(row) for record in sample.records for row in rows_of(sample.ctx, record, "transfers")],
        newest.roles(),
        newest.labels([source.name for source in sample.ctx.settings.enabled_sources]),
        list(METHODS.values()),
        balances=[row for one in inputs for row in one.balances()],
        events=[row for one in inputs for row in one.events()],
        freezes=newest.freezes(),
        prices={day: one.prices() for day, one in zip(day_range(FIRST, LAST), inputs, strict=True)},
    )


def test_day_by_day_equals_one_run(sample: Sample) -> None:
    for method, result in zip(METHODS, one_run(sample), strict=True):
        assert result.violations == []
        assert sample.rows(method, "totals") == result.totals
        assert sample.rows(method, "holdings") == result.holdings
