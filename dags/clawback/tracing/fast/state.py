"""The compiled engine's state between days, as one file.

Layout:
    An uncompressed .npz of: keys, amount and number of lots of each followed holding; all lots, the next one
    to be taken first, holding after holding (see `lots`); the groups of labels; the sums; the method; names
    of incidents and assets; the number of days traced. The same state gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from clawback.errors import ClawbackError
from clawback.tracing.fast.compiled import Limbs, Longs, Places, compiled
from clawback.tracing.fast.index import WORDS
from clawback.tracing.fast.labels import Groups
from clawback.tracing.fast.lots import LABEL_SHIFT, LIVE, TAG, USED
from clawback.tracing.fast.own_state import built_stakes, flat_stakes
from clawback.tracing.fast.store import Store
from clawback.tracing.fast.sums import ASSET_SPAN, MEASURE_COUNT, Sums, empty_sums, roomy, sum_place
from clawback.tracing.fast.tracer import Tracer

ASSET_BYTES = 20


@compiled
def _flatten(head: Places, after: Places, cells: Limbs, lots: Limbs, sizes: Longs) -> int:
    count = 0
    for holding in range(len(head)):
        first, cell = count, head[holding]
        while cell >= 0:
            for column in range(4):
                lots[count, column] = cells[cell, column]
            count += 1
            cell = after[cell]
        sizes[holding] = count - first
    return count


@compiled
def _chain(sizes: Longs, cells: Limbs, head: Places, tail: Places, stained: Places, after: Places) -> None:
    cell = 0
    for holding in range(len(sizes)):
        head[holding] = cell
        for place in range(sizes[holding]):
            if cells[cell, TAG] != np.uint64(0):
                stained[holding] += 1
            after[cell] = cell + 1 if place + 1 < sizes[holding] else -1
            cell += 1
        tail[holding] = cell - 1


def save(tracer: Tracer, file: Path) -> None:
    """Writes the state after the last day traced."""
    store, groups, sums = tracer.store, tracer.groups, tracer.sums
    own = {} if tracer.stakes is None else flat_stakes(store, tracer.stakes)
    lots = np.empty((0 if own else int(store.lots.control[LIVE]), 4), np.uint64)
    sizes, count = np.zeros(len(store.keys), np.int64), 0
    if own:
        sizes[:] = store.stained
    else:
        count = _flatten(store.head, store.lots.after, store.lots.cells, lots, sizes)
    used = np.flatnonzero(sums.keys >= 0)
    used = used[np.argsort(sums.keys[used])]
    np.savez(
        file,
        keys=store.keys,
        amount=store.amount,
        **own,
        sizes=sizes,
        lots=lots[:count],
        group_start=groups.start[: int(groups.counts[0]) + 1],
        group_member=groups.member[: int(groups.counts[1])],
        group_counts=groups.counts,
        sum_keys=sums.keys[used],
        sum_values=sums.values[used],
        incidents=np.array(tracer.incidents, np.str_),
        assets=np.frombuffer(b"".join(tracer.assets), np.uint8).reshape(-1, ASSET_BYTES),
        too_wide=tracer.too_wide,
        unseen=tracer.unseen,
        facts=np.array([tracer.days, tracer.max_hops], np.int64),
        chain=np.array([tracer.chain], np.str_),
        method=np.array([tracer.method], np.str_),
    )


def load(file: Path, incidents: Sequence[str]) -> Tracer:
    """A tracer that goes on where the state ends.

    Args:
        file: written by `save`.
        incidents: sorted names; those of the state and maybe more.

    Raises:
        ClawbackError: an incident of the state is missing.
    """
    with np.load(file) as read:
        found = {name: read[name] for name in read.files}
    before = [str(name) for name in found["incidents"]]
    if missing := sorted(set(before) - set(incidents)):
        raise ClawbackError(
            f"the state knows {len(missing)} incidents that are not traced any more",
            where=str(file),
            cause=", ".join(missing[:5]),
            remedy="trace again from the day before their first theft",
        )
    tracer = Tracer(str(found["chain"][0]), tuple(incidents), int(found["facts"][1]), str(found["method"][0]))
    tracer.days = int(found["facts"][0])
    tracer.assets = {asset.tobytes(): place for place, asset in enumerate(found["assets"])}
    moved = np.array([tracer.numbers[name] for name in before], np.int64)
    tracer.too_wide[moved], tracer.unseen[moved] = found["too_wide"], found["unseen"]
    tracer.groups = _groups(found["group_start"], found["group_member"], found["group_counts"], moved)
    tracer.sums = _sums(found["sum_keys"], found["sum_values"], moved)
    if tracer.stakes is not None:
        store = _store(
            tracer.store,
            found["keys"],
            found["amount"],
            np.zeros(len(found["keys"]), np.int64),
            found["lots"],
        )
        tracer.store, tracer.stakes = built_stakes(tracer.stakes, store, found["sizes"], found, moved)
        return tracer
    lots = found["lots"]
    lots[:, TAG] = _relabel(lots[:, TAG], moved, len(before), len(incidents))
    tracer.store = _store(tracer.store, found["keys"], found["amount"], found["sizes"], lots)
    return tracer


def _relabel(tags: Limbs, moved: Longs, before: int, now: int) -> Limbs:
    # Incidents may have got other numbers, and groups follow behind the last of them.
    labels = (tags >> LABEL_SHIFT).astype(np.int64)
    single = (labels > 0) & (labels <= before)
    fresh = labels.copy()
    fresh[single] = moved[labels[single] - 1] + 1
    fresh[labels > before] += now - before
    changed: Limbs = (fresh.astype(np.uint64) << LABEL_SHIFT) | (tags & np.uint64(0xFFFFFFFF))
    return changed


def _groups(start: Longs, member: Longs, counts: Longs, moved: Longs) -> Groups:
    if len(member):
        member[:, 0] = moved[member[:, 0]]
    return Groups(
        np.concatenate((start, np.zeros(16, np.int64))),
        np.concatenate((member, np.zeros((64, 2), np.int64))),
        counts,
    )


def _sums(keys: Longs, values: Limbs, moved: Longs) -> Sums:
    sums = roomy(empty_sums(1024), len(keys))
    pairs = keys // MEASURE_COUNT
    incidents = moved[pairs // ASSET_SPAN] if len(keys) else pairs
    for place in range(len(keys)):
        asset, measure = int(pairs[place] % ASSET_SPAN), int(keys[place] % MEASURE_COUNT)
        sums.values[sum_place(sums, int(incidents[place]), asset, measure)] = values[place]
    return sums


def _store(empty: Store, keys: Limbs, amount: Limbs, sizes: Longs, lots: Limbs) -> Store:
    room = len(lots) + len(empty.lots.cells)
    cells, after = np.zeros((room, 4), np.uint64), np.zeros(room, np.int32)
    cells[: len(lots)] = lots
    head, tail = np.full(len(keys), -1, np.int32), np.full(len(keys), -1, np.int32)
    stained = np.zeros(len(keys), np.int32)
    if len(lots):
        _chain(sizes, cells, head, tail, stained, after)
    control = empty.lots.control.copy()
    control[USED], control[LIVE] = len(lots), len(lots)
    kept = empty.lots._replace(cells=cells, after=after, control=control)
    return Store(keys.reshape(-1, WORDS), head, tail, stained, amount, kept)
