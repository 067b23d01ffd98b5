"""Questions about many addresses in many blocks, cut into what a node takes.

Invariants:
    However a node cuts what it answers, the same transactions are found: a question that is refused is asked
    in halves.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from clawback.chains.evm.failures import NotOffered, TooMuch
from clawback.chains.evm.frontier.values import Hit
from clawback.chains.evm.nodes import Nodes
from clawback.chains.evm.transport import Endpoint
from clawback.errors import ClawbackError


@dataclass
class ByAddress(ABC):
    """Asks what touches addresses. Sizes of questions shrink with the node's patience.

    `most_hits`: an address with more transactions than that is asked about no further.
    """

    nodes: Nodes
    most_hits: int
    most_addresses: int = 100
    most_blocks: int = 2_000
    covered: Counter[str] = field(default_factory=Counter)
    """In how many blocks each address was asked about."""

    @abstractmethod
    def attempt(self, endpoint: Endpoint, addresses: list[str], blocks: range) -> list[tuple[str, Hit]]:
        """Ask once. Raises NodeFailure."""

    def touching(self, addresses: Collection[str], blocks: range) -> dict[str, set[Hit]]:
        """For each address (lower-case hex) the transactions that moved something from or to it.

        Raises:
            ClawbackError: no node gave an answer that holds.
        """
        found: dict[str, set[Hit]] = {address: set() for address in addresses}
        waiting = sorted(found)
        while waiting:
            some, waiting = waiting[: self.most_addresses], waiting[self.most_addresses :]
            start = blocks.start
            while start < blocks.stop:
                part = range(start, min(start + self.most_blocks, blocks.stop))
                quiet = [address for address in some if len(found[address]) <= self.most_hits]
                for address, hit in self._ask(quiet, part):
                    found[address].add(hit)
                start = part.stop
        return found

    def _ask(self, addresses: list[str], blocks: range) -> Iterator[tuple[str, Hit]]:
        if not addresses or not blocks:
            return
        name = f"what touches {len(addresses)} addresses in blocks {blocks.start} to {blocks.stop - 1}"
        divisible = len(addresses) > 1 or len(blocks) > 1
        try:
            found = self.nodes.try_each(
                name, lambda endpoint: self.attempt(endpoint, addresses, blocks), divisible=divisible
            )
            self.covered.update(dict.fromkeys(addresses, len(blocks)))
            yield from found
            return
        except TooMuch:
            pass  # asked in halves
        except NotOffered as error:
            raise ClawbackError(
                "the node does not offer what is needed",
                cause=str(error),
                remedy="name a node that does, beside this one or in its place",
            ) from error
        if len(blocks) >= len(addresses):
            self.most_blocks = max(1, min(self.most_blocks, len(blocks) // 2))
            middle = blocks.start + len(blocks) // 2
            yield from self._ask(addresses, range(blocks.start, middle))
            yield from self._ask(addresses, range(middle, blocks.stop))
        else:
            self.most_addresses = max(1, min(self.most_addresses, len(addresses) // 2))
            half = len(addresses) // 2
            yield from self._ask(addresses[:half], blocks)
            yield from self._ask(addresses[half:], blocks)
