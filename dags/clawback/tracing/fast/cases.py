"""What case files and labels say about the holdings of a day, as arrays for the kernel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import numpy as np

from clawback.tracing.fast.compiled import Bytes, Limbs, Longs, compiled
from clawback.tracing.fast.desk import EXIT, Claims, Exits
from clawback.tracing.fast.groups import first_rows, group_end, touching
from clawback.tracing.fast.index import DayIndex, words_of
from clawback.tracing.fast.labels import SOURCE_CODE
from clawback.tracing.fast.sums import MEASURES
from clawback.tracing.fast.wide import split2
from clawback.tracing.order import Transaction
from clawback.tracing.records import RETURN_ROLES, SOURCE, THEFT_ADDRESS, Label, Role, Transfer
from clawback.tracing.sinks import Ending, Endings
from clawback.tracing.thefts import Thefts

ROLE_CODES = {THEFT_ADDRESS: 1, SOURCE: SOURCE_CODE}


class Rowbook(Protocol):
    """A day's transfers as records, for the few rows of which case files speak."""

    def transfers(self, first: int, last: int) -> list[Transfer]:
        """Rows of the index from first to before last."""

    def named(self, words: Limbs) -> Longs:
        """Rows of the transactions for whose hash one of these (sorted) words stands; see `word_of`."""

    def within(self, rows: Longs, roles: Sequence[Role]) -> Bytes:
        """Which of the rows lie in the time of some role."""


def address_of(text: str) -> bytes:
    """The 20 bytes of an address."""
    return bytes.fromhex(text.removeprefix("0x"))


def word_of(tx_hash: str) -> int:
    """Eight bytes that stand for a hash: all of its own, for made-up ones may begin alike."""
    digits = tx_hash.removeprefix("0x")
    word = 0
    for begin in range(0, len(digits), 16):
        word ^= int(digits[begin : begin + 16], 16)
    return word


@compiled
def _order(keys: Limbs, place: int, words: Limbs, row: int) -> int:
    # Below 0 where the address of a key sorts before one given as three words, above 0 where behind it.
    for word in range(3):
        own = keys[place, word] if word < 2 else keys[place, word] >> np.uint64(32)
        other = words[row, word] if word < 2 else words[row, word] >> np.uint64(32)
        if own != other:
            return -1 if own < other else 1
    return 0


@compiled
def _find_ranges(keys: Limbs, words: Limbs, ranges: Longs) -> None:
    for row in range(len(words)):
        low, high = 0, len(keys)
        while low < high:
            middle = (low + high) >> 1
            if _order(keys, middle, words, row) < 0:
                low = middle + 1
            else:
                high = middle
        end = low
        while end < len(keys) and _order(keys, end, words, row) == 0:
            end += 1
        ranges[row, 0] = low
        ranges[row, 1] = end


def holdings_of(keys: Limbs, addresses: Sequence[str]) -> list[tuple[int, int]]:
    """For each address the range of its holdings among sorted keys."""
    if not addresses:
        return []
    raw = np.frombuffer(b"".join(address_of(address) for address in addresses), np.uint8)
    ranges = np.zeros((len(addresses), 2), np.int64)
    _find_ranges(keys, words_of(raw.reshape(-1, 20)), ranges)
    return [(first, last) for first, last in ranges.tolist()]


def read_claims(
    index: DayIndex, roles: Sequence[Role], incidents: Mapping[str, int], book: Rowbook
) -> Claims:
    """Works out what is stolen on a day, by the rules of the plain engine."""
    thieves = [role for role in roles if role.role in ROLE_CODES]
    hits = _theft_rows(index, thieves, book)
    thefts = Thefts(thieves)
    found: list[tuple[int, int, int, int]] = []
    for hit in hits.tolist():
        rows = book.transfers(hit, group_end(index.rows, hit))
        head = rows[0]
        transaction = Transaction(head.chain, head.tx_hash, head.block_time, head.block_time.date(), ())
        for incident, claims in thefts.claims(transaction, rows).items():
            found += [
                (hit + place, incidents[incident], claim.units, ROLE_CODES[claim.role])
                for place, claim in claims.items()
            ]
    found.sort()
    return Claims(
        np.array([row for row, _, _, _ in found], np.int64),
        np.array([incident for _, incident, _, _ in found], np.int32),
        np.array([split2(units) for _, _, units, _ in found], np.uint64).reshape(-1, 2),
        np.array([role for _, _, _, role in found], np.uint8),
    )


def _theft_rows(index: DayIndex, thieves: Sequence[Role], book: Rowbook) -> Longs:
    # First rows of the groups of which theft roles may speak.
    named = {word_of(role.tx_hash) for role in thieves if role.tx_hash is not None}
    open_roles = [role for role in thieves if role.tx_hash is None]
    addresses = sorted({role.address for role in open_roles})
    windows = touching(index, holdings_of(index.balances.keys, addresses))
    if len(windows):
        windows = windows[book.within(windows, open_roles)]
    rows = book.named(np.array(sorted(named), np.uint64))
    return np.unique(np.concatenate((windows, first_rows(index.rows.first, rows))))


def spoken_of(
    labels: Iterable[Label], roles: Sequence[Role], incidents: Mapping[str, int]
) -> dict[str, set[str]]:
    """Addresses that may end a trail, and for which incidents they may differ."""
    said: dict[str, set[str]] = {}
    for label in labels:
        whose = said.setdefault(label.address, set())
        if label.incident_id is not None and label.incident_id in incidents:
            whose.add(label.incident_id)
    for role in roles:
        if role.role in RETURN_ROLES:
            said.setdefault(role.address, set()).add(role.incident_id)
    for role in roles:
        if role.address in said:
            said[role.address].add(role.incident_id)
    return said


def read_exits(
    index: DayIndex,
    mark: Bytes,
    labels: Iterable[Label],
    roles: Sequence[Role],
    endings: Endings,
    incidents: Mapping[str, int],
    chain: str,
    book: Rowbook,
) -> tuple[Exits, tuple[Ending, ...]]:
    """Works out which receivers of a day end a trail, and for whom."""
    said = spoken_of(labels, roles, incidents)
    made: dict[Ending, int] = {}
    flagged: list[tuple[int, int]] = []
    special: dict[tuple[int, int], int] = {}
    for address, (first, last) in zip(said, holdings_of(index.balances.keys, list(said)), strict=True):
        if first == last:
            continue
        usual = endings.of_holding("", chain, address)
        own = {name: endings.of_holding(name, chain, address) for name in said[address]}
        if usual is None and not any(own.values()):
            continue
        for holding in range(first, last):
            flagged.append((holding, _place(made, usual)))
            for name, ending in own.items():
                special[holding, incidents[name]] = _place(made, ending)
        mark[first:last] |= EXIT
    returns = _returns(index, mark, roles, endings, incidents, chain, book, made)
    flagged.sort()
    spot = {holding: place for place, (holding, _) in enumerate(flagged)}
    count = len(incidents)
    ordered = sorted((spot[holding] * count + name, exit_) for (holding, name), exit_ in special.items())
    exits = Exits(
        np.array([holding for holding, _ in flagged], np.int64),
        np.array([exit_ for _, exit_ in flagged], np.int32),
        np.array([key for key, _ in ordered], np.int64),
        np.array([exit_ for _, exit_ in ordered], np.int32),
        np.array([key for key, _ in returns], np.int64),
        np.array([exit_ for _, exit_ in returns], np.int32),
        np.array([MEASURES.index(ending.sink) for ending in made], np.int32),
    )
    return exits, tuple(made)


def _place(made: dict[Ending, int], ending: Ending | None) -> int:
    return -1 if ending is None else made.setdefault(ending, len(made))


def _returns(
    index: DayIndex,
    mark: Bytes,
    roles: Sequence[Role],
    endings: Endings,
    incidents: Mapping[str, int],
    chain: str,
    book: Rowbook,
    made: dict[Ending, int],
) -> list[tuple[int, int]]:
    # Returns that speak of some transactions only are looked up by transfer.
    limited = [role for role in roles if role.role in RETURN_ROLES and not role.is_open]
    addresses = sorted({role.address for role in limited})
    ranges = holdings_of(index.balances.keys, addresses)
    for first, last in ranges:
        mark[first:last] |= EXIT
    found: dict[int, int] = {}
    wanted = {(role.incident_id, role.address) for role in limited}
    for hit in touching(index, ranges).tolist():
        for place, row in enumerate(book.transfers(hit, group_end(index.rows, hit))):
            for name, address in wanted:
                if row.receiver != address:
                    continue
                ending = endings.at_receipt(name, chain, address, row.tx_hash, row.block_time)
                if ending is not None:
                    found[(hit + place) * len(incidents) + incidents[name]] = _place(made, ending)
    return sorted(found.items())
