"""SQL that shows an extraction's bytes as text: views for DuckDB, so that the files keep the quick form."""

from __future__ import annotations

from typing import Final

from clawback.chains.evm.files import table_names

_BYTES: Final = frozenset(
    {"block_hash", "parent_hash", "miner", "tx_hash", "from_address", "to_address", "address", "data"}
    | {"token_number", "topic0", "topic1", "topic2", "topic3"}
)
_PLACE: Final = ("block_number", "block_time", "tx_hash", "tx_index", "position")
_ASSET: Final = "coalesce('0x' || lower(hex(asset)), 'native') as asset"
_COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "blocks": (
        *("block_number", "block_time", "block_hash", "parent_hash", "miner", "transactions", "gas_used"),
        "base_fee_per_gas",
    ),
    "transfers": (*_PLACE, "kind", "from_address", "to_address", _ASSET, "amount"),
    "nft_transfers": (
        *_PLACE,
        *("part", "standard", "'0x' || lower(hex(contract)) as contract", "from_address", "to_address"),
        *("token_number", "'0x' || lower(hex(amount)) as amount"),
    ),
    "logs": (
        *("block_number", "block_time", "tx_hash", "tx_index", "log_index", "address"),
        *("topic0", "topic1", "topic2", "topic3", "data"),
    ),
    "quarantine": (*_PLACE, "contract", "reason", "says"),
}


def views_sql(chain: str, only_token_transfers: bool) -> str:
    """Text of `views.sql`, one view for each table."""
    lines = ["-- Run in this folder: duckdb -init views.sql", ""]
    for table in table_names(only_token_transfers):
        lines += [f"create or replace view {table} as select", f"    '{chain}' as chain,"]
        lines += [f"    {_shown(column)}," for column in _COLUMNS[table]]
        lines += [f"from read_parquet('{table}/*.parquet');", ""]
    return "\n".join(lines)


def _shown(column: str) -> str:
    return f"'0x' || lower(hex({column})) as {column}" if column in _BYTES else column
