"""What comes from chains and markets: transfers, events, balances, assets, prices, labels."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from clawback.schemas.columns import AMOUNT, IDENTIFIER, PRICE, TIME, optional, required

TRANSFERS: Final = pa.schema(
    [
        required("chain", pa.string()),
        optional("block_number", pa.int64()),
        required("block_time", TIME),
        optional("block_hash", IDENTIFIER),
        required("tx_hash", IDENTIFIER),
        optional("tx_index", pa.int32()),
        required("position", pa.int64()),
        required("kind", pa.string()),  # native internal token fee mint burn utxo_in utxo_out
        required("from_address", IDENTIFIER),
        optional("to_address", IDENTIFIER),  # a fee has none
        required("asset", IDENTIFIER),  # 'native' or the contract
        required("amount", AMOUNT),
        optional("outpoint", pa.string()),
        required("source", pa.string()),
        required("order_quality", pa.string()),  # exact | time
        required("known_date", pa.date32()),
    ]
)

CHAIN_EVENTS: Final = pa.schema(
    [
        required("chain", pa.string()),
        required("block_number", pa.int64()),
        required("block_time", TIME),
        required("tx_hash", IDENTIFIER),
        optional("tx_index", pa.int32()),
        required(
            "position", pa.int64()
        ),  # as of transfers: log 1,000,000 + its index, inner creation 2 + index
        required("kind", pa.string()),  # see EVENT_KINDS
        required("event", pa.string()),  # its name in the contract; `create` where there is no log
        required("emitter", IDENTIFIER),  # the contract that says so; of a creation, who created
        optional("address", IDENTIFIER),  # whom it is about: frozen, burned, created, receiver, depositor
        optional("asset", IDENTIFIER),
        optional("amount", AMOUNT),
        required("parameters", pa.string()),  # all parameters as JSON, numbers as text
        required("source", pa.string()),
        required("known_date", pa.date32()),
    ]
)

EVENT_KINDS: Final = frozenset(
    [
        "freeze",
        "unfreeze",
        "burn",
        "mixer_deposit",
        "mixer_withdrawal",
        "swap",
        "wrap",
        "unwrap",
        "created",
    ]
)

BALANCES: Final = pa.schema(
    [
        required("chain", pa.string()),
        required("address", IDENTIFIER),
        required("asset", IDENTIFIER),
        required("block_number", pa.int64()),  # the state at its end
        required("block_time", TIME),
        required("amount", AMOUNT),
        required("source", pa.string()),
        required("known_date", pa.date32()),
    ]
)

ASSETS: Final = pa.schema(
    [
        required("chain", pa.string()),
        required("asset", pa.string()),
        optional("symbol", pa.string()),
        optional("decimals", pa.int32()),
        required("source", pa.string()),
    ]
)

PRICES: Final = pa.schema(
    [
        required("chain", pa.string()),
        required("asset", pa.string()),
        required("day", pa.date32()),
        required("close_usd", PRICE),
        required("source", pa.string()),
    ]
)

LABELS: Final = pa.schema(
    [
        required("chain", pa.string()),
        required("address", pa.string()),
        required("entity", pa.string()),
        required("category", pa.string()),  # see LABEL_CATEGORIES
        required("confidence", pa.int32()),  # percent, 0..100
        optional("incident_id", pa.string()),  # set where a label serves one incident only (victim)
        optional("valid_from", pa.date32()),
        optional("valid_to", pa.date32()),
        required("source", pa.string()),
        optional("source_url", pa.string()),
    ]
)

LABEL_CATEGORIES: Final = frozenset(
    [
        "exchange",
        "mixer",
        "bridge",
        "issuer",
        "victim",
        "broker",
        "dex",
        "router",
        "wrapper",
        "theft",
        "sanctioned",
        "other",
    ]
)
