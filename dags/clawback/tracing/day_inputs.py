"""Reads what the trace of one day needs out of the day's tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from clawback.lake import Lake
from clawback.lake.partition import Manifest, part_path, read_manifest, read_part
from clawback.parquet import read_row_groups, read_table, table_to_rows
from clawback.schemas import TABLES, TRANSFERS
from clawback.tracing.chain_facts import KINDS
from clawback.tracing.columnar.gathered import COLUMNS, REPEATED
from clawback.tracing.records import ChainEvent, Freeze, Label, Role
from clawback.tracing.seen import SeenBalance

if TYPE_CHECKING:
    import pyarrow as pa

INPUT_TABLES: Final = (
    "transfers",
    "labels",
    "incident_roles",
    "recoveries",
    "prices",
    "assets",
    "chain_events",
    "balances",
)


@dataclass(frozen=True)
class DayInputs:
    """The tables of one day, by manifest; a table that nobody delivered yet is absent."""

    lake: Lake
    manifests: dict[str, Manifest]

    def content(self) -> dict[str, list[str]]:
        """The sha256 of every table's files: equal bytes are equal inputs, whoever made them."""
        return {
            name: [part.sha256 for part in self.manifests[name].parts] if name in self.manifests else []
            for name in INPUT_TABLES
        }

    def transfers(self) -> Iterator[pa.Table]:
        """All transfers of the day, in the columns that the tracer asks for; what repeats as dictionaries."""
        for part in self.manifests["transfers"].parts if "transfers" in self.manifests else ():
            if part.key.endswith(".parquet"):
                yield from read_row_groups(part_path(self.lake, part), TRANSFERS, COLUMNS, REPEATED)

    def roles(self) -> list[Role]:
        """What the case files say about addresses."""
        return roles_of(self._table("incident_roles").to_pylist())

    def labels(self, rank: Sequence[str]) -> list[Label]:
        """Labels, those of earlier sources first; sources that are not ranked come last, by name."""
        return labels_of(self._table("labels").to_pylist(), rank)

    def freezes(self) -> list[Freeze]:
        """Freezes that name the address that they hit."""
        return [
            Freeze(row["chain"], row["address"], row["asset"], row["event_date"])
            for row in self._table("recoveries").to_pylist()
            if row["event_kind"] == "freeze" and row["address"] is not None
        ]

    def events(self) -> list[ChainEvent]:
        """Freezes and creations of the day, and on the first day those of before."""
        import pyarrow as pa
        import pyarrow.compute as pc

        # Most events of a chain are swaps: they never become records.
        table = self._table("chain_events")
        asked = pc.is_in(table.column("kind"), value_set=pa.array(sorted(KINDS), pa.string()))
        return events_of(table_to_rows(table.filter(asked).drop_columns(["parameters"])))

    def balances(self) -> list[SeenBalance]:
        """Balances that were seen on the day, and on the first day those of before."""
        return [
            SeenBalance(
                row["chain"],
                row["block_number"],
                row["address"],
                row["asset"],
                int(row["amount"]),
                row["block_time"],
            )
            for row in table_to_rows(self._table("balances"))
        ]

    def prices(self) -> dict[tuple[str, str], Fraction]:
        """USD of one base unit, where the day has a price and the sources agree on the decimals."""
        decimals: dict[tuple[str, str], set[int]] = defaultdict(set)
        for row in self._table("assets").to_pylist():
            if row["decimals"] is not None:
                decimals[row["chain"], row["asset"]].add(row["decimals"])
        found: dict[tuple[str, str], Fraction] = {}
        for row in self._table("prices").to_pylist():
            key = (row["chain"], row["asset"])
            if len(decimals.get(key, ())) == 1 and key not in found:
                found[key] = Fraction(row["close_usd"]) / 10 ** min(decimals[key])
        return found

    def _table(self, name: str) -> pa.Table:
        import pyarrow as pa

        schema = TABLES[name]
        if name not in self.manifests:
            return schema.empty_table()
        parts = [
            read_table(read_part(self.lake, part), schema)
            for part in self.manifests[name].parts
            if part.key.endswith(".parquet")
        ]
        return pa.concat_tables(parts) if parts else schema.empty_table()


def read_inputs(lake: Lake, record: dict[str, Any]) -> DayInputs:
    """Opens the tables that a day's record names."""
    tables = record["tables"]
    return DayInputs(
        lake,
        {
            name: read_manifest(lake, tables[name]["manifest"])
            for name in INPUT_TABLES
            if tables.get(name) is not None
        },
    )


def dust_limits(settings: Mapping[str, int]) -> dict[tuple[str, str], int]:
    """Dust limits by (chain, asset) out of the settings' `chain/asset` names."""
    return {(name.partition("/")[0], name.partition("/")[2]): units for name, units in settings.items()}


def events_of(rows: Iterable[Mapping[str, Any]]) -> list[ChainEvent]:
    """Those rows of a chain_events table that the tracer asks for, as records."""
    return [
        ChainEvent(
            row["chain"],
            row["block_number"],
            # A transaction without an index comes after those that have one, as among transfers.
            2**31 if row["tx_index"] is None else row["tx_index"],
            row["position"],
            row["block_time"].date(),
            row["kind"],
            row["emitter"],
            row["address"],
        )
        for row in rows
        if row["kind"] in KINDS and row["address"] is not None
    ]


def roles_of(rows: Iterable[Mapping[str, Any]]) -> list[Role]:
    """Rows of an incident_roles table as records."""
    return [
        Role(
            row["incident_id"],
            row["chain"],
            row["address"],
            row["role"],
            row["tx_hash"],
            row["from_time"],
            row["to_time"],
        )
        for row in rows
    ]


def labels_of(rows: Iterable[Mapping[str, Any]], rank: Sequence[str]) -> list[Label]:
    """Rows of a labels table as records, those of earlier sources first; sources without rank by name."""
    places = {source: place for place, source in enumerate(rank)}
    labels = [
        Label(
            row["chain"],
            row["address"],
            row["entity"],
            row["category"],
            row["confidence"],
            row["source"],
            row["incident_id"],
            row["valid_from"],
            row["valid_to"],
        )
        for row in rows
    ]
    labels.sort(
        key=lambda label: (
            places.get(label.source, len(places)),
            label.source,
            label.chain,
            label.address,
            label.category,
            label.entity,
        )
    )
    return labels
