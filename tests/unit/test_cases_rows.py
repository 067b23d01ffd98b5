"""Case files as table rows, and the texts and checks that people use."""

from __future__ import annotations

from pathlib import Path

import pytest

from clawback.cases.check import check_cases
from clawback.cases.load import CaseInvalid, parse_case
from clawback.cases.names import plain_name
from clawback.cases.tables import case_rows
from clawback.cases.text import decimal_text, new_case_text, show_case
from clawback.parquet import rows_to_table, table_to_bytes
from clawback.resources import sample_dir
from clawback.schemas import TABLES
from tests.unit.sample_files import sample_cases


def test_rows_fit_the_tables_and_do_not_depend_on_the_order_of_files() -> None:
    cases = sample_cases()
    forward, backward = case_rows(cases), case_rows(list(reversed(cases)))
    counts = {}
    for name, rows in forward.items():
        table = rows_to_table(rows, TABLES[name])
        counts[name] = table.num_rows
        assert table_to_bytes(table) == table_to_bytes(rows_to_table(backward[name], TABLES[name]))
    assert counts == {"incidents": 2, "incident_roles": 12, "incident_links": 1, "recoveries": 2}


def test_a_role_with_transactions_becomes_a_row_for_each() -> None:
    roles = case_rows(sample_cases())["incident_roles"]
    named = [row for row in roles if row["tx_hash"] is not None]
    windows = [row for row in roles if row["from_time"] is not None]
    assert (len(named), len(windows)) == (5, 3)
    assert all(row["from_time"] is None and row["role"] == "theft_address" for row in named)


def test_the_known_freeze_is_there() -> None:
    recoveries = case_rows(sample_cases())["recoveries"]
    (omni,) = [row for row in recoveries if row["chain"] == "bitcoin"]
    assert omni["amount"] == 999_160 * 10**8
    assert omni["tx_hash"] == "f0be88f3f1a30d744b95bdc3a5dfae0626b5414ad54e94eea9324c2fb88f2292"
    assert "without a time zone" in omni["note"]


def test_a_new_case_is_valid_but_not_yet_fit(tmp_path: Path) -> None:
    path = tmp_path / "new.yml"
    path.write_text(new_case_text("acme-2024", 'Acme: "the" exchange, Zürich #1'))
    assert parse_case(path.read_bytes(), where="new.yml").incident.victim == 'Acme: "the" exchange, Zürich #1'
    problems = [problem.problem for problem in check_cases([path])]
    assert any("template" in problem for problem in problems)
    assert any("first block" in problem for problem in problems)
    with pytest.raises(CaseInvalid):
        new_case_text("Acme 2024", "Acme")
    with pytest.raises(CaseInvalid):
        new_case_text("acme-2024", "Acme\nversion: 2")


def test_check_sees_clashes_between_files(tmp_path: Path) -> None:
    text = (sample_dir() / "cases" / "kucoin-2020.yml").read_text()
    for name, changed in {
        "a.yml": text,
        "b.yml": text,
        "c.yml": text.replace("id: kucoin-2020", "id: kucoin-again"),
    }.items():
        (tmp_path / name).write_text(changed)
    problems = check_cases(sorted(tmp_path.iterdir()))
    found = [problem.problem for problem in problems]
    assert any("'kucoin-2020' stands in" in problem for problem in found)
    assert any("unnamed-exchange-2020-10', which no case file describes" in problem for problem in found)
    assert any("would match kucoin-2020" in problem for problem in found)
    assert check_cases([tmp_path / "absent.yml"])[0].problem == "the case file cannot be read"


def test_a_case_read_aloud() -> None:
    case = next(c for c in sample_cases() if c.incident.id == "kucoin-2020")
    text = show_case(case)
    assert "2020-09-25T18:48:59Z (precision: minute)" in text
    assert "from 2020-09-25T19:08:30Z to 2020-09-25T21:31:00Z" in text
    assert "in 5 transactions" in text
    assert "freeze 999,160 USDT on bitcoin" in text
    assert "same_actor unnamed-exchange-2020-10, weak" in text


@pytest.mark.parametrize(
    ("amount", "decimals", "text"),
    [
        (0, 18, "0"),
        (1, 18, "0.000000000000000001"),
        (1_500_000, 6, "1.5"),
        (7, 0, "7"),
        (10**38 - 1, 0, f"{10**38 - 1:,}"),
    ],
)
def test_base_units_as_decimals(amount: int, decimals: int, text: str) -> None:
    assert decimal_text(amount, decimals) == text


def test_names_are_compared_in_one_spelling() -> None:
    assert plain_name("  Ku-Coin\u00a0GLOBAL! ") == "ku coin global"
    assert plain_name("\uff2b\uff55\uff23\uff4f\uff49\uff4e") == "kucoin"
    assert plain_name("***") == ""
