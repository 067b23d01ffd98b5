"""Questions to an explorer, and its peculiar way of saying no: status 200 and `"status": "0"`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import httpx

from clawback.errors import ClawbackError
from clawback.sources.http import Answer, HttpClient
from clawback.sources.prices import read_json

WINDOW: Final = 10_000
"""The explorer gives the first so many rows of an answer; beyond them it refuses the page."""

_NOTHING: Final = ("no transactions found", "no internal transactions found", "no token transfers found")
_TRIES: Final = 6
_PROXY: Final = "proxy"
_TOO_OFTEN: Final = "rate limit"
_DEPTH: Final = 64
"""Blocks that must lie above, where the chain's final block has a name that the explorer does not know."""
_NUMBER: Final = re.compile(r"0x[0-9a-f]{1,15}")


class NoAnswer(ClawbackError):
    """The explorer refused, or its answer is none."""


@dataclass
class Explorer:
    """One explorer and one chain of it; asks no faster than it is allowed to."""

    http: HttpClient
    url: httpx.URL
    chain_id: int
    key: str | None
    calls_per_second: int
    asked: int = 0

    def ask(self, module: str, action: str, **words: str | int) -> tuple[Answer, Any]:
        """One answer and its result; asks again where the explorer says that it was asked too often.

        Raises:
            NoAnswer: refused, or asked too often to the end.
        """
        words = {"chainid": self.chain_id, "module": module, "action": action, **words}
        if self.key is not None:
            words["apikey"] = self.key
        problem = ""
        for attempt in range(_TRIES):
            if self.asked:
                self.http.wait(1 / self.calls_per_second)
            self.asked += 1
            answer = self.http.get(str(self.url.copy_merge_params(words)))
            problem, result = outcome(answer.body, of_node=module == _PROXY)
            if not problem:
                return answer, result
            if _TOO_OFTEN not in problem.lower():
                break
            self.http.wait(float(2**attempt))
        raise NoAnswer(
            f"the explorer does not answer {action}",
            where=self.url.host,
            cause=problem,
            remedy="run the ingest again; if it is asked too often, lower the option calls_per_second",
        )

    def block_at(self, second: int, closest: str) -> int:
        """The block `before` or `after` a moment.

        Raises:
            NoAnswer: the explorer gives no number.
        """
        _, result = self.ask("block", "getblocknobytime", timestamp=second, closest=closest)
        if not isinstance(result, str) or not (result.isascii() and result.isdecimal()) or len(result) > 18:
            raise NoAnswer(
                "the explorer gives no block for a time", where=self.url.host, cause=str(result)[:200]
            )
        return int(result)

    def final_block(self, finality: str | int, now: datetime) -> int:
        """The newest block that can no longer change.

        Args:
            finality: the tag `finalized`, or how many blocks must lie above.
            now: the present time.

        Raises:
            NoAnswer: the explorer gives no newest block.
        """
        newest = self.block_at(int(now.timestamp()), "before")
        if isinstance(finality, int):
            return newest - finality
        named = self._named_block(finality)
        return newest - _DEPTH if named is None else min(named, newest)

    def _named_block(self, tag: str) -> int | None:
        try:
            _, result = self.ask(_PROXY, "eth_getBlockByNumber", tag=tag, boolean="false")
        except NoAnswer as error:
            if _TOO_OFTEN in (error.cause or "").lower():
                raise
            return None  # not every explorer passes questions on to its node
        number = result.get("number") if isinstance(result, Mapping) else None
        return int(number, 16) if isinstance(number, str) and _NUMBER.fullmatch(number) else None


def outcome(body: bytes, *, of_node: bool = False) -> tuple[str, Any]:
    """What is wrong with an answer (nothing where it is one), and its result.

    Args:
        body: the answer.
        of_node: whether the explorer may pass on the words of its node.
    """
    try:
        said = read_json(body)
    except ValueError as error:
        return str(error), None
    if not isinstance(said, Mapping) or "result" not in said:
        return f"no result in {str(said)[:200]}", None
    if of_node and "jsonrpc" in said and "status" not in said:
        return "", said["result"]
    message = str(said.get("message", ""))
    if str(said.get("status")) == "1":
        return "", said["result"]
    if message.lower().startswith(_NOTHING) and said["result"] in ([], None):
        return "", []
    return f"{message}: {str(said['result'])[:200]}", None
