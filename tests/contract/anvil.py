"""A real Ethereum node on loopback: anvil, from npm, and the few calls that the tests need."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.conftest import free_port
from tests.contract.npm import ANVIL, anvil, require_node


class Node:
    """JSON-RPC to the node."""

    def __init__(self, url: str) -> None:
        self.url = url

    def call(self, method: str, *params: Any) -> Any:
        """One call; an error is raised."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        request = urllib.request.Request(self.url, body, {"content-type": "application/json"})  # noqa: S310 - loopback
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - loopback
            found = json.load(answer)
        if "error" in found:
            raise AssertionError(f"{method}: {found['error']}")
        return found["result"]

    def mine(self, seconds: int) -> int:
        """Mine one block at that time; its number."""
        self.call("evm_setNextBlockTimestamp", hex(seconds))
        self.call("anvil_mine", "0x1")
        return int(self.call("eth_blockNumber"), 16)

    def send(self, **fields: Any) -> str:
        """Put a transaction in the pool; its hash."""
        sent: str = self.call("eth_sendTransaction", {"gas": "0x100000", **fields})
        return sent


def wait_for(process: subprocess.Popen[bytes], ask: Callable[[], object], seconds: float) -> None:
    """Asks a node that was just started until it answers. Raises OSError where it ends, or stays silent."""
    ends = time.monotonic() + seconds
    while True:
        try:
            ask()
            return
        except OSError:
            if time.monotonic() > ends or process.poll() is not None:
                raise
            time.sleep(0.1)


@contextmanager
def running_node(start: int) -> Iterator[Node]:
    """A node without automatic mining whose first block is at that second."""
    binary = require_node(ANVIL, anvil)
    port = free_port()
    process = subprocess.Popen(
        [
            str(binary),
            *("--host", "127.0.0.1", "--port", str(port), "--chain-id", "1", "--timestamp", str(start)),
            *("--no-mining", "--order", "fifo", "--gas-limit", "60000000", "-q"),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    node = Node(f"http://127.0.0.1:{port}")
    try:
        wait_for(process, lambda: node.call("eth_blockNumber"), 60)
        yield node
    finally:
        process.kill()
        process.wait()
