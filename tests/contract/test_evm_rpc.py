"""The chain connector against a real node, and against answers that lie."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from clawback.chain_events.transfers import event_transfers
from clawback.chains.evm.blocks import batch_of_blocks
from clawback.chains.evm.shapes import Block
from clawback.chains.evm.topics import TRANSFER
from clawback.context import RunContext
from clawback.errors import ClawbackError
from clawback.lake.partition import read_manifest, read_part
from clawback.parquet import read_table, table_to_rows
from clawback.schemas import CHAIN_EVENTS, TRANSFERS
from clawback.sources.base import ParsedPart, Rewritten
from clawback.sources.evm_rpc.links import LastBlock, check_link
from clawback.sources.evm_rpc.parse import parse
from clawback.sources.ingest import ingest
from clawback.sources.reading import DayOfSource
from clawback.tables.merge import SourceDay, merge_day
from clawback.tables.step import make_tables
from tests.contract.anvil import Node, running_node
from tests.contract.loopback import context_for, progress_of

DAY = date(2020, 9, 26)
NEXT = date(2020, 9, 27)
KNOWN = date(2026, 9, 15)
MIDNIGHT = int(datetime(2020, 9, 26, tzinfo=UTC).timestamp())
HOUR, WHOLE_DAY = 3600, 86_400
ZERO = "0x" + "0" * 40
WETH = "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"

# Runtime that emits a log of its call data: topics from words 1.., data from word 0. For the selector-free
# call [amount, topic1, topic2, topic3?]: with three words after the amount LOG4 (an ERC-721), else LOG3.
#   CALLDATALOAD(0) -> mem[0]; push topics from call data; LOG
_ERC20 = "6000356000526040356020357f" + TRANSFER[2:] + "60206000a300"
_ERC721 = "6060356040356020357f" + TRANSFER[2:] + "60006000a400"


def word(value: int | str) -> str:
    return (f"{value:x}" if isinstance(value, int) else value.removeprefix("0x")).rjust(64, "0")


def creation(runtime: str) -> str:
    """Code that creates a contract with this runtime: copy it to memory and return it."""
    size = len(runtime) // 2
    return f"0x61{size:04x}600e60003961{size:04x}6000f3{runtime}"


@pytest.fixture
def node() -> Iterator[Node]:
    with running_node(MIDNIGHT - 2 * HOUR) as running:
        yield running


def context(tmp_path: Path, node: Node, **options: Any) -> RunContext:
    source = {
        "name": "chain",
        "connector": "evm_rpc",
        "options": {
            "url": node.url,
            "chain": "ethereum",
            "confirmations": 1,
            "batch_blocks": 3,
            "allow_hosts": ["127.0.0.1"],
            **options,
        },
    }
    return context_for(tmp_path, source, first_day="2020-09-26")


def rows_of(ctx: RunContext, day: date) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    record = json.loads(ctx.lake.read(make_tables(ctx, day)))
    part = read_manifest(ctx.lake, record["tables"]["transfers"]["manifest"]).parts[0]
    rows = table_to_rows(read_table(read_part(ctx.lake, part), TRANSFERS))
    return rows, record


def fill_day(node: Node) -> dict[str, Any]:
    """A day with a block before it, a token, an ERC-721, a failure, a hostile amount; two blocks after it."""
    accounts = node.call("eth_accounts")
    alice, bob, carol = accounts[:3]
    node.mine(MIDNIGHT - 1)
    contracts = []
    for runtime in (_ERC20, _ERC721):
        sent = node.send(**{"from": alice, "data": creation(runtime)})
        node.mine(MIDNIGHT + len(contracts))
        contracts.append(node.call("eth_getTransactionReceipt", sent)["contractAddress"])
    token, nft = contracts
    value = node.send(**{"from": alice, "to": bob, "value": hex(10**18 + 1)})
    moved = node.send(**{"from": alice, "to": token, "data": "0x" + word(777) + word(alice) + word(carol)})
    mint = node.send(**{"from": bob, "to": token, "data": "0x" + word(5) + word(ZERO) + word(bob)})
    burn = node.send(**{"from": bob, "to": token, "data": "0x" + word(4) + word(bob) + word(ZERO)})
    node.mine(MIDNIGHT + HOUR)
    node.send(**{"from": alice, "to": nft, "data": "0x" + word(0) + word(alice) + word(bob) + word(99)})
    hostile = node.send(**{"from": bob, "to": token, "data": "0x" + "f" * 64 + word(bob) + word(carol)})
    nothing = node.send(**{"from": bob, "to": token, "data": "0x" + word(0) + word(bob) + word(carol)})
    # Creating a contract whose code begins with INVALID fails, and keeps its fee.
    failed = node.send(**{"from": carol, "data": "0xfe", "value": "0x7"})
    funded = node.send(**{"from": carol, "data": creation("00"), "value": "0x9"})
    last = node.mine(MIDNIGHT + WHOLE_DAY - 1)
    node.mine(MIDNIGHT + WHOLE_DAY)
    node.mine(MIDNIGHT + WHOLE_DAY + 5)
    return {
        "alice": alice.lower(), "bob": bob.lower(), "carol": carol.lower(), "token": token.lower(),
        "value": value, "moved": moved, "mint": mint, "burn": burn, "hostile": hostile, "nothing": nothing,
        "failed": failed, "funded": funded, "last": last,
    }  # fmt: skip


@pytest.mark.slow
def test_a_day_of_a_real_node(tmp_path: Path, node: Node) -> None:
    made = fill_day(node)
    ctx = context(tmp_path, node)
    manifest = read_manifest(ctx.lake, ingest(ctx, "chain", DAY, KNOWN))
    first = made["last"] - 3
    assert manifest.meta["request"]["blocks"] == [first, made["last"]]
    assert manifest.meta["expected"] == {"blocks": 4, "receipts": 11, "whole_blocks": 4}
    assert manifest.meta["got"] == {"blocks": 4, "transactions": 11, "receipts": 11, "whole_blocks": 4}
    assert manifest.meta["extra"]["internal_value"] == "trace_block"
    assert manifest.meta["extra"]["last_block"]["number"] == made["last"]
    assert [part.key.rpartition("/")[2] for part in manifest.parts if "part" in part.key] == [
        "part-0000.json.gz",
        "part-0001.json.gz",
    ]
    rows, record = rows_of(ctx, DAY)
    assert {row["order_quality"] for row in rows} == {"exact"}
    assert {row["source"] for row in rows} == {"chain"}
    by_tx: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_tx.setdefault(row["tx_hash"], []).append(row)
        block = node.call("eth_getBlockByNumber", hex(row["block_number"]), False)
        assert row["block_hash"] == block["hash"]
        assert int(row["block_time"].timestamp()) == int(block["timestamp"], 16)

    fee, value = by_tx[made["value"]]
    receipt = node.call("eth_getTransactionReceipt", made["value"])
    assert (fee["kind"], fee["position"], fee["from_address"]) == ("fee", 0, made["alice"])
    assert fee["amount"] == int(receipt["gasUsed"], 16) * int(receipt["effectiveGasPrice"], 16)
    assert (value["kind"], value["position"], value["amount"]) == ("native", 1, 10**18 + 1)
    assert (value["from_address"], value["to_address"]) == (made["alice"], made["bob"])

    for name, kind, amount in (("moved", "token", 777), ("mint", "mint", 5), ("burn", "burn", 4)):
        _, transfer = by_tx[made[name]]
        log = node.call("eth_getTransactionReceipt", made[name])["logs"][0]
        assert (transfer["kind"], transfer["asset"], transfer["amount"]) == (kind, made["token"], amount)
        assert transfer["position"] == 1_000_000 + int(log["logIndex"], 16)
    # Logs are counted through the block, so the second token transfer of a block is not at 1,000,000.
    assert by_tx[made["burn"]][1]["position"] > by_tx[made["moved"]][1]["position"]

    for name in ("nothing", "failed", "hostile"):
        assert [row["kind"] for row in by_tx[made[name]]] == ["fee"]
    _, funded = by_tx[made["funded"]]
    created = node.call("eth_getTransactionReceipt", made["funded"])["contractAddress"]
    assert (funded["to_address"], funded["amount"]) == (created.lower(), 9)
    assert record["tables"]["quarantine"]["rows"] == 1
    assert sum(row["asset"] == made["token"] for row in rows) == 3
    # The token, the ERC-721 and the funded contract, and not the one that failed.
    events = ctx.lake.local_path(
        read_manifest(ctx.lake, record["tables"]["chain_events"]["manifest"]).parts[0].key
    )
    told = [
        (row["kind"], row["event"], row["position"], row["emitter"], row["address"])
        for row in table_to_rows(read_table(events, CHAIN_EVENTS))
    ]
    assert [place[:3] for place in told] == [("created", "create", 1)] * 3
    assert ("created", "create", 1, made["alice"], made["token"]) in told
    assert ("created", "create", 1, made["carol"], created.lower()) in told
    assert {row["asset"] for row in rows} == {"native", made["token"]}


@pytest.mark.slow
def test_balances_follow_from_the_transfers_to_the_wei(tmp_path: Path, node: Node) -> None:
    made = fill_day(node)
    ctx = context(tmp_path, node)
    ingest(ctx, "chain", DAY, KNOWN)
    rows, _ = rows_of(ctx, DAY)
    for name in ("alice", "bob", "carol"):
        before, after = (
            int(node.call("eth_getBalance", made[name], hex(number)), 16)
            for number in (made["last"] - 4, made["last"])
        )
        native = [row for row in rows if row["asset"] == "native"]
        came = sum(row["amount"] for row in native if row["to_address"] == made[name])
        went = sum(row["amount"] for row in native if row["from_address"] == made[name])
        assert before + came - went == after


@pytest.mark.slow
def test_landing_again_adds_nothing_and_a_rewritten_chain_is_seen(tmp_path: Path, node: Node) -> None:
    fill_day(node)
    ctx = context(tmp_path, node)
    first = ingest(ctx, "chain", DAY, KNOWN)
    landed = ctx.lake.list("raw/")
    assert ingest(ctx, "chain", DAY, KNOWN + timedelta(days=1)) == first
    assert ctx.lake.list("raw/") == landed

    # The last block of the day and all after it are replaced by others, and the next day goes on from those.
    number = read_manifest(ctx.lake, first).meta["extra"]["last_block"]["number"]
    old = node.call("eth_getBlockByNumber", hex(number), False)
    node.call("anvil_reorg", 3, [])
    new = node.call("eth_getBlockByNumber", old["number"], False)
    assert new["hash"] != old["hash"]
    newest = int(node.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
    node.mine(max(newest + 1, MIDNIGHT + WHOLE_DAY + 60))
    node.mine(MIDNIGHT + 2 * WHOLE_DAY)
    node.mine(MIDNIGHT + 2 * WHOLE_DAY + 1)
    ingest(ctx, "chain", NEXT, KNOWN)
    (line,) = [line for line in progress_of(ctx) if "is fetched again" in line]
    assert "the chain was rewritten" in line
    assert old["hash"] in line
    assert "2020-09-26 is fetched again" in line
    # The old landing stays beside the new one.
    again = ingest(ctx, "chain", DAY, KNOWN)
    assert again.endswith("known=2026-09-15_0002/_manifest.json")
    assert ctx.lake.exists(first)


@pytest.mark.slow
def test_a_day_that_is_not_over_or_not_final_is_not_landed(tmp_path: Path, node: Node) -> None:
    fill_day(node)
    with pytest.raises(ClawbackError, match="2020-09-27 is not over and final yet for this node"):
        ingest(context(tmp_path, node), "chain", NEXT, KNOWN)
    with pytest.raises(ClawbackError, match="2020-09-26 is not over and final yet for this node"):
        ingest(context(tmp_path, node, confirmations=64), "chain", DAY, KNOWN)
    with pytest.raises(ClawbackError, match="the nodes are not of bsc"):
        ingest(context(tmp_path, node, chain="bsc"), "chain", DAY, KNOWN)


@pytest.mark.slow
def test_named_blocks_and_a_day_without_blocks(tmp_path: Path, node: Node) -> None:
    made = fill_day(node)
    node.mine(MIDNIGHT + 3 * WHOLE_DAY)
    node.mine(MIDNIGHT + 3 * WHOLE_DAY + 9)
    ctx = context(tmp_path, node)
    empty = read_manifest(ctx.lake, ingest(ctx, "chain", date(2020, 9, 28), KNOWN))
    assert empty.meta["got"] == {"blocks": 0, "transactions": 0, "receipts": 0, "whole_blocks": 0}
    other = tmp_path / "named"
    other.mkdir()
    ctx = context(other, node, from_block=made["last"] - 1, to_block=made["last"] - 1)
    manifest = read_manifest(ctx.lake, ingest(ctx, "chain", DAY, KNOWN))
    assert manifest.meta["got"] == {"blocks": 1, "transactions": 4, "receipts": 4, "whole_blocks": 1}


@pytest.mark.slow
def test_the_link_to_the_last_day_that_has_blocks_is_checked_over_a_day_without(
    tmp_path: Path, node: Node
) -> None:
    fill_day(node)
    node.mine(MIDNIGHT + 3 * WHOLE_DAY)
    node.mine(MIDNIGHT + 4 * WHOLE_DAY)
    node.mine(MIDNIGHT + 4 * WHOLE_DAY + 9)
    ctx = context(tmp_path, node)
    with_blocks, without, after = date(2020, 9, 27), date(2020, 9, 28), date(2020, 9, 29)
    landed = ingest(ctx, "chain", with_blocks, KNOWN)
    ingest(ctx, "chain", without, KNOWN)
    # What the lake holds of the older day is of a chain that has since been rewritten.
    told = json.loads(ctx.lake.read(landed))
    true_hash = told["meta"]["extra"]["last_block"]["hash"]
    told["meta"]["extra"]["last_block"]["hash"] = "0x" + "00" * 32
    ctx.lake.put(landed, json.dumps(told).encode())
    with pytest.raises(ClawbackError, match="the chain was rewritten"):
        ingest(ctx, "chain", after, KNOWN)
    told["meta"]["extra"]["last_block"]["hash"] = true_hash
    ctx.lake.put(landed, json.dumps(told).encode())
    ingest(ctx, "chain", after, KNOWN)


# --- answers that lie ---

TX, BLOCK = "0x" + "12" * 32, "0x" + "34" * 32
ALICE, BOB, TOKEN = "0x" + "a1" * 20, "0x" + "b2" * 20, "0x" + "c3" * 20


def batch() -> dict[str, Any]:
    place = {"blockHash": BLOCK, "blockNumber": "0x64", "transactionIndex": "0x0"}
    block = {
        "number": "0x64",
        "hash": BLOCK,
        "parentHash": "0x" + "33" * 32,
        "timestamp": hex(MIDNIGHT + 9),
        "gasUsed": "0x5208",
        "miner": BOB,
        "transactions": [{**place, "hash": TX, "from": ALICE, "to": BOB, "value": "0x5", "input": "0x"}],
    }
    receipt = {
        **place,
        "transactionHash": TX,
        "status": "0x1",
        "gasUsed": "0x5208",
        "effectiveGasPrice": "0x3",
        "contractAddress": None,
        "logs": [
            {
                **place,
                "address": TOKEN,
                "topics": [TRANSFER, "0x" + word(ALICE), "0x" + word(BOB)],
                "data": "0x" + word(7),
                "transactionHash": TX,
                "logIndex": "0x0",
                "removed": False,
            }
        ],
    }
    return {"block/100": block, "receipts/100": [receipt]}


def parsed(found: dict[str, Any], wrapped: tuple[str, ...] = ()) -> ParsedPart:
    answers = [
        [
            {"jsonrpc": "2.0", "id": place, "result": found[name]}
            for place, name in enumerate(sorted(name for name in found if name.startswith(kind)))
        ]
        for kind in ("block/", "receipts/")
    ]
    data = gzip.compress(json.dumps([[*answers, None]]).encode(), mtime=0)
    options = {"chain": "ethereum", "wrapped": list(wrapped), "traces": None}
    return parse(data, options, "part-0000.json.gz", None)


def test_a_batch_is_a_fee_a_value_and_a_token() -> None:
    rows = parsed(batch()).rows["transfers"]
    assert [(row["kind"], row["position"], row["amount"]) for row in rows] == [
        ("fee", 0, 63_000),
        ("native", 1, 5),
        ("token", 1_000_000, 7),
    ]


def test_every_batch_follows_on_the_block_before() -> None:
    blocks = [Block(hex(n), f"0x{n:064x}", f"0x{n - 1:064x}", "0x5", "0x0", BOB, []) for n in (5, 6)]
    whole = batch_of_blocks(range(5, 7), blocks, [[], []])
    assert check_link(None, whole) == LastBlock(6, f"0x{6:064x}")
    assert check_link(LastBlock(4, f"0x{4:064x}"), whole) == LastBlock(6, f"0x{6:064x}")
    for before in (LastBlock(4, "0x12"), LastBlock(3, f"0x{4:064x}")):
        with pytest.raises(ClawbackError):
            check_link(before, whole)
    with pytest.raises(Rewritten) as caught:
        check_link(LastBlock(4, "0x12", landed=DAY), whole)
    assert caught.value.day == DAY
    assert "ingest 2020-09-26 again" in str(caught.value)


Lie = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("lie", "says"),
    [
        (lambda found: found["receipts/100"].clear(), "1 transactions and 0 receipts"),
        (lambda found: found["receipts/100"].append(dict(found["receipts/100"][0])), "2 receipts"),
        (
            lambda found: found["receipts/100"][0].update(transactionHash="0x" + "99" * 32),
            "a receipt's trans",
        ),
        (lambda found: found["receipts/100"][0].update(blockHash="0x" + "99" * 32), "a receipt's block hash"),
        (lambda found: found["receipts/100"][0]["logs"][0].update(removed=True), "marked as removed"),
        (lambda found: found["receipts/100"][0].pop("status"), "neither success nor failure"),
        (lambda found: found["block/100"].update(number=100), "Expected `str`, got `int`"),
        (lambda found: found.pop("receipts/100"), "0 answers to 1 questions"),
        (lambda found: found.update({"block/100": "0x"}), "Expected `object"),
        (lambda found: found["receipts/100"][0]["logs"][0].update(logIndex="3"), "a log's index"),
    ],
)
def test_an_answer_that_does_not_hold_together_breaks_the_part(lie: Lie, says: str) -> None:
    found = batch()
    lie(found)
    broken = parsed(found).broken
    assert broken is not None
    assert says in broken


@pytest.mark.parametrize(
    ("lie", "says"),
    [
        (lambda log: log.update(data="0x" + "f" * 64), "wider than DECIMAL(38,0): 1157920892373161954"),
        (lambda log: log["topics"].__setitem__(1, "0x" + "1" * 64), "is no address"),
        (lambda log: log["topics"].pop(), "neither ERC-20 nor ERC-721"),
        (lambda log: log.update(data="0x"), "neither ERC-20 nor ERC-721"),
        (lambda log: log.update(data="0x" + word(1) * 2), "neither ERC-20 nor ERC-721"),
    ],
)
def test_a_log_that_cannot_be_is_turned_away_alone(lie: Lie, says: str) -> None:
    found = batch()
    lie(found["receipts/100"][0]["logs"][0])
    result = parsed(found)
    assert len(result.rows["transfers"]) == 2
    assert says in result.quarantined[0].reason


@pytest.mark.parametrize(
    "lie",
    [
        lambda log: log["topics"].append("0x" + word(1)),  # ERC-721
        lambda log: log["topics"].__setitem__(0, "0x" + word(1)),
        lambda log: log["topics"].clear(),
        lambda log: log.update(data="0x" + word(0)),
    ],
)
def test_a_log_that_is_no_erc20_transfer_is_none(lie: Lie) -> None:
    found = batch()
    lie(found["receipts/100"][0]["logs"][0])
    result = parsed(found)
    assert result.quarantined == []
    assert [row["kind"] for row in result.rows["transfers"]] == ["fee", "native"]


def test_a_blob_transaction_pays_twice() -> None:
    found = batch()
    found["receipts/100"][0].update(blobGasUsed="0x20000", blobGasPrice="0x2")
    assert parsed(found).rows["transfers"][0]["amount"] == 63_000 + 2 * 131_072


def test_wrapped_coins_appear_and_vanish_without_a_transfer() -> None:
    from clawback.chains.evm.topics import DEPOSIT, WITHDRAWAL

    for topic, kind, parties in ((DEPOSIT, "mint", (ZERO, ALICE)), (WITHDRAWAL, "burn", (ALICE, ZERO))):
        found = batch()
        found["receipts/100"][0]["logs"][0]["topics"] = [topic, "0x" + word(ALICE)]
        row = parsed(found, (TOKEN,)).rows["transfers"][-1]
        assert (row["kind"], row["from_address"], row["to_address"]) == (kind, *parties)
        assert (row["asset"], row["amount"], row["position"]) == (TOKEN, 7, 1_000_000)
        # Any other contract means something else by these words.
        assert [row["kind"] for row in parsed(found).rows["transfers"]] == ["fee", "native"]


def test_a_deposit_beside_its_own_transfer_is_counted_once() -> None:
    from clawback.chains.evm.topics import DEPOSIT

    found = batch()
    first = found["receipts/100"][0]["logs"][0]
    first["topics"] = [DEPOSIT, "0x" + word(ALICE)]
    told = {**first, "logIndex": "0x1", "topics": [TRANSFER, "0x" + word(ZERO), "0x" + word(ALICE)]}
    twice = {**first, "logIndex": "0x2"}
    found["receipts/100"][0]["logs"] += [told, twice]
    rows = [row for row in parsed(found, (TOKEN,)).rows["transfers"] if row["kind"] == "mint"]
    assert [row["position"] for row in rows] == [1_000_001, 1_000_002]


def test_before_byzantium_value_is_not_guessed() -> None:
    found = batch()
    receipt = found["receipts/100"][0]
    del receipt["status"]
    receipt["root"] = "0x" + "77" * 32
    result = parsed(found)
    assert [row["kind"] for row in result.rows["transfers"]] == ["fee", "token"]
    assert "whether the transaction failed is not known" in result.quarantined[0].reason


@pytest.mark.parametrize(
    "content", [b"<html>", b"{}", b"[3]", b"[[1, 2]]", b"[[[], [], null]]", b"[" * 5_000]
)
def test_a_part_that_is_none_is_broken(content: bytes) -> None:
    options = {"chain": "ethereum", "wrapped": [], "traces": None}
    assert parse(gzip.compress(content), options, "part-0000.json.gz", None).broken is not None
    assert parse(content, options, "part-0000.json.gz", None).broken is not None
    assert parse(gzip.compress(content)[:-3], options, "part-0000.json.gz", None).broken is not None


def mainnet_batch(folder: Path) -> dict[str, Any]:
    """Two full mainnet blocks of 2023, put back from a flat export into the form of a node's answer."""

    def lines(kind: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (folder / f"expected_{kind}.json").read_text().splitlines()]

    logs: dict[str, list[dict[str, Any]]] = {}
    for log in lines("logs"):
        logs.setdefault(log["transaction_hash"], []).append(
            {
                **log,
                "logIndex": hex(log["log_index"]),
                "blockHash": log["block_hash"],
                "blockNumber": hex(log["block_number"]),
                "transactionHash": log["transaction_hash"],
                "transactionIndex": hex(log["transaction_index"]),
            }
        )
    found: dict[str, Any] = {}
    for block in lines("blocks"):
        found[f"block/{block['number']}"] = {
            "number": hex(block["number"]),
            "hash": block["hash"],
            "parentHash": block["parent_hash"],
            "timestamp": hex(block["timestamp"]),
            "gasUsed": hex(block["gas_used"]),
            "miner": block["miner"],
            "transactions": [],
        }
        found[f"receipts/{block['number']}"] = []
    for tx in lines("transactions"):
        place = {
            "blockHash": tx["block_hash"],
            "blockNumber": hex(tx["block_number"]),
            "transactionIndex": hex(tx["transaction_index"]),
        }
        found[f"block/{tx['block_number']}"]["transactions"].append(
            {
                **place,
                "hash": tx["hash"],
                "from": tx["from_address"],
                "to": tx["to_address"],
                "value": hex(tx["value"]),
            }
        )
        found[f"receipts/{tx['block_number']}"].append(
            {
                **place,
                "transactionHash": tx["hash"],
                "status": hex(tx["receipt_status"]),
                "gasUsed": hex(tx["receipt_gas_used"]),
                "effectiveGasPrice": hex(tx["receipt_effective_gas_price"]),
                "contractAddress": tx["receipt_contract_address"],
                "logs": logs.get(tx["hash"], []),
            }
        )
    return found


OURS = ("asset", "from_address", "to_address", "amount")
THEIRS = ("token_address", "from_address", "to_address", "value")


def test_two_mainnet_blocks_give_the_transfers_that_another_program_found(shared_facts: Path) -> None:
    folder = shared_facts / "data" / "rpc" / "ethereum" / "test_stream" / "blocks_17173049_17173050"
    found = mainnet_batch(folder)
    result = parsed(found)
    assert result.broken is None
    assert result.quarantined == []
    rows = result.rows["transfers"]
    tokens = {
        (row["tx_hash"], row["position"] - 1_000_000): tuple(row[name] for name in OURS)
        for row in rows
        if row["asset"] != "native"
    }
    # The other program counts the ids of ERC-721 tokens as values; those logs have a fourth topic.
    erc20 = {
        (log["transaction_hash"], log["log_index"])
        for log in map(json.loads, (folder / "expected_logs.json").read_text().splitlines())
        if len(log["topics"]) == 3
    }
    theirs = {
        (row["transaction_hash"], row["log_index"]): tuple(row[name] for name in THEIRS)
        for row in map(json.loads, (folder / "expected_token_transfers.json").read_text().splitlines())
        if (row["transaction_hash"], row["log_index"]) in erc20 and row["value"]
    }
    assert len(theirs) > 200
    assert tokens == theirs
    assert sum(row["kind"] == "fee" for row in rows) == 298  # one for each transaction


def test_two_mainnet_blocks_give_their_events(shared_facts: Path) -> None:
    folder = shared_facts / "data" / "rpc" / "ethereum" / "test_stream" / "blocks_17173049_17173050"
    found = mainnet_batch(folder)
    result = parsed(found, wrapped=(WETH,))
    assert result.quarantined == []
    events, transfers = result.rows["chain_events"], result.rows["transfers"]
    assert Counter(row["kind"] for row in events if row["event"] != "create") == {
        "swap": 79,
        "unwrap": 31,
        "wrap": 30,
    }
    # Wrapped coins are transfers already; without them, the events alone tell the same ones.
    assert event_transfers(events, transfers) == ([], [])
    bare = parsed(found).rows["transfers"]
    told, _ = event_transfers(events, bare)
    assert len(told) == 61
    names = ("tx_hash", "position", "kind", "from_address", "to_address", "asset", "amount")
    assert {tuple(row[name] for name in names) for row in bare + told} == {
        tuple(row[name] for name in names) for row in transfers
    }
    merged = merge_day([SourceDay("node", KNOWN, DayOfSource(rows=result.rows))])
    assert merged["quarantine"] == []
    assert len(merged["chain_events"]) == len(events)
