"""A real node behind a server that changes what it says, and counts who asks for what."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.contract.anvil import Node
from tests.contract.loopback import LoopbackServer, Scripted

Change = Callable[[str, list[Any], Any], Any]
"""What is said in place of the true result, by method and parameters."""


def lying(node: Node, change: Change, told: Counter[str] | None = None) -> LoopbackServer:
    """The node with other results."""

    def one(call: dict[str, Any]) -> dict[str, Any]:
        method, params = call["method"], call["params"]
        if told is not None:
            told[method] += 1
        answer = {"jsonrpc": "2.0", "id": call["id"]}
        try:
            return answer | {"result": change(method, params, node.call(method, *params))}
        except AssertionError as error:
            return answer | {"error": {"code": -32000, "message": str(error)}}

    def answering(_: str, body: bytes) -> Scripted:
        asked = json.loads(body)
        found = [one(call) for call in asked] if isinstance(asked, list) else one(asked)
        return Scripted(json.dumps(found).encode())

    return LoopbackServer(answering=answering)


def honest(_: str, __: list[Any], result: Any) -> Any:
    """What the node says."""
    return result
