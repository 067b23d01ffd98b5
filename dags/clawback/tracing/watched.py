"""What a source that fetches only some addresses has to look at on a day.

Rules:
    By the case files: addresses with the role `theft_address` or `source` whose window meets the day, or the
    transactions that the role names. By the trace of the day before: every holding that carries taint under a
    method of the settings other than `poison`, which follows what no court and no method calls stolen.
    An address that every incident's trail ends at is a sink; one that is a labelled exchange for every
    incident, or was created by one, passes on what it takes in the same transaction.

Invariants:
    The trace of the day before is made first where it is lacking. Labels and case files are those of the day;
    without them nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from clawback.chains.evm.frontier.reach import Watched
from clawback.context import RunContext
from clawback.days import day_before, day_bounds, day_range
from clawback.errors import ClawbackError
from clawback.lake.partition import read_manifest, read_part
from clawback.parquet import read_table
from clawback.settings import SourceSettings
from clawback.sources.landing import RawFolder
from clawback.sources.reading import read_day
from clawback.sources.registry import describe
from clawback.tables.merge import SourceDay, merge_day
from clawback.tables.step import make_tables
from clawback.tracing.chain_facts import facts_schema, read_facts
from clawback.tracing.day_inputs import labels_of, roles_of
from clawback.tracing.exchanges import EXCHANGE_LABELS
from clawback.tracing.records import SOURCE, THEFT_ADDRESS, HoldingKey, Label, Role
from clawback.tracing.sinks import Endings
from clawback.tracing.state import state_schema
from clawback.tracing.step import METHOD, trace_methods

_JUDGING: Final = ("incidents", "labels")
_WATCHING: Final = frozenset({"evm_frontier"})
"""Connectors that ask what is watched."""
_FOLLOWS_ALL: Final = "poison"


def watched_on(ctx: RunContext, chain: str, day: date) -> Watched:
    """What is watched on a chain on a day.

    Raises:
        ClawbackError: the case files or labels of the day are not there yet, or the day before cannot be
            traced.
    """
    roles, labels = _judgements(ctx, day)
    traces: Mapping[str, str] = {}
    if day > ctx.settings.first_day:
        traces = trace_methods(ctx, make_tables(ctx, day_before(day)))
    held: set[tuple[str, HoldingKey]] = set()
    for method, key in traces.items():
        if method != _FOLLOWS_ALL:
            held |= _held(ctx, key, chain)
    created = _created_by(ctx, traces.get(METHOD), chain)
    endings = Endings(labels, roles, day)
    incidents = sorted({incident for incident, _ in held} | {role.incident_id for role in roles})
    named = {label.address for label in labels if label.chain == chain}
    sinks = {
        address
        for address in named | {role.address for role in roles if role.chain == chain}
        if incidents and all(endings.of_holding(one, chain, address) is not None for one in incidents)
    }
    markets = {
        address
        for address in named
        if incidents and all(endings.category(one, chain, address) in EXCHANGE_LABELS for one in incidents)
    }
    markets |= {address for address, makers in created.items() if markets & set(makers)}
    return Watched(
        holdings=frozenset(
            (key[1], key[2])
            for incident, key in held
            if key[1] not in markets and endings.of_holding(incident, chain, key[1]) is None
        ),
        sinks=frozenset(sinks),
        exchanges=frozenset(markets - sinks),
        **_thefts(roles, chain, day),
    )


def is_watching(source: SourceSettings) -> bool:
    """Whether a source fetches only what is watched."""
    return source.connector in _WATCHING


def outdated_since(ctx: RunContext, before: date) -> date | None:
    """The first day before another one that was searched for other thefts than the case files name now.

    From then on the days must be fetched again: what is held after it may be more.
    """
    watching = [source for source in ctx.settings.enabled_sources if is_watching(source)]
    if not watching or before <= ctx.settings.first_day:
        return None
    roles, _ = _judgements(ctx, None)
    for day in day_range(ctx.settings.first_day, day_before(before)):
        for source in watching:
            folder = RawFolder(ctx.lake, source.name, describe(source.connector).table)
            manifest = folder.newest(day)
            named = Watched(**_thefts(roles, source.options["chain"], day))
            if manifest is not None and manifest.meta["extra"]["watched"]["named"] != named.named_hash:
                return day
    return None


def _judgements(ctx: RunContext, day: date | None) -> tuple[list[Role], list[Label]]:
    """Roles and labels as they stand; where a day is given, required sources must have spoken of it."""
    days = []
    for source in ctx.settings.enabled_sources:
        about = describe(source.connector)
        if about.table not in _JUDGING:
            continue
        folder = RawFolder(ctx.lake, source.name, about.table)
        standing = folder.newest_snapshot(date.max)
        if standing is None or (day is not None and folder.newest_key(day) is None):
            if source.required and day is not None:
                raise ClawbackError(
                    f"the source '{source.name}' has not been read for {day} yet",
                    where="it says what is watched",
                    remedy="list it before the source that asks, or run the ingest again when it is there",
                )
            if standing is None:
                continue
        known = date.fromisoformat(standing.meta["known"])
        # Snapshots belong to every day.
        found = read_day(ctx.lake, source.connector, standing.parts, day or known)
        days.append(SourceDay(source.name, known, found))
    tables = merge_day(days)
    rank = [source.name for source in ctx.settings.enabled_sources]
    return roles_of(tables["incident_roles"]), labels_of(tables["labels"], rank)


def _held(ctx: RunContext, key: str, chain: str) -> set[tuple[str, HoldingKey]]:
    """Incident and holding of every tainted lot at the end of a traced day."""
    part = read_manifest(ctx.lake, key).part("state.parquet")
    columns = ["incident_id", "chain", "address", "asset", "hop"]
    table = read_table(read_part(ctx.lake, part), state_schema()).select(columns)
    return {
        (row["incident_id"], (chain, row["address"], row["asset"]))
        for row in table.to_pylist()
        if row["chain"] == chain and row["hop"] is not None
    }


def _created_by(ctx: RunContext, key: str | None, chain: str) -> dict[str, tuple[str, ...]]:
    if key is None:
        return {}
    part = read_manifest(ctx.lake, key).part("facts.parquet")
    facts = read_facts(read_table(read_part(ctx.lake, part), facts_schema()))
    return {address: makers for (on, address), makers in facts.created_by.items() if on == chain}


def _thefts(roles: Iterable[Role], chain: str, day: date) -> dict[str, frozenset[Any]]:
    """What the case files call stolen on the day, as accounts and as single transactions."""
    begin, end = day_bounds(day)
    accounts, arrivals, departures = set(), set(), set()
    for role in roles:
        if role.chain != chain or role.role not in (THEFT_ADDRESS, SOURCE):
            continue
        if (role.from_time is not None and role.from_time >= end) or (
            role.to_time is not None and role.to_time < begin
        ):
            continue
        if role.tx_hash is None:
            accounts.add(role.address)
        elif role.role == THEFT_ADDRESS:
            arrivals.add((role.tx_hash, role.address))
        else:
            departures.add((role.tx_hash, role.address))
    return {
        "accounts": frozenset(accounts),
        "arrivals": frozenset(arrivals),
        "departures": frozenset(departures),
    }
