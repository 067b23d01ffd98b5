"""Lands reports: a snapshot of what a folder holds."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

from clawback.errors import ClawbackError
from clawback.sources.base import Context, Extraction, Options
from clawback.sources.files import option_files, request_of
from clawback.sources.report_files import about

VERSION: Final = "2"
_SUFFIXES: Final = (".json", ".html", ".htm", ".txt", ".pdf")


def extract(ctx: Context, day: date) -> Extraction:
    """Land the file, or all reports of the folder; what people say about them goes into the parse options."""
    told = {}
    parts = []
    for path in _documents(ctx.options, ctx.base_dir, f"source '{ctx.source}'"):
        part = ctx.land(path.name, path, shared=True)
        parts.append(part)
        beside = path.with_name(path.name + about.SUFFIX)
        if beside.is_file():
            told[part.key.rpartition("/")[2]] = about.read_about(beside)
    return Extraction(tuple(parts), request_of(ctx.options), parse_options={"about": told} if told else {})


def check_options(options: Options, base_dir: Path, where: str) -> None:
    """Check that the files are there."""
    _documents(options, base_dir, where)


def _documents(options: Options, base_dir: Path, where: str) -> list[Path]:
    files = option_files(options, _SUFFIXES, base_dir, where)
    documents = [path for path in files if not path.name.endswith(about.SUFFIX)]
    described = {path.name + about.SUFFIX for path in documents}
    for path in files:
        if path.name.endswith(about.SUFFIX) and path.name not in described:
            raise ClawbackError(
                f"'{path.name}' describes no file",
                where=f"{where}: {path}",
                remedy=f"put '{path.name.removesuffix(about.SUFFIX)}' beside it, or remove it",
            )
    return documents
