"""Turns what the kernel left into the records that the plain engine gives: flows, lots, sums."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from clawback.tracing.fast.desk import BASIS_SHIFT
from clawback.tracing.fast.exchanged import BASES, CODES
from clawback.tracing.fast.index import address_bytes, asset_bytes
from clawback.tracing.fast.lots import HIGH, HOP_MASK, LABEL_SHIFT, LOW, NEWEST_FIRST, SOURCE, TAG
from clawback.tracing.fast.own_state import stake_lots
from clawback.tracing.fast.sums import BY_SOURCE, read_sums
from clawback.tracing.fast.tracer import DAY_SHIFT, DayFlows, Tracer
from clawback.tracing.flows import Flow
from clawback.tracing.records import SOURCE as SOURCE_ROLE
from clawback.tracing.records import THEFT_ADDRESS, Transfer

OUTCOMES: Final = {code: name for name, code in CODES.items()}
THEFT_ROLES: Final = (None, THEFT_ADDRESS, SOURCE_ROLE)


@dataclass(frozen=True, slots=True)
class SeenLot:
    """A lot as one incident sees it: clean ones have no hop; stolen ones name the transfer, if it is kept."""

    amount: int
    hop: int | None = None
    day: int = -1
    row: int = -1


def flow_records(
    tracer: Tracer, flows: DayFlows, transfers: Sequence[Transfer], names: Sequence[str]
) -> Iterator[Flow]:
    """Flows of a day, by incident, then as they happened.

    Args:
        tracer: that made them.
        flows: of the day.
        transfers: the day's, in the order of its index.
        names: of the assets of the day's index.
    """
    rows = flows.rows[np.argsort(flows.rows[:, 1], kind="stable")]
    for row, incident, hop, low, high, code, converted, *image in rows.tolist():
        exit_place = (code >> 16) - 1
        asset = (converted & 0xFFFFFFFF) - 1
        yield Flow(
            tracer.incidents[incident],
            tracer.method,
            transfers[row],
            hop,
            low + (high << 64),
            OUTCOMES[code & 0xFF],
            THEFT_ROLES[code >> 8 & 0xFF],
            flows.endings[exit_place].label if exit_place >= 0 else None,
            names[asset] if converted else None,
            image[0] + (image[1] << 64) if converted else None,
            BASES[converted >> BASIS_SHIFT] if converted else None,
        )


def lots_seen(tracer: Tracer) -> dict[tuple[str, bytes, bytes], list[SeenLot]]:
    """Lots of every holding with taint, as each incident sees them, by (incident, address, asset)."""
    return dict(each_seen(tracer))


def each_seen(tracer: Tracer) -> Iterator[tuple[tuple[str, bytes, bytes], list[SeenLot]]]:
    """The same one after the other, for they may be many."""
    store = tracer.store
    addresses, assets = address_bytes(store.keys), asset_bytes(store.keys)
    if tracer.stakes is not None:
        for place, incident, own in stake_lots(store, tracer.stakes):
            key = (tracer.incidents[incident], addresses[place].tobytes(), assets[place].tobytes())
            yield (
                key,
                _together(
                    _seen_lot(amount, (tag & int(HOP_MASK)) - 1 if tag else None, source - 1)
                    for amount, tag, source in own
                ),
            )
        return
    for place in range(len(store.keys)):
        lots = []
        cell = int(store.head[place])
        while cell >= 0:
            row = store.lots.cells[cell]
            lots.append((int(row[LOW]) + (int(row[HIGH]) << 64), int(row[TAG]), int(row[SOURCE]) - 1))
            cell = int(store.lots.after[cell])
        if store.lots.control[NEWEST_FIRST]:
            lots.reverse()
        hops = [_hops(tracer, tag) for _, tag, _ in lots]
        for incident in sorted({incident for held in hops for incident in held}):
            seen = [
                _seen_lot(amount, held.get(incident), source)
                for (amount, _, source), held in zip(lots, hops, strict=True)
            ]
            key = (tracer.incidents[incident], addresses[place].tobytes(), assets[place].tobytes())
            yield key, _together(seen)


def sums_seen(tracer: Tracer) -> dict[tuple[str, bytes, str], int]:
    """Sums since the theft that are not 0, by (incident, asset, measure)."""
    return {key: amount for key, amount in _sums(tracer).items() if amount and key[2] != BY_SOURCE}


def stolen_by_source(tracer: Tracer) -> dict[tuple[str, bytes], int]:
    """Stolen units that rest on the role `source` alone, by (incident, asset)."""
    return {
        (incident, asset): amount
        for (incident, asset, measure), amount in _sums(tracer).items()
        if measure == BY_SOURCE
    }


def _sums(tracer: Tracer) -> dict[tuple[str, bytes, str], int]:
    assets = list(tracer.assets)
    return {
        (tracer.incidents[incident], assets[asset], measure): amount
        for (incident, asset, measure), amount in read_sums(tracer.sums).items()
    }


def _seen_lot(amount: int, hop: int | None, source: int) -> SeenLot:
    if hop is None or source < 0:
        return SeenLot(amount, hop)
    return SeenLot(amount, hop, source >> DAY_SHIFT, source & ((1 << DAY_SHIFT) - 1))


def _together(lots: Iterable[SeenLot]) -> list[SeenLot]:
    # Neighbours that are alike as one lot.
    seen: list[SeenLot] = []
    for lot in lots:
        if seen and _alike(seen[-1], lot):
            lot = SeenLot(seen.pop().amount + lot.amount, lot.hop, lot.day, lot.row)
        seen.append(lot)
    return seen


def _alike(one: SeenLot, other: SeenLot) -> bool:
    return (one.hop, one.day, one.row) == (other.hop, other.day, other.row)


def _hops(tracer: Tracer, tag: int) -> dict[int, int]:
    # Hop by incident of a lot.
    label, hop = tag >> int(LABEL_SHIFT), tag & int(HOP_MASK)
    if tag == 0:
        return {}
    count = len(tracer.incidents)
    if label <= count:
        return {label - 1: hop - 1}
    start = tracer.groups.start[label - count - 1 : label - count + 1]
    members = tracer.groups.member[start[0] : start[1]]
    return {int(incident): int(member_hop) + hop - 1 for incident, member_hop in members}
