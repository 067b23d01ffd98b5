"""What can go wrong between a question to a node and rows, sorted by what helps against it."""

from __future__ import annotations


class NodeFailure(Exception):
    """The answer cannot be used: ask again, elsewhere if there is an elsewhere."""


class Busy(NodeFailure):
    """The node wants fewer questions. `wait` is how many seconds it asks for, None where it does not say."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


class TooMuch(NodeFailure):
    """The node answers, but not so many blocks at once."""


class NotOffered(NodeFailure):
    """The node does not know the method."""


class Lie(NodeFailure):
    """The answer contradicts itself, the question, or another answer."""
