"""Turns ledgers and flows into rows of the tables that leave the tracer.

Layout:
    Rows of `flows`, `holdings` and `totals` as in `clawback.schemas`. Totals are cumulative: what holds
    at the end of the day. `held` leaves out what is `frozen`; the two are the tainted units that lie in
    holdings. `unseen_inflow` is a memo beside them: clean units paid by followed holdings that were not
    seen to get them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Set
from itertools import tee
from typing import Any, Final

from clawback.schemas import MAX_AMOUNT
from clawback.tracing.flows import HELD, Flow
from clawback.tracing.ledger import STOLEN, UNSEEN_INFLOW, Ledger
from clawback.tracing.records import HoldingKey

FROZEN: Final = "frozen"


def flow_rows(flows: Iterable[Flow]) -> Iterator[dict[str, Any]]:
    """One row per transfer that carried taint, and incident."""
    for flow in flows:
        transfer, label = flow.transfer, flow.label
        yield {
            "incident_id": flow.incident_id,
            "method": flow.method,
            "hop": flow.hop,
            "chain": transfer.chain,
            "block_number": transfer.block_number,
            "tx_index": transfer.tx_index,
            "position": transfer.position,
            "block_time": transfer.block_time,
            "tx_hash": transfer.tx_hash,
            "kind": transfer.kind,
            "from_address": transfer.from_address,
            "to_address": transfer.to_address,
            "asset": transfer.asset,
            "amount": transfer.amount,
            "tainted_amount": flow.tainted,
            "outcome": flow.outcome,
            "theft_role": flow.theft_role,
            "label_entity": None if label is None else label.entity,
            "label_source": None if label is None else label.source,
            "label_confidence": None if label is None else label.confidence,
            "converted_asset": flow.converted_asset,
            "converted_amount": flow.converted_amount,
            "basis": flow.basis,
            "order_quality": transfer.order_quality,
        }


def day_flow_rows(flows: Iterable[Flow]) -> Iterator[dict[str, Any]]:
    """The same as rows of `DAY_FLOWS`."""
    flows, same = tee(flows)
    for flow, row in zip(flows, flow_rows(same), strict=True):
        yield row | {"stolen_amount": flow.fresh}


def holding_rows(ledgers: Iterable[Ledger], frozen: Set[HoldingKey]) -> Iterator[dict[str, Any]]:
    """One row per address and asset that carries taint, ordered by incident, chain, address and asset."""
    for ledger in ledgers:
        rows: dict[HoldingKey, tuple[int, int]] = {}
        for key, holding in ledger.held():
            place = (key[0], ledger.address_of(key), key[2])
            amount, hop = rows.get(place, (0, holding.smallest_hop() or 0))
            rows[place] = amount + holding.tainted, min(hop, holding.smallest_hop() or 0)
        for place in sorted(rows):
            yield {
                "incident_id": ledger.incident_id,
                "method": ledger.method.name,
                "chain": place[0],
                "address": place[1],
                "asset": place[2],
                "tainted_amount": min(rows[place][0], MAX_AMOUNT),
                "category": FROZEN if place in frozen else HELD,
                "hop": rows[place][1],
            }


def total_rows(ledgers: Iterable[Ledger], frozen: Set[HoldingKey]) -> Iterator[dict[str, Any]]:
    """One row per sum that is not 0, ordered by incident, chain, asset and measure."""
    for ledger in ledgers:
        sums: dict[tuple[str, str, str], int] = defaultdict(int, ledger.sums)
        for key, holding in ledger.held():
            chain, _, asset = key
            place = (chain, ledger.address_of(key), asset)
            sums[chain, asset, FROZEN if place in frozen else HELD] += holding.tainted
            sums[chain, asset, STOLEN] += 0
        for chain, asset, measure in sorted(sums):
            amount = sums[chain, asset, measure]
            # Clean units, and what poison counts, can be more than any stolen sum: such a figure says
            # "at least".
            if measure == UNSEEN_INFLOW or not ledger.method.conserves:
                amount = min(amount, MAX_AMOUNT)
            if amount > 0 or measure == STOLEN:
                yield {
                    "incident_id": ledger.incident_id,
                    "method": ledger.method.name,
                    "chain": chain,
                    "asset": asset,
                    "measure": measure,
                    "amount": amount,
                }
