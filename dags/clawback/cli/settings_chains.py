"""The EVM chains that the settings add or change, for commands that need nothing else of them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

_CHAINS: Final = "CLAWBACK_CHAINS"


def chains_of(settings_path: Path | None) -> dict[str, dict[str, Any]]:
    """The rows `[chains.NAME]` of the settings file that holds, and of the environment over them.

    Their values are not looked at; `clawback config check` does that. Reading all settings takes longer than
    extracting a hundred blocks: what reads the environment is loaded only where it names chains.

    Raises:
        ClawbackError: the file is not there, or no TOML; a variable of the environment fits no setting.
    """
    import tomllib

    from clawback.errors import ClawbackError
    from clawback.settings_file import find_settings_file

    file, _ = find_settings_file(settings_path)
    try:
        chains = tomllib.loads(file.read_text(encoding="utf-8")).get("chains", {})
    except ValueError as error:
        raise ClawbackError("the settings file is no TOML", where=str(file), cause=str(error)) from error
    _check_rows(chains, str(file))
    if any(name.upper().startswith(_CHAINS) for name in os.environ):
        from clawback.settings import environment, merged

        chains = merged({"chains": chains}, environment())["chains"]
        _check_rows(chains, _CHAINS)
    rows: dict[str, dict[str, Any]] = chains
    return rows


def _check_rows(chains: Any, where: str) -> None:
    from clawback.errors import ClawbackError

    if not isinstance(chains, dict) or not all(isinstance(row, dict) for row in chains.values()):
        raise ClawbackError("chains is no table of tables", where=where, remedy="write [chains.NAME]")
