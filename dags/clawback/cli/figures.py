"""The figures of the status table: their words, their order, and what each opens into.

Every column of `rpt_recovery_status_daily` that carries a figure is one of three kinds: units that the tracer
followed (opens into balances and transfers), claims (opens into quotations), or arithmetic over these.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Figure:
    """One figure.

    `parts` are the parts of `fct_incident_balances_daily` that it sums; `claim_types` the claims it rests on;
    `operands` the figures that it is reckoned from; `lists` what else stands behind it (`assets`,
    `by_source`, `events`, `moved`, `unseen`); `formula` says how it is made in words.
    """

    column: str
    title: str
    formula: str
    parts: tuple[str, ...] = ()
    claim_types: tuple[str, ...] = ()
    operands: tuple[str, ...] = ()
    lists: str | None = None
    unit: str = "USD"
    share: str | None = None
    change: str | None = None


_NOW = "traced units, valued at the day's close"

REPORTED: Final = (
    Figure("reported_loss_low_usd", "loss, lowest", "smallest loss claim in USD", claim_types=("loss",)),
    Figure("reported_loss_high_usd", "loss, highest", "largest loss claim in USD", claim_types=("loss",)),
    Figure(
        "reported_loss_chosen_usd",
        "loss, chosen",
        "the loss that most asserters state; see dim_incidents.reported_loss_rule",
        claim_types=("loss",),
    ),
    Figure(
        "reported_recovered_latest_usd",
        "recovered, latest",
        "the recovered claim with the latest as-of date",
        claim_types=("recovered",),
    ),
    Figure(
        "reported_insured_usd",
        "insured",
        "insurance claims; never added to what was recovered",
        claim_types=("insured",),
    ),
)

STOLEN: Final = (
    Figure(
        "stolen_usd_at_theft", "stolen, at theft", "stolen units, valued on the day of the theft", ("stolen",)
    ),
    Figure("stolen_usd_now", "stolen, now", "stolen units, valued at the day's close", ("stolen",)),
)

_BY_SOURCE = "the case file names whom they left (role source), not who got them"

PARTS: Final = (
    Figure("held_usd", "still held", _NOW, ("held",), share="held_pct", change="held_usd_change"),
    Figure("frozen_usd", "frozen", _NOW, ("frozen",)),
    Figure("at_exchanges_usd", "at exchanges", _NOW, ("exchange",)),
    Figure("at_brokers_usd", "at brokers", _NOW, ("broker",)),
    Figure("mixed_usd", "mixed", _NOW, ("mixer",), share="mixed_pct", change="mixed_usd_change"),
    Figure("bridged_usd", "bridged", _NOW, ("bridge",)),
    Figure("at_issuers_usd", "at issuers", _NOW, ("issuer",)),
    Figure("burned_usd", "burned", _NOW, ("burned",)),
    Figure("returned_usd", "returned", _NOW, ("victim",), share="returned_pct", change="returned_usd_change"),
    Figure("fees_usd", "fees", _NOW, ("fee",)),
    Figure("dust_usd", "dust", _NOW, ("dust",)),
    Figure("unseen_outflow_usd", "unseen outflow", _NOW, ("unseen_outflow",)),
)

MORE_REPORTED: Final = (
    Figure(
        "reported_recovered_low_usd",
        "recovered, lowest",
        "smallest recovered claim in USD",
        claim_types=("recovered",),
    ),
    Figure(
        "reported_recovered_high_usd",
        "recovered, highest",
        "largest recovered claim in USD",
        claim_types=("recovered",),
    ),
    Figure(
        "reported_recovered_latest_pct",
        "recovered, latest share",
        "the recovered claim in percent with the latest as-of date",
        claim_types=("recovered",),
        unit="%",
    ),
    Figure("reported_frozen_usd", "frozen, reported", "latest frozen claim in USD", claim_types=("frozen",)),
    Figure(
        "reported_returned_usd",
        "returned, reported",
        "latest returned claim in USD",
        claim_types=("returned",),
    ),
    Figure("reported_seized_usd", "seized, reported", "latest seized claim in USD", claim_types=("seized",)),
)

_CHANGE = "the figure of the day less that of the day before, each at its own day's close"

DERIVED: Final = (
    Figure("held_pct", "share held", "held_usd of stolen_usd_now", ("held",), unit="%"),
    Figure("mixed_pct", "share mixed", "mixed_usd of stolen_usd_now", ("mixer",), unit="%"),
    Figure("returned_pct", "share returned", "returned_usd of stolen_usd_now", ("victim",), unit="%"),
    Figure("held_usd_change", "change of held", _CHANGE, ("held",), operands=("held_usd",)),
    Figure("mixed_usd_change", "change of mixed", _CHANGE, ("mixer",), operands=("mixed_usd",)),
    Figure("returned_usd_change", "change of returned", _CHANGE, ("victim",), operands=("returned_usd",)),
    Figure("moved_today_usd", "moved on the day", "stolen units in the transfers of the day", lists="moved"),
    Figure(
        "moved_today_count",
        "transfers of the day",
        "transfers of the day that carried stolen units",
        lists="moved",
        unit="transfers",
    ),
    Figure(
        "unseen_inflow_usd",
        "unseen inflow",
        "what followed holdings paid beyond what they were seen to receive; beside the parts",
        lists="unseen",
    ),
    Figure(
        "frozen_elsewhere_usd",
        "frozen elsewhere",
        "freezes that case files name on chains or assets that are not traced",
        lists="events",
    ),
)

COVERAGE: Final = (
    Figure(
        "assets_stolen_count",
        "assets stolen",
        "assets that the traced theft took",
        lists="assets",
        unit="assets",
    ),
    Figure(
        "assets_priced_count",
        "assets with a price",
        "stolen assets that have a value on the day",
        lists="assets",
        unit="assets",
    ),
    Figure(
        "assets_priced_pct",
        "share with a price",
        "assets_priced_count of assets_stolen_count",
        operands=("assets_priced_count", "assets_stolen_count"),
        lists="assets",
        unit="%",
    ),
    Figure(
        "assets_out_of_range_count",
        "assets out of range",
        "assets whose value would be 10^20 USD or more; left out of every sum",
        lists="assets",
        unit="assets",
    ),
    Figure(
        "chains_traced_count",
        "chains traced",
        "chains on which stolen units are followed",
        lists="assets",
        unit="chains",
    ),
    Figure(
        "chains_affected_count",
        "chains affected",
        "chains that lost something, by the case file; see dim_incidents.chains_affected",
        unit="chains",
    ),
    Figure(
        "chains_traced_pct",
        "share of chains",
        "chains_traced_count of chains_affected_count",
        operands=("chains_traced_count", "chains_affected_count"),
        unit="%",
    ),
    Figure(
        "time_ordered_pct",
        "ordered by time",
        "flows so far whose source gives no place inside the block: their order rests on time alone",
        unit="%",
    ),
    Figure(
        "stolen_by_source_usd_at_theft",
        "stolen, by source alone",
        f"thefts of which {_BY_SOURCE}, valued on their day",
        lists="by_source",
    ),
    Figure(
        "stolen_by_source_pct",
        "share by source alone",
        f"stolen_by_source_usd_at_theft of stolen_usd_at_theft: {_BY_SOURCE}",
        operands=("stolen_by_source_usd_at_theft", "stolen_usd_at_theft"),
        lists="by_source",
        unit="%",
    ),
    Figure(
        "traced_loss_pct",
        "traced loss",
        "stolen_usd_at_theft of reported_loss_chosen_usd",
        operands=("stolen_usd_at_theft", "reported_loss_chosen_usd"),
        unit="%",
    ),
)

FIGURES: Final = {
    figure.column: figure for figure in (*REPORTED, *MORE_REPORTED, *STOLEN, *PARTS, *DERIVED, *COVERAGE)
}
