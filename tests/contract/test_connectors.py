"""What every connector owes: a description that says everything, no Airflow, options that are checked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from clawback.errors import ClawbackError
from clawback.schemas import TABLES
from clawback.settings import SourceSettings
from clawback.sources import registry
from clawback.sources.registry import check_source, connector_names, describe, parse_description
from clawback.tables.made_of import GOES_INTO

SOURCES = Path(registry.__file__).parent


def test_exactly_these_connectors_exist() -> None:
    assert connector_names() == (
        "articles",
        "balance_files",
        "binance_klines",
        "case_files",
        "defillama_hacks",
        "defillama_prices",
        "event_files",
        "evm_assets",
        "evm_frontier",
        "evm_rpc",
        "explorer_api",
        "label_files",
        "price_files",
        "report_files",
        "transfer_files",
    )


@pytest.mark.parametrize("name", connector_names())
def test_a_connector_describes_itself_and_is_complete(name: str) -> None:
    about = describe(name)
    assert GOES_INTO.get(about.table, about.table) in TABLES
    assert (about.grain == "day") == (about.table in ("transfers", "chain_events", "balances", "prices"))
    version, _ = registry.extract_function(name)
    assert version
    assert registry.parse_function(name)
    assert (SOURCES / name / "__init__.py").read_text().startswith('"""')


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("owner: data engineering\n", "", "lacks owner"),
        ("owner: data engineering", "owner: data engineering\nmood: good", "unknown keys: mood"),
        ("grain: snapshot", "grain: weekly", "grain"),
        ("min: 400", "min: many", "assertions"),
        ("options: [url]", "options: url", "options"),
    ],
)
def test_a_description_that_is_wrong_is_refused(old: str, new: str, says: str) -> None:
    text = (SOURCES / "defillama_hacks" / "source.yml").read_text()
    assert old in text
    with pytest.raises(ClawbackError, match=says):
        parse_description("defillama_hacks", text.replace(old, new).encode(), "source.yml")


@pytest.mark.parametrize(
    ("connector", "options", "says"),
    [
        ("nothing", {}, "no connector is named 'nothing'"),
        ("price_files", {"pathway": "x"}, "has no option pathway"),
        ("price_files", {}, "the option 'path' names no file"),
        ("price_files", {"path": "missing.csv"}, "'missing.csv' does not exist"),
        ("transfer_files", {"path": "sample:transfers/native.csv"}, "the option 'mapping' names no file"),
        ("defillama_hacks", {"url": "ftp://x"}, "no http address"),
        ("evm_rpc", {"url": "http://x", "chain": "bitcoin"}, "no EVM chain"),
        ("evm_rpc", {"chain": "ethereum"}, "no http address"),
        ("evm_rpc", {"url": "http://x", "chain": "ethereum", "from_block": 3}, "go together"),
        (
            "evm_rpc",
            {"url": "http://x", "chain": "ethereum", "confirmations": -1},
            "confirmations is not a whole number",
        ),
    ],
)
def test_settings_are_checked_before_anything_is_fetched(
    tmp_path: Path, connector: str, options: dict[str, object], says: str
) -> None:
    with pytest.raises(ClawbackError, match=says):
        check_source(SourceSettings(name="it", connector=connector, options=options), tmp_path)


def test_no_connector_needs_airflow_and_the_registry_is_light() -> None:
    code = (
        "import sys\n"
        "import clawback.sources.registry as registry\n"
        "heavy = {'pyarrow', 'duckdb', 'pandas', 'boto3'} & sys.modules.keys()\n"
        "assert not heavy, heavy\n"
        "for name in registry.connector_names():\n"
        "    registry.extract_function(name), registry.parse_function(name)\n"
        "assert 'airflow' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300)
