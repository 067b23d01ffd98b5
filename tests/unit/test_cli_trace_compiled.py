"""`clawback trace --engine compiled` against the plain engine on random files: the same bytes."""

from __future__ import annotations

import csv
import gc
import json
import random
import weakref
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from clawback.cli import clawback
from clawback.tracing import flow_spool, given_compiled, given_store
from clawback.tracing.engine import Book
from clawback.tracing.given_run import GivenTrace
from clawback.tracing.methods import METHODS
from clawback.tracing.records import Transfer
from clawback.tracing.said import Said, said_by
from tests.unit.tracing_chain import ZERO, fee, moved

PARTIES = [f"0x{digit * 40}" for digit in "123456789ab"]
TOKENS = ["native", f"0x{'c' * 40}", f"0x{'d' * 40}"]
COLUMNS = (
    "chain", "block_number", "block_time", "tx_hash", "tx_index", "position", "kind", "from_address",
    "to_address", "asset", "amount", "order_quality",
)  # fmt: skip


def random_transfers(seed: int, *, exchanges: bool, days: int = 6, of_day: int = 60) -> list[Transfer]:
    """Transactions of some transfers; without exchanges, no account gets one asset and gives another."""
    draw = random.Random(seed)  # noqa: S311  (a test's dice, not a secret)
    rows: list[Transfer] = []
    for number in range(days * of_day):
        tx_hash, day, asset = f"0x{number * 7919 % 10_007:064x}", number // of_day, draw.choice(TOKENS)
        if draw.random() < 0.3:
            gas = replace(
                fee(number, draw.choice(PARTIES), draw.randrange(1, 10**9), day=day), tx_hash=tx_hash
            )
            rows.append(gas)
        for place in range(draw.choice([1, 1, 1, 2, 4])):
            payer, receiver = draw.choice(PARTIES), draw.choice([*PARTIES, ZERO, None])
            kind = draw.choice(["token", "token", "native", "internal", "mint", "burn"])
            if exchanges:
                # Few parties, of which some pay on what they received.
                payer, receiver = draw.sample(PARTIES[:7], 2)
                if rows and rows[-1].tx_hash == tx_hash and draw.random() < 0.7:
                    payer = rows[-1].to_address or payer
                asset, kind = draw.choice(TOKENS), "token"
            amount = draw.choice([0, draw.randrange(1, 10**24), draw.randrange(1, 10**33)])
            rows.append(
                moved(
                    number, payer if draw.random() < 0.95 else ZERO, receiver, amount, asset=asset,
                    kind=kind, place=place, day=day, tx_hash=tx_hash,
                )
            )  # fmt: skip
    draw.shuffle(rows)
    return rows


def write_rows(file: Path, rows: Sequence[Transfer]) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        out = csv.writer(stream)
        out.writerow(COLUMNS)
        for row in rows:
            cells: dict[str, Any] = {name: getattr(row, name) for name in COLUMNS}
            out.writerow([(cells | {"block_time": row.block_time.isoformat()})[name] for name in COLUMNS])


@pytest.fixture
def room(tmp_path: Path) -> Path:
    (tmp_path / "labels.csv").write_text(
        "chain,address,category,entity,incident,confidence,valid_from\n"
        f"ethereum,{PARTIES[3]},exchange,Shop,,90,\n"
        f"ethereum,{PARTIES[4]},mixer,Late,,60,2020-09-28\n"
        f"ethereum,{PARTIES[5]},bridge,Own,two,,\n"
        f"ethereum,{PARTIES[6]},dex,Pool,,,\n"
        f"tron,TJRabPrwbZy45sbavfcjinPJC18kjpRTv8,exchange,Other,,,\n",
        encoding="utf-8",
    )
    (tmp_path / "THEFTS.csv").write_text(
        "incident,chain,address,role,tx_hash,from_time,to_time\n"
        f"one,ethereum,{PARTIES[2]},theft_address,,2020-09-25,2020-09-26\n"
        f"one,ethereum,{PARTIES[7]},source,,2020-09-26,2020-09-27\n"
        f"two,ethereum,{PARTIES[5]},source,,2020-09-27T12:00:10Z,2020-09-27T12:03:00Z\n"
        f"two,ethereum,{PARTIES[8]},victim,,2020-09-29,2020-09-30\n"
        + "".join(
            f"three,ethereum,{address},theft_address,0x{number * 7919 % 10_007:064x},,\n"
            for number in range(40, 90)
            for address in PARTIES
        )
        + f"three,ethereum,{PARTIES[9]},recovery,,,\n"
        "elsewhere,tron,TJRabPrwbZy45sbavfcjinPJC18kjpRTv8,theft_address,,,\n",
        encoding="utf-8",
    )
    return tmp_path


def run(room: Path, engine: str, *words: str) -> Result:
    named = ["--thefts", str(room / "THEFTS.csv"), "--labels", str(room / "labels.csv"), *words]
    out = ["--engine", engine, "--out", str(room / engine)]
    return CliRunner().invoke(clawback, ["trace", "--transfers", str(room / "t.csv"), *named, *out])


def compare(room: Path, *words: str) -> dict[str, Any]:
    """Holds the engines to each other, byte for byte; gives the summary."""
    for engine in ("plain", "compiled"):
        result = run(room, engine, *words)
        assert result.exit_code == 0, f"{result.output}{result.exception!r}"
    files = {
        engine: sorted(path.name for path in (room / engine).iterdir()) for engine in ("plain", "compiled")
    }
    assert files["compiled"] == files["plain"] == ["flows.parquet", "holdings.parquet", "summary.json"]
    for name in ("flows.parquet", "holdings.parquet"):
        assert (room / "compiled" / name).read_bytes() == (room / "plain" / name).read_bytes(), name
    plain, compiled = (json.loads((room / engine / "summary.json").read_text()) for engine in files)
    for counts in plain["counts"].values():
        counts |= {"openings": None, "openings_without_seen_balance": None}
    assert compiled == plain
    assert isinstance(plain, dict)
    return plain


@pytest.mark.parametrize("seed", range(4))
def test_all_methods_write_what_the_plain_engine_writes(room: Path, seed: int) -> None:
    write_rows(room / "t.csv", random_transfers(seed, exchanges=False))
    dust = [f"--dust=ethereum/{asset}={10**22}" for asset in TOKENS]
    hops = ["--max-hops", "3"] if seed % 2 else []
    summary = compare(room, "--method", "all", *dust, *hops)
    assert summary["methods"] == list(METHODS)
    assert all(counts["flows"] > 100 for counts in summary["counts"].values())
    assert {figure["incident"] for figure in summary["figures"]} == {"one", "two", "three"}
    alone = {figure["incident"] for figure in summary["figures"] if figure["stolen_by_source_alone"] != "0"}
    assert {"one", "two"} <= alone


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(2))
def test_exchanges_are_followed_as_the_plain_engine_follows_them(room: Path, seed: int, method: str) -> None:
    write_rows(room / "t.csv", random_transfers(seed, exchanges=True, of_day=150))
    (room / "prices.csv").write_text(
        "chain,asset,day,close_usd,decimals\n"
        + "".join(f"ethereum,{asset},2020-09-{day},1.5,18\n" for asset in TOKENS for day in range(25, 31)),
        encoding="utf-8",
    )
    summary = compare(room, "--method", method, "--prices", str(room / "prices.csv"))
    outcomes = summary["counts"][method]["outcomes"]
    assert {"converted", "exchange_unproven", "held", "passed"} <= outcomes.keys()


def test_many_small_pieces_say_the_same(room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_rows(room / "t.csv", random_transfers(9, exchanges=False))
    monkeypatch.setattr(given_store, "ROWS_IN_MEMORY", 100)
    monkeypatch.setattr(flow_spool, "ROWS_IN_MEMORY", 70)
    monkeypatch.setattr(given_compiled, "PART", 13)
    compare(room, "--method", "all")


def test_the_ledgers_of_one_method_go_before_those_of_the_next_one(
    room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_rows(room / "t.csv", random_transfers(9, exchanges=False))
    books: list[weakref.ref[Book]] = []

    def counted(trace: GivenTrace) -> Said:
        gc.collect()
        assert all(book() is None for book in books)
        books.append(weakref.ref(trace.book))
        assert not trace.book.watch
        return said_by(trace)

    monkeypatch.setattr(given_compiled, "said_by", counted)
    assert run(room, "compiled", "--method", "all").exit_code == 0
    assert len(books) == len(METHODS)


def first_row(rows: list[Transfer], **changed: Any) -> list[Transfer]:
    return [replace(rows[0], **changed), *rows[1:]]


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (lambda rows: first_row(rows, order_quality="time"), "without an exact order"),
        (lambda rows: first_row(rows, block_number=None), "without an exact order"),
        (lambda rows: first_row(rows, tx_index=None), "without an exact order"),
        (lambda rows: first_row(rows, position=2**40), "positions beyond"),
        (lambda rows: first_row(rows, asset=ZERO), "assets"),
        (lambda rows: first_row(rows, tx_index=1), "a transaction at several places"),
        (lambda rows: first_row(rows, chain="polygon"), "several chains"),
        (lambda rows: first_row(rows, tx_hash=f"0x{'e' * 64}"), "several transactions at one place"),
        (lambda rows: first_row(rows, block_time=rows[-1].block_time), "transactions of several times"),
    ],
)
def test_rows_that_the_engine_cannot_order_are_refused(
    room: Path, change: Callable[[list[Transfer]], list[Transfer]], cause: str
) -> None:
    two = [moved(1, *PARTIES[:2], 5, place=place, tx_hash=f"0x{1:064x}") for place in range(2)]
    write_rows(room / "t.csv", change([*two, moved(2, *PARTIES[:2], 5, tx_hash=f"0x{2:064x}")]))
    result = run(room, "compiled")
    assert result.exit_code == 1
    assert cause in str(result.exception)
    assert "--engine plain" in str(result.exception)
    assert not list((room / "compiled").iterdir())
    assert run(room, "plain").exit_code == 0


def test_times_that_contradict_the_order_of_a_block_are_refused(room: Path) -> None:
    late, early = (moved(1, *PARTIES[:2], 5, tx_hash=f"0x{number:064x}") for number in (1, 2))
    later = moved(3, *PARTIES[:2], 5).block_time
    write_rows(room / "t.csv", [replace(late, block_time=later), replace(early, tx_index=1)])
    assert "times contradict" in str(run(room, "compiled").exception)


@pytest.mark.parametrize("kind", ["chain", "utxo"])
def test_other_chains_and_outputs_are_refused(room: Path, kind: str) -> None:
    address = "TJRabPrwbZy45sbavfcjinPJC18kjpRTv8"
    row = moved(1, address, address, 5, tx_hash=f"{1:064x}")
    row = replace(row, chain="tron")
    if kind == "utxo":
        row = replace(
            row,
            chain="bitcoin",
            kind="utxo_out",
            from_address="",
            to_address="1BoatSLRHtKNngkdXEeobR76b53LETtpyT",
        )
    write_rows(room / "t.csv", [row])
    result = run(room, "compiled")
    assert ("UTXO model" if kind == "utxo" else "not 20 bytes") in str(result.exception)
    assert "--engine plain" in str(result.exception)


@pytest.mark.parametrize("option", ["--balances", "--events"])
def test_what_the_engine_knows_nothing_of_is_refused_before_reading(room: Path, option: str) -> None:
    (room / "t.csv").write_text("", encoding="utf-8")
    result = run(room, "compiled", option, str(room / "t.csv"))
    assert f"nothing of {option}" in str(result.exception)
    assert "--engine plain" in str(result.exception)
