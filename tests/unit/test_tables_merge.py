"""Merging what several sources say: transfers, prices, assets, labels, incidents, claims."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clawback.cases.load import parse_case
from clawback.parquet import rows_to_table
from clawback.schemas import TABLES
from clawback.sources.base import QuarantinedRow
from clawback.sources.reading import DayOfSource, Quarantined
from clawback.tables.merge import SourceDay, merge_day
from clawback.tables.transfers import merge_transfers

Row = dict[str, Any]
A, B, USDT = "0x" + "a1" * 20, "0x" + "b2" * 20, "0x" + "c3" * 20
TIME = datetime(2020, 9, 26, 10, tzinfo=UTC)
KNOWN = date(2026, 9, 15)


def transfer(**changed: Any) -> Row:
    return {
        "chain": "ethereum",
        "block_number": 100,
        "block_time": TIME,
        "block_hash": None,
        "tx_hash": "0x" + "12" * 32,
        "tx_index": 1,
        "position": 1_000_007,
        "kind": "token",
        "from_address": A,
        "to_address": B,
        "asset": USDT,
        "amount": 5,
        "outpoint": None,
        "order_quality": "exact",
        "_positioned": True,
    } | changed


def loose(**changed: Any) -> Row:
    return transfer(position=1_000_000, order_quality="time", _positioned=False, tx_index=None) | changed


def merged(*by_source: list[Row]) -> tuple[list[Row], list[tuple[str, Row, str]]]:
    return merge_transfers([(f"s{place}", rows) for place, rows in enumerate(by_source)])


def test_two_sources_that_agree_give_one_transfer() -> None:
    rows, rejected = merged([transfer()], [transfer()])
    assert (len(rows), rejected) == (1, [])


def test_two_sources_that_disagree_give_the_first_and_a_record_of_it() -> None:
    rows, rejected = merged([transfer()], [transfer(amount=6)])
    assert [row["amount"] for row in rows] == [5]
    assert [(source, reason) for source, _, reason in rejected] == [
        ("s1", "disagrees with s0 about this transfer, which says amount 5")
    ]


def test_a_source_may_not_know_the_block() -> None:
    rows, rejected = merged([transfer()], [transfer(block_number=None, tx_index=None)])
    assert (len(rows), rejected) == (1, [])
    assert len(merged([transfer()], [transfer(block_number=101)])[1]) == 1


def test_without_positions_rows_match_by_what_they_move_and_by_occurrence() -> None:
    # Three equal transfers in one transaction: one source saw three, the other two.
    rows, _ = merged([loose(), loose(), loose()], [loose(), loose()])
    assert len(rows) == 3
    assert len(merged([loose(), loose()], [loose(), loose(), loose()])[0]) == 3
    assert [row["position"] for row in rows] == [1_000_000, 1_000_001, 1_000_002]


def test_a_third_source_is_matched_against_what_the_others_agreed_on() -> None:
    assert len(merged([loose()], [loose()], [loose(), loose()])[0]) == 2
    assert len(merged([transfer()], [loose()], [loose(), loose()])[0]) == 2


def test_a_true_position_wins_whichever_source_comes_first() -> None:
    for by_source in ([[loose()], [transfer()]], [[transfer()], [loose()]]):
        (row,) = merged(*by_source)[0]
        assert (row["position"], row["order_quality"]) == (1_000_007, "exact")


def test_a_row_without_position_never_takes_the_place_of_one_that_has_it() -> None:
    rows, rejected = merged([loose(amount=1)], [transfer(position=1_000_000)])
    assert rejected == []
    assert sorted((row["position"], row["amount"]) for row in rows) == [(1_000_000, 5), (1_000_001, 1)]


def test_a_value_and_an_inner_call_of_equal_size_are_two_transfers() -> None:
    rows, _ = merged([transfer(kind="native", position=1)], [loose(kind="internal")])
    assert [row["kind"] for row in rows] == ["native", "internal"]


def test_other_kinds_of_one_transaction_keep_their_places() -> None:
    rows, _ = merged(
        [transfer(kind="fee", position=0, to_address=None), transfer(kind="native", position=1)], [loose()]
    )
    assert [row["kind"] for row in rows] == ["fee", "native", "token"]


def test_rows_are_in_order_of_events() -> None:
    late = transfer(block_number=101, tx_index=0, tx_hash="0x" + "01" * 32, position=0)
    first = transfer(tx_index=0, tx_hash="0x" + "ff" * 32)
    unplaced = transfer(tx_index=None, tx_hash="0x" + "00" * 32)
    rows, _ = merged([late, unplaced, first, transfer()])
    assert [row["tx_hash"][2:4] for row in rows] == ["ff", "12", "00", "01"]


amounts = st.lists(st.integers(1, 3), max_size=4)


@given(amounts, amounts)
def test_merging_takes_the_larger_count_of_each(one: list[int], other: list[int]) -> None:
    rows, rejected = merged([loose(amount=n) for n in one], [loose(amount=n) for n in other])
    for amount in (1, 2, 3):
        assert sum(row["amount"] == amount for row in rows) == max(one.count(amount), other.count(amount))
    keys = [(row["tx_hash"], row["kind"], row["position"]) for row in rows]
    assert len(set(keys)) == len(keys)
    assert rejected == []


@given(st.permutations([1, 1, 2, 3]))
def test_the_order_of_a_file_changes_nothing(order: list[int]) -> None:
    rows, _ = merged([loose(amount=n) for n in order])
    assert rows == merged([loose(amount=n) for n in (1, 1, 2, 3)])[0]


def day(source: str, **rows: list[Row]) -> SourceDay:
    return SourceDay(source, KNOWN, DayOfSource(rows=rows))


def reasons(tables: dict[str, list[Row]]) -> list[tuple[str, str, str]]:
    return [(row["source"], row["table"], row["reason"]) for row in tables["quarantine"]]


def test_every_table_is_there_and_knows_source_and_known_day() -> None:
    tables = merge_day([day("one", transfers=[transfer()])])
    assert set(tables) == set(TABLES)
    (row,) = tables["transfers"]
    assert (row["source"], row["known_date"]) == ("one", KNOWN)
    assert set(row) == set(TABLES["transfers"].names)


def price(close: str) -> Row:
    return {"chain": "ethereum", "asset": "native", "day": date(2020, 9, 26), "close_usd": Decimal(close)}


def test_the_first_price_is_taken_and_a_source_must_agree_with_itself() -> None:
    tables = merge_day([day("one", prices=[price("350")]), day("two", prices=[price("351")])])
    assert [(row["close_usd"], row["source"]) for row in tables["prices"]] == [(Decimal(350), "one")]
    assert tables["quarantine"] == []
    tables = merge_day([day("one", prices=[price("350"), price("351")])])
    assert reasons(tables) == [("one", "prices", "the source gives 350 for it too")]


def asset(**changed: Any) -> Row:
    return {"chain": "ethereum", "asset": USDT, "symbol": "USDT", "decimals": 6, "_day": KNOWN} | changed


def test_conflicting_decimals_are_unknown_and_stay_so() -> None:
    tables = merge_day([day("one", assets=[asset()]), day("two", assets=[asset(decimals=18)])])
    (row,) = tables["assets"]
    assert (row["decimals"], row["source"]) == (None, "conflict")
    assert reasons(tables) == [("two", "assets", "decimals 18 where one says 6: unknown from now on")]
    (later,) = merge_day([day("one", assets=[asset()])], {"assets": tables["assets"]})["assets"]
    assert later["decimals"] is None


def test_what_is_known_of_an_asset_stays_and_gaps_are_filled() -> None:
    before = merge_day([day("one", assets=[asset(decimals=None, symbol=None)])])["assets"]
    (row,) = merge_day([day("two", assets=[asset(symbol="TetherUSD")])], {"assets": before})["assets"]
    assert (row["symbol"], row["decimals"], row["source"]) == ("TetherUSD", 6, "one")
    assert merge_day([], {"assets": [row]})["assets"] == [row]
    (kept,) = merge_day([day("two", assets=[asset(symbol="FAKE")])], {"assets": [row]})["assets"]
    assert kept["symbol"] == "TetherUSD"


def label(**changed: Any) -> Row:
    return {
        "chain": "ethereum",
        "address": A,
        "entity": "Some Exchange",
        "category": "exchange",
        "confidence": 50,
        "incident_id": None,
        "valid_from": None,
        "valid_to": None,
        "source_url": None,
    } | changed


def test_labels_come_by_confidence_and_then_by_rank() -> None:
    one = [label(entity="low", confidence=20), label(entity="first")]
    two = [label(entity="second"), label(entity="sure", confidence=90)]
    tables = merge_day([day("one", labels=one), day("two", labels=two)])
    assert [row["entity"] for row in tables["labels"]] == ["sure", "first", "second", "low"]
    assert [row["source"] for row in tables["labels"]] == ["two", "one", "two", "one"]


def case(incident: str, links: str = "[]") -> Row:
    text = f"""
version: 1
incident:
  id: {incident}
  title: A theft
  victim: KuCoin
  victim_kind: exchange
  occurred_at: 2020-09-25T00:00:00Z
  occurred_precision: day
  chains_affected: [ethereum]
  source_url: https://example.com/a
matching:
  aliases: [Ku Coin]
  from: 2020-09-20
  to: 2020-10-20
roles:
  - {{role: theft_address, chain: ethereum, address: "{A}", tx_hashes: ["0x{"12" * 32}"],
     source_url: https://example.com/b}}
links: {links}
recoveries: []
"""
    return {"case": parse_case(text.encode(), where="case.yml")}


LINK = """[{incident: gone, kind: same_actor, strength: weak, evidence: e, asserted_by: a,
  source_url: https://example.com/l}]"""


def test_an_incident_has_one_case_file_and_links_lead_somewhere() -> None:
    one, two = case("kucoin-2020", LINK), case("kucoin-2020")
    tables = merge_day([day("one", _cases=[one]), day("two", _cases=[two])])
    assert [row["incident_id"] for row in tables["incidents"]] == ["kucoin-2020"]
    assert len(tables["incident_roles"]) == 1
    assert tables["incident_links"] == []
    assert {(table, reason) for _, table, reason in reasons(tables)} == {
        ("incidents", "the incident 'kucoin-2020' has a case file already"),
        ("incident_links", "no case file describes 'gone'"),
    }


def claim(**changed: Any) -> Row:
    return {
        "claim_id": "c1",
        "document_id": "d1",
        "incident_id": None,
        "claim_type": "loss",
        "value": Decimal(45_000_000),
        "unit": "USD",
        "actor": None,
        "asserted_by": "DefiLlama",
        "hedge_phrase": None,
        "hedge_level": "confirmed",
        "as_of_date": date(2020, 9, 29),
        "quotation": "amount 45000000 USD",
        "quote_start": 0,
        "quote_end": 19,
        "rule": "r",
        "note": None,
        "victim": "KuCoin",
        "is_part": False,
    } | changed


def listing(**changed: Any) -> Row:
    return {
        "document_id": "d1",
        "title": "Rows",
        "publisher": "DefiLlama",
        "url": None,
        "published_date": date(2020, 9, 29),
        "language": "en",
        "text": "amount 45000000 USD",
        "sha256": "0" * 64,
    } | changed


def test_claims_find_their_incident_by_id_or_by_victim_and_day() -> None:
    claims = [
        claim(),
        claim(
            claim_id="c2",
            victim="Ku Coin",
            as_of_date=date(2026, 1, 1),
            theft_first_date=date(2020, 9, 29),
            theft_last_date=date(2020, 9, 29),
        ),
        claim(claim_id="c3", document_id="d2", as_of_date=date(2021, 9, 29), value=Decimal(7)),
        claim(claim_id="c4", incident_id="kucoin-2020", victim=None),
        claim(claim_id="c5", incident_id="nobody-knows", victim=None),
    ]
    documents = [listing(), listing(document_id="d2", published_date=date(2021, 9, 29))]
    tables = merge_day(
        [day("feed", claims=claims, reports=documents), day("cases", _cases=[case("kucoin-2020")])]
    )
    assert [row["incident_id"] for row in tables["claims"]] == [
        "kucoin-2020",
        "kucoin-2020",
        None,
        "kucoin-2020",
        None,
    ]
    assert rows_to_table(tables["claims"], TABLES["claims"]).num_rows == 5


def test_a_claim_or_document_stands_once() -> None:
    tables = merge_day([day("one", claims=[claim()], reports=[listing()]), day("two", claims=[claim()])])
    assert len(tables["claims"]) == len(tables["claim_matches"]) == 1
    assert reasons(tables) == [("two", "claims", "the claim stands in another file already")]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"quote_start": 1, "quote_end": 20}, "the quotation does not stand in the text at its offsets"),
        ({"quotation": "amount 45000000 EUR"}, "the quotation does not stand in the text at its offsets"),
        ({"document_id": "d2"}, "its document is not there"),
    ],
)
def test_a_claim_that_its_text_does_not_carry_is_turned_away(changes: Row, reason: str) -> None:
    tables = merge_day([day("one", claims=[claim(**changes), claim(claim_id="c2")], reports=[listing()])])
    assert [row["claim_id"] for row in tables["claims"]] == ["c2"]
    assert reasons(tables) == [("one", "claims", reason)]


def test_what_parsing_turned_away_is_written_down_with_its_file() -> None:
    found = DayOfSource(quarantined=[Quarantined("raw/k", QuarantinedRow("transfers", 7, "bad time", "x"))])
    (row,) = merge_day([SourceDay("one", KNOWN, found)])["quarantine"]
    assert row == {
        "source": "one",
        "table": "transfers",
        "part": "raw/k",
        "row": 7,
        "reason": "bad time",
        "sample": "x",
    }


def test_quarantine_is_in_one_order() -> None:
    records = [Quarantined("raw/k", QuarantinedRow("transfers", row, "bad", "x")) for row in (3, 1, 2)]
    for order in itertools.permutations(records):
        found = DayOfSource(quarantined=list(order))
        rows = merge_day([SourceDay("one", KNOWN, found)])["quarantine"]
        assert [row["row"] for row in rows] == [1, 2, 3]
