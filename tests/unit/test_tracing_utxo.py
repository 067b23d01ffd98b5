"""The UTXO model: vectors, fees into the coinbase, thefts, and every method unit by unit."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from clawback.tracing.methods import METHODS
from clawback.tracing.records import Label, Role, Transfer
from clawback.tracing.whole import TraceResult, trace_transfers
from tests.unit.tracing_chain import NOON
from tests.unit.tracing_reference import Unit, receive, take


def spend(
    block: int,
    index: int,
    inputs: list[tuple[str, str, int]],
    outputs: list[tuple[str, int]],
) -> list[Transfer]:
    """Transaction `t<block>-<index>`: inputs (outpoint, address, amount), outputs (address, amount)."""
    tx_hash = f"t{block}-{index}"
    time = NOON + timedelta(minutes=block)
    rows = [
        Transfer(
            "bitcoin",
            block,
            time,
            tx_hash,
            index,
            place,
            "utxo_in",
            who,
            None,
            "native",
            amount,
            outpoint=spot,
        )
        for place, (spot, who, amount) in enumerate(inputs)
    ]
    return rows + [
        Transfer(
            "bitcoin", block, time, tx_hash, index, place, "utxo_out", "", who, "native", amount,
            outpoint=f"{tx_hash}:{place}",
        )
        for place, (who, amount) in enumerate(outputs)
    ]  # fmt: skip


def tainted(result: TraceResult, tx_hash: str) -> dict[tuple[str, int], int]:
    return {
        (row["kind"], row["position"]): row["tainted_amount"]
        for row in result.flows
        if row["tx_hash"] == tx_hash
    }


def totals(result: TraceResult) -> dict[str, int]:
    assert result.violations == []
    return {row["measure"]: row["amount"] for row in result.totals if row["amount"]}


def test_all_utxo_vectors_hold_under_every_method(shared_facts: Path) -> None:
    text = (shared_facts / "data" / "vectors" / "taint_vectors.json").read_text(encoding="utf-8")
    vectors: list[dict[str, Any]] = json.loads(text)["utxo"]
    assert len(vectors) >= 6
    for vector in vectors:
        rows: list[Transfer] = []
        roles: list[Role] = []
        spots: list[tuple[str, str, int]] = []
        for number, (amount, incident) in enumerate(vector["inputs"], start=1):
            rows += spend(number, 5, [], [("w", amount)])
            spots.append((f"t{number}-5:0", "w", amount))
            if incident is not None:
                roles.append(Role(incident, "bitcoin", "w", "theft_address", tx_hash=f"t{number}-5"))
        rows += spend(90, 7, spots, [(f"o{n}", amount) for n, amount in enumerate(vector["outputs"])])
        for name, incidents in vector["expected"].items():
            for incident_id, expected in incidents.items():
                mine = [role for role in roles if role.incident_id == incident_id]
                result = trace_transfers(rows, mine, method=METHODS[name])
                found = tainted(result, "t90-7")
                where = (vector["name"], name)
                assert result.violations == [], where
                outputs = [found.get(("utxo_out", n), 0) for n in range(len(vector["outputs"]))]
                assert outputs == expected["outputs"], where
                assert found.get(("fee", 0), 0) == expected["fee"], where


STOLEN = [Role("S", "bitcoin", "thief", "theft_address", tx_hash="t1-1")]
THEFT = spend(1, 1, [("old:0", "hot", 10)], [("thief", 10)])


def test_the_fee_follows_the_subsidy_into_the_coinbase() -> None:
    rows = [
        *THEFT,
        *spend(2, 1, [("x:0", "x", 9)], [("y", 5)]),
        *spend(2, 2, [("t1-1:0", "thief", 10)], [("b", 7)]),
        *spend(2, 0, [], [("miner", 52), ("miner2", 4), ("miner3", 1)]),
    ]
    result = trace_transfers(rows, STOLEN)
    # Subsidy 50, clean fee 4, stolen fee 3: the last 3 of 57.
    assert tainted(result, "t2-0") == {("utxo_out", 1): 2, ("utxo_out", 2): 1}
    assert totals(result) == {"stolen": 10, "held": 10}
    assert {row["address"]: row["tainted_amount"] for row in result.holdings} == {
        "b": 7,
        "miner2": 2,
        "miner3": 1,
    }


def test_without_the_coinbase_the_fee_is_a_sink() -> None:
    result = trace_transfers([*THEFT, *spend(2, 2, [("t1-1:0", "thief", 10)], [("b", 7)])], STOLEN)
    assert totals(result) == {"stolen": 10, "held": 7, "fee": 3}
    assert [row["kind"] for row in result.flows if row["outcome"] == "fee"] == ["fee"]


def test_what_a_coinbase_does_not_pay_out_is_burned() -> None:
    rows = [
        *THEFT,
        *spend(2, 2, [("t1-1:0", "thief", 10)], [("b", 4)]),
        *spend(2, 0, [], [("miner", 5)]),
    ]
    result = trace_transfers(rows, STOLEN)
    assert totals(result) == {"stolen": 10, "held": 9, "burned": 1}
    assert [(row["tx_hash"], row["amount"]) for row in result.flows if row["outcome"] == "burned"] == [
        ("t2-0", 1)
    ]


def test_fees_go_into_no_coinbase_whose_block_is_unknown() -> None:
    rows = [
        *THEFT,
        *spend(2, 2, [("t1-1:0", "thief", 10)], [("b", 7)]),
        *spend(3, 0, [], [("miner", 50)]),
    ]
    result = trace_transfers([replace(row, block_number=None) for row in rows], STOLEN)
    assert totals(result) == {"stolen": 10, "held": 7, "fee": 3}


def test_fees_go_into_one_coinbase_alone() -> None:
    rows = [*THEFT, *spend(2, 2, [("t1-1:0", "thief", 10)], [("b", 7)])]
    coinbase = spend(2, 0, [], [("miner", 3)])
    other = [replace(row, tx_hash="t2-x", outpoint="t2-x:0") for row in coinbase]
    assert totals(trace_transfers([*rows, *coinbase, *other], STOLEN)) == {"stolen": 10, "held": 10}
    # A coinbase that says to be earlier than the rest of its block is past when the fees come.
    early = [replace(row, block_time=row.block_time - timedelta(seconds=1)) for row in coinbase]
    assert totals(trace_transfers([*rows, *early], STOLEN)) == {"stolen": 10, "held": 7, "fee": 3}


def test_an_address_is_the_sum_of_its_outpoints_and_each_is_spent_alone() -> None:
    rows = [
        *THEFT,
        *spend(2, 1, [("t1-1:0", "thief", 10)], [("b", 4), ("b", 6)]),
        *spend(3, 1, [("t2-1:1", "b", 6)], [("c", 6)]),
    ]
    two = trace_transfers(rows[:-2], STOLEN)
    assert [(row["address"], row["tainted_amount"]) for row in two.holdings] == [("b", 10)]
    result = trace_transfers(rows, STOLEN)
    assert [(row["address"], row["tainted_amount"]) for row in result.holdings] == [("b", 4), ("c", 6)]


def test_source_steals_what_leaves_the_wallet_but_neither_change_nor_fee() -> None:
    roles = [Role("S", "bitcoin", who, "source") for who in ("hot", "hot2")]
    rows = spend(1, 1, [("a:0", "hot", 8), ("b:0", "hot2", 9)], [("hot", 5), ("thief", 11)])
    result = trace_transfers(rows, roles)
    assert totals(result) == {"stolen": 11, "held": 11}
    assert result.flows[0]["theft_role"] == "source"


def test_gas_is_not_stolen_where_others_pay_too() -> None:
    roles = [Role("S", "bitcoin", "hot", "source")]
    rows = spend(1, 1, [("a:0", "hot", 8), ("b:0", "x", 9)], [("thief", 11), ("x", 5)])
    # Of the 8 that left the victim one is the fee; the last of what others got is the stolen part.
    assert totals(trace_transfers(rows, roles)) == {"stolen": 7, "held": 7}


def test_a_service_ends_the_trail_and_unseen_inputs_are_clean() -> None:
    labels = [Label("bitcoin", "shop", "Shop", "exchange", 80, "labels_a")]
    rows = [*THEFT, *spend(2, 1, [("t1-1:0", "thief", 10)], [("shop", 8), ("b", 5)])]
    result = trace_transfers(rows, STOLEN, labels)
    assert totals(result) == {"stolen": 10, "exchange": 8, "held": 2, "unseen_inflow": 3}


@pytest.mark.parametrize("name", list(METHODS))
def test_random_transactions_equal_a_list_of_units(name: str) -> None:
    draw = random.Random(name)  # noqa: S311  (a test's dice, not a secret)
    for _ in range(150):
        rows: list[Transfer] = []
        roles: list[Role] = []
        coins: dict[str, list[Unit | None]] = {}
        expected: dict[str, list[int]] = {}
        for block in range(1, draw.randrange(2, 9)):
            amount = draw.randrange(1, 9)
            rows += spend(block, 1, [], [("w", amount)])
            stolen = draw.random() < 0.5
            if stolen:
                roles.append(Role("S", "bitcoin", "w", "theft_address", tx_hash=f"t{block}-1"))
            coins[f"t{block}-1:0"] = [Unit(0, -1, None) if stolen else None] * amount
            chosen = draw.sample(sorted(coins), draw.randrange(1, min(3, len(coins)) + 1))
            pool: list[Unit | None] = []
            for spot in reversed(chosen) if name == "lifo" else chosen:
                receive(name, pool, coins[spot])
            inputs = [(spot, "w", len(coins.pop(spot))) for spot in chosen]
            left = len(pool)
            outputs: list[tuple[str, int]] = []
            while left and draw.random() < 0.8:
                outputs.append(("w", draw.randrange(1, left + 1)))
                left -= outputs[-1][1]
            rows += spend(block, 2, inputs, outputs)
            cut = [take("fifo" if name == "lifo" else name, pool, amount) for _, amount in outputs]
            for place, units in enumerate(cut):
                coins[f"t{block}-2:{place}"] = []
                receive(name, coins[f"t{block}-2:{place}"], units)
            if name == "haircut":
                coins = {spot: sorted(units, key=lambda unit: unit is None) for spot, units in coins.items()}
            expected[f"t{block}-2"] = [sum(unit is not None for unit in units) for units in cut]
        result = trace_transfers(rows, roles, method=METHODS[name])
        assert result.violations == []
        for tx_hash, amounts in expected.items():
            found = tainted(result, tx_hash)
            assert [found.get(("utxo_out", n), 0) for n in range(len(amounts))] == amounts
