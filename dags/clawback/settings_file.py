"""Which settings file holds, without reading it: cheap enough for commands that need little of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from clawback.errors import ClawbackError
from clawback.resources import sample_dir

FILE_NAME: Final = "clawback.toml"


def find_settings_file(path: Path | None = None) -> tuple[Path, Path]:
    """The file and the base folder; see `clawback.settings` for the order in which they are looked for.

    Raises:
        ClawbackError: the named file is not there.
    """
    home = os.environ.get("CLAWBACK_HOME")
    named = path or (Path(os.environ["CLAWBACK_SETTINGS"]) if os.environ.get("CLAWBACK_SETTINGS") else None)
    if named is not None:
        if not named.is_file():
            raise ClawbackError("the settings file does not exist", where=str(named))
        packaged = named.resolve().is_relative_to(sample_dir())
        folder = Path.cwd() if packaged else named.resolve().parent
        return named, Path(home).resolve() if home else folder
    base = Path(home).resolve() if home else Path.cwd()
    own = base / FILE_NAME
    return (own if own.is_file() else sample_dir() / FILE_NAME), base
