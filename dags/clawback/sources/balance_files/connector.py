"""Lands a file of balances, once for all the days in it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

from clawback.sources.base import Context, Extraction, Options
from clawback.sources.files import land_files, option_files

VERSION: Final = "1"
_SUFFIXES: Final = (".csv", ".csv.gz", ".parquet")


def extract(ctx: Context, day: date) -> Extraction:
    """Land the file, or all files of the folder."""
    return land_files(ctx, _SUFFIXES)


def check_options(options: Options, base_dir: Path, where: str) -> None:
    """Check that the files are there."""
    option_files(options, _SUFFIXES, base_dir, where)
