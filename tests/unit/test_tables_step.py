"""The step that makes tables, on the packaged sample and around it."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path
from time import monotonic
from typing import Any

import pyarrow as pa
import pytest

from clawback.context import RunContext
from clawback.days import day_range
from clawback.errors import ClawbackError
from clawback.lake import open_lake
from clawback.lake.partition import read_manifest
from clawback.parquet import read_table, table_to_rows
from clawback.release.runs import list_runs
from clawback.resources import sample_dir
from clawback.schemas import TABLES
from clawback.settings import load_settings
from clawback.sources.ingest import ingest
from clawback.tables.made_of import MADE_OF
from clawback.tables.step import make_tables
from tests.contract.loopback import NOW, Told, context_for, progress_of
from tests.contract.transfer_rows import source_in, token_row

FIRST, LAST = date(2020, 9, 25), date(2020, 11, 13)
KNOWN = date(2026, 9, 15)
THIEF = "0xeb31973e0febf3e3d7058234a5ebbae1ab4b8c23"
SECOND_HOP = "0x34a17418cec67b82d08cf77a987941f99dc87c6b"
POOL = "0xa160cdab225685da1d56aa342ad8841c3b53f291"


def sample_context(folder: Path, edit: tuple[str, str] = ("", "")) -> RunContext:
    text = (sample_dir() / "clawback.toml").read_text()
    assert edit[0] in text
    (folder / "clawback.toml").write_text(text.replace(*edit) if edit[0] else text)
    settings = load_settings(folder / "clawback.toml")
    return RunContext(settings, open_lake(settings), lambda: NOW, settings.work_path, Told())


def ingest_days(ctx: RunContext, first: date, last: date) -> None:
    for day in day_range(first, last):
        for source in ctx.settings.enabled_sources:
            ingest(ctx, source.name, day, KNOWN)


def record_of(ctx: RunContext, key: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ctx.lake.read(key))
    return found


def rows_of(ctx: RunContext, record: dict[str, Any], table: str) -> list[dict[str, Any]]:
    manifest = read_manifest(ctx.lake, record["tables"][table]["manifest"])
    found: pa.Table = read_table(ctx.lake.local_path(manifest.parts[0].key), TABLES[table])
    rows: list[dict[str, Any]] = table_to_rows(found)
    assert len(rows) == record["tables"][table]["rows"] == manifest.parts[0].rows
    return rows


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunContext, list[dict[str, Any]], float]:
    """The whole sample: its context, the records of its days in order, and the seconds it took."""
    ctx = sample_context(tmp_path_factory.mktemp("sample"))
    ingest_days(ctx, FIRST, LAST)
    started = monotonic()
    key: str | None = make_tables(ctx, LAST)
    seconds = monotonic() - started
    records = []
    while key is not None:
        records.append(record_of(ctx, key))
        key = records[-1]["previous"]
    return ctx, records[::-1], seconds


Whole = tuple[RunContext, list[dict[str, Any]], float]


@pytest.mark.slow
def test_every_day_of_the_sample_is_there_without_quarantine(whole: Whole) -> None:
    ctx, records, seconds = whole
    assert [record["day"] for record in records] == [day.isoformat() for day in day_range(FIRST, LAST)]
    assert sum(record["tables"]["quarantine"]["rows"] for record in records) == 0
    assert progress_of(ctx) == []
    assert seconds < 120  # 3 s on two idle cores; a parse of every file for every day would take far longer


@pytest.mark.slow
def test_no_transfer_of_the_sample_is_lost_or_doubled(whole: Whole) -> None:
    ctx, records, _ = whole
    rows = [row for record in records for row in rows_of(ctx, record, "transfers")]
    keys = [(row["chain"], row["tx_hash"], row["kind"], row["position"]) for row in rows]
    assert len(set(keys)) == len(keys)
    tokens = (sample_dir() / "transfers" / "tokens.csv").read_text().splitlines()
    assert sum(row["asset"] != "native" for row in rows) == len(tokens) - 1
    days = {record["day"] for record in records}
    assert {row["block_time"].date().isoformat() for row in rows} <= days


@pytest.mark.slow
def test_the_eth_of_the_second_hop_reconciles_to_the_wei(whole: Whole) -> None:
    ctx, records, _ = whole
    rows = [row for record in records for row in rows_of(ctx, record, "transfers")]
    native = [row for row in rows if row["asset"] == "native"]
    moved = [row for row in native if row["kind"] == "native"]
    into = sum(row["amount"] for row in moved if row["to_address"] == SECOND_HOP)
    assert into == 11_520 * 10**18
    deposits = [row for row in moved if (row["from_address"], row["to_address"]) == (SECOND_HOP, POOL)]
    assert {row["amount"] for row in deposits} == {100 * 10**18}
    assert len(deposits) == 115
    assert sum(row["amount"] for row in native if row["from_address"] == SECOND_HOP) == into
    assert {row["order_quality"] for row in native} == {"exact"}


@pytest.mark.slow
def test_assets_are_only_those_seen_so_far(whole: Whole) -> None:
    ctx, records, _ = whole
    counts = [record["tables"]["assets"]["rows"] for record in records]
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]
    last = rows_of(ctx, records[-1], "assets")
    assert {row["asset"] for row in last} > {row["asset"] for row in rows_of(ctx, records[0], "assets")}
    assert next(row for row in last if row["asset"] == "native")["decimals"] == 18


@pytest.mark.slow
def test_snapshots_are_whole_on_every_day(whole: Whole) -> None:
    _, records, _ = whole
    for table in (
        "labels",
        "document_versions",
        "claims",
        "claim_matches",
        "incidents",
        "incident_roles",
        "recoveries",
    ):
        assert len({record["tables"][table]["rows"] for record in records}) == 1
        assert records[0]["tables"][table]["rows"] > 0


@pytest.mark.slow
def test_the_record_says_where_each_source_stands(whole: Whole) -> None:
    ctx, records, _ = whole
    assert records[3]["sources"]["kucoin_native"] == {
        "newest_day": "2020-09-28",
        "raw": "raw/kucoin_native/transfers/dt=2020-09-28/known=2026-09-15/_manifest.json",
    }
    assert set(records[3]["sources"]) == {source.name for source in ctx.settings.enabled_sources}


@pytest.mark.slow
def test_running_again_writes_nothing(whole: Whole) -> None:
    ctx, _, _ = whole
    before = {key: ctx.lake.read(key) for key in ctx.lake.list("tables/")}
    key = make_tables(ctx, LAST)
    assert {key: ctx.lake.read(key) for key in ctx.lake.list("tables/")} == before
    assert key in before


@pytest.mark.slow
def test_another_machine_makes_the_same_bytes(whole: Whole, tmp_path: Path) -> None:
    ctx, _, _ = whole
    other = sample_context(tmp_path)
    ingest_days(other, FIRST, date(2020, 9, 27))
    make_tables(other, date(2020, 9, 27))
    for key in other.lake.list("tables/"):
        assert other.lake.read(key) == ctx.lake.read(key)


def test_a_lost_table_is_made_again_with_the_same_bytes(tmp_path: Path) -> None:
    ctx = sample_context(tmp_path)
    ingest_days(ctx, FIRST, FIRST)
    key = make_tables(ctx, FIRST)
    before = {name: ctx.lake.read(name) for name in ctx.lake.list("tables/")}
    shutil.rmtree(tmp_path / "var" / "lake" / "tables")
    assert make_tables(ctx, FIRST) == key
    assert {name: ctx.lake.read(name) for name in ctx.lake.list("tables/")} == before


def test_a_required_source_without_data_is_named_with_its_day(tmp_path: Path) -> None:
    ctx = sample_context(tmp_path)
    ingest_days(ctx, FIRST, FIRST)
    with pytest.raises(ClawbackError) as caught:
        make_tables(ctx, date(2020, 9, 27))
    text = str(caught.value)
    assert "'kucoin_native' has no data for 2020-09-26" in text
    assert "clawback run --from 2020-09-26" in text
    (run,) = list_runs(ctx.lake)
    assert (run["step"], run["day"], run["outcome"]) == ("tables", "2020-09-26", "failed")
    assert "no data for 2020-09-26" in run["reason"][0]


def test_an_optional_source_may_be_late_and_the_record_says_so(tmp_path: Path) -> None:
    old = 'name = "sample_prices"\nconnector = "price_files"'
    ctx = sample_context(tmp_path, (old, f"{old}\nrequired = false"))
    second = date(2020, 9, 26)
    ingest_days(ctx, FIRST, FIRST)
    for source in ctx.settings.enabled_sources:
        if source.name != "sample_prices":
            ingest(ctx, source.name, second, KNOWN)
    record = record_of(ctx, make_tables(ctx, second))
    assert record["sources"]["sample_prices"]["newest_day"] == "2020-09-25"
    assert record["tables"]["prices"]["rows"] == 0
    ingest(ctx, "sample_prices", second, KNOWN)
    assert record_of(ctx, make_tables(ctx, second))["tables"]["prices"]["rows"] > 0


def test_a_correction_makes_a_new_chain_and_leaves_the_old(tmp_path: Path) -> None:
    labels = tmp_path / "labels"
    labels.mkdir()
    for path in (sample_dir() / "labels").iterdir():
        (labels / path.name).write_bytes(path.read_bytes())
    ctx = sample_context(tmp_path, ('path = "sample:labels"', 'path = "labels"'))
    ingest_days(ctx, FIRST, FIRST)
    old = make_tables(ctx, FIRST)
    text = (labels / "services.yml").read_text()
    (labels / "services.yml").write_text(text.replace("confidence: 95", "confidence: 61", 1))
    ingest(ctx, "sample_labels", FIRST, date(2026, 9, 16))
    new = make_tables(ctx, FIRST)
    assert new != old
    before, after = (
        [row["confidence"] for row in rows_of(ctx, record_of(ctx, key), "labels")] for key in (old, new)
    )
    assert (61 in before, 61 in after) == (False, True)


@pytest.mark.parametrize(
    ("folder", "file", "edit", "made_again"),
    [
        ("labels", "services.yml", ("confidence: 95", "confidence: 61"), {"labels"}),
        (
            "cases",
            "kucoin-2020.yml",
            ("victim_kind: exchange", "victim_kind: person"),
            {"incidents", "incident_roles", "incident_links", "recoveries", "claims", "claim_matches"},
        ),
    ],
)
def test_a_correction_leaves_the_tables_that_are_not_made_of_it(
    tmp_path: Path, folder: str, file: str, edit: tuple[str, str], made_again: set[str]
) -> None:
    shutil.copytree(sample_dir() / folder, tmp_path / folder)
    ctx = sample_context(tmp_path, (f'path = "sample:{folder}"', f'path = "{folder}"'))
    second = date(2020, 9, 26)
    ingest_days(ctx, FIRST, second)
    old = record_of(ctx, make_tables(ctx, second))
    text = (tmp_path / folder / file).read_text()
    assert edit[0] in text
    (tmp_path / folder / file).write_text(text.replace(*edit, 1))
    ingest(ctx, f"sample_{folder}", second, date(2026, 9, 16))
    root = tmp_path / "var" / "lake" / "tables"
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*.parquet")}
    new = record_of(ctx, make_tables(ctx, second))
    assert {path: path.stat().st_mtime_ns for path in before} == before
    for was, now in ((old, new), (record_of(ctx, old["previous"]), record_of(ctx, new["previous"]))):
        changed = {name for name in TABLES if was["tables"][name] != now["tables"][name]}
        assert changed == made_again | {"quarantine"}


def test_a_table_that_a_source_is_not_declared_for_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ctx = sample_context(tmp_path)
    ingest_days(ctx, FIRST, FIRST)
    monkeypatch.setitem(MADE_OF, "assets", frozenset({"prices"}))
    with pytest.raises(ClawbackError, match="a source of transfers gives rows of assets"):
        make_tables(ctx, FIRST)


def test_a_case_file_corrected_today_judges_every_earlier_day(tmp_path: Path) -> None:
    cases = tmp_path / "cases"
    shutil.copytree(sample_dir() / "cases", cases)
    ctx = sample_context(tmp_path, ('path = "sample:cases"', 'path = "cases"'))
    second, third = date(2020, 9, 26), date(2020, 9, 27)
    right = (cases / "kucoin-2020.yml").read_text()
    head, role, rest = right.partition("  - role: theft_address")
    (cases / "kucoin-2020.yml").write_text(head + role + rest.partition(role)[2])
    ingest_days(ctx, FIRST, FIRST)
    wrong = record_of(ctx, make_tables(ctx, FIRST))
    (cases / "kucoin-2020.yml").write_text(right)
    ingest_days(ctx, second, third)
    corrected = record_of(ctx, make_tables(ctx, second))
    first = record_of(ctx, corrected["previous"])
    roles = [rows_of(ctx, record, "incident_roles") for record in (wrong, first, corrected)]
    assert len(roles[0]) < len(roles[1])
    assert roles[1] == roles[2]
    # What the correction made is found again by the day after it.
    next_day = record_of(ctx, make_tables(ctx, third))
    assert record_of(ctx, next_day["previous"]) == corrected


def test_a_day_before_the_first_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ClawbackError, match="before the first day"):
        make_tables(sample_context(tmp_path), date(2020, 9, 24))


def test_what_an_earlier_day_says_about_assets_reaches_later_ones(tmp_path: Path) -> None:
    ctx = context_for(tmp_path, source_in(tmp_path, [token_row(time="2020-09-25T10:00:00Z")]))
    second = date(2020, 9, 26)
    ingest(ctx, "tokens", FIRST, KNOWN)
    source_in(tmp_path, [])
    ingest(ctx, "tokens", second, KNOWN)
    (before,) = rows_of(ctx, record_of(ctx, make_tables(ctx, second)), "assets")
    assert (before["symbol"], before["decimals"]) == ("USDT", 6)
    # Only the first day is ingested again; the second, whose own bytes stay, must follow.
    source_in(tmp_path, [token_row(time="2020-09-25T10:00:00Z", decimals="7")])
    ingest(ctx, "tokens", FIRST, KNOWN)
    (after,) = rows_of(ctx, record_of(ctx, make_tables(ctx, second)), "assets")
    assert after["decimals"] == 7
