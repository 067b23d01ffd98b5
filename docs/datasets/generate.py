"""Write the data dictionary from what dbt says of the marts: `python docs/datasets/generate.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).resolve().parents[2]
MARTS: Final = ROOT / "dbt" / "models" / "marts"
PAGE: Final = Path(__file__).with_name("README.md")

HEAD: Final = """# Data dictionary
Made by `docs/datasets/generate.py` from `dbt/models/marts/**.yml`; change those, then run it.

USD is DECIMAL(38,2), amounts are DECIMAL(38,0) in base units, names that end in `_pct` are percent.
A NULL is an unknown, never a zero. Where the marts are served, each has `release_id` beside these columns.
"""


def dictionary(folder: Path = MARTS) -> str:
    """Give the text of the data dictionary."""
    models = sorted((model for path in folder.rglob("*.yml") for model in _models(path)), key=_name)
    contents = "\n".join(f"- [{model['name']}](#{model['name']}): {_line(model)}" for model in models)
    return "\n".join([HEAD, contents, *(_section(model) for model in models)]) + "\n"


def _models(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8")).get("models", [])
    return found


def _name(model: dict[str, Any]) -> str:
    return str(model["name"])


def _line(item: dict[str, Any]) -> str:
    return " ".join(str(item.get("description", "")).split())


def _section(model: dict[str, Any]) -> str:
    rows = "\n".join(_row(column) for column in model["columns"])
    head = "| column | type | null | meaning |\n|---|---|---|---|"
    return f"\n## {model['name']}\n{_line(model)}\n\n{head}\n{rows}"


def _row(column: dict[str, Any]) -> str:
    kinds = {constraint.get("type") for constraint in column.get("constraints", [])}
    null = "" if "not_null" in kinds else "yes"
    meaning = _line(column).replace("|", "\\|")
    return f"| `{column['name']}` | {column['data_type']} | {null} | {meaning} |"


if __name__ == "__main__":
    PAGE.write_text(dictionary(), encoding="utf-8")
