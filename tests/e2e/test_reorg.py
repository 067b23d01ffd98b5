"""A chain that is rewritten after a release was made of it: the next one says so, the old one stands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import duckdb
import pytest

from clawback.hashing import file_sha256_hex
from tests.contract.anvil import Node, running_node
from tests.contract.frontier_chain import DAY, ETHER, MIDNIGHT, NEXT, WHOLE_DAY, write_case, write_labels
from tests.e2e.warehouse import Warehouse, run

pytestmark = pytest.mark.slow

THIRD: Final = date(2020, 9, 28)
BLOCKS_OF_A_DAY: Final = 40
THEFT: Final = 3
"""Place of the block of the first day in which coins are stolen."""
IN_EVERY_RUN: Final = 12
"""Blocks of the rewriting that every run of the tests makes: two runs of a warehouse take half a minute."""
SECONDS: Final = [
    MIDNIGHT + day * WHOLE_DAY + 60 + place * 1_800 for day in range(2) for place in range(BLOCKS_OF_A_DAY)
]
ABOVE: Final = (MIDNIGHT + 2 * WHOLE_DAY, MIDNIGHT + 2 * WHOLE_DAY + 1)
SETTINGS: Final = """
first_day = 2020-09-26
[[sources]]
name = "cases"
connector = "case_files"
options = {{ path = "cases" }}
[[sources]]
name = "labels"
connector = "label_files"
options = {{ path = "labels" }}
[[sources]]
name = "closes"
connector = "price_files"
options = {{ path = "prices.csv" }}
[[sources]]
name = "chain"
connector = "evm_rpc"

[sources.options]
url = "{url}"
chain = "ethereum"
confirmations = 1
batch_blocks = 20
allow_hosts = ["127.0.0.1"]
"""


class Chain:
    """A node on which a thief, in every block after the theft, pays somebody else."""

    def __init__(self, node: Node) -> None:
        self.node = node
        accounts = [account.lower() for account in node.call("eth_accounts")]
        self.victim, self.thief, self.exchange, *self.others = accounts
        node.mine(MIDNIGHT - 1)
        for number in range(len(SECONDS)):
            self.add(number, self.others[0])
        for second in ABOVE:
            node.mine(second)

    def add(self, number: int, receiver: str) -> None:
        payer, amount = (self.victim, 10 * ETHER) if number == THEFT else (self.thief, 1_000_000 + number)
        to = self.thief if number == THEFT else receiver
        if number >= THEFT:
            self.node.send(**{"from": payer, "to": to, "value": hex(amount), "gas": "0x5208"})
        self.node.mine(SECONDS[number])

    def rewrite(self, depth: int) -> None:
        """Replaces the newest blocks of two days, the thief pays an exchange there; ends the third day."""
        self.node.call("anvil_rollback", depth + len(ABOVE))
        for number in range(len(SECONDS) - depth, len(SECONDS)):
            self.add(number, self.exchange)
        for second in (*ABOVE, MIDNIGHT + 3 * WHOLE_DAY, MIDNIGHT + 3 * WHOLE_DAY + 1):
            self.node.mine(second)


@pytest.fixture
def chain() -> Iterator[Chain]:
    with running_node(MIDNIGHT - 100) as node:
        yield Chain(node)


def home_of(folder: Path, chain: Chain) -> Path:
    folder.mkdir()
    write_case(folder / "cases", {chain.thief: ""})
    write_labels(folder / "labels", {chain.exchange: "exchange"})
    days = "".join(f"ethereum,native,ETH,{day},200.5\n" for day in (DAY, NEXT, THIRD))
    (folder / "prices.csv").write_text(f"chain,asset,symbol,day,close_usd\n{days}")
    (folder / "clawback.toml").write_text(SETTINGS.format(url=chain.node.url))
    return folder


def paid(warehouse: Warehouse) -> dict[str, dict[date, int]]:
    """What the release says that the thief paid, by receiver and day."""
    file = warehouse.home / "var/lake/releases" / warehouse.release / "clawback.duckdb"
    with duckdb.connect(str(file), read_only=True) as connection:
        found = connection.execute(
            "select to_address, flow_date, sum(tainted_amount) from fct_fund_flows"
            " where method = 'fifo' and kind = 'native' and theft_role is null group by all"
        ).fetchall()
    amounts: dict[str, dict[date, int]] = {}
    for receiver, day, amount in found:
        amounts.setdefault(receiver, {})[day] = int(amount)
    return amounts


def expected(chain: Chain, replaced: int) -> dict[str, dict[date, int]]:
    amounts: dict[str, dict[date, int]] = {}
    for number in range(THEFT + 1, len(SECONDS)):
        receiver = chain.exchange if number >= len(SECONDS) - replaced else chain.others[0]
        day = DAY + timedelta(days=number // BLOCKS_OF_A_DAY)
        of_receiver = amounts.setdefault(receiver, {})
        of_receiver[day] = of_receiver.get(day, 0) + 1_000_000 + number
    return amounts


def files_of(home: Path, *names: str) -> dict[str, str]:
    """Hash of every file below some folders of the lake."""
    lake = home / "var/lake"
    return {
        str(path.relative_to(lake)): file_sha256_hex(path)
        for name in names
        for path in sorted((lake / name).rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize(
    ("depth", "concerned"),
    [
        (IN_EVERY_RUN, [NEXT]),
        pytest.param(1, [NEXT], marks=pytest.mark.thorough),
        pytest.param(70, [DAY, NEXT], marks=pytest.mark.thorough),
    ],
)
def test_a_rewritten_chain_ends_in_a_release_that_says_so(
    tmp_path: Path, chain: Chain, depth: int, concerned: list[date]
) -> None:
    home = home_of(tmp_path / "home", chain)
    before = run(home, "--from", f"{DAY}", "--to", f"{NEXT}", "--known", "2026-01-02")
    assert paid(before) == expected(chain, 0)
    shown = before.clawback("status", "--format", "json").stdout
    lake, release = files_of(home, "raw", "tables", "trace"), files_of(home, f"releases/{before.release}")

    chain.rewrite(depth)
    after = run(home, "--from", f"{THIRD}", "--to", f"{THIRD}", "--known", "2026-01-03")

    # The new release has the chain as it is, and says which days were read again.
    assert after.release.startswith(f"{THIRD}")
    assert paid(after) == expected(chain, depth)
    told = json.loads((home / f"var/lake/releases/{after.release}/delta.json").read_text())
    assert told["previous"] == before.release
    again = [(one["day"], one["source"]) for one in told["days_read_again"]]
    assert again == [(day.isoformat(), "chain") for day in concerned]
    words = (home / f"var/lake/releases/{after.release}/CHANGES.md").read_text()
    assert all(f"{day}: chain was read again" in words for day in concerned)

    said = after.clawback("release", "diff", before.release, after.release).stdout
    assert [f"{day}: chain was read again" in said for day in (DAY, NEXT)] == [
        day in concerned for day in (DAY, NEXT)
    ]

    # Yesterday's release is there byte for byte, and reads as it did.
    assert files_of(home, f"releases/{before.release}") == release
    assert before.clawback("status", "--release", before.release, "--format", "json").stdout == shown
    assert before.clawback("status", "--as-of", "2026-01-02", "--format", "json").stdout == shown
    assert "ok" in before.clawback("release", "verify", "--all").stdout
    assert paid(before) == expected(chain, 0)

    # What was made of the old chain stays; of the days that stand, nothing is made again.
    now = files_of(home, "raw", "tables", "trace")
    assert lake.items() <= now.items()
    new = {name for name in now.keys() - lake.keys() if "dt=" in name}
    assert {day_of(name) for name in new if name.startswith("raw/chain/")} == {*concerned, THIRD}
    assert {day_of(name) for name in new if name.startswith(("tables/transfers/", "trace/"))} == {
        *(DAY + timedelta(days=place) for place in range(3) if DAY + timedelta(days=place) >= concerned[0])
    }

    if depth == IN_EVERY_RUN:
        return
    # A warehouse that has seen only the chain as it is says the same.
    fresh = run(home_of(tmp_path / "fresh", chain), "--to", f"{THIRD}", "--known", "2026-01-03")
    assert (fresh.release, fresh.marts()) == (after.release, after.marts())


def day_of(name: str) -> date:
    return date.fromisoformat(name.partition("dt=")[2][:10])
