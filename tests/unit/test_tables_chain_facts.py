"""Events and balances of several sources, and the transfers that only an event tells of."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from clawback.chain_events.transfers import event_transfers
from clawback.context import RunContext
from clawback.lake import open_lake
from clawback.schemas import BALANCES, CHAIN_EVENTS, EVENT_KINDS, NFT_TRANSFERS, TRANSFERS
from clawback.settings import load_settings
from clawback.sources.base import Row
from clawback.sources.ingest import ingest
from clawback.sources.reading import DayOfSource
from clawback.tables.addresses import ZERO_ADDRESS
from clawback.tables.merge import SourceDay, merge_day
from clawback.tables.step import make_tables
from clawback.tracing.records import ZERO_ADDRESSES
from tests.contract.loopback import NOW, Told
from tests.unit.test_tables_step import KNOWN, record_of, rows_of

NOON = datetime(2020, 9, 26, 12, tzinfo=UTC)
DAY = date(2020, 9, 26)
TETHER = "0xdac17f958d2ee523a2206206994597c13d831ec7"
WETH = "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"
THIEF = "0xeb31973e0febf3e3d7058234a5ebbae1ab4b8c23"
TX = "0x" + "ab" * 32


def event(kind: str = "burn", **more: Any) -> Row:
    return {
        "chain": "ethereum",
        "block_number": 100,
        "block_time": NOON,
        "tx_hash": TX,
        "tx_index": 3,
        "position": 1_000_007,
        "kind": kind,
        "event": kind,
        "emitter": TETHER,
        "address": THIEF,
        "asset": TETHER,
        "amount": 50,
        "parameters": "{}",
    } | more


def burned(position: int = 1_000_006, **more: Any) -> Row:
    return {
        "chain": "ethereum",
        "block_number": 100,
        "block_time": NOON,
        "block_hash": None,
        "tx_hash": TX,
        "tx_index": 3,
        "position": position,
        "kind": "burn",
        "from_address": THIEF,
        "to_address": ZERO_ADDRESS,
        "asset": TETHER,
        "amount": 50,
        "outpoint": None,
        "order_quality": "exact",
        "_positioned": True,
    } | more


def merged(*sources: dict[str, list[Row]]) -> dict[str, list[Row]]:
    days = [SourceDay(f"s{at}", DAY, DayOfSource(rows=rows)) for at, rows in enumerate(sources)]
    return merge_day(days)


def test_destroyed_funds_become_a_burn_of_the_blocked_address() -> None:
    tables = merged({"chain_events": [event()]})
    (row,) = tables["transfers"]
    assert row == {
        **{name: value for name, value in burned(1_000_007).items() if name != "_positioned"},
        "source": "s0",
        "known_date": DAY,
    }
    assert set(row) == set(TRANSFERS.names)
    assert set(tables["chain_events"][0]) == set(CHAIN_EVENTS.names)
    assert tables["quarantine"] == []


@pytest.mark.parametrize(
    "beside",
    [
        burned(),
        burned(kind="token"),
        burned(1_000_007),
        burned(1_000_000, _positioned=False, block_number=None, tx_index=None, order_quality="time"),
    ],
)
def test_never_twice_beside_a_transfer_to_zero(beside: Row) -> None:
    for sources in (
        [{"transfers": [beside]}, {"chain_events": [event()]}],
        [{"chain_events": [event()]}, {"transfers": [beside]}],
        [{"transfers": [beside], "chain_events": [event()]}, {"chain_events": [event()]}],
    ):
        tables = merged(*sources)
        assert [row["amount"] for row in tables["transfers"]] == [50]
        assert len(tables["chain_events"]) == 1
        assert tables["quarantine"] == []


@pytest.mark.parametrize(
    "other",
    [
        {"amount": 49},
        {"from_address": WETH},
        {"asset": WETH},
        {"tx_hash": "0x" + "cd" * 32},
        {"to_address": WETH, "kind": "token"},
    ],
)
def test_another_transfer_does_not_stand_for_the_burn(other: dict[str, Any]) -> None:
    tables = merged({"transfers": [burned(**other)], "chain_events": [event()]})
    assert len(tables["transfers"]) == 2


def test_as_many_burns_as_events_that_no_transfer_stands_for() -> None:
    events = [event(position=1_000_000 + at) for at in (1, 3, 5)]
    tables = merged({"transfers": [burned(1_000_002)], "chain_events": events})
    assert [row["position"] for row in tables["transfers"]] == [1_000_002, 1_000_003, 1_000_005]


def test_a_burn_at_the_place_of_another_transfer_is_turned_away() -> None:
    tables = merged({"transfers": [burned(1_000_007, amount=9)], "chain_events": [event()]})
    assert [row["amount"] for row in tables["transfers"]] == [9]
    (told,) = tables["quarantine"]
    assert "place of this event" in told["reason"]


def test_a_burn_stands_in_the_order_of_the_chain() -> None:
    before = burned(1_000_001, amount=1, tx_index=2, tx_hash="0x" + "01" * 32)
    after = burned(1_000_001, amount=2, tx_index=4, tx_hash="0x" + "02" * 32)
    tables = merged({"transfers": [after, before]}, {"chain_events": [event()]})
    assert [row["amount"] for row in tables["transfers"]] == [1, 50, 2]


def test_only_the_known_wrapped_coin_mints_and_burns_by_its_events() -> None:
    events = [
        event("wrap", asset=WETH, emitter=WETH, position=1_000_001),
        event("unwrap", asset=WETH, emitter=WETH, position=1_000_002),
        event("wrap", position=1_000_003),
        event("freeze", position=1_000_004),
    ]
    told, contradicting = event_transfers(events, [])
    assert contradicting == []
    assert [(row["kind"], row["from_address"], row["to_address"], row["asset"]) for row in told] == [
        ("mint", ZERO_ADDRESS, THIEF, WETH),
        ("burn", THIEF, ZERO_ADDRESS, WETH),
    ]
    minted = burned(kind="mint", from_address=ZERO_ADDRESS, to_address=THIEF, asset=WETH)
    assert [row["kind"] for row in event_transfers(events, [minted])[0]] == ["burn"]


def test_a_burn_on_tron_goes_to_its_own_zero_address() -> None:
    zero = next(address for address in ZERO_ADDRESSES if address.startswith("T"))
    (row,), _ = event_transfers([event(chain="tron")], [])
    assert row["to_address"] == zero
    beside = burned(chain="tron", kind="token", to_address=zero)
    assert event_transfers([event(chain="tron")], [beside]) == ([], [])


def test_events_without_an_amount_or_before_the_first_day_move_nothing() -> None:
    quiet = [event(amount=0), event(amount=None), event(address=None), event(_before=True)]
    assert event_transfers(quiet, []) == ([], [])


def test_sources_must_agree_about_an_event_and_a_balance() -> None:
    seen = {
        "chain": "ethereum",
        "address": THIEF,
        "asset": "native",
        "block_number": 9,
        "block_time": NOON,
        "amount": 5,
    }
    tables = merged(
        {"chain_events": [event("freeze")], "balances": [seen]},
        {"chain_events": [event("freeze")], "balances": [seen]},
        {"chain_events": [event("unfreeze")], "balances": [{**seen, "amount": 6}]},
    )
    assert [row["kind"] for row in tables["chain_events"]] == ["freeze"]
    assert [(row["amount"], row["source"]) for row in tables["balances"]] == [(5, "s0")]
    assert set(tables["balances"][0]) == set(BALANCES.names)
    assert [(row["table"], row["source"], row["reason"]) for row in tables["quarantine"]] == [
        ("balances", "s2", "disagrees with s0 about this, which says amount 5"),
        ("chain_events", "s2", "disagrees with s0 about this, which says kind freeze"),
    ]


def facts_context(folder: Path, events: str, balances: str) -> RunContext:
    (folder / "events.csv").write_text(events)
    (folder / "balances.csv").write_text(balances)
    (folder / "clawback.toml").write_text(
        'first_day = 2020-09-26\nlast_day = 2020-09-28\nwork_dir = "work"\n[lake]\nurl = "lake"\n'
        + "".join(
            f'[[sources]]\nname = "{name}"\nconnector = "{name[:-1]}_files"\n'
            f'options = {{ path = "{name}.csv" }}\n'
            for name in ("events", "balances")
        )
    )
    settings = load_settings(folder / "clawback.toml")
    return RunContext(settings, open_lake(settings), lambda: NOW, settings.work_path, Told())


def test_the_first_day_knows_what_was_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (
        "chain,block_number,block_time,tx_hash,tx_index,log_index,kind,emitter,address,amount\n"
        + "".join(
            f"ethereum,{day},2020-09-{day}T12:00:00Z,{TX},1,{day},burn,{TETHER},{THIEF},5\n"
            for day in (24, 26, 27)
        )
    )
    seen = "chain,address,asset,block_number,block_time,amount\n" + "".join(
        f"ethereum,{THIEF},native,{day},2020-09-{day}T12:00:00Z,5\n" for day in (24, 26, 27)
    )
    made = []
    for held in (True, False):
        if not held:
            # A file too large to be held is read as a stream; it says the same.
            monkeypatch.setattr("clawback.sources.reading.CACHED_BYTES", 0)
            shutil.rmtree(tmp_path / "lake")
        ctx = facts_context(tmp_path, lines, seen)
        for day in (26, 27):
            for source in ctx.settings.enabled_sources:
                ingest(ctx, source.name, date(2020, 9, day), KNOWN)
        second = record_of(ctx, make_tables(ctx, date(2020, 9, 27)))
        first = record_of(ctx, second["previous"])
        made.append(
            [
                [row["block_number"] for row in rows_of(ctx, record, table)]
                for record in (first, second)
                for table in ("chain_events", "balances", "transfers")
            ]
        )
        assert rows_of(ctx, first, "quarantine") == []
    assert made == [[[24, 26], [24, 26], [26], [27], [27], [27]]] * 2


def test_a_corrected_event_corrects_the_transfers_of_its_day(tmp_path: Path) -> None:
    names = "chain,block_number,block_time,tx_hash,tx_index,log_index,kind,emitter,address,amount\n"
    seen = "chain,address,asset,block_number,block_time,amount\n"
    burned_units = []
    for amount in (5, 6):
        line = f"ethereum,26,2020-09-26T12:00:00Z,{TX},1,26,burn,{TETHER},{THIEF},{amount}\n"
        ctx = facts_context(tmp_path, names + line, seen)
        for source in ctx.settings.enabled_sources:
            ingest(ctx, source.name, DAY, KNOWN)
        rows = rows_of(ctx, record_of(ctx, make_tables(ctx, DAY)), "transfers")
        burned_units.append([int(row["amount"]) for row in rows])
    assert burned_units == [[5], [6]]


def test_the_data_dictionary_names_every_column_and_kind() -> None:
    page = (Path(__file__).parents[2] / "docs/datasets/chain-facts.md").read_text()
    events, rest = page.split("## balances")
    balances, numbered = rest.split("## nft_transfers")
    for schema, text in ((CHAIN_EVENTS, events), (BALANCES, balances), (NFT_TRANSFERS, numbered)):
        rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
        assert [name for row in rows for name in row.split("`")[1::2]] == schema.names
    assert all(f"`{kind}`" in events for kind in EVENT_KINDS)
