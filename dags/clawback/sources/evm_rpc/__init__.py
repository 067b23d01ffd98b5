"""Native and ERC-20 transfers of an EVM chain, asked of a node."""
