"""Addresses and hashes as numbers and bytes: the same texts, the same order, the same groups."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import product

import numpy as np
import pyarrow as pa
import pytest

from clawback import hexes
from clawback.identifiers import bytes_of
from clawback.tracing.columnar import addresses
from clawback.tracing.columnar import hashes as hashes_of
from clawback.tracing.columnar.addresses import Addresses
from clawback.tracing.columnar.hashes import Hashes
from clawback.tracing.columnar.limbs import WIDTH
from clawback.tracing.columnar.names import Codes
from clawback.tracing.columnar.runs import batch_of

ADDRESSES = (
    "0x" + "0" * 40,
    "0x" + "f" * 40,
    "0x" + "0" * 39 + "a",
    "0x" + "0" * 39 + "A",
    "0x" + "0" * 38 + "/g",
    "0X" + "0" * 40,
    "0x" + "o" * 40,
    "0x" + "0" * 16 + "1" * 24,
    "0x" + "0" * 16 + "1" * 23 + "2",
    "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb",
    "",
    "0xab",
    "\u00e9" * 21,
    "0x" + "\u00e9" * 20,
)


def as_text(texts: pa.Array) -> pa.Array:
    return texts


def either(draw: random.Random) -> Callable[[pa.Array], pa.Array]:
    """Text or bytes, drawn anew for each array."""
    return lambda texts: draw.choice((as_text, bytes_of))(texts)


@pytest.mark.parametrize("collide", [False, True])
def test_addresses_are_numbered_like_their_texts(monkeypatch: pytest.MonkeyPatch, collide: bool) -> None:
    monkeypatch.setattr(addresses, "AT_ONCE", 16)
    if collide:
        monkeypatch.setattr(addresses, "mixed", lambda words: np.zeros(len(words), np.uint64))
    draw = random.Random(3)  # noqa: S311  (a test's dice, not a secret)
    usual = [f"0x{draw.randrange(2**160):040x}" for _ in range(60)] + list(ADDRESSES[:3])
    drawn = draw.choices(usual, k=300), [*draw.choices([*usual, *ADDRESSES, None], k=300), None]
    for texts, form in product(drawn, (as_text, bytes_of, either(draw))):
        known = Addresses()
        for begin in range(0, len(texts), 70):
            known.add(form(pa.array(texts[begin : begin + 70], pa.string())))
        names, numbers = known.numbered()
        distinct = sorted({text for text in texts if text is not None})
        assert names.texts.to_pylist() == distinct
        assert numbers.tolist() == [-1 if text is None else distinct.index(text) for text in texts]
        assert [names.find(text) for text in ("0x", *distinct)] == [-1, *range(len(distinct))]


def test_more_texts_than_32_bits_count_are_the_same_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hexes, "LONG_TEXT", 100)
    known = Addresses()
    known.add(pa.array([ADDRESSES[1], "short", ADDRESSES[2], ADDRESSES[0]], pa.string()))
    names, numbers = known.numbered()
    assert names.texts.type == pa.large_string()
    assert names.texts.to_pylist() == [ADDRESSES[0], ADDRESSES[2], ADDRESSES[1], "short"]
    assert numbers.tolist() == [2, 3, 1, 0]
    one, zero = np.array([[1] + [0] * (WIDTH - 1)]), np.zeros((1, WIDTH), np.int64)
    batch = batch_of(Codes(names, names, names), np.array([0]), one, zero)
    assert batch.to_pylist() == [
        {"chain": ADDRESSES[0], "address": ADDRESSES[0], "asset": ADDRESSES[0], "net": b"\x01", "lowest": b""}
    ]


@pytest.mark.parametrize("form", ["text", "bytes", "either"])
@pytest.mark.parametrize("collide", [False, True])
def test_hashes_keep_their_texts_and_are_grouped_by_them(
    monkeypatch: pytest.MonkeyPatch, collide: bool, form: str
) -> None:
    if collide:
        for name in ("_digests", "_digests_of_any"):
            monkeypatch.setattr(hashes_of, name, lambda rows: np.zeros(len(rows), np.int64))
    draw = random.Random(4)  # noqa: S311  (a test's dice, not a secret)
    long = [f"{draw.randrange(2**256):064x}" for _ in range(8)]
    pieces = [
        [f"0x{text}" for text in (long[0], long[0], long[1])],
        [f"0x{long[1]}", f"0x{long[2]}"],
        [long[3], long[3], long[4]],
        [f"0x{long[2]}", "short", "short", f"0X{long[5]}", long[4], f"0x{long[5].upper()}"],
        [f"0x{long[0]}", f"0x{long[6]}"],
    ]
    hashes = Hashes()
    forms = {"text": as_text, "bytes": bytes_of, "either": either(draw)}
    for piece in pieces:
        hashes.add(forms[form](pa.array(piece, pa.string())))
    texts = [text for piece in pieces for text in piece]
    assert [hashes[row] for row in range(len(hashes))] == texts
    rows = np.array(draw.choices(range(len(texts)), k=40))
    assert hashes.take(rows).to_pylist() == [texts[row] for row in rows]
    chain = np.array([row % 7 == 3 for row in range(len(texts))], np.int32)
    groups = hashes.groups(chain)
    for row, group in enumerate(groups.tolist()):
        for other, its in enumerate(groups.tolist()):
            assert (group == its) == ((texts[row], chain[row]) == (texts[other], chain[other]))
