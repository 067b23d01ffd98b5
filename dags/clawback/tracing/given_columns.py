"""Rows of a file as columns, many at once: what is written the usual way is checked by the column.

Method:
    A row is usual where every cell has the form in which the tables store it. All other rows go one by one
    through the readers that know every form and say what is wrong. So both ways give the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from clawback.schemas import TRANSFERS, shown
from clawback.sources.tabular import Record
from clawback.tables.addresses import EVM_CHAINS
from clawback.tracing.columnar.gathered import COLUMNS
from clawback.tracing.given_cells import Form, Row, read_cells

if TYPE_CHECKING:
    import pyarrow as pa


def given_schema() -> pa.Schema:
    """Columns of what was read: those of transfers, the number of the file, whether the position is true."""
    import pyarrow as pa

    fields = [shown(TRANSFERS.field(name)) for name in COLUMNS]
    return pa.schema([*fields, pa.field("file", pa.int32()), pa.field("positioned", pa.bool_())])


def table_of(rows: Iterable[Row], file: int) -> pa.Table:
    """Rows that were read one by one."""
    from clawback.parquet import rows_to_table

    named = (
        {**{name: row[name] for name in COLUMNS}, "file": file, "positioned": row["_positioned"]}
        for row in rows
    )
    return rows_to_table(named, given_schema())


def read_batch(
    batch: pa.Table,
    numbers: list[int],
    record: Callable[[int], Record],
    form: Form,
    file: int,
    skip: Callable[[int, str], None],
) -> pa.Table:
    """Reads rows of a file.

    Args:
        batch: the cells, as text or as the types that Parquet gave them.
        numbers: of the rows in the file.
        record: gives one row of the batch as text.
        form: what the cells mean.
        file: its number, for the column `file`.
        skip: told the number of a row that cannot be read, and why.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    columns, usual = _usual(batch, form)
    if columns is None:
        places = list(range(batch.num_rows))
        whole = given_schema().empty_table()
    else:
        places = pc.indices_nonzero(pc.invert(usual)).to_pylist()
        count = batch.num_rows
        columns |= {"file": pa.repeat(pa.scalar(file, pa.int32()), count)}
        columns |= {"positioned": pa.repeat(pa.scalar(form.is_positioned), count)}
        schema = given_schema()
        whole = pa.table({name: columns[name] for name in schema.names}, schema=schema).filter(usual)
    if not places:
        return whole
    rows: list[Row] = []
    kept: list[int] = []
    for place in places:
        one = record(place)
        try:
            if one.problem is not None:
                raise ValueError(one.problem)
            rows.append(form.read(one.cells))
            kept.append(place)
        except ValueError as error:
            skip(numbers[place], str(error))
    usual_places = pc.indices_nonzero(usual).to_pylist() if columns is not None else []
    order = pc.sort_indices(pa.array([*usual_places, *kept], pa.int64()))
    return pa.concat_tables([whole, table_of(rows, file)]).take(order)


def _usual(batch: pa.Table, form: Form) -> tuple[dict[str, Any] | None, Any]:
    """The columns, and of which rows they are right; none where a column is of a type that is never usual."""
    import pyarrow as pa
    import pyarrow.compute as pc

    # What is usual is the form of EVM chains; a chain that holds for the whole file stands in no cell.
    if "chain" in form.fixed and form.fixed["chain"] not in EVM_CHAINS:
        return None, None
    checks: list[Any] = []
    columns: dict[str, Any] = {}
    try:
        for name in COLUMNS:
            field = shown(TRANSFERS.field(name))
            if name in form.fixed:
                value = pa.scalar(form.fixed[name], field.type)
                columns[name] = pa.repeat(value, batch.num_rows)
                continue
            source = form.names.get(name, name)
            cells = batch.column(source).combine_chunks() if source in batch.column_names else None
            columns[name], is_usual = read_cells(name, cells, batch.num_rows, form)
            checks.append(is_usual)
    # A column of a type that is never usual is no error yet: the readers of rows say row and cause.
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError):  # left to the readers of rows
        return None, None
    if "order_quality" not in form.fixed:
        known = pc.and_(columns["block_number"].is_valid(), columns["tx_index"].is_valid())
        by_rule = pc.if_else(known, "exact", "time")
        columns["order_quality"] = pc.if_else(
            pc.equal(columns["order_quality"], ""), by_rule, columns["order_quality"]
        )
    usual = pa.repeat(pa.scalar(True), batch.num_rows)
    if form.needs_receiver:
        checks.append(columns["to_address"].is_valid())
    for check in checks:
        usual = pc.and_(usual, pc.fill_null(check, False))
    return columns, usual
