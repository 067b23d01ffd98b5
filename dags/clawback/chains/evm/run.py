"""An extraction from start to end: plan (`settle.py`), workers, links between chunks, manifest.

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
from collections.abc import Iterator
from concurrent.futures import Future, as_completed
from concurrent.futures.process import BrokenProcessPool
from itertools import pairwise
from pathlib import Path
from typing import Any

from clawback.chains.evm.files import (
    CHUNKS,
    MANIFEST,
    VIEWS,
    chunk_name,
    read_json,
    table_names,
    write_json,
    write_text,
)
from clawback.chains.evm.neighbours import check_neighbours
from clawback.chains.evm.plan import Access, Plan
from clawback.chains.evm.settle import Order, Progress, settled
from clawback.chains.evm.views import views_sql
from clawback.chains.evm.workers import Workers
from clawback.errors import ClawbackError
from clawback.hashing import file_sha256_hex
from clawback.locks import alone


def extract(order: Order, access: Access, progress: Progress) -> dict[str, Any]:
    """Extract blocks into a folder, or complete what was begun there.

    Returns:
        The manifest.

    Raises:
        ClawbackError: no node gives what is asked for, the folder holds something else, or a day beside it
            is of another chain.
    """
    _make_folder(order.out)
    try:
        # The workers first: they must not inherit the lock.
        with Workers(order.workers) as workers, alone(order.out / ".lock"):
            plan, access = settled(order, access, progress)
            told = _extract_chunks(workers, plan, access, order.out, progress)
            told = _linked(workers, plan, access, order.out, told, progress)
            _check_chain(plan, access)
            write_text(order.out / VIEWS, views_sql(plan.chain, plan.only_token_transfers))
            manifest = _manifest(plan, told)
            check_neighbours(order.out, manifest)
            write_json(order.out / MANIFEST, manifest)
    except BrokenProcessPool as error:
        raise ClawbackError(
            "a worker was killed",
            cause="most often the system ran out of memory",
            remedy="run it again (it goes on where it stopped), with fewer --workers",
        ) from error
    return manifest


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
    if plan.proves_whole and counts["whole_blocks"] != asked:
        raise ClawbackError(f"{counts['whole_blocks']} of {asked} blocks were proven to be whole")
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


def _check_chain(plan: Plan, access: Access) -> None:
    from clawback.chains.evm.probe import check_still_of
    from clawback.chains.evm.transport import Endpoint

    endpoints = [Endpoint(url, access.limits, access.allow_hosts) for url in access.urls]
    check_still_of(endpoints, plan.chain_id)


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ClawbackError(
            "the folder cannot be made", where=f"--out {out}", cause=error.strerror, remedy="name another one"
        ) from error
