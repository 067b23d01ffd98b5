"""Addresses, hashes and assets as bytes: each text has its own, and DuckDB reads the same texts from them."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from clawback.identifiers import bytes_of, sql_text, text_of
from clawback.parquet import ROW_GROUP
from clawback.resources import dbt_project_dir

DIGITS = "0123456789abcdef"
STRANGE = (
    "",
    "native",
    "0x" + "0" * 39 + "A",
    "0X" + "0" * 40,
    "0x" + "g" * 64,
    "\0" * 20,
    "\0" * 19,
    "a" * 20,
    "a" * 21,
    "a" * 32,
    "a" * 33,
    "\u00ff" * 10,
    "\u00ff" * 16,
    "a" * 42,
    "e3" * 32,
    "1BoatSLRHtKNngkdXEeobR76b53LETtpyT",
    "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb",
    "e3" * 32 + ":0",
)
usual = st.one_of(*(st.text(DIGITS, min_size=size, max_size=size).map("0x{}".format) for size in (40, 64)))
exact = st.one_of(
    *(st.text("0x\u00e9a\0", min_size=size, max_size=size) for size in (10, 19, 20, 21, 32, 33))
)
texts = st.lists(st.one_of(usual, exact, st.sampled_from(STRANGE), st.text(), st.none()), max_size=12)


def encoded(values: list[str | None]) -> pa.Array:
    return bytes_of(pa.array(values, pa.string()))


@settings(deadline=None)
@given(texts)
@example([*STRANGE, None])
def test_every_text_comes_back(values: list[str | None]) -> None:
    raw = encoded(values)
    raw.validate(full=True)
    assert raw.type == pa.binary()
    assert text_of(raw).to_pylist() == values
    assert len(set(raw.to_pylist())) == len(set(values))
    assert text_of(raw.slice(1)).to_pylist() == values[1:]


@settings(deadline=None)
@given(texts)
@example([*STRANGE, None])
def test_duckdb_reads_the_same_texts(values: list[str | None]) -> None:
    given = pa.table({"raw": encoded(values), "text": pa.array(values, pa.string())})
    wrong = duckdb.from_arrow(given).filter(f"({sql_text('raw')}) is distinct from text")
    assert wrong.fetchall() == []


@settings(deadline=None)
@given(st.lists(usual, min_size=1, max_size=12))
def test_what_is_usual_is_bytes_that_sort_like_it(values: list[str]) -> None:
    assert encoded(values).to_pylist() == [bytes.fromhex(text[2:]) for text in values]
    for size in (42, 66):
        alike = [text for text in values if len(text) == size]
        assert text_of(pa.array(sorted(encoded(alike).to_pylist()), pa.binary())).to_pylist() == sorted(alike)


def test_bytes_that_no_text_has_are_refused() -> None:
    for raw in (b"\xff", b"\xfe" + b"a" * 20, b"\xff\xff" + b"a" * 19):
        with pytest.raises(pa.ArrowInvalid, match="UTF8"):
            text_of(pa.array([raw], pa.binary()))


def test_dictionaries_stay_dictionaries() -> None:
    given = pa.array(["native", "0x" + "ab" * 20, "native", None]).dictionary_encode()
    raw = bytes_of(given)
    assert raw.dictionary.to_pylist() == [b"native", b"\xab" * 20]
    assert text_of(raw).equals(given)


def test_a_row_group_of_each_form() -> None:
    values = [f"0x{number:040x}" if number % 3 else f"{number:020d}" for number in range(ROW_GROUP)]
    assert text_of(encoded(values)).to_pylist() == values


def test_the_macro_is_the_same_expression() -> None:
    macro = (dbt_project_dir() / "macros" / "identifier_text.sql").read_text("utf-8")
    _, _, body = macro.partition("identifier_text(column) -%}")
    written = body.partition("{%- endmacro")[0].replace("{{ column }}", "raw")
    assert written.split() == sql_text("raw").split()
