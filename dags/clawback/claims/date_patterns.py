"""The ways of writing a date, for English and for the other languages, on text in lower case."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from clawback.claims.date_words import (
    ENGLISH_FEASTS,
    ENGLISH_MONTHS,
    ENGLISH_WEEKDAYS,
    FEASTS,
    MONTH_OF,
    alternatives,
)

_NTH: Final = r"(?:st|nd|rd|th|er|\.|\u00ba|\u00aa)?"
_DAY: Final = rf"(?P<day>[0-3]?[0-9]){_NTH}(?![0-9])"
_MORE_DAYS: Final = (
    r"(?:(?:[ ]?(?:-|/|&)[ ]?|[ ](?:to|and|or|bis|al|au|y|et|e|und|\u0438)[ ](?:the )?)"
    rf"[0-3]?[0-9]{_NTH}(?![0-9]))?"
)
_OF: Final = r"(?:[ ](?:day of|of|de|del|do))?"
_YEAR: Final = r"(?P<year>(?:19|20)[0-9]{2})(?![0-9])"
_NO_NUMBER: Final = (
    r"(?![0-9.,%]*[0-9%]|[ ]?(?:million|billion|thousand|percent|k\b|m\b|[a-z]{0,2}(?:btc|eth)\b))"
)
_WHICH_YEAR: Final = r"(?:,? (?P<last>(?:of )?(?:last|this|that|the same) year))?"
_NO_ORDINAL: Final = (
    r"(?! (?:largest|biggest|time|century|hack|attack|exploit|of |floor|anniversary|month|year|district|"
    r"circuit|hour|place|amendment|such|most))"
)
SLASHED: Final = 2
IN_MONTH: Final = 10
YEAR_ONLY: Final = 11
LAST_DAY: Final = 20
BARE: Final = frozenset({10, 14, 15, 16, 17, 18, 19})
"""Places of patterns that need a treatment of their own."""

_THEFTS: Final = "theft|hack|heist|exploit|attack|raid|breach|robbery|incident|hit|job|drain"


class Ways:
    """Patterns of dates.

    `patterns` are tried in their order; `by_sign` tells which of them may begin with a digit, with the name
    of a month, or with another word; `signs` finds where one may begin.
    """

    def __init__(self, months: str, feasts: str, words: str, ins: str, before_days: str) -> None:
        month = rf"(?P<month>{months})\b\.?"
        self.months = months
        self.patterns = tuple(
            re.compile(pattern)
            for pattern in (
                rf"\b{_YEAR}[-/.](?P<month>[01]?[0-9])[-/.](?P<day>[0-3]?[0-9])(?![0-9])",
                rf"\b(?P<day>[0-3]?[0-9])\.[ ]?(?P<month>[01]?[0-9])\.[ ]?{_YEAR}",
                rf"\b(?P<first>[0-3]?[0-9])/(?P<second>[0-3]?[0-9])/{_YEAR}",
                rf"\b{_DAY}-{month}-{_YEAR}",
                rf"\b{month}(?: the)? {_DAY}{_MORE_DAYS}(?:,? of)?,? {_YEAR}",
                rf"\b{_DAY}{_MORE_DAYS}{_OF} {month},?(?:[ ](?:of|de|del|do))? {_YEAR}",
                rf"\b{month},?(?: of| de| del)? (?:{_YEAR}|'(?P<short>[0-9]{{2}})\b)",
                rf"\b{month}(?: the)? {_DAY}{_NO_NUMBER}{_MORE_DAYS}\b{_WHICH_YEAR}",
                rf"\b{_DAY}{_MORE_DAYS}{_OF} {month}(?![a-z]){_WHICH_YEAR}",
                rf"\b(?P<last>last|this past|this|earlier this) {month}(?![a-z])",
                rf"\b(?:{ins})[ -](?P<bare>{month})"
                rf"(?: (?P<short>[12][0-9])(?![0-9.,]*[0-9])|{_WHICH_YEAR})"
                r"(?![a-z]|,? ?(?:of )?(?:[0-9]|'[0-9]))",
                rf"\b(?:{ins}) {_YEAR}(?![.,][0-9])",
                rf"\b(?P<feast>{feasts})\b(?:,? (?:of )?{_YEAR})?",
                rf"\b(?:{before_days}) (?P<nth>(?:the )?(?P<day>[0-3]?[0-9])(?:st|nd|rd|th))\b{_NO_ORDINAL}"
                rf"(?! (?:of )?(?:{months})\b)",
                rf"(?<=[,(:] )(?P<bare>{month})(?= ?[:,;)(])",
                rf"(?<=[(])(?P<bare>{month})(?=[,;:)])",
                rf"(?:(?<=and )|(?<=, ))(?P<bare>{month})(?= \(| and | (?:(?:19|20)[0-9]{{2}}))",
                # "December's heist", "Bellows, August.", "the September theft"
                rf"(?P<bare>(?P<month>{months}))(?='s\b)",
                rf"(?<=, )(?P<bare>(?P<month>{months}))(?=\.(?:\s|$))",
                rf"(?<=the )(?P<bare>(?P<month>{months}))(?= (?:{_THEFTS})s?\b)",
                rf"\blast day of (?P<month>{months})\b(?:,? (?:of )?{_YEAR})?",
                rf"\b(?:{alternatives(ENGLISH_WEEKDAYS)}) (?P<nth>the (?P<day>[0-3]?[0-9])(?:st|nd|rd|th))\b",
            )
        )
        self.by_sign = {
            "digit": (0, 1, 2, 3, 5, 8),
            "month": (4, 6, 7, 14, 15, 16, 17, 18, 19),
            "word": (9, 10, 11, 13, 20, 21),
            "feast": (12,),
        }
        self.signs = re.compile(
            rf"\b(?:(?P<digit>[0-9]{{1,4}})(?=[-./ a-z&\u00ba\u00aa])|(?P<feast>{feasts})\b"
            rf"|(?P<month>{months})\b"
            rf"|(?P<word>{words}|{ins}|{before_days}|{alternatives(ENGLISH_WEEKDAYS)})[ -])"
        )
        self.year_after = re.compile(rf" (?:(?:and|to|or|y|et|und) (?:{months}) )?((?:19|20)[0-9]{{2}})")


_LASTS: Final = "last|this past|this|earlier this"
_IN: Final = "in|during|between|since|of|early|late|mid|until|by|from|to"
_ON: Final = "on|of|since|by|until|from"
_ENGLISH: Final = Ways(alternatives(ENGLISH_MONTHS), alternatives(ENGLISH_FEASTS), _LASTS, _IN, _ON)


@cache
def ways_of_writing(language: str) -> Ways:
    """The patterns of a language, by its two letters."""
    if language == "en":
        return _ENGLISH
    return Ways(
        alternatives(MONTH_OF),
        alternatives(FEASTS),
        _LASTS,
        f"{_IN}|en|im jahr|im|em|nel|del|a|au|de|d'|\u0432",
        f"{_ON}|am|der|den|el|il|le|em|no dia|dia|d\u00eda",
    )
