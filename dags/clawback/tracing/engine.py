"""Traces transfers, day by day and incident by incident; knows nothing of the lake.

Invariants:
    Incidents do not see each other: each has a ledger of its own, and a transaction is worked off in it
    as if it were the only one. What they share (running nets, the index of followed holdings) is the same
    whichever incidents there are. Methods share the order of the rows and the nets, nothing else.
    Day by day equals one run: only ledgers and nets go from one day to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Final

from clawback.tracing.exchanges import Market
from clawback.tracing.flows import Flow
from clawback.tracing.ledger import Ledger, Watch
from clawback.tracing.lots import Lot, tainted_amount
from clawback.tracing.methods import Method
from clawback.tracing.nets import RunningNets
from clawback.tracing.order import Transaction
from clawback.tracing.records import HoldingKey, Role, Transfer
from clawback.tracing.seen import BalanceChecks
from clawback.tracing.settlement import Settlement
from clawback.tracing.sinks import Ending, Endings
from clawback.tracing.thefts import Claim, Thefts
from clawback.tracing.transaction import Opening, Passage
from clawback.tracing.utxo import BlockFees, Spending, coinbase_inputs, outpoint_key

NO_CLAIMS: Final[dict[int, Claim]] = {}
MANY_FLOWS: Final = 50_000
AssetClaims = dict[str, dict[str, dict[int, Claim]]]
"""asset -> incident -> place of the transfer -> claim."""


@dataclass
class Book:
    """The ledgers of all incidents under one method."""

    method: Method
    max_hops: int = 0
    dust: Mapping[tuple[str, str], int] = field(default_factory=dict)
    keeps_ways: bool = False
    """Whether every lot keeps the whole way by which it came."""
    ledgers: dict[str, Ledger] = field(default_factory=dict)
    watch: Watch = field(default_factory=dict)

    def ledger(self, incident_id: str) -> Ledger:
        """The ledger of an incident, a new one where there is none."""
        if incident_id not in self.ledgers:
            self.ledgers[incident_id] = Ledger(
                incident_id, self.method, max_hops=self.max_hops, dust=self.dust, watch=self.watch
            )
            self.ledgers[incident_id].recorder = [] if self.keeps_ways else None
        return self.ledgers[incident_id]

    def ordered(self) -> list[Ledger]:
        """All ledgers, by incident."""
        return [self.ledgers[incident_id] for incident_id in sorted(self.ledgers)]


@dataclass
class Day:
    """What the transactions of one day are worked off with, the same for all methods."""

    endings: Endings
    market: Market
    roles: Sequence[Role]
    nets: RunningNets
    start_balance: Callable[[HoldingKey], int]
    """What a holding held when `nets` began; asked for holdings that taint reaches."""
    checks: BalanceChecks | None = None

    def balance_before(self, key: HoldingKey) -> Opening:
        """What a holding has before the transaction at hand."""
        return Opening(self.nets.balance(key, self.start_balance(key)), self.nets.is_seen(key))

    def ending_for(self, incident_id: str, transaction: Transaction) -> Callable[[Transfer], Ending | None]:
        """Finds where units of an incident end that a transfer of the transaction brings."""

        def ending(row: Transfer) -> Ending | None:
            return self.endings.at_receipt(
                incident_id, row.chain, row.receiver or "", transaction.tx_hash, transaction.block_time
            )

        return ending


def trace_transactions(
    books: Sequence[Book],
    transactions: Iterable[Transaction],
    day: Day,
    coinbases: Set[tuple[str, int | None]] | None = None,
    spill: Callable[[list[list[Flow]]], None] | None = None,
) -> list[list[Flow]]:
    """Works off the transactions of one day, under every method.

    Args:
        books: ledgers as they were at the end of the day before; changed in place.
        transactions: in order; those that touch no followed holding and no theft may be left out.
        coinbases: (chain, block) of those of the day, where `transactions` cannot be gone through twice.
        spill: given the flows found so far whenever there are many; they are not kept then.
        day: labels, prices, case files and balances of the day; its nets are changed in place.

    Returns:
        For each book its flows, ordered by incident, then as they happened.
    """
    thefts = Thefts(day.roles)
    for book in books:
        for role in day.roles:
            book.ledger(role.incident_id)
        _end_at_services(book, day.endings)
    flows: list[list[Flow]] = [[] for _ in books]
    if coinbases is None:
        coinbases = {(one.chain, one.block_number) for one in transactions if one.is_coinbase}
    fees = [BlockFees(coinbases) for _ in books]
    for transaction in transactions:
        if day.checks is not None:
            day.checks.before(transaction, books, day)
        claims: AssetClaims = {
            asset: thefts.claims(transaction, rows)
            for asset, rows in transaction.assets
            if thefts.may_concern(transaction.chain, rows)
        }
        output_claims = thefts.claims_on_outputs(transaction)
        for place, book in enumerate(books):
            if transaction.outputs or transaction.inputs:
                flows[place] += _spend(book, transaction, output_claims, day, fees[place])
            if transaction.assets:
                flows[place] += _move(book, transaction, claims, day)
        for _, rows in transaction.assets:
            day.nets.add(rows)
        if spill is not None and sum(map(len, flows)) > MANY_FLOWS:
            spill(flows)
            flows = [[] for _ in books]
    for found in flows:
        found.sort(key=lambda flow: flow.incident_id)
    return flows


def _move(book: Book, transaction: Transaction, claims: AssetClaims, day: Day) -> list[Flow]:
    chain = transaction.chain
    concerned: dict[str, set[str]] = {}
    for asset, rows in transaction.assets:
        for incident_id in _followers(book.watch, chain, asset, rows) | claims.get(asset, {}).keys():
            concerned.setdefault(incident_id, set()).add(asset)
    flows: list[Flow] = []
    for incident_id in sorted(concerned):
        mine = {asset: found.get(incident_id, NO_CLAIMS) for asset, found in claims.items()}
        flows += move_incident(
            book.ledger(incident_id),
            transaction,
            concerned[incident_id],
            mine,
            day.market,
            day.ending_for(incident_id, transaction),
            day.balance_before,
        )
    return flows


def move_incident(
    ledger: Ledger,
    transaction: Transaction,
    concerned: Set[str],
    claims: dict[str, dict[int, Claim]],
    market: Market,
    ending: Callable[[Transfer], Ending | None],
    balance_before: Callable[[HoldingKey], Opening],
) -> list[Flow]:
    """Moves the transfers of one transaction in the ledger of one incident.

    Args:
        ledger: changed in place.
        transaction: all its assets.
        concerned: assets in which a party is followed or something is stolen; the others are left alone
            where nothing is exchanged.
        claims: by asset, then place of the transfer.
        market: says which accounts exchanged what.
        ending: where units end that a transfer brings.
        balance_before: what a holding has before this transaction.

    Returns:
        The flows, by asset, then in travel order.
    """
    proven, unproven = market.exchanges(ledger.incident_id, transaction)
    if proven:
        return Settlement(ledger, transaction, proven, unproven, claims, ending, balance_before).run()
    flows: list[Flow] = []
    for asset, rows in transaction.assets:
        if asset in concerned:
            accounts = {one.account for one in unproven if asset in dict(one.received)}
            passage = Passage(
                ledger,
                transaction.chain,
                asset,
                ending,
                balance_before,
                unproven=accounts,
                tracks_start=bool(accounts),
            )
            flows += passage.run(rows, claims.get(asset, NO_CLAIMS))
    return flows


def _spend(
    book: Book,
    transaction: Transaction,
    claims: Mapping[str, dict[int, Claim]],
    day: Day,
    fees: BlockFees,
) -> list[Flow]:
    if transaction.block_number is None:
        # Of no known block, it shares none with a coinbase.
        fees = BlockFees(frozenset())
    fees.enter(transaction)
    concerned = set(claims)
    for row in transaction.inputs:
        concerned |= book.watch.get(outpoint_key(row), set())
    if transaction.is_coinbase:
        concerned |= {name for _, lots in fees.fees for name in lots if tainted_amount(lots[name])}
    flows: list[Flow] = []
    of_transaction: dict[str, list[Lot]] = {}
    for incident_id in sorted(concerned):
        ledger = book.ledger(incident_id)
        spending = Spending(ledger, transaction, day.ending_for(incident_id, transaction))
        if transaction.is_coinbase:
            inputs = coinbase_inputs(transaction, fees.fees, incident_id)
        else:
            inputs = spending.inputs()
        found, rest = spending.run(inputs, claims.get(incident_id, NO_CLAIMS))
        flows += found
        if fees.have_coinbase() and not transaction.is_coinbase:
            of_transaction[incident_id] = rest
        else:
            flows += spending.end_fee(rest)
    if transaction.is_coinbase:
        # A second coinbase of the block takes them no more.
        fees.pay_out()
    else:
        spent = sum(row.amount for row in transaction.inputs)
        made = sum(row.amount for row in transaction.outputs)
        fees.fees.append((max(0, spent - made), of_transaction))
    return flows


def _followers(watch: Watch, chain: str, asset: str, rows: Iterable[Transfer]) -> set[str]:
    followers: set[str] = set()
    for row in rows:
        for address in (row.from_address, row.to_address):
            if address is not None and (found := watch.get((chain, address, asset))) is not None:
                followers |= found
    return followers


def _end_at_services(book: Book, endings: Endings) -> None:
    # An address may be recognised as a service after taint reached it. From that day the trail ends there;
    # without this its payments would go on carrying units that are mixed with everybody's.
    for ledger in book.ordered():
        for key in list(ledger.holdings):
            ending = endings.of_holding(ledger.incident_id, key[0], ledger.address_of(key))
            if ending is not None:
                ledger.end(key, ending.sink)
