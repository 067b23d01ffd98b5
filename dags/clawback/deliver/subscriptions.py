"""Read subscriptions: files that say who gets what, in which form, by which way, how often.

Layout:
    One file a subscription in the folder of the setting `subscriptions`, named as its id:

        id: kucoin-desk
        who: Recovery desk
        table: rpt_recovery_status_daily
        filter: {incident_id: kucoin-2020-09, day: $day}    # value or list of values; $day: the release's
        format: csv                                         # csv | json | html
        channel: mail                                       # mail | drop
        on: change                                          # daily | change
        mail: {to: [desk@example.org]}                      # only with channel mail

Invariants:
    Nothing is guessed: YAML's own types are off (it would read the key `on` as a truth value and 0x10 as
    16), unknown and double keys are errors.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import yaml

from clawback.days import DAY_FORMAT
from clawback.errors import ClawbackError

FORMATS: Final = ("csv", "html", "json")
CHANNELS: Final = ("drop", "mail")
OCCASIONS: Final = ("change", "daily")
RELEASE_DAY: Final = "$day"

MAX_FILE_BYTES: Final = 64 * 1024
MAX_RECIPIENTS: Final = 50
MAX_VALUES: Final = 1_000
MAX_WHO: Final = 100

_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,62}")
# Narrower than the standard allows on purpose: nothing that quotes, comments or breaks a header line.
_MAILBOX: Final = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_KEYS: Final = frozenset(("id", "who", "table", "filter", "format", "channel", "on", "mail"))


@dataclass(frozen=True)
class Subscription:
    """One checked subscription."""

    id: str
    who: str
    table: str
    filters: Mapping[str, tuple[str, ...]]
    format: str
    channel: str
    on: str
    to: tuple[str, ...]

    def filters_for(self, day: date) -> dict[str, tuple[str, ...]]:
        """The filters of a release of this day."""
        text = day.strftime(DAY_FORMAT)
        return {
            column: tuple(text if value == RELEASE_DAY else value for value in values)
            for column, values in self.filters.items()
        }


def subscription_files(folder: Path) -> list[Path]:
    """Give the subscription files of a folder, sorted by name."""
    if not folder.is_dir():
        raise ClawbackError(
            "the subscriptions folder does not exist",
            where=str(folder),
            remedy="create it, or unset the setting `subscriptions`",
        )
    return sorted(path for path in folder.iterdir() if path.suffix in {".yml", ".yaml"})


def load_subscriptions(folder: Path) -> list[Subscription]:
    """Read all subscriptions of a folder, refusing all when one is wrong."""
    return [load_subscription(path) for path in subscription_files(folder)]


def load_subscription(path: Path) -> Subscription:
    """Read and check one subscription file."""
    found = _Fields(path, _read(path))
    found.only(_KEYS)
    identity = found.text("id")
    if not _ID.fullmatch(identity):
        raise found.wrong("id", "use lower-case letters, digits and hyphens")
    if identity != path.stem:
        # Two files of one id would share one delivery record and one of them would stay silent.
        raise found.wrong("id", f"name it as the file: {path.stem}")
    table = found.text("table")
    if not _NAME.fullmatch(table):
        raise found.wrong("table", "name a mart, such as rpt_recovery_status_daily")
    channel = found.choice("channel", CHANNELS)
    who = found.text("who")
    if len(who) > MAX_WHO or not who.isprintable():
        raise found.wrong("who", f"one line of at most {MAX_WHO} printable characters")
    return Subscription(
        identity,
        who,
        table,
        _filters(found),
        found.choice("format", FORMATS),
        channel,
        found.choice("on", OCCASIONS),
        _recipients(found, channel),
    )


class _Fields:
    """The keys of a file with errors that name it."""

    def __init__(self, path: Path, values: Mapping[str, Any]) -> None:
        self.path = path
        self.values = values

    def wrong(self, key: str, remedy: str) -> ClawbackError:
        return ClawbackError(f"the subscription's {key} is wrong", where=str(self.path), remedy=remedy)

    def only(self, keys: Iterable[str]) -> None:
        known = set(keys)
        unknown = sorted(str(key) for key in self.values if key not in known)
        if unknown:
            raise ClawbackError(
                f"unknown key {', '.join(unknown)} in the subscription",
                where=str(self.path),
                remedy=f"the keys are: {', '.join(sorted(known))}",
            )

    def text(self, key: str) -> str:
        value = self.values.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(key, "give it a text")
        return value.strip()

    def choice(self, key: str, choices: tuple[str, ...]) -> str:
        value = self.text(key)
        if value not in choices:
            raise self.wrong(key, f"one of: {', '.join(choices)}")
        return value


def _filters(found: _Fields) -> dict[str, tuple[str, ...]]:
    given = found.values.get("filter", {})
    if not isinstance(given, dict):
        raise found.wrong("filter", "write columns with their values")
    filters: dict[str, tuple[str, ...]] = {}
    for column, value in given.items():
        values = value if isinstance(value, list) else [value]
        if not isinstance(column, str) or not _NAME.fullmatch(column):
            raise found.wrong("filter", f"{column!r} is no column name")
        if not 0 < len(values) <= MAX_VALUES or not all(isinstance(item, str) for item in values):
            raise found.wrong("filter", f"{column}: a value or a list of 1 to {MAX_VALUES} values")
        filters[column] = tuple(values)
    return filters


def _recipients(found: _Fields, channel: str) -> tuple[str, ...]:
    if channel != "mail":
        if "mail" in found.values:
            raise found.wrong("mail", "drop it, or set channel: mail")
        return ()
    given = found.values.get("mail")
    if not isinstance(given, dict) or set(given) != {"to"}:
        raise found.wrong("mail", "write mail: {to: [name@example.org]}")
    to = given["to"] if isinstance(given["to"], list) else [given["to"]]
    if not 0 < len(to) <= MAX_RECIPIENTS:
        raise found.wrong("mail", f"1 to {MAX_RECIPIENTS} addresses")
    for address in to:
        if not isinstance(address, str) or not _MAILBOX.fullmatch(address):
            raise found.wrong("mail", f"{address!r} is no plain mail address")
    return tuple(to)


class _PlainLoader(yaml.BaseLoader):
    """Texts, lists and mappings only; a double key is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} stands twice", node.start_mark
                )
        return super().construct_mapping(node, deep=deep)


def _read(path: Path) -> dict[str, Any]:
    if path.stat().st_size > MAX_FILE_BYTES:
        raise ClawbackError(f"the subscription is larger than {MAX_FILE_BYTES:,} bytes", where=str(path))
    try:
        values = yaml.load(path.read_text(encoding="utf-8"), Loader=_PlainLoader)  # noqa: S506 - BaseLoader makes no objects
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise ClawbackError("the subscription is no YAML", where=str(path), cause=str(error)) from None
    if not isinstance(values, dict):
        raise ClawbackError("the subscription holds no keys", where=str(path))
    return values
