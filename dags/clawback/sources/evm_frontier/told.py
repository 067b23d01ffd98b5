"""What the manifest of a frontier's day says about the search."""

from __future__ import annotations

from typing import Any, Final

from clawback.chains.evm.frontier.reach import BUSY, Reach, Watched
from clawback.hashing import short_hash
from clawback.sources.evm_frontier.kept import SearchRecord, SeenBalance
from clawback.sources.evm_frontier.search import Search

NO_BLOCK: Final = "no block"
TOUCHED: Final = "touched blocks"
WHOLE: Final = "every block"
FILTERED: Final = "an index of the node"
BELIEVED: Final = "nothing"
BY_FILTERS: Final = "receipts where filters have the topic"
BY_ROOTS: Final = "receipts with their root where filters have the topic"
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
        "logs": {"held_to": record.proof},
    }


def counted(search: Search, scanned: int) -> tuple[dict[str, int], dict[str, int]]:
    """What had to be asked for, and what came, whichever run asked.

    `blocks` were read for value, `address_blocks` are addresses in blocks that logs were asked for,
    `touched_blocks` hold what was found and were read whole, `traced_blocks` with their traces.
    """
    quiet = [address for address, hits in search.asked_about.items() if hits is not None]
    of_day, earlier, covered = len(search.blocks), search.earlier.addresses, search.logs.covered
    expected = {
        "blocks": of_day if search.asked_about else 0,
        "address_blocks": of_day * len(quiet),
        "touched_blocks": len(search.wanted),
    }
    got = {
        "blocks": scanned,
        "address_blocks": sum(of_day if address in earlier else covered[address] for address in quiet),
        "touched_blocks": len(search.parts),
    }
    if search.wish.traces is not None:
        expected["traced_blocks"], got["traced_blocks"] = len(search.wanted), len(search.traced)
    return expected, got


def hash_of(watched: Watched) -> str:
    """Names what is watched; sinks and exchanges show in what is reached."""
    return short_hash(
        [sorted(one) for one in (watched.accounts, watched.holdings, watched.arrivals, watched.departures)]
    )
