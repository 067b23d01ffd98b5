"""A candidate folder with the KuCoin case in small, for tests of what is delivered."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

USD = pa.decimal128(38, 2)
UNITS = pa.decimal128(38, 0)
TIME = pa.timestamp("us", tz="UTC")

INCIDENT = "kucoin-2020-09"
THIEF = "0xeb31973e0febf3e3d7058234a5ebbae1ab4b8c23"
SECOND = "0x34a17418cec67b82d08cf77a987941f99dc87c6b"
POOL = "0xa160cdab225685da1d56aa342ad8841c3b53f291"
HOT_WALLETS = ("0x2b5634c42055806a59e9107ed44d43c426e58258", "0x689c56aef474df92d44a1b70850f808488f9769c")
USDT = "0xdac17f958d2ee523a2206206994597c13d831ec7"
KAI = "0xbd6467a31899590474ce1e84f70594c53d628e46"
OCEAN = "0x7afebbb46fdb47ed17b22ed075cde2447694fb9e"
ETHER = 10**18

PART_COLUMNS = (
    "held_usd",
    "frozen_usd",
    "at_exchanges_usd",
    "at_brokers_usd",
    "mixed_usd",
    "bridged_usd",
    "at_issuers_usd",
    "burned_usd",
    "returned_usd",
    "fees_usd",
    "dust_usd",
    "unseen_outflow_usd",
    "unseen_inflow_usd",
    "frozen_elsewhere_usd",
)

FLOW_TYPES: dict[str, pa.DataType] = {
    "incident_id": pa.string(),
    "method": pa.string(),
    "chain": pa.string(),
    "tx_hash": pa.string(),
    "kind": pa.string(),
    "position": pa.int64(),
    "block_time": TIME,
    "flow_date": pa.date32(),
    "hop": pa.int32(),
    "from_address": pa.string(),
    "to_address": pa.string(),
    "from_entity": pa.string(),
    "to_entity": pa.string(),
    "to_category": pa.string(),
    "asset": pa.string(),
    "asset_symbol": pa.string(),
    "asset_decimals": pa.int32(),
    "transfer_amount": UNITS,
    "tainted_amount": UNITS,
    "tainted_usd": USD,
    "outcome": pa.string(),
    "theft_role": pa.string(),
}

Row = dict[str, Any]


def flow(hop: int, start: str, end: str | None, amount: int, outcome: str, **more: Any) -> Row:
    """One row of fct_fund_flows; ETH at 350 dollars unless told otherwise."""
    asset = more.pop("asset", "native")
    symbol, decimals, price = {
        "native": ("ETH", 18, Decimal(350)),
        USDT: ("USDT", 6, Decimal(1)),
        KAI: ("KAI", 18, None),
        OCEAN: ("OCEAN", 18, Decimal("0.27")),
    }.get(asset, ("?", 18, None))
    usd = (
        None if price is None else (Decimal(amount) * price / Decimal(10**decimals)).quantize(Decimal("0.01"))
    )
    day = more.pop("day", date(2020, 9, 26))
    row = {
        "incident_id": INCIDENT,
        "method": "fifo",
        "chain": "ethereum",
        "tx_hash": f"0x{hop:02x}{amount % 10**9:062x}",
        "kind": "native" if asset == "native" else "token",
        "position": 1,
        "hop": hop,
        "flow_date": day,
        "block_time": datetime(day.year, day.month, day.day, 3, tzinfo=UTC),
        "from_address": start,
        "to_address": end,
        "from_entity": None,
        "to_entity": None,
        "to_category": None,
        "asset": asset,
        "asset_symbol": symbol,
        "asset_decimals": decimals,
        "transfer_amount": amount,
        "tainted_amount": amount,
        "tainted_usd": usd,
        "outcome": outcome,
        "theft_role": "theft_address" if hop == 0 else None,
    }
    return row | more


def kucoin_flows() -> list[Row]:
    """The theft, the 11,520 ETH hop, the deposits into the pool, and a few tokens."""
    wallets = {"from_entity": "KuCoin"}
    rows = [
        flow(0, HOT_WALLETS[0], THIEF, 8_709_033_245_265_668_362_041, "held", **wallets),
        flow(0, HOT_WALLETS[1], THIEF, 2_790_807_009_796_374_694_694, "held", **wallets),
        flow(0, HOT_WALLETS[0], THIEF, 4_806_708_454_657, "held", asset=USDT, **wallets),
        flow(0, HOT_WALLETS[1], THIEF, 13_888_191_449_572, "held", asset=USDT, **wallets),
        flow(0, HOT_WALLETS[1], THIEF, 475_856_068_744_945_504_947_798_016, "held", asset=KAI, **wallets),
        flow(0, HOT_WALLETS[1], THIEF, 32_000_000 * ETHER, "held", asset=OCEAN, **wallets),
        flow(1, THIEF, "0xc6f928cf9431b82c8c9a10fe954df44e66cbed1c", 50_001 * 10**6, "held", asset=USDT),
        flow(1, THIEF, "0x9dc2f9c2d944578420cdc8237cf3264d403355f7", 10_000 * ETHER, "held", asset=KAI),
        flow(1, THIEF, "0x1c3f856719a91735ccb78506bd504b17907ac814", 8 * ETHER, "held"),
        flow(1, THIEF, None, 21_000 * 10**11, "fee", kind="fee"),
        flow(1, THIEF, SECOND, 11_400 * ETHER, "held", day=date(2020, 10, 23)),
    ]
    rows += [
        flow(1, THIEF, f"0x{number:040x}", number * 9_000 * ETHER, "exchange", asset=OCEAN, to_entity=name)
        for number, name in enumerate(
            ("KuCoin", "Binance", "Uniswap V2", "Gate.io", None, None, None, None, None), 20
        )
    ]
    rows += [
        flow(
            2,
            SECOND,
            POOL,
            100 * ETHER,
            "mixer",
            day=date(2020, 10, 23 + number // 30),
            position=number,
            to_entity="Tornado Cash",
            to_category="mixer",
        )
        for number in range(113)
    ]
    return rows


def status_row(day: date, **more: Any) -> Row:
    """One row of rpt_recovery_status_daily."""
    parts = dict.fromkeys(PART_COLUMNS, Decimal("0.00"))
    parts |= {
        "held_usd": Decimal("22431906.37"),
        "frozen_usd": Decimal("1048210.00"),
        "mixed_usd": Decimal("4520000.00"),
        "at_exchanges_usd": Decimal("524880.00"),
        "at_brokers_usd": Decimal("12345.67"),
        "fees_usd": Decimal("731.21"),
        "unseen_inflow_usd": Decimal("12.05"),
        "frozen_elsewhere_usd": Decimal("999160.00"),
    }
    row: Row = {
        "incident_id": INCIDENT,
        "day": day,
        "method": "fifo",
        "victim": "KuCoin",
        "reported_loss_low_usd": Decimal("150000000.00"),
        "reported_loss_high_usd": Decimal("281000000.00"),
        "reported_loss_chosen_usd": Decimal("281000000.00"),
        "reported_recovered_low_usd": Decimal("204000000.00"),
        "reported_recovered_high_usd": Decimal("239450000.00"),
        "reported_recovered_latest_usd": Decimal("239450000.00"),
        "reported_recovered_latest_pct": Decimal("84.0"),
        "stolen_usd_at_theft": Decimal("31359840.12"),
        **parts,
        "assets_stolen_count": 4,
        "assets_priced_count": 3,
        "chains_traced_count": 1,
        "chains_affected_count": 7,
        "traced_loss_pct": Decimal("11.2"),
        "newest_transfer_day": day,
        "newest_price_day": day,
        "newest_report_date": date(2021, 2, 8),
        "reported_frozen_usd": Decimal("1000000.00"),
        "reported_insured_usd": None,
        "moved_today_usd": Decimal("400000.00"),
        "moved_today_count": 10,
        "time_ordered_pct": Decimal("100.0000"),
        "verification_status": "observed",
    }
    row |= more
    row["stolen_usd_now"] = sum((row[column] for column in PART_COLUMNS[:12]), Decimal(0))
    return row


def claim(kind: str, value: str | None, unit: str | None, who: str, quotation: str, **more: Any) -> Row:
    """One row of fct_claims."""
    row: Row = {
        "claim_id": f"{kind}-{value}-{who}"[:60],
        "document_id": "doc-1",
        "incident_id": INCIDENT,
        "claim_type": kind,
        "value": None if value is None else Decimal(value),
        "unit": unit,
        "asserted_by": who,
        "hedge_phrase": None,
        "hedge_level": "confirmed",
        "as_of_date": date(2020, 9, 26),
        "quotation": quotation,
        "publisher": "A paper",
        "url": "https://example.org/report",
        "published_date": date(2020, 9, 27),
        "document_title": "A report",
    }
    return row | more


def kucoin_claims() -> list[Row]:
    """Figures that contradict each other."""
    return [
        claim(
            "loss",
            "150000000",
            "USD",
            "KuCoin",
            "estimated at about 150 million dollars",
            hedge_phrase="estimated at",
            hedge_level="likely",
        ),
        claim(
            "loss",
            "281000000",
            "USD",
            "Chainalysis",
            "stole 281 million dollars' worth of coins and tokens",
            as_of_date=date(2021, 2, 9),
        ),
        claim("loss", "45000000", "USD", "A feed", "amount: 45000000", publisher="Feed"),
        claim("loss", "275000000", "USD", "Chainalysis", "275 million dollars in various cryptocurrencies"),
        claim(
            "recovered",
            "204000000",
            "USD",
            "KuCoin",
            "204 million dollars have been recovered",
            as_of_date=date(2020, 10, 7),
        ),
        claim(
            "recovered",
            "84",
            "pct",
            "KuCoin",
            "84% of the affected assets are back",
            as_of_date=date(2020, 11, 11),
        ),
        claim(
            "attribution",
            None,
            None,
            "UN panel",
            "strongly suggests a link to the same group",
            hedge_phrase="strongly suggests",
            hedge_level="suspected",
            url="javascript:alert(1)",
        ),
    ]


def balance(
    day: date, asset: str, symbol: str, decimals: int | None, part: str, amount: int, usd: str | None
) -> Row:
    """One row of fct_incident_balances_daily."""
    return {
        "incident_id": INCIDENT,
        "day": day,
        "method": "fifo",
        "chain": "ethereum",
        "asset": asset,
        "part": part,
        "asset_symbol": symbol,
        "asset_decimals": decimals,
        "amount": Decimal(amount),
        "usd_now": None if usd is None else Decimal(usd),
        "usd_status": "no_price" if usd is None else "valued",
    }


def kucoin_balances(day: date) -> list[Row]:
    """The parts of each asset in its own units."""
    return [
        balance(day, "native", "ETH", 18, "held", 99_840_255_062_043_056_735, "46125.32"),
        balance(day, "native", "ETH", 18, "mixer", 11_300 * ETHER, "4520000.00"),
        balance(day, "native", "ETH", 18, "fee", 2_100_000_000_000_000, "0.97"),
        balance(day, KAI, "KAI", 18, "held", 475_856_068_744_945_504_947_798_016, None),
        balance(day, USDT, "USDT", 6, "held", 18_694_899_904_229, "18694899.90"),
    ]


def kucoin_marts(day: date = date(2020, 11, 13)) -> dict[str, pa.Table]:
    """All marts that a page reads."""
    before = status_row(
        day - timedelta(days=1), mixed_usd=Decimal("4120000.00"), held_usd=Decimal("22831906.37")
    )
    incident = {
        "incident_id": INCIDENT,
        "title": "KuCoin hot wallets",
        "victim": "KuCoin",
        "victim_kind": "exchange",
        "occurred_at": datetime(2020, 9, 25, 18, 48),  # noqa: DTZ001 - the mart has no zone
        "occurred_precision": "minute",
        "chains_affected": "bitcoin,bsv,ethereum,litecoin,stellar,tron,xrp",
        "source_url": "https://www.kucoin.com/news",
    }
    recovery = {
        "recovery_event_id": "00000000000000aa",
        "incident_id": INCIDENT,
        "event_kind": "freeze",
        "event_date": date(2020, 9, 26),
        "basis": "case_file",
        "chain": "bitcoin",
        "address": "1NRsEQRg5EjmJHbPUX7YADVPcPzCQBkyU7",
        "tx_hash": None,
        "asset": "omni:31",
        "asset_symbol": "USDT",
        "asset_decimals": 8,
        "amount": Decimal(99916000000000),
        "usd": Decimal("999160.00"),
        "share_pct": None,
        "asserted_by": "Tether",
        "claim_id": None,
        "evidence": "https://example.org/freeze",
        "is_in_traced_scope": False,
    }
    reported = recovery | {
        "recovery_event_id": "00000000000000bb",
        "event_kind": "recovery",
        "event_date": date(2020, 11, 11),
        "basis": "reported",
        "chain": None,
        "address": None,
        "asset": None,
        "asset_symbol": None,
        "asset_decimals": None,
        "amount": None,
        "usd": None,
        "share_pct": Decimal("84.0000"),
        "asserted_by": "KuCoin",
        "evidence": "https://example.org/report",
        "is_in_traced_scope": None,
    }
    link = {
        "incident_id": INCIDENT,
        "linked_incident_id": "upbit-2019-11",
        "link_kind": "same_actor",
        "strength": "weak",
        "evidence": "The same deposit pattern",
        "asserted_by": "An analyst",
        "source_url": "https://example.org/link",
    }
    return {
        "dim_incidents": pa.Table.from_pylist([incident]),
        "fct_claims": pa.Table.from_pylist(kucoin_claims()),
        "fct_fund_flows": pa.Table.from_pylist(kucoin_flows(), schema=pa.schema(list(FLOW_TYPES.items()))),
        "fct_incident_balances_daily": pa.Table.from_pylist(kucoin_balances(day)),
        "fct_recovery_events": pa.Table.from_pylist([recovery, reported]),
        "fct_incident_links": pa.Table.from_pylist([link]),
        "rpt_recovery_status_daily": pa.Table.from_pylist([before, status_row(day)]),
    }


def kucoin_audit(verdict: str = "warn") -> dict[str, Any]:
    """What the audit of a candidate says."""
    checks = [
        audit_check("key", "passed", "One row an incident and day"),
        audit_check("parts_sum", "passed", "The parts equal the whole"),
        audit_check(
            "reports_are_fresh", "warned", "Reports arrive weekly", severity="warning", failing_rows=3
        ),
    ]
    override = {
        "file": "2020-11-13-parts.yml",
        "check": "parts_sum",
        "who": "Ann Owner",
        "why": "known late source",
        "expires": "2020-12-01",
        "incident": None,
        "state": "used",
    }
    return {"verdict": verdict, "checks": checks, "problems": [], "overrides": [override]}


def audit_check(name: str, outcome: str, why: str, **more: Any) -> dict[str, Any]:
    """One check of audit.json."""
    check = {
        "suite": "marts/rpt_recovery_status_daily",
        "name": name,
        "type": "unexpected_rows",
        "severity": "critical",
        "outcome": outcome,
        "failing_rows": 0,
        "sample": [],
        "message": None,
        "override": None,
        "why": why,
        "owner": "data",
        "runbook": "build_day",
    }
    return check | more


def write_candidate(folder: Path, marts: dict[str, pa.Table], audit: dict[str, Any] | None = None) -> Path:
    """Write a candidate folder."""
    (folder / "marts").mkdir(parents=True)
    for name, table in marts.items():
        pq.write_table(table, folder / "marts" / f"{name}.parquet")
    facts = {
        "day": "2020-11-13",
        "release_id": "2020-11-13-4be1c2a",
        "marts": {name: {"rows": table.num_rows, "sha256": "0" * 64} for name, table in marts.items()},
    }
    (folder / "candidate.json").write_text(json.dumps(facts))
    (folder / "audit.json").write_text(json.dumps(audit or kucoin_audit()))
    return folder
