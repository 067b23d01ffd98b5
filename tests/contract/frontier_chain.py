"""A day on a real node in which stolen coins hop, are exchanged, minted, burned and sent in vain."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from clawback.chains.evm.topics import DEPOSIT
from clawback.context import RunContext
from clawback.lake.partition import read_manifest, read_part
from clawback.parquet import read_table, table_to_rows
from clawback.schemas import TABLES
from clawback.tables.step import make_tables
from tests.contract.anvil import Node
from tests.contract.evm_chain import RUNTIMES, ZERO, creation, word
from tests.contract.loopback import context_for

DESTROYED: Final = "61e6e66b0d6339b2980aecc6ccc0039736791f0ccde9ed512e789a7fbdd698c6"
DAY: Final = date(2020, 9, 26)
NEXT: Final = date(2020, 9, 27)
KNOWN: Final = date(2026, 9, 15)
MIDNIGHT: Final = int(datetime(2020, 9, 26, tzinfo=UTC).timestamp())
WHOLE_DAY: Final = 86_400
WETH: Final = "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"
ETHER: Final = 10**18
# DestroyedBlackFunds of words 0 and 1.
_ISSUER: Final = f"604060006000377f{DESTROYED}60406000a100"
_FROM_NOW_ON: Final = "    from: 2020-09-26T00:00:00Z\n"
NAMES: Final = (
    "victim", "thief", "hop1", "hop2", "hop3", "stranger", "other", "exchange", "after", "second"
)  # fmt: skip

TOKENS_OF_ALL: Final = 4_242
# Thirty-six bytes of call data ask for balanceOf, which is the same for all; else a Transfer of words 0 to 2.
_ERC20: Final = RUNTIMES["erc20"]
_TOKEN: Final = f"3660241460{7 + len(_ERC20) // 2:02x}57{_ERC20}5b61{TOKENS_OF_ALL:04x}60005260206000f3"
# Emits Deposit(word 1, word 0) and keeps what it is sent.
_WRAPPER: Final = f"6000356000526020357f{DEPOSIT[2:]}60206000a200"


def fill_frontier_days(node: Node) -> dict[str, Any]:
    """Contracts before the first day, the first day, one block on the second day, two blocks after it.

    Returns:
        Addresses and transactions by name; `touching`: names of the first day's transactions that touch
        what taint reaches, in the order of the chain.
    """
    made: dict[str, Any] = dict(zip(NAMES, map(str.lower, node.call("eth_accounts")), strict=False))
    for name in ("erc20", "forward", "forward_and_fail", "forward_of_others"):
        runtime = _TOKEN if name == "erc20" else RUNTIMES[name.removesuffix("_of_others")]
        sent = node.send(**{"from": made["other"], "data": creation(runtime)})
        node.mine(MIDNIGHT - 60 + len(made))
        made[name] = node.call("eth_getTransactionReceipt", sent)["contractAddress"].lower()
    node.call("anvil_setCode", WETH, "0x" + _WRAPPER)

    def pay(name: str, sender: str, receiver: str, value: int) -> None:
        made[name] = node.send(**{"from": made[sender], "to": made[receiver], "value": hex(value)})

    def call(name: str, sender: str, contract: str, *words: int | str, value: int = 0) -> None:
        data = "0x" + "".join(word(one) for one in words)
        to = made.get(contract, contract)
        made[name] = node.send(**{"from": made[sender], "to": to, "data": data, "value": hex(value)})

    node.mine(MIDNIGHT - 1)
    pay("early", "stranger", "hop2", 5)  # hop2 is not reached yet
    node.mine(MIDNIGHT + 100)
    pay("theft", "victim", "thief", 10 * ETHER)
    pay("apart", "stranger", "other", ETHER)
    call("stolen_tokens", "victim", "erc20", 900, made["victim"], made["thief"])
    node.mine(MIDNIGHT + 200)
    call("before_arrival", "stranger", "forward_of_others", made["hop1"], value=7)  # in the block of it
    pay("first_hop", "thief", "hop1", 4 * ETHER)
    pay("second_hop", "hop1", "hop2", ETHER)  # in the block of the first
    call("mint", "other", "erc20", 50, ZERO, made["thief"])
    call("token_hop", "thief", "erc20", 300, made["thief"], made["second"])
    node.mine(MIDNIGHT + 300)
    call("routed", "hop2", "forward", made["hop3"], value=ETHER // 2)  # reaches hop3 by an inner call alone
    call("in_vain", "stranger", "forward_and_fail", made["hop1"], value=9)
    call("nothing", "stranger", "erc20", 0, made["stranger"], made["second"])
    call("burn", "second", "erc20", 100, made["second"], ZERO)
    made["failed"] = node.send(**{"from": made["thief"], "data": "0xfe", "value": "0x7"})
    node.mine(MIDNIGHT + 400)
    call("wrapped", "hop3", WETH, 1_000, made["hop3"], value=1_000)
    pay("to_exchange", "hop1", "exchange", ETHER)
    pay("from_exchange", "exchange", "after", ETHER)
    call(
        "spam", "stranger", "erc20", 5, made["stranger"], made["hop1"]
    )  # hop1's coins are tainted, no tokens
    pay("clean_in", "stranger", "hop1", 11)
    node.mine(MIDNIGHT + 500)
    node.call("anvil_setCode", made["erc20"], "0x" + _ISSUER)
    call("frozen_apart", "other", "erc20", made["stranger"], 0)
    call("destroyed", "other", "erc20", made["second"], 150)
    node.mine(MIDNIGHT + 600)
    node.mine(MIDNIGHT + WHOLE_DAY - 1)
    pay("next_day", "hop2", "after", 1_000)
    pay("next_day_apart", "stranger", "other", 1_000)
    node.mine(MIDNIGHT + WHOLE_DAY + 100)
    node.mine(MIDNIGHT + 2 * WHOLE_DAY)
    node.mine(MIDNIGHT + 2 * WHOLE_DAY + 5)
    made["touching"] = [
        "theft", "stolen_tokens", "before_arrival", "first_hop", "second_hop", "mint", "token_hop", "routed",
        "burn", "failed", "wrapped", "to_exchange", "clean_in", "destroyed",
    ]  # fmt: skip
    return made


def write_case(folder: Path, addresses: dict[str, str]) -> None:
    """A case file with theft addresses, {address: lines about when}; without lines from the first day on."""
    roles = "".join(
        f"  - role: theft_address\n    chain: ethereum\n    address: '{address}'\n{lines or _FROM_NOW_ON}"
        f"    source_url: https://example.org/case\n"
        for address, lines in addresses.items()
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "theft.yml").write_text(
        f"version: 1\nincident:\n  id: theft-2020\n  title: A theft\n  victim: Somebody\n"
        "  victim_kind: exchange\n  occurred_at: 2020-09-26T00:00:00Z\n  occurred_precision: day\n"
        "  chains_affected: [ethereum]\n  source_url: https://example.org/case\n"
        f"roles:\n{roles}links: []\nrecoveries: []\n"
    )


def write_labels(folder: Path, labels: dict[str, str]) -> None:
    """Labels, {address: category}."""
    folder.mkdir(parents=True, exist_ok=True)
    tags = "".join(
        f"  - address: '{address}'\n    label: {category}\n    category: {category}\n"
        "    currency: ETH\n    network: ETH\n    confidence: 90\n    source: https://example.org/labels\n"
        for address, category in labels.items()
    )
    (folder / "labels.yaml").write_text(f"title: Labels\ncreator: test\ntags:\n{tags}")


def frontier_context(
    folder: Path, url: str, connector: str, *more: dict[str, Any], **options: Any
) -> RunContext:
    """Cases, labels, the chain, more; the folders `cases` and `labels` lie beside the settings."""
    return context_for(
        folder,
        {"name": "cases", "connector": "case_files", "options": {"path": "cases"}},
        {"name": "labels", "connector": "label_files", "options": {"path": "labels"}},
        {
            "name": "chain",
            "connector": connector,
            "options": {
                "url": url,
                "chain": "ethereum",
                "confirmations": 1,
                "allow_hosts": ["127.0.0.1"],
                **options,
            },
        },
        *more,
        first_day=DAY.isoformat(),
    )


def table_of(ctx: RunContext, day: date, name: str) -> list[dict[str, Any]]:
    """Rows of a table of a day."""
    record = json.loads(ctx.lake.read(make_tables(ctx, day)))
    part = read_manifest(ctx.lake, record["tables"][name]["manifest"]).parts[0]
    return table_to_rows(read_table(read_part(ctx.lake, part), TABLES[name]))
