"""Tokens with a number (ERC-721, ERC-1155) through the pipeline, on a real node and real contracts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, Final

import duckdb
import pytest

from clawback.context import RunContext
from clawback.lake.partition import Part, read_manifest, read_part
from clawback.parquet import read_table
from clawback.schemas import TABLES
from clawback.settings import load_settings
from clawback.sources.ingest import ingest
from clawback.tables.step import make_tables
from tests.conftest import ROOT
from tests.contract.evm_chain import ZERO
from tests.contract.ganache import CHAIN_ID, Ganache, running_ganache
from tests.contract.loopback import context_for
from tests.contract.numbered_tokens import LARGEST, NumberedDay, asked, fill_numbered_day

DAY: Final = date(2020, 9, 26)
KNOWN: Final = date(2026, 9, 15)
MIDNIGHT: Final = int(datetime(2020, 9, 26, tzinfo=UTC).timestamp())
Row = dict[str, Any]


@pytest.fixture(scope="module")
def chain() -> Iterator[tuple[Ganache, NumberedDay]]:
    with running_ganache(MIDNIGHT) as node:
        made = fill_numbered_day(node)
        node.mine(MIDNIGHT + 86_400)
        node.mine(MIDNIGHT + 86_401)
        yield node, made


@pytest.fixture(scope="module")
def landed(
    tmp_path_factory: pytest.TempPathFactory, chain: tuple[Ganache, NumberedDay]
) -> tuple[RunContext, Row]:
    folder = tmp_path_factory.mktemp("lake")
    options = {"url": chain[0].url, "chain": "devnet", "allow_hosts": ["127.0.0.1"]}
    ctx = context_for(
        folder, {"name": "node", "connector": "evm_rpc", "options": options}, first_day=DAY.isoformat()
    )
    file = folder / "clawback.toml"
    row = f'[chains.devnet]\nchain_id = {CHAIN_ID}\nnative = "DEV"\nfinality = 1\n'
    file.write_text(f"{file.read_text()}{row}")
    ctx = replace(ctx, settings=load_settings(file))
    return ctx, read_manifest(ctx.lake, ingest(ctx, "node", DAY, KNOWN)).meta


def part_of(ctx: RunContext, name: str) -> Part:
    record = json.loads(ctx.lake.read(make_tables(ctx, DAY)))
    return read_manifest(ctx.lake, record["tables"][name]["manifest"]).parts[0]


def table_of(ctx: RunContext, name: str) -> list[Row]:
    rows: list[Row] = read_table(read_part(ctx.lake, part_of(ctx, name)), TABLES[name]).to_pylist()
    return rows


def hexed(value: bytes) -> str:
    return f"0x{value.hex()}"


def test_numbered_tokens_are_a_table_of_their_own(
    chain: tuple[Ganache, NumberedDay], landed: tuple[RunContext, Row]
) -> None:
    _, made = chain
    ctx, meta = landed
    rows = table_of(ctx, "nft_transfers")
    assert [
        (
            *(hexed(row["tx_hash"]), row["standard"], hexed(row["contract"]), row["part"]),
            *(hexed(row["from_address"]), hexed(row["to_address"]), row["token_id"], row["quantity"]),
        )
        for row in rows
    ] == made.moved
    assert {row["token_id"] for row in rows} >= {"0", "1", str(LARGEST)}
    assert {row["position"] for row in rows} == {1_000_000}
    assert {(row["chain"], row["source"], row["known_date"]) for row in rows} == {("devnet", "node", KNOWN)}
    assert {row["block_time"].date() for row in rows} == {DAY}
    assert meta["rows"]["nft_transfers"] == len(made.moved)


def test_owners_follow_from_them(chain: tuple[Ganache, NumberedDay], landed: tuple[RunContext, Row]) -> None:
    """What the contracts themselves answer is the sum of what moved."""
    node, made = chain
    held: Counter[tuple[str, str, str]] = Counter()
    for row in table_of(landed[0], "nft_transfers"):
        token = hexed(row["contract"]), row["token_id"]
        held[(*token, hexed(row["from_address"]))] -= int(row["quantity"])
        held[(*token, hexed(row["to_address"]))] += int(row["quantity"])
    assert asked(node, made.erc721, "ownerOf(uint256)", 0)[-40:] == made.accounts[2][2:]
    assert held[made.erc721, "0", made.accounts[2]] == 1
    several = {key: amount for key, amount in held.items() if key[0] == made.erc1155 and key[2] != ZERO}
    assert len(several) > 5
    for (contract, number, holder), amount in several.items():
        answer = asked(node, contract, "balanceOf(address,uint256)", holder, int(number))
        assert int(answer, 16) == amount


def test_they_are_never_amounts(chain: tuple[Ganache, NumberedDay], landed: tuple[RunContext, Row]) -> None:
    assert {row["kind"] for row in table_of(landed[0], "transfers")} == {"fee"}


def test_what_only_looks_like_one_is_quarantined(
    chain: tuple[Ganache, NumberedDay], landed: tuple[RunContext, Row]
) -> None:
    _, made = chain
    ctx, meta = landed
    turned_away = table_of(ctx, "quarantine")
    assert {row["table"] for row in turned_away} == {"nft_transfers"}
    assert [row["reason"].partition(":")[0] for row in turned_away] == made.hostile
    reasons = [row["reason"].partition("token: ")[2] for row in turned_away]
    assert reasons == [
        "a party is no address",
        "its data is not two words",
        "it has not as many amounts as token numbers",
        "an array ends beyond the data",
        "an array begins beyond the data",
    ]
    assert meta["quarantined"] == len(made.hostile)


def test_the_staging_view_shows_them_as_text(
    chain: tuple[Ganache, NumberedDay], landed: tuple[RunContext, Row]
) -> None:
    path = landed[0].lake.local_path(part_of(landed[0], "nft_transfers").key)
    view = (ROOT / "dbt/models/staging/lake/stg_lake__nft_transfers.sql").read_text("utf-8")
    reading = f"(select *, '{DAY}' as dt from read_parquet('{path}', hive_partitioning = false))"  # noqa: S608 - our path
    shown = duckdb.sql(view.replace("{{ source('lake_days', 'nft_transfers') }}", reading))
    columns = "tx_hash, standard, contract, part, from_address, to_address, token_id, quantity"
    assert shown.order("block_number, position, part").project(columns).fetchall() == chain[1].moved
    assert shown.project("day").distinct().fetchall() == [(DAY,)]
