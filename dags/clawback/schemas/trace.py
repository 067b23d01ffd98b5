"""What the tracer writes: flows, holdings, totals."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from clawback.schemas.columns import AMOUNT, TIME, optional, required

FLOWS: Final = pa.schema(
    [
        required("incident_id", pa.string()),
        required("method", pa.string()),
        required("hop", pa.int32()),  # smallest of the lots taken; the theft is 0
        required("chain", pa.string()),
        optional("block_number", pa.int64()),
        optional("tx_index", pa.int32()),
        required("position", pa.int64()),
        required("block_time", TIME),
        required("tx_hash", pa.string()),
        required("kind", pa.string()),
        required("from_address", pa.string()),
        optional("to_address", pa.string()),
        required("asset", pa.string()),
        required("amount", AMOUNT),  # the whole transfer
        required("tainted_amount", AMOUNT),  # the stolen units in it
        required("outcome", pa.string()),  # held passed converted exchange_unproven or a sink's name
        optional("theft_role", pa.string()),  # source | theft_address on hop 0
        optional("label_entity", pa.string()),  # of the receiver, where a label decided the outcome
        optional("label_source", pa.string()),
        optional("label_confidence", pa.int32()),
        optional("converted_asset", pa.string()),
        optional("converted_amount", AMOUNT),
        optional("basis", pa.string()),
        required("order_quality", pa.string()),
    ]
)

DAY_FLOWS: Final = pa.schema(
    [
        *FLOWS,
        required("stolen_amount", AMOUNT),  # of tainted_amount, what this very transfer stole
    ]
)
"""Flows of a day in the lake. A transfer may carry what was stolen before beside what it steals: hop 0 alone
does not tell how much that is."""

HOLDINGS: Final = pa.schema(
    [
        required("incident_id", pa.string()),
        required("method", pa.string()),
        required("chain", pa.string()),
        required("address", pa.string()),
        required("asset", pa.string()),
        required("tainted_amount", AMOUNT),
        required("category", pa.string()),  # held | frozen, see tracing
        required("hop", pa.int32()),
    ]
)

TOTALS: Final = pa.schema(
    [
        required("incident_id", pa.string()),
        required("method", pa.string()),
        required("chain", pa.string()),
        required("asset", pa.string()),
        required("measure", pa.string()),  # stolen held frozen converted_in/_out, sinks, unseen_inflow
        required("amount", AMOUNT),  # since the theft, at the end of the day
    ]
)

SINKS: Final = (
    "exchange",
    "broker",
    "mixer",
    "bridge",
    "issuer",
    "victim",
    "burned",
    "fee",
    "dust",
    "unseen_outflow",
)
"""Where a trail ends. `victim` is a return."""
