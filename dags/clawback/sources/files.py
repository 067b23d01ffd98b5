"""Files and folders that the settings name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from clawback.errors import ClawbackError
from clawback.resources import resolve
from clawback.sources.base import Context, Extraction, Options

MAX_FILES: Final = 10_000


def option_path(options: Options, name: str, base_dir: Path, where: str) -> Path:
    """The file or folder that an option names.

    Raises:
        ClawbackError: the option is missing, or nothing is there.
    """
    value = options.get(name)
    if not isinstance(value, str) or not value:
        raise ClawbackError(f"the option '{name}' names no file", where=where, remedy=f"set {name}")
    path = resolve(value, base_dir)
    if not path.exists():
        raise ClawbackError(f"'{value}' does not exist", where=f"{where}, option {name}: {path}")
    return path


def listed_files(path: Path, suffixes: Sequence[str], where: str) -> list[Path]:
    """The file itself, or a folder's files with these suffixes in the order of their names.

    Raises:
        ClawbackError: too many files, or none.
    """
    if path.is_file():
        return [path]
    found = sorted(
        child for child in path.iterdir() if child.is_file() and child.name.endswith(tuple(suffixes))
    )
    if len(found) > MAX_FILES:
        raise ClawbackError(f"{len(found)} files are too many", where=f"{where}: {path}")
    if not found:
        raise ClawbackError(f"no file ends with {' or '.join(suffixes)}", where=f"{where}: {path}")
    return found


def land_files(ctx: Context, suffixes: Sequence[str]) -> Extraction:
    """Land what the option `path` names, each file once for all the days that it serves."""
    files = option_files(ctx.options, suffixes, ctx.base_dir, f"source '{ctx.source}'")
    parts = tuple(ctx.land(path.name, path, shared=True) for path in files)
    return Extraction(parts, request_of(ctx.options))


def option_files(options: Options, suffixes: Sequence[str], base_dir: Path, where: str) -> list[Path]:
    """The files that the option `path` names. Raises ClawbackError when there are none."""
    return listed_files(option_path(options, "path", base_dir, where), suffixes, where)


def request_of(options: Options) -> dict[str, Any]:
    """What the manifest says was asked: the option as written, never this machine's path."""
    return {"path": options.get("path")}
