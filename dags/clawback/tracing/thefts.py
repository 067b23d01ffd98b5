"""What is stolen: which units of which transfers the case files call the theft.

Invariants:
    Role `theft_address`: the net amount of an asset that enters the address by one named (or windowed)
    transaction. Role `source`: the net amount that leaves it. Gas never counts. The last units of the
    transaction make the net amount: what went through the address came first and went on first. Units that
    carry the incident's taint already are part of the net amount and are not stolen again (see
    `lots.steal_last`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from clawback.tracing.order import Transaction
from clawback.tracing.records import SOURCE, THEFT_ADDRESS, Role, Transfer


@dataclass(frozen=True, slots=True)
class Claim:
    """How many of the last units of one transfer a case file calls stolen, by role."""

    by_theft_address: int = 0
    by_source: int = 0

    @property
    def units(self) -> int:
        """Units that either role names; both name the same last ones."""
        return max(self.by_theft_address, self.by_source)

    @property
    def role(self) -> str:
        """The role that the claim rests on; `source` only where nothing else says it."""
        return THEFT_ADDRESS if self.by_theft_address > 0 else SOURCE


Claims = dict[str, dict[int, Claim]]
"""incident -> place of the transfer among those of its asset -> claim."""


class Thefts:
    """The theft roles of all incidents."""

    def __init__(self, roles: Iterable[Role]) -> None:
        self._roles: dict[tuple[str, str], list[Role]] = defaultdict(list)
        for role in roles:
            if role.role in (THEFT_ADDRESS, SOURCE):
                self._roles[role.chain, role.address].append(role)

    def may_concern(self, chain: str, rows: Sequence[Transfer]) -> bool:
        """Whether some transfer touches an address with a theft role: cheap, asked for every transaction."""
        roles = self._roles
        if not roles:
            return False
        return any((chain, row.from_address) in roles or (chain, row.to_address) in roles for row in rows)

    def claims(self, transaction: Transaction, rows: Sequence[Transfer]) -> Claims:
        """Claims on the transfers of one asset of a transaction, in travel order."""
        found: Claims = defaultdict(dict)
        parties = {row.payer for row in rows} | {row.receiver for row in rows}
        for address in sorted(party for party in parties if party is not None):
            # One address may be named by several rows (one a transaction); the net amount counts once.
            named = {
                (role.incident_id, role.role)
                for role in self._roles.get((transaction.chain, address), ())
                if role.covers(transaction.tx_hash, transaction.block_time)
            }
            for incident_id, role in sorted(named):
                for place, units in _net_units(rows, address, role).items():
                    old = found[incident_id].get(place, Claim())
                    if role == THEFT_ADDRESS:
                        new = Claim(max(old.by_theft_address, units), old.by_source)
                    else:
                        new = Claim(old.by_theft_address, max(old.by_source, units))
                    found[incident_id][place] = new
        return {incident_id: places for incident_id, places in found.items() if places}

    def claims_on_outputs(self, transaction: Transaction) -> Claims:
        """Claims on the outputs of a transaction of the UTXO model, by place among them.

        All addresses of one role count together: a wallet spends from many and takes its change to one.
        """
        rows = [*transaction.inputs, *transaction.outputs]
        if not self._roles or not rows or not self.may_concern(transaction.chain, rows):
            return {}
        named: dict[tuple[str, str], set[str]] = defaultdict(set)
        for address in {row.from_address for row in transaction.inputs} | {
            row.to_address for row in transaction.outputs if row.to_address is not None
        }:
            for role in self._roles.get((transaction.chain, address), ()):
                if role.covers(transaction.tx_hash, transaction.block_time):
                    named[role.incident_id, role.role].add(address)
        found: Claims = defaultdict(dict)
        for (incident_id, role_name), addresses in sorted(named.items()):
            for place, units in _net_outputs(transaction, addresses, role_name).items():
                old = found[incident_id].get(place, Claim())
                found[incident_id][place] = (
                    Claim(units, old.by_source)
                    if role_name == THEFT_ADDRESS
                    else Claim(old.by_theft_address, units)
                )
        return {incident_id: places for incident_id, places in found.items() if places}


def _net_outputs(transaction: Transaction, addresses: set[str], role: str) -> dict[int, int]:
    spent = sum(row.amount for row in transaction.inputs if row.from_address in addresses)
    own = [row.to_address in addresses for row in transaction.outputs]
    kept = sum(row.amount for row, is_own in zip(transaction.outputs, own, strict=True) if is_own)
    made = sum(row.amount for row in transaction.outputs)
    fee = max(0, sum(row.amount for row in transaction.inputs) - made)
    left = kept - spent if role == THEFT_ADDRESS else spent - kept - fee
    units: dict[int, int] = {}
    for place in range(len(own) - 1, -1, -1):
        if left <= 0:
            break
        if own[place] == (role == THEFT_ADDRESS) and transaction.outputs[place].amount:
            units[place] = min(left, transaction.outputs[place].amount)
            left -= units[place]
    return units


def _net_units(rows: Sequence[Transfer], address: str, role: str) -> dict[int, int]:
    entering: list[int] = []
    leaving: list[int] = []
    for place, row in enumerate(rows):
        if row.kind == "fee" or row.payer == row.receiver:
            continue
        if row.receiver == address:
            entering.append(place)
        elif row.payer == address:
            leaving.append(place)
    wanted, other = (entering, leaving) if role == THEFT_ADDRESS else (leaving, entering)
    left = sum(rows[place].amount for place in wanted) - sum(rows[place].amount for place in other)
    units: dict[int, int] = {}
    for place in reversed(wanted):
        if left <= 0:
            break
        units[place] = min(left, rows[place].amount)
        left -= units[place]
    return {place: amount for place, amount in units.items() if amount > 0}
