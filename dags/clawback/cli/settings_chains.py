"""The EVM chains that the settings file adds or changes, for commands that need nothing else of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def chains_of(settings_path: Path | None) -> dict[str, dict[str, Any]]:
    """The rows `[chains.NAME]` of the settings file that holds; their values are not looked at.

    Reading all settings takes longer than extracting a hundred blocks; `clawback config check` does that.

    Raises:
        ClawbackError: the file is not there, or no TOML.
    """
    import tomllib

    from clawback.errors import ClawbackError
    from clawback.settings_file import find_settings_file

    file, _ = find_settings_file(settings_path)
    try:
        chains = tomllib.loads(file.read_text(encoding="utf-8")).get("chains", {})
    except ValueError as error:
        raise ClawbackError("the settings file is no TOML", where=str(file), cause=str(error)) from error
    if not isinstance(chains, dict) or not all(isinstance(row, dict) for row in chains.values()):
        raise ClawbackError("chains is no table of tables", where=str(file), remedy="write [chains.NAME]")
    return chains
