"""What holdings had at the end of blocks, as far as the nodes keep the states of so long ago.

Layout:
    An answer is the text of one word, 0x and 64 digits or less, or None: no node keeps that state, the
    contract fails, or it says something that is no amount. Unknown is an answer; silence is not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec

from clawback.chains.evm.failures import Busy, Lie, NodeFailure
from clawback.chains.evm.nodes import Nodes
from clawback.chains.evm.rpc import meaning_of
from clawback.chains.evm.shapes import RpcError
from clawback.chains.evm.transport import Endpoint
from clawback.schemas import NATIVE

_BALANCE_OF: Final = "0x70a08231"
"""First four bytes of the hash of balanceOf(address)."""
_GAS: Final = hex(500_000)
"""A contract that loops stops here; the node is not kept busy."""
_AT_ONCE: Final = 50
_WORD: Final = re.compile(r"0x[0-9a-f]{1,64}")


class HoldingAt(NamedTuple):
    """A holding at the end of a block; addresses in lower-case hex, or `native`."""

    address: str
    asset: str
    block: int


class _Answer(msgspec.Struct):
    id: int | None = None
    result: Any = None
    error: RpcError | None = None


_ANSWERS: Final = msgspec.json.Decoder(_Answer | list[_Answer])


def ask_balances(nodes: Nodes, holdings: Sequence[HoldingAt]) -> list[str | None]:
    """Ask every node; one that is behind or gives another block's state is seen where there are several.

    Returns:
        For each holding a word as text, or None where it is unknown or two nodes say different things.

    Raises:
        ClawbackError: no node answers at all.
    """
    found: list[str | None] = [None] * len(holdings)
    for start in range(0, len(holdings), _AT_ONCE):
        places = list(range(start, min(start + _AT_ONCE, len(holdings))))
        some = [holdings[place] for place in places]

        def attempt(endpoint: Endpoint, some: Sequence[HoldingAt] = some) -> list[str | None]:
            return _ask(endpoint, some)

        first = nodes.try_each(f"{len(some)} balances", attempt)
        every = [first, *(_from_one(other, some) for other in nodes.endpoints[1:])]
        for place, answers in zip(places, zip(*every, strict=True), strict=True):
            found[place] = _agreed(answers)
    return found


def _agreed(answers: Sequence[str | None]) -> str | None:
    known = [answer for answer in answers if answer is not None]
    return known[0] if len({int(answer, 16) for answer in known}) == 1 else None


def _from_one(endpoint: Endpoint, holdings: Sequence[HoldingAt]) -> list[str | None]:
    # One attempt: another node has answered already that it does not know.
    try:
        return _ask(endpoint, holdings)
    except NodeFailure:
        return [None] * len(holdings)


def _ask(endpoint: Endpoint, holdings: Sequence[HoldingAt]) -> list[str | None]:
    questions = [
        {"jsonrpc": "2.0", "id": number, **_question(holding)} for number, holding in enumerate(holdings)
    ]
    content = endpoint.post(msgspec.json.encode(questions[0] if len(questions) == 1 else questions))
    try:
        answers = _ANSWERS.decode(content)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Lie(f"no answer about balances: {error}") from error
    if not isinstance(answers, list):
        answers = [answers]
    by_id = {answer.id: answer for answer in answers}
    if by_id.keys() != set(range(len(holdings))) or len(answers) != len(holdings):
        if len(answers) == 1 and answers[0].error is not None:
            raise meaning_of(answers[0].error, "balances", content)
        raise Lie(f"{len(answers)} answers to {len(holdings)} questions about balances, or not to these")
    return [_word(by_id[number], content) for number in range(len(holdings))]


def _word(answer: _Answer, content: object) -> str | None:
    if answer.error is not None:
        meaning = meaning_of(answer.error, "balances", content)
        if isinstance(meaning, Busy):
            raise meaning
        return None
    if isinstance(answer.result, str) and _WORD.fullmatch(answer.result.lower()):
        return answer.result.lower()
    return None


def _question(holding: HoldingAt) -> dict[str, Any]:
    block = hex(holding.block)
    if holding.asset == NATIVE:
        return {"method": "eth_getBalance", "params": [holding.address, block]}
    data = _BALANCE_OF + holding.address[2:].rjust(64, "0")
    return {
        "method": "eth_call",
        "params": [{"to": holding.asset, "data": data, "gas": _GAS}, block],
    }
