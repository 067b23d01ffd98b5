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
    `formula` says how it is made in words.
    """

    column: str
    title: str
    formula: str
    parts: tuple[str, ...] = ()
    claim_types: tuple[str, ...] = ()
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

FIGURES: Final = {figure.column: figure for figure in (*REPORTED, *STOLEN, *PARTS)}
