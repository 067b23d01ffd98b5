"""Facts about a chain for the packaged sample, made up: a factory's pool, a swap, a balance, freezes, a burn.

Nothing of this happened; it lies where the sample's own days end.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from clawback.resources import sample_dir
from tests.unit.test_chain_events_decode import topic, word

THIEF: Final = "0xeb31973e0febf3e3d7058234a5ebbae1ab4b8c23"
FRIEND: Final = "0xc6f928cf9431b82c8c9a10fe954df44e66cbed1c"
USDT: Final = "0xdac17f958d2ee523a2206206994597c13d831ec7"
FACTORY: Final = "0x" + "f" * 40
PAIR: Final = "0x" + "1" * 40
COIN: Final = "0x" + "2" * 40

STOLEN: Final = 13_888_191_449_572 + 4_806_708_454_657 + 1_093_686_097_680 + 1 + 45_456_038_075
SPENT: Final = 50_001_000_000
"""What went to FRIEND on the first day."""
DUST: Final = 100_000
"""What a stranger sent to the thief on the third day."""
SWAPPED: Final = 1_000_000_000
LOST: Final = 7
"""What the balance of the third day lacks."""
BURNED: Final = STOLEN - SPENT - LOST - SWAPPED
BOUGHT: Final = 5 * 10**18

_LABELS: Final = f"""\
title: A factory
creator: test
tags:
  - {{address: "{FACTORY}", label: A factory, category: dex, network: ETH, confidence: "95"}}
"""
_MAPPING: Final = """\
version: 1
chain: ethereum
rows: transfers
amount_unit: base
time_format: iso8601
address_form: evm
columns: {tx_hash: tx_hash, block_number: block_number, tx_index: tx_index, block_time: block_time,
  position: position, kind: kind, from_address: from_address, to_address: to_address, asset: asset,
  amount: amount}
"""


def tx(number: int) -> str:
    """A transaction hash."""
    return f"0x{number:064x}"


def write_sample(folder: Path, last_day: str = "2020-09-28") -> Path:
    """Writes settings that add the facts to the sample; gives the settings' file."""
    (folder / "labels").mkdir(parents=True)
    for file in (sample_dir() / "labels").iterdir():
        (folder / "labels" / file.name).write_bytes(file.read_bytes())
    (folder / "labels" / "factory.yml").write_text(_LABELS)
    (folder / "mapping.yml").write_text(_MAPPING)
    swap = f"{tx(2)},10951000,3,2020-09-28T12:00:00Z"
    (folder / "swap.csv").write_text(
        "tx_hash,block_number,tx_index,block_time,position,kind,from_address,to_address,asset,amount\n"
        f"{swap},1000001,token,{THIEF},{PAIR},{USDT},{SWAPPED}\n"
        f"{swap},1000002,token,{PAIR},{THIEF},{COIN},{BOUGHT}\n"
    )
    (folder / "events").mkdir()
    created = topic("PairCreated(address,address,address,uint256)")
    (folder / "events" / "pools.csv").write_text(
        "chain,address,topic0,topic1,topic2,data,block_number,block_time,tx_hash,tx_index,log_index\n"
        f"ethereum,{FACTORY},{created},0x{word(USDT)},0x{word(COIN)},0x{word(PAIR)}{word(1)},"
        f"10000000,2020-05-05T01:02:03Z,{tx(1)},0,1\n"
    )
    names = "chain,block_number,block_time,tx_hash,tx_index,log_index,kind,emitter,address,amount"
    lines = [
        f"10934900,2020-09-25T23:58:00Z,{tx(3)},1,5,freeze,{USDT},{FRIEND},",
        f"10944900,2020-09-27T14:00:00Z,{tx(4)},1,5,freeze,{USDT},{PAIR},",
        f"10951100,2020-09-28T13:00:00Z,{tx(5)},1,5,unfreeze,{USDT},{THIEF},",
        f"10951500,2020-09-28T15:00:00Z,{tx(6)},1,5,burn,{USDT},{THIEF},{BURNED + DUST}",
    ]
    (folder / "events" / "tether.csv").write_text("\n".join([names, *(f"ethereum,{line}" for line in lines)]))
    (folder / "balances.csv").write_text(
        "chain,address,asset,block_number,block_time,amount\n"
        f"ethereum,{THIEF},{USDT},10945000,2020-09-27T14:10:00Z,{STOLEN - SPENT + DUST - LOST}\n"
        f"ethereum,{PAIR},{COIN},9000000,2020-04-01T00:00:00Z,{10**21}\n"
    )
    text = (sample_dir() / "clawback.toml").read_text()
    text = text.replace('"sample:labels"', '"labels"').replace("2020-11-13", last_day)
    for name, connector, more in (
        ("swap", "transfer_files", ', mapping = "mapping.yml"'),
        ("events", "event_files", ""),
        ("balances", "balance_files", ""),
    ):
        path = name if name == "events" else f"{name}.csv"
        text += f'\n[[sources]]\nname = "{name}"\nconnector = "{connector}"\n'
        text += f'options = {{ path = "{path}"{more} }}\n'
    (folder / "clawback.toml").write_text(text)
    return folder / "clawback.toml"
