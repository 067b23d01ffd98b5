"""`clawback trace` and `clawback trace back` on files, by the real command."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import base58
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from clawback.cli import clawback
from clawback.cli.trace_options import spread_lists
from clawback.errors import ClawbackError
from clawback.parquet import rows_to_table, table_to_bytes
from clawback.schemas import TRANSFERS
from clawback.tracing.methods import METHODS
from clawback.tracing.report import FLOW_COLUMNS, HOLDING_COLUMNS
from tests.unit.tracing_chain import moved, transfer_row

HOT, THIEF, POOL, SHOP, FRIEND, TOKEN = (f"0x{digit * 40}" for digit in "123456")
TABLE = "chain,block_number,block_time,tx_hash,tx_index,position,kind,from_address,to_address,asset,amount\n"
THEFTS = (
    "incident,chain,address,role,tx_hash,from_time,to_time\n"
    f"case,ethereum,{THIEF},theft_address,,2020-09-25,\n"
)


def tx(number: int) -> str:
    return f"0x{number:064x}"


def line(number: int, payer: str, receiver: str, amount: int, asset: str = "native", place: int = 0) -> str:
    return (
        f"ethereum,{number},2020-09-25T12:00:{number:02d}Z,{tx(number)},0,{place},token,"
        f"{payer},{receiver},{asset},{amount}\n"
    )


SWAP = (
    line(1, HOT, THIEF, 10)
    + line(2, THIEF, POOL, 10, place=0)
    + line(2, POOL, THIEF, 30, TOKEN, place=1)
    + line(3, THIEF, SHOP, 12, TOKEN)
    + line(4, THIEF, FRIEND, 5, TOKEN)
)
LABELS = (
    "chain,address,category,entity\n"
    f"ethereum,{SHOP},hot_wallet,Shop\nethereum,{POOL},dex,Pool\nethereum,{FRIEND},odd,Friend\n"
)


@pytest.fixture
def room(tmp_path: Path) -> Path:
    (tmp_path / "t.csv").write_text(TABLE + SWAP, encoding="utf-8")
    (tmp_path / "THEFTS.csv").write_text(THEFTS, encoding="utf-8")
    (tmp_path / "labels.csv").write_text(LABELS, encoding="utf-8")
    (tmp_path / "words.yml").write_text("hot_wallet: exchange\n", encoding="utf-8")
    return tmp_path


def run(room: Path, *words: str) -> Result:
    paths = [str(room / word) if (room / word).is_file() or word == "out" else word for word in words]
    return CliRunner().invoke(clawback, ["trace", *paths], catch_exceptions=False)


def traced(room: Path, *words: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, Any]]:
    result = run(room, *words, "--out", "out")
    assert result.exit_code == 0, result.output
    tables = [pq.read_table(room / "out" / f"{name}.parquet").to_pylist() for name in ("flows", "holdings")]
    return tables[0], tables[1], json.loads((room / "out" / "summary.json").read_text(encoding="utf-8"))


BASE = ("--transfers", "t.csv", "--thefts", "THEFTS.csv")
LABELLED = (*BASE, "--labels", "labels.csv", "--labels-map", "words.yml")


def test_an_option_takes_several_files_in_a_row() -> None:
    assert spread_lists(["--transfers", "a", "b", "--thefts", "t", "back"]) == [
        "--transfers", "a", "--transfers", "b", "--thefts", "t", "back",
    ]  # fmt: skip


def test_flows_holdings_and_summary_say_the_same(room: Path) -> None:
    flows, holdings, summary = traced(room, *LABELLED)
    assert list(flows[0]) == list(FLOW_COLUMNS)
    flows.sort(key=lambda row: (row["block_number"], row["position"]))
    assert [(row["outcome"], row["tainted_amount"], row["converted_asset"]) for row in flows] == [
        ("held", 10, None),
        ("converted", 10, TOKEN),
        ("held", 30, None),
        ("exchange", 12, None),
        ("held", 5, None),
    ]
    assert flows[1]["converted_amount"] == Decimal(30)
    assert flows[1]["basis"] == "amount"
    assert list(holdings[0]) == list(HOLDING_COLUMNS)
    assert {(row["address"], row["tainted_amount"]) for row in holdings} == {(THIEF, 13), (FRIEND, 5)}
    by_asset = {figure["asset"]: figure for figure in summary["figures"]}
    assert by_asset["native"]["stolen"] == by_asset["native"]["converted_out"] == "10"
    assert (by_asset[TOKEN]["converted_in"], by_asset[TOKEN]["exchange"], by_asset[TOKEN]["held"]) == (
        "30", "12", "18",
    )  # fmt: skip
    assert summary["conserved"] is True
    assert {figure["difference"] for figure in summary["figures"]} == {"0"}
    assert summary["coverage"]["labels_unmapped"] == {"odd": 1}
    assert summary["coverage"]["transfers"] == 5


def test_all_methods_run_in_one_pass_and_the_spread_is_told(room: Path) -> None:
    extra = line(0, HOT, THIEF, 4, TOKEN).replace("2020-09-25", "2020-09-24")
    (room / "t.csv").write_text(TABLE + extra + SWAP, encoding="utf-8")
    flows, _, summary = traced(room, *LABELLED, "--method", "all")
    assert summary["methods"] == list(METHODS)
    assert {row["method"] for row in flows} == set(METHODS)
    at_shop = {one["measure"]: one for one in summary["spread"] if one["asset"] == TOKEN}["exchange"]
    assert (at_shop["least"], at_shop["most"]) == ("8", "12")


def test_a_sum_over_incidents_is_capped_by_the_holding(room: Path) -> None:
    (room / "t.csv").write_text(
        TABLE + line(1, HOT, THIEF, 10) + line(2, THIEF, FRIEND, 10), encoding="utf-8"
    )
    (room / "THEFTS.csv").write_text(
        f"incident,chain,address,role\none,ethereum,{THIEF},theft_address\ntwo,ethereum,{FRIEND},theft_address\n",
        encoding="utf-8",
    )
    _, holdings, summary = traced(room, *BASE)
    assert [(row["incident"], row["tainted_amount"]) for row in holdings] == [("one", 10), ("two", 10)]
    (shared,) = summary["shared_holdings"]
    assert (shared["incidents"], shared["claimed"], shared["capped"]) == (["one", "two"], "20", "10")


def test_parquet_and_csv_give_the_same_bytes(room: Path) -> None:
    rows = [
        moved(1, HOT, THIEF, 10**30, tx_hash=tx(1)),
        moved(2, THIEF, FRIEND, 10**29 + 1, tx_hash=tx(2)),
    ]
    (room / "t.parquet").write_bytes(
        table_to_bytes(rows_to_table([transfer_row(row) for row in rows], TRANSFERS))
    )
    flows, _, _ = traced(room, "--transfers", "t.parquet", "--thefts", "THEFTS.csv")
    assert [row["tainted_amount"] for row in flows] == [10**30, 10**29 + 1]
    first = (room / "out" / "flows.parquet").read_bytes()
    text = TABLE + "".join(
        f"ethereum,{row.block_number},{row.block_time.isoformat()},{row.tx_hash},0,{row.position},token,"
        f"{row.from_address},{row.to_address},native,{row.amount}\n"
        for row in rows
    )
    (room / "t.csv").write_text(text, encoding="utf-8")
    traced(room, *BASE)
    assert (room / "out" / "flows.parquet").read_bytes() == first


def without(text: str, *names: str) -> str:
    """A CSV without some of its columns."""
    rows = [one.split(",") for one in text.splitlines()]
    kept = [place for place, name in enumerate(rows[0]) if name not in names]
    return "".join(",".join(row[place] for place in kept) + "\n" for row in rows)


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


def test_other_marks_between_the_cells_of_a_theft_file_are_told(room: Path) -> None:
    (room / "THEFTS.csv").write_text(THEFTS.replace(",", ";"), encoding="utf-8")
    with pytest.raises(ClawbackError, match="its cells seem to be separated by ';', not by commas"):
        run(room, *BASE, "--out", "out")


def test_theft_rows_that_fit_no_transfer_are_told(room: Path) -> None:
    rows = (
        "incident,chain,address,role,tx,tx_hash,from_time\n"
        f"case,ethereum,{THIEF},theft_address,,{tx(1)},\n"
        f"case,ethereum,{THIEF},theft_address,,{tx(77)},\n"
        f"case,ethereum,{THIEF},source,,,2021-01-01\n"
        f"case,ethereum,{THIEF},source,,{tx(1)},2021-01-01\n"
        f"case,polygon,{HOT},source,,,\n"
        f"case,ethereum,{HOT},victim,,{tx(78)},\n"
        f"case,ethereum,0x{'9' * 40},source,,,\n"
    )
    (room / "THEFTS.csv").write_text(rows, encoding="utf-8")
    result = run(room, *BASE, "--out", "out")
    assert f"3 theft rows fit no transfer, e.g. case theft_address {THIEF} {tx(77)}" in result.output
    assert "thefts name 2 addresses without transfers" in result.output
    assert "no use is made of the columns 'tx'" in result.output
    summary = json.loads((room / "out" / "summary.json").read_text(encoding="utf-8"))
    assert summary["coverage"]["thefts_without_transfers"] == 5
    (room / "THEFTS.csv").write_text(THEFTS, encoding="utf-8")
    assert traced(room, *BASE)[2]["coverage"]["thefts_without_transfers"] == 0


def test_an_incident_without_a_theft_is_told(room: Path) -> None:
    rows = THEFTS + f"lost,ethereum,{HOT},theft_address,,,\n"
    (room / "THEFTS.csv").write_text(rows, encoding="utf-8")
    result = run(room, *BASE, "--out", "out")
    assert "lost: the transfers show nothing stolen" in result.output
    assert "case: the transfers show nothing stolen" not in result.output


@pytest.mark.parametrize(("weak", "strong"), [("0.85", "0.9"), ("85", "0.86"), (".5", "51"), ("1", "1.0")])
def test_confidence_is_of_a_hundred_or_a_share(room: Path, weak: str, strong: str) -> None:
    labels = "chain,address,category,entity,confidence\n"
    for order in ((weak, strong), (strong, weak)):
        rows = "".join(f"ethereum,{SHOP},{'mixer' if one == weak else 'exchange'},x,{one}\n" for one in order)
        (room / "labels.csv").write_text(labels + rows, encoding="utf-8")
        assert traced(room, *LABELLED)[2]["counts"]["fifo"]["outcomes"].get("exchange") == 1
    (room / "labels.csv").write_text(labels + f"ethereum,{SHOP},exchange,x,1.1\n", encoding="utf-8")
    assert traced(room, *LABELLED)[2]["skipped"] == [f"{room}/labels.csv, row 1: confidence is more than 1"]


def test_strict_refuses_words_without_meaning(room: Path) -> None:
    with pytest.raises(ClawbackError, match="1 labels cannot be used") as caught:
        run(room, *LABELLED, "--strict", "--out", "out")
    assert "'odd'" in str(caught.value)
    assert (
        "label words without meaning, left out: 'hot_wallet' 1, 'odd' 1"
        in run(room, *BASE, "--labels", "labels.csv", "--out", "out").output
    )


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("t.csv", "amount\n", "amounts\n", "columns of the file are not understood"),
        ("t.csv", f",{HOT},", ",0x12,", "row 1: from_address '0x12': not 0x and 40 hex digits"),
        (
            "t.csv",
            "native,10\n",
            "native,1.5\n",
            "row 1: amount '1.5': the amount has a fraction of a base unit",
        ),
        ("t.csv", "T12:00:01Z", "", "row 1: block_time '2020-09-25': bad time"),
        ("t.csv", "native,10\n", "native,\u0661\u0660\n", "row 1: amount '\u0661\u0660': not a number"),
        ("THEFTS.csv", "role,", "rolle,", "the file has no column 'role'"),
        ("THEFTS.csv", "theft_address,,", "thief,,", "'thief' is no role"),
        ("THEFTS.csv", "2020-09-25,", "2020-09-25,2020-09-24", "to_time is before from_time"),
        ("THEFTS.csv", THIEF, THIEF[:-1], "row 1"),
        ("THEFTS.csv", "case,ethereum", "case,aethereum", "no address form is known for the chain"),
        ("labels.csv", "category", "kategorie", "the file has no column 'category'"),
        ("words.yml", "exchange", "exchanges", "unknown categories: exchanges"),
    ],
)
def test_what_is_wrong_is_told_with_file_and_row(
    room: Path, file: str, old: str, new: str, words: str
) -> None:
    text = (room / file).read_text(encoding="utf-8")
    assert old in text
    (room / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ClawbackError) as caught:
        run(room, *LABELLED, "--out", "out")
    assert words in str(caught.value)
    assert file in str(caught.value)


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("block_time", pa.array([10**12], pa.timestamp("s", "UTC"))),
        ("block_time", pa.array([1_600_000_000], pa.timestamp("s", "Nowhere/City"))),
        ("kind", pa.array([b"\xff"]).view(pa.string())),
    ],
)
def test_parquet_cells_that_are_no_values_are_told_with_the_file(
    room: Path, name: str, cells: pa.Array
) -> None:
    table = rows_to_table([transfer_row(moved(1, HOT, THIEF, 10))], TRANSFERS)
    pq.write_table(table.set_column(table.schema.get_field_index(name), name, cells), room / "t.parquet")
    with pytest.raises(ClawbackError, match="the Parquet file is damaged"):
        run(room, "--transfers", "t.parquet", "--thefts", "THEFTS.csv", "--out", "out")


def test_bad_rows_can_be_left_out_and_are_counted(room: Path) -> None:
    (room / "t.csv").write_text(TABLE + SWAP + line(7, "0x1", FRIEND, 3), encoding="utf-8")
    _, _, summary = traced(room, *BASE, "--skip-bad-rows")
    assert summary["coverage"]["transfers_skipped"] == 1
    assert "row 6" in summary["skipped"][0]


def test_rows_that_contradict_each_other_are_told(room: Path) -> None:
    (room / "t.csv").write_text(TABLE + SWAP + line(1, HOT, THIEF, 7), encoding="utf-8")
    with pytest.raises(ClawbackError, match="1 rows contradict rows before them") as caught:
        run(room, *BASE, "--out", "out")
    assert f"{tx(1)} position 0: disagrees" in str(caught.value)
    _, _, summary = traced(room, *BASE, "--skip-bad-rows")
    assert summary["coverage"]["transfers_skipped"] == 1
    assert [row["stolen"] for row in summary["figures"] if row["asset"] == "native"] == ["10"]


def test_a_mapping_that_reads_no_file_is_refused(room: Path) -> None:
    with pytest.raises(ClawbackError, match="no file is read by the --mapping"):
        run(room, *BASE, "--mapping", "words.yml", "--out", "out")


def test_a_row_that_names_its_place_repeats_no_other(room: Path) -> None:
    twice = line(1, HOT, THIEF, 10, place=0) + line(1, HOT, THIEF, 10, place=1)
    (room / "t.csv").write_text(TABLE + twice, encoding="utf-8")
    _, _, summary = traced(room, *BASE)
    assert (summary["coverage"]["transfers"], summary["coverage"]["repeated_rows"]) == (2, 0)


def test_a_label_that_ends_before_it_begins_is_left_out(room: Path) -> None:
    head = "chain,address,category,entity,valid_from,valid_to\n"
    row = f"ethereum,{SHOP},exchange,Shop,2021-01-02,2021-01-01\n"
    (room / "labels.csv").write_text(head + row, encoding="utf-8")
    _, _, summary = traced(room, *BASE, "--labels", "labels.csv")
    assert summary["coverage"]["labels_skipped"] == 1
    assert any("valid_to is before valid_from" in reason for reason in summary["skipped"])


def test_a_folder_that_cannot_be_written_is_told_before_anything_is_read(room: Path) -> None:
    (room / "t.csv").write_text("no such columns\n", encoding="utf-8")
    # The superuser may write anywhere but below /proc.
    with pytest.raises(ClawbackError, match="the folder cannot be written"):
        run(room, *BASE, "--out", "/proc/self")


def test_a_folder_that_cannot_be_made_is_told(room: Path) -> None:
    (room / "file").write_text("", encoding="utf-8")
    with pytest.raises(ClawbackError, match="the folder cannot be written"):
        run(room, *BASE, "--out", str(room / "file" / "out"))


def test_back_from_a_holding_ends_at_the_theft_through_the_conversion(room: Path) -> None:
    result = run(room, "back", *LABELLED, "--address", FRIEND, "--json")
    assert result.exit_code == 0, result.output
    steps = [json.loads(text) for text in result.output.splitlines() if text.startswith("{")]
    assert [(step["tx_hash"], step["asset"], step["converted"]) for step in steps] == [
        (tx(1), "native", False),
        (tx(2), "native", False),
        (tx(2), TOKEN, True),
        (tx(4), TOKEN, False),
    ]
    assert {step["units"] for step in steps} == {"5"}


def test_back_from_a_transfer_splits_by_origin_and_adds_up(room: Path) -> None:
    rows = [(1, HOT, THIEF, 10), (2, HOT, THIEF, 7), (3, THIEF, FRIEND, 12), (4, FRIEND, SHOP, 11)]
    (room / "t.csv").write_text(TABLE + "".join(line(*row) for row in rows), encoding="utf-8")
    result = run(room, "back", *BASE, "--tx", tx(4), "--json")
    steps = [json.loads(text) for text in result.output.splitlines() if text.startswith("{")]
    firsts = [(step["tx_hash"], step["units"]) for step in steps if step["step"] == 0]
    assert firsts == [(tx(1), "10"), (tx(2), "1")]
    text = run(room, "back", *BASE, "--tx", tx(4)).output
    assert "path 2: 1 units of case" in text


def test_back_from_a_service_shows_the_ways_of_all_that_ended_there(room: Path) -> None:
    rows = [(1, HOT, THIEF, 10), (2, THIEF, FRIEND, 8), (3, FRIEND, SHOP, 5), (4, THIEF, SHOP, 2)]
    (room / "t.csv").write_text(TABLE + "".join(line(*row) for row in rows), encoding="utf-8")
    (room / "shops.csv").write_text(
        f"chain,address,category,entity\nethereum,{SHOP},exchange,Shop\n", encoding="utf-8"
    )
    words = ("back", *BASE, "--labels", "shops.csv", "--json", "--address")
    steps = [json.loads(text) for text in run(room, *words, SHOP).output.splitlines() if text[:1] == "{"]
    ways: dict[tuple[int, str], list[str]] = {}
    for step in steps:
        ways.setdefault((step["path"], step["units"]), []).append(step["tx_hash"])
    assert ways == {(1, "5"): [tx(1), tx(2), tx(3)], (2, "2"): [tx(1), tx(4)]}
    # What only went on from an address did not end there.
    (room / "t.csv").write_text(TABLE + "".join(line(*row) for row in [*rows[:2], (3, FRIEND, SHOP, 8)]))
    with pytest.raises(ClawbackError, match="no stolen units lie there"):
        run(room, *words, FRIEND)


def test_back_from_where_nothing_lies_says_so(room: Path) -> None:
    with pytest.raises(ClawbackError, match="no stolen units lie there"):
        run(room, "back", *BASE, "--address", HOT)


def test_the_name_of_an_incident_sends_no_controls_to_the_terminal(room: Path) -> None:
    name = "ca\x1b[31m\u202ese"
    (room / "THEFTS.csv").write_text(
        f"incident,chain,address,role\n{name},ethereum,{THIEF},theft_address\n"
        f"none{name},ethereum,{SHOP},source\n",
        encoding="utf-8",
    )
    said = run(room, *BASE, "--out", "out").output
    back = run(room, "back", *BASE, "--address", THIEF).output
    assert "ca?[31m?se  fifo  ethereum/native" in said
    assert "noneca?[31m?se: the transfers show nothing stolen" in said
    assert "units of ca?[31m?se" in back
    assert not set("\u202e\x1b") & set(said + back)


def test_units_that_no_sum_can_hold_are_told(room: Path) -> None:
    most = 10**38 - 1
    (room / "t.csv").write_text(TABLE + line(1, HOT, THIEF, most) + line(2, HOT, THIEF, 7), encoding="utf-8")
    result = run(room, *BASE, "--out", "out")
    assert "fifo: 7 units would make a sum of 10^38 or more; they are left out" in result.stderr
    (room / "t.csv").write_text(TABLE + line(1, HOT, THIEF, most), encoding="utf-8")
    assert "10^38" not in run(room, *BASE, "--out", "out").stderr


def test_help_explains_each_option_with_an_example() -> None:
    text = CliRunner().invoke(clawback, ["trace", "--help"]).output
    for option in (
        "--transfers",
        "--thefts",
        "--labels",
        "--labels-map",
        "--balances",
        "--events",
        "--mapping",
        "--method",
    ):
        assert option in text
    assert text.count("E.g.") >= 6
    assert "Example: clawback trace --transfers" in text
    assert "\\" not in text
