"""Follows units back from where they lie, or from a transfer, to the theft.

Method:
    FIFO knows of every unit by which transfer it came, and of that transfer's units the same. While tracing
    with `keeps_ways`, a lot carries the whole chain of its transfers, and lots of different chains stay
    apart: so every unit ends at exactly one theft. Through a conversion the cut says which units stand for
    which; from there back it is pro rata, and the step says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from clawback.tracing.engine import Book
from clawback.tracing.records import Arrival, Step, Transfer


@dataclass(frozen=True, slots=True)
class Path:
    """So many units of one incident, and the transfers by which they came, the theft first."""

    incident_id: str
    amount: int
    steps: tuple[Transfer, ...]


def paths_to_holding(
    book: Book, transfers: Iterable[Transfer], chain: str, address: str, asset: str | None
) -> list[Path]:
    """Paths of what lies at an address at the end, by incident and in the order of its lots."""
    found: list[tuple[str, int, Arrival | None]] = []
    for ledger in book.ordered():
        for key, holding in ledger.held():
            if (key[0], ledger.address_of(key)) == (chain, address) and asset in (None, key[2]):
                found += [
                    (ledger.incident_id, lot.amount, lot.came_by)
                    for lot in holding.lots
                    if lot.hop is not None
                ]
    return _paths(found, transfers, chain)


def paths_to_transfer(
    book: Book, transfers: Iterable[Transfer], chain: str, tx_hash: str, position: int | None
) -> list[Path]:
    """Paths of what the transfers of a transaction carried."""
    found: list[tuple[str, int, Arrival | None]] = []
    for ledger in book.ordered():
        for amount, step in ledger.recorder or ():
            if step.tx_hash == tx_hash and position in (None, step.position):
                found.append((ledger.incident_id, amount, step))
    return _paths(found, transfers, chain)


def paths_to_service(
    book: Book, transfers: Iterable[Transfer], chain: str, address: str, asset: str | None
) -> list[Path]:
    """Paths of what ended at an address that is a sink, as a service is: where nothing is followed further.

    Of an address from which units went on there are none: they end elsewhere.
    """
    rows = list(transfers)
    own = [row for row in rows if row.chain == chain and asset in (None, row.asset)]
    places = {
        (row.tx_hash, row.kind, row.position): row.from_address == address
        for row in own
        if address in (row.from_address, row.to_address)
    }
    found: list[tuple[str, int, Arrival | None]] = []
    for ledger in book.ordered():
        carried = [(amount, step) for amount, step in ledger.recorder or () if tuple(step)[:3] in places]
        if not any(places[step.tx_hash, step.kind, step.position] for _, step in carried):
            found += [(ledger.incident_id, amount, step) for amount, step in carried]
    return _paths(found, rows, chain)


def path_rows(paths: Iterable[Path]) -> Iterator[dict[str, Any]]:
    """One row per path and step; a change of asset between two steps is a conversion."""
    for number, path in enumerate(paths, start=1):
        for place, row in enumerate(path.steps):
            before = path.steps[place - 1] if place else None
            yield {
                "path": number,
                "incident": path.incident_id,
                "units": str(path.amount),
                "step": place,
                "block_time": row.block_time.isoformat(),
                "tx_hash": row.tx_hash,
                "position": row.position,
                "from_address": row.from_address,
                "to_address": row.to_address,
                "asset": row.asset,
                "amount": str(row.amount),
                "converted": before is not None and before.asset != row.asset,
            }


def _paths(
    found: Iterable[tuple[str, int, Arrival | None]], transfers: Iterable[Transfer], chain: str
) -> list[Path]:
    index = {(row.tx_hash, row.kind, row.position): row for row in transfers if row.chain == chain}
    paths = []
    for incident_id, amount, arrival in found:
        steps: list[Transfer] = []
        while isinstance(arrival, Step):
            # The fee of a transaction of the UTXO model is no row of its own.
            if tuple(arrival) in index:
                steps.append(index[arrival.tx_hash, arrival.kind, arrival.position])
            arrival = arrival.parent
        paths.append(Path(incident_id, amount, tuple(steps[::-1])))
    return paths
