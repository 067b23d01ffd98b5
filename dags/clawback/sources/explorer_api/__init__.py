"""Transfers of some addresses from an Etherscan-compatible explorer."""
