"""Which EVM chains there are: rows of the packaged `chains.toml`, changed and added to by the settings."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from clawback.chains.evm.topics import FACTS
from clawback.chains.names import OTHER_FORMS
from clawback.errors import ClawbackError

_ROWS: Final = Path(__file__).with_name("chains.toml")
_ADDRESS: Final = re.compile(r"0x[0-9a-f]{40}")
_TOPIC: Final = re.compile(r"0x[0-9a-f]{64}")
_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,40}")
_DEPTH: Final = 64
_CHUNK: Final = 200
_QUESTIONS_OF_A_CHUNK: Final = 25


@dataclass(frozen=True)
class Chain:
    """One chain. `finality` is the tag `finalized` or a number of blocks; addresses are lower-case hex."""

    name: str
    chain_id: int
    native: str
    """Symbol of its own coin."""
    finality: str | int = "finalized"
    wrapped: tuple[str, ...] = ()
    """Contracts of the wrapped coin, whose deposits and withdrawals emit no Transfer."""
    log_topics: tuple[str, ...] = FACTS
    """First topics whose logs are kept as they are, in the table `logs`."""
    log_addresses: tuple[str, ...] = ()
    """Contracts all of whose logs are kept."""
    receipts_root: bool = False
    """Whether its receipts are Ethereum's own, so that a block's receiptsRoot proves its logs."""
    events: tuple[Mapping[str, str], ...] = ()
    """Events of its logs beside those of `chain_events/signatures.yml`, in the same form."""
    chunk_blocks: int = _CHUNK
    """Blocks of one file; how many fit says how full they are."""
    gas_adds_up: bool = True
    """Whether a block uses the gas of its receipts; where it does not, a cut block is not noticed by it."""
    filters_add_up: bool = True
    """Whether a block's bloom filter holds nothing but its receipts' logs."""

    @property
    def question_blocks(self) -> int:
        """Full blocks that are asked for at once where memory counts: some megabytes of answers."""
        return max(1, self.chunk_blocks // _QUESTIONS_OF_A_CHUNK)


def chain_named(name: str, changes: Mapping[str, Mapping[str, Any]] | None = None) -> Chain:
    """A chain by its name.

    Args:
        name: as in `--chain`.
        changes: the settings' `[chains.<name>]`, over the packaged rows.

    Raises:
        ClawbackError: no such chain, or a row that is wrong.
    """
    rows = _rows(changes)
    if name not in rows:
        raise ClawbackError(
            f"no EVM chain is named '{name[:50]}'",
            where="--chain",
            remedy=f"known: {', '.join(sorted(rows))}; others are added in the settings as [chains.NAME]",
        )
    return rows[name]


def chain_with_id(number: int, changes: Mapping[str, Mapping[str, Any]] | None = None) -> Chain:
    """The chain of an id; one that no row names is called by its id and keeps the cautious defaults."""
    for chain in _rows(changes).values():
        if chain.chain_id == number:
            return chain
    return Chain(f"chain-{number}", number, "coin", _DEPTH)


def wrapped_coins(changes: Mapping[str, Mapping[str, Any]] | None = None) -> frozenset[tuple[str, str]]:
    """Contracts of the chains' own coins in token form, as (chain, address).

    Only their deposits and withdrawals are mints and burns: vaults and bridges emit events of the same words
    that make no token.
    """
    return frozenset((name, address) for name, row in _rows(changes).items() for address in row.wrapped)


def events_of_chains(
    changes: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, list[dict[str, str]]]:
    """Rows of event signatures that chains have beside those of all chains, by chain."""
    return {name: [dict(event) for event in row.events] for name, row in _rows(changes).items() if row.events}


def _rows(changes: Mapping[str, Mapping[str, Any]] | None) -> dict[str, Chain]:
    rows = dict(_packaged())
    for name, row in (changes or {}).items():
        present = rows.get(name)
        rows[name] = _chain(name, row, f"[chains.{name}] of the settings", present)
    return rows


@lru_cache(maxsize=1)
def _packaged() -> dict[str, Chain]:
    content = tomllib.loads(_ROWS.read_text(encoding="utf-8"))
    return {name: _chain(name, row, str(_ROWS), None) for name, row in content.items()}


def _chain(name: str, row: Mapping[str, Any], where: str, present: Chain | None) -> Chain:
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in row.items()
    }
    try:
        chain = Chain(name, **values) if present is None else replace(present, **values)
    except TypeError as error:
        raise ClawbackError(
            f"the chain '{name}' has unknown or missing keys", where=where, cause=str(error)
        ) from error
    problems = [
        key
        for key, good in (
            ("name", _NAME.fullmatch(name) is not None and name not in OTHER_FORMS),
            ("chain_id", _is_count(chain.chain_id)),
            ("native", isinstance(chain.native, str) and bool(chain.native)),
            ("finality", chain.finality == "finalized" or _is_count(chain.finality)),
            ("chunk_blocks", _is_count(chain.chunk_blocks)),
            ("gas_adds_up", isinstance(chain.gas_adds_up, bool)),
            ("filters_add_up", isinstance(chain.filters_add_up, bool)),
            ("receipts_root", isinstance(chain.receipts_root, bool)),
            ("wrapped", _all_match(_ADDRESS, chain.wrapped)),
            ("log_topics", _all_match(_TOPIC, chain.log_topics)),
            ("log_addresses", _all_match(_ADDRESS, chain.log_addresses)),
            ("events", _all_rows(chain.events)),
        )
        if not good
    ]
    if problems:
        raise ClawbackError(
            f"the chain '{name}' has bad values: {', '.join(problems)}",
            where=where,
            remedy="addresses and topics are lower-case 0x hex; finality is 'finalized' or a count of blocks",
        )
    if chain.events:
        # A process that extracts starts in half the time without what reads YAML and declarations.
        from clawback.chain_events.signatures import signatures_with

        signatures_with(chain.events, where)
    return chain


def _all_rows(values: tuple[Any, ...]) -> bool:
    return isinstance(values, tuple) and all(isinstance(value, Mapping) for value in values)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 63


def _all_match(pattern: re.Pattern[str], values: tuple[Any, ...]) -> bool:
    return isinstance(values, tuple) and all(
        isinstance(value, str) and pattern.fullmatch(value) is not None for value in values
    )
