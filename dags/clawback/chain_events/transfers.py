"""Transfers that a chain tells by an event alone: no Transfer is emitted for them.

Rules:
    Funds that an issuer destroys at a blocked address are a `burn` there. Coins that are wrapped are a `mint`
    of the wrapped coin, unwrapped ones a `burn`; only the known contracts of wrapped coins count, for vaults
    and bridges emit events of the same words. Where the transaction has a Transfer from or to the zero
    address that says the same, by whatever source, the event adds nothing: no unit moves twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from clawback.chains.evm.catalogue import wrapped_coins
from clawback.tables.addresses import ZERO_ADDRESS
from clawback.tables.transfers import transfer_key

Row = dict[str, Any]
WrappedCoin = tuple[str, str]
"""(chain, contract)."""

ZERO_OF_CHAIN: Final = {"tron": "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb"}
"""How a chain writes the zero address, where not as EVM chains do."""

_KEPT: Final = ("chain", "block_number", "block_time", "tx_hash", "tx_index", "position", "asset", "amount")


def event_transfers(
    events: Iterable[Row], transfers: Sequence[Row], wrapped: Collection[WrappedCoin] | None = None
) -> tuple[list[Row], list[tuple[Row, str]]]:
    """Makes the transfers that only events tell of.

    Args:
        events: rows of `chain_events`; `source` and `known_date` are taken over where they have them. Those
            marked `_before` lie before the first day and move nothing any more.
        transfers: all rows of `transfers` that the same days have.
        wrapped: contracts of chains' own coins in token form; those of the package by default.

    Returns:
        Rows to add to `transfers`, and events that contradict a transfer at their own place, with the reason.
    """
    coins = wrapped_coins() if wrapped is None else wrapped
    wanted = [
        row
        for event in events
        if not event.get("_before", False) and (row := transfer_of(event, coins)) is not None
    ]
    transactions = {(row["chain"], row["tx_hash"]) for row in wanted}
    beside = [row for row in transfers if (row["chain"], row["tx_hash"]) in transactions]
    present = Counter(_content(row) for row in beside)
    places = {transfer_key(row) for row in beside}
    added: list[Row] = []
    contradicting: list[tuple[Row, str]] = []
    for row in wanted:
        content = _content(row)
        if present[content] > 0:
            present[content] -= 1
        elif transfer_key(row) in places:
            contradicting.append((row, "another transfer stands at the place of this event"))
        else:
            added.append(row)
    return added, contradicting


def transfer_of(event: Row, wrapped: Collection[WrappedCoin]) -> Row | None:
    """The transfer that an event tells of; None where it moves nothing."""
    address, asset, amount = event["address"], event["asset"], event["amount"]
    if address is None or asset is None or not amount:
        return None
    if event["kind"] in ("wrap", "unwrap"):
        if (event["chain"], asset) not in wrapped:
            return None
    elif event["kind"] != "burn":
        return None
    is_mint = event["kind"] == "wrap"
    zero = ZERO_OF_CHAIN.get(event["chain"], ZERO_ADDRESS)
    return {
        **{name: event[name] for name in _KEPT},
        **{name: event[name] for name in ("source", "known_date") if name in event},
        "block_hash": None,
        "kind": "mint" if is_mint else "burn",
        "from_address": zero if is_mint else address,
        "to_address": address if is_mint else zero,
        "outpoint": None,
        "order_quality": "time" if event["tx_index"] is None else "exact",
        "_positioned": True,
    }


def _content(row: Row) -> tuple[Any, ...]:
    # A source may call a Transfer from or to the zero address a token transfer.
    zero = ZERO_OF_CHAIN.get(row["chain"], ZERO_ADDRESS)
    is_mint = row["kind"] == "mint" or row["from_address"] == zero
    is_burn = row["kind"] == "burn" or row["to_address"] == zero
    party = row["to_address"] if is_mint else row["from_address"]
    return row["chain"], row["tx_hash"], row["asset"], party, row["amount"], is_mint, is_burn
