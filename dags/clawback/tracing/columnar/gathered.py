"""Rows of the transfers table, read a part at a time: numbers instead of texts, before the next part comes.

Layout:
    What differs in most rows (addresses, hashes, amounts) is kept as bytes of fixed width, what repeats as
    numbers of names. No part is needed once it is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from clawback.hexes import LONG_TEXT
from clawback.identifiers import text_of
from clawback.schemas import IDENTIFIER
from clawback.tracing.columnar.addresses import Addresses
from clawback.tracing.columnar.hashes import Hashes
from clawback.tracing.columnar.limbs import Words, amounts_of
from clawback.tracing.columnar.names import Longs, Names, Places, numbered

if TYPE_CHECKING:
    import pyarrow as pa

COLUMNS: Final = (
    "chain", "block_number", "block_time", "tx_hash", "tx_index", "position", "kind", "from_address",
    "to_address", "asset", "amount", "outpoint", "order_quality",
)  # fmt: skip
REPEATED: Final = ("chain", "kind", "asset", "order_quality")
"""Texts that are the same in many rows."""
NUMBERS: Final = ("block_number", "block_time", "tx_index", "position")


@dataclass(frozen=True)
class Gathered:
    """All rows. Unknown numbers are -1."""

    chains: Names
    kinds: Names
    assets: Names
    qualities: Names
    addresses: Names
    chain: Places
    kind: Places
    asset: Places
    quality: Places
    sender: Places
    receiver: Places
    block_number: Longs
    block_time: Longs
    tx_index: Longs
    position: Longs
    tx_hash: Hashes
    amount: Words
    outpoint: pa.Array


def gather(parts: Iterable[pa.Table]) -> Gathered:
    """Reads rows.

    Args:
        parts: with the columns `COLUMNS`, of the types that `clawback.schemas.TRANSFERS` gives them, or with
            text in place of bytes; those of `REPEATED` may be dictionaries.
    """
    import pyarrow as pa

    repeated: dict[str, list[pa.Array]] = {name: [] for name in REPEATED}
    integers: dict[str, list[Longs]] = {name: [] for name in NUMBERS}
    amounts: list[Words] = []
    outpoints: list[pa.Array] = []
    addresses, hashes = Addresses(), Hashes()
    sizes: list[int] = []
    for part in _ahead(parts):
        for batch in part.to_batches():
            for name in REPEATED:
                repeated[name].append(_dictionary(batch.column(name)))
            for name in NUMBERS:
                integers[name].append(_integers(batch.column(name)))
            amounts.append(amounts_of(batch.column("amount")).copy())
            outpoints.append(batch.column("outpoint"))
            hashes.add(batch.column("tx_hash"))
            addresses.add(batch.column("from_address"))
            addresses.add(batch.column("to_address"))
            sizes.append(batch.num_rows)
    names, places = {}, {}
    type_ = pa.dictionary(pa.int32(), pa.string())
    for name, chunks in repeated.items():
        names[name], (places[name],) = numbered(pa.chunked_array(chunks, type_))
        chunks.clear()
    known, parties = addresses.numbered()
    # Senders and receivers of each part lie behind one another.
    sides = np.split(parties, np.cumsum(np.repeat(sizes, 2))[:-1]) if sizes else []
    return Gathered(
        chains=names["chain"],
        kinds=names["kind"],
        assets=names["asset"],
        qualities=names["order_quality"],
        addresses=known,
        chain=places["chain"],
        kind=places["kind"],
        asset=places["asset"],
        quality=places["order_quality"],
        sender=_joined(sides[0::2], np.int32),
        receiver=_joined(sides[1::2], np.int32),
        block_number=_joined(integers["block_number"], np.int64),
        block_time=_joined(integers["block_time"], np.int64),
        tx_index=_joined(integers["tx_index"], np.int64),
        position=_joined(integers["position"], np.int64),
        tx_hash=hashes,
        amount=_joined(amounts, np.uint32).reshape(-1, 4),
        outpoint=_one_array(pa.chunked_array(outpoints, pa.string())),
    )


def _ahead(parts: Iterable[pa.Table]) -> Iterator[pa.Table]:
    # The next one is read while this one is taken.
    left = iter(parts)
    with ThreadPoolExecutor(1) as reader:
        coming = reader.submit(next, left, None)
        while (part := coming.result()) is not None:
            coming = reader.submit(next, left, None)
            yield part


def _one_array(column: pa.ChunkedArray) -> pa.Array:
    import pyarrow as pa

    return (column.cast(pa.large_string()) if column.nbytes > LONG_TEXT else column).combine_chunks()


def _dictionary(column: pa.Array) -> pa.Array:
    import pyarrow as pa

    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    return text_of(encoded) if encoded.type.value_type == IDENTIFIER else encoded


def _integers(column: pa.Array) -> Longs:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    numbers: Longs = pc.fill_null(column, -1).to_numpy().astype(np.int64)
    return numbers


def _joined(pieces: list[Any], kind: Any) -> Any:
    return np.concatenate(pieces) if pieces else np.zeros(0, kind)
