"""Questions to contracts, many at once: what a contract says or refuses, and what is the node's own failure.

Layout:
    Answers are landed as a JSON list in the order of the questions: {"id": its place, "result": the node's
    word} or {"id": its place, "error": its error}.

Invariants:
    Only what the machine that runs contracts says of a contract counts as its refusal. Any other error is the
    node's: the question is asked again, of the next node too, or fails. A contract writes the reason of its
    own refusal, so that is recognised first: it may read like a node that wants fewer questions.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from clawback.chains.evm.failures import Lie, NotOffered, TooMuch
from clawback.chains.evm.nodes import Nodes
from clawback.chains.evm.rpc import Question, meaning_of
from clawback.chains.evm.shapes import RpcError
from clawback.chains.evm.transport import Endpoint
from clawback.errors import ClawbackError

Call = dict[str, str]
"""Parameters of one `eth_call`."""

_CALL: Final = Question("eth_call", str)
_BYTES: Final = re.compile(r"0x(?:[0-9a-fA-F]{2})*")
_REFUSALS: Final = frozenset({3, -32015})
"""Codes for a call that the contract ended: by geth and its kin, by Nethermind and OpenEthereum."""
_ENDED: Final = re.compile(
    r"revert|out ?of ?gas|op ?code|bad ?instruction|invalid ?jump|stack ?(under|over)flow|stack limit"
    r"|call ?depth|write protection|return ?data out|gas uint64 overflow|0xef|\b[ev]vm (error|exec|except)"
    r"|\bvm (exec|except)",
    re.I,
)
"""Words of these and of Besu, Erigon, Reth and the development nodes for a call that ended by itself."""


class _Answer(msgspec.Struct, omit_defaults=True):
    id: int | None = None
    result: Any = None
    error: RpcError | None = None


_ANSWERS: Final = msgspec.json.Decoder(_Answer | list[_Answer])


def ask_contracts(nodes: Nodes, calls: Sequence[Call]) -> bytes:
    """Ask all of one node, of the next one where that fails, and in halves where it is too much.

    Returns:
        The answers, as they are landed.

    Raises:
        ClawbackError: no node answers all of them.
    """
    answers = _asked(nodes, calls)
    for place, answer in enumerate(answers):
        answer.id = place
    return msgspec.json.encode(answers)


def is_refusal(code: int, message: str) -> bool:
    """Whether an error is the contract's: it has no such function, or ended in failure."""
    return code in _REFUSALS or _ENDED.search(message) is not None


def _asked(nodes: Nodes, calls: Sequence[Call]) -> list[_Answer]:
    name = f"answers of contracts to {len(calls)} questions"
    try:
        return nodes.try_each(name, lambda endpoint: _ask(endpoint, calls), divisible=len(calls) > 1)
    except TooMuch:
        middle = len(calls) // 2
        return _asked(nodes, calls[:middle]) + _asked(nodes, calls[middle:])
    except NotOffered as error:
        raise ClawbackError(
            "the node does not answer eth_call",
            cause=str(error),
            remedy="name a node that does, beside this one or in its place",
        ) from error


def _ask(endpoint: Endpoint, calls: Sequence[Call]) -> list[_Answer]:
    content = _CALL.post(endpoint, [(call, "latest") for call in calls])
    try:
        found = _ANSWERS.decode(content)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        start = content[:60].decode("utf-8", "replace")
        raise Lie(f"no answer to eth_call: {error}; it begins {start!r}") from error
    answers = found if isinstance(found, list) else [found]
    by_id = {answer.id: answer for answer in answers}
    if by_id.keys() != set(range(len(calls))) or len(answers) != len(calls):
        if len(answers) == 1 and answers[0].error is not None:
            raise meaning_of(answers[0].error, "eth_call", content)
        raise Lie(f"{len(answers)} answers to {len(calls)} questions of eth_call, or not to these")
    for answer in answers:
        if answer.error is not None:
            if not is_refusal(answer.error.code, answer.error.message):
                raise meaning_of(answer.error, "eth_call", content)
        elif not isinstance(answer.result, str) or not _BYTES.fullmatch(answer.result):
            raise Lie(f"eth_call gave no bytes: {str(answer.result)[:60]!r}")
    return [by_id[place] for place in range(len(calls))]
