"""Traces of `trace_block` against the numbers of inner ones that they themselves say.

Some versions of some nodes count calls of precompiled contracts that they do not give.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from clawback.chains.evm.failures import Lie
from clawback.chains.evm.shapes import Trace


def whole_trees(traces: Iterable[Trace]) -> Iterator[Trace]:
    """The traces of a block, as they come: each has as many inner ones as it says, numbered without a gap.

    In memory are those that are not yet at their end: a trace, what is around it, and no more.

    Raises:
        Lie: some are missing, or do not come in the order in which the calls were begun.
    """
    around: list[_Open] = []
    for trace in traces:
        path = trace.trace_address
        if trace.type != "reward":
            depth = len(path)
            if depth and not (len(around) >= depth and around[depth - 1].goes_on_with(trace)):
                raise Lie(f"a trace of {trace.transaction_hash} has lost those before it")
            _end(around, depth)
            around.append(_Open(trace))
        yield trace
    _end(around, 0)


class _Open:
    """A trace whose inner ones may still come."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.came = 0

    def goes_on_with(self, inner: Trace) -> bool:
        """Whether that is its next inner one, which is counted then."""
        path = [*self.trace.trace_address, self.came]
        self.came += 1
        return inner.trace_address == path and inner.transaction_hash == self.trace.transaction_hash


def _end(around: list[_Open], depth: int) -> None:
    """Nothing more comes in those that are so deep or deeper."""
    for one in around[depth:]:
        if one.came != one.trace.subtraces:
            raise Lie(
                f"a trace of {one.trace.transaction_hash} has {one.trace.subtraces} inner ones, "
                f"{one.came} came"
            )
    del around[depth:]
