"""The frontier connector on a real node: equal to the whole day where it looks, bounded, asked again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from clawback.chains.evm.frontier.inner_calls import InnerCalls
from clawback.chains.evm.frontier.token_logs import TokenLogs
from clawback.chains.evm.nodes import Nodes
from clawback.chains.evm.pace import Pace
from clawback.chains.evm.transport import Endpoint, Limits
from clawback.context import RunContext
from clawback.errors import ClawbackError
from clawback.lake.partition import Manifest, Part, read_manifest, read_part
from clawback.parquet import read_table
from clawback.run.ingest import ingest_source
from clawback.run.pipeline import first_day_to_fetch
from clawback.schemas import DAY_FLOWS, HOLDINGS, TOTALS
from clawback.settings import load_settings
from clawback.sources.base import Context
from clawback.sources.evm_frontier.kept import SEARCH_NAME, Earlier, SearchRecord, earlier_search
from clawback.sources.ingest import ingest
from clawback.sources.landing import RawFolder
from clawback.tables.step import make_tables
from clawback.tracing.step import trace_methods
from clawback.tracing.watched import watched_on
from tests.contract.anvil import Node, running_node
from tests.contract.frontier_chain import (
    DAY,
    KNOWN,
    MIDNIGHT,
    NEXT,
    TOKENS_OF_ALL,
    WETH,
    WHOLE_DAY,
    fill_frontier_days,
    frontier_context,
    table_of,
    write_case,
    write_labels,
)
from tests.contract.loopback import LoopbackServer, Scripted, progress_of
from tests.contract.test_evm_reorg import THIRD, fill, rewrite

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def chain() -> Iterator[tuple[Node, dict[str, Any]]]:
    with running_node(MIDNIGHT - 3600) as node:
        yield node, fill_frontier_days(node)


def prepared(
    folder: Path,
    url: str,
    made: dict[str, Any],
    connector: str = "evm_frontier",
    more: tuple[dict[str, Any], ...] = (),
    **options: Any,
) -> RunContext:
    folder.mkdir(parents=True, exist_ok=True)
    write_case(folder / "cases", {made["thief"]: ""})
    write_labels(folder / "labels", {made["exchange"]: "exchange"})
    return frontier_context(folder, url, connector, *more, **options)


def ingested(ctx: RunContext, *days: Any) -> list[Manifest]:
    found = []
    for day in days or (DAY,):
        for source in ("cases", "labels"):
            ingest(ctx, source, day, KNOWN)
        found.append(read_manifest(ctx.lake, ingest(ctx, "chain", day, KNOWN)))
    return found


def plain(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name != "known_date"} for row in rows]


def hashes(rows: list[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(row["tx_hash"] for row in rows))


def names_of(made: dict[str, Any], rows: list[dict[str, Any]]) -> list[str]:
    by_hash = {value: name for name, value in made.items() if isinstance(value, str) and len(value) == 66}
    return [by_hash[one] for one in hashes(rows)]


@pytest.mark.parametrize("internal", ["auto", "whole", "touched"])
def test_rows_are_those_of_the_whole_day(
    tmp_path: Path, chain: tuple[Node, dict[str, Any]], internal: str
) -> None:
    node, made = chain
    frontier = prepared(tmp_path / "frontier", node.url, made, internal=internal)
    whole = prepared(tmp_path / "whole", node.url, made, "evm_rpc")
    (manifest,) = ingested(frontier)
    ingested(whole)
    for table in ("transfers", "chain_events"):
        rows, all_rows = (table_of(ctx, DAY, table) for ctx in (frontier, whole))
        if table == "transfers":
            found = names_of(made, rows)
            kept = set(hashes(rows))
        assert plain(rows) == [row for row in plain(all_rows) if row["tx_hash"] in kept]
    # Without traces of every block an inner payment of strangers is not found; all else is.
    expected = [name for name in made["touching"] if internal != "touched" or name != "before_arrival"]
    assert found == expected
    assert manifest.meta["extra"]["transactions"] == len(expected)
    places = {"auto": "an index of the node", "whole": "every block", "touched": "touched blocks"}
    assert manifest.meta["extra"]["internal_value"]["found_in"] == places[internal]
    assert manifest.meta["extra"]["ended"] == {"labelled": 1, "busy": [], "busy_count": 0}


def test_balances_are_those_before_the_first_arrival(
    tmp_path: Path, chain: tuple[Node, dict[str, Any]]
) -> None:
    node, made = chain
    ctx = prepared(tmp_path, node.url, made)
    (manifest,) = ingested(ctx)
    receipts = {
        name: node.call("eth_getTransactionReceipt", made[name]) for name in ("theft", "first_hop", "routed")
    }
    rows = {(row["address"], row["asset"]): row for row in table_of(ctx, DAY, "balances")}
    for name, holder in (
        ("theft", "thief"),
        ("first_hop", "hop1"),
        ("first_hop", "hop2"),
        ("routed", "hop3"),
    ):
        before = int(receipts[name]["blockNumber"], 16) - 1
        row = rows[made[holder], "native"]
        assert row["block_number"] == before
        assert row["amount"] == int(node.call("eth_getBalance", made[holder], hex(before)), 16)
    assert rows[made["thief"], made["erc20"]]["amount"] == TOKENS_OF_ALL
    assert rows[made["second"], made["erc20"]]["amount"] == TOKENS_OF_ALL
    # The wrapper has no balanceOf, so what hop3 had of it stays unknown.
    assert (made["hop3"], WETH) not in rows
    assert manifest.meta["extra"]["balances"] == {"known": len(rows), "unknown": 1}


def test_the_trace_is_that_of_the_whole_days(tmp_path: Path, chain: tuple[Node, dict[str, Any]]) -> None:
    node, made = chain
    frontier = prepared(tmp_path / "frontier", node.url, made)
    ingested(frontier, DAY, NEXT)
    whole = prepared(
        tmp_path / "whole",
        node.url,
        made,
        "evm_rpc",
        more=({"name": "balances", "connector": "balance_files", "options": {"path": "balances.csv"}},),
    )
    columns = ("chain", "address", "asset", "block_number", "block_time", "amount")
    rows = [
        {**row, "block_time": row["block_time"].isoformat()} for row in table_of(frontier, DAY, "balances")
    ]
    lines = [columns, *([str(row[name]) for name in columns] for row in rows)]
    (tmp_path / "whole" / "balances.csv").write_text("".join(",".join(line) + "\n" for line in lines))
    for day in (DAY, NEXT):
        ingest(whole, "balances", day, KNOWN)
    ingested(whole, DAY, NEXT)
    found = [trace_methods(ctx, make_tables(ctx, NEXT)) for ctx in (frontier, whole)]
    moved = 0
    for method in set(found[0]) - {"poison"}:
        for day_back in (False, True):
            for name, schema in (("flows", DAY_FLOWS), ("holdings", HOLDINGS), ("totals", TOTALS)):
                tables = []
                for ctx, keys in zip((frontier, whole), found, strict=True):
                    key = keys[method]
                    if day_back:
                        key = read_manifest(ctx.lake, key).meta["previous"]
                    part = read_manifest(ctx.lake, key).part(f"{name}.parquet")
                    tables.append(read_table(read_part(ctx.lake, part), schema))
                assert tables[0].to_pylist() == tables[1].to_pylist(), (method, day_back, name)
                moved += tables[0].num_rows if name == "flows" else 0
    assert moved > 30


def test_the_next_day_starts_from_what_is_held(tmp_path: Path, chain: tuple[Node, dict[str, Any]]) -> None:
    node, made = chain
    ctx = prepared(tmp_path, node.url, made)
    _, second = ingested(ctx, DAY, NEXT)
    assert names_of(made, table_of(ctx, NEXT, "transfers")) == ["next_day"]
    assert second.meta["extra"]["watched"]["holdings"] >= 4
    again = read_manifest(ctx.lake, ingest(ctx, "chain", NEXT, KNOWN + timedelta(days=1)))
    assert again.key == second.key


def test_what_is_watched_is_what_any_method_but_poison_calls_tainted(
    tmp_path: Path, chain: tuple[Node, dict[str, Any]]
) -> None:
    node, made = chain
    ctx = prepared(tmp_path, node.url, made)
    ingested(ctx, DAY)
    for source in ("cases", "labels"):
        ingest(ctx, source, NEXT, KNOWN)
    watched = watched_on(ctx, "ethereum", NEXT)
    assert {(made[name], "native") for name in ("thief", "hop1", "hop2", "hop3")} <= watched.holdings
    assert (made["second"], made["erc20"]) in watched.holdings
    assert watched.sinks == {made["exchange"]}
    assert made["exchange"] not in watched.addresses
    assert watched_on(ctx, "bitcoin", NEXT).addresses == set()

    # First in, first out: hop1 pays of what it had before; poison alone calls hop2 tainted then.
    settings = tmp_path / "clawback.toml"
    settings.write_text(settings.read_text() + '[tracing]\nmethods = ["fifo", "poison"]\n')
    fifo = watched_on(replace(ctx, settings=load_settings(settings)), "ethereum", NEXT)
    assert (made["thief"], "native") in fifo.holdings
    assert (made["hop2"], "native") not in fifo.holdings


def test_live_holdings_are_read_again_on_their_day(
    tmp_path: Path, chain: tuple[Node, dict[str, Any]]
) -> None:
    node, made = chain
    every_day = prepared(tmp_path, node.url, made, recheck_days=1)
    _, second = ingested(every_day, DAY, NEXT)
    last = second.meta["request"]["blocks"][1]
    rows = {
        row["address"]: row for row in table_of(every_day, NEXT, "balances") if row["block_number"] == last
    }
    assert made["hop2"] in rows
    assert rows[made["hop2"]]["amount"] == int(node.call("eth_getBalance", made["hop2"], hex(last)), 16)


def relay(
    node: Node, most_blocks: int, most_addresses: int, told: Counter[str], *, traces: bool = True
) -> LoopbackServer:
    """A node that refuses large questions for logs, and keeps no old state; it counts what it is asked."""

    def answering(_: str, body: bytes) -> Scripted:
        asked = json.loads(body)
        answers = []
        for one in asked if isinstance(asked, list) else [asked]:
            told[one["method"]] += 1
            answer: dict[str, Any]
            if one["method"] == "eth_getLogs":
                bounds = one["params"][0]
                blocks = int(bounds["toBlock"], 16) - int(bounds["fromBlock"], 16) + 1
                addresses = len(next((topic for topic in bounds["topics"][1:] if topic), ()))
                if blocks > most_blocks or addresses > most_addresses:
                    error = {"code": -32005, "message": "query returned more than 10000 results"}
                    answers.append({"jsonrpc": "2.0", "id": one["id"], "error": error})
                    continue
            if not traces and one["method"].startswith(("trace_", "debug_")):
                error = {"code": -32601, "message": "the method does not exist"}
                answers.append({"jsonrpc": "2.0", "id": one["id"], "error": error})
                continue
            if one["method"] in ("eth_getBalance", "eth_call"):
                error = {"code": -32000, "message": "missing trie node"}
                answers.append({"jsonrpc": "2.0", "id": one["id"], "error": error})
                continue
            answer = {"jsonrpc": "2.0", "id": one["id"]}
            answer["result"] = node.call(one["method"], *one["params"])
            answers.append(answer)
        return Scripted(json.dumps(answers if isinstance(asked, list) else answers[0]).encode())

    return LoopbackServer(answering=answering)


def test_a_node_that_refuses_large_questions_gives_the_same_rows(
    tmp_path: Path, chain: tuple[Node, dict[str, Any]]
) -> None:
    node, made = chain
    told: Counter[str] = Counter()
    plainly = prepared(tmp_path / "plainly", node.url, made)
    ingested(plainly)
    with relay(node, 2, 1, told) as server:
        refused = prepared(tmp_path / "refused", server.url, made)
        (manifest,) = ingested(refused)
    assert table_of(refused, DAY, "transfers") == table_of(plainly, DAY, "transfers")
    assert told["eth_getLogs"] > 10
    # Nor does it keep old states: all balances are unknown, none is guessed.
    assert manifest.meta["extra"]["balances"]["known"] == 0
    assert table_of(refused, DAY, "balances") == []


def test_without_traces_inner_value_is_left_out_and_told(
    tmp_path: Path, chain: tuple[Node, dict[str, Any]]
) -> None:
    node, made = chain
    with relay(node, 10_000, 10_000, Counter(), traces=False) as server:
        ctx = prepared(tmp_path / "auto", server.url, made)
        (manifest,) = ingested(ctx)
        strict = prepared(tmp_path / "strict", server.url, made, internal="required")
        with pytest.raises(ClawbackError, match="no node traces inner calls"):
            ingested(strict)
    assert manifest.meta["extra"]["internal_value"] == {"method": "not seen", "found_in": "no block"}
    rows = table_of(ctx, DAY, "transfers")
    assert "internal" not in {row["kind"] for row in rows}
    # hop3 was paid by an inner call alone, so its own payment is not known to touch.
    assert set(made["touching"]) - set(names_of(made, rows)) == {"before_arrival", "wrapped"}


def test_a_node_with_an_index_is_not_asked_to_trace_the_day(
    tmp_path: Path, chain: tuple[Node, dict[str, Any]]
) -> None:
    node, made = chain
    told: dict[str, Counter[str]] = {"auto": Counter(), "whole": Counter()}
    found = {}
    for internal, counted in told.items():
        with relay(node, 10_000, 10_000, counted) as server:
            ctx = prepared(tmp_path / internal, server.url, made, internal=internal)
            ingested(ctx)
        found[internal] = plain(table_of(ctx, DAY, "transfers"))
    assert found["auto"] == found["whole"]
    assert told["auto"]["trace_filter"] > 2
    assert told["whole"]["trace_filter"] == 0
    # Only blocks that hold something are traced, and one to see whether the node can.
    assert told["auto"]["trace_block"] < told["whole"]["trace_block"]


def test_thousands_of_addresses_are_hundreds_of_questions() -> None:
    """2,500 addresses on a day of Ethereum: 25 groups, 4 ranges of blocks, payers, receivers and the coin."""
    asked: list[dict[str, Any]] = []

    def answering(_: str, body: bytes) -> Scripted:
        one = json.loads(body)
        asked.append(one["params"][0])
        return Scripted(json.dumps({"id": one["id"], "result": []}).encode())

    addresses = [f"0x{number:040x}" for number in range(1, 2_501)]
    with LoopbackServer(answering=answering) as server:
        nodes = Nodes([Endpoint(server.url, Limits(), ("127.0.0.1",))], Pace())
        logs = TokenLogs(nodes, 1_000, wrapped=(WETH,))
        found = logs.touching(addresses, range(19_000_000, 19_007_200))
        assert len(asked) == 25 * 4 * 3
        inner = InnerCalls(nodes, 1_000)
        inner.touching(addresses, range(19_000_000, 19_007_200))
    assert len(asked) == 25 * 4 * (3 + 2)
    assert found == {address: set() for address in addresses}
    named = [word for one in asked for topic in one.get("topics", ())[1:] for word in topic or ()]
    assert len(set(named)) == 2_500  # each is asked about,
    assert len(named) == 2_500 * 4 * 3  # and once in each range and role


def test_an_index_that_answers_something_else_is_not_believed(
    chain: tuple[Node, dict[str, Any]],
) -> None:
    node, made = chain
    last = int(node.call("eth_blockNumber"), 16)
    everything = node.call("trace_filter", {"fromBlock": "0x1", "toBlock": hex(last)})

    def answering(_: str, body: bytes) -> Scripted:
        return Scripted(json.dumps({"id": json.loads(body)["id"], "result": everything}).encode())

    with LoopbackServer(answering=answering) as server:
        inner = InnerCalls(Nodes([Endpoint(server.url, Limits(), ("127.0.0.1",))], Pace()), 1_000)
        with pytest.raises(ClawbackError, match="traces that were not asked for"):
            inner.touching([made["thief"]], range(1, last + 1))


def test_a_rewritten_day_is_searched_again(tmp_path: Path) -> None:
    with running_node(MIDNIGHT - 100) as node:
        node.mine(MIDNIGHT - 1)
        fill(node, 0)
        fill(node, 1)
        node.mine(MIDNIGHT + 2 * WHOLE_DAY)
        node.mine(MIDNIGHT + 2 * WHOLE_DAY + 1)
        thief, _, other = node.call("eth_accounts")[:3]
        made = {"thief": thief, "exchange": other}
        ctx = prepared(tmp_path / "read", node.url, made)
        ingested(ctx, DAY, NEXT)
        before = [hashes(table_of(ctx, day, "transfers")) for day in (DAY, NEXT)]
        rewrite(node, 72)  # two blocks lie beyond the days that were read
        ingested(ctx, THIRD)
        told = [line.split(": ")[-1] for line in progress_of(ctx) if "is fetched again" in line]
        assert told == [f"{day} is fetched again" for day in (NEXT, DAY)]
        fresh = prepared(tmp_path / "fresh", node.url, made)
        ingested(fresh, DAY, NEXT, THIRD)
        for day, old in zip((DAY, NEXT), before, strict=True):
            rows = table_of(ctx, day, "transfers")
            assert hashes(rows) != old
            assert rows == table_of(fresh, day, "transfers")


@pytest.mark.parametrize("believe", [False, True])
def test_only_new_addresses_are_asked_about(
    tmp_path: Path, chain: tuple[Node, dict[str, Any]], believe: bool
) -> None:
    node, made = chain
    told: Counter[str] = Counter()
    with relay(node, 10_000, 10_000, told) as server:
        ctx = prepared(tmp_path / "grown", server.url, made, believe_logs=believe)
        write_case(tmp_path / "grown" / "cases", {made["second"]: ""})
        (small,) = ingested(ctx)
        told.clear()
        assert [one.key for one in ingested(ctx)] == [small.key]
        assert told["eth_getLogs"] == told["eth_getBlockReceipts"] == 0

        told.clear()
        write_case(tmp_path / "grown" / "cases", {made["second"]: "", made["thief"]: ""})
        (grown,) = ingested(ctx)
        received = told["eth_getBlockReceipts"]
        fresh = prepared(tmp_path / "fresh", server.url, made, believe_logs=believe)
        write_case(tmp_path / "fresh" / "cases", {made["second"]: "", made["thief"]: ""})
        told.clear()
        (at_once,) = ingested(fresh)
    assert grown.key != small.key
    assert {part.key for part in small.parts if "block-" in part.key} < {part.key for part in grown.parts}
    there = sum("block-" in part.key for part in small.parts)
    # Beside blocks that hold something, those are asked for whose filters may have a log of a new address.
    assert received == told["eth_getBlockReceipts"] - there - (0 if believe else 2)
    assert grown.meta["expected"] == grown.meta["got"] == at_once.meta["got"]
    named = [
        sorted((part.key.rpartition("/")[2], part.sha256) for part in one.parts) for one in (grown, at_once)
    ]
    assert named[0] == named[1]


def test_a_run_starts_where_case_files_name_other_thefts(
    tmp_path: Path, chain: tuple[Node, dict[str, Any]]
) -> None:
    node, made = chain
    ctx = prepared(tmp_path, node.url, made)
    ingested(ctx, DAY, NEXT)
    later = KNOWN + timedelta(days=1)
    assert first_day_to_fetch(ctx, NEXT, NEXT, later) == NEXT
    write_case(tmp_path / "cases", {made["thief"]: "", made["second"]: "    from: 2020-09-27T00:00:00Z\n"})
    assert first_day_to_fetch(ctx, THIRD, THIRD, later) == NEXT
    write_case(tmp_path / "cases", {made["thief"]: "", made["second"]: ""})
    assert first_day_to_fetch(ctx, THIRD, THIRD, later + timedelta(days=1)) == DAY
    ingested(ctx, DAY, NEXT)
    assert first_day_to_fetch(ctx, THIRD, THIRD, later + timedelta(days=1)) == NEXT + timedelta(days=1)


def test_a_corrected_case_file_has_old_days_fetched_again(
    tmp_path: Path, chain: tuple[Node, dict[str, Any]]
) -> None:
    node, made = chain
    ctx = prepared(tmp_path, node.url, made)
    before = ingested(ctx, DAY, NEXT)
    later = KNOWN + timedelta(days=1)
    assert ingest_source(ctx, "chain", NEXT, later, catch_up=True) == before[1].key
    write_case(tmp_path / "cases", {made["thief"]: "", made["second"]: ""})
    ingest(ctx, "cases", NEXT, later)
    # Without it, as a run of many days does that has fetched the older ones itself, nothing goes back.
    ingest_source(ctx, "chain", NEXT, later)
    folder = RawFolder(ctx.lake, "chain", "transfers")
    assert folder.newest_key(DAY) == before[0].key
    assert ingest_source(ctx, "chain", NEXT, later, catch_up=True) != before[1].key
    named = {
        read_manifest(ctx.lake, str(folder.newest_key(day))).meta["extra"]["watched"]["named"]
        for day in (DAY, NEXT)
    }
    assert len(named) == 1
    assert named != {before[0].meta["extra"]["watched"]["named"]}
    told = [line for line in progress_of(ctx) if "searched for other thefts" in line]
    assert told == [f"{DAY} chain: was searched for other thefts than the case files name"]


def test_a_search_of_an_older_version_is_made_again(
    tmp_path: Path, chain: tuple[Node, dict[str, Any]]
) -> None:
    node, made = chain
    ctx = prepared(tmp_path, node.url, made)
    (manifest,) = ingested(ctx)
    now = msgspec.json.decode(read_part(ctx.lake, manifest.part(SEARCH_NAME)), type=SearchRecord)

    def earlier(changed: Callable[[dict[str, Any]], object]) -> Earlier:
        def read(part: Part) -> bytes:
            data = read_part(ctx.lake, part)
            if not part.key.endswith(SEARCH_NAME):
                return data
            record = json.loads(data)
            changed(record)
            return json.dumps(record).encode()

        context = SimpleNamespace(raw_manifest=lambda day: manifest, read=read)
        return earlier_search(cast(Context, context), DAY, now)

    assert earlier(lambda record: None).addresses == now.addresses
    assert earlier(lambda record: record.pop("found_in")) == Earlier()
    assert earlier(lambda record: record.update(found_in="every block")) == Earlier()


def test_a_busy_service_ends_the_trail_and_is_told(
    tmp_path: Path, chain: tuple[Node, dict[str, Any]]
) -> None:
    node, made = chain
    # hop1 is in six transactions of the day or more; hop2 in fewer.
    ctx = prepared(tmp_path, node.url, made, most_transactions=5)
    write_case(tmp_path / "cases", {made["hop2"]: ""})
    (manifest,) = ingested(ctx)
    assert manifest.meta["extra"]["ended"]["busy"] == []

    case = f"    tx_hashes: ['{made['first_hop']}']\n"
    write_case(tmp_path / "cases", {made["hop1"]: case})
    (manifest,) = ingested(ctx)
    assert manifest.meta["extra"]["ended"]["busy"] == [made["hop1"]]
    assert "first_hop" in names_of(made, table_of(ctx, DAY, "transfers"))


def test_a_theft_address_that_is_too_busy_is_an_error(
    tmp_path: Path, chain: tuple[Node, dict[str, Any]]
) -> None:
    node, made = chain
    ctx = prepared(tmp_path, node.url, made, most_transactions=3)
    with pytest.raises(ClawbackError, match="more than 3 transactions on this day") as caught:
        ingested(ctx)
    assert made["thief"] in str(caught.value)


def test_a_set_that_grows_too_large_is_an_error(tmp_path: Path, chain: tuple[Node, dict[str, Any]]) -> None:
    node, made = chain
    ctx = prepared(tmp_path, node.url, made, most_addresses=3)
    with pytest.raises(ClawbackError, match="more than 3 addresses"):
        ingested(ctx)


def test_a_theft_by_a_named_transaction_is_followed(
    tmp_path: Path, chain: tuple[Node, dict[str, Any]]
) -> None:
    node, made = chain
    ctx = prepared(tmp_path, node.url, made)
    write_case(tmp_path / "cases", {made["thief"]: f"    tx_hashes: ['{made['stolen_tokens']}']\n"})
    ingested(ctx)
    # The thief's coins are clean here: only the tokens are followed, and who holds them.
    assert names_of(made, table_of(ctx, DAY, "transfers")) == [
        "stolen_tokens",
        "mint",
        "token_hop",
        "burn",
        "destroyed",
    ]


def test_the_case_files_must_be_there_first(tmp_path: Path, chain: tuple[Node, dict[str, Any]]) -> None:
    node, made = chain
    ctx = prepared(tmp_path, node.url, made)
    with pytest.raises(ClawbackError, match="'cases' has not been read for 2020-09-26 yet"):
        ingest(ctx, "chain", DAY, KNOWN)
