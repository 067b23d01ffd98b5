"""Traces as real nodes of two makes gave them, read by our reader: they say the same, and add up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from clawback.chains.evm.blocks import Batch, batch_of_blocks
from clawback.chains.evm.failures import Lie
from clawback.chains.evm.internal import Creation, Seen, frame_of, values_of_frames, values_of_traces
from clawback.chains.evm.read import read_frames, read_traces
from clawback.chains.evm.rows import Rows
from clawback.chains.evm.shapes import Block, Transaction

BLOCKS: Final = {"create": 0xF44F2, "error": 0xF45BF, "subtraces": 0xF4240, "suicide": 0xF7105}
STREAMED: Final = {"blocks_508110_508110": 0x7C0CE, "blocks_2112234_2112234": 0x203AEA}


@pytest.fixture(scope="module")
def recorded(shared_facts: Path) -> Path:
    return shared_facts / "data/rpc/ethereum"


def traces_of(recorded: Path, name: str) -> list[dict[str, Any]]:
    [file] = (recorded / "test_export_traces_job" / f"block_with_{name}").glob("*.trace_block_*.json")
    found: list[dict[str, Any]] = json.loads(file.read_text())["result"]
    return found


def frames_of(recorded: Path, name: str) -> list[dict[str, Any]]:
    [file] = (recorded / "test_extract_geth_traces_job" / f"block_with_{name}").glob("*.json")
    found: list[dict[str, Any]] = json.loads(file.read_text())["result"]
    return found


def answer(result: list[dict[str, Any]]) -> bytes:
    return json.dumps([{"id": 0, "result": result}]).encode()


def batch_of(number: int, traces: list[dict[str, Any]]) -> Batch:
    """The block of recorded traces: its transactions, as their outermost steps tell them."""
    outer = [trace for trace in traces if trace["type"] != "reward" and not trace["traceAddress"]]
    block_hash = traces[0]["blockHash"]
    transactions = [
        Transaction(
            trace["transactionHash"],
            trace["action"]["from"],
            trace["action"]["value"],
            block_hash,
            hex(number),
            hex(place),
            trace["action"].get("to"),
        )
        for place, trace in enumerate(outer)
    ]
    none = f"0x{'0' * 64}"
    block = Block(hex(number), block_hash, none, "0x1", "0x0", f"0x{'0' * 40}", transactions)
    return batch_of_blocks(range(number, number + 1), [block])


def told(rows: Rows) -> list[tuple[int, int, str, str, int]]:
    return [
        (
            int(rows.tx[place]),
            int(rows.position[place]),
            f"0x{rows.sender[place].tobytes().hex()}",
            f"0x{rows.receiver[place].tobytes().hex()}",
            int.from_bytes(rows.words[place].tobytes(), "big"),
        )
        for place in range(len(rows.tx))
    ]


@pytest.mark.parametrize("name", BLOCKS)
def test_both_ways_of_tracing_tell_of_the_same_transactions(recorded: Path, name: str) -> None:
    """What geth tells of each whole transaction is what the other node tells."""
    traces, frames = traces_of(recorded, name), frames_of(recorded, name)
    outer = [trace for trace in traces if trace["type"] != "reward" and not trace["traceAddress"]]
    assert len(outer) == len(frames) > 0
    for trace, frame in zip(outer, read_frames(answer(frames), 1)[0], strict=True):
        whole = frame_of(frame.result)
        action = trace["action"]
        assert (whole.sender, whole.value) == (action["from"], action["value"])
        assert (whole.error is None) == ("error" not in trace)
        made = (trace["result"] or {}).get("address") if trace["type"] == "create" else action["to"]
        assert whole.to == made
        assert len(whole.calls or []) == trace["subtraces"]


@pytest.mark.parametrize("name", [name for name in BLOCKS if name != "suicide"])
def test_both_ways_of_tracing_move_the_same(recorded: Path, name: str) -> None:
    traces = traces_of(recorded, name)
    batch = batch_of(BLOCKS[name], traces)
    of_traces, of_frames = Seen(), Seen()
    one = values_of_traces(batch, read_traces(answer(traces), 1), of_traces)
    other = values_of_frames(batch, read_frames(answer(frames_of(recorded, name)), 1), of_frames)
    assert told(one) == told(other) == []  # what is called by callcode pays itself
    assert of_traces == of_frames == Seen()


def test_a_contract_that_destroyed_itself_paid_what_it_held(recorded: Path) -> None:
    traces = traces_of(recorded, "suicide")
    batch = batch_of(BLOCKS["suicide"], traces)
    destroyed, owner = traces[0]["action"]["to"], traces[0]["action"]["from"]
    seen = Seen()
    rows = values_of_traces(batch, read_traces(answer(traces), 1), seen)
    assert told(rows) == [(0, 2, destroyed, owner, 50_000_000_000_000_000)]
    assert seen == Seen()


def test_a_node_that_does_not_say_what_it_held_is_not_believed_that_it_was_nothing(recorded: Path) -> None:
    """Old geth names the step and nothing else of it."""
    batch = batch_of(BLOCKS["suicide"], traces_of(recorded, "suicide"))
    frames = frames_of(recorded, "suicide")
    assert frames[0]["result"]["calls"] == [{"type": "SELFDESTRUCT"}]
    seen = Seen()
    assert told(values_of_frames(batch, read_frames(answer(frames), 1), seen)) == []
    [(tx, position, _, reason, _)] = seen.refused.records
    assert (tx, position) == (0, 2)
    assert "destroyed itself" in reason
    # In a call that failed it did not happen; a call without a sender is none.
    frames[0]["result"]["error"] = "out of gas"
    failed = Seen()
    values_of_frames(batch, read_frames(answer(frames), 1), failed)
    assert failed == Seen()
    del frames[0]["result"]["error"]
    frames[0]["result"]["calls"] = [{"type": "CALL", "to": f"0x{'1' * 40}", "value": "0x1"}]
    with pytest.raises(Lie):
        values_of_frames(batch, read_frames(answer(frames), 1))


def test_traces_without_a_hash_must_fit_their_transactions(recorded: Path) -> None:
    """The recorded node names no transactions: traces of another block with as many of them are noticed."""
    batch = batch_of(BLOCKS["subtraces"], traces_of(recorded, "subtraces"))
    own, other = frames_of(recorded, "subtraces"), frames_of(recorded, "error")
    assert len(own) == len(other)
    assert not any("txHash" in frame for frame in own)
    values_of_frames(batch, read_frames(answer(own), 1))
    for wrong in (other, own[::-1]):
        with pytest.raises(Lie, match="another transaction"):
            values_of_frames(batch, read_frames(answer(wrong), 1))


@pytest.mark.parametrize("name", STREAMED)
def test_traces_are_of_the_transactions_that_the_node_lists(recorded: Path, name: str) -> None:
    """Rewards of miners and uncles stand among the traces, once in front of all others."""
    [file] = (recorded / "test_stream" / name).glob("*.trace_block_*.json")
    traces = json.loads(file.read_text())["result"]
    [header] = (recorded / "test_stream" / name).glob(
        f"*eth_getBlockByNumber_{hex(STREAMED[name])}_false.json"
    )
    block = json.loads(header.read_text())["result"]
    assert any(trace["type"] == "reward" for trace in traces)
    batch = batch_of(STREAMED[name], traces)
    assert [one.hash for one in batch.transactions] == block["transactions"]
    assert traces[0]["blockHash"] == block["hash"]
    seen = Seen()
    assert not np.any(values_of_traces(batch, read_traces(answer(traces), 1), seen).tx)
    assert seen.created == []  # a transaction created them, its receipt tells


def test_an_inner_creation_of_a_recorded_block_is_seen(recorded: Path) -> None:
    """The recorded creation as if another contract had made it: one step further inside."""
    traces = traces_of(recorded, "create")
    made = next(trace for trace in traces if trace["type"] == "create")
    factory = f"0x{'fa' * 20}"
    outer = {
        **made,
        "type": "call",
        "action": {**traces[0]["action"], "to": factory, "value": "0x0"},
        "result": {"gasUsed": "0x0", "output": "0x"},
        "subtraces": 1,
    }
    inner = {**made, "traceAddress": [0], "action": {**made["action"], "from": factory}}
    several = [traces[0], outer, inner]
    batch = batch_of(BLOCKS["create"], several)
    seen = Seen()
    values_of_traces(batch, read_traces(answer(several), 1), seen)
    assert seen.created == [Creation(1, 2, factory, made["result"]["address"])]
