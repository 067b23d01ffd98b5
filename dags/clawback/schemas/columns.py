"""Column types of the tables, and the two ways to declare a column."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

IDENTIFIER: Final = pa.binary()
"""Addresses, hashes and assets of chain data, as bytes; `clawback.identifiers` makes them and reads them."""
AMOUNT: Final = pa.decimal128(38, 0)
PRICE: Final = pa.decimal128(38, 18)
FIGURE: Final = pa.decimal128(38, 8)
TIME: Final = pa.timestamp("us", tz="UTC")
MAX_AMOUNT: Final = 10**38 - 1
"""Widest amount that DECIMAL(38,0) holds; hostile tokens carry up to 2**256 - 1."""
NATIVE: Final = "native"
"""Asset name of a chain's own coin."""


def required(name: str, kind: pa.DataType) -> pa.Field:
    """A column that is never null."""
    return pa.field(name, kind, nullable=False)


def optional(name: str, kind: pa.DataType) -> pa.Field:
    """A column that may be null."""
    return pa.field(name, kind, nullable=True)


def shown(field: pa.Field) -> pa.Field:
    """A column as people see it: text in place of bytes."""
    return field.with_type(pa.string()) if field.type == IDENTIFIER else field
