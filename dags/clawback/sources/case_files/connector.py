"""Lands case files, and what people decided about matches: a snapshot of what a folder and a file hold."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

from clawback.errors import ClawbackError
from clawback.sources.base import Context, Extraction, Options
from clawback.sources.files import land_files, option_files, option_path

VERSION: Final = "1"
MATCHES: Final = "_matches.yml"
"""Name under which the file of the option `matches` lands; no case file has it."""
_SUFFIXES: Final = (".yml", ".yaml")


def extract(ctx: Context, day: date) -> Extraction:
    """Land the file, or all case files of the folder; with them what people decided about matches."""
    landed = land_files(ctx, _SUFFIXES)
    if "matches" not in ctx.options:
        return landed
    path = option_path(ctx.options, "matches", ctx.base_dir, f"source '{ctx.source}'")
    part = ctx.land(MATCHES, path, shared=True)
    return Extraction((*landed.parts, part), {**landed.request, "matches": ctx.options["matches"]})


def check_options(options: Options, base_dir: Path, where: str) -> None:
    """Check that the files are there."""
    files = option_files(options, _SUFFIXES, base_dir, where)
    if "matches" not in options:
        return
    matches = option_path(options, "matches", base_dir, where)
    if matches in files or any(path.name == MATCHES for path in files):
        raise ClawbackError(
            "the decisions about matches lie among the case files",
            where=f"{where}: {matches}",
            remedy="move them out of the folder of the option 'path'",
        )
