"""Text columns as numbers that sort like the text."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa

Places = np.ndarray[Any, np.dtype[np.int32]]
Longs = np.ndarray[Any, np.dtype[np.int64]]

ABSENT: Final = -1
HASH_DIGITS: Final = 64
ODD: Final = np.uint64(0x9E3779B97F4A7C15)


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

        return self.of_column(pa.chunked_array([pa.array(texts, pa.string())]))

    def of_column(self, column: pa.ChunkedArray) -> Places:
        """Numbers of a column; `ABSENT` where a text does not occur."""
        import pyarrow.compute as pc

        found = pc.fill_null(pc.index_in(column, value_set=self.texts), ABSENT)
        numbers: Places = found.to_numpy().astype(np.int32)
        return numbers


def numbered(*columns: pa.ChunkedArray) -> tuple[Names, list[Places]]:
    """The names of several columns together, and each column as their numbers; null is `ABSENT`."""
    import pyarrow as pa
    import pyarrow.compute as pc

    chunks = [chunk for column in columns for chunk in column.chunks]
    encoded = _encoded(pa.chunked_array(chunks, pa.string()))
    texts = encoded.chunk(0).dictionary if encoded.num_chunks else pa.array([], pa.string())
    order = pc.sort_indices(texts)
    rank = np.full(len(texts) + 1, ABSENT, np.int32)
    rank[order.to_numpy()] = np.arange(len(texts), dtype=np.int32)
    # Null has the index -1, which is the last entry: absent.
    indices = [pc.fill_null(chunk.indices, ABSENT) for chunk in encoded.chunks]
    numbers = rank[pa.chunked_array(indices, pa.int32()).to_numpy()]
    ends = np.cumsum([len(column) for column in columns])
    return Names(pc.take(texts, order)), np.split(numbers, ends[:-1])


def groups_of(chain: Places, column: pa.ChunkedArray) -> Longs:
    """A number for each row, equal for rows of equal chain and text.

    Texts mostly stand together. Whether each has one place alone is asked of their digests; only where two
    digests are equal are the texts themselves counted.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    groups: Longs
    if not len(column):
        return np.zeros(0, np.int64)
    text = column.cast(pa.large_string()).combine_chunks()
    begins = np.ones(len(text), bool)
    begins[1:] = pc.not_equal(text[1:], text[:-1]).to_numpy(zero_copy_only=False) | (chain[1:] != chain[:-1])
    heads = np.flatnonzero(begins)
    digests = digests_of(pc.take(text, pa.array(heads)) if len(heads) < len(text) else text)
    digests ^= chain[heads]
    if are_different(digests):
        groups = np.cumsum(begins) - 1
        return groups
    encoded = _encoded(column)
    indices = pa.chunked_array([chunk.indices for chunk in encoded.chunks], pa.int32()).to_numpy()
    groups = indices.astype(np.int64) * (int(chain.max()) + 1) + chain
    return groups


def are_different(numbers: Longs) -> bool:
    """Whether no number occurs twice."""
    ordered = np.sort(numbers)
    return not (ordered[1:] == ordered[:-1]).any()


def digests_of(text: pa.Array) -> Longs:
    """64 bits of each text: equal for equal ones, and hardly ever for others."""
    import pyarrow as pa

    raw = text.cast(pa.large_binary())
    offsets = np.frombuffer(raw.buffers()[1], np.int64)[raw.offset : raw.offset + len(raw) + 1]
    lengths = np.diff(offsets)
    if len(raw) and (lengths == lengths[0]).all() and lengths[0] >= HASH_DIGITS:
        width = int(lengths[0])
        letters = np.frombuffer(raw.buffers()[2], np.uint8)[offsets[0] : offsets[-1]].reshape(len(raw), width)
        words = np.ascontiguousarray(letters[:, width - HASH_DIGITS :]).view(np.uint64)
        mixed = np.zeros(len(raw), np.uint64)
        for place in range(words.shape[1]):
            mixed = (mixed ^ words[:, place]) * ODD
            mixed ^= mixed >> np.uint64(29)
        return mixed.view(np.int64)
    digests = (hashlib.blake2b(one, digest_size=8).digest() for one in raw.to_pylist())
    return np.frombuffer(b"".join(digests), np.int64).copy()


def _encoded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    encoded = column.dictionary_encode()
    # The chunks share one dictionary; comparing them text by text would cost more than all the rest.
    if len({len(chunk.dictionary) for chunk in encoded.chunks}) > 1:
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
