"""The page of a release in a real browser: complete in itself, safe, readable in every light and width."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from clawback.deliver.page import render_page
from clawback.errors import ClawbackError
from tests.deliver_marts import (
    FLOW_TYPES,
    THIEF,
    flow,
    kucoin_audit,
    kucoin_claims,
    kucoin_flows,
    kucoin_marts,
    write_candidate,
)
from tests.tools_present import require_chromium

HOSTILE = "<img src=x onerror=alert(1)>\u202e</title></svg><script>alert(2)</script>{{ 7*7 }}"
SHOTS = Path(__file__).resolve().parents[2] / "build" / "page"


@pytest.fixture
def candidate(tmp_path: Path) -> Path:
    return write_candidate(tmp_path / "candidate", kucoin_marts())


def text_of(html: bytes) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.decode()))


def test_same_marts_same_bytes(candidate: Path, tmp_path: Path) -> None:
    again = write_candidate(tmp_path / "again", kucoin_marts())
    assert render_page(candidate) == render_page(again)


def test_the_page_tells_the_case(candidate: Path) -> None:
    html = render_page(candidate)
    text = text_of(html)
    for told in (
        "2020-11-13-4be1c2a",
        "22,431,906 .37",
        "4,520,000 .00 15.8% +400,000.00",
        "1 of 7 chains that the theft touched is traced; what moved on the other 6 is not in these figures.",
        "3 of 4 stolen assets have a price; the rest, 1, counts in units, not in dollars.",
        "4 different figures, 45,000,000 to 281,000,000 USD",
        "strongly suggests a link to the same group",
        "1 report of a freeze, a return or a payment stands among the claims above",
        "outside of what is traced",
        "475,856,068.74… held",
        "2 of 3 checks passed",
        "Reports arrive weekly",
        "Ann Owner known late source 2020-12-01",
    ):
        assert told in text, told
    assert "javascript:" not in html.decode()


def test_contradictions_stand_in_order_of_value(candidate: Path) -> None:
    figures = re.findall(r'<td class="num">(\d+),000,000 USD</td>', render_page(candidate).decode())
    assert figures == ["45", "150", "275", "281", "204"]


def test_the_picture_shows_two_hops_and_the_sink(candidate: Path) -> None:
    html = render_page(candidate).decode()
    picture = html[html.index('<svg class="flow"') :]
    picture = picture[: picture.index("</svg>\n    </div>")]
    for told in (
        "Theft source",
        "Theft, hop 0",
        "Hop 1",
        "Hop 2",
        "0xeb31…8c23",
        "0x34a1…7c6b",
        "Tornado Cash",
    ):
        assert f">{told}<" in picture, told
    assert THIEF in picture
    assert "113 transfers\n11,300 ETH" in picture
    assert "other (7)" in picture
    assert "unpriced" in picture


def test_what_leaves_a_place_is_never_worth_more_than_what_came_in(tmp_path: Path) -> None:
    # The price doubles between the theft and the next hop; the widths must not.
    rows = [flow(0, "0xa", "0xb", 10**18, "held"), flow(1, "0xb", "0xc", 10**18, "held")]
    rows[1]["tainted_usd"] = Decimal("700.00")
    marts = kucoin_marts() | {"fct_fund_flows": flows(rows)}
    html = render_page(write_candidate(tmp_path / "c", marts)).decode()
    assert "350.00 USD at the price of the theft" in html
    assert "700.00 USD" not in html


def test_units_are_drawn_where_nothing_has_a_price(tmp_path: Path) -> None:
    rows = [row | {"tainted_usd": None} for row in kucoin_flows()]
    html = render_page(
        write_candidate(tmp_path / "c", kucoin_marts() | {"fct_fund_flows": flows(rows)})
    ).decode()
    assert "Widths are units of ETH; no asset here has a price." in html


@pytest.mark.parametrize(
    "empty", ["fct_fund_flows", "fct_claims", "fct_recovery_events", "rpt_recovery_status_daily"]
)
def test_a_page_without_rows_is_still_a_page(tmp_path: Path, empty: str) -> None:
    marts = kucoin_marts()
    marts[empty] = marts[empty].slice(0, 0)
    assert b"KuCoin hot wallets" in render_page(write_candidate(tmp_path / "c", marts))


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    marts = kucoin_marts()
    marts["fct_fund_flows"] = marts["fct_fund_flows"].drop_columns(["hop"])
    with pytest.raises(ClawbackError, match="fct_fund_flows has no column hop"):
        render_page(write_candidate(tmp_path / "c", marts))


def flows(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=pa.schema(list(FLOW_TYPES.items())))


def hostile_marts() -> dict[str, pa.Table]:
    """The KuCoin case with every text from outside replaced by an attack."""
    marts = kucoin_marts()
    rows = [
        row | {"asset_symbol": HOSTILE, "to_entity": HOSTILE, "from_entity": HOSTILE, "to_address": HOSTILE}
        for row in kucoin_flows()
    ]
    claims = [
        row
        | dict.fromkeys(
            ("quotation", "asserted_by", "publisher", "hedge_phrase", "unit", "hedge_level"), HOSTILE
        )
        for row in kucoin_claims()
    ]
    marts |= {"fct_fund_flows": flows(rows), "fct_claims": pa.Table.from_pylist(claims)}
    for name, columns in {
        "dim_incidents": ("title", "victim", "chains_affected", "source_url"),
        "fct_recovery_events": ("asset_symbol", "asserted_by", "evidence", "address", "chain"),
        "fct_incident_links": ("linked_incident_id", "evidence", "asserted_by", "source_url"),
        "fct_incident_balances_daily": ("asset_symbol", "asset"),
    }.items():
        table = marts[name]
        for column in columns:
            place = table.schema.get_field_index(column)
            table = table.set_column(place, column, pa.array([HOSTILE] * table.num_rows))
        marts[name] = table
    return marts


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    chromium = require_chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


def open_page(browser: Any, folder: Path, html: bytes, **options: Any) -> tuple[Any, list[str], list[str]]:
    path = folder / "page.html"
    path.write_bytes(html)
    page = browser.new_page(**options)
    requests: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(f"dialog {dialog.message}"))
    page.goto(path.as_uri(), wait_until="networkidle")
    return page, requests, complaints


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "scheme", "width"), [("light", "light", 1280), ("dark", "dark", 1280), ("narrow", "light", 390)]
)
def test_the_browser_asks_for_nothing_and_complains_of_nothing(
    browser: Any, candidate: Path, tmp_path: Path, name: str, scheme: str, width: int
) -> None:
    options = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    page, requests, complaints = open_page(browser, tmp_path, render_page(candidate), **options)
    assert requests == [(tmp_path / "page.html").as_uri()]
    assert complaints == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # The policy must let our own style in: without it nothing here would be laid out.
    assert page.evaluate("getComputedStyle(document.querySelector('.tiles')).display") == "grid"
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 27)"
    assert dark == (scheme == "dark")
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)
    page.close()


@pytest.mark.slow
def test_without_scripts_nothing_is_missing(browser: Any, candidate: Path, tmp_path: Path) -> None:
    page, _, complaints = open_page(browser, tmp_path, render_page(candidate), java_script_enabled=False)
    assert page.locator("svg.flow text.name", has_text="Tornado Cash").is_visible()
    assert complaints == []
    page.close()


@pytest.mark.slow
def test_hostile_text_is_only_text(browser: Any, tmp_path: Path) -> None:
    audit = kucoin_audit()
    audit["checks"][0] |= {"name": HOSTILE, "why": HOSTILE}
    audit["overrides"][0] |= {"who": HOSTILE, "why": HOSTILE}
    html = render_page(write_candidate(tmp_path / "candidate", hostile_marts(), audit))
    assert "\u202e" not in html.decode()
    assert b"<script" not in html
    assert b"<img" not in html
    page, requests, complaints = open_page(browser, tmp_path, html)
    assert len(requests) == 1
    assert complaints == []
    assert page.evaluate("document.images.length + document.scripts.length") == 0
    assert page.evaluate("document.querySelectorAll('h2').length") == 2
    assert page.get_by_text("onerror=alert(1)").count() > 10
    assert page.get_by_text("{{ 7*7 }}").count() > 0
    page.close()


@pytest.mark.slow
def test_the_policy_stops_what_escaping_would_miss(browser: Any, candidate: Path, tmp_path: Path) -> None:
    slipped = b"<img src='https://example.org/x.png'><script>document.title='run'</script></body>"
    html = render_page(candidate).replace(b"</body>", slipped)
    page, _, complaints = open_page(browser, tmp_path, html)
    assert page.title() != "run"
    refused = " ".join(complaints)
    assert "'https://example.org/x.png' violates" in refused
    assert "inline script violates" in refused
    page.close()


def test_the_newest_day_is_the_releases_day(tmp_path: Path) -> None:
    marts = kucoin_marts(date(2020, 11, 14))
    text = text_of(render_page(write_candidate(tmp_path / "c", marts)))
    # The row of a later day than the release's is not shown, and its day before has none before it.
    assert "All traced and priced 28,538,073 .25 100.0% \u2013" in text
