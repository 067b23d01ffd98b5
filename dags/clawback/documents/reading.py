"""What reading a document gives, and the one error that says why it could not be read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


class Unreadable(ValueError):
    """The bytes are no document that can be read; the text is the reason, for the quarantine."""


@dataclass(frozen=True)
class PlainDocument:
    """A document as plain text, and what it says about itself; None where it does not say."""

    title: str
    text: str
    publisher: str | None = None
    url: str | None = None
    published: date | None = None
    language: str = "und"
