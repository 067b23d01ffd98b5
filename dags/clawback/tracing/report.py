"""Writes what a trace of given files says: flows, holdings, and a summary with its conservation.

Layout:
    flows.parquet and holdings.parquet: amounts as DECIMAL(38,0). summary.json: every amount is text, for no
    reader may round it; `figures` has one entry per incident, method, chain and asset, `spread` the least and
    the most that the conserving methods say of each figure, `shared_holdings` what several incidents claim.
    `openings` counts holdings that taint reached, `openings_without_seen_balance` those whose balance before
    rests on the transfers read alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from clawback.hashing import canonical_json
from clawback.parquet import rows_to_table, table_to_bytes
from clawback.schemas import SINKS
from clawback.tracing.whole import TraceResult

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


def write_report(folder: Path, results: Sequence[TraceResult], facts: Mapping[str, Any]) -> dict[str, Any]:
    """Writes the three files and gives the summary.

    Args:
        folder: made where it is missing; files of the same names are replaced.
        results: one per method.
        facts: what the input was: counts, coverage, what was skipped.
    """
    from clawback.schemas import FLOWS, HOLDINGS

    folder.mkdir(parents=True, exist_ok=True)
    flows = [_renamed(row, FLOW_COLUMNS) for result in results for row in result.flows]
    holdings = [_renamed(row, HOLDING_COLUMNS) for result in results for row in result.holdings]
    for name, rows, columns, schema in (
        ("flows.parquet", flows, FLOW_COLUMNS, FLOWS),
        ("holdings.parquet", holdings, HOLDING_COLUMNS, HOLDINGS),
    ):
        (folder / name).write_bytes(table_to_bytes(rows_to_table(rows, _schema(columns, schema))))
    figures = [figure for result in results for figure in _figures(result)]
    summary = {
        **facts,
        "methods": [result.book.method.name for result in results],
        "figures": figures,
        "spread": _spread(results),
        "shared_holdings": [row for result in results for row in _shared(result)],
        "conserved": all(not result.violations for result in results),
        "violations": [str(violation) for result in results for violation in result.violations],
        "counts": {
            result.book.method.name: {
                "flows": len(result.flows),
                "holdings": len(result.holdings),
                "outcomes": dict(sorted(Counter(row["outcome"] for row in result.flows).items())),
                "payments_beyond_what_was_seen": sum(
                    ledger.unseen_payments for ledger in result.book.ordered()
                ),
                "units_too_wide": str(sum(ledger.too_wide for ledger in result.book.ordered())),
                "openings": sum(ledger.openings for ledger in result.book.ordered()),
                "openings_without_seen_balance": sum(
                    ledger.unknown_openings for ledger in result.book.ordered()
                ),
            }
            for result in results
        },
    }
    (folder / "summary.json").write_bytes(canonical_json(summary))
    return summary


def _figures(result: TraceResult) -> list[dict[str, Any]]:
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
                "method": result.book.method.name,
                "chain": chain,
                "asset": asset,
                **{name: str(measures.get(name, 0)) for name in (*CAME, *WENT, "unseen_inflow")},
                "stolen_by_source_alone": str(result.by_source.get((incident, chain, asset), 0)),
                "difference": str(came - went),
                "conserves": result.book.method.conserves,
            }
        )
    return figures


def _spread(results: Sequence[TraceResult]) -> list[dict[str, Any]]:
    conserving = [result for result in results if result.book.method.conserves]
    if len(conserving) < 2:
        return []
    found: dict[tuple[str, str, str, str], dict[str, int]] = defaultdict(dict)
    for result in conserving:
        for row in result.totals:
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


def _shared(result: TraceResult) -> list[dict[str, Any]]:
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


def _renamed(row: Mapping[str, Any], columns: Sequence[str]) -> dict[str, Any]:
    return {name: row["incident_id" if name == "incident" else name] for name in columns}


def _schema(columns: Sequence[str], schema: pa.Schema) -> pa.Schema:
    import pyarrow as pa

    fields = [schema.field("incident_id" if name == "incident" else name) for name in columns]
    return pa.schema([one.with_name(name) for one, name in zip(fields, columns, strict=True)])
