"""Tables of a real node's day as columns, held to what the same bytes give as rows."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from clawback.chains.evm.catalogue import wrapped_coins
from clawback.chains.evm.topics import DEPOSIT
from clawback.context import RunContext
from clawback.errors import ClawbackError
from clawback.lake.partition import Manifest, read_manifest
from clawback.parquet import GrowingFile, rows_to_table, table_to_bytes
from clawback.schemas import TABLES
from clawback.sources.ingest import ingest
from clawback.sources.reading import DayOfSource, block_parts, read_day
from clawback.sources.stretches import BlockParts
from clawback.tables.chain_day import STREAMED, ChainDay, write_chain_day
from clawback.tables.merge import SourceDay, merge_day
from clawback.tables.step import make_tables
from clawback.tables.windows import BlockSource
from tests.contract.anvil import Node, running_node
from tests.contract.evm_chain import creation, fill_chain, word
from tests.contract.loopback import context_for

DAY = date(2020, 9, 26)
KNOWN = date(2026, 9, 15)
MIDNIGHT = int(datetime(2020, 9, 26, tzinfo=UTC).timestamp())
WETH = "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"
Row = dict[str, Any]


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunContext, Manifest]:
    """A day of every kind of transaction, with blocks of the day before and of the day after."""
    folder = tmp_path_factory.mktemp("lake")
    with running_node(MIDNIGHT - 8 * 12) as node:
        _at(node, WETH)
        made = fill_chain(node, MIDNIGHT - 7 * 12)
        last = _wrapping(node, made["alice"])
        source = {
            "name": "node",
            "connector": "evm_rpc",
            "options": {
                "url": node.url,
                "chain": "ethereum",
                "from_block": 1,
                "to_block": last,
                "batch_blocks": 4,
                "question_blocks": 3,
                "allow_hosts": ["127.0.0.1"],
            },
        }
        ctx = context_for(folder, source, first_day="2020-09-26")
        manifest = read_manifest(ctx.lake, ingest(ctx, "node", DAY, KNOWN))
    return ctx, manifest


def _at(node: Node, address: str) -> None:
    """A contract at the address of the wrapped coin that emits a deposit of word 0 to word 1."""
    runtime = f"6000356000526020357f{DEPOSIT[2:]}60206000a200"
    node.call("anvil_setCode", address, f"0x{runtime}")


def _wrapping(node: Node, alice: str) -> int:
    for turn in range(3):
        node.send(**{"from": alice, "to": WETH, "data": f"0x{word(70 + turn)}{word(alice)}"})
        node.send(**{"from": alice, "data": creation("00")})
        node.mine(MIDNIGHT + 3_600 + turn)
    node.mine(MIDNIGHT + 86_400)
    return int(node.call("eth_blockNumber"), 16)


def parts_of(landed: tuple[RunContext, Manifest]) -> BlockParts:
    ctx, manifest = landed
    found = block_parts(ctx.lake, "evm_rpc", manifest.parts)
    assert found is not None
    return found


def as_rows(landed: tuple[RunContext, Manifest], *, is_first: bool = False) -> DayOfSource:
    ctx, manifest = landed
    return read_day(ctx.lake, "evm_rpc", manifest.parts, DAY, is_first=is_first)


def transfers_of(landed: tuple[RunContext, Manifest]) -> list[Row]:
    return as_rows(landed).rows["transfers"]


def agreeing(rows: list[Row]) -> list[Row]:
    return [dict(row) for row in rows[::3]]


def disagreeing(rows: list[Row]) -> list[Row]:
    return [
        {**rows[5], "amount": rows[5]["amount"] + 1},
        {**rows[20], "position": 1_000_900, "amount": 3},
        {**rows[25], "tx_hash": "0x" + "ab" * 32, "block_number": 10**6, "tx_index": None},
    ]


def without_place(rows: list[Row]) -> list[Row]:
    """What a source without block and index knows: rows that are there, one of them twice, and some more."""
    loose = [
        {**row, "block_number": None, "tx_index": None, "position": 0, "_positioned": False}
        for row in (rows[3], rows[12], rows[12], rows[30])
    ]
    early = rows[0]["block_time"] - timedelta(seconds=1)
    others = [
        {**loose[0], "tx_hash": f"0x{number:064x}", "block_time": moment}
        for number, moment in enumerate((early, rows[14]["block_time"], rows[-1]["block_time"]), start=1)
    ]
    return [{**row, "order_quality": "time"} for row in (*loose, *others)]


def of_other_forms(rows: list[Row]) -> list[Row]:
    """Transactions of one block without a place in it, whose hashes do not sort like their bytes."""
    loose = {**rows[9], "tx_index": None}
    return [{**loose, "tx_hash": tx_hash} for tx_hash in ("0x" + "5" * 64, "0x" + "A" * 64, "0xb")]


def of_other_chains(rows: list[Row]) -> list[Row]:
    return [{**row, "chain": chain} for chain in ("arbitrum", "polygon") for row in rows[:4]]


def destroyed(rows: list[Row]) -> list[Row]:
    """Events that tell of units which no transfer shows, in a known transaction and in an unknown one."""
    event = {
        **{name: rows[7][name] for name in ("chain", "block_number", "block_time", "tx_hash", "tx_index")},
        "position": 1_000_700,
        "kind": "burn",
        "event": "DestroyedBlackFunds",
        "emitter": WETH,
        "address": rows[7]["from_address"],
        "asset": WETH,
        "amount": 44,
        "parameters": "{}",
    }
    return [event, {**event, "tx_hash": "0x" + "cd" * 32, "amount": 45}]


def both_ways(
    landed: tuple[RunContext, Manifest],
    folder: Path,
    before: dict[str, list[Row]] | None = None,
    after: dict[str, list[Row]] | None = None,
    *,
    twice: bool = False,
    is_first: bool = False,
) -> tuple[dict[str, list[Row]], dict[str, bytes]]:
    """Rows as `merge_day` makes them, and the files of the same sources as columns; checked to be equal."""

    def others() -> list[SourceDay | str]:
        rank: list[SourceDay | str] = ["node"]
        if twice:
            rank.append("second")
        if before is not None:
            rank.insert(
                0, SourceDay("before", KNOWN, DayOfSource(rows={k: list(v) for k, v in before.items()}))
            )
        if after is not None:
            rank.append(SourceDay("after", KNOWN, DayOfSource(rows={k: list(v) for k, v in after.items()})))
        return rank

    given = as_rows(landed, is_first=is_first)
    wanted = merge_day(
        [one if isinstance(one, SourceDay) else SourceDay(one, KNOWN, given) for one in others()]
    )
    blocks = [BlockSource(name, KNOWN, parts_of(landed)) for name in ("node", "second")[: 1 + twice]]
    rank = others()
    names = [one.source if isinstance(one, SourceDay) else one for one in rank]
    day = ChainDay(blocks, names, DAY, is_first, wrapped_coins())
    rows = [one if isinstance(one, SourceDay) else SourceDay(one, KNOWN, DayOfSource()) for one in rank]
    day.take_from(rows)
    written = write_chain_day(day, merge_day(rows), (*STREAMED, "quarantine"), folder)
    files = {name: path.read_bytes() for name, (path, _) in written.items()}
    for name in (*STREAMED, "quarantine"):
        assert files[name] == table_to_bytes(rows_to_table(wanted[name], TABLES[name])), name
        assert written[name][1] == len(wanted[name])
    return wanted, files


def test_columns_of_one_source_are_its_rows(landed: tuple[RunContext, Manifest], tmp_path: Path) -> None:
    wanted, _ = both_ways(landed, tmp_path)
    assert {row["kind"] for row in wanted["transfers"]} == {
        "fee",
        "native",
        "internal",
        "token",
        "mint",
        "burn",
    }
    assert {row["kind"] for row in wanted["chain_events"]} >= {"created", "wrap"}
    assert len(wanted["quarantine"]) > 10
    assert {row["block_time"].date() for row in wanted["transfers"]} == {DAY}
    assert len({row["block_number"] for row in wanted["transfers"]}) > 8  # several parts and questions


@pytest.mark.parametrize("light", [agreeing, disagreeing, without_place, of_other_forms, of_other_chains])
@pytest.mark.parametrize("first", [True, False])
def test_other_sources_meet_the_columns_as_they_meet_rows(
    landed: tuple[RunContext, Manifest], tmp_path: Path, light: Any, first: bool
) -> None:
    rows = {"transfers": light(transfers_of(landed))}
    alone, _ = both_ways(landed, tmp_path)
    wanted, _ = both_ways(landed, tmp_path, before=rows if first else None, after=None if first else rows)
    assert wanted["transfers"] != alone["transfers"] or (light is agreeing and not first)


def test_a_row_that_errs_about_its_block_meets_its_transaction(
    landed: tuple[RunContext, Manifest], tmp_path: Path
) -> None:
    true = transfers_of(landed)[9]
    wrong = {"transfers": [{**true, "block_number": true["block_number"] + 7}]}
    wanted, _ = both_ways(landed, tmp_path, after=wrong)
    told = [row["reason"] for row in wanted["quarantine"] if row["source"] == "after"]
    number = true["block_number"]
    assert told == [f"disagrees with node about this transfer, which says block_number {number}"]


def test_events_that_tell_of_transfers_are_heard(landed: tuple[RunContext, Manifest], tmp_path: Path) -> None:
    events = {"chain_events": destroyed(transfers_of(landed))}
    wanted, _ = both_ways(landed, tmp_path, after=events)
    assert sorted(row["amount"] for row in wanted["transfers"] if row["source"] == "after") == [44, 45]


def test_two_sources_of_whole_blocks_are_compared(
    landed: tuple[RunContext, Manifest], tmp_path: Path
) -> None:
    wanted, _ = both_ways(landed, tmp_path, twice=True)
    assert {row["source"] for row in wanted["transfers"]} == {"node"}


def test_numbered_tokens_of_others_meet_those_of_blocks(
    landed: tuple[RunContext, Manifest], tmp_path: Path
) -> None:
    true = as_rows(landed).rows["nft_transfers"]
    moved = [{**true[2], "position": true[2]["position"] + 500}]
    wrong = {"nft_transfers": [dict(true[0]), {**true[1], "token_id": "12"}, *moved]}
    alone, _ = both_ways(landed, tmp_path)
    first, _ = both_ways(landed, tmp_path, before=wrong)
    last, _ = both_ways(landed, tmp_path, after=wrong)
    for found, told in ((first, "node"), (last, "after")):
        assert len(found["nft_transfers"]) == len(alone["nft_transfers"]) + 1 == len(true) + 1
        (record,) = [row for row in found["quarantine"] if row["table"] == "nft_transfers"]
        assert record["source"] == told
        assert "which says token_id" in record["reason"]
        assert f"0x{true[1]['contract'].hex()}" in record["sample"]


def test_the_first_day_takes_events_of_before(landed: tuple[RunContext, Manifest], tmp_path: Path) -> None:
    wanted, _ = both_ways(landed, tmp_path, is_first=True)
    assert min(row["block_time"].date() for row in wanted["chain_events"]) < DAY
    assert {row["block_time"].date() for row in wanted["transfers"]} == {DAY}


def test_the_step_writes_them_and_writes_them_again(landed: tuple[RunContext, Manifest]) -> None:
    ctx, _ = landed
    record = json.loads(ctx.lake.read(make_tables(ctx, DAY)))
    given = as_rows(landed, is_first=True)
    wanted = merge_day([SourceDay("node", KNOWN, given)])
    for name in TABLES:
        manifest = read_manifest(ctx.lake, record["tables"][name]["manifest"])
        assert record["tables"][name]["rows"] == manifest.parts[0].rows == len(wanted[name])
        data = ctx.lake.read(manifest.parts[0].key)
        assert data == table_to_bytes(rows_to_table(wanted[name], TABLES[name])), name
    assert not list(ctx.work_dir.glob("tables-*"))


def test_blocks_that_do_not_follow_are_no_day(landed: tuple[RunContext, Manifest], tmp_path: Path) -> None:
    ctx, manifest = landed
    gap = [part for part in manifest.parts if not part.key.endswith("part-0001.json.gz")]
    parts = block_parts(ctx.lake, "evm_rpc", gap)
    assert parts is not None
    day = ChainDay([BlockSource("node", KNOWN, parts)], ["node"], DAY, False, wrapped_coins())
    rows = [SourceDay("node", KNOWN, DayOfSource())]
    with pytest.raises(ValueError, match="block 9 does not follow on block 4"):
        write_chain_day(day, merge_day(rows), ("transfers",), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_bytes_that_rot_in_the_lake_are_told(tmp_path: Path, landed: tuple[RunContext, Manifest]) -> None:
    ctx, manifest = landed
    part = next(part for part in manifest.parts if part.key.endswith("part-0002.json.gz"))
    path = ctx.lake.local_path(part.key)
    whole = path.read_bytes()
    parts = block_parts(ctx.lake, "evm_rpc", manifest.parts)
    assert parts is not None
    path.chmod(0o644)
    try:
        path.write_bytes(whole[:-9])
        with pytest.raises(ClawbackError, match="not those of the manifest"):
            list(parts.stretches(DAY))
    finally:
        path.write_bytes(whole)


def test_a_growing_file_has_the_bytes_of_the_whole(tmp_path: Path) -> None:
    rows = 300_000
    table = pa.table(
        {
            "number": pa.array(range(rows), pa.int64()),
            "word": pa.array([f"0x{number * 7919 % 5000:040x}" for number in range(rows)]),
        },
        schema=pa.schema([pa.field("number", pa.int64(), False), pa.field("word", pa.string(), False)]),
    )
    with GrowingFile(tmp_path / "it.parquet", table.schema) as file:
        for start, step in ((0, 100_000), (100_000, 7), (100_007, 180_000), (280_007, rows)):
            file.add(table.slice(start, step))
        file.close()
    assert file.rows == rows
    assert (tmp_path / "it.parquet").read_bytes() == table_to_bytes(table)
