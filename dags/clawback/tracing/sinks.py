"""Where a trail ends: labels and case files say which receivers are services, and which are the victim.

Invariants:
    Of the labels of an address that hold on the day and may speak of the incident, the one with the
    highest confidence decides, then the first in the order given. A label that names an incident, and
    every `victim` label, speaks of that incident alone. A case file goes before any label: its `victim`
    and `recovery` addresses are returns, its `theft_address` never ends the trail of its own incident.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from clawback.tracing.records import RETURN_ROLES, THEFT_ADDRESS, Label, Role, Transfer

LABEL_SINKS: Final = frozenset({"exchange", "mixer", "bridge", "issuer", "broker", "victim"})
RETURN: Final = "victim"
BURNED: Final = "burned"
FEE: Final = "fee"
DUST: Final = "dust"
UNSEEN_OUTFLOW: Final = "unseen_outflow"


@dataclass(frozen=True, slots=True)
class Ending:
    """The sink that a receiver is, and the label that says so (none where a case file does)."""

    sink: str
    label: Label | None = None


class Endings:
    """All endings of one day, for all incidents."""

    def __init__(self, labels: Iterable[Label], roles: Iterable[Role], day: date) -> None:
        self._labels: dict[tuple[str, str], list[Label]] = defaultdict(list)
        for label in labels:
            if label.is_valid_on(day):
                self._labels[label.chain, label.address].append(label)
        for held in self._labels.values():
            held.sort(key=lambda label: -label.confidence)
        self._thieves: set[tuple[str, str, str]] = set()
        self._returns: dict[tuple[str, str, str], list[Role]] = defaultdict(list)
        for role in roles:
            key = (role.incident_id, role.chain, role.address)
            if role.role == THEFT_ADDRESS:
                self._thieves.add(key)
            elif role.role in RETURN_ROLES:
                self._returns[key].append(role)

    def at_receipt(
        self, incident_id: str, chain: str, address: str, tx_hash: str, time: datetime
    ) -> Ending | None:
        """The ending of units of an incident that reach an address by a transaction."""
        roles = self._returns.get((incident_id, chain, address), ())
        if any(role.covers(tx_hash, time) for role in roles):
            return Ending(RETURN)
        return self._by_label(incident_id, chain, address)

    def of_holding(self, incident_id: str, chain: str, address: str) -> Ending | None:
        """The ending of units that lie at an address already, whatever brought them."""
        roles = self._returns.get((incident_id, chain, address), ())
        if any(role.is_open for role in roles):
            return Ending(RETURN)
        return self._by_label(incident_id, chain, address)

    def category(self, incident_id: str, chain: str, address: str) -> str | None:
        """The category that the deciding label of an address names, for one incident."""
        label = self._deciding(incident_id, chain, address)
        return None if label is None else label.category

    def _by_label(self, incident_id: str, chain: str, address: str) -> Ending | None:
        label = self._deciding(incident_id, chain, address)
        if label is None or label.category not in LABEL_SINKS:
            return None
        return Ending(label.category, label)

    def _deciding(self, incident_id: str, chain: str, address: str) -> Label | None:
        labels = self._labels.get((chain, address))
        if labels is None or (incident_id, chain, address) in self._thieves:
            return None
        for label in labels:
            alone = label.incident_id is not None or label.category == RETURN
            if not alone or label.incident_id == incident_id:
                return label
        return None


def sink_without_receiver(row: Transfer) -> str:
    """The sink of units that reach no account."""
    if row.kind == "fee":
        return FEE
    if row.to_address is None and row.kind != "burn":
        return UNSEEN_OUTFLOW
    return BURNED
