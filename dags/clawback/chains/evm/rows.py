"""Transfers as columns: their rows, their order, and what is turned away."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from clawback.chains.evm.columns import Bytes, Flags, Integers, amounts_of


@dataclass(frozen=True)
class Rows:
    """Transfers as columns. `tx` is the transaction's place in the batch.

    Shapes: all of one length; addresses (rows, 20); words (rows, 32), big endian.
    """

    tx: Integers
    position: Integers
    kind: NDArray[np.uint8]
    sender: Bytes
    receiver: Bytes
    asset: Bytes
    words: Bytes


@dataclass
class Refused:
    """Quarantined facts of a batch: (transaction's place, position, contract or '', reason, what it says)."""

    records: list[tuple[int, int, str, str, str]] = field(default_factory=list)

    def add(self, tx: int, position: int, contract: str, reason: str, says: str) -> None:
        """Take one."""
        self.records.append((tx, position, contract, reason, says))


def select(rows: Rows, which: Flags | Integers) -> Rows:
    """Some of the rows, by flags or in an order of places."""
    return Rows(
        rows.tx[which],
        rows.position[which],
        rows.kind[which],
        rows.sender[which],
        rows.receiver[which],
        rows.asset[which],
        rows.words[which],
    )


def all_rows(parts: list[Rows]) -> Rows:
    """The rows of all parts, one after the other."""
    if len(parts) == 1:
        return parts[0]
    return Rows(
        np.concatenate([part.tx for part in parts]),
        np.concatenate([part.position for part in parts]),
        np.concatenate([part.kind for part in parts]),
        np.concatenate([part.sender for part in parts]),
        np.concatenate([part.receiver for part in parts]),
        np.concatenate([part.asset for part in parts]),
        np.concatenate([part.words for part in parts]),
    )


def in_order(parts: list[Rows]) -> Rows:
    """All rows in the order of events: by transaction, then by position."""
    whole = all_rows(parts)
    return whole if len(parts) == 1 else select(whole, np.lexsort((whole.position, whole.tx)))


def without_wide(rows: Rows, refused: Refused) -> tuple[Rows, Bytes]:
    """Rows whose amounts DECIMAL(38,0) holds, and those amounts, shape (rows, 16), little endian."""
    amounts, wide = amounts_of(rows.words)
    if not wide.any():
        return rows, amounts
    for place in np.flatnonzero(wide):
        asset = rows.asset[place]
        refused.add(
            int(rows.tx[place]),
            int(rows.position[place]),
            f"0x{asset.tobytes().hex()}" if asset.any() else "",
            "the amount is wider than DECIMAL(38,0)",
            str(int.from_bytes(rows.words[place].tobytes(), "big")),
        )
    return select(rows, ~wide), amounts[~wide]
