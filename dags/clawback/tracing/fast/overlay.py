"""Brings what incidents see of one row of units to one form, and back.

Rules:
    Under methods that do not look at taint (`fifo`, `lifo`) all incidents see the same units at the same
    places and differ only in what they call stolen. So the lots of all of them are laid over each other: a
    unit's labels are those that the incidents give it.
    A lot names one transfer as its source. Where incidents came to the same units by different transfers,
    which only own taint of an exchange that moved to what it keeps can bring about, it is that of the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from clawback.tracing.fast.labels import Groups, roomy_groups
from clawback.tracing.fast.lots import HOP_MASK, LABEL_SHIFT
from clawback.tracing.fast.queues import Cell
from clawback.tracing.lots import Lot
from clawback.tracing.records import Arrival

Hops = tuple[tuple[int, int], ...]
"""(incident, hop) of each incident that calls a unit stolen, by incident."""
BEFORE = "before"
"""Kind of the arrivals that stand for transfers of earlier transactions."""


@dataclass
class Labels:
    """Reads and makes the tags of lots."""

    incidents: int
    groups: Groups

    def __post_init__(self) -> None:
        """Knows no tag yet."""
        self._made: dict[Hops, int] = {}

    def hops(self, tag: int) -> Hops:
        """Whose stolen units a lot is, and their hops."""
        if tag == 0:
            return ()
        label, hop = tag >> int(LABEL_SHIFT), tag & int(HOP_MASK)
        if label <= self.incidents:
            return ((label - 1, hop - 1),)
        number = label - self.incidents - 1
        first, last = self.groups.start[number : number + 2].tolist()
        members = self.groups.member[first:last].tolist()
        found = tuple((incident, own + hop - 1) for incident, own in members)
        self._made.setdefault(found, tag)
        return found

    def tag(self, hops: Hops) -> int:
        """The tag of a lot; makes a group where several incidents call it stolen."""
        if not hops:
            return 0
        if len(hops) == 1:
            return (hops[0][0] + 1) << int(LABEL_SHIFT) | (hops[0][1] + 1)
        if hops in self._made:
            return self._made[hops]
        for known, tag in list(self._made.items()):
            # Units that went on together: the same group, some hops later.
            further = hops[0][1] - known[0][1]
            if further > 0 and hops == tuple((incident, hop + further) for incident, hop in known):
                self._made[hops] = tag + further
                return tag + further
        self.groups = roomy_groups(self.groups, 1, len(hops))
        number, place = int(self.groups.counts[0]), int(self.groups.counts[1])
        self.groups.member[place : place + len(hops)] = [(incident, hop + 1) for incident, hop in hops]
        self.groups.start[number + 1] = place + len(hops)
        self.groups.counts[:] = (number + 1, place + len(hops), max(int(self.groups.counts[2]), len(hops)))
        self._made[hops] = (self.incidents + 1 + number) << int(LABEL_SHIFT)
        return self._made[hops]


def seen_by(cells: Iterable[Cell], labels: Labels) -> dict[int, list[Lot]]:
    """The lots that each incident sees which calls some of them stolen."""
    found: dict[int, list[Lot]] = {}
    before = 0
    for amount, tag, source in cells:
        hops = dict(labels.hops(tag))
        for incident in hops:
            found.setdefault(incident, [Lot(before)] if before else [])
        for incident, lots in found.items():
            hop = hops.get(incident)
            lots.append(Lot(amount) if hop is None else Lot(amount, hop, Arrival("", BEFORE, source)))
        before += amount
    return found


def laid_over(
    total: int,
    seen: Mapping[int, Sequence[Lot]],
    labels: Labels,
    source_of: Callable[[Arrival], int],
) -> list[Cell]:
    """The lots of all incidents, laid over each other.

    Args:
        total: units of the row; no lot of anybody goes beyond.
        seen: by incident, the lots that it sees; together as many units.
        labels: makes the tags.
        source_of: the source that stands for an arrival.
    """
    cuts = {0, total}
    begun: dict[int, list[tuple[int, int, Lot]]] = {}
    for incident in sorted(seen):
        place = 0
        for lot in seen[incident]:
            end = place + lot.amount
            if lot.hop is not None:
                begun.setdefault(place, []).append((end, incident, lot))
                cuts |= {place, end}
            place = end
    ordered = sorted(cuts)
    cells: list[Cell] = []
    over: list[tuple[int, int, Lot]] = []
    for begin, end in pairwise(ordered):
        over = [span for span in over if span[0] > begin] + begun.get(begin, [])
        over.sort(key=lambda span: span[1])
        tag = labels.tag(tuple((incident, lot.hop or 0) for _, incident, lot in over))
        came_by = over[0][2].came_by if over else None
        cells.append((end - begin, tag, 0 if came_by is None else source_of(came_by)))
    return cells
