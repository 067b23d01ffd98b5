"""The sample from its sources to a published release, by the command that users type."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import subprocess
import time
from decimal import Decimal
from pathlib import Path

import pytest

from tests.e2e.warehouse import CLAWBACK, TWO_DAYS, Warehouse, environment, run

pytestmark = pytest.mark.slow

LAST_DAY = "2020-11-13"


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    return run(tmp_path_factory.mktemp("whole"), "--known", "2026-01-02")


def test_a_run_ends_with_the_table_the_release_and_its_files(warehouse: Warehouse) -> None:
    assert "KuCoin (kucoin-2020)" in warehouse.said
    assert warehouse.release.startswith(LAST_DAY)
    for name in ("DuckDB", "Parquet", "page"):
        found = re.search(rf"^{name} +(\S+)", warehouse.said, re.MULTILINE)
        assert found is not None
        assert Path(found[1]).exists()


def test_running_again_makes_the_same_bytes_and_no_release(warehouse: Warehouse) -> None:
    before = warehouse.marts()
    listed = warehouse.clawback("release", "list").stdout
    again = run(warehouse.home, "--known", "2026-01-05")
    assert "unchanged" in again.said
    assert again.marts() == before
    assert warehouse.clawback("release", "list").stdout == listed


def test_the_same_facts_fetched_on_another_day_are_the_same_release(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    elsewhere = run(tmp_path, "--known", "2026-03-04")
    assert elsewhere.release == warehouse.release
    assert elsewhere.marts() == warehouse.marts()


def test_the_ether_reconciles_to_the_wei(warehouse: Warehouse) -> None:
    rows = _balances(warehouse, "native")
    assert rows["mixer"] + rows["fee"] + rows["held"] == Decimal("11485808115112565672921")
    assert rows["mixer"] <= 11_500 * 10**18
    assert {part for part, amount in rows.items() if amount} == {"mixer", "fee", "held"}


def _balances(warehouse: Warehouse, asset: str) -> dict[str, Decimal]:
    from clawback.release.read import query

    path = (
        warehouse.home / "var/lake/releases" / warehouse.release / "marts/fct_incident_balances_daily.parquet"
    )
    _, rows = query(
        {"mart": path},
        "select part, amount from mart where incident_id = 'kucoin-2020' and method = 'fifo' and asset = ?"
        " and day = (select max(day) from mart)",
        [asset],
    )
    return dict(rows)


def test_status_says_the_same_in_every_format(warehouse: Warehouse) -> None:
    from_json = json.loads(warehouse.clawback("status", "--format", "json").stdout)
    from_csv = list(csv.DictReader(io.StringIO(warehouse.clawback("status", "--format", "csv").stdout)))
    assert [row["incident_id"] for row in from_json] == ["kucoin-2020", "unnamed-exchange-2020-10"]
    for one, other in zip(from_json, from_csv, strict=True):
        assert other["release_id"] == warehouse.release
        assert {name: "" if value is None else str(value) for name, value in one.items()} == {
            name: value for name, value in other.items() if name != "release_id"
        }
    table = warehouse.clawback("status").stdout
    assert f"{Decimal(from_json[0]['mixed_usd']):,.2f}" in table


def test_the_parts_sum_to_the_whole_to_the_cent_on_every_day(warehouse: Warehouse) -> None:
    for day in ("2020-09-25", "2020-10-23", "2020-10-26", LAST_DAY):
        [row] = json.loads(
            warehouse.clawback("status", "--format", "json", "--incident", "kucoin-2020", "--day", day).stdout
        )
        parts = [
            "held",
            "frozen",
            "at_exchanges",
            "at_brokers",
            "mixed",
            "bridged",
            "at_issuers",
            "burned",
            "returned",
            "fees",
            "dust",
            "unseen_outflow",
        ]
        total = sum(Decimal(row[f"{part}_usd"] or 0) for part in parts)
        assert total == Decimal(row["stolen_usd_now"]), day


def test_a_figure_opens_down_to_its_transfers(warehouse: Warehouse) -> None:
    said = warehouse.clawback("explain", "kucoin-2020", "mixed_usd", "--limit", "0").stdout
    amounts = re.findall(r"hop \d+  ([\d,]+) ETH", said)
    assert len(amounts) == 115
    assert sum(int(amount.replace(",", "")) for amount in amounts) == _balances(warehouse, "native")["mixer"]


def test_a_figure_opens_down_to_its_quotations(warehouse: Warehouse) -> None:
    said = warehouse.clawback("explain", "kucoin-2020", "reported_loss_high_usd").stdout
    for figure in ("45,000,000", "150,000,000", "275,000,000", "279,000,000", "281,000,000"):
        assert f"loss {figure} USD" in said


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("status", "--incident", "nobody"), "kucoin-2020 from 2020-09-25"),
        (("status", "--day", "2019-01-01"), "2020-09-25"),
        (("status", "--as-of", "2025-01-01"), "nothing was known on 2025-01-01"),
        (("status", "--release", "2020-01-01-0000000"), "2020-01-01-0000000"),
        (("explain", "kucoin-2020", "nonsense_usd"), "mixed_usd"),
        (("run", "--from", "2020-10-01", "--to", "2020-09-30"), "is empty"),
        (("run", "--from", "2019-10-01", "--to", "2019-10-02"), "first_day"),
        (("--settings", "none.toml", "status"), "none.toml"),
    ],
)
def test_what_cannot_be_is_told_without_a_traceback(
    warehouse: Warehouse, words: tuple[str, ...], named: str
) -> None:
    done = warehouse.clawback(*words, check=False)
    assert done.returncode != 0
    assert named in done.stderr
    assert "Traceback" not in done.stderr


def test_as_of_gives_what_was_known_then(warehouse: Warehouse) -> None:
    rows = json.loads(warehouse.clawback("status", "--as-of", "2026-01-02", "--format", "json").stdout)
    assert rows[0]["day"] == LAST_DAY


def test_verify_hashes_everything_again(warehouse: Warehouse) -> None:
    assert "ok" in warehouse.clawback("release", "verify").stdout
    mart = warehouse.home / "var/lake/releases" / warehouse.release / "marts/fct_claims.parquet"
    genuine = mart.read_bytes()
    try:
        mart.write_bytes(genuine[:-9] + bytes([genuine[-9] ^ 1]) + genuine[-8:])
        done = warehouse.clawback("release", "verify", check=False)
    finally:
        mart.write_bytes(genuine)
    assert done.returncode == 1
    assert "fct_claims.parquet" in done.stderr


@pytest.mark.timeout(900)
def test_a_killed_run_goes_on_where_it_stopped_and_ends_the_same(two_days: Warehouse, tmp_path: Path) -> None:
    survived = False
    # The last ones are for a machine that has much else to do.
    for wait in (1.5, 4, 8, 12, 16, 22, 30, 45, 90, 180):
        killed = subprocess.Popen(
            [str(CLAWBACK), "run", *TWO_DAYS],
            cwd=tmp_path,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            text=True,
        )
        try:
            said, _ = killed.communicate(timeout=wait)
            survived = True
        except subprocess.TimeoutExpired:
            os.killpg(killed.pid, signal.SIGKILL)
            killed.communicate()
            said = ""
        _readers_see_whole_releases(tmp_path)
        if survived:
            break
        time.sleep(0.1)
    assert survived
    assert Warehouse(tmp_path, said).release == two_days.release
    assert Warehouse(tmp_path, said).marts() == two_days.marts()


def _readers_see_whole_releases(home: Path) -> None:
    if (home / "var/lake/latest.json").exists():
        done = Warehouse(home, "").clawback("release", "verify", "--all", check=False)
        assert done.returncode == 0, done.stderr
