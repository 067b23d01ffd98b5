"""What a figure of the status table opens into."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from clawback.cli.figures import FIGURES
from clawback.cli.opened import Opened
from tests.deliver_lake import Desk
from tests.deliver_marts import INCIDENT, KAI, USDT, balance, claim, flow, kucoin_claims

DAY = date(2020, 11, 13)
RELEASE = f"{DAY}-0123456"


@pytest.mark.parametrize(
    ("figure", "shown"),
    [
        ("frozen_usd", {"70 USDT"}),
        ("held_usd", {"30 KAI"}),
        ("mixed_usd", {"50 ETH"}),
        ("stolen_usd_now", {"100 ETH"}),
        ("burned_usd", set()),
    ],
)
def test_a_figure_shows_the_transfers_of_its_own_assets(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], figure: str, shown: set[str]
) -> None:
    flows = [
        flow(0, "victim", "thief", 100, "passed"),
        flow(1, "thief", "pool", 50, "mixer"),
        flow(1, "thief", "wallet", 70, "held", asset=USDT),
        flow(1, "thief", "wallet", 30, "held", asset=KAI),
    ]
    balances = [
        balance(DAY, "native", "ETH", 18, "held", 0, "0.00"),
        balance(DAY, "native", "ETH", 18, "mixer", 50, "0.00"),
        balance(DAY, USDT, "USDT", 6, "frozen", 70, "0.00"),
        balance(DAY, KAI, "KAI", 18, "held", 30, None),
    ]
    desk = Desk(tmp_path)
    marts = {"fct_fund_flows": flows, "fct_incident_balances_daily": balances}
    desk.release(RELEASE, {name: pa.Table.from_pylist(rows) for name, rows in marts.items()})
    Opened(desk.context, RELEASE, INCIDENT, DAY, 0).transfers(FIGURES[figure].parts[0])
    said = capsys.readouterr().out
    assert f"transfers ({len(shown)})" in said
    assert {line.split("  ")[-1] for line in said.splitlines() if "hop" in line} == shown


def spread_row(figure: str, **usd: str | None) -> dict[str, object]:
    """One row of rpt_method_spread_daily."""
    names = ("fifo", "lifo", "haircut", "dirty_first", "clean_first", "poison")
    values = {f"{name}_usd": None if usd.get(name) is None else Decimal(usd[name] or 0) for name in names}
    kept = [value for name, value in values.items() if value is not None and name != "poison_usd"]
    return {
        "incident_id": INCIDENT,
        "day": DAY,
        "figure": figure,
        "lowest_usd": min(kept),
        "highest_usd": max(kept),
        "methods_count": sum(value is not None for value in values.values()),
        **values,
    }


def test_a_figure_shows_what_each_method_says_lowest_first_and_poison_last(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk(tmp_path)
    rows = [
        spread_row("held_usd", fifo="5.00", lifo="3.00", haircut="4.50", poison="4.00"),
        spread_row("mixed_usd", fifo="7.00"),
    ]
    table = pa.Table.from_pylist(rows)
    for name in ("dirty_first_usd", "clean_first_usd"):
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, table[name].cast(pa.decimal128(38, 2)))
    desk.release(RELEASE, {"rpt_method_spread_daily": table})
    Opened(desk.context, RELEASE, INCIDENT, DAY, 0).spread("held_usd")
    said = [line.split()[:2] for line in capsys.readouterr().out.splitlines() if line.startswith("  ")]
    assert said == [["lifo", "3.00"], ["haircut", "4.50"], ["fifo", "5.00"], ["poison", "4.00"]]


def test_transfers_are_those_of_the_asked_method(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flows = [
        flow(1, "thief", "pool", 50, "mixer"),
        flow(1, "thief", "pool", 20, "mixer", method="lifo"),
    ]
    balances = [{**balance(DAY, "native", "ETH", 18, "mixer", 50, "0.00"), "stolen_amount": Decimal(50)}]
    balances += [{**row, "method": "lifo", "amount": Decimal(20)} for row in balances]
    desk = Desk(tmp_path)
    marts = {"fct_fund_flows": flows, "fct_incident_balances_daily": balances}
    desk.release(RELEASE, {name: pa.Table.from_pylist(rows) for name, rows in marts.items()})
    for method, units in (("fifo", "50"), ("lifo", "20")):
        opened = Opened(desk.context, RELEASE, INCIDENT, DAY, 0, method)
        opened.balances("mixer")
        opened.transfers("mixer")
        said = capsys.readouterr().out
        assert f"{units} ETH" in said
        assert f"{units} base units" in said
        assert "transfers (1)" in said


def estimate(claim_id: str, **flags: object) -> dict[str, object]:
    """One row of fct_loss_estimates."""
    names = (
        "self_contradiction",
        "factor_of_ten",
        "reversed_meaning",
        "double_counting",
        "impossible",
        "part",
    )
    row: dict[str, object] = {f"is_{name}": False for name in names}
    row |= {"incident_id": INCIDENT, "claim_id": claim_id, "is_chosen": False, "chosen_rule": "most_asserted"}
    return row | {"contradicted_by": None} | flags


def test_a_claim_shows_what_speaks_against_it_and_whether_it_is_chosen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    claims = [row | {"as_of_date": DAY} for row in kucoin_claims() if row["claim_type"] == "loss"]
    first, second = claims[0]["claim_id"], claims[1]["claim_id"]
    estimates = [
        estimate(first, is_chosen=True),
        estimate(second, is_factor_of_ten=True, contradicted_by=first),
    ]
    desk = Desk(tmp_path)
    marts = {"fct_claims": claims, "fct_loss_estimates": estimates}
    desk.release(RELEASE, {name: pa.Table.from_pylist(rows) for name, rows in marts.items()})
    Opened(desk.context, RELEASE, INCIDENT, DAY, 0).claims(("loss",))
    said = capsys.readouterr().out
    assert "    chosen: most asserted\n" in said
    assert f"    ten times the chosen figure, or a tenth of it\n    against it: {first}\n" in said


def test_a_release_without_estimates_shows_its_claims_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk(tmp_path)
    desk.release(RELEASE, {"fct_claims": pa.Table.from_pylist(kucoin_claims())})
    Opened(desk.context, RELEASE, INCIDENT, DAY, 0).claims(("loss",))
    assert "asserted by" in capsys.readouterr().out


def test_a_claim_shows_its_range_its_rule_its_place_and_how_it_was_matched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = claim(
        "loss", None, "USD", "A firm", "between $270 million and $281 million\x1b[2J",
        low=Decimal(270_000_000), high=Decimal(281_000_000), qualifier="range", rule="figure.loss.range",
        document_version=2, quote_start=10, quote_end=47, withdrawn_in_version=3, is_part=False,
    )  # fmt: skip
    match = {
        "claim_id": row["claim_id"], "incident_id": INCIDENT, "match_method": "rule",
        "match_rule": "same name, same day", "matched_with": INCIDENT,
        "evidence": "names 100 of 100; 1 days apart; figures not comparable",
    }  # fmt: skip
    desk = Desk(tmp_path)
    marts = {"fct_claims": [row], "fct_claim_matches": [match]}
    desk.release(RELEASE, {name: pa.Table.from_pylist(rows) for name, rows in marts.items()})
    Opened(desk.context, RELEASE, INCIDENT, DAY, 0).claims(("loss",))
    said = capsys.readouterr().out
    assert "loss 270,000,000 to 281,000,000 USD, asserted by A firm, confirmed" in said
    assert '"between $270 million and $281 million?[2J"' in said
    assert "version 2, characters 10 to 47; rule figure.loss.range" in said
    assert "withdrawn: it stood in version 2, version 3 no longer says it" in said
    assert (
        f"its incident by rule: same name, same day with {INCIDENT}"
        " (names 100 of 100; 1 days apart; figures not comparable)"
    ) in said


def test_what_rests_on_the_role_source_alone_is_said_with_each_figure_and_opens(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sides = {"theft_amount": Decimal(300), "theft_by_source_amount": Decimal(100)}
    flows = [
        {
            **flow(0, "victim", "thief", 200, "held"),
            "theft_role": "theft_address",
            "stolen_amount": Decimal(200),
        },
        {**flow(0, "victim", "other", 120, "held"), "theft_role": "source", "stolen_amount": Decimal(100)},
    ]
    balances = [
        balance(DAY, "native", "ETH", 18, "held", 300, "0.00") | sides,
        balance(DAY, USDT, "USDT", 6, "held", 9, "0.00")
        | {"theft_amount": Decimal(9), "theft_by_source_amount": Decimal(0)},
    ]
    desk = Desk(tmp_path)
    marts = {"fct_fund_flows": flows, "fct_incident_balances_daily": balances}
    desk.release(RELEASE, {name: pa.Table.from_pylist(rows) for name, rows in marts.items()})
    opened = Opened(desk.context, RELEASE, INCIDENT, DAY, 0)
    opened.role_of_theft()
    assert capsys.readouterr().out == (
        "  by role source alone: 33.33 % of what was stolen as ETH, 100 of 300 base units  ethereum native\n"
    )
    assert FIGURES["stolen_by_source_pct"].lists == "by_source"
    opened.by_source()
    said = capsys.readouterr().out
    assert "by asset (1)" in said
    assert "transfers (1)" in said
    assert "100 ETH" in said
    assert "victim -> other" in said


def test_a_release_of_before_that_column_still_opens(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk(tmp_path)
    rows = [balance(DAY, "native", "ETH", 18, "held", 300, "0.00")]
    desk.release(RELEASE, {"fct_incident_balances_daily": pa.Table.from_pylist(rows)})
    Opened(desk.context, RELEASE, INCIDENT, DAY, 0).role_of_theft()
    assert capsys.readouterr().out == ""
