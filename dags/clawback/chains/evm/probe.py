"""Of which chain the nodes are: asked before anything is extracted, and once more at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from clawback.chains.evm.failures import Busy, NodeFailure
from clawback.chains.evm.nodes import Nodes
from clawback.chains.evm.pace import Pace
from clawback.chains.evm.quantities import quantity
from clawback.chains.evm.rpc import Question
from clawback.chains.evm.transport import Endpoint
from clawback.errors import ClawbackError

_CHAIN_ID: Final = Question("eth_chainId", str)


def same_chain(endpoints: Sequence[Endpoint], progress: Callable[[str], None]) -> tuple[int, list[Endpoint]]:
    """The chain's id, and the endpoints that answer. They must all say the same id.

    Raises:
        ClawbackError: none answers, or they are nodes of different chains.
    """
    found: dict[Endpoint, int] = {}
    reasons = []
    for endpoint in endpoints:
        try:
            found[endpoint] = _chain_id(endpoint)
        except (NodeFailure, ClawbackError) as error:
            reason = error.problem if isinstance(error, ClawbackError) else str(error)
            reasons.append(f"{endpoint.name}: {reason}")
            progress(f"left out, for it does not answer: {endpoint.name} ({reason})")
    if not found:
        raise ClawbackError(
            "no node answers",
            cause="; ".join(reasons),
            remedy="check the addresses given as --rpc, and that the node runs",
        )
    if len(set(found.values())) > 1:
        raise ClawbackError(
            "the nodes are of different chains",
            cause="; ".join(f"{endpoint.name}: chain id {number}" for endpoint, number in found.items()),
            remedy="give only nodes of one chain",
        )
    return next(iter(found.values())), list(found)


def check_still_of(endpoints: Sequence[Endpoint], number: int) -> None:
    """The endpoints that answer are still nodes of that chain; behind one address there may be several.

    Raises:
        ClawbackError: they are of another one, or none answers.
    """
    found, _ = same_chain(endpoints, lambda line: None)
    if found != number:
        raise ClawbackError(
            f"the nodes changed from chain {number} to chain {found} while they were asked",
            where=", ".join(endpoint.name for endpoint in endpoints),
            remedy="run it again; if it stays so, leave out the address behind which other chains answer",
        )


def _chain_id(endpoint: Endpoint) -> int:
    def ask(asked: Endpoint) -> int:
        return quantity(_CHAIN_ID.ask(asked, [()])[0][0], "the chain's id")

    try:
        return ask(endpoint)
    except Busy:
        # It is there. Whoever is not there is not waited for: most often the address is wrong.
        return Nodes([endpoint], Pace()).try_each("the chain's id", ask)
