"""Ingest: fetch a day, land its bytes, check them, and complete it with a manifest."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from clawback.context import RunContext
from clawback.errors import ClawbackError
from clawback.hashing import canonical_json
from clawback.lake.partition import Part, read_part
from clawback.settings import SourceSettings
from clawback.sources.base import WHOLE_FILE, Context, Extraction, Options, Rewritten
from clawback.sources.env_options import ResolvedOptions, resolve_options
from clawback.sources.http import HttpClient
from clawback.sources.landing import OPTIONS_NAME, Landing, RawFolder, same_parts
from clawback.sources.reading import DayOfSource, survey_day
from clawback.sources.registry import (
    SourceDescription,
    check_source,
    describe,
    extract_function,
    integer_option,
)

if TYPE_CHECKING:
    from clawback.chains.evm.frontier.reach import Watched

MOST_REWRITTEN_DAYS: Final = 3
"""Ethereum's blocks are final after 15 minutes; the deepest rewriting of a chain in use was of hours."""

_KEPT_ISSUES: Final = 50
_SUSPICIOUS: Final = 10


def ingest(ctx: RunContext, source_name: str, day: date, known: date, http: HttpClient | None = None) -> str:
    """Fetch a day of a source and land its bytes; first, again, the days before that it no longer follows on.

    A chain that was rewritten shows when the next day is fetched: its first block is the child of another
    block than the last one landed. Then the day before is fetched again, and where that one does not follow
    either, the one before it; each stays in the lake beside what it replaces.

    Args:
        ctx: the run's context.
        source_name: a source of the settings.
        day: the UTC day that is asked for.
        known: the UTC day of this run.
        http: the way out; made from the source's options by default.

    Returns:
        Key of the newest raw manifest of that day; an older one when nothing new was found.

    Raises:
        ClawbackError: the source cannot be reached, what it delivers is broken or less than it says, or it
            has rewritten more days than a source ever should.
    """
    return _ingest(ctx, source_name, day, known, http, set())


def _ingest(
    ctx: RunContext, source_name: str, day: date, known: date, http: HttpClient | None, done: set[date]
) -> str:
    """`done` are the days that were fetched again in this call: none of them a second time."""
    while True:
        try:
            return _fetch(ctx, source_name, day, known, http)
        except Rewritten as rewritten:
            again = day if rewritten.day is None else rewritten.day
            if again in done:
                raise
            if len(done) == MOST_REWRITTEN_DAYS:
                raise ClawbackError(
                    f"{source_name} has rewritten more than {MOST_REWRITTEN_DAYS} days",
                    where=str(again),
                    cause=f"{rewritten.problem}: {rewritten.cause}",
                    remedy="look at the node: no chain is rewritten so deeply; if it is true, ingest the "
                    "days again from the oldest on",
                ) from rewritten
            done.add(again)
            reason = f"{rewritten.problem} ({rewritten.cause})"
            ctx.progress(f"{day} {source_name}: {reason}: {again} is fetched again")
            if again != day:
                _ingest(ctx, source_name, again, known, http, done)


def _fetch(ctx: RunContext, source_name: str, day: date, known: date, http: HttpClient | None) -> str:
    source = ctx.settings.source(source_name)
    check_source(source, ctx.settings.base_dir)
    description = describe(source.connector)
    folder = RawFolder(ctx.lake, source.name, description.table)
    landing = Landing(folder, day, known, ctx.work_dir / "staging")
    version, extract = extract_function(source.connector)
    resolved = resolve_options(source.options, f"source '{source.name}'")
    with resolved.concealed_errors():
        client = http or _client(ctx, source.name, resolved.options)
        try:
            extraction = extract(
                Context(
                    source=source.name,
                    options=resolved.options,
                    description=description,
                    base_dir=ctx.settings.base_dir,
                    day=day,
                    known=known,
                    http=client,
                    clock=ctx.clock,
                    land=landing.land,
                    raw_manifest=folder.newest,
                    left=landing.left,
                    read=partial(read_part, ctx.lake),
                    chains=ctx.settings.chains,
                    watched=lambda chain: _watched(ctx, chain, day),
                    held=lambda chain: _held(ctx, chain, day),
                ),
                day,
            )
        finally:
            if http is None:
                client.close()
    extraction = _without_values(extraction, resolved, source.name)
    parts = list(extraction.parts)
    if extraction.parse_options:
        options = canonical_json(dict(extraction.parse_options))
        parts.append(landing.land(OPTIONS_NAME, options, shared=True))
    _check_names(parts, source.name)
    read = survey_day(ctx.lake, source.connector, parts, day)
    _check(source, description, extraction, read, day)
    _tell(ctx, source.name, day, read)
    # A run that is older than the newest one (a task cleared late) must not add its bytes each time either.
    held = (folder.newest(day), folder.newest_known(day, known))
    if not any(manifest is not None and same_parts(manifest, parts) for manifest in held):
        landing.complete(parts, _meta(ctx, source, description, version, extraction, read, day, known))
    newest = folder.newest(day)
    if newest is None:
        raise ClawbackError("the lake does not show a manifest that was just written", where=folder.prefix)
    return newest.key


def _watched(ctx: RunContext, chain: str, day: date) -> Watched:
    # The tracer is heavy; only a source that asks for it pays.
    from clawback.tracing.watched import watched_on

    return watched_on(ctx, chain, day)


def _held(ctx: RunContext, chain: str, day: date) -> frozenset[str]:
    from clawback.tracing.held import held_assets

    return held_assets(ctx, chain, day)


def _client(ctx: RunContext, source: str, options: Options) -> HttpClient:
    hosts = options.get("allow_hosts", [])
    if not isinstance(hosts, list) or not all(isinstance(host, str) for host in hosts):
        raise ClawbackError("allow_hosts is no list of host names", where=f"source '{source}'")
    contact = options.get("contact")
    if contact is not None and not (isinstance(contact, str) and contact.isprintable() and contact.isascii()):
        raise ClawbackError("contact is no plain text", where=f"source '{source}'")
    return HttpClient(
        allow_hosts=hosts,
        contact=contact,
        timeout=float(integer_option(options, "timeout_seconds", 30)),
        max_bytes=integer_option(options, "max_megabytes", 64) << 20,
        clock=ctx.clock,
    )


def _without_values(extraction: Extraction, resolved: ResolvedOptions, source: str) -> Extraction:
    """What goes into the lake must name `env:NAME`, never its value."""
    plain = json.loads(canonical_json(dict(extraction.parse_options)))
    if resolved.conceal(plain) != plain:
        raise ClawbackError(
            "an option that the files are parsed with is a reference to the environment",
            where=f"source '{source}'",
            cause="it is kept in the lake beside the files, so that they can be parsed again",
            remedy="write this option plainly; env:NAME is for addresses, contacts and keys",
        )
    return replace(
        extraction, request=resolved.conceal(extraction.request), extra=resolved.conceal(extraction.extra)
    )


def _check(
    source: SourceSettings, about: SourceDescription, extraction: Extraction, read: DayOfSource, day: date
) -> None:
    where = f"source '{source.name}', day {day}"
    if read.broken:
        key, reason = read.broken[0]
        raise ClawbackError(
            "a file of the source cannot be used",
            where=f"{where}: {key}",
            cause=reason,
            remedy="mend the file or its mapping; the bytes stay in the lake without a manifest",
        )
    for name in sorted(extraction.expected.keys() & extraction.got.keys()):
        if extraction.expected[name] != extraction.got[name]:
            raise ClawbackError(
                f"the source says it has {extraction.expected[name]} {name}, {extraction.got[name]} came",
                where=where,
                remedy="run the ingest again; if it stays so, the source is incomplete",
            )
    rows = read.counts().get(about.table, 0)
    turned_away = read.turned_away(about.table)
    least = integer_option(source.options, "min_rows", about.assertions["min"])
    most = integer_option(source.options, "max_rows", about.assertions["max"])
    allowed = about.assertions.get("max_quarantined_pct", 50)
    examples = read.blamed(about.table)
    blamed = len(examples) + read.counted_blamed[about.table]
    # A single hostile row on a quiet day must not stop the day; a file that is mostly unreadable must.
    if blamed >= _SUSPICIOUS and blamed * 100 > allowed * (rows + turned_away):
        first = examples[0]
        raise ClawbackError(
            f"{blamed} of {rows + turned_away} rows were turned away, more than {allowed} percent",
            where=f"{where}: {first.part} row {first.record.row}",
            cause=first.record.reason,
            remedy="the source has changed, or its mapping is wrong",
        )
    if not least <= rows <= most:
        raise ClawbackError(
            f"{rows} rows of {about.table}, expected {least} to {most}",
            where=where,
            cause=f"{turned_away} rows were turned away" if turned_away else None,
            remedy="look at the landed bytes; if the number is right, set min_rows or max_rows of the source",
        )


def _check_names(parts: list[Part], source: str) -> None:
    names = [part.key.rpartition("/")[2] for part in parts]
    if double := sorted({name for name in names if names.count(name) > 1}):
        raise ClawbackError(
            f"two files are named {double[0]}", where=f"source '{source}'", remedy="rename one"
        )


def _tell(ctx: RunContext, source: str, day: date, read: DayOfSource) -> None:
    for part, issue in read.issues[:_KEPT_ISSUES]:
        ctx.progress(
            f"{day} {source}: {issue.level} {issue.code} in {part.rpartition('/')[2]}: {issue.where}"
        )
    whole = [item for item in read.quarantined if item.record.row == WHOLE_FILE]
    for item in whole[:_KEPT_ISSUES]:
        name = item.part.rpartition("/")[2]
        ctx.progress(f"{day} {source}: the file {name} was turned away: {item.record.reason}")
    if rows := read.turned_away() - len(whole):
        ctx.progress(f"{day} {source}: {rows} rows were turned away, see the table quarantine")


def _meta(
    ctx: RunContext,
    source: SourceSettings,
    about: SourceDescription,
    version: str,
    extraction: Extraction,
    read: DayOfSource,
    day: date,
    known: date,
) -> dict[str, Any]:
    return {
        "source": source.name,
        "connector": source.connector,
        "connector_version": version,
        "table": about.table,
        "grain": about.grain,
        "day": day.isoformat(),
        "known": known.isoformat(),
        "request": dict(extraction.request),
        "http_status": extraction.http_status,
        "fetched_at": ctx.clock().isoformat(),
        "expected": dict(extraction.expected),
        "got": dict(extraction.got),
        "rows": read.counts(),
        "quarantined": read.turned_away(),
        "issues": [{"part": part, **asdict(issue)} for part, issue in read.issues[:_KEPT_ISSUES]],
        "extra": dict(extraction.extra),
    }
