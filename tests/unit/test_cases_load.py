"""Case files: what is read, what is refused, and how the refusal is worded."""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from clawback.cases.check import check_cases
from clawback.cases.load import CaseInvalid, case_paths, parse_case
from clawback.cases.plain_yaml import MAX_BYTES, read_plain_yaml
from clawback.errors import ClawbackError

ADDRESS = "0xeb31973e0febf3e3d7058234a5ebbae1ab4b8c23"
HASH = "0x" + "ab" * 32
BASE = """\
version: 1
incident:
  id: some-theft
  title: Some theft
  victim: NO
  victim_kind: exchange
  occurred_at: 2020-09-25T18:48:59Z
  occurred_precision: minute
  chains_affected: [ethereum]
  source_url: https://example.com/a
"""
ROLE = f"""\
roles:
  - role: theft_address
    chain: ethereum
    address: {ADDRESS}
    from: 2020-09-25T18:48:00Z
    source_url: https://example.com/a
"""


def problems_of(text: str) -> list[str]:
    with pytest.raises(CaseInvalid) as caught:
        parse_case(text.encode(), where="some.yml")
    return [str(problem) for problem in caught.value.problems]


def test_scalars_stay_text() -> None:
    case = parse_case((BASE + ROLE).encode(), where="some.yml")
    assert case.incident.victim == "NO"
    assert case.roles[0].address == ADDRESS
    assert case.roles[0].from_time == datetime(2020, 9, 25, 18, 48, tzinfo=UTC)


def test_an_unquoted_address_that_looks_like_a_number_stays_text() -> None:
    digits = "0x" + "1234567890" * 4
    case = parse_case((BASE + ROLE.replace(ADDRESS, digits)).encode(), where="some.yml")
    assert case.roles[0].address == digits


def test_a_checksummed_address_is_stored_in_lower_case_and_a_misread_one_is_seen() -> None:
    right = "0xeB31973E0FeBF3e3D7058234a5eBbAe1aB4B8c23"
    case = parse_case((BASE + ROLE.replace(ADDRESS, right)).encode(), where="some.yml")
    assert case.roles[0].address == ADDRESS
    (problem,) = problems_of(BASE + ROLE.replace(ADDRESS, right.replace("eB31", "Eb31")))
    assert "checksum" in problem
    assert "some.yml, line 14" in problem


@pytest.mark.parametrize(
    ("old", "new", "part"),
    [
        ("victim_kind", "victim_knid", "unknown key 'incident.victim_knid'"),
        ("2020-09-25T18:48:59Z", "2020-09-25 18:48:59", "2020-09-25T18:48:59Z"),
        ("2020-09-25T18:48:59Z", "2020-09-25T18:48:59+08:00", "a time is written in UTC"),
        ("2020-09-25T18:48:59Z", "2020-13-25T18:48:59Z", "occurred_at"),
        ("precision: minute", "precision: day", "precision day"),
        ("precision: minute", "precision: month", "precision month"),
        ("id: some-theft", "id: Some Theft", "incident.id"),
        ("https://example.com/a", "javascript:alert(1)", "source_url"),
        ("title: Some theft", "title: ''", "incident.title"),
        ("title: Some theft", 'title: "a\\u001b[31mb"', "plain text on one line"),
        ("version: 1", "version: 2", "version"),
    ],
)
def test_a_wrong_value_is_named(old: str, new: str, part: str) -> None:
    assert any(part in problem for problem in problems_of(BASE.replace(old, new)))


def test_the_line_of_each_problem_is_told() -> None:
    text = BASE.replace("occurred_precision: minute", "occurred_precision: second").replace(
        "id: some", "id: S"
    )
    found = problems_of(text)
    assert any(problem.startswith("some.yml, line 3:") for problem in found)
    assert any(problem.startswith("some.yml, line 8:") for problem in found)


def test_what_is_missing_is_named() -> None:
    assert any("'incident.victim' is missing" in p for p in problems_of(BASE.replace("  victim: NO\n", "")))


@pytest.mark.parametrize(
    ("role", "part"),
    [
        ("    from: 2020-09-25T18:48:00Z\n", "needs 'from' or 'tx_hashes'"),
        (f"    address: {ADDRESS}\n", "'roles.0.address' is missing"),
    ],
)
def test_a_role_without_what_it_needs(role: str, part: str) -> None:
    assert any(part in problem for problem in problems_of(BASE + ROLE.replace(role, "")))


def test_window_and_transactions_exclude_each_other() -> None:
    text = BASE + ROLE + f"    tx_hashes: [{HASH}]\n"
    assert any("not both" in problem for problem in problems_of(text))
    assert any(
        "'to' lies before 'from'" in p for p in problems_of(BASE + ROLE + "    to: 2020-09-25T18:47:59Z\n")
    )


def test_a_short_hash_and_a_foreign_address_are_refused() -> None:
    text = BASE + ROLE.replace("from: 2020-09-25T18:48:00Z", "tx_hashes: [0xabc]")
    assert any("64 hex digits" in problem for problem in problems_of(text))
    assert any(
        "address" in p
        for p in problems_of(BASE + ROLE.replace(ADDRESS, "1NRsEQRg5EjmJHbPUX7YADVPcPzCQBkyU7"))
    )


RECOVERY = """\
recoveries:
  - kind: freeze
    date: 2020-09-26
    chain: bitcoin
    address: 1NRsEQRg5EjmJHbPUX7YADVPcPzCQBkyU7
    asset: omni:31
    decimals: 8
    amount: 99916000000000
    asserted_by: somebody
    source_url: https://example.com/a
"""


def test_a_recovery_on_another_chain() -> None:
    (recovery,) = parse_case((BASE + RECOVERY).encode(), where="some.yml").recoveries
    assert (recovery.amount, recovery.date) == (99_916_000_000_000, date(2020, 9, 26))
    assert recovery.address == "1NRsEQRg5EjmJHbPUX7YADVPcPzCQBkyU7"


@pytest.mark.parametrize("amount", ["1e9", "1.5", "-1", "9" * 39, "1_000", "0x10", "٣"])
def test_amounts_are_plain_whole_numbers(amount: str) -> None:
    text = BASE + RECOVERY.replace("99916000000000", amount)
    assert any("amount" in problem for problem in problems_of(text))


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{after}: &{after} [{','.join(['*' + name] * 9)}]\n"
    for name, after in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (BOMB, "anchors and aliases"),
        ("a: &x 1\n", "anchors and aliases"),
        ("base: &x {a: 1}\nother:\n  <<: *x\n", "anchors and aliases"),
        ("a: !!python/object/apply:os.system [ls]\n", "the tag"),
        ("a: !!int 5\n", "the tag"),
        ("a: 1\na: 2\n", "stands twice"),
        ("? [1, 2]\n: 3\n", "no plain text"),
        ("[" * 200 + "]" * 200, "nests deeper"),
        ("a: [1\nb: 2\n", "no YAML"),
        ("", "empty"),
        ("- a\n", "no mapping"),
        ("a: 1\n---\nb: 2\n", "no YAML"),
        ("a: \x00\n", "no YAML"),
    ],
)
def test_hostile_yaml_is_refused(text: str, part: str) -> None:
    (problem,) = problems_of(text)
    assert part in problem
    assert problem.startswith("some.yml")


def test_size_and_encoding_are_bounded() -> None:
    with pytest.raises(ClawbackError, match="bytes"):
        read_plain_yaml(b"#" * (MAX_BYTES + 1), where="big.yml")
    with pytest.raises(ClawbackError, match="UTF-8"):
        read_plain_yaml(b"a: \xff\n", where="latin.yml")


def test_a_folder_tells_the_problems_of_all_files(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(BASE)
    (tmp_path / "b.yml").write_text(BASE)
    (tmp_path / "c.yml").write_text(BASE.replace("version: 1", "version: 9"))
    (tmp_path / "notes.txt").write_text("not a case")
    assert [path.name for path in case_paths(tmp_path)] == ["a.yml", "b.yml", "c.yml"]
    text = "\n".join(map(str, check_cases(case_paths(tmp_path))))
    assert "stands in" in text
    assert "a.yml" in text
    assert "c.yml, line 1" in text
    with pytest.raises(ClawbackError, match="no such folder"):
        case_paths(tmp_path / "absent")


def test_the_error_survives_a_process_border() -> None:
    with pytest.raises(CaseInvalid) as caught:
        parse_case(b"a: 1\n", where="some.yml")
    copied = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - bytes made one line above
    assert str(copied) == str(caught.value)
    assert copied.problems == caught.value.problems
