"""Assets that taint holds or reaches: what a source of prices or of decimals is asked about.

Rules:
    Assets of every holding that carried taint at the end of the day before; and of the day itself what the
    sources of transfers have landed: the assets that a search for taint has reached, or of a source that
    gives all, those that come to or leave a watched address.

Invariants:
    The sources of transfers are read before: one that is required and has not spoken of the day is an error.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from clawback.chains.evm.frontier.reach import Watched
from clawback.context import RunContext
from clawback.errors import ClawbackError
from clawback.identifiers import bytes_of, text_of
from clawback.lake.partition import Manifest
from clawback.settings import SourceSettings
from clawback.sources.landing import RawFolder
from clawback.sources.reading import block_parts, read_day
from clawback.sources.registry import describe
from clawback.tracing.watched import watched_on

_TABLE: Final = "transfers"


def held_assets(ctx: RunContext, chain: str, day: date) -> frozenset[str]:
    """Contracts, and `native` for the coin.

    Raises:
        ClawbackError: case files, labels or transfers of the day are not there yet.
    """
    watched = watched_on(ctx, chain, day)
    found = {asset for _, asset in watched.holdings}
    for source in ctx.settings.enabled_sources:
        if describe(source.connector).table != _TABLE:
            continue
        manifest = RawFolder(ctx.lake, source.name, _TABLE).newest(day)
        if manifest is not None:
            found |= _landed(ctx, source, manifest, chain, day, watched)
        elif source.required:
            raise ClawbackError(
                f"the source '{source.name}' has not been read for {day} yet",
                where="its transfers say which assets taint reaches",
                remedy="list it before the source that asks, or run the ingest again when it is there",
            )
    return frozenset(found)


def _landed(
    ctx: RunContext, source: SourceSettings, manifest: Manifest, chain: str, day: date, watched: Watched
) -> set[str]:
    reached = manifest.meta["extra"].get("assets")
    if reached is not None:
        return set(reached) if source.options.get("chain") == chain else set()
    addresses = watched.addresses | {address for _, address in watched.arrivals | watched.departures}
    blocks = block_parts(ctx.lake, source.connector, manifest.parts)
    if blocks is None:
        rows = read_day(ctx.lake, source.connector, manifest.parts, day).rows.get(_TABLE, [])
        return {
            row["asset"]
            for row in rows
            if row["chain"] == chain and not addresses.isdisjoint((row["from_address"], row["to_address"]))
        }
    if blocks.chain != chain:
        return set()
    found: set[str] = set()
    for _, stretch in blocks.stretches(day):
        found |= _assets_of(stretch.transfers, addresses)
    return found


def _assets_of(transfers: pa.Table, addresses: Collection[str]) -> set[str]:
    named = bytes_of(pa.array(sorted(addresses), pa.string()))
    touching = pc.or_(
        *(pc.is_in(transfers[name], value_set=named) for name in ("from_address", "to_address"))
    )
    return set(text_of(pc.unique(transfers.filter(touching)["asset"])).to_pylist())
