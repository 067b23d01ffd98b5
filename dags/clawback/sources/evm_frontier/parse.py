"""Landed blocks as rows of the touching transactions alone, and landed balances as rows.

Invariants:
    Rows of a transaction are those that `evm_rpc` makes of it. What was searched and found is no row.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import msgspec

from clawback.schemas import MAX_AMOUNT
from clawback.sources.base import Options, ParsedPart, QuarantinedRow, cut_sample, read_bytes
from clawback.sources.evm_frontier.kept import BALANCES_NAME, SEARCH_NAME, SeenBalance
from clawback.sources.evm_rpc.parse import parse_blocks

MAX_BYTES: Final = 64 << 20
_BALANCES: Final = msgspec.json.Decoder(list[SeenBalance])


def parse(data: bytes | Path, options: Options, part: str, day: date | None) -> ParsedPart:
    """Read one landed part; see `clawback.sources.base`."""
    name = part.rpartition("/")[2]
    if name == SEARCH_NAME:
        return ParsedPart()
    if name == BALANCES_NAME:
        return _balances(data, options)
    return parse_blocks(data, options, day, frozenset(options["transactions"]))


def _balances(data: bytes | Path, options: Options) -> ParsedPart:
    parsed = ParsedPart()
    # The balance before the first block of a day belongs to it, though its block does not.
    day = date.fromisoformat(options["day"])
    try:
        seen = _BALANCES.decode(read_bytes(data, MAX_BYTES))
    except (msgspec.DecodeError, ValueError) as error:
        parsed.broken = f"no list of balances: {error}"
        return parsed
    for number, one in enumerate(seen, start=1):
        if one.answer is None:
            continue
        amount = int(one.answer, 16)
        if amount > MAX_AMOUNT:
            about = "the amount is wider than DECIMAL(38,0)"
            parsed.quarantined.append(QuarantinedRow("balances", number, about, cut_sample(one), day))
            continue
        parsed.add(
            "balances",
            {
                "chain": options["chain"],
                "address": one.address,
                "asset": one.asset,
                "block_number": one.block,
                "block_time": datetime.fromtimestamp(one.seconds, tz=UTC),
                "amount": amount,
                "_day": day,
            },
        )
    return parsed
