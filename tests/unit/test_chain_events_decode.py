"""Logs as events: the table of signatures, hostile logs, and two recorded mainnet blocks."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from Crypto.Hash import keccak
from hypothesis import given
from hypothesis import strategies as st

from clawback.chain_events.decode import DecodedEvents, LogColumns, decode_events
from clawback.chain_events.signatures import TABLE, read_signatures, signature_table, signatures_with
from clawback.chains.evm.catalogue import wrapped_coins
from clawback.errors import ClawbackError
from clawback.schemas import CHAIN_EVENTS, EVENT_KINDS, MAX_AMOUNT
from clawback.tables.addresses import normalise_address

NOON = datetime(2020, 9, 26, 12, tzinfo=UTC)
TETHER = "0xdac17f958d2ee523a2206206994597c13d831ec7"
THIEF = "0xeb31973e0febf3e3d7058234a5ebbae1ab4b8c23"
TX = "0x" + "ab" * 32


def topic(signature: str) -> str:
    return "0x" + keccak.new(digest_bits=256, data=signature.encode()).hexdigest()


ENTRY = f"""\
  - declaration: Other()
    topic0: "{topic("Other()")}"
    kind: swap
    source: https://example.org
"""


def word(value: int | str) -> str:
    number = int(value, 16) if isinstance(value, str) else value
    return f"{number % (1 << 256):064x}"


def decoded(topics: list[Any], data: Any, *, address: Any = TETHER, log_index: int = 7) -> DecodedEvents:
    columns = LogColumns([address], [topics], [data], [10_935_000], [NOON], [TX], [12], [log_index])
    return decode_events("ethereum", columns)


def test_a_freeze_names_the_frozen_address_and_the_token() -> None:
    found = decoded([topic("AddedBlackList(address)")], "0x" + word(THIEF))
    assert found.turned_away == []
    (row,) = found.rows
    assert row == {
        "chain": "ethereum",
        "block_number": 10_935_000,
        "block_time": NOON,
        "tx_hash": TX,
        "tx_index": 12,
        "position": 1_000_007,
        "kind": "freeze",
        "event": "AddedBlackList",
        "emitter": TETHER,
        "address": THIEF,
        "asset": TETHER,
        "amount": None,
        "parameters": json.dumps({"_user": THIEF}, separators=(",", ":")),
    }
    assert set(row) | {"source", "known_date"} == set(CHAIN_EVENTS.names)


@pytest.mark.parametrize(
    ("signature", "indexed", "data", "kind", "address", "amount"),
    [
        ("DestroyedBlackFunds(address,uint256)", [], [THIEF, 5], "burn", THIEF, 5),
        ("RemovedBlackList(address)", [], [THIEF], "unfreeze", THIEF, None),
        ("Blacklisted(address)", [THIEF], [], "freeze", THIEF, None),
        ("UnBlacklisted(address)", [THIEF], [], "unfreeze", THIEF, None),
        ("Deposit(bytes32,uint32,uint256)", [1 << 255], [9, 1_600_000_000], "mixer_deposit", None, None),
        (
            "Withdrawal(address,bytes32,address,uint256)",
            [0],
            [THIEF, 3, 10**16],
            "mixer_withdrawal",
            THIEF,
            None,
        ),
        ("Deposit(address,uint256)", [THIEF], [8], "wrap", THIEF, 8),
        ("Withdrawal(address,uint256)", [THIEF], [MAX_AMOUNT], "unwrap", THIEF, MAX_AMOUNT),
        ("PairCreated(address,address,address,uint256)", [1, 2], [THIEF, 4], "created", THIEF, None),
        (
            "PoolCreated(address,address,uint24,int24,address)",
            [1, 2, 3],
            [-60, THIEF],
            "created",
            THIEF,
            None,
        ),
        ("NewExchange(address,address)", [1, THIEF], [], "created", THIEF, None),
    ],
)
def test_every_kind_says_whom_and_how_much(
    signature: str, indexed: list[Any], data: list[Any], kind: str, address: str | None, amount: int | None
) -> None:
    topics = [topic(signature), *("0x" + word(value) for value in indexed)]
    found = decoded(topics, "0x" + "".join(map(word, data)))
    assert found.turned_away == []
    (row,) = found.rows
    assert (row["kind"], row["address"], row["amount"]) == (kind, address, amount)
    assert len(json.loads(row["parameters"])) == len(indexed) + len(data)


def test_signed_numbers_keep_their_sign() -> None:
    data = "0x" + "".join(map(word, [-(1 << 255), 5, 7, 8, -887_272]))
    topics = [topic("Swap(address,address,int256,int256,uint160,uint128,int24)")]
    found = decoded([*topics, "0x" + word(1), "0x" + word(THIEF)], data)
    values = json.loads(found.rows[0]["parameters"])
    assert (values["amount0"], values["tick"]) == (str(-(1 << 255)), "-887272")
    assert found.rows[0]["address"] == THIEF


def test_bytes_and_upper_case_are_read_like_text() -> None:
    data = word(THIEF) + word(5)
    first = topic("DestroyedBlackFunds(address,uint256)")
    as_text = decoded([first], "0x" + data)
    assert (
        decoded([bytes.fromhex(first[2:])], bytes.fromhex(data), address=bytes.fromhex(TETHER[2:])) == as_text
    )
    assert (
        decoded([first.upper().replace("0X", "0x")], "0x" + data.upper(), address=TETHER.upper()) == as_text
    )
    assert len(as_text.rows) == 1


@pytest.mark.parametrize(
    ("topics", "data", "says"),
    [
        (["AddedBlackList(address)"], "0x", "64 hex digits"),
        (["AddedBlackList(address)"], "0x" + word(THIEF) + "00", "64 hex digits"),
        (["AddedBlackList(address)"], "0x" + "zz" * 32, "hex digits"),
        (["AddedBlackList(address)"], "0x" + word(THIEF)[:-1] + " ", "hex digits"),
        (["AddedBlackList(address)"], "0x" + word(1 << 160), "no address"),
        (["AddedBlackList(address)", THIEF], "0x", "2 topics"),
        (["Deposit(address,uint256)", THIEF], "0x" + word(MAX_AMOUNT + 1), "wider than DECIMAL(38,0)"),
        (["Deposit(bytes32,uint32,uint256)", "1"], "0x" + word(1 << 32) + word(0), "no uint32"),
    ],
)
def test_a_log_that_does_not_fit_is_turned_away_and_the_others_go_on(
    topics: list[str], data: str, says: str
) -> None:
    hostile = [topic(topics[0]), *("0x" + word(value) for value in topics[1:])]
    good = [topic("AddedBlackList(address)")]
    columns = LogColumns(
        [TETHER] * 2,
        [hostile, good],
        [data, "0x" + word(THIEF)],
        [1, 1],
        [NOON] * 2,
        [TX] * 2,
        [0, 0],
        [0, 1],
    )
    found = decode_events("ethereum", columns)
    ((place, reason),) = found.turned_away
    assert place == 0
    assert says in reason
    assert [row["position"] for row in found.rows] == [1_000_001]


hexlike = st.text(alphabet="0123456789abcdefxX ", max_size=70) | st.binary(max_size=33)


@given(st.sampled_from(sorted(signature_table().topic0s)), st.lists(hexlike, max_size=4), hexlike, hexlike)
def test_no_log_stops_the_others(first: str, topics: list[Any], data: Any, address: Any) -> None:
    found = decoded([first, *topics], data, address=address)
    assert len(found.rows) + len(found.turned_away) == 1


def test_other_logs_are_passed_over() -> None:
    transfer = [topic("Transfer(address,address,uint256)"), "0x" + word(1), "0x" + word(2)]
    for topics in ([], transfer):
        assert decoded(topics, "0x" + word(5)) == DecodedEvents()


def test_every_signature_of_the_table_is_checked_and_cited() -> None:
    table = signature_table()
    assert len(table.events) == 25
    assert {event.kind for event in table.events.values()} == EVENT_KINDS
    for event in table.events.values():
        assert event.source.startswith("https://")
        assert event.topic0 == topic(event.types)
    for chain, address in wrapped_coins():
        assert normalise_address(address, chain) == address


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("0x42e16015", "0x42e16016", "the topic0 of AddedBlackList(address) is 0x42e16015"),
        ("kind: freeze", "kind: thaw", "'thaw' is no kind"),
        ("address: _user", "address: _uses", "has no address '_uses'"),
        ("AddedBlackList(address _user)", "AddedBlackList(string _user)", "no parameter of a static type"),
        ("amount: _balance", "amount: _blackListedUser", "has no uint256"),
        ("BlockPlaced(address indexed _user)", "BlockPlaced", "no declaration"),
    ],
)
def test_a_wrong_table_is_refused_with_its_line(old: str, new: str, says: str) -> None:
    text = TABLE.read_text()
    assert old in text
    with pytest.raises(ClawbackError) as caught:
        read_signatures(text.replace(old, new, 1).encode(), "signatures.yml")
    assert says in str(caught.value.cause)
    assert "signatures.yml, line " in str(caught.value.where)


def test_two_entries_that_no_log_tells_apart_are_refused() -> None:
    text = TABLE.read_text().replace("events:\n", f"events:\n{ENTRY}{ENTRY}", 1)
    with pytest.raises(ClawbackError) as caught:
        read_signatures(text.encode(), "signatures.yml")
    assert "Other() with 1 topics stands twice" in str(caught.value.cause)


def test_two_mainnet_blocks(shared_facts: Path) -> None:
    folder = shared_facts / "data" / "rpc" / "ethereum" / "test_stream" / "blocks_17173049_17173050"
    logs = [json.loads(line) for line in (folder / "expected_logs.json").read_text().splitlines()]
    moved = [json.loads(line) for line in (folder / "expected_token_transfers.json").read_text().splitlines()]
    columns = LogColumns(
        [log["address"] for log in logs],
        [log["topics"] for log in logs],
        [log["data"] for log in logs],
        [log["block_number"] for log in logs],
        [datetime.fromtimestamp(log["block_timestamp"], tz=UTC) for log in logs],
        [log["transaction_hash"] for log in logs],
        [log["transaction_index"] for log in logs],
        [log["log_index"] for log in logs],
    )
    found = decode_events("ethereum", columns)
    assert found.turned_away == []
    assert Counter(row["kind"] for row in found.rows) == {"swap": 79, "unwrap": 31, "wrap": 30}
    assert {row["emitter"] for row in found.rows if row["kind"] != "swap"} == {
        "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"
    }
    # What a pair says it gave out, Transfers of the transaction say too; two tokens keep a fee of it.
    given: Counter[tuple[str, str]] = Counter()
    said: Counter[tuple[str, str]] = Counter()
    for move in moved:
        given[move["transaction_hash"], move["from_address"]] += int(move["value"])
    pairs = [row for row in found.rows if "amount0Out" in row["parameters"]]
    for row in pairs:
        values = json.loads(row["parameters"])
        said[row["tx_hash"], row["emitter"]] += int(values["amount0Out"]) + int(values["amount1Out"])
    assert len(pairs) == 69
    short = [key for key in said if given[key] != said[key]]
    assert (len(said), len(short)) == (64, 5)
    assert {given[key] * 100 // said[key] for key in short} == {95, 98}


def test_a_chain_adds_events_of_its_own() -> None:
    row = {
        "declaration": "Locked(address indexed who, uint256 units)",
        "topic0": topic("Locked(address,uint256)"),
        "kind": "freeze",
        "address": "who",
        "amount": "units",
        "source": "https://example.org/token",
    }
    table = signatures_with([row])
    assert len(table.events) == len(signature_table().events) + 1
    assert signatures_with([]) is signature_table()
    for changes, says in (
        ({"topic0": topic("Locked(address)")}, "the topic0 of Locked"),
        ({"kind": "thaw"}, "is no kind"),
        ({"amount": "who"}, "has no uint256"),
        ({"extra": "x"}, "an entry has declaration"),
        ({"kind": ["freeze"]}, "an entry has declaration"),
    ):
        with pytest.raises(ClawbackError) as caught:
            signatures_with([row, {**row, **changes}], "[chains.mine]")  # type: ignore[dict-item]
        assert says in str(caught.value.cause)
        assert caught.value.where == "[chains.mine], number 2"
    with pytest.raises(ClawbackError) as caught:
        signatures_with([row, row])
    assert "is known already" in str(caught.value.cause)
