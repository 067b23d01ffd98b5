"""Other programs that extract chains, each in an environment of its own: to compare rows and speed with."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.conftest import ROOT
from tests.tools_present import require_tool

FOLDER: Final = ROOT / "build" / "peers"
# ethereum-etl's own pin of parsimonious cannot be imported on Python 3.11.
WANTED: Final = {
    "ethereum-etl": (["ethereum-etl==2.4.2", "setuptools<81"], ["parsimonious>=0.10"]),
    "cryo": (["cryo==0.3.2"], []),
}


def peer(name: str) -> Path | None:
    """The Python of a peer's environment, made once; None where it cannot be made."""
    folder = FOLDER / name
    python = folder / "bin" / "python"
    ready = folder / ".ready"
    if ready.exists():
        return python
    shutil.rmtree(folder, ignore_errors=True)
    packages, forced = WANTED[name]
    try:
        _run(sys.executable, "-m", "venv", str(folder))
        _run(str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages)
        if forced:
            _run(str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *forced)
    except (subprocess.SubprocessError, OSError):
        return None
    ready.touch()
    return python


def require_peer(name: str) -> Path:
    """The Python of a peer's environment; skips the test by name where it cannot be made."""
    python = peer(name)
    require_tool(name, python is not None, f"python -m pip install {' '.join(WANTED[name][0])}")
    assert python is not None
    return python


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True, timeout=300)
