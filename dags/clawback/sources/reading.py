"""Reading landed parts: every file is parsed once per process, then cut into days.

Whole blocks of a chain are not held at all: `block_parts` reads them a few at a time.
"""

from __future__ import annotations

import json
from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

from clawback.hashing import short_hash
from clawback.lake import Lake
from clawback.lake.partition import Part, read_part
from clawback.schemas import CHAIN_FACTS
from clawback.sources.base import Issue, Options, ParsedPart, QuarantinedRow, Row
from clawback.sources.landing import OPTIONS_NAME
from clawback.sources.registry import describe, parse_function, stretch_functions
from clawback.sources.stretches import BlockParts, BrokenPart

CACHED_BYTES: Final = 32 << 20
"""A larger file is streamed for each day instead of being held."""

_CACHED_TOTAL: Final = 128 << 20
_EXAMPLES: Final = 100
"""Records of whole blocks that are kept of each table where they are only counted."""


@dataclass(frozen=True)
class Quarantined:
    """A record that was turned away, and the file that it stood in."""

    part: str
    record: QuarantinedRow


@dataclass
class DayOfSource:
    """All that the parts of one source say about a day.

    `counted` has rows that were looked at and not kept, by table; `counted_away` likewise records that were
    turned away; `counted_blamed` those of them for which the source is to blame.
    """

    rows: dict[str, list[Row]] = field(default_factory=dict)
    quarantined: list[Quarantined] = field(default_factory=list)
    issues: list[tuple[str, Issue]] = field(default_factory=list)
    broken: list[tuple[str, str]] = field(default_factory=list)
    counted: Counter[str] = field(default_factory=Counter)
    counted_away: Counter[str] = field(default_factory=Counter)
    counted_blamed: Counter[str] = field(default_factory=Counter)

    def counts(self) -> dict[str, int]:
        """Rows of each table, kept or not; names with an underscore are no tables."""
        found = self.counted + Counter({name: len(rows) for name, rows in self.rows.items()})
        names = sorted(self.rows.keys() | self.counted.keys())
        return {name: found[name] for name in names if not name.startswith("_")}

    def turned_away(self, table: str | None = None) -> int:
        """Records of a table that were turned away, kept or not; of all tables by default."""
        kept = Counter(item.record.table for item in self.quarantined) + self.counted_away
        return kept.total() if table is None else kept[table]

    def blamed(self, table: str) -> list[Quarantined]:
        """Records of a table that were turned away and kept, for which the source is to blame."""
        return [item for item in self.quarantined if item.record.table == table and item.record.of_source]

    def count_away(self, key: str, records: Sequence[QuarantinedRow]) -> None:
        """Count records that were turned away, and keep the first of each table as examples."""
        kept = Counter((item.record.table, item.record.of_source) for item in self.quarantined)
        for record in records:
            kept[record.table, record.of_source] += 1
            if kept[record.table, record.of_source] <= _EXAMPLES:
                self.quarantined.append(Quarantined(key, record))
            else:
                self.counted_away[record.table] += 1
                self.counted_blamed[record.table] += record.of_source


@dataclass(frozen=True)
class _Cut:
    bytes: int
    whole: ParsedPart
    rows: dict[date | None, dict[str, list[Row]]]


_cache: OrderedDict[str, _Cut] = OrderedDict()


def read_day(
    lake: Lake,
    connector: str,
    parts: list[Part] | tuple[Part, ...],
    day: date,
    *,
    is_first: bool = False,
) -> DayOfSource:
    """Parse the parts and take what belongs to the day (a snapshot belongs to every day).

    Args:
        lake: where the parts are.
        connector: whose parts they are.
        parts: of one raw manifest.
        day: the UTC day.
        is_first: the first day of all takes events and balances of before too, marked `_before`: a pool that
            was made, or an account that was frozen, before the first day still is.
    """
    options = read_options(lake, parts)
    found = DayOfSource()
    for part in sorted(parts, key=lambda part: part.key.rpartition("/")[2]):
        if part.key.endswith(f"/{OPTIONS_NAME}"):
            continue
        _take(found, part.key, *_parsed(lake, connector, part, options, day, is_first))
    return found


def survey_day(lake: Lake, connector: str, parts: list[Part] | tuple[Part, ...], day: date) -> DayOfSource:
    """Like `read_day`, but rows of whole blocks and what is turned away of them are only counted."""
    blocks = block_parts(lake, connector, parts)
    if blocks is None:
        return read_day(lake, connector, parts, day)
    found = DayOfSource()
    try:
        for key, stretch in blocks.stretches(day):
            found.counted["transfers"] += stretch.transfers.num_rows
            found.counted["nft_transfers"] += stretch.numbered.num_rows
            found.counted["chain_events"] += len(stretch.events)
            found.count_away(key, stretch.quarantined)
    except BrokenPart as error:
        found.broken.append((connector, str(error)))
    return found


def block_parts(lake: Lake, connector: str, parts: list[Part] | tuple[Part, ...]) -> BlockParts | None:
    """The parts as whole blocks of a chain; None where the connector gives rows."""
    module = stretch_functions(connector)
    return None if module is None else BlockParts(lake, module, tuple(parts), read_options(lake, parts))


def read_options(lake: Lake, parts: list[Part] | tuple[Part, ...]) -> dict[str, Any]:
    """The options that the parts are parsed with."""
    for part in parts:
        if part.key.endswith(f"/{OPTIONS_NAME}"):
            options: dict[str, Any] = json.loads(read_part(lake, part))
            return options
    return {}


def row_day(table: str, row: Row) -> date | None:
    """The day that a row belongs to; None for every day."""
    if "_day" in row:
        day: date | None = row["_day"]
        return day
    if table in ("transfers", "nft_transfers", "chain_events", "balances"):
        moment: date = row["block_time"].date()
        return moment
    if table == "prices":
        priced: date = row["day"]
        return priced
    return None


def _parsed(
    lake: Lake, connector: str, part: Part, options: Options, day: date, is_first: bool
) -> tuple[ParsedPart, dict[str, list[Row]], list[QuarantinedRow]]:
    parse = parse_function(connector)
    name = part.key.rpartition("/")[2]
    daily = describe(connector).grain == "day"
    if part.bytes > CACHED_BYTES:
        if not (is_first and describe(connector).table in CHAIN_FACTS):
            streamed = parse(_large(lake, part), options, name, day if daily else None)
            return streamed, streamed.rows, streamed.quarantined
        return _of_day(_cut(part.bytes, parse(_large(lake, part), options, name, None)), day, is_first)
    # The name decides which options apply, so it is part of what was parsed.
    key = f"{connector}/{part.sha256}/{short_hash({'name': name, 'options': options})}"
    cut = _cache.get(key)
    if cut is None:
        cut = _cut(part.bytes, parse(read_part(lake, part), options, name, None))
        _cache[key] = cut
        while sum(held.bytes for held in _cache.values()) > _CACHED_TOTAL:
            _cache.popitem(last=False)
    else:
        _cache.move_to_end(key)
    return _of_day(cut, day, is_first)


def _of_day(
    cut: _Cut, day: date, is_first: bool
) -> tuple[ParsedPart, dict[str, list[Row]], list[QuarantinedRow]]:
    rows: dict[str, list[Row]] = {}
    for owner in (None, day):
        for table, found in cut.rows.get(owner, {}).items():
            rows.setdefault(table, []).extend(found)
    for before in sorted(owner for owner in cut.rows if is_first and owner is not None and owner < day):
        for table in CHAIN_FACTS:
            marked = [{**row, "_before": True} for row in cut.rows[before].get(table, [])]
            if marked:
                rows.setdefault(table, []).extend(marked)
    quarantined = [record for record in cut.whole.quarantined if record.day in (None, day)]
    return cut.whole, rows, quarantined


def _cut(size: int, parsed: ParsedPart) -> _Cut:
    rows: dict[date | None, dict[str, list[Row]]] = {}
    for table, found in parsed.rows.items():
        for row in found:
            rows.setdefault(row_day(table, row), {}).setdefault(table, []).append(row)
    return _Cut(size, parsed, rows)


def _large(lake: Lake, part: Part) -> Path:
    from clawback.errors import ClawbackError
    from clawback.hashing import file_sha256_hex

    path = lake.local_path(part.key)
    if file_sha256_hex(path) != part.sha256:
        raise ClawbackError("the bytes in the lake are not those of the manifest", where=part.key)
    return path


def _take(
    found: DayOfSource,
    key: str,
    parsed: ParsedPart,
    rows: dict[str, list[Row]],
    quarantined: list[QuarantinedRow],
) -> None:
    for table, some in rows.items():
        found.rows.setdefault(table, []).extend(some)
    found.quarantined.extend(Quarantined(key, record) for record in quarantined)
    found.issues.extend((key, issue) for issue in parsed.issues)
    if parsed.broken is not None:
        found.broken.append((key, parsed.broken))
