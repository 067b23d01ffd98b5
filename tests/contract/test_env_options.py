"""`env:NAME` in a source's options: read by its connector, shown nowhere."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from clawback.cli import clawback
from clawback.errors import ClawbackError
from clawback.lake.partition import read_manifest
from clawback.sources.env_options import resolve_options
from clawback.sources.ingest import ingest
from tests.contract.loopback import LoopbackServer, Scripted, context_for, progress_of
from tests.contract.test_defillama_hacks import RECORDED
from tests.contract.transfer_rows import source_in, token_row

DAY, KNOWN = date(2020, 9, 26), date(2026, 9, 15)
KEY = "s3cret-path-0f9e"


def hacks(**options: Any) -> dict[str, Any]:
    held = {"url": "env:HACKS_URL", "allow_hosts": ["127.0.0.1"], "min_rows": 0, **options}
    return {"name": "hacks", "connector": "defillama_hacks", "options": held}


def test_the_connector_reads_the_value_and_the_lake_never_holds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with LoopbackServer(Scripted(RECORDED.read_bytes())) as server:
        monkeypatch.setenv("HACKS_URL", f"{server.url}/{KEY}")
        monkeypatch.setenv("HACKS_CONTACT", "me-and-only-me")
        ctx = context_for(tmp_path, hacks(contact="env:HACKS_CONTACT"))
        key = ingest(ctx, "hacks", DAY, KNOWN)
        assert server.requests[0][1] == f"/{KEY}"
        assert "me-and-only-me" in str(server.requests[0][2])
    assert read_manifest(ctx.lake, key).meta["rows"]["claims"] > 0
    held = b"".join(ctx.lake.read(name) for name in ctx.lake.list(""))
    assert KEY.encode() not in held
    assert KEY not in str(progress_of(ctx))


def test_a_request_that_names_a_value_is_kept_with_its_reference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = source_in(tmp_path, [token_row()])
    (tmp_path / KEY).mkdir()
    (tmp_path / "rows.csv").rename(tmp_path / KEY / "rows.csv")
    source["options"]["path"] = "env:ROWS"
    monkeypatch.setenv("ROWS", KEY)
    ctx = context_for(tmp_path, source)
    assert read_manifest(ctx.lake, ingest(ctx, "tokens", DAY, KNOWN)).meta["request"]["path"] == "env:ROWS"


def test_settings_and_errors_show_the_reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HACKS_URL", f"nowhere://{KEY}")
    ctx = context_for(tmp_path, hacks(), {**source_in(tmp_path, []), "name": "rows"})
    shown = CliRunner().invoke(clawback, ["config", "show"])
    assert shown.exit_code == 0
    assert "env:HACKS_URL" in shown.output
    assert KEY not in shown.output
    with pytest.raises(ClawbackError, match="no http address") as caught:
        ingest(ctx, "hacks", DAY, KNOWN)
    assert KEY not in str(caught.value)


def test_a_value_in_an_error_is_replaced_by_its_reference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = source_in(tmp_path, [])
    source["options"]["path"] = "env:ROWS"
    monkeypatch.setenv("ROWS", f"{KEY}.csv")
    with pytest.raises(ClawbackError) as caught:
        ingest(context_for(tmp_path, source), "tokens", DAY, KNOWN)
    assert "env:ROWS" in str(caught.value)
    assert KEY not in str(caught.value) + str(caught.value.args)


@pytest.mark.parametrize("value", [None, ""])
def test_a_variable_that_is_missing_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    if value is None:
        monkeypatch.delenv("HACKS_URL", raising=False)
    else:
        monkeypatch.setenv("HACKS_URL", value)
    ctx = context_for(tmp_path, hacks())
    with pytest.raises(ClawbackError, match="the environment variable HACKS_URL is not set") as caught:
        ingest(ctx, "hacks", DAY, KNOWN)
    assert "source 'hacks'" in str(caught.value)
    assert ctx.lake.list("raw/") == []


def test_what_is_no_name_of_a_variable_is_told() -> None:
    with pytest.raises(ClawbackError, match="names no environment variable"):
        resolve_options({"url": "env:two words"}, "source 'x'")


def test_what_files_are_parsed_with_must_stand_plainly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The mapping's text is landed beside the file; a value that occurs in it would be landed with it.
    monkeypatch.setenv("ROWS", "rows.csv")
    monkeypatch.setenv("WORD", "token_transfers")
    source = source_in(tmp_path, [token_row()])
    source["options"] |= {"path": "env:ROWS", "contact": "env:WORD"}
    with pytest.raises(ClawbackError, match="write this option plainly") as caught:
        ingest(context_for(tmp_path, source), "tokens", DAY, KNOWN)
    assert "token_transfers" not in str(caught.value)


def test_values_inside_lists_and_tables_are_looked_up_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INNER", "value")
    found = resolve_options({"a": ["env:INNER", 1], "b": {"c": "env:INNER"}, "d": "environment"}, "here")
    assert found.options == {"a": ["value", 1], "b": {"c": "value"}, "d": "environment"}
    assert found.conceal({"x": ["a value"]}) == {"x": ["a env:INNER"]}
    assert os.environ["INNER"] == "value"
