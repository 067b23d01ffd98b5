"""Column types of `nft_transfers`: tokens with a number, for a number is no amount."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from clawback.schemas.columns import TIME, required

_ADDRESS: Final = pa.binary(20)
_HASH: Final = pa.binary(32)

NFT_TRANSFERS: Final = pa.schema(
    [
        required("chain", pa.string()),
        required("block_number", pa.int64()),
        required("block_time", TIME),
        required("tx_hash", _HASH),
        required("tx_index", pa.int32()),
        required("position", pa.int64()),  # as of transfers: 1,000,000 + log index
        required("part", pa.int32()),  # counts the token numbers of one batch transfer, from 0
        required("standard", pa.string()),  # erc721 | erc1155
        required("contract", _ADDRESS),
        required("from_address", _ADDRESS),  # all zeros where the token was made
        required("to_address", _ADDRESS),  # all zeros where it was destroyed
        # Both are of 256 bits, which no exact number of Parquet holds: their decimal digits.
        required("token_id", pa.string()),
        required("quantity", pa.string()),  # of an ERC-721 always 1
        required("source", pa.string()),
        required("known_date", pa.date32()),
    ]
)
