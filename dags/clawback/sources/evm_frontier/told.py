"""What the manifest of a frontier's day says about the search."""

from __future__ import annotations

from typing import Any, Final

from clawback.chains.evm.frontier.reach import BUSY, Reach, Watched
from clawback.hashing import short_hash
from clawback.sources.evm_frontier.kept import SearchRecord, SeenBalance

NO_BLOCK: Final = "no block"
TOUCHED: Final = "touched blocks"
WHOLE: Final = "every block"
FILTERED: Final = "an index of the node"
_SHOWN: Final = 1_000


def told(watched: Watched, record: SearchRecord, reach: Reach, seen: list[SeenBalance]) -> dict[str, Any]:
    """What was watched, where the trail ended and why, and what is not known."""
    busy = sorted(address for address, why in reach.ended.items() if why == BUSY)
    return {
        "watched": {
            "hash": record.watched,
            "named": watched.named_hash,
            "accounts": len(watched.accounts),
            "holdings": len(watched.holdings),
        },
        "addresses": len(record.addresses),
        "transactions": len(reach.kept),
        "assets": sorted({asset for _, asset in reach.since}),
        "ended": {"labelled": len(reach.ended) - len(busy), "busy": busy[:_SHOWN], "busy_count": len(busy)},
        "balances": {
            "known": sum(one.answer is not None for one in seen),
            "unknown": sum(one.answer is None for one in seen),
        },
        "internal_value": {
            "method": record.traces or "not seen",
            "found_in": record.found_in,
        },
    }


def hash_of(watched: Watched) -> str:
    """Names what is watched; sinks and exchanges show in what is reached."""
    return short_hash(
        [sorted(one) for one in (watched.accounts, watched.holdings, watched.arrivals, watched.departures)]
    )
