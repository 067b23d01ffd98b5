"""Lands an exported file of transfers, once for all the days in it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, Final

from clawback.cases.plain_yaml import read_plain_yaml
from clawback.sources.base import Context, Extraction, Options
from clawback.sources.files import listed_files, option_path, request_of
from clawback.sources.transfer_files.mapping import parse_mapping

VERSION: Final = "1"
_SUFFIXES: Final = (".csv", ".csv.gz", ".parquet")


def extract(ctx: Context, day: date) -> Extraction:
    """Land the file, or all files of the folder; the mapping goes with them."""
    where = f"source '{ctx.source}'"
    mapping = _mapping(ctx.options, ctx.base_dir, where)
    files = listed_files(option_path(ctx.options, "path", ctx.base_dir, where), _SUFFIXES, where)
    parts = tuple(ctx.land(path.name, path, shared=True) for path in files)
    return Extraction(
        parts,
        request_of(ctx.options),
        parse_options={"mappings": {part.key.rpartition("/")[2]: mapping for part in parts}},
    )


def check_options(options: Options, base_dir: Path, where: str) -> None:
    """Check that the files are there and the mapping is right."""
    _mapping(options, base_dir, where)
    listed_files(option_path(options, "path", base_dir, where), _SUFFIXES, where)


def _mapping(options: Options, base_dir: Path, where: str) -> dict[str, Any]:
    path = option_path(options, "mapping", base_dir, where)
    value = read_plain_yaml(path.read_bytes(), where=str(path)).value
    parse_mapping(value, str(path))
    checked: dict[str, Any] = value
    return checked
