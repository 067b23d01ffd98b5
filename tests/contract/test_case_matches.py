"""Claims of reports join incidents of case files where the tables are made; and what people decided."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from clawback.context import RunContext
from clawback.errors import ClawbackError
from clawback.lake.partition import read_manifest, read_part
from clawback.parquet import read_table
from clawback.schemas import TABLES
from clawback.sources.ingest import ingest
from clawback.sources.registry import check_source
from clawback.tables.step import make_tables
from tests.contract.loopback import context_for
from tests.unit.test_claims_matching import CASE, DECIDED

DAY, KNOWN = date(2026, 1, 5), date(2026, 1, 6)
THEFTS = [
    ("uwu-2024-06-10", "UwU Lend", "2024-06-10", "10 June 2024", "$19.3 million"),
    ("uwu-2024-06-13", "UwU Lend", "2024-06-13", "13 June 2024", "$3.7 million"),
    ("yearn-2025-11-30", "Yearn Finance", "2025-11-30", "30 November 2025", "$9 million"),
    ("yearn-2025-12-16", "Yearn Finance", "2025-12-16", "16 December 2025", "$300,000"),
]


def folder(tmp_path: Path, decided: str = "") -> RunContext:
    """Four thefts of two victims, a case file and a report of each."""
    (tmp_path / "cases").mkdir(exist_ok=True)
    (tmp_path / "reports").mkdir(exist_ok=True)
    for incident, victim, day, written, loss in THEFTS:
        text = CASE.format(id=incident, victim=victim, day=day, matching="")
        (tmp_path / "cases" / f"{incident}.yml").write_text(text)
        report = {
            "document_id": f"report-{day}", "title": f"{victim} hacked", "publisher": "A paper", "url": None,
            "published": "2026-01-02", "language": "en",
            "text": f"{victim} was hacked on {written}. Hackers stole {loss} from {victim}, it said.",
        }  # fmt: skip
        (tmp_path / "reports" / f"{incident}.json").write_text(json.dumps(report))
    options: dict[str, Any] = {"path": "cases"}
    if decided:
        (tmp_path / "matches.yml").write_text(decided)
        options["matches"] = "matches.yml"
    return context_for(
        tmp_path,
        {"name": "reports", "connector": "report_files", "options": {"path": "reports"}},
        {"name": "cases", "connector": "case_files", "options": options},
        first_day=DAY.isoformat(),
    )


def rows(ctx: RunContext, table: str) -> list[dict[str, Any]]:
    for name in ("reports", "cases"):
        ingest(ctx, name, DAY, KNOWN)
    record = json.loads(ctx.lake.read(make_tables(ctx, DAY)))
    part = read_manifest(ctx.lake, record["tables"][table]["manifest"]).parts[0]
    found: list[dict[str, Any]] = read_table(read_part(ctx.lake, part), TABLES[table]).to_pylist()
    return found


def test_two_thefts_of_one_victim_stay_two_where_tables_are_made(tmp_path: Path) -> None:
    ctx = folder(tmp_path)
    losses = [row for row in rows(ctx, "claims") if row["claim_type"] == "loss"]
    found = {row["document_id"]: row["incident_id"] for row in losses}
    assert found == {f"report-{day}": incident for incident, _, day, _, _ in THEFTS}
    matches = rows(ctx, "claim_matches")
    assert {row["method"] for row in matches} == {"rule"}
    assert {row["days_apart"] for row in matches} == {0}


def test_what_people_decided_lands_with_the_cases_and_goes_before_the_rules(tmp_path: Path) -> None:
    decided = DECIDED.format("report-2025-12-16:Yearn Finance:2025-12-16", "yearn-2025-12-16", "false")
    ctx = folder(tmp_path, decided)
    found = {row["document_id"]: row for row in rows(ctx, "claims") if row["claim_type"] == "loss"}
    assert found["report-2025-12-16"]["incident_id"] is None
    assert found["report-2025-11-30"]["incident_id"] == "yearn-2025-11-30"
    assert rows(ctx, "quarantine") == []


def test_decisions_that_cannot_be_read_are_turned_away_and_the_cases_go_on(tmp_path: Path) -> None:
    ctx = folder(tmp_path, "left: a")
    (turned_away,) = rows(ctx, "quarantine")
    assert "the overrides are no list" in turned_away["reason"]
    assert len(rows(ctx, "incidents")) == len(THEFTS)


def test_decisions_among_the_case_files_are_refused(tmp_path: Path) -> None:
    ctx = folder(tmp_path, "[]")
    (source,) = [source for source in ctx.settings.sources if source.name == "cases"]
    inside = source.model_copy(update={"options": {"path": "cases", "matches": "cases/uwu-2024-06-10.yml"}})
    with pytest.raises(ClawbackError, match="lie among the case files"):
        check_source(inside, tmp_path)
