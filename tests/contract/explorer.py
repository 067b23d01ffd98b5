"""An explorer on loopback that pages, limits and refuses as Etherscan's documentation says.

Constructed after https://docs.etherscan.io/api-reference (accounts: txlist, txlistinternal, tokentx; blocks:
getblocknobytime; geth proxy: eth_getBlockByNumber; common error messages): no recorded answer was to be had.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.contract.anvil import Node
from tests.contract.loopback import LoopbackServer, Scripted

WINDOW = 10_000
NOTHING = {
    "txlist": "No transactions found",
    "txlistinternal": "No internal transactions found",
    "tokentx": "No token transfers found",
}
TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"


class ConstructedExplorer:
    """Lists by action, blocks by time, and how often it says that it is asked too often."""

    def __init__(
        self, lists: dict[str, list[dict[str, str]]], times: dict[int, int], refusals: int = 0
    ) -> None:
        self.lists, self.times, self.refusals = lists, times, refusals
        self.calls: Counter[str] = Counter()
        self.finalized: int | None = None
        """The block that its node calls so; None where it passes no questions on."""
        self.rows_per_page = WINDOW
        """What it gives at most, whatever it is asked for."""

    def serving(self) -> LoopbackServer:
        """A server that answers as this explorer."""
        return LoopbackServer(answering=lambda path, _: Scripted(json.dumps(self.answer(path)).encode()))

    def answer(self, path: str) -> dict[str, Any]:
        """What it says to a question."""
        words = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
        action = words["action"]
        self.calls[action] += 1
        if self.refusals:
            self.refusals -= 1
            return refused("Max calls per sec rate limit reached (4/sec)")
        if action == "getblocknobytime":
            return told(str(self._block_at(int(words["timestamp"]), words["closest"])))
        if words["module"] == "proxy":
            if self.finalized is None:
                return refused("Error! Invalid tag")
            return {"jsonrpc": "2.0", "id": 1, "result": {"number": hex(self.finalized)}}
        page, offset = int(words["page"]), int(words["offset"])
        if page * offset > WINDOW:
            return refused("Result window is too large, PageNo x Offset must be at most 10000")
        rows = [
            row
            for row in self.lists[action]
            if words["address"] in (row["from"], row["to"], row["contractAddress"])
            and int(words["startblock"]) <= int(row["blockNumber"]) <= int(words["endblock"])
        ]
        offset = min(offset, self.rows_per_page)
        rows = rows[(page - 1) * offset : page * offset]
        return told(rows) if rows else {"status": "0", "message": NOTHING[action], "result": []}

    def _block_at(self, second: int, closest: str) -> int:
        if closest == "after":
            return min(number for number, time in self.times.items() if time >= second)
        return max(number for number, time in self.times.items() if time <= second)


def told(result: Any) -> dict[str, Any]:
    """A good answer."""
    return {"status": "1", "message": "OK", "result": result}


def refused(problem: str) -> dict[str, Any]:
    """A refusal; its status is 200 all the same."""
    return {"status": "0", "message": "NOTOK", "result": problem}


def token_row(number: int, block: int, seconds: int, payer: str, receiver: str, value: int) -> dict[str, str]:
    """A row of tokentx."""
    return {
        "blockNumber": str(block),
        "timeStamp": str(seconds),
        "hash": f"0x{number:064x}",
        "blockHash": f"0x{block:064x}",
        "from": payer,
        "contractAddress": "0x" + "ef" * 20,
        "to": receiver,
        "value": str(value),
        "tokenName": "Token",
        "tokenSymbol": "TKN",
        "tokenDecimal": "6",
        "transactionIndex": "0",
    }


def explorer_of(node: Node) -> ConstructedExplorer:
    """The explorer that shows what a real node has."""
    lists: dict[str, list[dict[str, str]]] = {"txlist": [], "txlistinternal": [], "tokentx": []}
    times: dict[int, int] = {}
    for number in range(int(node.call("eth_blockNumber"), 16) + 1):
        block = node.call("eth_getBlockByNumber", hex(number), True)
        times[number] = int(block["timestamp"], 16)
        for transaction in block["transactions"]:
            receipt = node.call("eth_getTransactionReceipt", transaction["hash"])
            common = {
                "blockNumber": str(number),
                "timeStamp": str(times[number]),
                "blockHash": block["hash"],
                "hash": transaction["hash"],
                "transactionIndex": str(int(transaction["transactionIndex"], 16)),
            }
            lists["txlist"].append(
                {
                    **common,
                    "from": transaction["from"].lower(),
                    "to": (transaction["to"] or "").lower(),
                    "contractAddress": (receipt["contractAddress"] or "").lower(),
                    "value": str(int(transaction["value"], 16)),
                    "gasPrice": str(int(receipt["effectiveGasPrice"], 16)),
                    "gasUsed": str(int(receipt["gasUsed"], 16)),
                    "isError": "0" if receipt["status"] == "0x1" else "1",
                }
            )
            for log in receipt["logs"]:
                if log["topics"][0] == TRANSFER and len(log["topics"]) == 3:
                    lists["tokentx"].append(
                        {
                            **common,
                            "from": "0x" + log["topics"][1][26:],
                            "to": "0x" + log["topics"][2][26:],
                            "contractAddress": log["address"].lower(),
                            "value": str(int(log["data"], 16)),
                            "tokenSymbol": "TKN",
                            "tokenDecimal": "6",
                        }
                    )
    return ConstructedExplorer(lists, times)
