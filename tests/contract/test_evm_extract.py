"""The extraction against a real node: every kind of row, and the rows of another program."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import date
from multiprocessing import forkserver
from pathlib import Path
from typing import Any

import msgspec
import pytest

from clawback.chain_events.signatures import signature_table
from clawback.chains.evm.catalogue import chain_with_id
from clawback.chains.evm.failures import Lie
from clawback.chains.evm.files import chunk_name
from clawback.chains.evm.plan import Access
from clawback.chains.evm.receipts_root import check_odd_blocks, check_receipts_roots
from clawback.chains.evm.run import extract
from clawback.chains.evm.settle import Order
from clawback.chains.evm.shapes import Block, Receipt
from clawback.errors import ClawbackError
from tests.contract.anvil import Node, running_node
from tests.contract.evm_chain import ZERO, creation, fill_chain, word
from tests.contract.evm_rows import extracted, files_of, rows
from tests.peers import require_peer

pytestmark = pytest.mark.slow

SECOND = 1_600_000_000
ETH = "native"


@pytest.fixture(scope="module")
def chain() -> Iterator[tuple[Node, dict[str, Any]]]:
    with running_node(SECOND) as node:
        yield node, fill_chain(node, SECOND)


@pytest.fixture(scope="module")
def whole(chain: tuple[Node, dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    node, made = chain
    out = tmp_path_factory.mktemp("whole")
    extracted(
        out,
        [node.url],
        made["blocks"],
        changes=settings(made),
        checks=("bloom", "receipts-root"),
        internal="required",
    )
    return out


def settings(made: dict[str, Any], **more: Any) -> dict[str, dict[str, Any]]:
    wrapped = [made["deposit"], made["withdrawal"]]
    return {"ethereum": {"wrapped": wrapped, "chunk_blocks": 5, **more}}


def by_tx(found: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    grouped: dict[str, list[dict[str, Any]]] = {}
    for row in found:
        grouped.setdefault(row["tx_hash"], []).append(row)
    return grouped


def test_every_transaction_pays_its_fee(chain: tuple[Node, dict[str, Any]], whole: Path) -> None:
    node, made = chain
    fees = {row["tx_hash"]: row for row in rows(whole, "transfers") if row["kind"] == "fee"}
    count = 0
    for number in made["blocks"]:
        for receipt in node.call("eth_getBlockReceipts", hex(number)):
            fee = fees[receipt["transactionHash"]]
            assert fee["amount"] == int(receipt["gasUsed"], 16) * int(receipt["effectiveGasPrice"], 16)
            assert (fee["from_address"], fee["to_address"], fee["asset"]) == (receipt["from"], None, ETH)
            assert (fee["block_number"], fee["tx_index"]) == (number, int(receipt["transactionIndex"], 16))
            assert fee["position"] == 0
            count += 1
    assert count == len(fees)


def test_what_each_kind_of_transaction_gives(chain: tuple[Node, dict[str, Any]], whole: Path) -> None:
    _, made = chain
    alice, bob, carol = made["alice"], made["bob"], made["carol"]
    last = max(made["blocks"])
    found = [row for row in rows(whole, "transfers") if row["block_number"] == last and row["kind"] != "fee"]
    told = [
        (row["kind"], row["from_address"], row["to_address"], row["asset"], row["amount"]) for row in found
    ]
    token, wrapped, unwrapped = made["erc20"], made["deposit"], made["withdrawal"]
    forward, failing = made["forward"], made["forward_and_fail"]
    created = [row["to_address"] for row in found if row["amount"] in (14, 5_000)]
    assert sorted(told) == sorted(
        [
            ("native", alice, bob, ETH, 10**15 + 5),
            ("token", alice, carol, token, 782),
            ("token", alice, carol, token, 0),
            ("token", alice, carol, token, 10**38 - 1),
            ("mint", ZERO, bob, token, 5),
            ("burn", bob, ZERO, token, 4),
            ("mint", ZERO, alice, wrapped, 55),
            ("mint", ZERO, alice, wrapped, 60),
            ("burn", alice, ZERO, unwrapped, 20),
            ("native", alice, forward, ETH, 1_005),
            ("internal", forward, carol, ETH, 1_005),
            ("native", alice, forward, ETH, 2_000),
            ("internal", forward, forward, ETH, 2_000),
            ("internal", forward, ZERO, ETH, 2_000),
            ("native", alice, forward, ETH, 3_000),
            ("native", carol, made["make"], ETH, 5_000),
            ("internal", made["make"], created[1], ETH, 5_000),
            ("native", carol, created[2], ETH, 14),
        ]
    )
    assert failing not in {row["to_address"] for row in found}
    first = min(row["block_number"] for row in rows(whole, "transfers") if row["amount"] == 6_000)
    destroyed = [row for row in rows(whole, "transfers") if row["amount"] == 6_000]
    assert [(row["kind"], row["from_address"], row["to_address"]) for row in destroyed] == [
        ("native", carol, made["destroy"]),
        ("internal", made["destroy"], bob),
    ]
    assert first == destroyed[0]["block_number"]


def test_numbered_tokens_and_hostile_logs_are_kept_apart(
    chain: tuple[Node, dict[str, Any]], whole: Path
) -> None:
    _, made = chain
    last = max(made["blocks"])
    numbered = [row for row in rows(whole, "nft_transfers") if row["block_number"] == last]
    assert [
        (row["standard"], row["contract"], int(row["token_number"], 16), int(row["amount"], 16))
        for row in numbered
    ] == [("erc721", made["erc721"], 104, 1), ("erc1155", made["erc1155"], 7, 3)]
    refused = [row for row in rows(whole, "quarantine") if row["block_number"] == last]
    assert [(row["reason"], row["says"][:40]) for row in refused[:2]] == [
        ("the amount is wider than DECIMAL(38,0)", str(2**256 - 1)[:40]),
        ("the amount is wider than DECIMAL(38,0)", str(10**38)),
    ]
    assert [row["reason"] for row in refused[2:]] == [
        "a party of a Transfer is no address",
        "a Transfer in the form of neither ERC-20 nor ERC-721",
    ]


def test_balances_follow_from_the_rows_to_the_wei(chain: tuple[Node, dict[str, Any]], whole: Path) -> None:
    node, made = chain
    blocks = made["blocks"]
    native = [row for row in rows(whole, "transfers") if row["asset"] == ETH]
    for name in ("alice", "bob", "carol", "forward", "forward_and_fail", "make", "destroy"):
        address = made[name]
        before, after = (
            int(node.call("eth_getBalance", address, hex(number)), 16)
            for number in (blocks.start - 1, blocks.stop - 1)
        )
        came = sum(row["amount"] for row in native if row["to_address"] == address)
        went = sum(row["amount"] for row in native if row["from_address"] == address)
        assert before + came - went == after, name


def test_both_ways_of_tracing_give_the_same_rows(
    chain: tuple[Node, dict[str, Any]], whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node, made = chain
    from clawback.chains.evm import offers

    only = {"debug_traceBlockByNumber": offers._TRACERS["debug_traceBlockByNumber"]}
    monkeypatch.setattr(offers, "_TRACERS", only)
    manifest = extracted(tmp_path, [node.url], made["blocks"], changes=settings(made))
    assert manifest["internal_value"] == "debug_traceBlockByNumber"
    assert rows(tmp_path, "transfers") == rows(whole, "transfers")


def test_the_rows_are_those_of_ethereum_etl(
    chain: tuple[Node, dict[str, Any]], whole: Path, tmp_path: Path
) -> None:
    node, made = chain
    python = require_peer("ethereum-etl")
    first, last = made["blocks"].start, made["blocks"].stop - 1
    for command, *files in (
        ("export_blocks_and_transactions", "--transactions-output", "tx.csv"),
        ("export_token_transfers", "--output", "tokens.csv"),
    ):
        subprocess.run(
            [python, "-m", "ethereumetl", command, "-s", str(first), "-e", str(last), "-p", node.url, *files],
            cwd=tmp_path,
            check=True,
            capture_output=True,
            timeout=300,
        )
    theirs = read_csv(tmp_path / "tokens.csv")
    apart = {
        (row["tx_hash"], row["position"] - 1_000_000)
        for table in ("nft_transfers", "quarantine")
        for row in rows(whole, table)
    }
    wrapped = {made["deposit"], made["withdrawal"]}
    ours = [row for row in rows(whole, "transfers") if row["asset"] != ETH and row["asset"] not in wrapped]
    assert sorted(
        (row["transaction_hash"], int(row["log_index"]), row["token_address"], row["from_address"],
         row["to_address"], int(row["value"]), int(row["block_number"]))
        for row in theirs
        if (row["transaction_hash"], int(row["log_index"])) not in apart
    ) == sorted(
        (row["tx_hash"], row["position"] - 1_000_000, row["asset"], row["from_address"],
         row["to_address"], row["amount"], row["block_number"])
        for row in ours
    )  # fmt: skip
    assert len(ours) == 5 * 6
    # What they take for an amount and is none, we have in the tables beside: nothing is lost.
    assert {(row["transaction_hash"], int(row["log_index"])) for row in theirs} - {
        (row["tx_hash"], row["position"] - 1_000_000) for row in ours
    } <= apart
    failed = {
        receipt["transactionHash"]
        for number in made["blocks"]
        for receipt in node.call("eth_getBlockReceipts", hex(number))
        if receipt["status"] == "0x0"
    }
    assert len(failed) == 2 * 6
    values = {row["tx_hash"]: row for row in rows(whole, "transfers") if row["kind"] == "native"}
    transactions = [row for row in read_csv(tmp_path / "tx.csv") if int(row["value"])]
    assert {row["hash"] for row in transactions} == values.keys() | (
        failed & {r["hash"] for r in transactions}
    )
    for row in transactions:
        if row["hash"] not in failed:
            own = values[row["hash"]]
            assert own["amount"] == int(row["value"])
            assert own["from_address"] == row["from_address"]
            assert not row["to_address"] or own["to_address"] == row["to_address"]


def test_token_transfers_alone_are_the_same_rows(
    chain: tuple[Node, dict[str, Any]], whole: Path, tmp_path: Path
) -> None:
    node, made = chain
    manifest = extracted(
        tmp_path,
        [node.url],
        made["blocks"],
        changes=settings(made),
        only_token_transfers=True,
        checks=("bloom",),
    )
    assert manifest["internal_value"] == "not seen"
    wrapped = {ETH, made["deposit"], made["withdrawal"]}
    assert rows(tmp_path, "transfers") == [
        row for row in rows(whole, "transfers") if row["asset"] not in wrapped
    ]
    assert rows(tmp_path, "blocks") == rows(whole, "blocks")
    assert [row["standard"] for row in rows(tmp_path, "nft_transfers")] == ["erc721"] * 6


def test_logs_that_were_asked_for_are_kept_as_they_are(
    chain: tuple[Node, dict[str, Any]], tmp_path: Path
) -> None:
    from clawback.chains.evm.topics import TRANSFER_SINGLE

    node, made = chain
    changes = settings(made, log_topics=[TRANSFER_SINGLE], log_addresses=[made["unindexed"]])
    extracted(tmp_path, [node.url], made["blocks"], changes=changes)
    kept = rows(tmp_path, "logs")
    wanted = [
        log
        for number in made["blocks"]
        for receipt in node.call("eth_getBlockReceipts", hex(number))
        for log in receipt["logs"]
        if log["topics"][0] == TRANSFER_SINGLE or log["address"] == made["unindexed"]
    ]
    assert [
        (row["tx_hash"], hex(row["log_index"]), row["address"], row["data"], row["topic0"], row["topic3"])
        for row in kept
    ] == [
        (log["transactionHash"], log["logIndex"], log["address"], log["data"], log["topics"][0],
         log["topics"][3] if len(log["topics"]) == 4 else None)
        for log in wanted
    ]  # fmt: skip
    assert len(kept) == 12


def test_logs_of_freezes_are_kept_unless_the_row_says_otherwise(
    chain: tuple[Node, dict[str, Any]], whole: Path, tmp_path: Path
) -> None:
    """On its own chain each chain's row has the topics of the table of events, but swaps and wraps."""
    node, made = chain
    frozen = next(event for event in signature_table().events.values() if event.kind == "freeze")
    runtime = f"6000356000527f{frozen.topic0[2:]}60206000a100"  # LOG1(word 0; topic)
    sent = node.send(**{"from": made["alice"], "data": creation(runtime)})
    first = node.mine(SECOND + 10_000)
    issuer = node.call("eth_getTransactionReceipt", sent)["contractAddress"].lower()
    node.send(**{"from": made["alice"], "to": issuer, "data": f"0x{word(made['bob'])}"})
    blocks = range(first, node.mine(SECOND + 10_012) + 1)
    extracted(tmp_path / "kept", [node.url], blocks, changes=settings(made))
    kept = rows(tmp_path / "kept", "logs")
    assert [(row["address"], row["topic0"]) for row in kept] == [(issuer, frozen.topic0)]
    extracted(tmp_path / "none", [node.url], blocks, changes=settings(made, log_topics=[]))
    assert rows(tmp_path / "none", "logs") == []
    wanted = {
        event.topic0
        for event in signature_table().events.values()
        if event.kind not in ("swap", "wrap", "unwrap")
    }
    assert {frozenset(chain_with_id(number).log_topics) for number in (1, 56, 77_777)} == {frozenset(wanted)}


def test_the_bytes_do_not_depend_on_the_size_of_questions(
    chain: tuple[Node, dict[str, Any]], whole: Path, tmp_path: Path
) -> None:
    node, made = chain
    extracted(
        tmp_path,
        [node.url],
        made["blocks"],
        changes=settings(made),
        most_blocks=1,
        checks=("bloom", "receipts-root"),
    )
    assert files_of(tmp_path) == files_of(whole)


COMMAND = [str(Path(sys.executable).parent / "clawback"), "extract", "evm"]


def test_a_killed_run_goes_on_to_the_same_bytes(chain: tuple[Node, dict[str, Any]], tmp_path: Path) -> None:
    node, made = chain
    blocks = made["blocks"]
    config = tmp_path / "clawback.toml"
    config.write_text('first_day = "2020-09-13"\n[chains.ethereum]\nchunk_blocks = 1\n')
    command = [
        *(COMMAND[0], "--settings", str(config), *COMMAND[1:], "--rpc", node.url, "--workers", "2"),
        *("--from-block", str(blocks.start), "--to-block", str(blocks.stop - 1), "--out"),
    ]
    straight, killed = tmp_path / "straight", tmp_path / "killed"
    subprocess.run([*command, str(straight)], check=True, capture_output=True, timeout=300)
    chunks = len(list((straight / "chunks").glob("*.json")))
    assert chunks == len(blocks)
    kills = 0
    for wanted in (1, 6):
        process = subprocess.Popen([*command, str(killed)], stderr=subprocess.PIPE, start_new_session=True)
        ends = time.monotonic() + 300
        while len(list(killed.glob("chunks/*.json"))) < wanted and process.poll() is None:
            assert time.monotonic() < ends
            time.sleep(0.002)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            kills += 1
        process.communicate()
        assert (killed / "manifest.json").exists() == (process.returncode == 0)
    assert kills >= 1
    (killed / "transfers" / ".000000000000-000000000000.parquet.1").write_bytes(b"half a file")
    done = subprocess.run([*command, str(killed)], check=True, capture_output=True, timeout=300)
    assert b"chunks are there already" in done.stderr
    assert files_of(killed) == files_of(straight)
    # A file that was damaged since is fetched again.
    victim = sorted(killed.glob("transfers/*.parquet"))[-1]
    victim.write_bytes(b"damaged")
    (killed / "manifest.json").unlink()
    subprocess.run([*command, str(killed)], check=True, capture_output=True, timeout=300)
    assert files_of(killed) == files_of(straight)


def test_the_workers_of_a_killed_run_end_by_themselves() -> None:
    script = (
        "import sys, time, os\n"
        "from clawback.chains.evm.workers import Workers\n"
        "with Workers(1) as workers:\n"
        "    print(workers._pool.submit(os.getpid).result(), flush=True)\n"
        "    time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    worker = int(process.stdout.readline())
    process.kill()
    process.wait()
    ends = time.monotonic() + 40
    while Path(f"/proc/{worker}").exists() and time.monotonic() < ends:
        state = Path(f"/proc/{worker}/stat").read_text().split(") ")[1][0]
        if state == "Z":
            break
        time.sleep(0.1)
    else:
        assert not Path(f"/proc/{worker}").exists()


@pytest.mark.parametrize(("threads", "method"), [(0, "fork"), (1, "forkserver")])
def test_workers_are_copies_only_of_a_process_with_a_single_thread(threads: int, method: str) -> None:
    script = (
        "import os, threading, time\n"
        "from clawback.chains.evm.workers import Workers\n"
        "before = dict(os.environ)\n"
        f"for _ in range({threads}):\n"
        "    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
        "with Workers(1) as workers:\n"
        "    print(workers._pool._mp_context.get_start_method())\n"
        "    assert workers._pool.submit(os.getpid).result() != os.getpid()\n"
        "assert dict(os.environ) == before\n"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == [method]


def test_a_killed_worker_is_told_plainly(chain: tuple[Node, dict[str, Any]], tmp_path: Path) -> None:
    node, made = chain

    def kill_worker(line: str) -> None:
        if line.startswith("internal value"):
            while not (children := children_of(forkserver._forkserver._forkserver_pid)):
                time.sleep(0.01)
            for child in children:
                os.kill(child, signal.SIGKILL)

    order = Order(
        lambda number: chain_with_id(number, settings(made, chunk_blocks=1)),
        lambda nodes, row: made["blocks"],
        tmp_path,
        workers=1,
    )
    with pytest.raises(ClawbackError, match="a worker was killed"):
        extract(order, Access((node.url,), ("127.0.0.1",)), kill_worker)
    assert not (tmp_path / "manifest.json").exists()
    extract(order, Access((node.url,), ("127.0.0.1",)), lambda line: None)
    assert (tmp_path / "manifest.json").exists()


def children_of(parent: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def test_files_that_cannot_be_written_are_told_plainly(
    chain: tuple[Node, dict[str, Any]], tmp_path: Path
) -> None:
    node, made = chain
    (tmp_path / "transfers").mkdir()
    blocks = made["blocks"]
    name = chunk_name(range(blocks.start, blocks.start + 5))
    (tmp_path / "transfers" / f"{name}.parquet").mkdir()  # where the first chunk's file should go
    with pytest.raises(ClawbackError, match="the files cannot be written"):
        extracted(tmp_path, [node.url], blocks, changes=settings(made))


def test_a_day_is_found_by_its_times_and_must_be_final(tmp_path: Path) -> None:
    midnight = 1_601_078_400  # 2020-09-26
    with running_node(midnight - 40) as node:
        made = fill_chain(node, midnight - 36, rounds=2)
        for second in (midnight + 86_400, midnight + 86_500, midnight + 86_600):
            node.mine(second)
        config = tmp_path / "clawback.toml"
        config.write_text('first_day = "2020-09-13"\n[chains.ethereum]\nfinality = 1\n')

        def run(*words: str) -> subprocess.CompletedProcess[str]:
            command = [
                COMMAND[0],
                "--settings",
                str(config),
                *COMMAND[1:],
                "--rpc",
                node.url,
                "--workers",
                "1",
            ]
            return subprocess.run([*command, *words], capture_output=True, text=True, timeout=300)

        out = tmp_path / "day"
        done = run("--chain", "ethereum", "--day", "2020-09-26", "--out", str(out))
        assert done.returncode == 0, done.stderr
        manifest = json.loads((out / "manifest.json").read_text())
        times = [row["block_time"].date() for row in rows(out, "blocks")]
        assert set(times) == {date(2020, 9, 26)}
        numbers = range(manifest["first_block"], manifest["last_block"] + 1)
        wanted = [
            number
            for number in range(int(node.call("eth_blockNumber"), 16) + 1)
            if midnight
            <= int(node.call("eth_getBlockByNumber", hex(number), False)["timestamp"], 16)
            < midnight + 86_400
        ]
        assert list(numbers) == wanted
        assert made["blocks"].start < numbers.start

        late = run("--chain", "ethereum", "--day", "2020-09-27", "--out", str(tmp_path / "late"))
        assert late.returncode == 1
        assert "2020-09-27 is not over and final yet" in late.stderr
        other = run("--chain", "bsc", "--day", "2020-09-26", "--out", str(tmp_path / "bsc"))
        assert "they say chain id 1, bsc has 56" in other.stderr
        beyond = run("--from-block", "1", "--to-block", "999", "--out", str(tmp_path / "beyond"))
        assert "block 999 is not there yet" in beyond.stderr
        again = run("--from-block", "1", "--to-block", "3", "--out", str(out))
        assert "the folder holds another extraction" in again.stderr
        config.write_text('first_day = "2020-09-13"\n[chains.ethereum]\nfinality = 200\n')
        early = run("--chain", "ethereum", "--day", "2020-09-26", "--out", str(tmp_path / "early"))
        assert "is not over and final yet" in early.stderr


Change = Callable[[list[dict[str, Any]]], object]


@pytest.mark.parametrize(
    "change",
    [
        lambda receipts: receipts[-2].update(status="0x1"),
        lambda receipts: receipts[0].update(cumulativeGasUsed="0x1"),
        lambda receipts: receipts[0].update(type="0x0"),
        lambda receipts: receipts[1]["logs"][0].update(data="0x" + "0" * 64),
        lambda receipts: receipts[1]["logs"].pop(),
        lambda receipts: receipts[1].update(logsBloom="0x" + "0" * 512),
        lambda receipts: receipts.pop(),
    ],
)
def test_the_receipts_root_commits_to_all_of_a_receipt(
    chain: tuple[Node, dict[str, Any]], change: Change
) -> None:
    node, made = chain
    number = hex(max(made["blocks"]))
    block = msgspec.convert(node.call("eth_getBlockByNumber", number, True), Block)
    receipts = node.call("eth_getBlockReceipts", number)
    assert receipts[-2]["status"] == "0x0"
    check_receipts_roots([block], [msgspec.convert(receipts, list[Receipt])])
    change(receipts)
    with pytest.raises(Lie, match="have not its receiptsRoot"):
        check_receipts_roots([block], [msgspec.convert(receipts, list[Receipt])])


@pytest.mark.parametrize(
    ("change", "fails"),
    [
        (lambda block, receipts: None, False),
        (lambda block, receipts: receipts[1].logs.pop(), True),
        (lambda block, receipts: (receipts[1].logs.pop(), setattr(receipts[0], "type", "0x7e")), False),
        (lambda block, receipts: (receipts[1].logs.pop(), setattr(block, "receipts_root", "")), False),
    ],
)
def test_odd_blocks_are_held_to_their_root_where_it_proves_something(
    chain: tuple[Node, dict[str, Any]], change: Callable[[Block, list[Receipt]], object], fails: bool
) -> None:
    node, made = chain
    number = hex(max(made["blocks"]))
    block = msgspec.convert(node.call("eth_getBlockByNumber", number, True), Block)
    receipts = msgspec.convert(node.call("eth_getBlockReceipts", number), list[Receipt])
    change(block, receipts)
    check_odd_blocks([block], [receipts], [])
    with pytest.raises(Lie, match="have not its receiptsRoot") if fails else nullcontext():
        check_odd_blocks([block], [receipts], {0})


def test_a_node_without_traces_is_said_to_be_one(
    chain: tuple[Node, dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clawback.chains.evm import offers

    node, made = chain
    monkeypatch.setattr(offers, "_TRACERS", {})
    manifest = extracted(tmp_path / "auto", [node.url], made["blocks"])
    assert manifest["internal_value"] == "not seen"
    with pytest.raises(ClawbackError, match="no node traces inner calls"):
        extracted(tmp_path / "required", [node.url], made["blocks"], internal="required")


def read_csv(path: Path) -> list[dict[str, str]]:
    csv.field_size_limit(1 << 24)
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_worker_starts_without_pandas() -> None:
    """Arrow imports it where it is asked to look at a list: half of the start, and 30 MiB of each process."""
    script = "import sys, clawback.chains.evm.chunk; print('pandas' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "False"
