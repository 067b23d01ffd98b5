"""A chain that the package does not know, by its row in the settings alone, on a real node of that chain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from Crypto.Hash import keccak

from clawback.cases.load import load_case
from clawback.context import RunContext
from clawback.errors import ClawbackError
from clawback.lake.partition import read_manifest
from clawback.settings import load_settings
from clawback.sources.ingest import ingest
from clawback.sources.label_files.parse import parse as parse_labels
from clawback.sources.prices import asset_of
from clawback.sources.registry import check_source, describe
from clawback.tables.addresses import (
    EVM_CHAINS,
    FORMS_OF_CHAIN,
    BadAddress,
    normalise_address,
    normalise_tx_hash,
)
from tests.contract.evm_chain import RUNTIMES, creation, fill_chain, word
from tests.contract.frontier_chain import table_of, write_case, write_labels
from tests.contract.ganache import CHAIN_ID, Ganache, running_ganache
from tests.contract.loopback import context_for

DAY: Final = date(2020, 9, 26)
KNOWN: Final = date(2026, 9, 15)
MIDNIGHT: Final = int(datetime(2020, 9, 26, tzinfo=UTC).timestamp())
LOCKED: Final = "0x" + keccak.new(digest_bits=256, data=b"Locked(address)").hexdigest()
_ISSUER: Final = f"6000357f{LOCKED[2:]}60006000a200"  # LOG2(nothing; topic, word 0)


@pytest.fixture(scope="module")
def chain() -> Iterator[tuple[Ganache, dict[str, Any]]]:
    with running_ganache(MIDNIGHT - 60) as node:
        made = fill_chain(node, MIDNIGHT, rounds=1)
        sent = node.send(**{"from": made["alice"], "data": creation(_ISSUER)})
        made["issuer"] = node.call("eth_getTransactionReceipt", sent)["contractAddress"].lower()
        node.send(**{"from": made["alice"], "to": made["issuer"], "data": f"0x{word(made['carol'])}"})
        node.mine(MIDNIGHT + 86_400)
        node.mine(MIDNIGHT + 86_401)
        yield node, made


def row_of(made: dict[str, Any], **changes: Any) -> str:
    """The chain's row, as a person writes it."""
    values = {
        "chain_id": CHAIN_ID,
        "native": '"DEV"',
        "finality": 3,
        "wrapped": f'["{made["deposit"]}"]',
        **changes,
    }
    lines = "\n".join(f"{name} = {value}" for name, value in values.items())
    return (
        f"[chains.devnet]\n{lines}\n[[chains.devnet.events]]\n"
        f'declaration = "Locked(address indexed who)"\ntopic0 = "{LOCKED}"\nkind = "freeze"\n'
        'address = "who"\nsource = "https://example.org/token"\n'
    )


def context(
    folder: Path, node: Ganache, made: dict[str, Any], connector: str = "evm_rpc", **changes: Any
) -> RunContext:
    folder.mkdir()
    write_case(folder / "cases", {made["alice"]: ""})
    path = folder / "cases" / "theft.yml"
    path.write_text(path.read_text().replace("ethereum", "devnet"))
    options = {"url": node.url, "chain": "devnet", "allow_hosts": ["127.0.0.1"]}
    ctx = context_for(
        folder,
        {"name": "cases", "connector": "case_files", "options": {"path": "cases"}},
        {"name": "chain", "connector": connector, "options": options},
        first_day=DAY.isoformat(),
    )
    file = folder / "clawback.toml"
    file.write_text(f"{file.read_text()}{row_of(made, **changes)}")
    return replace(ctx, settings=load_settings(file))


def landed(ctx: RunContext) -> dict[str, Any]:
    ingest(ctx, "cases", DAY, KNOWN)
    return read_manifest(ctx.lake, ingest(ctx, "chain", DAY, KNOWN)).meta


def test_a_row_of_the_settings_makes_a_chain(tmp_path: Path, chain: tuple[Ganache, dict[str, Any]]) -> None:
    node, made = chain
    ctx = context(tmp_path / "it", node, made, finality=1)
    for source in ctx.settings.enabled_sources:
        check_source(source, ctx.settings.base_dir)
    meta = landed(ctx)
    # The first contract is of the day before.
    assert meta["got"]["transactions"] == meta["expected"]["receipts"] == len(RUNTIMES) - 1 + 23 + 2
    assert meta["extra"]["internal_value"] == "not seen"
    rows = table_of(ctx, DAY, "transfers")
    assert {row["chain"] for row in rows} == {"devnet"}
    assert {row["kind"] for row in rows} == {"fee", "native", "token", "mint", "burn"}
    wrapped = [row["amount"] for row in rows if row["asset"] == made["deposit"]]
    assert wrapped == [50, 60]  # minted, for the row calls this contract the wrapped coin
    events = table_of(ctx, DAY, "chain_events")
    (frozen,) = [row for row in events if row["kind"] == "freeze"]
    assert (frozen["event"], frozen["address"], frozen["asset"]) == ("Locked", made["carol"], made["issuer"])
    (coin,) = table_of(ctx, DAY, "assets")
    assert (coin["chain"], coin["asset"], coin["symbol"], coin["decimals"]) == ("devnet", "native", "DEV", 18)


def test_its_days_are_final_by_its_depth(tmp_path: Path, chain: tuple[Ganache, dict[str, Any]]) -> None:
    node, made = chain
    ctx = context(tmp_path / "it", node, made, finality=1_000)
    with pytest.raises(ClawbackError, match="is not over and final yet"):
        landed(ctx)
    last = int(node.call("eth_blockNumber"), 16)
    near = context(tmp_path / "near", node, made, finality=2)
    with pytest.raises(ClawbackError, match="is not over and final yet"):
        landed(near)
    node.mine(MIDNIGHT + 86_402)
    assert landed(near)["request"]["blocks"][1] == last - 2


def test_its_frontier_is_its_day_restricted(tmp_path: Path, chain: tuple[Ganache, dict[str, Any]]) -> None:
    node, made = chain
    whole = context(tmp_path / "whole", node, made, finality=1)
    part = context(tmp_path / "part", node, made, "evm_frontier", finality=1)
    landed(whole)
    landed(part)
    touching = table_of(part, DAY, "transfers")
    named = {row["tx_hash"] for row in touching}
    assert touching == [row for row in table_of(whole, DAY, "transfers") if row["tx_hash"] in named]
    assert len(named) > 15
    assert [row for row in table_of(part, DAY, "chain_events") if row["kind"] == "freeze"]


def test_the_chain_is_known_wherever_chains_are_named(
    tmp_path: Path, chain: tuple[Ganache, dict[str, Any]]
) -> None:
    node, made = chain
    ctx = context(tmp_path / "it", node, made)
    assert "devnet" in EVM_CHAINS
    assert FORMS_OF_CHAIN["devnet"] == ("evm",)
    assert set(FORMS_OF_CHAIN) == {*EVM_CHAINS, "bitcoin", "litecoin", "tron"}
    assert len(FORMS_OF_CHAIN) == len(EVM_CHAINS) + 3
    assert asset_of("devnet/native", "a test").chain == "devnet"
    assert normalise_tx_hash("AB" * 32, "devnet") == "0x" + "ab" * 32
    case = load_case(ctx.settings.base_dir / "cases" / "theft.yml")
    assert case.roles[0].address == made["alice"]
    write_labels(tmp_path / "labels", {made["bob"]: "exchange"})
    tags = (tmp_path / "labels" / "labels.yaml").read_bytes().replace(b"network: ETH", b"network: devnet")
    words = {name: dict(of) for name, of in describe("label_files").words.items()}
    (label,) = parse_labels(tags, {"words": words}, "labels.yaml", None).rows["labels"]
    assert (label["chain"], label["address"]) == ("devnet", made["bob"])
    # Other settings do not know it.
    context_for(tmp_path)
    assert "devnet" not in EVM_CHAINS
    with pytest.raises(BadAddress, match="no address form is known"):
        normalise_address("0x" + "1" * 40, "devnet")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"chain_id": 5}, "the nodes are not of devnet"),
        ({"finality": '"soon"'}, "bad values: finality"),
        ({"wrapped": '["0x12"]'}, "bad values: wrapped"),
        ({"colour": '"red"'}, "unknown or missing keys"),
    ],
)
def test_a_wrong_row_is_told(
    tmp_path: Path, chain: tuple[Ganache, dict[str, Any]], changes: dict[str, Any], says: str
) -> None:
    node, made = chain
    with pytest.raises(ClawbackError, match=says):
        landed(context(tmp_path / "it", node, made, **changes))
