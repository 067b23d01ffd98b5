"""Figures of an exported file as base units.

Invariants:
    Exact, or turned away with the reason: no digit is lost, and a mark of two meanings is no guess.
"""

from __future__ import annotations

import re

from clawback.schemas import MAX_AMOUNT
from clawback.sources.base import cut_sample
from clawback.sources.transfer_files.mapping import Mapping
from clawback.tables.exact import parse_number, to_base_units


def fee_of(mapping: Mapping, cells: dict[str, str], decimals: int) -> int:
    """What a transaction cost, as the file says it or as gas times price. Raises ValueError."""
    if "fee" in cells:
        return _units(mapping, cells["fee"], decimals)
    if "gas_used" not in cells:
        return 0
    fee = _gas(cells["gas_used"]) * _gas(cells["gas_price"])
    if fee > MAX_AMOUNT:
        raise ValueError("the fee is wider than DECIMAL(38,0)")
    return fee


def amount_of(mapping: Mapping, cells: dict[str, str], decimals: int | None) -> int:
    """What a row moved; where each direction has a column, the one that is set. Raises ValueError."""
    if "amount_out" not in cells:
        return _units(mapping, cells["amount"], decimals)
    came, went = (_units(mapping, cells[name].strip() or "0", decimals) for name in ("amount", "amount_out"))
    if came and went and came != went:
        raise ValueError("two amounts, one in and one out, that differ")
    return came or went


def _units(mapping: Mapping, text: str, decimals: int | None) -> int:
    try:
        number = parse_number(_plain(mapping, text))
        if mapping.amount_unit == "base":
            return to_base_units(number, 0)
        if decimals is None:
            raise ValueError("a decimal amount without decimals")
        return to_base_units(number, decimals)
    except ValueError as error:
        raise ValueError(f"{error}: {cut_sample(text)[:120]}") from error


def _plain(mapping: Mapping, text: str) -> str:
    mark = mapping.thousands
    if not mark or mark not in text:
        return text
    # Groups of other sizes may be decimals after a comma: no guess.
    if not re.fullmatch(rf"[0-9]{{1,3}}({re.escape(mark)}[0-9]{{3}})+([.][0-9]+)?", text.strip()):
        raise ValueError("not grouped by thousands")
    return text.replace(mark, "")


def _gas(text: str) -> int:
    try:
        return to_base_units(parse_number(text), 0)
    except ValueError as error:
        raise ValueError(f"bad gas figure: {error}") from error
