"""A figure of a text: what it says, in which unit, how exactly, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Figure:
    """One figure: the span of number, sign, scale and unit, and how it is meant.

    `qualifier` is exact, about, at_least, up_to or range; `phrase` the span of its words. `written` is the
    number as it stands where that misleads. A range has `low` and `high` and no value.
    """

    start: int
    end: int
    value: Decimal | None
    low: Decimal | None
    high: Decimal | None
    unit: str
    qualifier: str
    phrase: tuple[int, int] | None
    written: str | None = None
    marks: tuple[str, ...] = ()
