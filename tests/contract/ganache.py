"""A second real node on loopback, of another make and chain: ganache, from npm.

It has neither `eth_getBlockReceipts` nor traces, as many hosted nodes have not.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

from tests.conftest import free_port
from tests.contract.anvil import Node, wait_for
from tests.contract.npm import GANACHE, ganache, require_node

CHAIN_ID: Final = 31_337


class Ganache(Node):
    """The same calls as of the other node, with its own way to mine.

    It counts logs by transaction, where nodes count them by block: each transaction has a block of its own.
    """

    last = 0

    def mine(self, seconds: int) -> int:
        """Mine one block at that time, or a second after the last one; its number."""
        self.last = max(seconds, self.last + 1)
        self.call("evm_mine", {"timestamp": self.last})
        return int(self.call("eth_blockNumber"), 16)

    def send(self, **fields: Any) -> str:
        """Send a transaction, and mine it; its hash."""
        sent = super().send(**fields)
        self.mine(0)
        return sent


@contextmanager
def running_ganache(start: int) -> Iterator[Ganache]:
    """A node without automatic mining whose first block is at that second."""
    program, port = require_node(GANACHE, ganache), free_port()
    moment = datetime.fromtimestamp(start, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    process = subprocess.Popen(
        [
            *("node", str(program), "--server.host", "127.0.0.1", "--server.port", str(port)),
            *("--chain.chainId", str(CHAIN_ID), "--wallet.deterministic", "--chain.time", moment),
            *("--miner.blockGasLimit", "0x3938700", "--miner.timestampIncrement", "1", "--logging.quiet"),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    node = Ganache(f"http://127.0.0.1:{port}")
    node.last = start
    try:
        wait_for(process, lambda: node.call("miner_stop"), 120)
        yield node
    finally:
        process.kill()
        process.wait()
