"""The table of event signatures, `signatures.yml`, checked and ready to decode with.

Invariants:
    A topic0 that is not the keccak-256 of its declaration is refused, and so are two entries that no log can
    tell apart. All parameters are of static types: each is one word of 32 bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from clawback.cases.plain_yaml import read_plain_yaml
from clawback.errors import ClawbackError
from clawback.hashing import canonical_json
from clawback.schemas import EVENT_KINDS

TABLE: Final = Path(__file__).resolve().parent / "signatures.yml"
_DECLARATION = re.compile(r"(\w+)\(([^()]*)\)", re.ASCII)
_PARAMETER = re.compile(r"(address|bytes32|u?int(?:\d{1,3}))( indexed)? (\w+)", re.ASCII)
_KEYS: Final = frozenset({"declaration", "topic0", "kind", "address", "amount", "source"})


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an event: `address`, `bytes32`, or an integer of `bits` bits."""

    name: str
    type: str
    is_indexed: bool

    @property
    def bits(self) -> int:
        """Width of an integer type."""
        return int(self.type.lstrip("uint"))


@dataclass(frozen=True, slots=True)
class EventSignature:
    """One event that is read out of logs."""

    name: str
    topic0: str
    kind: str
    parameters: tuple[Parameter, ...]
    address: str | None
    amount: str | None
    source: str

    @property
    def topics(self) -> int:
        """How many topics its logs have."""
        return 1 + sum(parameter.is_indexed for parameter in self.parameters)

    @property
    def types(self) -> str:
        """Name and types, as they are hashed."""
        return f"{self.name}({','.join(parameter.type for parameter in self.parameters)})"


@dataclass(frozen=True)
class SignatureTable:
    """All events by (topic0, number of topics)."""

    events: Mapping[tuple[str, int], EventSignature]

    @property
    def topic0s(self) -> frozenset[str]:
        """First topics of all events: what a node is asked for, and what a log is picked by."""
        return frozenset(topic0 for topic0, _ in self.events)


@lru_cache(maxsize=1)
def signature_table() -> SignatureTable:
    """The table of this package."""
    return read_signatures(TABLE.read_bytes(), str(TABLE))


def read_signatures(data: bytes, where: str) -> SignatureTable:
    """Reads and checks a table of signatures.

    Raises:
        ClawbackError: an entry that is no declaration, of no known kind, of a wrong topic0, or ambiguous.
    """
    document = read_plain_yaml(data, where=where)
    value = document.value
    if not isinstance(value, dict) or not isinstance(value.get("events"), list):
        raise ClawbackError("the table of signatures has no list 'events'", where=where)
    events: dict[tuple[str, int], EventSignature] = {}
    for place, entry in enumerate(value["events"]):
        line = f"{where}, line {document.line(('events', place))}"
        try:
            event = _event(entry)
            if (event.topic0, event.topics) in events:
                raise ValueError(f"{event.types} with {event.topics} topics stands twice")
        except ValueError as error:
            raise ClawbackError("an event signature is wrong", where=line, cause=str(error)) from error
        events[event.topic0, event.topics] = event
    return SignatureTable(events)


def signatures_with(rows: Sequence[Mapping[str, str]], where: str = "events of a chain") -> SignatureTable:
    """The table of this package and the events that a chain's row in the settings adds.

    Raises:
        ClawbackError: a row is no event, or no log could tell it from another one.
    """
    return _with_rows(canonical_json([dict(row) for row in rows]), where) if rows else signature_table()


@lru_cache(maxsize=16)
def _with_rows(rows: bytes, where: str) -> SignatureTable:
    events = dict(signature_table().events)
    for place, row in enumerate(json.loads(rows), start=1):
        try:
            event = _event(row)
            if (event.topic0, event.topics) in events:
                raise ValueError(f"{event.types} with {event.topics} topics is known already")
        except ValueError as error:
            raise ClawbackError(
                "an event signature is wrong", where=f"{where}, number {place}", cause=str(error)
            ) from error
        events[event.topic0, event.topics] = event
    return SignatureTable(events)


def _event(entry: Any) -> EventSignature:
    if (
        not isinstance(entry, dict)
        or not {"declaration", "topic0", "kind", "source"} <= entry.keys() <= _KEYS
        or not all(isinstance(value, str) for value in entry.values())
    ):
        raise ValueError("an entry has declaration, topic0, kind, source, and maybe address and amount")
    match = _DECLARATION.fullmatch(entry["declaration"])
    if match is None:
        raise ValueError(f"{entry['declaration'][:80]!r} is no declaration")
    parameters = tuple(_parameter(text.strip()) for text in match[2].split(",") if text.strip())
    event = EventSignature(
        match[1],
        entry["topic0"],
        entry["kind"],
        parameters,
        entry.get("address"),
        entry.get("amount"),
        entry["source"],
    )
    if event.kind not in EVENT_KINDS:
        raise ValueError(f"'{event.kind}' is no kind of event ({', '.join(sorted(EVENT_KINDS))})")
    if event.topic0 != (right := _keccak(event.types)):
        raise ValueError(f"the topic0 of {event.types} is {right}")
    types = {parameter.name: parameter.type for parameter in parameters}
    if event.address is not None and types.get(event.address) != "address":
        raise ValueError(f"{event.types} has no address '{event.address}'")
    if event.amount is not None and types.get(event.amount) != "uint256":
        raise ValueError(f"{event.types} has no uint256 '{event.amount}'")
    return event


def _parameter(text: str) -> Parameter:
    match = _PARAMETER.fullmatch(text)
    if match is None:
        raise ValueError(f"{text[:60]!r} is no parameter of a static type")
    return Parameter(match[3], match[1], match[2] is not None)


def _keccak(text: str) -> str:
    from Crypto.Hash import keccak

    return "0x" + keccak.new(digest_bits=256, data=text.encode()).hexdigest()
