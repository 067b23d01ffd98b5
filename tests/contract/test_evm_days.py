"""Days of a real node's chain extracted beside each other: they must be one chain there too."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from clawback.chains.evm.catalogue import chain_with_id
from clawback.chains.evm.day_blocks import blocks_of_day
from clawback.chains.evm.plan import Access
from clawback.chains.evm.run import extract
from clawback.chains.evm.settle import Order
from clawback.errors import ClawbackError
from tests.contract.anvil import Node, running_node
from tests.contract.evm_rows import LIMITS

pytestmark = pytest.mark.slow

MIDNIGHT = 1_601_078_400  # 2020-09-26
WHOLE_DAY = 86_400
DAYS = (date(2020, 9, 26), date(2020, 9, 27))


SECONDS = (
    MIDNIGHT - 1,
    *(MIDNIGHT + day * WHOLE_DAY + 60 + place * 3_600 for day in range(2) for place in range(8)),
    MIDNIGHT + 2 * WHOLE_DAY,
    MIDNIGHT + 2 * WHOLE_DAY + 1,
)


@pytest.fixture
def node() -> Iterator[Node]:
    """Two days of eight blocks each, a block before and two above them."""
    with running_node(MIDNIGHT - 100) as running:
        for second in SECONDS:
            running.mine(second)
        yield running


def extracted(node: Node, out: Path, day: date, **more: Any) -> dict[str, Any]:
    changes = {"ethereum": {"finality": 1}}
    order = Order(
        lambda number: chain_with_id(number, changes),
        lambda nodes, chain: blocks_of_day(nodes, day, chain.finality),
        out,
        workers=1,
        day=day,
        **more,
    )
    return extract(order, Access((node.url,), ("127.0.0.1",), LIMITS), lambda line: None)


def rewrite(node: Node, depth: int) -> None:
    """Replaces the newest blocks by others of the same numbers and times."""
    node.call("anvil_rollback", depth)
    payer = node.call("eth_accounts")[0]
    for second in SECONDS[-depth:]:
        node.send(**{"from": payer, "to": payer, "value": "0x1", "gas": "0x5208"})
        node.mine(second)


def test_days_that_follow_on_each_other_are_extracted_side_by_side(tmp_path: Path, node: Node) -> None:
    first, second = (extracted(node, tmp_path / day.isoformat(), day) for day in DAYS)
    assert second["first_parent"] == first["last_hash"]
    assert [one["day"] for one in (first, second)] == [day.isoformat() for day in DAYS]
    # Begun again, or in the other order, they still follow on each other.
    shutil.rmtree(tmp_path / DAYS[0].isoformat())
    assert extracted(node, tmp_path / DAYS[0].isoformat(), DAYS[0]) == first


@pytest.mark.parametrize("later", DAYS)
def test_a_day_of_another_chain_than_its_neighbour_is_told(tmp_path: Path, node: Node, later: date) -> None:
    earlier = next(day for day in DAYS if day != later)
    extracted(node, tmp_path / "was there", earlier)
    rewrite(node, 14)
    with pytest.raises(ClawbackError) as caught:
        extracted(node, tmp_path / "new", later)
    said = caught.value
    assert said.problem == f"{DAYS[1]} does not follow on {DAYS[0]}"
    for folder in ("was there", "new"):
        assert str(tmp_path / folder) in f"{said.where} {said.cause}"
    assert "is the child of" in (said.cause or "")
    assert f"extract {earlier} again" in (said.remedy or "")
    assert not (tmp_path / "new" / "manifest.json").exists()

    # The remedy is one.
    shutil.rmtree(tmp_path / "was there")
    extracted(node, tmp_path / "was there", earlier)
    extracted(node, tmp_path / "new", later)


def test_a_day_whose_last_block_moved_leaves_a_gap_that_is_told(tmp_path: Path, node: Node) -> None:
    extracted(node, tmp_path / "first", DAYS[0])
    # All of the second day and the end of the first are replaced by blocks of the first day alone.
    node.call("anvil_reorg", 12, [])
    for place in range(3):
        node.mine(MIDNIGHT + WHOLE_DAY + 7_200 + place)
    node.mine(MIDNIGHT + 2 * WHOLE_DAY)
    node.mine(MIDNIGHT + 2 * WHOLE_DAY + 1)
    with pytest.raises(ClawbackError, match=f"{DAYS[1]} does not follow on {DAYS[0]}"):
        extracted(node, tmp_path / "second", DAYS[1])


def test_what_lies_beside_it_and_is_no_neighbour_does_not_matter(tmp_path: Path, node: Node) -> None:
    manifest = extracted(node, tmp_path / "first", DAYS[0])
    changed = {**manifest, "last_hash": "0x" + "00" * 32}
    for name, content in {
        "another chain": json.dumps({**changed, "chain_id": 56}),
        "another day": json.dumps({**changed, "day": "2020-09-20", "last_block": 3}),
        "of another program": json.dumps({"name": "page", "last_block": manifest["last_block"]}),
        "a list": "[]",
        "no JSON": "<html>",
    }.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "manifest.json").write_text(content)
    (tmp_path / "a folder" / "manifest.json").mkdir(parents=True)
    assert extracted(node, tmp_path / "second", DAYS[1])["first_parent"] == manifest["last_hash"]
