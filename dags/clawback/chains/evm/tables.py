"""The tables that an extraction writes, and how a batch becomes rows of them.

Layout:
    Addresses, hashes and token numbers are fixed bytes, amounts DECIMAL(38,0), all in the order of the chain
    (block, transaction, position), so a range of blocks or times is a range of row groups. Text is made in
    the views (`views.sql`). The chain itself stands in the manifest: one folder is one chain.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from clawback.chains.evm.blocks import Batch
from clawback.chains.evm.columns import ADDRESS, HASH, Bytes, Flags, Integers, fixed_bytes, small_integers
from clawback.chains.evm.logs import LogColumns
from clawback.chains.evm.nft import STANDARDS, NumberedRows
from clawback.chains.evm.rows import Refused, Rows
from clawback.chains.evm.transfers import FEE_KIND, KINDS, TOKEN_KIND
from clawback.schemas.columns import AMOUNT, TIME, optional, required

_WORD: Final = pa.dictionary(pa.int8(), pa.string())
_PLACE: Final = [
    required("block_number", pa.int64()),
    required("block_time", TIME),
    required("tx_hash", pa.binary(HASH)),
    required("tx_index", pa.int32()),
    required("position", pa.int64()),
]
BLOCKS: Final = pa.schema(
    [
        required("block_number", pa.int64()),
        required("block_time", TIME),
        required("block_hash", pa.binary(HASH)),
        required("parent_hash", pa.binary(HASH)),
        required("miner", pa.binary(ADDRESS)),
        required("transactions", pa.int32()),
        required("gas_used", pa.int64()),
        optional("base_fee_per_gas", pa.int64()),
    ]
)
TRANSFERS: Final = pa.schema(
    [
        *_PLACE,
        required("kind", _WORD),  # see KINDS
        required("from_address", pa.binary(ADDRESS)),
        optional("to_address", pa.binary(ADDRESS)),  # a fee has none
        optional("asset", pa.binary(ADDRESS)),  # the contract; null is the chain's own coin
        required("amount", AMOUNT),
    ]
)
NFT_TRANSFERS: Final = pa.schema(
    [
        *_PLACE,
        required("part", pa.int32()),  # counts the token numbers of one batch transfer
        required("standard", _WORD),  # erc721 | erc1155
        required("contract", pa.binary(ADDRESS)),
        required("from_address", pa.binary(ADDRESS)),
        required("to_address", pa.binary(ADDRESS)),
        required("token_number", pa.binary(HASH)),  # big endian, 256 bits
        required("amount", pa.binary(HASH)),  # big endian, 256 bits; of an ERC-721 always 1
    ]
)
LOGS: Final = pa.schema(
    [
        required("block_number", pa.int64()),
        required("block_time", TIME),
        required("tx_hash", pa.binary(HASH)),
        required("tx_index", pa.int32()),
        required("log_index", pa.int64()),
        required("address", pa.binary(ADDRESS)),
        *(optional(f"topic{which}", pa.binary(HASH)) for which in range(4)),
        required("data", pa.binary()),
    ]
)
QUARANTINE: Final = pa.schema(
    [
        *_PLACE,
        required("contract", pa.string()),  # empty for the chain's own coin
        required("reason", pa.string()),
        required("says", pa.string()),  # the amount's digits, or the log as text
    ]
)
TABLES: Final = {
    "blocks": BLOCKS,
    "transfers": TRANSFERS,
    "nft_transfers": NFT_TRANSFERS,
    "logs": LOGS,
    "quarantine": QUARANTINE,
}
_NO_ROWS: Final = {name: pa.Table.from_batches([], schema) for name, schema in TABLES.items()}
"""Made once: most pieces have no rows for most tables, and making none takes as long as making some. Not by
`empty_table`, which imports pandas."""


def block_table(batch: Batch) -> pa.Table:
    """Rows of `blocks`."""
    headers = batch.headers
    base_fees = [header.base_fee_per_gas for header in headers]
    known = np.array([text is not None for text in base_fees], np.bool_)
    fees = small_integers([text or "0x0" for text in base_fees], "baseFeePerGas")
    columns = [
        integers(batch.numbers),
        _times(batch.times),
        fixed(batch.hashes),
        fixed(fixed_bytes([header.parent_hash for header in headers], HASH, "a parent's hash")),
        fixed(fixed_bytes([header.miner for header in headers], ADDRESS, "a miner")),
        _plain(pa.int32(), batch.tx_counts.astype(np.int32)),
        integers(small_integers([header.gas_used for header in headers], "gasUsed")),
        integers(fees, known),
    ]
    return pa.Table.from_arrays(columns, schema=BLOCKS)


def transfer_table(batch: Batch, rows: Rows, amounts: Bytes) -> pa.Table:
    """Rows of `transfers`; amounts as `transfers.without_wide` gives them."""
    is_fee = rows.kind == FEE_KIND
    columns = [
        *_places(batch, rows.tx),
        integers(rows.position),
        _words(rows.kind.astype(np.int8), KINDS),
        fixed(rows.sender),
        fixed(rows.receiver, ~is_fee),
        fixed(rows.asset, rows.kind >= TOKEN_KIND),
        _plain(AMOUNT, np.ascontiguousarray(amounts)),
    ]
    return pa.Table.from_arrays(columns, schema=TRANSFERS)


def nft_table(batch: Batch, rows: NumberedRows) -> pa.Table:
    """Rows of `nft_transfers`."""
    if not rows.tx:
        return _NO_ROWS["nft_transfers"]
    columns = [
        *_places(batch, np.array(rows.tx, np.int64)),
        integers(np.array(rows.position, np.int64)),
        _plain(pa.int32(), np.array(rows.part, np.int32)),
        _words(np.array(rows.standard, np.int8), STANDARDS),
        _joined(rows.contract, ADDRESS),
        _joined(rows.sender, ADDRESS),
        _joined(rows.receiver, ADDRESS),
        _joined(rows.token_number, HASH),
        _joined(rows.amount, HASH),
    ]
    return pa.Table.from_arrays(columns, schema=NFT_TRANSFERS)


def log_table(batch: Batch, logs: LogColumns) -> pa.Table:
    """Rows of `logs`."""
    if not len(logs.tx):
        return _NO_ROWS["logs"]
    columns = [
        *_places(batch, logs.tx),
        integers(logs.log_index),
        fixed(logs.address),
        *(fixed(logs.topics[which], logs.has_topic(which)) for which in range(4)),
        _variable(pa.binary(), logs.data),
    ]
    return pa.Table.from_arrays(columns, schema=LOGS)


def quarantine_table(batch: Batch, refused: Refused) -> pa.Table:
    """Rows of `quarantine`, in the order of the chain."""
    if not refused.records:
        return _NO_ROWS["quarantine"]
    records = sorted(refused.records)
    columns = [
        *_places(batch, np.array([record[0] for record in records], np.int64)),
        integers(np.array([record[1] for record in records], np.int64)),
        *(_variable(pa.string(), [str(record[which]).encode() for record in records]) for which in (2, 3, 4)),
    ]
    return pa.Table.from_arrays(columns, schema=QUARANTINE)


def fixed(values: Bytes, present: Flags | None = None) -> pa.Array:
    """Rows of bytes as one Arrow array of fixed width, null where not present."""
    width = values.shape[1]
    return _plain(pa.binary(width), np.ascontiguousarray(values), present)


def integers(values: Integers, present: Flags | None = None) -> pa.Array:
    """64-bit integers as an Arrow array, null where not present.

    Built of its buffer, like all columns here: `pa.array` would import pandas, a second of each process.
    """
    return _plain(pa.int64(), np.ascontiguousarray(values), present)


def texts(values: Sequence[str]) -> pa.Array:
    """Texts as an Arrow array."""
    return _variable(pa.string(), [value.encode() for value in values])


def _places(batch: Batch, tx: Integers) -> list[pa.Array]:
    block = batch.tx_block[tx]
    return [
        integers(batch.numbers[block]),
        _times(batch.times[block]),
        fixed(batch.tx_hashes[tx]),
        _plain(pa.int32(), batch.tx_index[tx].astype(np.int32)),
    ]


def _times(seconds: Integers) -> pa.Array:
    return _plain(TIME, seconds * 1_000_000)


def _words(codes: NDArray[np.int8], words: tuple[str, ...]) -> pa.Array:
    known = _variable(pa.string(), [word.encode() for word in words])
    return pa.DictionaryArray.from_arrays(_plain(pa.int8(), codes), known)


def _joined(values: list[bytes], width: int) -> pa.Array:
    return fixed(np.frombuffer(b"".join(values), np.uint8).reshape(len(values), width))


def _variable(kind: pa.DataType, values: list[bytes]) -> pa.Array:
    ends = np.cumsum([0, *map(len, values)]).astype(np.int32)
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(b"".join(values))]
    return pa.Array.from_buffers(kind, len(values), buffers)


def _plain(kind: pa.DataType, values: NDArray[Any], present: Flags | None = None) -> pa.Array:
    valid = None
    if present is not None and not present.all():
        valid = pa.py_buffer(np.packbits(present, bitorder="little"))
    return pa.Array.from_buffers(kind, len(values), [valid, pa.py_buffer(values)])
