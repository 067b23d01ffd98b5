"""Which mentions are of one theft: names, days, figures, groups, and what people decided."""

from __future__ import annotations

import csv
import hashlib
import json
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from clawback.cli import clawback
from clawback.errors import ClawbackError
from clawback.thefts.aliases import load_aliases
from clawback.thefts.grouping import Group, group
from clawback.thefts.judge import Figures, compare_figures, judge
from clawback.thefts.mentions import Mention, when_of
from clawback.thefts.names import CONTAINED, EQUAL, likeness, spellings
from clawback.thefts.overrides import FILE, load_overrides
from clawback.thefts.rows import read_rows

ROWS = Path(__file__).resolve().parents[3] / "shared" / "data" / "reports" / "incidents_by_source.csv"
PAIRS = Path(__file__).parents[1] / "fixtures" / "claims_corpus" / "pairs.jsonl"
needs_rows = pytest.mark.skipif(
    not ROWS.exists(), reason="the rows of the feeds are not part of the repository"
)

YEARN = [("2021-02-05", 4), ("2023-03-14", 1), ("2023-04-13", 7), ("2025-11-30", 5), ("2025-12-16", 1)]


def mention(
    source: str, name: str | None, day: str | None, loss: int | str | None = None, unit: str = "USD"
) -> Mention:
    """A mention whose key is made of what it says."""
    figure = None if loss is None else Decimal(loss)
    return Mention(f"{source}:{name}:{day}:{loss}", source, name, when_of(day) if day else None, figure, unit)


def groups_of(*mentions: Mention) -> set[frozenset[str]]:
    """Sources of each group."""
    by_key = {one.key: one.source for one in mentions}
    return {frozenset(by_key[key] for key in found.keys) for found in group(mentions, load_aliases())}


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("KuCoin", "ku coin"),
        ("UwU Lend", "Uwulend"),
        ("Yearn Finance", "yearnFinance"),
        ("yearn.finance", "Yearn"),
        ("KelpDAO", "Kelp DAO"),
        ("LI.FI", "LiFi Protocol"),
        ("- BonqDAO", "Bonq"),
        ("Gala (GALA)", "Gala Games"),
        ("HTX", "Huobi"),
        ("Axie Infinity", "Ronin Bridge"),
        ("Bíthumb", "Bithumb"),
    ],
)
def test_one_name_in_two_spellings(left: str, right: str) -> None:
    assert likeness(left, right, load_aliases()) == likeness(right, left, load_aliases()) == EQUAL


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Compound", "Compounder"),
        ("Cream", "Scream"),
        ("Gala", "Galaxy"),
        ("Meter", "Meerkat"),
        ("", "KuCoin"),
    ],
)
def test_two_names(left: str, right: str) -> None:
    assert likeness(left, right, load_aliases()) < CONTAINED


@needs_rows
def test_an_index_of_spellings_finds_the_names_that_are_one_and_no_others() -> None:
    aliases = load_aliases()
    names = sorted({one.name for one in read_rows(ROWS).mentions if one.name is not None})[::5]
    keys = {name: spellings(name, aliases) for name in names}
    found = {(one, other) for one in names for other in names if one < other and keys[one] & keys[other]}
    judged = {
        (one, other)
        for one in names
        for other in names
        if one < other and likeness(one, other, aliases) == EQUAL
    }
    assert found == judged
    assert len(found) >= 5


@pytest.mark.parametrize(
    ("left", "right", "figures"),
    [
        (100, 102, Figures.EQUAL),
        (100, 130, Figures.NEAR),
        (850_000, "8500000.00", Figures.TEN),
        (330_440, 3_304_406, Figures.TEN),
        (100, 400, Figures.APART),
        (100, 401, Figures.FAR),
        (100, None, Figures.UNKNOWN),
    ],
)
def test_figures(left: int, right: int | str | None, figures: Figures) -> None:
    one, other = mention("a", "X", None, left), mention("b", "X", None, right)
    assert compare_figures(one, other) == compare_figures(other, one) == figures


def test_figures_of_two_units_are_not_compared() -> None:
    assert compare_figures(mention("a", "X", None, 5), mention("b", "X", None, 5, "BTC")) == Figures.UNKNOWN


def test_two_thefts_of_one_victim_days_apart_stay_two() -> None:
    first = [
        mention(source, "UwU Lend", "2024-06-10", loss) for source, loss in (("a", 20_000_000), ("b", None))
    ]
    second = mention("c", "UwuLend", "2024-06-13", 3_699_999)
    assert groups_of(*first, second) == {frozenset("ab"), frozenset("c")}
    assert groups_of(second, *first) == {frozenset("ab"), frozenset("c")}


def test_a_source_lists_a_theft_once() -> None:
    rows = [mention("a", "Yearn", "2025-11-30", 9_000_000), mention("a", "Yearn", "2025-12-02", 9_000_000)]
    between = mention("b", "Yearn Finance", "2025-12-02", 9_100_000)
    assert groups_of(*rows, between) == {frozenset("a"), frozenset("ab")}


@pytest.mark.parametrize(
    ("left", "right", "joins"),
    [
        (("Woofi", "2024-03-05", 85_000_000), ("WOOFi", "2024-03-05", 8_500_000), True),
        (("Ronin", "2022-03-23", 625_000_000), ("Ronin Bridge", "2022-04-14", 624_000_000), True),
        (("Deus", "2021-03-15", 3_000_000), ("Deus Finance", "2022-03-15", 3_000_000), True),
        (("Platypus", "2023-02-16", 8_500_000), ("Platypus", "2023-10-12", 2_200_000), False),
        (("Alpha", "2021-02-13", 37_512_345), ("Homora", "2021-02-13", 37_512_345), True),
        (("Alpha", "2021-02-13", 5_000_000), ("Homora", "2021-02-13", 5_000_000), False),
        (("Alpha", "2021-02-13", 37_512_345), ("Homora", "2021-02-15", 37_512_345), False),
        ((None, "2020-09", 281_000_000), ("KuCoin", "2020-09-26", 281_000_000), True),
        ((None, "2020-10", 281_000_000), ("KuCoin", "2020-09-26", 281_000_000), False),
        ((None, "2020-09", 281_000_000), ("KuCoin", "2020-09-26", 280_000_000), True),
        (("N/A", "2025-09-02", 13_000_000), ("Venus", "2025-09-02", 13_000_000), True),
    ],
)
def test_pairs(left: tuple[Any, ...], right: tuple[Any, ...], joins: bool) -> None:
    judgement = judge(mention("a", *left), mention("b", *right), load_aliases())
    assert judgement.joins == joins
    assert judgement.rule
    assert len(judgement.evidence) == 3


@pytest.mark.parametrize("text", ["2020-09-25T18:51Z", "2020-09-26T02:51+08:00", "2020-09-25"])
def test_moments_count_by_their_utc_day(text: str) -> None:
    assert when_of(text) == when_of("2020-09-25")


@pytest.mark.parametrize("text", ["25.9.2020", "2020-13", "2020-09-26T02:51", "", "9999999"])
def test_other_times_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        when_of(text)


def test_what_a_person_decided_goes_before_every_rule(tmp_path: Path) -> None:
    rows = [
        mention("a", "KuCoin", "2020-09-25", 280_000_000),
        mention("b", "KuCoin", "2020-09-26", 281_000_000),
        mention("c", "KuCoin", "2020-09-29", 45_000_000),
    ]
    assert groups_of(*rows) == {frozenset("ab"), frozenset("c")}
    file = tmp_path / "decided.yml"
    entry = "- left: {}\n  right: {}\n  same: {}\n  by: ana\n  reason: read both pages\n"
    file.write_text(entry.format(rows[2].key, rows[1].key, "true"))
    (together,) = group(rows, load_aliases(), load_overrides(file))
    assert together.keys == tuple(sorted(row.key for row in rows))
    assert "ana: read both pages" in str(together.matches)
    file.write_text(entry.format(rows[0].key, rows[1].key, "false"))
    assert len(group(rows, load_aliases(), load_overrides(file))) == 3


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("left: a", "no list"),
        ("- {left: a, right: b, same: yes, by: me, reason: x}", "lacks"),
        ("- {left: a, right: b, same: 'true', by: me}", "lacks"),
        ("- {left: a, right: a, same: 'true', by: me, reason: x}", "decided twice"),
        ("- {left: a, right: b, same: 'true', by: '', reason: x}", "empty"),
    ],
)
def test_overrides_are_checked(tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "decided.yml"
    file.write_text(text)
    with pytest.raises(ClawbackError, match=problem):
        load_overrides(file)


def test_a_name_stands_for_one_victim(tmp_path: Path) -> None:
    file = tmp_path / "aliases.yml"
    file.write_text("- [huobi, htx]\n- [htx, heco]\n")
    with pytest.raises(ClawbackError, match="two victims"):
        load_aliases(file)


def test_the_command_tells_thefts_evidence_and_bad_rows(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text(
        "source,name,date,loss_usd\n"
        "a,KuCoin,2020-09-25,280000000\n"
        "b,Kucoin,2020-09-26,281000000\n"
        "a,Eterbase,2020-09-08,5400000\n"
        "b,Eterbase,next week,5400000\n"
    )
    result = CliRunner().invoke(clawback, ["case", "match", str(file), "--evidence", "--only", "kucoin"])
    assert result.exit_code == 0
    assert "2020-09-25 to 2020-09-26  280000000..281000000  2 rows  KuCoin = Kucoin  (a, b)" in result.output
    assert "same name, same day (names 100 of 100; 1 days apart; figures equal)" in result.output
    assert "row 4 was left out" in result.output
    assert "3 rows, 2 thefts, 1 shown" in result.output


@lru_cache(maxsize=1)
def grouped_rows() -> tuple[dict[int, str], dict[str, int], list[Group]]:
    """Key by line of the file, group by key, groups."""
    read = read_rows(ROWS)
    assert read.refused == ()
    found = group(read.mentions, load_aliases(), load_overrides(FILE))
    of = {key: place for place, one in enumerate(found) for key in one.keys}
    return {line: one.key for line, one in enumerate(read.mentions, start=2)}, of, found


@needs_rows
def test_hand_judged_pairs_reach_precision_and_recall() -> None:
    keys, of, _ = grouped_rows()
    lines = ROWS.read_text(encoding="utf-8").splitlines()
    counts = {(same, found): 0 for same in (True, False) for found in (True, False)}
    for pair in map(json.loads, PAIRS.read_text(encoding="utf-8").splitlines()):
        sides = pair["left"], pair["right"]
        if "row" in sides[0]:
            for side in sides:
                digest = hashlib.sha256(lines[side["row"] - 1].encode()).hexdigest()
                assert digest.startswith(side["sha256"])
            found = of[keys[sides[0]["row"]]] == of[keys[sides[1]["row"]]]
        else:
            one, other = (
                mention(
                    f"{number}{side['source']}",
                    side["name"],
                    side["date"],
                    side["loss"],
                    side["unit"] or "USD",
                )
                for number, side in enumerate(sides)
            )
            found = len(group([one, other], load_aliases())) == 1
        counts[pair["same"], found] += 1
    right = counts[True, True]
    assert sum(counts.values()) >= 200
    assert Decimal(right) / (right + counts[False, True]) >= Decimal("0.98"), counts
    assert Decimal(right) / (right + counts[True, False]) >= Decimal("0.90"), counts


@needs_rows
@pytest.mark.parametrize(
    ("name", "days"),
    [
        ("KuCoin", [("2020-09-25", 6)]),
        ("UwU Lend", [("2024-06-10", 5), ("2024-06-13", 1)]),
        ("Yearn Finance", YEARN),
        ("Woofi", [("2024-03-05", 7)]),
        ("BtcTurk", [("2024-06-22", 3), ("2025-08-14", 5)]),
        ("Stars Arena", [("2023-09-23", 6)]),
        ("Compounder Finance", [("2020-12-01", 4)]),
        ("Ronin Bridge", [("2022-03-23", 6), ("2024-08-06", 5)]),
    ],
)
def test_named_cases(name: str, days: list[tuple[str, int]]) -> None:
    by_key = {one.key: one for one in read_rows(ROWS).mentions}
    found = []
    for one in grouped_rows()[2]:
        members = [by_key[key] for key in one.keys]
        if any(likeness(member.name or "", name, load_aliases()) == EQUAL for member in members):
            first = min(member.when.first for member in members if member.when is not None)
            found.append((first.isoformat(), len(members)))
    assert sorted(found) == days


@needs_rows
def test_the_order_of_rows_decides_nothing() -> None:
    read = read_rows(ROWS)
    shuffled = list(read.mentions)
    shuffled = sorted(shuffled, key=lambda one: hashlib.sha256(one.key.encode()).digest())
    assert group(shuffled, load_aliases(), load_overrides(FILE)) == grouped_rows()[2]


@needs_rows
def test_rows_are_those_of_the_file() -> None:
    with ROWS.open(newline="", encoding="utf-8") as stream:
        assert len(list(csv.DictReader(stream))) == len(read_rows(ROWS).mentions) == 2737
