"""Answers of token contracts as assets; what they say is text of strangers.

Invariants:
    Decimals that are no number from 0 to 77 are unknown, never guessed. A symbol is at most 64 printable
    letters out of at most 256 bytes, else there is none: control and direction marks can dress up as
    another token's name. A contract that answers neither gives no row, and an issue.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

from clawback.sources.base import Issue, Options, ParsedPart, cut_sample, read_bytes

MAX_BYTES: Final = 32 << 20
_WORD: Final = 32
_MAX_DECIMALS: Final = 77
_MAX_SYMBOL_BYTES: Final = 256
_MAX_SYMBOL: Final = 64
_MAX_ANSWER: Final = 2 + 2 * 4096


def parse(data: bytes | Path, options: Options, part: str, day: date | None) -> ParsedPart:
    """Read the answers of a batch; see `clawback.sources.base`."""
    parsed = ParsedPart()
    name = part.rpartition("/")[2]
    try:
        answers = _answers(read_bytes(data, MAX_BYTES))
        contracts = options["assets"][name]
        missing = [
            question
            for contract in contracts
            for question in (f"decimals/{contract}", f"symbol/{contract}")
            if question not in answers
        ]
        if missing:
            raise ValueError(f"{len(missing)} questions are not answered, the first is {missing[0]}")
    except (ValueError, KeyError) as error:
        parsed.broken = f"{name}: {error}"
        return parsed
    for contract in contracts:
        decimals = _decimals(answers[f"decimals/{contract}"])
        symbol = _symbol(answers[f"symbol/{contract}"])
        if decimals is None:
            parsed.issues.append(Issue("warning", "no_decimals", "the contract says no decimals", contract))
        if decimals is not None or symbol is not None:
            parsed.add(
                "assets",
                {"chain": options["chain"], "asset": contract, "symbol": symbol, "decimals": decimals},
            )
    return parsed


def _answers(content: bytes) -> dict[str, bytes | None]:
    """By question what came back; None where the contract failed or the answer is no bytes."""
    try:
        batch = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the node's answer is no JSON: {error}") from error
    if not isinstance(batch, list):
        raise ValueError(f"the node did not answer the batch: {cut_sample(batch)[:200]}")
    found: dict[str, bytes | None] = {}
    for answer in batch:
        if not isinstance(answer, Mapping) or not isinstance(answer.get("id"), str):
            raise ValueError(f"an answer has no id: {cut_sample(answer)[:200]}")
        if answer["id"] in found:
            raise ValueError(f"two answers have the id {answer['id'][:60]}")
        if "result" not in answer and "error" not in answer:
            raise ValueError(f"an answer holds neither result nor error: {cut_sample(answer)[:200]}")
        found[answer["id"]] = _bytes(answer.get("result"))
    return found


def _bytes(value: Any) -> bytes | None:
    if not isinstance(value, str) or not value.startswith("0x") or len(value) > _MAX_ANSWER:
        return None
    try:
        return bytes.fromhex(value[2:])
    except ValueError:
        return None


def _decimals(answer: bytes | None) -> int | None:
    if answer is None or len(answer) != _WORD:
        return None
    decimals = int.from_bytes(answer)
    return decimals if decimals <= _MAX_DECIMALS else None


def _symbol(answer: bytes | None) -> str | None:
    if answer is None:
        return None
    raw = _string(answer)
    if raw is None or len(raw) > _MAX_SYMBOL_BYTES:
        return None
    try:
        symbol = raw.decode("utf-8").strip()
    except UnicodeDecodeError:
        return None
    return symbol if symbol and len(symbol) <= _MAX_SYMBOL and symbol.isprintable() else None


def _string(answer: bytes) -> bytes | None:
    # Early tokens give 32 bytes, filled up with zeros; the others a string with its place and length.
    if len(answer) == _WORD:
        return answer.rstrip(b"\0")
    if len(answer) < 2 * _WORD or int.from_bytes(answer[:_WORD]) != _WORD:
        return None
    length = int.from_bytes(answer[_WORD : 2 * _WORD])
    text = answer[2 * _WORD : 2 * _WORD + length]
    return text if len(text) == length else None
