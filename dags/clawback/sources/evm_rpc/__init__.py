"""Transfers of an EVM chain, asked of its nodes."""
