"""How far taint can have come: every way in which value goes on within transactions, and where it ends."""

from __future__ import annotations

import pytest

from clawback.chains.evm.frontier.reach import BUSY, FROM_BEFORE, LABELLED, Move, Moved, Watched, follow

THIEF, ALICE, BOB, POOL = ("0x" + letter * 40 for letter in "1abc")
COIN, DOLLAR = "native", "0x" + "d" * 40


def pays(giver: str, taker: str, asset: str = COIN) -> Move:
    return Move(giver, taker, asset, is_paid=True, is_received=True)


def minted(contract: str, taker: str) -> Move:
    return Move(contract, taker, contract, is_paid=False, is_received=True)


def burned(giver: str, contract: str) -> Move:
    return Move(giver, contract, contract, is_paid=True, is_received=False)


def fee(payer: str) -> Move:
    return Move(payer, None, COIN, is_paid=True, is_received=False)


def moved(block: int, *moves: Move, index: int = 0) -> Moved:
    return Moved(block, index, f"{block}/{index}", moves)


HELD = Watched(holdings=frozenset({(THIEF, COIN)}))


def test_a_payment_goes_on_in_later_transactions_and_not_in_earlier_ones() -> None:
    chain = [
        moved(1, pays(ALICE, BOB)),
        moved(2, pays(THIEF, ALICE)),
        moved(3, pays(ALICE, POOL)),
        moved(4, pays(BOB, THIEF, DOLLAR)),
    ]
    reach = follow(reversed(chain), HELD)
    assert reach.since == {(THIEF, COIN): FROM_BEFORE, (ALICE, COIN): 2, (POOL, COIN): 3}
    assert reach.first == {(ALICE, COIN): 2, (POOL, COIN): 3}
    # Neither before the arrival, nor for another asset of the same account.
    assert reach.kept == ["2/0", "3/0"]


def test_what_the_block_of_the_arrival_moved_before_it_is_kept() -> None:
    reach = follow([moved(2, pays(BOB, ALICE)), moved(2, pays(THIEF, ALICE), index=1)], HELD)
    assert reach.kept == ["2/0", "2/1"]
    assert (BOB, COIN) not in reach.since


def test_a_fee_of_a_reached_account_touches_and_reaches_nobody() -> None:
    reach = follow([moved(5, fee(THIEF)), moved(6, fee(ALICE))], HELD)
    assert reach.kept == ["5/0"]
    assert reach.first == {}


@pytest.mark.parametrize("pays_first", [True, False])
def test_what_is_given_in_exchange_is_reached_in_whatever_order(pays_first: bool) -> None:
    sides = [pays(THIEF, POOL), pays(POOL, THIEF, DOLLAR)]
    exchange = moved(3, *(reversed(sides) if pays_first else sides))
    unlabelled = follow([exchange], HELD)
    assert unlabelled.first == {(POOL, COIN): 3, (THIEF, DOLLAR): 3}
    labelled = follow([exchange], Watched(holdings=HELD.holdings, exchanges=frozenset({POOL})))
    assert labelled.first == {(THIEF, DOLLAR): 3}
    assert labelled.ended == {POOL: LABELLED}


def test_a_contract_gives_what_it_mints_and_takes_what_it_burns() -> None:
    wrapped = moved(2, pays(THIEF, DOLLAR), minted(DOLLAR, ALICE))
    reach = follow([wrapped], HELD)
    assert reach.first == {(DOLLAR, COIN): 2, (ALICE, DOLLAR): 2}
    unwrapped = moved(3, burned(ALICE, DOLLAR), pays(DOLLAR, BOB))
    reach = follow([unwrapped], Watched(holdings=frozenset({(ALICE, DOLLAR)})))
    assert reach.first == {(BOB, COIN): 3}


def test_a_sink_ends_the_trail_even_where_it_pays_on_at_once() -> None:
    watched = Watched(holdings=HELD.holdings, sinks=frozenset({POOL}))
    reach = follow([moved(2, pays(THIEF, POOL), pays(POOL, BOB)), moved(3, pays(POOL, ALICE))], watched)
    assert reach.first == {}
    assert reach.ended == {POOL: LABELLED}
    assert reach.kept == ["2/0"]


def test_a_busy_address_is_passed_through_and_not_followed() -> None:
    chain = [moved(2, pays(THIEF, POOL), pays(POOL, BOB)), moved(3, pays(POOL, ALICE))]
    reach = follow(chain, HELD, busy=[POOL])
    assert reach.first == {(BOB, COIN): 2}
    assert reach.ended == {POOL: BUSY}
    assert reach.kept == ["2/0"]


def test_an_account_is_watched_with_all_that_it_holds() -> None:
    chain = [moved(1, pays(BOB, THIEF, DOLLAR)), moved(2, pays(THIEF, ALICE, DOLLAR))]
    reach = follow(chain, Watched(accounts=frozenset({THIEF})))
    assert reach.first == {(THIEF, DOLLAR): 1, (ALICE, DOLLAR): 2}


def test_one_transaction_of_a_theft_taints_what_it_brings_or_takes_away() -> None:
    chain = [moved(1, pays(BOB, THIEF)), moved(2, pays(BOB, THIEF, DOLLAR)), moved(3, pays(BOB, ALICE))]
    arrival = follow(chain, Watched(arrivals=frozenset({("2/0", THIEF)})))
    assert arrival.first == {(THIEF, DOLLAR): 2}
    assert arrival.kept == ["2/0"]
    departure = follow(chain, Watched(departures=frozenset({("3/0", BOB)})))
    assert departure.first == {(ALICE, COIN): 3}
    assert departure.kept == ["3/0"]
