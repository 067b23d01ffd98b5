"""What is read piece by piece is checked as what is read at once, and found where it lies in a file."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from clawback.chains.evm import internal
from clawback.chains.evm.blocks import Batch, batch_of_blocks
from clawback.chains.evm.failures import Lie
from clawback.chains.evm.frontier import values
from clawback.chains.evm.frontier.values import Values
from clawback.chains.evm.internal import Creation, Seen, values_of_frames
from clawback.chains.evm.shapes import Block, CallFrame, Trace, TraceAction, TracedTransaction, Transaction
from clawback.chains.evm.trees import whole_trees

TX = "0x" + "77" * 32
# Of each call its path: depth first, as nodes give them.
PATHS = ((), (0,), (0, 0), (0, 1), (0, 1, 0), (1,), (2,), (2, 0))


def address(number: int) -> str:
    return f"0x{number:040x}"


def one_transaction() -> Batch:
    block_hash, none = "0x" + "55" * 32, "0x" + "00" * 32
    own = Transaction(TX, address(1), "0x7", block_hash, "0x5", "0x0", address(2))
    return batch_of_blocks(range(5, 6), [Block("0x5", block_hash, none, "0x1", "0x0", address(9), [own])])


def traces(paths: tuple[tuple[int, ...], ...] = PATHS) -> list[Trace]:
    return [
        Trace(
            TraceAction(address(1), address(2), "0x0", "call"),
            "call",
            "0x" + "55" * 32,
            list(path),
            TX,
            subtraces=sum(other[:-1] == path for other in PATHS if other),
        )
        for path in paths
    ]


def test_a_tree_of_calls_is_whole_or_noticed() -> None:
    reward = Trace(TraceAction(author=address(3)), "reward", "0x" + "55" * 32, [])
    whole = [reward, *traces(), reward, *traces()]
    assert list(whole_trees(whole)) == whole
    assert list(whole_trees([])) == []
    for place, path in enumerate(PATHS):
        lacking = PATHS[:place] + PATHS[place + 1 :]
        with pytest.raises(Lie, match=r"has \d inner ones, \d came|has lost those before it"):
            list(whole_trees(traces(lacking if path else lacking[:1])))
    # Positions are counted in the order of calls, so it is a part of what is said.
    with pytest.raises(Lie):
        list(whole_trees(traces(tuple(sorted(PATHS, key=len)))))
    twice = traces(PATHS[:3] + PATHS[2:])
    with pytest.raises(Lie):
        list(whole_trees(twice))
    other = traces()
    other[-1].transaction_hash = "0x" + "66" * 32
    with pytest.raises(Lie, match="lost those before it"):
        list(whole_trees(other))


def test_a_tree_is_checked_while_it_comes() -> None:
    """What is lost is noticed at the trace after it, not when all have come."""
    came = iter(traces((*PATHS[:2], (0, 1), *PATHS[4:])))
    with pytest.raises(Lie, match="lost those before it"):
        list(whole_trees(came))
    assert len(list(came)) == len(PATHS) - 4


@pytest.mark.parametrize("decoded_at_once", [1 << 20, 1], ids=["whole", "call by call"])
def test_large_frames_tell_what_small_ones_tell(
    decoded_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(internal, "_DECODED_AT_ONCE", decoded_at_once)
    batch = one_transaction()
    untold = CallFrame("SELFDESTRUCT")
    made = CallFrame("CREATE2", address(2), "0x" + "Ab" * 20, "0x3", None, [untold])
    failed = CallFrame("CALL", address(2), address(4), "0x4", "reverted", [made, untold])
    root = CallFrame("CALL", address(1), address(2), "0x7", None, [made, failed])

    def read(whole: CallFrame, tx_hash: str | None) -> tuple[list[int], Seen]:
        seen = Seen()
        words = msgspec.json.encode(whole).replace(b'"from":"",', b"")
        one = TracedTransaction(msgspec.Raw(words), tx_hash)
        return values_of_frames(batch, [[one]], seen).position.tolist(), seen

    for tx_hash in (TX, None):
        positions, seen = read(root, tx_hash)
        assert positions == [2]
        assert seen.created == [Creation(0, 2, address(2), "0x" + "ab" * 20)]
        assert [(tx, position, reason) for tx, position, _, reason, _ in seen.refused.records] == [
            (0, 3, internal.UNTOLD)
        ]
    # A node that names no transaction is held to who calls whom with how much.
    for wrong in (
        CallFrame("CALL", address(3), address(2), "0x7", None, [made]),
        CallFrame("CALL", address(1), address(3), "0x7", None, [made]),
        CallFrame("CALL", address(1), address(2), "0x8", None, [made]),
    ):
        with pytest.raises(Lie, match="another transaction"):
            read(wrong, None)


@pytest.mark.parametrize("run", [1, 3, 1_000])
def test_what_is_kept_is_found_while_more_comes(run: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "_RUN", run)
    kept = Values()
    hits: dict[str, set[tuple[int, int]]] = {address(number): set() for number in range(5)}
    assert kept.touching(hits) == hits
    for block in range(10, 20):
        numbers = [block % 5, block % 3]
        kept.add(
            np.array([list(bytes.fromhex(address(number)[2:])) for number in numbers], np.uint8),
            np.full(2, block, np.int64),
            np.array([7, 8], np.int64),
        )
        for number, place in zip(numbers, (7, 8), strict=True):
            hits[address(number)].add((block, place))
        assert kept.touching(hits) == hits
    kept.close()
