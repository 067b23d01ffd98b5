"""Traces one chain day after day under one method: all incidents in one pass.

Invariants:
    The figures are those of `clawback.tracing.engine`, flow by flow. Amounts are integers of two limbs, sums
    of three; nothing is rounded anywhere.
    A day costs what its transfers cost: of the days before, it reads the holdings that still carry taint and,
    for the holdings that taint can reach today, what they had when it began.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np

from clawback.tracing.exchanges import Market, Prices
from clawback.tracing.fast.bulk_day import name_of_asset
from clawback.tracing.fast.cases import Rowbook, read_claims, read_exits
from clawback.tracing.fast.compiled import Bytes, Limbs, Places
from clawback.tracing.fast.desk import FLOW_WIDTH, KNOWN, Claims, Desk, Exits, Past, Scratch, past_of
from clawback.tracing.fast.exchanged import HandedOver
from clawback.tracing.fast.groups import join_keys
from clawback.tracing.fast.index import BEGINS, DayIndex, asset_bytes
from clawback.tracing.fast.labels import Groups, empty_groups, roomy_groups
from clawback.tracing.fast.lots import Lots
from clawback.tracing.fast.own_day import dust_of, run_own_day, stakes_for
from clawback.tracing.fast.passage import SINK_FACTS, run
from clawback.tracing.fast.plan import Quotes
from clawback.tracing.fast.proofs import mark_exchanges, quotes_of
from clawback.tracing.fast.services import end_at_services
from clawback.tracing.fast.stakes import Stakes
from clawback.tracing.fast.stops import EXCHANGE, FINISHED, MORE_CELLS, MORE_FLOWS, MORE_GROUPS, MORE_SUMS
from clawback.tracing.fast.store import Store, empty_store, from_day, more_cells, to_day
from clawback.tracing.fast.sums import MEASURE_COUNT, Sums, empty_sums, roomy
from clawback.tracing.fast.trades import empty_trades
from clawback.tracing.methods import FIFO, method_named
from clawback.tracing.records import Label, Role
from clawback.tracing.sinks import Ending, Endings

DAY_SHIFT = 32
FLOW_ROOM = 1 << 17


@dataclass(frozen=True)
class DayFlows:
    """Flows of one day as they happened (see `desk` for the columns), and what its exits mean."""

    rows: Limbs
    endings: tuple[Ending, ...]


@dataclass(frozen=True)
class SharedDay:
    """A day as all methods meet it: what is stolen, where trails end, and what holdings had before."""

    index: DayIndex
    book: Rowbook
    market: Market
    roles: list[Role]
    labels: list[Label]
    endings: Endings
    claims: Claims
    exits: Exits
    met: tuple[Ending, ...]
    mark: Bytes
    quotes: Quotes
    past: Past

    def apart(self) -> SharedDay:
        """The same day for a method at work at the same time: what is found on the way is kept apart."""
        return replace(self, market=self.market.apart())


def share_day(
    chain: str,
    incidents: Sequence[str],
    day: date,
    index: DayIndex,
    book: Rowbook,
    roles: Iterable[Role],
    labels: Iterable[Label],
    openings: Limbs,
    prices: Prices | None = None,
    created_by: Mapping[tuple[str, str], str] | None = None,
) -> SharedDay:
    """Prepares a day; see `Tracer.trace_day`."""
    mine = [role for role in roles if role.chain == chain]
    named = [label for label in labels if label.chain == chain]
    numbers = {name: number for number, name in enumerate(incidents)}
    endings = Endings(named, mine, day)
    mark = np.zeros(len(index.balances.keys), np.uint8)
    claims = read_claims(index, mine, numbers, book)
    exits, met = read_exits(index, mark, named, mine, endings, numbers, chain, book)
    mark_exchanges(index, mark, named, mine, endings, numbers, chain, created_by)
    quotes = quotes_of(index, prices, chain)
    market = Market(endings, prices, created_by, mine)
    past = past_of(index, openings)
    return SharedDay(index, book, market, mine, named, endings, claims, exits, met, mark, quotes, past)


@dataclass
class Tracer:
    """The trail of all incidents on one chain, under one method."""

    chain: str
    incidents: tuple[str, ...]
    max_hops: int = 0
    method: str = FIFO.name
    dust: Mapping[bytes, int] = field(default_factory=dict)
    """By asset (20 bytes), the taint of a holding that is not worth following; haircut alone cuts it."""
    store: Store = field(init=False)
    stakes: Stakes | None = field(init=False)
    groups: Groups = field(default_factory=lambda: empty_groups(16, 64))
    sums: Sums = field(default_factory=lambda: empty_sums(1024))
    assets: dict[bytes, int] = field(default_factory=dict)
    days: int = 0
    handed_over: int = 0
    """Transactions with exchanges that the plain engine worked off, since this tracer was made."""
    exchanged: int = 0
    """Transactions with possible exchanges in which the kernel moved taint, since this tracer was made."""

    def __post_init__(self) -> None:
        """Makes the counters, and the store that the method works on."""
        self.store = empty_store(method_named(self.method).takes_newest)
        self.stakes = stakes_for(self.method)
        self.numbers = {name: number for number, name in enumerate(self.incidents)}
        self.too_wide = np.zeros((len(self.incidents), 3), np.uint64)
        self.unseen = np.zeros(len(self.incidents), np.int64)

    def trace_day(
        self,
        day: date,
        index: DayIndex,
        book: Rowbook,
        roles: Sequence[Role],
        labels: Iterable[Label],
        openings: Limbs,
        prices: Prices | None = None,
        created_by: Mapping[tuple[str, str], str] | None = None,
    ) -> DayFlows:
        """Works off one day.

        Args:
            day: for labels that hold on some days only.
            index: of the day's transfers.
            book: the same transfers, for what case files say about them.
            roles: of the incidents of this tracer.
            labels: the first of equal confidence wins.
            openings: what its holdings had when it began (see `balances.openings_of`).
            prices: of the day, USD of a base unit; they prove exchanges.
            created_by: (chain, address) -> the factory that created it.
        """
        said = (roles, labels, openings, prices, created_by)
        return self.trace_shared(share_day(self.chain, self.incidents, day, index, book, *said))

    def trace_shared(self, shared: SharedDay) -> DayFlows:
        """Works off a day that other methods may work off too."""
        index = shared.index
        self._end_at_services(shared.labels, shared.roles, shared.endings)
        keys = index.balances.keys
        mark = shared.mark.copy()
        found = join_keys(self.store.keys, keys)
        mark[found[found >= 0]] |= KNOWN
        # Beside the arrivals of all parties, those at a contract by burning.
        lots = to_day(self.store, found, len(keys), 2 * _largest(index) + 1)
        exchanged = HandedOver(
            self.chain,
            self.incidents,
            method_named(self.method),
            self.max_hops,
            shared.endings,
            shared.market,
            shared.book,
            {ending: place for place, ending in enumerate(shared.met)},
            {(self.chain, name_of_asset(asset)): units for asset, units in self._limits.items()},
        )
        flows = self._run(shared, mark, lots, found, exchanged)
        self.handed_over += exchanged.count
        return DayFlows(flows, shared.met)

    def _end_at_services(self, labels: list[Label], roles: list[Role], endings: Endings) -> None:
        if len(self.store.keys):
            self.store, self.groups, self.sums = end_at_services(
                self.store,
                self.groups,
                self.sums,
                labels,
                roles,
                endings,
                self.numbers,
                self.chain,
                lambda keys: self.asset_number(asset_bytes(keys)[0].tobytes()),
                self.stakes,
            )

    @property
    def _limits(self) -> Mapping[bytes, int]:
        return self.dust if method_named(self.method).cuts_dust else {}

    def asset_number(self, asset: bytes) -> int:
        """The number that an asset has in this tracer."""
        return self.assets.setdefault(asset, len(self.assets))

    def _run(
        self,
        shared: SharedDay,
        mark: Bytes,
        lots: Lots,
        found: Places,
        exchanged: HandedOver,
    ) -> Limbs:
        index, past, several = shared.index, shared.past, _largest(shared.index)
        count, arrivals = len(self.incidents), 2 * several
        # What is not written to is not there: the system gives memory page by page.
        room = FLOW_ROOM if self.stakes is None else max(FLOW_ROOM, len(index.rows.payer))
        facts = np.array([count, self.max_hops, self.days << DAY_SHIFT, *SINK_FACTS], np.int64)
        desk = Desk(
            lots,
            self.groups,
            self.sums,
            index.rows,
            shared.claims,
            shared.exits,
            _scratch(count, arrivals, len(mark)),
            mark,
            index.asset_of,
            np.array([self.asset_number(asset.tobytes()) for asset in index.assets], np.int32),
            facts,
            np.array([0, 0, 0, 0, 0, np.count_nonzero(mark & KNOWN)], np.int64),
            np.empty((room + several * count, FLOW_WIDTH), np.uint64),
            self.too_wide,
            self.unseen,
        )
        if self.stakes is not None:
            dust = dust_of(self._limits, index.assets)
            desk, self.stakes, flows = run_own_day(desk, past, self.stakes, dust, exchanged)
        else:
            desk, flows = _run_day(desk, past, shared.quotes, several, exchanged)
            self.exchanged += int(desk.done[4])
        self.groups, self.sums = desk.groups, desk.sums
        self.store = from_day(self.store, found, index.balances.keys, desk.lots)
        self.days += 1
        return flows


def _largest(index: DayIndex) -> int:
    # Transfers of the largest group; where assets may be exchanged, parties are told apart in any case.
    return max(index.longest, 2 if (index.rows.first & BEGINS).any() else 1)


def _run_day(
    desk: Desk, past: Past, quotes: Quotes, several: int, exchanged: HandedOver
) -> tuple[Desk, Limbs]:
    done: list[Limbs] = []
    trades = empty_trades()
    while (lacking := run(desk, past, trades, quotes)) != FINISHED:
        if lacking == EXCHANGE:
            desk, made = exchanged.settle(desk)
            _append(desk, made, done)
        else:
            desk = _enlarged(desk, lacking, several, done)
    done.append(desk.flows[: desk.done[2]].copy())
    return desk, np.concatenate(done)


def _append(desk: Desk, made: Limbs, done: list[Limbs]) -> None:
    end = int(desk.done[2]) + len(made)
    if end <= len(desk.flows):
        desk.flows[desk.done[2] : end] = made
        desk.done[2] = end
        return
    done += [desk.flows[: desk.done[2]].copy(), made]
    desk.done[2] = 0


def _enlarged(desk: Desk, lacking: int, several: int, done: list[Limbs]) -> Desk:
    count = int(desk.facts[0])
    if lacking == MORE_FLOWS:
        done.append(desk.flows[: desk.done[2]].copy())
        desk.done[2] = 0
        return desk
    if lacking == MORE_CELLS:
        wide = 2 * int(desk.lots.amount[:, 2].max(initial=0)) * 2 * several
        return desk._replace(lots=more_cells(desk.lots, 16 * several + 2 * count * several + wide))
    if lacking == MORE_GROUPS:
        # Twice as many of both, as often as it takes.
        return desk._replace(
            groups=roomy_groups(desk.groups, len(desk.groups.start), len(desk.groups.member))
        )
    if lacking == MORE_SUMS:
        return desk._replace(sums=roomy(desk.sums, max(2 * count * MEASURE_COUNT, len(desk.sums.keys))))
    raise AssertionError(f"the kernel stopped for {lacking}")


def _scratch(incidents: int, arrivals: int, holdings: int) -> Scratch:
    # The largest transaction decides how many parties there can be.
    return Scratch(
        np.zeros((incidents, 2), np.uint64),
        np.full(incidents, -1, np.int64),
        np.full(incidents, -1, np.int32),
        np.zeros(incidents, np.uint8),
        np.zeros(incidents, np.int32),
        np.full(holdings if arrivals > 2 else 0, -1, np.int32),
        np.zeros(arrivals, np.int32),
        np.zeros(arrivals, np.uint8),
        np.zeros((arrivals, 3), np.uint64),
        np.zeros(arrivals + 1, np.int64),
        np.zeros(arrivals * incidents if arrivals > 2 else 0, np.int64),
    )
