"""Columns of hex text to arrays: exact for what is right, loud for everything else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clawback.chains.evm.columns import amounts_of, fixed_bytes, is_address, small_integers, words_of
from clawback.chains.evm.failures import Busy, Lie, NodeFailure, printable
from clawback.chains.evm.nft import _items
from clawback.chains.evm.quantities import quantities
from clawback.schemas import MAX_AMOUNT

VALUES = st.lists(st.integers(0, 2**256 - 1), max_size=30)


@given(VALUES)
def test_quantities_and_words_are_the_numbers(values: list[int]) -> None:
    assert quantities([hex(value) for value in values], "it") == values
    words = words_of(values)
    assert [int.from_bytes(word.tobytes(), "big") for word in words] == values
    texts = [f"0x{value:064x}" for value in values]
    assert (fixed_bytes(texts, 32, "it") == words).all()


@given(
    st.lists(st.one_of(st.integers(0, 2**256 - 1), st.integers(MAX_AMOUNT - 3, MAX_AMOUNT + 3)), max_size=30)
)
def test_amounts_are_exact_or_too_wide(values: list[int]) -> None:
    amounts, wide = amounts_of(words_of(values))
    assert wide.tolist() == [value > MAX_AMOUNT for value in values]
    for amount, value in zip(amounts, values, strict=True):
        if value <= MAX_AMOUNT:
            assert int.from_bytes(amount.tobytes(), "little") == value


@given(st.lists(st.integers(0, 2**63 - 1), max_size=30))
def test_small_integers_are_the_numbers(values: list[int]) -> None:
    assert small_integers([hex(value) for value in values], "it").tolist() == values


@pytest.mark.parametrize(
    "bad", ["", "0x", "1", "0x_1", "0x 1", "-0x1", "0x-1", "0xg", "0x1\n", "٣", "0x" + "1" * 65]
)
def test_a_text_that_is_no_quantity_is_a_lie(bad: str) -> None:
    for texts in ([bad], ["0x1", bad], [bad, "0x0"]):
        with pytest.raises(Lie):
            quantities(texts, "it")


def test_an_integer_beyond_63_bits_is_a_lie() -> None:
    with pytest.raises(Lie, match="does not fit"):
        small_integers([hex(2**63)], "it")


@pytest.mark.parametrize(
    "texts",
    [
        ["0x12"],
        ["12" * 21],
        ["0x" + "g" * 40],
        ["0x" + "1" * 39 + "\u00e9"],
        ["0x" + "1" * 38 + "0x"],
        ["0x" + "1" * 41, "0x" + "1" * 39],
        ["0X" + "1" * 40],
        ["0x" + " " * 40],
    ],
)
def test_a_text_of_another_form_is_a_lie(texts: list[str]) -> None:
    with pytest.raises(Lie):
        fixed_bytes(texts, 20, "it")
    with pytest.raises(Lie):
        fixed_bytes(["0x" + "1" * 40, *texts], 20, "it")


def test_an_address_is_a_word_padded_with_zeros() -> None:
    words = np.zeros((3, 32), np.uint8)
    words[1, 12:] = 1
    words[2, 11] = 1
    assert is_address(words).tolist() == [True, True, False]


def word(value: int) -> bytes:
    return value.to_bytes(32, "big")


def test_the_items_of_a_batch_transfer_are_read_within_its_data() -> None:
    numbers = word(2) + word(7) + word(8)
    amounts = word(2) + word(70) + word(80)
    good = word(64) + word(160) + numbers + amounts
    assert _items(good) == [(word(7), word(70)), (word(8), word(80))]
    for bad in (
        b"",
        word(64),
        word(2**255) + word(160) + numbers + amounts,
        word(64) + word(160) + numbers + word(3) + word(70) + word(80),
        word(64) + word(160) + numbers + word(1) + word(70),
        word(64) + word(64) + word(2**200),
    ):
        with pytest.raises(ValueError, match=r"array|amounts"):
            _items(bad)


def test_a_nodes_words_reach_no_terminal_as_they_are() -> None:
    assert printable("a\x1b[31mb\n") == "a\\x1b[31mb\\n"
    assert str(NodeFailure("x\x07")) == "x\\x07"
    assert str(Busy("x\x07", 3)) == "x\\x07"
    assert len(printable("y" * 10_000)) == 500
    assert printable("\ud800").isascii()
