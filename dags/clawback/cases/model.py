"""What a case file says: an incident, whose addresses played which role, links, recoveries.

Invariants:
    Unknown keys are errors. Addresses and hashes are text in the one spelling of `tables.addresses`. Times
    are UTC and end in Z. Amounts are whole base units. Everything carries the address of its source.
    A window holds the moments t with `from` <= t <= `to`.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from clawback.tables.addresses import (
    FORMS_OF_CHAIN,
    normalise_address,
    normalise_asset,
    normalise_tx_hash,
)

_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def _time(value: object) -> datetime:
    if isinstance(value, str) and _TIME.fullmatch(value):
        return datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    raise ValueError("a time is written in UTC as 2020-09-25T18:48:59Z")


def _day(value: object) -> date:
    if isinstance(value, str) and _DAY.fullmatch(value):
        return date.fromisoformat(value)
    raise ValueError("a day is written as 2020-09-25")


def _whole(value: object) -> int:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,38}", value):
        return int(value)
    raise ValueError("a whole number of at most 38 digits, in base units, without separators")


def _one_line(value: str) -> str:
    if not value.isprintable() or value != value.strip():
        raise ValueError("plain text on one line, without spaces around it")
    return value


Time = Annotated[datetime, BeforeValidator(_time)]
Day = Annotated[date, BeforeValidator(_day)]
Whole = Annotated[int, BeforeValidator(_whole)]
Text = Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(_one_line)]
IncidentId = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
Chain = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9:._/-]+$", max_length=128)]
Url = Annotated[str, Field(pattern=r"^https?://[^\s<>\"]+$", max_length=500)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False)


class Incident(_Strict):
    """The theft itself."""

    id: IncidentId
    title: Text
    victim: Text
    victim_kind: Annotated[str, Field(pattern=r"^[a-z][a-z_]*$", max_length=40)]
    occurred_at: Time
    occurred_precision: Literal["minute", "day", "month"]
    chains_affected: tuple[Chain, ...]
    source_url: Url

    @model_validator(mode="after")
    def _no_false_precision(self) -> Self:
        time = self.occurred_at
        whole_day = (time.hour, time.minute, time.second) == (0, 0, 0)
        if self.occurred_precision == "day" and not whole_day:
            raise ValueError("precision day: occurred_at must be 00:00:00 of that day")
        if self.occurred_precision == "month" and not (whole_day and time.day == 1):
            raise ValueError("precision month: occurred_at must be 00:00:00 of the first of the month")
        return self


class Matching(_Strict):
    """Names and days by which a claim that names no incident is recognised as this one's."""

    aliases: tuple[Text, ...] = ()
    from_day: Day = Field(alias="from")
    to_day: Day = Field(alias="to")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.to_day < self.from_day:
            raise ValueError("'to' lies before 'from'")
        return self


class _OnChain(_Strict):
    chain: Chain

    @field_validator("address", "asset", "tx_hash", "tx_hashes", check_fields=False)
    @classmethod
    def _one_spelling(
        cls, value: str | tuple[str, ...] | None, info: ValidationInfo
    ) -> str | tuple[str, ...] | None:
        """Checks form and checksum where the chain's are known, and keeps the one spelling of each."""
        chain = info.data.get("chain")
        if value is None or not isinstance(chain, str) or chain not in FORMS_OF_CHAIN:
            return value
        if isinstance(value, tuple):
            return tuple(normalise_tx_hash(item, chain) for item in value)
        if info.field_name == "tx_hash":
            return normalise_tx_hash(value, chain)
        return (
            normalise_asset(value, chain) if info.field_name == "asset" else normalise_address(value, chain)
        )


class Role(_OnChain):
    """What an address is in the incident, by named transactions, within a window, or throughout."""

    role: Literal["source", "theft_address", "victim", "recovery"]
    address: Code
    tx_hashes: tuple[Code, ...] = ()
    from_time: Time | None = Field(default=None, alias="from")
    to_time: Time | None = Field(default=None, alias="to")
    source_url: Url
    note: Text | None = None

    @model_validator(mode="after")
    def _well_formed(self) -> Self:
        windowed = self.from_time is not None or self.to_time is not None
        if windowed and self.tx_hashes:
            raise ValueError("give a window or transactions, not both")
        if self.from_time is not None and self.to_time is not None and self.to_time < self.from_time:
            raise ValueError("'to' lies before 'from'")
        if len(set(self.tx_hashes)) != len(self.tx_hashes):
            raise ValueError("a transaction stands twice")
        if self.role == "theft_address" and self.from_time is None and not self.tx_hashes:
            raise ValueError(
                "a theft_address needs 'from' or 'tx_hashes': else everything it ever got would be stolen"
            )
        return self


class Link(_Strict):
    """A tie to another incident that somebody asserts."""

    incident: IncidentId
    kind: Literal["same_actor", "same_funds", "same_victim"]
    strength: Literal["certain", "strong", "weak"]
    evidence: Text
    asserted_by: Text
    source_url: Url


class Recovery(_OnChain):
    """Something frozen, returned, seized, burnt, reissued or insured."""

    kind: Literal["freeze", "burn", "reissue", "return", "seizure", "insurance"]
    date: Day
    address: Code | None = None
    tx_hash: Code | None = None
    asset: Code
    symbol: Text | None = None
    decimals: Annotated[Whole, Field(le=36)]
    amount: Whole
    asserted_by: Text
    source_url: Url
    note: Text | None = None


class Case(_Strict):
    """One case file."""

    version: Literal["1"]
    incident: Incident
    matching: Matching | None = None
    roles: tuple[Role, ...] = ()
    links: tuple[Link, ...] = ()
    recoveries: tuple[Recovery, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if any(link.incident == self.incident.id for link in self.links):
            raise ValueError("a link leads to this incident itself")
        return self
