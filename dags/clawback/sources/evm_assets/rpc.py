"""JSON-RPC in batches whose answers are landed as they came."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from clawback.sources.http import Answer, HttpClient

Call = tuple[str, str, list[Any]]
"""Id, method, parameters."""


def ask(http: HttpClient, url: str, calls: Sequence[Call]) -> Answer:
    """Send calls as one batch."""
    body = [
        {"jsonrpc": "2.0", "id": name, "method": method, "params": params} for name, method, params in calls
    ]
    return http.post_json(url, json.dumps(body, separators=(",", ":")).encode())
