"""Explorer lists: paging beyond the window, refusals, keys that agree with those of a node, and lies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from clawback.context import RunContext
from clawback.errors import ClawbackError
from clawback.lake.partition import read_manifest
from clawback.parquet import table_to_rows
from clawback.sources.explorer_api.api import outcome
from clawback.sources.http import HttpClient
from clawback.sources.ingest import ingest
from clawback.tables.step import make_tables
from tests.contract.anvil import Node, running_node
from tests.contract.explorer import ConstructedExplorer, explorer_of, refused, token_row
from tests.contract.loopback import NOW, LoopbackServer, Scripted, context_for
from tests.contract.test_evm_rpc import MIDNIGHT, fill_day

DAY = date(2020, 9, 26)
SECOND = int(datetime(2020, 9, 26, tzinfo=UTC).timestamp())
ALICE, BOB, CAROL = ("0x" + letter * 40 for letter in "abc")
TIMES = {
    9: SECOND - 12,
    10: SECOND,
    11: SECOND + 12,
    12: SECOND + 24,
    13: SECOND + 86_400,
    1_000: SECOND + 86_460,
}


@pytest.fixture
def node() -> Iterator[Node]:
    with running_node(MIDNIGHT - 100) as running:
        yield running


def source(server: LoopbackServer, *addresses: str, **more: Any) -> dict[str, Any]:
    """Settings of the source."""
    options = {"url": f"{server.url}/v2/api", "chain": "ethereum", "addresses": list(addresses), **more}
    return {"name": "explorer", "connector": "explorer_api", "options": options}


def fetched(ctx: RunContext, waits: list[float] | None = None, name: str = "explorer") -> dict[str, Any]:
    """Ingests the day; gives the manifest's facts."""
    sleep = (lambda _: None) if waits is None else waits.append
    with HttpClient(allow_hosts=["127.0.0.1"], sleep=sleep, clock=lambda: NOW) as http:
        return read_manifest(ctx.lake, ingest(ctx, name, DAY, NOW.date(), http)).meta


def table(ctx: RunContext, name: str) -> list[dict[str, Any]]:
    """Rows of a typed table of the day."""
    record = json.loads(ctx.lake.read(make_tables(ctx, DAY)))
    part = read_manifest(ctx.lake, record["tables"][name]["manifest"]).parts[0]
    return table_to_rows(pq.read_table(ctx.lake.local_path(part.key)))


def explorer_with(*rows: dict[str, str], refusals: int = 0) -> ConstructedExplorer:
    """An explorer that knows these token transfers."""
    return ConstructedExplorer({"txlist": [], "txlistinternal": [], "tokentx": list(rows)}, TIMES, refusals)


def many(count: int, block: int, start: int = 0) -> list[dict[str, str]]:
    """Token transfers of one block."""
    return [token_row(start + place, block, TIMES[block], ALICE, BOB, place + 1) for place in range(count)]


@pytest.mark.parametrize(
    ("options", "asked"), [({"chain": "polygon"}, "137"), ({"chain": "polygon", "chain_id": 5}, "5")]
)
def test_the_chain_is_asked_for_by_its_own_id(tmp_path: Path, options: dict[str, Any], asked: str) -> None:
    with explorer_with().serving() as server:
        fetched(context_for(tmp_path, source(server, ALICE, **options), first_day="2020-09-26"))
        assert server.requests
        assert all(f"chainid={asked}&" in path for _, path, _ in server.requests)


def test_windows_meet_without_a_gap_or_a_double(tmp_path: Path) -> None:
    rows = [*many(6_000, 10), *many(7_000, 11, 6_000), *many(4_000, 12, 13_000), *many(5, 13, 17_000)]
    explorer = explorer_with(*rows)
    with explorer.serving() as server:
        ctx = context_for(tmp_path, source(server, ALICE), first_day="2020-09-26")
        meta = fetched(ctx)
    assert meta["rows"]["transfers"] == 17_000
    assert explorer.calls["tokentx"] > 17
    found = table(ctx, "transfers")
    assert len({row["tx_hash"] for row in found}) == len(found) == 17_000
    assert {row["block_number"] for row in found} == {10, 11, 12}
    assert [(row["asset"], row["decimals"]) for row in table(ctx, "assets")] == [("0x" + "ef" * 20, 6)]


def test_short_pages_are_no_end(tmp_path: Path) -> None:
    explorer = explorer_with(*many(600, 10), *many(650, 11, 600), *many(40, 12, 1_250))
    explorer.rows_per_page = 100
    with explorer.serving() as server:
        ctx = context_for(tmp_path, source(server, ALICE), first_day="2020-09-26")
        meta = fetched(ctx)
    assert meta["rows"]["transfers"] == 1_290
    assert len({row["tx_hash"] for row in table(ctx, "transfers")}) == 1_290


def test_a_block_that_no_page_reaches_to_its_end_fails_the_day(tmp_path: Path) -> None:
    with explorer_with(*many(10_001, 10)).serving() as server:
        ctx = context_for(tmp_path, source(server, ALICE), first_day="2020-09-26")
        with pytest.raises(ClawbackError, match="block 10 alone has more rows of tokentx"):
            fetched(ctx)
    assert not list(tmp_path.rglob("_manifest.json"))


def test_a_transfer_between_watched_addresses_is_one(tmp_path: Path) -> None:
    rows = [
        token_row(1, 10, TIMES[10], ALICE, BOB, 5),
        token_row(2, 10, TIMES[10], BOB, ALICE, 6),
        token_row(3, 10, TIMES[10], CAROL, BOB, 7),
        token_row(4, 10, TIMES[10], ALICE, ALICE, 8),
        token_row(5, 10, TIMES[10], ALICE, BOB, 5) | {"hash": f"0x{1:064x}"},
    ]
    with explorer_with(*rows).serving() as server:
        ctx = context_for(tmp_path, source(server, ALICE, BOB), first_day="2020-09-26")
        fetched(ctx)
    assert sorted(int(row["amount"]) for row in table(ctx, "transfers")) == [5, 5, 6, 7, 8]


def test_inner_calls_move_value_unless_they_failed(tmp_path: Path) -> None:
    row = token_row(1, 10, TIMES[10], CAROL, ALICE, 5) | {
        "contractAddress": "",
        "isError": "0",
        "type": "call",
    }
    created = {"to": "", "contractAddress": ALICE, "value": "6"}
    inner = [row, row | created, row | {"value": "7", "isError": "1"}, row | {"value": "0"}]
    explorer = ConstructedExplorer({"txlist": [], "txlistinternal": inner, "tokentx": []}, TIMES)
    with explorer.serving() as server:
        ctx = context_for(tmp_path, source(server, ALICE), first_day="2020-09-26")
        fetched(ctx)
    found = [
        (row["kind"], row["from_address"], row["to_address"], int(row["amount"]))
        for row in table(ctx, "transfers")
    ]
    assert sorted(found) == [("internal", CAROL, ALICE, 5), ("internal", CAROL, ALICE, 6)]


def test_an_explorer_that_is_asked_too_often_is_asked_again(tmp_path: Path) -> None:
    waits: list[float] = []
    with explorer_with(*many(3, 10), refusals=3).serving() as server:
        ctx = context_for(tmp_path, source(server, ALICE, calls_per_second=2), first_day="2020-09-26")
        assert fetched(ctx, waits)["rows"]["transfers"] == 3
    assert [wait for wait in waits if wait >= 1] == [1, 2, 4]
    assert [wait for wait in waits if wait < 1] == [0.5] * (len(waits) - 3)


def test_the_key_stands_in_no_manifest_and_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPLORER_KEY", "s3cr3t-key")
    explorer = explorer_with(*many(3, 10))
    with explorer.serving() as server:
        ctx = context_for(tmp_path, source(server, ALICE, key="env:EXPLORER_KEY"), first_day="2020-09-26")
        fetched(ctx)
        assert all("apikey=s3cr3t-key" in path for _, path, _ in server.requests)
        explorer.refusals = 100
        with pytest.raises(ClawbackError, match="rate limit") as caught:
            fetched(ctx)
    assert "s3cr3t-key" not in str(caught.value)
    assert not [file for file in tmp_path.rglob("*") if file.is_file() and b"s3cr3t" in file.read_bytes()]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"value": str(2**256 - 1)}, "wider than DECIMAL"),
        ({"value": "-1"}, "no amount"),
        ({"value": "1e18"}, "no amount"),
        ({"from": "0xAbcdefabcdefabcdefabcdefabcdefabcdefabcd"}, "checksum"),
        ({"timeStamp": str(SECOND + 90_000)}, "not of 2020-09-26"),
        ({"hash": "0x12"}, "hash"),
        ({"timeStamp": ""}, "timeStamp"),
    ],
)
def test_a_bad_row_is_turned_away_and_the_rest_goes_on(
    tmp_path: Path, changes: dict[str, str], reason: str
) -> None:
    bad = token_row(9, 10, TIMES[10], ALICE, BOB, 4)
    explorer = explorer_with(*many(2, 10), bad | changes | {"to": ALICE})
    with explorer.serving() as server:
        ctx = context_for(tmp_path, source(server, ALICE), first_day="2020-09-26")
        fetched(ctx)
    assert len(table(ctx, "transfers")) == 2
    (quarantined,) = table(ctx, "quarantine")
    assert reason in quarantined["reason"]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"<html>maintenance</html>", "no JSON"),
        (b'{"status":"0","message":"NOTOK","result":"Invalid API Key (#err2)|TX0"}', "Invalid API Key"),
        (b'{"message":"OK"}', "no result"),
        (b'{"status":"1","message":"OK","result":"12"', "no JSON"),
        (b'{"status":"1","message":"OK","result":{"blockNumber":"12"}}', "no block for a time"),
    ],
)
def test_what_is_no_answer_completes_no_day(tmp_path: Path, body: bytes, problem: str) -> None:
    with LoopbackServer(Scripted(body)) as server:
        ctx = context_for(tmp_path, source(server, ALICE), first_day="2020-09-26")
        with pytest.raises(ClawbackError, match=problem):
            fetched(ctx)
    assert not list(tmp_path.rglob("_manifest.json"))


def test_words_of_its_node_are_no_list_of_an_explorer() -> None:
    body = b'{"jsonrpc": "2.0", "id": 1, "result": []}'
    assert outcome(body, of_node=True) == ("", [])
    assert outcome(body)[0] != ""


@pytest.mark.parametrize("name", ["startblock", "endblock", "sort"])
def test_an_explorer_that_ignores_what_is_asked_fails_the_day(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    explorer = explorer_with(*many(2, 9), *many(2, 10, 2), *many(2, 13, 4))
    honest = explorer.answer

    def lying(path: str) -> dict[str, Any]:
        words = {"startblock": "startblock=0&was", "endblock": "endblock=99&was", "sort": "sort"}
        said = honest(path.replace(name, words[name]))
        if name == "sort" and "tokentx" in path:
            said["result"] = [*many(1, 11), *many(1, 10, 1)]
        return said

    monkeypatch.setattr(explorer, "answer", lying)
    with explorer.serving() as server:
        ctx = context_for(tmp_path, source(server, ALICE), first_day="2020-09-26")
        with pytest.raises(ClawbackError, match="order or range"):
            fetched(ctx)


def test_a_day_that_is_not_final_is_not_asked_for(tmp_path: Path) -> None:
    with explorer_with().serving() as server:
        ctx = context_for(tmp_path, source(server, ALICE), first_day="2020-09-26")
        with (
            HttpClient(allow_hosts=["127.0.0.1"]) as http,
            pytest.raises(ClawbackError, match="is not final"),
        ):
            ingest(ctx, "explorer", NOW.date(), NOW.date(), http)
        assert server.requests == []


@pytest.mark.parametrize(
    ("newest", "finalized", "options"),
    [
        (13 + 63, None, {}),  # ethereum's "finalized", which this explorer does not know: 64 blocks
        (1_000, 12, {}),
        (13 + 255, 1_000, {"chain": "polygon"}),
        (13 + 4, None, {"confirmations": 5}),
        (12, 12, {"confirmations": 0}),  # it has stopped following the chain
    ],
)
def test_a_day_whose_end_may_still_change_is_not_complete(
    tmp_path: Path, newest: int, finalized: int | None, options: dict[str, Any]
) -> None:
    def attempt(folder: str, newest: int, finalized: int | None) -> dict[str, Any]:
        above = {newest: SECOND + 86_460} if newest > 12 else {}
        times = {number: moment for number, moment in TIMES.items() if number <= min(12, newest)} | above
        explorer = ConstructedExplorer({"txlist": [], "txlistinternal": [], "tokentx": many(2, 10)}, times)
        explorer.finalized = finalized
        (tmp_path / folder).mkdir()
        with explorer.serving() as server:
            about = source(server, ALICE, **options)
            return fetched(context_for(tmp_path / folder, about, first_day="2020-09-26"))

    with pytest.raises(ClawbackError, match="not over and final yet for this explorer"):
        attempt("early", newest, finalized)
    assert not list(tmp_path.rglob("_manifest.json"))
    later = None if finalized is None else finalized + 1
    assert attempt("later", newest + 1, later)["rows"]["transfers"] == 2


def test_lists_of_two_chains_do_not_make_a_day(tmp_path: Path) -> None:
    before, after = many(1, 10)[0], many(1, 10, 1)[0] | {"blockHash": f"0x{99:064x}"}
    explorer = explorer_with(before)
    with explorer.serving() as server:
        about = source(server, ALICE, BOB)
        explorer.lists["txlist"] = [
            before | {"gasUsed": "1", "gasPrice": "1", "isError": "0", "contractAddress": ""}
        ]
        fetched(context_for(tmp_path, about, first_day="2020-09-26"))
        explorer.lists["tokentx"] = [after]
        again = tmp_path / "again"
        again.mkdir()
        with pytest.raises(ClawbackError, match="block 10 has two hashes"):
            fetched(context_for(again, about, first_day="2020-09-26"))
    assert not list(again.rglob("_manifest.json"))


def test_an_explorer_that_is_asked_too_often_is_not_one_that_knows_no_final_block(tmp_path: Path) -> None:
    explorer = explorer_with(*many(2, 10))
    honest = explorer.answer
    explorer.finalized = 1_000

    def busy(path: str) -> dict[str, Any]:
        said = honest(path)
        return refused("Max calls per sec rate limit reached") if "module=proxy" in path else said

    explorer.answer = busy  # type: ignore[method-assign]
    with explorer.serving() as server:
        ctx = context_for(tmp_path, source(server, ALICE), first_day="2020-09-26")
        with pytest.raises(ClawbackError, match="does not answer eth_getBlockByNumber"):
            fetched(ctx)


@pytest.mark.slow
def test_an_explorer_and_its_node_agree_on_every_transfer(tmp_path: Path, node: Node) -> None:
    made = fill_day(node)
    people = [made["alice"], made["bob"], made["carol"]]
    chain = {"name": "chain", "connector": "evm_rpc"}
    options = {"url": node.url, "chain": "ethereum", "confirmations": 1, "allow_hosts": ["127.0.0.1"]}
    tables = {}
    with explorer_of(node).serving() as server:
        seen = source(server, *people, confirmations=1)
        for name, sources in {
            "node": [chain | {"options": options}],
            "explorer": [seen],
            "both": [chain | {"options": options}, seen],
            "other order": [seen, chain | {"options": options}],
        }.items():
            folder = tmp_path / name.replace(" ", "-")
            folder.mkdir()
            ctx = context_for(folder, *sources, first_day="2020-09-26")
            for one in sources:
                fetched(ctx, name=one["name"])
            rows = table(ctx, "transfers")
            for row in rows:
                del row["source"]
            tables[name] = rows
            assert not [row for row in table(ctx, "quarantine") if row["part"] == "merge"]
    assert len(tables["node"]) == 16
    assert tables["both"] == tables["other order"] == tables["node"]
    loose = ("chain", "tx_hash", "kind", "from_address", "to_address", "asset", "amount", "block_number")
    explored = [tuple(row[name] for name in loose) for row in tables["explorer"]]
    assert sorted(map(str, explored)) == sorted(
        str(tuple(row[name] for name in loose)) for row in tables["node"]
    )
