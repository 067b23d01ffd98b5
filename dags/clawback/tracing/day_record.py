"""The record of a day's traces: which manifest each method left, under one key.

Layout:
    trace/_days/dt=D/<hash>.json: {"day", "tables", "methods": {name: key of its manifest}}. Traces of one
    method form a chain of days of their own (`previous` in the manifest); the record ties the newest links
    together, so that what is built from a day can never mix methods of different inputs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from clawback.errors import ClawbackError
from clawback.hashing import canonical_json, short_hash
from clawback.lake import Lake

RECORDS: Final = "trace/_days"


def write_day_record(lake: Lake, day: str, tables_key: str, methods: Mapping[str, str]) -> str:
    """Leaves the record of a day's traces, and gives its key; the same traces have the same key.

    Args:
        lake: where the traces are.
        day: the day, YYYY-MM-DD.
        tables_key: key of the record of the day's tables.
        methods: method -> key of the manifest of its trace.
    """
    record = {"day": day, "tables": tables_key, "methods": dict(sorted(methods.items()))}
    key = f"{RECORDS}/dt={day}/{short_hash(record)}.json"
    if not lake.exists(key):
        lake.put(key, canonical_json(record))
    return key


def read_methods(lake: Lake, key: str) -> dict[str, str]:
    """Methods of a day's record, with the key of the manifest of each.

    Raises:
        ClawbackError: there is no such record, or it names no method.
    """
    record = json.loads(lake.read(key))
    methods = record.get("methods") if isinstance(record, dict) else None
    if not isinstance(methods, dict) or not methods:
        raise ClawbackError(
            "the record of a day's traces names no method",
            where=key,
            remedy="trace the day again: `clawback run --from <day> --to <day>`",
        )
    return {str(name): str(manifest) for name, manifest in sorted(methods.items())}
