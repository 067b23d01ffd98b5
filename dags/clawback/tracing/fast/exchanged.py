"""Works off the transactions in which assets may have been exchanged, by the rules of the plain engine.

Method:
    The kernel stops before such a transaction if taint moves in it, unless it is a plain trade (see `plan`).
    Every account pays of its own what it did not receive before: under FIFO those are the oldest units of its
    queue, whatever they are called. These are taken out and become a plain ledger for each incident that
    calls some of them stolen; the plain engine moves the transaction in each; what then lies with each
    account is laid over each other again and put behind its queue. All other units of a queue, however many,
    are left alone.

Cost:
    That of the plain engine, for each incident that meets the transaction. `HandedOver.count` says how often.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from clawback.tracing.engine import move_incident
from clawback.tracing.exchanges import BY_AMOUNT, BY_PRICE, EQUALLY, Market
from clawback.tracing.fast.cases import ROLE_CODES, Rowbook
from clawback.tracing.fast.clean import transaction_end
from clawback.tracing.fast.compiled import Limbs
from clawback.tracing.fast.desk import (
    BASIS_SHIFT,
    CONVERTED_CODE,
    FLOW_WIDTH,
    HELD_CODE,
    PASSED_CODE,
    UNPROVEN_CODE,
    Desk,
)
from clawback.tracing.fast.overlay import BEFORE, Labels, laid_over, seen_by
from clawback.tracing.fast.queues import (
    WIDEST,
    balance_of,
    cells_for,
    put_behind,
    room_for,
    set_balance,
    take_out,
)
from clawback.tracing.fast.store import more_cells
from clawback.tracing.fast.sums import BY_SOURCE_MEASURE, FIRST_SINK, MEASURES, add_sum, book, roomy
from clawback.tracing.fast.wide import grow, split2, to_int
from clawback.tracing.flows import CONVERTED, EXCHANGE_UNPROVEN, HELD, PASSED, Flow, arrival_of
from clawback.tracing.ledger import CONVERTED_IN, STOLEN, Ledger
from clawback.tracing.lots import Holding
from clawback.tracing.methods import Method
from clawback.tracing.order import Transaction
from clawback.tracing.records import SOURCE, THEFT_ADDRESS, Arrival, HoldingKey, Transfer
from clawback.tracing.sinks import Ending, Endings
from clawback.tracing.thefts import Claim
from clawback.tracing.transaction import Opening

BASES: Final = ("", BY_AMOUNT, BY_PRICE, EQUALLY)
CODES: Final[Mapping[str, int]] = {
    HELD: HELD_CODE,
    PASSED: PASSED_CODE,
    CONVERTED: CONVERTED_CODE,
    EXCHANGE_UNPROVEN: UNPROVEN_CODE,
} | {name: code for code, name in enumerate(MEASURES) if code >= FIRST_SINK}


@dataclass(frozen=True)
class Party:
    """An account in one asset of a transaction."""

    holding: int
    key: HoldingKey
    own: int
    """Units that it pays beside those that it received before."""
    left: int
    """Units that it received and did not pay."""


@dataclass
class HandedOver:
    """What the transactions of one day are worked off with outside of the kernel."""

    chain: str
    incidents: Sequence[str]
    method: Method
    max_hops: int
    endings: Endings
    market: Market
    book: Rowbook
    exits: Mapping[Ending, int]
    """Places of the endings of the day."""
    dust: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """(chain, asset) -> taint of a holding that is not worth following."""
    count: int = 0
    """Transactions worked off."""

    def settle(self, desk: Desk) -> tuple[Desk, Limbs]:
        """Works off the transaction before which the kernel stopped; moves `done` behind it.

        Returns:
            The desk, maybe with more room, and the flows, which belong behind those that it has.
        """
        self.count += 1
        first = int(desk.done[0])
        last = transaction_end(desk.rows.first, first)
        rows = self.book.transfers(first, last)
        transaction = transaction_of(rows, desk.rows.first[first:last].tolist())
        claims = self.claims(desk, first, rows, transaction)
        sides = (desk.rows.payer[first:last].tolist(), desk.rows.receiver[first:last].tolist())
        parties = parties_of(transaction, *sides)
        labels = Labels(len(self.incidents), desk.groups)
        desk, ledgers, openings = self._ledgers(desk, parties, labels)
        for incident in claims.keys() - ledgers.keys():
            ledgers[incident] = self.ledger(incident)
        assets = self.assets(desk, rows, *sides)
        places = {id(row): first + place for place, row in enumerate(rows)}
        made: list[tuple[int, ...]] = []
        for incident in sorted(ledgers):
            ledger, mine = ledgers[incident], claims.get(incident, {})
            desk, flows = self.move(desk, incident, ledger, transaction, mine, openings, assets)
            made += [self.row(flow, incident, places[id(flow.transfer)], assets) for flow in flows]
        sources = {arrival_of(row): int(desk.facts[2]) + first + place + 1 for place, row in enumerate(rows)}
        desk = _join(desk, parties, ledgers, labels, sources)
        desk.done[0] = last
        desk.done[1] = int(np.searchsorted(desk.claims.row, last))
        return desk._replace(groups=labels.groups), np.array(made, np.uint64).reshape(-1, FLOW_WIDTH)

    def ledger(self, incident: int) -> Ledger:
        """An empty ledger of an incident."""
        name = self.incidents[incident]
        return Ledger(name, self.method, max_hops=self.max_hops, dust=self.dust)

    def claims(
        self, desk: Desk, first: int, rows: Sequence[Transfer], transaction: Transaction
    ) -> dict[int, dict[str, dict[int, Claim]]]:
        """Claims on a transaction, by incident, asset and place among the transfers of the asset."""
        begins: dict[str, int] = {}
        place = first
        for asset, of_asset in transaction.assets:
            begins[asset] = place
            place += len(of_asset)
        found: dict[int, dict[str, dict[int, Claim]]] = defaultdict(lambda: defaultdict(dict))
        claims = desk.claims
        number = int(desk.done[1])
        while number < len(claims.row) and claims.row[number] < first + len(rows):
            row, units = int(claims.row[number]), to_int(claims.units[number])
            is_address = int(claims.role[number]) == ROLE_CODES[THEFT_ADDRESS]
            asset = rows[row - first].asset
            claim = Claim(by_theft_address=units) if is_address else Claim(by_source=units)
            found[int(claims.incident[number])][asset][row - begins[asset]] = claim
            number += 1
        return found

    def _ledgers(
        self, desk: Desk, parties: Sequence[Party], labels: Labels
    ) -> tuple[Desk, dict[int, Ledger], dict[HoldingKey, Opening]]:
        # Takes out what the parties pay of their own: by incident, those units of all parties.
        ledgers: dict[int, Ledger] = {}
        openings: dict[HoldingKey, Opening] = {}
        for party in parties:
            desk = _with_cells(desk, 1)
            balance = balance_of(desk.lots, party.holding)
            own = min(party.own, balance)
            openings[party.key] = Opening(own)
            if desk.lots.stained[party.holding] == 0:
                set_balance(desk.lots, party.holding, balance - own)
                continue
            cells = take_out(desk.lots, party.holding, own)
            if self.method.takes_newest:
                cells.reverse()
            for incident, lots in seen_by(cells, labels).items():
                if incident not in ledgers:
                    ledgers[incident] = self.ledger(incident)
                ledgers[incident].restore(party.key, Holding(lots))
        return desk, ledgers, openings

    def move(
        self,
        desk: Desk,
        incident: int,
        ledger: Ledger,
        transaction: Transaction,
        claims: dict[str, dict[int, Claim]],
        openings: Mapping[HoldingKey, Opening],
        assets: Mapping[str, tuple[int, int]],
    ) -> tuple[Desk, list[Flow]]:
        """Moves a transaction in the ledger of one incident, and books on the desk what that changed."""
        chain = transaction.chain
        for asset, (_, number) in assets.items():
            for measure in (STOLEN, CONVERTED_IN):
                total = np.zeros((1, 3), np.uint64)
                add_sum(desk.sums, incident, number, MEASURES.index(measure), total)
                ledger.sums[chain, asset, measure] = to_int(total[0])
        before = dict(ledger.sums)

        def ending(row: Transfer) -> Ending | None:
            return self.endings.at_receipt(
                ledger.incident_id, chain, row.receiver or "", row.tx_hash, row.block_time
            )

        concerned = {asset for _, _, asset in ledger.holdings} | claims.keys()
        flows = move_incident(
            ledger, transaction, concerned, claims, self.market, ending, lambda key: openings[key]
        )
        desk = desk._replace(sums=roomy(desk.sums, len(ledger.sums) + len(flows)))
        for (name, asset, measure), amount in ledger.sums.items():
            more = amount - before.get((name, asset, measure), 0)
            while more > 0:
                low, high = split2(min(more, WIDEST))
                number = assets[asset][1]
                book(desk.sums, incident, number, MEASURES.index(measure), np.uint64(high), np.uint64(low))
                more -= WIDEST
        for flow in flows:
            if flow.theft_role == SOURCE:
                low, high = split2(flow.fresh)
                number = assets[flow.transfer.asset][1]
                book(desk.sums, incident, number, BY_SOURCE_MEASURE, np.uint64(high), np.uint64(low))
        low, high = split2(ledger.too_wide)
        grow(desk.too_wide, incident, np.uint64(high), np.uint64(low))
        desk.unseen[incident] += ledger.unseen_payments
        return desk, flows

    def assets(
        self, desk: Desk, rows: Sequence[Transfer], payers: Sequence[int], receivers: Sequence[int]
    ) -> dict[str, tuple[int, int]]:
        """The place of each asset among those of the day, and its number in the tracer."""
        found: dict[str, tuple[int, int]] = {}
        for row, payer, receiver in zip(rows, payers, receivers, strict=True):
            if row.asset not in found and max(payer, receiver) >= 0:
                place = int(desk.asset_of[max(payer, receiver)])
                found[row.asset] = (place, int(desk.asset_number[place]))
        return found

    def row(
        self, flow: Flow, incident: int, row: int, assets: Mapping[str, tuple[int, int]]
    ) -> tuple[int, ...]:
        """A flow as a row of the desk."""
        exit_place = self.exits.get(Ending(flow.outcome, flow.label), -1)
        role = 0 if flow.theft_role is None else ROLE_CODES[flow.theft_role]
        code = CODES[flow.outcome] | role << 8 | (exit_place + 1) << 16
        converted = 0
        if flow.converted_asset is not None:
            converted = (assets[flow.converted_asset][0] + 1) | BASES.index(flow.basis or "") << BASIS_SHIFT
        return (
            row,
            incident,
            flow.hop,
            *split2(flow.tainted),
            code,
            converted,
            *split2(flow.converted_amount or 0),
        )


def transaction_of(rows: Sequence[Transfer], first: Sequence[int]) -> Transaction:
    """Rows in travel order as a transaction; `first` is not 0 where an asset begins."""
    assets: list[tuple[str, list[Transfer]]] = []
    for row, begins in zip(rows, first, strict=True):
        if begins:
            assets.append((row.asset, []))
        assets[-1][1].append(row)
    head = rows[0]
    return Transaction(
        head.chain,
        head.tx_hash,
        head.block_time,
        head.block_time.date(),
        tuple((asset, tuple(of_asset)) for asset, of_asset in assets),
    )


def parties_of(transaction: Transaction, payers: Sequence[int], receivers: Sequence[int]) -> list[Party]:
    """Who pays and receives which asset: which units move does not depend on what they are called."""
    parties: list[Party] = []
    sides = iter(zip(payers, receivers, strict=True))
    for asset, rows in transaction.assets:
        holdings: dict[str, int] = {}
        own: dict[str, int] = defaultdict(int)
        left: dict[str, int] = defaultdict(int)
        for transfer in rows:
            payer, receiver = transfer.payer, transfer.receiver
            payer_holding, receiver_holding = next(sides)
            if payer is not None:
                holdings[payer] = payer_holding
                passed_on = min(left[payer], transfer.amount)
                left[payer] -= passed_on
                own[payer] += transfer.amount - passed_on
            if receiver is not None:
                holdings[receiver] = receiver_holding
                left[receiver] += transfer.amount
        for address, holding in holdings.items():
            key = (transaction.chain, address, asset)
            parties.append(Party(holding, key, own[address], left[address]))
    return parties


def _join(
    desk: Desk,
    parties: Sequence[Party],
    ledgers: Mapping[int, Ledger],
    labels: Labels,
    sources: Mapping[Arrival, int],
) -> Desk:
    # What is left of the receipts goes behind the queues.
    def source_of(arrival: Arrival) -> int:
        return arrival.position if arrival.kind == BEFORE else sources[arrival]

    for party in parties:
        seen = {
            incident: ledger.holdings[party.key].lots
            for incident, ledger in ledgers.items()
            if party.key in ledger.holdings
        }
        cells = laid_over(party.left, seen, labels, source_of)
        desk = _with_cells(desk, cells_for(cells, balance_of(desk.lots, party.holding)))
        put_behind(desk.lots, party.holding, cells)
    return desk


def _with_cells(desk: Desk, more: int) -> Desk:
    if room_for(desk.lots) >= more:
        return desk
    return desk._replace(lots=more_cells(desk.lots, more))
