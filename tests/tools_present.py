"""Says what a test does where a tool outside the Python environment is missing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from typing import Final

import pytest

CHROMIUM: Final = "/usr/bin/chromium"


def require_tool(name: str, present: bool, how: str, environ: Mapping[str, str] = os.environ) -> None:
    """Skips the running test by name when a tool is missing, and fails it where CI=true promises all tools.

    Args:
        name: The tool, as a person would say it.
        present: Whether it was found.
        how: How to get it.
        environ: Where CI is looked up.
    """
    if present:
        return
    message = f"{name} is missing; {how}"
    if environ.get("CI", "").lower() == "true":
        pytest.fail(f"{message} (CI=true: nothing may be missing)", pytrace=False)
    pytest.skip(message)


def require_chromium() -> str:
    """Gives the path of Chromium."""
    found = CHROMIUM if os.access(CHROMIUM, os.X_OK) else shutil.which("chromium")
    require_tool("Chromium", found is not None, "apt-get install -y chromium")
    return str(found)
