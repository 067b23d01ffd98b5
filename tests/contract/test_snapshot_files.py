"""Labels, reports and case files: one wrong file or row is turned away, the others go on."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from clawback.errors import ClawbackError
from clawback.lake.partition import read_manifest
from clawback.resources import sample_dir
from clawback.sources.base import ParsedPart
from clawback.sources.ingest import ingest
from clawback.sources.label_files.parse import parse as parse_labels
from clawback.sources.registry import describe
from tests.contract.loopback import context_for, progress_of

DAY, KNOWN = date(2020, 9, 25), date(2026, 9, 15)
PACK = (Path(__file__).parent.parent / "fixtures" / "label_files" / "tagpack.yml").read_text()


def labels(text: str) -> ParsedPart:
    words = {name: dict(words) for name, words in describe("label_files").words.items()}
    return parse_labels(text.encode(), {"words": words}, "pack.yml", None)


def edited(old: str, new: str) -> ParsedPart:
    assert old in PACK
    return labels(PACK.replace(old, new, 1))


def test_a_tagpack_is_read_with_its_header_and_its_words() -> None:
    parsed = labels(PACK)
    assert not parsed.quarantined
    assert not parsed.issues
    rows = {row["entity"]: row for row in parsed.rows["labels"]}
    found = {
        name: (row["chain"], row["category"], row["confidence"], row["incident_id"])
        for name, row in rows.items()
    }
    assert found == {
        "Some Exchange": ("bitcoin", "exchange", 20, None),
        "Some Mixer": ("bitcoin", "mixer", 40, None),
        "A pool": ("ethereum", "mixer", 50, None),
        "A thief": ("ethereum", "theft", 90, None),
        "The victim's wallet": ("ethereum", "victim", 100, "kucoin-2020"),
    }
    assert rows["Some Exchange"]["source_url"] == "https://example.org/list"
    assert rows["A pool"]["address"] == "0xa160cdab225685da1d56aa342ad8841c3b53f291"
    victim = rows["The victim's wallet"]
    assert (victim["valid_from"], victim["valid_to"]) == (date(2020, 1, 1), date(2020, 12, 31))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("category: exchange", "category: trading place", "unknown category 'trading place'"),
        ("abuse: hack", "abuse: hacc", "unknown category 'hacc'"),
        ("category: mixing_service", "category: exchange\n    abuse: nonsense", "unknown abuse 'nonsense'"),
        ("    category: exchange\n", "", "neither category nor abuse"),
        ("confidence: forensic", "confidence: quite", "unknown confidence 'quite'"),
        ("confidence: 40", "confidence: 101", "no whole percent"),
        ("confidence: 40", "confidence: 0.4", "no whole percent"),
        ("network: ETH", "network: MOON", "unknown network 'MOON'"),
        ("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN3", "base58 checksum"),
        ("c5xw7kv8f3t4", "c5xw7kv8f3t5", "bech32 checksum"),
        ("0xA160cdAB", "0xA160cdaB", "EIP-55 checksum"),
        ("label: A thief", 'label: "A\\x1bthief"', "no plain text"),
        ("label: A thief", "label: [A, thief]", "no plain text"),
        ("    label: A thief\n", "", "has no label"),
        ("valid_from: 2020-01-01", "valid_from: 2021-01-01", "valid_to lies before valid_from"),
        ("valid_from: 2020-01-01", "valid_from: January", "valid_from: 'January' is not a day"),
    ],
)
def test_a_wrong_tag_is_turned_away_and_the_others_go_on(old: str, new: str, says: str) -> None:
    parsed = edited(old, new)
    (turned_away,) = parsed.quarantined
    assert says in turned_away.reason
    assert len(parsed.rows["labels"]) == 4


def test_an_unknown_field_is_told() -> None:
    (issue,) = edited("    label: A thief", "    label: A thief\n    colour: red").issues
    assert issue.where == "tag field 'colour'"


@pytest.mark.parametrize(
    "text",
    [
        "tags: 3",
        "- a list",
        "",
        "tags: [",
        "a: &x [1]\ntags: [*x, *x]",
        "title: a\ntitle: b\ntags: []",
        "\xff: \x00",
    ],
)
def test_a_file_that_is_no_tagpack_is_turned_away_whole(text: str) -> None:
    parsed = labels(text)
    (turned_away,) = parsed.quarantined
    assert turned_away.row == 0
    assert not parsed.rows


def test_every_category_word_leads_to_a_category() -> None:
    from clawback.schemas import LABEL_CATEGORIES

    words = describe("label_files").words
    assert set(words["categories"].values()) <= LABEL_CATEGORIES
    assert words["categories"].keys() >= LABEL_CATEGORIES
    assert all(0 <= int(level) <= 100 for level in words["confidence"].values())


def folder_of(tmp_path: Path, name: str) -> Path:
    folder = tmp_path / name
    folder.mkdir()
    for path in (sample_dir() / name).iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def source(connector: str, folder: str) -> dict[str, Any]:
    return {"name": "it", "connector": connector, "options": {"path": folder}}


@pytest.mark.parametrize(
    ("connector", "folder", "name", "table"),
    [
        ("report_files", "reports", "bad.json", "reports"),
        ("case_files", "cases", "bad.yml", "incidents"),
        ("label_files", "labels", "bad.yml", "labels"),
    ],
)
def test_a_wrong_file_is_told_and_the_rest_goes_on(
    tmp_path: Path, connector: str, folder: str, name: str, table: str
) -> None:
    (folder_of(tmp_path, folder) / name).write_text("[1,")
    ctx = context_for(tmp_path, source(connector, folder))
    manifest = read_manifest(ctx.lake, ingest(ctx, "it", DAY, KNOWN))
    assert manifest.meta["quarantined"] == 1
    assert manifest.meta["rows"][table] > 0
    assert any(f"the file {name} was turned away" in line for line in progress_of(ctx))


def test_without_one_right_case_file_the_ingest_fails(tmp_path: Path) -> None:
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "bad.yml").write_text("version: 1\n")
    ctx = context_for(tmp_path, source("case_files", "cases"))
    with pytest.raises(ClawbackError, match="0 rows of incidents"):
        ingest(ctx, "it", DAY, KNOWN)


def spoil_quotation(report: dict[str, Any]) -> None:
    report["claims"][0]["quotation"] = "words that nobody wrote"


def spoil_number(report: dict[str, Any]) -> None:
    report["claims"][0]["value"] = 45_000_000


@pytest.mark.parametrize("spoil", [spoil_quotation, spoil_number])
def test_a_wrong_claim_is_turned_away_and_its_report_stays(
    tmp_path: Path, spoil: Callable[[dict[str, Any]], None]
) -> None:
    folder = folder_of(tmp_path, "reports")
    path = sorted(folder.iterdir())[0]
    report = json.loads(path.read_text())
    spoil(report)
    ctx = context_for(tmp_path, source("report_files", "reports"))
    before = read_manifest(ctx.lake, ingest(ctx, "it", DAY, KNOWN)).meta["rows"]
    path.write_text(json.dumps(report))
    after = read_manifest(ctx.lake, ingest(ctx, "it", DAY, KNOWN)).meta
    assert after["rows"] == {"claims": before["claims"] - 1, "reports": before["reports"]}
    assert after["quarantined"] == 1


def test_a_folder_without_files_is_said(tmp_path: Path) -> None:
    (tmp_path / "cases").mkdir()
    ctx = context_for(tmp_path, source("case_files", "cases"))
    with pytest.raises(ClawbackError, match=r"no file ends with \.yml"):
        ingest(ctx, "it", DAY, KNOWN)


def test_the_sample_is_read_without_a_word(tmp_path: Path) -> None:
    for connector, folder in (
        ("report_files", "reports"),
        ("case_files", "cases"),
        ("label_files", "labels"),
        ("price_files", "prices"),
    ):
        place = tmp_path / folder
        place.mkdir()
        ctx = context_for(place, source(connector, f"sample:{folder}"))
        meta = read_manifest(ctx.lake, ingest(ctx, "it", DAY, KNOWN)).meta
        assert (meta["quarantined"], meta["issues"]) == (0, [])
        assert progress_of(ctx) == []
