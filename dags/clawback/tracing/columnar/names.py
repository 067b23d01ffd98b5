"""Text columns as numbers that sort like the text."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from clawback.hexes import mixed

if TYPE_CHECKING:
    import pyarrow as pa

Places = np.ndarray[Any, np.dtype[np.int32]]
Longs = np.ndarray[Any, np.dtype[np.int64]]

ABSENT: Final = -1
FEW: Final = 5_000
"""So many texts are looked up one by one: cheaper than to hash all names for them."""
HASH_DIGITS: Final = 64
DIGESTS_AT_ONCE: Final = 1 << 16


@dataclass(frozen=True)
class Names:
    """Different texts in order; a text's number is its place among them."""

    texts: pa.Array

    def __len__(self) -> int:
        """How many there are."""
        return len(self.texts)

    def __getitem__(self, number: int) -> str:
        """The text of a number."""
        text: str = self.texts[number].as_py()
        return text

    def numbers(self, texts: Sequence[str]) -> Places:
        """Numbers of texts; `ABSENT` where one does not occur."""
        import pyarrow as pa

        if len(texts) > FEW:
            return self.of_column(pa.chunked_array([pa.array(texts, pa.string())]))
        return np.array([self.find(text) for text in texts], np.int32)

    def find(self, text: str) -> int:
        """The number of one text; `ABSENT` where it does not occur."""
        # Arrow sorts by UTF-8, Python by code point: the order is the same.
        place = bisect_left(range(len(self.texts)), text, key=self.__getitem__)
        return place if place < len(self.texts) and self[place] == text else ABSENT

    def of_column(self, column: pa.ChunkedArray) -> Places:
        """Numbers of a column; `ABSENT` where a text does not occur."""
        import pyarrow.compute as pc

        found = pc.fill_null(pc.index_in(column, value_set=self.texts), ABSENT)
        numbers: Places = found.to_numpy().astype(np.int32)
        return numbers


def numbered(*columns: pa.ChunkedArray) -> tuple[Names, list[Places]]:
    """The names of several columns together, and each column as their numbers; null is `ABSENT`.

    Args:
        columns: of texts, or of dictionaries of texts.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    chunks = [chunk for column in columns for chunk in column.chunks]
    encoded = _encoded(pa.chunked_array(chunks, columns[0].type))
    texts = encoded.chunk(0).dictionary if encoded.num_chunks else pa.array([], pa.string())
    order = pc.sort_indices(texts)
    rank = np.full(len(texts) + 1, ABSENT, np.int32)
    rank[order.to_numpy()] = np.arange(len(texts), dtype=np.int32)
    # Null has the index -1, which is the last entry: absent.
    numbers = np.empty(len(encoded), np.int32)
    begin = 0
    for chunk in encoded.chunks:
        numbers[begin : begin + len(chunk)] = rank[pc.fill_null(chunk.indices, ABSENT).to_numpy()]
        begin += len(chunk)
    ends = np.cumsum([len(column) for column in columns])
    return Names(pc.take(texts, order)), np.split(numbers, ends[:-1])


def are_different(numbers: Longs) -> bool:
    """Whether no number occurs twice."""
    ordered = np.sort(numbers)
    return not (ordered[1:] == ordered[:-1]).any()


def digests_of(text: pa.Array) -> Longs:
    """64 bits of each text: equal for equal ones, and hardly ever for others."""
    digests = np.empty(len(text), np.int64)
    for begin in range(0, len(text), DIGESTS_AT_ONCE):
        part = text.slice(begin, DIGESTS_AT_ONCE)
        digests[begin : begin + len(part)] = _digests(part)
    return digests


def _digests(text: pa.Array) -> Longs:
    import pyarrow as pa

    raw = text.cast(pa.large_binary())
    offsets = np.frombuffer(raw.buffers()[1], np.int64)[raw.offset : raw.offset + len(raw) + 1]
    lengths = np.diff(offsets)
    if (lengths == lengths[0]).all() and lengths[0] >= HASH_DIGITS:
        width = int(lengths[0])
        letters = np.frombuffer(raw.buffers()[2], np.uint8)[offsets[0] : offsets[-1]].reshape(len(raw), width)
        words = np.ascontiguousarray(letters[:, width - HASH_DIGITS :]).view(np.uint64)
        return mixed(words).view(np.int64)
    digests = (hashlib.blake2b(one, digest_size=8).digest() for one in raw.to_pylist())
    return np.frombuffer(b"".join(digests), np.int64)


def _encoded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow as pa

    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    # What Arrow encodes shares one dictionary; to compare its texts would cost more than all the rest.
    if len({len(chunk.dictionary) for chunk in encoded.chunks}) > 1 or encoded is column:
        return encoded.unify_dictionaries()
    return encoded


@dataclass(frozen=True)
class Codes:
    """Codes of (chain, address, asset) that sort like the three texts."""

    chains: Names
    addresses: Names
    assets: Names

    def of(self, chain: Places, address: Places, asset: Places) -> Longs:
        """The code of each triple; `ABSENT` where a part is."""
        codes = chain.astype(np.int64)
        codes = (codes * len(self.addresses) + address) * len(self.assets) + asset
        codes[(chain < 0) | (address < 0) | (asset < 0)] = ABSENT
        return codes

    def of_texts(self, keys: Iterable[tuple[str, str, str]]) -> Longs:
        """The code of each key; `ABSENT` where a part does not occur."""
        chains, addresses, assets = [list(part) for part in zip(*keys, strict=True)] or ([], [], [])
        return self.of(
            self.chains.numbers(chains), self.addresses.numbers(addresses), self.assets.numbers(assets)
        )

    def parts(self, codes: Longs) -> tuple[Places, Places, Places]:
        """Numbers of chain, address and asset of each code."""
        rest, asset = np.divmod(codes, max(1, len(self.assets)))
        chain, address = np.divmod(rest, max(1, len(self.addresses)))
        return chain.astype(np.int32), address.astype(np.int32), asset.astype(np.int32)

    def split(self, code: int) -> tuple[int, int, int]:
        """Numbers of chain, address and asset of one code."""
        rest, asset = divmod(code, len(self.assets))
        chain, address = divmod(rest, len(self.addresses))
        return chain, address, asset
