"""Fetches what an explorer lists for each watched address and day, page by page and window by window."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx

from clawback.chains.evm.catalogue import chain_named
from clawback.errors import ClawbackError
from clawback.lake.partition import Part
from clawback.sources.base import Context, Extraction, Options
from clawback.sources.explorer_api.api import WINDOW, Explorer, NoAnswer
from clawback.sources.prices import end_of_day
from clawback.sources.registry import integer_option
from clawback.tables.addresses import EVM_CHAINS, normalise_address

VERSION: Final = "1"
DEFAULT_URL: Final = "https://api.etherscan.io/v2/api"
ACTIONS: Final = ("txlist", "txlistinternal", "tokentx")
_PAGE_ROWS: Final = 1_000
_CALLS_PER_SECOND: Final = 4
_FINAL_AFTER_MINUTES: Final = 30
_MAX_WINDOWS: Final = 1_000
"""Ten million rows of one address and day: a source that goes on beyond that does not count."""


def extract(ctx: Context, day: date) -> Extraction:
    """Land all pages of all lists of all addresses."""
    where = f"source '{ctx.source}'"
    final = end_of_day(day) + timedelta(
        minutes=integer_option(ctx.options, "final_after_minutes", _FINAL_AFTER_MINUTES)
    )
    if ctx.clock() < final:
        raise ClawbackError(
            f"{day} is not final yet", where=where, remedy=f"run the ingest after {final:%Y-%m-%d %H:%M} UTC"
        )
    chain = str(ctx.options["chain"])
    row = chain_named(chain, ctx.chains)
    addresses = sorted(normalise_address(text, chain) for text in ctx.options["addresses"])
    explorer = Explorer(
        ctx.http,
        httpx.URL(str(ctx.options.get("url", DEFAULT_URL))),
        integer_option(ctx.options, "chain_id", row.chain_id),
        ctx.options.get("key"),
        integer_option(ctx.options, "calls_per_second", _CALLS_PER_SECOND),
    )
    second = int(end_of_day(day).timestamp())
    first = explorer.block_at(second - 86_400, "after")
    last = explorer.block_at(second - 1, "before")
    _check_final(
        explorer, ctx.options.get("confirmations", row.finality), last, ctx.clock(), f"{where}, day {day}"
    )
    pages = _Pages(ctx, explorer, day)
    if first <= last:
        for address in addresses:
            for action in ACTIONS:
                pages.land(action, address, first, last)
    return Extraction(
        tuple(pages.parts),
        {"method": "GET", "host": explorer.url.host, "blocks": [first, last], "calls": explorer.asked},
        200,
        parse_options={
            "chain": chain,
            "day": day.isoformat(),
            "addresses": addresses,
            "blocks": [first, last],
            "windows": pages.windows,
        },
    )


def _check_final(explorer: Explorer, finality: str | int, last: int, now: datetime, where: str) -> None:
    """The block after the day's last one is final; an explorer that lags behind has none yet."""
    final = explorer.final_block(finality, now)
    if final <= last:
        rule = finality if isinstance(finality, str) else f"{finality} blocks above"
        raise ClawbackError(
            "the day is not over and final yet for this explorer",
            where=where,
            cause=f"its newest final block is {final} ({rule}), the last one that it has of the day {last}",
            remedy="run the ingest again later; if it stays so, the explorer has stopped following the chain",
        )


class _Pages:
    def __init__(self, ctx: Context, explorer: Explorer, day: date) -> None:
        self._ctx = ctx
        self._explorer = explorer
        self._where = f"source '{ctx.source}', day {day}"
        self.parts: list[Part] = []
        self.windows: dict[str, list[int]] = {}
        """Part -> first block that counts in it, first block that does not."""
        self._hashes: dict[int, str] = {}

    def land(self, action: str, address: str, first: int, last: int) -> None:
        """Land a list; a window that is full ends before its last block, and the next begins with it."""
        for window in range(_MAX_WINDOWS):
            names: list[str] = []
            newest = first
            for page in range(1, WINDOW // _PAGE_ROWS + 1):
                answer, result = self._explorer.ask(
                    "account",
                    action,
                    address=address,
                    startblock=first,
                    endblock=last,
                    page=page,
                    offset=_PAGE_ROWS,
                    sort="asc",
                )
                found = self._blocks(result, action, newest, last)
                name = f"{action}-{address}-{window:03d}-{page:02d}.json"
                self.parts.append(self._ctx.land(name, answer.body))
                names.append(name)
                newest = found[-1] if found else newest
                # A short page is no end: some explorers give fewer rows a page than they are asked for.
                if not found:
                    break
            is_full = bool(found)
            end = newest if is_full else last + 1
            if is_full and newest == first:
                raise NoAnswer(
                    f"block {first} alone has more rows of {action} for {address} than the pages reach",
                    where=self._where,
                    cause="no page reaches the rest",
                    remedy="fetch this day from a node",
                )
            self.windows |= {name: [first, end] for name in names}
            if not is_full:
                return
            first = newest
        raise NoAnswer(f"{action} of {address} does not end", where=self._where)

    def _blocks(self, result: Any, action: str, newest: int, last: int) -> list[int]:
        if not isinstance(result, list) or len(result) > _PAGE_ROWS:
            raise NoAnswer(f"{action} is no list of at most {_PAGE_ROWS} rows", where=self._where)
        blocks: list[int] = []
        for row in result:
            text = row.get("blockNumber") if isinstance(row, Mapping) else None
            if not isinstance(text, str) or not (text.isascii() and text.isdecimal()) or len(text) > 18:
                raise NoAnswer(
                    f"a row of {action} has no block number", where=self._where, cause=str(row)[:200]
                )
            blocks.append(int(text))
            self._check_hash(blocks[-1], row.get("blockHash"))
        if blocks != sorted(blocks) or (blocks and not newest <= blocks[0] <= blocks[-1] <= last):
            raise NoAnswer(
                f"{action} is not in the order or range that was asked for",
                where=self._where,
                remedy="the explorer ignores sort, startblock or endblock: use another one",
            )
        return blocks

    def _check_hash(self, block: int, said: object) -> None:
        """All rows of a block name one hash; lists read on both sides of a reorg do not."""
        if isinstance(said, str) and said and self._hashes.setdefault(block, said.lower()) != said.lower():
            raise NoAnswer(
                f"block {block} has two hashes",
                where=self._where,
                cause=f"{self._hashes[block]} and {said.lower()[:80]}: the chain was rewritten meanwhile",
                remedy="run the ingest again; if it stays so, raise the option confirmations",
            )


def check_options(options: Options, base_dir: Path, where: str) -> None:
    """Check the address, the chain, the watched addresses and the limits."""
    if options.get("chain") not in EVM_CHAINS:
        raise ClawbackError(
            "the option 'chain' is no EVM chain", where=where, remedy=", ".join(sorted(EVM_CHAINS))
        )
    url = options.get("url", DEFAULT_URL)
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise ClawbackError("the option 'url' is no http address", where=where)
    addresses = options.get("addresses")
    if not isinstance(addresses, list) or not addresses:
        raise ClawbackError("the option 'addresses' names no address", where=where)
    seen = set()
    for text in addresses:
        try:
            address = normalise_address(str(text), options["chain"])
        except ValueError as error:
            raise ClawbackError(f"'{str(text)[:80]}' is no address", where=where, cause=str(error)) from error
        if address in seen:
            raise ClawbackError(f"{address} is named twice", where=where)
        seen.add(address)
    integer_option(options, "chain_id", 1)
    if "confirmations" in options:
        integer_option(options, "confirmations", 0)
    integer_option(options, "final_after_minutes", _FINAL_AFTER_MINUTES)
    if integer_option(options, "calls_per_second", _CALLS_PER_SECOND) == 0:
        raise ClawbackError("calls_per_second is 0", where=where)
