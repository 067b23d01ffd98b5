"""Parts of the compiled engine against plain integers."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from clawback.schemas import MAX_AMOUNT
from clawback.tracing.fast.balances import carry_run, openings_of
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


@given(histories())
@settings(max_examples=500, deadline=None)
def test_openings_are_what_the_spans_of_days_before_left(
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
    openings = openings_of(keys_of(wanted), runs)
    for place, number in enumerate(wanted):
        balance = 0
        for span in spans:
            balance = carry(balance, *span.get(number, (0, 0)))
        assert to_int(openings[place]) == balance


def test_openings_cost_what_the_day_holds_and_not_what_all_days_before_held() -> None:
    looked = []
    for length in (1_000, 100_000):
        long = np.zeros((length, 3), np.uint64)
        run = Balances(keys_of(list(range(0, 2 * length, 2))), long + np.uint64(1), long)
        wanted = keys_of(list(range(0, 2 * length, length // 5)))
        assert len(wanted) == 10
        amounts = np.zeros((len(wanted), 3), np.uint64)
        looked.append(carry_run(run, wanted, amounts))
        assert amounts[:, 0].tolist() == [1] * 10
    # A hundred times as many keys: seven doublings and seven halvings more for each holding.
    assert looked[0] < 10 * 2 * 10
    assert looked[1] - looked[0] <= 10 * 2 * 7
    # Where the day holds all of them, each is looked at a few times only.
    assert carry_run(run, run.keys, np.zeros((100_000, 3), np.uint64)) <= 3 * 100_000
