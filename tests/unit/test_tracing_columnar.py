"""Columns against records: the same order, the same balances, and no touched transaction left out."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from clawback.parquet import rows_to_table
from clawback.schemas import MAX_AMOUNT, TRANSFERS
from clawback.tracing.columnar import addresses, holdings
from clawback.tracing.columnar.holdings import holdings_of
from clawback.tracing.columnar.reach import Touched, balances_to_see, scene_of
from clawback.tracing.columnar.transfers import Columns, columns_of
from clawback.tracing.engine import Book, Day, trace_transactions
from clawback.tracing.exchanges import Market
from clawback.tracing.methods import METHODS
from clawback.tracing.nets import Nets
from clawback.tracing.order import order_by_day
from clawback.tracing.records import Label, Role, Transfer
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


def columns_from(rows: Sequence[Transfer], parts: int = 1) -> Columns:
    table = rows_to_table([transfer_row(row) for row in rows], TRANSFERS)
    size = max(1, -(-len(rows) // parts))
    return columns_of([table.slice(begin, size) for begin in range(0, len(rows), size)])


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    # So that few rows have many parts.
    monkeypatch.setattr(holdings, "TOUCHES_AT_ONCE", 40)
    monkeypatch.setattr(addresses, "AT_ONCE", 16)


@pytest.mark.parametrize("seed", range(12))
def test_columns_give_the_same_transactions_in_the_same_order(seed: int) -> None:
    rows = busy(seed)
    columns = columns_from(rows, parts=1 + seed % 3)
    plain = order_by_day(rows)
    assert len(plain) == len(columns) > 200
    assert [columns.transaction(place) for place in range(len(columns))] == plain
    assert columns.coinbases(0, len(columns)) == {
        (one.chain, one.block_number) for one in plain if one.is_coinbase
    }
    travelled = [row for one in plain for _, moving in one.assets for row in moving]
    assert [columns.transfer(row) for row in columns.travel.tolist()] == travelled


def ledgers_of(books: Sequence[Book]) -> list[object]:
    return [
        (book.method.name, ledger.incident_id, sorted(ledger.sums.items()), key, holding.lots)
        for book in books
        for ledger in book.ordered()
        for key, holding in ledger.held()
    ]


@pytest.mark.parametrize("seed", range(8))
def test_touched_transactions_alone_make_the_same_ledgers_and_flows(seed: int) -> None:
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
    day = Day(endings, Market(endings, roles=roles), roles, scene.balances, lambda _: 3)
    touched = Touched(scene, books, 0, len(columns), columns.has_outpoints())
    assert trace_transactions(books, touched, day, columns.coinbases(0, len(columns))) == plain
    assert ledgers_of(books) == ledgers_of(plain_books)
    assert sum(map(len, plain)) > 20
    assert touched.count < len(columns)


def test_what_nobody_stole_touches_nothing() -> None:
    columns = columns_from([row for row in busy(1) if row.chain == "ethereum"])
    role = Role("S", "ethereum", "thief", "theft_address", "0xabc")
    scene = scene_of(columns, holdings_of(columns), [role])
    touched = Touched(scene, [Book(METHODS["poison"])], 0, len(columns), columns.has_outpoints())
    assert list(touched) == []


def test_a_seen_balance_stops_at_the_first_transaction_behind_its_block() -> None:
    rows = [moved(number, "a", "b", 1) for number in (1, 3, 3, 8)]
    rows = [replace(row, tx_hash=f"0x{place}") for place, row in enumerate(rows)]
    columns = columns_from(rows)
    blocks = [SeenBalance("ethereum", 1000 + number, "a", "native", 1) for number in (1, 3, 8)]
    assert balances_to_see(columns, blocks).tolist() == [False, True, False, True]
    assert not balances_to_see(columns, [SeenBalance("tron", 1, "a", "native", 1)]).any()
