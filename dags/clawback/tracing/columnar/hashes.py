"""Hashes of transactions as raw bytes where they are hex digits, as text elsewhere."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final

import numpy as np

from clawback.hexes import PREFIX, Bytes, Flags, from_hex, letters_of, mixed, to_text
from clawback.identifiers import text_of
from clawback.schemas import IDENTIFIER
from clawback.tracing.columnar.names import Longs, Places, are_different, digests_of

if TYPE_CHECKING:
    import pyarrow as pa

DIGITS: Final = 64


class Hashes:
    """A column of hashes, in pieces of one form each."""

    def __init__(self) -> None:
        self._begins: list[int] = []
        self._pieces: list[tuple[Bytes, bytes] | pa.Array] = []
        self._digests: list[Longs] = []
        self._count = 0

    def __len__(self) -> int:
        """How many there are."""
        return self._count

    def __getitem__(self, row: int) -> str:
        """One hash."""
        place = bisect_right(self._begins, row) - 1
        piece, row = self._pieces[place], row - self._begins[place]
        if not isinstance(piece, tuple):
            return str(piece[row].as_py())
        raw, prefix = piece
        text: str = prefix.decode("ascii") + raw[row].tobytes().hex()
        return text

    def add(self, column: pa.Array) -> None:
        """Takes the next ones, texts or the bytes of identifiers."""
        if not len(column):
            return
        self._begins.append(self._count)
        self._count += len(column)
        text = column
        if column.type == IDENTIFIER:
            raw = letters_of(column, DIGITS // 2)
            if raw is not None:
                self._pieces.append((raw, PREFIX))
                self._digests.append(_digests(raw))
                return
            text = text_of(column)
        for prefix in (PREFIX, b""):
            raw, good = _packed(text, prefix)
            if good.all():
                self._pieces.append((raw, prefix))
                self._digests.append(_digests(raw))
                return
        self._pieces.append(text)
        self._digests.append(_digests_of_any(text))

    def take(self, rows: Longs) -> pa.Array:
        """Some of them as texts."""
        import pyarrow as pa

        of_piece = np.searchsorted(self._begins, rows, "right") - 1
        order = np.argsort(of_piece, kind="stable")
        texts = [pa.array([], pa.string())]
        for place in np.unique(of_piece).tolist():
            piece, mine = self._pieces[place], rows[of_piece == place] - self._begins[place]
            is_raw = isinstance(piece, tuple)
            found = to_text(piece[0][mine], piece[1]) if is_raw else piece.take(pa.array(mine))
            texts.append(found.cast(pa.string()))
        back = np.empty(len(rows), np.int64)
        back[order] = np.arange(len(rows))
        return pa.concat_arrays(texts).take(pa.array(back))

    def groups(self, chain: Places) -> Longs:
        """A number for each row, equal for rows of equal chain and hash.

        Equal hashes mostly stand together. Whether each has one place alone is asked of their digests; only
        where two digests are equal are the hashes themselves compared.
        """
        if not self._count:
            return np.zeros(0, np.int64)
        digests = np.concatenate(self._digests)
        begins = np.ones(self._count, bool)
        begins[1:] = (digests[1:] != digests[:-1]) | (chain[1:] != chain[:-1])
        alike = np.flatnonzero(~begins)
        begins[alike] = self._differ(alike)
        heads = np.flatnonzero(begins)
        groups: Longs = np.cumsum(begins) - 1
        of_heads = digests[heads] ^ chain[heads]
        if are_different(of_heads):
            return groups
        ordered = np.sort(of_heads)
        several = np.flatnonzero(np.isin(of_heads, ordered[1:][ordered[1:] == ordered[:-1]]))
        rows = heads[several]
        named = self.take(rows).dictionary_encode().indices.to_numpy().astype(np.int64)
        number = np.arange(len(heads))
        number[several] = len(heads) + named * (int(chain.max()) + 1) + chain[rows]
        return number[groups]

    def _differ(self, rows: Longs) -> Flags:
        # Of each row, whether its hash is another than that of the row before.
        import pyarrow as pa
        import pyarrow.compute as pc

        different = np.ones(len(rows), bool)
        ends = [*self._begins[1:], self._count]
        for piece, begin, end in zip(self._pieces, self._begins, ends, strict=True):
            inside = np.flatnonzero((rows > begin) & (rows < end))
            mine = rows[inside] - begin
            if isinstance(piece, tuple):
                different[inside] = (piece[0][mine] != piece[0][mine - 1]).any(axis=1)
            else:
                pairs = (piece.take(pa.array(mine)), piece.take(pa.array(mine - 1)))
                different[inside] = pc.not_equal(*pairs).to_numpy(zero_copy_only=False)
            for place in np.flatnonzero(rows == begin).tolist():
                different[place] = self[begin] != self[begin - 1]
        return different


def _packed(text: pa.Array, prefix: bytes) -> tuple[Bytes, Flags]:
    letters = letters_of(text, len(prefix) + DIGITS)
    if letters is None:
        return np.zeros((0, DIGITS // 2), np.uint8), np.zeros(1, bool)
    raw, good = from_hex(letters[:, len(prefix) :])
    if prefix:
        good &= (letters[:, : len(prefix)] == np.frombuffer(prefix, np.uint8)).all(axis=1)
    return raw, good


def _digests(raw: Bytes) -> Longs:
    return mixed(raw.view(np.uint64)).view(np.int64)


def _digests_of_any(text: pa.Array) -> Longs:
    # Equal texts have equal digests, whichever form the piece has in which they stand.
    import pyarrow as pa
    import pyarrow.compute as pc

    digests = np.zeros(len(text), np.int64)
    left = np.ones(len(text), bool)
    for prefix in (PREFIX, b""):
        long = pc.equal(pc.binary_length(text), len(prefix) + DIGITS).to_numpy(zero_copy_only=False)
        places = np.flatnonzero(long)
        if len(places):
            raw, good = _packed(text.take(pa.array(places)), prefix)
            digests[places[good]] = _digests(raw[good])
            left[places[good]] = False
    places = np.flatnonzero(left)
    digests[places] = digests_of(text.take(pa.array(places)))
    return digests
