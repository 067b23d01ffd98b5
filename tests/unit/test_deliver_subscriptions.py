"""Subscriptions are read strictly and complained about plainly."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from clawback.deliver.subscriptions import load_subscription, load_subscriptions
from clawback.errors import ClawbackError

GOOD = """
id: desk
who: Recovery desk
table: rpt_recovery_status_daily
filter: {incident_id: [kucoin-2020-09, 0x10], day: $day}
format: csv
channel: mail
on: change
mail: {to: [desk@example.org]}
"""


def write(folder: Path, text: str, name: str = "desk.yml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_a_subscription_is_read_without_guessing_types(tmp_path: Path) -> None:
    found = load_subscription(write(tmp_path, GOOD))
    assert found.on == "change"
    assert found.to == ("desk@example.org",)
    assert found.filters_for(date(2020, 11, 13)) == {
        "incident_id": ("kucoin-2020-09", "0x10"),
        "day": ("2020-11-13",),
    }


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("id: desk", "id: ../desk", "id is wrong"),
        ("id: desk", "id: other", "name it as the file: desk"),
        ("who: Recovery desk", 'who: "desk\\r\\nBcc: all@example.org"', "who is wrong"),
        ("table: rpt_recovery_status_daily", "table: ../../latest", "table is wrong"),
        ("format: csv", "format: xlsx", "one of: csv, html, json"),
        ("channel: mail", "channel: fax", "one of: drop, mail"),
        ("channel: mail", "channel: drop", "mail is wrong"),
        ("on: change", "on: hourly", "one of: change, daily"),
        ("on: change", "on: change\non: daily", "stands twice"),
        ("on: change", "on: change\npasword: x", "unknown key pasword"),
        ("desk@example.org", '"a@example.org>, b@example.org"', "no plain mail address"),
        ("[desk@example.org]", '["a@example.org\\nBcc: b@example.org"]', "no plain mail address"),
        ("[desk@example.org]", "[]", "1 to 50 addresses"),
        ("filter: {", "filter: {'1=1 or x': y, ", "no column name"),
        ("filter: {", "filter: {n: {a: b}, ", "a value or a list"),
        ("filter: {", "filter: [", "no YAML"),
        (GOOD, "- a\n- b", "holds no keys"),
        (GOOD, "!!python/object/apply:os.system [true]", "subscription"),
        (GOOD, "x" * 70_000, "larger than"),
    ],
)
def test_wrong_files_are_refused(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    assert old in GOOD
    path = write(tmp_path, GOOD.replace(old, new))
    with pytest.raises(ClawbackError) as caught:
        load_subscription(path)
    assert complaint in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("key", ["id", "who", "table", "format", "channel", "on", "mail"])
def test_every_key_but_the_filter_is_needed(tmp_path: Path, key: str) -> None:
    lines = [line for line in GOOD.splitlines() if not line.startswith(f"{key}:")]
    with pytest.raises(ClawbackError, match=key):
        load_subscription(write(tmp_path, "\n".join(lines)))


def test_a_folder_is_read_in_order_and_must_exist(tmp_path: Path) -> None:
    write(tmp_path, GOOD.replace("id: desk", "id: b"), "b.yml")
    write(tmp_path, GOOD.replace("id: desk", "id: a"), "a.yaml")
    write(tmp_path, "no subscription", "README.md")
    assert [found.id for found in load_subscriptions(tmp_path)] == ["a", "b"]
    with pytest.raises(ClawbackError, match="does not exist"):
        load_subscriptions(tmp_path / "none")
