"""Transfers of numbered tokens (ERC-721, ERC-1155) of checked blocks, as columns of `nft_transfers`."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any, Final

import numpy as np
import pyarrow as pa

from clawback.chains.evm.blocks import Batch
from clawback.chains.evm.nft import STANDARDS, NumberedRows
from clawback.chains.evm.tables import integers, nft_table, texts
from clawback.schemas import NFT_TRANSFERS
from clawback.sources.evm_rpc.columns import blocks_of_day
from clawback.sources.stretches import OF_THE_LAKE

COLUMNS: Final = pa.schema([field for field in NFT_TRANSFERS if field.name not in OF_THE_LAKE])
NO_ROWS: Final = pa.Table.from_batches([], COLUMNS)
"""Not by `empty_table`, which imports pandas; nor does anything else here."""


def numbered_columns(
    chain: str, batch: Batch, rows: NumberedRows, day: date | None, only: Collection[str] | None = None
) -> pa.Table:
    """The transfers of numbered tokens, in the order of the chain.

    Args:
        chain: its name.
        batch: checked blocks.
        rows: what moved in them.
        day: only this day, or all.
        only: hashes of the transactions that are taken; all by default.
    """
    if not rows.tx:
        return NO_ROWS
    found = nft_table(batch, rows)
    columns: dict[str, Any] = {
        **{name: found[name] for name in found.column_names if name in COLUMNS.names},
        "chain": texts([chain] * found.num_rows),
        "standard": _words(rows.standard),
        "token_id": _digits(rows.token_number),
        "quantity": _digits(rows.amount),
    }
    table = pa.Table.from_arrays([columns[name] for name in COLUMNS.names], schema=COLUMNS)
    tx = np.array(rows.tx, np.int64)
    wanted = np.ones(len(tx), np.bool_)
    if day is not None:
        wanted &= blocks_of_day(batch.times, day)[batch.tx_block[tx]]
    if only is not None:
        named = [transaction.hash in only for transaction in batch.transactions]
        wanted &= np.array(named, np.bool_)[tx]
    return table if wanted.all() else table.take(integers(np.flatnonzero(wanted)))


def _words(standards: Iterable[int]) -> pa.Array:
    return texts([STANDARDS[number] for number in standards])


def _digits(words: Iterable[bytes]) -> pa.Array:
    """Numbers of 256 bits, big endian, as their decimal digits."""
    return texts([str(int.from_bytes(word, "big")) for word in words])
