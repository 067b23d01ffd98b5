"""Addresses: validated, and written one way per chain.

Invariants:
    EVM addresses are stored lower-case; a mixed-case one must carry a right EIP-55 checksum first, so a
    misread character is seen. Base58 is kept as written (case matters), bech32 is stored lower-case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from clawback.chains.names import EVM_CHAINS, OTHER_FORMS
from clawback.schemas import NATIVE

__all__ = ["EVM_CHAINS", "FORMS", "FORMS_OF_CHAIN", "ZERO_ADDRESS", "BadAddress", "checksum_address"]

ZERO_ADDRESS: Final = "0x" + "0" * 40


class _Forms(Mapping[str, tuple[str, ...]]):
    """How addresses of each chain are written."""

    def __getitem__(self, chain: str) -> tuple[str, ...]:
        return ("evm",) if chain in EVM_CHAINS else OTHER_FORMS[chain]

    def __iter__(self) -> Iterator[str]:
        return iter([*EVM_CHAINS, *OTHER_FORMS])

    def __len__(self) -> int:
        return len(EVM_CHAINS) + len(OTHER_FORMS)


FORMS_OF_CHAIN: Final = _Forms()
FORMS: Final = frozenset({"evm", "base58check", "bech32"})

_VERSIONS: Final = {"bitcoin": (0x00, 0x05), "litecoin": (0x30, 0x32, 0x05), "tron": (0x41,)}
_PREFIXES: Final = {"bitcoin": "bc", "litecoin": "ltc"}
_EVM = re.compile(r"0x[0-9a-fA-F]{40}")
_TX_HASH = re.compile(r"(0x)?[0-9a-fA-F]{64}")
_OMNI = re.compile(r"omni:[1-9]\d{0,9}", re.ASCII)
_BASE58 = re.compile(r"[1-9A-HJ-NP-Za-km-z]{25,40}")
_BECH32_LETTERS: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH32: Final = 1
_BECH32M: Final = 0x2BC830A3


class BadAddress(ValueError):
    """The text is no address of that form; the message says why."""


@lru_cache(maxsize=100_000)
def normalise_address(text: str, chain: str, form: str | None = None) -> str:
    """The one way in which an address is stored.

    Args:
        text: the address as a source writes it.
        chain: decides the form where none is given, and the version bytes or prefix that are allowed.
        form: `evm`, `base58check` or `bech32`.

    Raises:
        BadAddress: malformed, or its checksum is wrong.
    """
    forms = (form,) if form is not None else FORMS_OF_CHAIN.get(chain)
    if forms is None:
        known = ", ".join(sorted(FORMS_OF_CHAIN))
        raise BadAddress(f"no address form is known for the chain '{chain[:40]}' (known: {known})")
    text = text.strip()
    if not text:
        raise BadAddress("empty address")
    if len(forms) > 1:
        forms = ("bech32",) if text.lower().startswith(f"{_PREFIXES.get(chain)}1") else ("base58check",)
    if forms[0] == "evm":
        return _evm(text)
    return _base58check(text, chain) if forms[0] == "base58check" else _bech32(text, chain)


def normalise_asset(text: str, chain: str, form: str | None = None) -> str:
    """`native`, the contract's address, or on Bitcoin an Omni token as `omni:31`.

    Raises:
        BadAddress: anything else.
    """
    text = text.strip()
    if text == NATIVE or (chain == "bitcoin" and _OMNI.fullmatch(text)):
        return text
    return normalise_address(text, chain, form)


def normalise_tx_hash(text: str, chain: str) -> str:
    """64 hex digits in lower case; EVM chains write 0x before them, others do not.

    Raises:
        ValueError: anything else.
    """
    text = text.strip()
    if not text:
        raise ValueError("missing transaction hash")
    if not _TX_HASH.fullmatch(text):
        raise ValueError("the transaction hash is not 64 hex digits")
    digits = text.lower().removeprefix("0x")
    return f"0x{digits}" if chain in EVM_CHAINS else digits


def checksum_address(address: str) -> str:
    """The EIP-55 writing of an EVM address."""
    from Crypto.Hash import keccak

    digits = address[2:].lower()
    digest = keccak.new(digest_bits=256, data=digits.encode()).hexdigest()
    return "0x" + "".join(
        letter.upper() if int(nibble, 16) >= 8 else letter
        for letter, nibble in zip(digits, digest, strict=False)
    )


def _evm(text: str) -> str:
    if not _EVM.fullmatch(text):
        raise BadAddress("not 0x and 40 hex digits")
    digits = text[2:]
    if digits not in (digits.lower(), digits.upper()) and checksum_address(text) != text:
        raise BadAddress("the EIP-55 checksum is wrong")
    return text.lower()


def _base58check(text: str, chain: str) -> str:
    import base58

    if not _BASE58.fullmatch(text):
        raise BadAddress("not base58 of 25 to 40 characters")
    try:
        payload = base58.b58decode_check(text)
    except ValueError as error:
        raise BadAddress("the base58 checksum is wrong") from error
    if len(payload) != 21:
        raise BadAddress(f"{len(payload)} bytes where an address has 21")
    if payload[0] not in _VERSIONS.get(chain, (payload[0],)):
        raise BadAddress(f"version byte {payload[0]:#04x} is not one of {chain}")
    return text


def _bech32(text: str, chain: str) -> str:
    if text not in (text.lower(), text.upper()) or not 8 <= len(text) <= 90 or not text.isascii():
        raise BadAddress("not bech32: mixed case or wrong length")
    prefix, mark, data = text.lower().rpartition("1")
    if not mark or not prefix or len(data) < 7 or any(letter not in _BECH32_LETTERS for letter in data):
        raise BadAddress("not bech32: bad letters")
    if prefix != _PREFIXES.get(chain, prefix):
        raise BadAddress(f"prefix '{prefix}' is not one of {chain}")
    values = [_BECH32_LETTERS.index(letter) for letter in data]
    version = values[0]
    # BIP-350: witness version 0 has the old constant, all later ones the new.
    if _polymod(_expanded(prefix) + values) != (_BECH32 if version == 0 else _BECH32M):
        raise BadAddress("the bech32 checksum is wrong")
    length = len(values[1:-6]) * 5 // 8
    padding = len(values[1:-6]) * 5 % 8
    if version > 16 or not 2 <= length <= 40 or (version == 0 and length not in (20, 32)) or padding > 4:
        raise BadAddress("not a witness program")
    if values[-7] & ((1 << padding) - 1):
        raise BadAddress("not a witness program: padding is not zero")
    return text.lower()


def _expanded(prefix: str) -> list[int]:
    return [ord(letter) >> 5 for letter in prefix] + [0] + [ord(letter) & 31 for letter in prefix]


def _polymod(values: list[int]) -> int:
    generators = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
    checksum = 1
    for value in values:
        top = checksum >> 25
        checksum = (checksum & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(generators):
            if top >> bit & 1:
                checksum ^= generator
    return checksum
