"""Parts of the compiled engine against plain integers."""

from __future__ import annotations

import bisect

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clawback.schemas import MAX_AMOUNT
from clawback.tracing.fast.balances import carry_all, carry_runs, first_not_below, padded
from clawback.tracing.fast.compiled import Limbs
from clawback.tracing.fast.index import WORDS, Balances
from clawback.tracing.fast.pro_rata import WORK, set_balance, share_of
from clawback.tracing.fast.wide import to_int
from clawback.tracing.nets import carry

# Numbers around the edges of digits and limbs, where a long division goes wrong first.
EDGES = st.builds(
    lambda power, more: max(0, (1 << power) + more), st.integers(0, 190), st.sampled_from([-2, -1, 0, 1])
)
WIDE = st.one_of(EDGES, st.integers(0, 9), st.integers(0, 2**190))


def limbs(number: int, count: int) -> list[int]:
    """The limbs of a number, lowest first; a negative one in two's complement."""
    return [(number >> 64 * place) & (2**64 - 1) for place in range(count)]


@given(amount=WIDE, tainted=WIDE, more=WIDE)
@settings(max_examples=5_000, deadline=None)
def test_the_share_of_haircut_is_the_floor_of_the_product_over_the_balance(
    amount: int, tainted: int, more: int
) -> None:
    amount, tainted = min(amount, MAX_AMOUNT), min(tainted, MAX_AMOUNT)
    balance = max(1, amount, tainted) + more
    work, balances = np.zeros(WORK, np.uint64), np.array([limbs(balance, 3)], np.uint64)
    words = [np.uint64(limb) for number in (amount, tainted) for limb in reversed(limbs(number, 2))]
    set_balance(work, balances, 0)
    high, low = share_of(work, *words)
    assert (int(high) << 64) + int(low) == amount * tainted // balance


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[dict[int, tuple[int, int]]], list[int]]:
    """Nets of some spans of days by holding, and the holdings asked for."""
    net = st.integers(-(2**130), 2**130)
    spans = draw(st.lists(st.dictionaries(st.integers(0, 9), net, max_size=6), max_size=4))
    known = [
        {key: (moved, draw(st.integers(min(moved, 0) - 5, min(moved, 0)))) for key, moved in span.items()}
        for span in spans
    ]
    return known, sorted(draw(st.sets(st.integers(0, 11), max_size=8)))


def keys_of(numbers: list[int]) -> Limbs:
    """Keys that differ in their last word."""
    keys = np.zeros((len(numbers), WORDS), np.uint64)
    keys[:, WORDS - 1] = numbers
    return keys


@pytest.mark.slow
@given(histories())
@settings(max_examples=500, deadline=None)
def test_all_balances_at_once_are_those_found_one_by_one(
    history: tuple[list[dict[int, tuple[int, int]]], list[int]],
) -> None:
    spans, wanted = history
    runs = []
    for span in spans:
        numbers = sorted(span)
        net = [limbs(span[number][0], 3) for number in numbers]
        lowest = [limbs(-span[number][1], 3) for number in numbers]
        shape = (len(numbers), 3)
        runs.append(
            Balances(
                keys_of(numbers),
                np.array(net, np.uint64).reshape(shape),
                np.array(lowest, np.uint64).reshape(shape),
            )
        )
    keys, together = keys_of(wanted), np.full((len(wanted), 3), 7, np.uint64)
    carry_all(padded(runs), keys, together)
    for place, number in enumerate(wanted):
        alone = np.zeros((len(wanted), 3), np.uint64)
        carry_runs(padded(runs), keys, place, alone)
        balance = 0
        for span in spans:
            balance = carry(balance, *span.get(number, (0, 0)))
        assert to_int(together[place]) == to_int(alone[place]) == balance


@pytest.mark.parametrize("spread", ["even", "low", "high", "clustered", "alike"])
def test_a_key_is_found_however_unevenly_keys_are_spread(spread: str) -> None:
    random, count = np.random.default_rng(7), 20_000
    words = {
        "even": lambda: random.integers(0, 2**64, count, dtype=np.uint64),
        "low": lambda: random.integers(0, 2**20, count, dtype=np.uint64),
        "high": lambda: np.uint64(2**64 - 1) - random.integers(0, 2**40, count, dtype=np.uint64),
        "clustered": lambda: (
            np.uint64(2**63) + random.integers(0, 5000, count, dtype=np.uint64) ** np.uint64(3)
        ),
        "alike": lambda: np.full(count, 2**63, np.uint64),
    }[spread]()
    keys = random.integers(0, 2**64, (count, WORDS), dtype=np.uint64)
    keys[:, 0] = words
    keys = keys[np.lexsort(keys.T[::-1])]
    others = keys.copy()
    others[:, WORDS - 1] += random.integers(0, 3, count, dtype=np.uint64) - np.uint64(1)
    others[:100] = random.integers(0, 2**64, (100, WORDS), dtype=np.uint64)
    others[100], others[101] = 0, 2**64 - 1
    listed = [tuple(key) for key in keys.tolist()]
    for asked in [*range(102), *range(102, count, 37)]:
        found = first_not_below(keys, others, asked)
        assert found == bisect.bisect_left(listed, tuple(others[asked].tolist()))
    assert first_not_below(keys[:0], others, 0) == 0
