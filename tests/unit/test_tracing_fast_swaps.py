"""The compiled engine against the plain one on transactions that exchange assets, flow by flow."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clawback.schemas import MAX_AMOUNT
from clawback.tracing.exchanges import Prices
from clawback.tracing.fast.bulk import trace_folder
from clawback.tracing.fast.bulk_day import KINDS, BulkDay
from clawback.tracing.fast.cases import address_of
from clawback.tracing.fast.day_book import EPOCH
from clawback.tracing.fast.records_day import asset_of
from clawback.tracing.fast.results import sums_seen
from clawback.tracing.fast.table import write_day
from clawback.tracing.fast.tracer import Tracer
from clawback.tracing.fast.wide import split2
from clawback.tracing.records import Label, Role, Transfer
from tests.unit.fast_tracing import FastResult, PlainResult, hold_to_plain
from tests.unit.tracing_chain import FIRST_DAY, NOON, ZERO, moved

A, B, THIEF, HOT, SHOP, HOME, POOL, OTHER_POOL, PAIR, FACTORY = (f"0x{digit * 40}" for digit in "123456789a")
TOKEN, WRAPPED = "0x" + "ef" * 20, "0x" + "f0" * 20
ASSETS = ["native", TOKEN, WRAPPED]
NAMES = [A, B, THIEF, THIEF, HOT, SHOP, HOME, POOL, OTHER_POOL, PAIR, WRAPPED, ZERO]
THEFTS = [("theft_address", THIEF), ("source", HOT), ("theft_address", A), ("theft_address", POOL)]
CREATED_BY = {("ethereum", PAIR): FACTORY}
OWN_LOTS = ["haircut", "dirty_first", "clean_first", "poison"]


class Given(NamedTuple):
    """What both engines are given."""

    transfers: list[Transfer]
    roles: list[Role]
    labels: list[Label]
    max_hops: int
    prices: dict[date, Prices]


@st.composite
def ledgers(draw: st.DrawFn, incidents: tuple[str, ...]) -> Given:
    """Transactions of several assets: gas, trades in any order, routes, mints, burns, thefts in between."""
    transfers = [moved(-1, HOT, A, 5, asset=TOKEN, tx_hash=f"0x{99:064x}")]
    roles: set[Role] = {Role(name, "ethereum", HOT, "other") for name in incidents}
    amounts = draw(st.sampled_from([st.integers(0, 9), st.integers(0, 30), st.integers(0, MAX_AMOUNT)]))
    quality = draw(st.sampled_from(["exact", "exact", "time"]))
    for number in range(draw(st.integers(1, 10))):
        day, tx_hash = number // 3, f"0x{number:064x}"
        legs = [leg for found in draw(st.lists(trades(amounts), max_size=3)) for leg in found]
        for _ in range(draw(st.integers(0, 3))):
            asset = draw(st.sampled_from(ASSETS))
            payer, receiver = draw(st.sampled_from(NAMES)), draw(st.sampled_from([*NAMES, None]))
            kind = draw(st.sampled_from(["token", "token", "token", "mint", "burn", "native"]))
            legs.append((payer, receiver, asset, draw(amounts), kind))
        if draw(st.booleans()):
            gas = (draw(st.sampled_from(NAMES[:-1])), None, "native", draw(st.integers(0, 3)), "fee")
            legs.append(gas)
        for place, (payer, receiver, asset, amount, kind) in enumerate(legs):
            more: dict[str, Any] = {"kind": kind, "asset": asset, "place": place, "day": day}
            transfers.append(moved(number, payer, receiver, amount, quality=quality, tx_hash=tx_hash, **more))
        for name in incidents:
            for role, address in draw(st.lists(st.sampled_from(THEFTS), max_size=2, unique=True)):
                roles.add(Role(name, "ethereum", address, role, tx_hash=tx_hash))
            if draw(st.integers(0, 9)) == 0:
                roles.add(Role(name, "ethereum", HOME, "victim", tx_hash=tx_hash))
    if draw(st.integers(0, 3)) == 0:
        roles.add(Role(incidents[0], "ethereum", POOL, "theft_address", from_time=NOON))
    hops = draw(st.sampled_from([0, 0, 0, 1, 3]))
    return Given(transfers, sorted(roles, key=repr), draw(label_lists(incidents)), hops, draw(price_tables()))


@st.composite
def trades(draw: st.DrawFn, amounts: st.SearchStrategy[int]) -> list[tuple[str, str | None, str, int, str]]:
    """A trade: plain, paid out first, through a router, or a wrapping; the user is mostly the same one."""
    user = draw(st.sampled_from([THIEF, THIEF, THIEF, A, B]))
    maker = draw(st.sampled_from([POOL, POOL, OTHER_POOL, PAIR, B, HOT]))
    gave, got = draw(st.permutations(ASSETS))[:2]
    paid, received = draw(amounts), draw(amounts)
    shape = draw(st.sampled_from(["plain", "plain", "flash", "routed", "wrap", "unwrap"]))
    legs: list[tuple[str, str | None, str, int, str]]
    if shape == "routed":
        legs = [
            (user, B, gave, paid, "token"),
            (B, maker, gave, paid, "token"),
            (maker, B, got, received, "token"),
            (B, user, got, received, "token"),
        ]
    elif shape == "wrap":
        legs = [(user, WRAPPED, "native", paid, "native"), (ZERO, user, WRAPPED, received, "mint")]
    elif shape == "unwrap":
        legs = [(user, ZERO, WRAPPED, paid, "burn"), (WRAPPED, user, "native", received, "internal")]
    else:
        legs = [(user, maker, gave, paid, "token"), (maker, user, got, received, "token")]
    return legs[::-1] if shape == "flash" else legs


@st.composite
def label_lists(draw: st.DrawFn, incidents: tuple[str, ...]) -> list[Label]:
    """Pools, factories and wrappers; a service; what holds from a day on, or for one incident."""
    choice = [
        Label("ethereum", POOL, "Pool", "dex", 90, "a"),
        Label("ethereum", OTHER_POOL, "Other", "dex", 90, "a", incident_id=incidents[-1]),
        Label("ethereum", FACTORY, "Factory", "dex", 90, "a", valid_from=FIRST_DAY + timedelta(days=1)),
        Label("ethereum", WRAPPED, "Wrapper", "wrapper", 90, "a"),
        Label("ethereum", B, "Router", "router", 50, "a"),
        Label("ethereum", SHOP, "Shop", "exchange", 90, "a"),
        Label("ethereum", PAIR, "Pair", "bridge", 90, "a", valid_from=FIRST_DAY + timedelta(days=2)),
    ]
    return draw(st.lists(st.sampled_from(choice), unique=True, min_size=2))


@st.composite
def price_tables(draw: st.DrawFn) -> dict[date, Prices]:
    """Prices of some assets on some days."""
    worth = draw(st.dictionaries(st.sampled_from(ASSETS), st.sampled_from([1, 2, 3])))
    prices = {("ethereum", asset): Fraction(price) for asset, price in worth.items()}
    return {FIRST_DAY + timedelta(days=day): prices for day in draw(st.lists(st.integers(0, 3)))}


def compare(given: Given, *, sources: bool, folder: Path | None = None, method: str = "fifo") -> FastResult:
    """Holds the compiled engine to the plain one; see `hold_to_plain`."""
    transfers, roles, labels, max_hops, prices = given
    market: dict[str, Any] = {"prices": prices, "created_by": CREATED_BY, "method": method}
    return hold_to_plain((transfers, roles, labels, max_hops), market, sources=sources, folder=folder)


def case(legs: list[tuple[str, str, str, int]], labels: list[Label]) -> Given:
    """The thief takes ten tokens, then moves the legs in one transaction."""
    theft = moved(0, HOT, THIEF, 10, asset=TOKEN, tx_hash=f"0x{0:064x}")
    rows = [
        moved(1, payer, receiver, amount, asset=asset, place=place, tx_hash=f"0x{1:064x}")
        for place, (payer, receiver, asset, amount) in enumerate(legs)
    ]
    return Given(
        [theft, *rows], [Role("S", "ethereum", THIEF, "theft_address", theft.tx_hash)], labels, 0, {}
    )


def held(result: FastResult) -> dict[tuple[str, str], int]:
    """Stolen units by address and asset."""
    return {
        ("0x" + address.hex(), "0x" + asset.hex()): sum(lot[0] for lot in lots if lot[1] is not None)
        for (_, address, asset), lots in result.lots().items()
    }


DEXES = [Label("ethereum", name, "Pool", "dex", 90, "a") for name in (POOL, OTHER_POOL)]


@pytest.mark.slow
def test_several_exchanges_through_one_pool_in_one_transaction() -> None:
    # The thief and somebody else swap tokens, a third one something else: the pool's net amounts count.
    legs = [
        (A, POOL, TOKEN, 30),
        (POOL, A, WRAPPED, 60),
        (THIEF, POOL, TOKEN, 10),
        (POOL, THIEF, WRAPPED, 20),
        (B, POOL, "native", 40),
        (POOL, B, WRAPPED, 80),
    ]
    result = compare(case(legs, DEXES), sources=True)
    assert held(result) == {(THIEF, WRAPPED): 20}
    assert [(row["converted_amount"], row["basis"]) for row in result.flows if row["basis"]] == [
        (20, "equal")
    ]
    assert result.handed_over == 1


@pytest.mark.slow
def test_a_flash_swap_whose_repayment_comes_out_of_a_second_pool() -> None:
    legs = [
        (POOL, THIEF, WRAPPED, 40),
        (THIEF, OTHER_POOL, WRAPPED, 20),
        (OTHER_POOL, THIEF, TOKEN, 10),
        (THIEF, POOL, TOKEN, 20),
    ]
    result = compare(case(legs, DEXES), sources=True)
    # The ten tokens of the second pool go on first, then the stolen ones: they stand for the last 20 given.
    assert held(result) == {(THIEF, WRAPPED): 20}
    assert result.handed_over == 1


@pytest.mark.slow
def test_an_exchange_without_proof_changes_nothing_and_says_so() -> None:
    result = compare(case([(THIEF, B, TOKEN, 10), (B, THIEF, WRAPPED, 1)], []), sources=True)
    assert held(result) == {(B, TOKEN): 10}
    assert result.flows[-1]["outcome"] == "exchange_unproven"


@pytest.mark.slow
def test_exchanges_that_no_taint_reaches_stay_in_the_kernel() -> None:
    # The thief is followed; it pays two clean units first, which it had before the theft.
    given = case([(THIEF, POOL, TOKEN, 2), (POOL, THIEF, WRAPPED, 5)], DEXES)
    own = moved(-1, B, THIEF, 2, asset=TOKEN, tx_hash=f"0x{9:064x}")
    result = compare(given._replace(transfers=[own, *given.transfers]), sources=True)
    assert result.handed_over == 0
    late = case([(A, POOL, TOKEN, 5), (POOL, A, WRAPPED, 5)], DEXES)
    assert compare(late, sources=True).handed_over == 0


def bulk_of(rows: list[Transfer]) -> BulkDay:
    """A day's transfers as a bulk day, in the order given, with kinds and hashes."""
    assets = sorted({row.asset for row in rows})
    received = [row.to_address if row.kind != "fee" else None for row in rows]
    sides = [
        np.frombuffer(b"".join(address_of(name or ZERO) for name in names), np.uint8).reshape(-1, 20)
        for names in ([row.from_address for row in rows], received)
    ]
    return BulkDay(
        np.array([row.block_number for row in rows], np.int64),
        np.array([row.tx_index for row in rows], np.int32),
        np.array([row.position for row in rows], np.int32),
        np.array([(row.block_time - EPOCH) // timedelta(microseconds=1) for row in rows], np.int64),
        *sides,
        np.array([assets.index(row.asset) for row in rows], np.int32),
        np.array([list(asset_of(name)) for name in assets], np.uint8),
        np.array([split2(row.amount) for row in rows], np.uint64),
        np.array([KINDS.index(row.kind) for row in rows], np.uint8),
        np.array([name is None for name in received]),
        np.array([list(bytes.fromhex(row.tx_hash[2:])) for row in rows], np.uint8),
    )


FLOW_COLUMNS = ("incident_id", "hop", "block_number", "position", "block_time", "amount", "tainted_amount")
NAMED = ("outcome", "theft_role", "kind", "converted_amount", "basis")


def told(row: dict[str, Any]) -> tuple[Any, ...]:
    """What both a row of the plain engine and one of a flow file say, in one form."""
    raw = [row[name] for name in ("from_address", "asset", "converted_asset", "tx_hash")]
    texts = ["0x" + value.hex() if isinstance(value, bytes) else value for value in raw]
    texts = [None if text is None else text.replace(ZERO, "native") for text in texts]
    # The payer of a mint and the receiver of a burn are no account, whatever the row says.
    payer = None if row["kind"] == "mint" else texts[0]
    return (*(row[name] for name in (*FLOW_COLUMNS, *NAMED)), payer, *texts[1:])


@pytest.mark.slow
@given(ledgers(("S", "T")))
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
def test_bulk_days_with_gas_kinds_and_hashes_equal_the_plain_engine(tmp_path: Path, given: Given) -> None:
    transfers = [replace(row, order_quality="exact") for row in given.transfers]
    plain = PlainResult(
        transfers, given.roles, given.labels, given.max_hops, prices=given.prices, created_by=CREATED_BY
    )
    tracer = Tracer("ethereum", ("S", "T"), given.max_hops)
    days = sorted({row.block_time.date() for row in transfers})
    flows = []
    for number, day in enumerate(days):
        write_day(bulk_of([row for row in transfers if row.block_time.date() == day]), tmp_path, number)
        more = (tmp_path, given.prices, CREATED_BY)
        list(trace_folder(tmp_path, [number], tracer, given.roles, given.labels, *more))
        flows += pq.read_table(tmp_path / f"flows-{number:05d}.parquet").to_pylist()
    flows.sort(key=lambda row: row["incident_id"])
    assert [told(row) for row in flows] == [told(row) for row in plain.flows]
    assert sums_seen(tracer) == plain.sums()


@pytest.mark.slow
@given(ledgers(("S",)))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_one_incident_equals_the_plain_engine_lot_by_lot(given: Given) -> None:
    compare(given, sources=True)


@pytest.mark.slow
@given(ledgers(("S", "T", "U")))
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_several_incidents_equal_the_plain_engine(given: Given) -> None:
    compare(given, sources=False)


@pytest.mark.slow
@given(ledgers(("S", "T", "U")))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_several_incidents_equal_the_plain_engine_under_lifo(given: Given) -> None:
    compare(given, sources=False, method="lifo")


@pytest.mark.slow
@pytest.mark.parametrize("method", OWN_LOTS)
@given(given=ledgers(("S", "T", "U")))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_methods_with_lots_of_their_own_equal_the_plain_engine(method: str, given: Given) -> None:
    compare(given, sources=True, method=method)


@pytest.mark.slow
@given(ledgers(("S", "T", "U")))
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
def test_a_state_saved_and_loaded_each_day_changes_nothing(tmp_path: Path, given: Given) -> None:
    compare(given, sources=False, folder=tmp_path)


@pytest.mark.thorough
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("incidents", [("S",), ("S", "T", "U")])
def test_compiled_engine_equals_the_plain_one_twenty_thousand_times(incidents: tuple[str, ...]) -> None:
    @given(ledgers(incidents))
    @settings(max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck))
    def compare_all(given: Given) -> None:
        compare(given, sources=len(incidents) == 1)

    compare_all()
