"""What one method says of given files, as rows: all that a report needs, without the ledgers behind it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from clawback.parquet import rows_to_table
from clawback.schemas import HOLDINGS
from clawback.tracing.conservation import Violation
from clawback.tracing.flow_spool import FlowSpool
from clawback.tracing.methods import Method
from clawback.tracing.results import holding_rows, total_rows

if TYPE_CHECKING:
    import pyarrow as pa

    from clawback.tracing.given_run import GivenTrace

ROWS_AT_ONCE: Final = 100_000


@dataclass(frozen=True)
class Said:
    """Rows and counts of one method."""

    method: Method
    flows: FlowSpool
    holdings: pa.Table
    totals: list[dict[str, Any]]
    shared: list[dict[str, Any]]
    """What several incidents claim."""
    violations: list[Violation]
    counts: dict[str, Any]


def said_by(trace: GivenTrace) -> Said:
    """What a trace says; its ledgers are not needed any more."""
    import pyarrow as pa

    ledgers = trace.book.ordered()
    opened = ledgers if trace.counts_openings else None
    rows = holding_rows(ledgers, trace.frozen)
    return Said(
        trace.book.method,
        trace.flows,
        pa.concat_tables([HOLDINGS.empty_table(), *_tables(rows)]),
        list(total_rows(ledgers, trace.frozen)),
        _shared(trace),
        trace.violations,
        {
            "payments_beyond_what_was_seen": sum(ledger.unseen_payments for ledger in ledgers),
            "units_too_wide": str(sum(ledger.too_wide for ledger in ledgers)),
            "openings": None if opened is None else sum(one.openings for one in opened),
            "openings_without_seen_balance": (
                None if opened is None else sum(one.unknown_openings for one in opened)
            ),
        },
    )


def _tables(rows: Iterable[Mapping[str, Any]]) -> Iterator[pa.Table]:
    # Rows as objects take many times the room of columns.
    left = iter(rows)
    while some := list(islice(left, ROWS_AT_ONCE)):
        yield rows_to_table(some, HOLDINGS)


def _shared(trace: GivenTrace) -> list[dict[str, Any]]:
    # Incidents do not see each other, so two may claim one unit: a sum over incidents is no more than the
    # holding.
    claims: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    ledgers = trace.book.ledgers
    if len(ledgers) > 1:
        for ledger in trace.book.ordered():
            for key in ledger.holdings:
                claims[key].append(ledger.incident_id)
    rows = []
    for key, incidents in sorted(one for one in claims.items() if len(one[1]) > 1):
        holdings = [ledgers[incident].holdings[key] for incident in incidents]
        claimed = sum(holding.tainted for holding in holdings)
        holds = holdings[-1].amount
        rows.append(
            {
                "method": trace.book.method.name,
                "chain": key[0],
                "address": key[1],
                "asset": key[2],
                "incidents": incidents,
                "claimed": str(claimed),
                "holds": str(holds),
                "capped": str(min(claimed, holds)),
            }
        )
    return rows
