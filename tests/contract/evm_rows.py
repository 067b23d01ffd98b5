"""Running an extraction in a test, and reading what it wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from clawback.chains.evm.catalogue import Chain, chain_with_id
from clawback.chains.evm.plan import Access
from clawback.chains.evm.run import extract
from clawback.chains.evm.settle import Order
from clawback.chains.evm.transport import Limits

LIMITS = Limits(timeout=5, deadline=10, max_bytes=64 << 20)


def extracted(
    out: Path,
    urls: list[str],
    blocks: range,
    *,
    changes: dict[str, dict[str, Any]] | None = None,
    most_blocks: int = 100,
    limits: Limits = LIMITS,
    told: list[str] | None = None,
    **order: Any,
) -> dict[str, Any]:
    """Extract blocks with one worker; the manifest."""

    def row(number: int) -> Chain:
        return chain_with_id(number, changes)

    lines = [] if told is None else told
    return extract(
        Order(row, lambda nodes, chain: blocks, out, workers=1, **order),
        Access(tuple(urls), ("127.0.0.1",), limits, most_blocks),
        lines.append,
    )


def rows(out: Path, table: str) -> list[dict[str, Any]]:
    """Rows of a table through its view, in the order in which they lie."""
    with duckdb.connect() as connection:
        connection.execute(f"set file_search_path = '{out}'")
        connection.execute("set timezone = 'UTC'")
        connection.execute((out / "views.sql").read_text())
        found = connection.execute(f"select * from {table}")  # noqa: S608 - a table's name
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def files_of(out: Path) -> dict[str, bytes]:
    """Everything in a folder, by name."""
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }
