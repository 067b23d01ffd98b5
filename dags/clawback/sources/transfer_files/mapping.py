"""The mapping file: which column means what, in which unit and format.

Layout:
    version: 1
    chain: ethereum
    rows: native_transactions | internal_transfers | token_transfers | transfers
    columns: {tx_hash: "Transaction Hash", ...}      our name: the file's
    amount_unit: base | decimal                      decimal is scaled by the decimals
    decimals: 18                                     where no column has them
    decimals_of: {0xdac1..: 6}                       of single assets, before all others
    native_values: ["", 0xeeee..]                    of the asset column: what means the chain's own coin
    thousands: ","                                   groups the digits of amounts
    time_format: iso8601 | unix_seconds | unix_milliseconds | a strptime pattern
    address_form: evm | base58check | bech32
    failed_values: [failed]  ok_values: [ok]         of the status column
    delimiter: ";"   unique: true   ignore: [Method]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from clawback.errors import ClawbackError
from clawback.tables.addresses import FORMS, FORMS_OF_CHAIN, normalise_asset
from clawback.tables.exact import MAX_DECIMALS, parse_integer

_REQUIRED: Final = {
    "native_transactions": {"tx_hash", "block_time", "from_address", "to_address", "amount"},
    "internal_transfers": {"tx_hash", "block_time", "from_address", "to_address", "amount"},
    "token_transfers": {"tx_hash", "block_time", "from_address", "to_address", "asset", "amount"},
    "transfers": {
        "tx_hash", "block_time", "from_address", "to_address", "asset", "amount", "kind", "position",
    },
}  # fmt: skip
# Explorers write what one address got and what it gave in two columns.
_ORDER: Final = {"block_number", "block_hash", "tx_index", "status", "amount_out"}
_OPTIONAL: Final = {
    "native_transactions": _ORDER | {"gas_used", "gas_price", "fee", "contract_address"},
    "internal_transfers": _ORDER | {"contract_address"},
    "token_transfers": _ORDER | {"log_index", "symbol", "decimals"},
    "transfers": _ORDER | {"outpoint", "symbol", "decimals"},
}
_KEYS: Final = frozenset(
    [
        "version",
        "chain",
        "rows",
        "columns",
        "amount_unit",
        "decimals",
        "decimals_of",
        "native_values",
        "thousands",
        "time_format",
        "address_form",
        "failed_values",
        "ok_values",
        "delimiter",
        "unique",
        "ignore",
    ]
)


@dataclass(frozen=True)
class Mapping:
    """A checked mapping file."""

    chain: str
    rows: str
    columns: dict[str, str]
    amount_unit: str
    decimals: int | None
    decimals_of: dict[str, int]
    native_values: frozenset[str]
    thousands: str
    time_format: str
    address_form: str
    failed_values: frozenset[str]
    ok_values: frozenset[str] | None
    delimiter: str
    unique: bool
    ignore: frozenset[str]

    def check_columns(self, found: tuple[str, ...], where: str) -> None:
        """Every mapped column must be there, and every column that is there mapped or ignored.

        Raises:
            ClawbackError: names the columns.
        """
        mapped = set(self.columns.values())
        if missing := sorted(mapped - set(found)):
            raise ClawbackError(
                f"the file has no column {', '.join(map(repr, missing))}",
                where=where,
                cause="its columns are " + ", ".join(map(repr, found[:50])),
                remedy="correct 'columns' in the mapping",
            )
        if unknown := [name for name in found if name not in mapped and name not in self.ignore]:
            raise ClawbackError(
                f"the mapping does not say what the column {', '.join(map(repr, unknown))} is",
                where=where,
                remedy="map it under 'columns', or name it under 'ignore'",
            )


def parse_mapping(value: Any, where: str) -> Mapping:
    """Check what a mapping file says.

    Args:
        value: the file read without guessing: mappings, lists and text.
        where: its name, for errors.

    Raises:
        ClawbackError: everything that is wrong with it.
    """
    if not isinstance(value, dict):
        raise ClawbackError("the mapping file is no mapping", where=where)
    problems = [f"unknown key '{key}'" for key in sorted(value.keys() - _KEYS)]
    rows = value.get("rows")
    if value.get("version") != "1":
        problems.append("version must be 1")
    if not isinstance(rows, str) or rows not in _REQUIRED:
        problems.append(f"rows must be one of {', '.join(_REQUIRED)}")
        raise _wrong(problems, where)
    chain = value.get("chain")
    if not isinstance(chain, str) or chain not in FORMS_OF_CHAIN:
        problems.append(f"chain must be one of {', '.join(sorted(FORMS_OF_CHAIN))}")
    columns = value.get("columns")
    if not isinstance(columns, dict) or not all(isinstance(name, str) and name for name in columns.values()):
        problems.append("columns must give for each of our names the file's")
        raise _wrong(problems, where)
    problems += [f"columns lacks {name}" for name in sorted(_REQUIRED[rows] - columns.keys())]
    allowed = _REQUIRED[rows] | _OPTIONAL[rows]
    problems += [f"columns knows no {name} for {rows}" for name in sorted(columns.keys() - allowed)]
    if ("gas_used" in columns) != ("gas_price" in columns):
        problems.append("gas_used and gas_price go together")
    if "gas_used" in columns and "fee" in columns:
        problems.append("fee is gas_used times gas_price: map one of the two")
    problems += _choices(value, columns)
    decimals_of, wrong = _decimals_of(value.get("decimals_of", {}), chain)
    problems += wrong
    decimals = value.get("decimals")
    if decimals is not None and not (str(decimals).isdecimal() and int(decimals) <= MAX_DECIMALS):
        problems.append(f"decimals must be from 0 to {MAX_DECIMALS}")
    # The chain's own coin has decimals that everybody knows.
    has_decimals = (
        decimals is not None or bool(decimals_of) or "decimals" in columns or "asset" not in columns
    )
    if value.get("amount_unit") == "decimal" and not has_decimals:
        problems.append("amount_unit decimal needs decimals, fixed, as a column or under decimals_of")
    if problems:
        raise _wrong(problems, where)
    return Mapping(
        chain=str(chain),
        rows=rows,
        columns=dict(columns),
        amount_unit=value["amount_unit"],
        decimals=None if decimals is None else int(decimals),
        decimals_of=decimals_of,
        native_values=frozenset(word.lower() for word in value.get("native_values", [])),
        thousands=value.get("thousands", ""),
        time_format=value["time_format"],
        address_form=value["address_form"],
        failed_values=frozenset(value.get("failed_values", [])),
        ok_values=frozenset(value["ok_values"]) if "ok_values" in value else None,
        delimiter=value.get("delimiter", ","),
        unique=value.get("unique", "false") == "true",
        ignore=frozenset(value.get("ignore", [])),
    )


def _choices(value: dict[str, Any], columns: dict[str, str]) -> list[str]:
    problems = []
    if value.get("amount_unit") not in ("base", "decimal"):
        problems.append("amount_unit must be base or decimal")
    time_format = value.get("time_format")
    if time_format not in ("iso8601", "unix_seconds", "unix_milliseconds") and "%" not in str(time_format):
        problems.append("time_format must be iso8601, unix_seconds, unix_milliseconds or a strptime pattern")
    form = value.get("address_form")
    if not isinstance(form, str) or form not in FORMS:
        problems.append(f"address_form must be one of {', '.join(sorted(FORMS))}")
    if value.get("unique", "false") not in ("true", "false"):
        problems.append("unique must be true or false")
    delimiter = value.get("delimiter", ",")
    if not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '"\r\n':
        problems.append("delimiter must be one character")
    thousands = value.get("thousands", ",")
    if not isinstance(thousands, str) or len(thousands) != 1 or thousands.isalnum() or thousands in ".+-":
        problems.append("thousands must be the one character that groups digits")
    if "native_values" in value and "asset" not in columns:
        problems.append("native_values needs an asset column")
    for name in ("failed_values", "ok_values", "ignore", "native_values"):
        words = value.get(name, [])
        if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
            problems.append(f"{name} must be a list")
    if ("failed_values" in value or "ok_values" in value) and "status" not in columns:
        problems.append("failed_values and ok_values need a status column")
    if "status" in columns and "failed_values" not in value:
        problems.append("a status column needs failed_values")
    return problems


def _decimals_of(value: Any, chain: Any) -> tuple[dict[str, int], list[str]]:
    if not value:
        return {}, []
    if not isinstance(value, dict) or not isinstance(chain, str):
        return {}, ["decimals_of must give decimals by asset"]
    found: dict[str, int] = {}
    problems = []
    for asset, decimals in value.items():
        try:
            found[normalise_asset(asset, chain)] = parse_integer(str(decimals), "decimals", MAX_DECIMALS)
        except ValueError as error:
            problems.append(f"decimals_of {asset!r}: {error}")
    return found, problems


def _wrong(problems: list[str], where: str) -> ClawbackError:
    return ClawbackError(
        "the mapping file is wrong", where=where, cause="; ".join(problems), remedy="mend the named keys"
    )
