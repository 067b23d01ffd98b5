"""What stands beside transfers: events, balances, prices, mappings."""

from __future__ import annotations

from pathlib import Path

import pytest

from clawback.errors import ClawbackError
from tests.unit.trace_room import (
    BASE,
    FRIEND,
    HOT,
    POOL,
    SHOP,
    TABLE,
    THEFTS,
    THIEF,
    TOKEN,
    line,
    run,
    traced,
    tx,
)

EVENTS = "chain,block_number,block_time,tx_hash,tx_index,log_index,kind,emitter,address,amount\n"


def event(number: int, kind: str, emitter: str, address: str, amount: str = "", log_index: int = 40) -> str:
    time = f"2020-09-25T12:00:{number:02d}Z"
    return f"ethereum,{number},{time},{tx(number)},0,{log_index},{kind},{emitter},{address},{amount}\n"


def test_events_prove_pools_freeze_and_burn(room: Path) -> None:
    (room / "l.csv").write_text(f"chain,address,category,entity\nethereum,{HOT},dex,Factory\n")
    case = f"case,ethereum,{THIEF},theft_address,{tx(1)},,\n"
    (room / "THEFTS.csv").write_text(THEFTS.splitlines()[0] + "\n" + case)
    (room / "e.csv").write_text(
        EVENTS
        + event(1, "created", HOT, POOL)
        + event(5, "freeze", TOKEN, FRIEND)
        + event(6, "burn", TOKEN, FRIEND, "2")
        + event(6, "freeze", POOL, SHOP, log_index=41)
    )
    words = (*BASE, "--labels", "l.csv")
    _, before, _ = traced(room, *words)
    assert {(row["address"], row["asset"]) for row in before} == {(POOL, "native")}
    flows, holdings, summary = traced(room, *words, "--events", "e.csv")
    assert {(row["address"], row["tainted_amount"], row["category"]) for row in holdings} == {
        (THIEF, 13, "held"), (SHOP, 12, "held"), (FRIEND, 3, "frozen"),
    }  # fmt: skip
    (burn,) = [row for row in flows if row["outcome"] == "burned"]
    assert (burn["from_address"], burn["tainted_amount"], burn["position"]) == (FRIEND, 2, 1_000_040)
    assert (summary["coverage"]["events"], summary["coverage"]["events_skipped"]) == (4, 0)
    assert summary["conserved"]


def test_a_burn_is_not_booked_twice_beside_its_transfer(room: Path) -> None:
    zero = "0x" + "0" * 40
    told = TABLE + line(1, HOT, THIEF, 10, TOKEN) + line(2, THIEF, zero, 4, TOKEN)
    (room / "t.csv").write_text(told, encoding="utf-8")
    (room / "e.csv").write_text(EVENTS + event(2, "burn", TOKEN, THIEF, "4"))
    flows, _, summary = traced(room, *BASE, "--events", "e.csv")
    assert [row["outcome"] for row in flows] == ["held", "burned"]
    assert summary["figures"][0]["burned"] == "4"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (EVENTS + event(2, "thaw", TOKEN, THIEF), "'thaw' is no kind"),
        (EVENTS.replace("kind", "sort") + event(2, "freeze", TOKEN, THIEF), "expected block_number"),
        (EVENTS + event(2, "freeze", TOKEN, THIEF) + event(2, "unfreeze", TOKEN, THIEF), "disagrees with"),
        (EVENTS + event(2, "burn", TOKEN, THIEF, "4", -999_999), "log_index"),
    ],
)
def test_wrong_events_are_told(room: Path, text: str, says: str) -> None:
    (room / "e.csv").write_text(text)
    with pytest.raises(ClawbackError) as caught:
        run(room, *BASE, "--events", "e.csv", "--out", "out")
    assert says in str(caught.value.cause)


def test_balances_open_and_check_holdings(room: Path) -> None:
    (room / "t.csv").write_text(
        TABLE + line(5, HOT, THIEF, 10) + line(8, THIEF, FRIEND, 6) + line(9, THIEF, SHOP, 7),
        encoding="utf-8",
    )
    (room / "b.csv").write_text(
        "chain,address,asset,block_number,amount\n"
        f"ethereum,{THIEF},native,4,4\nethereum,{THIEF},native,8,9\nethereum,{FRIEND},native,9,1\n",
        encoding="utf-8",
    )
    flows, holdings, summary = traced(room, *BASE, "--balances", "b.csv")
    # 4 clean first, then 2 of the 10; 8 were left, 9 were seen: 1 unseen. The friend had 6, of which 5 went.
    assert [row["tainted_amount"] for row in flows] == [10, 2, 7]
    assert {(row["address"], row["tainted_amount"]) for row in holdings} == {
        (THIEF, 1), (SHOP, 7), (FRIEND, 1),
    }  # fmt: skip
    figure = summary["figures"][0]
    assert (figure["unseen_inflow"], figure["unseen_outflow"], figure["difference"]) == ("1", "1", "0")
    # The thief's balance before was seen; of the friend and the shop only transfers tell.
    counts = summary["counts"]["fifo"]
    assert (counts["openings"], counts["openings_without_seen_balance"]) == (3, 2)
    assert counts["units_too_wide"] == "0"


def test_a_mapping_reads_any_file_beside_table_files(room: Path) -> None:
    (room / "x.csv").write_text(
        f"hash;when;src;dst;eth;gas;price;ok;note\n{tx(9)};1601100000;{THIEF};{FRIEND};0.000000000000000004;1;1;1;x\n",
        encoding="utf-8",
    )
    (room / "map.yml").write_text(
        "version: 1\nchain: ethereum\nrows: native_transactions\ndelimiter: ';'\n"
        "columns: {tx_hash: hash, block_time: when, from_address: src, to_address: dst, amount: eth,"
        " gas_used: gas, gas_price: price, status: ok}\n"
        "amount_unit: decimal\ndecimals: 18\ntime_format: unix_seconds\naddress_form: evm\n"
        "failed_values: ['0']\nignore: [note]\n",
        encoding="utf-8",
    )
    (room / "t.csv").write_text(TABLE + line(1, HOT, THIEF, 10), encoding="utf-8")
    flows, _, _ = traced(
        room, "--transfers", "t.csv", "x.csv", "--thefts", "THEFTS.csv", "--mapping", "map.yml"
    )
    assert [(row["kind"], row["tainted_amount"]) for row in flows] == [
        ("token", 10), ("fee", 1), ("native", 4),
    ]  # fmt: skip


def test_prices_prove_an_exchange_and_need_decimals(room: Path) -> None:
    (room / "p.csv").write_text(
        "chain,asset,day,close_usd,decimals\n"
        f"ethereum,native,2020-09-25,300,\nethereum,{TOKEN},2020-09-25,0.5,15\nethereum,{SHOP},2020-09-25,9,\n",
        encoding="utf-8",
    )
    thefts = f"incident,chain,address,role,tx_hash\ncase,ethereum,{THIEF},theft_address,{tx(1)}\n"
    (room / "THEFTS.csv").write_text(thefts, encoding="utf-8")
    flows, _, summary = traced(room, *BASE, "--prices", "p.csv")
    # 10 wei at 300e-18 are worth 3000e-18, 30 units at 0.5e-15 are worth 15000e-18: five times as much.
    assert "converted" not in {row["outcome"] for row in flows}
    assert "exchange_unproven" in {row["outcome"] for row in flows}
    assert (summary["coverage"]["prices"], summary["coverage"]["prices_without_decimals"]) == (2, 1)
    text = (room / "p.csv").read_text(encoding="utf-8").replace(",0.5,15", ",0.5,16")
    (room / "p.csv").write_text(text, encoding="utf-8")
    flows, _, _ = traced(room, *BASE, "--prices", "p.csv")
    assert "converted" in {row["outcome"] for row in flows}


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (
            f"ethereum,{TOKEN},2020-09-25,1,6\nethereum,{TOKEN},2020-09-25,2,6\n",
            "row 2\n  cause:  another row says 1",
        ),
        (
            f"ethereum,{TOKEN},2020-09-25,1,6\nethereum,{TOKEN},2020-09-26,1,8\n",
            "8 decimals here and 6 elsewhere",
        ),
    ],
)
def test_prices_that_contradict_each_other_prove_nothing(room: Path, rows: str, says: str) -> None:
    (room / "p.csv").write_text("chain,asset,day,close_usd,decimals\n" + rows, encoding="utf-8")
    with pytest.raises(ClawbackError) as raised:
        run(room, *BASE, "--prices", "p.csv", "--out", "out")
    assert says in str(raised.value)
