"""A bulk day as arrays, in the one order in which its transfers are worked off.

Layout:
    Transactions by (block_number, tx_index); in each, asset after asset, tokens by their bytes and the coin
    (zeros) last; of one asset gas first, then by position, kind, sender, receiver and amount. That is the
    order of `clawback.tracing.order` for rows of which all know their block.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np

from clawback.errors import ClawbackError
from clawback.schemas import NATIVE
from clawback.tracing.fast.compiled import Bytes, Limbs, Longs, Places
from clawback.tracing.fast.index import words_of

KINDS: Final = ("burn", "fee", "internal", "mint", "native", "token")
"""Kinds of rows by their number, sorted."""
TOKEN: Final = KINDS.index("token")
FEE: Final = KINDS.index("fee")
MINT: Final = KINDS.index("mint")
BURN: Final = KINDS.index("burn")


@dataclass(frozen=True)
class BulkDay:
    """A day as arrays. Amounts are limbs, low first; assets are few, and named by place."""

    block_number: Longs
    tx_index: Places
    position: Places
    block_time: Longs
    from_address: Bytes
    to_address: Bytes
    asset_of: Places
    assets: Bytes
    amount: Limbs
    kind: Bytes | None = None
    """Place among `KINDS`; where there is none, all rows are `token`."""
    no_receiver: Bytes | None = None
    """Where nobody knows a receiver, gas included; its bytes are then zeros. None: all rows have one."""
    tx_hash: Bytes | None = None
    """32 bytes each."""

    @property
    def kinds(self) -> Bytes:
        """Kinds of all rows."""
        return np.full(len(self.amount), TOKEN, np.uint8) if self.kind is None else self.kind

    @property
    def unreceived(self) -> Bytes:
        """Truth values of all rows."""
        return np.zeros(len(self.amount), bool) if self.no_receiver is None else self.no_receiver

    @property
    def begins(self) -> Longs:
        """First transfers of all transactions, and one behind the last."""
        new = (np.diff(self.block_number) != 0) | (np.diff(self.tx_index) != 0)
        return np.concatenate(([0], np.flatnonzero(new) + 1, [len(self.amount)])).astype(np.int64)


def name_of_asset(raw: bytes) -> str:
    """The text of an asset; zeros are the coin."""
    return "0x" + raw.hex() if any(raw) else NATIVE


def in_travel_order(day: BulkDay) -> BulkDay:
    """The day with its rows in order.

    Raises:
        ClawbackError: a row is of a kind that bulk days do not have.
    """
    kinds = day.kinds
    if len(kinds) and int(kinds.max()) >= len(KINDS):
        raise ClawbackError(
            "transfers of the UTXO model are not followed by the compiled engine",
            where=f"row {int(np.argmax(kinds >= len(KINDS))) + 1}",
            remedy="trace this day with the plain engine (clawback trace)",
        )
    names = [bytes(raw) for raw in day.assets]
    rank = np.empty(len(names), np.int32)
    rank[sorted(range(len(names)), key=lambda place: name_of_asset(names[place]))] = range(len(names))
    of_asset, is_no_gas = rank[day.asset_of], kinds != FEE
    keys = (day.block_number, day.tx_index, of_asset, is_no_gas, day.position)
    if _rises(keys):
        return day
    order = np.lexsort(keys[::-1])
    if _rises([key[order] for key in keys]):
        return _ordered(day, order)
    payers, receivers = words_of(day.from_address), words_of(day.to_address)
    ties = (
        kinds,
        *(payers[:, word] for word in range(3)),
        ~day.unreceived,
        *(receivers[:, word] for word in range(3)),
        day.amount[:, 1],
        day.amount[:, 0],
    )
    return _ordered(day, np.lexsort((*keys, *ties)[::-1]))


def _ordered(day: BulkDay, order: Longs) -> BulkDay:
    columns = {field.name: getattr(day, field.name) for field in fields(day) if field.name != "assets"}
    return replace(day, **{name: rows[order] for name, rows in columns.items() if rows is not None})


def _rises(keys: Sequence[Bytes]) -> bool:
    # Whether each row sorts behind the one before it.
    count = len(keys[0])
    behind, equal = np.zeros(max(0, count - 1), bool), np.ones(max(0, count - 1), bool)
    for key in keys:
        behind |= equal & (key[1:] > key[:-1])
        equal &= key[1:] == key[:-1]
    return bool(behind.all())
