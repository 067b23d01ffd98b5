"""Lands files of chain events, once for all the days in them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final

from clawback.chains.evm.catalogue import events_of_chains
from clawback.errors import ClawbackError
from clawback.sources.base import Context, Extraction, Options
from clawback.sources.files import land_files, option_files
from clawback.tables.addresses import FORMS_OF_CHAIN

VERSION: Final = "1"
_SUFFIXES: Final = (".csv", ".csv.gz", ".parquet")


def extract(ctx: Context, day: date) -> Extraction:
    """Land the file, or all files of the folder; the chain of files that do not name one goes with them.

    So do the events that chains of the settings have of their own.
    """
    chain = _chain(ctx.options, f"source '{ctx.source}'")
    events = events_of_chains(ctx.chains)
    landed = land_files(ctx, _SUFFIXES)
    read_with = ({} if chain is None else {"chain": chain}) | ({"events": events} if events else {})
    return replace(landed, parse_options=read_with) if read_with else landed


def check_options(options: Options, base_dir: Path, where: str) -> None:
    """Check that the files are there and the chain is one."""
    _chain(options, where)
    option_files(options, _SUFFIXES, base_dir, where)


def _chain(options: Options, where: str) -> str | None:
    chain = options.get("chain")
    if chain is not None and not (isinstance(chain, str) and chain in FORMS_OF_CHAIN):
        raise ClawbackError(
            f"{chain!r} is no chain", where=where, remedy="one of " + ", ".join(sorted(FORMS_OF_CHAIN))
        )
    return chain
