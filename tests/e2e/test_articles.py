"""Articles served on loopback, from their feed to a published release; next day one of them is edited.

Their words are hostile: markup, a formula, SQL. Wherever they end they are words.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from click.testing import CliRunner

from clawback.cli import clawback
from clawback.context import RunContext, open_context
from clawback.deliver.drop import drop_key
from clawback.release.read import file_path, mart_path, query
from clawback.run.pipeline import RunResult, run_days
from tests.contract.article_site import Server, article, rss
from tests.contract.loopback import Scripted, context_for

pytestmark = pytest.mark.slow

FIRST, SECOND = date(2026, 9, 13), date(2026, 9, 14)
INCIDENT = "borealis-2026"
MARKUP = "<script>alert(1)</script>"
FORMULA = "=2+5+cmd|'/C calc'!A0"
SQL = "'); drop table fct_claims; --"

HACKED = "Exchange Borealis was hacked on 12 September 2026. "
STOLEN = f"Hackers stole {MARKUP} $41 million from Borealis, the firm said. "
RETURNED = "The thief returned $4 million to Borealis on 13 September 2026. "
RANGE = "The loss is between $40 million and $45 million, Chainalysis said. "
NO_RULE = "Hackers stole " + "$5 million ETH " * 45 + "in the heist. "

CASE = f"""version: 1
incident:
  id: {INCIDENT}
  title: Theft from the hot wallets of Borealis
  victim: Borealis
  victim_kind: exchange
  occurred_at: 2026-09-12T00:00:00Z
  occurred_precision: day
  chains_affected: [ethereum]
  source_url: https://constructed.example/borealis
"""

CURATED = {
    "title": "A note",
    "publisher": "Desk",
    "url": None,
    "published": "2026-09-13",
    "language": "en",
    "text": f"{FORMULA} {SQL} of Borealis, said @SUM(A1).",
    "claims": [
        {
            "claim_type": "technique",
            "value": None,
            "unit": None,
            "incident": INCIDENT,
            "victim": "Borealis",
            "actor": None,
            "asserted_by": "@SUM(A1)",
            "hedge": None,
            "as_of": "2026-09-12",
            "quotation": f"{FORMULA} {SQL}",
            "note": None,
        }
    ],
}

SUBSCRIPTION = "id: claims-{form}\nwho: desk\ntable: fct_claims\nformat: {form}\nchannel: drop\non: daily\n"


def page(text: str) -> Scripted:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return article("Theft from Borealis", first=escaped, canonical="{base}/borealis")


@dataclass(frozen=True)
class Day:
    """A published day: what its marts hold, by name."""

    ctx: RunContext
    result: RunResult

    def rows(self, mart: str) -> list[dict[str, Any]]:
        path = mart_path(self.ctx.lake, self.result.release_id, mart)
        names, rows = query({mart: path}, f"select * from {mart} order by all", {})  # noqa: S608 - our names
        return [dict(zip(names, row, strict=True)) for row in rows]

    def figures(self) -> dict[Any, dict[str, Any]]:
        """Claims with a figure by their value, or by the lower end of their range."""
        rows = self.rows("fct_claims")
        return {row["value"] or row["low"]: row for row in rows if row["value"] or row["low"]}

    def file(self, name: str) -> bytes:
        return file_path(self.ctx.lake, self.result.release_id, name).read_bytes()

    def drop(self, form: str) -> str:
        key = drop_key(f"claims-{form}", self.result.release_id, form)
        return self.ctx.lake.read(key).decode()

    def explain(self, figure: str) -> str:
        settings = str(self.ctx.settings.file)
        done = CliRunner().invoke(
            clawback,
            ["--settings", settings, "explain", INCIDENT, figure, "--release", self.result.release_id],
        )
        assert done.exit_code == 0, done.output
        return done.output


@pytest.fixture(scope="module")
def two_days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Day, Day]]:
    """The day on which the article came out, and the next one, on which it was edited."""
    folder = tmp_path_factory.mktemp("articles")
    for name in ("cases", "desk", "subscriptions"):
        (folder / name).mkdir()
    (folder / "cases" / "borealis.yml").write_text(CASE)
    (folder / "desk" / "note.json").write_text(json.dumps(CURATED))
    for form in ("csv", "html"):
        (folder / "subscriptions" / f"claims-{form}.yml").write_text(SUBSCRIPTION.format(form=form))
    feed = rss("{base}/borealis", dates="Sun, 13 Sep 2026 09:00:00 GMT")
    site = {"/rss.xml": feed, "/borealis": page(HACKED + STOLEN + RETURNED + RANGE + NO_RULE)}
    with Server({**site}) as server:
        news = {"feeds": [f"{server.base}/rss.xml"], "allow_hosts": ["127.0.0.1"],
                "contact": "desk@example.org", "pause_seconds": 0}  # fmt: skip
        settings = context_for(
            folder,
            {"name": "news", "connector": "articles", "options": news},
            {"name": "desk", "connector": "report_files", "options": {"path": "desk"}},
            {"name": "cases", "connector": "case_files", "options": {"path": "cases"}},
            first_day=FIRST.isoformat(),
        ).settings.file
        assert settings is not None
        settings.write_text(f'subscriptions = "subscriptions"\n{settings.read_text()}')
        ctx = open_context(settings)
        first = _run(ctx, FIRST, datetime(2026, 9, 14, 2, 15, tzinfo=UTC))
        server.site["/borealis"] = page("It is corrected. " + HACKED + STOLEN + RANGE)
        second = _run(ctx, SECOND, datetime(2026, 9, 15, 2, 15, tzinfo=UTC))
        yield first, second


def _run(ctx: RunContext, day: date, now: datetime) -> Day:
    at = replace(ctx, clock=lambda: now)
    return Day(at, run_days(at, day, day, now.date()))


def test_an_article_becomes_claims_of_its_incident(two_days: tuple[Day, Day]) -> None:
    first, _ = two_days
    loss = first.figures()[41_000_000]
    assert (loss["incident_id"], loss["match_method"], loss["match_rule"]) == (
        INCIDENT, "rule", "same name, same day",
    )  # fmt: skip
    assert (loss["document_version"], loss["withdrawn_in_version"], loss["is_counted"]) == (1, None, True)
    assert loss["retrieved_at"] is not None
    wide = first.figures()[40_000_000]
    assert (wide["value"], wide["low"], wide["high"]) == (None, 40_000_000, 45_000_000)
    (incident,) = first.rows("dim_incidents")
    assert [incident[f"reported_loss_{name}_usd"] for name in ("low", "high", "chosen")] == [
        40_000_000, 45_000_000, 41_000_000,
    ]  # fmt: skip
    (sentence,) = first.rows("fct_sentences_for_review")
    assert "$5 million ETH" in sentence["sentence"]
    coverage = {row["source"]: row for row in first.rows("rpt_claim_coverage")}
    assert (coverage["news"]["review_count"], coverage["news"]["withdrawn_count"]) == (1, 0)
    assert first.result.verdict == "pass"


def test_explain_shows_the_claim_with_its_words(two_days: tuple[Day, Day]) -> None:
    first, _ = two_days
    said = first.explain("reported_loss_high_usd")
    loss = first.figures()[41_000_000]
    assert f'"{loss["quotation"]}"' in said
    assert "40,000,000 to 45,000,000 USD, asserted by Chainalysis" in said
    assert f"rule {loss['rule']}" in said
    assert f"its incident by rule: same name, same day with {INCIDENT}" in said


def test_the_next_day_an_edit_keeps_and_withdraws(two_days: tuple[Day, Day]) -> None:
    first, second = two_days
    assert first.result.release_id != second.result.release_id
    was, now = first.figures(), second.figures()
    assert (now[41_000_000]["document_version"], now[41_000_000]["is_counted"]) == (2, True)
    assert now[41_000_000]["claim_id"] == was[41_000_000]["claim_id"]
    assert now[41_000_000]["quote_start"] > was[41_000_000]["quote_start"]
    gone = now[4_000_000]
    assert (gone["document_version"], gone["withdrawn_in_version"], gone["is_counted"]) == (1, 2, False)
    assert gone["quotation"] == was[4_000_000]["quotation"]
    assert was[4_000_000]["is_counted"]
    assert second.rows("fct_sentences_for_review") == []
    (status,) = [row for row in second.rows("rpt_recovery_status_daily") if row["day"] == SECOND]
    assert status["reported_returned_usd"] is None
    reported = [{row["event_kind"] for row in day.rows("fct_recovery_events")} for day in two_days]
    assert reported == [{"freeze", "return"}, {"freeze"}]
    assert "withdrawn: it stood in version 1, version 2 no longer says it" in second.explain(
        "reported_returned_usd"
    )
    # A return that readers knew of is gone: the audit wants a person to look.
    assert second.result.verdict == "warn"


class _Elements(HTMLParser):
    """Elements of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.scripts = 0
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"

    def handle_data(self, data: str) -> None:
        self.text += data


def test_hostile_words_are_words_wherever_they_end(two_days: tuple[Day, Day]) -> None:
    first, _ = two_days
    (formula,) = [row for row in first.rows("fct_claims") if row["source"] == "desk"]
    assert (formula["quotation"], formula["asserted_by"]) == (f"{FORMULA} {SQL}", "@SUM(A1)")
    quotation = first.figures()[41_000_000]["quotation"]
    assert MARKUP in quotation
    for text in (first.file("page.html").decode(), first.drop("html")):
        page = _Elements(text)
        assert page.scripts == 0
        assert MARKUP in page.text
        assert SQL in page.text
    cells = [cell for row in csv.reader(io.StringIO(first.drop("csv"))) for cell in row]
    assert f"'{FORMULA} {SQL}" in cells
    assert "'@SUM(A1)" in cells
    assert [cell for cell in cells if cell.startswith(("=", "@", "+"))] == []
    assert quotation in cells
