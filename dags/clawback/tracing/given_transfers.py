"""Reads transfers out of files that a person names: by a mapping, or by the names of their columns.

Layout:
    Without a mapping, the columns carry the names of the `transfers` table (amounts in base units), or are
    timestamp, block_number, tx_hash, from_address, to_address, value_usd: amounts in US dollars of the time.
    Those are counted as 10^-18 USD, asset `usd`. Rows that several files deliver count once; repeated rows of
    one file are separate transfers, unless the mapping says `unique: true`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from clawback.cases.plain_yaml import read_plain_yaml
from clawback.errors import ClawbackError
from clawback.sources.tabular import BrokenFile, Record, Table, open_table
from clawback.sources.transfer_files import parse as mapped
from clawback.sources.transfer_files.mapping import parse_mapping
from clawback.tables.addresses import normalise_address, normalise_asset, normalise_tx_hash
from clawback.tables.exact import parse_integer, parse_number, parse_time, to_base_units
from clawback.tables.transfers import LOG_BASE, merge_transfers
from clawback.tracing.records import UTXO_KINDS, Transfer

USD: Final = "usd"
USD_DECIMALS: Final = 18
USD_COLUMNS: Final = ("timestamp", "block_number", "tx_hash", "from_address", "to_address", "value_usd")
TABLE_COLUMNS: Final = (
    "chain", "block_time", "tx_hash", "kind", "position", "from_address", "to_address", "asset", "amount",
)  # fmt: skip
OPTIONAL_COLUMNS: Final = ("block_number", "tx_index", "outpoint", "order_quality")
IGNORED_COLUMNS: Final = frozenset({"block_hash", "source", "known_date"})
_KINDS: Final = frozenset({"native", "internal", "token", "fee", "mint", "burn", *UTXO_KINDS})

Row = dict[str, Any]


@dataclass
class GivenTransfers:
    """What the files hold."""

    transfers: list[Transfer] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    """Rows that cannot be read, with the reason."""
    files: dict[str, int] = field(default_factory=dict)
    decimals: dict[tuple[str, str], int] = field(default_factory=dict)
    """What the files say about assets, by (chain, asset)."""


def read_transfers(
    files: Sequence[Path], mappings: Sequence[Path], chain: str, *, skip_bad_rows: bool = False
) -> GivenTransfers:
    """Reads all files and puts them together.

    Args:
        files: CSV (plain or gzip) or Parquet.
        mappings: one for all files, or one per file in their order; none to go by the names of columns. A
            file with the columns of the transfers table needs none and is not counted.
        chain: of files whose columns do not say it.
        skip_bad_rows: count rows that cannot be read, or contradict others, instead of refusing the file.

    Raises:
        ClawbackError: A file or mapping that cannot be used; names the row.
    """
    foreign = [file for file in files if not set(_open(file).columns) >= set(TABLE_COLUMNS)]
    if mappings and not foreign:
        # Read by the names of its columns, such a file may mean another unit than its mapping says.
        raise ClawbackError(
            "no file is read by the --mapping",
            where=", ".join(map(str, mappings)),
            cause="all --transfers have the columns of the transfers table, amounts in base units",
            remedy="leave the --mapping away, or rename the columns of the file that it is for",
        )
    if len(mappings) not in (0, 1, len(foreign)):
        raise ClawbackError(
            f"{len(mappings)} mappings for {len(foreign)} files that need one",
            remedy="give one --mapping for all files, or one per file in the order of --transfers",
        )
    mapping_of = {file: mappings[place % len(mappings)] for place, file in enumerate(foreign) if mappings}
    given = GivenTransfers()
    by_file: list[tuple[str, list[Row]]] = []
    for file in files:
        mapping = mapping_of.get(file)
        rows = _mapped_rows(file, mapping, given) if mapping else _named_rows(file, chain, given)
        if given.skipped and not skip_bad_rows:
            raise ClawbackError(
                f"{len(given.skipped)} rows of the file cannot be read",
                where=str(file),
                cause="; ".join(given.skipped[:5]),
                remedy="correct the file or its mapping, or leave such rows out with --skip-bad-rows",
            )
        given.files[str(file)] = len(rows)
        by_file.append((str(file), rows))
    merged, rejected = merge_transfers(by_file)
    contradicting = [
        f"{file}, {row['tx_hash']} position {row['position']}: {reason}" for file, row, reason in rejected
    ]
    if contradicting and not skip_bad_rows:
        raise ClawbackError(
            f"{len(contradicting)} rows contradict rows before them",
            where=rejected[0][0],
            cause="; ".join(contradicting[:5]),
            remedy="correct the files, or keep the first of each such rows with --skip-bad-rows",
        )
    given.skipped += contradicting
    given.transfers = [_transfer(row) for row in merged]
    return given


def read_records(file: Path, columns: Sequence[str]) -> Iterator[Record]:
    """Opens a small table that must have certain columns.

    Raises:
        ClawbackError: No such table.
    """
    table = _open(file)
    missing = [name for name in columns if name not in table.columns]
    if missing:
        raise ClawbackError(
            f"the file has no column {', '.join(map(repr, missing))}",
            where=str(file),
            cause="its columns are " + ", ".join(map(repr, table.columns)),
            remedy=f"needed are {', '.join(columns)}",
        )
    return table.records


def _open(file: Path) -> Table:
    try:
        return open_table(file)
    except (BrokenFile, OSError) as error:
        raise ClawbackError("the file cannot be read", where=str(file), cause=str(error)) from error


def _mapped_rows(file: Path, mapping: Path, given: GivenTransfers) -> list[Row]:
    value = read_plain_yaml(mapping.read_bytes(), where=str(mapping)).value
    parse_mapping(value, str(mapping))
    parsed = mapped.parse(file, {"mappings": {file.name: value}}, file.name, None)
    if parsed.broken is not None:
        raise ClawbackError(
            "the file cannot be read by its mapping", where=f"{file}, {mapping}", cause=parsed.broken
        )
    given.skipped += [f"{file}, row {row.row}: {row.reason}" for row in parsed.quarantined]
    for row in parsed.rows.get("assets", []):
        if row["decimals"] is not None:
            given.decimals[row["chain"], row["asset"]] = row["decimals"]
    return parsed.rows.get("transfers", [])


def _named_rows(file: Path, chain: str, given: GivenTransfers) -> list[Row]:
    table = _open(file)
    names = set(table.columns)
    read: Callable[[dict[str, str]], Row]
    if names >= set(TABLE_COLUMNS):
        if "amount" in table.floats:
            raise ClawbackError(
                "the column 'amount' is floating point: its amounts have lost digits", where=str(file)
            )
        read = _table_row
    elif names >= set(USD_COLUMNS):
        given.decimals[chain, USD] = USD_DECIMALS

        def read(cells: dict[str, str]) -> Row:
            return _usd_row(cells, chain)
    else:
        raise ClawbackError(
            "the columns of the file are not understood",
            where=str(file),
            cause="its columns are " + ", ".join(map(repr, table.columns)),
            remedy=f"write a --mapping, or name them {', '.join(TABLE_COLUMNS)} (and, where known,"
            f" {', '.join(OPTIONAL_COLUMNS)}), or {', '.join(USD_COLUMNS)}",
        )
    rows: list[Row] = []
    try:
        for record in table.records:
            try:
                if record.problem is not None:
                    raise ValueError(record.problem)
                rows.append(read(record.cells))
            except ValueError as error:
                given.skipped.append(f"{file}, row {record.number}: {error}")
    except BrokenFile as error:
        raise ClawbackError("the file cannot be read", where=str(file), cause=str(error)) from error
    return rows


def _table_row(cells: dict[str, str]) -> Row:
    chain, kind = cells["chain"].strip(), cells["kind"].strip()
    if kind not in _KINDS:
        raise ValueError(f"'{kind[:40]}' is no kind of transfer ({', '.join(sorted(_KINDS))})")
    block_number, tx_index = _whole(cells, "block_number", 2**62), _whole(cells, "tx_index", 2**31 - 1)
    sender, receiver = cells["from_address"].strip(), cells["to_address"].strip()
    is_known = block_number is not None and tx_index is not None
    return {
        "chain": chain,
        "block_number": block_number,
        "block_time": parse_time(cells["block_time"], "iso8601"),
        "tx_hash": normalise_tx_hash(cells["tx_hash"], chain),
        "tx_index": tx_index,
        "position": parse_integer(cells["position"], "position", 2**62),
        "kind": kind,
        # An output of the UTXO model comes from its transaction, an input goes into it.
        "from_address": "" if kind == "utxo_out" and not sender else normalise_address(sender, chain),
        "to_address": normalise_address(receiver, chain) if receiver else None,
        "asset": normalise_asset(cells["asset"], chain),
        "amount": to_base_units(parse_number(cells["amount"]), 0),
        "outpoint": cells.get("outpoint", "").strip() or None,
        "order_quality": cells.get("order_quality", "").strip() or ("exact" if is_known else "time"),
        "_positioned": True,
    }


def _usd_row(cells: dict[str, str], chain: str) -> Row:
    return {
        "chain": chain,
        "block_number": _whole(cells, "block_number", 2**62),
        "block_time": parse_time(cells["timestamp"], "iso8601"),
        "tx_hash": normalise_tx_hash(cells["tx_hash"], chain),
        "tx_index": None,
        "position": LOG_BASE,
        "kind": "token",
        "from_address": normalise_address(cells["from_address"], chain),
        "to_address": normalise_address(cells["to_address"], chain),
        "asset": USD,
        "amount": to_base_units(parse_number(cells["value_usd"]), USD_DECIMALS),
        "outpoint": None,
        "order_quality": "time",
        "_positioned": False,
    }


def _transfer(row: Row) -> Transfer:
    return Transfer(**{name: row[name] for name in Transfer.__dataclass_fields__})


def _whole(cells: dict[str, str], name: str, most: int) -> int | None:
    text = cells.get(name, "").strip()
    return parse_integer(text, name, most) if text else None
