"""What `clawback extract evm` says to wrong input."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = [str(Path(sys.executable).parent / "clawback"), "extract", "evm", "--rpc", "http://127.0.0.1:9"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "give either --from-block and --to-block, or --day"),
        (["--from-block", "1"], "give either --from-block and --to-block, or --day"),
        (["--from-block", "1", "--to-block", "2", "--day", "2024-01-11"], "give either"),
        (["--from-block", "2", "--to-block", "1"], "--to-block 1 lies before --from-block 2"),
        (["--day", "11.1.2024"], "is not a UTC day"),
        (["--from-block", "1", "--to-block", "2", "--only", "token-transfers", "--internal", "required"],
         "sees no inner calls"),
        (["--from-block", "1", "--to-block", "2", "--only", "token-transfers", "--check", "traces"],
         "has nothing for --check traces"),
        (["--from-block", "1", "--to-block", "2"], "no node answers"),
        (["--from-block", "1", "--to-block", "2", "--rpc", "node:8545"], "is no http(s) URL"),
    ],
)  # fmt: skip
def test_wrong_input_is_told_in_one_plain_line(tmp_path: Path, words: list[str], says: str) -> None:
    done = subprocess.run(
        [*COMMAND, "--out", str(tmp_path / "out"), *words],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=tmp_path,
    )
    assert done.returncode in (1, 2)
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.rglob("*.parquet"))


def test_a_folder_that_cannot_be_made_and_settings_that_are_wrong_are_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    words = [*COMMAND, "--from-block", "1", "--to-block", "2", "--out"]
    done = subprocess.run(
        [*words, str(tmp_path / "file" / "out")], capture_output=True, text=True, timeout=300, cwd=tmp_path
    )
    assert "the folder cannot be made" in done.stderr
    (tmp_path / "clawback.toml").write_text("chains = 3")
    done = subprocess.run(
        [*words, str(tmp_path / "out")], capture_output=True, text=True, timeout=300, cwd=tmp_path
    )
    assert "chains is no table of tables" in done.stderr
