"""JSON-RPC in batches: what is asked, and strict reading of what comes back."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from clawback.errors import ClawbackError
from clawback.sources.http import Answer, HttpClient

_QUANTITY = re.compile(r"0x(0|[1-9a-f][0-9a-f]{0,63})")

Call = tuple[str, str, list[Any]]
"""Id, method, parameters."""


class BadAnswer(ClawbackError):
    """The node answered with an error or with something that is no answer to the question."""


def ask(http: HttpClient, url: str, calls: Sequence[Call]) -> Answer:
    """Send calls as one batch; the answer's bytes are read by `results`."""
    body = [
        {"jsonrpc": "2.0", "id": name, "method": method, "params": params} for name, method, params in calls
    ]
    return http.post_json(url, json.dumps(body, separators=(",", ":")).encode())


def ask_one(http: HttpClient, url: str, method: str, params: list[Any]) -> Any:
    """One call, one result."""
    return results(ask(http, url, [("0", method, params)]).body)["0"]


def results(body: bytes) -> dict[str, Any]:
    """Results of a batch by id.

    Raises:
        BadAnswer: no batch of answers, an id twice, or any error in it.
    """
    try:
        answers = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadAnswer("the node's answer is no JSON", cause=str(error)) from error
    if not isinstance(answers, list):
        raise BadAnswer("the node did not answer the batch", cause=_shown(answers))
    found: dict[str, Any] = {}
    for answer in answers:
        if not isinstance(answer, dict) or not isinstance(answer.get("id"), str):
            raise BadAnswer("an answer has no id", cause=_shown(answer))
        if answer["id"] in found:
            raise BadAnswer(f"two answers have the id {answer['id'][:40]}")
        if answer.get("result") is None:
            raise BadAnswer(
                f"the node has no result for {answer['id'][:40]}", cause=_shown(answer.get("error"))
            )
        found[answer["id"]] = answer["result"]
    return found


def quantity(value: Any, name: str) -> int:
    """A JSON-RPC quantity.

    Raises:
        ValueError: anything but 0x and hex digits without leading zeros.
    """
    if not isinstance(value, str) or not _QUANTITY.fullmatch(value.lower()):
        raise ValueError(f"{name} is no quantity")
    return int(value, 16)


def _shown(value: Any) -> str:
    return json.dumps(value)[:300]
