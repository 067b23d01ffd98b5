"""Every figure of the status table opens."""

from __future__ import annotations

from pathlib import Path

import yaml

from clawback.cli.figures import FIGURES
from tests.conftest import ROOT

NO_FIGURES = {
    "incident_id",
    "day",
    "method",
    "victim",
    "reported_loss_rule",
    "parts_unvalued",
    "newest_transfer_day",
    "newest_price_day",
    "newest_report_date",
    "verification_status",
}
CONTRACT: Path = ROOT / "dbt/models/marts/recovery/rpt_recovery_status_daily.yml"


def test_every_column_of_the_status_table_is_a_figure_that_opens_or_no_figure() -> None:
    [model] = yaml.safe_load(CONTRACT.read_text())["models"]
    columns = {column["name"] for column in model["columns"]}
    assert columns == FIGURES.keys() | NO_FIGURES
    assert not FIGURES.keys() & NO_FIGURES


def test_what_a_figure_is_reckoned_from_are_figures() -> None:
    for figure in FIGURES.values():
        for name in (*figure.operands, figure.share, figure.change):
            assert name is None or name in FIGURES


def test_every_figure_rests_on_something() -> None:
    bare = {
        figure.column
        for figure in FIGURES.values()
        if not (figure.parts or figure.claim_types or figure.operands or figure.lists)
    }
    assert bare == {"chains_affected_count", "time_ordered_pct"}
