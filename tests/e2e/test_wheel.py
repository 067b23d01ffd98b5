"""The wheel alone: installed into an empty environment, run in an empty folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.tools_present import require_tool

pytestmark = pytest.mark.slow


def _uv() -> str:
    found = shutil.which("uv") or next(
        (str(path) for path in (ROOT / "build/uv/bin/uv",) if path.exists()), None
    )
    require_tool("uv", found is not None, "`make test` installs it into build/uv")
    return str(found)


def _call(*words: str, cwd: Path, **environment: str) -> str:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CLAWBACK_", "VIRTUAL_ENV", "PYTHONPATH"))
    }
    done = subprocess.run(
        list(words), cwd=cwd, env=kept | environment, capture_output=True, text=True, check=False, timeout=900
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.timeout(1200)
def test_the_wheel_holds_all_that_it_needs(tmp_path: Path) -> None:
    uv = _uv()
    _call(uv, "build", "--wheel", "--out-dir", str(tmp_path / "dist"), "--python", sys.executable, cwd=ROOT)
    [wheel] = (tmp_path / "dist").glob("*.whl")
    pins = tmp_path / "pins.txt"
    _call(uv, "export", "--locked", "--no-dev", "--no-emit-project", "--no-hashes", "-o", str(pins), cwd=ROOT)
    _call(uv, "venv", "--python", sys.executable, str(tmp_path / "env"), cwd=tmp_path)
    python = tmp_path / "env/bin/python"
    _call(uv, "pip", "install", "--python", str(python), "-c", str(pins), str(wheel), cwd=tmp_path)
    empty = tmp_path / "empty"
    empty.mkdir()
    # A checkout on the path would hide a file that the wheel lacks.
    where = _call(str(python), "-c", "import clawback; print(clawback.__file__)", cwd=empty)
    assert str(tmp_path / "env") in where
    said = _call(str(tmp_path / "env/bin/clawback"), "run", "--to", "2020-09-25", cwd=empty)
    assert "KuCoin (kucoin-2020)" in said
    assert "release   2020-09-25-" in said
