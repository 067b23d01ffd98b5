"""What the source says about totals is compared with what came."""

from __future__ import annotations

from datetime import date

import pytest

from clawback.errors import ClawbackError
from clawback.settings import SourceSettings
from clawback.sources.base import Extraction, QuarantinedRow
from clawback.sources.ingest import _check
from clawback.sources.reading import DayOfSource, Quarantined
from clawback.sources.registry import describe

DAY = date(2020, 9, 26)


def check(extraction: Extraction, read: DayOfSource, **options: int) -> None:
    source = SourceSettings(name="it", connector="transfer_files", options=dict(options))
    _check(source, describe("transfer_files"), extraction, read, DAY)


def got(**numbers: int) -> Extraction:
    return Extraction((), {}, expected={"rows": 5, "pages": 2}, got=numbers)


def test_a_shortfall_stops_the_ingest() -> None:
    check(got(rows=5, pages=2), DayOfSource())
    check(got(rows=5), DayOfSource())  # what nobody counted is not compared
    with pytest.raises(ClawbackError, match="says it has 2 pages, 1 came"):
        check(got(rows=5, pages=1), DayOfSource())
    with pytest.raises(ClawbackError, match="says it has 5 rows, 6 came"):
        check(got(rows=6, pages=2), DayOfSource())


def test_bounds_on_rows_come_from_the_settings_before_source_yml() -> None:
    three = DayOfSource(rows={"transfers": [{}, {}, {}]})
    check(Extraction((), {}), three)
    check(Extraction((), {}), three, min_rows=3, max_rows=3)
    for options in ({"min_rows": 4}, {"max_rows": 2}):
        with pytest.raises(ClawbackError, match="3 rows of transfers, expected"):
            check(Extraction((), {}), three, **options)


def test_a_broken_part_stops_the_ingest_with_its_reason() -> None:
    with pytest.raises(ClawbackError) as caught:
        check(Extraction((), {}), DayOfSource(broken=[("raw/key", "it ends too early")]))
    assert "raw/key" in str(caught.value)
    assert "it ends too early" in str(caught.value)


def test_more_wrong_rows_than_right_ones_stop_the_ingest() -> None:
    wrong = [Quarantined("raw/key", QuarantinedRow("transfers", row, "bad time", "")) for row in range(1, 11)]
    right = [{} for _ in range(10)]
    check(Extraction((), {}), DayOfSource(rows={"transfers": list(right)}, quarantined=wrong))
    check(Extraction((), {}), DayOfSource(quarantined=wrong[:9]))
    # What is written into a chain is not the source's doing, however much of it there is.
    of_chain = QuarantinedRow("transfers", 1, "no amount", "", of_source=False)
    check(Extraction((), {}), DayOfSource(quarantined=[Quarantined("raw/key", of_chain)] * 50))
    check(Extraction((), {}), DayOfSource(quarantined=[*wrong, *[Quarantined("raw/key", of_chain)] * 10]))
    with pytest.raises(ClawbackError, match="10 of 19 rows were turned away, more than 50 percent"):
        check(Extraction((), {}), DayOfSource(rows={"transfers": right[:9]}, quarantined=wrong))
