"""Files read by a mapping: usual rows as columns, all others one by one, and both mean the same."""

from __future__ import annotations

import csv
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from clawback.errors import ClawbackError
from clawback.sources.transfer_files.parse import Reader
from clawback.tracing import given_mapped_columns, given_transfers
from clawback.tracing.given_transfers import GivenTransfers, read_transfers

ZERO = "0x" + "0" * 40
PARTIES = [f"0x{digit * 40}" for digit in "123456"]
TOKENS = {f"0x{'c' * 40}": ("USDX", 6), f"0x{'d' * 40}": ("DAY", 18)}
EXPORT_MAP = """version: 1
chain: ethereum
rows: token_transfers
columns: {tx_hash: hash, block_time: time, from_address: payer, to_address: payee, asset: token,
  amount: units, block_number: block, tx_index: place, log_index: log, symbol: symbol, decimals: digits,
  status: state, block_hash: of}
amount_unit: base
time_format: iso8601
address_form: evm
failed_values: [failed]
ok_values: [ok]
"""
PLAIN_MAP = """version: 1
chain: polygon
rows: transfers
columns: {tx_hash: hash, block_time: time, from_address: payer, to_address: payee, asset: token,
  amount: units, block_number: block, tx_index: place, kind: kind, position: log, outpoint: spent}
amount_unit: decimal
decimals: 6
time_format: unix_seconds
address_form: evm
ignore: [symbol, digits, state, of]
"""
COLUMNS = (
    "hash", "time", "payer", "payee", "token", "units", "block", "place", "log", "symbol", "digits", "state",
    "of", "kind", "spent",
)  # fmt: skip


def usual_row(draw: random.Random, number: int, mapping: str) -> dict[str, Any]:
    token = draw.choice(list(TOKENS))
    payer, payee = draw.sample([*PARTIES, ZERO], 2)
    fee = mapping == PLAIN_MAP and draw.random() < 0.2
    seconds = 1_600_000_000 + 60 * number
    return {
        "hash": f"0x{number // 2:064x}",
        "time": seconds
        if mapping == PLAIN_MAP
        else f"2020-09-{25 + number // 60 % 5}T12:{number % 60:02}:00Z",
        "payer": payer if mapping == EXPORT_MAP or payer != ZERO else PARTIES[0],
        "payee": "" if fee else payee,
        "token": token,
        "units": draw.randrange(0, 3) if number % 9 else 10**20,
        # A transaction, two rows of it, stands in one block.
        "block": draw.choice([1000 + number // 2, 1000 + number // 2, ""]),
        "place": draw.choice([number % 7, ""]),
        "log": draw.choice([number, number, ""]),
        "symbol": TOKENS[token][0],
        "digits": TOKENS[token][1],
        "state": draw.choice(["ok", "ok", "failed"]),
        "of": "",
        "kind": "fee" if fee else draw.choice(["token", "internal", "mint"]),
        "spent": "",
    }


ODD: dict[str, list[Any]] = {
    "hash": ["0x12", " 0x" + "A" * 64],
    "time": ["2020-09-25", "1600000000.5", "99999999999"],
    "payer": ["0x12", "0x" + "AB" * 20, f" {PARTIES[1]}"],
    "payee": ["", "nobody"],
    "token": ["native", "0x1", "0x" + "CC" * 20],
    "units": ["1.5", "-1", "1e3", "many", "9" * 40],
    "block": ["x", "-1", f"{10**19}"],
    "place": ["x", f"{2**31}"],
    "log": ["-1", f"{2**41}", "x"],
    "symbol": ["\u202e", "OTHER"],
    "digits": ["", "7", "78", "x"],
    "state": ["", " ok", "unheard"],
    "of": ["0x12", "0x" + "e" * 64],
    "kind": ["utxo_out", "gift", "fee"],
    "spent": ["o1"],
}


def write(file: Path, rows: list[dict[str, Any]], columns: tuple[str, ...] = COLUMNS) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        out = csv.DictWriter(stream, columns, extrasaction="ignore")
        out.writeheader()
        out.writerows(rows)


def columns_of(mapping: str) -> tuple[str, ...]:
    return COLUMNS if mapping == PLAIN_MAP else COLUMNS[:13]


def read(folder: Path) -> tuple[pa.Table, GivenTransfers]:
    given = read_transfers([folder / "t.csv"], [folder / "map.yml"], "ethereum", skip_bad_rows=True)
    return given.store.span(0), given


@pytest.mark.parametrize("mapping", [EXPORT_MAP, PLAIN_MAP])
@pytest.mark.parametrize("seed", range(4))
def test_columns_give_what_the_reader_of_rows_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mapping: str, seed: int
) -> None:
    draw = random.Random(seed)  # noqa: S311  (a test's dice, not a secret)
    rows = [usual_row(draw, number, mapping) for number in range(300)]
    for row in rows:
        if draw.random() < 0.3:
            name = draw.choice(list(ODD))
            row[name] = draw.choice(ODD[name])
    write(tmp_path / "t.csv", rows, columns_of(mapping))
    (tmp_path / "map.yml").write_text(mapping, encoding="utf-8")
    monkeypatch.setattr(given_transfers, "BATCH", 37)
    table, given = read(tmp_path)
    monkeypatch.setattr(given_mapped_columns, "_has_columns", lambda _: False)
    expected, one_by_one = read(tmp_path)
    assert table.equals(expected)
    assert table.num_rows > 100
    assert given.skipped == one_by_one.skipped
    assert len(given.skipped) > 20
    assert list(given.decimals.items()) == list(one_by_one.decimals.items())
    assert given.coverage == one_by_one.coverage


@pytest.mark.parametrize("mapping", [EXPORT_MAP, PLAIN_MAP])
def test_usual_rows_are_never_read_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mapping: str
) -> None:
    draw = random.Random(1)  # noqa: S311  (a test's dice, not a secret)
    rows = [usual_row(draw, number, mapping) for number in range(100)]
    write(tmp_path / "t.csv", rows, columns_of(mapping))
    (tmp_path / "map.yml").write_text(mapping, encoding="utf-8")
    monkeypatch.setattr(Reader, "take", None)
    _, given = read(tmp_path)
    assert given.coverage.transfers > 30
    assert set(given.decimals.values()) == ({6} if mapping == PLAIN_MAP else {6, 18})


def test_other_mappings_go_row_by_row_a_part_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw = random.Random(2)  # noqa: S311  (a test's dice, not a secret)
    rows = [usual_row(draw, number, EXPORT_MAP) | {"units": 5, "state": "ok"} for number in range(100)]
    write(tmp_path / "t.csv", [*rows, *rows], COLUMNS[:13])
    (tmp_path / "map.yml").write_text(EXPORT_MAP + 'unique: "true"\n', encoding="utf-8")
    monkeypatch.setattr(given_transfers, "BATCH", 37)
    _, given = read(tmp_path)
    assert given.coverage.transfers == 100


def test_a_file_that_does_not_fit_its_mapping_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "t.csv", [], COLUMNS[:12])
    (tmp_path / "map.yml").write_text(EXPORT_MAP, encoding="utf-8")
    with pytest.raises(ClawbackError, match="cannot be read by its mapping") as caught:
        read(tmp_path)
    assert "no column 'of'" in str(caught.value)
