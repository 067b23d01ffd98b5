"""The step on a real local lake: day by day, state, restart, and what is made anew."""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from clawback.errors import ClawbackError
from clawback.hashing import canonical_json
from clawback.lake.partition import Manifest, read_manifest, read_part
from clawback.parquet import read_table, rows_to_table, table_to_bytes
from clawback.schemas import DAY_FLOWS, FLOWS, HOLDINGS, MAX_AMOUNT, TOTALS, TRANSFERS
from clawback.tracing import kept_nets
from clawback.tracing.chain_facts import facts_schema
from clawback.tracing.columnar.transfers import columns_of
from clawback.tracing.flows import CONVERTED, PASSED, Flow, one_per_transfer
from clawback.tracing.methods import METHODS
from clawback.tracing.records import Label, Role, Transfer
from clawback.tracing.state import state_rows, state_schema
from clawback.tracing.step import trace_day, trace_methods
from clawback.tracing.whole import TraceResult, trace_transfers
from tests.unit.test_tracing_utxo import spend
from tests.unit.tracing_chain import (
    FIRST_DAY,
    ZERO,
    Chain,
    fee,
    fields,
    label_row,
    moved,
    theft_at,
    transfer_row,
)

PARTS = {
    "state.parquet": state_schema(),
    "flows.parquet": DAY_FLOWS,
    "holdings.parquet": HOLDINGS,
    "totals.parquet": TOTALS,
    "facts.parquet": facts_schema(),
}


def part(chain: Chain, key: str, name: str) -> pa.Table:
    manifest = read_manifest(chain.lake, key)
    return read_table(read_part(chain.lake, manifest.part(name)), PARTS[name])


def manifests(chain: Chain, newest: str) -> list[Manifest]:
    """Manifests of all days, oldest first."""
    found: list[Manifest] = []
    key: str | None = newest
    while key is not None:
        found.append(read_manifest(chain.lake, key))
        key = found[-1].meta["previous"]
    return found[::-1]


def totals(chain: Chain, key: str) -> dict[str, int]:
    return {row["measure"]: int(row["amount"]) for row in part(chain, key, "totals.parquet").to_pylist()}


def random_chain(seed: int) -> tuple[list[Transfer], list[Role]]:
    """Four days of busy transfers among few accounts, with several thefts."""
    draw = random.Random(seed)  # noqa: S311  (a test's dice, not a secret)
    accounts = [*"abcdef", "thief", "shop", ZERO]
    transfers: list[Transfer] = []
    roles: list[Role] = []
    for number in range(240):
        day = number // 60
        if draw.random() < 0.5:
            transfers.append(fee(number, draw.choice(accounts[:-1]), draw.randrange(4), day=day))
        for place in range(draw.randrange(1, 4)):
            payer, receiver = draw.choice(accounts), draw.choice(accounts)
            asset = draw.choice(["native", "token"])
            transfers.append(
                moved(number, payer, receiver, draw.randrange(40), asset=asset, place=place, day=day)
            )
        if number % 10 == 0:
            transfers.append(moved(number, "hot", "thief", 300, place=9, day=day))
            roles.append(theft_at("thief", number, "S" if number < 120 else "T"))
    return transfers, roles


def one_run(transfers: list[Transfer], roles: list[Role]) -> TraceResult:
    return trace_transfers(
        transfers, roles, [Label("ethereum", "shop", "exchange shop", "exchange", 80, "labels_a")]
    )


@pytest.mark.parametrize("seed", range(6))
def test_day_by_day_equals_one_run_byte_for_byte(tmp_path: Path, seed: int) -> None:
    transfers, roles = random_chain(seed)
    chain = Chain(tmp_path)
    days = chain.days(transfers, roles, count=4, labels={0: [label_row("shop", "exchange")]})
    newest = trace_day(chain.context(), days[-1])
    whole = one_run(transfers, roles)
    assert whole.violations == []
    assert len(whole.flows) > 40

    daily = [part(chain, manifest.key, "flows.parquet") for manifest in manifests(chain, newest)]
    assert sum(table.num_rows > 0 for table in daily) >= 3
    joined = pa.concat_tables(daily).to_pylist()
    joined.sort(key=lambda row: row["incident_id"])
    # Some transfers of hop 0 carry what was stolen before, too; not in every random chain.
    assert seed or any(row["hop"] == 0 and row["stolen_amount"] < row["tainted_amount"] for row in joined)
    stolen: Counter[tuple[str, str, str]] = Counter()
    for row in joined:
        stolen[row["incident_id"], row["chain"], row["asset"]] += row.pop("stolen_amount")
    assert table_to_bytes(rows_to_table(joined, FLOWS)) == table_to_bytes(rows_to_table(whole.flows, FLOWS))
    told = {
        (row["incident_id"], row["chain"], row["asset"]): row["amount"]
        for row in whole.totals
        if row["measure"] == "stolen" and row["amount"]
    }
    assert {place: amount for place, amount in stolen.items() if amount} == told

    ledgers = whole.book.ordered()
    for name, rows in (
        ("state.parquet", state_rows(ledgers)),
        ("holdings.parquet", whole.holdings),
        ("totals.parquet", whole.totals),
    ):
        made = read_part(chain.lake, read_manifest(chain.lake, newest).part(name))
        assert made == table_to_bytes(rows_to_table(rows, PARTS[name])), name


def test_lots_that_have_become_neighbours_are_one_in_the_state(tmp_path: Path) -> None:
    transfers = [
        moved(0, "hot", "w", 2),
        moved(1, "x", "w", 3),
        moved(2, "hot", "w", 2),
        moved(3, "x", "w", 5),
        moved(4, "hot", "w", 2),
        # Takes the stolen lots before and between the clean ones.
        moved(5, "w", "shop", 4),
    ]
    chain = Chain(tmp_path, methods=["fifo", "dirty_first"])
    days = chain.days(
        transfers,
        [theft_at("w", number) for number in (0, 2, 4)],
        count=2,
        labels={0: [label_row("shop", "exchange")]},
    )
    newest = trace_methods(chain.context(), days[-1])["dirty_first"]
    for manifest in manifests(chain, newest):
        rows = part(chain, manifest.key, "state.parquet").to_pylist()
        assert [(row["address"], int(row["amount"]), row["hop"]) for row in rows] == [
            ("w", 8, None),
            ("w", 2, 0),
        ]


def test_traced_one_day_at_a_time_is_the_same_lake(tmp_path: Path) -> None:
    transfers, roles = random_chain(1)
    at_once, daily = Chain(tmp_path / "at_once"), Chain(tmp_path / "daily")
    for chain in (at_once, daily):
        chain.days(transfers, roles, count=4)
    days = daily.days(transfers, roles, count=4)
    for day in days:
        trace_day(daily.context(), day)
    trace_day(at_once.context(), days[-1])
    keys = at_once.lake.list("trace/")
    assert keys == daily.lake.list("trace/")
    assert len(keys) == 4 * 6
    assert all(at_once.lake.read(key) == daily.lake.read(key) for key in keys)


def test_a_second_run_makes_nothing(tmp_path: Path) -> None:
    chain = Chain(tmp_path)
    days = chain.days(*random_chain(2), count=4)
    first = trace_day(chain.context(), days[-1])
    chain.messages.clear()
    assert trace_day(chain.context(), days[-1]) == first
    assert chain.messages == []


def test_the_opening_comes_from_the_nets_of_earlier_days(tmp_path: Path) -> None:
    transfers = [
        moved(0, "w", "x", 50),
        moved(1, "x", "w", 6),
        moved(2, "w", "x", 2, day=1),
        moved(3, "x", "w", 1, day=2),
        moved(4, "hot", "w", 10, day=2),
        moved(5, "w", "b", 8, day=2),
    ]
    chain = Chain(tmp_path)
    key = trace_day(chain.context(), chain.days(transfers, [theft_at("w", 4)], count=3)[-1])
    rows = part(chain, key, "flows.parquet").to_pylist()
    # 6 - 2 + 1 clean units go first.
    assert [(row["to_address"], int(row["tainted_amount"])) for row in rows] == [("w", 10), ("b", 3)]
    state = part(chain, key, "state.parquet").to_pylist()
    assert [(row["address"], int(row["amount"]), row["hop"], row["is_unknown"]) for row in state] == [
        ("b", 5, None, False),
        ("b", 3, 1, False),
        ("w", 7, 0, False),
    ]


def test_nets_of_an_older_version_are_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    transfers = [moved(0, "x", "w", 6), moved(1, "w", "x", 2, day=1), moved(2, "hot", "w", 10, day=2)]
    chain = Chain(tmp_path)
    days = chain.days([*transfers, moved(3, "w", "b", 8, day=2)], [theft_at("w", 2)], count=3)
    monkeypatch.setattr(kept_nets, "NETS_VERSION", "older")
    trace_day(chain.context(), days[1])
    older = [key for key in chain.lake.list("nets/") if key.endswith(".arrow")]
    for key in older:
        chain.lake.put(key, b"of another form")
    monkeypatch.undo()
    key = trace_day(chain.context(), days[2])
    # 6 - 2 clean units go first.
    assert [int(row["tainted_amount"]) for row in part(chain, key, "flows.parquet").to_pylist()] == [10, 4]
    assert len([key for key in chain.lake.list("nets/") if key.endswith(".arrow")]) == len(older) + 3


def test_taint_of_yesterday_finds_the_openings_of_whom_it_reaches_today(tmp_path: Path) -> None:
    transfers = [
        moved(0, "x", "c", 2),
        moved(1, "hot", "thief", 10),
        moved(2, "thief", "b", 10),
        moved(3, "b", "c", 5, day=1),
        moved(4, "c", "d", 4, day=1),
    ]
    chain = Chain(tmp_path)
    key = trace_day(chain.context(), chain.days(transfers, [theft_at("thief", 1)], count=2)[-1])
    rows = part(chain, key, "flows.parquet").to_pylist()
    assert [(row["to_address"], int(row["tainted_amount"])) for row in rows] == [("c", 5), ("d", 2)]


def test_a_holding_forgotten_without_taint_comes_back_with_its_balance(tmp_path: Path) -> None:
    transfers = [
        moved(0, "hot", "w", 3),
        moved(1, "x", "w", 7),
        moved(2, "w", "b", 3, day=1),
        moved(3, "hot", "w", 3, day=2),
        moved(4, "w", "c", 3, day=2),
    ]
    chain = Chain(tmp_path)
    days = chain.days(transfers, [theft_at("w", 0), theft_at("w", 3)], count=3)
    trace_day(chain.context(), days[1])
    newest = trace_day(chain.context(), days[2])
    rows = part(chain, newest, "flows.parquet").to_pylist()
    assert [(row["to_address"], int(row["tainted_amount"])) for row in rows] == [("w", 3)]
    assert totals(chain, newest) == {"stolen": 6, "held": 6}


def test_output_without_manifest_is_made_again(tmp_path: Path) -> None:
    chain = Chain(tmp_path)
    days = chain.days(*random_chain(3), count=3)
    middle = trace_day(chain.context(), days[1])
    newest = trace_day(chain.context(), days[2])
    whole = {key: chain.lake.read(key) for key in chain.lake.list("trace/")}
    # Killed between the writes of day 2: files half there, no manifest.
    folder = newest.rpartition("/")[0]
    (tmp_path / newest).unlink()
    (tmp_path / folder / "totals.parquet").unlink()
    chain.lake.put(f"{folder}/state.parquet", b"half a fi")
    chain.messages.clear()
    assert trace_day(chain.context(), days[2]) == newest
    assert len(chain.messages) == 1
    assert {key: chain.lake.read(key) for key in chain.lake.list("trace/")} == whole
    assert middle in whole


def test_a_changed_label_recomputes_from_its_day_only(tmp_path: Path) -> None:
    transfers = [moved(0, "hot", "thief", 10)] + [
        moved(day, "thief", "shop", 2, day=day) for day in range(1, 5)
    ]
    chain = Chain(tmp_path)
    roles = [theft_at("thief", 0)]
    before = manifests(chain, trace_day(chain.context(), chain.days(transfers, roles, count=5)[-1]))
    chain.messages.clear()
    changed = chain.days(transfers, roles, count=5, labels={3: [label_row("shop", "exchange")]})
    newest = trace_day(chain.context(), changed[-1])
    after = manifests(chain, newest)
    assert [line.split(":")[0] for line in chain.messages] == ["trace 2020-09-28", "trace 2020-09-29"]
    assert [one.key == other.key for one, other in zip(before, after, strict=True)] == [True] * 3 + [
        False
    ] * 2
    assert totals(chain, before[-1].key) == {"stolen": 10, "held": 10}
    # What lay there before the label came has ended as well.
    assert totals(chain, newest) == {"stolen": 10, "held": 2, "exchange": 8}


def test_a_changed_transfer_or_confidence_recomputes_from_its_day_only(tmp_path: Path) -> None:
    chain = Chain(tmp_path)
    roles = [theft_at("thief", 0)]
    transfers = [moved(0, "hot", "thief", 10), moved(1, "thief", "b", 2, day=1), moved(2, "b", "c", 1, day=2)]
    corrected = [*transfers[:2], moved(2, "b", "c", 2, day=2)]
    sure, unsure = label_row("c", "exchange"), label_row("c", "exchange", confidence=50)
    runs = [(transfers, sure), (corrected, sure), (transfers, unsure)]
    chains = [
        manifests(
            chain,
            trace_day(chain.context(), chain.days(rows, roles, count=3, labels={0: [sure], 2: [label]})[-1]),
        )
        for rows, label in runs
    ]
    assert [[m.key for m in one][:2] for one in chains] == [[m.key for m in chains[0]][:2]] * 3
    assert len({one[2].key for one in chains}) == 3
    assert len(chain.messages) == 5


def test_a_record_of_equal_tables_finds_the_trace_that_is_there(tmp_path: Path) -> None:
    chain = Chain(tmp_path)
    transfers, roles = random_chain(4)
    newest = trace_day(chain.context(), chain.days(transfers, roles, count=3)[-1])
    chain.messages.clear()
    record: str | None = None
    for number in range(3):
        # Another price table, say: the record has another hash, the tracer's inputs are the same.
        rows = [row for row in transfers if (row.block_time.date() - FIRST_DAY).days == number]
        old = chain.days(rows, roles, count=3)[number]
        tables = json.loads(chain.lake.read(old))
        tables["previous"], tables["sources"] = record, {"prices": {"raw": None, "newest_day": None}}
        record = f"tables/_days/dt={tables['day']}/{number:016x}.json"
        chain.lake.put(record, canonical_json(tables))
    assert record is not None
    assert trace_day(chain.context(), record) == newest
    assert chain.messages == []


def test_rank_of_label_sources_is_an_input_where_labels_tie(tmp_path: Path) -> None:
    transfers = [moved(0, "hot", "thief", 10), moved(1, "thief", "shop", 2)]
    labels = [label_row("shop", "exchange"), label_row("shop", "mixer", source="labels_b")]
    found = []
    for ranked in (("labels_a", "labels_b"), ("labels_b", "labels_a")):
        chain = Chain(tmp_path, ranked=ranked)
        key = trace_day(
            chain.context(), chain.days(transfers, [theft_at("thief", 0)], count=1, labels={0: labels})[-1]
        )
        found.append(totals(chain, key))
    assert found == [{"stolen": 10, "held": 8, "exchange": 2}, {"stolen": 10, "held": 8, "mixer": 2}]


def test_a_freeze_shows_from_its_day_on(tmp_path: Path) -> None:
    freeze: dict[str, Any] = {
        "incident_id": "S",
        "event_kind": "freeze",
        "event_date": date(2020, 9, 26),
        "chain": "ethereum",
        "address": "thief",
        "asset": "native",
        "amount": 10,
        "decimals": 0,
        "asserted_by": "issuer",
        "source_url": "https://example.org",
    }
    chain = Chain(tmp_path)
    days = chain.days([moved(0, "hot", "thief", 10)], [theft_at("thief", 0)], count=2, recoveries=[freeze])
    newest = trace_day(chain.context(), days[-1])
    assert [totals(chain, manifest.key) for manifest in manifests(chain, newest)] == [
        {"stolen": 10, "held": 10},
        {"stolen": 10, "frozen": 10},
    ]
    assert part(chain, newest, "holdings.parquet").column("category").to_pylist() == ["frozen"]


def test_the_manifest_says_what_it_was_made_of(tmp_path: Path) -> None:
    chain = Chain(tmp_path)
    transfers = [moved(0, "hot", "thief", 10), moved(1, "thief", "b", 15, quality="time")]
    days = chain.days(transfers, [theft_at("thief", 0)], count=1)
    manifest = read_manifest(chain.lake, trace_day(chain.context(), days[0]))
    meta = manifest.meta
    assert (meta["day"], meta["previous"], meta["tables_key"]) == ("2020-09-25", None, days[0])
    assert meta["rules"]["method"] == "fifo"
    assert set(meta["inputs"]) == {
        "transfers",
        "labels",
        "incident_roles",
        "recoveries",
        "chain_events",
        "balances",
    }
    assert (meta["transfers"], meta["transfers_ordered_by_time"], meta["unseen_inflows"]) == (2, 1, 1)
    assert meta["conserved"] is True
    assert manifest.part("flows.parquet").rows == 2


def test_sums_wider_than_an_amount_do_not_stop_a_day(tmp_path: Path) -> None:
    transfers = [moved(number, "spam", "thief", MAX_AMOUNT, day=number // 2) for number in range(4)]
    transfers.append(moved(9, "thief", "b", 5, day=1))
    chain = Chain(tmp_path)
    role = Role("S", "ethereum", "thief", "theft_address")
    newest = trace_day(chain.context(), chain.days(transfers, [role], count=2)[-1])
    assert totals(chain, newest) == {"stolen": MAX_AMOUNT, "held": MAX_AMOUNT}
    assert read_manifest(chain.lake, newest).meta["units_too_wide"] == str(2 * MAX_AMOUNT)


def test_a_day_before_any_snapshot_is_traced_as_empty(tmp_path: Path) -> None:
    chain = Chain(tmp_path)
    key = trace_day(chain.context(), chain.day(0, None, {"transfers": []}))
    assert [part(chain, key, name).num_rows for name in PARTS] == [0] * 5


def test_a_damaged_state_is_refused_not_used(tmp_path: Path) -> None:
    chain = Chain(tmp_path)
    days = chain.days(*random_chain(5), count=2)
    first = trace_day(chain.context(), days[0])
    chain.lake.put(f"{first.rpartition('/')[0]}/state.parquet", b"other bytes")
    with pytest.raises(ClawbackError, match="not those of the manifest"):
        trace_day(chain.context(), days[1])


def test_the_transfers_table_reads_back_as_the_same_records(tmp_path: Path) -> None:
    chain = Chain(tmp_path)
    transfers, roles = random_chain(6)
    first = [row for row in transfers if row.block_time.date() == FIRST_DAY]
    chain.days(first, roles, count=1)
    (data,) = (chain.lake.read(k) for k in chain.lake.list("tables/transfers/") if k.endswith(".parquet"))
    columns = columns_of([read_table(data, TRANSFERS)])
    assert [columns.transfer(row) for row in range(len(first))] == first


def swapping_chain(seed: int) -> tuple[list[Transfer], list[Role]]:
    """The random chain, with an exchange of assets in every fourth transaction."""
    draw = random.Random(seed)  # noqa: S311  (a test's dice, not a secret)
    transfers, roles = random_chain(seed)
    for number in range(0, 240, 4):
        day, payer = number // 60, draw.choice("abcdef")
        one, other = draw.sample(["native", "token", "coin"], 2)
        legs = [(payer, "pool", one), ("pool", payer, other)]
        for place, (giver, taker, asset) in enumerate(legs):
            transfers.append(
                moved(number, giver, taker, draw.randrange(1, 60), asset=asset, place=20 + place, day=day)
            )
    return transfers, roles


@pytest.mark.parametrize("seed", range(3))
def test_every_listed_method_is_traced_in_one_pass_and_equals_one_run(tmp_path: Path, seed: int) -> None:
    transfers, roles = swapping_chain(seed)
    labels = [label_row("shop", "exchange"), label_row("pool", "dex")]
    chain = Chain(tmp_path, methods=list(METHODS))
    newest = trace_day(chain.context(), chain.days(transfers, roles, count=4, labels={0: labels})[-1])
    assert newest.startswith("trace/fifo/")
    known = [
        Label("ethereum", "shop", "exchange shop", "exchange", 80, "labels_a"),
        Label("ethereum", "pool", "dex pool", "dex", 80, "labels_a"),
    ]
    for name, method in METHODS.items():
        whole = trace_transfers(transfers, roles, known, method)
        assert any(row["outcome"] == "converted" for row in whole.flows)
        keys = [
            key for key in chain.lake.list(f"trace/{name}/dt=2020-09-28/") if key.endswith("_manifest.json")
        ]
        assert len(keys) == 1
        for file, rows in (
            ("state.parquet", state_rows(whole.book.ordered())),
            ("holdings.parquet", whole.holdings),
            ("totals.parquet", whole.totals),
        ):
            made = read_part(chain.lake, read_manifest(chain.lake, keys[0]).part(file))
            assert made == table_to_bytes(rows_to_table(rows, PARTS[file])), (name, file)
        flows = part(chain, keys[0], "flows.parquet").to_pylist()
        key_of = [(row["incident_id"], row["tx_hash"], row["kind"], row["position"]) for row in flows]
        assert len(key_of) == len(set(key_of))


def test_a_method_listed_later_is_traced_from_the_first_day_and_touches_no_other(tmp_path: Path) -> None:
    transfers, roles = random_chain(7)
    chain = Chain(tmp_path)
    days = chain.days(transfers, roles, count=3)
    first = trace_day(chain.context(), days[-1])
    before = {key: chain.lake.read(key) for key in chain.lake.list("trace/fifo/")}
    both = Chain(tmp_path, methods=["fifo", "haircut"])
    assert trace_day(both.context(), days[-1]) == first
    assert {key: both.lake.read(key) for key in both.lake.list("trace/fifo/")} == before
    assert len(both.lake.list("trace/haircut/")) == 3 * 6
    assert [line.split(":")[0] for line in both.messages] == [
        f"trace haircut 2020-09-{day}" for day in (25, 26, 27)
    ]


def test_prices_are_inputs_and_prove_exchanges(tmp_path: Path) -> None:
    transfers = [
        moved(0, "hot", "thief", 10, asset="x"),
        moved(1, "thief", "maker", 10, asset="x", place=0),
        moved(1, "maker", "thief", 400, asset="y", place=1),
    ]
    rows: dict[str, list[dict[str, Any]]] = {
        "transfers": [transfer_row(row) for row in transfers],
        "incident_roles": [{**fields(theft_at("thief", 0)), "source_url": "https://example.org"}],
        "assets": [
            {"chain": "ethereum", "asset": asset, "symbol": asset, "decimals": decimals, "source": "s"}
            for asset, decimals in (("x", 0), ("y", 2))
        ],
    }
    chain = Chain(tmp_path)
    found = []
    for price in ("1.5", "3"):
        prices = [
            {"chain": "ethereum", "asset": asset, "day": FIRST_DAY, "close_usd": Decimal(usd), "source": "p"}
            for asset, usd in (("x", "1"), ("y", price))
        ]
        key = trace_day(chain.context(), chain.day(0, None, {**rows, "prices": prices}))
        assert "prices" in read_manifest(chain.lake, key).meta["inputs"]
        found.append(part(chain, key, "flows.parquet").to_pylist()[1]["outcome"])
    # 10 x are worth 10; 4 y are worth 6, or 12.
    assert found == ["converted", "converted"]
    far = [{**price, "close_usd": Decimal(8)} if price["asset"] == "y" else price for price in prices]
    key = trace_day(chain.context(), chain.day(0, None, {**rows, "prices": far}))
    assert part(chain, key, "flows.parquet").to_pylist()[1]["outcome"] == "exchange_unproven"


def test_outpoints_go_from_one_day_to_the_next_with_their_owners(tmp_path: Path) -> None:
    transfers = [
        *spend(1, 1, [("old:0", "hot", 10)], [("thief", 10)]),
        *spend(2, 1, [("t1-1:0", "thief", 10)], [("b", 4), ("c", 5)]),
        *(replace(row, block_time=row.block_time + timedelta(days=1))
          for row in [*spend(3, 1, [("t2-1:1", "c", 5)], [("d", 5)]), *spend(3, 0, [], [("miner", 50)])]),
    ]  # fmt: skip
    roles = [Role("S", "bitcoin", "thief", "theft_address", tx_hash="t1-1")]
    chain = Chain(tmp_path)
    key = trace_day(chain.context(), chain.days(transfers, roles, count=2)[-1])
    whole = trace_transfers(transfers, roles)
    assert totals(chain, key) == {"stolen": 10, "held": 9, "fee": 1}
    state = part(chain, key, "state.parquet").to_pylist()
    assert [(row["address"], row["owner"]) for row in state] == [("t2-1:0", "b"), ("t3-1:0", "d")]
    made = read_part(chain.lake, read_manifest(chain.lake, key).part("state.parquet"))
    assert made == table_to_bytes(rows_to_table(state_rows(whole.book.ordered()), state_schema()))
    held = part(chain, key, "holdings.parquet").to_pylist()
    assert [(row["address"], int(row["tainted_amount"])) for row in held] == [("b", 4), ("d", 5)]


def test_what_a_transfer_stole_stays_told_where_a_part_of_it_was_converted() -> None:
    row = random_chain(0)[0][0]
    legs = [
        Flow("case", "fifo", row, 0, 6, PASSED, fresh=5),
        Flow("case", "fifo", row, 0, 4, CONVERTED, converted_asset="native", converted_amount=1, leg=1),
    ]
    (whole,) = one_per_transfer(legs)
    assert (whole.outcome, whole.tainted, whole.fresh) == (CONVERTED, 10, 5)
