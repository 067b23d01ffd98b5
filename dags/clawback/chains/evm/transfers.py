"""Transfer rows of a batch: fees, native value, tokens, mints and burns.

Invariants:
    A log is an amount of an ERC-20 only with three topics and one word of data. What has the first topic of a
    transfer and another form is never read as an amount: ERC-721 goes to `nft`, the rest to quarantine.
    A failed transaction gives its fee and nothing else. An amount that DECIMAL(38,0) does not hold goes to
    quarantine with its digits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from operator import mul
from typing import Final

import numpy as np

from clawback.chains.evm.blocks import Batch
from clawback.chains.evm.columns import (
    ADDRESS,
    HASH,
    Integers,
    fixed_bytes,
    is_address,
    is_zero,
    words_of,
)
from clawback.chains.evm.failures import Lie, printable
from clawback.chains.evm.quantities import quantities
from clawback.chains.evm.rows import Refused, Rows, select
from clawback.chains.evm.topics import DEPOSIT, TRANSFER, WITHDRAWAL
from clawback.tables.transfers import FEE, LOG_BASE, VALUE

KINDS: Final = ("fee", "native", "internal", "token", "mint", "burn")
FEE_KIND, NATIVE_KIND, INTERNAL_KIND, TOKEN_KIND, MINT_KIND, BURN_KIND = range(len(KINDS))
_WORD_TEXT: Final = 2 * HASH + 2
_WRAPPING: Final = {DEPOSIT: MINT_KIND, WITHDRAWAL: BURN_KIND}


def fees(batch: Batch) -> Rows:
    """What each sender paid for its transaction, failed or not."""
    # Nodes before London say the price only in the transaction.
    price_texts = [
        receipt.effective_gas_price or transaction.gas_price or ""
        for transaction, receipt in zip(batch.transactions, batch.receipts, strict=True)
    ]
    if "" in price_texts:
        raise Lie("a receipt has no effectiveGasPrice, and its transaction no gasPrice")
    prices = quantities(price_texts, "effectiveGasPrice")
    amounts = list(map(mul, batch.gas_used, prices))
    for number, receipt in enumerate(batch.receipts):
        if receipt.blob_gas_used is not None or receipt.l1_fee is not None:
            amounts[number] += _second_fee(receipt.blob_gas_used, receipt.blob_gas_price, receipt.l1_fee)
    if max(amounts, default=0) >= 1 << 256:
        raise Lie("a fee is wider than 256 bits")
    paid = [place for place, amount in enumerate(amounts) if amount]
    return Rows(
        np.array(paid, np.int64),
        np.full(len(paid), FEE, np.int64),
        np.full(len(paid), FEE_KIND, np.uint8),
        fixed_bytes([batch.transactions[place].sender for place in paid], ADDRESS, "a sender"),
        np.zeros((len(paid), ADDRESS), np.uint8),
        np.zeros((len(paid), ADDRESS), np.uint8),
        words_of([amounts[place] for place in paid]),
    )


def native_values(batch: Batch, refused: Refused) -> Rows:
    """Value that transactions themselves moved; to the new contract where one was created."""
    places, senders, receivers, texts = [], [], [], []
    for place, (transaction, receipt) in enumerate(zip(batch.transactions, batch.receipts, strict=True)):
        value = transaction.value
        if value == "0x0" or receipt.status == "0x0":
            continue
        if receipt.status != "0x1":
            if receipt.status is not None or receipt.root is None:
                raise Lie("a receipt says neither success nor failure")
            # Before Byzantium a receipt does not tell whether its transaction failed.
            refused.add(place, VALUE, "", "whether the transaction failed is not known", value)
            continue
        receiver = transaction.to or receipt.contract_address
        if receiver is None:
            raise Lie("a transaction without receiver created no contract")
        places.append(place)
        senders.append(transaction.sender)
        receivers.append(receiver)
        texts.append(value)
    return Rows(
        np.array(places, np.int64),
        np.full(len(places), VALUE, np.int64),
        np.full(len(places), NATIVE_KIND, np.uint8),
        fixed_bytes(senders, ADDRESS, "a sender"),
        fixed_bytes(receivers, ADDRESS, "a receiver"),
        np.zeros((len(places), ADDRESS), np.uint8),
        words_of(quantities(texts, "a value")),
    )


def token_transfers(batch: Batch, refused: Refused) -> Rows:
    """ERC-20 transfers; from and to the zero address they are mints and burns."""
    taken = []
    for place, log in enumerate(batch.logs):
        topics = log.topics
        if topics and topics[0] == TRANSFER and len(topics) != 4:
            if len(topics) == 3 and len(log.data) == _WORD_TEXT:
                taken.append(place)
            else:
                _refuse(batch, place, "a Transfer in the form of neither ERC-20 nor ERC-721", refused)
    logs = [batch.logs[place] for place in taken]
    parties = fixed_bytes(
        [log.topics[1] for log in logs] + [log.topics[2] for log in logs], HASH, "a topic"
    ).reshape(2, len(logs), HASH)
    good = is_address(parties[0]) & is_address(parties[1])
    for wrong in np.flatnonzero(~good).tolist():
        _refuse(batch, taken[wrong], "a party of a Transfer is no address", refused)
    sender = parties[0, :, HASH - ADDRESS :]
    receiver = parties[1, :, HASH - ADDRESS :]
    kind = np.where(is_zero(sender), MINT_KIND, np.where(is_zero(receiver), BURN_KIND, TOKEN_KIND))
    places = np.array(taken, np.int64)
    rows = Rows(
        batch.log_tx[places],
        LOG_BASE + batch.log_index[places],
        kind.astype(np.uint8),
        sender,
        receiver,
        fixed_bytes([log.address for log in logs], ADDRESS, "a log's address"),
        fixed_bytes([log.data for log in logs], HASH, "a log's data"),
    )
    return rows if good.all() else select(rows, good)


def wrapped_moves(batch: Batch, wrapped: Collection[str], tokens: Rows) -> Rows:
    """Deposits into the chain's wrapped-native contracts as mints, withdrawals as burns.

    Some of these contracts emit a Transfer from or to the zero address beside the event: then the event adds
    nothing, for no unit moves twice.

    Args:
        batch: blocks with their logs.
        wrapped: contracts, lower-case hex. Others emit events of the same words that mean something else.
        tokens: the batch's `token_transfers`.
    """
    taken, kinds = [], []
    for place, log in enumerate(batch.logs):
        if len(log.topics) == 2 and log.address in wrapped and len(log.data) == _WORD_TEXT:
            kind = _WRAPPING.get(log.topics[0])
            if kind is not None:
                taken.append(place)
                kinds.append(kind)
    logs = [batch.logs[place] for place in taken]
    holders = fixed_bytes([log.topics[1] for log in logs], HASH, "a topic")
    if not is_address(holders).all():
        raise Lie("the holder of a wrapped asset is no address")
    holder = holders[:, HASH - ADDRESS :]
    kind_column = np.array(kinds, np.uint8)
    minted = (kind_column == MINT_KIND)[:, None]
    nobody = np.zeros_like(holder)
    places = np.array(taken, np.int64)
    rows = Rows(
        batch.log_tx[places],
        LOG_BASE + batch.log_index[places],
        kind_column,
        np.where(minted, nobody, holder),
        np.where(minted, holder, nobody),
        fixed_bytes([log.address for log in logs], ADDRESS, "a log's address"),
        fixed_bytes([log.data for log in logs], HASH, "a log's data"),
    )
    return _without_told(rows, tokens) if taken else rows


def _without_told(rows: Rows, tokens: Rows) -> Rows:
    told = Counter(_content(tokens, np.flatnonzero(tokens.kind != TOKEN_KIND)))
    new = []
    for content in _content(rows, np.arange(len(rows.tx))):
        new.append(told[content] == 0)
        told[content] -= not new[-1]
    return select(rows, np.array(new, np.bool_))


def _content(rows: Rows, places: Integers) -> list[tuple[int, bytes]]:
    moved = np.concatenate((rows.asset, rows.sender, rows.receiver, rows.words), axis=1)
    return [(int(rows.tx[place]), moved[place].tobytes()) for place in places]


def _second_fee(blob_used: str | None, blob_price: str | None, rollup: str | None) -> int:
    """What blobs and the main chain cost beside the gas."""
    found = 0
    if blob_used is not None:
        if blob_price is None:
            raise Lie("a receipt has blobGasUsed and no blobGasPrice")
        used, price = quantities((blob_used, blob_price), "a blob's gas")
        found += used * price
    if rollup is not None:
        found += quantities((rollup,), "l1Fee")[0]
    return found


def _refuse(batch: Batch, place: int, reason: str, refused: Refused) -> None:
    log = batch.logs[place]
    says = printable(f"{' '.join(topic[:70] for topic in log.topics[:4])} {log.data[:200]}")
    position = LOG_BASE + int(batch.log_index[place])
    refused.add(int(batch.log_tx[place]), position, log.address[:42], reason, says)
