"""Traces FIFO unit by unit: slow, for small numbers, and plain enough to be checked by reading.

Every holding of every account is a list of units from the first transfer on; a unit is None (clean) or a pair
(hop, transfer that brought it). Shares no code with the tracer.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from clawback.tracing.records import Role, Transfer

Unit = tuple[int, int] | None
ZERO = "0x" + "0" * 40


@dataclass
class Answer:
    """What the reference says about one incident."""

    flows: dict[tuple[str, str, int], tuple[int, int, str, str | None]] = field(default_factory=dict)
    """(tx_hash, kind, position) -> tainted, hop, outcome, theft role."""
    held: dict[tuple[str, str], int] = field(default_factory=dict)
    sums: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(asset, measure) -> units."""


def trace_slowly(
    transfers: Iterable[Transfer], roles: Iterable[Role], sinks: Mapping[str, str], incident_id: str
) -> Answer:
    """Traces transfers whose blocks hold one transaction each.

    Args:
        transfers: any order.
        roles: theft roles by transaction, and open victims.
        sinks: address -> category.
        incident_id: the one to trace.
    """
    mine = [role for role in roles if role.incident_id == incident_id]
    answer = Answer()
    lists: dict[tuple[str, str], list[Unit]] = defaultdict(list)
    blocks: dict[int, list[Transfer]] = defaultdict(list)
    for transfer in transfers:
        blocks[transfer.block_number or 0].append(transfer)
    for block in sorted(blocks):
        rows = sorted(blocks[block], key=lambda row: (row.kind != "fee", row.position))
        followed = {key for key, units in lists.items() if any(unit is not None for unit in units)}
        fresh: dict[tuple[str, str], list[Unit]] = defaultdict(list)
        stolen = {
            role: _stolen_places(rows, [one for one in mine if one.role == role], role)
            for role in ("theft_address", "source")
        }
        for number, row in enumerate(rows):
            units: list[Unit] = []
            own, passing = lists[row.from_address, row.asset], fresh[row.from_address, row.asset]
            for _ in range(row.amount):
                if row.from_address == ZERO or row.kind == "mint":
                    units.append(None)
                elif passing:
                    units.append(passing.pop(0))
                elif own:
                    units.append(own.pop(0))
                else:
                    units.append(None)
                    if (row.from_address, row.asset) in followed:
                        answer.sums[row.asset, "unseen_inflow"] += 1
            role = None
            for place in range(row.amount):
                claims = [name for name in stolen if (number, place) in stolen[name]]
                if claims and units[place] is None:
                    units[place] = (-1, number)
                    answer.sums[row.asset, "stolen"] += 1
                    any_address = any(spot[0] == number for spot in stolen["theft_address"])
                    role = "theft_address" if any_address else "source"
            units = [None if unit is None else (unit[0] + 1, number) for unit in units]
            tainted = [unit for unit in units if unit is not None]
            outcome = _outcome(row, mine, sinks)
            if outcome == "held":
                fresh[row.to_address or "", row.asset] += units
            else:
                answer.sums[row.asset, outcome] += len(tainted)
                if row.to_address not in (None, ZERO) and row.kind not in ("fee", "burn"):
                    fresh[row.to_address or "", row.asset] += [None] * row.amount
            if tainted:
                hop = min(unit[0] for unit in tainted)
                answer.flows[row.tx_hash, row.kind, row.position] = (len(tainted), hop, outcome, role)
        for number, row in enumerate(rows):
            key = (row.tx_hash, row.kind, row.position)
            left = any(unit is not None and unit[1] == number for units in fresh.values() for unit in units)
            if key in answer.flows and answer.flows[key][2] == "held" and not left:
                tainted_units, hop, _, role = answer.flows[key]
                answer.flows[key] = (tainted_units, hop, "passed", role)
        for spot, units in fresh.items():
            # Where a unit came by means nothing in another block.
            lists[spot] += [None if unit is None else (unit[0], -1) for unit in units]
    for (address, asset), units in lists.items():
        count = sum(unit is not None for unit in units)
        if count:
            answer.held[address, asset] = count
            answer.sums[asset, "held"] += count
    return answer


def _outcome(row: Transfer, mine: list[Role], sinks: Mapping[str, str]) -> str:
    if row.kind == "fee":
        return "fee"
    if row.kind == "burn" or row.to_address == ZERO:
        return "burned"
    if row.to_address is None:
        return "unseen_outflow"
    if any(role.role == "victim" and role.address == row.to_address for role in mine):
        return "victim"
    if any(role.role == "theft_address" and role.address == row.to_address for role in mine):
        return "held"
    return sinks.get(row.to_address, "held")


def _stolen_places(rows: list[Transfer], roles: list[Role], role_name: str) -> set[tuple[int, int]]:
    """(number of the row, place of the unit in it) that a role calls stolen."""
    places: set[tuple[int, int]] = set()
    for address in {role.address for role in roles if role.tx_hash == rows[0].tx_hash}:
        for asset in {row.asset for row in rows}:
            spots = {"in": [], "out": []}  # type: dict[str, list[tuple[int, int]]]
            for number, row in enumerate(rows):
                payer = None if row.kind == "mint" else row.from_address
                receiver = None if row.kind in ("fee", "burn") else row.to_address
                if row.asset != asset or row.kind == "fee" or payer == receiver:
                    continue
                side = "in" if receiver == address else "out" if payer == address else None
                if side is not None:
                    spots[side] += [(number, place) for place in range(row.amount)]
            one, other = ("in", "out") if role_name == "theft_address" else ("out", "in")
            net = len(spots[one]) - len(spots[other])
            if net > 0:
                places |= set(spots[one][-net:])
    return places
