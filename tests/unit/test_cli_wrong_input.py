"""What people get wrong on the command line and in settings is told, and leaves nothing behind."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from click.testing import CliRunner, Result

from clawback.cli import clawback
from clawback.cli.status import _lines, print_status
from clawback.deliver.figures import coverage
from clawback.errors import ClawbackError
from clawback.release.publish import publish
from clawback.resources import sample_dir
from tests.deliver_lake import NOW, Desk
from tests.deliver_marts import status_row

DAY = date(2020, 11, 13)


def call(*words: str) -> Result:
    return CliRunner().invoke(clawback, words)


def refused(*words: str) -> str:
    result = call(*words)
    assert isinstance(result.exception, ClawbackError), result.output
    return str(result.exception)


@pytest.mark.parametrize("name", ["../outside", "Bad Id", "/tmp/absolute"])  # noqa: S108 - never made
def test_a_case_of_a_wrong_name_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "incident.id" in refused("case", "new", name, "--victim", "Somebody")
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize(
    ("variable", "value", "named"),
    [
        ("CLAWBACK_SOURCES", "{bad", "sources"),
        ("CLAWBACK_LAKE", "xyz", "lake"),
        ("CLAWBACK_WORK_DIR", "/proc/nowhere", "work folder"),
        ("CLAWBACK_LAKE__URL", "/etc/passwd", "no folder"),
        ("CLAWBACK_LAKE__URL", "", "no folder"),
        ("CLAWBACK_TRACING__METHODS", '["nope"]', "nope"),
        ("CLAWBACK_TRACING__MAX_HOPS", "-1", "max_hops"),
        ("CLAWBACK_SMTP__PORT", "99999", "smtp.port"),
        ("CLAWBACK_SUBSCRIPTIONS", "/nowhere", "/nowhere"),
    ],
)
def test_config_check_tells_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, named: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(variable, value)
    assert named in refused("config", "check")


def test_config_check_reads_the_subscriptions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = call("config", "check")
    assert (result.exit_code, "kucoin-desk" in result.output) == (0, True)
    (tmp_path / "mine").mkdir()
    text = (sample_dir() / "subscriptions" / "kucoin-desk.yml").read_text()
    (tmp_path / "mine" / "kucoin-desk.yml").write_text(text.replace("format: csv", "format: xls"))
    monkeypatch.setenv("CLAWBACK_SUBSCRIPTIONS", "mine")
    assert "format" in refused("config", "check")


def test_fewer_than_no_rows_are_refused() -> None:
    assert call("explain", "kucoin-2020", "held_usd", "--limit", "-1").exit_code == 2


@pytest.fixture
def hostile(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    row = status_row(DAY, victim="=cmd()\u202e\x1b[2J")
    desk.release(f"{DAY}-0123456", {"rpt_recovery_status_daily": pa.Table.from_pylist([row])})
    publish(desk.lake, lambda: NOW, f"{DAY}-0123456", known=DAY, verdict="pass")
    return desk


def test_status_as_csv_begins_no_formula(hostile: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    print_status(hostile.context, form="csv")
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert row["victim"].startswith("'=cmd()")


def test_status_sends_no_controls_to_the_terminal(hostile: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    print_status(hostile.context)
    shown = capsys.readouterr().out
    assert "=cmd()" in shown
    assert not set("\u202e\x1b") & set(shown)


def test_status_and_page_say_what_rests_on_the_role_source_alone() -> None:
    for share, said in ((Decimal("12.5000"), True), (Decimal("0.0000"), False), (None, False)):
        row = status_row(DAY, stolen_by_source_pct=share)
        shown = "\n".join(_lines("2020-11-13-0123456", row, []))
        assert ("12.5 % of the theft rests on the role source alone" in shown) is said
        assert any("known by whom it left alone" in sentence for sentence in coverage(row)) is said
