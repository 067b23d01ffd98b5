"""The flows of a bulk day as a file.

Layout:
    `flows-NNNNN.parquet`: one row per transfer that carried taint and incident (several where it was
    converted in parts), by incident, then as they happened: incident_id (dictionary), hop, row (of the day's
    table), block_number, tx_index, position, block_time, from_address, to_address, asset, amount,
    tainted_amount, outcome, theft_role, converted_asset, converted_amount, basis, and where the day's table
    has them kind and tx_hash.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from clawback.tracing.fast.bulk_day import KINDS
from clawback.tracing.fast.compiled import Bytes, Limbs, Longs, Places, compiled
from clawback.tracing.fast.day_book import ORDER_COLUMNS, ReadDay
from clawback.tracing.fast.desk import BASIS_SHIFT
from clawback.tracing.fast.exchanged import BASES
from clawback.tracing.fast.results import OUTCOMES, THEFT_ROLES
from clawback.tracing.fast.tracer import DayFlows

if TYPE_CHECKING:
    import pyarrow as pa

DICTIONARIES: Final = (
    "incident_id",
    "asset",
    "outcome",
    "theft_role",
    "block_number",
    "block_time",
    "hop",
    "converted_asset",
    "basis",
    "kind",
)


@compiled
def by_incident(flows: Limbs, incidents: int) -> Longs:
    """The order of flows by incident, then as they happened: few incidents, so two passes that count."""
    begin = np.zeros(incidents + 1, np.int64)
    for flow in range(len(flows)):
        begin[np.int64(flows[flow, 1]) + 1] += 1
    for incident in range(incidents):
        begin[incident + 1] += begin[incident]
    order = np.empty(len(flows), np.int64)
    for flow in range(len(flows)):
        owner = np.int64(flows[flow, 1])
        order[begin[owner]] = flow
        begin[owner] += 1
    return order


@compiled
def _addresses(keys: Limbs, places: Places, rows: Longs, found: Bytes) -> None:
    for number in range(len(rows)):
        place = places[rows[number]]
        for byte in range(20):
            word = np.uint64(0) if place < 0 else keys[place, byte >> 3]
            found[number, byte] = np.uint8(word >> np.uint64(56 - 8 * (byte & 7)) & np.uint64(0xFF))


def flows_table(incidents: Sequence[str], read: ReadDay, flows: DayFlows) -> pa.Table:
    """Flows of a day as a table, in the order in which they are given."""
    import pyarrow as pa

    made = flows.rows
    rows = made[:, 0].astype(np.int64)
    keys, day_rows = read.index.balances.keys, read.index.rows
    columns: dict[str, Any] = {
        "incident_id": _named(made[:, 1].astype(np.int32), list(incidents)),
        "hop": pa.array(made[:, 2].astype(np.int32)),
        "row": pa.array(rows.astype(np.int32)),
    }
    for name in ORDER_COLUMNS:
        columns[name] = pa.array(read.order[name][rows])
    columns["block_time"] = columns["block_time"].cast(pa.timestamp("us", tz="UTC"))
    for name, places in (("from_address", day_rows.payer), ("to_address", day_rows.receiver)):
        found = np.empty((len(rows), 20), np.uint8)
        _addresses(keys, places, rows, found)
        columns[name] = pa.FixedSizeBinaryArray.from_buffers(
            pa.binary(20), len(rows), [None, pa.py_buffer(found)]
        )
    holding = np.where(day_rows.payer[rows] >= 0, day_rows.payer[rows], day_rows.receiver[rows])
    assets = pa.array([asset.tobytes() for asset in read.index.assets], pa.binary(20))
    columns["asset"] = pa.DictionaryArray.from_arrays(pa.array(read.index.asset_of[holding]), assets)
    columns["amount"] = _decimals(day_rows.amount[rows])
    columns["tainted_amount"] = _decimals(made[:, 3:5])
    code = made[:, 5].astype(np.int32)
    columns["outcome"] = _named(code & 0xFF, [OUTCOMES.get(place, "") for place in range(max(OUTCOMES) + 1)])
    role = code >> 8 & 0xFF
    columns["theft_role"] = _named(role - 1, list(THEFT_ROLES[1:]), role == 0)
    unchanged = made[:, 6] == 0
    turned = (made[:, 6] & np.uint64((1 << BASIS_SHIFT) - 1)).astype(np.int32) - 1
    columns["converted_asset"] = pa.DictionaryArray.from_arrays(pa.array(turned, mask=unchanged), assets)
    columns["converted_amount"] = _decimals(made[:, 7:9], unchanged)
    basis = (made[:, 6] >> np.uint64(BASIS_SHIFT)).astype(np.int32)
    columns["basis"] = _named(basis, list(BASES), unchanged)
    if read.kind is not None:
        columns["kind"] = _named(read.kind[rows].astype(np.int32), list(KINDS))
    if read.tx_hash is not None:
        buffer = pa.py_buffer(np.ascontiguousarray(read.tx_hash[rows]))
        columns["tx_hash"] = pa.FixedSizeBinaryArray.from_buffers(pa.binary(32), len(rows), [None, buffer])
    return pa.table(columns)


def _named(places: Places, names: list[str | None], absent: Any = None) -> pa.Array:
    import pyarrow as pa

    return pa.DictionaryArray.from_arrays(pa.array(places, mask=absent), pa.array(names, pa.string()))


def _decimals(limbs: Limbs, absent: Bytes | None = None) -> pa.Array:
    import pyarrow as pa

    buffer = pa.py_buffer(np.ascontiguousarray(limbs))
    known = None if absent is None else pa.py_buffer(np.packbits(~absent, bitorder="little"))
    return pa.Decimal128Array.from_buffers(pa.decimal128(38, 0), len(limbs), [known, buffer])


def write_flows(incidents: Sequence[str], read: ReadDay, flows: DayFlows, out: Path) -> None:
    """Writes the flows of a day."""
    import pyarrow.parquet as pq

    rows = flows.rows[by_incident(flows.rows, len(incidents))]
    pq.write_table(
        flows_table(incidents, read, DayFlows(rows, flows.endings)),
        out / f"flows-{read.number:05d}.parquet",
        compression="zstd",
        compression_level=1,
        use_dictionary=[*DICTIONARIES],
    )
