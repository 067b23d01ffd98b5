"""Which transactions moved tokens from or to an address: logs by topic, in questions of bounded size.

Invariants:
    A log only points at a transaction; what it moved is read with the whole block.
    With proven logs, an answer that lacks one of them is a Lie.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from clawback.chains.evm.blocks import in_lower_case
from clawback.chains.evm.columns import small_integers
from clawback.chains.evm.failures import Lie
from clawback.chains.evm.fetch import in_parts
from clawback.chains.evm.frontier.by_address import ByAddress
from clawback.chains.evm.frontier.proven_logs import ProvenLogs, parties_of, word_of
from clawback.chains.evm.frontier.values import Hit
from clawback.chains.evm.rpc import Question
from clawback.chains.evm.shapes import Log
from clawback.chains.evm.topics import DEPOSIT, TRANSFER, WITHDRAWAL
from clawback.chains.evm.transport import Endpoint
from clawback.errors import ClawbackError

_LOGS: Final = Question("eth_getLogs", list[Log])
_MOST_LOGS: Final = 50_000


@dataclass
class TokenLogs(ByAddress):
    """Asks for logs of transfers, and of deposits and withdrawals of the wrapped coin."""

    wrapped: Collection[str] = ()
    proven: ProvenLogs | None = None

    def touching(self, addresses: Collection[str], blocks: range) -> dict[str, set[Hit]]:
        """See `ByAddress`."""
        if self.proven is not None:
            self.proven.look_for(addresses)
        return super().touching(addresses, blocks)

    def with_first_topics(self, topics: list[str], blocks: range) -> list[Log]:
        """All logs with one of these first topics, whoever emits them.

        Raises:
            ClawbackError: more than anybody's events of that kind, or no node gave an answer that holds.
        """
        if self.proven is not None:
            self.proven.look_for_rare()
        found: list[Log] = []
        for start in range(blocks.start, blocks.stop, self.most_blocks):
            part = range(start, min(start + self.most_blocks, blocks.stop))
            for logs in in_parts(
                self.nodes, part, lambda endpoint, some: self._of_topics(endpoint, topics, some)
            ):
                found += logs
            if len(found) > _MOST_LOGS:
                raise ClawbackError(
                    f"more than {_MOST_LOGS} logs of rare events in blocks {blocks.start} to {part.stop - 1}",
                    cause="somebody floods the chain with events of issuers, or the node makes them up",
                    remedy="look at the node; another one may say otherwise",
                )
        return found

    def attempt(self, endpoint: Endpoint, addresses: list[str], blocks: range) -> list[tuple[str, Hit]]:
        """Ask for logs of these addresses. Raises NodeFailure."""
        asked = set(addresses)
        words = [word_of(address) for address in addresses]
        bounds: dict[str, Any] = {"fromBlock": hex(blocks.start), "toBlock": hex(blocks.stop - 1)}
        questions = [
            {**bounds, "topics": [TRANSFER, words]},
            {**bounds, "topics": [TRANSFER, None, words]},
        ]
        if self.wrapped:
            moves = [[DEPOSIT, WITHDRAWAL], words]
            questions.append({**bounds, "address": sorted(self.wrapped), "topics": moves})
        found = []
        for question in questions:
            logs = _LOGS.ask(endpoint, [(question,)])[0][0]
            in_lower_case(logs)
            numbers = small_integers([log.block_number for log in logs], "a log's block")
            places = small_integers([log.transaction_index for log in logs], "a log's transaction index")
            for log, number, place in zip(logs, numbers.tolist(), places.tolist(), strict=True):
                parties = asked & parties_of(log, self.wrapped)
                if number not in blocks or not parties:
                    raise Lie("the node gave logs that were not asked for")
                found += [(address, (number, place)) for address in sorted(parties)]
        if self.proven is not None:
            self.proven.check(addresses, blocks, found)
        return found

    def _of_topics(self, endpoint: Endpoint, topics: list[str], blocks: range) -> list[Log]:
        bounds = {"fromBlock": hex(blocks.start), "toBlock": hex(blocks.stop - 1), "topics": [topics]}
        logs = _LOGS.ask(endpoint, [(bounds,)])[0][0]
        in_lower_case(logs)
        numbers = small_integers([log.block_number for log in logs], "a log's block").tolist()
        for log, number in zip(logs, numbers, strict=True):
            if number not in blocks or not log.topics or log.topics[0] not in topics:
                raise Lie("the node gave logs that were not asked for")
        if self.proven is not None:
            self.proven.check_rare(blocks, logs)
        return logs
