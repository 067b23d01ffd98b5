"""Balances that somebody saw, out of files."""
