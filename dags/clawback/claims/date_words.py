"""The words that dates are written with: months, days of the week, feasts, counts, zones of time."""

from __future__ import annotations

from typing import Final

from clawback.claims.lexicon import table

_MONTHS: Final = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
ENGLISH_MONTHS: Final = {
    **{name: place for place, name in enumerate(_MONTHS, start=1)},
    **{name[:3]: place for place, name in enumerate(_MONTHS, start=1)},
    "sept": 9,
}
MONTH_OF: Final = {**ENGLISH_MONTHS, **{name: int(number) for name, number in table("dates.month").items()}}
ENGLISH_WEEKDAYS: Final = {
    name: place
    for place, name in enumerate(
        ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    )
}
WEEKDAYS: Final = ENGLISH_WEEKDAYS | {name: int(place) for name, place in table("dates.weekday").items()}
COUNTS: Final = {name: int(count) for name, count in table("dates.count").items()}
ENGLISH_FEASTS: Final = {name: (int(day[:2]), int(day[3:])) for name, day in table("dates.feast").items()}
FEASTS: Final = ENGLISH_FEASTS | {
    name: (int(day[:2]), int(day[3:])) for name, day in table("dates.feast_elsewhere").items()
}
"""Month and day by the name of a feast that has a fixed day."""

ENGLISH_DAYS_BACK: Final = {name: int(days) for name, days in table("dates.back").items()}
DAYS_BACK: Final = ENGLISH_DAYS_BACK | {
    name: int(days) for name, days in table("dates.back_elsewhere").items()
}
"""How many days before publication a word such as "yesterday" means."""

ZONES: Final = {name: int(minutes) for name, minutes in table("dates.zone").items()}
"""Minutes ahead of UTC by the name of a zone."""

_SIGNS: Final = ("\u3040", "\ud7af")


def alternatives(names: dict[str, int] | dict[str, tuple[int, int]], *, signs: bool = False) -> str:
    """A pattern of these names, the longer first.

    Args:
        names: by name.
        signs: only those written in Chinese, Japanese or Korean signs; else only the others.
    """
    chosen = [name for name in names if (_SIGNS[0] <= name[0] <= _SIGNS[1]) == signs]
    return "|".join(sorted(map(_escaped, chosen), key=len, reverse=True))


def _escaped(name: str) -> str:
    return name.replace(".", r"\.").replace("+", r"\+").replace(" ", "[ ]")
