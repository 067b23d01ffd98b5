"""`clawback claims`: read claims out of documents, and show how each was read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from clawback.claims.claim import Extraction
    from clawback.claims.files import TextDocument

_PATHS = click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))


@click.group()
def claims() -> None:
    """Read what reports claim: figures, culprits, methods, with the words that say so."""


@claims.command()
@_PATHS
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Write JSON lines, one claim each."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines instead of a table.")
@click.pass_context
def extract(ctx: click.Context, paths: tuple[Path, ...], out: Path | None, as_json: bool) -> None:
    """Extract the claims of documents (JSON with "text", text, HTML, PDF), or of all in a folder.

    A document that cannot be read is named with the reason, and the others go on; exit 1 when none was read.
    """
    import json

    from clawback.claims.answers import as_object

    lines: list[str] = []
    counted = {"documents": 0, "claims": 0, "review": 0}
    for document, extraction in _extractions(paths):
        counted["documents"] += 1
        counted["claims"] += len(extraction.claims)
        counted["review"] += len(extraction.unread)
        if out is not None or as_json:
            lines += [
                json.dumps(as_object(claim, document.name), ensure_ascii=False) for claim in extraction.claims
            ]
        else:
            _print_table(document, extraction)
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        partial = out.with_name(out.name + ".partial")
        partial.write_text(
            "".join(f"{line}\n" for line in lines), encoding="utf-8", errors="backslashreplace"
        )
        partial.replace(out)
    elif as_json:
        for line in lines:
            click.echo(line.encode("utf-8", "backslashreplace").decode())
    click.echo(
        f"{counted['documents']} documents: {counted['claims']} claims, "
        f"{counted['review']} sentences to review",
        err=True,
    )
    if not counted["documents"]:
        ctx.exit(1)


@claims.command()
@_PATHS
@click.option("--claim", "wanted", type=click.IntRange(min=1), help="Only the claim of this number.")
@click.pass_context
def explain(ctx: click.Context, paths: tuple[Path, ...], wanted: int | None) -> None:
    """Show each claim in its sentence with the rules that made it, and what no rule could read."""
    from clawback.claims.answers import number

    read = 0
    for document, extraction in _extractions(paths):
        read += 1
        click.secho(document.name, bold=True)
        for place, claim in enumerate(extraction.claims, start=1):
            if wanted not in (None, place):
                continue
            figure = number(claim.value) or f"{number(claim.low)} to {number(claim.high)}"
            said = (
                claim.actor or claim.when or (f"{figure} {claim.unit}" if claim.unit else claim.label or "")
            )
            click.echo(f"\n{place}. {claim.claim_type}: {_plain(said)}, said by {_plain(claim.asserted_by)}")
            click.echo(f"   [{claim.start}:{claim.end}] {_context(document.text, claim.start, claim.end)}")
            for step in claim.why:
                click.echo(f"   - {_plain(step)}")
        if wanted is None:
            for unread in extraction.unread:
                click.echo(f"\nreview [{unread.start}:{unread.end}] {unread.reason}")
                click.echo(f"   {_plain(document.text[unread.start : unread.end])[:300]}")
    if not read:
        ctx.exit(1)


def _extractions(paths: tuple[Path, ...]) -> Iterator[tuple[TextDocument, Extraction]]:
    from clawback.claims.extract import extract_claims
    from clawback.claims.fields import ClaimRejected
    from clawback.claims.files import found_files, read_document

    for file in [file for path in paths for file in found_files(path)]:
        try:
            document = read_document(file)
        except ClaimRejected as reason:
            click.echo(f"{file}: left out: {reason}", err=True)
            continue
        yield (
            document,
            extract_claims(
                document.text,
                title=document.title,
                published=document.published,
                language=document.language,
                publisher=document.publisher,
                latest=document.latest,
            ),
        )


def _print_table(document: TextDocument, extraction: Extraction) -> None:
    from clawback.claims.answers import number

    click.secho(document.name, bold=True)
    for claim in extraction.claims:
        value = number(claim.value) or (
            f"{number(claim.low)}-{number(claim.high)}" if claim.low is not None else ""
        )
        what = claim.when or f"{value} {claim.unit or ''}".strip() or claim.actor or claim.actor_stance or ""
        hedge = f" ({claim.hedge})" if claim.hedge else ""
        click.echo(
            f"  {claim.claim_type:<17}{_plain(what):<24}{_plain(claim.asserted_by)[:30]:<32}"
            f'"{_plain(claim.quote)[:90]}"{_plain(hedge)}'
        )


def _context(text: str, start: int, end: int) -> str:
    left, right = text[max(0, start - 60) : start], text[end : end + 60]
    return f"...{_plain(left)}>>{_plain(text[start:end])}<<{_plain(right)}..."


def _plain(text: str) -> str:
    """Text on one line that a terminal cannot be steered by."""
    return "".join(sign if sign.isprintable() else " " for sign in text)
