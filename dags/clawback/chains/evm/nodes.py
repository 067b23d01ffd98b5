"""Several endpoints of one chain: the first that is well is asked, the next when it fails.

Invariants:
    Every question ends: a bounded number of tries, each bounded in time, each wait bounded. Being asked to
    wait is no try, for a node that limits questions answers in the end; all waits together are bounded. What
    failed says why, for each endpoint.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeVar

from clawback.chains.evm.failures import Busy, Lie, NodeFailure, NotOffered, TooLarge, TooMuch
from clawback.chains.evm.pace import Pace
from clawback.chains.evm.transport import Endpoint
from clawback.errors import ClawbackError

T = TypeVar("T")

_ROUNDS: Final = 5
_SLOWEST: Final = 5
"""Waits double so often where a node does not say how long it wants to be left alone."""
_SHORTEST_WAIT: Final = 0.5
_LONGEST_WAIT: Final = 60.0
_MOST_WAITING: Final = 300.0


class Nodes:
    """The endpoints, in order of preference, and how long each is to be left alone."""

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        pace: Pace,
        *,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._given = list(endpoints)
        self.endpoints = list(endpoints)
        self.pace = pace
        self.failures = 0
        """How often a question had to be asked again."""
        self._resting = dict.fromkeys(self.endpoints, 0.0)
        self._sleep = sleep
        self._monotonic = monotonic
        self._lock = threading.Lock()

    def alone(self, endpoint: Endpoint) -> Nodes:
        """One of the endpoints by itself, with the same patience."""
        return Nodes([endpoint], self.pace, sleep=self._sleep, monotonic=self._monotonic)

    def keep(self, endpoints: Sequence[Endpoint]) -> None:
        """Ask only these from now on."""
        with self._lock:
            self._given = list(endpoints)
            self.endpoints = list(endpoints)

    def prefer(self, place: int) -> None:
        """Ask the endpoint at that place of the given order first, and those after it next."""
        with self._lock:
            place %= len(self._given)
            self.endpoints = self._given[place:] + self._given[:place]

    def try_each(
        self, what: str, attempt: Callable[[Endpoint], T], *, divisible: bool = False, alone: bool = True
    ) -> T:
        """Let one endpoint after the other attempt it, until one succeeds.

        Args:
            what: what is asked for, as an error names it.
            attempt: asks an endpoint and checks its answer.
            divisible: whether less can be asked for when it is too much.
            alone: whether no other attempt is under way, so that answers may be as large as they ever may.

        Raises:
            TooMuch: it is too much and divisible.
            NotOffered: no endpoint knows the method.
            ClawbackError: no endpoint gave a usable answer, after all tries.
        """
        try:
            return self._tried(what, attempt, divisible, alone)
        finally:
            for endpoint in self._given:
                endpoint.forget()

    def _tried(self, what: str, attempt: Callable[[Endpoint], T], divisible: bool, alone: bool) -> T:
        reasons: dict[str, str] = {}
        too_large: set[Endpoint] = set()
        unknown: NotOffered | None = None
        waited = 0.0
        tries = turn = 0
        while tries < _ROUNDS:
            waited += self._rest(waited)
            tried = False
            for endpoint in self._awake():
                if endpoint in too_large:
                    continue
                try:
                    with endpoint.resuming(alone=alone):
                        return attempt(endpoint)
                except TooMuch as error:
                    if divisible:
                        raise
                    reasons[endpoint.name] = str(error)
                    tried = True
                    if isinstance(error, TooLarge):
                        too_large.add(endpoint)
                except NotOffered as error:
                    unknown = error
                    reasons[endpoint.name] = str(error)
                    tried = True
                except NodeFailure as error:
                    self._failed(endpoint, error, turn)
                    reasons[endpoint.name] = str(error)
                    tried = tried or not isinstance(error, Busy)
            if too_large.issuperset(self.endpoints):
                # It will be as large when it is asked for again.
                raise ClawbackError(
                    f"{what} is more than may be held at once",
                    cause=_told(reasons),
                    remedy="let more be held, by --max-answer of the command or max_megabytes of the source; "
                    "the memory that is taken grows by twice as much",
                )
            turn += 1
            # Where all others are asleep, the one whose answer is too large is no try.
            tries += tried
        if unknown is not None and all(reason == str(unknown) for reason in reasons.values()):
            raise unknown
        raise ClawbackError(
            f"no node gave {what}",
            cause=_told(reasons),
            remedy="run it again, or name another node as well",
        )

    def _failed(self, endpoint: Endpoint, error: NodeFailure, turn: int) -> None:
        pause = float(2 ** min(turn, _SLOWEST))
        if isinstance(error, Busy):
            self.pace.busy()
            pause = pause if error.wait is None else max(error.wait, _SHORTEST_WAIT)
        elif isinstance(error, Lie):
            # It answers, but wrongly: others first, and this one at once where there is no other.
            pause = 0.2
        with self._lock:
            self.failures += 1
            self._resting[endpoint] = max(self._resting[endpoint], self._monotonic() + pause)

    def _awake(self) -> list[Endpoint]:
        now = self._monotonic()
        with self._lock:
            awake = [endpoint for endpoint in self.endpoints if self._resting[endpoint] <= now]
            # The first endpoint leads; the others are there for when it fails.
            return awake or self.endpoints[:1]

    def _rest(self, waited: float) -> float:
        """Wait until the first endpoint may be asked again; the seconds waited."""
        with self._lock:
            pause = min(self._resting.values()) - self._monotonic()
        if pause <= 0:
            return 0.0
        if pause > _LONGEST_WAIT or waited + pause > _MOST_WAITING:
            raise ClawbackError(
                f"every node asks to wait; the shortest wait is {pause:.0f} s",
                where=", ".join(endpoint.name for endpoint in self.endpoints),
                remedy="run it again later, or name another node as well",
            )
        self._sleep(pause)
        return pause


def _told(reasons: Mapping[str, str]) -> str:
    return "; ".join(f"{name}: {reason}" for name, reason in sorted(reasons.items()))
