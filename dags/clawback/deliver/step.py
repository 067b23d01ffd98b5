"""Deliver a release to every subscription, each once.

Invariants:
    One subscription that fails stops no other; the error at the end names all that failed.
    A second call sends nothing that was sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from clawback.context import RunContext
from clawback.days import parse_day
from clawback.deliver import records
from clawback.deliver.drop import drop, drop_key
from clawback.deliver.mail import Letter, compose, message_id, send
from clawback.deliver.mail_text import mail_text
from clawback.deliver.marts import Mart, read_mart
from clawback.deliver.render import cell, render
from clawback.deliver.subscriptions import Subscription, load_subscription, subscription_files
from clawback.deliver.wording import words
from clawback.errors import ClawbackError
from clawback.locks import alone
from clawback.release.names import day_of
from clawback.release.read import mart_path, read_release
from clawback.resources import resolve

_REFUSED: Final = "refused: "


@dataclass(frozen=True)
class Delivery:
    """What became of one subscription: sent, unchanged, already (done by an earlier call)."""

    subscription: str
    channel: str
    state: str
    detail: str


def deliver_release(ctx: RunContext, release_id: str) -> list[Delivery]:
    """Deliver a release.

    Args:
        ctx: Settings, lake and clock.
        release_id: A complete release.

    Raises:
        ClawbackError: Some deliveries failed; the others were made.
    """
    if ctx.settings.subscriptions is None:
        return []
    folder = resolve(ctx.settings.subscriptions, ctx.settings.base_dir)
    manifest = read_release(ctx.lake, release_id)
    done: list[Delivery] = []
    failures: list[str] = []
    for path in subscription_files(folder):
        try:
            # `sending` is what a crash leaves and what a neighbour writes: the neighbour is waited for.
            with alone(ctx.work_dir / "delivering.lock"):
                delivery = _deliver(ctx, path, release_id, manifest.previous)
        except ClawbackError as error:
            failures.append(f"{path.name}: {error}")
            ctx.progress(f"deliver {path.stem}: failed")
        else:
            done.append(delivery)
            ctx.progress(f"deliver {delivery.subscription}: {delivery.state} {delivery.detail}".rstrip())
    if failures:
        raise ClawbackError(
            f"{len(failures)} of {len(failures) + len(done)} deliveries of {release_id} failed",
            where=str(folder),
            cause="\n".join(failures),
            remedy="mend what is named and deliver again; what was sent is not sent twice",
        )
    return done


def _deliver(ctx: RunContext, path: Path, release: str, previous: str | None) -> Delivery:
    subscription = load_subscription(path)
    known = records.read_record(ctx.lake, release, subscription.id)
    if known is not None and known.state != records.SENDING:
        return Delivery(subscription.id, subscription.channel, "already", known.state)
    # All that can be wrong with the subscription is found before the record is taken.
    mart = _rows(ctx, subscription, release)
    changed = _changed(ctx, subscription, mart, previous)
    record = records.take(ctx.lake, _wanted(ctx, subscription, release))
    if record is None:
        return Delivery(subscription.id, subscription.channel, "already", records.SENT)
    if subscription.on == "change" and not changed:
        state, detail = records.UNCHANGED, f"no change since {previous}"
    else:
        state, detail = records.SENT, _send(ctx, subscription, record, mart, previous, changed)
    records.finish(ctx.lake, record, state, _now(ctx), detail)
    if detail.startswith(_REFUSED):
        raise ClawbackError(f"the mail went out, but not to all: {detail}", remedy="correct the addresses")
    return Delivery(subscription.id, subscription.channel, state, detail)


def _send(
    ctx: RunContext,
    subscription: Subscription,
    record: records.DeliveryRecord,
    mart: Mart,
    previous: str | None,
    changed: bool,
) -> str:
    release = record.release
    data = render(mart, subscription.format, release)
    if subscription.channel == "drop":
        return drop(ctx.lake, subscription.id, release, subscription.format, data)
    smtp = ctx.settings.smtp
    news = "first release" if previous is None else "changed" if changed else "no change"
    letter = Letter(
        record.dedupe_id,
        subscription.to,
        f"[clawback] {words(mart.name)} {day_of(release)}: {news}, for {subscription.who}",
        mail_text(mart, release, previous, changed),
        data,
        f"{mart.name}_{release}.{subscription.format}",
        subscription.format,
        release,
    )
    refused = send(compose(letter, smtp.sender, ctx.clock()), smtp)
    return f"{_REFUSED}{', '.join(refused)}" if refused else f"to {len(subscription.to)}"


def _wanted(ctx: RunContext, subscription: Subscription, release: str) -> records.DeliveryRecord:
    identity = (
        message_id(release, subscription.id, ctx.settings.smtp.sender)
        if subscription.channel == "mail"
        else drop_key(subscription.id, release, subscription.format)
    )
    return records.DeliveryRecord(
        release, subscription.id, subscription.channel, identity, records.SENDING, 1, _now(ctx)
    )


def _rows(ctx: RunContext, subscription: Subscription, release: str) -> Mart:
    return read_mart(
        mart_path(ctx.lake, release, subscription.table), subscription.filters_for(parse_day(day_of(release)))
    )


def _changed(ctx: RunContext, subscription: Subscription, mart: Mart, previous: str | None) -> bool:
    if previous is None:
        return True
    if subscription.table not in read_release(ctx.lake, previous).marts:
        return True
    try:
        before = _rows(ctx, subscription, previous)
    except ClawbackError:
        # The filter's column is new in this release.
        return True
    return _facts(mart) != _facts(before)


def _facts(mart: Mart) -> list[tuple[tuple[str, str], ...]]:
    """Gives the rows without the calendar, which moves every day by itself."""
    columns = sorted(column for column in mart.columns if not _is_calendar(column))
    return [tuple((column, cell(row[column])) for column in columns) for row in mart.rows]


def _is_calendar(column: str) -> bool:
    return column == "day" or column.startswith("newest_") or column.endswith("_change")


def _now(ctx: RunContext) -> str:
    return ctx.clock().isoformat(timespec="seconds")
