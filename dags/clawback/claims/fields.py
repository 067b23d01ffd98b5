"""Takes typed fields out of a JSON object, one by one, and refuses what is left."""

from __future__ import annotations

import re
from collections.abc import Set
from datetime import date
from decimal import Decimal
from typing import Any, Final

from clawback.days import parse_day
from clawback.errors import ClawbackError

_MISSING: Final = object()
_FIGURE = re.compile(r"[0-9]{1,30}(\.[0-9]{1,8})?")
_CODE = re.compile(r"[A-Za-z0-9._:/-]+")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?")
_URL = re.compile(r"https?://[^\s<>\"]+")


class ClaimRejected(ValueError):
    """A document or a claim breaks a rule; the text is the reason, for the quarantine."""


class Number(str):
    """A bare JSON number, kept as text so that it can be refused where it stands."""


class Fields:
    """The fields of one JSON object. Every method removes what it reads.

    Raises:
        ClaimRejected: from every method, naming the field.
    """

    def __init__(self, value: Any) -> None:
        if not isinstance(value, dict):
            raise ClaimRejected("this is no JSON object")
        self._rest = dict(value)

    def holds(self, name: str) -> bool:
        """Whether a field is there, whatever it holds."""
        return name in self._rest

    def take(self, name: str) -> Any:
        """A field that must be there, whatever it holds."""
        value = self._rest.pop(name, _MISSING)
        if value is _MISSING:
            raise ClaimRejected(f"'{name}' is missing")
        return value

    def text(self, name: str, *, limit: int = 500, lines: bool = False) -> str:
        """Text that is not empty, without control characters; line breaks only where `lines` allows them."""
        value: object = self.take(name)
        if isinstance(value, Number) or not isinstance(value, str):
            raise ClaimRejected(f"'{name}' is no text")
        if not value.strip():
            raise ClaimRejected(f"'{name}' is empty")
        if len(value) > limit:
            raise ClaimRejected(f"'{name}' has {len(value)} characters, at most {limit} are read")
        allowed = "\n\t" if lines else ""
        if any((sign < " " or "\ud800" <= sign <= "\udfff") and sign not in allowed for sign in value):
            raise ClaimRejected(f"'{name}' holds a control character or half a character")
        return value

    def optional_text(self, name: str, *, limit: int = 200) -> str | None:
        """Text, or None where it is null or left out."""
        if self._rest.get(name) is None:
            self._rest.pop(name, None)
            return None
        return self.text(name, limit=limit)

    def optional_code(self, name: str, *, limit: int = 100) -> str | None:
        """A key or unit: letters, digits and ._:/- only."""
        value = self.optional_text(name, limit=limit)
        if value is not None and not _CODE.fullmatch(value):
            raise ClaimRejected(f"'{name}' may hold letters, digits and ._:/- only")
        return value

    def one_of(self, name: str, allowed: Set[str]) -> str:
        """One of a fixed set of words."""
        value = self.text(name)
        if value not in allowed:
            raise ClaimRejected(f"'{name}' is '{value[:40]}', not one of {', '.join(sorted(allowed))}")
        return value

    def figure(self, name: str) -> Decimal | None:
        """A decimal number written as text, at most 30 digits and 8 decimals, or None."""
        if self._rest.get(name, _MISSING) is None:
            del self._rest[name]
            return None
        value = self.take(name)
        if isinstance(value, Number) or not isinstance(value, str):
            raise ClaimRejected(f"'{name}' is not written as text in quotes")
        if not _FIGURE.fullmatch(value):
            raise ClaimRejected(
                f"'{name}' is no plain decimal number with at most 30 digits and 8 decimals: '{value[:40]}'"
            )
        return Decimal(value)

    def day(self, name: str) -> date:
        """A day written YYYY-MM-DD."""
        value = self.text(name, limit=40)
        try:
            return parse_day(value)
        except ClawbackError as error:
            raise ClaimRejected(f"'{name}': {error.problem}") from error

    def url(self, name: str) -> str | None:
        """An http or https address, or None."""
        value = self.optional_text(name, limit=500)
        if value is not None and not _URL.fullmatch(value):
            raise ClaimRejected(f"'{name}' is no http address")
        return value

    def language(self, name: str) -> str:
        """A language tag such as `en`."""
        value = self.text(name, limit=20)
        if not _LANGUAGE.fullmatch(value):
            raise ClaimRejected(f"'{name}' is no language tag")
        return value

    def refuse_rest(self) -> None:
        """Refuse fields that nobody asked for."""
        if self._rest:
            names = ", ".join(f"'{name[:40]}'" for name in sorted(self._rest))
            raise ClaimRejected(f"unknown fields: {names}")
