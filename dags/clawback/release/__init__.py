"""Immutable releases, their publication records and the one pointer."""
