"""What `clawback trace` and `clawback trace back` take: options, some of them lists of files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_LISTS: Final = frozenset({"--transfers", "--labels", "--balances", "--events", "--prices", "--mapping"})


class TakesLists(click.Group):
    """Lets an option take several files in a row: `--transfers a.csv b.csv`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Repeats the option before each of its files."""
        return super().parse_args(ctx, spread_lists(args))


class CommandWithLists(click.Command):
    """The same for a subcommand."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Repeats the option before each of its files."""
        return super().parse_args(ctx, spread_lists(args))


def spread_lists(args: list[str]) -> list[str]:
    """Repeats an option that takes several files before each of them."""
    spread: list[str] = []
    option: str | None = None
    taken = 0
    for word in args:
        if word.startswith("-"):
            option, taken = (word, 0) if word in _LISTS else (None, 0)
            spread.append(word)
            continue
        if option is not None and taken > 0:
            spread.append(option)
        spread.append(word)
        taken += 1
    return spread


def inputs(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command the options that say what is traced."""
    options = [
        click.option(
            "--transfers", type=_FILE, multiple=True, metavar="FILE...",
            help="Transfers, CSV or Parquet: with a --mapping, or with the columns of the transfers table "
            "(amounts in base units), or with timestamp, block_number, tx_hash, from_address, to_address, "
            "value_usd.  What several files hold counts once; stderr and the summary say how many rows.  "
            "Long files are kept in a temporary folder, day by day; those that need a --mapping "
            "are read into memory first.  E.g. --transfers eth.csv tokens.csv",
        ),
        click.option(
            "--thefts", type=_FILE, metavar="THEFTS.csv",
            help="What is stolen: incident, chain, address, role (source, theft_address; also victim, "
            "recovery), and where known tx_hash, from_time, to_time.  E.g. a row "
            "kucoin,ethereum,0xeb31..,theft_address,,2020-09-25,2020-09-26",
        ),
        click.option(
            "--labels", type=_FILE, multiple=True, metavar="FILE...",
            help="Labels: chain, address, category, entity, and where known incident, confidence (80, or "
            "0.8), source, valid_from, valid_to (days).  E.g. --labels exchanges.csv mixers.csv",
        ),
        click.option(
            "--labels-map", type=_FILE, metavar="WORDS.yml",
            help="What a source's words mean, one a line.  E.g. exchange_wallet: exchange",
        ),
        click.option(
            "--balances", type=_FILE, multiple=True, metavar="FILE...",
            help="Balances that were seen: chain, address, asset, block_number (at its end), amount in base "
            "units.  With them all transfers are kept in memory.  E.g. --balances balances.csv",
        ),
        click.option(
            "--events", type=_FILE, multiple=True, metavar="FILE...",
            help="What contracts say beside transfers: chain, block_number, block_time, tx_hash, log_index, "
            "kind (freeze, unfreeze, burn, wrap, unwrap, created, ..), emitter, address, amount; or raw "
            "logs: address, topics, data and the same places.  E.g. --events freezes.csv pools.csv",
        ),
        click.option(
            "--prices", type=_FILE, multiple=True, metavar="FILE...",
            help="Daily prices, which prove exchanges beside labels: chain, asset, day, close_usd, and where "
            "the transfers do not say them decimals.  E.g. --prices prices.csv",
        ),
        click.option(
            "--mapping", type=_FILE, multiple=True, metavar="MAP.yml",
            help="How to read --transfers: one for all files, or one per file in their order.  Lines: "
            "version, chain, rows (native_transactions, internal_transfers, token_transfers, transfers), "
            "columns, amount_unit (base, decimal), time_format, address_form, and more in docs/mappings.md.  "
            "E.g. columns: {tx_hash: Transaction Hash, amount: Value_IN(ETH), ..}",
        ),
        click.option(
            "--chain", default="ethereum", show_default=True,
            help="Chain of transfers files without a column chain; [chains.NAME] of the settings add some.",
        ),
        click.option(
            "--max-hops", type=click.IntRange(min=0), default=0, show_default=True,
            help="Taint that travelled further is booked as dust; 0 for no limit.",
        ),
        click.option(
            "--dust", "dust", multiple=True, metavar="CHAIN/ASSET=UNITS",
            help="Under haircut, taint of a holding that is not worth following.  "
            "E.g. --dust ethereum/native=1000000000",
        ),
        click.option("--strict", is_flag=True, help="Refuse labels with unmapped words or unreadable rows."),
        click.option("--skip-bad-rows", is_flag=True, help="Leave out transfers that cannot be read."),
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command
