"""Tokens with a number (ERC-721, ERC-1155): recorded apart, for a number is no amount."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from clawback.chains.evm.blocks import Batch
from clawback.chains.evm.columns import ADDRESS, HASH, fixed_bytes
from clawback.chains.evm.failures import Lie, printable
from clawback.chains.evm.rows import Refused
from clawback.chains.evm.shapes import Log
from clawback.chains.evm.topics import TRANSFER, TRANSFER_BATCH, TRANSFER_SINGLE
from clawback.tables.transfers import LOG_BASE

STANDARDS: Final = ("erc721", "erc1155")
_ONE: Final = (1).to_bytes(HASH, "big")
_MOST_ITEMS: Final = 10_000


_OF_1155: Final = frozenset({TRANSFER_SINGLE, TRANSFER_BATCH})


@dataclass
class NumberedRows:
    """One row for each token number that moved. `part` counts the numbers of one batch transfer."""

    tx: list[int] = field(default_factory=list)
    position: list[int] = field(default_factory=list)
    part: list[int] = field(default_factory=list)
    standard: list[int] = field(default_factory=list)
    contract: list[bytes] = field(default_factory=list)
    sender: list[bytes] = field(default_factory=list)
    receiver: list[bytes] = field(default_factory=list)
    token_number: list[bytes] = field(default_factory=list)
    amount: list[bytes] = field(default_factory=list)


def numbered_transfers(batch: Batch, refused: Refused) -> NumberedRows:
    """ERC-721 and ERC-1155 transfers of a batch, in the order of its logs."""
    rows = NumberedRows()
    for place, log in enumerate(batch.logs):
        if len(log.topics) != 4 and not (log.topics and log.topics[0] in _OF_1155):
            continue
        try:
            if len(log.topics) != 4:
                raise ValueError(f"it has {len(log.topics)} topics, not four")
            if log.topics[0] == TRANSFER:
                sender, receiver, number = (_word(topic) for topic in log.topics[1:])
                _add(rows, batch, place, 0, [(number, _ONE)], sender, receiver)
            elif log.topics[0] == TRANSFER_SINGLE:
                data = _data(log)
                if len(data) != 2 * HASH:
                    raise ValueError("its data is not two words")
                _, sender, receiver = (_word(topic) for topic in log.topics[1:])
                _add(rows, batch, place, 1, [(data[:HASH], data[HASH:])], sender, receiver)
            elif log.topics[0] == TRANSFER_BATCH:
                _, sender, receiver = (_word(topic) for topic in log.topics[1:])
                _add(rows, batch, place, 1, _items(_data(log)), sender, receiver)
        except ValueError as error:
            position = LOG_BASE + int(batch.log_index[place])
            says = printable(f"{' '.join(topic[:70] for topic in log.topics[:4])} {log.data[:200]}")
            reason = f"no transfer of a numbered token: {error}"
            refused.add(int(batch.log_tx[place]), position, log.address[:42], reason, says)
    return rows


def _add(
    rows: NumberedRows,
    batch: Batch,
    place: int,
    standard: int,
    items: list[tuple[bytes, bytes]],
    sender: bytes,
    receiver: bytes,
) -> None:
    padding = HASH - ADDRESS
    if any(sender[:padding]) or any(receiver[:padding]):
        raise ValueError("a party is no address")
    contract = fixed_bytes((batch.logs[place].address,), ADDRESS, "a log's address").tobytes()
    for part, (number, amount) in enumerate(items):
        rows.tx.append(int(batch.log_tx[place]))
        rows.position.append(LOG_BASE + int(batch.log_index[place]))
        rows.part.append(part)
        rows.standard.append(standard)
        rows.contract.append(contract)
        rows.sender.append(sender[padding:])
        rows.receiver.append(receiver[padding:])
        rows.token_number.append(number)
        rows.amount.append(amount)


def _items(data: bytes) -> list[tuple[bytes, bytes]]:
    """Two dynamic arrays of words, which must have one length."""
    numbers, amounts = (_array(data, start) for start in (0, HASH))
    if len(numbers) != len(amounts):
        raise ValueError("it has not as many amounts as token numbers")
    return list(zip(numbers, amounts, strict=True))


def _array(data: bytes, head: int) -> list[bytes]:
    start = int.from_bytes(data[head : head + HASH], "big")
    if start + HASH > len(data):
        raise ValueError("an array begins beyond the data")
    count = int.from_bytes(data[start : start + HASH], "big")
    first = start + HASH
    if count > _MOST_ITEMS or first + count * HASH > len(data):
        raise ValueError("an array ends beyond the data")
    return [data[first + i * HASH : first + (i + 1) * HASH] for i in range(count)]


def _word(topic: str) -> bytes:
    return fixed_bytes((topic,), HASH, "a topic").tobytes()


def _data(log: Log) -> bytes:
    if not log.data.startswith("0x"):
        raise Lie("a log's data is no hex")
    return bytes.fromhex(log.data[2:])
