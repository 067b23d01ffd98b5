"""Files longer than memory: spans of days on disk give the bytes that one span in memory gives."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from clawback.cli import clawback
from clawback.errors import ClawbackError
from clawback.parquet import ROW_GROUP, rows_to_table, table_to_bytes, write_tables
from clawback.schemas import FLOWS, TRANSFERS
from clawback.tracing import engine, flow_spool, given_store, given_transfers
from clawback.tracing.given_cells import Form
from clawback.tracing.given_columns import read_batch
from clawback.tracing.given_facts import read_thefts
from clawback.tracing.given_transfers import read_transfers
from clawback.tracing.methods import METHODS
from clawback.tracing.records import Label, Transfer
from clawback.tracing.whole import trace_methods
from tests.unit.tracing_chain import NOON, moved, transfer_row

PARTIES = [f"0x{digit * 40}" for digit in "123456789ab"]
THIEF, SHOP = PARTIES[2], PARTIES[3]
TOKENS = ["native", f"0x{'c' * 40}"]
COLUMNS = (
    "chain", "block_number", "block_time", "tx_hash", "tx_index", "position", "kind", "from_address",
    "to_address", "asset", "amount", "order_quality",
)  # fmt: skip


def days_of_transfers(seed: int, days: int = 6) -> list[Transfer]:
    draw = random.Random(seed)  # noqa: S311  (a test's dice, not a secret)
    rows: list[Transfer] = []
    for number in range(days * 40):
        quality = draw.choice(["exact", "exact", "time"])
        for place in range(draw.choice([1, 1, 1, 2, 4])):
            payer, receiver = draw.sample(PARTIES, 2)
            row = moved(
                number, payer, receiver, draw.randrange(1, 10**24),
                asset=draw.choice(TOKENS), place=place, day=number // 40, quality=quality,
                tx_hash=f"0x{number:064x}",
            )  # fmt: skip
            rows.append(row)
    return rows


def write_csv(file: Path, rows: Sequence[Transfer], written: random.Random | None = None) -> None:
    """Writes rows the usual way, or some of their cells in other ways that mean the same."""
    with file.open("w", encoding="utf-8", newline="") as stream:
        out = csv.writer(stream)
        out.writerow(COLUMNS)
        for row in rows:
            cells: dict[str, Any] = {name: getattr(row, name) for name in COLUMNS}
            cells["block_time"] = row.block_time.isoformat()
            if written is not None:
                cells["block_time"] = written.choice(
                    [cells["block_time"], row.block_time.strftime("%Y-%m-%d %H:%M:%S.000 UTC"),
                     row.block_time.strftime("%Y-%m-%dT%H:%M:%SZ")]
                )  # fmt: skip
                cells["amount"] = written.choice([row.amount, f"{row.amount}.0", f"{row.amount}e0"])
                cells["to_address"] = written.choice([row.to_address, f" {row.to_address}"])
                cells["tx_hash"] = written.choice([row.tx_hash, row.tx_hash.upper().replace("0X", "0x")])
            out.writerow([cells[name] for name in COLUMNS])


@pytest.fixture
def room(tmp_path: Path) -> Path:
    (tmp_path / "labels.csv").write_text(
        f"chain,address,category,entity\nethereum,{SHOP},exchange,Shop\n", encoding="utf-8"
    )
    (tmp_path / "THEFTS.csv").write_text(
        "incident,chain,address,role,from_time,to_time\n"
        f"one,ethereum,{THIEF},theft_address,2020-09-25,2020-09-26\n"
        f"two,ethereum,{PARTIES[5]},source,2020-09-27,2020-09-27\n",
        encoding="utf-8",
    )
    return tmp_path


def run(room: Path, *words: str) -> Result:
    named = ["--thefts", str(room / "THEFTS.csv"), "--labels", str(room / "labels.csv")]
    return CliRunner().invoke(clawback, ["trace", *named, *words], catch_exceptions=False)


def traced(room: Path, out: str, *words: str) -> dict[str, bytes]:
    result = run(room, "--method", "all", "--out", str(room / out), *words)
    assert result.exit_code == 0, result.output
    return {file.name: file.read_bytes() for file in (room / out).iterdir()}


def little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(given_store, "ROWS_IN_MEMORY", 100)
    monkeypatch.setattr(given_transfers, "BATCH", 37)
    monkeypatch.setattr(flow_spool, "ROWS_IN_MEMORY", 150)
    monkeypatch.setattr(engine, "MANY_FLOWS", 40)


@pytest.mark.parametrize("seed", range(3))
def test_spans_on_disk_give_the_same_bytes_and_those_of_the_plain_way(
    room: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    rows = days_of_transfers(seed)
    write_csv(room / "t.csv", rows)
    files = ["--transfers", str(room / "t.csv")]
    at_once = traced(room, "at_once", *files)
    little_memory(monkeypatch)
    assert len(read_transfers([room / "t.csv"], [], "ethereum").store) >= 4
    assert traced(room, "spans", *files) == at_once

    labels = [Label("ethereum", SHOP, "Shop", "exchange", 50, "labels")]
    plain = trace_methods(rows, read_thefts(room / "THEFTS.csv"), labels, list(METHODS.values()))
    found = pq.read_table(room / "spans" / "flows.parquet").to_pylist()
    names = {"incident": "incident_id"}
    expected = [row for result in plain for row in result.flows]
    assert len(found) == len(expected) > 500
    assert [{names.get(name, name): value for name, value in row.items()} for row in found] == expected


@pytest.mark.parametrize("seed", range(3))
def test_cells_written_otherwise_mean_the_same(room: Path, seed: int) -> None:
    rows = days_of_transfers(seed, 2)
    write_csv(room / "t.csv", rows)
    write_csv(room / "odd.csv", rows, random.Random(seed))  # noqa: S311  (a test's dice, not a secret)
    (room / "t.parquet").write_bytes(
        table_to_bytes(rows_to_table([transfer_row(row) for row in rows], TRANSFERS))
    )
    usual = traced(room, "usual", "--transfers", str(room / "t.csv"))
    for name in ("odd.csv", "t.parquet"):
        other = traced(room, f"out-{name}", "--transfers", str(room / name))
        assert other["flows.parquet"] == usual["flows.parquet"]
        assert other["holdings.parquet"] == usual["holdings.parquet"]


def test_usual_rows_are_never_read_one_by_one(room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = days_of_transfers(1, 2)
    write_csv(room / "t.csv", rows)
    (room / "t.parquet").write_bytes(
        table_to_bytes(rows_to_table([transfer_row(row) for row in rows], TRANSFERS))
    )
    dollars = "timestamp,block_number,tx_hash,from_address,to_address,value_usd\n" + "".join(
        f"{row.block_time:%Y-%m-%d %H:%M:%S},{row.block_number},{row.tx_hash},{row.from_address},"
        f"{row.to_address},{row.amount % 10**9}.{row.amount % 7}\n"
        for row in rows
    )
    (room / "usd.csv").write_text(dollars, encoding="utf-8")
    one_by_one: list[int] = []

    def counted(batch: pa.Table, numbers: Any, record: Any, form: Form, *more: Any) -> pa.Table:
        def read(cells: dict[str, str]) -> dict[str, Any]:
            one_by_one.append(1)
            return form.read(cells)

        return read_batch(batch, numbers, record, replace(form, read=read), *more)

    monkeypatch.setattr(given_transfers, "read_batch", counted)
    for name in ("t.csv", "t.parquet", "usd.csv"):
        assert read_transfers([room / name], [], "ethereum").coverage.transfers == len(rows)
    assert not one_by_one


def test_what_two_files_deliver_counts_once_wherever_it_lies(
    room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = days_of_transfers(4)
    write_csv(room / "a.csv", rows[:200])
    write_csv(room / "b.csv", rows[100:])
    write_csv(room / "t.csv", rows)
    whole = traced(room, "whole", "--transfers", str(room / "t.csv"))
    little_memory(monkeypatch)
    parts = traced(room, "parts", "--transfers", str(room / "a.csv"), str(room / "b.csv"))
    assert parts["flows.parquet"] == whole["flows.parquet"]
    summary = json.loads(parts["summary.json"])
    shared = min(200, len(rows)) - 100
    assert summary["coverage"] == {
        **json.loads(whole["summary.json"])["coverage"],
        "rows_counted_once": shared,
    }
    wrong = [
        replace(rows[150], amount=1),
        replace(rows[-1], block_time=rows[-1].block_time - timedelta(days=3)),
    ]
    write_csv(room / "c.csv", wrong)
    with pytest.raises(ClawbackError, match="2 rows contradict rows before them"):
        run(room, "--out", str(room / "out"), "--transfers", str(room / "t.csv"), str(room / "c.csv"))


def test_blocks_that_do_not_follow_the_days_are_put_in_order_at_once(
    room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = days_of_transfers(5)
    # A block of the third day that says it is of the first one: it counts after those before it.
    rows[-1] = replace(rows[-1], block_time=NOON, block_number=1100)
    write_csv(room / "t.csv", rows)
    files = ["--transfers", str(room / "t.csv")]
    at_once = traced(room, "at_once", *files)
    little_memory(monkeypatch)
    assert traced(room, "spans", *files) == at_once
    assert "put in order at once" in run(room, *files, "--out", str(room / "again")).output


def test_a_transaction_in_two_days_is_still_one(room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [replace(row, block_number=None, tx_index=None) for row in days_of_transfers(6)]
    rows[-1] = replace(rows[-1], tx_hash=rows[0].tx_hash, position=99)
    write_csv(room / "t.csv", rows)
    files = ["--transfers", str(room / "t.csv")]
    at_once = traced(room, "at_once", *files)
    little_memory(monkeypatch)
    assert traced(room, "spans", *files) == at_once


def test_of_one_key_under_two_days_the_first_row_of_the_file_stays(
    room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = days_of_transfers(8)
    # The row of the later day comes first; and of the last two, the one whose day is later.
    early, late = rows[10], replace(rows[10], block_time=rows[10].block_time + timedelta(days=2), amount=77)
    other = replace(rows[200], block_time=rows[200].block_time - timedelta(days=2))
    write_csv(room / "t.csv", [late, *rows, other, replace(rows[201], amount=5), replace(rows[3], amount=6)])
    files = ["--skip-bad-rows", "--transfers", str(room / "t.csv")]
    at_once = traced(room, "at_once", *files)
    little_memory(monkeypatch)
    assert traced(room, "spans", *files) == at_once
    skipped = json.loads(at_once["summary.json"])["skipped"]
    assert [text.split(", ")[1].split(" position")[0] for text in skipped] == [
        row.tx_hash for row in (early, rows[200], rows[201], rows[3])
    ]
    read = read_transfers([room / "t.csv"], [], "ethereum", skip_bad_rows=True)
    (kept,) = (row for row in read.of_transactions({early.tx_hash}) if row.position == early.position)
    assert kept.amount == 77


def test_bad_rows_of_long_files_are_counted_to_the_last(room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    little_memory(monkeypatch)
    monkeypatch.setattr(given_transfers, "MOST_TOLD", 10)
    rows = days_of_transfers(7)
    broken = [replace(row, to_address="0x12") if place % 4 == 3 else row for place, row in enumerate(rows)]
    write_csv(room / "t.csv", broken)
    files = ["--transfers", str(room / "t.csv")]
    count = len(rows) // 4
    with pytest.raises(ClawbackError, match=f"{count} rows of the file cannot be read") as caught:
        run(room, *files, "--out", str(room / "out"))
    assert "t.csv, row 4: to_address '0x12': not 0x and 40 hex digits" in str(caught.value)
    summary = json.loads(traced(room, "out", *files, "--skip-bad-rows")["summary.json"])
    assert summary["coverage"]["transfers_skipped"] == count
    assert summary["coverage"]["transfers"] == len(rows) - count
    assert len(summary["skipped"]) == 10


def test_bad_rows_may_be_all_that_comes_after_a_long_file(
    room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    little_memory(monkeypatch)
    rows = days_of_transfers(7)
    write_csv(room / "t.csv", rows)
    files = ["--skip-bad-rows", "--transfers", str(room / "t.csv")]
    alone = traced(room, "alone", *files)
    # Nothing waits any more when the bad rows come.
    monkeypatch.setattr(given_store, "ROWS_IN_MEMORY", 0)
    write_csv(room / "bad.csv", [replace(row, to_address="0x12") for row in rows[:5]])
    beside = traced(room, "beside", *files, str(room / "bad.csv"))
    assert beside["flows.parquet"] == alone["flows.parquet"]
    assert json.loads(beside["summary.json"])["coverage"]["transfers_skipped"] == 5


def test_balances_that_were_seen_keep_all_rows_together(room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = days_of_transfers(8)
    write_csv(room / "t.csv", rows)
    seen = "".join(
        f"ethereum,{party},native,{1000 + 40 * day},{10**23}\n" for day in range(6) for party in PARTIES
    )
    (room / "b.csv").write_text(f"chain,address,asset,block_number,amount\n{seen}", encoding="utf-8")
    files = ["--transfers", str(room / "t.csv"), "--balances", str(room / "b.csv")]
    at_once = traced(room, "at_once", *files)
    little_memory(monkeypatch)
    assert traced(room, "spans", *files) == at_once
    assert any(figure["unseen_outflow"] != "0" for figure in json.loads(at_once["summary.json"])["figures"])


@pytest.mark.parametrize("count", [0, 5, ROW_GROUP, ROW_GROUP + 1])
def test_tables_written_one_by_one_have_the_bytes_of_all_at_once(tmp_path: Path, count: int) -> None:
    schema = pa.schema([FLOWS.field("incident_id"), FLOWS.field("amount"), FLOWS.field("to_address")])
    names = [f"K{number % 7}" for number in range(count)]
    amounts = pa.array(range(count), pa.int64()).cast(schema.field("amount").type)
    table = pa.Table.from_arrays([pa.array(names), amounts, pa.array(names)], schema=schema)
    parts = (table.slice(begin, 40_000) for begin in range(0, count, 40_000))
    write_tables(tmp_path / "t.parquet", parts, schema)
    assert (tmp_path / "t.parquet").read_bytes() == table_to_bytes(table)
    assert [file.name for file in tmp_path.iterdir()] == ["t.parquet"]


def test_events_and_days_without_transfers_count_in_spans_too(
    room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [row for row in days_of_transfers(9, 9) if (row.block_time - NOON).days not in (3, 8)]
    write_csv(room / "t.csv", rows)
    told = [
        (day, kind, party)
        for day in range(9)
        for kind, party in (("burn", PARTIES[day]), ("freeze", PARTIES[day + 1]), ("unfreeze", PARTIES[day]))
    ]
    lines = [
        f"ethereum,{1000 + 40 * day},{(NOON + timedelta(days=day, seconds=40 * day)).isoformat()},"
        f"0x{7000 + number:064x},{number},{kind},{TOKENS[1]},{party},{10**23 if kind == 'burn' else ''}"
        for number, (day, kind, party) in enumerate(told)
    ]
    head = "chain,block_number,block_time,tx_hash,log_index,kind,emitter,address,amount"
    (room / "e.csv").write_text("\n".join([head, *lines]), encoding="utf-8")
    files = ["--transfers", str(room / "t.csv"), "--events", str(room / "e.csv")]
    at_once = traced(room, "at_once", *files)
    summary = json.loads(at_once["summary.json"])
    assert summary["counts"]["fifo"]["outcomes"]["burned"]
    assert any(figure["frozen"] != "0" for figure in summary["figures"])
    little_memory(monkeypatch)
    assert traced(room, "spans", *files) == at_once
    assert "2020-09-28: 1 transactions" in run(room, *files, "--out", str(room / "again")).output
