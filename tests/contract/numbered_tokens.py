"""A day of numbered tokens on a real node: contracts as others deploy them, and one that emits anything."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final

from clawback.chains.evm.keccak import keccak256
from clawback.chains.evm.topics import TRANSFER, TRANSFER_BATCH, TRANSFER_SINGLE
from tests.contract.anvil import Node
from tests.contract.evm_chain import ZERO, creation, word
from tests.contract.ganache import Ganache
from tests.contract.npm import OPENZEPPELIN, compiled, require_node

ERC721: Final = "ERC721PresetMinterPauserAutoId"
ERC1155: Final = "ERC1155PresetMinterPauser"
LARGEST: Final = 2**256 - 1
_ANYTHING: Final = "608036036080600037606035604035602035600035608036036000a400"
"""LOG4(what comes behind four words; these words)."""


@dataclass
class NumberedDay:
    """Who there is, and what moved as (tx_hash, standard, contract, part, from, to, token, quantity)."""

    accounts: list[str]
    erc721: str
    erc1155: str
    anything: str
    moved: list[tuple[str, str, str, int, str, str, str, str]] = field(default_factory=list)
    hostile: list[str] = field(default_factory=list)
    """Hashes of transactions whose log looks like a transfer of a numbered token and is none."""


def fill_numbered_day(node: Ganache) -> NumberedDay:
    """Mint, move, move many and burn numbered tokens; then events that are none."""
    accounts = [account.lower() for account in node.call("eth_accounts")]
    alice, bob, carol = accounts[:3]
    made = NumberedDay(
        accounts,
        _deployed(node, alice, _code(ERC721) + _dynamic(b"Art", b"ART", b"https://example.org/")),
        _deployed(node, alice, _code(ERC1155) + _dynamic(b"https://example.org/")),
        _deployed(node, alice, creation(_ANYTHING)),
    )
    _tokens_of_one(node, made, alice, bob, carol)
    _tokens_of_many(node, made, alice, bob, carol)
    _anything(node, made, alice, bob)
    return made


def asked(node: Node, contract: str, signature: str, *words: int | str) -> str:
    """What a contract answers, as hex."""
    found: str = node.call("eth_call", {"to": contract, "data": _call(signature, *words)}, "latest")
    return found


def _tokens_of_one(node: Ganache, made: NumberedDay, alice: str, bob: str, carol: str) -> None:
    moves = [("mint(address)", (alice,), ZERO, alice, 0), ("mint(address)", (bob,), ZERO, bob, 1)]
    moves += [("transferFrom(address,address,uint256)", (alice, carol, 0), alice, carol, 0)]
    for signature, words, sender, receiver, number in moves:
        sent = _sent(node, alice, made.erc721, _call(signature, *words))
        made.moved.append((sent, "erc721", made.erc721, 0, sender, receiver, str(number), "1"))
    burnt = _sent(node, bob, made.erc721, _call("burn(uint256)", 1))
    made.moved.append((burnt, "erc721", made.erc721, 0, bob, ZERO, "1", "1"))


def _tokens_of_many(node: Ganache, made: NumberedDay, alice: str, bob: str, carol: str) -> None:
    def record(sent: str, sender: str, receiver: str, *items: tuple[int, int]) -> None:
        for part, (number, quantity) in enumerate(items):
            moved = (sent, "erc1155", made.erc1155, part, sender, receiver, str(number), str(quantity))
            made.moved.append(moved)

    to = made.erc1155
    minted = _sent(
        node, alice, to, _call("mint(address,uint256,uint256,bytes)", alice, LARGEST, 10**40, 128, 0)
    )
    record(minted, ZERO, alice, (LARGEST, 10**40))
    several = [(5, 50), (6, 60), (5, 1)]
    batch = _call("mintBatch(address,uint256[],uint256[],bytes)", bob, *_lists(several))
    record(_sent(node, alice, to, batch), ZERO, bob, *several)
    single = _call(
        "safeTransferFrom(address,address,uint256,uint256,bytes)", alice, carol, LARGEST, 7, 160, 0
    )
    record(_sent(node, alice, to, single), alice, carol, (LARGEST, 7))
    some = [(6, 0), (5, 51)]
    signature = "safeBatchTransferFrom(address,address,uint256[],uint256[],bytes)"
    record(_sent(node, bob, to, _call(signature, bob, carol, *_lists(some, before=2))), bob, carol, *some)
    burnt = _call("burn(address,uint256,uint256)", carol, 5, 1)
    record(_sent(node, carol, to, burnt), carol, ZERO, (5, 1))


def _anything(node: Ganache, made: NumberedDay, alice: str, bob: str) -> None:
    hostile: list[tuple[int | str, ...]] = [
        (TRANSFER, "f" * 64, bob, 1),  # a sender that is no address
        (TRANSFER_SINGLE, alice, alice, bob, 7),  # no quantity
        (TRANSFER_BATCH, alice, alice, bob, 64, 128, 1, 7, 2, 1, 1),  # one number and two quantities
        (TRANSFER_BATCH, alice, alice, bob, 64, 64, LARGEST),  # more numbers than there is data
        (TRANSFER_BATCH, alice, alice, bob, LARGEST, 64, 0),  # numbers that begin beyond the data
    ]
    for words in hostile:
        made.hostile.append(_sent(node, alice, made.anything, f"0x{''.join(map(word, words))}"))
    # Nothing is in it: this is a transfer, of no token.
    _sent(
        node, alice, made.anything, f"0x{''.join(map(word, (TRANSFER_BATCH, alice, alice, bob, 64, 64, 0)))}"
    )


def _sent(node: Ganache, sender: str, to: str, data: str) -> str:
    sent = node.send(**{"from": sender, "to": to, "data": data})
    assert node.call("eth_getTransactionReceipt", sent)["status"] == "0x1"
    return sent


def _deployed(node: Ganache, sender: str, code: str) -> str:
    sent = node.send(**{"from": sender, "data": code, "gas": "0x700000"})
    receipt: dict[str, Any] = node.call("eth_getTransactionReceipt", sent)
    assert receipt["status"] == "0x1"
    return str(receipt["contractAddress"]).lower()


def _code(contract: str) -> str:
    file = require_node(OPENZEPPELIN, lambda: compiled(contract))
    code: str = json.loads(file.read_text("utf-8"))["bytecode"]
    return code


def _dynamic(*texts: bytes) -> str:
    """Arguments that are all texts: where each begins, then their lengths and letters."""
    head, tail = "", ""
    for text in texts:
        head += word(32 * len(texts) + len(tail) // 2)
        tail += word(len(text)) + text.hex().ljust(64, "0")
    return head + tail


def _lists(items: list[tuple[int, int]], before: int = 1) -> list[int]:
    """Numbers, quantities and no bytes as the words of three arguments behind `before` others."""
    count = len(items)
    first = 32 * (before + 3)
    second = first + 32 * (count + 1)
    numbers, quantities = zip(*items, strict=True)
    return [first, second, second + 32 * (count + 1), count, *numbers, count, *quantities, 0]


def _call(signature: str, *words: int | str) -> str:
    return f"0x{keccak256(signature.encode())[:4].hex()}{''.join(map(word, words))}"
