"""A real Ethereum node on loopback: anvil, from npm, and the few calls that the tests need."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tests.conftest import ROOT, free_port
from tests.tools_present import require_tool

PACKAGE: Final = "@foundry-rs/anvil@1.7.1"
FOLDER: Final = ROOT / "build" / "npm"


def require_anvil() -> Path:
    """Path of the node's program; installs it once, skips the test by name where that cannot be done."""
    found = _binary()
    if found is None:
        require_tool("npm (for anvil)", shutil.which("npm") is not None, "install Node 20")
        FOLDER.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(FOLDER), PACKAGE],
            check=False,
            timeout=300,
            capture_output=True,
        )
        found = _binary()
    require_tool("anvil", found is not None, f"npm install --prefix build/npm {PACKAGE}")
    assert found is not None
    return found


def _binary() -> Path | None:
    packages = FOLDER / "node_modules" / "@foundry-rs"
    return next(
        (path for path in sorted(packages.glob("anvil-*/bin/anvil")) if os.access(path, os.X_OK)), None
    )


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
    binary = require_anvil()
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
        wait_for(process, lambda: node.call("eth_blockNumber"), 30)
        yield node
    finally:
        process.kill()
        process.wait()
