"""The sample's transfers: complete, well formed, and right to the wei."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime

from clawback.cases.load import load_case
from clawback.resources import sample_dir
from clawback.schemas import MAX_AMOUNT
from tests.unit.sample_files import KUCOIN_SENDERS, NEXT_HOP, THIEF, TORNADO_100, Row, sample_rows

ETHER = 10**18
TIME = "%Y-%m-%dT%H:%M:%SZ"
FIRST = datetime(2020, 9, 25, tzinfo=UTC)
END = datetime(2020, 11, 14, tzinfo=UTC)
SLUR_CONTRACTS = {
    "0xa8a21c132615172cced2dc4d375d308cc32c11f8",
    "0x4429cde3162eb941c7e46c36c389b162b9e2f1e0",
    "0x31fa8ffadcfb351c3b75f5fa03ede4219d5c2329",
    "0xe5868468cb6dd5d6d7056bd93f084816c6ef075f",
}


def time_of(row: Row) -> datetime:
    return datetime.strptime(row["block_time"], TIME).replace(tzinfo=UTC)


def received(rows: list[Row], address: str) -> int:
    return sum(int(r["value_wei"]) for r in rows if r["status"] == "ok" and r["to_address"] == address)


def sent(rows: list[Row], address: str) -> int:
    return sum(int(r["value_wei"]) for r in rows if r["status"] == "ok" and r["from_address"] == address)


def fees(rows: list[Row], address: str) -> int:
    return sum(int(r["gas_used"]) * int(r["gas_price_wei"]) for r in rows if r["from_address"] == address)


def test_one_row_a_transaction() -> None:
    rows = sample_rows("transfers/native.csv")
    assert len(rows) == 311
    assert len({row["tx_hash"] for row in rows}) == 311
    assert Counter(row["status"] for row in rows) == {"ok": 295, "failed": 16}


def test_every_row_touches_one_of_the_two_addresses_within_the_window() -> None:
    for row in sample_rows("transfers/native.csv"):
        assert {row["from_address"], row["to_address"]} & {THIEF, NEXT_HOP}, row
        assert FIRST <= time_of(row) < END, row
    for row in sample_rows("transfers/tokens.csv"):
        assert THIEF in (row["from_address"], row["to_address"]), row
        assert FIRST <= time_of(row) < END, row


def test_form_of_every_row() -> None:
    address, digest, whole = r"0x[0-9a-f]{40}", r"0x[0-9a-f]{64}", r"0|[1-9][0-9]*"
    for name in ("transfers/native.csv", "transfers/tokens.csv"):
        for row in sample_rows(name):
            assert re.fullmatch(digest, row["tx_hash"]), row
            assert re.fullmatch(address, row["from_address"]), row
            assert re.fullmatch(address, row["to_address"]), row
            assert re.fullmatch(whole, row["block_number"]), row
            amount = row.get("value_wei", row.get("value_raw"))
            assert amount is not None
            assert re.fullmatch(whole, amount), row
            assert int(amount) <= MAX_AMOUNT, row


def test_rows_are_in_chain_order() -> None:
    native = sample_rows("transfers/native.csv")
    order = [(int(row["block_number"]), int(row["tx_index"])) for row in native]
    assert order == sorted(order)
    blocks = [int(row["block_number"]) for row in sample_rows("transfers/tokens.csv")]
    assert blocks == sorted(blocks)


def test_thief_reconciles_to_the_wei() -> None:
    rows = sample_rows("transfers/native.csv")
    assert received(rows, THIEF) == 11_551_623138070185966820
    assert sent(rows, THIEF) == 11_533_008970000000000000
    assert fees(rows, THIEF) == 1_207751520000000000
    assert received(rows, THIEF) - sent(rows, THIEF) - fees(rows, THIEF) == 17_406416550185966820


def test_next_hop_ends_with_exactly_no_wei() -> None:
    rows = sample_rows("transfers/native.csv")
    deposits = [row for row in rows if row["to_address"] == TORNADO_100]
    assert len(deposits) == 115
    assert {int(row["value_wei"]) for row in deposits} == {100 * ETHER}
    assert {row["from_address"] for row in deposits} == {NEXT_HOP}
    incoming = [int(row["value_wei"]) for row in rows if row["to_address"] == NEXT_HOP]
    assert incoming == [20 * ETHER, 11_500 * ETHER]
    back = [row for row in rows if row["from_address"] == NEXT_HOP and row["to_address"] == THIEF]
    assert [int(row["value_wei"]) for row in back] == [8_857285788000000000]
    assert received(rows, NEXT_HOP) - sent(rows, NEXT_HOP) - fees(rows, NEXT_HOP) == 0


def test_no_balance_falls_below_zero_on_the_way() -> None:
    rows = sample_rows("transfers/native.csv")
    balance: Counter[str] = Counter()
    for row in rows:
        value = int(row["value_wei"]) if row["status"] == "ok" else 0
        balance[row["from_address"]] -= value + int(row["gas_used"]) * int(row["gas_price_wei"])
        balance[row["to_address"]] += value
        assert balance[THIEF] >= 0, row
        assert balance[NEXT_HOP] >= 0, row


def test_token_rows() -> None:
    rows = sample_rows("transfers/tokens.csv")
    assert len(rows) == 541
    assert len({tuple(row.values()) for row in rows}) == 541
    assert len({row["token_address"] for row in rows}) == 179
    assert sum(row["to_address"] == THIEF for row in rows) == 409
    assert sum(row["tx_index"] == "" for row in rows) == 96
    assert all(int(row["value_raw"]) > 0 for row in rows)


def test_position_in_the_block_is_the_one_of_the_native_row() -> None:
    index = {row["tx_hash"]: row["tx_index"] for row in sample_rows("transfers/native.csv")}
    shared = [row for row in sample_rows("transfers/tokens.csv") if row["tx_hash"] in index]
    assert len(shared) > 100
    assert all(row["tx_index"] == index[row["tx_hash"]] for row in shared)


def test_only_slurs_lose_their_symbol() -> None:
    empty = [row for row in sample_rows("transfers/tokens.csv") if not row["token_symbol"]]
    assert len(empty) == 5
    assert {row["token_address"] for row in empty} == SLUR_CONTRACTS


def test_roles_of_the_case_take_exactly_what_came_from_the_two_wallets() -> None:
    case = load_case(sample_dir() / "cases" / "kucoin-2020.yml")
    roles = [role for role in case.roles if role.role == "theft_address"]

    def stolen(row: Row) -> bool:
        moment = time_of(row)
        return row["to_address"] == THIEF and any(
            row["tx_hash"] in role.tx_hashes
            or (
                role.from_time is not None
                and role.to_time is not None
                and role.from_time <= moment <= role.to_time
            )
            for role in roles
        )

    tokens = sample_rows("transfers/tokens.csv")
    native = [row for row in sample_rows("transfers/native.csv") if int(row["value_wei"]) > 0]
    for rows, count in ((tokens, 335), (native, 4)):
        by_case = [row for row in rows if stolen(row)]
        by_sender = [
            row for row in rows if row["to_address"] == THIEF and row["from_address"] in KUCOIN_SENDERS
        ]
        assert by_case == by_sender
        assert len(by_case) == count
    ether = sum(int(row["value_wei"]) for row in native if stolen(row))
    assert ether == 11_485_808115112565672921


def test_frozen_usdt_still_lies_at_the_address() -> None:
    usdt = "0xdac17f958d2ee523a2206206994597c13d831ec7"
    held = 0
    for row in sample_rows("transfers/tokens.csv"):
        if row["token_address"] == usdt and row["block_time"] < "2020-09-27":
            held += int(row["value_raw"]) * (1 if row["to_address"] == THIEF else -1)
    assert held == 19_784_041_039985
    later = [
        row
        for row in sample_rows("transfers/tokens.csv")
        if row["token_address"] == usdt and row["from_address"] == THIEF and row["block_time"] > "2020-09-26"
    ]
    assert later == []
