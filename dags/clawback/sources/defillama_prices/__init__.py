"""Prices by contract, from DefiLlama's coins service."""
