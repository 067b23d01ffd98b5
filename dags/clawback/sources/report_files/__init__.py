"""Curated reports: a text and the claims that people found in it."""
