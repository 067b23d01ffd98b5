"""Transfer files that `clawback trace` understands without a mapping, and what they may leave out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import base58
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clawback.errors import ClawbackError
from tests.unit.trace_room import (
    BASE,
    FRIEND,
    HOT,
    LABELLED,
    SHOP,
    SWAP,
    TABLE,
    THIEF,
    line,
    run,
    traced,
    tx,
    without,
)


def test_a_file_without_positions_is_ordered_by_what_it_says(room: Path) -> None:
    fee = f"ethereum,3,2020-09-25T12:00:03Z,{tx(3)},0,0,fee,{THIEF},,native,1\n"
    own = line(0, HOT, THIEF, 1).replace("2020-09-25", "2020-09-24")
    rows = TABLE + own + SWAP + fee
    (room / "t.csv").write_text(without(rows, "position"), encoding="utf-8")
    flows, holdings, summary = traced(room, *LABELLED, "--method", "lifo")
    assert summary["coverage"]["ordered_by_time"] == 6
    assert {row["order_quality"] for row in flows} == {"time"}
    # The clean unit is the oldest: newest first leaves it for the fee, which has a place of its own.
    assert {(row["address"], row["tainted_amount"]) for row in holdings} == {(THIEF, 13), (FRIEND, 5)}
    empty = "".join(
        ",".join("" if place == 5 else cell for place, cell in enumerate(one.split(","))) + "\n"
        for one in rows.splitlines()[1:]
    )
    (room / "t.csv").write_text(TABLE + empty, encoding="utf-8")
    assert traced(room, *LABELLED, "--method", "lifo")[:2] == (flows, holdings)


def test_a_file_without_chain_is_of_the_chain_that_is_named(room: Path) -> None:
    expected = traced(room, *LABELLED)
    (room / "t.csv").write_text(without(TABLE + SWAP, "chain"), encoding="utf-8")
    assert traced(room, *LABELLED)[:2] == expected[:2]
    result = run(room, *LABELLED, "--out", "out", "--chain", "polygon")
    assert "thefts name 1 addresses without transfers" in result.output


def test_outputs_need_their_positions(room: Path) -> None:
    old = base58.b58encode_check(b"\0" * 21).decode()
    paid = f"bitcoin,1,2020-09-25T12:00:01Z,{tx(1)[2:]},0,,utxo_out,,{old},native,5\n"
    (room / "t.csv").write_text(TABLE + paid, encoding="utf-8")
    with pytest.raises(ClawbackError, match="1 rows of the file cannot be read") as told:
        run(room, *BASE, "--out", "out")
    assert "needs its position" in str(told.value.cause)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (without(TABLE + SWAP, "kind"), "of the transfers table it lacks 'kind'"),
        ("timestamp,tx_hash,from_address,to_address,value_usd\n", "dollar amounts it lacks 'block_number'"),
        (TABLE.replace(",", ";"), "its cells seem to be separated by ';'"),
    ],
)
def test_a_column_that_is_missing_is_named(room: Path, text: str, says: str) -> None:
    (room / "t.csv").write_text(text, encoding="utf-8")
    with pytest.raises(ClawbackError, match="not understood") as told:
        run(room, *BASE, "--out", "out")
    assert says in str(told.value.cause)


def test_dollar_files_are_understood_and_repeated_rows_stay(room: Path) -> None:
    head = "timestamp,block_number,tx_hash,from_address,to_address,value_usd\n"
    rows = [(1, HOT, THIEF, "10.5"), (2, THIEF, FRIEND, "2.25"), (2, THIEF, FRIEND, "2.25")]
    text = "".join(f"2023-01-13 20:34:{n:02d},{n},{tx(n)},{a},{b},{usd}\n" for n, a, b, usd in rows)
    (room / "t.csv").write_text(head + text, encoding="utf-8")
    flows, _, summary = traced(room, *BASE)
    assert [row["tainted_amount"] for row in flows] == [105 * 10**17, 225 * 10**16, 225 * 10**16]
    assert summary["decimals"] == {"ethereum/usd": 18}
    assert (summary["coverage"]["repeated_rows"], summary["coverage"]["ordered_by_time"]) == (1, 3)


def test_capitals_points_and_unix_times_mean_the_same(room: Path) -> None:
    expected = traced(room, *BASE)[:2]
    rows = [row.split(",") for row in SWAP.splitlines()]
    for place, seconds in enumerate(
        ("1601035201", "1601035202000", "1601035202", "1601035203", "1601035204")
    ):
        # Where numbers lack in a column, some tools write all of them with a point.
        rows[place][1:3] = [f"{rows[place][1]}.0", seconds]
    text = TABLE.upper() + "".join(",".join(row) + "\n" for row in rows)
    (room / "t.csv").write_text(text, encoding="utf-8")
    assert traced(room, *BASE)[:2] == expected
    names = TABLE.strip().title().split(",")
    columns: dict[str, Any] = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    columns["Block_Time"] = [int(text[:10]) for text in columns["Block_Time"]]
    columns["Block_Number"] = [float(text) for text in columns["Block_Number"]]
    pq.write_table(pa.table(columns), room / "t.parquet")
    assert traced(room, "--transfers", "t.parquet", *BASE[2:])[:2] == expected


@pytest.mark.parametrize(
    ("place", "cell", "says"),
    [
        (2, "2020-09-25", "block_time '2020-09-25': bad time"),
        (3, "0x12", "tx_hash '0x12': "),
        (7, "0x12", "from_address '0x12': not 0x and 40 hex digits"),
        (9, "ETH", "asset 'ETH': not 0x and 40 hex digits"),
        (10, "0x1f", "amount '0x1f': not a number"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named_with_its_column(
    room: Path, place: int, cell: str, says: str
) -> None:
    cells = line(1, HOT, THIEF, 10).strip().split(",")
    cells[place] = cell
    (room / "t.csv").write_text(TABLE + ",".join(cells) + "\n", encoding="utf-8")
    with pytest.raises(ClawbackError) as raised:
        run(room, *BASE, "--out", "out")
    assert f"row 1: {says}" in str(raised.value)


def test_an_order_quality_of_another_word_is_no_order_quality(room: Path) -> None:
    text = TABLE.strip() + ",order_quality\n" + line(1, HOT, THIEF, 10).strip() + ",best\n"
    (room / "t.csv").write_text(text, encoding="utf-8")
    with pytest.raises(ClawbackError, match="order_quality 'best' is not exact or time"):
        run(room, *BASE, "--out", "out")


def test_a_transaction_in_two_blocks_moves_its_units_once(room: Path) -> None:
    # A chain that was rewritten: the second version has other places, so nothing else would meet.
    first = line(1, HOT, THIEF, 10) + line(2, THIEF, FRIEND, 4)
    again = line(2, THIEF, FRIEND, 4, place=7).replace("ethereum,2,", "ethereum,3,")
    unknown = line(2, THIEF, SHOP, 1, place=1).replace("ethereum,2,", "ethereum,,")
    (room / "t.csv").write_text(TABLE + again + first, encoding="utf-8")
    with pytest.raises(ClawbackError) as raised:
        run(room, *BASE, "--out", "out")
    assert f"{tx(2)} stands in block 3 and here in block 2" in str(raised.value)
    flows, _, summary = traced(room, *BASE, "--skip-bad-rows")
    assert [row["tainted_amount"] for row in flows] == [10, 4]
    assert summary["coverage"]["transfers_skipped"] == 1
    (room / "t.csv").write_text(TABLE + first + unknown, encoding="utf-8")
    assert traced(room, *BASE)[2]["coverage"]["transfers_skipped"] == 0


def test_balances_that_contradict_each_other_are_refused_and_repeated_ones_count_once(room: Path) -> None:
    head = "chain,address,asset,block_number,amount\n"
    row = f"ethereum,{THIEF},native,1,15\n"
    (room / "b.csv").write_text(head + row + row, encoding="utf-8")
    _, _, summary = traced(room, *LABELLED, "--balances", "b.csv")
    assert (summary["coverage"]["balances"], summary["figures"][-1]["unseen_inflow"]) == (1, "5")
    (room / "b.csv").write_text(head + row + row.replace("15", "16"), encoding="utf-8")
    with pytest.raises(ClawbackError) as raised:
        run(room, *LABELLED, "--balances", "b.csv", "--out", "out")
    assert "b.csv, row 2" in str(raised.value)
    assert f"another row says 15 of native for {THIEF} at the end of block 1, this one 16" in str(
        raised.value
    )


def test_rows_that_two_files_share_count_once_and_are_told(room: Path) -> None:
    usd = "timestamp,block_number,tx_hash,from_address,to_address,value_usd\n"
    row = f"2020-09-25 12:00:00 UTC,1,{tx(1)},{HOT},{THIEF},1.5\n"
    (room / "t.csv").write_text(usd + row + row, encoding="utf-8")
    (room / "u.csv").write_text(usd + row + row.replace("1.5", "2.5"), encoding="utf-8")
    result = run(room, "--transfers", "t.csv", "u.csv", *BASE[2:], "--out", "out")
    assert "u.csv: 1 rows say transfers that were read before; each counts once" in result.stderr
    assert "t.csv: " not in result.stderr
    summary = json.loads((room / "out" / "summary.json").read_text(encoding="utf-8"))
    assert summary["figures"][0]["stolen"] == "5500000000000000000"
    coverage = summary["coverage"]
    assert (coverage["transfers"], coverage["repeated_rows"], coverage["rows_counted_once"]) == (3, 1, 1)
    # Rows with places of their own, too.
    (room / "t.csv").write_text(TABLE + line(1, HOT, THIEF, 10) * 2, encoding="utf-8")
    told = run(room, *BASE, "--out", "out").stderr
    assert "t.csv: 1 rows say transfers that were read before; each counts once" in told


@pytest.mark.parametrize(
    ("chain", "says"),
    [
        ("bitcoin", f"row 1: from_address '{HOT}': not base58"),
        ("aethereum", "no address form is known for the chain"),
    ],
)
def test_dollar_rows_have_addresses_of_the_chain_that_is_named(room: Path, chain: str, says: str) -> None:
    text = f"2023-01-13 20:34:01,1,{tx(1)},{HOT},{THIEF},10.5\n"
    (room / "t.csv").write_text(
        f"timestamp,block_number,tx_hash,from_address,to_address,value_usd\n{text}", encoding="utf-8"
    )
    with pytest.raises(ClawbackError, match=says):
        run(room, *BASE, "--chain", chain, "--out", "out")


def test_dollar_rows_say_their_own_chain(room: Path) -> None:
    head = "chain,timestamp,block_number,tx_hash,from_address,to_address,value_usd\n"
    rows = [
        f"bsc,2020-09-25 12:00:00,1,{tx(1)},{HOT},{THIEF},10.00000000000000000049",
        f"ethereum,2020-09-25 12:00:01,2,{tx(2)},{HOT},{THIEF},2.00000000000000000049",
    ]
    (room / "t.csv").write_text(head + "\n".join(rows) + "\n", encoding="utf-8")
    flows, _, summary = traced(room, *BASE)
    # The theft is of ethereum; what a computed value has beyond 10^-18 dollars is rounded.
    assert [(row["chain"], row["amount"]) for row in flows] == [("ethereum", 2 * 10**18)]
    assert summary["decimals"] == {"bsc/usd": 18, "ethereum/usd": 18}


def test_a_fee_waits_for_no_coinbase_of_another_day(room: Path) -> None:
    hot, thief, miner = (base58.b58encode_check(bytes([0, *[digit] * 20])).decode() for digit in (1, 2, 3))
    head = TABLE.strip() + ",outpoint\n"
    rows = [
        ("25T12:00:00", tx(1)[2:], 1, 0, "utxo_in", hot, "", 10, "old:0"),
        ("25T12:00:00", tx(1)[2:], 1, 0, "utxo_out", "", thief, 10, "stolen:0"),
        ("25T12:30:00", tx(2)[2:], 2, 0, "utxo_in", thief, "", 10, "stolen:0"),
        ("25T12:30:00", tx(2)[2:], 2, 0, "utxo_out", "", hot, 7, "left:0"),
        ("26T12:00:00", tx(3)[2:], 0, 0, "utxo_out", "", miner, 50, "new:0"),
    ]
    text = "".join(
        f"bitcoin,5,2020-09-{time},{name},{index},{place},{kind},{payer},{receiver},native,{amount},{spot}\n"
        for time, name, index, place, kind, payer, receiver, amount, spot in rows
    )
    (room / "t.csv").write_text(head + text, encoding="utf-8")
    (room / "THEFTS.csv").write_text(
        f"incident,chain,address,role\ncase,bitcoin,{thief},theft_address\n", encoding="utf-8"
    )
    flows, _, summary = traced(room, *BASE)
    assert [(row["outcome"], row["tainted_amount"]) for row in flows] == [
        ("held", 10),
        ("held", 7),
        ("fee", 3),
    ]
    assert summary["conserved"] is True


def test_what_is_spent_is_named_by_its_output_in_any_capitals(room: Path) -> None:
    thief, other = (base58.b58encode_check(bytes([0, *[digit] * 20])).decode() for digit in (2, 3))
    spent = f"{tx(0xABC)[2:]}:0"

    def rows(outpoint: str) -> str:
        made = f"bitcoin,5,2020-09-25T12:00:00Z,{tx(0xABC)},0,0,utxo_out,,{thief},native,10,\n"
        went = f"bitcoin,6,2020-09-25T12:10:00Z,{tx(2)},0,0,utxo_in,{thief},,native,10,{outpoint}\n"
        return made + went + f"bitcoin,6,2020-09-25T12:10:00Z,{tx(2)},0,0,utxo_out,,{other},native,9,\n"

    (room / "THEFTS.csv").write_text(
        f"incident,chain,address,role\ncase,bitcoin,{thief},theft_address\n", encoding="utf-8"
    )
    (room / "t.csv").write_text(TABLE.strip() + ",outpoint\n" + rows(spent.upper()), encoding="utf-8")
    _, holdings, _ = traced(room, *BASE)
    assert [(row["address"], row["tainted_amount"]) for row in holdings] == [(other, 9)]
    (room / "t.csv").write_text(TABLE.strip() + ",outpoint\n" + rows(""), encoding="utf-8")
    with pytest.raises(ClawbackError, match="row 2: a utxo_in needs its outpoint"):
        run(room, *BASE, "--out", "out")
