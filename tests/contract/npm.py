"""The nodes and compiled contracts of the tests, by npm into build/npm: `python -m tests.contract.npm`."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.conftest import ROOT
from tests.tools_present import require_tool

FOLDER: Final = ROOT / "build" / "npm"
ANVIL: Final = "@foundry-rs/anvil@1.7.1"
GANACHE: Final = "ganache@7.9.2"
OPENZEPPELIN: Final = "@openzeppelin/contracts@4.9.6"


def anvil() -> Path | None:
    """The program of anvil, where it is installed."""
    return next(iter(sorted((FOLDER / "node_modules" / "@foundry-rs").glob("anvil-*/bin/anvil"))), None)


def ganache() -> Path | None:
    """The script of ganache, where it is installed."""
    script = FOLDER / "node_modules" / "ganache" / "dist" / "node" / "cli.js"
    return script if script.is_file() else None


def compiled(contract: str) -> Path | None:
    """The compiler's output for a contract of OpenZeppelin, where it is installed."""
    file = (
        FOLDER / "node_modules" / "@openzeppelin" / "contracts" / "build" / "contracts" / f"{contract}.json"
    )
    return file if file.is_file() else None


def install() -> str:
    """Installs what is missing; says what npm said.

    All by one call, since npm takes away what a call does not name; one process at a time.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if anvil() and ganache() and compiled("ERC721"):
            return ""
        words = ["npm", "install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"]
        done = subprocess.run(
            [*words, "--prefix", str(FOLDER), ANVIL, GANACHE, OPENZEPPELIN],
            check=False,
            timeout=300,
            capture_output=True,
            text=True,
        )
        return done.stdout + done.stderr


def require_node(package: str, find: Callable[[], Path | None]) -> Path:
    """A node's program, installed if it is not there; skips the test by name where that cannot be done."""
    found = find()
    if found is None:
        require_tool(f"npm (for {package})", shutil.which("npm") is not None, "install Node 20")
        install()
        found = find()
    require_tool(package, found is not None, f"npm install --prefix build/npm {package}")
    assert found is not None
    return found


if __name__ == "__main__":
    said = install()
    if not (anvil() and ganache() and compiled("ERC721")):
        raise SystemExit(said)
