"""`clawback trace` on small files: what it writes, the way back, what it tells."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

from clawback.cli import clawback
from clawback.cli.trace_options import spread_lists
from clawback.errors import ClawbackError
from clawback.parquet import rows_to_table, table_to_bytes
from clawback.schemas import TRANSFERS
from clawback.tracing.methods import METHODS
from clawback.tracing.report import FLOW_COLUMNS, HOLDING_COLUMNS
from tests.unit.trace_room import (
    BASE,
    FRIEND,
    HOT,
    LABELLED,
    SHOP,
    SWAP,
    TABLE,
    THIEF,
    TOKEN,
    line,
    run,
    traced,
    tx,
)
from tests.unit.tracing_chain import moved, transfer_row


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
