"""What an extraction is: all that its bytes depend on, and apart from it all that they do not."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

from clawback.chains.evm.transport import Limits

TraceMethod = Literal["trace_block", "debug_traceBlockByNumber"]

FORMAT: Final = 2
"""Goes up when the same blocks give other bytes."""
BLOOM: Final = "bloom"
RECEIPTS_ROOT: Final = "receipts-root"
TRACES: Final = "traces"
TRANSACTIONS_ROOT: Final = "transactions-root"
CHECKS: Final = (BLOOM, RECEIPTS_ROOT, TRACES, TRANSACTIONS_ROOT)
"""Checks beyond the default ones."""
OF_FULL_BLOCKS: Final = frozenset({TRACES, TRANSACTIONS_ROOT})
"""Those that token transfers alone have nothing for."""


@dataclass(frozen=True)
class Plan:
    """Blocks, and how they are read. Equal plans give equal bytes."""

    chain: str
    chain_id: int
    day: str | None
    first_block: int
    last_block: int
    only_token_transfers: bool
    traces: TraceMethod | None
    checks: tuple[str, ...]
    wrapped: tuple[str, ...]
    log_topics: tuple[str, ...]
    log_addresses: tuple[str, ...]
    chunk_blocks: int
    gas_adds_up: bool = True
    filters_add_up: bool = True

    @property
    def proves_whole(self) -> bool:
        """Whether each block's receipts must be proven to be all that it has."""
        return not self.only_token_transfers and (self.gas_adds_up or RECEIPTS_ROOT in self.checks)

    def as_json(self) -> dict[str, Any]:
        """As it stands in the folder of the extraction."""
        return {"format": FORMAT} | {
            name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()
        }

    def chunks(self) -> list[range]:
        """The blocks in chunks of fixed size, each the work of one worker at a time."""
        stop = self.last_block + 1
        return [
            range(start, min(start + self.chunk_blocks, stop))
            for start in range(self.first_block, stop, self.chunk_blocks)
        ]


@dataclass(frozen=True)
class Access:
    """Where to ask, and within which bounds."""

    urls: tuple[str, ...]
    allow_hosts: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    most_blocks: int = 100
    """Most blocks in one question, however small they are."""
