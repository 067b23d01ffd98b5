"""Reads transfers out of files that a person names: by a mapping, or by the names of their columns.

Layout:
    Without a mapping, the columns carry the names of the `transfers` table (amounts in base units), or are
    timestamp, block_number, tx_hash, from_address, to_address, value_usd: amounts in US dollars of the time.
    Those are counted as 10^-18 USD, asset `usd`. `chain` may lack where the command names it; a file without
    `position`, or a row that leaves it empty, has no order inside a transaction. Rows that several files
    deliver count once; repeated rows of one file are separate transfers, unless the mapping says `unique`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from clawback.errors import ClawbackError
from clawback.sources.tabular import BrokenFile
from clawback.tracing.columnar.gathered import COLUMNS
from clawback.tracing.given_columns import read_batch, table_of
from clawback.tracing.given_forms import TABLE_COLUMNS, USD, USD_DECIMALS, named_form
from clawback.tracing.given_mapped import MappedFile
from clawback.tracing.given_merge import Coverage, put_together
from clawback.tracing.given_rows import open_given
from clawback.tracing.given_store import GivenStore
from clawback.tracing.records import Transfer

if TYPE_CHECKING:
    import pyarrow as pa


BATCH: Final = 1 << 16
TOLD_EVERY: Final = 1_000_000
MOST_TOLD: Final = 1_000
"""Rows that cannot be read are counted to the last, and told to this one."""

Row = dict[str, Any]


@dataclass
class GivenTransfers:
    """What the files hold."""

    store: GivenStore = field(default_factory=GivenStore)
    coverage: Coverage = field(default_factory=Coverage)
    skipped: list[str] = field(default_factory=list)
    """The first of the rows that cannot be read, with the reason."""
    skipped_rows: int = 0
    files: dict[str, int] = field(default_factory=dict)
    decimals: dict[tuple[str, str], int] = field(default_factory=dict)
    """What the files say about assets, by (chain, asset)."""

    def skip(self, reason: str) -> None:
        """Counts a row that cannot be used."""
        self.skipped_rows += 1
        if len(self.skipped) < MOST_TOLD:
            self.skipped.append(reason)

    def of_transactions(self, hashes: Set[str]) -> list[Transfer]:
        """All transfers of some transactions."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if not hashes:
            return []
        wanted = pa.array(sorted(hashes), pa.string())
        return [
            Transfer(**{**row, "amount": int(row["amount"])})
            for table in self.store.spans()
            for row in table.filter(pc.is_in(table.column("tx_hash"), value_set=wanted))
            .select(COLUMNS)
            .to_pylist()
        ]

    def extend(self, transfers: Iterable[Transfer], *, as_one: bool, progress: Callable[[str], None]) -> None:
        """Takes transfers that stand in no file; each has a place of its own."""
        rows = ({name: getattr(row, name) for name in COLUMNS} | {"_positioned": True} for row in transfers)
        table = table_of(rows, 0)
        self.store.add(table)
        self.store.finish(as_one=as_one, progress=progress)
        self.coverage.count(table)


def read_transfers(
    files: Sequence[Path],
    mappings: Sequence[Path],
    chain: str,
    *,
    skip_bad_rows: bool = False,
    as_one: bool = False,
    progress: Callable[[str], None] = lambda line: None,
) -> GivenTransfers:
    """Reads all files and puts them together.

    Args:
        files: CSV (plain or gzip) or Parquet.
        mappings: one for all files, or one per file in their order; none to go by the names of columns. A
            file with the columns of the transfers table needs none and is not counted.
        chain: of files whose columns do not say it.
        skip_bad_rows: count rows that cannot be read, or contradict others, instead of refusing the file.
        as_one: keep all rows in one span, which is then in memory.
        progress: told how many rows were read.

    Raises:
        ClawbackError: A file or mapping that cannot be used; names the row.
    """
    foreign = [file for file in files if not set(open_given(file).columns) >= set(TABLE_COLUMNS)]
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
    for number, file in enumerate(files):
        mapping = mapping_of.get(file)
        tables = (
            _mapped_rows(file, number, mapping, given) if mapping else _named_rows(file, number, chain, given)
        )
        count = 0
        told = TOLD_EVERY
        for table in tables:
            given.store.add(table)
            count += table.num_rows
            if count >= told:
                progress(f"{file}: {count} transfers")
                told += TOLD_EVERY
        if given.skipped and not skip_bad_rows:
            raise ClawbackError(
                f"{given.skipped_rows} rows of the file cannot be read",
                where=str(file),
                cause="; ".join(given.skipped[:5]),
                remedy="correct the file or its mapping, or leave such rows out with --skip-bad-rows",
            )
        given.files[str(file)] = count
    given.store.finish(as_one=as_one, progress=progress)
    _put_together(given, [str(file) for file in files], skip_bad_rows, progress)
    return given


def _put_together(
    given: GivenTransfers, files: list[str], skip_bad_rows: bool, progress: Callable[[str], None]
) -> None:
    contradicting: list[tuple[int, str, str]] = []
    said_before = [0] * len(files)
    for place in range(len(given.store)):
        table = given.store.span(place)
        merged, found, again = put_together(table, files)
        said_before = [count + more for count, more in zip(said_before, again, strict=True)]
        if merged is not table:
            given.store.replace(place, merged)
        given.coverage.count(merged)
        contradicting += found
    given.coverage.rows_counted_once = sum(said_before)
    for file, count in zip(files, said_before, strict=True):
        if count:
            progress(f"{file}: {count} rows say transfers that were read before; each counts once")
    # In the order of the files, whichever spans they came from.
    contradicting.sort()
    if contradicting and not skip_bad_rows:
        raise ClawbackError(
            f"{len(contradicting)} rows contradict rows before them",
            where=contradicting[0][1],
            cause="; ".join(f"{file}, {what}" for _, file, what in contradicting[:5]),
            remedy="correct the files, or keep the first of each such rows with --skip-bad-rows",
        )
    for _, file, what in contradicting:
        given.skip(f"{file}, {what}")


def _mapped_rows(file: Path, number: int, mapping: Path, given: GivenTransfers) -> Iterator[pa.Table]:
    rows = MappedFile(file, mapping)
    for table in rows.tables(number, BATCH):
        for row, reason in rows.skipped():
            given.skip(f"{file}, row {row}: {reason}")
        yield table
    given.decimals |= rows.decimals()


def _named_rows(file: Path, number: int, chain: str, given: GivenTransfers) -> Iterator[pa.Table]:
    with _errors_of(file):
        table = open_given(file)
        form = named_form(file, table, chain)

        def skip(row: int, reason: str) -> None:
            given.skip(f"{file}, row {row}: {reason}")

        for cells, numbers, record in table.batches(BATCH):
            read = read_batch(cells, numbers, record, form, number, skip)
            if form.decimals:
                given.decimals |= {(name, USD): USD_DECIMALS for name in read["chain"].unique().to_pylist()}
            yield read


@contextmanager
def _errors_of(file: Path) -> Iterator[None]:
    try:
        yield
    except BrokenFile as error:
        raise ClawbackError("the file cannot be read", where=str(file), cause=str(error)) from error
