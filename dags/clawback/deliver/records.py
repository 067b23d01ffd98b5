"""Keep book of deliveries, so that each subscription gets each release once.

Layout:
    `deliveries/<release>/<subscription>.json`: `sending` before, `sent` or `unchanged` after.

Invariants:
    Who wants to send takes the record first, by create or conditional replace: of two that begin at the same
    time one sends.
    A crash between taking and noting leaves `sending`: the next call sends again under the same dedupe
    id. That is at least once; exactly once is not to be had over SMTP. Processes of one machine wait for each
    other (see step); one on another machine takes a slow sender for a dead one.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import Any

from clawback.errors import ClawbackError
from clawback.hashing import canonical_json
from clawback.lake import Lake

SENDING = "sending"
SENT = "sent"
UNCHANGED = "unchanged"


@dataclass(frozen=True)
class DeliveryRecord:
    """What is known of one delivery."""

    release: str
    subscription: str
    channel: str
    dedupe_id: str
    state: str
    attempt: int
    started_at: str
    finished_at: str | None = None
    detail: str | None = None


def record_key(release: str, subscription: str) -> str:
    """Give the key of a delivery's record."""
    return f"deliveries/{release}/{subscription}.json"


def read_record(lake: Lake, release: str, subscription: str) -> DeliveryRecord | None:
    """Read what is known of a delivery; None where it was never begun."""
    found = lake.read_versioned(record_key(release, subscription))
    return None if found is None else _parse(found[0], record_key(release, subscription))


def take(lake: Lake, wanted: DeliveryRecord) -> DeliveryRecord | None:
    """Take a delivery for sending; None where it is done already.

    Raises:
        ClawbackError: Another process took it in this moment.
    """
    key = record_key(wanted.release, wanted.subscription)
    found = lake.read_versioned(key)
    if found is None:
        taken = lake.create(key, _write(wanted))
    else:
        present = _parse(found[0], key)
        if present.state != SENDING:
            return None
        # The dedupe id stays the first one, even if the sender's domain was changed since.
        wanted = replace(wanted, attempt=present.attempt + 1, dedupe_id=present.dedupe_id)
        taken = lake.replace(key, _write(wanted), found[1])
    if not taken:
        raise ClawbackError(
            "another process delivers this now", where=key, remedy="run again when it has ended"
        )
    return wanted


def finish(lake: Lake, record: DeliveryRecord, state: str, finished_at: str, detail: str | None) -> None:
    """Note the end of a delivery."""
    done = replace(record, state=state, finished_at=finished_at, detail=detail)
    lake.put(record_key(record.release, record.subscription), _write(done))


def _write(record: DeliveryRecord) -> bytes:
    return canonical_json(asdict(record))


def _parse(data: bytes, key: str) -> DeliveryRecord:
    try:
        found: dict[str, Any] = json.loads(data)
        return DeliveryRecord(**found)
    except (ValueError, TypeError) as error:
        raise ClawbackError("a delivery's record cannot be read", where=key, cause=str(error)) from None
