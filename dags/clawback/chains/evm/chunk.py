"""One chunk of blocks to its files: what a worker does, and can do again with the same bytes.

Layout:
    <out>/<table>/<first>-<last>.parquet for each table, then <out>/chunks/<first>-<last>.json, which says
    what the files hold and what the neighbouring chunks must link to. Without the last one there is no chunk.
"""

from __future__ import annotations

import gc
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from clawback.chains.evm.failures import Lie
from clawback.chains.evm.fetch import Piece, fetch_first
from clawback.chains.evm.files import CHUNKS, chunk_name, table_names, write_json
from clawback.chains.evm.lanes import fetched_in_order
from clawback.chains.evm.logs import Wanted
from clawback.chains.evm.nodes import Nodes
from clawback.chains.evm.pace import Pace
from clawback.chains.evm.plan import BLOOM, RECEIPTS_ROOT, TRACES, TRANSACTIONS_ROOT, Access, Plan
from clawback.chains.evm.read import Wish
from clawback.chains.evm.tables import TABLES
from clawback.chains.evm.transport import Endpoint
from clawback.chains.evm.write import TableFile
from clawback.errors import ClawbackError
from clawback.hashing import file_sha256_hex

_MOST_LANES: Final = 4


def extract_chunk(plan: Plan, access: Access, out: Path, blocks: range, prefer: int = 0) -> dict[str, Any]:
    """Fetch a chunk, write its files and their description.

    Args:
        plan: what is extracted.
        access: which nodes are asked.
        out: folder of the extraction.
        blocks: consecutive blocks.
        prefer: place of the endpoint to ask first; another one for a chunk that did not fit its neighbours.

    Returns:
        The description that was written.

    Raises:
        ClawbackError: no node gave blocks that hold together.
    """
    nodes = _nodes(access)
    # What is decoded holds no cycles, and looking for some costs a third of the decoding.
    gc.disable()
    try:
        problem = ""
        for attempt in range(len(nodes.endpoints) + 1):
            nodes.prefer(prefer + attempt)
            try:
                return _extract(nodes, plan, out, blocks)
            except Lie as error:
                problem = str(error)
            except OSError as error:
                raise ClawbackError(
                    "the files cannot be written",
                    where=f"--out {out}",
                    cause=error.strerror or str(error),
                    remedy="make room or name another folder, then run it again: it goes on where it stopped",
                ) from error
    finally:
        gc.enable()
    raise ClawbackError(
        "the nodes' blocks are not one chain",
        where=f"blocks {blocks.start} to {blocks.stop - 1}",
        cause=problem,
        remedy="the chain may be rewriting itself: run it again in a minute, or name a node that is in step",
    )


def _extract(nodes: Nodes, plan: Plan, out: Path, blocks: range) -> dict[str, Any]:
    name = chunk_name(blocks)
    counts: Counter[str] = Counter()
    first: Piece | None = None
    last: Piece | None = None
    with ExitStack() as stack:
        files = {
            table: stack.enter_context(TableFile(out / table / f"{name}.parquet", TABLES[table]))
            for table in table_names(plan.only_token_transfers)
        }
        wish = _wish(plan)

        def some(asked: range, alone: bool) -> tuple[list[Piece], int]:
            return fetch_first(nodes, asked, wish, alone=alone)

        for piece in fetched_in_order(nodes, blocks, some, _lanes()):
            if last is not None and (
                piece.first_parent != last.last_hash or piece.first_time < last.last_time
            ):
                raise Lie("a block is not the child of the block before it")
            last = replace(piece, tables={})
            first = first or last
            counts.update(piece.counts)
            for table, file in files.items():
                file.add(piece.tables[table])
        if first is None or last is None:
            raise ValueError("a chunk of no blocks")
        for file in files.values():
            file.close()
    told = {
        "first_block": blocks.start,
        "last_block": blocks.stop - 1,
        "first_parent": first.first_parent,
        "last_hash": last.last_hash,
        "first_time": first.first_time,
        "last_time": last.last_time,
        "counts": dict(counts),
        "files": {
            table: {
                "name": f"{table}/{file.path.name}",
                "rows": file.rows,
                "bytes": file.path.stat().st_size,
                "sha256": file_sha256_hex(file.path),
            }
            for table, file in files.items()
        },
    }
    write_json(out / CHUNKS / f"{name}.json", told)
    return told


def _wish(plan: Plan) -> Wish:
    return Wish(
        only_token_transfers=plan.only_token_transfers,
        traces=plan.traces,
        check_bloom=BLOOM in plan.checks,
        check_receipts_root=RECEIPTS_ROOT in plan.checks,
        check_traces=TRACES in plan.checks,
        check_transactions_root=TRANSACTIONS_ROOT in plan.checks,
        gas_adds_up=plan.gas_adds_up,
        filters_add_up=plan.filters_add_up,
        wrapped=frozenset(plan.wrapped),
        logs=Wanted(frozenset(plan.log_topics), frozenset(plan.log_addresses)),
    )


@lru_cache(maxsize=1)
def _nodes(access: Access) -> Nodes:
    """Kept from chunk to chunk: what was learnt about the nodes and their pace."""
    endpoints = [Endpoint(url, access.limits, access.allow_hosts) for url in access.urls]
    return Nodes(endpoints, Pace(access.most_blocks, _MOST_LANES))


@lru_cache(maxsize=1)
def _lanes() -> ThreadPoolExecutor:
    """Kept from chunk to chunk: each thread has a connection of its own, and a new one begins slowly."""
    return ThreadPoolExecutor(_MOST_LANES, thread_name_prefix="lane")
