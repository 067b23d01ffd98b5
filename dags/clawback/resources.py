"""Where the files that travel with the library lie: in a checkout or in the installed wheel."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from clawback.errors import ClawbackError

SAMPLE_PREFIX: Final = "sample:"
"""A path in the settings that begins so names a file of the packaged sample."""

_PACKAGE: Final = Path(__file__).resolve().parent


def sample_dir() -> Path:
    """Folder of the packaged sample."""
    return _PACKAGE / "sample"


def dbt_project_dir() -> Path:
    """Folder of the dbt project; may be read-only."""
    return _project_folder("dbt")


def expectations_dir() -> Path:
    """Folder of the audit suites; may be read-only."""
    return _project_folder("expectations")


def resolve(path: str, base: Path) -> Path:
    """Turn a path of the settings into a real one.

    Args:
        path: absolute, relative to base, or `sample:...`.
        base: folder that relative paths start from.
    """
    if path.startswith(SAMPLE_PREFIX):
        return sample_dir() / path.removeprefix(SAMPLE_PREFIX)
    return base / Path(path).expanduser()


def _project_folder(name: str) -> Path:
    for folder in (_PACKAGE / "_project" / name, _PACKAGE.parent.parent / name):
        if folder.is_dir():
            return folder
    raise ClawbackError(
        f"the {name} folder of clawback is missing",
        where=str(_PACKAGE),
        remedy="install the wheel again, or run from a complete checkout",
    )
