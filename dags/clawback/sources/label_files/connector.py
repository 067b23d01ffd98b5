"""Lands TagPack files: a snapshot of what a folder holds."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

from clawback.sources.base import Context, Extraction, Options
from clawback.sources.files import listed_files, option_path, request_of

VERSION: Final = "1"
_SUFFIXES: Final = (".yml", ".yaml")


def extract(ctx: Context, day: date) -> Extraction:
    """Land the file, or all TagPacks of the folder."""
    where = f"source '{ctx.source}'"
    files = listed_files(option_path(ctx.options, "path", ctx.base_dir, where), _SUFFIXES, where)
    return Extraction(
        tuple(ctx.land(path.name, path, shared=True) for path in files),
        request_of(ctx.options),
        # The words are part of how the bytes are read, so they stand beside them.
        parse_options={"words": {name: dict(words) for name, words in ctx.description.words.items()}},
    )


def check_options(options: Options, base_dir: Path, where: str) -> None:
    """Check that the files are there."""
    listed_files(option_path(options, "path", base_dir, where), _SUFFIXES, where)
