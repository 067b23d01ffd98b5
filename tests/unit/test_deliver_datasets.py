"""The data dictionary says what dbt says."""

from __future__ import annotations

import runpy
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "datasets"


def test_the_data_dictionary_is_that_of_the_marts() -> None:
    dictionary = runpy.run_path(str(FOLDER / "generate.py"))["dictionary"]
    assert (FOLDER / "README.md").read_text(encoding="utf-8") == dictionary(), (
        "the marts' yml changed: run `python docs/datasets/generate.py`"
    )
