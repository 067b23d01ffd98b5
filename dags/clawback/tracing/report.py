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
from clawback.parquet import write_tables
from clawback.schemas import SINKS
from clawback.tracing.said import Said

if TYPE_CHECKING:
    import pyarrow as pa

FLOW_COLUMNS: Final = (
    "incident", "method", "hop", "block_number", "tx_index", "position", "block_time", "tx_hash", "chain",
    "from_address", "to_address", "asset", "amount", "tainted_amount", "outcome", "converted_asset",
    "converted_amount", "basis", "kind", "theft_role", "label_entity", "label_source", "label_confidence",
    "order_quality",
)  # fmt: skip
HOLDING_COLUMNS: Final = ("incident", "method", "chain", "address", "asset", "tainted_amount", "category")
CAME: Final = ("stolen", "converted_in")
WENT: Final = ("held", "frozen", "converted_out", *SINKS)


def write_report(folder: Path, results: Sequence[Said], facts: Mapping[str, Any]) -> dict[str, Any]:
    """Writes the three files and gives the summary.

    Args:
        folder: made where it is missing; files of the same names are replaced.
        results: one per method.
        facts: what the input was: counts, coverage, what was skipped.
    """
    from clawback.schemas import FLOWS, HOLDINGS

    folder.mkdir(parents=True, exist_ok=True)
    for name, tables, columns, schema in (
        (
            "flows.parquet",
            (part for result in results for part in result.flows.tables()),
            FLOW_COLUMNS,
            FLOWS,
        ),
        ("holdings.parquet", (result.holdings for result in results), HOLDING_COLUMNS, HOLDINGS),
    ):
        write_tables(folder / name, (_renamed(table, columns) for table in tables), _schema(columns, schema))
    figures = [figure for result in results for figure in _figures(result)]
    summary = {
        **facts,
        "methods": [result.method.name for result in results],
        "figures": figures,
        "spread": _spread(results),
        "shared_holdings": [row for result in results for row in result.shared],
        "conserved": all(not result.violations for result in results),
        "violations": [str(violation) for result in results for violation in result.violations],
        "counts": {
            result.method.name: {
                "flows": len(result.flows),
                "holdings": result.holdings.num_rows,
                "outcomes": dict(sorted(result.flows.outcomes.items())),
                **result.counts,
            }
            for result in results
        },
    }
    (folder / "summary.json").write_bytes(canonical_json(summary))
    return summary


def _figures(result: Said) -> list[dict[str, Any]]:
    sums: dict[tuple[str, str, str], dict[str, int]] = defaultdict(dict)
    for row in result.totals:
        sums[row["incident_id"], row["chain"], row["asset"]][row["measure"]] = row["amount"]
    figures = []
    for (incident, chain, asset), measures in sorted(sums.items()):
        came = sum(measures.get(name, 0) for name in CAME)
        went = sum(measures.get(name, 0) for name in WENT)
        figures.append(
            {
                "incident": incident,
                "method": result.method.name,
                "chain": chain,
                "asset": asset,
                **{name: str(measures.get(name, 0)) for name in (*CAME, *WENT, "unseen_inflow")},
                "stolen_by_source_alone": str(result.flows.by_source.get((incident, chain, asset), 0)),
                "difference": str(came - went),
                "conserves": result.method.conserves,
            }
        )
    return figures


def _spread(results: Sequence[Said]) -> list[dict[str, Any]]:
    conserving = [result for result in results if result.method.conserves]
    if len(conserving) < 2:
        return []
    found: dict[tuple[str, str, str, str], dict[str, int]] = defaultdict(dict)
    for result in conserving:
        for row in result.totals:
            key = (row["incident_id"], row["chain"], row["asset"], row["measure"])
            found[key][result.method.name] = row["amount"]
    spread = []
    for (incident, chain, asset, measure), amounts in sorted(found.items()):
        whole = [amounts.get(result.method.name, 0) for result in conserving]
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


def _renamed(table: pa.Table, columns: Sequence[str]) -> pa.Table:
    names = ["incident_id" if name == "incident" else name for name in columns]
    return table.select(names).rename_columns(list(columns))


def _schema(columns: Sequence[str], schema: pa.Schema) -> pa.Schema:
    import pyarrow as pa

    fields = [schema.field("incident_id" if name == "incident" else name) for name in columns]
    return pa.schema([one.with_name(name) for one, name in zip(fields, columns, strict=True)])
