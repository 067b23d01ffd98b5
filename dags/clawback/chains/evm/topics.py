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
FACTS: Final = (
    # freeze: AddedBlackList(address)
    "0x42e160154868087d6bfdc0ca23d96a1c1cfa32f1b72ba9ba27b69b98a0d819dc",
    # freeze: Blacklisted(address)
    "0xffa4e6181777692565cf28528fc88fd1516ea86b56da075235fa575af6a4b855",
    # freeze: BlockPlaced(address)
    "0x406bbf2d8d145125adf1198d2cf8a67c66cc4bb0ab01c37dccd4f7c0aae1e7c7",
    # unfreeze: BlockReleased(address)
    "0x665918c9e02eb2fd85acca3969cb054fc84c138e60ec4af22ab6ef2fd4c93c27",
    # unfreeze: RemovedBlackList(address)
    "0xd7e9ec6e6ecd65492dce6bf513cd6867560d49544421d0783ddf06e76c24470c",
    # unfreeze: UnBlacklisted(address)
    "0x117e3210bb9aa7d9baff172026820255c6f6c30ba8999d1c2fd88e2848137c4e",
    # burn: DestroyedBlackFunds(address,uint256)
    "0x61e6e66b0d6339b2980aecc6ccc0039736791f0ccde9ed512e789a7fbdd698c6",
    # burn: DestroyedBlockedFunds(address,uint256)
    "0x6a2859ae7902313752498feb80a014e6e7275fe964c79aa965db815db1c7f1e9",
    # mixer_deposit: Deposit(bytes32,uint32,uint256)
    "0xa945e51eec50ab98c161376f0db4cf2aeba3ec92755fe2fcd388bdbbb80ff196",
    # mixer_withdrawal: Withdrawal(address,bytes32,address,uint256)
    "0xe9e508bad6d4c3227e881ca19068f099da81b5164dd6d62b2eaf1e8bc6c34931",
    # created: LOG_NEW_POOL(address,address)
    "0x8ccec77b0cb63ac2cafd0f5de8cdfadab91ce656d262240ba8a6343bccc5f945",
    # created: NewExchange(address,address)
    "0x9d42cb017eb05bd8944ab536a8b35bc68085931dd5f4356489801453923953f9",
    # created: PairCreated(address,address,address,uint256)
    "0x0d3648bd0f6ba80134a33ba9275ac585d9d315f0ad8355cddefde31afa28d0e9",
    # created: PoolCreated(address)
    "0x83a48fbcfc991335314e74d0496aab6a1987e992ddc85dddbcc4d6dd6ef2e9fc",
    # created: PoolCreated(address,address,uint24,int24,address)
    "0x783cca1c0412dd0d695e784568c96da2e9c22ff989357a2e8b1d9b2b4e6b7118",
)
"""Events of `chain_events/signatures.yml` that say whose units are frozen, destroyed or mixed, or who created
a contract. Swaps, which prove nothing, and wraps, which are transfers, are left out. No YAML is read here."""
