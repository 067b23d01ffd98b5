"""Transactions against the root that a block's hash commits to, and against their own hashes.

Nothing can be left out or changed then: receivers and values of the chain's coin are proven. Who sent a
transaction stands in its signature alone, which is not recovered.

Types are encoded as EIP-2718, 2930, 1559, 4844 and 7702 say.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from clawback.chains.evm.failures import Lie
from clawback.chains.evm.keccak import keccak256
from clawback.chains.evm.quantities import quantity
from clawback.chains.evm.rpc import Question, decoded
from clawback.chains.evm.trie import Encodable, data, integer, rlp, root_of
from clawback.errors import ClawbackError

_FEES: Final = ("maxPriorityFeePerGas", "maxFeePerGas")
_CALL: Final = ("gas", "to", "value", "input")
_SIGNED: Final = ("r", "s")
_FIELDS: Final[dict[int, tuple[str, ...]]] = {
    0: ("nonce", "gasPrice", *_CALL, "v", *_SIGNED),
    1: ("chainId", "nonce", "gasPrice", *_CALL, "accessList", "v", *_SIGNED),
    2: ("chainId", "nonce", *_FEES, *_CALL, "accessList", "v", *_SIGNED),
    3: ("chainId", "nonce", *_FEES, *_CALL, "accessList", "maxFeePerBlobGas", "blobVersionedHashes", "v",
        *_SIGNED),
    4: ("chainId", "nonce", *_FEES, *_CALL, "accessList", "authorizationList", "v", *_SIGNED),
}  # fmt: skip
_OF_AUTHORIZATION: Final = ("chainId", "address", "nonce", "yParity", "r", "s")
_AS_DATA: Final = frozenset({"to", "input", "address"})


class SignedBlock(msgspec.Struct, rename="camel", gc=False):
    """A block with all that its transactions say."""

    number: str
    transactions_root: str
    transactions: list[msgspec.Raw]
    """Words, decoded one by one: as dictionaries they take many times their bytes."""


SIGNED_BLOCKS: Final = Question("eth_getBlockByNumber", SignedBlock)
_TRANSACTION: Final = msgspec.json.Decoder(dict[str, Any])


def check_transactions_roots(blocks: list[SignedBlock]) -> None:
    """Every block's transactions have the root that it names, and their own hashes.

    Raises:
        Lie: they have not.
        ClawbackError: a transaction of a type that this check does not know.
    """
    for block in blocks:
        number = quantity(block.number, "number")
        if root_of([_proven(one, number) for one in block.transactions]) != block.transactions_root.lower():
            raise Lie(f"the transactions of block {number} have not its transactionsRoot")


def _proven(words: msgspec.Raw, number: int) -> bytes:
    """A transaction as its hash is made of it."""
    transaction = decoded(_TRANSACTION, words, SIGNED_BLOCKS.method)
    try:
        content = _encoded(transaction)
    except (KeyError, TypeError, AttributeError) as error:
        raise Lie(f"a transaction of block {number} lacks what its type has: {error}") from error
    if transaction.get("hash") != f"0x{keccak256(content).hex()}":
        raise Lie(f"a transaction of block {number} is not the one of its hash")
    return content


def _encoded(transaction: dict[str, Any]) -> bytes:
    kind = quantity(transaction.get("type") or "0x0", "a transaction's type")
    if kind not in _FIELDS:
        raise ClawbackError(
            f"the transactions root cannot be checked: a transaction has the type {kind:#x}",
            where=str(transaction.get("hash"))[:66],
            remedy="leave out the check transactions-root for this chain",
        )
    content = rlp([_field(transaction, name) for name in _FIELDS[kind]])
    return content if kind == 0 else bytes((kind,)) + content


def _field(transaction: dict[str, Any], name: str) -> Encodable:
    value = transaction[name] if name in transaction or name != "v" else transaction["yParity"]
    if name == "accessList":
        return [[data(one["address"]), [data(key) for key in one["storageKeys"]]] for one in value]
    if name == "blobVersionedHashes":
        return [data(one) for one in value]
    if name == "authorizationList":
        return [[_field(one, inner) for inner in _OF_AUTHORIZATION] for one in value]
    if name in _AS_DATA:
        return b"" if value is None else data(value)
    return integer(quantity(value, "a field of a transaction"))
