"""The state at the end of a day, as Parquet, and back.

Layout:
    state.parquet: every lot of every holding that carries taint, clean lots between them included, ordered by
    (incident_id, chain, address, asset, place); place 0 is the oldest. A clean lot has no hop; a tainted one
    names the transfer that brought it. Of a UTXO chain `address` is the outpoint and
    `owner` its address. `is_unknown` marks an opening balance that rests on transfers alone.
    The sums since the theft come from totals.parquet; held and frozen are counted from the lots.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from clawback.tracing.engine import Book
from clawback.tracing.flows import HELD
from clawback.tracing.ledger import Ledger
from clawback.tracing.lots import Holding, Lot
from clawback.tracing.records import Arrival
from clawback.tracing.results import FROZEN

if TYPE_CHECKING:
    import pyarrow as pa


def state_schema() -> pa.Schema:
    """Columns of state.parquet."""
    import pyarrow as pa

    return pa.schema(
        [
            pa.field("incident_id", pa.string(), nullable=False),
            pa.field("chain", pa.string(), nullable=False),
            pa.field("address", pa.string(), nullable=False),
            pa.field("owner", pa.string()),
            pa.field("asset", pa.string(), nullable=False),
            pa.field("place", pa.int64(), nullable=False),
            # Clean lots of hostile tokens can add up to more than one amount.
            pa.field("amount", pa.decimal256(76, 0), nullable=False),
            pa.field("hop", pa.int32()),
            pa.field("is_unknown", pa.bool_(), nullable=False),
            pa.field("came_by_tx_hash", pa.string()),
            pa.field("came_by_kind", pa.string()),
            pa.field("came_by_position", pa.int64()),
        ]
    )


def state_rows(ledgers: Iterable[Ledger]) -> Iterator[dict[str, Any]]:
    """All lots, in the order of the file."""
    for ledger in ledgers:
        for (chain, address, asset), holding in ledger.held():
            # What lay between two like lots may have left: read back they are one, so written as one.
            for place, lot in enumerate(Holding(holding.lots).lots):
                came_by = lot.came_by
                yield {
                    "incident_id": ledger.incident_id,
                    "chain": chain,
                    "address": address,
                    "owner": ledger.owners.get((chain, address, asset)),
                    "asset": asset,
                    "place": place,
                    "amount": lot.amount,
                    "hop": lot.hop,
                    "is_unknown": lot.unknown,
                    "came_by_tx_hash": None if came_by is None else came_by.tx_hash,
                    "came_by_kind": None if came_by is None else came_by.kind,
                    "came_by_position": None if came_by is None else came_by.position,
                }


def restore(book: Book, state: pa.Table, totals: pa.Table) -> None:
    """Fills an empty book with the state of the day before."""
    present: tuple[str, str, str, str, str | None] | None = None
    lots: list[Lot] = []
    for row in state.to_pylist():
        key = (row["incident_id"], row["chain"], row["address"], row["asset"], row["owner"])
        if present is not None and key != present:
            _put(book, present, lots)
            lots = []
        present = key
        lots.append(_lot(row))
    if present is not None:
        _put(book, present, lots)
    for row in totals.to_pylist():
        if row["measure"] not in (HELD, FROZEN) and row["amount"]:
            sums = book.ledger(row["incident_id"]).sums
            sums[row["chain"], row["asset"], row["measure"]] = int(row["amount"])


def _put(book: Book, key: tuple[str, str, str, str, str | None], lots: list[Lot]) -> None:
    incident_id, chain, address, asset, owner = key
    book.ledger(incident_id).restore((chain, address, asset), Holding(lots), owner)


def _lot(row: dict[str, Any]) -> Lot:
    came_by = None
    if row["came_by_tx_hash"] is not None:
        came_by = Arrival(row["came_by_tx_hash"], row["came_by_kind"], row["came_by_position"])
    return Lot(int(row["amount"]), row["hop"], came_by, row["is_unknown"])
