"""Records of runs: one immutable file each, with verdict and reason.

Layout:
    `runs/<seq>.json`, seq eight digits, without holes. Blocked and failed runs stand here too: they leave
    nothing else behind.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any, Final

from clawback.errors import ClawbackError
from clawback.hashing import canonical_json
from clawback.lake import Lake

PREFIX: Final = "runs/"
_NUMBERED: Final = re.compile(r"(\d{8})\.json")
MAX_ATTEMPTS: Final = 100
"""Lost races in a row before giving up; each one means that another run made progress."""


def record_run(lake: Lake, clock: Callable[[], datetime], record: Mapping[str, Any]) -> str:
    """Write one run's record under the next free number.

    Args:
        lake: where to.
        clock: the present time, written as `recorded_at`.
        record: what happened: at least `step`, `day`, `outcome`.

    Returns:
        The key.
    """
    body = {**record, "recorded_at": clock().isoformat(timespec="seconds")}
    return create_numbered(lake, PREFIX, lambda seq: {**body, "seq": seq})


@contextmanager
def failure_recorded(lake: Lake, clock: Callable[[], datetime], step: str, day: str) -> Iterator[None]:
    """Leave a record of a step that fails; the error goes on."""
    try:
        yield
    except ClawbackError as error:
        # A lake that cannot be written may be the very cause: it must not hide it.
        with suppress(ClawbackError):
            record_run(
                lake,
                clock,
                {"step": step, "day": day, "outcome": "failed", "reason": str(error).splitlines()},
            )
        raise


def list_runs(lake: Lake, newest: int | None = None) -> list[dict[str, Any]]:
    """Run records, oldest first: all, or so many of the newest."""
    keys = [key for key in lake.list(PREFIX) if _NUMBERED.fullmatch(key.removeprefix(PREFIX))]
    first = 0 if newest is None else max(0, len(keys) - newest)
    return [json.loads(lake.read(key)) for key in keys[first:]]


def create_numbered(lake: Lake, prefix: str, make: Callable[[int], Mapping[str, Any]]) -> str:
    """Create `<prefix><seq>.json` with the first free number.

    `make` is asked again for every number tried, after a lost race, so it may look at what the winner wrote.
    """
    for _ in range(MAX_ATTEMPTS):
        seq = newest_seq(lake, prefix) + 1
        key = numbered_key(prefix, seq)
        if lake.create(key, canonical_json(dict(make(seq)))):
            return key
    raise ClawbackError(
        f"no number was free after {MAX_ATTEMPTS} attempts",
        where=f"{lake.url}/{prefix}",
        remedy="see which runs write at the same time, then run again",
    )


def newest_seq(lake: Lake, prefix: str) -> int:
    """The highest number in use, 0 when there is none."""
    numbers = (_NUMBERED.fullmatch(key.removeprefix(prefix)) for key in lake.list(prefix))
    return max((int(number[1]) for number in numbers if number), default=0)


def numbered_key(prefix: str, seq: int) -> str:
    """Key of a number; eight digits, so that keys sort as numbers do."""
    return f"{prefix}{seq:08d}.json"
