"""Whether two mentions are of one theft, and by what evidence.

Rules:
    The nearer the names, the more the days and the figures may differ. Figures that differ by ten are a
    typing error more often than another theft, and so are equal figures weeks apart one theft reported late.
    A name alone joins nothing: firms are robbed more than once, sometimes days apart. A page that both cite
    joins nothing either: pages list several thefts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from clawback.thefts.mentions import Mention
from clawback.thefts.names import CONTAINED, EQUAL, likeness, taken_apart

ALIKE: Final = 80
"""Names from here on are perhaps one name."""

ONE_SOURCE: Final = "one source lists both"
ANOTHER_DAY: Final = "same name, another day"


class Figures(StrEnum):
    """How the figures of two mentions lie to each other."""

    EQUAL = "equal"
    NEAR = "near"
    TEN = "factor of ten"
    APART = "apart"
    FAR = "far apart"
    UNKNOWN = "not comparable"


@dataclass(frozen=True, order=True)
class Judgement:
    """`score` from -100 (two thefts) to 100 (one theft); 0 says nothing."""

    score: int
    rule: str
    evidence: tuple[str, ...] = ()

    @property
    def joins(self) -> bool:
        """Whether the two are of one theft, as far as they alone say it."""
        return self.score > 0

    @property
    def parts(self) -> bool:
        """Whether the two are of two thefts, whatever else joins them."""
        return self.score < 0


def compare_figures(left: Mention, right: Mention) -> Figures:
    """How the figures lie to each other."""
    if left.loss is None or right.loss is None or left.unit != right.unit:
        return Figures.UNKNOWN
    low, high = sorted((left.loss, right.loss))
    if low <= 0:
        return Figures.UNKNOWN
    if high * 100 <= low * 102:
        return Figures.EQUAL
    if high * 100 <= low * 130:
        return Figures.NEAR
    if any(low * factor * 97 <= high * 100 <= low * factor * 103 for factor in (10, 100, 1000)):
        return Figures.TEN
    return Figures.APART if high <= low * 4 else Figures.FAR


def digits_of(figure: Decimal) -> int:
    """How many digits a figure has without the zeros at its end: many thefts share one of two."""
    return len("".join(map(str, figure.as_tuple().digits)).strip("0"))


def judge(left: Mention, right: Mention, aliases: Mapping[str, str]) -> Judgement:
    """Compares two mentions.

    Args:
        left: one.
        right: the other, in any order.
        aliases: names that stand for each other, see `likeness`.
    """
    figures = compare_figures(left, right)
    days = None if left.when is None or right.when is None else left.when.days_from(right.when)
    when = "a day is not given" if days is None else f"{days} days apart"
    if left.name is None or right.name is None or None in map(taken_apart, (left.name, right.name)):
        return _unnamed(figures, days, ("the victim is not named", when, f"figures {figures}"))
    alike = likeness(left.name, right.name, aliases)
    if alike >= EQUAL:
        score, rule = _same_name(left, right, figures, days)
    elif alike >= CONTAINED:
        score, rule = _part_of_name(figures, days)
    elif alike >= ALIKE:
        score, rule = _like_name(left, right, figures, days)
    else:
        score, rule = _other_name(left, right, figures, days)
    return Judgement(score, rule, (f"names {alike} of 100", when, f"figures {figures}"))


def _same_name(left: Mention, right: Mention, figures: Figures, days: int | None) -> tuple[int, str]:
    if days is None:
        return (60, "same name, same figure") if figures == Figures.EQUAL else (0, "same name, no day")
    if left.source == right.source and days > 0:
        # A source lists a theft once; two rows of one victim on two days are two thefts.
        return -100, ONE_SOURCE
    if days <= 1:
        return 100 - 5 * days, "same name, same day"
    for figure, most, best, rule in _SAME_NAME:
        if figures == figure and days <= most:
            return max(1, best - days), rule
    if left.loss is not None and left.loss == right.loss and days <= 100:
        return 10, "same name, the very same figure, months apart"
    if figures == Figures.EQUAL and left.loss is not None and digits_of(left.loss) > 2:
        if days <= 400:
            return 1, "same name, same odd figure, within a year or so"
        return 0, "same name and odd figure, years apart"
    if figures == Figures.EQUAL and _is_wrong_year(left, right):
        return 1, "same name, figure, day and month, another year"
    parting = next(most for figure, most in _PARTING_DAYS if figure == figures)
    return (-90, ANOTHER_DAY) if days > parting else (0, "same name, not the same days")


_SAME_NAME: Final = (
    (Figures.EQUAL, 45, 90, "same name and figure, days apart"),
    (Figures.NEAR, 3, 80, "same name, like figure, days apart"),
    (Figures.TEN, 3, 78, "same name, figure ten times the other, days apart"),
    (Figures.APART, 3, 60, "same name, days apart"),
    (Figures.UNKNOWN, 3, 50, "same name, days apart, no figures to compare"),
    (Figures.NEAR, 21, 70, "same name, like figure, within three weeks"),
    (Figures.TEN, 14, 60, "same name, figure ten times the other, within two weeks"),
    (Figures.APART, 7, 30, "same name, within a week"),
    (Figures.UNKNOWN, 7, 20, "same name, within a week, no figures to compare"),
)
"""How far apart two mentions of one name may be, by their figures: most days, score at no day, rule."""

_PARTING_DAYS: Final = (
    (Figures.FAR, 1),
    (Figures.APART, 14),
    (Figures.UNKNOWN, 30),
    (Figures.TEN, 30),
    (Figures.NEAR, 60),
    (Figures.EQUAL, 400),
)
"""Beyond so many days two mentions of one name are two thefts."""


def _is_wrong_year(left: Mention, right: Mention) -> bool:
    if left.when is None or right.when is None or not (left.when.is_day and right.when.is_day):
        return False
    one, other = left.when.first, right.when.first
    return (one.month, one.day) == (other.month, other.day) and abs(one.year - other.year) == 1


def _part_of_name(figures: Figures, days: int | None) -> tuple[int, str]:
    if days is None:
        return 0, "part of the name, no day"
    if figures == Figures.EQUAL and days <= 14:
        return 85 - days, "part of the name, same figure"
    if days <= 2 and figures != Figures.FAR:
        return 65 - days, "part of the name, same days"
    if days <= 1:
        return 25, "part of the name, same day, other figure"
    if days <= 7 and figures in (Figures.NEAR, Figures.TEN):
        return 40 - days, "part of the name, within a week"
    return -30 if days > 14 else 0, "part of the name, not the same days"


def _like_name(left: Mention, right: Mention, figures: Figures, days: int | None) -> tuple[int, str]:
    if days is not None and days <= 3 and figures in (Figures.EQUAL, Figures.NEAR, Figures.TEN):
        return 60 - days, "like name, like figure, same days"
    if days is not None and days <= 7 and _within(left, right, 105):
        return 40 - days, "like name, nearly the same figure, within a week"
    if days is not None and days <= 1 and figures == Figures.UNKNOWN:
        return 20, "like name, same day"
    return -60, "like name, nothing else alike"


def _within(left: Mention, right: Mention, percent: int) -> bool:
    if left.loss is None or right.loss is None or left.unit != right.unit:
        return False
    low, high = sorted((left.loss, right.loss))
    return high * 100 <= low * percent


def _other_name(left: Mention, right: Mention, figures: Figures, days: int | None) -> tuple[int, str]:
    if left.source == right.source or left.loss is None or left.loss != right.loss or days is None:
        return -80, "other name"
    digits = digits_of(left.loss)
    if (days <= 1 and digits > 2) or (days == 0 and digits == 2):
        return 35 - 5 * days, "same odd figure on the same day"
    return -80, "other name"


def _unnamed(figures: Figures, days: int | None, evidence: tuple[str, ...]) -> Judgement:
    if days is not None and days <= 1 and figures == Figures.EQUAL:
        return Judgement(40 - days, "victim not named, same figure and time", evidence)
    return Judgement(-10, "victim not named", evidence)
