"""A small chain to trace: transfers with few words, and days of tables in a real local lake."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from clawback.context import RunContext
from clawback.hashing import canonical_json, short_hash
from clawback.lake.local import LocalLake
from clawback.lake.partition import write_partition
from clawback.parquet import rows_to_table, table_to_bytes
from clawback.schemas import TABLES
from clawback.settings import Settings, SourceSettings, TracingSettings
from clawback.tracing.records import Role, Transfer

FIRST_DAY = date(2020, 9, 25)
ZERO = "0x" + "0" * 40
NOON = datetime(2020, 9, 25, 12, tzinfo=UTC)


def moved(
    number: int,
    payer: str,
    receiver: str | None,
    amount: int,
    *,
    asset: str = "native",
    kind: str = "token",
    place: int = 0,
    day: int = 0,
    quality: str = "exact",
    tx_hash: str | None = None,
) -> Transfer:
    """A transfer of transaction `number` (one a block), the `place`-th in it."""
    return Transfer(
        chain="ethereum",
        block_number=1000 + number,
        block_time=NOON + timedelta(days=day, seconds=number),
        tx_hash=tx_hash if tx_hash is not None else f"0x{number:04x}",
        tx_index=0,
        position=0 if kind == "fee" else 1_000_000 + place,
        kind=kind,
        from_address=payer,
        to_address=receiver,
        asset=asset,
        amount=amount,
        order_quality=quality,
    )


def fee(number: int, payer: str, amount: int, *, day: int = 0) -> Transfer:
    """Gas of transaction `number`."""
    return moved(number, payer, None, amount, kind="fee", day=day)


def theft_at(address: str, number: int, incident_id: str = "S") -> Role:
    """The case file names transaction `number` as theft into `address`."""
    return Role(incident_id, "ethereum", address, "theft_address", tx_hash=f"0x{number:04x}")


def fields(row: Any) -> dict[str, Any]:
    """A record with slots as a row."""
    return {name: getattr(row, name) for name in row.__dataclass_fields__}


@dataclass
class Chain:
    """Days of tables in a lake on this machine, each record naming the one before."""

    folder: Path
    ranked: Sequence[str] = ("labels_a", "labels_b")
    max_hops: int = 0
    methods: Sequence[str] = ("fifo",)
    lake: LocalLake = field(init=False)
    messages: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lake = LocalLake(self.folder)

    def context(self) -> RunContext:
        """What the step is given."""
        settings = Settings(
            first_day=FIRST_DAY,
            sources=[SourceSettings(name=name, connector="label_files") for name in self.ranked],
            tracing=TracingSettings(max_hops=self.max_hops, methods=list(self.methods)),
        )
        return RunContext(settings, self.lake, lambda: NOON, self.folder, self.messages.append)

    def day(self, number: int, previous: str | None, tables: Mapping[str, Iterable[dict[str, Any]]]) -> str:
        """Writes the tables of a day and its record; returns the record's key."""
        day = (FIRST_DAY + timedelta(days=number)).isoformat()
        named = {}
        for name, rows in tables.items():
            table = rows_to_table(rows, TABLES[name])
            data = table_to_bytes(table)
            prefix = f"tables/{name}/dt={day}/{short_hash([name, day, data.hex()])}"
            key = write_partition(
                self.lake, prefix, {"part-0000.parquet": data}, {}, {"part-0000.parquet": table.num_rows}
            )
            named[name] = {"manifest": key, "rows": table.num_rows}
        record = {"day": day, "previous": previous, "tables": named, "sources": {}}
        key = f"tables/_days/dt={day}/{short_hash(record)}.json"
        self.lake.put(key, canonical_json(record))
        return key

    def days(
        self,
        transfers: Iterable[Transfer],
        roles: Iterable[Role],
        *,
        count: int,
        labels: Mapping[int, Sequence[dict[str, Any]]] | None = None,
        recoveries: Sequence[dict[str, Any]] = (),
        events: Sequence[dict[str, Any]] = (),
        balances: Sequence[dict[str, Any]] = (),
    ) -> list[str]:
        """Records of the first `count` days; `labels` are by the day from which they hold.

        Events and balances lie with their day, those before the first day with the first.
        """
        transfers, roles = list(transfers), list(roles)
        keys: list[str] = []
        present: Sequence[dict[str, Any]] = ()
        for number in range(count):
            present = (labels or {}).get(number, present)
            today = FIRST_DAY + timedelta(days=number)
            tables = {
                "transfers": [transfer_row(row) for row in transfers if row.block_time.date() == today],
                "incident_roles": [{**fields(role), "source_url": "https://example.org"} for role in roles],
                "labels": present,
                "recoveries": recoveries,
                "chain_events": [row for row in events if _fact_day(row) == today],
                "balances": [row for row in balances if _fact_day(row) == today],
            }
            keys.append(self.day(number, keys[-1] if keys else None, tables))
        return keys


def event_row(
    kind: str, address: str, emitter: str, number: int, *, day: int = 0, **more: Any
) -> dict[str, Any]:
    """A row of chain_events: block and time of transaction `number`."""
    return {
        "chain": "ethereum",
        "block_number": 1000 + number,
        "block_time": NOON + timedelta(days=day, seconds=number),
        "tx_hash": f"0x{number:04x}",
        "tx_index": 0,
        "position": 1_000_050,
        "kind": kind,
        "event": kind,
        "emitter": emitter,
        "address": address,
        "asset": None if kind == "created" else emitter,
        "amount": None,
        "parameters": "{}",
        "source": "test",
        "known_date": FIRST_DAY,
        **more,
    }


def balance_row(
    address: str, amount: int, number: int, *, day: int = 0, asset: str = "native"
) -> dict[str, Any]:
    """A row of balances: the state at the end of the block of transaction `number`."""
    return {
        "chain": "ethereum",
        "address": address,
        "asset": asset,
        "block_number": 1000 + number,
        "block_time": NOON + timedelta(days=day, seconds=number),
        "amount": amount,
        "source": "test",
        "known_date": FIRST_DAY,
    }


def _fact_day(row: dict[str, Any]) -> date:
    found: date = row["block_time"].date()
    return max(found, FIRST_DAY)


def transfer_row(transfer: Transfer) -> dict[str, Any]:
    """A transfer as a row of the transfers table."""
    return {
        **fields(transfer),
        "block_hash": None,
        "source": "test",
        "known_date": FIRST_DAY,
    }


def label_row(address: str, category: str, **more: Any) -> dict[str, Any]:
    """A row of the labels table."""
    return {
        "chain": "ethereum",
        "address": address,
        "entity": f"{category} {address}",
        "category": category,
        "confidence": 80,
        "source": "labels_a",
        **more,
    }
