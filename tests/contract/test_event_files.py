"""Event files: given rows and raw logs, cut by day, hostile rows turned away."""

from __future__ import annotations

import io
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clawback.errors import ClawbackError
from clawback.parquet import rows_to_table
from clawback.schemas import CHAIN_EVENTS
from clawback.sources.base import ParsedPart
from clawback.sources.event_files.connector import check_options
from clawback.sources.event_files.parse import parse
from tests.unit.test_chain_events_decode import NOON, TETHER, THIEF, TX, topic, word

HEADER = "chain,block_number,block_time,tx_hash,tx_index,log_index,kind,emitter,address,amount,parameters"
PLACE = f"ethereum,10935000,2020-09-26T12:00:00Z,{TX},12,7"
LOGS = "address,topics,data,block_number,block_time,tx_hash,tx_index,log_index"
DAY = date(2020, 9, 26)


def read(*lines: str, header: str = HEADER, day: date | None = DAY, chain: str | None = None) -> ParsedPart:
    return parse("\n".join([header, *lines]).encode(), {"chain": chain}, "events.csv", day)


def freeze(**more: Any) -> dict[str, Any]:
    return {
        "chain": "ethereum",
        "block_number": 10_935_000,
        "block_time": NOON,
        "tx_hash": TX,
        "tx_index": 12,
        "position": 1_000_007,
        "kind": "freeze",
        "event": "freeze",
        "emitter": TETHER,
        "address": THIEF,
        "asset": TETHER,
        "amount": None,
        "parameters": "{}",
    } | more


def test_a_given_event_is_a_row_of_the_table() -> None:
    checksummed = "0xdAC17F958D2ee523a2206206994597C13D831ec7"
    parsed = read(f"{PLACE},freeze,{checksummed},{THIEF},,")
    assert parsed.quarantined == []
    assert parsed.rows["chain_events"] == [freeze()]


def test_what_the_table_holds_can_be_given_again() -> None:
    row = freeze(
        kind="burn",
        event="DestroyedBlackFunds",
        amount=7,
        parameters='{"a":1.50,"b":12345678901234567890123}',
    )
    sink = io.BytesIO()
    table = rows_to_table([{**row, "amount": Decimal(7), "source": "s", "known_date": DAY}], CHAIN_EVENTS)
    pq.write_table(table, sink)
    (found,) = parse(sink.getvalue(), {}, "events.parquet", DAY).rows["chain_events"]
    assert found == row | {"parameters": '{"a":"1.50","b":"12345678901234567890123"}'}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (f"{PLACE},thaw,{TETHER},{THIEF},,", "'thaw' is no kind"),
        (f"{PLACE},freeze,{TETHER},,,", "needs an address"),
        (f"{PLACE},burn,{TETHER},{THIEF},,", "needs an amount"),
        (f"{PLACE},burn,{TETHER},{THIEF},1.5,", "fraction of a base unit"),
        (f"{PLACE},burn,{TETHER},{THIEF},{2**256 - 1},", "wider than DECIMAL(38,0)"),
        (f"{PLACE},freeze,{TETHER[:-1]},{THIEF},,", "40 hex digits"),
        (f"{PLACE},freeze,{TETHER},0xDac17f958d2ee523a2206206994597c13d831ec7,,", "checksum"),
        (f'{PLACE},freeze,{TETHER},{THIEF},,"[1]"', "no JSON object"),
        (f"{PLACE},freeze,{TETHER},{THIEF},,{'[' * 9000}", "deeply"),
        (f"moon,1,2020-09-26T12:00:00Z,{TX},12,7,freeze,{TETHER},{THIEF},,", "no chain is named 'moon'"),
        (f"ethereum,x,2020-09-26T12:00:00Z,{TX},12,7,freeze,{TETHER},{THIEF},,", "block_number"),
        (f"ethereum,1,2020-09-26,{TX},12,7,freeze,{TETHER},{THIEF},,", "bad time"),
        (f"ethereum,1,2020-09-26T12:00:00Z,{TX},12,,freeze,{TETHER},{THIEF},,", "neither position nor"),
        (f"{PLACE},freeze", "7 cells"),
    ],
)
def test_a_wrong_event_is_turned_away_and_the_others_go_on(line: str, says: str) -> None:
    parsed = read(line, f"{PLACE},freeze,{TETHER},{THIEF},,")
    (turned_away,) = parsed.quarantined
    assert (turned_away.table, turned_away.row) == ("chain_events", 1)
    assert says in turned_away.reason
    assert parsed.rows["chain_events"] == [freeze()]


def test_a_contract_cannot_burn_the_units_of_another() -> None:
    header = HEADER.replace("parameters", "asset")
    parsed = read(f"{PLACE},burn,{THIEF},{THIEF},5,{TETHER}", header=header)
    assert "about units of the emitter" in parsed.quarantined[0].reason
    assert parsed.rows == {}


def test_the_file_is_cut_by_day() -> None:
    lines = [f"{PLACE.replace('09-26', f'09-{day}')},freeze,{TETHER},{THIEF},," for day in (25, 26, 27)]
    assert len(read(*lines).rows["chain_events"]) == 1
    assert len(read(*lines, day=None).rows["chain_events"]) == 3


@pytest.mark.parametrize("form", ["json", "commas", "columns", "parquet"])
def test_raw_logs_are_decoded(form: str) -> None:
    data = "0x" + word(THIEF)
    topics = [topic("AddedBlackList(address)")]
    transfer = [topic("Transfer(address,address,uint256)"), "0x" + word(1), "0x" + word(2)]
    place = f"10935000,2020-09-26T12:00:00Z,{TX},12,7"
    if form == "parquet":
        names = LOGS.split(",")
        sink = io.BytesIO()
        rows = [[TETHER, found, data, 10_935_000, NOON, TX, 12, 7] for found in (topics, transfer)]
        columns = {name: [row[at] for row in rows] for at, name in enumerate(names)}
        pq.write_table(pa.table(columns), sink)
        parsed = parse(sink.getvalue(), {"chain": "ethereum"}, "logs.parquet", DAY)
    elif form == "columns":
        header = LOGS.replace("topics", "topic0,topic1,topic2")
        lines = [f"{TETHER},{topics[0]},,,{data},{place}", f"{TETHER},{','.join(transfer)},{data},{place}"]
        parsed = read(*lines, header=header, chain="ethereum")
    else:
        told = [json.dumps(found) if form == "json" else ",".join(found) for found in (topics, transfer)]
        lines = ['{},"{}",{},{}'.format(TETHER, text.replace('"', '""'), data, place) for text in told]
        parsed = read(*lines, header=LOGS, chain="ethereum")
    assert parsed.quarantined == []
    event = freeze(event="AddedBlackList", parameters=f'{{"_user":"{THIEF}"}}')
    assert parsed.rows["chain_events"] == [event]


def test_a_log_that_does_not_fit_its_event_is_turned_away() -> None:
    line = f"{TETHER},{topic('AddedBlackList(address)')},0x00,10935000,2020-09-26T12:00:00Z,{TX},12,7"
    parsed = read(line, header=LOGS, chain="ethereum")
    assert "64 hex digits" in parsed.quarantined[0].reason
    parsed = read(line, header=LOGS, chain="tron")
    assert parsed.rows == {}
    assert len(parsed.quarantined) == 1


@pytest.mark.parametrize(
    ("topics", "says"), [("[" * 100_000, "1000 characters"), ("[1]", "no list of text"), ("[x", "Expecting")]
)
def test_topics_that_are_none_are_turned_away(topics: str, says: str) -> None:
    line = f"{TETHER},{topics},0x,10935000,2020-09-26T12:00:00Z,{TX},12,7"
    (turned_away,) = read(line, header=LOGS, chain="ethereum").quarantined
    assert says in turned_away.reason


@pytest.mark.parametrize("chain", ["moon", 1, ["ethereum"]])
def test_the_chain_of_the_settings_must_be_one(tmp_path: Path, chain: Any) -> None:
    (tmp_path / "e.csv").write_text(HEADER)
    with pytest.raises(ClawbackError, match="is no chain"):
        check_options({"path": "e.csv", "chain": chain}, tmp_path, "source 'e'")
    check_options({"path": "e.csv", "chain": "ethereum"}, tmp_path, "source 'e'")


@pytest.mark.parametrize(
    ("header", "says"),
    [
        (HEADER.replace("kind", "what"), "expected block_number"),
        (HEADER.replace("log_index", "index"), "position or log_index"),
        (HEADER.replace("chain,", ""), "no column 'chain'"),
    ],
)
def test_a_renamed_column_breaks_the_file(header: str, says: str) -> None:
    parsed = read(header=header)
    assert parsed.broken is not None
    assert says in parsed.broken


def test_amounts_that_went_through_a_float_are_refused() -> None:
    sink = io.BytesIO()
    columns: dict[str, list[Any]] = {name: ["x"] for name in HEADER.split(",")}
    pq.write_table(pa.table(columns | {"amount": [1.5]}), sink)
    assert "floating point" in str(parse(sink.getvalue(), {}, "events.parquet", DAY).broken)
