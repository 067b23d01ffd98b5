"""What can go wrong between a question to a node and rows, sorted by what helps against it."""

from __future__ import annotations

_LONGEST = 500


class NodeFailure(Exception):
    """The answer cannot be used: ask again, elsewhere if there is an elsewhere."""

    def __init__(self, reason: str) -> None:
        # A reason may hold the node's own words, and ends on a terminal.
        super().__init__(printable(reason))


def printable(text: str) -> str:
    """Text of a node as terminals and tables can hold it, cut short."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape", "backslashreplace").decode()
        for letter in text[:_LONGEST]
    )[:_LONGEST]


class Busy(NodeFailure):
    """The node wants fewer questions.

    `wait` is how many seconds it asks for, None where it does not say; `answer` the answer that says so, None
    where there was none but a status.
    """

    def __init__(self, reason: str, wait: float | None = None, answer: object = None) -> None:
        super().__init__(reason)
        self.wait = wait
        self.answer = answer


class TooMuch(NodeFailure):
    """The node answers, but not so many blocks at once."""


class TooLarge(TooMuch):
    """The node gives so much, but it is more than is held at once: at least so many times as much."""

    def __init__(self, reason: str, times: int) -> None:
        super().__init__(reason)
        self.times = times


class NotOffered(NodeFailure):
    """The node does not know the method."""


class Lie(NodeFailure):
    """The answer contradicts itself, the question, or another answer."""
