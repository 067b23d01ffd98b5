"""Balances of a day: what holdings had before taint came to them, and now and then what all have."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Final

from clawback.chains.evm.blocks import Batch, batch_of_blocks
from clawback.chains.evm.fetch import in_parts
from clawback.chains.evm.frontier.balances import HoldingAt, ask_balances
from clawback.chains.evm.frontier.reach import Reach, Watched
from clawback.chains.evm.nodes import Nodes
from clawback.chains.evm.quantities import quantity
from clawback.chains.evm.rpc import Question
from clawback.chains.evm.shapes import Block
from clawback.chains.evm.transport import Endpoint
from clawback.sources.evm_frontier.kept import Earlier, SeenBalance

_BLOCK: Final = Question("eth_getBlockByNumber", Block)


def balances_of_day(
    nodes: Nodes,
    blocks: range,
    watched: Watched,
    reach: Reach,
    earlier: Earlier,
    day: date,
    every: int,
) -> list[SeenBalance]:
    """Balances at the end of the block before the first arrival; every so many days of all that is held.

    Raises:
        ClawbackError: no node answers.
    """
    asked = {HoldingAt(address, asset, max(block - 1, 0)) for (address, asset), block in reach.first.items()}
    if blocks and every and day.toordinal() % every == 0:
        asked |= {HoldingAt(address, asset, blocks[-1]) for address, asset in watched.holdings}
    new = sorted(one for one in asked if one not in earlier.balances)
    times = _times(nodes, {one.block for one in new})
    answers = ask_balances(nodes, new)
    found = [earlier.balances[one] for one in asked if one in earlier.balances]
    for one, answer in zip(new, answers, strict=True):
        found.append(SeenBalance(one.address, one.asset, one.block, times[one.block], answer))
    return sorted(found, key=lambda one: (one.address, one.asset, one.block))


def one_block(endpoint: Endpoint, asked: range) -> Batch:
    """A full block without its receipts, checked. Raises NodeFailure."""
    return batch_of_blocks(asked, _BLOCK.ask(endpoint, [(hex(number), True) for number in asked])[0])


def _times(nodes: Nodes, numbers: Collection[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for number in sorted(numbers):
        (batch,) = in_parts(nodes, range(number, number + 1), one_block)
        found[number] = quantity(batch.headers[0].timestamp, "a block's time")
    return found
