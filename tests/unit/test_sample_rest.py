"""The sample's prices, labels, reports, cases, mappings and settings: whole, and fitting each other."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from clawback.cases.check import check_cases
from clawback.cases.load import case_paths
from clawback.cases.plain_yaml import read_plain_yaml
from clawback.claims.documents import ParsedReport, parse_report
from clawback.claims.matching import match_claims
from clawback.days import day_range
from clawback.parquet import rows_to_table
from clawback.resources import resolve, sample_dir
from clawback.schemas import CLAIMS, DOCUMENTS, LABEL_CATEGORIES, PRICES
from clawback.settings import load_settings
from clawback.tables.documents import merge_versions
from tests.unit.sample_files import NEXT_HOP, THIEF, sample_cases, sample_rows

REPORTS_DIR = sample_dir() / "reports"


def parsed_reports() -> list[ParsedReport]:
    return [
        parse_report(path.read_bytes(), source="sample_reports")
        for path in sorted(REPORTS_DIR.glob("*.json"))
    ]


def test_every_series_has_every_day() -> None:
    rows = sample_rows("prices/prices.csv")
    days = {day.isoformat() for day in day_range(date(2020, 9, 25), date(2020, 11, 13))}
    series: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        series.setdefault((row["chain"], row["asset"]), set()).add(row["day"])
    assert len(series) == 14
    assert all(found == days for found in series.values())
    assert len(rows) == 14 * len(days)


def test_prices_are_exact_decimals() -> None:
    for row in sample_rows("prices/prices.csv"):
        assert re.fullmatch(r"[0-9]+(\.[0-9]{1,8})?", row["close_usd"]), row
        assert 0 < Decimal(row["close_usd"]) < 100_000, row
    typed = [
        {
            "chain": row["chain"],
            "asset": row["asset"],
            "day": date.fromisoformat(row["day"]),
            "close_usd": Decimal(row["close_usd"]),
            "source": "sample_prices",
        }
        for row in sample_rows("prices/prices.csv")
    ]
    assert rows_to_table(typed, PRICES).num_rows == 700


def test_priced_tokens_are_the_genuine_contracts() -> None:
    symbols = {row["token_address"]: row["token_symbol"] for row in sample_rows("transfers/tokens.csv")}
    for row in sample_rows("prices/prices.csv"):
        if row["chain"] == "ethereum" and row["asset"] != "native":
            assert symbols[row["asset"]] == row["symbol"], row
    # Compound, not the coin that Yahoo calls COMP-USD, which cost less than a cent.
    compound = [Decimal(r["close_usd"]) for r in sample_rows("prices/prices.csv") if r["symbol"] == "COMP"]
    assert min(compound) > 50


def test_label_packs() -> None:
    addresses: list[str] = []
    for path in sorted((sample_dir() / "labels").glob("*.yml")):
        pack = read_plain_yaml(path.read_bytes(), where=path.name).value
        assert {"title", "creator", "lastmod", "tags"} <= set(pack)
        for tag in pack["tags"]:
            assert {"address", "label", "category", "currency", "network", "confidence", "source"} <= set(tag)
            assert tag["category"] in LABEL_CATEGORIES
            assert tag["source"].startswith("https://")
            addresses.append(tag["address"])
        # An ordinary YAML reader must not turn an address into a number.
        guessed = yaml.safe_load(path.read_text())
        assert [tag["address"] for tag in guessed["tags"]] == [tag["address"] for tag in pack["tags"]]
    assert len(addresses) == len(set(addresses)) == 9


def test_labelled_addresses_occur_in_the_transfers() -> None:
    met = {THIEF, NEXT_HOP}
    for name in ("transfers/native.csv", "transfers/tokens.csv"):
        for row in sample_rows(name):
            met |= {row["from_address"], row["to_address"]}
    for path in sorted((sample_dir() / "labels").glob("*.yml")):
        for tag in read_plain_yaml(path.read_bytes(), where=path.name).value["tags"]:
            assert tag["address"] in met, tag


def test_victim_labels_are_the_victims_of_the_case() -> None:
    pack = read_plain_yaml((sample_dir() / "labels" / "kucoin.yml").read_bytes(), where="kucoin.yml").value
    labelled = {tag["address"] for tag in pack["tags"] if tag["category"] == "victim"}
    case = next(c for c in sample_cases() if c.incident.id == "kucoin-2020")
    assert labelled == {role.address for role in case.roles if role.role == "victim"}


def test_cases_are_fit_to_use() -> None:
    paths = case_paths(sample_dir() / "cases")
    assert [path.stem for path in paths] == ["kucoin-2020", "unnamed-exchange-2020-10"]
    assert check_cases(paths) == []


def test_every_report_is_taken_whole() -> None:
    reports = parsed_reports()
    assert len(reports) == 14
    assert [report.rejected for report in reports] == [[]] * 14
    claims = [row for report in reports for row in report.claims]
    assert len(claims) == len({row["claim_id"] for row in claims}) == 49
    rows = [report.report_row for report in reports]
    versions = merge_versions([], [("sample", row) for row in rows if row is not None])
    assert len({row["document_id"] for row in versions.documents}) == 14
    assert rows_to_table(versions.documents, DOCUMENTS).num_rows == 14
    assert rows_to_table([{**row, "document_version": 1} for row in claims], CLAIMS).num_rows == 49


@pytest.mark.parametrize(
    ("claim_type", "value", "unit", "incident"),
    [
        ("loss", "150000000", "USD", "kucoin-2020"),
        ("loss", "275000000", "USD", "kucoin-2020"),
        ("loss", "279000000", "USD", "kucoin-2020"),
        ("loss", "281000000", "USD", "kucoin-2020"),
        ("loss", "285000000", "USD", "kucoin-2020"),
        ("loss", "45000000", "USD", "kucoin-2020"),
        ("loss", "23000000", "USD", "unnamed-exchange-2020-10"),
        ("recovered", "204000000", "USD", "kucoin-2020"),
        ("frozen", "204000000", "USD", "kucoin-2020"),
        ("recovered", "84", "pct", "kucoin-2020"),
        ("recovered", "100", "pct", "kucoin-2020"),
        ("insured", "45550000", "USD", "kucoin-2020"),
        ("actor_total", "2000000000", "USD", None),
    ],
)
def test_the_contradicting_figures_are_there(
    claim_type: str, value: str, unit: str, incident: str | None
) -> None:
    claims = [row for report in parsed_reports() for row in report.claims]
    matched = {row["claim_id"]: row["incident_id"] for row in match_claims(claims, sample_cases(), {})}
    wanted = (claim_type, Decimal(value), unit, incident)
    assert wanted in {
        (row["claim_type"], row["value"], row["unit"], matched[row["claim_id"]]) for row in claims
    }


def test_hedge_of_the_attribution_is_kept() -> None:
    hedges = Counter(
        (row["hedge_phrase"], row["hedge_level"], row["asserted_by"])
        for report in parsed_reports()
        for row in report.claims
        if row["claim_type"] == "attribution" and row["actor"] == "DPRK"
    )
    assert hedges == {("strongly suggests", "likely", "UN sanctions monitors"): 1}


def test_quotations_are_short_and_files_named_by_day() -> None:
    for path in sorted(REPORTS_DIR.glob("*.json")):
        document = json.loads(path.read_text())
        assert path.name.startswith(document["published"] + "-")
        for quoted in re.findall(r'"([^"]*)"', document["text"]):
            assert len(quoted.split()) <= 5, quoted
        for claim in document["claims"]:
            assert len(claim["quotation"].split()) <= 10, claim["quotation"]


def test_mappings_name_columns_that_exist_and_leave_none_unnamed() -> None:
    for name in ("native", "tokens"):
        mapping = read_plain_yaml((sample_dir() / f"mappings/{name}.yml").read_bytes(), where=name).value
        header = list(sample_rows(f"transfers/{name}.csv")[0])
        assert sorted(mapping["columns"].values()) == sorted(header)


def test_settings_load_and_their_files_exist(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CLAWBACK_SETTINGS", raising=False)
    monkeypatch.delenv("CLAWBACK_HOME", raising=False)
    settings = load_settings(sample_dir() / "clawback.toml")
    assert (settings.first_day, settings.last_day) == (date(2020, 9, 25), date(2020, 11, 13))
    assert [source.name for source in settings.enabled_sources] == [
        "kucoin_native", "kucoin_tokens", "sample_prices", "sample_labels", "sample_reports", "sample_cases",
    ]  # fmt: skip
    assert settings.subscriptions is not None
    assert [path.name for path in resolve(settings.subscriptions, tmp_path).iterdir()] == ["kucoin-desk.yml"]
    for source in settings.enabled_sources:
        for option in ("path", "mapping"):
            if option in source.options:
                assert resolve(source.options[option], tmp_path).exists(), source


def test_readme_counts_hold() -> None:
    text = (sample_dir() / "README.md").read_text()
    tokens = {row["token_address"] for row in sample_rows("transfers/tokens.csv")}
    priced = {row["asset"] for row in sample_rows("prices/prices.csv")}
    assert f"{len(tokens - priced)} of the {len(tokens)} token contracts" in text
    assert f"{len(list(REPORTS_DIR.glob('*.json')))} short digests" in text
