"""Turn rows of the status mart into what people are shown: parts, shares, changes, coverage in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from clawback.deliver.wording import counted, pct, share, usd, usd_change

PARTS: Final = (
    ("held_usd", "Still held", "held"),
    ("frozen_usd", "Frozen", "frozen"),
    ("returned_usd", "Returned", "victim"),
    ("at_exchanges_usd", "At exchanges", "exchange"),
    ("at_brokers_usd", "At brokers", "broker"),
    ("mixed_usd", "Mixed", "mixer"),
    ("bridged_usd", "Bridged", "bridge"),
    ("at_issuers_usd", "At issuers", "issuer"),
    ("burned_usd", "Burned", "burned"),
    ("fees_usd", "Network fees", "fee"),
    ("dust_usd", "Below the dust limit", "dust"),
    ("unseen_outflow_usd", "Left unseen", "unseen_outflow"),
)
"""The parts that sum to what was stolen: column, name, colour."""

STATUS_COLUMNS: Final = (
    "incident_id",
    "day",
    "method",
    "victim",
    "stolen_usd_at_theft",
    "stolen_usd_now",
    *(column for column, _, _ in PARTS),
)

_VERIFICATION: Final = {
    "observed": "All units add up: what was stolen equals where it is, to the base unit.",
    "reported_only": "Nothing of this theft is traced; all that is known is what was reported.",
    "not_conserved": "The units do not add up; do not rely on these figures.",
}

_REPORTED: Final = (
    ("reported_frozen_usd", "frozen"),
    ("reported_returned_usd", "returned"),
    ("reported_seized_usd", "seized"),
    ("reported_insured_usd", "covered by insurance, which is no recovery"),
)


@dataclass(frozen=True)
class Part:
    """One part of the stolen sum."""

    name: str
    kind: str
    value: Decimal | None
    share: str
    change: str
    offset_tenths: int
    width_tenths: int


@dataclass(frozen=True)
class Status:
    """The status row of one incident and what follows from it."""

    row: Mapping[str, Any]
    parts: tuple[Part, ...]
    total: Decimal
    total_change: str
    coverage: tuple[str, ...]
    has_previous: bool


def newest_status(rows: Sequence[Mapping[str, Any]], incident: str, day: date) -> Status | None:
    """Give the status of an incident on a day, compared with the day before.

    Args:
        rows: Rows of `rpt_recovery_status_daily`.
        incident: The incident.
        day: The release's day.
    """
    own = [row for row in rows if row["incident_id"] == incident and row["day"] <= day]
    if not own:
        return None
    # The daily table is FIFO's; another method stands in only where a warehouse traces without it.
    method = "fifo" if any(row["method"] == "fifo" for row in own) else min(str(row["method"]) for row in own)
    own = sorted((row for row in own if row["method"] == method), key=lambda row: row["day"])
    today = own[-1]
    before = own[-2] if len(own) > 1 and (today["day"] - own[-2]["day"]).days == 1 else None
    parts, total = _parts(today, before)
    change = usd_change(total - _total(before)) if before else usd_change(None)
    return Status(today, parts, total, change, coverage(today), before is not None)


def _total(row: Mapping[str, Any]) -> Decimal:
    return sum((row[column] or Decimal(0) for column, _, _ in PARTS), Decimal(0))


def _parts(today: Mapping[str, Any], before: Mapping[str, Any] | None) -> tuple[tuple[Part, ...], Decimal]:
    total = _total(today)
    parts = []
    sum_so_far = Decimal(0)
    for column, name, kind in PARTS:
        value = today[column]
        if not value and not (before and before[column]):
            continue
        # Cut at the running sum, so the widths always fill the bar.
        start = _tenths(sum_so_far, total)
        sum_so_far += value or Decimal(0)
        change = (
            usd_change(value - before[column])
            if before and _both(value, before[column])
            else usd_change(None)
        )
        parts.append(
            Part(name, kind, value, share(value, total), change, start, _tenths(sum_so_far, total) - start)
        )
    return tuple(parts), total


def _both(one: Decimal | None, other: Decimal | None) -> bool:
    return one is not None and other is not None


def _tenths(value: Decimal, total: Decimal) -> int:
    return int(value * 10_000 / total) if total else 0


def reported_besides(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Give what was reported beside loss and recovery."""
    return tuple(
        f"{usd(row[column])} USD {name}" for column, name in _REPORTED if row.get(column) is not None
    )


def coverage(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Say in words what a status row covers and what it does not."""
    sentences = []
    if row.get("verification_status") == "reported_only":
        return (_VERIFICATION["reported_only"],)
    traced, affected = row.get("chains_traced_count"), row.get("chains_affected_count")
    if traced is not None and affected is not None:
        missing = affected - traced
        sentences.append(
            f"{traced:,} of {counted(affected, 'chain')} that the theft touched "
            f"{'is' if traced == 1 else 'are'} traced"
            + (f"; what moved on the other {missing:,} is not in these figures." if missing > 0 else ".")
        )
    priced, stolen = row.get("assets_priced_count"), row.get("assets_stolen_count")
    if priced is not None and stolen is not None:
        missing = stolen - priced
        sentences.append(
            f"{priced:,} of {counted(stolen, 'stolen asset')} {'has' if priced == 1 else 'have'} a price"
            + (f"; the rest, {missing:,}, counts in units, not in dollars." if missing > 0 else ".")
        )
    if row.get("time_ordered_pct"):
        sentences.append(
            f"{pct(row['time_ordered_pct'])} of the transfers are ordered by their time alone; "
            "their source names no place in the block."
        )
    if row.get("stolen_by_source_pct"):
        sentences.append(
            f"{pct(row['stolen_by_source_pct'])} of the traced theft is known by whom it left alone; "
            "who got it is not named."
        )
    if row.get("traced_loss_pct") is not None:
        sentences.append(f"The traced and priced part is {pct(row['traced_loss_pct'])} of the loss reported.")
    if row.get("unseen_inflow_usd"):
        sentences.append(
            f"Addresses paid {usd(row['unseen_inflow_usd'])} USD more than they were seen to receive."
        )
    if row.get("frozen_elsewhere_usd"):
        sentences.append(
            f"{usd(row['frozen_elsewhere_usd'])} USD more are reported frozen where nothing is traced."
        )
    if row.get("assets_out_of_range_count"):
        left_out = counted(row["assets_out_of_range_count"], "asset")
        sentences.append(
            f"{left_out} left out: worth more than any real asset, so the price is not believed."
        )
    verification = str(row.get("verification_status") or "")
    if verification in _VERIFICATION:
        sentences.append(_VERIFICATION[verification])
    return tuple(sentences)


def freshness(rows: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, date], ...]:
    """Give the newest day that each kind of source holds."""
    found = []
    for column, name in (
        ("newest_transfer_day", "transfers"),
        ("newest_price_day", "prices"),
        ("newest_report_date", "reports"),
    ):
        days = [row[column] for row in rows if row.get(column) is not None]
        if days:
            found.append((name, max(days)))
    return tuple(found)
