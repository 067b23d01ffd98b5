"""A small chain with every way in which value moves, made on a real node out of hand-written contracts."""

from __future__ import annotations

from typing import Any, Final

from clawback.chains.evm.topics import DEPOSIT, TRANSFER, TRANSFER_SINGLE, WITHDRAWAL
from tests.contract.anvil import Node

ZERO: Final = "0x" + "0" * 40


def word(value: int | str) -> str:
    return (f"{value:x}" if isinstance(value, int) else value.removeprefix("0x")).rjust(64, "0")


def creation(runtime: str) -> str:
    """Code that creates a contract with this runtime: copy it to memory and return it."""
    size = len(runtime) // 2
    return f"0x61{size:04x}600e60003961{size:04x}6000f3{runtime}"


# Runtimes read their call data as words: the data of a log first, its topics after it. No selector.
_FORWARD: Final = "6000600060006000346000355af1"  # CALL(word 0, all value)
RUNTIMES: Final = {
    "erc20": f"6000356000526040356020357f{TRANSFER[2:]}60206000a300",  # LOG3(word 0; topic, words 1 and 2)
    "erc721": f"6060356040356020357f{TRANSFER[2:]}60006000a400",  # LOG4(nothing; topic, words 1 to 3)
    # LOG4(words 0 and 1; topic, words 2 to 4)
    "erc1155": f"604060006000376080356060356040357f{TRANSFER_SINGLE[2:]}60406000a400",
    "deposit": f"6000356000526020357f{DEPOSIT[2:]}60206000a200",  # LOG2(word 0; topic, word 1)
    "withdrawal": f"6000356000526020357f{WITHDRAWAL[2:]}60206000a200",
    "unindexed": f"606060006000377f{TRANSFER[2:]}60606000a100",  # LOG1(words 0 to 2; topic)
    "forward": f"{_FORWARD}00",
    "forward_and_fail": f"{_FORWARD}60006000fd",
    "make": "6000600034f000",  # CREATE(all value, no code)
    "destroy": "600035ff",  # SELFDESTRUCT(word 0)
}


def fill_chain(node: Node, first_second: int, rounds: int = 6) -> dict[str, Any]:
    """Contracts, then rounds of transactions of every kind, one block each; then two blocks above.

    Returns:
        Addresses by name, and `blocks`: the range of all blocks with transactions.
    """
    accounts = [account.lower() for account in node.call("eth_accounts")]
    alice, bob, carol = accounts[:3]
    begin = int(node.call("eth_blockNumber"), 16) + 1
    second = first_second
    made = {"alice": alice, "bob": bob, "carol": carol}
    for name, runtime in RUNTIMES.items():
        sent = node.send(**{"from": alice, "data": creation(runtime)})
        node.mine(second := second + 12)
        made[name] = node.call("eth_getTransactionReceipt", sent)["contractAddress"].lower()
    for turn in range(rounds):
        _fill_block(node, made, turn)
        node.mine(second := second + 12)
    last = int(node.call("eth_blockNumber"), 16)
    node.mine(second + 12)
    node.mine(second + 24)
    return {**made, "blocks": range(begin, last + 1)}


def _fill_block(node: Node, made: dict[str, str], turn: int) -> None:
    alice, bob, carol = made["alice"], made["bob"], made["carol"]

    def call(sender: str, name: str, *words: int | str, value: int = 0) -> None:
        data = "0x" + "".join(word(one) for one in words)
        node.send(**{"from": sender, "to": made[name], "data": data, "value": hex(value)})

    node.send(**{"from": alice, "to": bob, "value": hex(10**15 + turn)})
    for amount in (777 + turn, 0, 10**38 - 1):
        call(alice, "erc20", amount, alice, carol)
    call(bob, "erc20", 5, ZERO, bob)
    call(bob, "erc20", 4, bob, ZERO)
    for hostile in (2**256 - 1, 10**38):
        call(bob, "erc20", hostile, bob, carol)
    call(bob, "erc20", 1, "f" * 64, carol)
    call(alice, "erc721", 0, alice, bob, 99 + turn)
    call(alice, "erc1155", 7, 3, alice, bob, carol)
    call(alice, "unindexed", alice, bob, 11)
    call(alice, "deposit", 50 + turn, alice)
    call(bob, "deposit", 60, alice)
    call(alice, "withdrawal", 20, alice)
    call(alice, "forward", carol, value=1_000 + turn)
    call(alice, "forward", made["forward"], value=2_000)  # and on to the zero address
    call(alice, "forward", made["forward_and_fail"], value=3_000)  # stays where it was
    call(alice, "forward_and_fail", carol, value=4_000)  # fails as a whole
    call(carol, "make", value=5_000)
    if turn == 0:
        call(carol, "destroy", bob, value=6_000)
    node.send(**{"from": carol, "data": "0xfe", "value": "0x7"})
    node.send(**{"from": carol, "data": creation("00"), "value": hex(9 + turn)})
