"""Events and balances from files to a published release: the audit passes, the figures say it."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from tests.e2e.warehouse import run
from tests.unit.sample_chain_facts import (
    BOUGHT,
    BURNED,
    COIN,
    LOST,
    SPENT,
    STOLEN,
    SWAPPED,
    USDT,
    write_sample,
)

pytestmark = pytest.mark.slow


def test_a_release_of_the_sample_with_a_freeze_a_burn_a_pool_and_a_balance(tmp_path: Path) -> None:
    write_sample(tmp_path)
    warehouse = run(tmp_path, "--known", "2026-01-02")
    release = tmp_path / "var/lake/releases" / warehouse.release
    audit = json.loads((release / "audit.json").read_text())
    assert audit["verdict"] in ("pass", "warn")
    outcomes = {check["name"]: check["outcome"] for check in audit["checks"]}
    for name in ("events_stand_once", "balances_stand_once", "issuer_burns_are_transfers"):
        assert outcomes[f"candidate_inputs.{name}"] == "passed"
    with duckdb.connect(str(release / "clawback.duckdb"), read_only=True) as connection:
        found = connection.execute(
            "select asset, part, amount from fct_incident_balances_daily"
            " where method = 'fifo' and day = date '2020-09-28' and amount > 0 and asset in (?, ?)",
            [USDT, COIN],
        ).fetchall()
    parts = {(asset, part): amount for asset, part, amount in found}
    assert {(USDT, "frozen"): SPENT, (USDT, "burned"): BURNED, (USDT, "unseen_outflow"): LOST}.items() <= (
        parts.items()
    )
    assert parts[COIN, "held"] == BOUGHT
    assert Decimal(STOLEN) == SPENT + BURNED + LOST + SWAPPED
