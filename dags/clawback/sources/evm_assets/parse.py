"""Answers of token contracts as assets; what they say is text of strangers.

Invariants:
    Decimals that are no number from 0 to 77 are unknown, never guessed. A symbol is at most 64 printable
    letters out of at most 256 bytes, else there is none: control and direction marks can dress up as
    another token's name. A contract that answers neither gives no row, and an issue. Only what a contract
    refused is unknown: a part with an error of the node itself is broken.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

from clawback.sources.base import Issue, Options, ParsedPart, cut_sample, read_bytes
from clawback.sources.evm_assets.calls import is_refusal

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
        contracts = options["assets"][name]
        questions = [
            f"{question}/{contract}" for contract in contracts for question in ("decimals", "symbol")
        ]
        answers = _answers(read_bytes(data, MAX_BYTES), questions)
        missing = [question for question in questions if question not in answers]
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


def _answers(content: bytes, questions: list[str]) -> dict[str, bytes | None]:
    """By question what came back; None where the contract failed."""
    try:
        batch = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the node's answer is no JSON: {error}") from error
    if not isinstance(batch, list):
        raise ValueError(f"the node did not answer the batch: {cut_sample(batch)[:200]}")
    found: dict[str, bytes | None] = {}
    for answer in batch:
        question = _question(answer, questions)
        if question in found:
            raise ValueError(f"two answers have the id {question[:60]}")
        if answer.get("error") is not None:
            _check_refused(answer["error"], question)
        elif "result" not in answer:
            raise ValueError(f"an answer holds neither result nor error: {cut_sample(answer)[:200]}")
        found[question] = _bytes(answer.get("result"))
    return found


def _question(answer: Any, questions: list[str]) -> str:
    said = answer.get("id") if isinstance(answer, Mapping) else None
    if isinstance(said, str):
        return said  # of the first version, which asked by name
    if isinstance(said, bool) or not isinstance(said, int) or not 0 <= said < len(questions):
        raise ValueError(f"an answer has no id: {cut_sample(answer)[:200]}")
    return questions[said]


def _check_refused(error: object, question: str) -> None:
    code, message = (error.get("code"), error.get("message")) if isinstance(error, Mapping) else (0, error)
    if not is_refusal(code if isinstance(code, int) else 0, str(message)):
        raise ValueError(f"{question}: the node failed, not the contract: {cut_sample(error)[:200]}")


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
