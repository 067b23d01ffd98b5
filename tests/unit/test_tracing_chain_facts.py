"""Events and balances in the ledger: freezes, pools of factories, seen balances; day by day as in one run."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from clawback.lake.partition import read_manifest, read_part
from clawback.parquet import rows_to_table, table_to_bytes
from clawback.tracing.chain_facts import ChainFacts, factories_of, read_facts
from clawback.tracing.day_inputs import DayInputs, events_of
from clawback.tracing.methods import METHODS
from clawback.tracing.records import ChainEvent, Freeze, Label
from clawback.tracing.seen import SeenBalance
from clawback.tracing.state import state_rows
from clawback.tracing.step import trace_day, trace_methods
from clawback.tracing.whole import trace_methods as trace_whole
from clawback.tracing.whole import trace_transfers
from tests.unit.test_tracing_exchanges import CASE, label, swap
from tests.unit.test_tracing_step import PARTS, manifests, part, random_chain, totals
from tests.unit.tracing_chain import FIRST_DAY, Chain, balance_row, event_row, label_row, moved, theft_at

FACTORY = label_row("factory", "dex")


def seen_of(rows: list[dict[str, Any]]) -> list[SeenBalance]:
    return [
        SeenBalance(
            row["chain"],
            row["block_number"],
            row["address"],
            row["asset"],
            row["amount"],
            row["block_time"],
        )
        for row in rows
    ]


def random_facts(seed: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Events and balances around the transfers of `random_chain`, some before the first day."""
    draw = random.Random(seed)  # noqa: S311  (a test's dice, not a secret)
    events, balances = [], []
    for number in range(-20, 240, 3):
        day = number // 60 if number >= 0 else -2
        who, asset = draw.choice("abcdef"), draw.choice(["native", "token"])
        kind = draw.choice(["freeze", "unfreeze", "created", "swap"])
        emitter = draw.choice(["factory", "factory", "stranger"]) if kind == "created" else asset
        events.append(event_row(kind, who, emitter, number, day=day))
        if draw.random() < 0.7:
            seen = draw.choice(["thief", *"abcdef"])
            balances.append(balance_row(seen, draw.randrange(200), number, day=day, asset=asset))
    return events, balances


@pytest.mark.parametrize("seed", range(5))
def test_day_by_day_equals_one_run_under_every_method(tmp_path: Path, seed: int) -> None:
    transfers, roles = random_chain(seed)
    events, balances = random_facts(seed)
    chain = Chain(tmp_path, methods=list(METHODS))
    days = chain.days(
        transfers,
        roles,
        count=4,
        labels={0: [label_row("shop", "exchange"), FACTORY]},
        events=events,
        balances=balances,
    )
    found = trace_methods(chain.context(), days[-1])
    labels = [
        Label("ethereum", name, f"{category} {name}", category, 80, "labels_a")
        for name, category in (("factory", "dex"), ("shop", "exchange"))
    ]
    whole = trace_whole(
        transfers,
        roles,
        labels,
        list(METHODS.values()),
        events=events_of(events),
        balances=seen_of(balances),
    )
    without = trace_whole(transfers, roles, labels, list(METHODS.values()))
    for name, result, bare in zip(METHODS, whole, without, strict=True):
        assert result.violations == []
        assert result.totals != bare.totals
        assert result.flows != bare.flows
        daily = [part(chain, manifest.key, "flows.parquet") for manifest in manifests(chain, found[name])]
        joined = pa.concat_tables(daily).to_pylist()
        joined.sort(key=lambda row: row["incident_id"])
        one_row = {(r["incident_id"], r["tx_hash"], r["kind"], r["position"]): r for r in result.flows}
        assert len(joined) == len(one_row)
        assert all(
            row["tainted_amount"]
            == sum(
                flow["tainted_amount"]
                for flow in result.flows
                if (flow["incident_id"], flow["tx_hash"], flow["kind"], flow["position"])
                == (row["incident_id"], row["tx_hash"], row["kind"], row["position"])
            )
            for row in joined
        )
        for file, rows in (
            ("state.parquet", state_rows(result.book.ordered())),
            ("holdings.parquet", result.holdings),
            ("totals.parquet", result.totals),
        ):
            made = read_part(chain.lake, read_manifest(chain.lake, found[name]).part(file))
            assert made == table_to_bytes(rows_to_table(rows, PARTS[file])), (name, file)
    measures = {row["measure"] for result in whole for row in result.totals}
    assert {"frozen", "unseen_inflow", "unseen_outflow", "converted_in"} <= measures


POOL_TRANSFERS = [
    moved(0, "hot", "thief", 10, asset="x"),
    *[
        replace(row, block_time=row.block_time + timedelta(days=2))
        for row in swap(1, "thief", "pair", ("x", 10), ("y", 25))
    ],
]


def pool_totals(
    folder: Path, events: list[dict[str, Any]], labels: dict[int, list[dict[str, Any]]]
) -> dict[str, int]:
    chain = Chain(folder)
    days = chain.days(POOL_TRANSFERS, CASE, count=3, events=events, labels=labels)
    key = trace_day(chain.context(), days[-1])
    return {
        f"{row['asset']} {row['measure']}": int(row["amount"])
        for row in part(chain, key, "totals.parquet").to_pylist()
    }


CONVERTED = {"x converted_out": 10, "x stolen": 10, "y converted_in": 25, "y held": 25, "y stolen": 0}
UNPROVEN = {"x held": 10, "x stolen": 10}


@pytest.mark.parametrize("day", [-3, 0, 2])
def test_a_pool_that_a_labelled_factory_made_is_an_exchange_on_all_later_days(
    tmp_path: Path, day: int
) -> None:
    made = event_row("created", "pair", "factory", -9 if day < 0 else 0, day=day)
    assert pool_totals(tmp_path, [made], {0: [FACTORY]}) == CONVERTED


def test_a_stranger_proves_nothing_and_takes_nothing_away(tmp_path: Path) -> None:
    mine = event_row("created", "pair", "factory", 0)
    theirs = event_row("created", "pair", "stranger", 0, day=1)
    assert pool_totals(tmp_path / "a", [theirs], {0: [FACTORY]}) == UNPROVEN
    assert pool_totals(tmp_path / "b", [mine, theirs], {0: [FACTORY]}) == CONVERTED
    assert pool_totals(tmp_path / "c", [mine], {0: [label_row("factory", "other")]}) == UNPROVEN
    assert pool_totals(tmp_path / "d", [], {0: [FACTORY]}) == UNPROVEN


def test_a_label_of_the_factory_that_comes_later_counts_on_the_whole_chain(tmp_path: Path) -> None:
    # Labels as they stand are those of every day (see tables), so the day of the creation is traced anew.
    made = event_row("created", "pair", "factory", 0)
    chain = Chain(tmp_path)
    before = trace_day(chain.context(), chain.days(POOL_TRANSFERS, CASE, count=3, events=[made])[-1])
    after = trace_day(
        chain.context(),
        chain.days(POOL_TRANSFERS, CASE, count=3, events=[made], labels={0: [FACTORY]})[-1],
    )
    outcomes = [
        [row["outcome"] for row in part(chain, key, "flows.parquet").to_pylist()] for key in (before, after)
    ]
    assert outcomes == [["exchange_unproven"], ["converted", "held"]]


def test_all_labelled_claimants_of_a_creation_are_kept_and_nobody_else() -> None:
    facts = ChainFacts()
    labels = [label("f1", "dex"), label("f2", "router"), label("shop", "exchange")]
    for day, emitter in enumerate(("f2", "stranger", "f1", "shop", "f1")):
        facts.learn(events_of([event_row("created", "pair", emitter, day, day=day)]), factories_of(labels))
    assert facts.created_by == {("ethereum", "pair"): ("f1", "f2")}


def frozen_by_day(chain: Chain, key: str) -> list[list[tuple[str, str]]]:
    return [
        [
            (row["address"], row["category"])
            for row in part(chain, manifest.key, "holdings.parquet").to_pylist()
        ]
        for manifest in manifests(chain, key)
    ]


def test_a_freeze_on_chain_reclassifies_until_it_is_lifted(tmp_path: Path) -> None:
    transfers = [moved(0, "hot", "thief", 10, asset="usdt"), moved(1, "hot", "thief", 5, asset="native")]
    events = [
        event_row("freeze", "thief", "usdt", 0, day=1),
        event_row("unfreeze", "thief", "usdt", 1, day=3),
        # The same address frozen by another contract, and a stranger frozen by this one.
        event_row("freeze", "thief", "other", 2),
        event_row("freeze", "b", "usdt", 3),
    ]
    chain = Chain(tmp_path)
    key = trace_day(chain.context(), chain.days(transfers, CASE, count=4, events=events)[-1])
    held_only = [("thief", "held")]
    assert frozen_by_day(chain, key) == [held_only, [("thief", "frozen")], [("thief", "frozen")], held_only]
    assert totals(chain, key) == {"stolen": 10, "held": 10}


def test_two_words_of_one_day_count_in_the_order_of_the_chain() -> None:
    for first, second in (("freeze", "unfreeze"), ("unfreeze", "freeze")):
        words = events_of(
            [
                event_row(second, "thief", "usdt", 5, position=1_000_002),
                event_row(first, "thief", "usdt", 5, position=1_000_001),
            ]
        )
        facts = ChainFacts()
        facts.learn(words, frozenset())
        assert (facts.frozen([], FIRST_DAY) != set()) == (second == "freeze")


@pytest.mark.parametrize(
    ("lifted", "filed", "is_frozen"), [(None, 25, True), (26, 25, False), (26, 26, False), (26, 27, True)]
)
def test_the_issuers_word_goes_before_an_older_case_file(
    lifted: int | None, filed: int, is_frozen: bool
) -> None:
    facts = ChainFacts()
    if lifted is not None:
        word = ChainEvent("ethereum", 1, 0, 0, date(2020, 9, lifted), "unfreeze", "usdt", "thief")
        facts.learn([word], frozenset())
    freeze = Freeze("ethereum", "thief", "usdt", date(2020, 9, filed))
    assert (facts.frozen([freeze], date(2020, 9, 28)) != set()) == is_frozen
    assert facts.frozen([freeze], date(2020, 9, filed - 1)) == set()


def test_facts_come_back_as_they_were() -> None:
    facts = ChainFacts(
        {("ethereum", "pair"): ("f1", "f2")},
        {("ethereum", "a", "usdt"): (True, FIRST_DAY), ("ethereum", "b", "usdt"): (False, FIRST_DAY)},
        {("ethereum", "a", "native"): 10**40, ("ethereum", "b", "native"): 0},
    )
    assert read_facts(facts.table()) == facts
    assert factories_of([label("f1", "dex"), label("f2", "exchange")]) == {("ethereum", "f1")}


def test_the_opening_is_the_newest_balance_and_all_that_moved_since(tmp_path: Path) -> None:
    transfers = [
        moved(1, "x", "w", 6),
        moved(2, "w", "y", 1, day=1),
        moved(4, "hot", "w", 10, day=2),
        moved(5, "w", "b", 108, day=2),
    ]
    case = [theft_at("w", 4)]
    rows = [balance_row("w", 7, -5, day=-1), balance_row("w", 100, 0), balance_row("w", 9, 3, day=3)]
    chain = Chain(tmp_path)
    days = chain.days(transfers, case, count=4, balances=rows)
    key = trace_day(chain.context(), days[2])
    flows = part(chain, key, "flows.parquet").to_pylist()
    # 100 at the end of the first block, 6 more, 1 less: 105 clean units go first.
    assert [(row["to_address"], int(row["tainted_amount"])) for row in flows] == [("w", 10), ("b", 3)]
    assert totals(chain, key) == {"stolen": 10, "held": 10}
    states = part(chain, key, "state.parquet").to_pylist()
    assert [(row["address"], int(row["amount"]), row["is_unknown"]) for row in states] == [
        ("b", 105, False),
        ("b", 3, False),
        ("w", 7, False),
    ]
    # Two more than it was followed to have.
    assert totals(chain, trace_day(chain.context(), days[3])) == {
        "stolen": 10,
        "held": 10,
        "unseen_inflow": 2,
    }


def test_without_a_row_the_opening_is_marked_unknown(tmp_path: Path) -> None:
    transfers = [moved(0, "x", "w", 6), moved(1, "hot", "w", 10, day=1)]
    for rows, unknown in (([], True), ([balance_row("w", 6, 0)], False)):
        chain = Chain(tmp_path / str(unknown))
        days = chain.days(transfers, [theft_at("w", 1)], count=2, balances=rows)
        key = trace_day(chain.context(), days[-1])
        state = part(chain, key, "state.parquet").to_pylist()
        assert [(int(row["amount"]), row["is_unknown"]) for row in state] == [(6, unknown), (10, False)]


@pytest.mark.parametrize(("method", "lost"), [("fifo", 5), ("lifo", 8)])
def test_less_than_followed_is_a_payment_by_the_method(tmp_path: Path, method: str, lost: int) -> None:
    transfers = [moved(0, "x", "thief", 3), moved(1, "hot", "thief", 10)]
    chain = Chain(tmp_path, methods=["fifo", "lifo"])
    days = chain.days(
        transfers, [theft_at("thief", 1)], count=2, balances=[balance_row("thief", 5, 9, day=1)]
    )
    key = trace_methods(chain.context(), days[-1])[method]
    assert totals(chain, key) == {"stolen": 10, "held": 10 - lost, "unseen_outflow": lost}


def test_a_balance_of_a_day_without_transfers_counts_on_that_day(tmp_path: Path) -> None:
    transfers = [moved(1, "hot", "w", 10), moved(2, "w", "b", 4, day=2)]
    case = [replace(theft_at("hot", 1), role="source")]
    seen = [balance_row("w", 4, 1, day=1)]
    # From the third day the address is a service: what had left unseen before did not end there.
    bought = label_row("w", "exchange", valid_from=date(2020, 9, 27))
    chain = Chain(tmp_path)
    days = chain.days(transfers, case, count=3, balances=seen, labels={0: [bought]})
    found = totals(chain, trace_day(chain.context(), days[-1]))
    assert found == {"stolen": 10, "unseen_outflow": 6, "exchange": 4}
    known = Label("ethereum", "w", "e", "exchange", 80, "labels_a", None, date(2020, 9, 27))
    whole = trace_transfers(transfers, case, [known], balances=seen_of(seen))
    assert {row["measure"]: row["amount"] for row in whole.totals} == found


def test_a_source_that_knows_no_blocks_is_checked_by_time(tmp_path: Path) -> None:
    transfers = [
        replace(row, block_number=None, order_quality="time")
        for row in (moved(1, "x", "w", 2), moved(2, "hot", "w", 10), moved(5, "w", "b", 8))
    ]
    rows = [balance_row("w", 3, 0), balance_row("w", 17, 3)]
    chain = Chain(tmp_path)
    days = chain.days(transfers, [theft_at("w", 2)], count=1, balances=rows)
    key = trace_day(chain.context(), days[-1])
    flows = part(chain, key, "flows.parquet").to_pylist()
    assert [(row["to_address"], int(row["tainted_amount"])) for row in flows] == [("w", 10), ("b", 3)]
    assert totals(chain, key) == {"stolen": 10, "held": 10, "unseen_inflow": 2}


def test_events_and_balances_are_part_of_the_identity_from_their_day_on(tmp_path: Path) -> None:
    transfers, roles = random_chain(3)
    facts: list[dict[str, list[dict[str, Any]]]] = [
        {},
        {"events": [event_row("freeze", "a", "token", 70, day=1)]},
        {"balances": [balance_row("a", 3, 70, day=1)]},
        {"balances": [balance_row("a", 4, 70, day=1)]},
    ]
    chain = Chain(tmp_path)
    keys = []
    for more in facts:
        days = chain.days(
            transfers, roles, count=3, events=more.get("events", ()), balances=more.get("balances", ())
        )
        keys.append([manifest.key for manifest in manifests(chain, trace_day(chain.context(), days[-1]))])
    assert len({key for key, _, _ in keys}) == 1
    assert len({key for _, key, _ in keys}) == len({key for _, _, key in keys}) == 4


def test_equal_facts_in_other_records_are_met_by_their_hash(tmp_path: Path) -> None:
    transfers, roles = random_chain(3)
    events, balances = random_facts(3)
    chain = Chain(tmp_path)
    days = chain.days(transfers, roles, count=3, events=events, balances=balances)
    first = trace_day(chain.context(), days[-1])
    again = chain.days(transfers, roles, count=3, events=list(events), balances=balances)
    assert trace_day(chain.context(), again[-1]) == first
    assert DayInputs(chain.lake, {}).events() == []
    assert DayInputs(chain.lake, {}).balances() == []
