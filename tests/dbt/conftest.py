"""One build of the fixture warehouse that most tests here look at."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from clawback.context import RunContext
from clawback.warehouse.step import build_candidate
from tests.dbt.fixture_inputs import context, fill_lake


@dataclass(frozen=True)
class Built:
    """A finished candidate and what it was made of."""

    ctx: RunContext
    keys: tuple[str, str]
    name: str

    @property
    def folder(self) -> Path:
        return self.ctx.work_dir / "candidates" / self.name

    @property
    def document(self) -> dict[str, Any]:
        return json.loads((self.folder / "candidate.json").read_bytes())


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The fixture's days, built."""
    ctx = context(tmp_path_factory.mktemp("warehouse"))
    keys = fill_lake(ctx.lake)
    return Built(ctx, keys, build_candidate(ctx, *keys))


@pytest.fixture
def marts(built: Built) -> Iterator[duckdb.DuckDBPyConnection]:
    """The database that readers get."""
    with duckdb.connect(str(built.folder / "clawback.duckdb"), read_only=True) as connection:
        yield connection
