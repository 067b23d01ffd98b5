"""An extraction from start to end: plan, workers, links between chunks, manifest.

Layout:
    <out>/plan.json           what is extracted; an extraction that was begun goes on only under the same plan
    <out>/<table>/*.parquet   one file for each table and chunk
    <out>/chunks/*.json       what each chunk holds; a chunk that has one is done
    <out>/views.sql           the tables as text
    <out>/manifest.json       last of all: without it the extraction is not complete

Invariants:
    The same plan on the same chain gives the same bytes, whoever answers, however often it was killed. No
    time, address or speed stands in any file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from clawback.chains.evm.catalogue import Chain
from clawback.chains.evm.files import (
    CHUNKS,
    MANIFEST,
    PLAN,
    VIEWS,
    chunk_name,
    read_json,
    table_names,
    write_json,
    write_text,
)
from clawback.chains.evm.plan import Access, Plan, TraceMethod
from clawback.chains.evm.views import views_sql
from clawback.chains.evm.workers import Workers
from clawback.errors import ClawbackError
from clawback.hashing import file_sha256_hex
from clawback.locks import alone

Internal = Literal["auto", "off", "required"]
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Order:
    """What somebody wants extracted. `find_blocks` is asked once the nodes are known."""

    chain: Callable[[int], Chain]
    """The row of a chain by the id that the nodes say; raises where another one was named."""
    find_blocks: Callable[[Any, Chain], range]
    """Blocks to extract, given the nodes and the chain; raises where they are not there or not final."""
    out: Path
    only_token_transfers: bool = False
    internal: Internal = "auto"
    checks: tuple[str, ...] = ()
    workers: int = 2


def extract(order: Order, access: Access, progress: Progress) -> dict[str, Any]:
    """Extract blocks into a folder, or complete what was begun there.

    Returns:
        The manifest.

    Raises:
        ClawbackError: no node gives what is asked for, or the folder holds something else.
    """
    _make_folder(order.out)
    try:
        # The workers first: they must not inherit the lock.
        with Workers(order.workers) as workers, alone(order.out / ".lock"):
            plan, access = _plan(order, access, progress)
            told = _extract_chunks(workers, plan, access, order.out, progress)
            told = _linked(workers, plan, access, order.out, told, progress)
            write_text(order.out / VIEWS, views_sql(plan.chain, plan.only_token_transfers))
            manifest = _manifest(plan, told)
            write_json(order.out / MANIFEST, manifest)
    except BrokenProcessPool as error:
        raise ClawbackError(
            "a worker was killed",
            cause="most often the system ran out of memory",
            remedy="run it again (it goes on where it stopped), with fewer --workers",
        ) from error
    return manifest


def _plan(order: Order, access: Access, progress: Progress) -> tuple[Plan, Access]:
    from clawback.chains.evm.nodes import Nodes
    from clawback.chains.evm.pace import Pace
    from clawback.chains.evm.probe import same_chain, trace_method
    from clawback.chains.evm.transport import Endpoint

    named = [Endpoint(url, access.limits, access.allow_hosts) for url in access.urls]
    number, endpoints = same_chain(named, progress)
    chain = order.chain(number)
    nodes = Nodes(endpoints, Pace())
    blocks = order.find_blocks(nodes, chain)
    if not blocks:
        raise ClawbackError(
            "there is no block to extract", remedy="check the day, or --from-block, --to-block"
        )
    traces: TraceMethod | None = None
    if not order.only_token_transfers and order.internal != "off":
        traces, tracing = trace_method(endpoints, nodes, blocks)
        # Only who traces can answer a whole batch.
        endpoints = tracing or endpoints
        if traces is None and order.internal == "required":
            raise ClawbackError(
                "no node traces inner calls",
                cause="neither trace_block nor debug_traceBlockByNumber gives traces of these blocks",
                remedy="name a node that keeps traces, or leave out --internal required",
            )
        progress(f"internal value: {traces or 'not seen, for the node offers no traces'}")
    plan = Plan(
        chain=chain.name,
        chain_id=number,
        first_block=blocks.start,
        last_block=blocks.stop - 1,
        only_token_transfers=order.only_token_transfers,
        traces=traces,
        checks=tuple(sorted(order.checks)),
        wrapped=chain.wrapped,
        log_topics=chain.log_topics,
        log_addresses=chain.log_addresses,
        chunk_blocks=chain.chunk_blocks,
    )
    _settle(order.out, plan)
    answering = tuple(access.urls[named.index(endpoint)] for endpoint in endpoints)
    return plan, Access(answering, access.allow_hosts, access.limits, access.most_blocks)


def _settle(out: Path, plan: Plan) -> None:
    wanted = plan.as_json()
    present = read_json(out / PLAN)
    if present is None:
        write_json(out / PLAN, wanted)
    elif present != wanted:
        differing = sorted(
            name for name in present.keys() | wanted.keys() if present.get(name) != wanted.get(name)
        )
        raise ClawbackError(
            "the folder holds another extraction",
            where=f"--out {out}",
            cause="; ".join(
                f"{name}: {present.get(name)} there, {wanted.get(name)} now" for name in differing
            ),
            remedy="name another folder, or ask for what was begun there",
        )


def _extract_chunks(
    workers: Workers, plan: Plan, access: Access, out: Path, progress: Progress
) -> dict[range, dict[str, Any]]:
    for table in table_names(plan.only_token_transfers):
        (out / table).mkdir(exist_ok=True)
    (out / CHUNKS).mkdir(exist_ok=True)
    for draft in [*out.glob("*/.*-*.*"), *out.glob(".*.json.*")]:
        draft.unlink(missing_ok=True)  # of a run that was killed; the lock says that none is alive
    chunks = plan.chunks()
    told = {chunk: found for chunk in chunks if (found := _done(out, chunk)) is not None}
    if told:
        progress(f"{len(told)} of {len(chunks)} chunks are there already")
    missing = {workers.extract(plan, access, out, chunk): chunk for chunk in chunks if chunk not in told}
    for chunk, found in _finished(missing):
        told[chunk] = found
        rows = found["files"]["transfers"]["rows"]
        progress(f"blocks {chunk.start} to {chunk.stop - 1}: {rows} transfers ({len(told)} of {len(chunks)})")
    return {chunk: told[chunk] for chunk in chunks}


def _finished(
    futures: dict[Future[dict[str, Any]], range],
) -> Iterator[tuple[range, dict[str, Any]]]:
    try:
        for future in as_completed(futures):
            yield futures[future], future.result()
    finally:
        for future in futures:
            future.cancel()


def _done(out: Path, chunk: range) -> dict[str, Any] | None:
    """What a chunk holds, if all its files are there and are what they were."""
    found = read_json(out / CHUNKS / f"{chunk_name(chunk)}.json")
    if found is None:
        return None
    for file in found["files"].values():
        path = out / file["name"]
        if not path.is_file() or file_sha256_hex(path) != file["sha256"]:
            return None
    return found


def _linked(
    workers: Workers,
    plan: Plan,
    access: Access,
    out: Path,
    told: dict[range, dict[str, Any]],
    progress: Progress,
) -> dict[range, dict[str, Any]]:
    """Chunks that are one chain; what does not fit is fetched again, from the other nodes in turn."""
    tries = max(2, len(access.urls))
    problem = ""
    for attempt in range(tries):
        broken = [
            (before, after)
            for before, after in pairwise(told)
            if told[after]["first_parent"] != told[before]["last_hash"]
            or told[after]["first_time"] < told[before]["last_time"]
        ]
        if not broken:
            return told
        before, after = broken[0]
        problem = f"block {after.start} is not the child of block {before.stop - 1}"
        if attempt == tries - 1:
            break
        progress(f"{problem}: fetching both sides again")
        again = dict.fromkeys(chunk for pair in broken for chunk in pair)
        futures = {workers.extract(plan, access, out, chunk, prefer=attempt + 1): chunk for chunk in again}
        told.update(_finished(futures))
    raise ClawbackError(
        "the chunks are not one chain",
        where=str(out),
        cause=problem,
        remedy="the chain was rewritten meanwhile: run it again, or extract blocks that are final",
    )


def _manifest(plan: Plan, told: dict[range, dict[str, Any]]) -> dict[str, Any]:
    chunks = list(told.values())
    counts: Counter[str] = Counter()
    for chunk in chunks:
        counts.update(chunk["counts"])
    asked = plan.last_block - plan.first_block + 1
    if counts["blocks"] != asked:
        raise ClawbackError(f"{asked} blocks were asked for, {counts['blocks']} came")
    return {
        **plan.as_json(),
        "internal_value": plan.traces or "not seen",
        "asked": {"blocks": asked},
        "got": dict(counts),
        "first_parent": chunks[0]["first_parent"],
        "last_hash": chunks[-1]["last_hash"],
        "first_time": chunks[0]["first_time"],
        "last_time": chunks[-1]["last_time"],
        "tables": {
            table: {
                "rows": sum(chunk["files"][table]["rows"] for chunk in chunks),
                "files": [chunk["files"][table] for chunk in chunks],
            }
            for table in table_names(plan.only_token_transfers)
        },
    }


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ClawbackError(
            "the folder cannot be made", where=f"--out {out}", cause=error.strerror, remedy="name another one"
        ) from error
