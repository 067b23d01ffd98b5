"""What labels, factories and prices prove of the accounts and assets of a day, for the kernel.

Rules:
    Those of `clawback.tracing.exchanges`. A mark on a holding says that its account is an exchange for every
    incident, or for some of them only; of the others a price may prove it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import lcm

import numpy as np

from clawback.schemas import NATIVE
from clawback.tracing.exchanges import EXCHANGE_LABELS, Creators, Prices
from clawback.tracing.fast.cases import holdings_of, spoken_of
from clawback.tracing.fast.compiled import Bytes
from clawback.tracing.fast.index import DayIndex
from clawback.tracing.fast.plan import DIGITS, TOO_WIDE, Quotes
from clawback.tracing.fast.queues import WIDEST
from clawback.tracing.fast.trades import PROVEN, VARIES
from clawback.tracing.fast.wide import split2
from clawback.tracing.records import Label, Role
from clawback.tracing.sinks import Endings


def mark_exchanges(
    index: DayIndex,
    mark: Bytes,
    labels: Iterable[Label],
    roles: Sequence[Role],
    endings: Endings,
    incidents: Mapping[str, int],
    chain: str,
    created_by: Creators | None,
) -> None:
    """Marks the holdings of accounts that are exchanges by their own label or by that of a creator."""
    said = spoken_of(labels, roles, incidents)
    proven: set[str] = set()
    varying: set[str] = set()
    for address, names in said.items():
        usual = endings.category("", chain, address) in EXCHANGE_LABELS
        if any((endings.category(name, chain, address) in EXCHANGE_LABELS) != usual for name in names):
            varying.add(address)
        elif usual:
            proven.add(address)
    factories = (frozenset(proven), frozenset(varying))
    for (where, address), creators in (created_by or {}).items():
        if where != chain:
            continue
        names = {creators} if isinstance(creators, str) else set(creators)
        if names & factories[0]:
            proven.add(address)
        elif names & factories[1]:
            varying.add(address)
    for addresses, bit in ((proven, PROVEN), (varying, VARIES)):
        for first, last in holdings_of(index.balances.keys, sorted(addresses)):
            mark[first:last] |= bit


def quotes_of(index: DayIndex, prices: Prices | None, chain: str) -> Quotes:
    """Prices of a day's assets, all brought to one denominator."""
    count = len(index.assets)
    quotes = Quotes(
        np.zeros(count, np.uint8), np.zeros((count, 2), np.uint64), np.zeros((2, DIGITS), np.uint64)
    )
    if not prices:
        return quotes
    names = ["0x" + raw.tobytes().hex() if raw.any() else NATIVE for raw in index.assets]
    found = {place: prices[chain, name] for place, name in enumerate(names) if (chain, name) in prices}
    unit = lcm(*(price.denominator for price in found.values()))
    for place, price in found.items():
        number = price.numerator * (unit // price.denominator)
        quotes.known[place] = 1 if 0 <= number <= WIDEST else TOO_WIDE
        if quotes.known[place] == 1:
            quotes.price[place] = split2(number)
    return quotes
