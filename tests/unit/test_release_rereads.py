"""Days that were read again since the release before: found in the records, told in the release."""

from __future__ import annotations

import json
from pathlib import Path

from clawback.hashing import canonical_json
from clawback.lake.local import LocalLake
from clawback.release.delta import make_delta
from clawback.release.rereads import Reread, rereads

DAYS = ("2020-09-25", "2020-09-26", "2020-09-27")


def write_records(lake: LocalLake, name: str, days: tuple[str, ...], read: dict[str, str]) -> str:
    """Records of some days; `read` says which landing of a day's transfers counts, the first by default."""
    key: str | None = None
    for day in days:
        record = {
            "day": day,
            "previous": key,
            "tables": {},
            "sources": {
                "chain": {"raw": f"raw/chain/dt={day}/{read.get(day, 'first')}", "newest_day": day},
                # A folder of labels stands as it is on the newest day, and is read anew every day.
                "labels": {"raw": f"raw/labels/dt={days[-1]}/{name}", "newest_day": days[-1]},
                "late": {"raw": None, "newest_day": None},
            },
        }
        key = f"tables/_days/dt={day}/{name}.json"
        lake.put(key, canonical_json(record))
    assert key is not None
    return key


def test_a_day_whose_landing_changed_is_found_and_a_new_day_is_not(tmp_path: Path) -> None:
    lake = LocalLake(tmp_path)
    before = write_records(lake, "before", DAYS[:2], {})
    now = write_records(lake, "now", DAYS, {DAYS[1]: "second"})
    (found,) = rereads(lake, now, before)
    assert found == Reread(
        DAYS[1], "chain", f"raw/chain/dt={DAYS[1]}/first", f"raw/chain/dt={DAYS[1]}/second"
    )


def test_nothing_is_found_where_nothing_was_read_again(tmp_path: Path) -> None:
    lake = LocalLake(tmp_path)
    before = write_records(lake, "before", DAYS[:2], {})
    assert rereads(lake, write_records(lake, "now", DAYS, {}), before) == []
    assert rereads(lake, before, before) == []
    assert rereads(lake, before, None) == []
    assert rereads(lake, before, "tables/_days/dt=2020-09-24/gone.json") == []


def test_the_release_says_which_days_were_read_again() -> None:
    reread = Reread(DAYS[1], "chain", "old", "new")
    files = make_delta("r2", "r1", {}, {}, {}, [reread])
    assert json.loads(files["delta.json"])["days_read_again"] == [
        {"day": DAYS[1], "source": "chain", "before": "old", "now": "new"}
    ]
    text = files["CHANGES.md"].decode()
    assert "## Days read again\n\n- 2020-09-26: chain was read again (old -> new)\n" in text
    assert "read again" not in make_delta("r2", "r1", {}, {}, {})["CHANGES.md"].decode()
