"""Columns against records: the same order, the same balances, and no touched transaction left out."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from clawback.parquet import read_table, rows_to_table, table_to_bytes
from clawback.schemas import MAX_AMOUNT, TRANSFERS
from clawback.tracing.columnar import reach
from clawback.tracing.columnar.holdings import holdings_of, sums_of, table_of_sums
from clawback.tracing.columnar.limbs import from_decimals, to_decimals, to_int
from clawback.tracing.columnar.reach import Touched, balances_to_see, reachable, scene_of
from clawback.tracing.columnar.runs import StartBalances, merged
from clawback.tracing.columnar.transfers import Columns, columns_of
from clawback.tracing.engine import Book, Day, trace_transactions
from clawback.tracing.exchanges import Market
from clawback.tracing.methods import METHODS
from clawback.tracing.nets import Nets, carry, nets_schema
from clawback.tracing.order import order_by_day
from clawback.tracing.records import HoldingKey, Label, Role, Transfer
from clawback.tracing.seen import SeenBalance
from clawback.tracing.sinks import Endings
from tests.unit.tracing_chain import FIRST_DAY, ZERO, moved, transfer_row

ACCOUNTS = (*"abcdefgh", "thief", "shop", "pool", ZERO)
LABELS = (
    Label("ethereum", "shop", "Shop", "exchange", 80, "labels_a"),
    Label("ethereum", "pool", "Pool", "dex", 80, "labels_a"),
)


def busy(seed: int, count: int = 300) -> list[Transfer]:
    """Transfers of all kinds and qualities; some without block or index, or with a time too early."""
    draw = random.Random(seed)  # noqa: S311  (a test's dice, not a secret)
    rows: list[Transfer] = []
    for number in range(count):
        by_time = draw.random() < 0.3
        for place in range(draw.choice([1, 1, 2, 3, 6])):
            row = moved(
                number // 2,
                draw.choice(ACCOUNTS),
                draw.choice(ACCOUNTS),
                draw.choice([0, 1, draw.randrange(60), 2**64 + draw.randrange(9), MAX_AMOUNT]),
                asset=draw.choice(["native", "token", "coin"]),
                kind=draw.choice(["token", "native", "internal", "mint", "burn"]),
                place=place,
                day=number // 100,
                quality="time" if by_time else "exact",
                tx_hash=f"0x{draw.randrange(2**32) if place == 0 else int(rows[-1].tx_hash, 16):08x}",
            )
            early = timedelta(seconds=draw.choice([0, 0, 40_000]))
            row = replace(row, tx_index=draw.choice([None, 0, 1, 2]), block_time=row.block_time - early)
            if draw.random() < 0.1:
                row = replace(row, block_number=None)
            if draw.random() < 0.1:
                row = replace(row, kind="fee", to_address=None, position=0)
            rows.append(row)
        if draw.random() < 0.05:
            spent = replace(rows[-1], chain="bitcoin", kind="utxo_in", outpoint=f"o{number}")
            made = replace(spent, kind="utxo_out", outpoint=None, from_address="", position=7)
            rows += [made] if draw.random() < 0.5 else [spent, made]
    draw.shuffle(rows)
    return rows


def columns_from(rows: Sequence[Transfer]) -> Columns:
    return columns_of(rows_to_table([transfer_row(row) for row in rows], TRANSFERS))


def plain_sums(rows: Sequence[Transfer]) -> dict[HoldingKey, tuple[int, int]]:
    """Sums of all holdings, transfer by transfer."""
    sums: dict[HoldingKey, tuple[int, int]] = {}
    for transaction in order_by_day(rows):
        for asset, moving in transaction.assets:
            for row in moving:
                for account, amount in ((row.payer, -row.amount), (row.receiver, row.amount)):
                    if account is not None:
                        net, lowest = sums.get((row.chain, account, asset), (0, 0))
                        net += amount
                        sums[row.chain, account, asset] = net, min(net, lowest)
    return sums


def sums_table(rows: Sequence[Transfer]) -> pa.Table:
    columns = columns_from(rows)
    holdings = holdings_of(columns)
    return table_of_sums(columns.codes, holdings.codes, *sums_of(columns, holdings))


def as_sums(table: pa.Table) -> dict[HoldingKey, tuple[int, int]]:
    keys = zip(*(table.column(name).to_pylist() for name in ("chain", "address", "asset")), strict=True)
    sums = zip(*(map(int, table.column(name).to_pylist()) for name in ("net", "lowest")), strict=True)
    return dict(zip(keys, sums, strict=True))


@pytest.mark.parametrize("seed", range(12))
def test_columns_give_the_same_transactions_in_the_same_order(seed: int) -> None:
    rows = busy(seed)
    columns = columns_from(rows)
    plain = order_by_day(rows)
    assert len(plain) == len(columns) > 200
    assert [columns.transaction(place) for place in range(len(columns))] == plain
    assert columns.coinbases(0, len(columns)) == {
        (one.chain, one.block_number) for one in plain if one.is_coinbase
    }
    travelled = [row for one in plain for _, moving in one.assets for row in moving]
    assert [columns.transfer(row) for row in columns.travel.tolist()] == travelled


@pytest.mark.parametrize("seed", range(12))
def test_sums_are_those_of_transfer_after_transfer(seed: int) -> None:
    rows = busy(seed)
    table = sums_table(rows)
    assert table.schema == nets_schema()
    found = as_sums(table)
    assert list(found) == sorted(found)
    assert found == plain_sums(rows)
    assert any(net < -MAX_AMOUNT for net, _ in found.values())


def test_no_transfers_have_no_sums() -> None:
    assert sums_table([]).num_rows == 0
    assert merged(sums_table([]), sums_table([])).num_rows == 0


@pytest.mark.parametrize("seed", range(6))
def test_a_merged_run_carries_like_one_span_after_the_other(seed: int) -> None:
    old, new = sums_table(busy(seed)), sums_table(busy(seed + 100, 90))
    both = as_sums(merged(old, new))
    first, second = as_sums(old), as_sums(new)
    assert list(both) == sorted(first.keys() | second.keys())
    for key, sums in both.items():
        for start in (0, 5, 2**70, MAX_AMOUNT * 40):
            one_by_one = carry(carry(start, *first.get(key, (0, 0))), *second.get(key, (0, 0)))
            assert carry(start, *sums) == one_by_one


def test_limbs_hold_any_number_of_either_sign() -> None:
    numbers = [0, 1, -1, 2**32, -(2**32), 10**75, -(10**60), 2**191 - 1, -(2**191), MAX_AMOUNT * 7]
    numbers = [number for number in numbers if abs(number) < 2**223]
    column = pa.array(numbers, pa.decimal256(76, 0))
    limbs = from_decimals(column)
    assert [to_int(row) for row in limbs] == numbers
    assert to_decimals(limbs).equals(column)


@pytest.mark.parametrize("seed", range(8))
def test_start_balances_come_from_runs_of_several_days(tmp_path: Path, seed: int) -> None:
    spans = [busy(seed * 10 + number, 80) for number in range(3)]
    files = []
    for number, rows in enumerate(spans):
        files.append(tmp_path / f"{number}.parquet")
        files[-1].write_bytes(table_to_bytes(sums_table(rows)))
        assert read_table(files[-1], nets_schema()).num_rows
    columns = columns_from(busy(seed * 10 + 5, 80))
    holdings = holdings_of(columns)
    scene = scene_of(columns, holdings, [])
    keys = [columns.key(int(code)) for code in holdings.codes]
    wanted = scene.names.know(keys)[::2]
    start = StartBalances(scene, wanted, files)
    expected = dict.fromkeys(keys, 0)
    for rows in spans:
        for key, sums in plain_sums(rows).items():
            if key in expected:
                expected[key] = carry(expected[key], *sums)
    assert [start(key) for key in keys[::2]] == [expected[key] for key in keys[::2]]
    assert start(("ethereum", "nobody", "native")) == 0


def ledgers_of(books: Sequence[Book]) -> list[object]:
    return [
        (book.method.name, ledger.incident_id, sorted(ledger.sums.items()), key, holding.lots)
        for book in books
        for ledger in book.ordered()
        for key, holding in ledger.held()
    ]


@pytest.mark.parametrize("seed", range(8))
def test_touched_transactions_alone_make_the_same_ledgers_and_flows(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(reach, "CHUNK", 7)
    rows = busy(seed, 200)
    thefts = [row for row in rows if row.chain == "ethereum" and row.receiver == "thief"][:3]
    roles = [Role("S", "ethereum", "thief", "theft_address", row.tx_hash) for row in thefts]
    roles.append(Role("T", "ethereum", "a", "source", rows[5].tx_hash))
    endings = Endings(LABELS, roles, FIRST_DAY)

    plain_books = [Book(method) for method in METHODS.values()]
    plain_day = Day(endings, Market(endings, roles=roles), roles, Nets(), lambda _: 3)
    plain = trace_transactions(plain_books, order_by_day(rows), plain_day)

    books = [Book(method) for method in METHODS.values()]
    columns = columns_from(rows)
    scene = scene_of(columns, holdings_of(columns), roles)
    wanted = {columns.key(int(scene.holdings.codes[place])) for place in reachable(scene, [])}
    asked: set[HoldingKey] = set()

    def start(key: HoldingKey) -> int:
        asked.add(key)
        return 3

    day = Day(endings, Market(endings, roles=roles), roles, scene.balances, start)
    touched = Touched(scene, books, 0, len(columns), columns.has_outpoints())
    assert trace_transactions(books, touched, day, columns.coinbases(0, len(columns))) == plain
    assert ledgers_of(books) == ledgers_of(plain_books)
    assert asked <= wanted
    assert sum(map(len, plain)) > 20
    assert touched.count < len(columns)


def test_what_nobody_stole_touches_nothing() -> None:
    columns = columns_from([row for row in busy(1) if row.chain == "ethereum"])
    role = Role("S", "ethereum", "thief", "theft_address", "0xabc")
    scene = scene_of(columns, holdings_of(columns), [role])
    touched = Touched(scene, [Book(METHODS["poison"])], 0, len(columns), columns.has_outpoints())
    assert (list(touched), list(reachable(scene, []))) == ([], [])


def test_a_seen_balance_stops_at_the_first_transaction_behind_its_block() -> None:
    rows = [moved(number, "a", "b", 1) for number in (1, 3, 3, 8)]
    rows = [replace(row, tx_hash=f"0x{place}") for place, row in enumerate(rows)]
    columns = columns_from(rows)
    blocks = [SeenBalance("ethereum", 1000 + number, "a", "native", 1) for number in (1, 3, 8)]
    assert balances_to_see(columns, blocks).tolist() == [False, True, False, True]
    assert not balances_to_see(columns, [SeenBalance("tron", 1, "a", "native", 1)]).any()
