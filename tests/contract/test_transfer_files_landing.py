"""How transfer files land in the lake: once, whole, with the mapping that read them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from clawback.errors import ClawbackError
from clawback.lake.partition import read_manifest
from clawback.sources.ingest import ingest
from tests.contract.loopback import context_for
from tests.contract.transfer_rows import DAY, MAPPING_TEXT, C, source_in, token_row


def test_a_file_lands_once_for_all_its_days(tmp_path: Path) -> None:
    ctx = context_for(tmp_path, source_in(tmp_path, [token_row()]))
    keys = [ingest(ctx, "tokens", date(2020, 9, day), date(2026, 9, 15)) for day in (25, 26, 27)]
    files = [key for key in ctx.lake.list("raw/") if key.endswith("rows.csv")]
    assert len(files) == 1
    assert files[0].startswith("raw/tokens/transfers/files/")
    assert [read_manifest(ctx.lake, key).meta["rows"].get("transfers", 0) for key in keys] == [0, 1, 0]


def test_a_changed_mapping_is_a_new_manifest(tmp_path: Path) -> None:
    ctx = context_for(tmp_path, source_in(tmp_path, [token_row()]))
    first = ingest(ctx, "tokens", DAY, date(2026, 9, 15))
    assert ingest(ctx, "tokens", DAY, date(2026, 9, 16)) == first
    (tmp_path / "rows.yml").write_text(MAPPING_TEXT + "unique: true\n")
    assert "known=2026-09-16/" in ingest(ctx, "tokens", DAY, date(2026, 9, 16))


def test_an_older_run_adds_its_bytes_once(tmp_path: Path) -> None:
    ctx = context_for(tmp_path, source_in(tmp_path, [token_row()]))
    newest = ingest(ctx, "tokens", DAY, date(2026, 9, 20))
    (tmp_path / "rows.yml").write_text(MAPPING_TEXT + "unique: true\n")
    for _ in range(3):
        assert ingest(ctx, "tokens", DAY, date(2026, 9, 15)) == newest
    manifests = [key for key in ctx.lake.list("raw/") if key.endswith("_manifest.json")]
    assert len(manifests) == 2


def test_a_broken_file_leaves_its_bytes_and_no_manifest(tmp_path: Path) -> None:
    ctx = context_for(
        tmp_path, source_in(tmp_path, [], MAPPING_TEXT.replace("asset: token", "asset: contract"))
    )
    with pytest.raises(ClawbackError) as caught:
        ingest(ctx, "tokens", DAY, date(2026, 9, 15))
    assert "no column 'contract'" in str(caught.value)
    assert any(key.endswith("rows.csv") for key in ctx.lake.list("raw/"))
    assert not any(key.endswith("_manifest.json") for key in ctx.lake.list("raw/"))


def test_one_hostile_row_does_not_stop_its_day_but_a_wrong_mapping_does(tmp_path: Path) -> None:
    ctx = context_for(tmp_path, source_in(tmp_path, [token_row(value=str(2**256 - 1))]))
    key = ingest(ctx, "tokens", DAY, date(2026, 9, 15))
    assert read_manifest(ctx.lake, key).meta["quarantined"] == 1
    source_in(tmp_path, [token_row()] * 12, MAPPING_TEXT.replace("iso8601", "unix_seconds"))
    with pytest.raises(ClawbackError, match="12 of 12 rows were turned away"):
        ingest(ctx, "tokens", DAY, date(2026, 9, 15))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("version: 1", "version: 2", "version must be 1"),
        ("chain: ethereum", "chain: moon", "chain must be one of"),
        ("chain: ethereum", "chain: [ethereum]", "chain must be one of"),
        ("rows: token_transfers", "rows: {all: yes}", "rows must be one of"),
        ("address_form: evm", "address_form: [evm]", "address_form must be"),
        ("rows: token_transfers", "rows: all", "rows must be one of"),
        ("amount_unit: base", "amount_unit: wei", "amount_unit must be base or decimal"),
        ("time_format: iso8601", "time_format: swatch", "time_format must be"),
        ("address_form: evm", "address_form: hex", "address_form must be"),
        ("asset: token, ", "", "columns lacks asset"),
        ("asset: token", "asset: token, gas_used: x", "knows no gas_used"),
        ("address_form: evm", "address_form: evm\ncolour: red", "unknown key 'colour'"),
        ("address_form: evm", "address_form: evm\nfailed_values: [x]", "need a status column"),
        ("version: 1", "version: 1\nversion: 1", "stands twice"),
        ("version: 1", "version: 1\nthousands: '.'", "thousands must be"),
        ("version: 1", "version: 1\nnative_values: eth", "native_values must be a list"),
        ("version: 1", "version: 1\ndecimals_of: {nothing: 6}", "decimals_of 'nothing'"),
        ("version: 1", f"version: 1\ndecimals_of: {{'{C}': 99}}", "decimals is not a whole number"),
    ],
)
def test_a_wrong_mapping_is_said_before_anything_is_fetched(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    ctx = context_for(tmp_path, source_in(tmp_path, [token_row()], MAPPING_TEXT.replace(old, new)))
    with pytest.raises(ClawbackError) as caught:
        ingest(ctx, "tokens", DAY, date(2026, 9, 15))
    assert says in str(caught.value)
    assert "rows.yml" in str(caught.value)
    assert ctx.lake.list("raw/") == []
