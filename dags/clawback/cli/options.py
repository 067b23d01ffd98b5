"""Options that several subcommands share."""

from __future__ import annotations

from datetime import date

import click

from clawback.days import DAY_FORMAT, parse_day
from clawback.errors import ClawbackError


class DayType(click.ParamType[date]):
    """A UTC day, YYYY-MM-DD."""

    name = "day"

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        """What the help shows."""
        return "DAY"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Read the text of the command line."""
        if isinstance(value, date):
            return value
        try:
            return parse_day(str(value))
        except ClawbackError:
            self.fail(f"'{value}' is not a UTC day written {DAY_FORMAT}, e.g. 2020-09-25", param, ctx)


DAY = DayType()
