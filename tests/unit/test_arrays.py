"""Arrays made of buffers are those that Arrow makes of the same values, and none of them imports pandas."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clawback.arrays import array_of, flags_of, numbers_of, repeated, scalar_of
from clawback.schemas import AMOUNT, PRICE, TIME

whole = st.integers(-(10**38) + 1, 10**38 - 1)
values_of = {
    pa.string(): st.text(),
    pa.binary(20): st.binary(min_size=20, max_size=20),
    pa.int32(): st.integers(-(2**31), 2**31 - 1),
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.bool_(): st.booleans(),
    pa.date32(): st.dates(),
    TIME: st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds are naive
    AMOUNT: whole | whole.map(Decimal),
    PRICE: st.decimals(-(10**19), 10**19, places=18),
    pa.decimal256(76, 0): st.integers(-(10**76) + 1, 10**76 - 1),
    pa.list_(pa.string()): st.lists(st.text() | st.none(), max_size=3),
}


@settings(deadline=None)
@given(st.data(), st.sampled_from(sorted(values_of, key=str)))
def test_they_are_the_arrays_that_arrow_makes(data: st.DataObject, kind: pa.DataType) -> None:
    values: list[Any] = data.draw(st.lists(values_of[kind] | st.none(), max_size=6))
    made = array_of(values, kind)
    made.validate(full=True)
    assert made.equals(pa.array(values, kind))
    assert repeated(values[0], kind, 3).equals(pa.array([values[0]] * 3, kind)) if values else True


def test_moments_of_other_zones_are_told_in_utc() -> None:
    early = datetime(2020, 9, 26, 1, 2, 3, 4, timezone(timedelta(hours=9)))
    assert scalar_of(early, TIME).as_py() == early
    assert scalar_of(datetime(2020, 9, 26), TIME).as_py() == datetime(2020, 9, 26, tzinfo=UTC)  # noqa: DTZ001 - as Arrow


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (1, pa.string()),
        (b"12", pa.binary(3)),
        (b"1234", pa.binary(3)),
        ("123", pa.binary(3)),
        ("\ud800", pa.string()),
        ("1", pa.int64()),
        (1.0, pa.int64()),
        (True, pa.int64()),
        (2**31, pa.int32()),
        (10**38, AMOUNT),
        (Decimal("0.5"), AMOUNT),
        (Decimal("NaN"), AMOUNT),
        (0.5, PRICE),
        (1, pa.bool_()),
        ("2020-09-26", pa.date32()),
        (date(2020, 9, 26), TIME),
        (["a", 1], pa.list_(pa.string())),
        (b"a", pa.binary()),
    ],
)
def test_what_is_of_another_kind_is_refused(value: Any, kind: pa.DataType) -> None:
    with pytest.raises((pa.ArrowInvalid, pa.ArrowTypeError)):
        array_of([None, value], kind)


def test_numbers_and_flags_are_taken_as_they_lie() -> None:
    assert numbers_of(np.arange(20)[::3], pa.int64()).to_pylist() == list(range(0, 20, 3))
    amounts = np.frombuffer(b"".join(n.to_bytes(16, "little") for n in (0, 7, 10**38 - 1)), np.uint8)
    assert numbers_of(amounts.reshape(3, 16), AMOUNT).to_pylist() == [0, 7, 10**38 - 1]
    flags = [place % 3 == 0 for place in range(20)]
    assert flags_of(np.array(flags)).to_pylist() == flags


_TABLES = """
import sys
from clawback.parquet import read_table, rows_to_table, table_to_bytes, table_to_rows
from clawback.schemas import TABLES
import clawback.sources.evm_rpc.parse, clawback.tables.step
for name, schema in TABLES.items():
    assert table_to_rows(read_table(table_to_bytes(rows_to_table([], schema)), schema)) == [], name
row = {"source": "s", "table": "t", "part": "p", "row": 0, "reason": "r", "sample": ""}
assert table_to_rows(rows_to_table([row], TABLES["quarantine"])) == [row]
sys.exit("pandas" in sys.modules)
"""


def test_tables_are_made_and_read_without_pandas() -> None:
    subprocess.run([sys.executable, "-c", _TABLES], check=True, timeout=120)
