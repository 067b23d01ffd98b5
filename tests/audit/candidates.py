"""A small lake, and a candidate that was made of it faithfully: what the tests then spoil.

Two incidents over three days. `kucoin` is traced: 1000 units stolen on the first day, 600 moved on the second
for a fee of 5, on the third 100 into a mixer and 50 back to the victim. `zaif` is only reported.
"""
# ruff: noqa: S608 - every statement is put together from names of this file

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import yaml

from clawback.context import RunContext
from clawback.hashing import canonical_json, file_sha256_hex, sha256_hex
from clawback.lake.local import LocalLake
from clawback.lake.partition import write_partition
from clawback.parquet import rows_to_table, table_to_bytes
from clawback.release.names import marts_hash, release_id
from clawback.schemas import DAY_FLOWS, TABLES, TOTALS
from clawback.settings import Settings
from clawback.tables.addresses import ZERO_ADDRESS
from clawback.tables.documents import content_sha256
from clawback.tracing.day_record import write_day_record

DBT_MARTS = Path(__file__).parents[2] / "dbt" / "models" / "marts"
D1, D2, D3 = date(2020, 9, 25), date(2020, 9, 26), date(2020, 9, 27)
DAYS = (D1, D2, D3)
TEXT = "Übersicht 👩‍👩‍👧: the exchange lost 1,100 USD. Of that 50 USD was recovered."

Row = dict[str, Any]


def at(day: date, hour: int = 12) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def _flow(day: date, tx: str, **rest: Any) -> Row:
    return {
        "incident_id": "kucoin", "method": "fifo", "chain": "ethereum", "tx_hash": tx, "kind": "native",
        "position": 1, "asset": "native", "block_time": at(day), "order_quality": "exact",
        "stolen_amount": 0 if rest["hop"] else rest["tainted_amount"], **rest,
    }  # fmt: skip


LAKE_FLOWS: dict[date, list[Row]] = {
    D1: [_flow(D1, "tx1", hop=0, from_address="hot", to_address="thief", amount=1000, tainted_amount=1000,
               outcome="held", theft_role="theft_address")],
    D2: [_flow(D2, "tx2", kind="fee", position=0, hop=1, from_address="thief", amount=5, tainted_amount=5,
               outcome="fee"),
         _flow(D2, "tx2", hop=1, from_address="thief", to_address="x", amount=600, tainted_amount=600,
               outcome="held")],
    D3: [_flow(D3, "tx3", hop=2, from_address="x", to_address="pool", amount=100, tainted_amount=100,
               outcome="mixer"),
         _flow(D3, "tx4", hop=2, from_address="x", to_address="hot", amount=50, tainted_amount=50,
               outcome="victim")],
}  # fmt: skip
PARTS: dict[date, dict[str, int]] = {
    D1: {"held": 1000},
    D2: {"held": 995, "fee": 5},
    D3: {"held": 845, "fee": 5, "mixer": 100, "victim": 50},
}
COLUMNS = {
    "held": "held_usd", "frozen": "frozen_usd", "exchange": "at_exchanges_usd", "broker": "at_brokers_usd",
    "mixer": "mixed_usd", "bridge": "bridged_usd", "issuer": "at_issuers_usd", "burned": "burned_usd",
    "victim": "returned_usd", "fee": "fees_usd", "dust": "dust_usd", "unseen_outflow": "unseen_outflow_usd",
}  # fmt: skip


def lake_rows(day: date) -> dict[str, list[Row]]:
    """What the tables of one day hold."""
    transfers = [
        {
            **{name: flow[name] for name in ("chain", "tx_hash", "kind", "position", "asset", "block_time")},
            **{name: flow.get(name) for name in ("from_address", "to_address")},
            "amount": flow["amount"], "source": "files", "order_quality": "exact", "known_date": D3,
        }
        for flow in LAKE_FLOWS[day]
    ]  # fmt: skip
    transfers.append({**transfers[0], "tx_hash": f"other-{day}", "from_address": "a", "to_address": "b"})
    fact = {"chain": "ethereum", "block_number": day.day, "block_time": at(day), "source": "files",
            "known_date": D3}  # fmt: skip
    event = {**fact, "tx_hash": f"burn-{day}", "tx_index": 1, "event": "e", "emitter": "usdt",
             "address": "blocked", "asset": "usdt", "parameters": "{}"}  # fmt: skip
    burn = {**event, "position": 1_000_007, "kind": "burn", "amount": 9}
    transfers.append(
        {
            **transfers[0],
            "tx_hash": f"burn-{day}",
            "kind": "burn",
            "position": 1_000_007,
            "from_address": "blocked",
            "to_address": ZERO_ADDRESS,
            "asset": "usdt",
            "amount": 9,
        }
    )
    return {
        "transfers": transfers,
        "chain_events": [{**event, "position": 1_000_006, "kind": "freeze"}, burn],
        "balances": [{**fact, "address": "a", "asset": "native", "amount": 3}],
        "documents": [{"document_id": "d1", "version": 1, "source": "news", "title": "T", "publisher": "P",
                       "published_date": D2, "published_from": "document", "language": "en", "text": TEXT,
                       "text_length": len(TEXT), "content_sha256": content_sha256("T", TEXT),
                       "sha256": sha256_hex(TEXT.encode())}] if day == DAYS[0] else [],
        "document_versions": [{"document_id": "d1", "version": 1, "content_sha256": content_sha256("T", TEXT),
                               "published_date": D2, "text_length": len(TEXT), "claims_from": "rules"}],
        "claims": CLAIMS,
        "claim_matches": [{"claim_id": claim["claim_id"], "incident_id": "kucoin", "method": "rule",
                           "rule": "same name, same day", "mention": "d1:KuCoin:", "score": 100}
                          for claim in CLAIMS],
        "sentences_for_review": [
            {"sentence_id": f"s{place}", "document_id": "d1", "document_version": 1,
             "sentence": TEXT[start:end], "sentence_start": start, "sentence_end": end,
             "reason": "no rule fits"}
            for place, (start, end) in enumerate([(0, 9), (10, 20)])
        ],
        "incidents": [_incident("kucoin", at(D1)), _incident("zaif", at(date(2018, 9, 14)))],
        "incident_links": [{"incident_id": "kucoin", "linked_incident_id": "zaif", "link_kind": "same_actor",
                            "strength": "weak", "evidence": "both", "asserted_by": "P", "source_url": "u"}],
        "recoveries": [{"incident_id": "kucoin", "event_kind": "freeze", "event_date": D2,
                        "chain": "ethereum", "asset": "0xusdt", "amount": 7, "decimals": 6,
                        "asserted_by": "Tether", "source_url": "u"}],
    }  # fmt: skip


def _claim(claim_id: str, kind: str, value: int, quotation: str) -> Row:
    start = TEXT.index(quotation)
    return {
        "claim_id": claim_id, "document_id": "d1", "document_version": 1, "incident_id": "kucoin",
        "claim_type": kind, "value": Decimal(value), "unit": "USD", "asserted_by": "P",
        "qualifier": "exact", "is_part": False, "victim": "KuCoin",
        "hedge_level": "confirmed", "as_of_date": D2, "quotation": quotation, "quote_start": start,
        "quote_end": start + len(quotation), "rule": "r",
    }  # fmt: skip


CLAIMS = [
    _claim("c1", "loss", 1100, "lost 1,100 USD"),
    _claim("c2", "recovered", 50, "50 USD was recovered"),
]


def _incident(incident_id: str, occurred: datetime) -> Row:
    return {
        "incident_id": incident_id, "title": incident_id, "victim": incident_id, "victim_kind": "exchange",
        "occurred_at": occurred, "occurred_precision": "day", "chains_affected": ["ethereum"],
        "source_url": "u",
    }  # fmt: skip


def write_lake(lake: LocalLake, last: date) -> tuple[str, str]:
    """Write tables and trace through `last`; keys of the records of the last day's tables and traces."""
    tables_key: str | None = None
    trace_key: str | None = None
    for day in [d for d in DAYS if d <= last]:
        tables = {}
        for table, rows in lake_rows(day).items():
            data = table_to_bytes(rows_to_table(rows, TABLES[table]))
            manifest = write_partition(
                lake,
                f"tables/{table}/dt={day}/h",
                {"part-0000.parquet": data},
                {},
                {"part-0000.parquet": len(rows)},
            )
            tables[table] = {"manifest": manifest, "rows": len(rows)}
        record = {"day": day.isoformat(), "previous": tables_key, "tables": tables, "sources": {}}
        tables_key = f"tables/_days/dt={day}/h.json"
        lake.put(tables_key, canonical_json(record))
        totals = [
            {"incident_id": "kucoin", "method": "fifo", "chain": "ethereum", "asset": "native",
             "measure": measure, "amount": amount}
            for measure, amount in {"stolen": 1000, **PARTS[day]}.items()
        ]  # fmt: skip
        files = {
            "flows.parquet": table_to_bytes(rows_to_table(LAKE_FLOWS[day], DAY_FLOWS)),
            "totals.parquet": table_to_bytes(rows_to_table(totals, TOTALS)),
        }
        counts = {"flows.parquet": len(LAKE_FLOWS[day]), "totals.parquet": len(totals)}
        meta = {"day": day.isoformat(), "previous": trace_key}
        trace_key = write_partition(lake, f"trace/fifo/dt={day}/h", files, meta, counts)
    assert tables_key is not None
    assert trace_key is not None
    return tables_key, write_day_record(lake, last.isoformat(), tables_key, {"fifo": trace_key})


def mart_rows(last: date) -> dict[str, list[Row]]:
    """What the marts hold when they are built faithfully."""
    days = [day for day in DAYS if day <= last]
    lake = lake_rows(last)
    flows = [
        {
            **flow,
            "transfer_amount": flow["amount"],
            "flow_date": day,
            "block_time": flow["block_time"].replace(tzinfo=None),
        }
        for day in days
        for flow in LAKE_FLOWS[day]
    ]
    return {
        "dim_incidents": [
            {**row, **_loss(row["incident_id"]), "occurred_at": row["occurred_at"].replace(tzinfo=None)}
            for row in lake["incidents"]
        ],
        "fct_claims": [{**claim, "published_date": D2, "is_counted": True, "match_method": "rule",
                        "match_rule": "same name, same day", "source": "news"} for claim in lake["claims"]],
        "fct_claim_matches": [
            {**row, "match_method": row["method"], "match_rule": row["rule"], "match_score": row["score"]}
            for row in lake["claim_matches"]
        ],
        "fct_sentences_for_review": lake["sentences_for_review"],
        "rpt_claim_coverage": [{"source": "news", "documents_count": 1, "versions_count": 1,
                                "documents_quarantined_count": 0, "claims_count": 2, "matched_count": 2,
                                "unmatched_count": 0, "withdrawn_count": 0, "claims_quarantined_count": 0,
                                "review_count": 2, "newest_published_date": D2}],
        "fct_loss_estimates": [_estimate(claim) for claim in lake["claims"]],
        "fct_fund_flows": flows,
        "fct_recovery_events": _events(flows, lake),
        "fct_incident_links": lake["incident_links"],
        "fct_incident_balances_daily": [
            {"incident_id": "kucoin", "day": day, "method": "fifo", "chain": "ethereum", "asset": "native",
             "part": part, "amount": amount, "usd_now": Decimal(amount), "stolen_amount": 1000,
             "theft_amount": 1000, "theft_by_source_amount": 0, "converted_in_amount": 0,
             "converted_out_amount": 0, "unseen_inflow_amount": 0}
            for day in days
            for part, amount in PARTS[day].items()
        ],
        "rpt_method_spread_daily": [
            {"incident_id": "kucoin", "day": day, "figure": figure, "methods_count": 1,
             "lowest_method": "fifo", "highest_method": "fifo"}
            | dict.fromkeys(("status_usd", "lowest_usd", "highest_usd", "fifo_usd"), usd)
            for day in days
            for figure, usd in [
                *((column, Decimal(PARTS[day].get(part, 0))) for part, column in COLUMNS.items()),
                ("stolen_usd_now", Decimal(1000)),
            ]
        ],
        "rpt_recovery_status_daily": [
            _status(incident, day) for incident in ("kucoin", "zaif") for day in days
        ],
    }  # fmt: skip


def _loss(incident: str) -> Row:
    if incident != "kucoin":
        return {}
    figures = dict.fromkeys(
        (f"reported_loss_{name}_usd" for name in ("low", "high", "chosen")), Decimal(1100)
    )
    return {**figures, "reported_loss_rule": "only_figure"}


def _estimate(claim: Row) -> Row:
    flags = ("self_contradiction", "factor_of_ten", "reversed_meaning", "double_counting", "impossible")
    return {
        **{name: claim[name] for name in ("incident_id", "claim_id", "document_id", "value", "unit")},
        **{name: claim[name] for name in ("asserted_by", "hedge_level", "as_of_date")},
        **dict.fromkeys(("value_usd", "low_usd", "high_usd", "chosen_usd"), claim["value"]),
        **{f"is_{flag}": False for flag in flags},
        "measure": claim["claim_type"], "estimate_number": 1, "is_counted": True, "is_part": False,
        "is_ahead": False,
        "is_chosen": True, "chosen_rule": "only_figure", "published_date": D2,
    }  # fmt: skip


def _events(flows: Iterable[Row], lake: Mapping[str, list[Row]]) -> list[Row]:
    observed = [
        {**flow, "recovery_event_id": "o1", "event_kind": "return", "event_date": flow["flow_date"],
         "basis": "observed", "amount": flow["tainted_amount"]}
        for flow in flows
        if flow["outcome"] == "victim"
    ]  # fmt: skip
    named = [{**row, "recovery_event_id": "f1", "basis": "case_file"} for row in lake["recoveries"]]
    reported = [
        {"recovery_event_id": "r1", "incident_id": claim["incident_id"], "event_kind": "recovery",
         "event_date": claim["as_of_date"], "basis": "reported", "claim_id": claim["claim_id"]}
        for claim in lake["claims"]
        if claim["claim_type"] == "recovered"
    ]  # fmt: skip
    return observed + named + reported


def _status(incident: str, day: date) -> Row:
    row: Row = {"incident_id": incident, "day": day, "verification_status": "reported_only"}
    if incident == "kucoin":
        row |= {column: Decimal(PARTS[day].get(part, 0)) for part, column in COLUMNS.items()}
        row |= {
            "verification_status": "observed", "stolen_usd_now": Decimal(1000),
            "stolen_usd_at_theft": Decimal(1000), "reported_loss_high_usd": Decimal(1100),
            "reported_recovered_high_usd": Decimal(50),
            "newest_transfer_day": day, "newest_price_day": day,
        }  # fmt: skip
    return row


def contract(mart: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """Columns with types of a mart, and its key, as dbt's own contract says."""
    (path,) = DBT_MARTS.glob(f"*/{mart}.yml")
    (model,) = yaml.safe_load(path.read_text())["models"]
    columns = {column["name"]: column["data_type"] for column in model["columns"]}
    for test in model.get("data_tests", []):
        if "unique_combination_of_columns" in test:
            return columns, tuple(
                test["unique_combination_of_columns"]["arguments"]["combination_of_columns"]
            )
    (key,) = [column["name"] for column in model["columns"] if "unique" in column.get("data_tests", [])]
    return columns, (key,)


def context(root: Path, **settings: Any) -> RunContext:
    ticks = iter(range(10**6))
    return RunContext(
        settings=Settings(first_day=D1, **settings),
        lake=LocalLake(root / "lake"),
        clock=lambda: datetime(2026, 1, 2, tzinfo=UTC) + timedelta(seconds=next(ticks)),
        work_dir=root / "work",
        progress=lambda line: None,
    )


def write_candidate(
    ctx: RunContext, last: date, name: str, spoil: Iterable[str] = (), extra_mart: str | None = None
) -> str:
    """Write a candidate of `last`, as the build does; `spoil` is SQL on its tables before the export."""
    assert isinstance(ctx.lake, LocalLake)
    tables_key, trace_key = write_lake(ctx.lake, last)
    folder = ctx.work_dir / "candidates" / name
    (folder / "marts").mkdir(parents=True)
    marts: dict[str, dict[str, Any]] = {}
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        for mart, rows in mart_rows(last).items():
            columns, _ = contract(mart)
            connection.execute(f"create table {mart} ({', '.join(f'{c} {t}' for c, t in columns.items())})")
            for row in rows:
                known = {column: value for column, value in row.items() if column in columns}
                known = {c: ",".join(v) if isinstance(v, list) else v for c, v in known.items()}
                marks = ", ".join("?" for _ in known)
                connection.execute(
                    f"insert into {mart} ({', '.join(known)}) values ({marks})", list(known.values())
                )
        for statement in spoil:
            connection.execute(statement)
        if extra_mart is not None:
            connection.execute(f"create table {extra_mart} as select 1 as id")
        for mart in [*mart_rows(last), *([extra_mart] if extra_mart else [])]:
            path = folder / "marts" / f"{mart}.parquet"
            connection.execute(f"copy (from {mart} order by all) to '{path}' (format parquet)")
            (rows_written,) = connection.execute(f"select count(*) from {mart}").fetchone() or (0,)
            marts[mart] = {"rows": rows_written, "sha256": file_sha256_hex(path)}
    hashes = {mart: told["sha256"] for mart, told in marts.items()}
    release = release_id(last.isoformat(), hashes)
    with duckdb.connect(str(folder / "clawback.duckdb")) as served:
        for mart in marts:
            path = folder / "marts" / f"{mart}.parquet"
            served.execute(
                f"create table {mart} as select *, '{release}' as release_id from read_parquet('{path}')"
            )
    document = {
        "day": last.isoformat(), "tables_key": tables_key, "trace_key": trace_key, "marts": marts,
        "marts_hash": marts_hash(hashes), "release_id": release,
    }  # fmt: skip
    (folder / "candidate.json").write_bytes(canonical_json(document))
    return name
