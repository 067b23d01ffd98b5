"""What a day's search leaves in the lake, so that a later one asks for nothing twice.

Layout:
    search.json: the blocks, how they were searched, what was watched (by hash), and for each address that was
    asked about the transactions that touch it, null where there are too many; what issuers said that day.
    balances.json: the balances asked for, in the order of their keys, with the node's word or null.
    block-<number>.json.gz: the answers about one block as they came, as `evm_rpc` lands them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import msgspec

from clawback.chains.evm.frontier.reach import Holding
from clawback.chains.evm.frontier.values import Hit
from clawback.lake.partition import Part
from clawback.sources.base import Context

SEARCH_NAME: Final = "search.json"
BALANCES_NAME: Final = "balances.json"
_BLOCK_NAME: Final = "block-{:012d}.json.gz"


class SeenBalance(msgspec.Struct, frozen=True, order=True, array_like=True):
    """A balance at the end of a block; `answer` is a word as 0x hex, None where no node knows."""

    address: str
    asset: str
    block: int
    seconds: int
    answer: str | None


class SearchRecord(msgspec.Struct, frozen=True):
    """What was searched, and found. Two searches of one chain, `ways` and last block find the same."""

    first_block: int
    last_block: int
    last_hash: str
    traces: str | None
    found_in: str
    """Where inner value was looked for: one of the words of `told`."""
    most_transactions: int
    proof: str
    """What logs were held to: one of the words of `told`."""
    watched: str
    scanned: int
    """Blocks that were read for value; 0 where nobody was asked about."""
    addresses: dict[str, list[Hit] | None]
    issuers: list[tuple[str, str, list[Hit]]] | None
    """(address, asset, transactions in which the asset's contract speaks of the address); None: not asked."""

    def same_ground(self, other: SearchRecord) -> bool:
        """Whether what one found about an address holds for the other."""
        found = ("watched", "scanned", "addresses", "issuers")
        names = [name for name in self.__struct_fields__ if name not in found]
        return all(getattr(self, name) == getattr(other, name) for name in names)


@dataclass(frozen=True)
class Earlier:
    """What an earlier search of the day has left."""

    scanned: int = 0
    addresses: Mapping[str, list[Hit] | None] = field(default_factory=dict)
    issuers: Mapping[Holding, list[Hit]] | None = None
    blocks: Mapping[str, Part] = field(default_factory=dict)
    balances: Mapping[tuple[str, str, int], SeenBalance] = field(default_factory=dict)


def block_name(number: int) -> str:
    """Name of the part of one block."""
    return _BLOCK_NAME.format(number)


def earlier_search(ctx: Context, day: date, now: SearchRecord) -> Earlier:
    """What of an earlier search of the day still holds; nothing where the chain or the way is another."""
    manifest = ctx.raw_manifest(day)
    if manifest is None:
        return Earlier()
    parts = {part.key.rpartition("/")[2]: part for part in manifest.parts}
    if SEARCH_NAME not in parts:
        return Earlier()
    try:
        record = msgspec.json.decode(ctx.read(parts[SEARCH_NAME]), type=SearchRecord)
    except msgspec.ValidationError:
        return Earlier()  # of a version that searched in another way
    if not record.same_ground(now):
        return Earlier()
    balances: Iterable[SeenBalance] = ()
    if BALANCES_NAME in parts:
        balances = msgspec.json.decode(ctx.read(parts[BALANCES_NAME]), type=list[SeenBalance])
    return Earlier(
        record.scanned,
        record.addresses,
        None
        if record.issuers is None
        else {(address, asset): hits for address, asset, hits in record.issuers},
        {name: part for name, part in parts.items() if name.startswith("block-")},
        {(one.address, one.asset, one.block): one for one in balances if one.answer is not None},
    )
