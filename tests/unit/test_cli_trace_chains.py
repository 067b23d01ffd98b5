"""`clawback trace` on a chain that the settings alone know: its name, its wrapped coin, its events."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from clawback.chains.evm.keccak import keccak256
from clawback.cli import clawback
from clawback.cli.settings_chains import chains_of
from clawback.errors import ClawbackError
from clawback.settings import load_settings

HOT, THIEF, COIN, TOKEN, FRIEND = (f"0x{digit * 40}" for digit in "12345")
LOCKED = f"0x{keccak256(b'Locked(address)').hex()}"
SETTINGS = f"""
[chains.devnet]
chain_id = 31337
native = "DEV"
finality = 1
wrapped = ["{COIN}"]
[[chains.devnet.events]]
declaration = "Locked(address indexed who)"
topic0 = "{LOCKED}"
kind = "freeze"
address = "who"
source = "https://example.org/token"
"""
PLACE = "block_number,block_time,tx_hash,tx_index"


def at(number: int) -> str:
    return f"{number},2020-09-25T12:00:{number:02d}Z,0x{number:064x},0"


@pytest.fixture
def room(tmp_path: Path) -> Path:
    """Coins are stolen, wrapped, and some of a token that its issuer then locks; no file says the chain."""
    (tmp_path / "own.toml").write_text(SETTINGS)
    (tmp_path / "t.csv").write_text(
        f"{PLACE},position,kind,from_address,to_address,asset,amount\n"
        f"{at(1)},1,native,{HOT},{THIEF},native,10\n"
        f"{at(1)},1000000,token,{HOT},{FRIEND},{TOKEN},8\n"
        f"{at(2)},1,native,{THIEF},{COIN},native,10\n"
    )
    (tmp_path / "thefts.csv").write_text(
        "incident,chain,address,role\n"
        + "".join(f"case,devnet,{who},theft_address\n" for who in (THIEF, FRIEND))
    )
    (tmp_path / "labels.csv").write_text(f"chain,address,category,entity\ndevnet,{COIN},wrapper,Coin\n")
    (tmp_path / "wraps.csv").write_text(
        f"{PLACE},log_index,kind,emitter,address,amount\n{at(2)},0,wrap,{COIN},{THIEF},10\n"
    )
    topic = f"0x{FRIEND[2:]:0>64}"
    (tmp_path / "logs.csv").write_text(
        f"{PLACE},log_index,address,topic0,topic1,data\n{at(3)},0,{TOKEN},{LOCKED},{topic},0x\n"
    )
    return tmp_path


def run(room: Path, *words: str, settings: str = "own.toml") -> Result:
    named = [str(room / word) if (room / word).is_file() or word == "out" else word for word in words]
    files = ["--transfers", "t.csv", "--thefts", "thefts.csv", "--labels", "labels.csv"]
    given = [str(room / word) if (room / word).is_file() else word for word in files]
    before = ["--settings", str(room / settings)] if settings else []
    return CliRunner().invoke(
        clawback, [*before, "trace", *given, "--chain", "devnet", *named], catch_exceptions=False
    )


def held(room: Path, *words: str) -> dict[tuple[str, str], tuple[int, str]]:
    result = run(room, *words, "--out", "out")
    assert result.exit_code == 0, result.output
    summary: dict[str, Any] = json.loads((room / "out" / "summary.json").read_text())
    assert summary["conserved"]
    return {
        (row["address"], row["asset"]): (int(row["tainted_amount"]), row["category"])
        for row in pq.read_table(room / "out" / "holdings.parquet").to_pylist()
    }


def test_its_name_is_known(room: Path) -> None:
    assert held(room) == {(COIN, "native"): (10, "held"), (FRIEND, TOKEN): (8, "held")}


def test_the_environment_names_chains_as_the_file_does(room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (room / "own.toml").write_text('first_day = "2020-09-25"\n')
    monkeypatch.setenv("CLAWBACK_CHAINS", '{"devnet": {"chain_id": 31337, "native": "DEV"}}')
    assert held(room)[COIN, "native"] == (10, "held")
    assert (THIEF, COIN) not in held(room, "--events", "wraps.csv")
    # One value of a row stands over the others, as text or as JSON.
    monkeypatch.setenv("CLAWBACK_CHAINS__DEVNET__FINALITY", "12")
    monkeypatch.setenv("CLAWBACK_CHAINS__DEVNET__WRAPPED", f'["{COIN}"]')
    assert held(room, "--events", "wraps.csv")[THIEF, COIN] == (10, "held")
    assert chains_of(room / "own.toml") == load_settings(room / "own.toml").chains
    assert chains_of(room / "own.toml")["devnet"]["finality"] == 12


def test_the_environment_stands_over_the_file(room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAWBACK_CHAINS", '{"devnet": {"wrapped": []}}')
    assert (THIEF, COIN) not in held(room, "--events", "wraps.csv")
    assert chains_of(room / "own.toml")["devnet"]["native"] == "DEV"
    for wrong in ("3", "[devnet", '{"devnet": 3}'):
        monkeypatch.setenv("CLAWBACK_CHAINS", wrong)
        with pytest.raises(ClawbackError, match=r"does not fit its setting|no table of tables"):
            run(room, "--out", "out")


def test_its_wrapped_coin_is_one(room: Path) -> None:
    assert held(room, "--events", "wraps.csv")[THIEF, COIN] == (10, "held")
    # Of any other contract the same words make no coin.
    (room / "own.toml").write_text(SETTINGS.replace(f'["{COIN}"]', "[]"))
    assert (THIEF, COIN) not in held(room, "--events", "wraps.csv")


def test_logs_are_decoded_by_its_events(room: Path) -> None:
    assert held(room, "--events", "logs.csv")[FRIEND, TOKEN] == (8, "frozen")
    (room / "own.toml").write_text(SETTINGS.partition("[[")[0])
    assert held(room, "--events", "logs.csv")[FRIEND, TOKEN] == (8, "held")


def test_the_way_back_knows_it_too(room: Path) -> None:
    words = ["--settings", str(room / "own.toml"), "trace", "back", "--chain", "devnet"]
    given = ["--transfers", str(room / "t.csv"), "--thefts", str(room / "thefts.csv")]
    result = CliRunner().invoke(
        clawback, [*words, *given, "--address", COIN, "--asset", "native"], catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    assert "path 1: 10 units of case" in result.output


def test_without_its_row_it_is_no_chain(room: Path) -> None:
    (room / "none.toml").write_text("")
    with pytest.raises(ClawbackError) as caught:
        run(room, "--out", "out", settings="none.toml")
    assert "no address form is known for the chain 'devnet'" in f"{caught.value} {caught.value.cause}"


def test_a_bad_row_is_told(room: Path) -> None:
    (room / "own.toml").write_text(SETTINGS.replace(COIN, "0x12"))
    with pytest.raises(ClawbackError, match="bad values: wrapped"):
        run(room, "--out", "out")
