"""The unit that stands before or after a written number: a sign, a code, a ticker, a name."""

from __future__ import annotations

import re
from typing import Final

from clawback.claims.units import GLUED, PERCENT, PHRASES, SIGNS, WORDS, code_unit, ticker_unit

_RIGHT: Final = 60
_GLUED_CODE: Final = 2
"""Letters glued to a number that name no asset: "2FA", "3AC"."""

_SIGN = re.compile(
    r"(?<![A-Za-z0-9])((?:[A-Za-z]{1,3})?[$]|"
    r"[\u20ac\u00a3\u00a5\u20a9\u20bd\u20b9\u20ba\u20b4\u20bf\u039e"
    r"\u20b1\u20ab\u0e3f\u20a6\u20b8\u20aa])[ ]?$"
)
_CODE_BEFORE = re.compile(r"(?<![A-Za-z0-9])([A-Za-z]{3})[ ]?[$]?[ ]?$")
_SIGN_AFTER = re.compile(r"[ ]?([$\u20ac\u00a3\u20bd])(?![0-9A-Za-z])")
_LETTERS_BEFORE = re.compile(r"(?<![A-Za-z0-9])(Rp|RM|Rs)\.?[ ]?$")
_CELL_BEFORE = re.compile(r"(?<![^\s|*(])[$]?([A-Z][A-Z0-9]{1,9})[*]{0,2}[ ]?[|:][ ]?$")
"""The asset of a row or of a list item: "ETH | 2,118.4", "USDT: 3,050,000"."""

_TICKER_BEFORE = re.compile(r"(?<![A-Za-z0-9$.])([A-Z]{3,5})[ ]$")
"""The asset before its number, as tables without lines have it: "USDC 3.2m"."""

_YEAR = re.compile(r"(?:19|20)[0-9]{2}(?![0-9,.]*[0-9])|2\.0")
_KNOWN: Final = frozenset(WORDS.values()) - frozenset(SIGNS.values()) | {"BTC", "ETH"}
_NAME_BEFORE: Final = 8
_COUNTER = re.compile(r"[ ]?[\u679a\u4e2a\uac1c\u500b][ ]?")
_ASIAN: Final = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_WORD = re.compile(rf"[ -]?(\$?(?:[A-Za-z0-9]+(?=[{_ASIAN}])|[^\W_]+(?:\.[a-z](?![a-z]))?))")
_BRACKETED_TICKER = re.compile(r" ?(?:[A-Z][\w-]*[ ]){0,3}\(\$?([A-Za-z][A-Za-z0-9]{1,9})\)")
_PAIR = re.compile(r"[-/][A-Z]{3,}(?= [A-Za-z ]{0,20}\b(?:LP|pool|tokens|pair)\b)")
_STABLE: Final = frozenset({"DAI", "FRAX", "UST", "LUSD", "MIM"})
_BETWEEN_UNIT = re.compile(
    r"[ ](?:(?:de|di|d'|en|em|im|von|von der|dei|des|of|in|worth|units|coins|tokens|the|its|their|"
    r"stolen|lost|missing|hacked|looted|additional|more|"
    r"remaining|affected|native|staked)[ ]?(?<=[ '])){1,4}",
    re.IGNORECASE,
)


def unit_before_number(left: str, start: int) -> tuple[str | None, int]:
    """The currency whose sign or code ends `left`, and where its figure begins; its number is at `start`."""
    sign = _SIGN.search(left)
    if sign is not None:
        unit = SIGNS.get(sign.group(1).lower())
        if unit is not None:
            return unit, start - (len(left) - sign.start(1))
        # Letters that belong to no currency ("of$5"): the bare sign counts.
        return "USD", start - (len(left) - sign.end(1) + 1)
    letters = _LETTERS_BEFORE.search(left)
    if letters is not None:
        return SIGNS[letters.group(1).lower()], start - (len(left) - letters.start(1))
    code = _CODE_BEFORE.search(left)
    if code is not None:
        unit = code_unit(code.group(1).lower())
        if unit is not None and (code.group(1).isupper() or "$" in code.group()):
            return unit, start - (len(left) - code.start(1))
    return None, start


def asset_before_number(left: str, start: int, after: str, written: str) -> tuple[str, int] | None:
    """The asset of a number without a unit behind it, by the cell or the name before it, and where it begins.

    Args:
        left: what stands before the number.
        start: its place.
        after: what stands behind it.
        written: the number itself.
    """
    ticker = _TICKER_BEFORE.search(left)
    if ticker is not None and ticker.group(1) in _KNOWN and not _YEAR.match(written):
        return ticker.group(1), start - (len(left) - ticker.start(1))
    cell = _CELL_BEFORE.search(left)
    if cell is not None:
        if after[:1].isalnum():
            # "ERC20: 0x2c69" is an address.
            return None
        unit = ticker_unit(cell.group(1))
        return None if unit is None else (unit, start - (len(left) - cell.start(1)))
    if _COUNTER.match(after) is None:
        return None
    bare = left.rstrip(" ")
    for length in range(min(_NAME_BEFORE, len(bare)), 1, -1):
        unit = GLUED.get(bare[-length:])
        if unit is not None:
            return unit, start - (len(left) - len(bare)) - length
    return None


def unit_after_number(folded: str, end: int, power: int) -> tuple[str, int, tuple[str, ...]] | None:
    """The unit that follows a number, where it ends, and what is doubtful about it."""
    if folded[end : end + 1] == "%" or folded[end : end + 2] == " %":
        return "%", folded.index("%", end) + 1, ()
    window_end = end + _RIGHT
    sign = _SIGN_AFTER.match(folded, end, end + 3)
    if sign is not None:
        return SIGNS[sign.group(1)], sign.end(), ()
    glued = _glued_unit(folded, end)
    if glued is not None:
        return (*glued, ())
    direct = _named_unit(folded, end, window_end)
    if direct is not None:
        return (*direct, ())
    between = _BETWEEN_UNIT.match(folded, end, window_end)
    if between is None:
        return None
    named = _named_unit(folded, between.end() - (folded[between.end() - 1] == " "), window_end)
    if named is None:
        return None
    words = between.group().lower().split()
    if named[0] in _STABLE or "USD" in named[0]:
        # "5.5 million in USDT" is the same as a number of coins and as money.
        return (*named, ())
    if power >= 6 and ("in" in words or "worth" in words) and named[0] not in SIGNS.values():
        # "2.2 million in BNB" is money held in BNB, not a number of coins.
        return "USD", end, ("no currency is written; US dollars are meant",)
    if not {
        "stolen",
        "lost",
        "missing",
        "hacked",
        "looted",
        "in",
        "coins",
        "tokens",
        "units",
        "de",
        "di",
        "d'",
    } & set(words):
        return None
    return (*named, ())


def _glued_unit(folded: str, end: int) -> tuple[str, int] | None:
    counter = _COUNTER.match(folded, end)
    start = end if counter is None else counter.end()
    start += folded[start : start + 1] == " "
    if folded[start : start + 1].isascii():
        return _named_unit(folded, start, start + _RIGHT) if counter is not None else None
    for length in (5, 4, 3, 2, 1):
        unit = GLUED.get(folded[start : start + length])
        if unit is not None:
            return unit, start + length
    return None


def _named_unit(folded: str, end: int, window_end: int) -> tuple[str, int] | None:
    first = _WORD.match(folded, end, window_end)
    if first is None:
        return None
    word = first.group(1)
    low = word.lower()
    if low in PERCENT:
        return "%", first.end()
    if low == "per" and folded[first.end() : first.end() + 5].lower() == " cent":
        return "%", first.end() + 5
    ticker = _BRACKETED_TICKER.match(folded, end, window_end)
    if ticker is not None and ticker.group(1).isupper() is False and ticker_unit(ticker.group(1)) is None:
        ticker = None
    second = _WORD.match(folded, first.end(), window_end)
    third = None if second is None else _WORD.match(folded, second.end(), window_end)
    words = [low, second.group(1).lower() if second else "", third.group(1).lower() if third else ""]
    for length, last in ((3, third), (2, second)):
        if last is not None and tuple(words[:length]) in PHRASES:
            return PHRASES[tuple(words[:length])], _with_ticker(ticker, last.end())
    if low in WORDS:
        return (_ticker_of(ticker) or WORDS[low]), _with_ticker(ticker, first.end())
    if word.isupper() and (unit := code_unit(low)) is not None:
        return unit, first.end()
    unit = ticker_unit(word)
    if unit is not None and (first.start(1) > end or len(word) > _GLUED_CODE):
        # A share in a pool of two coins is neither of them: "BEAN-LUSD".
        return None if _PAIR.match(folded, first.end()) else (unit, first.end())
    if ticker is not None and word[0].isupper() and (named := _ticker_of(ticker)) is not None:
        return named, ticker.end()
    return None


def _ticker_of(found: re.Match[str] | None) -> str | None:
    return None if found is None else ticker_unit(found.group(1))


def _with_ticker(found: re.Match[str] | None, end: int) -> int:
    return end if found is None or _ticker_of(found) is None else max(end, found.end())


def end_of_same_unit(folded: str, end: int, unit: str) -> int:
    """Where "$5 million US dollars" ends: a second naming of the unit belongs to the figure."""
    named = _named_unit(folded, end, end + _RIGHT) if folded[end : end + 1] == " " else None
    return named[1] if named is not None and named[0] == unit else end
