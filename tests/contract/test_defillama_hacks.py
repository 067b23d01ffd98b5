"""The hacks feed: recorded rows served on loopback, and every way in which an answer can be bad."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from clawback.context import RunContext
from clawback.errors import ClawbackError
from clawback.lake.partition import read_manifest, read_part
from clawback.parquet import read_table
from clawback.schemas import CLAIMS, DOCUMENTS
from clawback.sources.defillama_hacks.parse import parse
from clawback.sources.http import HttpClient
from clawback.sources.ingest import ingest
from clawback.tables.step import make_tables
from tests.contract.loopback import NOW, LoopbackServer, Scripted, context_for, progress_of

RECORDED = Path(__file__).parent.parent / "fixtures" / "defillama_hacks" / "hacks.json"
DAY = date(2020, 9, 25)
KNOWN = date(2026, 9, 15)

Edit = Callable[[list[dict[str, Any]]], object]


def recorded() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(RECORDED.read_bytes())
    return rows


def edited(edit: Edit) -> bytes:
    rows = recorded()
    edit(rows)
    return json.dumps(rows).encode()


def ingest_from(tmp_path: Path, server: LoopbackServer, least: int = 10) -> tuple[RunContext, str]:
    options = {"url": f"{server.url}/hacks", "min_rows": least}
    ctx = context_for(tmp_path, {"name": "hacks", "connector": "defillama_hacks", "options": options})
    http = HttpClient(allow_hosts=["127.0.0.1"], sleep=lambda _: None, clock=lambda: NOW, max_bytes=1 << 20)
    with http:
        return ctx, ingest(ctx, "hacks", DAY, KNOWN, http)


def refused(tmp_path: Path, *answers: Scripted) -> str:
    """Ingest must fail and leave no manifest; the error's text is given back."""
    with LoopbackServer(*answers) as server, pytest.raises(ClawbackError) as caught:
        ingest_from(tmp_path, server)
    assert not list(tmp_path.rglob("_manifest.json"))
    return str(caught.value)


def test_bytes_land_as_they_came_and_the_manifest_says_how(tmp_path: Path) -> None:
    with LoopbackServer(Scripted(RECORDED.read_bytes())) as server:
        ctx, key = ingest_from(tmp_path, server)
    assert key == "raw/hacks/claims/dt=2020-09-25/known=2026-09-15/_manifest.json"
    manifest = read_manifest(ctx.lake, key)
    assert read_part(ctx.lake, manifest.parts[0]) == RECORDED.read_bytes()
    assert manifest.meta["http_status"] == 200
    # The paid feed's key is part of its path.
    assert manifest.meta["request"] == {"method": "GET", "host": "127.0.0.1"}
    assert manifest.meta["fetched_at"] == NOW.isoformat()
    assert manifest.meta["rows"] == {"claims": 15, "reports": 1}


def test_an_equal_answer_adds_nothing_and_a_new_one_leaves_the_old(tmp_path: Path) -> None:
    with LoopbackServer(Scripted(RECORDED.read_bytes())) as server:
        ctx, key = ingest_from(tmp_path, server)
        before = ctx.lake.list("raw/")
        assert ingest_from(tmp_path, server)[1] == key
        assert ctx.lake.list("raw/") == before
    changed = edited(lambda rows: rows[1].update(amount=281_000_000))
    with LoopbackServer(Scripted(changed)) as server:
        _, second = ingest_from(tmp_path, server)
    assert second == "raw/hacks/claims/dt=2020-09-25/known=2026-09-15_0002/_manifest.json"
    assert read_part(ctx.lake, read_manifest(ctx.lake, key).parts[0]) == RECORDED.read_bytes()
    assert read_part(ctx.lake, read_manifest(ctx.lake, second).parts[0]) == changed


def test_kucoin_is_a_claim_of_45_million_with_its_words(tmp_path: Path) -> None:
    with LoopbackServer(Scripted(RECORDED.read_bytes())) as server:
        ctx, _ = ingest_from(tmp_path, server)
    tables = json.loads(ctx.lake.read(make_tables(ctx, DAY)))["tables"]

    def rows(name: str, schema: Any) -> list[dict[str, Any]]:
        part = read_manifest(ctx.lake, tables[name]["manifest"]).parts[0]
        found: list[dict[str, Any]] = read_table(read_part(ctx.lake, part), schema).to_pylist()
        return found

    (document,) = rows("documents", DOCUMENTS)
    claims = rows("claims", CLAIMS)
    for claim in claims:
        piece = document["text"][claim["quote_start"] : claim["quote_end"]]
        assert piece == claim["quotation"]
        assert f"{claim['value'].normalize():f}" in piece
    (kucoin,) = [claim for claim in claims if claim["value"] == Decimal(45_000_000)]
    assert (kucoin["claim_type"], kucoin["unit"]) == ("loss", "USD")
    assert kucoin["as_of_date"] == date(2020, 9, 29)
    line = next(line for line in document["text"].splitlines() if "KuCoin" in line)
    assert line == (
        "2020-09-29 KuCoin (Ethereum; Private Key Compromised (Unknown Method)): amount 45000000 USD"
    )
    assert document["published_date"] == date(2025, 3, 29)


def test_a_return_carries_its_caveat_and_is_as_of_the_newest_row() -> None:
    parsed = parse(RECORDED.read_bytes(), {}, "hacks.json", None)
    returned = {row["victim"]: row for row in parsed.rows["claims"] if row["claim_type"] == "returned"}
    assert sorted(returned) == ["Bybit", "DMM Bitcoin", "Euler V1", "Unizen"]
    assert returned["Euler V1"]["value"] == Decimal(240_000_000)
    for row in returned.values():
        assert row["as_of_date"] == date(2025, 3, 29)
        assert "made its customers whole" in row["note"]


def test_the_order_of_rows_changes_nothing() -> None:
    one = parse(RECORDED.read_bytes(), {}, "hacks.json", None).rows
    other = parse(edited(lambda rows: rows.reverse()), {}, "hacks.json", None).rows
    assert other["claims"] == one["claims"]
    assert other["reports"][0]["text"] == one["reports"][0]["text"]


def test_claim_ids_do_not_hang_on_other_rows() -> None:
    one = parse(RECORDED.read_bytes(), {}, "hacks.json", None).rows["claims"]
    fewer = parse(edited(lambda rows: rows.pop(0)), {}, "hacks.json", None).rows["claims"]
    assert {row["claim_id"] for row in fewer} < {row["claim_id"] for row in one}


def rename(row: dict[str, Any], old: str, new: str) -> None:
    row[new] = row.pop(old)


def test_a_renamed_field_stops_the_ingest_and_is_named(tmp_path: Path) -> None:
    text = refused(tmp_path, Scripted(edited(lambda rows: [rename(row, "chain", "chains") for row in rows])))
    assert "no row has the field chain (new fields: chains)" in text


def test_a_field_that_one_row_lacks_costs_that_row() -> None:
    parsed = parse(edited(lambda rows: rows[1].pop("amount")), {}, "hacks.json", None)
    (turned_away,) = parsed.quarantined
    assert (turned_away.row, turned_away.reason) == (2, "the row lacks amount")
    assert "KuCoin" in turned_away.sample
    assert len(parsed.rows["claims"]) == 14


def test_an_extra_field_is_told_and_costs_nothing(tmp_path: Path) -> None:
    body = edited(lambda rows: [row.update(auditor="nobody") for row in rows])
    with LoopbackServer(Scripted(body)) as server:
        ctx, key = ingest_from(tmp_path, server)
    (issue,) = read_manifest(ctx.lake, key).meta["issues"]
    assert (issue["code"], issue["where"]) == ("unknown_field", "field 'auditor' in 12 rows")
    assert any("auditor" in line for line in progress_of(ctx))
    assert read_manifest(ctx.lake, key).meta["rows"]["claims"] == 15


def test_amounts_times_a_million_stop_the_ingest(tmp_path: Path) -> None:
    def times_a_million(rows: list[dict[str, Any]]) -> None:
        for row in rows:
            row["amount"] = None if row["amount"] is None else row["amount"] * 1_000_000

    assert "is it multiplied?" in refused(tmp_path, Scripted(edited(times_a_million)))


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("date", 1601337600000, "no midnight"),
        ("date", 1601337601, "no midnight"),
        ("date", "2020-09-29", "no midnight"),
        ("date", True, "no midnight"),
        ("amount", "45000000", "no whole number"),
        ("amount", -1, "no whole number"),
        ("amount", True, "no whole number"),
        ("returnedFunds", [], "no whole number"),
        ("chain", "Ethereum", "no list"),
        ("chain", [1], "no list"),
        ("name", None, "no text"),
        ("name", " ", "no text"),
        ("name", "Ku\x1bCoin", "no plain text"),
        ("name", "K" * 400, "no plain text"),
        ("bridgeHack", "false", "neither true nor false"),
        ("classification", 3, "no text"),
        ("defillamaId", 2.5, None),
    ],
)
def test_a_value_of_another_type_costs_its_row(field: str, value: Any, reason: str | None) -> None:
    parsed = parse(edited(lambda rows: rows[1].update({field: value})), {}, "hacks.json", None)
    if reason is None:
        assert parsed.broken is not None
        assert "not whole" in parsed.broken
        return
    (turned_away,) = parsed.quarantined
    assert turned_away.row == 2
    assert reason in turned_away.reason


def test_a_page_that_repeats_itself_counts_once() -> None:
    parsed = parse(edited(lambda rows: rows.extend(recorded())), {}, "hacks.json", None)
    assert len(parsed.rows["claims"]) == 15
    assert {item.reason for item in parsed.quarantined} == {"the row stands twice"}


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Scripted(b"<!DOCTYPE html><html><title>Down</title></html>"), "begins with '<!DOCTYPE html>"),
        (Scripted(b"[]"), "the feed is empty"),
        (Scripted(b"{}"), "no list"),
        (Scripted(b""), "no JSON"),
        (Scripted(b"[" * 100_000), "no JSON"),
        (Scripted(RECORDED.read_bytes()[:-200]), "no JSON"),
        (Scripted(b"[1" + b"0" * 10_000 + b"]"), "no JSON"),
        (Scripted(b"[[], 3]"), "no row has the field date"),
        (
            Scripted(gzip.compress(RECORDED.read_bytes())[:-20], headers={"Content-Encoding": "gzip"}),
            "ends too early",
        ),
        (Scripted(status=500), "status 500"),
        (Scripted(status=404), "status 404"),
        (Scripted(b" " * (2 << 20)), "larger than"),
    ],
)
def test_a_bad_answer_leaves_no_manifest(tmp_path: Path, answer: Scripted, says: str) -> None:
    assert says in refused(tmp_path, answer)


def test_too_few_rows_stop_the_ingest(tmp_path: Path) -> None:
    text = refused(tmp_path, Scripted(edited(lambda rows: rows.__delitem__(slice(3, None)))))
    assert "3 rows of claims, expected 10" in text


def test_a_busy_server_is_asked_again(tmp_path: Path) -> None:
    busy = Scripted(status=429, headers={"Retry-After": "1"})
    with LoopbackServer(busy, Scripted(status=502), Scripted(RECORDED.read_bytes())) as server:
        ctx, key = ingest_from(tmp_path, server)
        assert len(server.requests) == 3
    assert ctx.lake.exists(key)


def test_a_redirect_to_an_inside_address_is_refused(tmp_path: Path) -> None:
    inside = Scripted(status=302, headers={"Location": "http://169.254.169.254/latest/meta-data/"})
    assert "inside address" in refused(tmp_path, inside)


def test_the_whole_recording_or_its_disfigured_copy(shared_facts: Path) -> None:
    # A third-party dump of the feed has other field names and amounts times a million; whichever of the two
    # lies there, it must be read exactly or refused aloud.
    data = (shared_facts / "data" / "reports" / "defillama_hacks.json").read_bytes()
    rows = json.loads(data)
    parsed = parse(data, {}, "hacks.json", None)
    if "loss_usd" in rows[0]:
        assert parsed.broken is not None
        assert "no row has the field name, classification" in parsed.broken
        assert "loss_usd" in parsed.broken
        assert not parsed.rows
    else:
        assert parsed.broken is None
        assert not parsed.quarantined
        claims = parsed.rows["claims"]
        assert sum(1 for row in claims if row["claim_type"] == "loss") == sum(
            1 for row in rows if row["amount"]
        )


def test_real_samples_of_the_feed_are_read_whole(shared_facts: Path) -> None:
    data = (shared_facts / "data" / "reports" / "samples" / "defillama_hacks.sample.json").read_bytes()
    parsed = parse(data, {}, "hacks.json", None)
    assert parsed.broken is None
    assert not parsed.quarantined
    assert not parsed.issues
    rows = json.loads(data)
    expected = sum(1 for row in rows if row["amount"]) + sum(1 for row in rows if row["returnedFunds"])
    assert len(parsed.rows["claims"]) == expected
