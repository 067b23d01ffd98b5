"""`clawback trace --mapping` on exports as explorers and queries give them, by the mappings of the docs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from clawback.cli import clawback
from clawback.errors import ClawbackError

DOCS = Path(__file__).parents[2] / "docs" / "mappings.md"
VICTIM, THIEF, DESK, FIRST, SECOND, TOKEN = (f"0x{digit * 40}" for digit in "123456")
EXPLORER = (
    '"Transaction Hash","Blockno","UnixTimestamp","DateTime (UTC)","From","To","ContractAddress",'
    '"Value_IN(ETH)","Value_OUT(ETH)","TxnFee(ETH)","Status","ErrCode","Method"\n'
)
INNER = """version: 1
chain: ethereum
rows: internal_transfers
columns: {tx_hash: hash, block_time: time, from_address: from, to_address: to, amount: ether}
amount_unit: decimal
time_format: unix_seconds
address_form: evm
"""


def tx(number: int) -> str:
    return f"0x{number:064x}"


def explorer_row(number: int, payer: str, receiver: str, came: str, went: str, status: str = "") -> str:
    return (
        f'"{tx(number)}","{number}","{1601114400 + number}","x","{payer}","{receiver}","",'
        f'"{came}","{went}","0.01","{status}","",""\n'
    )


@pytest.fixture
def room(tmp_path: Path) -> Path:
    (tmp_path / "explorer.csv").write_text(
        EXPLORER
        + explorer_row(1, VICTIM, THIEF, "5", "0")
        + explorer_row(2, THIEF, DESK, "0", "9", status="Error(0)")
        + explorer_row(3, THIEF, DESK, "0", "4"),
        encoding="utf-8",
    )
    (tmp_path / "inner.csv").write_text(
        "hash,time,from,to,ether\n"
        + f"{tx(3)},1601114403,{DESK},{FIRST},1.5\n" * 2
        + f"{tx(3)},1601114403,{DESK},{SECOND},1\n",
        encoding="utf-8",
    )
    (tmp_path / "THEFTS.csv").write_text(
        f"incident,chain,address,role,tx_hash\ncase,ethereum,{THIEF},theft_address,{tx(1)}\n",
        encoding="utf-8",
    )
    explorer, query = re.findall(r"```yaml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "explorer.yml").write_text(explorer, encoding="utf-8")
    (tmp_path / "query.yml").write_text(query, encoding="utf-8")
    (tmp_path / "inner.yml").write_text(INNER, encoding="utf-8")
    return tmp_path


def figures(room: Path, *words: str) -> dict[str, dict[str, str]]:
    paths = [str(room / word) if (room / word).is_file() else word for word in words]
    options = ["--thefts", str(room / "THEFTS.csv"), "--out", str(room / "out")]
    result = CliRunner().invoke(clawback, ["trace", *paths, *options], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    summary = json.loads((room / "out" / "summary.json").read_text(encoding="utf-8"))
    assert summary["conserved"] is True
    return {
        one["asset"]: {name: one[name] for name in ("stolen", "held", "fee")} for one in summary["figures"]
    }


def test_an_explorers_export_moves_what_succeeded_and_costs_its_fees(room: Path) -> None:
    found = figures(room, "--transfers", "explorer.csv", "--mapping", "explorer.yml")
    assert found == {"native": {"stolen": str(5 * 10**18), "held": str(498 * 10**16), "fee": str(2 * 10**16)}}


def test_what_a_contract_sent_on_stays_several_transfers(room: Path) -> None:
    both = ("--transfers", "explorer.csv", "inner.csv", "--mapping", "explorer.yml", "inner.yml")
    figures(room, *both)
    import pyarrow.parquet as pq

    rows = pq.read_table(room / "out" / "holdings.parquet").to_pylist()
    assert {row["address"]: int(row["tainted_amount"]) for row in rows} == {
        THIEF: 98 * 10**16,
        FIRST: 3 * 10**18,
        SECOND: 10**18,
    }


def test_coins_and_tokens_may_stand_in_one_table(room: Path) -> None:
    columns = "tx_hash,block_number,block_time,from,to,contract_address,amount_raw\n"
    (room / "query.csv").write_text(
        columns
        + f"{tx(1)},1,2020-09-26 10:00:01,{VICTIM},{THIEF},,70\n"
        + f"{tx(1)},1,2020-09-26 10:00:01,{VICTIM},{THIEF},{TOKEN},30\n"
        + f"{tx(1)},1,2020-09-26 10:00:01,{VICTIM},{THIEF},0x{'0' * 40},5\n",
        encoding="utf-8",
    )
    found = figures(room, "--transfers", "query.csv", "--mapping", "query.yml")
    assert {asset: one["stolen"] for asset, one in found.items()} == {"native": "75", TOKEN: "30"}


def test_a_column_that_the_mapping_does_not_name_is_told(room: Path) -> None:
    text = (room / "explorer.csv").read_text(encoding="utf-8").replace("Value_OUT(ETH)", "Value_OUT(BNB)")
    (room / "explorer.csv").write_text(text, encoding="utf-8")
    with pytest.raises(ClawbackError, match="cannot be read by its mapping") as told:
        figures(room, "--transfers", "explorer.csv", "--mapping", "explorer.yml")
    assert "the file has no column 'Value_OUT(ETH)'" in str(told.value.cause)
