"""Runs of sums: exact, few, merged like one span after the other, and found again by name."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from clawback.schemas import MAX_AMOUNT
from clawback.tracing.columnar import holdings, merging, runs
from clawback.tracing.columnar.holdings import holdings_of
from clawback.tracing.columnar.limbs import WIDTH, from_bytes, to_bytes
from clawback.tracing.columnar.merging import Runs, add_run, merge
from clawback.tracing.columnar.runs import StartBalances, batches_of, run_schema, write_run
from clawback.tracing.nets import carry
from clawback.tracing.order import order_by_day
from clawback.tracing.records import HoldingKey, Transfer
from tests.unit.test_tracing_columnar import busy, columns_from
from tests.unit.tracing_chain import moved


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


def write_sums(path: Path, rows: Sequence[Transfer]) -> Path:
    columns = columns_from(rows)
    write_run(path, batches_of(columns, holdings_of(columns)))
    return path


def sums_in(path: Path) -> dict[HoldingKey, tuple[int, int]]:
    """All sums of a run, in the order of the file."""
    found: dict[HoldingKey, tuple[int, int]] = {}
    reader = pa.ipc.open_file(str(path))
    assert reader.schema == run_schema()
    for number in range(reader.num_record_batches):
        batch = reader.get_batch(number)
        keys = zip(*(batch.column(place).to_pylist() for place in range(3)), strict=True)
        sums = zip(*(batch.column(place).to_pylist() for place in (3, 4)), strict=True)
        for key, pair in zip(keys, sums, strict=True):
            net, lowest = (int.from_bytes(raw, "little", signed=True) for raw in pair)
            found[key] = net, lowest
    return found


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    # So that few rows have many parts.
    monkeypatch.setattr(holdings, "TOUCHES_AT_ONCE", 40)


@pytest.mark.parametrize("seed", range(12))
def test_sums_are_those_of_transfer_after_transfer(tmp_path: Path, seed: int) -> None:
    rows = busy(seed)
    found = sums_in(write_sums(tmp_path / "run.arrow", rows))
    assert list(found) == sorted(found)
    assert found == plain_sums(rows)
    assert any(net < -MAX_AMOUNT for net, _ in found.values())


def test_no_transfers_have_no_sums(tmp_path: Path) -> None:
    empty = write_sums(tmp_path / "empty.arrow", [])
    assert sums_in(empty) == {}
    assert merge([empty, empty], tmp_path / "both.arrow") == 0
    assert sums_in(tmp_path / "both.arrow") == {}
    assert StartBalances([empty])(("ethereum", "a", "native")) == 0


@pytest.mark.parametrize("seed", range(6))
def test_a_merged_run_carries_like_one_span_after_the_other(tmp_path: Path, seed: int) -> None:
    spans = [busy(seed + 100 * number, 90) for number in range(3)]
    files = [write_sums(tmp_path / f"{number}.arrow", rows) for number, rows in enumerate(spans)]
    files.insert(1, write_sums(tmp_path / "nothing.arrow", []))
    rows = merge(files, tmp_path / "all.arrow")
    whole, parts = sums_in(tmp_path / "all.arrow"), [sums_in(file) for file in files]
    assert rows == len(whole)
    assert list(whole) == sorted({key for part in parts for key in part})
    for key, sums in whole.items():
        for start in (0, 5, 2**70, MAX_AMOUNT * 40):
            one_by_one = start
            for part in parts:
                one_by_one = carry(one_by_one, *part.get(key, (0, 0)))
            assert carry(start, *sums) == one_by_one


def test_sums_hold_any_number_of_either_sign_in_the_fewest_bytes() -> None:
    numbers = [0, 1, -1, 127, 128, -128, -129, 255, 256, 2**32, -(2**32), 10**75, -(10**60), 2**191 - 1]
    numbers += [-(2**191), MAX_AMOUNT * 7]
    numbers = [number for number in numbers if abs(number) < 2**223]
    low = [[number >> 32 * place & 2**32 - 1 for place in range(WIDTH - 1)] for number in numbers]
    limbs = np.column_stack([np.array(low), np.array([number >> 160 for number in numbers])])
    offsets, letters = to_bytes(limbs)
    texts = [letters[begin:end].tobytes() for begin, end in pairwise(offsets)]
    assert [int.from_bytes(text, "little", signed=True) for text in texts] == numbers
    for number, text in zip(numbers, texts, strict=True):
        shorter = int.from_bytes(text[:-1], "little", signed=True)
        assert shorter != number or not text
    assert (from_bytes(offsets, letters) == limbs).all()
    assert (from_bytes(offsets[3:], letters) == limbs[3:]).all()


@pytest.mark.parametrize("seed", range(8))
def test_start_balances_come_from_runs_of_several_days(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, seed: int
) -> None:
    monkeypatch.setattr(runs, "MERGED_AT_ONCE", 2)
    monkeypatch.setattr(merging, "MERGED_AT_ONCE", 2)
    spans = [busy(seed * 10 + number, 60) for number in range(5)]
    known = Runs(tmp_path)
    for number, rows in enumerate(spans):
        columns = columns_from(rows)
        known.add(columns, holdings_of(columns))
        # Days 1 to 5: 1, 2, 2 + 1, 4, 4 + 1.
        assert len(known.files()) == (number + 1).bit_count()
        assert sorted(tmp_path.iterdir()) == sorted(known.files())
    start = StartBalances(known.files())
    columns = columns_from(busy(seed * 10 + 7, 80))
    keys = [columns.key(int(code)) for code in holdings_of(columns).codes]
    expected = dict.fromkeys(keys, 0)
    for rows in spans:
        for key, sums in plain_sums(rows).items():
            if key in expected:
                expected[key] = carry(expected[key], *sums)
    assert [start(key) for key in keys] == [expected[key] for key in keys]
    assert any(expected.values())
    for stranger in (("ethereum", "nobody", "native"), ("tron", "a", "native"), ("ethereum", "a", "other")):
        assert start(stranger) == 0


def test_few_runs_cover_many_days_whatever_is_merged_at_once(tmp_path: Path) -> None:
    files: list[Path] = []
    rows = [moved(0, "a", "b", 1)]
    columns = columns_from(rows)
    places = holdings_of(columns)
    for number in range(1, 18):
        own = tmp_path / f"{number}.arrow"
        left, newest, count = add_run(files, number, own, batches_of(columns, places))
        files = [*files[:left], newest]
        assert count == 2
    # 17 days: two runs of eight days, and one of the last day.
    nets = [sums_in(file)["ethereum", "b", "native"][0] for file in files]
    assert nets == [8, 8, 1]
