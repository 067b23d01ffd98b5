"""Which holdings taint can reach in a day: all that it does reach, and maybe more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from clawback.tracing.exchanges import candidates
from clawback.tracing.order import Transaction
from clawback.tracing.records import HoldingKey, Transfer
from clawback.tracing.thefts import Thefts


def reachable(
    followed: Iterable[HoldingKey], transactions: Iterable[Transaction], thefts: Thefts
) -> set[HoldingKey]:
    """Holdings whose balance may be asked for.

    Args:
        followed: holdings that carry taint when the day begins.
        transactions: of the day, in order.
        thefts: the theft roles.
    """
    reached = set(followed)
    for transaction in transactions:
        touched = False
        for asset, rows in transaction.assets:
            theft = thefts.may_concern(transaction.chain, rows)
            touched = _travel(reached, transaction.chain, asset, rows, theft) or touched
        # An exchange may carry taint from any asset of the transaction to any other.
        if touched and len(transaction.assets) > 1 and candidates(transaction.assets):
            for asset, rows in transaction.assets:
                _travel(reached, transaction.chain, asset, rows, everything=True)
    return reached


def _travel(
    reached: set[HoldingKey], chain: str, asset: str, rows: Sequence[Transfer], everything: bool
) -> bool:
    touched = everything
    for row in rows:
        carries = everything or (chain, row.payer, asset) in reached
        touched = touched or carries
        if carries and row.receiver is not None:
            reached.add((chain, row.receiver, asset))
    return touched
