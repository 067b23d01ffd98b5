"""First topics of the events that move tokens, and what they are the hash of."""

from __future__ import annotations

from typing import Final

TRANSFER: Final = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
"""Transfer(address,address,uint256): ERC-20 with three topics, ERC-721 with four."""
TRANSFER_SINGLE: Final = "0xc3d58168c5ae7397731d063d5bbf3d657854427343f4c083240f7aacaa2d0f62"
"""TransferSingle(address,address,address,uint256,uint256): ERC-1155."""
TRANSFER_BATCH: Final = "0x4a39dc06d4c0dbc64b70af90fd698a233a518aa5d07e595d983b8c0526c8f7fb"
"""TransferBatch(address,address,address,uint256[],uint256[]): ERC-1155."""
DEPOSIT: Final = "0xe1fffcc4923d04b559f4d29a8bfc6cda04eb5b0d3c460751c2402c5c5cc9109c"
"""Deposit(address,uint256) of a wrapped native asset: units appear without a Transfer."""
WITHDRAWAL: Final = "0x7fcf532c15f0a6db0bd6d0e038bea71d30d808c7d98cb3bf7268a95bf5081b65"
"""Withdrawal(address,uint256) of a wrapped native asset: units vanish without a Transfer."""
