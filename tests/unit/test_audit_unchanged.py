"""Which days of a candidate were traced from the same inputs as in the release before."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from clawback.audit import unchanged as subject
from clawback.audit.inputs import find_traces
from clawback.audit.unchanged import UnchangedDay, unchanged_days
from clawback.tracing import step
from clawback.tracing.day_record import write_day_record
from clawback.tracing.records import Role, Transfer
from clawback.tracing.step import trace_methods
from tests.unit.tracing_chain import Chain, label_row, moved, theft_at

TRANSFERS = [
    moved(0, "hot", "thief", 10),
    moved(1, "cold", "robber", 10),
    moved(2, "thief", "shop", 2, day=1),
    moved(3, "robber", "shop", 2, day=2),
]
ONE, OTHER = theft_at("thief", 0, "K"), theft_at("robber", 1, "Z")


def traced(
    chain: Chain,
    roles: Sequence[Role],
    count: int = 3,
    transfers: Sequence[Transfer] = TRANSFERS,
    labels: Mapping[int, Sequence[dict[str, Any]]] | None = None,
    **more: Any,
) -> str:
    """Key of the record of the newest day's traces."""
    tables = chain.days(transfers, roles, count=count, labels=labels, **more)[-1]
    return write_day_record(chain.lake, f"day {count}", tables, trace_methods(chain.context(), tables))


def shown(chain: Chain, now: str, before: str | None) -> list[tuple[str, str, str | None]]:
    found = unchanged_days(chain.lake, find_traces(chain.lake, now), before)
    return [(one.method, one.day.isoformat()[-2:], one.incident_id) for one in found]


def test_a_further_day_leaves_all_earlier_ones_unchanged(tmp_path: Path) -> None:
    chain = Chain(tmp_path, methods=("fifo", "lifo"))
    before, now = traced(chain, [ONE, OTHER], 2), traced(chain, [ONE, OTHER], 3)
    assert shown(chain, now, before) == [
        (method, day, None) for method in ("fifo", "lifo") for day in ("25", "26")
    ]
    assert shown(chain, now, None) == []


def test_an_incident_that_was_added_leaves_the_others_unchanged(tmp_path: Path) -> None:
    chain = Chain(tmp_path)
    before, now = traced(chain, [ONE], 2), traced(chain, [ONE, OTHER], 3)
    assert shown(chain, now, before) == [("fifo", "25", "K"), ("fifo", "26", "K")]


def test_a_changed_case_file_changes_its_own_incident_only(tmp_path: Path) -> None:
    chain = Chain(tmp_path)
    later = theft_at("robber", 3, "Z")
    assert shown(chain, traced(chain, [ONE, later]), traced(chain, [ONE, OTHER])) == [
        ("fifo", day, "K") for day in ("25", "26", "27")
    ]


def test_a_changed_label_or_transfer_changes_its_day_and_all_later_ones(tmp_path: Path) -> None:
    chain = Chain(tmp_path)
    before = traced(chain, [ONE, OTHER])
    assert shown(chain, traced(chain, [ONE, OTHER], labels={1: [label_row("shop", "exchange")]}), before) == [
        ("fifo", "25", None)
    ]
    rewritten = [*TRANSFERS[:3], moved(3, "robber", "shop", 3, day=2)]
    assert [day for _, day, _ in shown(chain, traced(chain, [ONE, OTHER], transfers=rewritten), before)] == [
        "25",
        "26",
    ]


def test_a_label_for_one_incident_changes_that_one_only(tmp_path: Path) -> None:
    chain = Chain(tmp_path)
    before = traced(chain, [ONE, OTHER])
    label = label_row("shop", "victim", incident_id="Z")
    assert [
        incident for _, _, incident in shown(chain, traced(chain, [ONE, OTHER], labels={0: [label]}), before)
    ] == ["K"] * 3


def test_a_freeze_may_change_all_incidents_and_other_recoveries_none(tmp_path: Path) -> None:
    chain = Chain(tmp_path)
    before = traced(chain, [ONE, OTHER])
    row = {
        "incident_id": "Z", "event_kind": "freeze", "event_date": TRANSFERS[0].block_time.date(),
        "chain": "ethereum", "address": "robber", "asset": "native", "amount": 10, "decimals": 0,
        "asserted_by": "Tether", "source_url": "u",
    }  # fmt: skip
    assert shown(chain, traced(chain, [ONE, OTHER], recoveries=[row]), before) == []
    told = {**row, "event_kind": "payment", "address": None}
    assert len(shown(chain, traced(chain, [ONE, OTHER], recoveries=[told]), before)) == 6


def test_another_code_version_leaves_no_day_unchanged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = Chain(tmp_path)
    before = traced(chain, [ONE])
    monkeypatch.setattr(step, "CODE_VERSION", "another")
    assert shown(chain, traced(chain, [ONE]), before) == []


def test_a_rank_that_decides_between_labels_is_an_input(tmp_path: Path) -> None:
    labels = {0: [label_row("shop", "exchange"), label_row("shop", "mixer", source="labels_b")]}
    before = traced(Chain(tmp_path), [ONE], labels=labels)
    other = Chain(tmp_path, ranked=("labels_b", "labels_a"))
    assert shown(other, traced(other, [ONE], labels=labels), before) == []


def test_traces_that_are_gone_are_not_called_unchanged(tmp_path: Path) -> None:
    chain = Chain(tmp_path)
    before, now = traced(chain, [ONE]), traced(chain, [ONE, OTHER])
    found = unchanged_days(chain.lake, find_traces(chain.lake, now), "trace/_days/dt=2020-09-27/gone.json")
    assert found == []
    old = find_traces(chain.lake, before)["fifo"]
    shutil.rmtree(tmp_path / next(iter(old.values())).rpartition("/")[0])
    assert shown(chain, now, before) == []


def test_tables_of_incidents_are_compared_once_for_all_days_and_methods(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = Chain(tmp_path, methods=("fifo", "lifo", "haircut"))
    before, now = traced(chain, [ONE]), traced(chain, [ONE, OTHER])
    asked: list[None] = []
    compare = subject._same_incidents
    monkeypatch.setattr(subject, "_same_incidents", lambda *sides: (asked.append(None), compare(*sides))[1])
    found = unchanged_days(chain.lake, find_traces(chain.lake, now), before)
    assert UnchangedDay("lifo", TRANSFERS[3].block_time.date(), "K") in found
    assert len(found) == 9
    assert len(asked) == 1
