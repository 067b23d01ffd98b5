"""A warehouse made by the command that users type."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from clawback.hashing import file_sha256_hex

CLAWBACK: Final = Path(sys.executable).parent / "clawback"
TWO_DAYS: Final = ("--from", "2020-09-25", "--to", "2020-09-26", "--known", "2026-01-02")


@dataclass(frozen=True)
class Warehouse:
    """A folder in which the command was run."""

    home: Path
    said: str

    def clawback(self, *words: str, check: bool = True, **changes: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [str(CLAWBACK), *words],
            cwd=self.home,
            env=environment(**changes),
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        if check:
            assert done.returncode == 0, done.stdout + done.stderr
        return done

    @property
    def release(self) -> str:
        found = re.search(r"^release +(\S+)", self.said, re.MULTILINE)
        assert found is not None, self.said
        return found[1]

    def marts(self) -> dict[str, str]:
        folder = self.home / "var/lake/releases" / self.release / "marts"
        return {path.name: file_sha256_hex(path) for path in sorted(folder.iterdir())}


def environment(**changes: str) -> dict[str, str]:
    """What is set around the tests, without settings of clawback."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CLAWBACK_")}
    return kept | changes


def run(home: Path, *words: str, **changes: str) -> Warehouse:
    """Runs days in a folder."""
    empty = Warehouse(home, "")
    return Warehouse(home, empty.clawback("run", *words, **changes).stdout)
