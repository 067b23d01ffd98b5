"""Points that cues have for and against a claim, as tables that anyone can read.

A table is a file of the folder `words/points`: one cue a line, its points before it, the most telling first;
the cue `always` is where the sum begins. The sum is above zero where more speaks for the claim than
against it. The points were learned from the annotated documents of the corpus (`tests/evaluate/learn.py`);
what is used are these tables, as they stand.

Invariants:
    Points are integers, and their sum does not depend on the order of the cues.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Final

from clawback.errors import ClawbackError

ALWAYS: Final = "always"
_SHOWN: Final = 3
_GENERAL: Final = "is theft"
"""Cues that all sentences of a text have are no reason that one of them is told by."""


class Points:
    """One table.

    Args:
        of: points by cue.
    """

    def __init__(self, of: dict[str, int]) -> None:
        self._of = of
        self._known = frozenset(of)

    def of(self, cue: str) -> int:
        """Points of a cue; 0 for one that tells nothing."""
        return self._of.get(cue, 0)

    def total(self, cues: Iterable[str]) -> int:
        """Points of all cues together, from where the sum begins."""
        return self.of(ALWAYS) + sum(map(self._of.__getitem__, self._known.intersection(cues)))

    def reasons(self, cues: Iterable[str]) -> str:
        """The cues that speak loudest for it, for the rule that names them."""
        telling = sorted(
            (-self.of(cue), cue) for cue in cues if self.of(cue) > 0 and not cue.startswith(_GENERAL)
        )
        return ", ".join(cue for _, cue in telling[:_SHOWN])


@cache
def points(name: str) -> Points:
    """The table of this name.

    Raises:
        ClawbackError: a line does not begin with an integer.
    """
    table: dict[str, int] = {}
    text = files("clawback.claims").joinpath("words", "points", f"{name}.txt").read_text("utf-8")
    for number, line in enumerate(text.splitlines(), start=1):
        if not line or line.startswith("#"):
            continue
        worth, _, cue = line.partition(" ")
        try:
            table[cue] = int(worth)
        except ValueError as error:
            raise ClawbackError(
                "a cue has no points",
                where=f"words/points/{name}.txt, line {number}",
                cause=f"'{worth}' is no integer",
            ) from error
    return Points(table)
