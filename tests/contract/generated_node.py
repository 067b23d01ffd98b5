"""A chain of made-up blocks, and a node on loopback that gives them: slowly, in any order, counting."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, Final

from clawback.chains.evm.topics import TRANSFER
from tests.contract.loopback import LoopbackServer, Scripted

DAY: Final = date(2020, 9, 26)
MIDNIGHT: Final = int(datetime(2020, 9, 26, tzinfo=UTC).timestamp())

_TRACED_BY: Final = ("trace_block", "debug_traceBlockByNumber")

Logs = Callable[[int, int], Sequence[tuple[Sequence[str], str]]]
"""Topics and data of the logs of a transaction, by its number in the chain and their number."""


def hashed(kind: int, number: int) -> str:
    return f"0x{kind:02x}{number * 0x9E3779B97F4A7C15 % (1 << 248):062x}"


def address(number: int) -> str:
    return f"0x{number * 0x9E3779B97F4A7C15 % (1 << 160):040x}"


def padded(number: int) -> str:
    return f"0x{'0' * 24}{address(number)[2:]}"


def _value(call: int) -> str:
    return "0x0" if call % 4 else f"0x{call + 1:x}"


def token_logs(key: int, count: int) -> list[tuple[list[str], str]]:
    """Transfers of tokens between many addresses."""
    return [
        ([TRANSFER, padded(key % 8_000), padded((key + log) % 6_000)], f"0x{key + log:064x}")
        for log in range(count)
    ]


@dataclass(frozen=True)
class Chain:
    """What blocks hold. Chains of another `fork` have the same transactions in other blocks."""

    transactions: int = 100
    logs: int = 4
    fork: int = 1
    logs_of: Logs = token_logs
    input_bytes: int = 0
    """Of what each transaction hands to a contract."""
    calls: int = 0
    """Inner calls of each transaction, every fourth with value; with none the node does not trace."""
    heavy: Collection[int] | None = None
    """The only blocks that have these inner calls; all by default."""

    def block(self, number: int) -> tuple[str, str]:
        """A block and its receipts as JSON."""
        block_hash = hashed(self.fork, number)
        place = f'"blockHash":"{block_hash}","blockNumber":"{number:#x}"'
        transactions, receipts = [], []
        handed = f'"input":"0x{"5a" * self.input_bytes}",' if self.input_bytes else ""
        seen = 0
        for index in range(self.transactions):
            key = number * self.transactions + index
            own = f'"transactionHash":"{hashed(2, key)}","transactionIndex":"{index:#x}",{place}'
            transactions.append(
                f'{{"hash":"{hashed(2, key)}","from":"{address(key % 9_000)}","to":"{address(key % 7_000)}",'
                f'"value":"0x{key:x}",{handed}"transactionIndex":"{index:#x}",{place},"gasPrice":"0x5"}}'
            )
            logs = [
                f'{{"address":"{address(50_000 + key % 50)}","topics":{json.dumps(topics)},"data":"{data}",'
                f'"logIndex":"{seen + log:#x}",{own}}}'
                for log, (topics, data) in enumerate(self.logs_of(key, self.logs))
            ]
            seen += len(logs)
            receipts.append(f'{{{own},"gasUsed":"0x5208","status":"0x1","logs":[{",".join(logs)}]}}')
        head = (
            f'"number":"{number:#x}","hash":"{block_hash}","parentHash":"{hashed(self.fork, number - 1)}",'
            f'"timestamp":"{MIDNIGHT + number:#x}","gasUsed":"{0x5208 * self.transactions:#x}",'
            f'"miner":"{address(1)}"'
        )
        return f'{{{head},"transactions":[{",".join(transactions)}]}}', f"[{','.join(receipts)}]"

    def calls_of(self, number: int) -> int:
        """Inner calls of each transaction of a block."""
        return self.calls if self.heavy is None or number in self.heavy else 1

    def traces(self, number: int) -> str:
        """A block's inner calls as `trace_block` gives them, as JSON: about 400 bytes each."""
        found = []
        calls = self.calls_of(number)
        place = f'"blockHash":"{hashed(self.fork, number)}","blockNumber":{number}'
        for index in range(self.transactions):
            key = number * self.transactions + index
            own = f'{place},"transactionHash":"{hashed(2, key)}","transactionPosition":{index},"type":"call"'
            for call in range(-1, calls):
                path = "" if call < 0 else f"{call}"
                found.append(
                    f'{{"action":{{"callType":"call","from":"{address(key % 7_000)}","gas":"0x5208",'
                    f'"to":"{address(call)}","value":"{_value(call)}"}},{own},"subtraces":0,'
                    f'"traceAddress":[{path}],"result":{{"gasUsed":"0x0","output":"0x"}}}}'
                )
        return f"[{','.join(found)}]"

    def frames(self, number: int) -> str:
        """The same as `debug_traceBlockByNumber` gives them: about 600 bytes each."""
        found = []
        for index in range(self.transactions):
            key = number * self.transactions + index
            parties = f'"type":"CALL","gas":"0x5208","gasUsed":"0x0","from":"{address(key % 7_000)}"'
            inner = [
                f'{{{parties},"to":"{address(call)}","value":"{_value(call)}","input":"0x{"5a" * 200}"}}'
                for call in range(self.calls_of(number))
            ]
            own = f'{{{parties},"to":"{address(-1)}","value":"0x0","input":"0x","calls":[{",".join(inner)}]}}'
            found.append(f'{{"txHash":"{hashed(2, key)}","result":{own}}}')
        return f"[{','.join(found)}]"


@lru_cache(maxsize=2)
def _inner_calls(chain: Chain, method: str, number: int) -> str:
    return chain.traces(number) if method == "trace_block" else chain.frames(number)


@dataclass
class GeneratedNode:
    """Gives blocks of a chain, and counts who asks for what."""

    chain: Chain = field(default_factory=Chain)
    seconds: float = 0.0
    """How long it thinks about each question."""
    most: int = 1_000
    """More questions in a batch are refused."""
    reverse: bool = False
    """Answers of a batch come last first, and with other words around them."""
    traced_by: Collection[str] = _TRACED_BY
    """Ways of tracing that it offers, where its chain has inner calls."""
    newest: int = 1_000_000
    """The chain's last block."""
    until: int | None = None
    """Questions that begin with this block or a later one are not answered before `go_on` is set."""
    asked: list[list[int]] = field(default_factory=list)
    """Full blocks of each question."""
    refused: list[int] = field(default_factory=list)
    in_flight: int = 0
    most_in_flight: int = 0
    waiting: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def serve(self) -> LoopbackServer:
        """A server of it."""
        return LoopbackServer(answering=self._answer)

    def _answer(self, _: str, body: bytes) -> Scripted:
        found = json.loads(body)
        several = found if isinstance(found, list) else [found]
        with self._lock:
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            time.sleep(self.seconds)
            text = self._words(several, isinstance(found, list))
        finally:
            with self._lock:
                self.in_flight -= 1
        return Scripted(text)

    def _words(self, several: list[dict[str, Any]], is_batch: bool) -> bytes:
        if len(several) > self.most:
            self.refused.append(len(several))
            return b'{"id":null,"error":{"code":-32005,"message":"batch too large"}}'
        full = [int(one["params"][0], 16) for one in several if one["params"][1:] == [True]]
        if full:
            self.asked.append(full)
        if self.until is not None and full and full[0] >= self.until:
            self.waiting.set()
            self.go_on.wait(60)
        if self.reverse:
            words = [f'{{{self._said(one)},"jsonrpc":"2.0", "id":{one["id"]}}}' for one in several]
            words.reverse()
        else:
            words = [f'{{"id":{one["id"]},{self._said(one)}}}' for one in several]
        return (f"[{','.join(words)}]" if is_batch else words[0]).encode()

    def _said(self, one: dict[str, Any]) -> str:
        traces = one["method"] in _TRACED_BY
        if traces and not (self.chain.calls and one["method"] in self.traced_by):
            return '"error":{"code":-32601,"message":"unknown method"}'
        return f'"result":{self._result(one)}'

    def _result(self, one: dict[str, Any]) -> str:
        if one["method"] == "eth_chainId":
            return '"0x1"'
        number = self.newest if one["params"][0] == "latest" else int(one["params"][0], 16)
        if one["method"] in _TRACED_BY:
            return _inner_calls(self.chain, one["method"], number)
        block, receipts = self.chain.block(number)
        if one["method"] == "eth_getBlockReceipts":
            return receipts
        if not one["params"][1]:
            whole = json.loads(block)
            whole["transactions"] = [transaction["hash"] for transaction in whole["transactions"]]
            return json.dumps(whole)
        return block
