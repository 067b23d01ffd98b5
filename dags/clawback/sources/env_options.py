"""Options whose values stand in the environment: `env:NAME` in the settings, the value nowhere else.

Invariants:
    A value is looked up when a connector is about to read its options, and is never kept: settings, manifests
    and errors go on naming `env:NAME`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from clawback.errors import ClawbackError

PREFIX: Final = "env:"
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class ResolvedOptions:
    """A source's options with their values, and the reference that stands for each looked-up value."""

    options: dict[str, Any]
    references: Mapping[str, str]

    def conceal(self, value: Any) -> Any:
        """The same with every looked-up value replaced by its reference."""
        if isinstance(value, str):
            # The longest first: one value may be a part of another.
            for secret in sorted(self.references, key=len, reverse=True):
                value = value.replace(secret, self.references[secret])
            return value
        if isinstance(value, Mapping):
            return {self.conceal(name): self.conceal(item) for name, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.conceal(item) for item in value]
        return value

    @contextmanager
    def concealed_errors(self) -> Iterator[None]:
        """Let errors out only with their values concealed."""
        try:
            yield
        except ClawbackError as error:
            if not self.references:
                raise
            for name in ("problem", "where", "cause", "remedy"):
                setattr(error, name, self.conceal(getattr(error, name)))
            error.args = tuple(self.conceal(list(error.args)))
            raise


def resolve_options(options: Mapping[str, Any], where: str) -> ResolvedOptions:
    """Look up every `env:NAME` of a source's options.

    Raises:
        ClawbackError: a variable is not set or empty, or the text after `env:` is no variable's name.
    """
    references: dict[str, str] = {}

    def resolved(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: resolved(item) for name, item in value.items()}
        if isinstance(value, list):
            return [resolved(item) for item in value]
        if not isinstance(value, str) or not value.startswith(PREFIX):
            return value
        found = _looked_up(value.removeprefix(PREFIX), where)
        references[found] = value
        return found

    return ResolvedOptions(resolved(dict(options)), references)


def _looked_up(name: str, where: str) -> str:
    if not _NAME.fullmatch(name):
        raise ClawbackError(
            f"'{PREFIX}{name}' names no environment variable",
            where=where,
            remedy="write env: and the name of a variable, such as env:NODE_URL",
        )
    if not (value := os.environ.get(name)):
        raise ClawbackError(
            f"the environment variable {name} is not set",
            where=where,
            cause=f"an option of the source is {PREFIX}{name}",
            remedy=f"set {name} where the command or the scheduler runs",
        )
    return value
