"""Ethereum's hash function."""

from __future__ import annotations


def keccak256(data: bytes) -> bytes:
    """Keccak with 256 bits: not the SHA-3 that was standardised later."""
    # Imported here: only checks that are off by default hash, and it is a fifth of a worker's start.
    from Crypto.Hash import keccak

    digest: bytes = keccak.new(digest_bits=256, data=data).digest()
    return digest
