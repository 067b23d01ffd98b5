"""Each subscription gets each release once, whatever fails in between."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from threading import Thread
from typing import Any

import pyarrow as pa
import pytest

from clawback.deliver import records
from clawback.deliver.step import deliver_release
from clawback.errors import ClawbackError
from clawback.locks import alone
from tests.deliver_lake import Desk
from tests.deliver_marts import status_row

FIRST, SECOND = "2020-11-12-aaaaaaa", "2020-11-13-bbbbbbb"
MIXED = Decimal("4520001.00")


def status(day: int, **more: Any) -> dict[str, pa.Table]:
    return {"rpt_recovery_status_daily": pa.Table.from_pylist([status_row(date(2020, 11, day), **more)])}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def states(desk: Desk, release: str) -> dict[str, str]:
    return {delivery.subscription: delivery.state for delivery in deliver_release(desk.context, release)}


def record(desk: Desk, release: str, subscription: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(desk.lake.read(f"deliveries/{release}/{subscription}.json"))
    return found


def test_a_drop_lies_in_the_lake_once(desk: Desk) -> None:
    desk.subscribe("daily-csv")
    desk.release(FIRST, status(12))
    assert states(desk, FIRST) == {"daily-csv": "sent"}
    data = desk.lake.read(f"drops/daily-csv/{FIRST}.csv")
    rows = list(csv.DictReader(io.StringIO(data.decode(), newline="")))
    assert [(row["day"], row["mixed_usd"]) for row in rows] == [("2020-11-12", "4520000.00")]
    desk.lake.put(f"drops/daily-csv/{FIRST}.csv", b"moved away by a reader")
    assert states(desk, FIRST) == {"daily-csv": "already"}
    assert desk.lake.read(f"drops/daily-csv/{FIRST}.csv") == b"moved away by a reader"


def test_a_day_filter_takes_the_releases_day(desk: Desk) -> None:
    desk.subscribe("day")
    both = pa.Table.from_pylist([status_row(date(2020, 11, 12)), status_row(date(2020, 11, 13))])
    desk.release(SECOND, {"rpt_recovery_status_daily": both})
    deliver_release(desk.context, SECOND)
    rows = list(csv.DictReader(io.StringIO(desk.lake.read(f"drops/day/{SECOND}.csv").decode(), newline="")))
    assert [row["day"] for row in rows] == ["2020-11-13"]


def test_on_change_the_calendar_alone_is_no_change(desk: Desk) -> None:
    desk.subscribe("changes", on="change")
    desk.release(FIRST, status(12))
    desk.release(SECOND, status(13), previous=FIRST)
    assert states(desk, FIRST) == {"changes": "sent"}
    assert states(desk, SECOND) == {"changes": "unchanged"}
    assert record(desk, SECOND, "changes")["detail"] == f"no change since {FIRST}"
    assert not desk.lake.exists(f"drops/changes/{SECOND}.csv")
    assert states(desk, SECOND) == {"changes": "already"}


def test_on_change_a_figure_is_a_change(desk: Desk) -> None:
    desk.subscribe("changes", on="change")
    desk.release(FIRST, status(12))
    desk.release(SECOND, status(13, mixed_usd=MIXED), previous=FIRST)
    assert states(desk, SECOND) == {"changes": "sent"}


def test_on_change_another_incident_is_none(desk: Desk) -> None:
    desk.subscribe("changes", on="change", filter="{day: $day, incident_id: elsewhere}")
    desk.release(FIRST, status(12))
    desk.release(SECOND, status(13, mixed_usd=MIXED), previous=FIRST)
    assert states(desk, SECOND) == {"changes": "unchanged"}


def test_one_failure_stops_no_other_and_is_named(desk: Desk) -> None:
    desk.subscribe("a-wrong-column", filter="{nope: x}")
    desk.subscribe("b-wrong-table", table="fct_nothing")
    desk.subscribe("c-no-server", channel="mail", mail="{to: [a@example.org]}")
    desk.subscribe("d-wrong-file", format="xlsx")
    desk.subscribe("e-good")
    desk.release(FIRST, status(12))
    with pytest.raises(ClawbackError) as caught:
        deliver_release(desk.context, FIRST)
    told = str(caught.value)
    assert "4 of 5 deliveries" in told
    for name in ("a-wrong-column.yml", "b-wrong-table.yml", "c-no-server.yml", "d-wrong-file.yml"):
        assert name in told
    assert "e-good" not in told
    assert desk.lake.exists(f"drops/e-good/{FIRST}.csv")
    for name in "abcd":
        (next((desk.folder / "subscriptions").glob(f"{name}-*"))).unlink()
    assert states(desk, FIRST) == {"e-good": "already"}


def test_a_delivery_cut_off_is_made_again(desk: Desk) -> None:
    desk.subscribe("daily-csv")
    desk.release(FIRST, status(12))
    desk.interrupt(FIRST, "daily-csv", "kept", channel="drop")
    assert states(desk, FIRST) == {"daily-csv": "sent"}
    found = record(desk, FIRST, "daily-csv")
    assert (found["attempt"], found["dedupe_id"], found["state"]) == (2, "kept", "sent")


def test_of_two_at_the_same_time_one_sends(desk: Desk) -> None:
    desk.release(FIRST, status(12))
    wanted = records.DeliveryRecord(FIRST, "x", "drop", "id", records.SENDING, 1, "now")
    desk.interrupt(FIRST, "x", "id", channel="drop")

    class Slow(type(desk.lake)):  # type: ignore[misc] # the lake's class is known only here
        """A lake on which another process is faster between reading and taking."""

        overtaken = False

        def read_versioned(self, key: str) -> tuple[bytes, str] | None:
            found = super().read_versioned(key)
            if not self.overtaken:
                self.overtaken = True
                records.take(desk.lake, wanted)
            return found  # type: ignore[no-any-return] # as above

    with pytest.raises(ClawbackError, match="another process"):
        records.take(Slow(desk.folder / "lake"), wanted)


def test_a_slow_sender_on_this_machine_is_waited_for(desk: Desk) -> None:
    desk.subscribe("daily-csv")
    desk.release(FIRST, status(12))
    found: list[str] = []
    neighbour = Thread(target=lambda: found.extend(states(desk, FIRST).values()))
    with alone(desk.folder / "work" / "delivering.lock"):
        desk.interrupt(FIRST, "daily-csv", "neighbour", channel="drop")
        neighbour.start()
        neighbour.join(0.3)
        taken = records.read_record(desk.lake, FIRST, "daily-csv")
        assert taken is not None
        assert taken.attempt == 1
        records.finish(desk.lake, taken, records.SENT, "later", None)
    neighbour.join()
    assert found == ["already"]


def test_what_another_process_finished_meanwhile_is_not_taken(desk: Desk) -> None:
    wanted = records.DeliveryRecord(FIRST, "x", "drop", "id", records.SENDING, 1, "now")
    taken = records.take(desk.lake, wanted)
    assert taken == wanted
    records.finish(desk.lake, wanted, records.SENT, "later", None)
    assert records.take(desk.lake, wanted) is None


def test_an_unfinished_release_is_not_delivered(desk: Desk) -> None:
    desk.subscribe("daily-csv")
    with pytest.raises(ClawbackError, match="no release"):
        deliver_release(desk.context, FIRST)


def test_without_subscriptions_nothing_happens(desk: Desk) -> None:
    context = desk.context
    bare = type(context)(
        context.settings.model_copy(update={"subscriptions": None}),
        context.lake,
        context.clock,
        context.work_dir,
        print,
    )
    assert deliver_release(bare, FIRST) == []
