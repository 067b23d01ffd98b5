"""Documents with hand-made answers: the corpus of this repository and the labelled reports of ../shared."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

from clawback.claims.claim import Claim
from clawback.claims.extract import extract_claims
from clawback.claims.files import last_day_of

ROOT: Final = Path(__file__).resolve().parents[2]
CORPUS: Final = ROOT / "tests" / "fixtures" / "claims_corpus"
SHARED: Final = ROOT.parent / "shared" / "data" / "reports"


@dataclass(frozen=True)
class Label:
    """One hand-made answer; see the README of the corpus for the fields."""

    claim_type: str
    value: str | None
    unit: str | None
    low: str | None
    high: str | None
    qualifier: str | None
    victim: str | None
    actor: str | None
    stance: str | None
    asserted_by: str
    hedge: str | None
    level: str | None
    as_of: str | None
    spans: tuple[tuple[int, int], ...]
    optional: bool
    quote: str


@dataclass(frozen=True)
class Document:
    """A text and its answers. `scored` names the fields that the answers fill."""

    name: str
    kind: str
    text: str
    title: str
    published: date | None
    publisher: str | None
    language: str
    is_theft: bool
    labels: list[Label]
    scored: frozenset[str] = field(default=frozenset({"asserted_by", "hedge"}))
    latest: date | None = None


def load(folder: Path) -> list[Document]:
    """The documents of one part of the corpus, in the order of their names."""
    return [_document(path) for path in sorted(folder.glob("*.json"))]


def load_shared(folder: Path = SHARED) -> list[Document]:
    """The labelled reports of ../shared; empty where they are not there."""
    labels = folder / "labels.jsonl"
    if not labels.exists():
        return []
    return [_shared(json.loads(line), folder) for line in labels.read_text("utf-8").splitlines()]


def claims_of(document: Document) -> list[Claim]:
    """What the extractor reads from a document, told all that is known of it."""
    found = extract_claims(
        document.text,
        title=document.title,
        published=document.published,
        language=document.language,
        publisher=document.publisher,
        latest=document.latest,
    )
    return list(found.claims)


def day_of(text: str | None) -> date | None:
    """A day of publication, None where it is missing or only a month."""
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        return None


def _document(path: Path) -> Document:
    data = json.loads(path.read_text("utf-8"))
    return Document(
        name=path.stem,
        kind=data["kind"],
        text=data["text"],
        title=data["title"],
        published=day_of(data["published"]),
        publisher=data["publisher"],
        language=data["lang"],
        is_theft=data["is_theft"],
        labels=[_label(claim) for claim in data["claims"]],
        scored=frozenset({"asserted_by", "hedge", "hedge_level", "qualifier", "victim", "as_of"}),
    )


def _label(claim: dict[str, Any]) -> Label:
    return Label(
        claim_type=claim["claim_type"],
        value=claim["value"],
        unit=claim["unit"],
        low=claim["low"],
        high=claim["high"],
        qualifier=claim["qualifier"],
        victim=claim["victim"],
        actor=claim["actor"],
        stance=claim["actor_stance"],
        asserted_by=claim["asserted_by"],
        hedge=claim["hedge"],
        level=claim["hedge_level"],
        as_of=claim["as_of"],
        spans=((claim["start"], claim["end"]), *(tuple(span) for span in claim["also"])),
        optional=claim["optional"],
        quote=claim["quote"],
    )


def _shared(data: dict[str, Any], folder: Path) -> Document:
    article = json.loads((folder / "articles" / data["file"]).read_text("utf-8"))
    labels = []
    for claim in data["claims"]:
        value = claim["value"]
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        actor = claim["actor"]
        unknown = actor is None and re.search(r"unknown|unidentified|many accounts", str(value)) is not None
        if actor is None and not unknown and claim["claim_type"] == "attribution":
            actor = str(value)
        labels.append(
            Label(
                claim_type=claim["claim_type"],
                value=str(value) if is_number or claim["claim_type"] == "date" else None,
                unit=claim["unit"],
                low=None,
                high=None,
                qualifier=None,
                victim=claim["victim"],
                actor=actor,
                stance=None if claim["claim_type"] != "attribution" else "unknown" if unknown else "named",
                asserted_by=claim["asserted_by"],
                hedge=claim["hedge"],
                level=None,
                as_of=None,
                spans=((claim["quote_start"], claim["quote_start"] + len(claim["quote"])),),
                optional=False,
                quote=claim["quote"],
            )
        )
    return Document(
        name=data["file"],
        kind="report",
        text=article["text"],
        title=article["title"],
        published=day_of(article.get("published")),
        publisher=None,
        language="en",
        is_theft=data["is_theft"],
        labels=labels,
        latest=last_day_of(article.get("published")),
    )
