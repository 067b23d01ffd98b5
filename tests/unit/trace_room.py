"""A folder with small files to trace, and the command on them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from click.testing import CliRunner, Result

from clawback.cli import clawback

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


def without(text: str, *names: str) -> str:
    """A CSV without some of its columns."""
    rows = [one.split(",") for one in text.splitlines()]
    kept = [place for place, name in enumerate(rows[0]) if name not in names]
    return "".join(",".join(row[place] for place in kept) + "\n" for row in rows)
