"""Traces unit by unit: slow, for small numbers, and plain enough to be checked by reading.

Every holding of every account is a list of units from the first transfer on; a unit is None (clean) or
(hop, transfer that brought it, account that it started from in this transaction). Shares no code with the
tracer.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from clawback.tracing.records import Role, Transfer

Spot = tuple[str, str]
"""(account, asset)."""
ZERO = "0x" + "0" * 40


class Unit(NamedTuple):
    """A stolen unit."""

    hop: int
    came: int
    start: str | None


Units = list[Unit | None]
Row = tuple[int, int, str, str | None, str | None, int | None]
"""tainted, hop, outcome, theft role, converted asset, converted amount."""


@dataclass
class Answer:
    """What the reference says about one incident."""

    flows: dict[tuple[str, str, int], list[Row]] = field(default_factory=dict)
    held: dict[Spot, int] = field(default_factory=dict)
    sums: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(asset, measure) -> units."""
    exchanged: int = 0


def take(method: str, units: Units, count: int) -> Units:
    """Removes units by a method and returns them in the order taken."""
    dirty = [place for place, unit in enumerate(units) if unit is not None]
    clean = [place for place, unit in enumerate(units) if unit is None]
    places = list(range(len(units)))
    if method == "lifo":
        chosen = places[::-1][:count]
    elif method == "dirty_first":
        chosen = sorted((dirty + clean)[:count])
    elif method == "clean_first":
        chosen = sorted((clean + dirty)[:count])
    elif method == "haircut":
        share = count * len(dirty) // len(units) if units else 0
        chosen = sorted(dirty[:share] + clean[: count - share])
    else:
        chosen = places[:count]
    taken = [units[place] for place in chosen]
    units[:] = [unit for place, unit in enumerate(units) if place not in set(chosen)]
    return taken


def receive(method: str, there: Units, units: Iterable[Unit | None]) -> None:
    """Puts units behind those already there."""
    there += units
    stolen = [unit for unit in there if unit is not None]
    if method == "poison" and stolen:
        first = min(stolen, key=lambda unit: unit.hop)
        there[:] = [unit if unit is not None else first for unit in there]


@dataclass
class Swap:
    """An account that received some assets and gave others."""

    account: str
    got: dict[str, int]
    gave: dict[str, int]

    def parts(self, side: dict[str, int], total: int, prices: Mapping[str, Fraction]) -> dict[str, range]:
        """Which of `total` units stand for each asset of a side."""
        names = sorted(side)
        weights = [Fraction(1)] * len(names)
        if all(name in prices for name in names):
            weights = [side[name] * prices[name] for name in names]
        sizes = [int(total * weight / sum(weights)) for weight in weights[:-1]]
        sizes.append(total - sum(sizes))
        ends = [sum(sizes[: n + 1]) for n in range(len(sizes))]
        return {name: range(end - size, end) for name, size, end in zip(names, sizes, ends, strict=True)}


@dataclass
class Reference:
    """One incident under one method."""

    roles: list[Role]
    sinks: Mapping[str, str]
    method: str = "fifo"
    dexes: frozenset[str] = frozenset()
    prices: Mapping[str, Fraction] = field(default_factory=dict)
    lists: dict[Spot, Units] = field(default_factory=lambda: defaultdict(list))
    answer: Answer = field(default_factory=Answer)

    def transaction(self, rows: list[Transfer]) -> None:
        """Works off one transaction: tries it until no taint is left at an exchange that can be converted."""
        rows = sorted(rows, key=lambda row: (row.asset, row.kind != "fee", row.position))
        rows = [row for row in rows if row.amount]
        proven, unproven = self._swaps(rows)
        forced: set[str] = set()
        refused: set[Spot] = set()
        while True:
            done: dict[Spot, tuple[int, dict[str, list[tuple[int, Unit]]]]] = {}
            inputs: dict[Spot, list[int]] = {}
            waiting: list[Spot] = []
            consistent = True
            while True:
                trial = _Trial(self, rows, proven, unproven, done, inputs, forced)
                reached = {spot: units for spot, units in trial.reached().items() if units}
                eaten = [spot for spot in done if len(reached.get(spot, ())) < done[spot][0]]
                if eaten:
                    if {account for account, _ in done} <= forced:
                        refused.add(eaten[0])
                    forced |= {account for account, _ in done}
                    consistent = False
                    break
                order = {
                    spot: min((rows[unit.came].position, rows[unit.came].kind) for _, unit in units)
                    for spot, units in reached.items()
                }
                waiting += sorted((s for s in reached if s not in waiting), key=lambda s: (order[s], s))
                ready = [
                    spot for spot in waiting if spot in reached and spot not in done and spot not in refused
                ]
                if not ready:
                    break
                first = ([s for s in ready if trial.leaks_own(s[0])] or ready)[0]
                done[first] = trial.images(first, reached[first])
                inputs[first] = [unit.came for _, unit in reached[first]]
            if consistent:
                break
        self.answer.exchanged += len(done)
        trial.finish()

    def end(self) -> Answer:
        """Counts what is held."""
        for (account, asset), units in self.lists.items():
            count = sum(unit is not None for unit in units)
            if count:
                self.answer.held[account, asset] = count
                self.answer.sums[asset, "held"] += count
        return self.answer

    def _swaps(self, rows: list[Transfer]) -> tuple[list[Swap], list[Swap]]:
        nets: dict[str, Counter[str]] = defaultdict(Counter)
        for row in rows:
            if row.kind != "fee":
                minted = row.kind == "mint" or row.from_address == ZERO
                nets[row.asset if minted else row.from_address][row.asset] -= row.amount
                if row.kind == "burn" or row.to_address == ZERO:
                    nets[row.asset][row.asset] += row.amount
                elif row.to_address is not None:
                    nets[row.to_address][row.asset] += row.amount
        proven, unproven = [], []
        for account in sorted(nets):
            got = {asset: net for asset, net in nets[account].items() if net > 0}
            gave = {asset: -net for asset, net in nets[account].items() if net < 0}
            thieves = {
                role.address
                for role in self.roles
                if role.role == "theft_address" and role.tx_hash in (None, rows[0].tx_hash)
            }
            if not got or not gave or self.ends_at(account) or account in thieves:
                continue
            worth = [
                sum((n * self.prices[a] for a, n in side.items()), Fraction(0))
                if all(a in self.prices for a in side)
                else None
                for side in (got, gave)
            ]
            fair = None not in worth and worth[1] <= 2 * worth[0] and worth[0] <= 2 * worth[1]  # type: ignore[operator]  # None is excluded
            (proven if fair or account in self.dexes else unproven).append(Swap(account, got, gave))
        return proven, unproven

    def ends_at(self, address: str) -> str | None:
        """The sink that an address is."""
        if any(role.role == "victim" and role.address == address for role in self.roles):
            return "victim"
        if any(role.role == "theft_address" and role.address == address for role in self.roles):
            return None
        return self.sinks.get(address)


class _Trial:
    def __init__(
        self,
        reference: Reference,
        rows: list[Transfer],
        proven: list[Swap],
        unproven: list[Swap],
        done: dict[Spot, tuple[int, dict[str, list[tuple[int, Unit]]]]],
        inputs: dict[Spot, list[int]],
        forced: set[str],
    ) -> None:
        self.reference, self.rows, self.done = reference, rows, done
        self.inputs: dict[Spot, list[int]] = inputs
        self.proven = {swap.account: swap for swap in proven}
        self.unproven = {(swap.account, asset) for swap in unproven for asset in swap.got}
        self.active = {account for account, _ in done} | forced
        self.lists: dict[Spot, Units] = defaultdict(list)
        self.lists.update({spot: list(units) for spot, units in reference.lists.items()})
        self.followed = {spot for spot, units in self.lists.items() if any(u is not None for u in units)}
        self.fresh: dict[Spot, Units] = defaultdict(list)
        self.burnt: dict[str, Units] = defaultdict(list)
        self.sums: Counter[tuple[str, str]] = Counter()
        self.flows: dict[int, tuple[int, int, str, str | None]] = {}
        self.aside: dict[Spot, list[tuple[int, Unit, int]]] = defaultdict(list)
        self.leaking: set[str] = set()
        self.moved: Counter[tuple[str, str, int, str]] = Counter()
        self.given: Counter[Spot] = Counter()
        self.skip = self._count_own()
        self.pools: dict[Spot, Units] = {}
        for account, swap in self.proven.items():
            for asset, net in swap.gave.items():
                pool: Units = [None] * net
                for (name, _), (_, images) in done.items():
                    for place, unit in images.get(asset, ()) if name == account else ():
                        pool[place] = unit
                self.pools[account, asset] = []
                receive(reference.method, self.pools[account, asset], pool)
        self.claims = {
            role: _stolen_places(rows, [one for one in reference.roles if one.role == role], role)
            for role in ("theft_address", "source")
        }
        for number, row in enumerate(rows):
            self._move(number, row)

    def _count_own(self) -> Counter[Spot]:
        own: Counter[Spot] = Counter()
        there: Counter[Spot] = Counter()
        for row in self.rows:
            if row.kind == "mint" or row.from_address == ZERO:
                own[row.asset, row.asset] += row.amount
            else:
                spot = (row.from_address, row.asset)
                passed = min(there[spot], row.amount)
                there[spot] -= passed
                own[spot] += row.amount - passed if row.kind != "fee" else 0
            if row.kind not in ("fee", "burn") and row.to_address not in (None, ZERO):
                there[row.to_address or "", row.asset] += row.amount
        for account, swap in self.proven.items():
            for asset, net in swap.gave.items():
                own[account, asset] -= net
        return own

    def _move(self, number: int, row: Transfer) -> None:
        method = self.reference.method
        units = self._paid(number, row)
        role = None
        by_address = any(spot[0] == number for spot in self.claims["theft_address"])
        for place in range(row.amount):
            if units[place] is None and any((number, place) in spots for spots in self.claims.values()):
                units[place] = Unit(-1, number, row.to_address if by_address else row.from_address)
                self.sums[row.asset, "stolen"] += 1
                role = "theft_address" if by_address else "source"
        moved: Units = [None if unit is None else Unit(unit.hop + 1, number, unit.start) for unit in units]
        stolen = [unit for unit in moved if unit is not None]
        outcome = self._outcome(row)
        if outcome == "held":
            receive(method, self.fresh[row.to_address or "", row.asset], moved)
        elif outcome == "burned" and row.asset in self.proven:
            receive(method, self.burnt[row.asset], moved)
        else:
            self.sums[row.asset, outcome] += len(stolen)
            if row.to_address not in (None, ZERO) and row.kind not in ("fee", "burn"):
                receive(method, self.fresh[row.to_address or "", row.asset], [None] * row.amount)
        if stolen:
            self.flows[number] = (len(stolen), min(unit.hop for unit in stolen), outcome, role)

    def _paid(self, number: int, row: Transfer) -> Units:
        method, asset = self.reference.method, row.asset
        if row.kind == "mint" or row.from_address == ZERO:
            return self._given(asset, [None] * row.amount, number, row)
        spot = (row.from_address, asset)
        passed = take(method, self.fresh[spot], min(row.amount, len(self.fresh[spot])))
        missing = row.amount - len(passed)
        there = self.lists[spot]
        if missing > len(there):
            unseen = missing - len(there)
            if spot in self.followed:
                self.sums[asset, "unseen_inflow"] += unseen
            receive(method, there, [None] * unseen)
        own: Units = [
            None if unit is None else unit._replace(start=row.from_address)
            for unit in take(method, there, missing)
        ]
        return passed + (own if row.kind == "fee" else self._given(row.from_address, own, number, row))

    def _given(self, account: str, own: Units, number: int, row: Transfer) -> Units:
        spot = (account, row.asset)
        if account not in self.proven or row.asset not in self.proven[account].gave:
            return own
        result: Units = []
        ordered: list[tuple[int, Unit | None]] = []
        for unit in own:
            place = self.given[spot] - self.skip[spot]
            self.given[spot] += 1
            ordered.append((place, unit))
        run: list[int] = []
        for index, (place, unit) in enumerate(ordered):
            if place < 0 or account not in self.active:
                if place >= 0 and unit is not None:
                    self.leaking.add(account)
                result.append(unit)
                continue
            if unit is not None:
                self.aside[spot].append((place, unit, number))
            run.append(index)
        if run:
            method = self.reference.method
            if method != "haircut":
                result += take("fifo", self.pools[spot], len(run))
            else:
                # Lots that differ are paid one after the other, each a mixture of the pool.
                result += self._mixed(spot, [ordered[index][1] for index in run])
        return result

    def _mixed(self, spot: Spot, own: Units) -> Units:
        result: Units = []
        begin = 0
        for index in range(1, len(own) + 1):
            if index == len(own) or (own[index] is None) != (own[begin] is None) or own[index] != own[begin]:
                result += take("haircut", self.pools[spot], index - begin)
                begin = index
        return result

    def _outcome(self, row: Transfer) -> str:
        if row.kind == "fee":
            return "fee"
        if row.kind == "burn" or row.to_address == ZERO:
            return "burned"
        if row.to_address is None:
            return "unseen_outflow"
        return self.reference.ends_at(row.to_address) or "held"

    def _kept(self, account: str, asset: str) -> tuple[Units, Units]:
        """Units before those that were received in exchange, and those."""
        net = self.proven[account].got[asset]
        arrived = list(self.fresh[account, asset])
        burnt = list(self.burnt[account]) if account == asset else []
        skip = len(arrived) + len(burnt) - net
        if self.reference.method == "haircut" and 0 < skip < len(arrived):
            before = take("haircut", arrived, skip)
            return before, arrived + burnt
        whole = arrived + burnt
        return whole[:skip], whole[skip:]

    def reached(self) -> dict[Spot, list[tuple[int, Unit]]]:
        found = {}
        for account, swap in self.proven.items():
            for asset in swap.got:
                kept = self._kept(account, asset)[1]
                if self.reference.method == "haircut":
                    kept = sorted(kept, key=lambda unit: unit is None or unit.start == account)
                found[account, asset] = [
                    (place, unit)
                    for place, unit in enumerate(kept)
                    if unit is not None and unit.start != account
                ]
        return found

    def leaks_own(self, account: str) -> bool:
        return account in self.leaking

    def images(
        self, spot: Spot, units: list[tuple[int, Unit]]
    ) -> tuple[int, dict[str, list[tuple[int, Unit]]]]:
        swap = self.proven[spot[0]]
        total = swap.got[spot[1]]
        found: dict[str, list[tuple[int, Unit]]] = defaultdict(list)
        for asset, gave in swap.gave.items():
            span = swap.parts(swap.got, gave, self.reference.prices)[spot[1]]
            for place, unit in units:
                for image in range(place * len(span) // total, (place + 1) * len(span) // total):
                    found[asset].append((span[image], unit))
        return len(units), found

    def finish(self) -> None:
        """Books what happened in this trial; it is the last one."""
        answer, prices = self.reference.answer, self.reference.prices
        turned: dict[int, Counter[str]] = defaultdict(Counter)
        turned_from: Counter[int] = Counter()
        swapped: dict[int, list[Row]] = defaultdict(list)
        for account, swap in self.proven.items():
            for asset in sorted(swap.got):
                self._finish_kept(swap, asset, turned, turned_from)
            for asset in swap.gave:
                rows: dict[int, list[tuple[int, Unit]]] = defaultdict(list)
                for place, unit, number in self.aside[account, asset]:
                    rows[number].append((place, unit))
                for number, units in rows.items():
                    self.sums[asset, "converted_out"] += len(units)
                    parts = swap.parts(swap.got, len(units), prices)
                    for name in swap.got:
                        image = self.moved[account, asset, number, name]
                        hop = min(unit.hop for _, unit in units)
                        swapped[number].append((len(parts[name]), hop, "converted", None, name, image))
        for number, row in enumerate(self.rows):
            legs = swapped[number]
            if number in self.flows:
                legs = self._legs(number, row, turned, turned_from) + legs
            if legs:
                answer.flows[row.tx_hash, row.kind, row.position] = sorted(legs, key=repr)
        for asset, units in self.burnt.items():
            self.sums[asset, "burned"] += sum(unit is not None for unit in units)
        for spot, units in self.fresh.items():
            receive(self.reference.method, self.lists[spot], units)
        for spot, units in self.lists.items():
            self.reference.lists[spot] = self._settled(units)
        answer.sums.update(self.sums)

    def _own_image(self, swap: Swap, gave: str, got: str, place: int) -> range:
        span = swap.parts(swap.gave, swap.got[got], self.reference.prices)[gave]
        net = swap.gave[gave]
        return span[place * len(span) // net : (place + 1) * len(span) // net]

    def _finish_kept(
        self, swap: Swap, asset: str, turned: dict[int, Counter[str]], turned_from: Counter[int]
    ) -> None:
        account = swap.account
        before, kept = self._kept(account, asset)
        count, images = self.done.get((account, asset), (0, {}))
        wanted = Counter(self.inputs.get((account, asset), ()))
        order: list[int] = []
        for matched in (True, False):
            for place, unit in enumerate(kept):
                if unit is None or unit.start == account or not wanted.total():
                    continue
                if not matched or wanted[unit.came]:
                    wanted[unit.came if matched else next(iter(wanted.elements()))] -= 1
                    order.append(unit.came)
                    kept[place] = None
        assert not wanted.total()
        self.sums[asset, "converted_out"] += count
        for name in swap.gave if count else ():
            self.sums[name, "converted_in"] += len(images.get(name, ()))
            for _, unit in images.get(name, ()):
                turned[unit.came if unit.came in order else order[0]][name] += 1
        for came in order:
            turned_from[came] += 1
        own = [
            (self._own_image(swap, name, asset, place), unit, name, number)
            for name in swap.gave
            for place, unit, number in self.aside[account, name]
        ]
        for places, unit, name, number in sorted(own, key=lambda item: (item[0].start, item[0].stop)):
            for place in places:
                free = [n for n, other in enumerate(kept) if other is None]
                spot = next((n for n in free if n >= place), free[0] if free else None)
                if spot is not None:
                    kept[spot] = Unit(unit.hop, -1, None)
                    self.sums[asset, "converted_in"] += 1
                    self.moved[account, name, number, asset] += 1
        whole = before + kept
        arrived = len(self.fresh[account, asset])
        self.fresh[account, asset] = whole[:arrived]
        if account == asset:
            self.burnt[account] = whole[arrived:]

    def _legs(
        self, number: int, row: Transfer, turned: dict[int, Counter[str]], turned_from: Counter[int]
    ) -> list[Row]:
        tainted, hop, outcome, role = self.flows[number]
        if outcome != "held" and not (outcome == "burned" and row.asset in self.proven):
            return [(tainted, hop, outcome, role, None, None)]
        receiver = row.asset if outcome == "burned" else row.to_address or ""
        legs: list[Row] = []
        left = tainted
        if number in turned_from:
            parts = self.proven[receiver].parts(
                self.proven[receiver].gave, turned_from[number], self.reference.prices
            )
            for name in sorted(self.proven[receiver].gave):
                part = min(len(parts[name]), left)
                left -= part
                legs.append((part, hop, "converted", role, name, turned[number][name]))
        if left or not legs:
            if outcome == "held":
                there = [u for u in self.fresh[receiver, row.asset] if u is not None and u.came == number]
                if not there:
                    outcome = "passed"
                elif (receiver, row.asset) in self.unproven and any(u.start != receiver for u in there):
                    outcome = "exchange_unproven"
            legs.append((left, hop, outcome, role, None, None))
        return legs

    def _settled(self, units: Units) -> Units:
        stolen = [unit.hop for unit in units if unit is not None]
        if self.reference.method == "haircut" and stolen:
            clean = len(units) - len(stolen)
            return [Unit(min(stolen), -1, None)] * len(stolen) + [None] * clean
        if self.reference.method == "poison" and stolen:
            return [Unit(min(stolen), -1, None)] * len(units)
        # Where a unit came by means nothing in another transaction.
        return [None if unit is None else Unit(unit.hop, -1, None) for unit in units]


def trace_slowly(
    transfers: Iterable[Transfer],
    roles: Iterable[Role],
    sinks: Mapping[str, str],
    incident_id: str,
    method: str = "fifo",
    dexes: Iterable[str] = (),
    prices: Mapping[str, Fraction] | None = None,
) -> Answer:
    """Traces transfers whose blocks hold one transaction each.

    Args:
        transfers: any order.
        roles: theft roles by transaction, and open victims.
        sinks: address -> category.
        incident_id: the one to trace.
        method: which units payments take.
        dexes: addresses labelled as exchanges of assets.
        prices: USD of a unit, by asset.
    """
    mine = [role for role in roles if role.incident_id == incident_id]
    reference = Reference(mine, sinks, method, frozenset(dexes), prices or {})
    blocks: dict[int, list[Transfer]] = defaultdict(list)
    for transfer in transfers:
        blocks[transfer.block_number or 0].append(transfer)
    for block in sorted(blocks):
        reference.transaction(blocks[block])
    return reference.end()


def _stolen_places(rows: list[Transfer], roles: list[Role], role_name: str) -> set[tuple[int, int]]:
    """(number of the row, place of the unit in it) that a role calls stolen."""
    places: set[tuple[int, int]] = set()
    if not rows:
        return places
    for address in {role.address for role in roles if role.tx_hash == rows[0].tx_hash}:
        for asset in {row.asset for row in rows}:
            spots: dict[str, list[tuple[int, int]]] = {"in": [], "out": []}
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
