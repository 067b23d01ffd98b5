"""Ethereum's hash function."""

from __future__ import annotations

from Crypto.Hash import keccak


def keccak256(data: bytes) -> bytes:
    """Keccak with 256 bits: not the SHA-3 that was standardised later."""
    digest: bytes = keccak.new(digest_bits=256, data=data).digest()
    return digest
