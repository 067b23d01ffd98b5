"""Writes what a trace of given files says: flows, holdings, and a summary with its conservation.

Layout:
    flows.parquet and holdings.parquet: amounts as DECIMAL(38,0). summary.json: every amount is text, for no
    reader may round it; `figures` has one entry per incident, method, chain and asset, `spread` the least and
    the most that the conserving methods say of each figure, `shared_holdings` what several incidents claim.
    `openings` counts holdings that taint reached, `openings_without_seen_balance` those whose balance before
    rests on the transfers read alone; both are null where the engine does not count them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from clawback.hashing import canonical_json
from clawback.parquet import rows_to_table, write_tables
from clawback.schemas import SINKS
from clawback.tracing.results import holding_rows, total_rows

if TYPE_CHECKING:
    import pyarrow as pa

    from clawback.tracing.given_run import GivenTrace

FLOW_COLUMNS: Final = (
    "incident", "method", "hop", "block_number", "tx_index", "position", "block_time", "tx_hash", "chain",
    "from_address", "to_address", "asset", "amount", "tainted_amount", "outcome", "converted_asset",
    "converted_amount", "basis", "kind", "theft_role", "label_entity", "label_source", "label_confidence",
    "order_quality",
)  # fmt: skip
HOLDING_COLUMNS: Final = ("incident", "method", "chain", "address", "asset", "tainted_amount", "category")
Totals = Mapping[str, Sequence[Mapping[str, Any]]]
"""Method -> rows of its totals."""
CAME: Final = ("stolen", "converted_in")
WENT: Final = ("held", "frozen", "converted_out", *SINKS)


def write_report(folder: Path, results: Sequence[GivenTrace], facts: Mapping[str, Any]) -> dict[str, Any]:
    """Writes the three files and gives the summary.

    Args:
        folder: made where it is missing; files of the same names are replaced.
        results: one per method.
        facts: what the input was: counts, coverage, what was skipped.
    """
    from clawback.schemas import FLOWS, HOLDINGS

    folder.mkdir(parents=True, exist_ok=True)
    holdings = [
        rows_to_table(holding_rows(result.book.ordered(), result.frozen), HOLDINGS) for result in results
    ]
    for name, tables, columns, schema in (
        (
            "flows.parquet",
            (part for result in results for part in result.flows.tables()),
            FLOW_COLUMNS,
            FLOWS,
        ),
        ("holdings.parquet", iter(holdings), HOLDING_COLUMNS, HOLDINGS),
    ):
        write_tables(folder / name, (_renamed(table, columns) for table in tables), _schema(columns, schema))
    totals = {
        result.book.method.name: list(total_rows(result.book.ordered(), result.frozen)) for result in results
    }
    figures = [figure for result in results for figure in _figures(result, totals)]
    summary = {
        **facts,
        "methods": [result.book.method.name for result in results],
        "figures": figures,
        "spread": _spread(results, totals),
        "shared_holdings": [row for result in results for row in _shared(result)],
        "conserved": all(not result.violations for result in results),
        "violations": [str(violation) for result in results for violation in result.violations],
        "counts": {
            result.book.method.name: {
                "flows": len(result.flows),
                "holdings": table.num_rows,
                "outcomes": dict(sorted(result.flows.outcomes.items())),
                "payments_beyond_what_was_seen": sum(
                    ledger.unseen_payments for ledger in result.book.ordered()
                ),
                "units_too_wide": str(sum(ledger.too_wide for ledger in result.book.ordered())),
                **_openings(result),
            }
            for result, table in zip(results, holdings, strict=True)
        },
    }
    (folder / "summary.json").write_bytes(canonical_json(summary))
    return summary


def _openings(result: GivenTrace) -> dict[str, int | None]:
    ledgers = result.book.ordered() if result.counts_openings else None
    return {
        "openings": None if ledgers is None else sum(one.openings for one in ledgers),
        "openings_without_seen_balance": (
            None if ledgers is None else sum(one.unknown_openings for one in ledgers)
        ),
    }


def _figures(result: GivenTrace, totals: Totals) -> list[dict[str, Any]]:
    sums: dict[tuple[str, str, str], dict[str, int]] = defaultdict(dict)
    for row in totals[result.book.method.name]:
        sums[row["incident_id"], row["chain"], row["asset"]][row["measure"]] = row["amount"]
    figures = []
    for (incident, chain, asset), measures in sorted(sums.items()):
        came = sum(measures.get(name, 0) for name in CAME)
        went = sum(measures.get(name, 0) for name in WENT)
        figures.append(
            {
                "incident": incident,
                "method": result.book.method.name,
                "chain": chain,
                "asset": asset,
                **{name: str(measures.get(name, 0)) for name in (*CAME, *WENT, "unseen_inflow")},
                "stolen_by_source_alone": str(result.flows.by_source.get((incident, chain, asset), 0)),
                "difference": str(came - went),
                "conserves": result.book.method.conserves,
            }
        )
    return figures


def _spread(results: Sequence[GivenTrace], totals: Totals) -> list[dict[str, Any]]:
    conserving = [result for result in results if result.book.method.conserves]
    if len(conserving) < 2:
        return []
    found: dict[tuple[str, str, str, str], dict[str, int]] = defaultdict(dict)
    for result in conserving:
        for row in totals[result.book.method.name]:
            key = (row["incident_id"], row["chain"], row["asset"], row["measure"])
            found[key][result.book.method.name] = row["amount"]
    spread = []
    for (incident, chain, asset, measure), amounts in sorted(found.items()):
        whole = [amounts.get(result.book.method.name, 0) for result in conserving]
        spread.append(
            {
                "incident": incident,
                "chain": chain,
                "asset": asset,
                "measure": measure,
                "least": str(min(whole)),
                "most": str(max(whole)),
            }
        )
    return spread


def _shared(result: GivenTrace) -> list[dict[str, Any]]:
    # Incidents do not see each other, so two may claim one unit: a sum over incidents is no more than the
    # holding.
    claimed: dict[tuple[str, str, str], dict[str, int]] = defaultdict(dict)
    holds: dict[tuple[str, str, str], int] = {}
    for ledger in result.book.ordered():
        for key, holding in ledger.held():
            claimed[key][ledger.incident_id] = holding.tainted
            holds[key] = holding.amount
    return [
        {
            "method": result.book.method.name,
            "chain": key[0],
            "address": key[1],
            "asset": key[2],
            "incidents": sorted(claims),
            "claimed": str(sum(claims.values())),
            "holds": str(holds[key]),
            "capped": str(min(sum(claims.values()), holds[key])),
        }
        for key, claims in sorted(claimed.items())
        if len(claims) > 1
    ]


def _renamed(table: pa.Table, columns: Sequence[str]) -> pa.Table:
    names = ["incident_id" if name == "incident" else name for name in columns]
    return table.select(names).rename_columns(list(columns))


def _schema(columns: Sequence[str], schema: pa.Schema) -> pa.Schema:
    import pyarrow as pa

    fields = [schema.field("incident_id" if name == "incident" else name) for name in columns]
    return pa.schema([one.with_name(name) for one, name in zip(fields, columns, strict=True)])
