"""`clawback config`: the settings, and where each value came from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click


@click.group()
def config() -> None:
    """The settings and where each value came from."""


@config.command()
@click.pass_obj
def show(settings_path: Path | None) -> None:
    """Print each setting, its value and its origin. Secrets are not shown."""
    from clawback.settings import load_settings

    settings = load_settings(settings_path)
    values = settings.model_dump(mode="json")
    rows = [(name, _text(_value(values, name)), origin) for name, origin in sorted(settings.origins.items())]
    for index, source in enumerate(values["sources"]):
        origin = settings.origins["sources"]
        rows.extend((f"sources[{index}].{key}", _text(value), origin) for key, value in source.items())
    rows = [row for row in rows if row[0] != "sources"]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for name, value, origin in rows:
        click.echo(f"{name:<{widths[0]}}  {value:<{min(widths[1], 60)}}  {origin}")


@config.command()
@click.pass_obj
def check(settings_path: Path | None) -> None:
    """Check the settings, the lake, every enabled source and subscription; exit 1 when something is wrong."""
    from clawback.audit.overrides import load_overrides
    from clawback.chains.evm.catalogue import chain_named
    from clawback.context import open_context
    from clawback.deliver.subscriptions import load_subscriptions
    from clawback.resources import resolve
    from clawback.sources.registry import check_source, describe
    from clawback.tracing.methods import method_named

    ctx = open_context(settings_path)
    click.echo(f"settings  {ctx.settings.file}")
    click.echo(f"lake      {ctx.lake.url}")
    for source in ctx.settings.enabled_sources:
        check_source(source, ctx.settings.base_dir)
        unproven = "" if describe(source.connector).is_proven else ", not proven on a real answer yet"
        click.echo(f"source    {source.name} ({source.connector}): ok{unproven}")
    for chain in ctx.settings.chains:
        chain_named(chain, ctx.settings.chains)
    for method in ctx.settings.tracing.methods:
        method_named(method)
    if ctx.settings.subscriptions is not None:
        folder = resolve(ctx.settings.subscriptions, ctx.settings.base_dir)
        for subscription in load_subscriptions(folder):
            click.echo(f"delivery  {subscription.id} ({subscription.channel}): ok")
    if ctx.settings.overrides is not None:
        load_overrides(resolve(ctx.settings.overrides, ctx.settings.base_dir))
    if ctx.settings.smtp.password is not None and ctx.settings.origins["smtp.password"].endswith(".toml"):
        click.echo("warning: smtp.password stands in the settings file; move it to the environment", err=True)
    click.echo("all good")


@config.command()
def connectors() -> None:
    """List the connectors: what each brings, and whether it was proven on a real answer."""
    from clawback.sources.registry import connector_names, describe

    rows = [("connector", "table", "grain", "proven", "what")]
    for name in connector_names():
        about = describe(name)
        rows.append(
            (name, about.table, about.grain, "yes" if about.is_proven else "no", about.texts["title"])
        )
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        click.echo(
            "  ".join([*(text.ljust(width) for text, width in zip(row, widths, strict=False)), row[4]])
        )


def _value(values: dict[str, Any], dotted: str) -> Any:
    present: Any = values
    for name in dotted.split("."):
        present = present[name]
    return present


def _text(value: Any) -> str:
    return "-" if value is None else str(value)
