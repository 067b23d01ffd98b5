"""Wrong thefts, labels, cells and folders: each is told with file, row and remedy."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clawback.errors import ClawbackError
from clawback.parquet import rows_to_table
from clawback.schemas import TRANSFERS
from tests.unit.trace_room import (
    BASE,
    FRIEND,
    HOT,
    LABELLED,
    SHOP,
    SWAP,
    TABLE,
    THEFTS,
    THIEF,
    line,
    run,
    traced,
    tx,
)
from tests.unit.tracing_chain import moved, transfer_row


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
