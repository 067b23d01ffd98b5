"""Tables: raw bytes of a day to typed Parquet.

Invariants:
    A day's record names the record of the day before: the chain begins at the settings' first day and has no
    holes. The name of a partition is the hash of all that went into that table (`MADE_OF`), so what is
    unchanged is found again and never written twice: a corrected label leaves all transfers where they are.
    Labels and case files are read as they stand on the newest day, on every day: the tracer asks them where
    each transfer of the past went, so a label that is corrected today corrects last month's ledger too.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from clawback.chains.evm.catalogue import wrapped_coins
from clawback.claims.reader import readers_version
from clawback.context import RunContext
from clawback.days import day_range
from clawback.errors import ClawbackError
from clawback.hashing import canonical_json, file_sha256_hex, short_hash
from clawback.lake.partition import (
    Manifest,
    Part,
    manifest_key,
    read_manifest,
    write_manifest,
    write_partition,
)
from clawback.parquet import rows_to_table, table_to_bytes
from clawback.release.runs import failure_recorded
from clawback.schemas import TABLES
from clawback.settings import SourceSettings
from clawback.sources.reading import DayOfSource, block_parts, read_day
from clawback.sources.registry import describe
from clawback.sources.stretches import BrokenPart
from clawback.tables.chain_day import STREAMED, ChainDay, write_chain_day
from clawback.tables.made_of import CARRIED, GOES_INTO, MADE_OF, READ_BY_RULES
from clawback.tables.merge import SourceDay, merge_day
from clawback.tables.raw_days import as_it_stands, input_of, raw_of
from clawback.tables.windows import BlockSource

if TYPE_CHECKING:
    from clawback.tables.merge import Row

CODE_VERSION: Final = "5"
"""Raised when the same raw bytes would give other rows, or other bytes of them."""

RECORDS: Final = "tables/_days"


def make_tables(ctx: RunContext, day: date) -> str:
    """Make the tables of a day, and of earlier days that lack them.

    Returns:
        Key of the day's record.

    Raises:
        ClawbackError: the day lies before the first day, or a required source has no raw data for a day.
    """
    first = ctx.settings.first_day
    if day < first:
        raise ClawbackError(f"{day} lies before the first day {first}", where="first_day of the settings")
    standing = {source.name: as_it_stands(ctx, source, day) for source in ctx.settings.enabled_sources}
    previous: str | None = None
    carried: dict[str, str | None] = dict.fromkeys(CARRIED)
    for present in day_range(first, day):
        with failure_recorded(ctx.lake, ctx.clock, "tables", present.isoformat()):
            previous, carried = _make_day(ctx, present, standing, previous, carried)
    if previous is None:
        raise ClawbackError(f"no day from {first} to {day}")
    return previous


def _make_day(
    ctx: RunContext,
    day: date,
    standing: dict[str, Manifest | None],
    previous: str | None,
    carried: dict[str, str | None],
) -> tuple[str, dict[str, str | None]]:
    sources = ctx.settings.enabled_sources
    manifests = [(source, raw_of(ctx, source, day, standing[source.name])) for source in sources]
    inputs = {
        "code": CODE_VERSION,
        "wrapped": _wrapped_by_settings(ctx),
        "day": day.isoformat(),
        **{f"before/{name}": key for name, key in carried.items()},
        "readers": readers_version(),
        "sources": [input_of(source, manifest) for source, manifest in manifests],
    }
    tables_of = {source.name: describe(source.connector).table for source in sources}
    partitions = {name: _prefix(name, day, _inputs_of(name, inputs, tables_of)) for name in TABLES}
    record = {
        "day": day.isoformat(),
        "previous": previous,
        "tables": {},
        "sources": {
            source.name: {
                "raw": None if manifest is None else manifest.key,
                "newest_day": None if manifest is None else manifest.meta["day"],
            }
            for source, manifest in manifests
        },
    }
    key = f"{RECORDS}/dt={day.isoformat()}/{short_hash({'inputs': inputs, 'record': record})}.json"
    kept: dict[str, str | None] = {name: manifest_key(partitions[name]) for name in CARRIED}
    if ctx.lake.exists(key):
        return key, kept
    absent = {
        name: prefix for name, prefix in partitions.items() if not ctx.lake.exists(manifest_key(prefix))
    }
    if absent:
        _write(ctx, day, manifests, absent, carried)
    record["tables"] = {
        name: {"manifest": manifest_key(prefix), "rows": _rows(read_manifest(ctx.lake, manifest_key(prefix)))}
        for name, prefix in partitions.items()
    }
    ctx.lake.put(key, canonical_json(record))
    return key, kept


def _write(
    ctx: RunContext,
    day: date,
    manifests: list[tuple[SourceSettings, Manifest | None]],
    partitions: dict[str, str],
    carried: dict[str, str | None],
) -> None:
    present = [(source, manifest) for source, manifest in manifests if manifest is not None]
    blocks = _blocks(ctx, present, day)
    with_blocks = {one.source: _without_blocks(one) for one in blocks.blocks}
    days = [with_blocks.get(source.name) or _read(ctx, source, manifest, day) for source, manifest in present]
    blocks.take_from(days)
    merged = merge_day(days, {name: _carried_rows(ctx, name, carried) for name in CARRIED}, blocks.wrapped)
    tables = {
        name: rows_to_table(merged[name], TABLES[name])
        for name in partitions
        if not blocks.blocks or name not in (*STREAMED, "quarantine")
    }
    turned_away = tables["quarantine"].num_rows if "quarantine" in tables else 0
    if blocks.blocks and partitions.keys() & {*STREAMED, "quarantine"}:
        turned_away = _write_blocks(ctx, day, blocks, merged, partitions)
    for name, table in tables.items():
        data = {"part-0000.parquet": table_to_bytes(table)}
        rows = {"part-0000.parquet": table.num_rows}
        write_partition(ctx.lake, partitions[name], data, _meta(name, day), rows)
    if turned_away:
        ctx.progress(f"{day} tables: {turned_away} records in quarantine")


def _write_blocks(
    ctx: RunContext,
    day: date,
    blocks: ChainDay,
    merged: dict[str, list[Row]],
    partitions: dict[str, str],
) -> int:
    """Write what streams; how many records were turned away, where that is written too."""
    ctx.work_dir.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=ctx.work_dir, prefix="tables-") as folder:
        try:
            written = write_chain_day(blocks, merged, partitions, Path(folder))
        except BrokenPart as error:
            raise _unreadable(", ".join(one.source for one in blocks.blocks), str(error)) from error
        for name, (path, rows) in written.items():
            key = f"{partitions[name]}/part-0000.parquet"
            part = Part(key, path.stat().st_size, file_sha256_hex(path), rows)
            ctx.lake.put_file(key, path)
            write_manifest(ctx.lake, partitions[name], [part], _meta(name, day))
    return written["quarantine"][1] if "quarantine" in written else 0


def _meta(table: str, day: date) -> dict[str, Any]:
    return {"table": table, "day": day.isoformat(), "code": CODE_VERSION}


def _blocks(ctx: RunContext, present: list[tuple[SourceSettings, Manifest]], day: date) -> ChainDay:
    """Sources that give whole blocks as columns."""
    found = []
    for source, manifest in present:
        parts = block_parts(ctx.lake, source.connector, manifest.parts) if manifest.parts else None
        if parts is not None:
            found.append(BlockSource(source.name, _known(manifest), parts))
    rank = [source.name for source, _ in present]
    wrapped = wrapped_coins(ctx.settings.chains)
    return ChainDay(found, rank, day, day == ctx.settings.first_day, wrapped)


def _without_blocks(source: BlockSource) -> SourceDay:
    """What a source of whole blocks says beside them."""
    facts = source.parts.module.facts(source.parts.options)
    return SourceDay(source.source, source.known, DayOfSource(rows={"assets": facts}))


def _known(manifest: Manifest) -> date:
    return date.fromisoformat(manifest.meta["known"])


def _unreadable(source: str, where: str, reason: str | None = None) -> ClawbackError:
    return ClawbackError(
        f"landed bytes of '{source}' cannot be read any more",
        where=where,
        cause=reason,
        remedy="ingest the day again with this version",
    )


def _inputs_of(table: str, inputs: dict[str, Any], tables_of: dict[str, str]) -> dict[str, Any]:
    """What of a day's inputs one table is made of."""
    if table not in MADE_OF:
        return inputs
    sources = [told for told in inputs["sources"] if tables_of[told["source"]] in MADE_OF[table]]
    own = {**inputs, "sources": sources}
    unread = {f"before/{name}" for name, made in CARRIED.items() if table not in made}
    if table not in READ_BY_RULES:
        unread.add("readers")
    if table not in STREAMED:
        unread.add("wrapped")
    return {name: value for name, value in own.items() if name not in unread}


def _wrapped_by_settings(ctx: RunContext) -> list[list[str]]:
    """Where the settings call other contracts wrapped coins than the package does."""
    return sorted([*coin] for coin in wrapped_coins(ctx.settings.chains) ^ wrapped_coins())


def _prefix(name: str, day: date, inputs: dict[str, Any]) -> str:
    return f"tables/{name}/dt={day.isoformat()}/{short_hash({'table': name, **inputs})}"


def _read(ctx: RunContext, source: SourceSettings, manifest: Manifest, day: date) -> SourceDay:
    is_first = day == ctx.settings.first_day
    found = read_day(ctx.lake, source.connector, manifest.parts, day, is_first=is_first)
    if found.broken:
        raise _unreadable(source.name, *found.broken[0])
    own = describe(source.connector).table
    for table in found.rows:
        # Else a table would keep its name when this source's rows change.
        if own not in MADE_OF[GOES_INTO.get(table, table)]:
            raise ClawbackError(
                f"a source of {own} gives rows of {table}",
                where=f"connector '{source.connector}'",
                remedy="say so in MADE_OF of clawback.tables.made_of",
            )
    return SourceDay(source.name, _known(manifest), found)


def _carried_rows(ctx: RunContext, table: str, carried: dict[str, str | None]) -> list[Row]:
    key = carried[table]
    if key is None:
        return []
    from clawback.parquet import read_table

    part = read_manifest(ctx.lake, key).part("part-0000.parquet")
    rows: list[Row] = read_table(ctx.lake.local_path(part.key), TABLES[table]).to_pylist()
    return rows


def _rows(manifest: Manifest) -> int:
    return sum(part.rows or 0 for part in manifest.parts)
