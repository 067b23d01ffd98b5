"""A real node whose chain is rewritten after it was read: exactly the days concerned are read again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from clawback.context import RunContext
from clawback.errors import ClawbackError
from clawback.lake.partition import read_manifest, read_part
from clawback.parquet import read_table, table_to_rows
from clawback.release.rereads import rereads
from clawback.schemas import TRANSFERS
from clawback.sources.ingest import ingest
from clawback.tables.step import make_tables
from tests.contract.anvil import Node, running_node
from tests.contract.loopback import progress_of
from tests.contract.test_evm_rpc import DAY, KNOWN, MIDNIGHT, NEXT, WHOLE_DAY, context

THIRD = date(2020, 9, 28)
BLOCKS_OF_A_DAY = 40

pytestmark = pytest.mark.slow


@pytest.fixture
def node() -> Iterator[Node]:
    with running_node(MIDNIGHT - 100) as running:
        yield running


def fill(node: Node, day: int) -> None:
    """Blocks of a day, evenly; every one with a payment."""
    alice, bob = node.call("eth_accounts")[:2]
    for place in range(BLOCKS_OF_A_DAY):
        value = hex(1000 * day + place + 1)
        node.send(**{"from": alice, "to": bob, "value": value, "gas": "0x5208"})
        node.mine(MIDNIGHT + day * WHOLE_DAY + 60 + place * 1800)


def rewrite(node: Node, depth: int) -> None:
    """Replaces the newest blocks by others with other payments, and goes on to the end of the third day."""
    bob, carol = node.call("eth_accounts")[1:3]
    payments = [
        [{"from": carol, "to": bob, "value": hex(7_000_000 + place), "gas": "0x5208"}, place]
        for place in range(depth)
    ]
    node.call("anvil_reorg", depth, payments)
    newest = int(node.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
    for seconds in (2 * WHOLE_DAY + 120, 3 * WHOLE_DAY, 3 * WHOLE_DAY + 1):
        newest = max(newest + 1, MIDNIGHT + seconds)
        node.mine(newest)


def transfers(ctx: RunContext, day: date) -> list[dict[str, Any]]:
    """Rows of the day's table."""
    record = json.loads(ctx.lake.read(make_tables(ctx, day)))
    part = read_manifest(ctx.lake, record["tables"]["transfers"]["manifest"]).parts[0]
    rows = table_to_rows(read_table(read_part(ctx.lake, part), TRANSFERS))
    return [{name: value for name, value in row.items() if name != "known_date"} for row in rows]


@pytest.mark.parametrize(("replaced", "concerned"), [(1, [NEXT]), (12, [NEXT]), (70, [DAY, NEXT])])
def test_exactly_the_rewritten_days_are_read_again(
    tmp_path: Path, node: Node, replaced: int, concerned: list[date]
) -> None:
    node.mine(MIDNIGHT - 1)
    fill(node, 0)
    fill(node, 1)
    node.mine(MIDNIGHT + 2 * WHOLE_DAY)
    node.mine(MIDNIGHT + 2 * WHOLE_DAY + 1)
    ctx = context(tmp_path, node, batch_blocks=20)
    landed = {day: ingest(ctx, "chain", day, KNOWN) for day in (DAY, NEXT)}
    before = make_tables(ctx, NEXT)
    rows_before = {day: transfers(ctx, day) for day in (DAY, NEXT)}
    tables_before = json.loads(ctx.lake.read(before))

    rewrite(node, replaced + 2)  # two blocks lie beyond the days that were read
    later = KNOWN + timedelta(days=1)
    ingest(ctx, "chain", THIRD, later)

    told = [line for line in progress_of(ctx) if "is fetched again" in line]
    assert [line.split(": ")[-1] for line in told] == [
        f"{day} is fetched again" for day in reversed(concerned)
    ]
    now = {day: ingest(ctx, "chain", day, later) for day in (DAY, NEXT)}
    for day in (DAY, NEXT):
        assert (now[day] != landed[day]) == (day in concerned)
        assert ctx.lake.exists(landed[day])
        assert (transfers(ctx, day) != rows_before[day]) == (day in concerned)
    after = make_tables(ctx, THIRD)
    found = rereads(ctx.lake, after, before)
    assert [(one.day, one.source) for one in found] == [(day.isoformat(), "chain") for day in concerned]
    # What an earlier release was made of is still there, byte for byte.
    assert json.loads(ctx.lake.read(before)) == tables_before

    fresh_folder = tmp_path / "fresh"
    fresh_folder.mkdir()
    fresh = context(fresh_folder, node, batch_blocks=20)
    for day in (DAY, NEXT, THIRD):
        ingest(fresh, "chain", day, later)
        assert transfers(ctx, day) == transfers(fresh, day)


def test_a_chain_that_is_rewritten_for_ever_is_not_followed(
    tmp_path: Path, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    node.mine(MIDNIGHT - 1)
    fill(node, 0)
    fill(node, 1)
    node.mine(MIDNIGHT + 2 * WHOLE_DAY)
    node.mine(MIDNIGHT + 2 * WHOLE_DAY + 1)
    ctx = context(tmp_path, node, batch_blocks=20)
    for day in (DAY, NEXT):
        ingest(ctx, "chain", day, KNOWN)
    rewrite(node, 72)
    monkeypatch.setattr("clawback.sources.ingest.MOST_REWRITTEN_DAYS", 1)
    with pytest.raises(ClawbackError, match="has rewritten more than 1 days"):
        ingest(ctx, "chain", THIRD, KNOWN)
