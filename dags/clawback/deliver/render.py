"""Write a mart's rows as CSV, JSON or HTML.

Invariants:
    Same rows, same bytes. Figures are exact: JSON carries decimals as text, since readers make floats of
    numbers.
    A CSV cell from outside never begins a formula.
"""

from __future__ import annotations

import csv
import io
import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from markupsafe import Markup

from clawback.deliver.marts import Mart
from clawback.deliver.wording import plain, words
from clawback.hashing import readable_json

CONTENT_TYPES: Final = {"csv": "text/csv", "json": "application/json", "html": "text/html"}

# Spreadsheets start a formula at these, some also at their full-width forms.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_NUMBER: Final = re.compile(r"-\d+(\.\d+)?")
_SAFE_INTEGER: Final = 2**53
_MAX_CELL: Final = 2_000
_HTML_STYLE: Final = (
    "body{font:14px/1.5 system-ui,sans-serif;margin:24px;color-scheme:light dark}"
    "table{border-collapse:collapse}th,td{padding:5px 14px 5px 0;text-align:left;vertical-align:top;"
    "border-bottom:1px solid #8884}td.n{text-align:right;font-variant-numeric:tabular-nums}"
)


def render(mart: Mart, form: str, release: str) -> bytes:
    """Write rows in a form.

    Args:
        mart: What to write.
        form: csv, json or html.
        release: Named in JSON and HTML, which stand alone.
    """
    if form == "csv":
        return _csv(mart)
    if form == "json":
        rows = [{column: _json(row[column]) for column in mart.columns} for row in mart.rows]
        return readable_json(
            {"release": release, "table": mart.name, "columns": list(mart.columns), "rows": rows}
        )
    return _html(mart, release)


def cell(value: Any) -> str:
    """Give a value as the text that all forms share; an unknown is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return " ".join(cell(item) for item in value)
    return str(value)


def csv_cell(value: Any) -> str:
    """Give a value for CSV; an apostrophe stands before what a spreadsheet would calculate."""
    text = cell(value)
    if not isinstance(value, str | list | tuple):
        return text
    # Spreadsheets skip leading blanks before they look for a formula.
    starts = text.startswith(_FORMULA) or text.lstrip(" \u00a0").startswith(_FORMULA)
    return f"'{text}" if starts and not _NUMBER.fullmatch(text) else text


def _csv(mart: Mart) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([csv_cell(column) for column in mart.columns])
    writer.writerows([csv_cell(row[column]) for column in mart.columns] for row in mart.rows)
    # A NUL ends the file for many readers; "surrogates" cannot come out of Parquet.
    return out.getvalue().replace("\x00", "\ufffd").encode("utf-8")


def _json(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) <= _SAFE_INTEGER else str(value)
    if isinstance(value, list | tuple):
        return [_json(item) for item in value]
    return cell(value)


def _html(mart: Mart, release: str) -> bytes:
    head = Markup("").join(Markup("<th>{}</th>").format(words(column)) for column in mart.columns)
    body = Markup("\n").join(
        Markup("<tr>{}</tr>").format(Markup("").join(_html_cell(row[column]) for column in mart.columns))
        for row in mart.rows
    )
    page = Markup(
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" content="{policy}">'
        "<title>{title}</title><style>{style}</style></head>\n"
        "<body><h1>{title}</h1><p>Release {release}</p>\n"
        "<table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table></body></html>\n"
    ).format(
        policy="default-src 'none'; style-src 'unsafe-inline'",
        title=words(mart.name),
        style=Markup(_HTML_STYLE),  # noqa: S704 - our own constant
        release=release,
        head=head,
        body=body,
    )
    return str(page).encode("utf-8")


def _html_cell(value: Any) -> Markup:
    number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    return Markup("<td{}>{}</td>").format(
        Markup(' class="n"') if number else "", plain(cell(value), _MAX_CELL)
    )
