"""What a figure of the status table opens into."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from clawback.cli.figures import FIGURES
from clawback.cli.opened import Opened
from tests.deliver_lake import Desk
from tests.deliver_marts import INCIDENT, KAI, USDT, balance, flow

DAY = date(2020, 11, 13)
RELEASE = f"{DAY}-0123456"


@pytest.mark.parametrize(
    ("figure", "shown"),
    [
        ("frozen_usd", {"70 USDT"}),
        ("held_usd", {"30 KAI"}),
        ("mixed_usd", {"50 ETH"}),
        ("stolen_usd_now", {"100 ETH"}),
        ("burned_usd", set()),
    ],
)
def test_a_figure_shows_the_transfers_of_its_own_assets(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], figure: str, shown: set[str]
) -> None:
    flows = [
        flow(0, "victim", "thief", 100, "passed"),
        flow(1, "thief", "pool", 50, "mixer"),
        flow(1, "thief", "wallet", 70, "held", asset=USDT),
        flow(1, "thief", "wallet", 30, "held", asset=KAI),
    ]
    balances = [
        balance(DAY, "native", "ETH", 18, "held", 0, "0.00"),
        balance(DAY, "native", "ETH", 18, "mixer", 50, "0.00"),
        balance(DAY, USDT, "USDT", 6, "frozen", 70, "0.00"),
        balance(DAY, KAI, "KAI", 18, "held", 30, None),
    ]
    desk = Desk(tmp_path)
    marts = {"fct_fund_flows": flows, "fct_incident_balances_daily": balances}
    desk.release(RELEASE, {name: pa.Table.from_pylist(rows) for name, rows in marts.items()})
    Opened(desk.context, RELEASE, INCIDENT, DAY, 0).transfers(FIGURES[figure].parts[0])
    said = capsys.readouterr().out
    assert f"transfers ({len(shown)})" in said
    assert {line.split("  ")[-1] for line in said.splitlines() if "hop" in line} == shown
