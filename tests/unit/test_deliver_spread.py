"""How far the methods lie apart, in words."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from clawback.deliver.spread import spread_sentence

DAY = date(2020, 11, 13)


def row(figure: str, lowest: str, highest: str, count: int = 6, day: date = DAY) -> dict[str, Any]:
    return {
        "figure": figure,
        "day": day,
        "lowest_usd": Decimal(lowest),
        "highest_usd": Decimal(highest),
        "methods_count": count,
    }


def test_only_parts_on_which_they_disagree_are_named() -> None:
    rows = [
        row("held_usd", "1.00", "1234.50"),
        row("mixed_usd", "2.00", "2.00"),
        row("stolen_usd_now", "1", "9"),
        row("fees_usd", "1", "9", day=date(2020, 11, 12)),
    ]
    said = spread_sentence(rows, DAY)
    assert said is not None
    assert "6 tracing methods" in said
    assert said.endswith("say: still held 1.00 to 1,234.50 USD.")


def test_methods_that_agree_say_so() -> None:
    assert (
        spread_sentence([row("held_usd", "1.00", "1.00", 2)], DAY) == "2 tracing methods agree on every part."
    )


def test_one_method_is_no_spread() -> None:
    assert spread_sentence([row("held_usd", "1.00", "1.00", 1)], DAY) is None
    assert spread_sentence([], DAY) is None
