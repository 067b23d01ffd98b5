"""The disagreements of the feeds, each explained by a reader: what the comparison of figures says of them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from jinja2 import Environment

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "dbt" / "models" / "intermediate" / "claims"
FILE = ROOT.parent / "shared" / "data" / "reports" / "disagreements.csv"
DAY = date(2024, 1, 1)
CHAIN = ("int_estimates_marked", "int_estimates_chosen_daily", "int_estimates_compared")

pytestmark = pytest.mark.skipif(not FILE.exists(), reason="the disagreements are not part of the repository")

TEN_TIMES = {
    # A slipped digit, or the face value of minted tokens that is ten times what they were sold for.
    "Woofi": {"rekt"},
    "Unizen": {"rekt"},
    "Raft": {"de.fi"},
    "Gala": {"rekt"},
}
MORE_THAN_STOLEN: dict[str, set[str]] = {}


def figures(text: str) -> list[tuple[str, Decimal]]:
    """`source=figure; source=figure`."""
    found = []
    for part in filter(None, text.split("; ")):
        source, _, figure = part.rpartition("=")
        found.append((source, Decimal(figure)))
    return found


def explained() -> list[dict[str, str]]:
    """Disagreements that a reader explained; a victim that stands twice is numbered."""
    with FILE.open(newline="", encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["explanation"]]
    seen: dict[str, int] = {}
    for row in rows:
        seen[row["incident"]] = seen.get(row["incident"], 0) + 1
        if seen[row["incident"]] > 1:
            row["incident"] += f" {seen[row['incident']]}"
    return rows


@pytest.fixture(scope="module")
def compared() -> Iterator[duckdb.DuckDBPyConnection]:
    """The models on the figures of the feeds, each source one document."""
    connection = duckdb.connect()
    connection.execute(
        """create table int_claims_enriched (
            incident_id varchar, claim_type varchar, claim_id varchar, document_id varchar,
            value decimal(38, 8), unit varchar, value_usd decimal(38, 2), value_pct decimal(9, 4),
            asserted_by varchar, hedge_level varchar, hedge_rank integer, is_counted boolean,
            as_of_date date, published_date date, low decimal(38, 8), high decimal(38, 8),
            range_low_usd decimal(38, 2), range_high_usd decimal(38, 2), qualifier varchar, is_part boolean
        )"""
    )
    for row in explained():
        for measure, column in (("loss", "loss_by_source"), ("recovered", "recovered_by_source")):
            for place, (source, figure) in enumerate(figures(row[column])):
                claim = f"{row['incident']}/{measure}/{source}/{place}"
                connection.execute(
                    "insert into int_claims_enriched values"
                    " (?, ?, ?, ?, ?, 'USD', ?, null, ?, 'confirmed', 1, true, ?, ?,"
                    " null, null, null, null, 'exact', false)",
                    [
                        row["incident"],
                        measure,
                        claim,
                        source,
                        figure,
                        figure,
                        source,
                        DAY,
                        DAY + timedelta(1),
                    ],
                )
    connection.execute("create table stg_lake__days as select ?::date as day", [DAY])
    connection.execute(
        "create table int_incident_days as"
        " select distinct incident_id, day from int_claims_enriched cross join stg_lake__days"
    )
    jinja = Environment(autoescape=False)  # noqa: S701 - SQL, no page
    for model in CHAIN:
        sql = jinja.from_string((MODELS / f"{model}.sql").read_text()).render(ref=str)
        connection.execute(f"create table {model} as {sql}")
    connection.execute("create view compared as select * from int_estimates_compared")
    yield connection
    connection.close()


def rows(compared: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    return compared.execute(sql).fetchall()


def test_all_thirty_five_are_compared(compared: duckdb.DuckDBPyConnection) -> None:
    assert len(explained()) == 35
    assert rows(compared, "select count(distinct incident_id) from compared") == [(35,)]


def test_ranges_are_those_of_the_sources_and_the_choice_is_stated(
    compared: duckdb.DuckDBPyConnection,
) -> None:
    for row in explained():
        stated = [figure for _, figure in figures(row["loss_by_source"])]
        found = rows(
            compared,
            "select distinct low_usd, high_usd, chosen_usd from compared"  # noqa: S608 - a file of ours
            f" where incident_id = '{row['incident']}' and measure = 'loss'",
        )
        assert [values[:2] for values in found] == [(min(stated), max(stated))]
        assert found[0][2] in stated
        most = max(stated.count(figure) for figure in stated)
        assert stated.count(found[0][2]) == most, row["incident"]


def test_factors_of_ten_are_these_and_no_others(compared: duckdb.DuckDBPyConnection) -> None:
    found: dict[str, set[str]] = {}
    for incident, source in rows(
        compared, "select incident_id, asserted_by from compared where is_factor_of_ten and measure = 'loss'"
    ):
        found.setdefault(incident, set()).add(source)
    assert found == TEN_TIMES


def test_nothing_came_back_that_was_not_stolen(compared: duckdb.DuckDBPyConnection) -> None:
    found = rows(compared, "select incident_id, asserted_by from compared where is_impossible")
    assert found == []


def test_every_flag_names_what_speaks_against_it(compared: duckdb.DuckDBPyConnection) -> None:
    flagged = rows(
        compared,
        "select claim_id, contradicted_by from compared where is_factor_of_ten or is_self_contradiction"
        " or is_reversed_meaning or is_double_counting",
    )
    assert flagged
    known = {claim for (claim,) in rows(compared, "select claim_id from compared")}
    for claim, others in flagged:
        assert set(others.split(", ")) <= known - {claim}
