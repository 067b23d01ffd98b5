"""The hacks feed of DefiLlama."""
