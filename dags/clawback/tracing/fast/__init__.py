"""Exact FIFO over whole chains: raw bytes, flat arrays and compiled integers, equal to the plain engine."""
