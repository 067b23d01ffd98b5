"""Bytes to characters where the sender's word about its encoding may be wrong or missing."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Final

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE)
_HEADER = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9_:.-]{1,40})", re.IGNORECASE)
_META_BYTES: Final = 4096
# The encodings of the web (WHATWG); Python knows others, such as utf-7, that only an attacker would name.
_WEB: Final = frozenset(
    [
        *(f"iso8859-{number}" for number in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)),
        *(f"cp{number}" for number in (866, 874, *range(1250, 1259))),
        *("ascii", "iso8859-1", "utf-8", "utf-16", "utf-16-le", "utf-16-be", "koi8-r", "koi8-u"),
        *("gb2312", "gbk", "gb18030", "big5", "euc_jp", "iso2022_jp", "shift_jis", "euc_kr", "cp949"),
    ]
)
_LATIN: Final = "cp1252"


def decode(data: bytes, content_type: str | None) -> str:
    """Read bytes as text.

    A byte order mark decides; then UTF-8, if the bytes are UTF-8 beyond ASCII, whatever the sender says,
    since text in another encoding is practically never valid UTF-8; then what the header, then what the page
    declares, if the bytes fit it; else Western European with a replacement for what is no character.

    Args:
        data: the bytes.
        content_type: the header of that name, if there is one.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    for encoding in _tried(data, content_type):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode(_LATIN, "replace")


def _tried(data: bytes, content_type: str | None) -> Iterator[str]:
    if not data.isascii():
        yield "utf-8"
    declared = [] if content_type is None else _HEADER.findall(content_type)
    declared += [name.decode("ascii") for name in _META.findall(data[:_META_BYTES])]
    for name in declared:
        try:
            known = codecs.lookup(name).name
        except LookupError:
            continue
        if known in _WEB:
            # What calls itself Latin-1 on the web is Windows-1252.
            yield _LATIN if known in ("iso8859-1", "ascii") else known
    yield "utf-8"
