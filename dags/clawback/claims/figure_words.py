"""Numbers in words: "twenty million dollars", "half a billion euros"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from text_to_num import text2num

from clawback.claims.figure_digits import Raw
from clawback.claims.figure_units import (
    unit_after_number,
)
from clawback.claims.numbers import Number
from clawback.claims.units import (
    SCALES,
)

_NUMBER_WORDS = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
    "thirty",
    "forty",
    "fifty",
    "sixty",
    "seventy",
    "eighty",
    "ninety",
    "hundred",
    "thousand",
    "million",
    "billion",
]
_IN_WORDS = re.compile(
    r"\b((?:half an?|a quarter of a|an?|(?:une?|uma?|ein|eine|einer|eine halbe|un demi|medio|meio|mezzo)|(?:"
    + "|".join(_NUMBER_WORDS)
    + r")(?:(?:[ -]|[ ]and[ ])(?:"
    + "|".join(_NUMBER_WORDS)
    + r")){0,8})"
    r"[ -](?:hundred|thousand|million|billion|trillion|"
    r"mill\u00f3n|milione|milh\u00e3o|milliard|milliarde|miliardo|bilh\u00e3o))\b",
    re.IGNORECASE,
)


def in_words(folded: str) -> Iterator[Raw]:
    """Numbers in words with what they count, in order."""
    for found in _IN_WORDS.finditer(folded):
        if folded[max(0, found.start() - 2) : found.start()].strip(" -")[-1:].isdigit():
            continue
        words = found.group(1).lower()
        scale = re.split("[ -]", words)[-1]
        head = words[: -len(scale)].strip(" -")
        power = SCALES.get(scale, 2)
        if head in ("a", "an", "un", "une", "um", "uma", "ein", "eine", "einer"):
            number = Number(Decimal(1), False)
        elif head in ("half a", "half an", "eine halbe", "un demi", "medio", "meio", "mezzo"):
            number = Number(Decimal("0.5"), False)
        elif head == "a quarter of a":
            number = Number(Decimal("0.25"), False)
        else:
            try:
                number, power = Number(Decimal(text2num(words, "en")), False), 0
            except ValueError:
                continue
        suffix = unit_after_number(folded, found.end(), 6)
        if suffix is None:
            continue
        unit, end, marks = suffix
        yield Raw(
            found.start(), end, number, None, power, power, unit, found.group(1), (*marks, "number in words")
        )
