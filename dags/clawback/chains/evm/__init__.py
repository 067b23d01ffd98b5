"""EVM chains from JSON-RPC: transfers of whole block ranges, checked, as columns of fixed bytes."""
