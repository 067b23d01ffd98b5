"""Addresses and exact numbers out of text."""

from __future__ import annotations

import hashlib

import base58
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clawback.schemas import MAX_AMOUNT
from clawback.tables.addresses import (
    BadAddress,
    checksum_address,
    normalise_address,
    normalise_asset,
    normalise_tx_hash,
)
from clawback.tables.exact import parse_number, to_base_units

# The examples of EIP-55 itself.
EIP55 = [
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
]


@pytest.mark.parametrize("address", EIP55)
def test_eip55_examples(address: str) -> None:
    assert checksum_address(address.lower()) == address
    assert normalise_address(address, "ethereum") == address.lower()
    assert normalise_address(f" {address} ", "polygon") == address.lower()


@given(st.binary(min_size=20, max_size=20), st.data())
def test_one_letter_in_the_wrong_case_is_seen(payload: bytes, data: st.DataObject) -> None:
    address = checksum_address(f"0x{payload.hex()}")
    assert normalise_address(address, "ethereum") == address.lower()
    letters = [place for place, letter in enumerate(address) if place > 1 and letter.isalpha()]
    if len(letters) < 3:
        return  # with fewer letters a change may leave one case only, which carries no checksum
    place = data.draw(st.sampled_from(letters))
    wrong = address[:place] + address[place].swapcase() + address[place + 1 :]
    if wrong[2:] not in (wrong[2:].lower(), wrong[2:].upper()):
        with pytest.raises(BadAddress, match="EIP-55"):
            normalise_address(wrong, "ethereum")


# BIP-173 and BIP-350 test vectors.
@pytest.mark.parametrize(
    "address",
    [
        "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
        "bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y",
        "BC1SW50QGDZ25J",
        "bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs",
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
    ],
)
def test_bech32_vectors(address: str) -> None:
    assert normalise_address(address, "bitcoin") == address.lower()


@pytest.mark.parametrize(
    "address",
    [
        "tc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq5zuyut",
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd",  # bech32 where bech32m is due
        "BC1S0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL",
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh",  # bech32m where bech32 is due
        "bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4",  # a letter that is none
        "BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R",  # version 17
        "bc1pw5dgrnzv",
        "BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P",
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v07qwwzcrf",  # padding of more than 4
        "bc1gmk9yu",
        "bc1QW508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
    ],
)
def test_bech32_vectors_that_are_wrong(address: str) -> None:
    with pytest.raises(BadAddress):
        normalise_address(address, "bitcoin", "bech32")


@pytest.mark.parametrize(
    ("address", "chain"),
    [
        ("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "bitcoin"),
        ("3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", "bitcoin"),
        ("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", "tron"),
    ],
)
def test_base58_is_kept_as_written(address: str, chain: str) -> None:
    assert normalise_address(address, chain) == address


@pytest.mark.parametrize(
    ("address", "chain", "says"),
    [
        ("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", "bitcoin", "version byte"),
        ("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "tron", "version byte"),
        ("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVn2", "bitcoin", "checksum"),
        ("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNV0O", "bitcoin", "not base58"),
        (base58.b58encode_check(b"\x00" * 25).decode(), "bitcoin", "25 bytes"),
        ("0x" + "1" * 40, "moon", "no address form is known"),
    ],
)
def test_base58_that_is_wrong(address: str, chain: str, says: str) -> None:
    with pytest.raises(BadAddress, match=says):
        normalise_address(address, chain)


def test_assets_are_native_contracts_or_omni_tokens() -> None:
    assert normalise_asset("native", "tron") == "native"
    assert normalise_asset("omni:31", "bitcoin") == "omni:31"
    assert normalise_asset(EIP55[0], "ethereum") == EIP55[0].lower()
    for asset, chain in (("omni:31", "ethereum"), ("omni:0", "bitcoin"), ("ETH", "ethereum")):
        with pytest.raises(BadAddress):
            normalise_asset(asset, chain)


def test_transaction_hashes_are_written_as_their_chain_does() -> None:
    digits = hashlib.sha256(b"x").hexdigest()
    assert normalise_tx_hash(digits.upper(), "ethereum") == f"0x{digits}"
    assert normalise_tx_hash(f"0x{digits}", "bitcoin") == digits


@given(st.integers(0, MAX_AMOUNT), st.integers(0, 77))
def test_amounts_survive_the_way_through_text(units: int, decimals: int) -> None:
    digits = str(units).rjust(decimals + 1, "0")
    text = f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits
    assert to_base_units(parse_number(text), decimals) == units
    assert to_base_units(parse_number(f"{units}e-{decimals}"), decimals) == units


@given(st.integers(1, MAX_AMOUNT), st.integers(0, 30), st.integers(1, 9))
def test_a_digit_too_many_is_never_rounded(units: int, decimals: int, digit: int) -> None:
    with pytest.raises(ValueError, match="fraction"):
        to_base_units(parse_number(f"{units}.{digit}"), 0)
    with pytest.raises(ValueError, match="fraction"):
        to_base_units(parse_number(f"{units}{digit}e-{decimals + 1}"), decimals)
