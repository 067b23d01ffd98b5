"""Small parts of the extraction: pace, plan, catalogue, receipts root, files."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clawback.chains.evm.blocks import Batch, batch_of_blocks
from clawback.chains.evm.bloom import Filters, bloom_of, may_have
from clawback.chains.evm.catalogue import chain_named, chain_with_id
from clawback.chains.evm.failures import Lie
from clawback.chains.evm.internal import Creation, Seen, values_of_frames, values_of_traces
from clawback.chains.evm.pace import Pace
from clawback.chains.evm.plan import Plan
from clawback.chains.evm.receipts_root import receipts_root
from clawback.chains.evm.shapes import (
    Block,
    CallFrame,
    Header,
    Log,
    Receipt,
    Trace,
    TraceAction,
    TracedTransaction,
    TraceResult,
    Transaction,
)
from clawback.chains.evm.trie import rlp
from clawback.chains.evm.write import ROWS_OF_ANY_SIZE, ROWS_PER_GROUP, TableFile
from clawback.chains.names import PACKAGED
from clawback.errors import ClawbackError


def test_the_pace_follows_the_size_of_answers() -> None:
    pace = Pace(most_blocks=50)
    pace.took(4, 4 * 1_000, 1, 2, 3)
    assert pace.blocks == 8  # at most doubled
    pace.took(8, 8 << 20, 1, 2, 3)
    assert pace.blocks == 2
    pace.too_much(2)
    assert pace.blocks == 1
    pace.took(1, 10, 1, 2, 3)
    assert pace.blocks == 1  # what was refused is not tried again


def test_threads_are_added_one_by_one_and_halved_at_once() -> None:
    pace = Pace(most_lanes=4)
    for second in range(100, 1_000, 10):
        pace.took(1, 1, waited=2, begun=second, ended=second + 8)
    assert pace.lanes == 1  # more threads would only share the same processor
    for second in range(1_000, 2_000, 10):
        pace.took(1, 1, waited=30, begun=second, ended=second + 10)
    assert pace.lanes == 1  # the wait is hidden already
    for second in range(2_010, 2_050, 10):
        pace.took(1, 1, waited=5, begun=second, ended=second + 5)
    assert pace.lanes == 2
    for second in range(2_050, 3_000, 10):
        pace.took(1, 1, waited=5, begun=second, ended=second + 5)
    assert pace.lanes == 4
    pace.busy()
    assert pace.lanes == 2
    pace.busy()
    pace.busy()
    assert pace.lanes == 1


def test_chunks_cover_the_blocks_once() -> None:
    plan = Plan("ethereum", 1, None, 10, 21, False, None, (), (), (), (), 5)
    assert plan.chunks() == [range(10, 15), range(15, 20), range(20, 22)]


def test_every_chain_of_the_project_has_a_row() -> None:
    rows = [chain_named(name) for name in sorted(PACKAGED)]
    assert len({row.chain_id for row in rows}) == len(rows)
    assert chain_with_id(1).name == "ethereum"
    assert chain_with_id(31_337).name == "chain-31337"


def test_questions_hold_fewer_blocks_where_blocks_hold_more() -> None:
    assert [chain_named(name).question_blocks for name in ("ethereum", "bsc", "arbitrum")] == [5, 8, 80]
    assert chain_named("ethereum", {"ethereum": {"chunk_blocks": 1}}).question_blocks == 1


def test_the_settings_change_and_add_rows() -> None:
    changes = {"ethereum": {"finality": 12}, "mine": {"chain_id": 5, "native": "MINE"}}
    assert chain_named("ethereum", changes).finality == 12
    assert chain_named("ethereum", changes).wrapped == chain_named("ethereum").wrapped
    assert chain_with_id(5, changes).name == "mine"
    for wrong, says in (
        ({"mine": {"chain_id": 5}}, "unknown or missing keys"),
        ({"ethereum": {"colour": 1}}, "unknown or missing keys"),
        ({"ethereum": {"finality": "soon"}}, "bad values: finality"),
        ({"ethereum": {"wrapped": ["0x12"]}}, "bad values: wrapped"),
        ({"ethereum": {"wrapped": "0x12"}}, "bad values: wrapped"),
        ({"ethereum": {"chunk_blocks": 0}}, "bad values: chunk_blocks"),
    ):
        with pytest.raises(ClawbackError) as caught:
            chain_named("ethereum", wrong)
        assert says in str(caught.value)
    with pytest.raises(ClawbackError, match="no EVM chain is named 'bitcoin'"):
        chain_named("bitcoin")


def test_lists_are_encoded_as_the_yellow_paper_says() -> None:
    assert rlp(b"dog") == b"\x83dog"
    assert rlp([b"cat", b"dog"]) == b"\xc8\x83cat\x83dog"
    assert rlp(b"") == b"\x80"
    assert rlp(b"\x0f") == b"\x0f"
    assert rlp(b"\x04\x00") == b"\x82\x04\x00"
    assert rlp([[], [[]], [[], [[]]]]) == bytes.fromhex("c7c0c1c0c3c0c1c0")
    assert rlp(b"x" * 56)[:2] == b"\xb8\x38"


def test_no_receipts_have_the_well_known_empty_root() -> None:
    assert receipts_root([]) == "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"


def test_a_filter_has_three_bits_for_each_address_and_topic() -> None:
    log = Log("0x" + "12" * 20, [], "0x", "", "", "", "", "")
    assert 1 <= bloom_of([log]).bit_count() <= 3
    more = Log("0x" + "12" * 20, ["0x" + "34" * 32], "0x", "", "", "", "", "")
    assert bloom_of([more]) & bloom_of([log]) == bloom_of([log])
    assert bloom_of([]) == 0


def test_filters_of_many_blocks_say_what_each_says() -> None:
    blocks = range(100, 400)
    found = Filters(blocks)
    headers = []
    for number in blocks:
        logs = [Log(address(number), ["0x" + f"{number % 7:064x}"], "0x", "", "", "", "", "")]
        filled = f"0x{bloom_of(logs):0512x}" if number % 5 else ""
        headers.append(Header(hex(number), TX, TX, "0x9", "0x0", address(9), [], logs_bloom=filled))
    for start in (0, 150):
        found.add(headers[start : start + 150])
    for text in (address(101), address(399), "0x" + f"{3:064x}", address(7)):
        says = [may_have(header, text) for header in headers]
        assert found.having(text).tolist() == says
        assert sum(says) < 150
    both = found.having_any((address(101), address(399)))
    assert both.tolist() == (found.having(address(101)) | found.having(address(399))).tolist()
    assert both[1]
    assert not found.having_any(()).any()


def address(number: int) -> str:
    return f"0x{number:040x}"


def traced_batch() -> Batch:
    place = ("0xaa", "0x5", "0x0")
    transaction = Transaction(TX, address(1), "0x0", *place, to=address(2))
    receipt = Receipt(TX, "0x0", "0xaa", "0x5", "0x0", [], status="0x1")
    block = Block("0x5", TX, TX, "0x9", "0x0", address(9), [transaction])
    block.hash = f"0x{'aa' * 32}"
    transaction.block_hash = receipt.block_hash = block.hash
    return batch_of_blocks(range(5, 6), [block], [[receipt]])


TX = "0x" + "77" * 32
# Who calls whom with how much, by the path in the tree of calls; the call at [1] fails, and with it [1, 0].
TREE = {(0,): 10, (0, 0): 20, (0, 1): 30, (0, 1, 0): 40, (1,): 50, (1, 0): 60, (2,): 0, (3,): 70}
MOVED = [(2, 10), (3, 20), (4, 30), (5, 40), (9, 70)]


def frame(path: tuple[int, ...]) -> CallFrame:
    inner = [frame(other) for other in TREE if other[:-1] == path]
    value = hex(TREE.get(path, 0))
    return CallFrame("CALL", address(2), address(3), value, "reverted" if path == (1,) else None, inner)


def traced(root: CallFrame, tx_hash: str | None = TX) -> TracedTransaction:
    return TracedTransaction(msgspec.Raw(msgspec.json.encode(root)), tx_hash)


def test_inner_calls_are_counted_in_the_order_in_which_they_begin() -> None:
    batch = traced_batch()
    of_frames = values_of_frames(batch, [[traced(frame(()))]])
    traces = [
        Trace(
            TraceAction(address(2), address(3), hex(TREE.get(path, 0)), "call"),
            "call",
            batch.headers[0].hash,
            list(path),
            TX,
            error="reverted" if path == (1,) else None,
        )
        for path in ((), *TREE)
    ]
    of_traces = values_of_traces(batch, [traces])
    for rows in (of_frames, of_traces):
        amounts = [int.from_bytes(word.tobytes(), "big") for word in rows.words]
        assert list(zip(rows.position.tolist(), amounts, strict=True)) == MOVED
    for wrong in (traces[1:], [*traces, traces[0]], traces[:0]):
        with pytest.raises(Lie):
            values_of_traces(batch, [wrong])
    with pytest.raises(Lie):
        values_of_frames(batch, [[]])
    with pytest.raises(Lie):
        values_of_frames(batch, [[traced(frame(()), "0x" + "66" * 32)]])
    for count in (0, 2):
        with pytest.raises(Lie):
            values_of_frames(batch, [[traced(frame(()), None)] * count])


def test_contracts_that_contracts_create_are_seen_but_in_calls_that_fail() -> None:
    """By path: who creates, and whether the step fails; the call at [1] fails, and with it [1, 0]."""
    batch = traced_batch()
    steps = {(): False, (0,): False, (0, 0): False, (1,): True, (1, 0): False, (2,): True, (3,): False}
    called = {(), (0,), (1,)}

    def of_path(path: tuple[int, ...]) -> CallFrame:
        inner = [of_path(other) for other in steps if other[:-1] == path and other != path]
        kind = "CALL" if path in called else "CREATE2" if path == (3,) else "CREATE"
        made = None if steps[path] else address(10 + len(path) + sum(path))
        return CallFrame(kind, address(2), made, "0x0", "reverted" if steps[path] else None, inner)

    traces = [
        Trace(
            TraceAction(address(2), address(3), "0x0", "call" if path in called else None),
            "call" if path in called else "create",
            batch.headers[0].hash,
            list(path),
            TX,
            error="reverted" if fails else None,
            result=None
            if fails
            else TraceResult(address(10 + len(path) + sum(path)).upper().replace("X", "x")),
        )
        for path, fails in steps.items()
    ]
    of_frames, of_traces = Seen(), Seen()
    assert not len(values_of_frames(batch, [[traced(of_path(()))]], of_frames).tx)
    assert not len(values_of_traces(batch, [traces], of_traces).tx)
    assert of_frames.created == of_traces.created
    assert of_traces.created == [
        Creation(0, 3, address(2), address(12)),
        Creation(0, 7, address(2), address(14)),
    ]
    for wrong in (None, TraceResult(None), TraceResult("0x12")):
        traces[-1].result = wrong
        with pytest.raises(Lie):
            values_of_traces(batch, [traces])


def test_a_delegate_call_and_a_callcode_move_nothing() -> None:
    batch = traced_batch()
    kinds = ["CALL", "DELEGATECALL", "CALLCODE", "STATICCALL", "CREATE2", "SELFDESTRUCT"]
    inner = [CallFrame(kind, address(2), address(3), "0x1") for kind in kinds]
    root = CallFrame("CALL", address(1), address(2), "0x0", None, inner)
    rows = values_of_frames(batch, [[traced(root)]])
    assert rows.position.tolist() == [2, 6, 7]


def test_files_do_not_show_in_which_batches_rows_came(tmp_path: Path) -> None:
    schema = pa.schema([pa.field("block_number", pa.int64(), nullable=False)])
    count = 2 * ROWS_PER_GROUP + 77
    whole = pa.table({"block_number": pa.array(range(count), pa.int64())}, schema=schema)
    found = []
    for name, sizes in (("one", [count]), ("many", [1, 5, 100_000, 0, 50_000, count])):
        with TableFile(tmp_path / f"{name}.parquet", schema) as file:
            start = 0
            for size in sizes:
                file.add(whole.slice(start, size))
                start += size
            file.close()
            assert file.rows == count
        found.append((tmp_path / f"{name}.parquet").read_bytes())
    assert found[0] == found[1]
    groups = pq.ParquetFile(tmp_path / "one.parquet").metadata
    assert [groups.row_group(i).num_rows for i in range(3)] == [ROWS_PER_GROUP, ROWS_PER_GROUP, 77]
    # What a reader skips by: each row group says which blocks it holds.
    ranges = [groups.row_group(i).column(0).statistics for i in range(3)]
    assert [one.min for one in ranges] == [0, ROWS_PER_GROUP, 2 * ROWS_PER_GROUP]
    assert [one.max for one in ranges] == [ROWS_PER_GROUP - 1, 2 * ROWS_PER_GROUP - 1, count - 1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["many.parquet", "one.parquet"]


def test_rows_of_any_size_come_in_smaller_groups(tmp_path: Path) -> None:
    schema = pa.schema([pa.field("data", pa.binary(), nullable=False)])
    rows = pa.table({"data": pa.array([b"x"] * (ROWS_OF_ANY_SIZE + 1), pa.binary())}, schema=schema)
    with TableFile(tmp_path / "it.parquet", schema) as file:
        file.add(rows)
        file.close()
    groups = pq.ParquetFile(tmp_path / "it.parquet").metadata
    assert [groups.row_group(i).num_rows for i in range(2)] == [ROWS_OF_ANY_SIZE, 1]


def test_row_groups_of_large_rows_end_by_their_bytes(tmp_path: Path) -> None:
    """However the rows come, a group ends with the row that fills it."""
    schema = pa.schema([pa.field("data", pa.binary(), nullable=False)])
    sizes = [1 << 20, 3, 5 << 20, 0, 12 << 20, 1 << 19, 20 << 20, 7, 1 << 20]
    rows = pa.table({"data": pa.array([bytes(size) for size in sizes], pa.binary())}, schema=schema)
    found = []
    for name, cuts in (("one", [9]), ("many", [1, 1, 3, 0, 4]), ("each", [1] * 9)):
        with TableFile(tmp_path / name, schema) as file:
            start = 0
            for cut in cuts:
                file.add(rows.slice(start, cut))
                start += cut
            file.close()
            assert file.rows == 9
        found.append((tmp_path / name).read_bytes())
    assert found[0] == found[1] == found[2]
    groups = pq.ParquetFile(tmp_path / "one").metadata
    assert [groups.row_group(i).num_rows for i in range(groups.num_row_groups)] == [5, 2, 2]
    assert pq.read_table(tmp_path / "one").equals(rows)


def test_a_file_that_was_not_closed_leaves_nothing(tmp_path: Path) -> None:
    schema = pa.schema([pa.field("block_number", pa.int64(), nullable=False)])

    def stop_midway() -> None:
        with TableFile(tmp_path / "it.parquet", schema) as file:
            file.add(pa.table({"block_number": pa.array([1], pa.int64())}, schema=schema))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        stop_midway()
    assert list(tmp_path.iterdir()) == []
