"""How far taint can have come within a day, out of the transactions read so far.

Rules:
    A holding is reached when a holding that is reached pays it, whatever method chooses the lots: so all that
    is tainted under any method but poison is among them. What an account gives in a transaction in which
    taint came to it is reached too: it may be the other side of an exchange. Taint passes through a labelled
    exchange and ends at a labelled sink; neither is reached.
    A transaction is kept when it moves units of a reached holding in the block of the first arrival or later.

Invariants:
    More transactions never make less reached, and transactions of the same block are read in their order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np

from clawback.chains.evm.read import Reading
from clawback.chains.evm.rows import select
from clawback.chains.evm.transfers import BURN_KIND, FEE_KIND, MINT_KIND, TOKEN_KIND
from clawback.hashing import short_hash
from clawback.schemas import NATIVE

Holding = tuple[str, str]
"""(address, asset)."""

LABELLED: Final = "label"
BUSY: Final = "busy"
FROM_BEFORE: Final = -1
"""Block of holdings that were reached on an earlier day."""

_ZERO: Final = "0x" + "0" * 40


class Move(NamedTuple):
    """One transfer: who gives and who takes in the sense of an exchange, and whether they are accounts.

    A token's contract gives what is minted and takes what is burned, and holds neither.
    """

    giver: str | None
    taker: str | None
    asset: str
    is_paid: bool
    is_received: bool


@dataclass(frozen=True, order=True)
class Moved:
    """One transaction and all that it moved, fees included."""

    block: int
    tx_index: int
    tx_hash: str
    moves: tuple[Move, ...] = field(compare=False)


@dataclass(frozen=True)
class Watched:
    """Where taint is looked for, addresses in lower-case hex; incidents have no names here.

    `accounts` are watched with whatever they hold, `holdings` held taint at the end of the day before.
    `sinks` end every trail, `exchanges` let it pass. `arrivals` and `departures` are (transaction, address):
    what comes to that address, or leaves it, by this one transaction is reached.
    """

    accounts: frozenset[str] = frozenset()
    holdings: frozenset[Holding] = frozenset()
    sinks: frozenset[str] = frozenset()
    exchanges: frozenset[str] = frozenset()
    arrivals: frozenset[tuple[str, str]] = frozenset()
    departures: frozenset[tuple[str, str]] = frozenset()

    @property
    def addresses(self) -> set[str]:
        """All that are watched from the first block on."""
        return {address for address, _ in self.holdings} | self.accounts

    @property
    def transactions(self) -> set[str]:
        """Hashes of the transactions that are named."""
        return {tx_hash for tx_hash, _ in self.arrivals | self.departures}

    @property
    def named_hash(self) -> str:
        """Names the accounts and transactions, without what held taint already."""
        return short_hash([sorted(one) for one in (self.accounts, self.arrivals, self.departures)])


@dataclass(frozen=True)
class Reach:
    """What is reached at the end of the transactions.

    `since` has the block from which each holding counts, `first` those that were not reached before the day;
    `kept` are hashes in the order of the chain; `ended` says of addresses why the trail ends there.
    """

    since: Mapping[Holding, int]
    first: Mapping[Holding, int]
    kept: Sequence[str]
    ended: Mapping[str, str]

    @property
    def addresses(self) -> set[str]:
        """Addresses of all holdings that are reached."""
        return {address for address, _ in self.since}


def moved_of(reading: Reading, block: int, wanted: Collection[int] | None = None) -> list[Moved]:
    """Transactions of one block of a reading with what they moved; transfers of nothing move nothing.

    Args:
        reading: checked answers.
        block: the number of one of its blocks.
        wanted: places in the block, of which each is given; by default those that moved something.
    """
    batch, rows, amounts = reading.batch, reading.rows, reading.amounts
    found: dict[int, list[Move]] = {}
    if wanted is not None:
        here = np.flatnonzero(
            (batch.numbers[batch.tx_block] == block) & np.isin(batch.tx_index, list(wanted))
        )
        found = {place: [] for place in here.tolist()}
        # Of all others nothing is made texts of: a block can have a hundred thousand inner calls.
        some = np.isin(rows.tx, here)
        rows, amounts = select(rows, some), amounts[some]
    senders, receivers, assets = (
        [bytes(one).hex() for one in column] for column in (rows.sender, rows.receiver, rows.asset)
    )
    is_something = np.count_nonzero(amounts, axis=1).tolist()
    for tx, kind, sender, receiver, asset, moves_units in zip(
        rows.tx.tolist(), rows.kind.tolist(), senders, receivers, assets, is_something, strict=True
    ):
        if moves_units:
            found.setdefault(tx, []).append(_move(kind, f"0x{sender}", f"0x{receiver}", f"0x{asset}"))
    return [
        Moved(block, int(batch.tx_index[tx]), batch.transactions[tx].hash, tuple(moves))
        for tx, moves in sorted(found.items())
        if int(batch.numbers[batch.tx_block[tx]]) == block
        and (wanted is None or int(batch.tx_index[tx]) in wanted)
    ]


def follow(transactions: Iterable[Moved], watched: Watched, busy: Collection[str] = ()) -> Reach:
    """How far taint can have come.

    Args:
        transactions: in any order, each once.
        watched: where it starts and ends.
        busy: addresses that the trail ends at because too much happens there.
    """
    ordered = sorted(transactions)
    passes = watched.exchanges | set(busy)
    since = {(address, asset): FROM_BEFORE for address, asset in watched.holdings if address not in passes}
    ended: dict[str, str] = {address: BUSY for address in busy}
    for moved in ordered:
        for move in moved.moves:
            for account in _accounts(move):
                if account in watched.accounts:
                    since.setdefault((account, move.asset), moved.block)
                if (moved.tx_hash, account) in watched.arrivals and account == move.taker:
                    since.setdefault((account, move.asset), moved.block)
        for holding in sorted(_receivers(moved, since, watched)):
            if holding[0] in watched.sinks or holding[0] in passes:
                ended.setdefault(holding[0], LABELLED)
            else:
                since.setdefault(holding, moved.block)
    never = max((moved.block for moved in ordered), default=0) + 1
    named = watched.transactions
    kept = [
        moved.tx_hash
        for moved in ordered
        if moved.tx_hash in named
        or any(
            since.get((account, move.asset), never) <= moved.block
            for move in moved.moves
            for account in _accounts(move)
        )
    ]
    first = {holding: block for holding, block in since.items() if block != FROM_BEFORE}
    return Reach(since, first, kept, ended)


def _receivers(moved: Moved, since: Mapping[Holding, int], watched: Watched) -> set[Holding]:
    """Holdings that tainted units can have come to within a transaction, in whatever order it moved them."""
    moves = moved.moves
    paying = {
        (move.giver, move.asset)
        for move in moves
        if move.is_paid
        and move.giver is not None
        and ((move.giver, move.asset) in since or (moved.tx_hash, move.giver) in watched.departures)
    }
    came: set[str] = set()
    grows = bool(paying)
    while grows:
        grows = False
        for move in moves:
            if (move.giver, move.asset) in paying and move.taker not in (None, *came):
                came.add(str(move.taker))
                grows = True
        # Sent on, or given in exchange.
        paying |= {
            (move.giver, move.asset)
            for move in moves
            if move.giver in came and move.giver not in watched.sinks
        }
    return {
        (move.taker, move.asset)
        for move in moves
        if move.is_received and move.taker is not None and (move.giver, move.asset) in paying
    }


def _accounts(move: Move) -> list[str]:
    found = []
    if move.is_paid and move.giver is not None:
        found.append(move.giver)
    if move.is_received and move.taker is not None:
        found.append(move.taker)
    return found


def _move(kind: int, sender: str, receiver: str, asset: str) -> Move:
    named = asset if kind >= TOKEN_KIND else NATIVE
    is_minted = kind == MINT_KIND or sender == _ZERO
    if kind == FEE_KIND:
        return Move(sender, None, named, is_paid=True, is_received=False)
    is_burned = kind == BURN_KIND or receiver == _ZERO
    return Move(
        named if is_minted else sender,
        named if is_burned else receiver,
        named,
        is_paid=not is_minted,
        is_received=not is_burned,
    )
