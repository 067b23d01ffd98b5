"""Reads by the column what a mapping explains, as far as its cells are usual."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from clawback.schemas import NATIVE
from clawback.sources.transfer_files.mapping import Mapping
from clawback.tables.addresses import EVM_CHAINS, ZERO_ADDRESS
from clawback.tables.exact import MAX_DECIMALS
from clawback.tables.transfers import LOG_BASE
from clawback.tracing.columnar.order import Flags
from clawback.tracing.given_cells import FIRST_TIME, Form, read_cells, text_of, whole_numbers
from clawback.tracing.given_columns import given_schema
from clawback.tracing.records import UTXO_KINDS

if TYPE_CHECKING:
    import pyarrow as pa

Note = tuple[str, str, int | None]
"""What a row says of an asset: its name, symbol and decimals."""
KINDS: Final = frozenset({"native", "internal", "token", "fee", "mint", "burn", *UTXO_KINDS})
LAST_SECOND: Final = 4_102_444_799
"""Of the year 2099: what is later goes to the reader of rows."""
_LOG_INDEX: Final = whole_numbers(12, 2**40, may_lack=True)
_POSITION: Final = whole_numbers(18, 2**62, may_lack=True)
_DECIMALS: Final = whole_numbers(2, MAX_DECIMALS, may_lack=True)
_SECONDS: Final = whole_numbers(10, LAST_SECOND, may_lack=False)


def usual_rows(
    cells: pa.Table, count: int, mapping: Mapping
) -> tuple[Flags, Flags, dict[str, Any], list[tuple[int, Note]]]:
    """Reads the usual rows of a part of a file.

    Returns:
        Which rows are usual; which of them are transfers (those that failed, or moved nothing, are none); the
        columns of transfers; and each thing that they say of an asset, at the first row that says it.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    nothing = np.zeros(count, bool)
    empty = {field.name: pa.nulls(count, field.type) for field in given_schema()}
    named = {name: cells.column(column).combine_chunks() for name, column in mapping.columns.items()}
    if not _has_columns(mapping):
        return nothing, nothing, empty, []
    form = Form({}, {}, KINDS - UTXO_KINDS, _fixed_decimals(mapping), True, False, lambda _: {})
    checks: list[Any] = []

    def read(name: str) -> Any:
        values, right = read_cells(name, named.get(name), count, form)
        checks.append(right)
        return values

    try:
        columns = {
            name: read(name) for name in ("block_number", "tx_hash", "tx_index", "from_address", "asset")
        }
        columns |= {name: read(name) for name in ("to_address", "amount", "outpoint")}
        columns["block_time"], right = _time(mapping, named["block_time"], count, form)
        place = _POSITION if mapping.rows == "transfers" else _LOG_INDEX
        position, is_position = place(named.get("position", named.get("log_index")), count, form)
        decimals, are_decimals = _DECIMALS(named.get("decimals"), count, form)
        # Two digits can be more than an asset may have.
        checks.append(pc.fill_null(pc.less_equal(decimals, MAX_DECIMALS), True))
        checks += [right, is_position, are_decimals, _is_hash_or_empty(named.get("block_hash"), count, form)]
        if mapping.rows == "transfers":
            columns["kind"] = read("kind")
            is_fee = pc.equal(columns["kind"], "fee")
            checks.append(pc.equal(is_fee, columns["to_address"].is_null()))
        else:
            position = pc.add(position, LOG_BASE)
            checks.append(columns["to_address"].is_valid())
            # The chain's own coin among tokens is left to the reader of rows.
            checks.append(pc.not_equal(columns["asset"], NATIVE))
            minted, burned = (
                pc.equal(columns[side], ZERO_ADDRESS) for side in ("from_address", "to_address")
            )
            columns["kind"] = pc.if_else(minted, "mint", pc.if_else(burned, "burn", "token"))
        moved, is_status = _moved(mapping, named.get("status"), count)
        checks.append(is_status)
        symbol = text_of(named.get("symbol"), count)
    # A column of a type that is never usual is no error yet: the reader of rows says row and cause.
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError):  # left to the reader of rows
        return nothing, nothing, empty, []
    positioned = position.is_valid()
    known = pc.and_(columns["block_number"].is_valid(), columns["tx_index"].is_valid())
    columns |= {
        "chain": pa.repeat(pa.scalar(mapping.chain), count),
        "position": pc.fill_null(position, LOG_BASE),
        "positioned": positioned,
        "order_quality": pc.if_else(pc.and_(known, positioned), "exact", "time"),
    }
    usual = np.ones(count, bool)
    for check in checks:
        usual &= pc.fill_null(check, False).to_numpy(zero_copy_only=False)
    zero = pc.equal(columns["amount"], pa.scalar(0).cast(columns["amount"].type))
    kept = usual & moved & ~pc.fill_null(zero, True).to_numpy(zero_copy_only=False)
    said = pa.table({"asset": columns["asset"], "symbol": symbol, "decimals": decimals})
    return usual, kept, {**empty, **columns}, _notes(said, kept, mapping.decimals)


def _has_columns(mapping: Mapping) -> bool:
    # Whether columns can say all that the mapping does.
    return (
        mapping.rows not in ("native_transactions", "internal_transfers")
        and not (mapping.decimals_of or mapping.native_values or mapping.thousands)
        and not {"amount_out", "fee"} & mapping.columns.keys()
        and mapping.chain in EVM_CHAINS
        and mapping.address_form == "evm"
        and not mapping.unique
        and mapping.time_format in ("iso8601", "unix_seconds")
        and (mapping.amount_unit == "base" or "decimals" not in mapping.columns)
    )


def _fixed_decimals(mapping: Mapping) -> int:
    return 0 if mapping.amount_unit == "base" else mapping.decimals or 0


def _time(mapping: Mapping, cells: Any, count: int, form: Form) -> tuple[Any, Any]:
    import pyarrow as pa
    import pyarrow.compute as pc

    if mapping.time_format == "iso8601":
        return read_cells("block_time", cells, count, form)
    seconds, right = _SECONDS(cells, count, form)
    times = pc.multiply(seconds, 1_000_000).cast(pa.timestamp("us")).cast(pa.timestamp("us", "UTC"))
    inside = pc.and_(
        pc.greater_equal(times, pa.scalar(FIRST_TIME, times.type)), pc.less_equal(seconds, LAST_SECOND)
    )
    return times, pc.and_(right, inside)


def _is_hash_or_empty(cells: Any, count: int, form: Form) -> Any:
    import pyarrow.compute as pc

    text, right = read_cells("tx_hash", cells, count, form)
    return pc.or_(right, pc.equal(text, ""))


def _moved(mapping: Mapping, cells: Any, count: int) -> tuple[Flags, Any]:
    # Which rows moved something, and of which that is said in a known word.
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    if "status" not in mapping.columns:
        return np.ones(count, bool), pa.repeat(pa.scalar(value=True), count)
    text = text_of(cells, count)
    failed = pc.is_in(text, value_set=pa.array(sorted(mapping.failed_values), pa.string()))
    moved = pc.invert(failed).to_numpy(zero_copy_only=False)
    trimmed = pc.equal(text, pc.utf8_trim_whitespace(text))
    if mapping.ok_values is None:
        return moved, trimmed
    return moved, pc.or_(failed, pc.is_in(text, value_set=pa.array(sorted(mapping.ok_values), pa.string())))


def _notes(said: pa.Table, kept: Flags, fixed: int | None) -> list[tuple[int, Note]]:
    import numpy as np
    import pyarrow as pa

    found = said.append_column("place", pa.array(np.arange(len(kept)))).filter(pa.array(kept))
    first = found.group_by(["asset", "symbol", "decimals"]).aggregate([("place", "min")])
    notes = [
        (
            row["place_min"],
            (row["asset"], row["symbol"], fixed if row["decimals"] is None else row["decimals"]),
        )
        for row in first.to_pylist()
    ]
    return sorted(notes, key=lambda note: note[0])
