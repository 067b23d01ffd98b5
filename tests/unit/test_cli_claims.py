"""`clawback claims` on files, by the real command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from clawback.cli import clawback

TEXT = "Brightpool was hacked on 2 March 2024. Hackers stole about $5 million, the exchange said."


@pytest.fixture
def room(tmp_path: Path) -> Path:
    document = {"title": "Brightpool hacked", "published": "2024-03-06", "text": TEXT}
    (tmp_path / "a.json").write_text(json.dumps(document), encoding="utf-8")
    (tmp_path / "b.txt").write_text("The thief returned 12 ETH.\x1b[31m", encoding="utf-8")
    (tmp_path / "broken.json").write_text('{"text": ', encoding="utf-8")
    (tmp_path / "latin.txt").write_bytes(b"perdi\xf3 $5 million")
    (tmp_path / "table.csv").write_text("Hackers,stole,$5 million", encoding="utf-8")
    (tmp_path / ".hidden").write_text("x", encoding="utf-8")
    (tmp_path / "none.json").write_text('{"text": 5}', encoding="utf-8")
    return tmp_path


def call(*words: object) -> Result:
    return CliRunner().invoke(clawback, [str(word) for word in words])


def test_claims_of_a_folder_as_json_lines_and_the_unreadable_by_name(room: Path) -> None:
    out = room / "out" / "claims.jsonl"
    result = call("claims", "extract", room, "--out", out)
    assert result.exit_code == 0
    found = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert {claim["document"] for claim in found} == {"a.json", "b.txt"}
    loss = next(claim for claim in found if claim["claim_type"] == "loss")
    assert TEXT[loss["start"] : loss["end"]] == loss["quote"]
    assert (loss["value"], loss["unit"], loss["hedge"], loss["hedge_level"]) == (
        "5000000",
        "USD",
        "about",
        None,
    )
    assert loss["incident"] == "Brightpool 2024-03"
    assert loss["asserted_by"] == "the exchange"
    assert loss["rule"].startswith("figure.loss")
    for name, reason in (
        ("broken.json", "no JSON"),
        ("latin.txt", "no UTF-8: byte 5"),
        ("none.json", "'text'"),
        ("table.csv", "'.csv' is none of"),
    ):
        assert any(name in line and reason in line for line in result.stderr.splitlines())
    again = call("claims", "extract", room, "--json")
    assert again.stdout == out.read_text("utf-8")


def test_a_month_of_publication_tells_the_year_of_a_day_and_nothing_of_yesterday(tmp_path: Path) -> None:
    text = "Brightpool was hacked on September 26, and yesterday its bridge was hacked."
    document = {"title": "Brightpool hacked", "published": "2020-10", "text": text}
    (tmp_path / "month.json").write_text(json.dumps(document), encoding="utf-8")
    found = [json.loads(line) for line in call("claims", "extract", tmp_path, "--json").stdout.splitlines()]
    assert [claim["value"] for claim in found if claim["claim_type"] == "date"] == ["2020-09-26"]


def test_a_table_cannot_steer_the_terminal(room: Path) -> None:
    result = call("claims", "extract", room / "b.txt")
    assert "12 ETH" in result.stdout
    assert "\x1b[31m" not in call("claims", "explain", room / "b.txt").stdout


def test_explain_shows_the_sentence_and_the_rules(room: Path) -> None:
    result = call("claims", "explain", room / "a.json")
    assert ">>stole about $5 million<<" in result.stdout
    assert "loss: figure.loss:steal" in result.stdout
    assert "hedge: hedge.quantity:about" in result.stdout
    assert "speaker: said" in result.stdout


def test_a_date_is_not_as_of_another_one(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Hackers took $5 million from Brightpool on 4 March 2024.", "utf-8")
    result = call("claims", "explain", tmp_path / "a.txt")
    assert "date: 2024-03-04" in result.stdout
    assert result.stdout.count("as of: ") == result.stdout.count("as of: 4 March 2024") == 1


def test_the_claims_of_a_page_stand_in_its_text(tmp_path: Path) -> None:
    paragraphs = [
        "Hackers stole $5 million from the exchange Brightpool on Tuesday, its founder said in a statement.",
        "Trading was stopped for an hour, and customers were asked to wait for news of their deposits.",
        "The firm was founded in Lisbon four years ago and employs some forty people in three offices there.",
        "It has promised a full report on what happened, on how it happened, and on what it will change now.",
    ]
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    page = f"<html><head><title>Brightpool</title></head><body><article>{body}</article></body></html>"
    (tmp_path / "page.html").write_text(page, encoding="utf-8")
    result = call("claims", "extract", tmp_path / "page.html", "--json")
    assert result.exit_code == 0, result.stderr
    assert "stole $5 million" in result.stdout


def test_nothing_readable_is_a_failure(room: Path) -> None:
    assert call("claims", "extract", room / "none.json").exit_code == 1


def test_a_file_that_is_too_large_is_left_out_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "big.txt").write_text("$5 million stolen " * 600_000, encoding="utf-8")
    result = call("claims", "extract", tmp_path / "big.txt")
    assert result.exit_code == 1
    assert "bytes, at most" in result.stderr
