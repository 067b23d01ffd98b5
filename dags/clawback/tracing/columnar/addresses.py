"""Addresses as numbers that sort like the texts, without keeping the texts of all rows.

Rules:
    The usual address, 0x and forty lower-case hex digits, is kept as twenty bytes: they sort like its text.
    Any other text is kept as it is. Equal numbers are equal texts: a sort by a digest brings equal addresses
    together, and the addresses themselves say which are equal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from clawback.hexes import PREFIX, Bytes, Flags, from_hex, letters_of, mixed, to_text
from clawback.identifiers import raw_rows, text_of
from clawback.schemas import IDENTIFIER
from clawback.tracing.columnar.names import ABSENT, Longs, Names, Places

if TYPE_CHECKING:
    import pyarrow as pa

TEXT: Final = 42
SIZE: Final = 20
AT_ONCE: Final = 1 << 18
"""Addresses that are compared in one go."""
Halves = np.ndarray[Any, np.dtype[np.uint32]]
Digests = np.ndarray[Any, np.dtype[np.uint64]]


class Addresses:
    """Addresses in the order in which they are added."""

    def __init__(self) -> None:
        self._count = 0
        self._raw: list[Halves] = []
        self._digests: list[Digests] = []
        self._other: list[pa.Array] = []
        self._places: list[tuple[Longs, Longs]] = []

    def add(self, column: pa.Array) -> None:
        """Takes the next ones, texts or the bytes of identifiers; unknown ones too."""
        import pyarrow as pa

        is_raw = column.type == IDENTIFIER
        usual, raw = _usual_bytes(column) if is_raw else _usual(column)
        if not usual.all():
            known = column.is_valid().to_numpy(zero_copy_only=False)
            other = column.filter(pa.array(~usual & known))
            self._other.append(text_of(other) if is_raw else other)
            raw = raw[usual]
            numbers = self._count + np.arange(len(column))
            self._places.append((numbers[~usual & known], numbers[~usual & ~known]))
        halves = raw.view(np.uint32)
        self._raw.append(halves)
        self._digests.append(mixed(halves))
        self._count += len(column)

    def numbered(self) -> tuple[Names, Places]:
        """The names, and the number of each address added; unknown ones are `ABSENT`."""
        import pyarrow as pa
        import pyarrow.compute as pc

        raw = np.concatenate([np.zeros((0, SIZE // 4), np.uint32), *self._raw])
        self._raw = []
        digests = np.concatenate([np.zeros(0, np.uint64), *self._digests])
        self._digests = []
        distinct, mine = _numbered(raw, digests)
        texts = to_text(distinct, PREFIX)
        if not self._places:
            return Names(texts), mine
        other = pa.chunked_array(self._other, pa.string()).combine_chunks().dictionary_encode()
        together = pa.concat_arrays([texts, other.dictionary.cast(texts.type)])
        order = pc.sort_indices(together)
        rank = np.empty(len(together), np.int32)
        rank[order.to_numpy()] = np.arange(len(together), dtype=np.int32)
        known, unknown = (np.concatenate(places) for places in zip(*self._places, strict=True))
        numbers = np.full(self._count, ABSENT, np.int32)
        usual = np.ones(self._count, bool)
        usual[known] = usual[unknown] = False
        numbers[usual] = rank[mine]
        numbers[known] = rank[other.indices.to_numpy() + len(texts)]
        return Names(pc.take(together, order)), numbers


def _usual_bytes(column: pa.Array) -> tuple[Flags, Bytes]:
    places, found = raw_rows(column, SIZE)
    if len(places) == len(column):
        return np.ones(len(column), bool), found
    usual, raw = np.zeros(len(column), bool), np.zeros((len(column), SIZE), np.uint8)
    usual[places], raw[places] = True, found
    return usual, raw


def _usual(text: pa.Array) -> tuple[Flags, Bytes]:
    # Which texts are usual addresses, and the bytes of all; those of the others mean nothing.
    import pyarrow as pa
    import pyarrow.compute as pc

    letters = letters_of(text, TEXT)
    if letters is not None:
        raw, usual = from_hex(letters[:, len(PREFIX) :])
        return usual & (letters[:, : len(PREFIX)] == np.frombuffer(PREFIX, np.uint8)).all(axis=1), raw
    long = pc.equal(pc.binary_length(text), TEXT).fill_null(fill_value=False)
    places = np.flatnonzero(long.to_numpy(zero_copy_only=False))
    raw, usual = np.zeros((len(text), SIZE), np.uint8), np.zeros(len(text), bool)
    if len(places):
        usual[places], raw[places] = _usual(text.take(pa.array(places)))
    return usual, raw


def _numbered(halves: Halves, digests: Digests) -> tuple[Bytes, Places]:
    # Different addresses in order, and the place among them of each that is given.
    count = len(halves)
    bits = np.uint64(count.bit_length())
    # What is left of the digest, and the place: one sort, without a second array.
    packed = digests
    packed &= ~_ones(bits)
    packed |= np.arange(count, dtype=np.uint64)
    packed.sort()
    distinct, numbers, clashes = _grouped(halves, packed, bits)
    if len(clashes):
        # Different addresses of one digest: these are sorted by themselves.
        buckets = packed >> bits
        those = np.flatnonzero(np.isin(buckets, buckets[clashes]))
        rows = halves[(packed[those] & _ones(bits)).astype(np.int64)]
        packed[those] = packed[those][np.lexsort((*rows.T, buckets[those]))]
        distinct, numbers, _ = _grouped(halves, packed, bits)
    order = _sorted(distinct)
    rank = np.empty(len(distinct), np.int32)
    rank[order] = np.arange(len(distinct), dtype=np.int32)
    return distinct[order], rank[numbers]


def _grouped(halves: Halves, packed: Digests, bits: np.uint64) -> tuple[Bytes, Places, Longs]:
    # Equal neighbours get one number; and where another one follows though the digest is the same.
    distinct, clashes = [halves[:0]], [np.zeros(0, np.int64)]
    numbers = np.empty(len(halves), np.int32)
    found = 0
    for begin in range(0, len(packed), AT_ONCE):
        # With the last one of the part before.
        part = packed[max(0, begin - 1) : begin + AT_ONCE]
        order = (part & _ones(bits)).astype(np.int64)
        rows = halves[order]
        new = np.zeros(len(part), bool)
        for column in range(rows.shape[1]):
            new[1:] |= rows[1:, column] != rows[:-1, column]
        clashes.append(begin + np.flatnonzero(new[1:] & (part[1:] >> bits == part[:-1] >> bits)))
        new[0] = begin == 0
        place = np.cumsum(new) + (found - 1)
        numbers[order] = place
        distinct.append(rows[new])
        found = int(place[-1]) + 1
    return np.concatenate(distinct).view(np.uint8).reshape(-1, SIZE), numbers, np.concatenate(clashes)


def _ones(bits: np.uint64) -> np.uint64:
    return (np.uint64(1) << bits) - np.uint64(1)


def _sorted(raw: Bytes) -> Longs:
    words = np.zeros((len(raw), 3), ">u8")
    words.view(np.uint8).reshape(len(raw), 24)[:, :SIZE] = raw
    first = words[:, 0].astype(np.uint64)
    order = np.argsort(first, kind="stable")
    same = first[order][1:] == first[order][:-1]
    tied = np.zeros(len(raw), bool)
    tied[1:] |= same
    tied[:-1] |= same
    places = np.flatnonzero(tied)
    if len(places):
        those = order[places]
        order[places] = those[np.lexsort(words[those].astype(np.uint64).T[::-1])]
    return order
