"""How a file's columns mean transfers where no mapping says it: by their names."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Final, TypeVar

from clawback.errors import ClawbackError
from clawback.sources.tabular import Table
from clawback.tables.addresses import normalise_address, normalise_asset, normalise_tx_hash
from clawback.tables.exact import parse_integer, parse_number, parse_time, to_base_units
from clawback.tables.transfers import FEE, LOG_BASE
from clawback.tracing.given_cells import Form, Row
from clawback.tracing.given_mapped_columns import KINDS
from clawback.tracing.given_rows import told_columns
from clawback.tracing.records import UTXO_KINDS

Read = TypeVar("Read")
USD: Final = "usd"
USD_DECIMALS: Final = 18
USD_COLUMNS: Final = ("timestamp", "block_number", "tx_hash", "from_address", "to_address", "value_usd")
TABLE_COLUMNS: Final = (
    "chain", "block_time", "tx_hash", "kind", "position", "from_address", "to_address", "asset", "amount",
)  # fmt: skip
MAY_LACK: Final = frozenset({"chain", "position"})
"""Of those columns: the chain can be named beside the file, an order inside a transaction may be unknown."""
QUALITIES: Final = ("exact", "time")
UNIX_TIMES: Final = {10: "unix_seconds", 13: "unix_milliseconds"}
"""By the number of digits: those of all chains have so many."""
_POINT: Final = re.compile(r"(?<=[0-9])[.]0+$")
OPTIONAL_COLUMNS: Final = ("block_number", "tx_index", "outpoint", "order_quality")


def named_form(file: Path, table: Table, chain: str) -> Form:
    """What the cells of a file mean, by the names of its columns.

    Args:
        file: named in errors.
        table: the opened file.
        chain: where no column says it.

    Raises:
        ClawbackError: the columns are not understood, or amounts have lost digits.
    """
    own = _by_our_names(table.columns)
    names = own.keys()
    if names >= set(TABLE_COLUMNS) - MAY_LACK:
        if own["amount"] in table.floats:
            raise ClawbackError(
                "the column 'amount' is floating point: its amounts have lost digits", where=str(file)
            )
        is_positioned = "position" in names
        fixed: Row = {} if "chain" in names else {"chain": chain}
        kinds = KINDS - UTXO_KINDS
        if not is_positioned:
            fixed |= {"position": LOG_BASE, "order_quality": "time"}
            # A fee comes first in its transaction, whether or not the file says so.
            kinds -= {"fee"}
        return Form(
            own, fixed, kinds, 0, is_positioned, False, lambda cells: _table_row(_ours(cells, own), chain)
        )
    if names >= set(USD_COLUMNS):
        fixed = {
            "tx_index": None,
            "position": LOG_BASE,
            "kind": "token",
            "asset": USD,
            "outpoint": None,
            "order_quality": "time",
        }
        if "chain" not in names:
            fixed["chain"] = chain
        return Form(
            own | {"block_time": own["timestamp"], "amount": own["value_usd"]},
            fixed,
            frozenset(),
            USD_DECIMALS,
            False,
            True,
            lambda cells: _usd_row(_ours(cells, own), chain),
        )
    raise _not_understood(file, table.columns)


def _by_our_names(columns: Sequence[str]) -> dict[str, str]:
    """Names of columns as we write them -> as the file does, where capitals are all that differs."""
    own = {name.lower(): name for name in columns}
    return own if len(own) == len(columns) else {name: name for name in columns}


def _ours(cells: dict[str, str], own: Mapping[str, str]) -> dict[str, str]:
    return {name: cells[theirs] for name, theirs in own.items()}


def _not_understood(file: Path, columns: Sequence[str]) -> ClawbackError:
    forms = {
        "the transfers table": [name for name in TABLE_COLUMNS if name not in MAY_LACK],
        "a file of dollar amounts": USD_COLUMNS,
    }
    lacking = {what: [name for name in form if name not in columns] for what, form in forms.items()}
    nearest = min(lacking, key=lambda what: len(lacking[what]))
    cause = told_columns(columns)
    if len(lacking[nearest]) < len(forms[nearest]):
        cause += f"; of {nearest} it lacks " + ", ".join(map(repr, lacking[nearest]))
    return ClawbackError(
        "the columns of the file are not understood",
        where=str(file),
        cause=cause,
        remedy=f"write a --mapping, or name them {', '.join(TABLE_COLUMNS)} (and, where known,"
        f" {', '.join(OPTIONAL_COLUMNS)}), or {', '.join(USD_COLUMNS)}",
    )


def _table_row(cells: dict[str, str], chain: str) -> Row:
    chain, kind = cells.get("chain", chain).strip(), cells["kind"].strip()
    if kind not in KINDS:
        raise ValueError(f"'{kind[:40]}' is no kind of transfer ({', '.join(sorted(KINDS))})")
    block_number, tx_index = _whole(cells, "block_number", 2**62), _whole(cells, "tx_index", 2**31 - 1)
    position = _whole(cells, "position", 2**62)
    if position is None and kind == "fee":
        position = FEE
    if position is None and kind in UTXO_KINDS:
        raise ValueError(f"a {kind} needs its position: by it the inputs are cut into the outputs")
    outpoint = cells.get("outpoint", "").strip().lower() or None
    if outpoint is None and kind == "utxo_in":
        # Without it the output that it spends would seem to lie there for ever.
        raise ValueError("a utxo_in needs its outpoint, transaction:place of the output that it spends")
    is_known = block_number is not None and tx_index is not None
    quality = cells.get("order_quality", "").strip() or ("exact" if is_known else "time")
    if quality not in QUALITIES:
        raise ValueError(f"order_quality '{quality[:40]}' is not {' or '.join(QUALITIES)}")
    # An output of the UTXO model comes from its transaction, an input goes into it.
    is_made = kind == "utxo_out" and not cells["from_address"].strip()
    return {
        "chain": chain,
        "block_number": block_number,
        "block_time": _cell(cells, "block_time", _time),
        "tx_hash": _cell(cells, "tx_hash", lambda text: normalise_tx_hash(text, chain)),
        "tx_index": tx_index,
        "position": LOG_BASE if position is None else position,
        "kind": kind,
        "from_address": "" if is_made else _address(cells, "from_address", chain),
        "to_address": _address(cells, "to_address", chain) if cells["to_address"].strip() else None,
        "asset": _cell(cells, "asset", lambda text: normalise_asset(text, chain)),
        "amount": _cell(cells, "amount", lambda text: to_base_units(parse_number(text), 0)),
        "outpoint": outpoint,
        "order_quality": "time" if position is None else quality,
        "_positioned": position is not None,
    }


def _usd_row(cells: dict[str, str], chain: str) -> Row:
    chain = cells.get("chain", chain).strip()
    return {
        "chain": chain,
        "block_number": _whole(cells, "block_number", 2**62),
        "block_time": _cell(cells, "timestamp", _time),
        "tx_hash": _cell(cells, "tx_hash", lambda text: normalise_tx_hash(text, chain)),
        "tx_index": None,
        "position": LOG_BASE,
        "kind": "token",
        "from_address": _address(cells, "from_address", chain),
        "to_address": _address(cells, "to_address", chain),
        "asset": USD,
        "amount": _cell(cells, "value_usd", lambda text: to_base_units(_dollars(text), USD_DECIMALS)),
        "outpoint": None,
        "order_quality": "time",
        "_positioned": False,
    }


def _cell(cells: Mapping[str, str], name: str, read: Callable[[str], Read]) -> Read:
    """Reads a cell; where it cannot be read, says which one and what stands there."""
    try:
        return read(cells[name])
    except ValueError as error:
        raise ValueError(f"{name} {cells[name].strip()[:70]!r}: {error}") from error


def _address(cells: Mapping[str, str], name: str, chain: str) -> str:
    return _cell(cells, name, lambda text: normalise_address(text.strip(), chain))


def _time(text: str) -> datetime:
    """A time with its day and hour, or seconds or milliseconds since 1970."""
    digits = len(text.strip()) if text.strip().isdecimal() else 0
    return parse_time(text, UNIX_TIMES.get(digits, "iso8601"))


def _dollars(text: str) -> Decimal:
    """A value in dollars; what a computed one has beyond 10^-18 is rounded, for no such part is anybody's."""
    number = Decimal(parse_number(text))
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -USD_DECIMALS:
        with localcontext(prec=100):
            return number.quantize(Decimal(1).scaleb(-USD_DECIMALS))
    return number


def _whole(cells: dict[str, str], name: str, most: int) -> int | None:
    # Where numbers lack in a column, some tools write all of them with a point.
    text = _POINT.sub("", cells.get(name, "").strip())
    return parse_integer(text, name, most) if text else None
