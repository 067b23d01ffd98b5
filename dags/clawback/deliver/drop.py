"""Lay a release's rows into the lake for programs that fetch them."""

from __future__ import annotations

from clawback.lake import Lake


def drop_key(subscription: str, release: str, form: str) -> str:
    """Give the key of a drop."""
    return f"drops/{subscription}/{release}.{form}"


def drop(lake: Lake, subscription: str, release: str, form: str, data: bytes) -> str:
    """Write a drop once; one that is there already stays as its readers may have seen it."""
    key = drop_key(subscription, release, form)
    lake.create(key, data)
    return key
