"""Inputs of a small warehouse, every figure of which can be checked by hand.

`alpha` is traced on ethereum and loses ether, a token whose price has gaps, a token without a price, one without
decimals and one so large that its value is out of range. `beta` is only reported. `gamma` is traced through a
conversion and gets units back.
"""

# ruff: noqa: E501 - rows of a table are read across

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from clawback import schemas
from clawback.context import RunContext
from clawback.hashing import canonical_json, sha256_hex, short_hash
from clawback.lake import Lake
from clawback.lake.local import LocalLake
from clawback.lake.partition import write_partition
from clawback.parquet import rows_to_table, table_to_bytes
from clawback.settings import Settings, SourceSettings
from clawback.tracing.day_record import write_day_record

DAYS = [date(2020, 9, day) for day in (25, 26, 27, 28, 29)]
ETHER = 10**18
HOSTILE = 5 * 10**32

THIEF, HOP, POOL, VICTIM = "0xthief", "0xhop", "0xpool", "0xvictim"

Rows = list[dict[str, Any]]


def flow(
    incident: str,
    day: date,
    tx: str,
    hop: int,
    sender: str,
    to: str | None,
    asset: str,
    amount: int,
    tainted: int,
    outcome: str,
    **more: Any,
) -> dict[str, Any]:
    row = {
        "incident_id": incident, "method": "fifo", "hop": hop, "chain": "ethereum", "block_number": 100,
        "tx_index": 1, "position": 1, "block_time": datetime(day.year, day.month, day.day, 18, 48, 59, tzinfo=UTC),
        "tx_hash": tx, "kind": "native" if asset == "native" else "token", "from_address": sender,
        "to_address": to, "asset": asset, "amount": amount, "tainted_amount": tainted, "outcome": outcome,
        "order_quality": "exact", "stolen_amount": 0 if hop else tainted,
    }  # fmt: skip
    return row | more


def total(incident: str, asset: str, measure: str, amount: int) -> dict[str, Any]:
    return {
        "incident_id": incident, "method": "fifo", "chain": "ethereum", "asset": asset, "measure": measure,
        "amount": amount,
    }  # fmt: skip


def claim(
    number: int,
    incident: str | None,
    kind: str,
    value: str | None,
    unit: str | None,
    by: str,
    as_of: date,
    **more: Any,
) -> dict[str, Any]:
    row = {
        "claim_id": f"c{number:02}", "document_id": f"doc-{by}", "document_version": 1,
        "incident_id": incident, "claim_type": kind, "value": None if value is None else Decimal(value), "unit": unit, "asserted_by": by,
        "is_part": False, "qualifier": None if value is None else "exact",
        "hedge_level": "confirmed", "as_of_date": as_of, "quotation": "words", "quote_start": 0, "quote_end": 5,
        "rule": "by hand",
    }  # fmt: skip
    return row | more


FLOWS: dict[date, Rows] = {
    DAYS[0]: [
        flow("alpha", DAYS[0], "0xt1", 0, VICTIM, THIEF, "native", 10 * ETHER, 10 * ETHER, "held",
             theft_role="theft_address"),
        flow("alpha", DAYS[0], "0xt2", 0, VICTIM, THIEF, "0xknc", 3, 3, "held", theft_role="theft_address"),
        flow("alpha", DAYS[0], "0xt3", 0, VICTIM, THIEF, "0xnoprice", 7, 7, "held", theft_role="theft_address"),
        flow("alpha", DAYS[0], "0xt4", 0, VICTIM, THIEF, "0xnodecimals", 9, 9, "held", theft_role="theft_address"),
        flow("alpha", DAYS[0], "0xt5", 0, VICTIM, THIEF, "0xhostile", HOSTILE, HOSTILE, "held",
             theft_role="theft_address", order_quality="time"),
    ],
    DAYS[1]: [
        flow("alpha", DAYS[1], "0xm1", 1, THIEF, POOL, "native", 4 * ETHER, 4 * ETHER, "mixer",
             label_entity="Pool", label_source="labels_a", label_confidence=90),
        flow("alpha", DAYS[1], "0xm1", 1, THIEF, None, "native", ETHER // 1000, ETHER // 1000, "fee", kind="fee",
             position=0),
        flow("alpha", DAYS[1], "0xm2", 1, THIEF, HOP, "native", ETHER, ETHER, "held"),
    ],
    DAYS[2]: [
        flow("gamma", DAYS[2], "0xg1", 0, VICTIM, THIEF, "0xdai", 100, 100, "held", theft_role="source"),
        flow("gamma", DAYS[2], "0xg2", 1, THIEF, "0xdex", "0xdai", 60, 60, "converted", converted_asset="native",
             converted_amount=ETHER // 2, label_entity="Dex", label_source="labels_b", label_confidence=80),
    ],
    DAYS[3]: [
        flow("gamma", DAYS[3], "0xg3", 1, THIEF, VICTIM, "0xdai", 25, 25, "victim", label_entity="Gamma",
             label_source="cases", label_confidence=100),
    ],
}  # fmt: skip

_ALPHA_UNVALUED = [
    total("alpha", "0xknc", "stolen", 3), total("alpha", "0xknc", "held", 3),
    total("alpha", "0xnoprice", "stolen", 7), total("alpha", "0xnoprice", "held", 7),
    total("alpha", "0xnodecimals", "stolen", 9), total("alpha", "0xnodecimals", "held", 9),
    total("alpha", "0xhostile", "stolen", HOSTILE), total("alpha", "0xhostile", "held", HOSTILE),
]  # fmt: skip
_ALPHA_LATER = [
    *_ALPHA_UNVALUED,
    total("alpha", "native", "stolen", 10 * ETHER),
    total("alpha", "native", "held", 6 * ETHER - ETHER // 1000),
    total("alpha", "native", "mixer", 4 * ETHER),
    total("alpha", "native", "fee", ETHER // 1000),
    total("alpha", "native", "unseen_inflow", ETHER // 4),
]
_GAMMA_FIRST = [
    total("gamma", "0xdai", "stolen", 100), total("gamma", "0xdai", "held", 40),
    total("gamma", "0xdai", "converted_out", 60),
    total("gamma", "native", "converted_in", ETHER // 2), total("gamma", "native", "held", ETHER // 2),
]  # fmt: skip
_GAMMA_LATER = [
    total("gamma", "0xdai", "stolen", 100), total("gamma", "0xdai", "held", 15),
    total("gamma", "0xdai", "victim", 25), total("gamma", "0xdai", "converted_out", 60),
    total("gamma", "native", "converted_in", ETHER // 2), total("gamma", "native", "held", ETHER // 2),
]  # fmt: skip
TOTALS: dict[date, Rows] = {
    DAYS[0]: [*_ALPHA_UNVALUED, total("alpha", "native", "stolen", 10 * ETHER),
              total("alpha", "native", "held", 10 * ETHER)],
    DAYS[1]: _ALPHA_LATER,
    DAYS[2]: [*_ALPHA_LATER, *_GAMMA_FIRST],
    DAYS[3]: [*_ALPHA_LATER, *_GAMMA_LATER],
    DAYS[4]: [*_ALPHA_LATER, *_GAMMA_LATER],
}  # fmt: skip


def price(asset: str, day: date, close: str, source: str = "prices_a") -> dict[str, Any]:
    return {"chain": "ethereum", "asset": asset, "day": day, "close_usd": Decimal(close), "source": source}


PRICES: dict[date, Rows] = {
    # Ether has no close on the second day; the token's only close is 3 days old on the fourth and too old on the
    # fifth. Two sources give the first ether price: the first in the settings is right.
    DAYS[0]: [price("native", DAYS[0], "350.125"), price("native", DAYS[0], "999", "prices_b"),
              price("0xknc", DAYS[0], "1.005"), price("0xhostile", DAYS[0], "1"), price("0xnodecimals", DAYS[0], "2")],
    DAYS[2]: [price("native", DAYS[2], "360"), price("0xhostile", DAYS[2], "1"), price("0xdai", DAYS[2], "1")],
    DAYS[3]: [price("native", DAYS[3], "355.5"), price("0xdai", DAYS[3], "1")],
    DAYS[4]: [price("native", DAYS[4], "355.5"), price("0xdai", DAYS[4], "1")],
}  # fmt: skip

DOCUMENTS: dict[date, Rows] = {
    DAYS[0]: [
        {"document_id": f"doc-{by}", "version": 1, "source": "reports", "title": f"Report of {by}",
         "publisher": by, "published_date": day, "published_from": "document", "language": "en",
         "text": "words", "text_length": 5, "content_sha256": "1" * 64, "sha256": "0" * 64}
        for by, day in (("one", DAYS[0]), ("two", DAYS[1]), ("three", DAYS[2]), ("four", DAYS[3]))
    ],
}  # fmt: skip

SNAPSHOTS: dict[str, Rows] = {
    "assets": [
        {"chain": "ethereum", "asset": "native", "symbol": "ETH", "decimals": 18, "source": "transfers_a"},
        {"chain": "ethereum", "asset": "0xknc", "symbol": "KNC", "decimals": 0, "source": "transfers_a"},
        {"chain": "ethereum", "asset": "0xnoprice", "symbol": "NOP", "decimals": 0, "source": "transfers_a"},
        {"chain": "ethereum", "asset": "0xnodecimals", "symbol": "NOD", "decimals": None, "source": "transfers_a"},
        {"chain": "ethereum", "asset": "0xhostile", "symbol": "ETH", "decimals": 0, "source": "transfers_a"},
        {"chain": "ethereum", "asset": "0xdai", "symbol": "DAI", "decimals": 0, "source": "transfers_a"},
    ],
    "labels": [
        {"chain": "ethereum", "address": HOP, "entity": "Weak", "category": "exchange", "confidence": 40,
         "source": "labels_a"},
        {"chain": "ethereum", "address": HOP, "entity": "Strong", "category": "broker", "confidence": 60,
         "source": "labels_b"},
        {"chain": "ethereum", "address": THIEF, "entity": "Alpha's thief", "category": "theft", "confidence": 100,
         "incident_id": "alpha", "source": "cases"},
    ],
    "document_versions": [],
    "sentences_for_review": [
        {"sentence_id": "s1", "document_id": "doc-one", "document_version": 1, "sentence": "words",
         "sentence_start": 0, "sentence_end": 5, "reason": "no rule fits"},
    ],
    "claims": [
        claim(1, "alpha", "loss", "150", "USD", "one", DAYS[0]),
        claim(2, "alpha", "loss", "281", "USD", "two", DAYS[1]),
        claim(3, "alpha", "loss", "281", "USD", "three", DAYS[2]),
        claim(4, "alpha", "loss", "45", "USD", "four", DAYS[3]),
        claim(5, "alpha", "loss", "9000", "USD", "four", DAYS[1], hedge_level="denied"),
        claim(6, "alpha", "recovered", "204", "USD", "three", DAYS[2]),
        claim(7, "alpha", "recovered", "84", "pct", "four", DAYS[3]),
        claim(8, "alpha", "insured", "30", "USD", "three", DAYS[2]),
        claim(9, "alpha", "attribution", None, None, "two", DAYS[1], actor="Group X", hedge_level="suspected"),
        claim(10, "alpha", "attribution", None, None, "three", DAYS[2], actor="Group Y", hedge_level="likely"),
        claim(11, "beta", "loss", "23", "USD", "four", DAYS[3]),
        claim(12, None, "loss", "2000", "USD", "four", DAYS[3]),
        # Two parts and their sum, by one voice; and what speaks of a day that is not built yet.
        claim(13, "gamma", "loss", "60", "USD", "four", DAYS[2]),
        claim(14, "gamma", "loss", "40", "USD", "four", DAYS[2]),
        claim(15, "gamma", "loss", "100", "USD", "four", DAYS[2]),
        claim(16, "gamma", "loss", "900", "USD", "three", DAYS[4] + timedelta(days=1)),
        # A range, a part that its document calls one, and what a newer version no longer says.
        claim(18, "beta", "loss", None, "USD", "four", DAYS[3], low=Decimal(20), high=Decimal(30), qualifier="range"),
        claim(19, "beta", "loss", "1", "USD", "four", DAYS[3], is_part=True),
        claim(20, "beta", "loss", "999", "USD", "four", DAYS[3], withdrawn_in_version=2),
        claim(17, "gamma", "made_whole", "7", "USD", "three", DAYS[4] + timedelta(days=1)),
    ],
    "incidents": [
        {"incident_id": name, "title": f"Theft of {name}", "victim": name.title(), "victim_kind": "exchange",
         "occurred_at": datetime(2020, 9, day.day, 18, 48, 59, tzinfo=UTC), "occurred_precision": "minute",
         "chains_affected": chains, "source_url": f"https://example.org/{name}"}
        for name, day, chains in (
            ("alpha", DAYS[0], ["ethereum", "bitcoin"]),
            ("beta", DAYS[3], ["tron"]),
            ("gamma", DAYS[2], ["ethereum"]),
        )
    ],
    "incident_roles": [],
    "incident_links": [
        {"incident_id": "alpha", "linked_incident_id": "gamma", "link_kind": "same_actor", "strength": "weak",
         "evidence": "a claim", "asserted_by": "two", "source_url": "https://example.org/link"},
    ],
    "recoveries": [
        {"incident_id": "alpha", "event_kind": "freeze", "event_date": DAYS[2], "chain": "ethereum",
         "address": "0xelsewhere", "asset": "0xdai", "asset_symbol": "DAI", "amount": 999, "decimals": 0,
         "asserted_by": "the issuer", "source_url": "https://example.org/freeze"},
    ],
}  # fmt: skip

TRACE_TABLES = {"flows": schemas.DAY_FLOWS, "holdings": schemas.HOLDINGS, "totals": schemas.TOTALS}
RANKED = ["transfers_a", "prices_a", "prices_b", "labels_a", "labels_b", "cases", "reports"]


def settings() -> Settings:
    return Settings(
        first_day=DAYS[0], sources=[SourceSettings(name=name, connector="transfer_files") for name in RANKED]
    )


def context(root: Path, work_dir: Path | None = None) -> RunContext:
    """A run over an empty lake below root; a work folder that is given keeps dbt's parse cache warm."""
    return RunContext(
        settings(),
        LocalLake(root / "lake"),
        lambda: datetime(2026, 1, 2, tzinfo=UTC),
        work_dir or root / "work",
        lambda _: None,
    )


def fill_lake(
    lake: Lake, *, empty: bool = False, changes: Mapping[str, Any] | None = None
) -> tuple[str, str]:
    """Leave the days in a lake as the tables and trace steps would.

    Args:
        lake: an empty one.
        empty: every table without a row.
        changes: other rows for a table: by day for day tables, a list for snapshots.

    Returns:
        Key of the last day's record, key of the record of its traces.
    """
    transfers = {day: [_transfer(row) for row in FLOWS.get(day, [])] for day in DAYS}
    by_day: dict[str, Any] = {"transfers": transfers, "prices": PRICES, "documents": DOCUMENTS}
    by_day |= {"flows": FLOWS, "totals": TOTALS}
    snapshots: dict[str, Any] = dict(SNAPSHOTS)
    for table, rows in (changes or {}).items():
        (by_day if table in by_day else snapshots)[table] = rows
    snapshots["claim_matches"] = [
        {"claim_id": row["claim_id"], "incident_id": row["incident_id"], "rule": "by hand",
         "method": "none" if row["incident_id"] is None else "stated"}
        for row in snapshots["claims"]
    ]  # fmt: skip
    if empty:
        by_day, snapshots = {name: {} for name in by_day}, {name: [] for name in snapshots}
    by_day["holdings"] = {day: _holdings(rows) for day, rows in by_day["totals"].items()}
    previous: str | None = None
    trace: str | None = None
    for day in DAYS:
        tables = {}
        for table, schema in schemas.TABLES.items():
            rows = by_day[table].get(day, []) if table in by_day else snapshots.get(table, [])
            file, counts = _file("part-0000.parquet", rows, schema)
            prefix = f"tables/{table}/dt={day}/{_content_hash(file)}"
            key = write_partition(lake, prefix, file, {}, counts)
            tables[table] = {"manifest": key, "rows": len(rows)}
        record = {"day": str(day), "previous": previous, "tables": tables, "sources": {}}
        previous, before = f"tables/_days/dt={day}/{short_hash(record)}.json", trace
        lake.put(previous, canonical_json(record))
        files: dict[str, bytes] = {}
        counts = {}
        for table, schema in TRACE_TABLES.items():
            file, count = _file(f"{table}.parquet", by_day[table].get(day, []), schema)
            files |= file
            counts |= count
        meta = {"day": str(day), "previous": before}
        trace = write_partition(
            lake, f"trace/fifo/dt={day}/{_content_hash(files, before)}", files, meta, counts
        )
    assert previous is not None
    assert trace is not None
    return previous, write_day_record(lake, str(DAYS[-1]), previous, {"fifo": trace})


def _content_hash(files: dict[str, bytes], previous: str | None = None) -> str:
    return short_hash([previous, {name: sha256_hex(data) for name, data in files.items()}])


def _file(name: str, rows: Rows, schema: pa.Schema) -> tuple[dict[str, bytes], dict[str, int]]:
    return {name: table_to_bytes(rows_to_table(rows, schema))}, {name: len(rows)}


def _transfer(row: dict[str, Any]) -> dict[str, Any]:
    kept = {name: row[name] for name in schemas.TRANSFERS.names if name in row}
    return kept | {"source": "transfers_a", "known_date": DAYS[-1]}


def _holdings(totals: Rows) -> Rows:
    return [
        {"incident_id": row["incident_id"], "method": "fifo", "chain": "ethereum", "address": THIEF,
         "asset": row["asset"], "tainted_amount": row["amount"], "category": row["measure"], "hop": 0}
        for row in totals
        if row["measure"] in ("held", "frozen")
    ]  # fmt: skip
