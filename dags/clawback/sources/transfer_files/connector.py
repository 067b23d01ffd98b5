"""Lands an exported file of transfers, once for all the days in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from clawback.cases.plain_yaml import read_plain_yaml
from clawback.sources.base import Context, Extraction, Options
from clawback.sources.files import land_files, option_files, option_path
from clawback.sources.transfer_files.mapping import parse_mapping

VERSION: Final = "1"
_SUFFIXES: Final = (".csv", ".csv.gz", ".parquet")


def extract(ctx: Context, day: date) -> Extraction:
    """Land the file, or all files of the folder; the mapping goes with them."""
    mapping = _mapping(ctx.options, ctx.base_dir, f"source '{ctx.source}'")
    landed = land_files(ctx, _SUFFIXES)
    names = [part.key.rpartition("/")[2] for part in landed.parts]
    return replace(landed, parse_options={"mappings": dict.fromkeys(names, mapping)})


def check_options(options: Options, base_dir: Path, where: str) -> None:
    """Check that the files are there and the mapping is right."""
    _mapping(options, base_dir, where)
    option_files(options, _SUFFIXES, base_dir, where)


def _mapping(options: Options, base_dir: Path, where: str) -> dict[str, Any]:
    path = option_path(options, "mapping", base_dir, where)
    value = read_plain_yaml(path.read_bytes(), where=str(path)).value
    parse_mapping(value, str(path))
    checked: dict[str, Any] = value
    return checked
